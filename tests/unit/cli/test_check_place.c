/* Messages with places: which file, line and column, and what is left of the text. */
#include <check.h>
#include <stdlib.h>

#include "cli/check_place.h"

static const struct row {
	const char *name, *message;
	const char *text;
	uint32_t line, column;
	const char *others; /* what check_place_next leaves */
} ROWS[] = {
	{ "line and column", "r.yaml:3:14: bad", "bad", 3, 14, "" },
	{ "a line alone", "r.yaml:3: bad", "bad", 3, 0, "" },
	{ "a file alone", "r.yaml: bad", "bad", 0, 0, "" },
	{ "another file's name is text", "r.yamlx:3: bad", "r.yamlx:3: bad", 0, 0, "" },
	{ "a message without a place is all text", "bad", "bad", 0, 0, "" },
	{ "a number that no line can have is text", "r.yaml:4294967296: bad", "4294967296: bad", 0,
		0, "" },
	{ "no message", "", "", 0, 0, "" },
	{ "the second of two messages is left", "r.yaml:3: bad; r.yaml:4: worse", "bad", 3, 0,
		"r.yaml:4: worse" },
	{ "all but the first are left", "r.yaml:3: a; r.yaml:4: b; r.yaml:5: c", "a", 3, 0,
		"r.yaml:4: b; r.yaml:5: c" },
	{ "a semicolon of the text ends no message", "r.yaml:3: bad; and worse; r.yaml:4: worst",
		"bad; and worse", 3, 0, "r.yaml:4: worst" },
	{ "another file's name begins no message", "r.yaml:3: bad; r.yamlx:4: b",
		"bad; r.yamlx:4: b", 3, 0, "" },
	{ "a semicolon at the end is of the text", "r.yaml:3: bad; ", "bad;", 3, 0, "" },
};

START_TEST(next)
{
	const struct row *row = &ROWS[_i];
	struct sv message = sv_of(row->message);
	const struct check_finding f = check_place_next(&message, "r.yaml");

	ck_assert_msg(sv_is(f.text, row->text), "%s: %.*s", row->name, SV_ARG(f.text));
	ck_assert_str_eq(f.file, "r.yaml");
	ck_assert_uint_eq(f.line, row->line);
	ck_assert_uint_eq(f.column, row->column);
	ck_assert_msg(sv_is(message, row->others), "%s: %.*s", row->name, SV_ARG(message));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli_check_place");
	TCase *t = tcase_create("all");
	tcase_add_loop_test(t, next, 0, sizeof(ROWS) / sizeof(ROWS[0]));
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
