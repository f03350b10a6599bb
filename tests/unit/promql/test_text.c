/* unicode.c, quote.c, unquote.c, matcher.c: the expected texts are Go's. */
#include "promql/matcher.h"
#include "promql/quote.h"
#include "promql/regexp.h"
#include "promql/unicode.h"
#include "promql/unquote.h"
#include "tests/unit/common/run.h"

static const struct {
	const char *what;
	uint32_t rune;
	bool print, letter, digit, space;
	uint32_t fold;
} RUNES[] = {
	{ "a letter", 'a', true, true, false, false, 'A' },
	{ "a letter with three forms", 'k', true, true, false, false, 0x212A },
	{ "the sign that closes the circle", 0x212A, true, true, false, false, 'K' },
	{ "a digit", '7', true, false, true, false, '7' },
	{ "the blank", ' ', true, false, false, true, ' ' },
	{ "a blank that is not ASCII", 0xA0, false, false, false, true, 0xA0 },
	{ "a tabulator", '\t', false, false, false, true, '\t' },
	{ "an Arabic digit", 0x660, true, false, true, false, 0x660 },
	{ "a combining mark", 0x301, true, false, false, false, 0x301 },
	{ "a soft hyphen", 0xAD, false, false, false, false, 0xAD },
	{ "a surrogate", 0xD800, false, false, false, false, 0xD800 },
	{ "private use", 0xE000, false, false, false, false, 0xE000 },
	{ "a letter of another plane", 0x10400, true, true, false, false, 0x10428 },
	{ "the last code point", 0x10FFFF, false, false, false, false, 0x10FFFF },
	{ "beyond the last", 0x110000, false, false, false, false, 0x110000 },
};

START_TEST(code_points_have_the_properties_of_unicode_15)
{
	ck_assert_int_eq(unicode_is_print(RUNES[_i].rune), RUNES[_i].print);
	ck_assert_int_eq(unicode_is_letter(RUNES[_i].rune), RUNES[_i].letter);
	ck_assert_int_eq(unicode_is_digit(RUNES[_i].rune), RUNES[_i].digit);
	ck_assert_int_eq(unicode_is_space(RUNES[_i].rune), RUNES[_i].space);
	ck_assert_uint_eq(unicode_fold(RUNES[_i].rune), RUNES[_i].fold);
}
END_TEST

static const struct {
	const char *what, *text;
	size_t len;
	uint32_t rune;
} BYTES[] = {
	{ "ASCII", "a", 1, 'a' },
	{ "two bytes", "\303\251", 2, 0xE9 },
	{ "three bytes", "\342\202\254", 3, 0x20AC },
	{ "four bytes", "\360\237\230\200", 4, 0x1F600 },
	{ "a continuation alone", "\200", 1, UNICODE_BAD },
	{ "cut", "\342\202", 1, UNICODE_BAD },
	{ "too long for its value", "\300\200", 1, UNICODE_BAD },
	{ "too long in three bytes", "\340\200\200", 1, UNICODE_BAD },
	{ "a surrogate", "\355\240\200", 1, UNICODE_BAD },
	{ "above the last", "\364\220\200\200", 1, UNICODE_BAD },
	{ "a byte that never occurs", "\377", 1, UNICODE_BAD },
	{ "the wrong byte behind", "\303a", 1, UNICODE_BAD },
};

START_TEST(bytes_are_decoded_one_code_point_at_a_time)
{
	uint32_t rune = 0;
	struct sv text = sv_of(BYTES[_i].text);
	char back[4];

	ck_assert_uint_eq(unicode_decode(text.ptr, text.len, &rune), BYTES[_i].len);
	ck_assert_uint_eq(rune, BYTES[_i].rune);
	ck_assert_int_eq(unicode_is_utf8(text), rune != UNICODE_BAD);
	if (rune != UNICODE_BAD) {
		ck_assert_uint_eq(unicode_encode(back, rune), text.len);
		ck_assert_mem_eq(back, text.ptr, text.len);
	}
}
END_TEST

START_TEST(what_is_no_code_point_is_encoded_as_the_replacement)
{
	static const uint32_t bad[] = { 0xD800, 0xDFFF, 0x110000, UINT32_MAX };
	char text[4];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_uint_eq(unicode_encode(text, bad[i]), 3);
		ck_assert_mem_eq(text, "\357\277\275", 3);
	}
}
END_TEST

static void count(uint32_t first, uint32_t last, void *ctx)
{
	*(uint32_t *)ctx += last - first + 1;
}

START_TEST(classes_have_as_many_members_as_in_go)
{
	static const struct {
		const char *name;
		uint32_t n;
	} classes[] = { { "Lu", 1831 }, { "Nd", 680 }, { "Greek", 518 }, { "Any", 0x110000 },
		{ "Zs", 17 } };

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		uint32_t n = 0;

		ck_assert(unicode_each_range(sv_of(classes[i].name), count, &n));
		ck_assert_msg(n == classes[i].n, "%s: %u", classes[i].name, n);
	}
	ck_assert(!unicode_each_range(SV("greek"), count, NULL));
	ck_assert(!unicode_each_range(SV(""), count, NULL));
}
END_TEST

static const struct {
	const char *what;
	struct sv text;
	const char *quoted, *ascii;
} QUOTES[] = {
	{ "plain", SV("abc"), "\"abc\"", "\"abc\"" },
	{ "escapes by letter", SV("\a\b\f\n\r\t\v\\\""), "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"",
		"\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"" },
	{ "control bytes", SV("\0\1\x7f"), "\"\\x00\\x01\\x7f\"", "\"\\x00\\x01\\x7f\"" },
	{ "a byte that is no text", SV("\xff"), "\"\\xff\"", "\"\\xff\"" },
	{ "the replacement itself", SV("\357\277\275"), "\"\357\277\275\"", "\"\\ufffd\"" },
	{ "a letter", SV("\303\251"), "\"\303\251\"", "\"\\u00e9\"" },
	{ "not printable", SV("\302\240\342\200\250"), "\"\\u00a0\\u2028\"", "\"\\u00a0\\u2028\"" },
	{ "another plane", SV("\360\237\230\200\363\240\200\201"),
		"\"\360\237\230\200\\U000e0001\"", "\"\\U0001f600\\U000e0001\"" },
};

START_TEST(texts_are_quoted_as_go_quotes_them)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct sv back;
	struct error err;

	arena_init(&a, 65536);
	buf_init(&out, 1000);
	quote_print(&out, QUOTES[_i].text);
	ck_assert_str_eq(buf_text(&out), QUOTES[_i].quoted);
	ck_assert_int_eq(unquote_go(&a, buf_sv(&out), &back, &err), ERR_OK);
	ck_assert(sv_eq(back, QUOTES[_i].text));
	ck_assert_int_eq(unquote_promql(&a, buf_sv(&out), &back, &err), ERR_OK);
	ck_assert(sv_eq(back, QUOTES[_i].text));
	buf_clear(&out);
	quote_print_ascii(&out, QUOTES[_i].text);
	ck_assert_str_eq(buf_text(&out), QUOTES[_i].ascii);
}
END_TEST

START_TEST(a_code_point_is_quoted_in_single_quotes)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	quote_print_rune(&out, 'a');
	quote_print_rune(&out, '\'');
	quote_print_rune(&out, '"');
	quote_print_rune(&out, 0xE9);
	quote_print_rune(&out, 0x2028);
	quote_print_rune(&out, 0xE0001);
	ck_assert_str_eq(buf_text(&out), "'a''\\'''\"''\303\251''\\u2028''\\U000e0001'");
}
END_TEST

static const struct {
	const char *what, *text;
	const char *go, *promql; /* NULL: refused */
} UNQUOTES[] = {
	{ "single quotes", "'a'", NULL, "a" },
	{ "a raw text", "`a\\n`", "a\\n", "a\\n" },
	{ "a raw text with carriage returns", "`a\r\nb`", "a\nb", "a\r\nb" },
	{ "octal", "\"\\101\"", "A", "A" },
	{ "octal beyond a byte", "\"\\400\"", NULL, NULL },
	{ "short octal", "\"\\18\"", NULL, NULL },
	{ "a short \\x", "\"\\x4\"", NULL, NULL },
	{ "\\u", "\"\\u00e9\"", "\303\251", "\303\251" },
	{ "\\u of a surrogate", "\"\\ud800\"", NULL, NULL },
	{ "\\U beyond the last", "\"\\U00110000\"", NULL, NULL },
	{ "an unknown escape", "\"\\q\"", NULL, NULL },
	{ "the other quote, escaped", "\"\\'\"", NULL, NULL },
	{ "a line break, which the lexer finds first", "\"a\nb\"", NULL, "a\nb" },
	{ "no end", "\"a", NULL, NULL },
	{ "no quotes", "a", NULL, NULL },
	{ "empty", "", NULL, NULL },
	{ "one quote", "\"", NULL, NULL },
	{ "a quote inside, which the lexer finds first", "\"a\"b\"", NULL, "a\"b" },
	{ "a backslash at the end", "\"a\\\"", NULL, NULL },
};

START_TEST(quoted_texts_are_read_back)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text;
	struct error err;

	arena_init(&a, 65536);
	bool go = !unquote_go(&a, sv_of(UNQUOTES[_i].text), &text, &err);

	ck_assert_int_eq(go, UNQUOTES[_i].go != NULL);
	ck_assert(!go || sv_is(text, UNQUOTES[_i].go));
	bool promql = !unquote_promql(&a, sv_of(UNQUOTES[_i].text), &text, &err);

	ck_assert_int_eq(promql, UNQUOTES[_i].promql != NULL);
	ck_assert(!promql || sv_is(text, UNQUOTES[_i].promql));
	if (!promql)
		ck_assert_int_eq(err.kind, ERR_INVALID);
}
END_TEST

START_TEST(matchers_print_without_blanks_and_are_joined_by_commas)
{
	static const struct matcher list[] = {
		{ SV("namespace"), MATCHER_EQ, SV("de\"fault"), NULL },
		{ SV("pod"), MATCHER_RE, SV("a|b"), NULL },
		{ SV("x"), MATCHER_NEQ, SV(""), NULL },
		{ SV("y"), MATCHER_NRE, SV("\\d"), NULL },
	};
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	matcher_print_list(&out, list, ARRAY_LEN(list));
	ck_assert_str_eq(
		buf_text(&out), "namespace=\"de\\\"fault\",pod=~\"a|b\",x!=\"\",y!~\"\\\\d\"");
	buf_clear(&out);
	matcher_print_list(&out, list, 0);
	ck_assert_str_eq(buf_text(&out), "");
	matcher_quote_meta(&out, SV("a.b|c(d)[e]{f}+*?^$\\-"));
	ck_assert_str_eq(buf_text(&out), "a\\.b\\|c\\(d\\)\\[e\\]\\{f\\}\\+\\*\\?\\^\\$\\\\-");
}
END_TEST

START_TEST(matchers_decide_about_values)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct matcher m = { SV("x"), MATCHER_EQ, SV("a.*"), NULL };
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(regexp_compile(&a, m.value, &m.regexp, &err), ERR_OK);
	ck_assert(matcher_matches(&m, SV("a.*")) && !matcher_matches(&m, SV("ab")));
	m.op = MATCHER_NEQ;
	ck_assert(!matcher_matches(&m, SV("a.*")) && matcher_matches(&m, SV("")));
	m.op = MATCHER_RE;
	ck_assert(matcher_matches(&m, SV("ab")) && !matcher_matches(&m, SV("b")));
	m.op = MATCHER_NRE;
	ck_assert(!matcher_matches(&m, SV("ab")) && matcher_matches(&m, SV("")));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, code_points_have_the_properties_of_unicode_15, 0, ARRAY_LEN(RUNES));
	tcase_add_loop_test(tcase, bytes_are_decoded_one_code_point_at_a_time, 0, ARRAY_LEN(BYTES));
	tcase_add_test(tcase, what_is_no_code_point_is_encoded_as_the_replacement);
	tcase_add_test(tcase, classes_have_as_many_members_as_in_go);
	tcase_add_loop_test(tcase, texts_are_quoted_as_go_quotes_them, 0, ARRAY_LEN(QUOTES));
	tcase_add_test(tcase, a_code_point_is_quoted_in_single_quotes);
	tcase_add_loop_test(tcase, quoted_texts_are_read_back, 0, ARRAY_LEN(UNQUOTES));
	tcase_add_test(tcase, matchers_print_without_blanks_and_are_joined_by_commas);
	tcase_add_test(tcase, matchers_decide_about_values);
}

int main(void)
{
	return run_case("text", add);
}
