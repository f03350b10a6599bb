/* Text -> Go string literal. Runs of plain ASCII are copied at once. */
#include "promql/quote.h"

#include "promql/unicode.h"

static const char HEX[] = "0123456789abcdef";

static void put_hex(struct buf *out, uint32_t value, unsigned digits)
{
	while (digits-- > 0)
		buf_put_char(out, HEX[value >> (4 * digits) & 15]);
}

/* The letter behind the backslash, or 0. */
static char escape_letter(uint32_t rune)
{
	static const char letters[] = "abtnvfr"; /* U+0007 to U+000D */

	return rune >= 7 && rune <= 13 ? letters[rune - 7] : 0;
}

static void put_rune(struct buf *out, uint32_t rune, char quote, bool ascii)
{
	char letter = escape_letter(rune);

	if (rune == (unsigned char)quote || rune == '\\') {
		buf_put_char(out, '\\');
		buf_put_char(out, (char)rune);
	} else if (unicode_is_print(rune) && (!ascii || rune < 0x80)) {
		char utf8[4];

		buf_put(out, utf8, unicode_encode(utf8, rune));
	} else if (letter) {
		buf_put_char(out, '\\');
		buf_put_char(out, letter);
	} else if (rune < ' ' || rune == 0x7F) {
		buf_put_str(out, "\\x");
		put_hex(out, rune, 2);
	} else if (rune < 0x10000) {
		buf_put_str(out, "\\u");
		put_hex(out, rune, 4);
	} else {
		buf_put_str(out, "\\U");
		put_hex(out, rune, 8);
	}
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

static void print_quoted(struct buf *out, struct sv text, bool ascii)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.len;) {
		size_t run = i;

		while (run < text.len && is_plain(text.ptr[run]))
			run++;
		buf_put(out, text.ptr + i, run - i);
		i = run;
		if (i == text.len)
			break;
		uint32_t rune;
		size_t n = unicode_decode(text.ptr + i, text.len - i, &rune);

		if (n == 1 && rune == UNICODE_BAD) {
			buf_put_str(out, "\\x");
			put_hex(out, (unsigned char)text.ptr[i], 2);
		} else {
			put_rune(out, rune, '"', ascii);
		}
		i += n;
	}
	buf_put_char(out, '"');
}

void quote_print(struct buf *out, struct sv text)
{
	print_quoted(out, text, false);
}

void quote_print_ascii(struct buf *out, struct sv text)
{
	print_quoted(out, text, true);
}

void quote_print_rune(struct buf *out, uint32_t rune)
{
	if (rune > UNICODE_MAX || (rune >= 0xD800 && rune < 0xE000))
		rune = UNICODE_BAD;
	buf_put_char(out, '\'');
	put_rune(out, rune, '\'', false);
	buf_put_char(out, '\'');
}
