#include <check.h>
#include <stdlib.h>

#include "common/yx.h"
#include "common/yx_print.h"

static struct arena a;
static struct buf out;
static struct error err;

static void setup(void)
{
	arena_init(&a, 64u * 1024 * 1024);
	buf_init(&out, 1u << 20);
}

static void teardown(void)
{
	buf_done(&out);
	arena_done(&a);
}

static const struct {
	const char *name, *json, *yaml;
} ROWS[] = {
	{ "members of objects go in by two", "{\"a\":{\"b\":1}}", "a:\n  b: 1\n" },
	{ "a list is as deep as its key", "{\"a\":[1,2]}", "a:\n- 1\n- 2\n" },
	{ "an object in a list starts behind the dash", "{\"a\":[{\"b\":1,\"c\":{\"d\":2}}]}",
		"a:\n- b: 1\n  c:\n    d: 2\n" },
	{ "a list in a list starts behind the dash", "[[1,[2]],3]", "- - 1\n  - - 2\n- 3\n" },
	{ "empty containers stay on the line", "{\"a\":{},\"b\":[],\"c\":[{},[]]}",
		"a: {}\nb: []\nc:\n- {}\n- []\n" },
	{ "scalars", "[null,true,false,-1.5,10]", "- null\n- true\n- false\n- -1.5\n- 10\n" },
	{ "a scalar alone", "\"x\"", "x\n" },
	{ "an empty object alone", "{}", "{}\n" },
	{ "ordinary texts stay plain", "[\"a b\",\"a:b\",\"a#b\",\"250m\",\"1Gi\",\"/x\",\"a-b\"]",
		"- a b\n- a:b\n- a#b\n- 250m\n- 1Gi\n- /x\n- a-b\n" },
	{ "texts that are numbers, dates or times are quoted",
		"[\"9\",\"0x1f\",\"1e3\",\".5\",\"-1\",\"1_0\",\"1:30\",\"2001-01-01\",\"2001-01-"
		"01T00:00:00Z\"]",
		"- \"9\"\n- \"0x1f\"\n- \"1e3\"\n- \".5\"\n- \"-1\"\n- \"1_0\"\n- \"1:30\"\n- "
		"\"2001-01-01\"\n- \"2001-01-01T00:00:00Z\"\n" },
	{ "texts that are words of YAML are quoted",
		"[\"yes\",\"No\",\"on\",\"y\",\"null\",\"~\",\"<<\",\".inf\",\"\"]",
		"- \"yes\"\n- \"No\"\n- \"on\"\n- \"y\"\n- \"null\"\n- \"~\"\n- \"<<\"\n- "
		"\".inf\"\n- "
		"\"\"\n" },
	{ "texts with YAML's own signs are quoted",
		"[\"a: b\",\"a #b\",\"a:\",\" a\",\"a \",\"- a\",\"*a\",\"{{x}}\",\"%a\",\"...\"]",
		"- \"a: b\"\n- \"a #b\"\n- \"a:\"\n- \" a\"\n- \"a \"\n- \"- a\"\n- \"*a\"\n- "
		"\"{{x}}\"\n- \"%a\"\n- \"...\"\n" },
	{ "keys are quoted by the same rules", "{\"on\":1,\"1\":2,\"a b\":3}",
		"\"on\": 1\n\"1\": 2\na b: 3\n" },
	{ "several lines become a block", "{\"a\":\"x\\n  y\\n\\nz\\n\",\"b\":1}",
		"a: |\n  x\n    y\n\n  z\nb: 1\n" },
	{ "a block without a last newline", "{\"a\":[\"x\\ny\"]}", "a:\n- |-\n  x\n  y\n" },
	{ "a block with several last newlines", "{\"a\":\"x\\n\\n\\n\",\"b\":1}",
		"a: |+\n  x\n\n\nb: 1\n" },
	{ "lines that begin with a blank or hold a tab are quoted",
		"[\" x\\ny\",\"\\nx\",\"x\\n\\ty\"]",
		"- \" x\\ny\"\n- \"\\nx\"\n- \"x\\n\\ty\"\n" },
	{ "what a YAML stream may not hold is escaped",
		"[\"a\\u0000b\",\"\\u0085\",\"\\u2028\",\"\\ufeff\",\"\\u007f\"]",
		"- \"a\\u0000b\"\n- \"\\u0085\"\n- \"\\u2028\"\n- \"\\uFEFF\"\n- \"\\u007F\"\n" },
	{ "other characters stand as they are", "[\"\\u00e4\\ud83d\\ude00\"]",
		"- \u00e4\U0001f600\n" },
	{ "quotes and backslashes", "[\"\\\"\",\"'\",\"a\\\\b\",\"\\\\ \"]",
		"- \"\\\"\"\n- \"'\"\n- a\\b\n- \"\\\\ \"\n" },
};

START_TEST(prints_as_it_should_and_reads_the_same)
{
	struct jtree *t, **again;
	size_t n;

	ck_assert_msg(jtree_parse(&a, sv_of(ROWS[_i].json), &t, &err) == ERR_OK, "%s: %s",
		ROWS[_i].name, err.text);
	yx_print(&out, t);
	ck_assert_msg(sv_is(buf_sv(&out), ROWS[_i].yaml), "%s:\n%s", ROWS[_i].name, buf_text(&out));
	ck_assert_msg(yx_parse(&a, buf_sv(&out), "again", &again, &n, &err) == ERR_OK, "%s: %s",
		ROWS[_i].name, err.text);
	ck_assert_uint_eq(n, 1);
	ck_assert_msg(jtree_eq(t, again[0]), "%s", ROWS[_i].name);
}
END_TEST

/* Every text of up to three of the signs that matter, as value and as key. */
START_TEST(short_texts_read_the_same)
{
	static const char signs[] = "a1-:#?,[]{}&*!|>'\"%@` ~=<.+_eyxnN\n\t\\/";
	size_t n_signs = sizeof(signs) - 1;

	for (size_t i = 0; i < n_signs * n_signs * n_signs; i++) {
		char text[] = { signs[i % n_signs], signs[i / n_signs % n_signs],
			signs[i / n_signs / n_signs], '\0' };
		struct jtree value = {
			.kind = JTREE_STRING, .text = sv_of(text), .key = sv_of(text)
		};
		struct jtree item = { .kind = JTREE_STRING, .text = sv_of(text) };
		struct jtree object = {
			.kind = JTREE_OBJECT, .first = &value, .n = 1, .next = &item
		};
		struct jtree list = { .kind = JTREE_ARRAY, .first = &object, .n = 2 };
		struct jtree **again;
		size_t n;

		arena_clear(&a);
		buf_clear(&out);
		yx_print(&out, &list);
		ck_assert_msg(yx_parse(&a, buf_sv(&out), "x", &again, &n, &err) == ERR_OK,
			"\"%s\": %s\n%s", text, err.text, buf_text(&out));
		ck_assert_msg(
			n == 1 && jtree_eq(&list, again[0]), "\"%s\":\n%s", text, buf_text(&out));
	}
}
END_TEST

START_TEST(a_long_key_reads_the_same)
{
	char text[3000];
	struct jtree **again;
	size_t n;

	memset(text, 'k', sizeof(text));
	struct jtree value = {
		.kind = JTREE_STRING, .text = SV("v"), .key = { text, sizeof(text) }
	};
	struct jtree inner = { .kind = JTREE_OBJECT, .first = &value, .n = 1 };
	struct jtree list = { .kind = JTREE_ARRAY, .first = &inner, .n = 1, .key = { text, 2000 } };
	struct jtree object = { .kind = JTREE_OBJECT, .first = &list, .n = 1 };
	yx_print(&out, &object);
	ck_assert_msg(yx_parse(&a, buf_sv(&out), "x", &again, &n, &err) == ERR_OK, "%s", err.text);
	ck_assert(jtree_eq(&object, again[0]));
}
END_TEST

START_TEST(json_text_is_printed_and_broken_json_refused)
{
	ck_assert_int_eq(yx_print_json(&out, SV("{\"a\":[\"x\"]}"), &err), ERR_OK);
	ck_assert_str_eq(buf_text(&out), "a:\n- x\n");
	ck_assert_int_eq(yx_print_json(&out, SV("{"), &err), ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yx_print");
	TCase *tcase = tcase_create("yx_print");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, prints_as_it_should_and_reads_the_same, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, short_texts_read_the_same);
	tcase_add_test(tcase, a_long_key_reads_the_same);
	tcase_add_test(tcase, json_text_is_printed_and_broken_json_refused);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
