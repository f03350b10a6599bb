/* Flags from a file are taken, and refused, as those of a command line. */
#include <check.h>
#include <stdlib.h>

#include "common/options_file.h"
#include "common/yx.h"

#define MAX_BYTES (1024u * 1024)

static struct arena arena;
static struct error err;
static const char *text;
static bool on;
static int64_t number, duration_ns;
static struct option_list list;
static const struct option TABLE[] = {
	{ .name = "text", .kind = OPTION_TEXT, .target = &text },
	{ .name = "switch", .kind = OPTION_BOOL, .target = &on },
	{ .name = "number",
		.kind = OPTION_INT,
		.target = &number,
		.min = 1,
		.max = 9,
		.help = "a number" },
	{ .name = "duration", .kind = OPTION_DURATION, .target = &duration_ns },
	{ .name = "list", .kind = OPTION_LIST, .target = &list },
	{ .name = "config", .kind = OPTION_TEXT, .target = &text },
};

static void start(void)
{
	arena_init(&arena, MAX_BYTES);
}

static void end(void)
{
	options_list_done(&list);
	arena_done(&arena);
}

static enum error_kind apply(const char *yaml)
{
	static const char *const OTHERS[] = { "servers", NULL }, *const NEVER[] = { "config",
		NULL };
	const struct options_file file = {
		.table = TABLE, .n = ARRAY_LEN(TABLE), .others = OTHERS, .never = NEVER
	};
	struct jtree **documents;
	size_t n;

	ck_assert_int_eq(yx_parse(&arena, sv_of(yaml), "f.yaml", &documents, &n, &err), ERR_OK);
	return n > 0 ? options_file_apply(&arena, &file, documents[0], "f.yaml", &err) : ERR_OK;
}

START_TEST(every_kind_is_taken_and_others_are_passed_over)
{
	ck_assert_msg(apply("servers: [{name: a}]\n"
			    "text: some words\n"
			    "switch: true\n"
			    "number: 7\n"
			    "duration: 1m30s\n"
			    "list: [a, 'b,c']\n") == ERR_OK,
		"%s", err.text);
	ck_assert_str_eq(text, "some words");
	ck_assert(on);
	ck_assert_int_eq(number, 7);
	ck_assert_int_eq(duration_ns, INT64_C(90000000000));
	ck_assert_uint_eq(list.items.n, 3);
	ck_assert_str_eq(list.items.at[2], "c");
}
END_TEST

START_TEST(nothing_and_null_change_nothing)
{
	number = 5;
	ck_assert_int_eq(apply(""), ERR_OK);
	ck_assert_int_eq(apply("number:\n"), ERR_OK);
	ck_assert_int_eq(number, 5);
}
END_TEST

static const struct {
	const char *name, *yaml, *told;
} WRONG[] = {
	{ "an unknown name", "text: a\nnumbr: 1\n",
		"f.yaml:2: unknown flag --numbr; did you mean --number?" },
	{ "a value out of range", "number: 10\n",
		"f.yaml:1: --number=10: expected a number from 1 to 9" },
	{ "a mapping where a value belongs", "number: {a: 1}\n",
		"f.yaml:1: number: expected a value" },
	{ "a list in a list", "list: [[a]]\n", "f.yaml:1: list: expected a value" },
	{ "a flag of the command line", "config: a\n",
		"f.yaml:1: config: only the command line may have it" },
	{ "a list of files", "- number\n", "f.yaml:1: expected a mapping" },
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
	ck_assert_msg(apply(WRONG[_i].yaml) == ERR_INVALID, "%s", WRONG[_i].name);
	ck_assert_msg(sv_has_prefix(sv_of(err.text), sv_of(WRONG[_i].told)), "%s: %s",
		WRONG[_i].name, err.text);
}
END_TEST

START_TEST(a_flag_is_found_before_all_are_read)
{
	char program[] = "p", one[] = "--config=a", two[] = "--config", value[] = "b",
	     other[] = "--configure=c", stop[] = "--", late[] = "--config=d";
	char *argv[] = { program, one, other, two, value, stop, late };

	ck_assert_str_eq(options_find(7, argv, "config"), "b");
	ck_assert_str_eq(options_find(3, argv, "config"), "a");
	ck_assert_ptr_null(options_find(1, argv, "config"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options_file");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, start, end);
	tcase_add_test(tcase, every_kind_is_taken_and_others_are_passed_over);
	tcase_add_test(tcase, nothing_and_null_change_nothing);
	tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, ARRAY_LEN(WRONG));
	tcase_add_test(tcase, a_flag_is_found_before_all_are_read);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
