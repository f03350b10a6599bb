/* The JSON writer: commas, escapes, layout. */
#include "common/jw.h"
#include "tests/unit/common/run.h"

static void write_sample(struct jw *w)
{
	jw_object(w);
	jw_member_str(w, "name", "web");
	jw_key(w, "list");
	jw_array(w);
	jw_i64(w, -1);
	jw_bool(w, true);
	jw_null(w);
	jw_object(w);
	jw_object_end(w);
	jw_array(w);
	jw_array_end(w);
	jw_f64(w, 0.5);
	jw_array_end(w);
	jw_key_sv(w, SV("raw"));
	jw_raw(w, SV("{\"a\":1}"));
	jw_member_bool(w, "on", false);
	jw_member_i64(w, "n", INT64_MAX);
	jw_member_sv(w, "text", SV_NULL);
	jw_object_end(w);
}

START_TEST(commas_stand_between_values_only)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, 1000);
	jw_init(&w, &out);
	write_sample(&w);
	ck_assert_str_eq(buf_text(&out), "{\"name\":\"web\",\"list\":[-1,true,null,{},[],0.5],"
					 "\"raw\":{\"a\":1},\"on\":false,"
					 "\"n\":9223372036854775807,\"text\":\"\"}");
	ck_assert_uint_eq(w.depth, 0);
}
END_TEST

START_TEST(indented_text_has_a_line_for_each_value)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, 1000);
	jw_init(&w, &out);
	w.indent = 2;
	write_sample(&w);
	ck_assert_str_eq(buf_text(&out), "{\n  \"name\": \"web\",\n  \"list\": [\n    -1,\n    "
					 "true,\n    null,\n    {},\n    [],\n    0.5\n  ],\n"
					 "  \"raw\": {\"a\":1},\n  \"on\": false,\n  \"n\": "
					 "9223372036854775807,\n  \"text\": \"\"\n}");
}
END_TEST

static const struct {
	const char *what;
	struct sv text;
	const char *written, *plain;
} STRINGS[] = {
	{ "ASCII stays", SV("a b~\x7f"), "\"a b~\x7f\"", NULL },
	{ "quotes and backslashes", SV("\"\\"), "\"\\\"\\\\\"", NULL },
	{ "control characters with a letter", SV("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"", NULL },
	{ "other control characters", SV("\0\x1b\v"), "\"\\u0000\\u001b\\u000b\"", NULL },
	{ "HTML", SV("<a&b>"), "\"\\u003ca\\u0026b\\u003e\"", "\"<a&b>\"" },
	{ "characters above ASCII stay", SV("\xc3\xa9\xf0\x9f\x98\x80"),
		"\"\xc3\xa9\xf0\x9f\x98\x80\"", NULL },
	{ "line separators of JavaScript", SV("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
		"\"\\u2028\\u2029\xe2\x80\xaa\"", NULL },
	{ "each bad byte is replaced", SV("a\xff\xe2\x80z"), "\"a\\ufffd\\ufffd\\ufffdz\"", NULL },
	{ "bad bytes at the end", SV("\xf0\x9f"), "\"\\ufffd\\ufffd\"", NULL },
};

START_TEST(strings_are_escaped_as_go_does)
{
	for (size_t i = 0; i < ARRAY_LEN(STRINGS); i++) {
		for (int plain = 0; plain < 2; plain++) {
			AUTO(buf_done) struct buf out = { 0 };
			struct jw w;
			buf_init(&out, 1000);
			jw_init(&w, &out);
			w.plain = plain;
			jw_sv(&w, STRINGS[i].text);
			const char *expected =
				plain && STRINGS[i].plain ? STRINGS[i].plain : STRINGS[i].written;
			ck_assert_msg(sv_is(buf_sv(&out), expected), "%s: %s", STRINGS[i].what,
				buf_text(&out));
		}
	}
}
END_TEST

START_TEST(keys_are_escaped_too)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, 1000);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key_sv(&w, SV("a\"<"));
	jw_str(&w, "");
	jw_object_end(&w);
	ck_assert_str_eq(buf_text(&out), "{\"a\\\"\\u003c\":\"\"}");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, commas_stand_between_values_only);
	tcase_add_test(tcase, indented_text_has_a_line_for_each_value);
	tcase_add_test(tcase, strings_are_escaped_as_go_does);
	tcase_add_test(tcase, keys_are_escaped_too);
}

int main(void)
{
	return run_case("jw", add);
}
