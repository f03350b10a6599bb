/* Made-up clusters: flags, the first pass, and where the next ones lead. */
#include "tests/unit/cli/made_up.h"
#include "tests/unit/controller/run.h"

#define BEHAVIOR_EMPTY "  behavior: {}\n"
#define BEHAVIOR_SLOW                                                                              \
	"  behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n"
#define BEHAVIOR_NEVER_DOWN "  behavior: {scaleDown: {selectPolicy: Disabled}}\n"
/* An object of our kind with a query of its own. */
#define QUERY(more)                                                                                \
	"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata: {name: web}\n"    \
	"spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"            \
	"  minReplicas: 0\n  maxReplicas: 10\n  behavior: {}\n"                                    \
	"  metrics:\n  - type: Prometheus\n    prometheus: {name: queue, query: "                  \
	"sum(queue_depth), "                                                                       \
	"target: {type: AverageValue, averageValue: 30}" more "}\n"

static struct made_up m;

static const struct course_row {
	const char *name, *yaml;
	int64_t replicas, not_ready;
	const char *total, *cpu;
	int32_t first;
	int64_t after_sec[3]; /* 0: no more */
	int32_t to[3];
	enum what_if_end end;
} COURSES[] = {
	{ "without behavior one pass reaches 4, the next 5", MADE_UP_PODS(""), 1, -1, "rps=9", NULL,
		4, { 15 }, { 5 }, WHAT_IF_STEADY },
	{ "an empty behavior allows 5 at once", MADE_UP_PODS(BEHAVIOR_EMPTY), 1, -1, "rps=9", NULL,
		5, { 0 }, { 0 }, WHAT_IF_STEADY },
	{ "one pod a minute takes its minutes", MADE_UP_PODS(BEHAVIOR_SLOW), 1, -1, "rps=7", NULL,
		2, { 60, 120 }, { 3, 4 }, WHAT_IF_STEADY },
	{ "a decrease waits until the first look is older than the window", MADE_UP_PODS(""), 10,
		-1, "rps=3", NULL, 10, { 315 }, { 2 }, WHAT_IF_STEADY },
	{ "a direction that is disabled never moves", MADE_UP_PODS(BEHAVIOR_NEVER_DOWN), 10, -1,
		"rps=3", NULL, 10, { 0 }, { 0 }, WHAT_IF_STEADY },
	{ "more than maxReplicas is put right without metrics, and stays wanted", MADE_UP_PODS(""),
		20, -1, "rps=90", NULL, 10, { 0 }, { 0 }, WHAT_IF_STEADY },
	{ "a load within the tolerance is steady", MADE_UP_PODS(""), 3, -1, "rps=6.5", NULL, 3,
		{ 0 }, { 0 }, WHAT_IF_STEADY },
	{ "without a value nothing can be decided", MADE_UP_PODS(""), 3, -1, NULL, NULL, 3, { 0 },
		{ 0 }, WHAT_IF_UNDECIDED },
	{ "cpu in percent, the same load on more pods", MADE_UP_CPU, 2, -1, NULL, "95%", 4, { 0 },
		{ 0 }, WHAT_IF_STEADY },
	{ "a pending pod damps the first pass; once Ready it counts", MADE_UP_CPU, 2, 1, NULL,
		"130%", 3, { 0 }, { 0 }, WHAT_IF_STEADY },
	{ "the one number of a query, without any server", QUERY(""), 1, -1, "queue=90", NULL, 3,
		{ 0 }, { 0 }, WHAT_IF_STEADY },
	{ "a query with a row for each pod", QUERY(", podLabel: pod"), 2, -1, "queue=90", NULL, 3,
		{ 0 }, { 0 }, WHAT_IF_STEADY },
	{ "a query that is no PromQL fails, whatever value is given",
		QUERY(", aliveQuery: \"sum(\""), 1, -1, "queue=90", NULL, 1, { 0 }, { 0 },
		WHAT_IF_UNDECIDED },
};

START_TEST(a_course)
{
	const struct course_row *row = &COURSES[_i];
	size_t n = 0;

	made_up_begin(&m, row->yaml);
	m.options.what_if.replicas = row->replicas;
	m.options.what_if.not_ready = row->not_ready;
	m.options.what_if.cpu = row->cpu;
	if (row->total)
		made_up_add(&m.options.what_if.totals, row->total);
	made_up_run(&m);
	int32_t first = m.pass.proposal.failed ? m.pass.proposal.current : m.pass.proposal.desired;
	ck_assert_msg(first == row->first, "%s: first %d", row->name, first);
	while (n < 3 && row->to[n] > 0)
		n++;
	ck_assert_msg(m.course.n_steps == n, "%s: %zu steps", row->name, m.course.n_steps);
	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(m.course.steps[i].to == row->to[i] &&
				      m.course.steps[i].after_ns == row->after_sec[i] * NS_PER_SEC,
			"%s: step %zu is %d at %lld ns", row->name, i, m.course.steps[i].to,
			(long long)m.course.steps[i].after_ns);
	}
	ck_assert_msg(m.course.end == row->end, "%s: end %d", row->name, (int)m.course.end);
	made_up_done(&m);
}
END_TEST

static const struct refusal_row {
	const char *name, *yaml, *total, *per_pod, *cpu;
	int64_t replicas, not_ready;
	const char *needle;
} REFUSALS[] = {
	{ "a value without a name", MADE_UP_PODS(""), "9", NULL, NULL, 1, -1,
		"expected NAME=VALUE" },
	{ "a value that is none", MADE_UP_PODS(""), "rps=many", NULL, NULL, 1, -1,
		"'many' is no value" },
	{ "a negative value", MADE_UP_PODS(""), "rps=-1", NULL, NULL, 1, -1, "'-1' is no value" },
	{ "a total in percent", MADE_UP_CPU, "cpu=85%", NULL, NULL, 1, -1, "no total" },
	{ "a quantity for a Utilization target", MADE_UP_CPU, NULL, NULL, "500m", 1, -1,
		"Utilization target" },
	{ "a percentage for a target in units", MADE_UP_PODS(""), NULL, "rps=85%", NULL, 1, -1,
		"target in units" },
	{ "the same metric twice", MADE_UP_PODS(""), "rps=9", "rps=3", NULL, 1, -1, "given twice" },
	{ "more pending pods than pods", MADE_UP_PODS(""), "rps=9", NULL, NULL, 2, 3,
		"only 2 replicas" },
	{ "a value times the pods that leaves 64 bits", MADE_UP_PODS(""), NULL,
		"rps=9000000000000000", NULL, 20000, -1, "too large" },
};

START_TEST(a_refusal)
{
	const struct refusal_row *row = &REFUSALS[_i];
	bool used[8] = { false };

	made_up_begin(&m, row->yaml);
	m.options.what_if.replicas = row->replicas;
	m.options.what_if.not_ready = row->not_ready;
	m.options.what_if.cpu = row->cpu;
	if (row->total)
		made_up_add(&m.options.what_if.totals, row->total);
	if (row->per_pod)
		made_up_add(&m.options.what_if.per_pod, row->per_pod);
	m.err.kind = ERR_OK;
	if (what_if_parse(&m.a, &m.options.what_if, &m.what_if, &m.err) == ERR_OK)
		ck_assert_msg(what_if_check(&m.what_if, &m.list.at[0].hpa, used, &m.err) != ERR_OK,
			"%s: accepted", row->name);
	ck_assert_msg(m.err.kind == ERR_INVALID, "%s: %s", row->name, m.err.text);
	ck_assert_msg(strstr(m.err.text, row->needle), "%s: %s", row->name, m.err.text);
	made_up_done(&m);
}
END_TEST

START_TEST(a_value_of_no_metric_names_those_there_are)
{
	bool used[8] = { false };

	made_up_begin(&m, MADE_UP_PODS(""));
	made_up_add(&m.options.what_if.totals, "rsp=9");
	ck_assert_int_eq(what_if_parse(&m.a, &m.options.what_if, &m.what_if, &m.err), ERR_OK);
	ck_assert_int_eq(what_if_check(&m.what_if, &m.list.at[0].hpa, used, &m.err), ERR_OK);
	ck_assert(!used[0]);
	const struct hpa *hpas[] = { &m.list.at[0].hpa };
	ck_assert_int_eq(what_if_refuse(&m.what_if.values[0], hpas, 1, &m.err), ERR_INVALID);
	ck_assert_msg(
		strstr(m.err.text, "'rsp'") && strstr(m.err.text, "reads rps"), "%s", m.err.text);
	made_up_done(&m);
}
END_TEST

START_TEST(the_count_comes_from_the_flag_then_the_status_then_the_spec)
{
	struct hpa hpa = { 0 };
	struct what_if w = { 0 };

	ck_assert_int_eq(what_if_replicas(&w, &hpa), 1);
	hpa.spec.min_replicas = opt_i32_of(3);
	ck_assert_int_eq(what_if_replicas(&w, &hpa), 3);
	hpa.status.current_replicas = 5;
	ck_assert_int_eq(what_if_replicas(&w, &hpa), 5);
	w.replicas = opt_i32_of(0);
	ck_assert_int_eq(what_if_replicas(&w, &hpa), 0);
}
END_TEST

#define SLEEPER                                                                                    \
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"       \
	"spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"            \
	"  minReplicas: 0\n  maxReplicas: 10\n  metrics:\n  - type: External\n    external: "      \
	"{metric: {name: queue}, target: {type: AverageValue, averageValue: 10}}\n"

START_TEST(a_target_at_zero_was_put_to_sleep_where_that_may_happen)
{
	for (int gate = 0; gate <= 1; gate++) {
		made_up_begin(&m, SLEEPER);
		m.options.settings.scale_to_zero = gate;
		m.options.what_if.replicas = 0;
		made_up_add(&m.options.what_if.totals, "queue=25");
		m.what_if.replicas = opt_i32_of(0);
		ck_assert_int_eq(what_if_assume(&m.a, &m.options.settings, &m.what_if,
					 &m.list.at[0].hpa, &m.err),
			ERR_OK);
		made_up_run(&m);
		ck_assert_int_eq(m.pass.proposal.desired, gate ? 3 : 0);
		made_up_done(&m);
	}
}
END_TEST

START_TEST(what_another_autoscaler_keeps_it_from_has_no_course)
{
	made_up_begin(&m, MADE_UP_PODS(""));
	m.options.what_if.replicas = 1;
	m.foreign = SV("somebody else");
	made_up_add(&m.options.what_if.totals, "rps=9");
	made_up_run(&m);
	ck_assert(!m.pass.proposal.rescale);
	ck_assert_int_eq(m.pass.proposal.desired, 4);
	ck_assert_uint_eq(m.course.n_steps, 0);
	ck_assert_int_eq(m.course.end, WHAT_IF_STEADY);
	ck_assert_int_eq(m.course.replicas, 1);
	ck_assert_int_eq(m.course.wanted, 5);
	made_up_done(&m);
}
END_TEST

START_TEST(a_pass_without_memory_says_so)
{
	for (unsigned long n = 1;; n++) {
		made_up_begin(&m, MADE_UP_PODS(""));
		made_up_add(&m.options.what_if.totals, "rps=9");
		const struct what_if_input in = { .arena = &m.a,
			.settings = &m.options.settings,
			.hpa = &m.list.at[0].hpa,
			.what_if = &m.what_if,
			.now = { { 1700000000, 0 }, { 100000 * NS_PER_SEC } },
			.sync_period_ns = m.options.sync_period_ns };
		ck_assert_int_eq(
			what_if_parse(&m.a, &m.options.what_if, &m.what_if, &m.err), ERR_OK);
		m.what_if.replicas = opt_i32_of(1);
		mem_fail_at(n, true);
		enum error_kind kind = what_if_run(&in, &m.pass, &m.course, &m.err);
		mem_fail_at(0, false);
		made_up_done(&m);
		if (kind == ERR_OK)
			break;
		ck_assert_int_eq(kind, ERR_NOMEM);
		ck_assert_uint_lt(n, 1000);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_course, 0, (int)ARRAY_LEN(COURSES));
	tcase_add_loop_test(tcase, a_refusal, 0, (int)ARRAY_LEN(REFUSALS));
	tcase_add_test(tcase, a_value_of_no_metric_names_those_there_are);
	tcase_add_test(tcase, the_count_comes_from_the_flag_then_the_status_then_the_spec);
	tcase_add_test(tcase, a_target_at_zero_was_put_to_sleep_where_that_may_happen);
	tcase_add_test(tcase, what_another_autoscaler_keeps_it_from_has_no_course);
	tcase_add_test(tcase, a_pass_without_memory_says_so);
}

int main(void)
{
	return run_case("what_if", add);
}
