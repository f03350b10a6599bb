/* The controller against a small API server, on one loop: who is looked at, when, and what it costs the server. */
#include "controller/controller.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define N_BROKEN 200
#define MAX_LIST_BYTES (1u << 20)

struct world {
	struct fake fake;
	struct selfmetrics *metrics;
	struct controller *controller;
	struct buf list; /* of autoscalers */
	struct http_exchange *stream;
	int n_fetches;
};

static void on_stream_end(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	if (w->stream == x)
		w->stream = NULL;
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct world *w = f->state;
	struct sv path = http_exchange_path(x);
	bool autoscalers = sv_is(path, "/apis/autoscaling/v2/horizontalpodautoscalers");

	if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_set_ctx(x, w, on_stream_end);
		http_exchange_stream(x, "application/json", MAX_LIST_BYTES);
		if (autoscalers)
			w->stream = x;
	} else if (autoscalers) {
		fake_reply(x, 200, buf_text(&w->list));
	} else if (sv_is(path, "/api/v1/pods")) {
		fake_reply(x, 200, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}");
	} else if (sv_is(path, "/api")) {
		w->n_fetches++;
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[]}");
	} else {
		fake_reply(x, 200, "{\"kind\":\"APIGroupList\",\"groups\":[]}");
	}
}

static void put_hpa(struct buf *out, int number, int version)
{
	buf_printf(out,
		"{\"metadata\":{\"name\":\"h%d\",\"namespace\":\"n\",\"uid\":\"u%d\","
		"\"resourceVersion\":\"%d\"},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":"
		"\"example.com/v1\",\"kind\":\"Missing\",\"name\":\"x\"},\"minReplicas\":1,"
		"\"maxReplicas\":3},\"status\":{\"observedGeneration\":%d}}",
		number, number, version, version);
}

static void start_standby(struct world *w, int n)
{
	const struct controller_config config = { .settings = SETTINGS_DEFAULT,
		.sync_period_ns = NS_PER_SEC,
		.native = CONTROLLER_OBSERVE };
	struct error err;

	*w = (struct world){ .n_fetches = 0 };
	buf_init(&w->list, MAX_LIST_BYTES);
	buf_put_str(&w->list, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[");
	for (int i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(&w->list, ',');
		put_hpa(&w->list, i, i + 1);
	}
	buf_put_str(&w->list, "]}");
	fake_start(&w->fake, serve, w);
	w->metrics = selfmetrics_new();
	ck_assert_int_eq(
		controller_new(w->fake.client, &config, w->metrics, &w->controller, &err), ERR_OK);
}

static void start(struct world *w, int n)
{
	start_standby(w, n);
	controller_lead(w->controller);
}

static void stop(struct world *w)
{
	controller_free(w->controller);
	selfmetrics_free(w->metrics);
	fake_stop(&w->fake);
	buf_done(&w->list);
}

/* Passes that have ended so far, whatever they came to. */
static int64_t n_passes(const struct world *w)
{
	AUTO(buf_done) struct buf text = { 0 };
	int64_t sum = 0;

	buf_init(&text, MAX_LIST_BYTES);
	selfmetrics_print(w->metrics, &text);
	for (const char *at = buf_text(&text); (at = strstr(at, "reconciliations_total{")); at++) {
		int64_t n = 0;
		struct sv line = sv_take(sv_of(at), strcspn(at, "\n"));
		ck_assert(sv_to_i64(sv_skip(line, sv_find(line, '}') + 2), &n));
		sum += n;
	}
	return sum;
}

START_TEST(objects_that_miss_a_kind_do_not_queue_for_discovery)
{
	struct world w;

	start(&w, N_BROKEN);
	FAKE_UNTIL(&w.fake, controller_is_ready(w.controller));
	fake_turn_for(&w.fake, 900 * NS_PER_MS);
	ck_assert_int_ge(n_passes(&w), N_BROKEN);
	ck_assert_int_le(w.n_fetches, 2);
	stop(&w);
}
END_TEST

START_TEST(a_standby_is_ready_and_looks_at_nothing_until_it_leads)
{
	struct world w;

	start_standby(&w, 3);
	FAKE_UNTIL(&w.fake, controller_is_ready(w.controller));
	fake_turn_for(&w.fake, 300 * NS_PER_MS);
	ck_assert_int_eq(n_passes(&w), 0);
	controller_lead(w.controller);
	FAKE_UNTIL(&w.fake, n_passes(&w) >= 3);
	controller_step_down(w.controller);
	int64_t n = n_passes(&w);
	fake_turn_for(&w.fake, 1200 * NS_PER_MS);
	ck_assert_int_eq(n_passes(&w), n);
	controller_lead(w.controller);
	FAKE_UNTIL(&w.fake, n_passes(&w) >= n + 3);
	stop(&w);
}
END_TEST

/* Whichever allocation fails while an object arrives: it is looked at, at the latest after its next change, be it in the status only. */
START_TEST(an_object_that_found_no_memory_is_taken_in_with_its_next_change)
{
	AUTO(buf_done) struct buf event = { 0 };
	struct world w;
	struct error err;

	buf_init(&event, MAX_LIST_BYTES);
	start(&w, 0);
	FAKE_UNTIL(&w.fake, controller_is_ready(w.controller) && w.stream);
	for (int version = 11; version < 13; version++) {
		buf_clear(&event);
		buf_printf(&event,
			"{\"type\":\"%s\",\"object\":", version == 11 ? "ADDED" : "MODIFIED");
		put_hpa(&event, 0, version);
		buf_put_str(&event, "}\n");
		fake_write(w.stream, buf_text(&event));
		if (version == 11)
			mem_fail_at((unsigned long)_i + 1, false);
		for (int i = 0; i < 6; i++)
			ck_assert_int_eq(loop_run_once(w.fake.loop, 20, &err), ERR_OK);
		mem_fail_at(0, false);
		FAKE_UNTIL(&w.fake, w.stream);
	}
	FAKE_UNTIL(&w.fake, n_passes(&w) > 0);
	stop(&w);
}
END_TEST

#define MOST_ALLOCATIONS 40

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_standby_is_ready_and_looks_at_nothing_until_it_leads);
	tcase_add_test(tcase, objects_that_miss_a_kind_do_not_queue_for_discovery);
	tcase_add_loop_test(tcase, an_object_that_found_no_memory_is_taken_in_with_its_next_change,
		0, MOST_ALLOCATIONS);
}

int main(void)
{
	return run_case("controller", add);
}
