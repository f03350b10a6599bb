/* When answers are shared, how long, and what happens to those that cannot be. */
#include "common/limits.h"
#include "controller/metric_share.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define RESOURCE "/apis/metrics.k8s.io/v1beta1/namespaces/n/pods"
#define CUSTOM "/apis/custom.metrics.k8s.io/v1beta2/namespaces/n/pods/%2A/rps"
#define POD(name, usage)                                                                           \
	"{\"metadata\":{\"name\":\"" name "\"},\"timestamp\":\"2026-01-01T00:00:00Z\",\"window\":" \
	"\"30s\",\"containers\":[{\"name\":\"c\",\"usage\":{" usage "}}]}"
#define PODS                                                                                       \
	"{\"kind\":\"PodMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"items\":[" POD(  \
		"b", "\"cpu\":\"2\",\"memory\":\"7\"") "," POD("a", "\"cpu\":\"1\"") "]}"
#define VALUES                                                                                     \
	"{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/"                    \
	"v1beta2\",\"items\":[{"                                                                   \
	"\"describedObject\":{\"kind\":\"Pod\",\"name\":\"a\"},\"value\":\"5\"}]}"

struct world {
	struct fake fake;
	struct metric_share *share;
	int status;
	const char *body, *adapter;
	bool hold; /* do not answer */
};

/* What one object got. */
struct asker {
	enum metric_share_result result;
	struct metric_share_waiter *waiter;
	int n_called, n_samples, n_bare, code; /* n_samples -1: ask alone */
};

static void serve(struct fake *f, struct http_exchange *x)
{
	struct world *w = f->state;
	const char *headers[] = { w->adapter, NULL };

	if (w->hold)
		return;
	http_exchange_reply(x, w->status, "application/json", sv_of(w->body), headers);
}

static void start(struct world *w)
{
	struct error err;

	*w = (struct world){ .status = 200, .body = PODS };
	fake_start(&w->fake, serve, w);
	const struct metric_share_config config = {
		.client = w->fake.client, .timeout_ns = NS_PER_SEC, .period_ns = 3600 * NS_PER_SEC
	};
	ck_assert_int_eq(metric_share_new(&config, &w->share, &err), ERR_OK);
}

static void stop(struct world *w)
{
	metric_share_free(w->share);
	fake_stop(&w->fake);
}

static void take(const struct metric_share_answer *answer, void *ctx)
{
	struct asker *a = ctx;

	a->n_called++;
	a->n_samples = answer->all ? (int)answer->all->n_samples : -1;
	a->n_bare = answer->all ? (int)answer->all->n_bare : 0;
	a->code = answer->failed ? answer->failed->code : 0;
}

static struct asker *ask(
	struct world *w, struct asker *a, const char *target, const char *resource, size_t n_pods)
{
	const struct metric_share_question q = {
		.target = sv_of(target),
		.resource = "pods.metrics.k8s.io",
		.query = { .kind = resource ? HPA_METRIC_RESOURCE : HPA_METRIC_PODS,
			.resource = resource ? sv_of(resource) : SV("") },
		.n_pods = n_pods,
		.n_namespace_pods = 10,
	};
	struct metric_share_answer answer;

	*a = (struct asker){ .result = METRIC_SHARE_ALONE };
	a->result = metric_share_ask(w->share, &q, take, a, &answer, &a->waiter);
	if (a->result == METRIC_SHARE_READY)
		take(&answer, a);
	return a;
}

START_TEST(two_objects_with_a_quarter_of_the_pods_share)
{
	struct world w;
	struct asker a, b, c;

	start(&w);
	ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 9)->result, METRIC_SHARE_ALONE);
	ck_assert_int_eq(ask(&w, &b, RESOURCE, "cpu", 1)->result, METRIC_SHARE_WAIT);
	ck_assert_int_eq(ask(&w, &c, RESOURCE, "cpu", 0)->result, METRIC_SHARE_WAIT);
	FAKE_UNTIL(&w.fake, b.n_called && c.n_called);
	ck_assert_int_eq(b.n_samples, 2);
	ck_assert_int_eq(c.n_samples, 2);
	ck_assert_int_eq(w.fake.n_requests, 1);
	ck_assert_str_eq(w.fake.log, "GET " RESOURCE "\n");
	ck_assert_uint_eq(metric_share_stats(w.share).n_answered, 2);
	stop(&w);
}
END_TEST

START_TEST(one_answer_is_read_for_every_resource_that_somebody_waits_for)
{
	struct world w;
	struct asker a, b, c, d;

	start(&w);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	(void)ask(&w, &b, RESOURCE, "cpu", 9);
	(void)ask(&w, &c, RESOURCE, "memory", 9);
	FAKE_UNTIL(&w.fake, b.n_called && c.n_called);
	ck_assert_int_eq(b.n_samples, 2);
	ck_assert_int_eq(c.n_samples, 1);
	ck_assert_int_eq(c.n_bare, 1);
	ck_assert_int_eq(w.fake.n_requests, 1);
	ck_assert_int_eq(ask(&w, &d, RESOURCE, "memory", 9)->result, METRIC_SHARE_READY);
	/* The text is gone: a resource that comes later is asked for again, by everybody who asks now. */
	ck_assert_int_eq(ask(&w, &d, RESOURCE, "disk", 9)->result, METRIC_SHARE_WAIT);
	FAKE_UNTIL(&w.fake, d.n_called);
	ck_assert_int_eq(d.n_samples, 0);
	ck_assert_int_eq(d.n_bare, 2);
	ck_assert_int_eq(w.fake.n_requests, 2);
	stop(&w);
}
END_TEST

START_TEST(few_pods_of_many_are_asked_for_alone)
{
	struct world w;
	struct asker a;

	start(&w);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 1)->result, METRIC_SHARE_ALONE);
	ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 1)->result, METRIC_SHARE_WAIT);
	ck_assert_int_eq(ask(&w, &a, "", "cpu", 10)->result, METRIC_SHARE_ALONE);
	stop(&w);
}
END_TEST

START_TEST(a_reading_is_shared_for_a_second)
{
	struct world w;
	struct asker a;

	start(&w);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	FAKE_UNTIL(&w.fake, a.n_called);
	ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 9)->result, METRIC_SHARE_READY);
	fake_turn_for(&w.fake, METRIC_SHARE_FRESH_NS + 50 * NS_PER_MS);
	ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 9)->result, METRIC_SHARE_WAIT);
	FAKE_UNTIL(&w.fake, a.n_called);
	ck_assert_int_eq(w.fake.n_requests, 2);
	stop(&w);
}
END_TEST

START_TEST(custom_metrics_are_shared_only_where_our_adapter_serves_them)
{
	struct world w;
	struct asker a;
	const struct client_answer ours = { .status = 404, .adapter = SV("0.1") };
	const struct client_answer down = { .status = 503 }, other = { .status = 200 };

	start(&w);
	w.body = VALUES;
	w.adapter = "X-Flyball-Adapter: 0.1";
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ask(&w, &a, CUSTOM, NULL, 9)->result, METRIC_SHARE_ALONE);
	metric_share_note_adapter(w.share, &ours);
	metric_share_note_adapter(w.share, &down);
	ck_assert_int_eq(ask(&w, &a, CUSTOM, NULL, 9)->result, METRIC_SHARE_WAIT);
	FAKE_UNTIL(&w.fake, a.n_called);
	ck_assert_int_eq(a.n_samples, 1);
	metric_share_note_adapter(w.share, &other);
	ck_assert_int_eq(ask(&w, &a, CUSTOM, NULL, 9)->result, METRIC_SHARE_ALONE);
	/* Another one answers from now on: who waits asks it alone. */
	metric_share_note_adapter(w.share, &ours);
	fake_turn_for(&w.fake, METRIC_SHARE_FRESH_NS + 50 * NS_PER_MS);
	w.adapter = NULL;
	ck_assert_int_eq(ask(&w, &a, CUSTOM, NULL, 9)->result, METRIC_SHARE_WAIT);
	FAKE_UNTIL(&w.fake, a.n_called);
	ck_assert_int_eq(a.n_samples, -1);
	ck_assert_int_eq(a.code, 0);
	stop(&w);
}
END_TEST

static const struct {
	const char *sentence;
	int status;
	const char *body;
	int code; /* everybody fails with it; 0: everybody asks alone */
} FAILURES[] = {
	{ "not allowed", 403, "{}", 403 },
	{ "not there", 404, "{}", 404 },
	{ "not available", 503, "{}", 503 },
	{ "a query that is too large fails with 422, a smaller one may not", 422, "{}", 0 },
	{ "an internal error", 500, "{}", 0 },
	{ "a quantity of somebody else's pod that does not read", 200,
		"{\"items\":[" POD("z", "\"cpu\":\"one\"") "]}", 0 },
	{ "no list at all", 200, "<html>", 0 },
};

START_TEST(failures_are_everybodys_or_nobodys)
{
	struct world w;
	struct asker a, b;

	start(&w);
	w.status = FAILURES[_i].status;
	w.body = FAILURES[_i].body;
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	FAKE_UNTIL(&w.fake, a.n_called);
	ck_assert_msg(a.code == FAILURES[_i].code, "%s: %d", FAILURES[_i].sentence, a.code);
	ck_assert_int_eq(a.n_samples, -1);
	ck_assert_int_eq(ask(&w, &b, RESOURCE, "cpu", 9)->result,
		FAILURES[_i].code ? METRIC_SHARE_READY : METRIC_SHARE_ALONE);
	stop(&w);
}
END_TEST

START_TEST(a_cancelled_question_is_not_answered)
{
	struct world w;
	struct asker a, b, c;

	start(&w);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	(void)ask(&w, &b, RESOURCE, "cpu", 9);
	(void)ask(&w, &c, RESOURCE, "cpu", 9);
	metric_share_cancel(b.waiter);
	metric_share_cancel(NULL);
	FAKE_UNTIL(&w.fake, a.n_called && c.n_called);
	ck_assert_int_eq(b.n_called, 0);
	w.hold = true;
	fake_turn_for(&w.fake, METRIC_SHARE_FRESH_NS + 50 * NS_PER_MS);
	ck_assert_int_eq(ask(&w, &a, RESOURCE, "cpu", 9)->result, METRIC_SHARE_WAIT);
	fake_turn_for(&w.fake, 20 * NS_PER_MS);
	metric_share_free(TAKE_PTR(w.share));
	stop(&w);
}
END_TEST

/* One after the other they keep coming: no answer lives longer because of those behind it. */
START_TEST(answers_go_after_a_second_whatever_else_comes)
{
	static const int64_t step_ns = METRIC_SHARE_FRESH_NS / 4;
	struct world w;
	struct asker a;
	char target[128];

	start(&w);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(target, sizeof(target),
			"/apis/metrics.k8s.io/v1beta1/namespaces/n%d/pods", i);
		(void)ask(&w, &a, target, "cpu", 9);
		(void)ask(&w, &a, target, "cpu", 9);
		FAKE_UNTIL(&w.fake, a.n_called);
		fake_turn_for(&w.fake, step_ns);
		ck_assert_msg(metric_share_stats(w.share).n_kept <= 5, "%zu are kept",
			metric_share_stats(w.share).n_kept);
	}
	int64_t began = fake_now_ns(&w.fake);
	FAKE_UNTIL(&w.fake, metric_share_stats(w.share).n_kept == 0);
	ck_assert_int_le(fake_now_ns(&w.fake) - began, METRIC_SHARE_FRESH_NS);
	stop(&w);
}
END_TEST

START_TEST(without_memory_everybody_asks_alone)
{
	struct world w;
	struct asker a;

	start(&w);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	for (unsigned long i = 1; i < 5; i++) {
		mem_fail_at(i, true);
		ck_assert_int_ne(ask(&w, &a, RESOURCE, "cpu", 9)->result, METRIC_SHARE_READY);
		mem_fail_at(0, false);
		if (a.result == METRIC_SHARE_WAIT)
			metric_share_cancel(a.waiter);
	}
	stop(&w);
}
END_TEST

/* Whichever allocation fails while the groups are swept: whoever waits is answered. */
START_TEST(a_sweep_without_memory_loses_nobody)
{
	struct world w;
	struct asker a, b, other;
	char target[128];

	start(&w);
	(void)ask(&w, &a, RESOURCE, "cpu", 9);
	ck_assert_int_eq(ask(&w, &b, RESOURCE, "cpu", 9)->result, METRIC_SHARE_WAIT);
	for (int i = 0; i < 64; i++) {
		(void)snprintf(target, sizeof(target),
			"/apis/metrics.k8s.io/v1beta1/namespaces/n%d/pods", i);
		if (i == 63)
			mem_fail_at((unsigned long)_i + 1, false);
		(void)ask(&w, &other, target, "cpu", 0);
	}
	mem_fail_at(0, false);
	FAKE_UNTIL(&w.fake, b.n_called);
	ck_assert_int_eq(b.n_samples, 2);
	stop(&w);
}
END_TEST

#define SWEEP_ALLOCATIONS 80

static void add(TCase *tcase)
{
	tcase_add_test(tcase, two_objects_with_a_quarter_of_the_pods_share);
	tcase_add_test(tcase, one_answer_is_read_for_every_resource_that_somebody_waits_for);
	tcase_add_test(tcase, few_pods_of_many_are_asked_for_alone);
	tcase_add_test(tcase, a_reading_is_shared_for_a_second);
	tcase_add_test(tcase, custom_metrics_are_shared_only_where_our_adapter_serves_them);
	tcase_add_loop_test(tcase, failures_are_everybodys_or_nobodys, 0, ARRAY_LEN(FAILURES));
	tcase_add_test(tcase, a_cancelled_question_is_not_answered);
	tcase_add_test(tcase, answers_go_after_a_second_whatever_else_comes);
	tcase_add_test(tcase, without_memory_everybody_asks_alone);
	tcase_add_loop_test(tcase, a_sweep_without_memory_loses_nobody, 0, SWEEP_ALLOCATIONS);
}

int main(void)
{
	return run_case("metric_share", add);
}
