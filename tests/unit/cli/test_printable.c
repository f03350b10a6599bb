/* Texts of others: what is shown as it is, and what is shown as an escape. */
#include <check.h>
#include <stdlib.h>

#include "cli/printable.h"
#include "controller/own_kind.h"

static const struct row {
	const char *name;
	struct sv text;
	const char *shown;
} ROWS[] = {
	{ "ordinary text stays", SV("web-1 \\n \xc3\xa9 \xe6\x97\xa5"),
		"web-1 \\n \xc3\xa9 \xe6\x97\xa5" },
	{ "a line feed cannot forge a line", SV("web\nok"), "web\\nok" },
	{ "an escape sequence is shown", SV("\033[2Jx"), "\\x1b[2Jx" },
	{ "a NUL byte is shown", SV("a\0b"), "a\\x00b" },
	{ "DEL is a control character", SV("\x7f"), "\\x7f" },
	{ "so are the C1 controls",
		SV("\xc2\x9b"
		   "31m"),
		"\\u009b31m" },
	{ "the order of writing cannot be turned",
		SV("a\xe2\x80\xae"
		   "b"),
		"a\\u202eb" },
	{ "nor isolated", SV("\xe2\x81\xa6"), "\\u2066" },
	{ "line separators are shown", SV("\xe2\x80\xa8"), "\\u2028" },
	{ "a byte that is no UTF-8 is shown", SV("\xff\x80"), "\\xff\\x80" },
	{ "a four-byte character stays", SV("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
	{ "nothing stays nothing", SV(""), "" },
};

START_TEST(put)
{
	struct buf out;

	buf_init(&out, 1000);
	printable_put(&out, ROWS[_i].text);
	ck_assert_str_eq(buf_text(&out), ROWS[_i].shown);
	buf_done(&out);
}
END_TEST

START_TEST(a_view_is_copied_only_when_it_changes)
{
	struct arena a;
	struct sv plain = SV("web");

	arena_init(&a, 65536);
	ck_assert_ptr_eq(printable_text(&a, plain).ptr, plain.ptr);
	ck_assert(sv_is(printable_text(&a, SV("w\tb")), "w\\x09b"));
	ck_assert_ptr_nonnull(printable_text(&a, SV_NULL).ptr);
	arena_done(&a);
}
END_TEST

START_TEST(lines)
{
	struct buf out;

	buf_init(&out, 1000);
	printable_lines(&out, SV("\033[1ma\033[0m\nb\033[2J\t\n"), true);
	ck_assert_str_eq(buf_text(&out), "\033[1ma\033[0m\nb\\x1b[2J\\x09\n");
	buf_clear(&out);
	printable_lines(&out, SV("\033[1ma\n\033["), false);
	ck_assert_str_eq(buf_text(&out), "\\x1b[1ma\n\\x1b[");
	buf_clear(&out);
	printable_lines(&out, SV("\033[12"), true);
	ck_assert_str_eq(buf_text(&out), "\\x1b[12");
	buf_done(&out);
}
END_TEST

START_TEST(the_names_of_an_autoscaler)
{
	struct arena a;
	struct hpa_source source = { .metric = SV("r\nps") };
	struct hpa_metric metric = { .type = SV("Pods"), .member = { &source } };
	struct own_override reason = { .reason = SV("a\nb") };
	const struct own_spec own = { .mode_text = SV("Off\a"), .override = &reason };
	struct hpa hpa = { .meta = { .ns = SV("shop"), .name = SV("w\033b") },
		.spec = { .metrics = &metric, .n_metrics = 1, .own = &own } };
	bool changed;

	arena_init(&a, 65536);
	ck_assert(printable_hpa(&a, &hpa, &changed));
	ck_assert(changed);
	ck_assert(sv_is(hpa.meta.ns, "shop"));
	ck_assert(sv_is(hpa.meta.name, "w\\x1bb"));
	ck_assert(sv_is(source.metric, "r\\nps"));
	ck_assert(sv_is(hpa.spec.own->mode_text, "Off\\x07"));
	ck_assert(sv_is(hpa.spec.own->override->reason, "a\\nb"));
	ck_assert(sv_is(reason.reason, "a\nb"));
	ck_assert(printable_hpa(&a, &hpa, &changed));
	ck_assert(!changed);
	arena_done(&a);
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	struct arena a;
	struct hpa hpa = { .meta = { .name = SV("w\033b") } };
	bool changed;

	arena_init(&a, 65536);
	mem_fail_at(1, true);
	ck_assert_ptr_null(printable_text(&a, SV("\n")).ptr);
	ck_assert(!printable_hpa(&a, &hpa, &changed));
	mem_fail_at(0, false);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("printable");
	TCase *tcase = tcase_create("printable");
	tcase_add_loop_test(tcase, put, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, a_view_is_copied_only_when_it_changes);
	tcase_add_test(tcase, lines);
	tcase_add_test(tcase, the_names_of_an_autoscaler);
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
