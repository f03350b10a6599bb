/* The JSON scanner: grammar, positions, text. */
#include <stdio.h>

#include "common/jscan.h"
#include "common/limits.h"
#include "tests/unit/common/run.h"

/* The tokens of a text as letters: { [ for openings, ) for closings, k s n t f 0, $ at the end, ! for an error. */
static const char *tokens_of(struct sv text, char *out, size_t size)
{
	static const char letters[] = "$!{[)ksntf0";
	struct jscan s;
	size_t n = 0;

	jscan_init(&s, text);
	while (n < size - 1) {
		enum jscan_token token = jscan_next(&s);
		out[n++] = letters[token];
		if (token == JSCAN_END || token == JSCAN_ERROR) {
			ck_assert_int_eq(jscan_next(&s), token);
			break;
		}
	}
	out[n] = '\0';
	return out;
}

static const struct {
	const char *what;
	struct sv text;
	const char *tokens;
	const char *error;
} TEXTS[] = {
	{ "a scalar is a text", SV(" 1 "), "n$", NULL },
	{ "all kinds", SV("{\"a\":[1,\"s\",true,false,null,{}],\"b\":{}}"), "{k[nstf0{))k{))$",
		NULL },
	{ "blanks anywhere", SV("\t{ \"a\" :\r\n[ 1 , 2 ] }\n"), "{k[nn))$", NULL },
	{ "numbers", SV("[0,-0,10,1.5,-1.25e+10,1E-5,0e0]"), "[nnnnnnn)$", NULL },
	{ "nothing", SV(""), "!", "line 1, column 1: expected a value, but the text ends" },
	{ "only blanks", SV(" \n "), "!", "line 2, column 2: expected a value, but the text ends" },
	{ "two values", SV("1 2"), "n!", "line 1, column 3: expected the end of the text" },
	{ "a leading zero", SV("01"), "n!", "line 1, column 2: expected the end of the text" },
	{ "a plus sign", SV("+1"), "!", "line 1, column 1: expected a value" },
	{ "only a minus", SV("-"), "!", "line 1, column 1: expected a value" },
	{ "a point without digits", SV("1."), "!",
		"line 1, column 3: expected a digit, but the text ends" },
	{ "an exponent without digits", SV("[1e]"), "[!", "line 1, column 4: expected a digit" },
	{ "an exponent with only a sign", SV("[1e+]"), "[!", "line 1, column 5: expected a digit" },
	{ "a comma before the end of a list", SV("[1,]"), "[n!",
		"line 1, column 4: expected a value" },
	{ "a comma before the end of an object", SV("{\"a\":1,}"), "{kn!",
		"line 1, column 8: expected a member name" },
	{ "no comma in a list", SV("[1 2]"), "[n!", "line 1, column 4: expected ',' or ']'" },
	{ "no comma in an object", SV("{\"a\":1 \"b\":2}"), "{kn!",
		"line 1, column 8: expected ',' or '}'" },
	{ "no colon", SV("{\"a\" 1}"), "{!", "line 1, column 6: expected ':'" },
	{ "no colon and the text ends", SV("{\"a\""), "{!",
		"line 1, column 5: expected ':', but the text ends" },
	{ "a key without quotes", SV("{a:1}"), "{!",
		"line 1, column 2: expected a member name or '}'" },
	{ "no value", SV("{\"a\":}"), "{k!", "line 1, column 6: expected a value" },
	{ "an open list", SV("[1"), "[n!",
		"line 1, column 3: expected ',' or ']', but the text ends" },
	{ "an open empty list", SV("["), "[!",
		"line 1, column 2: expected a value or ']', but the text ends" },
	{ "an open object", SV("{\n\"a\":1\n"), "{kn!",
		"line 3, column 1: expected ',' or '}', but the text ends" },
	{ "the wrong bracket", SV("[1}"), "[n!", "line 1, column 3: expected ',' or ']'" },
	{ "a closing bracket alone", SV("]"), "!", "line 1, column 1: expected a value" },
	{ "half a word", SV("[tru]"), "[!", "line 1, column 2: expected a value" },
	{ "a word that goes on", SV("nulls"), "0!",
		"line 1, column 5: expected the end of the text" },
	{ "capitals", SV("True"), "!", "line 1, column 1: expected a value" },
	{ "NaN", SV("[NaN]"), "[!", "line 1, column 2: expected a value or ']'" },
	{ "a byte order mark", SV("\xef\xbb\xbf{}"), "!", "line 1, column 1: expected a value" },
	{ "a NUL behind the text", SV("{}\0"), "{)!",
		"line 1, column 3: expected the end of the text" },
	{ "an open string", SV("[\"abc"), "[!", "line 1, column 2: string without closing quote" },
	{ "a string that ends in a backslash", SV("\"abc\\"), "!",
		"line 1, column 5: bad escape in a string" },
	{ "a line break in a string", SV("\"a\nb\""), "!",
		"line 1, column 3: control character in a string" },
	{ "an unknown escape", SV("\"12345678\\q\""), "!",
		"line 1, column 10: bad escape in a string" },
	{ "a short unicode escape", SV("\"\\u12\""), "!",
		"line 1, column 2: bad escape in a string" },
	{ "a unicode escape that is not hexadecimal", SV("\"\\u12g4\""), "!",
		"line 1, column 2: bad escape in a string" },
};

START_TEST(the_grammar_is_json)
{
	for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
		char tokens[64];
		ck_assert_msg(strcmp(tokens_of(TEXTS[i].text, tokens, sizeof(tokens)),
				      TEXTS[i].tokens) == 0,
			"%s: %s", TEXTS[i].what, tokens);
		if (!TEXTS[i].error)
			continue;
		struct jscan s;
		struct error err;
		jscan_init(&s, TEXTS[i].text);
		enum jscan_token token;
		do
			token = jscan_next(&s);
		while (token != JSCAN_ERROR);
		ck_assert_int_eq(jscan_error(&s, &err), ERR_INVALID);
		ck_assert_msg(
			strcmp(err.text, TEXTS[i].error) == 0, "%s: %s", TEXTS[i].what, err.text);
	}
}
END_TEST

static const struct {
	const char *what;
	struct sv raw, text;
	bool escaped;
} STRINGS[] = {
	{ "plain", SV("http_requests_total"), SV("http_requests_total"), false },
	{ "empty", SV(""), SV(""), false },
	{ "DEL is plain", SV("\x7f"), SV("\x7f"), false },
	{ "good UTF-8 needs no copy", SV("caf\xc3\xa9 \xf0\x9f\x98\x80"),
		SV("caf\xc3\xa9 \xf0\x9f\x98\x80"), false },
	{ "letters", SV("\\b\\f\\n\\r\\t\\\"\\\\\\/"), SV("\b\f\n\r\t\"\\/"), true },
	{ "a code point", SV("\\u20aC"), SV("\xe2\x82\xac"), true },
	{ "NUL", SV("a\\u0000b"), SV("a\0b"), true },
	{ "a surrogate pair", SV("\\ud83d\\ude00"), SV("\xf0\x9f\x98\x80"), true },
	{ "half a pair", SV("\\ud83dx"), SV("\xef\xbf\xbdx"), true },
	{ "half a pair at the end", SV("\\ud83d"), SV("\xef\xbf\xbd"), true },
	{ "half a pair before another escape", SV("\\ud83d\\u0041"),
		SV("\xef\xbf\xbd"
		   "A"),
		true },
	{ "the wrong half", SV("\\ude00"), SV("\xef\xbf\xbd"), true },
	{ "bad bytes become U+FFFD each", SV("x\xff\xe2\x82y"),
		SV("x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy"), true },
	{ "an encoded surrogate", SV("\xed\xa0\x80"), SV("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
		true },
};

/* Each string stands at every offset from an eight byte word, and at the very end of its memory. */
START_TEST(strings_are_decoded_as_go_does)
{
	for (size_t i = 0; i < ARRAY_LEN(STRINGS); i++) {
		for (size_t offset = 0; offset < 17; offset++) {
			AUTO(arena_done) struct arena a = { 0 };
			struct jscan s;
			size_t len = offset + STRINGS[i].raw.len + 2;
			char *text = malloc(len);
			memset(text, ' ', len);
			text[offset] = text[len - 1] = '"';
			memcpy(text + offset + 1, STRINGS[i].raw.ptr, STRINGS[i].raw.len);
			arena_init(&a, 1 << 20);
			jscan_init(&s, sv_from(text, len));
			ck_assert_int_eq(jscan_next(&s), JSCAN_STRING);
			ck_assert_msg(s.escaped == STRINGS[i].escaped, "%s", STRINGS[i].what);
			ck_assert(sv_eq(s.text, STRINGS[i].raw));
			ck_assert_msg(sv_eq(jscan_string(&s, &a), STRINGS[i].text), "%s",
				STRINGS[i].what);
			ck_assert_msg(
				jscan_is(&s, STRINGS[i].text), "%s is itself", STRINGS[i].what);
			ck_assert(!jscan_is(&s, SV("something else")));
			if (STRINGS[i].text.len > 0)
				ck_assert(!jscan_is(
					&s, sv_take(STRINGS[i].text, STRINGS[i].text.len - 1)));
			ck_assert_int_eq(jscan_next(&s), JSCAN_END);
			free(text);
		}
	}
}
END_TEST

START_TEST(every_byte_that_is_not_plain_is_seen_at_every_place)
{
	for (int c = 0; c < 256; c++) {
		for (size_t at = 1; at < 18; at++) {
			char text[20];
			char tokens[8];
			memset(text, 'a', sizeof(text));
			text[0] = text[19] = '"';
			text[at] = (char)c;
			bool good = c >= ' ' && c != '"' && c != '\\';
			const char *expected = good ? "s$" : c == '"' ? "s!" : "!";
			/* "\a" is no escape; what follows a quote is rubbish. */
			ck_assert_msg(
				strcmp(tokens_of(sv_from(text, 20), tokens, 8), expected) == 0,
				"byte %d at %zu", c, at);
		}
	}
}
END_TEST

START_TEST(skip_passes_over_one_value)
{
	struct jscan s;

	jscan_init(&s, SV("{\"a\":{\"b\":[1,{}]},\"c\":7,\"d\":[[]],\"e\":1}"));
	ck_assert_int_eq(jscan_next(&s), JSCAN_OBJECT);
	ck_assert_int_eq(jscan_next(&s), JSCAN_KEY);
	ck_assert(jscan_skip(&s, jscan_next(&s)));
	ck_assert_int_eq(jscan_next(&s), JSCAN_KEY);
	ck_assert(jscan_is(&s, SV("c")));
	ck_assert(jscan_skip(&s, JSCAN_KEY));
	ck_assert_int_eq(jscan_next(&s), JSCAN_KEY);
	ck_assert(jscan_is(&s, SV("d")));
	ck_assert(jscan_skip(&s, JSCAN_KEY));
	ck_assert_int_eq(jscan_next(&s), JSCAN_KEY);
	ck_assert_int_eq(jscan_next(&s), JSCAN_NUMBER);
	ck_assert(sv_is(s.text, "1"));
	ck_assert_int_eq(jscan_next(&s), JSCAN_CLOSE);
	ck_assert_uint_eq(s.depth, 0);
	ck_assert_int_eq(jscan_next(&s), JSCAN_END);
	ck_assert(!jscan_skip(&s, JSCAN_END));

	jscan_init(&s, SV("[[1,]]"));
	ck_assert(!jscan_skip(&s, jscan_next(&s)));
}
END_TEST

START_TEST(nesting_is_limited_and_kinds_are_remembered)
{
	char text[2 * LIMIT_NESTING + 2];
	struct jscan s;
	struct error err;

	for (unsigned depth = LIMIT_NESTING; depth <= LIMIT_NESTING + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		jscan_init(&s, sv_from(text, 2 * (size_t)depth));
		bool fits = depth == LIMIT_NESTING;
		ck_assert_int_eq(jscan_skip(&s, jscan_next(&s)), fits);
		if (!fits)
			ck_assert_int_eq(jscan_error(&s, &err), ERR_LIMIT);
	}
	ck_assert_str_eq(err.text, "line 1, column 513: nested deeper than 512 levels");

	/* Objects and lists in turn, so that both words of the bit stack hold both kinds. */
	char deep[LIMIT_NESTING * 8];
	size_t n = 0;
	for (unsigned i = 0; i < LIMIT_NESTING; i++) {
		const char *open = i % 3 ? "{\"k\":" : "[";
		memcpy(deep + n, open, strlen(open));
		n += strlen(open);
	}
	deep[n++] = '0';
	for (unsigned i = LIMIT_NESTING; i-- > 0;)
		deep[n++] = i % 3 ? '}' : ']';
	jscan_init(&s, sv_from(deep, n));
	ck_assert(jscan_skip(&s, jscan_next(&s)));
	ck_assert_int_eq(jscan_next(&s), JSCAN_END);
}
END_TEST

START_TEST(a_good_text_has_no_error)
{
	struct jscan s;
	struct error err;

	jscan_init(&s, SV_NULL);
	ck_assert_int_eq(jscan_error(&s, &err), ERR_BUG);
	ck_assert_int_eq(jscan_next(&s), JSCAN_ERROR);
}
END_TEST

static enum error_kind decode(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jscan s;

	arena_init(&a, 1 << 20);
	jscan_init(&s, SV("\"\\n\""));
	ck_assert_int_eq(jscan_next(&s), JSCAN_STRING);
	return jscan_string(&s, &a).ptr ? ERR_OK : arena_error(&a, err);
}

START_TEST(out_of_memory_is_told)
{
	fail_each_allocation(decode);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, the_grammar_is_json);
	tcase_add_test(tcase, strings_are_decoded_as_go_does);
	tcase_add_test(tcase, every_byte_that_is_not_plain_is_seen_at_every_place);
	tcase_add_test(tcase, skip_passes_over_one_value);
	tcase_add_test(tcase, nesting_is_limited_and_kinds_are_remembered);
	tcase_add_test(tcase, a_good_text_has_no_error);
	tcase_add_test(tcase, out_of_memory_is_told);
}

int main(void)
{
	return run_case("jscan", add);
}
