/* Matchers: text and meaning. */
#include "promql/matcher.h"

#include "promql/quote.h"
#include "promql/regexp.h"

const char *matcher_op_text(enum matcher_op op)
{
	static const char *const texts[] = { "=", "!=", "=~", "!~" };

	return texts[op];
}

bool matcher_matches(const struct matcher *m, struct sv value)
{
	switch (m->op) {
	case MATCHER_EQ:
		return sv_eq(m->value, value);
	case MATCHER_NEQ:
		return !sv_eq(m->value, value);
	case MATCHER_RE:
	case MATCHER_NRE:
		break;
	}
	return regexp_matches(m->regexp, value) == (m->op == MATCHER_RE);
}

void matcher_print(struct buf *out, const struct matcher *m)
{
	buf_put_sv(out, m->label);
	buf_put_str(out, matcher_op_text(m->op));
	quote_print(out, m->value);
}

void matcher_print_list(struct buf *out, const struct matcher *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(out, ',');
		matcher_print(out, &list[i]);
	}
}

void matcher_quote_meta(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] && strchr("\\.+*?()|[]{}^$", text.ptr[i]))
			buf_put_char(out, '\\');
		buf_put_char(out, text.ptr[i]);
	}
}
