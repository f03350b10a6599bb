/* Whole passes against a small API server: which requests they cost, what a conflict does, who waits under pressure. */
#include <time.h>

#include "controller/autoscalers.h"
#include "controller/controller.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define PERIOD (100 * NS_PER_MS)
#define OBJECTS "/apis/flyball.dev/v1alpha1/horizontalautoscalers"
#define STATUS "/apis/flyball.dev/v1alpha1/namespaces/n/horizontalautoscalers/h/status"
#define SCALE "/apis/apps/v1/namespaces/n/deployments/web/scale"
#define OBJECT "/apis/flyball.dev/v1alpha1/namespaces/n/horizontalautoscalers/h"
#define EVENTS "/api/v1/namespaces/n/events"
#define METRIC "/apis/external.metrics.k8s.io/v1beta1/namespaces/n/queue"
#define CANARY "/apis/autoscaling/v2/namespaces/ours/horizontalpodautoscalers"

struct world {
	struct fake fake;
	struct selfmetrics *metrics;
	struct controller *controller;
	int replicas, version, hpa_version;
	const char *value; /* of the metric; NULL: another one each time */
	int n_asked;
	bool kind_is_away, one_less;
	struct http_exchange *stream; /* of our kind */
	int64_t quiet_until_ns;	      /* nobody writes a status or an event before */
	int n_put_off;		      /* scale writes that were answered with 429 */
	bool object_is_hidden;	      /* a GET finds nothing */
	char told[2048];	      /* the last event */
	int refuse_event;	      /* with this status */
	const char *annotation;	      /* of the object as a GET shows it; NULL: none */
	int max_replicas;	      /* the same; 0: as in the list */
	const char *override;	      /* member of the spec; NULL: none */
	struct buf status_versions;   /* preconditions of status writes */
	struct buf status;	      /* as stored: "\"status\":{...}" */
	/* How the next PUT of a scale or a status is refused. */
	int refuse_scale, refuse_status, refuse_metric;
	int replicas_then;	   /* the count is this after the refusal; 0: as before */
	struct buf written;	   /* counts that were written: "4 5 " */
	struct buf scale_versions; /* preconditions of these writes */
};

static void put_object(struct buf *out, const struct world *w)
{
	buf_printf(out,
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"t\","
		"\"resourceVersion\":"
		"\"%d\"},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"a\":\"b\"}}},"
		"\"status\":{\"replicas\":%d}}",
		w->version, w->replicas, w->replicas);
}

static void put_scale(struct buf *out, const struct world *w)
{
	buf_printf(out,
		"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/"
		"v1\",\"metadata\":{\"name\":\"web\","
		"\"namespace\":\"n\",\"uid\":\"t\",\"resourceVersion\":\"%d\"},\"spec\":{"
		"\"replicas\":"
		"%d},\"status\":{\"replicas\":%d,\"selector\":\"a=b\"}}",
		w->version, w->replicas, w->replicas);
}

#define HPA_WITH(behavior)                                                                         \
	"{\"metadata\":{\"name\":\"h\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":"     \
	"\"5\","                                                                                   \
	"\"managedFields\":[{\"manager\":\"kubectl\"}]},\"spec\":{\"scaleTargetRef\":{"            \
	"\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"web\"},\"minReplicas\":1,"  \
	"\"maxReplicas\":10,\"metrics\":[{\"type\":\"External\",\"external\":{\"metric\":{"        \
	"\"name\":\"queue\"},\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"10\"}}}"     \
	"]" behavior "}}"
/* One pod less each 600 s, at once. */
#define ONE_LESS                                                                                   \
	",\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":0,\"selectPolicy\":\"Max\","   \
	"\"policies\":[{\"type\":\"Pods\",\"value\":9,\"periodSeconds\":1}]},\"scaleDown\":{"      \
	"\"stabilizationWindowSeconds\":0,\"selectPolicy\":\"Max\",\"policies\":[{\"type\":"       \
	"\"Pods\",\"value\":1,\"periodSeconds\":600}]}}"

static const char *hpa_of(const struct world *w)
{
	static char text[2048];

	if (!w->override)
		return w->one_less ? HPA_WITH(ONE_LESS) : HPA_WITH("");
	(void)snprintf(text, sizeof(text), HPA_WITH("%s"), w->override);
	return text;
}

/* As others have left it meanwhile. */
static void serve_object(struct world *w, struct http_exchange *x, struct buf *answer)
{
	struct sv text = sv_of(hpa_of(w)), mark = SV("\"resourceVersion\":\"5\",");
	size_t at = sv_find_sv(text, mark);
	size_t max_at = sv_find_sv(text, SV("\"maxReplicas\":10"));

	buf_printf(answer, "%.*s\"resourceVersion\":\"%d\",\"annotations\":{\"a\":\"%s\"},%.*s",
		SV_ARG(sv_take(text, at)), w->hpa_version, w->annotation ? w->annotation : "",
		SV_ARG(sv_take(sv_skip(text, at + mark.len), max_at - at - mark.len)));
	text = sv_skip(text, max_at + strlen("\"maxReplicas\":10"));
	buf_printf(answer, "\"maxReplicas\":%d%.*s,%s}", w->max_replicas ? w->max_replicas : 10,
		SV_ARG(sv_take(text, text.len - 1)), buf_text(&w->status));
	fake_reply(x, 200, buf_text(answer));
}

static bool serve_discovery(struct http_exchange *x, struct sv path)
{
	if (sv_is(path, "/api"))
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[]}");
	else if (sv_is(path, "/apis"))
		fake_reply(x, 200,
			"{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"apps\",\"versions\":[{"
			"\"groupVersion\":\"apps/"
			"v1\",\"version\":\"v1\"}]},{\"name\":\"flyball.dev\","
			"\"versions\":[{\"groupVersion\":\"flyball.dev/v1alpha1\",\"version\":"
			"\"v1alpha1\"}]}]}");
	else if (sv_is(path, "/apis/flyball.dev/v1alpha1"))
		fake_reply(x, 200,
			"{\"kind\":\"APIResourceList\",\"groupVersion\":\"flyball.dev/v1alpha1\","
			"\"resources\":[{\"name\":\"horizontalautoscalers\",\"kind\":"
			"\"HorizontalAutoscaler\",\"namespaced\":true,\"verbs\":[\"list\"]}]}");
	else if (sv_is(path, "/apis/apps/v1"))
		fake_reply(x, 200,
			"{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/"
			"v1\",\"resources\":[{"
			"\"name\":\"deployments\",\"kind\":\"Deployment\",\"namespaced\":true,"
			"\"verbs\":[\"get\"]},{\"name\":\"deployments/scale\",\"group\":"
			"\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\",\"namespaced\":true,"
			"\"verbs\":[\"get\"]}]}");
	else
		return false;
	return true;
}

static void serve_scale_write(struct world *w, struct http_exchange *x, struct buf *answer)
{
	struct sv body = http_exchange_body(x);
	size_t at = sv_find_sv(body, SV("\"resourceVersion\":\""));
	int64_t replicas = 0;

	struct sv version = sv_skip(body, at + strlen("\"resourceVersion\":\""));
	buf_printf(&w->scale_versions, "%.*s ", SV_ARG(sv_take(version, sv_find(version, '"'))));
	if (w->refuse_scale == 429) {
		static const char *const RETRY[] = { "Retry-After: 1", NULL };
		w->n_put_off++;
		w->refuse_scale = 0;
		http_exchange_reply(x, 429, "application/json", SV("{}"), RETRY);
		return;
	}
	if (w->refuse_scale) {
		w->refuse_scale = 0;
		w->version++;
		w->replicas = w->replicas_then ? w->replicas_then : w->replicas;
		fake_reply(x, 409,
			"{\"kind\":\"Status\",\"code\":409,\"reason\":\"Conflict\",\"message\":"
			"\"modified\"}");
		return;
	}
	struct sv count = sv_skip(body, sv_find_sv(body, SV("\"spec\":{\"replicas\":")) + 19);
	ck_assert(sv_to_i64(sv_take(count, sv_find(count, '}')), &replicas));
	w->replicas = (int)replicas;
	w->version++;
	buf_printf(&w->written, "%d ", w->replicas);
	put_scale(answer, w);
	fake_reply(x, 200, buf_text(answer));
}

static void serve_metric(struct world *w, struct http_exchange *x, struct buf *answer)
{
	w->n_asked++;
	if (w->refuse_metric) {
		fake_reply(x, w->refuse_metric, "{}");
		return;
	}
	buf_printf(answer,
		"{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/"
		"v1beta1\",\"items\":[{\"metricName\":\"queue\",\"value\":\"%s\"}]}",
		w->value	 ? w->value
		: w->n_asked % 2 ? "10"
				 : "10500m");
	fake_reply(x, 200, buf_text(answer));
}

static void serve_list(struct world *w, struct http_exchange *x, struct sv path, struct buf *answer)
{
	buf_put_str(answer, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[");
	if (sv_is(path, OBJECTS))
		buf_put_str(answer, hpa_of(w));
	else if (sv_is(path, "/apis/apps/v1/deployments"))
		put_object(answer, w);
	buf_put_str(answer, "]}");
	fake_reply(x, 200, buf_text(answer));
}

/* A status was put off for a second, not long ago. */
static void check_quiet(const struct world *w)
{
	ck_assert_int_ge(instant_mono_now().ns, w->quiet_until_ns);
}

/* Stores a status: the object comes back with another version. */
static void serve_status(struct world *w, struct http_exchange *x, struct buf *answer)
{
	static const char *const RETRY[] = { "Retry-After: 1", NULL };
	struct sv body = http_exchange_body(x), mark = SV("\"resourceVersion\":\"");

	check_quiet(w);
	ck_assert_uint_eq(sv_find_sv(body, SV("managedFields")), body.len);
	struct sv version = sv_skip(body, sv_find_sv(body, mark) + mark.len);
	buf_printf(&w->status_versions, "%.*s ", SV_ARG(sv_take(version, sv_find(version, '"'))));
	if (w->refuse_status == 409) {
		w->refuse_status = 0;
		w->hpa_version += 10;
		fake_reply(x, 409,
			"{\"kind\":\"Status\",\"code\":409,\"reason\":\"Conflict\",\"message\":"
			"\"modified\"}");
		return;
	}
	if (w->refuse_status) {
		w->quiet_until_ns = instant_mono_now().ns + 900 * NS_PER_MS;
		http_exchange_reply(x, w->refuse_status, "application/json", SV("{}"), RETRY);
		return;
	}
	/* The stored object: its spec, the new status, a new version. */
	struct sv object = sv_of(hpa_of(w));
	size_t at = sv_find_sv(object, mark) + mark.len;
	struct sv rest = sv_skip(object, at);
	rest = sv_skip(rest, sv_find(rest, '"'));
	buf_printf(answer, "%.*s%d%.*s,%.*s", SV_ARG(sv_take(object, at)), ++w->hpa_version,
		SV_ARG(sv_take(rest, rest.len - 1)),
		SV_ARG(sv_skip(body, sv_find_sv(body, SV("\"status\":{")))));
	fake_reply(x, 200, buf_text(answer));
	body = sv_skip(body, sv_find_sv(body, SV("\"status\":{")));
	buf_clear(&w->status);
	buf_put_sv(&w->status, sv_take(body, body.len - 1));
}

static void on_stream_end(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;

	if (w->stream == x)
		w->stream = NULL;
}

static void serve(struct fake *f, struct http_exchange *x)
{
	AUTO(buf_done) struct buf answer = { 0 };
	struct world *w = f->state;
	struct sv path = http_exchange_path(x);

	buf_init(&answer, 1 << 20);
	if (serve_discovery(x, path))
		return;
	if (fake_is(x, "PUT", SCALE)) {
		serve_scale_write(w, x, &answer);
	} else if (fake_is(x, "GET", SCALE)) {
		put_scale(&answer, w);
		fake_reply(x, 200, buf_text(&answer));
	} else if (fake_is(x, "PUT", STATUS)) {
		serve_status(w, x, &answer);
	} else if (fake_is(x, "GET", METRIC)) {
		serve_metric(w, x, &answer);
	} else if (w->kind_is_away && sv_is(path, OBJECTS)) {
		fake_reply(x, 404, "{\"kind\":\"Status\",\"code\":404,\"reason\":\"NotFound\"}");
	} else if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_stream(x, "application/json", 1 << 20);
		if (sv_is(path, OBJECTS)) {
			http_exchange_set_ctx(x, w, on_stream_end);
			w->stream = x;
		}
	} else if (fake_is(x, "POST", EVENTS)) {
		check_quiet(w);
		(void)snprintf(w->told, sizeof(w->told), "%.*s", SV_ARG(http_exchange_body(x)));
		fake_reply(x, w->refuse_event ? w->refuse_event : 201, "{}");
	} else if (w->object_is_hidden && fake_is(x, "GET", OBJECT)) {
		fake_reply(x, 404, "{}");
	} else if (fake_is(x, "GET", OBJECT)) {
		serve_object(w, x, &answer);
	} else {
		serve_list(w, x, path, &answer);
	}
}

static void start_override(struct world *w, bool strict, bool one_less, const char *override)
{
	struct controller_config config = { .settings = SETTINGS_DEFAULT,
		.sync_period_ns = PERIOD,
		.status_refresh_ns = 3600 * NS_PER_SEC,
		.kind_look_ns = 100 * NS_PER_MS,
		.native = CONTROLLER_OBSERVE };
	struct error err;

	*w = (struct world){ .replicas = one_less ? 4 : 1,
		.version = 7,
		.hpa_version = 5,
		.value = "10",
		.one_less = one_less,
		.override = override };
	if (strict)
		config.settings.arithmetic = ARITH_STRICT;
	buf_init(&w->written, 4096);
	buf_init(&w->scale_versions, 4096);
	buf_init(&w->status_versions, 4096);
	buf_init(&w->status, 1 << 20);
	fake_start(&w->fake, serve, w);
	w->metrics = selfmetrics_new();
	ck_assert_int_eq(
		controller_new(w->fake.client, &config, w->metrics, &w->controller, &err), ERR_OK);
	/* The kind of the target is watched from the first object on; wait until that is so, too. */
	if (!strict)
		FAKE_UNTIL(&w->fake, fake_count(&w->fake, "deployments?allowWatchBookmarks") == 1);
	fake_turn_for(&w->fake, 50 * NS_PER_MS);
	controller_lead(w->controller);
	FAKE_UNTIL(&w->fake, fake_count(&w->fake, "PUT " STATUS) == 1);
}

static void start_with(struct world *w, bool strict, bool one_less)
{
	start_override(w, strict, one_less, NULL);
}

static void start(struct world *w, bool strict)
{
	start_with(w, strict, false);
}

static void stop(struct world *w)
{
	controller_free(w->controller);
	selfmetrics_free(w->metrics);
	fake_stop(&w->fake);
	buf_done(&w->written);
	buf_done(&w->scale_versions);
	buf_done(&w->status_versions);
	buf_done(&w->status);
}

static void pass(struct world *w, int n)
{
	int asked = w->n_asked;
	FAKE_UNTIL(&w->fake, w->n_asked >= asked + n);
	fake_turn_for(&w->fake, 30 * NS_PER_MS);
}

START_TEST(constant_values_cost_nothing_but_their_question)
{
	struct world w;

	start(&w, false);
	int n = w.fake.n_requests, asked = w.n_asked;
	pass(&w, 5);
	ck_assert_int_eq(w.fake.n_requests - n, w.n_asked - asked);
	ck_assert_int_eq(fake_count(&w.fake, "GET " SCALE), 0);
	stop(&w);
}
END_TEST

START_TEST(values_alone_are_written_once_in_a_while)
{
	struct world w;

	start(&w, false);
	w.value = NULL;
	pass(&w, 6);
	ck_assert_int_le(fake_count(&w.fake, "PUT " STATUS), 2);
	/* A change of the count is told at once. */
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) >= 2);
	stop(&w);
}
END_TEST

START_TEST(strict_asks_and_writes_with_every_pass)
{
	struct world w;

	start(&w, true);
	w.value = NULL;
	pass(&w, 5);
	ck_assert_int_ge(fake_count(&w.fake, "GET " SCALE), 5);
	ck_assert_int_ge(fake_count(&w.fake, "PUT " STATUS), 4);
	ck_assert_int_eq(fake_count(&w.fake, "GET /apis/apps/v1/deployments"), 0);
	stop(&w);
}
END_TEST

START_TEST(our_write_is_our_state_before_the_watch_tells)
{
	struct world w;

	start(&w, false);
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	pass(&w, 3);
	ck_assert_str_eq(buf_text(&w.written), "3 4 ");
	ck_assert_str_eq(buf_text(&w.scale_versions), "7 8 ");
	ck_assert_int_eq(fake_count(&w.fake, "GET " SCALE), 0);
	stop(&w);
}
END_TEST

START_TEST(a_conflict_without_another_count_is_written_again_at_once)
{
	struct world w;

	start(&w, false);
	w.refuse_scale = 409;
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	ck_assert_str_eq(buf_text(&w.written), "4 ");
	ck_assert_str_eq(buf_text(&w.scale_versions), "7 8 ");
	ck_assert_int_eq(fake_count(&w.fake, "GET " SCALE), 1);
	stop(&w);
}
END_TEST

START_TEST(a_conflict_with_another_count_is_decided_anew)
{
	struct world w;

	start(&w, false);
	w.refuse_scale = 409;
	w.replicas_then = 2;
	w.value = "35";
	int asked = w.n_asked;
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	ck_assert_int_ge(w.n_asked, asked + 2);
	ck_assert_str_eq(buf_text(&w.written), "4 ");
	/* On what was read again, although the watch has told nothing yet. */
	ck_assert_str_eq(buf_text(&w.scale_versions), "7 8 ");
	stop(&w);
}
END_TEST

START_TEST(a_metric_that_we_may_not_read_is_asked_for_once_a_minute)
{
	struct world w;

	start(&w, false);
	w.refuse_metric = 403;
	int asked = w.n_asked;
	FAKE_UNTIL(&w.fake, w.n_asked > asked);
	asked = w.n_asked;
	/* Others' passes, and its own, go on meanwhile. */
	fake_turn_for(&w.fake, 6 * PERIOD);
	ck_assert_int_le(w.n_asked, asked + 1);
	ck_assert_int_eq(w.replicas, 1);
	stop(&w);
}
END_TEST

START_TEST(strict_writes_over_whatever_was_written)
{
	struct world w;

	start(&w, true);
	w.refuse_scale = 409;
	w.replicas_then = 9;
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	ck_assert_str_eq(buf_text(&w.written), "4 ");
	stop(&w);
}
END_TEST

START_TEST(an_overloaded_server_is_spared_status_writes)
{
	struct world w;

	start(&w, false);
	w.refuse_status = 429;
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) == 2);
	pass(&w, 3);
	/* Not before the second is over, as check_quiet holds; on a slow machine it is. */
	if (instant_mono_now().ns < w.quiet_until_ns)
		ck_assert_int_eq(fake_count(&w.fake, "PUT " STATUS), 2);
	w.refuse_status = 0;
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) == 3);
	ck_assert_int_eq(fake_count(&w.fake, "POST /api/v1/namespaces/n/events"), 1);
	stop(&w);
}
END_TEST

START_TEST(what_matters_less_waits_for_scales)
{
	struct world w;

	start(&w, false);
	int n_statuses = fake_count(&w.fake, "PUT " STATUS);
	w.refuse_status = 429;
	w.value = "25";
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) == n_statuses + 1);
	/* Events wait with the status, and the next scale does not. */
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	fake_turn_for(&w.fake, 300 * NS_PER_MS);
	if (instant_mono_now().ns < w.quiet_until_ns) {
		ck_assert_int_eq(fake_count(&w.fake, "POST " EVENTS), 0);
		ck_assert_int_eq(fake_count(&w.fake, "PUT " STATUS), n_statuses + 1);
	}
	w.refuse_status = 0;
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "POST " EVENTS) == 2);
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) == n_statuses + 2);
	stop(&w);
}
END_TEST

START_TEST(an_event_that_is_put_off_holds_no_status_and_no_scale)
{
	struct world w;

	start(&w, false);
	w.refuse_event = 429;
	w.value = "25";
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "POST " EVENTS) == 1);
	int n_statuses = fake_count(&w.fake, "PUT " STATUS);
	struct mono asked = instant_mono_now();
	int64_t began = fake_now_ns(&w.fake);
	w.value = "35";
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) > n_statuses);
	ck_assert_int_lt(fake_now_ns(&w.fake) - began, 900 * NS_PER_MS);
	ck_assert_int_eq(fake_count(&w.fake, "POST " EVENTS), 1);
	w.refuse_event = 0;
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "POST " EVENTS) == 3);
	ck_assert_int_ge(instant_mono_now().ns - asked.ns, 900 * NS_PER_MS);
	stop(&w);
}
END_TEST

START_TEST(a_status_conflict_about_metadata_is_written_again_at_once)
{
	struct world w;

	start(&w, false);
	w.annotation = "another";
	w.refuse_status = 409;
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	int asked = w.n_asked;
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "PUT " STATUS) == 3);
	ck_assert_int_eq(w.n_asked, asked);
	ck_assert_int_eq(fake_count(&w.fake, "GET " OBJECT "\n"), 1);
	ck_assert_str_eq(buf_text(&w.status_versions), "5 6 16 ");
	pass(&w, 2);
	ck_assert_int_eq(fake_count(&w.fake, "POST " EVENTS), 1);
	stop(&w);
}
END_TEST

START_TEST(a_status_conflict_about_the_spec_is_left_to_the_next_pass)
{
	struct world w;

	start(&w, false);
	w.max_replicas = 7;
	w.refuse_status = 409;
	w.value = "25";
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "GET " OBJECT "\n") == 1);
	int asked = w.n_asked;
	fake_turn_for(&w.fake, 20 * NS_PER_MS);
	/* On a slow machine the next pass has come, too. */
	if (w.n_asked == asked)
		ck_assert_str_eq(buf_text(&w.status_versions), "5 6 ");
	/* Of the scale; none tells of a failure. */
	pass(&w, 2);
	ck_assert_int_eq(fake_count(&w.fake, "POST " EVENTS), 1);
	stop(&w);
}
END_TEST

START_TEST(a_status_conflict_that_cannot_be_looked_at_is_told)
{
	struct world w;

	start(&w, false);
	w.object_is_hidden = true;
	w.refuse_status = 409;
	w.value = "25";
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "GET " OBJECT "\n") == 1);
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "POST " EVENTS) == 2);
	ck_assert_ptr_nonnull(
		strstr(w.told, "\"reason\":\"FailedUpdateStatus\",\"message\":\"modified\""));
	stop(&w);
}
END_TEST

START_TEST(strict_leaves_a_status_conflict_to_the_next_pass)
{
	struct world w;

	start(&w, true);
	w.refuse_status = 409;
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	pass(&w, 2);
	ck_assert_int_eq(fake_count(&w.fake, "GET " OBJECT "\n"), 0);
	/* The failure is told, beside the scale. */
	FAKE_UNTIL(&w.fake, fake_count(&w.fake, "POST " EVENTS) >= 2);
	stop(&w);
}
END_TEST

/* An HTTP date and an override's end, so many hours from now. */
static void put_hours_on(char *date, size_t date_size, char *override, size_t override_size,
	int date_hours, int until_hours)
{
	AUTO(buf_done) struct buf until = { 0 };
	struct wall now = instant_wall_now();
	time_t server = (time_t)now.sec + date_hours * 3600;
	struct tm tm;

	buf_init(&until, 64);
	instant_wall_print(&until, (struct wall){ now.sec + until_hours * 3600, 0 });
	ck_assert_ptr_nonnull(gmtime_r(&server, &tm));
	ck_assert_uint_gt(strftime(date, date_size, "Date: %a, %d %b %Y %H:%M:%S GMT", &tm), 0);
	(void)snprintf(override, override_size,
		",\"override\":{\"minReplicas\":3,\"maxReplicas\":3,\"until\":\"%s\","
		"\"reason\":\"r\"}",
		buf_text(&until));
}

START_TEST(an_override_ends_by_the_servers_clock)
{
	static const struct {
		const char *sentence;
		int server_hours, until_hours;
		bool strict, holds;
	} ROWS[] = {
		{ "both clocks agree, and it is not over", 0, 1, false, true },
		{ "both clocks agree, and it is over", 0, -1, false, false },
		{ "by our clock it would hold for an hour", 2, 1, false, false },
		{ "by our clock it would be over", -2, -1, false, true },
		{ "strict mode knows one clock", 2, 1, true, true },
	};
	char date[64], override[256];
	struct world w;

	put_hours_on(date, sizeof(date), override, sizeof(override), ROWS[_i].server_hours,
		ROWS[_i].until_hours);
	fake_date = date;
	start_override(&w, ROWS[_i].strict, false, override);
	pass(&w, 2);
	ck_assert_msg((w.replicas == 3) == ROWS[_i].holds, "%s: %d", ROWS[_i].sentence, w.replicas);
	stop(&w);
	fake_date = NULL;
}
END_TEST

static int64_t left_ns(void *ctx)
{
	return *(int64_t *)ctx;
}

START_TEST(a_lease_that_runs_out_stops_the_write_that_was_decided)
{
	struct world w;
	int64_t left = 10 * NS_PER_SEC;

	start(&w, false);
	controller_use_lease(w.controller, left_ns, &left);
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	left = 100 * NS_PER_MS;
	int n = fake_count(&w.fake, "PUT ");
	w.value = "35";
	pass(&w, 4);
	ck_assert_int_eq(w.replicas, 3);
	ck_assert_int_eq(fake_count(&w.fake, "PUT "), n);
	left = 10 * NS_PER_SEC;
	FAKE_UNTIL(&w.fake, w.replicas == 4);
	stop(&w);
}
END_TEST

/* The lease here; a canary's answer, another autoscaler, an edit come the same way. */
START_TEST(a_write_that_was_put_off_is_asked_for_again_before_it_is_repeated)
{
	struct world w;
	int64_t left = 10 * NS_PER_SEC;

	start(&w, false);
	controller_use_lease(w.controller, left_ns, &left);
	w.refuse_scale = 429;
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.n_put_off == 1);
	left = 0;
	fake_turn_for(&w.fake, 1500 * NS_PER_MS);
	ck_assert_str_eq(buf_text(&w.written), "");
	ck_assert_int_eq(fake_count(&w.fake, "PUT " SCALE), 1);
	left = 10 * NS_PER_SEC;
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	stop(&w);
}
END_TEST

START_TEST(a_write_that_was_put_off_is_repeated_within_its_pass)
{
	struct world w;

	start(&w, false);
	w.refuse_scale = 429;
	w.value = "25";
	FAKE_UNTIL(&w.fake, w.n_put_off == 1);
	int asked = w.n_asked;
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	ck_assert_int_eq(w.n_asked, asked);
	ck_assert_str_eq(buf_text(&w.written), "3 ");
	stop(&w);
}
END_TEST

START_TEST(a_turn_to_write_values_ends_when_nothing_may_be_written)
{
	struct world w;
	int64_t left = 10 * NS_PER_SEC;

	start(&w, false);
	struct autoscaler *one =
		autoscalers_any(controller_autoscalers(w.controller), AUTOSCALER_OWN);
	controller_use_lease(w.controller, left_ns, &left);
	left = 100 * NS_PER_MS;
	one->status_due.ns = 1;
	one->has_status_turn = true;
	w.value = NULL;
	FAKE_UNTIL(&w.fake, !one->has_status_turn);
	one->has_status_turn = true;
	controller_step_down(w.controller);
	ck_assert(!one->has_status_turn);
	stop(&w);
}
END_TEST

/* The policy held the count before; what the object remembered went with the kind. */
START_TEST(a_kind_that_goes_away_and_comes_back_lowers_no_count)
{
	struct world w;

	start_with(&w, false, true);
	FAKE_UNTIL(&w.fake, w.replicas == 3);
	pass(&w, 2);
	ck_assert_int_eq(w.replicas, 3);
	w.kind_is_away = true;
	http_exchange_stream_end(w.stream);
	FAKE_UNTIL(&w.fake, autoscalers_n(controller_autoscalers(w.controller)) == 0);
	w.kind_is_away = false;
	FAKE_UNTIL(&w.fake, autoscalers_n(controller_autoscalers(w.controller)) == 1);
	pass(&w, 4);
	ck_assert_str_eq(buf_text(&w.written), "3 ");
	w.value = "55";
	FAKE_UNTIL(&w.fake, w.replicas == 6);
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, constant_values_cost_nothing_but_their_question);
	tcase_add_test(tcase, values_alone_are_written_once_in_a_while);
	tcase_add_test(tcase, strict_asks_and_writes_with_every_pass);
	tcase_add_test(tcase, our_write_is_our_state_before_the_watch_tells);
	tcase_add_test(tcase, a_conflict_without_another_count_is_written_again_at_once);
	tcase_add_test(tcase, a_conflict_with_another_count_is_decided_anew);
	tcase_add_test(tcase, a_metric_that_we_may_not_read_is_asked_for_once_a_minute);
	tcase_add_test(tcase, strict_writes_over_whatever_was_written);
	tcase_add_test(tcase, an_overloaded_server_is_spared_status_writes);
	tcase_add_test(tcase, what_matters_less_waits_for_scales);
	tcase_add_test(tcase, an_event_that_is_put_off_holds_no_status_and_no_scale);
	tcase_add_test(tcase, a_status_conflict_about_metadata_is_written_again_at_once);
	tcase_add_test(tcase, a_status_conflict_about_the_spec_is_left_to_the_next_pass);
	tcase_add_test(tcase, a_status_conflict_that_cannot_be_looked_at_is_told);
	tcase_add_test(tcase, strict_leaves_a_status_conflict_to_the_next_pass);
	tcase_add_loop_test(tcase, an_override_ends_by_the_servers_clock, 0, 5);
	tcase_add_test(tcase, a_lease_that_runs_out_stops_the_write_that_was_decided);
	tcase_add_test(tcase, a_turn_to_write_values_ends_when_nothing_may_be_written);
	tcase_add_test(tcase, a_write_that_was_put_off_is_asked_for_again_before_it_is_repeated);
	tcase_add_test(tcase, a_write_that_was_put_off_is_repeated_within_its_pass);
	tcase_add_test(tcase, a_kind_that_goes_away_and_comes_back_lowers_no_count);
}

int main(void)
{
	return run_case("drive", add);
}
