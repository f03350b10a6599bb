/* Characters of an RE2 pattern -> the same in PCRE2's. Classes come out with every character as
 * \x{..} or alphanumeric, so that none of PCRE2's own operators can arise; \d \w \s are ASCII,
 * as in RE2. Pure. */
#include "common/rex_chars.h"

#include "common/utf8.h"

enum error_kind rex_chars_refuse(struct error *err, const char *what, struct sv where)
{
	return error_set(err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", what, SV_ARG(where));
}

struct sv rex_chars_between(struct sv from, struct sv to)
{
	return sv_take(from, from.len - to.len);
}

char rex_chars_peek(struct sv s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

bool rex_chars_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void put(struct rex_chars *t, const char *text)
{
	buf_put_str(t->out, text);
}

static void put_code(struct rex_chars *t, uint32_t c)
{
	if (c < 0x80 && rex_chars_is_alnum((char)c))
		buf_put_char(t->out, (char)c);
	else
		buf_printf(t->out, "\\x{%x}", (unsigned)c);
}

static bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

void rex_chars_put(struct rex_chars *t, uint32_t code_point)
{
	if (is_surrogate(code_point))
		put(t, "(?!)"); /* a lone surrogate is in no text */
	else
		put_code(t, code_point);
}

enum error_kind rex_chars_take(struct rex_chars *t, struct sv *s, uint32_t *ret)
{
	size_t len = utf8_char_len(*s);
	const unsigned char *p = (const unsigned char *)s->ptr;

	if (len == 0)
		return rex_chars_refuse(t->err, "invalid UTF-8", *s);
	if (len == 1)
		*ret = p[0];
	else if (len == 2)
		*ret = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	else if (len == 3)
		*ret = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	else
		*ret = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
		       (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	*s = sv_skip(*s, len);
	return ERR_OK;
}

static unsigned hex_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static enum error_kind bad_escape(struct rex_chars *t, struct sv start, struct sv end)
{
	return rex_chars_refuse(t->err, "invalid escape sequence", rex_chars_between(start, end));
}

/* \x41 or \x{1f600}; *s stands behind the x, start at the backslash. */
static enum error_kind take_hex(struct rex_chars *t, struct sv start, struct sv *s, uint32_t *ret)
{
	uint32_t c = 0, value = 0;
	unsigned n_digits = 0;
	enum error_kind kind;

	bool braced = rex_chars_peek(*s, 0) == '{';
	if (braced)
		*s = sv_skip(*s, 1);
	while (braced || n_digits < 2) {
		if (s->len == 0)
			return bad_escape(t, start, *s);
		if ((kind = rex_chars_take(t, s, &c)))
			return kind;
		if (braced && c == '}')
			break;
		value = value * 16 + hex_value(c);
		if (hex_value(c) == 16 || value > 0x10ffff)
			return bad_escape(t, start, *s);
		n_digits++;
	}
	if (n_digits == 0)
		return bad_escape(t, start, *s);
	*ret = value;
	return ERR_OK;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Up to two more octal digits. */
static uint32_t take_octal(uint32_t value, struct sv *s)
{
	for (int i = 1; i < 3 && is_octal(rex_chars_peek(*s, 0)); i++) {
		value = value * 8 + (uint32_t)(s->ptr[0] - '0');
		*s = sv_skip(*s, 1);
	}
	return value;
}

enum error_kind rex_chars_escape(struct rex_chars *t, struct sv *s, uint32_t *ret)
{
	static const char names[] = "afnrtv";
	static const char values[] = "\a\f\n\r\t\v";
	struct sv start = *s;
	uint32_t c = 0;

	*s = sv_skip(*s, 1);
	if (s->len == 0)
		return rex_chars_refuse(t->err, "trailing backslash at end of expression", SV(""));
	enum error_kind kind = rex_chars_take(t, s, &c);
	if (kind)
		return kind;
	if (c == 'x')
		return take_hex(t, start, s, ret);
	if (c == '0' || (c >= '1' && c <= '7' && is_octal(rex_chars_peek(*s, 0)))) {
		*ret = take_octal(c - '0', s);
		return ERR_OK;
	}
	const char *name = c != 0 && c < 0x80 ? strchr(names, (int)c) : NULL;
	if (name)
		*ret = (uint32_t)values[name - names];
	else if (c < 0x80 && !rex_chars_is_alnum((char)c))
		*ret = c;
	else
		return bad_escape(t, start, *s);
	return ERR_OK;
}

/* Spelled out where PCRE2's own differs: its \s has a vertical tab, its \w no part in case
 * folding. */
const char *rex_chars_perl(struct sv s)
{
	if (rex_chars_peek(s, 0) != '\\')
		return NULL;
	switch (rex_chars_peek(s, 1)) {
	case 'd':
		return "0-9";
	case 'D':
		return "\\D";
	case 's':
		return "\\t\\n\\f\\r\\x{20}";
	case 'S':
		return "\\S\\x{b}";
	case 'w':
		return "0-9A-Za-z_";
	case 'W':
		return "\\W";
	default:
		return NULL;
	}
}

/* PCRE2 knows more properties than RE2; those that only it has are refused, the rest is left to its
 * tables. */
static bool is_property_name(struct sv name)
{
	if (name.len == 0 || (name.len == 3 && name.ptr[0] == 'X'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!rex_chars_is_alnum(name.ptr[i]) && name.ptr[i] != '_')
			return false;
	}
	return true;
}

enum error_kind rex_chars_property(struct rex_chars *t, struct sv *s)
{
	static const char what[] = "invalid character class range";
	struct sv start = *s;
	struct sv rest = sv_skip(*s, 2);
	struct sv name;
	bool negated = start.ptr[1] == 'P';

	if (rex_chars_peek(rest, 0) == '{') {
		bool closed;
		name = sv_cut(sv_skip(rest, 1), '}', &rest, &closed);
		if (!closed)
			return rex_chars_refuse(t->err, what, start);
	} else {
		size_t len = utf8_char_len(rest);
		name = sv_take(rest, len);
		rest = sv_skip(rest, len);
	}
	if (sv_has_prefix(name, SV("^"))) {
		negated = !negated;
		name = sv_skip(name, 1);
	}
	if (!is_property_name(name))
		return rex_chars_refuse(t->err, what, rex_chars_between(start, rest));
	/* Folded, the upper case letters are all that have case; PCRE2 does not fold properties. */
	if (t->fold && (sv_is(name, "Lu") || sv_is(name, "Ll") || sv_is(name, "Lt")))
		name = SV("L&");
	buf_printf(t->out, "\\%c{%.*s}", negated ? 'P' : 'p', SV_ARG(name));
	*s = rest;
	return ERR_OK;
}

bool rex_chars_is_property(struct sv s)
{
	return rex_chars_peek(s, 0) == '\\' &&
	       (rex_chars_peek(s, 1) == 'p' || rex_chars_peek(s, 1) == 'P');
}

/* [:alpha:] at the start of *s. *taken false: it is none, just characters. */
static enum error_kind take_posix_class(struct rex_chars *t, struct sv *s, bool *taken)
{
	static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl", "digit",
		"graph", "lower", "print", "punct", "space", "upper", "word", "xdigit" };
	size_t end = sv_find_sv(sv_skip(*s, 2), SV(":]")) + 2;

	*taken = end < s->len && sv_has_prefix(*s, SV("[:"));
	if (!*taken)
		return ERR_OK;
	struct sv text = sv_take(*s, end + 2);
	struct sv name = sv_take(sv_skip(text, 2), end - 2);
	if (sv_has_prefix(name, SV("^")))
		name = sv_skip(name, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(name, names[i])) {
			buf_put_sv(t->out, text);
			*s = sv_skip(*s, text.len);
			return ERR_OK;
		}
	}
	return rex_chars_refuse(t->err, "invalid character class range", text);
}

static enum error_kind take_class_char(
	struct rex_chars *t, struct sv class, struct sv *s, uint32_t *ret)
{
	if (s->len == 0)
		return rex_chars_refuse(t->err, "missing closing ]", class);
	return s->ptr[0] == '\\' ? rex_chars_escape(t, s, ret) : rex_chars_take(t, s, ret);
}

/* A character or a range of them. */
static enum error_kind take_range(struct rex_chars *t, struct sv class, struct sv *s)
{
	struct sv start = *s;
	uint32_t low, high;
	enum error_kind kind = take_class_char(t, class, s, &low);

	if (kind)
		return kind;
	high = low;
	if (rex_chars_peek(*s, 0) == '-' && s->len > 1 && s->ptr[1] != ']') {
		*s = sv_skip(*s, 1);
		if ((kind = take_class_char(t, class, s, &high)))
			return kind;
	}
	if (high < low)
		return rex_chars_refuse(
			t->err, "invalid character class range", rex_chars_between(start, *s));
	/* No text holds a surrogate, and PCRE2 refuses them as ends of a range. */
	if (is_surrogate(low) && is_surrogate(high))
		return rex_chars_refuse(
			t->err, "only surrogates in a range", rex_chars_between(start, *s));
	put_code(t, is_surrogate(low) ? 0xe000 : low);
	buf_put_char(t->out, '-');
	put_code(t, is_surrogate(high) ? 0xd7ff : high);
	return ERR_OK;
}

static enum error_kind take_class_item(struct rex_chars *t, struct sv class, struct sv *s)
{
	bool taken;
	enum error_kind kind = take_posix_class(t, s, &taken);

	if (kind || taken)
		return kind;
	if (rex_chars_is_property(*s))
		return rex_chars_property(t, s);
	const char *perl = rex_chars_perl(*s);
	if (!perl)
		return take_range(t, class, s);
	put(t, perl);
	*s = sv_skip(*s, 2);
	return ERR_OK;
}

enum error_kind rex_chars_class(struct rex_chars *t, struct sv *rest)
{
	struct sv class = *rest;
	struct sv s = sv_skip(class, 1);
	bool first = true;

	put(t, "[");
	if (rex_chars_peek(s, 0) == '^') {
		put(t, "^");
		s = sv_skip(s, 1);
	}
	for (; s.len == 0 || s.ptr[0] != ']' || first; first = false) {
		enum error_kind kind = take_class_item(t, class, &s);
		if (kind)
			return kind;
	}
	put(t, "]");
	*rest = sv_skip(s, 1);
	return ERR_OK;
}
