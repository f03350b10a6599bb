/* What is said about an object that rests, and that it rests: the notice alone, and the whole controller after two crashes. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/notice.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define STATUS "PATCH /apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/poison/status\n"
#define OWN_STATUS                                                                                 \
	"PATCH /apis/flyball.dev/v1alpha1/namespaces/n/horizontalautoscalers/poison/status\n"
#define EVENT "POST /api/v1/namespaces/n/events\n"
#define LIST_BYTES (1u << 16)

struct world {
	struct fake fake;
	struct events *events;
	struct drive_context context;
	struct pressure pressure;
	struct gate_answer status, event;
	char body[2048], type[128];
};

static struct error err;

static void serve(struct fake *f, struct http_exchange *x)
{
	struct world *w = f->state;
	struct sv body = http_exchange_body(x);

	if (sv_is(http_exchange_method(x), "PATCH")) {
		(void)snprintf(w->body, sizeof(w->body), "%.*s", SV_ARG(body));
		(void)snprintf(w->type, sizeof(w->type), "%.*s",
			SV_ARG(http_exchange_header(x, "Content-Type")));
	}
	fake_reply(x, 200, "{}");
}

static struct gate_answer on_gate(
	const struct autoscaler *one, const struct hpa *hpa, enum gate_write write, void *ctx)
{
	const struct world *w = ctx;

	ck_assert(sv_eq(hpa->meta.name, one->name));
	return write == GATE_STATUS ? w->status : w->event;
}

static void start(struct world *w, bool status, bool event)
{
	*w = (struct world){ .status = { .allowed = status }, .event = { .allowed = event } };
	fake_start(&w->fake, serve, w);
	ck_assert_int_eq(events_new(w->fake.client, "test", &w->events, &err), ERR_OK);
	w->context = (struct drive_context){
		.client = w->fake.client, .gate = on_gate, .gate_ctx = w, .pressure = &w->pressure
	};
}

static void stop(struct world *w)
{
	events_free(w->events);
	fake_stop(&w->fake);
}

static void tell(struct world *w, enum autoscaler_kind kind)
{
	char uid[] = "u";
	const struct autoscaler one = {
		.kind = kind, .ns = SV("n"), .name = SV("poison"), .uid = uid, .version = 7
	};

	notice_send(&w->context, w->events, &one, "Quarantined", SV("it crashed us"));
	fake_turn_for(&w->fake, 200 * NS_PER_MS);
}

START_TEST(one_condition_and_one_event)
{
	struct world w;

	start(&w, true, true);
	tell(&w, AUTOSCALER_NATIVE);
	ck_assert_ptr_nonnull(strstr(w.fake.log, STATUS));
	ck_assert_ptr_nonnull(strstr(w.fake.log, EVENT));
	ck_assert_str_eq(w.type, CLIENT_PATCH_STRATEGIC);
	ck_assert_ptr_nonnull(strstr(w.body, "{\"status\":{\"conditions\":[{\"type\":"
					     "\"AbleToScale\",\"status\":\"False\","));
	ck_assert_ptr_nonnull(
		strstr(w.body, "\"reason\":\"Quarantined\",\"message\":\"it crashed us\"}]}}"));
	stop(&w);
}
END_TEST

START_TEST(a_custom_resource_takes_merge_patches)
{
	struct world w;

	start(&w, true, false);
	tell(&w, AUTOSCALER_OWN);
	ck_assert_ptr_nonnull(strstr(w.fake.log, OWN_STATUS));
	ck_assert_ptr_null(strstr(w.fake.log, "POST"));
	ck_assert_str_eq(w.type, CLIENT_PATCH_MERGE);
	stop(&w);
}
END_TEST

START_TEST(what_may_not_be_written_is_not)
{
	struct world w;

	start(&w, false, false);
	tell(&w, AUTOSCALER_NATIVE);
	ck_assert_int_eq(w.fake.n_requests, 0);
	stop(&w);
}
END_TEST

START_TEST(nothing_is_said_to_an_overloaded_server)
{
	struct world w;

	start(&w, true, true);
	pressure_note(&w.pressure, 3600 * NS_PER_SEC, instant_mono_now());
	tell(&w, AUTOSCALER_NATIVE);
	ck_assert_int_eq(w.fake.n_requests, 0);
	w.pressure.until.ns = 0;
	tell(&w, AUTOSCALER_NATIVE);
	ck_assert_int_eq(w.fake.n_requests, 2);
	stop(&w);
}
END_TEST

/* The whole controller. */

static void put_object(struct buf *out, const char *name)
{
	buf_printf(out,
		"{\"metadata\":{\"name\":\"%s\",\"namespace\":\"n\",\"uid\":\"%s\","
		"\"resourceVersion\":\"7\"},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":"
		"\"example.com/v1\",\"kind\":\"Missing\",\"name\":\"x\"},\"minReplicas\":1,"
		"\"maxReplicas\":3}}",
		name, name);
}

static void serve_cluster(struct fake *f, struct http_exchange *x)
{
	AUTO(buf_done) struct buf list = { 0 };
	struct sv path = http_exchange_path(x);

	(void)f;
	buf_init(&list, LIST_BYTES);
	if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_stream(x, "application/json", LIST_BYTES);
	} else if (sv_is(path, "/apis/autoscaling/v2/horizontalpodautoscalers")) {
		buf_put_str(&list, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[");
		put_object(&list, "poison");
		buf_put_char(&list, ',');
		put_object(&list, "healthy");
		buf_put_str(&list, "]}");
		fake_reply(x, 200, buf_text(&list));
	} else if (sv_is(path, "/api/v1/pods")) {
		fake_reply(x, 200, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}");
	} else if (sv_is(path, "/api")) {
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[]}");
	} else {
		fake_reply(x, 200, "{\"kind\":\"APIGroupList\",\"groups\":[]}");
	}
}

/* A controller that dies in the middle of a pass over `poison`. */
static void crash(const char *folder)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		AUTO(buf_done) struct buf json = { 0 };
		const struct object_id id = { .namespace = SV("n"),
			.name = SV("poison"),
			.uid = SV("poison"),
			.resource_version = SV("7") };
		struct autoscalers *all = autoscalers_new();
		struct selfmetrics *metrics = selfmetrics_new();
		struct object_quarantine *q;
		struct object_quarantine_rest rest;
		enum autoscalers_change change;
		struct autoscaler *one;
		buf_init(&json, LIST_BYTES);
		put_object(&json, "poison");
		if (!all || !metrics ||
			autoscalers_put(all, AUTOSCALER_NATIVE, &id, buf_sv(&json), &one, &change,
				&err) != ERR_OK ||
			object_quarantine_new(folder, metrics, &q, &err) != ERR_OK ||
			!object_quarantine_enter(q, one, &rest))
			_exit(7);
		struct object_quarantine_turn ends_with_us = object_quarantine_run(q, one);
		(void)ends_with_us;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(an_object_that_crashed_two_controllers_rests_and_the_others_are_decided)
{
	AUTO(buf_done) struct buf text = { 0 };
	char folder[] = "/tmp/flyball-test-XXXXXX", file[64];
	struct controller *controller;
	struct fake fake;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	crash(folder);
	crash(folder);
	const struct controller_config config = { .settings = SETTINGS_DEFAULT,
		.sync_period_ns = 100 * NS_PER_MS,
		.native = CONTROLLER_OBSERVE,
		.work_note_dir = folder };
	struct selfmetrics *metrics = selfmetrics_new();
	fake_start(&fake, serve_cluster, NULL);
	ck_assert_int_eq(controller_new(fake.client, &config, metrics, &controller, &err), ERR_OK);
	controller_lead(controller);
	int64_t began = instant_mono_now().ns;
	/* A machine that stood still has lost turns, which nobody makes up for. */
	while (fake_now_ns(&fake) - began < NS_PER_SEC)
		fake_turn(&fake, 5);
	int64_t took_ns = instant_mono_now().ns - began;
	buf_init(&text, 1 << 20);
	selfmetrics_print(metrics, &text);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "flyball_quarantined_objects 1"));
	/* Ten turns of one object in a second. */
	const char *n = strstr(buf_text(&text), "reconciliations_total{");
	ck_assert_ptr_nonnull(n);
	long passes = strtol(strstr(n, "} ") + 2, NULL, 10);
	ck_assert_int_ge(passes, 5);
	ck_assert_int_le(passes, took_ns / (100 * NS_PER_MS) + 2);
	controller_free(controller);
	selfmetrics_free(metrics);
	fake_stop(&fake);
	(void)snprintf(file, sizeof(file), "%s/flyball-controller.work", folder);
	(void)unlink(file);
	(void)rmdir(folder);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, one_condition_and_one_event);
	tcase_add_test(tcase, a_custom_resource_takes_merge_patches);
	tcase_add_test(tcase, what_may_not_be_written_is_not);
	tcase_add_test(tcase, nothing_is_said_to_an_overloaded_server);
	tcase_add_test(
		tcase, an_object_that_crashed_two_controllers_rests_and_the_others_are_decided);
}

int main(void)
{
	return run_case("notice", add);
}
