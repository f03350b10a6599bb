#include <check.h>
#include <stdlib.h>

#include "common/instant.h"
#include "common/options.h"

struct values {
	const char *config;
	bool verbose, skip;
	int64_t port, period;
	double tolerance;
	int mode;
	struct option_list list, repeat;
};

static const char *const MODES[] = { "observe", "own", "ignore", NULL };

static enum error_kind parse(
	struct values *v, struct option_list *rest, const char *line, struct error *err)
{
	const struct option table[] = {
		{ .name = "config",
			.letter = 'c',
			.kind = OPTION_TEXT,
			.target = &v->config,
			.help = "x" },
		{ .name = "verbose",
			.letter = 'v',
			.kind = OPTION_BOOL,
			.target = &v->verbose,
			.help = "x" },
		{ .name = "skip", .kind = OPTION_BOOL, .target = &v->skip, .help = "x" },
		{ .name = "secure-port",
			.kind = OPTION_INT,
			.target = &v->port,
			.max = 65535,
			.help = "x" },
		{ .name = "sync-period",
			.kind = OPTION_DURATION,
			.target = &v->period,
			.min = NS_PER_SEC,
			.max = 3600 * NS_PER_SEC,
			.help = "x" },
		{ .name = "tolerance", .kind = OPTION_RATIO, .target = &v->tolerance, .help = "x" },
		{ .name = "native-hpas",
			.kind = OPTION_CHOICE,
			.target = &v->mode,
			.choices = MODES,
			.help = "x" },
		{ .name = "names", .kind = OPTION_LIST, .target = &v->list, .help = "x" },
		{ .name = "header", .kind = OPTION_REPEAT, .target = &v->repeat, .help = "x" },
		{ .name = "audit-log-path", .kind = OPTION_IGNORED },
		{ .name = "logtostderr", .kind = OPTION_IGNORED_BOOL },
	};
	static char copy[512];
	char *argv[32] = { copy };
	int argc = 1;

	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return options_parse(table, ARRAY_LEN(table), argc, argv, rest, err);
}

static const struct {
	const char *name, *line, *error;
} REFUSED[] = {
	{ "an unknown flag is named with the nearest known one", "--sync-perod=15s",
		"unknown flag --sync-perod; did you mean --sync-period?" },
	{ "a flag like no other", "--frobnicate",
		"unknown flag --frobnicate; --help lists the flags" },
	{ "an unknown letter", "-x", "unknown flag -x; --help lists the flags" },
	{ "a number that is none", "--secure-port=abc",
		"--secure-port=abc: expected a whole number" },
	{ "a number out of range", "--secure-port=70000",
		"--secure-port=70000: expected a number from 0 to 65535" },
	{ "a duration without a unit", "--sync-period=15",
		"--sync-period=15: expected a duration such as 15s or 5m" },
	{ "a duration out of range", "--sync-period=1ms",
		"--sync-period=1ms: expected a duration from 1s to 1h0m0s" },
	{ "a ratio that is not finite", "--tolerance=NaN", "--tolerance=NaN: expected a number" },
	{ "a choice that does not exist", "--native-hpas=take",
		"--native-hpas=take: expected observe, own or ignore" },
	{ "a switch with a strange value", "--verbose=maybe",
		"--verbose=maybe: expected true or false" },
	{ "a missing value", "--config", "--config needs a value" },
	{ "switches in one word", "-vc", "-vc: write flags one by one" },
};

START_TEST(refused)
{
	struct values v = { 0 };
	struct option_list rest = { 0 };
	struct error err;

	ck_assert_msg(
		parse(&v, &rest, REFUSED[_i].line, &err) == ERR_INVALID, "%s", REFUSED[_i].name);
	ck_assert_str_eq(err.text, REFUSED[_i].error);
	options_list_done(&rest);
}
END_TEST

START_TEST(every_kind_is_read)
{
	struct values v = { .skip = true };
	struct option_list rest = { 0 };
	struct error err;

	ck_assert_int_eq(parse(&v, &rest,
				 "first --config=f -v --skip=false --secure-port 443 "
				 "--sync-period=1m30s --tolerance=0.25 --native-hpas=own "
				 "--names=a,b --names=c --header=x,y --audit-log-path=z "
				 "--logtostderr second -- --config",
				 &err),
		ERR_OK);
	ck_assert_str_eq(v.config, "f");
	ck_assert(v.verbose);
	ck_assert(!v.skip);
	ck_assert_int_eq(v.port, 443);
	ck_assert_int_eq(v.period, 90 * NS_PER_SEC);
	ck_assert(v.tolerance > 0.24 && v.tolerance < 0.26);
	ck_assert_int_eq(v.mode, 1);
	ck_assert_uint_eq(v.list.items.n, 3);
	ck_assert_str_eq(v.list.items.at[2], "c");
	ck_assert_uint_eq(v.repeat.items.n, 1);
	ck_assert_str_eq(v.repeat.items.at[0], "x,y");
	ck_assert_uint_eq(rest.items.n, 3);
	ck_assert_str_eq(rest.items.at[0], "first");
	ck_assert_str_eq(rest.items.at[1], "second");
	ck_assert_str_eq(rest.items.at[2], "--config");
	options_list_done(&rest);
	options_list_done(&v.list);
	options_list_done(&v.repeat);
}
END_TEST

START_TEST(the_nearest_name_is_near)
{
	static const char *const NAMES[] = { "check", "plan", "demo", NULL };

	ck_assert_str_eq(options_nearest(SV("chek"), NAMES), "check");
	ck_assert_str_eq(options_nearest(SV("plann"), NAMES), "plan");
	ck_assert_ptr_null(options_nearest(SV("foo"), NAMES));
	ck_assert_ptr_null(options_nearest(SV(""), NAMES));
	ck_assert_ptr_null(options_nearest(SV("checkcheck"), NAMES));
}
END_TEST

START_TEST(letters_take_values_in_all_spellings)
{
	static const char *const LINES[] = { "-c f", "-c=f", "-cf" };
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		struct values v = { 0 };
		struct option_list rest = { 0 };
		struct error err;
		ck_assert_int_eq(parse(&v, &rest, LINES[i], &err), ERR_OK);
		ck_assert_str_eq(v.config, "f");
		options_list_done(&rest);
	}
}
END_TEST

START_TEST(help_shows_defaults_and_hides_what_is_ignored)
{
	int64_t period = 15 * NS_PER_SEC;
	const struct option table[] = {
		{ .name = "sync-period",
			.kind = OPTION_DURATION,
			.target = &period,
			.value_name = "DURATION",
			.help = "how often" },
		{ .name = "logtostderr", .kind = OPTION_IGNORED_BOOL },
	};
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 10000);
	options_help(&out, table, ARRAY_LEN(table));
	ck_assert_str_eq(buf_text(&out),
		"  --sync-period=DURATION                    how often (default 15s)\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");
	tcase_add_loop_test(tcase, refused, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, every_kind_is_read);
	tcase_add_test(tcase, letters_take_values_in_all_spellings);
	tcase_add_test(tcase, the_nearest_name_is_near);
	tcase_add_test(tcase, help_shows_defaults_and_hides_what_is_ignored);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
