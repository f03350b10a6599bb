/* Who is looked at when. Every object has a timer; when it is due, it joins a queue, of which a bounded number of passes run at a time. An edited object is
 * looked at once more right away; writes of our own do not count as edits. Library code stays silent: this file logs each outcome once. */
#include "controller/controller.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/limits.h"
#include "common/log.h"
#include "controller/drive.h"
#include "controller/pass_metrics.h"
#include "kube/events.h"
#include "kube/watch.h"

/* Passes at a time: enough to hide the API server's latency, few enough not to flood it. */
#define MAX_PASSES 64
/* After a start all objects are due at once; their first passes are spread by this much each. */
#define SPREAD_NS (2 * NS_PER_MS)
/* A metrics API gets this long, and never longer than the period. */
#define METRICS_TIMEOUT_NS (10 * NS_PER_SEC)
/* While a watch is broken, how often it is looked whether it works again. */
#define RESUME_CHECK_NS NS_PER_SEC
#define EVENT_COMPONENT "horizontal-pod-autoscaler"

struct controller {
	struct controller_config config;
	struct loop *loop;
	struct kube_client *client;
	struct selfmetrics *metrics;
	struct discovery_cache *discovery;
	struct pod_cache *pods;
	struct autoscalers *autoscalers;
	struct events *events;
	struct record *record;
	bool recording_failed; /* told once, until it works again */
	struct watch *autoscaler_watch, *pod_watch;
	struct drive_context context;
	bool autoscalers_synced, pods_synced;
	bool interrupted; /* a watch is broken; said once, and once when both work again */
	struct loop_timer *resume_timer;
	struct slot *first_ready, *last_ready;
	unsigned n_passes;
};

/* What the controller keeps per object; hangs on autoscaler.timer. */
struct slot {
	struct controller *controller;
	struct autoscaler *one;
	struct loop_timer *timer;
	struct drive *drive;
	struct mono started;
	struct slot *next_ready;
	bool queued, edited;
	uint64_t last_problem; /* hash of the problem that was logged last; 0: none */
};

static void start_some(struct controller *c);

bool controller_is_ready(const struct controller *c)
{
	return c->config.native == CONTROLLER_IGNORE || (c->autoscalers_synced && c->pods_synced);
}

const char *controller_waits_for(const struct controller *c)
{
	if (controller_is_ready(c))
		return "nothing";
	return c->autoscalers_synced ? "the list of pods" : "the list of horizontalpodautoscalers";
}

static void enqueue(struct slot *s)
{
	struct controller *c = s->controller;

	if (s->queued || s->drive)
		return;
	s->queued = true;
	s->next_ready = NULL;
	if (c->last_ready)
		c->last_ready->next_ready = s;
	else
		c->first_ready = s;
	c->last_ready = s;
}

static void unqueue(struct slot *s)
{
	struct controller *c = s->controller;
	struct slot *before = NULL;

	if (!s->queued)
		return;
	for (struct slot *at = c->first_ready; at != s; at = at->next_ready)
		before = at;
	if (before)
		before->next_ready = s->next_ready;
	else
		c->first_ready = s->next_ready;
	if (c->last_ready == s)
		c->last_ready = before;
	s->queued = false;
}

static void on_due(struct loop_timer *t, void *ctx)
{
	struct slot *s = ctx;

	(void)t;
	enqueue(s);
	start_some(s->controller);
}

/* Logs a problem when it is another one than last time; nothing is said while it stays the same. */
static void log_problem(struct slot *s, struct sv text)
{
	char key[600], why[ERROR_TEXT_MAX];
	uint64_t hash = 1;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
	if (text.len == 0)
		hash = 0;
	if (hash == s->last_problem)
		return;
	s->last_problem = hash;
	(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(s->one->key));
	(void)snprintf(why, sizeof(why), "%.*s", SV_ARG(text));
	if (text.len > 0)
		log_event(LOG_WARN, "cannot decide", "hpa", key, "error", why, NULL);
	else
		log_event(LOG_INFO, "decides again", "hpa", key, NULL);
}

static void log_rescale(const struct slot *s, const struct proposal *p)
{
	char key[600], from[16], to[16], reason[ERROR_TEXT_MAX];
	bool writes = s->controller->context.writes;

	(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(s->one->key));
	(void)snprintf(from, sizeof(from), "%" PRId32, p->current);
	(void)snprintf(to, sizeof(to), "%" PRId32, p->desired);
	(void)snprintf(reason, sizeof(reason), "%.*s", SV_ARG(p->reason));
	log_event(LOG_INFO, writes ? "scaled" : "would scale", "hpa", key, "from", from, "to", to,
		"reason", reason, NULL);
}

static void record_events(
	struct controller *c, const struct hpa *hpa, const struct conclusion *conclusion)
{
	for (size_t i = 0; i < conclusion->events.n; i++) {
		const struct decide_event *e = &conclusion->events.at[i];
		const struct event event = {
			.api_version = SV("autoscaling/v2"),
			.kind = SV("HorizontalPodAutoscaler"),
			.namespace = hpa->meta.ns,
			.name = hpa->meta.name,
			.uid = hpa->meta.uid,
			.resource_version = hpa->meta.resource_version,
			.type = e->warning ? SV("Warning") : SV("Normal"),
			.reason = e->reason,
			.message = e->message,
		};
		events_record(c->events, &event);
	}
}

/* The answer to our status write is our state until the watch has passed it. */
static void keep_stored(struct slot *s, struct sv stored)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct autoscaler *one;
	enum autoscalers_change change;
	struct error ignored;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (stored.len > 0 && object_meta_scan(&a, stored, true, &id, &ignored) == ERR_OK &&
		autoscalers_put(s->controller->autoscalers, &id, stored, &one, &change, &ignored) ==
			ERR_OK)
		s->edited = s->edited || change == AUTOSCALERS_EDITED;
}

static void log_recording(struct controller *c, const struct error *problem)
{
	if (problem && !c->recording_failed)
		log_event(LOG_WARN, "cannot record", "error", problem->text, NULL);
	if (!problem && c->recording_failed)
		log_event(LOG_INFO, "records again", NULL, NULL);
	c->recording_failed = problem != NULL;
}

static void report(struct slot *s, const struct drive_result *result, double seconds)
{
	struct controller *c = s->controller;
	const struct conclusion *conclusion = result->conclusion;

	if (!conclusion) {
		pass_metrics_observe_failure(c->metrics, seconds);
		log_problem(s, sv_of(result->failed ? result->failed->text
						    : "the pass came to no conclusion"));
		return;
	}
	pass_metrics_observe(c->metrics, result->hpa, conclusion, seconds);
	log_recording(c, result->not_recorded);
	if (c->context.writes)
		record_events(c, result->hpa, conclusion);
	if (conclusion->rescaled)
		log_rescale(s, &result->pass->proposal);
	log_problem(s, conclusion->error);
}

static void schedule_next(struct slot *s)
{
	s->one->due = (struct mono){ s->started.ns + s->controller->config.sync_period_ns };
	if (s->edited)
		s->one->due = instant_mono_now();
	s->edited = false;
	loop_timer_set_at(s->timer, s->one->due);
}

static void on_pass_done(struct autoscaler *one, const struct drive_result *result, void *ctx)
{
	struct slot *s = ctx;
	struct controller *c = s->controller;

	(void)one;
	s->drive = NULL;
	c->n_passes--;
	report(s, result, (double)(instant_mono_now().ns - s->started.ns) / 1e9);
	keep_stored(s, result->stored);
	schedule_next(s);
	start_some(c);
}

static void start_pass(struct slot *s)
{
	struct controller *c = s->controller;
	struct error err;

	s->started = instant_mono_now();
	s->edited = false;
	pass_metrics_observe_lateness(c->metrics, (double)(s->started.ns - s->one->due.ns) / 1e9);
	if (drive_start(&c->context, s->one, on_pass_done, s, &s->drive, &err) == ERR_OK) {
		c->n_passes++;
		return;
	}
	s->drive = NULL;
	pass_metrics_observe_failure(c->metrics, 0);
	log_problem(s, sv_of(err.text));
	schedule_next(s);
}

static void start_some(struct controller *c)
{
	while (c->first_ready && c->n_passes < MAX_PASSES && controller_is_ready(c)) {
		struct slot *s = c->first_ready;
		unqueue(s);
		start_pass(s);
	}
}

static void slot_free(struct slot *s)
{
	if (!s)
		return;
	unqueue(s);
	if (s->drive) {
		drive_cancel(s->drive);
		s->controller->n_passes--;
	}
	loop_timer_free(s->timer);
	mem_free(s);
}

static struct slot *slot_new(struct controller *c, struct autoscaler *one)
{
	struct slot *s = mem_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->controller = c;
	s->one = one;
	s->timer = loop_timer_new(c->loop, on_due, s);
	if (!s->timer) {
		mem_free(s);
		return NULL;
	}
	one->timer = s;
	return s;
}

static void on_autoscaler(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;
	enum autoscalers_change change;
	struct autoscaler *one;
	struct error err;

	if (autoscalers_put(c->autoscalers, id, json, &one, &change, &err) != ERR_OK) {
		char name[600];
		(void)snprintf(
			name, sizeof(name), "%.*s/%.*s", SV_ARG(id->namespace), SV_ARG(id->name));
		log_event(LOG_ERROR, "cannot take in an autoscaler", "hpa", name, "error", err.text,
			NULL);
		return;
	}
	bool is_new = !one->timer;
	struct slot *s = is_new ? slot_new(c, one) : one->timer;
	if (!s) {
		log_event(LOG_ERROR,
			"out of memory for a new autoscaler; it is taken in with its next change",
			NULL, NULL);
		return;
	}
	pass_metrics_set_objects(c->metrics, autoscalers_n(c->autoscalers));
	if (!is_new && change != AUTOSCALERS_EDITED)
		return;
	s->edited = s->drive != NULL;
	one->due = instant_mono_now();
	if (!controller_is_ready(c))
		one->due.ns += SPREAD_NS * (int64_t)autoscalers_n(c->autoscalers) %
			       c->config.sync_period_ns;
	if (!s->drive)
		loop_timer_set_at(s->timer, one->due);
}

static void on_autoscaler_gone(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;
	struct autoscaler *one = autoscalers_take(c->autoscalers, id->namespace, id->name);
	char ns[256], name[256];

	(void)json;
	if (!one)
		return;
	(void)snprintf(ns, sizeof(ns), "%.*s", SV_ARG(one->ns));
	(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(one->name));
	pass_metrics_forget(c->metrics, ns, name);
	pass_metrics_set_objects(c->metrics, autoscalers_n(c->autoscalers));
	slot_free(one->timer);
	autoscalers_free_one(one);
	start_some(c);
}

static void on_pod(const struct object_id *id, struct sv json, void *ctx)
{
	struct controller *c = ctx;
	struct error err;

	if (pod_cache_put(c->pods, json, &err) != ERR_OK) {
		char name[600];
		(void)snprintf(
			name, sizeof(name), "%.*s/%.*s", SV_ARG(id->namespace), SV_ARG(id->name));
		log_event(LOG_ERROR, "cannot take in a pod; its last state counts on", "pod", name,
			"error", err.text, NULL);
	}
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
	start_some(c);
}

static void on_autoscalers_synced(void *ctx)
{
	struct controller *c = ctx;
	if (c->autoscalers_synced)
		return;
	c->autoscalers_synced = true;
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
	return w && watch_stats(w).connected;
}

static void on_resume_timer(struct loop_timer *t, void *ctx)
{
	struct controller *c = ctx;

	if (!is_connected(c->autoscaler_watch) || !is_connected(c->pod_watch)) {
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
	const struct watch_config autoscalers = {
		.client = c->client,
		.path = "/apis/autoscaling/v2/horizontalpodautoscalers",
		.resource = "horizontalpodautoscalers.autoscaling",
		.on_object = on_autoscaler,
		.on_deleted = on_autoscaler_gone,
		.on_synced = on_autoscalers_synced,
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
	if (watch_start(&autoscalers, &c->autoscaler_watch, err) != ERR_OK)
		return err->kind;
	return watch_start(&pods, &c->pod_watch, err);
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
	c->metrics = metrics;
	c->resume_timer = loop_timer_new(c->loop, on_resume_timer, c);
	c->pods = pod_cache_new();
	c->autoscalers = autoscalers_new();
	if (!c->pods || !c->autoscalers || !c->resume_timer)
		return error_nomem(err);
	if (pass_metrics_declare(metrics, err) != ERR_OK ||
		discovery_cache_new(client, &c->discovery, err) != ERR_OK ||
		events_new(client, EVENT_COMPONENT, &c->events, err) != ERR_OK)
		return err->kind;
	if (config->record.dir && record_new(&config->record, &c->record, err) != ERR_OK)
		return err->kind;
	c->context = (struct drive_context){
		.loop = c->loop,
		.client = client,
		.discovery = c->discovery,
		.settings = &c->config.settings,
		.pods = c->pods,
		.autoscalers = c->autoscalers,
		.writes = config->native == CONTROLLER_OWN,
		.metrics_timeout_ns = config->sync_period_ns < METRICS_TIMEOUT_NS
					      ? config->sync_period_ns
					      : METRICS_TIMEOUT_NS,
		.sync_period_ns = config->sync_period_ns,
		.record = c->record,
	};
	if (config->native != CONTROLLER_IGNORE && start_watches(c, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

static void free_slot_of(struct autoscaler *one, void *ctx)
{
	(void)ctx;
	slot_free(one->timer);
	one->timer = NULL;
}

void controller_free(struct controller *c)
{
	if (!c)
		return;
	watch_stop(c->autoscaler_watch);
	watch_stop(c->pod_watch);
	if (c->autoscalers)
		autoscalers_each(c->autoscalers, free_slot_of, NULL);
	loop_timer_free(c->resume_timer);
	events_free(c->events);
	record_free(c->record);
	discovery_cache_free(c->discovery);
	autoscalers_free(c->autoscalers);
	pod_cache_free(c->pods);
	mem_free(c);
}
