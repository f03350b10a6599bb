/* One allocation fails, anywhere in client, watch, lease, events or discovery: nothing is lost for ever, nothing half-made is sent, and all of them
 * arrive where they would have arrived. (Leaks show in the sanitizer's build.) */
#include "kube/discovery_cache.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "kube/watch.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

/* A run makes some 450 allocations; every seventh of them, and not always the same ones in their group, keeps this short. */
#define LAST 600
#define STEP 7

struct state {
	char lease[4096];
	int n_objects, n_snapshots, n_started;
	bool synced;
};

#define POD(name, version)                                                                         \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"

static void serve_pods(struct http_exchange *x)
{
	if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_stream(x, "application/json", 1 << 20);
		if (!http_exchange_stream_write(
			    x, SV("{\"type\":\"ADDED\",\"object\":" POD("c", "11") "}\n")))
			http_exchange_stream_end(x);
	} else if (http_exchange_query_get(x, "continue").len > 0) {
		fake_reply(x, 200,
			"{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" POD(
				"b", "8") "]}");
	} else {
		fake_reply(x, 200,
			"{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"x\"},\"items\":"
			"[" POD("a", "7") "]}");
	}
}

static void serve_lease(struct state *s, struct http_exchange *x)
{
	if (!sv_is(http_exchange_method(x), "GET")) {
		(void)snprintf(s->lease, sizeof(s->lease), "%.*s", SV_ARG(http_exchange_body(x)));
		ck_assert_ptr_null(strstr(s->lease, "\"\""));
	}
	fake_reply(x, s->lease[0] ? 200 : 404, s->lease);
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct sv path = http_exchange_path(x);

	if (sv_is(path, "/api/v1/pods"))
		serve_pods(x);
	else if (sv_has_prefix(path, SV("/apis/coordination.k8s.io/")))
		serve_lease(f->state, x);
	else if (sv_is(path, "/api"))
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
	else if (sv_is(path, "/apis"))
		fake_reply(x, 200,
			"{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"g\",\"versions\":[{"
			"\"version\":\"v1\"}]}]}");
	else if (sv_has_suffix(path, SV("/v1")))
		fake_reply(x, 200,
			"{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"things\","
			"\"kind\":\"Thing\",\"shortNames\":[\"t\"]}]}");
	else
		fake_reply(x, 201, "{}");
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	(void)id;
	(void)json;
	((struct state *)ctx)->n_objects++;
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)ctx;
	ck_abort_msg("%.*s was told to be gone: %.*s", SV_ARG(id->name), SV_ARG(json));
}

static void on_synced(void *ctx)
{
	((struct state *)ctx)->synced = true;
}

static void on_started(void *ctx)
{
	((struct state *)ctx)->n_started++;
}

static void on_stopped(const struct error *why, void *ctx)
{
	(void)why;
	(void)ctx;
}

static void on_snapshot(struct discovery *d, const struct error *failed, void *ctx)
{
	ck_assert(failed || d);
	((struct state *)ctx)->n_snapshots++;
}

START_TEST(any_allocation_may_fail)
{
	struct fake f;
	struct state s = { 0 };
	struct watch *w = NULL;
	struct lease *l = NULL;
	struct events *e = NULL;
	struct discovery_cache *d = NULL;
	struct error err;
	fake_start(&f, serve, &s);
	struct watch_config watch = {
		.client = f.client,
		.path = "/api/v1/pods",
		.resource = "pods",
		.on_object = on_object,
		.on_deleted = on_deleted,
		.on_synced = on_synced,
		.ctx = &s,
	};
	struct lease_config lease = {
		.client = f.client,
		.namespace = "n",
		.name = "l",
		.identity = "i",
		.duration_ns = NS_PER_SEC,
		.renew_deadline_ns = 500 * NS_PER_MS,
		.retry_period_ns = 20 * NS_PER_MS,
		.on_started = on_started,
		.on_stopped = on_stopped,
		.ctx = &s,
	};
	struct event event = {
		.kind = SV("K"), .name = SV("n"), .reason = SV("r"), .message = SV("m")
	};
	mem_fail_at((unsigned long)_i * STEP + 1, false);
	bool has_watch = watch_start(&watch, &w, &err) == ERR_OK;
	bool has_lease = lease_new(&lease, &l, &err) == ERR_OK;
	bool has_events = events_new(f.client, "x", &e, &err) == ERR_OK;
	bool has_cache = discovery_cache_new(f.client, &d, &err) == ERR_OK &&
			 discovery_cache_refresh(d, 0, on_snapshot, &s, &err) == ERR_OK;
	if (has_events) {
		events_set_retry_ns(e, NS_PER_MS);
		events_record(e, &event);
		events_record(e, &event);
	}
	FAKE_UNTIL(&f, (!has_watch || (s.synced && watch_stats(w).n_objects == 3)) &&
			       (!has_lease || s.n_started) &&
			       (!has_events || events_stats(e).n_queued == 0) &&
			       (!has_cache || s.n_snapshots));
	mem_fail_at(0, false);
	/* Told at least once each, and twice where remembering failed. */
	ck_assert(!has_watch || s.n_objects >= 3);
	discovery_cache_free(d);
	events_free(e);
	lease_free(l);
	watch_stop(w);
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, any_allocation_may_fail, 0, LAST / STEP);
}

int main(void)
{
	return run_case("memory", add);
}
