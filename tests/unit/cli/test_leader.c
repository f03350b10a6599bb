/* What --live goes with. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/leader.h"

static const struct {
	const char *name;
	struct leader_options leader;
	const char *object, *snapshot;
	const char *told; /* NULL: fine */
} ROWS[] = {
	{ "without --live nothing is asked of the other flags", { 0 }, NULL, "t.jsonl", NULL },
	{ "--live with a name", { .live = true }, "web", NULL, NULL },
	{ "--live without a name", { .live = true }, NULL, NULL,
		"--live needs the name of one autoscaler" },
	{ "--live beside a recorded cluster", { .live = true }, "web", "t.jsonl",
		"--live and --snapshot exclude each other" },
	{ "a token that nobody is shown", { .token_file = "t" }, "web", NULL,
		"--token-file needs --live" },
};

START_TEST(flags)
{
	struct source_options source;
	struct error err;

	source_options_init(&source);
	source.name = ROWS[_i].object;
	source.snapshot = ROWS[_i].snapshot;
	enum error_kind kind = leader_options_check(&ROWS[_i].leader, &source, &err);
	ck_assert_msg((kind == ERR_OK) == !ROWS[_i].told, "%s", ROWS[_i].name);
	if (kind != ERR_OK)
		ck_assert_msg(
			strstr(err.text, ROWS[_i].told) != NULL, "%s: %s", ROWS[_i].name, err.text);
	source_options_done(&source);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leader");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, flags, 0, ARRAY_LEN(ROWS));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
