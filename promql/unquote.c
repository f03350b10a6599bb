/* Go's string and rune literals -> bytes. */
#include "promql/unquote.h"

#include "promql/unicode.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

static size_t read_hex(struct sv text, size_t digits, uint32_t *ret)
{
	uint32_t value = 0;

	if (text.len < 2 + digits)
		return 0;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(text.ptr[2 + i]);

		if (digit < 0)
			return 0;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return 2 + digits;
}

static size_t read_octal(struct sv text, uint32_t *ret)
{
	uint32_t value = 0;

	if (text.len < 4)
		return 0;
	for (size_t i = 1; i < 4; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return 0;
		value = value * 8 + (uint32_t)(text.ptr[i] - '0');
	}
	*ret = value;
	return value > 255 ? 0 : 4;
}

/* An escape that is a number; 0 for bad syntax. */
static size_t read_number_escape(struct sv text, uint32_t *ret_rune, bool *ret_is_byte)
{
	char c = text.ptr[1];
	size_t n;

	*ret_is_byte = c != 'u' && c != 'U';
	if (c == 'x')
		return read_hex(text, 2, ret_rune);
	if (*ret_is_byte)
		return c >= '0' && c <= '7' ? read_octal(text, ret_rune) : 0;
	n = read_hex(text, c == 'u' ? 4 : 8, ret_rune);
	return *ret_rune > UNICODE_MAX || (*ret_rune >= 0xD800 && *ret_rune < 0xE000) ? 0 : n;
}

size_t unquote_go_char(struct sv text, char quote, uint32_t *ret_rune, bool *ret_is_byte)
{
	static const char letters[] = "abtnvfr";

	*ret_is_byte = false;
	*ret_rune = 0;
	if (text.len == 0 || (text.ptr[0] == quote && (quote == '\'' || quote == '"')))
		return 0;
	if (text.ptr[0] != '\\')
		return unicode_decode(text.ptr, text.len, ret_rune);
	if (text.len < 2)
		return 0;
	char c = text.ptr[1];
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter) {
		*ret_rune = (uint32_t)(7 + (letter - letters));
		return 2;
	}
	if (c != '\\' && c != '\'' && c != '"')
		return read_number_escape(text, ret_rune, ret_is_byte);
	*ret_rune = (unsigned char)c;
	return c == '\\' || c == quote ? 2 : 0;
}

/* `raw`: carriage returns are dropped. */
static enum error_kind unquote_raw(
	struct arena *a, struct sv inside, struct sv *ret, struct error *err)
{
	if (sv_find(inside, '`') < inside.len)
		return error_set(err, ERR_INVALID, "invalid syntax");
	*ret = inside;
	if (sv_find(inside, '\r') == inside.len)
		return ERR_OK;
	char *out = arena_alloc(a, inside.len);
	size_t n = 0;

	if (!out)
		return arena_error(a, err);
	for (size_t i = 0; i < inside.len; i++)
		if (inside.ptr[i] != '\r')
			out[n++] = inside.ptr[i];
	*ret = sv_from(out, n);
	return ERR_OK;
}

/* Escapes -> bytes; bad bytes become U+FFFD when `fix` is set. */
static enum error_kind unquote_escapes(
	struct arena *a, struct sv inside, char quote, bool fix, struct sv *ret, struct error *err)
{
	/* Escapes only shrink; a bad byte grows to the three bytes of U+FFFD. */
	char *out = arena_alloc(a, 3 * inside.len + 1);
	size_t n = 0;

	if (!out)
		return arena_error(a, err);
	while (inside.len) {
		uint32_t rune;
		bool is_byte;
		size_t len =
			inside.ptr[0] == '\n' ? 0 : unquote_go_char(inside, quote, &rune, &is_byte);

		if (len == 0)
			return error_set(err, ERR_INVALID, "invalid syntax");
		if (!fix && len == 1 && rune == UNICODE_BAD)
			out[n++] = inside.ptr[0];
		else if (is_byte)
			out[n++] = (char)rune;
		else
			n += unicode_encode(out + n, rune);
		inside = sv_skip(inside, len);
	}
	*ret = sv_from(out, n);
	return ERR_OK;
}

enum error_kind unquote_promql(struct arena *a, struct sv text, struct sv *ret, struct error *err)
{
	if (text.len < 2 || text.ptr[text.len - 1] != text.ptr[0])
		return error_set(err, ERR_INVALID, "invalid syntax");
	struct sv inside = sv_from(text.ptr + 1, text.len - 2);

	if (text.ptr[0] == '`' || sv_find(inside, '\\') == inside.len) {
		*ret = inside;
		return ERR_OK;
	}
	return unquote_escapes(a, inside, text.ptr[0], false, ret, err);
}

enum error_kind unquote_go(struct arena *a, struct sv text, struct sv *ret, struct error *err)
{
	char quote = text.len ? text.ptr[0] : 0;

	if (text.len < 2 || text.ptr[text.len - 1] != quote || (quote != '"' && quote != '`'))
		return error_set(err, ERR_INVALID, "invalid syntax");
	struct sv inside = sv_from(text.ptr + 1, text.len - 2);

	if (quote == '`')
		return unquote_raw(a, inside, ret, err);
	return unquote_escapes(a, inside, quote, true, ret, err);
}
