/* Composition: watches feed the store and the pods, the dispatch runs passes while we lead, the gate is given its facts. Nothing is decided here. */
#include "controller/controller.h"

#include <stdio.h>

#include "common/limits.h"
#include "common/log.h"
#include "controller/dispatch.h"
#include "controller/own_kind.h"
#include "controller/pass_metrics.h"
#include "kube/watch.h"

/* A metrics API gets this long, and never longer than the period. */
#define METRICS_TIMEOUT_NS (10 * NS_PER_SEC)
/* While a watch is broken, how often it is looked whether it works again. */
#define RESUME_CHECK_NS NS_PER_SEC
/* The reference repeats a warning with every pass; we do it this often. */
#define EVENT_REPEAT_NS (300 * NS_PER_SEC)
#define EVENT_COMPONENT "horizontal-pod-autoscaler"

struct controller {
	struct controller_config config;
	struct loop *loop;
	struct kube_client *client;
	struct discovery_cache *discovery;
	struct pod_cache *pods;
	struct autoscalers *autoscalers;
	struct events *events;
	struct record *record;
	struct watch *native_watch, *pod_watch;
	struct drive_context drive;
	struct report report;
	struct dispatch *dispatch;
	bool native_synced, pods_synced;
	bool leading;
	int64_t (*lease_left_ns)(void *ctx); /* NULL: no lease is needed */
	void *lease_ctx;
	bool interrupted; /* a watch is broken; said once, and once when all work again */
	struct loop_timer *resume_timer;
};

bool controller_is_ready(const struct controller *c)
{
	return c->config.native == CONTROLLER_IGNORE || (c->native_synced && c->pods_synced);
}

const char *controller_waits_for(const struct controller *c)
{
	if (controller_is_ready(c))
		return "nothing";
	return c->native_synced ? "the list of pods" : "the list of horizontalpodautoscalers";
}

struct autoscalers *controller_autoscalers(struct controller *c)
{
	return c->autoscalers;
}

struct dispatch *controller_dispatch(struct controller *c)
{
	return c->dispatch;
}

/* Writing */

static struct gate_answer on_gate(
	const struct autoscaler *one, const struct hpa *hpa, enum gate_write write, void *ctx)
{
	const struct controller *c = ctx;
	const struct own_spec *own = hpa->spec.own;
	const struct gate_facts facts = {
		.leading = c->leading,
		.needs_lease = c->lease_left_ns != NULL,
		.lease_left_ns = c->lease_left_ns ? c->lease_left_ns(c->lease_ctx) : 0,
		.kind = one->kind,
		.owns_native = c->config.native == CONTROLLER_OWN,
		.native_may_write = true,
		.recommend = own && own->mode != OWN_MODE_ACTIVE,
	};

	return gate_ask(&facts, write);
}

void controller_use_lease(struct controller *c, int64_t (*left_ns)(void *ctx), void *ctx)
{
	c->lease_left_ns = left_ns;
	c->lease_ctx = ctx;
}

/* Passes run while we lead and see everything. */
static void turn(struct controller *c)
{
	bool run = c->leading && controller_is_ready(c);

	if (run && !dispatch_is_started(c->dispatch))
		dispatch_start(c->dispatch);
	else if (!run && dispatch_is_started(c->dispatch))
		dispatch_stop(c->dispatch);
}

void controller_lead(struct controller *c)
{
	c->leading = true;
	turn(c);
}

void controller_step_down(struct controller *c)
{
	c->leading = false;
	turn(c);
}

bool controller_is_leading(const struct controller *c)
{
	return c->leading;
}

/* Watches */

static void tell_lost(
	const char *what, const char *label, const struct object_id *id, const struct error *err)
{
	char name[600];

	(void)snprintf(name, sizeof(name), "%.*s/%.*s", SV_ARG(id->namespace), SV_ARG(id->name));
	log_event(LOG_ERROR, what, label, name, "error", err->text, NULL);
}

static void on_native(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;
	struct error err;

	if (dispatch_put(c->dispatch, AUTOSCALER_NATIVE, id, json, &err) != ERR_OK)
		tell_lost("cannot take in an autoscaler; tried again with its next change", "hpa",
			id, &err);
}

static void on_native_gone(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;

	(void)json;
	dispatch_remove(c->dispatch, AUTOSCALER_NATIVE, id->namespace, id->name);
}

static void on_pod(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;
	struct error err;

	if (pod_cache_put(c->pods, json, &err) != ERR_OK)
		tell_lost("cannot take in a pod; its last state counts on", "pod", id, &err);
}

static void on_pod_gone(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;

	(void)json;
	pod_cache_remove(c->pods, id->namespace, id->name);
}

static void became_ready(struct controller *c)
{
	char n[24], pods[24];

	if (!controller_is_ready(c))
		return;
	(void)snprintf(n, sizeof(n), "%zu", autoscalers_n(c->autoscalers));
	(void)snprintf(pods, sizeof(pods), "%zu", pod_cache_n(c->pods));
	log_event(LOG_INFO, "ready", "hpas", n, "pods", pods, NULL);
	turn(c);
}

static void on_native_synced(void *ctx)
{
	struct controller *c = ctx;

	if (c->native_synced)
		return;
	c->native_synced = true;
	became_ready(c);
}

static void on_pods_synced(void *ctx)
{
	struct controller *c = ctx;

	if (c->pods_synced)
		return;
	c->pods_synced = true;
	became_ready(c);
}

static bool is_connected(const struct watch *w)
{
	return !w || watch_stats(w).connected;
}

static void on_resume_timer(struct loop_timer *t, void *ctx)
{
	struct controller *c = ctx;

	if (!is_connected(c->native_watch) || !is_connected(c->pod_watch)) {
		loop_timer_set(t, RESUME_CHECK_NS);
		return;
	}
	c->interrupted = false;
	log_event(LOG_INFO, "watches work again", "server", client_server(c->client), NULL);
}

/* Every retry comes here; only the first is news. */
static void on_watch_error(const struct error *err, void *ctx)
{
	struct controller *c = ctx;

	if (c->interrupted)
		return;
	c->interrupted = true;
	loop_timer_set(c->resume_timer, RESUME_CHECK_NS);
	log_event(LOG_WARN, "watch interrupted; it resumes by itself", "server",
		client_server(c->client), "error", err->text, NULL);
}

static enum error_kind start_watches(struct controller *c, struct error *err)
{
	const struct autoscaler_kind_names *native = autoscaler_kind_names(AUTOSCALER_NATIVE);
	const struct watch_config autoscalers = {
		.client = c->client,
		.path = native->watch_path,
		.resource = native->resource,
		.on_object = on_native,
		.on_deleted = on_native_gone,
		.on_synced = on_native_synced,
		.on_error = on_watch_error,
		.ctx = c,
	};
	const struct watch_config pods = {
		.client = c->client,
		.path = "/api/v1/pods",
		.resource = "pods",
		.on_object = on_pod,
		.on_deleted = on_pod_gone,
		.on_synced = on_pods_synced,
		.on_error = on_watch_error,
		.ctx = c,
	};
	if (watch_start(&autoscalers, &c->native_watch, err) != ERR_OK)
		return err->kind;
	return watch_start(&pods, &c->pod_watch, err);
}

/* Life */

static bool is_strict(const struct controller_config *config)
{
	return config->settings.arithmetic == ARITH_STRICT;
}

static enum error_kind make_parts(struct controller *c, struct error *err)
{
	c->resume_timer = loop_timer_new(c->loop, on_resume_timer, c);
	c->pods = pod_cache_new();
	c->autoscalers = autoscalers_new();
	if (!c->pods || !c->autoscalers || !c->resume_timer)
		return error_nomem(err);
	if (discovery_cache_new(c->client, &c->discovery, err) != ERR_OK ||
		events_new(c->client, EVENT_COMPONENT, &c->events, err) != ERR_OK)
		return err->kind;
	if (c->config.record.dir && record_new(&c->config.record, &c->record, err) != ERR_OK)
		return err->kind;
	return ERR_OK;
}

static enum error_kind make_dispatch(
	struct controller *c, struct selfmetrics *metrics, struct error *err)
{
	int64_t period_ns = c->config.sync_period_ns;
	const struct dispatch_config config = {
		.drive = &c->drive,
		.report = &c->report,
		.metrics = metrics,
		.period_ns = period_ns,
	};

	c->report = (struct report){ .metrics = metrics,
		.events = c->events,
		.event_repeat_ns = is_strict(&c->config) ? 0 : EVENT_REPEAT_NS };
	c->drive = (struct drive_context){
		.loop = c->loop,
		.client = c->client,
		.discovery = c->discovery,
		.settings = &c->config.settings,
		.pods = c->pods,
		.autoscalers = c->autoscalers,
		.gate = on_gate,
		.gate_ctx = c,
		.metrics_timeout_ns =
			period_ns < METRICS_TIMEOUT_NS ? period_ns : METRICS_TIMEOUT_NS,
		.sync_period_ns = period_ns,
		.record = c->record,
	};
	return dispatch_new(&config, &c->dispatch, err);
}

enum error_kind controller_new(struct kube_client *client, const struct controller_config *config,
	struct selfmetrics *metrics, struct controller **ret, struct error *err)
{
	AUTO(controller_free) struct controller *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	c->config = *config;
	c->loop = client_loop(client);
	c->client = client;
	if (pass_metrics_declare(metrics, err) != ERR_OK || make_parts(c, err) != ERR_OK ||
		make_dispatch(c, metrics, err) != ERR_OK)
		return err->kind;
	if (config->native != CONTROLLER_IGNORE && start_watches(c, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

void controller_free(struct controller *c)
{
	if (!c)
		return;
	watch_stop(c->native_watch);
	watch_stop(c->pod_watch);
	dispatch_free(c->dispatch);
	loop_timer_free(c->resume_timer);
	events_free(c->events);
	record_free(c->record);
	discovery_cache_free(c->discovery);
	autoscalers_free(c->autoscalers);
	pod_cache_free(c->pods);
	mem_free(c);
}
