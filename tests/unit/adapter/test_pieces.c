/* pieces.c: which questions are cut, and that nothing is lost. Asking is tested with the whole program (flow_servers.py). */
#include <stdio.h>

#include "adapter/pieces.h"
#include "tests/unit/adapter/rule_world.h"

#define MANY 2000u

static const struct {
	const char *name, *query;
	size_t n_names;
	bool exact, cut;
} ROWS[] = {
	{ "a sum by pod", "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)", MANY,
		false, true },
	{ "the list twice",
		"sum(a{<<.LabelMatchers>>}) by (pod) / sum(b{<<.LabelMatchers>>}) by (pod)", MANY,
		false, true },
	{ "few pods", "sum(a{<<.LabelMatchers>>}) by (pod)", 20, false, false },
	{ "the reference's exact text", "sum(a{<<.LabelMatchers>>}) by (pod)", MANY, true, false },
	{ "the largest of all", "topk(3, a{<<.LabelMatchers>>})", MANY, false, false },
	{ "a share of all",
		"sum(a{<<.LabelMatchers>>}) by (pod) / scalar(sum(a{<<.LabelMatchers>>}))", MANY,
		false, false },
	{ "labels that the objects do not need",
		"sum(a{<<.LabelMatchers>>}) by (pod, code) > 5 or sum without (x) "
		"(b{<<.LabelMatchers>>})",
		MANY, false, true },
	{ "a side that is the same for all",
		"sum(a{<<.LabelMatchers>>}) by (pod) * on () group_left () max(b)", MANY, false,
		true },
	{ "matched without the object",
		"sum(a{<<.LabelMatchers>>}) by (pod, code) / ignoring (pod) group_left () "
		"sum(a{<<.LabelMatchers>>}) by (code)",
		MANY, false, false },
	{ "a default for all", "sum(a{<<.LabelMatchers>>}) by (pod) or vector(0)", MANY, false,
		false },
	{ "no label left", "sum(a{<<.LabelMatchers>>})", MANY, false, false },
	{ "another dialect", "sum(a{<<.LabelMatchers>>}) by (pod) keep_metric_names", MANY, false,
		false },
};

static struct sv *make_names(struct arena *a, size_t n)
{
	struct sv *names = ARENA_ARRAY(a, n, struct sv);
	ck_assert_ptr_nonnull(names);
	for (size_t i = 0; i < n; i++) {
		names[i] = sv_of(arena_printf(a, "frontend-6d9f.x-%zu", i));
		ck_assert_ptr_nonnull(names[i].ptr);
	}
	return names;
}

static struct query_question question_of(
	const struct rule_world *w, const struct sv *names, size_t n, bool exact)
{
	return (struct query_question){
		.series = SV("a"),
		.mapping = &w->g->custom[0].mapping,
		.template = w->g->custom[0].query,
		.namespace = SV("default"),
		.resource = { SV(""), SV("pods") },
		.names = names,
		.n_names = n,
		.exact_text = exact,
	};
}

START_TEST(long_lists_are_cut_where_objects_are_independent)
{
	struct rule_world w;
	struct pieces p = { 0 };
	struct sv label;
	char text[1000];

	(void)snprintf(text, sizeof(text), "rules:\n-\n" RULE_WORLD_LABELS "  metricsQuery: '%s'\n",
		ROWS[_i].query);
	ck_assert_msg(rule_world_start(&w, text, false) == ERR_OK, "%s", w.err.text);
	struct sv *names = make_names(&w.a, ROWS[_i].n_names);
	struct query_question q = question_of(&w, names, ROWS[_i].n_names, ROWS[_i].exact);
	ck_assert_msg(pieces_build(&w.a, w.m, &q, &p, &label, &w.err) == ERR_OK, "%s", w.err.text);
	ck_assert(sv_is(label, "pod"));
	ck_assert_msg((p.n > 1) == ROWS[_i].cut, "%s: %zu pieces", ROWS[_i].name, p.n);
	size_t at = 0;
	for (size_t i = 0; i < p.n; i++) {
		struct sv rest = p.at[i].query;
		if (p.n > 1)
			ck_assert_uint_le(rest.len, PIECES_TEXT_MAX + 300);
		/* Each name is in one piece, in order. */
		while (at < q.n_names) {
			char quoted[60];
			(void)snprintf(quoted, sizeof(quoted),
				q.exact_text ? "frontend-6d9f.x-%zu" : "frontend-6d9f\\\\.x-%zu",
				at);
			size_t found = sv_find_sv(rest, sv_of(quoted));
			if (found == rest.len)
				break;
			rest = sv_skip(rest, found + strlen(quoted));
			at++;
		}
	}
	ck_assert_uint_eq(at, q.n_names);
	rule_world_stop(&w);
}
END_TEST

START_TEST(a_budget_is_filled_and_never_stuck)
{
	const struct sv names[] = { SV("aaaa"), SV("bb"), SV("c"), SV("dddddddddd"), SV("e") };

	ck_assert_uint_eq(pieces_take(names, 5, 0, SIZE_MAX), 5);
	ck_assert_uint_eq(pieces_take(names, 5, 0, 10), 3);
	ck_assert_uint_eq(pieces_take(names, 5, 0, 9), 2);
	ck_assert_uint_eq(pieces_take(names, 5, 3, 5), 4);
	ck_assert_uint_eq(pieces_take(names, 5, 4, 0), 5);
}
END_TEST

START_TEST(short_lists_have_no_budget)
{
	struct rule_world w;
	size_t budget = 0;

	ck_assert_int_eq(rule_world_start(&w,
				 "rules:\n-\n" RULE_WORLD_LABELS
				 "  metricsQuery: 'sum(a{<<.LabelMatchers>>}) by (pod)'\n",
				 false),
		ERR_OK);
	struct sv *names = make_names(&w.a, MANY);
	struct query_question q = question_of(&w, names, 20, false);
	ck_assert_int_eq(pieces_budget(&w.a, w.m, &q, &budget, &w.err), ERR_OK);
	ck_assert(budget == SIZE_MAX);
	q.n_names = MANY;
	ck_assert_int_eq(pieces_budget(&w.a, w.m, &q, &budget, &w.err), ERR_OK);
	ck_assert_uint_gt(budget, 1000);
	ck_assert_uint_lt(budget, PIECES_TEXT_MAX);
	rule_world_stop(&w);
}
END_TEST

START_TEST(more_pieces_keep_the_first_ones)
{
	AUTO(arena_done) struct arena a = { 0 };
	arena_init(&a, 1u << 20);
	struct pieces p = { .arena = &a };
	pieces_add(&p)->query = SV("one");
	pieces_add(&p)->query = SV("two");
	ck_assert_uint_eq(p.n, 2);
	ck_assert(sv_is(p.at[0].query, "one") && sv_is(p.at[1].query, "two"));
	struct error failed = { .kind = ERR_UNAVAIL };
	p.at[0].answer.asked_at_ms = 5;
	p.at[1].answer.asked_at_ms = 4;
	ck_assert_int_eq(pieces_asked_at_ms(&p), 4);
	ck_assert_ptr_null(pieces_failed(&p));
	p.at[1].answer.failed = &failed;
	ck_assert_ptr_eq(pieces_failed(&p), &failed);
}
END_TEST

static struct rule_world *cutting;

static enum error_kind cut_many(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct pieces p = { 0 };
	struct sv label;

	arena_init(&a, 64u << 20);
	struct sv *names = ARENA_ARRAY(&a, MANY, struct sv);
	if (!names)
		return arena_error(&a, err);
	for (size_t i = 0; i < MANY; i++)
		names[i] = SV("frontend-6d9f.x");
	struct query_question q = question_of(cutting, names, MANY, false);
	return pieces_build(&a, cutting->m, &q, &p, &label, err);
}

START_TEST(out_of_memory_is_said)
{
	struct rule_world w;

	ck_assert_int_eq(rule_world_start(&w,
				 "rules:\n-\n" RULE_WORLD_LABELS
				 "  metricsQuery: 'sum(a{<<.LabelMatchers>>}) by (pod)'\n",
				 false),
		ERR_OK);
	cutting = &w;
	fail_each_allocation(cut_many);
	rule_world_stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, long_lists_are_cut_where_objects_are_independent, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, out_of_memory_is_said);
	tcase_add_test(tcase, a_budget_is_filled_and_never_stuck);
	tcase_add_test(tcase, short_lists_have_no_budget);
	tcase_add_test(tcase, more_pieces_keep_the_first_ones);
}

int main(void)
{
	return run_case("pieces", add);
}
