/* UTF-8: which bytes are a character, and what a code point is written as. */
#include "common/utf8.h"
#include "tests/unit/common/run.h"

START_TEST(only_real_characters_have_a_length)
{
	static const struct {
		const char *what;
		struct sv text;
		size_t len;
	} rows[] = {
		{ "ASCII", SV("a"), 1 },
		{ "NUL", SV("\0"), 1 },
		{ "two bytes", SV("\xc3\xa9x"), 2 },
		{ "three bytes", SV("\xe2\x82\xac"), 3 },
		{ "four bytes", SV("\xf0\x9f\x98\x80"), 4 },
		{ "the last code point", SV("\xf4\x8f\xbf\xbf"), 4 },
		{ "beyond it", SV("\xf4\x90\x80\x80"), 0 },
		{ "far beyond it", SV("\xf5\x80\x80\x80"), 0 },
		{ "a surrogate", SV("\xed\xa0\x80"), 0 },
		{ "just below the surrogates", SV("\xed\x9f\xbf"), 3 },
		{ "overlong, two bytes", SV("\xc1\xbf"), 0 },
		{ "overlong, three bytes", SV("\xe0\x9f\xbf"), 0 },
		{ "overlong, four bytes", SV("\xf0\x8f\xbf\xbf"), 0 },
		{ "a lone continuation byte", SV("\x80"), 0 },
		{ "cut after one of two", SV("\xc3"), 0 },
		{ "cut after two of three", SV("\xe2\x82"), 0 },
		{ "cut after three of four", SV("\xf0\x9f\x98"), 0 },
		{ "no continuation", SV("\xe2\x28\xa1"), 0 },
		{ "nothing", SV_NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(utf8_char_len(rows[i].text) == rows[i].len, "%s", rows[i].what);
}
END_TEST

/* A check for each of 1.1 million code points would take seconds, so only failures reach check. */
START_TEST(every_code_point_comes_back_as_one_character)
{
	char text[4];

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		bool surrogate = c >= 0xd800 && c <= 0xdfff;
		size_t len = utf8_encode(c, text);
		if (utf8_char_len(sv_from(text, len)) != len)
			ck_abort_msg("U+%04X is no character", c);
		if (surrogate != sv_eq(sv_from(text, len), SV("\xef\xbf\xbd")) && c != 0xfffd)
			ck_abort_msg("U+%04X and the replacement character", c);
	}
	ck_assert_uint_eq(utf8_encode(0x7f, text), 1);
	ck_assert_uint_eq(utf8_encode(0x20ac, text), 3);
	ck_assert_mem_eq(text, "\xe2\x82\xac", 3);
	ck_assert_uint_eq(utf8_encode(0x1f600, text), 4);
	ck_assert_mem_eq(text, "\xf0\x9f\x98\x80", 4);
	ck_assert_uint_eq(utf8_encode(UINT32_MAX, text), 3);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, only_real_characters_have_a_length);
	tcase_add_test(tcase, every_code_point_comes_back_as_one_character);
}

int main(void)
{
	return run_case("utf8", add);
}
