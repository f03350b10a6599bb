/* separable*.c: each reason with its position and words, and the coalesced form. What is separable, the conformance vectors say; that
 * it is, tests/e2e/separable.py. */
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/separable.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (64u << 20)

static const struct sv LABELS[] = { SV("namespace"), SV("pod") };
#define OBJ "{namespace=\"<namespace>\",pod=\"<pod>\"}"

static const struct {
	const char *what, *query, *coalesced; /* or NULL */
	const char *told, *reason;
} ROWS[] = {
	{ "a sum", "sum(rate(x" OBJ "[2m]))", "sum by (namespace, pod) (rate(x[2m]))",
		"coalesced over namespace,pod", "separable" },
	{ "a quotient of sums", "sum(x" OBJ ") / sum(y" OBJ ")",
		"sum by (namespace, pod) (x) / sum by (namespace, pod) (y)",
		"coalesced over namespace,pod", "separable" },
	{ "a quotient of which one side lost its labels", "sum(x" OBJ ") / y" OBJ, NULL,
		"per object because rows may lack an object label that they are matched or grouped "
		"by (namespace) at 1:1",
		"label-presence" },
	{ "a quotient of sums that keep the labels",
		"sum by (namespace, pod) (x" OBJ ") / sum by (namespace, pod) (y" OBJ ")",
		"sum by (namespace, pod) (x) / sum by (namespace, pod) (y)",
		"coalesced over namespace,pod", "separable" },
	{ "a selector of nothing else", "sum(" OBJ ")",
		"sum by (namespace, pod) ({namespace!=\"\",pod!=\"\"})",
		"coalesced over namespace,pod", "separable" },
	{ "without", "sum without (pod, x) (x" OBJ ")", NULL, NULL, NULL },
	{ "a histogram", "histogram_quantile(0.9, sum by (le) (rate(x" OBJ "[5m])))",
		"histogram_quantile(0.9, sum by (le, namespace, pod) (rate(x[5m])))",
		"coalesced over namespace,pod", "separable" },
	{ "a default", "(sum(x" OBJ ") or vector(0))", "sum by (namespace, pod) (x)",
		"coalesced over namespace,pod", "separable" },
	{ "nothing of the object", "sum(x)", NULL,
		"one query for all objects: nothing in it depends on the object",
		"no-placeholder" },
	{ "a placeholder in a pattern", "x{pod=~\"<pod>.*\"}", NULL,
		"per object because a placeholder stands inside of another text (pod) at 1:1",
		"placeholder-misuse" },
	{ "a placeholder in a text", "label_replace(x" OBJ ", \"a\", \"<pod>\", \"\", \"\")", NULL,
		NULL, "placeholder-misuse" },
	{ "one label of two", "x{pod=\"<pod>\"}", NULL,
		"per object because only some object labels are bound at 1:1",
		"partial-placeholder" },
	{ "a range vector", "x" OBJ "[5m]", NULL,
		"per object because the result is no instant vector (matrix) at 1:1", "type" },
	{ "scalar", "sum(y) + scalar(x" OBJ ")", NULL, "per object because scalar() at 1:10",
		"scalar" },
	{ "absent", "absent(x" OBJ ")", NULL, "per object because absent() at 1:1", "absent" },
	{ "info", "info(x" OBJ ")", NULL, "per object because info() at 1:1", "info" },
	{ "sort", "sort(x" OBJ ")", NULL, "per object because sort() at 1:1", "sort" },
	{ "limitk", "limitk(1, x" OBJ ")", NULL, "per object because limitk() at 1:1", "limit" },
	{ "fill", "x" OBJ " + fill(0) y" OBJ, NULL,
		"per object because fill counts objects without rows at 1:1", "fill" },
	{ "a written label", "count_values((\"pod\"), x" OBJ ")", NULL,
		"per object because an object label is written (pod) at 1:1", "writes-label" },
	{ "a label written by a function",
		"label_replace(x" OBJ ", (\"pod\"), \"$1\", \"a\", \"(.*)\")", NULL,
		"per object because an object label is written (pod) at 1:1", "writes-label" },
	{ "a read label", "label_join(sum(x" OBJ "), \"a\", \"-\", \"pod\")", NULL,
		"per object because an object label is read that rows may lack (pod) at 1:1",
		"reads-label" },
	{ "rows that may lack a label that they are grouped by",
		"max by (pod) (sum(x" OBJ ") or on (code) y" OBJ ")", NULL,
		"per object because rows may lack an object label that they are matched or grouped "
		"by (pod) at 1:1",
		"label-presence" },
	{ "rows that may lack a label that is not taken from them",
		"max without (pod) (sum without (namespace) (x" OBJ ") or on (code) y" OBJ ")",
		NULL,
		"per object because rows may lack an object label that they are matched or grouped "
		"by (namespace) at 1:1",
		"label-presence" },
	{ "a global operand", "sum(x" OBJ ") * sum(y)", NULL,
		"per object because an operand is the same for all objects (*) at 1:1",
		"global-operand" },
	{ "a default in the middle", "sum(x" OBJ ") or sum(y)", NULL,
		"per object because \"or\" has an operand that is the same for all objects at 1:1",
		"or-global" },
	{ "a global count of the label's values",
		"x" OBJ " and on (namespace, pod) count_values by (namespace) (\"pod\", y)", NULL,
		NULL, NULL },
};

static enum error_kind analyze(struct arena *a, struct sv query, const struct sv *labels,
	size_t n_labels, struct separable *ret, struct error *err)
{
	struct ast *root;

	if (parser_parse(a, query, PARSER_ALL, &root, NULL, err))
		return err->kind;
	return separable_analyze(a, root, labels, n_labels, ret, err);
}

START_TEST(rules_are_separable_or_it_is_said_why_not)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct sv query = sv_of(ROWS[_i].query);
	struct separable s;
	struct error err = { 0 };

	arena_init(&a, MAX_BYTES);
	buf_init(&out, 10000);
	ck_assert_int_eq(analyze(&a, query, LABELS, 2, &s, &err), ERR_OK);
	separable_explain(&out, &s, query, LABELS, 2);
	if (ROWS[_i].told)
		ck_assert_str_eq(buf_text(&out), ROWS[_i].told);
	if (ROWS[_i].reason)
		ck_assert_str_eq(separable_reason_name(s.reason), ROWS[_i].reason);
	if (!ROWS[_i].coalesced)
		return;
	buf_clear(&out);
	printer_print(&out, s.coalesced);
	ck_assert_str_eq(buf_text(&out), ROWS[_i].coalesced);
	ck_assert_int_eq(s.has_default, strstr(ROWS[_i].query, "vector(0)") != NULL);
}
END_TEST

START_TEST(the_label_of_histograms_is_no_object_label)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	const struct sv le = SV("le");
	struct sv query = SV("histogram_quantile(0.9, x{le=\"<le>\"})");
	struct separable s;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&out, 10000);
	ck_assert_int_eq(analyze(&a, query, &le, 1, &s, &err), ERR_OK);
	separable_explain(&out, &s, query, &le, 1);
	ck_assert_str_eq(buf_text(&out),
		"per object because the histogram's label le is an object label (le) at 1:1");
	/* An operand that is the same for all may be one, and then carries no le. */
	ck_assert_int_eq(
		analyze(&a,
			SV("histogram_quantile(0.9, sum by (le) (y)) and on (le) x{le=\"<le>\"}"),
			&le, 1, &s, &err),
		ERR_OK);
	ck_assert_int_eq(s.reason, SEPARABLE_YES);
}
END_TEST

START_TEST(object_labels_are_one_to_sixteen)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv many[SEPARABLE_MAX_LABELS + 1];
	struct separable s;
	struct error err;

	arena_init(&a, MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = SV("pod");
	ck_assert_int_eq(analyze(&a, SV("x"), many, ARRAY_LEN(many), &s, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "expected 1 to 16 object labels, got 17");
	ck_assert_int_eq(analyze(&a, SV("x"), many, 0, &s, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "expected 1 to 16 object labels, got 0");
}
END_TEST

START_TEST(long_sums_need_no_recursion)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf query = { 0 };
	struct separable s;
	struct error err;

	arena_init(&a, 2 * MAX_BYTES);
	buf_init(&query, 200000);
	buf_put_str(&query, "x" OBJ);
	for (int i = 0; i < 40000; i++)
		buf_put_str(&query, "+ 1");
	ck_assert_int_eq(analyze(&a, buf_sv(&query), LABELS, 2, &s, &err), ERR_OK);
	ck_assert_int_eq(s.reason, SEPARABLE_YES);
}
END_TEST

static enum error_kind work(struct error *err)
{
	static const char *const queries[] = {
		"sum without (a) (x" OBJ ") / ignoring (b) (y" OBJ
		" and on (namespace, pod, c) count_values(\"q\", z" OBJ ")) or on () vector(0)",
		"sum(label_replace(x" OBJ
		", \"a\", \"\", \"b\", \"\")) * ignoring (c) group_left (d) "
		"label_join(sum by (a, b) (y), \"e\", \"\", \"f\")",
		"-x" OBJ "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1"
	};

	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct separable s;

		arena_init(&a, MAX_BYTES);
		if (analyze(&a, sv_of(queries[i]), LABELS, 2, &s, err))
			return err->kind;
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, rules_are_separable_or_it_is_said_why_not, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, the_label_of_histograms_is_no_object_label);
	tcase_add_test(tcase, object_labels_are_one_to_sixteen);
	tcase_add_test(tcase, long_sums_need_no_recursion);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("separable", add);
}
