/* Rules in a ConfigMap: which text is taken, and that its lines keep their numbers. */
#include <check.h>
#include <stdlib.h>

#include "cli/rules_manifest.h"

#define MAP "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"

static struct arena a;
static struct error err;

static void setup(void)
{
	arena_init(&a, 64 << 20);
}

static void teardown(void)
{
	arena_done(&a);
}

static const struct row {
	const char *name, *text, *taken; /* NULL: refused */
} ROWS[] = {
	{ "rules themselves", "rules:\n- seriesQuery: x\n", "rules:\n- seriesQuery: x\n" },
	{ "a text that does not parse", "a: [\n", "a: [\n" },
	{ "nothing", "", "" },
	{ "a block", MAP "data:\n  config.yaml: |\n    rules:\n    - seriesQuery: x\n",
		"\n\n\n\n\nrules:\n- seriesQuery: x\n" },
	{ "the entry of the usual name goes first",
		MAP "data:\n  a.yaml: 'a: 1'\n  config.yaml: 'b: 1'\n", "\n\n\n\n\nb: 1" },
	{ "else the first one", MAP "data:\n  a.yaml: 'a: 1'\n  b.yaml: 'b: 1'\n", "\n\n\n\na: 1" },
	{ "behind another document", "kind: Service\n---\n" MAP "data:\n  config.yaml: 'b: 1'\n",
		"\n\n\n\n\n\nb: 1" },
	{ "a ConfigMap without data", MAP, NULL },
	{ "a ConfigMap with an empty one", MAP "data: {}\n", NULL },
	{ "data that is no text", MAP "data: {config.yaml: {rules: []}}\n", NULL },
};

START_TEST(unwraps)
{
	struct sv text = SV("");

	enum error_kind kind =
		rules_manifest_unwrap(&a, "f.yaml", sv_of(ROWS[_i].text), &text, &err);
	ck_assert_int_eq(kind, ROWS[_i].taken ? ERR_OK : ERR_INVALID);
	if (ROWS[_i].taken)
		ck_assert_msg(
			sv_is(text, ROWS[_i].taken), "%s: '%.*s'", ROWS[_i].name, SV_ARG(text));
	else
		ck_assert_ptr_nonnull(strstr(err.text, "expected data.config.yaml"));
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	bool succeeded = false;

	for (unsigned long i = 1; i < 500 && !succeeded; i++) {
		struct arena small;
		struct sv text = SV("");
		arena_init(&small, 1 << 20);
		mem_fail_at(i, true);
		enum error_kind kind = rules_manifest_unwrap(
			&small, "f.yaml", SV(MAP "data: {c: 'b: 1'}\n"), &text, &err);
		mem_fail_at(0, false);
		ck_assert(kind == ERR_OK || kind == ERR_NOMEM);
		succeeded = kind == ERR_OK && sv_has_suffix(text, SV("b: 1"));
		arena_done(&small);
	}
	ck_assert(succeeded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_manifest");
	TCase *tcase = tcase_create("rules_manifest");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, unwraps, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
