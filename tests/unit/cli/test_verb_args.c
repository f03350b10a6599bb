/* The frame of the verbs: help, refusals, and what reaches a verb. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/verb_args.h"

struct made_up {
	int output;
	struct option_list files;
	bool refuse;
	int n_runs;
};

static enum error_kind check_it(void *ctx, struct error *err)
{
	const struct made_up *m = ctx;

	return m->refuse ? error_set(err, ERR_INVALID, "that does not go together") : ERR_OK;
}

static int run_it(void *ctx)
{
	struct made_up *m = ctx;

	m->n_runs++;
	return VERB_ARGS_NO;
}

/* Standard output and error of one call, in a file. */
static int call(struct made_up *m, char **argv, int argc, char said[4096])
{
	const struct option table[] = { verb_args_files_row(&m->files),
		verb_args_output_row(&m->output) };
	const struct verb_args verb = { .verb = "sing",
		.intro = "flyball sing: la la la\n\n",
		.table = table,
		.n_options = ARRAY_LEN(table),
		.rest = &m->files,
		.check = check_it,
		.run = run_it,
		.ctx = m };
	FILE *f = tmpfile();
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(f);
	fflush(stdout);
	ck_assert_int_ge(dup2(fileno(f), STDOUT_FILENO), 0);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	int code = verb_args_main(&verb, argc, argv);
	fflush(stdout);
	ck_assert_int_ge(dup2(out, STDOUT_FILENO), 0);
	ck_assert_int_ge(dup2(err, STDERR_FILENO), 0);
	(void)close(out);
	(void)close(err);
	rewind(f);
	said[fread(said, 1, 4095, f)] = '\0';
	(void)fclose(f);
	options_list_done(&m->files);
	return code;
}

static const struct row {
	const char *name;
	const char *argv[4];
	int argc;
	bool refuse;
	int code, n_runs;
	const char *said;
} ROWS[] = {
	{ "it runs, and its exit code is the verb's", { "sing", "song.txt" }, 2, false, 1, 1, "" },
	{ "help goes before everything", { "sing", "--help" }, 2, true, 0, 0,
		"flyball sing: la la la\n\n" },
	{ "help shows the flags", { "sing", "-h" }, 2, false, 0, 0, "--output=FORMAT" },
	{ "a combination that is refused", { "sing" }, 1, true, 2, 0,
		"flyball sing: that does not go together\n" },
	{ "a flag that is unknown", { "sing", "--outpt=json" }, 2, false, 2, 0, "--output" },
	{ "a flag with a wrong value", { "sing", "-o", "xml" }, 3, false, 2, 0, "text or json" },
};

START_TEST(calls)
{
	const struct row *row = &ROWS[_i];
	struct made_up m = { .refuse = row->refuse };
	char *argv[4];
	char said[4096];

	for (int i = 0; i < row->argc; i++) {
		argv[i] = mem_strdup(row->argv[i]);
		ck_assert_ptr_nonnull(argv[i]);
	}
	ck_assert_int_eq(call(&m, argv, row->argc, said), row->code);
	ck_assert_int_eq(m.n_runs, row->n_runs);
	ck_assert_msg(strstr(said, row->said) != NULL, "%s: %s", row->name, said);
	for (int i = 0; i < row->argc; i++)
		mem_free(argv[i]);
}
END_TEST

START_TEST(files_by_flag_and_without)
{
	struct option_list files = { 0 };
	const struct option table[] = { verb_args_files_row(&files) };
	char a[] = "sing", b[] = "-f", c[] = "one", d[] = "two";
	char *argv[] = { a, b, c, d };
	struct error err;

	ck_assert_int_eq(options_parse(table, 1, 4, argv, &files, &err), ERR_OK);
	ck_assert_uint_eq(files.items.n, 2);
	ck_assert_str_eq(files.items.at[0], "one");
	ck_assert_str_eq(files.items.at[1], "two");
	options_list_done(&files);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verb_args");
	TCase *tcase = tcase_create("verb_args");
	tcase_add_loop_test(tcase, calls, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, files_by_flag_and_without);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
