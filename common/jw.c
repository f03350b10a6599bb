/* JSON writer: values in, text in the buffer out, byte for byte what Go's encoding/json would
 * write. It does not check that keys stand in objects only, nor that a key is written once. */
#include "common/jw.h"

#include <string.h>

#include "common/f64.h"
#include "common/utf8.h"

void jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){ .out = out };
}

static void new_line(struct jw *w)
{
	if (w->indent <= 0)
		return;
	buf_put_char(w->out, '\n');
	for (unsigned n = w->depth * (unsigned)w->indent; n > 0; n--)
		buf_put_char(w->out, ' ');
}

/* What stands between the text so far and the next key or value. */
static void separate(struct jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->comma)
		buf_put_char(w->out, ',');
	if (w->depth > 0)
		new_line(w);
}

static void open_with(struct jw *w, char c)
{
	separate(w);
	buf_put_char(w->out, c);
	w->depth++;
	w->comma = false;
}

static void close_with(struct jw *w, char c)
{
	w->depth--;
	if (w->comma)
		new_line(w);
	buf_put_char(w->out, c);
	w->comma = true;
}

void jw_object(struct jw *w)
{
	open_with(w, '{');
}

void jw_object_end(struct jw *w)
{
	close_with(w, '}');
}

void jw_array(struct jw *w)
{
	open_with(w, '[');
}

void jw_array_end(struct jw *w)
{
	close_with(w, ']');
}

static void put_ascii_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "\"\\\b\f\n\r\t";
	static const char names[] = "\"\\bfnrt";
	const char *at = c ? strchr(letters, c) : NULL;
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (at) {
		text[1] = names[at - letters];
		buf_put(out, text, 2);
	} else {
		buf_put(out, text, sizeof(text));
	}
}

static bool needs_escape(unsigned char c, bool plain)
{
	return c < ' ' || c == '"' || c == '\\' || (!plain && (c == '<' || c == '>' || c == '&'));
}

static void put_string(struct buf *out, struct sv text, bool plain)
{
	size_t clean = 0; /* start of what was not written yet and needs no change */
	size_t i = 0;

	buf_put_char(out, '"');
	while (i < text.len) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < 0x80 && !needs_escape(c, plain)) {
			i++;
			continue;
		}
		size_t len = utf8_char_len(sv_skip(text, i));
		bool separator = len == 3 && (memcmp(text.ptr + i, "\xe2\x80\xa8", 3) == 0 ||
						     memcmp(text.ptr + i, "\xe2\x80\xa9", 3) == 0);
		if (len > 1 && !separator) {
			i += len;
			continue;
		}
		buf_put(out, text.ptr + clean, i - clean);
		if (len == 0)
			buf_put_str(out, "\\ufffd");
		else if (separator)
			buf_put_str(out, text.ptr[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
		else
			put_ascii_escape(out, c);
		i += len ? len : 1;
		clean = i;
	}
	if (i > clean)
		buf_put(out, text.ptr + clean, i - clean);
	buf_put_char(out, '"');
}

void jw_key_sv(struct jw *w, struct sv key)
{
	separate(w);
	put_string(w->out, key, w->plain);
	buf_put_str(w->out, w->indent > 0 ? ": " : ":");
	w->after_key = true;
}

void jw_key(struct jw *w, const char *key)
{
	jw_key_sv(w, sv_of(key));
}

void jw_raw(struct jw *w, struct sv json)
{
	separate(w);
	buf_put_sv(w->out, json);
	w->comma = true;
}

void jw_sv(struct jw *w, struct sv text)
{
	separate(w);
	put_string(w->out, text, w->plain);
	w->comma = true;
}

void jw_str(struct jw *w, const char *text)
{
	jw_sv(w, sv_of(text));
}

void jw_i64(struct jw *w, int64_t value)
{
	separate(w);
	buf_put_i64(w->out, value);
	w->comma = true;
}

void jw_bool(struct jw *w, bool value)
{
	jw_raw(w, value ? SV("true") : SV("false"));
}

void jw_null(struct jw *w)
{
	jw_raw(w, SV("null"));
}

void jw_f64(struct jw *w, double value)
{
	separate(w);
	f64_print_json(w->out, value);
	w->comma = true;
}

void jw_member_str(struct jw *w, const char *key, const char *text)
{
	jw_key(w, key);
	jw_str(w, text);
}

void jw_member_sv(struct jw *w, const char *key, struct sv text)
{
	jw_key(w, key);
	jw_sv(w, text);
}

void jw_member_i64(struct jw *w, const char *key, int64_t value)
{
	jw_key(w, key);
	jw_i64(w, value);
}

void jw_member_bool(struct jw *w, const char *key, bool value)
{
	jw_key(w, key);
	jw_bool(w, value);
}
