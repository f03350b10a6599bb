/* In: a canonical head -> out: a short one that frames the same body. */
#include "common/http_framing.h"

#define END_OF_LINE "\r\n"

/* A comma-separated list of tokens, as in "Connection: close, X-Hop". */
static bool has_token(struct sv list, struct sv token)
{
	bool more = true;

	while (more) {
		if (sv_eq_nocase(sv_trim(sv_cut(list, ',', &list, &more)), token))
			return true;
	}
	return false;
}

struct framing {
	bool chunked, expects, close, keep_alive, has_length;
	uint64_t length;
};

static void look_at(struct framing *f, struct sv name, struct sv value)
{
	if (sv_eq_nocase(name, SV("Content-Length"))) {
		f->has_length = sv_to_u64(value, &f->length);
	} else if (sv_eq_nocase(name, SV("Transfer-Encoding"))) {
		f->chunked = true;
	} else if (sv_eq_nocase(name, SV("Expect"))) {
		f->expects = true;
	} else if (sv_eq_nocase(name, SV("Connection"))) {
		f->close |= has_token(value, SV("close"));
		f->keep_alive |= has_token(value, SV("keep-alive"));
	}
}

void http_framing_put(struct buf *out, struct sv head)
{
	struct framing f = { 0 };
	struct sv target, version, value;
	bool found;
	struct sv line = sv_take(head, sv_find(head, '\r'));
	struct sv rest = sv_skip(head, line.len + 2);
	struct sv method = sv_cut(line, ' ', &target, &found);

	(void)sv_cut(target, ' ', &version, &found);
	while (line = sv_take(rest, sv_find(rest, '\r')), line.len > 0) {
		struct sv name = sv_cut(line, ':', &value, &found);

		look_at(&f, name, sv_trim(value));
		rest = sv_skip(rest, line.len + 2);
	}
	buf_put_sv(out, method);
	buf_put_str(out, " / ");
	buf_put_sv(out, version);
	buf_put_str(out, END_OF_LINE "Host: -" END_OF_LINE);
	if (f.has_length)
		buf_printf(out, "Content-Length: %llu" END_OF_LINE, (unsigned long long)f.length);
	if (f.chunked)
		buf_put_str(out, "Transfer-Encoding: chunked" END_OF_LINE);
	if (f.expects)
		buf_put_str(out, "Expect: 100-continue" END_OF_LINE);
	if (f.close)
		buf_put_str(out, "Connection: close" END_OF_LINE);
	else if (f.keep_alive)
		buf_put_str(out, "Connection: Keep-Alive" END_OF_LINE);
	buf_put_str(out, END_OF_LINE);
}
