/* Composition: watches feed the store and the pods, the dispatch runs passes while we lead, the gate is given its facts. Nothing is decided here. */
#include "controller/controller.h"

#include <stdio.h>

#include "common/limits.h"
#include "common/log.h"
#include "controller/beside.h"
#include "controller/dispatch.h"
#include "controller/guard_observe.h"
#include "controller/live_metrics.h"
#include "controller/own_kind.h"
#include "controller/pass_metrics.h"
#include "controller/reading_age.h"
#include "kube/kind_watch.h"

/* A metrics API gets this long, and never longer than the period. */
#define METRICS_TIMEOUT_NS (10 * NS_PER_SEC)
/* While a watch is broken, how often it is looked whether it works again. */
#define RESUME_CHECK_NS NS_PER_SEC
/* The reference repeats a warning with every pass; we do it this often. */
#define EVENT_REPEAT_NS (300 * NS_PER_SEC)
/* How often the self-metrics of the machinery are brought up to date, and how often free memory goes back to the system. */
#define HOUSEKEEPING_NS (2 * NS_PER_SEC)
#define EVENT_COMPONENT "horizontal-pod-autoscaler"

/* What a watch of autoscalers calls back with. */
struct feed {
	struct controller *controller;
	enum autoscaler_kind kind;
};

struct controller {
	struct controller_config config;
	struct loop *loop;
	struct kube_client *client;
	struct discovery_cache *discovery;
	struct pod_cache *pods;
	struct autoscalers *autoscalers;
	struct events *events;
	struct record *record;
	struct decisions *decisions; /* NULL: none are kept */
	struct object_quarantine *quarantine;
	struct feed native, own;
	struct watch *native_watch;
	struct watch *pod_watch; /* NULL: nobody needs pods */
	struct kind_watch *own_watch;
	struct beside *beside;
	struct author_ask *authors;
	struct scale_cache *scales; /* NULL in strict mode: every scale is asked for */
	struct metric_share *share; /* NULL: every object asks for itself */
	struct refusals refusals;
	struct pressure pressure;
	struct guard_mass mass;
	struct drive_context drive;
	struct report report;
	struct dispatch *dispatch;
	bool was_ready; /* all lists were there once */
	bool own_left;	/* our kind went away once */
	bool leading;
	int64_t (*lease_left_ns)(void *ctx); /* NULL: no lease is needed */
	void *lease_ctx;
	void (*before_passes)(void *ctx);
	void *before_ctx;
	bool interrupted; /* a watch is broken; said once, and once when all work again */
	struct loop_timer *resume_timer;
	struct loop_timer *housekeeping_timer;
	struct selfmetrics *metrics;
};

static bool is_synced(const struct watch *w)
{
	return !w || watch_is_synced(w);
}

/* The list that is still missing; NULL: none. A kind that is found later holds up nobody, but without pods nothing is decided. */
static const char *missing_list(const struct controller *c)
{
	if (!c->was_ready && !is_synced(c->native_watch))
		return "the list of horizontalpodautoscalers";
	if (!c->was_ready && !kind_watch_is_synced(c->own_watch))
		return "the list of horizontalautoscalers";
	if (!c->was_ready && !beside_is_synced(c->beside))
		return "the list of scaledobjects";
	return is_synced(c->pod_watch) ? NULL : "the list of pods";
}

bool controller_is_ready(const struct controller *c)
{
	return !missing_list(c);
}

const char *controller_waits_for(const struct controller *c)
{
	const char *missing = missing_list(c);
	return missing ? missing : "nothing";
}

struct autoscalers *controller_autoscalers(struct controller *c)
{
	return c->autoscalers;
}

struct dispatch *controller_dispatch(struct controller *c)
{
	return c->dispatch;
}

struct decisions *controller_decisions(struct controller *c)
{
	return c->decisions;
}

/* Writing */

static struct gate_answer on_gate(
	const struct autoscaler *one, const struct hpa *hpa, enum gate_write write, void *ctx)
{
	const struct controller *c = ctx;
	const struct own_spec *own = hpa->spec.own;
	const struct mono now = instant_mono_now();
	const struct gate_facts facts = {
		.leading = c->leading,
		.needs_lease = c->lease_left_ns != NULL,
		.now = now,
		.lease_left_ns = c->lease_left_ns ? c->lease_left_ns(c->lease_ctx) : 0,
		.kind = one->kind,
		.owns_native = c->config.native == CONTROLLER_OWN,
		.native_may_write = beside_may_write_native(c->beside),
		.foreign = beside_has_foreign(c->beside, hpa),
		.recommend = own && own->mode != OWN_MODE_ACTIVE,
	};

	return gate_ask(&facts, write);
}

void controller_use_lease(struct controller *c, int64_t (*left_ns)(void *ctx), void *ctx)
{
	c->lease_left_ns = left_ns;
	c->lease_ctx = ctx;
}

void controller_before_passes(struct controller *c, void (*fn)(void *ctx), void *ctx)
{
	c->before_passes = fn;
	c->before_ctx = ctx;
}

/* Passes run while we lead and see everything. */
static void turn(struct controller *c)
{
	bool run = c->leading && controller_is_ready(c);

	if (run && !dispatch_is_started(c->dispatch)) {
		if (c->before_passes)
			c->before_passes(c->before_ctx);
		dispatch_start(c->dispatch);
	} else if (!run && dispatch_is_started(c->dispatch))
		dispatch_stop(c->dispatch);
}

static struct sv on_foreign(struct arena *a, const struct hpa *hpa, void *ctx)
{
	const struct controller *c = ctx;

	return beside_find_foreign(c->beside, a, hpa);
}

void controller_lead(struct controller *c)
{
	c->leading = true;
	beside_lead(c->beside, true);
	turn(c);
}

void controller_step_down(struct controller *c)
{
	c->leading = false;
	beside_lead(c->beside, false);
	if (c->authors)
		author_ask_cancel(c->authors);
	turn(c);
}

void controller_discard_events(struct controller *c)
{
	events_discard(c->events);
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

/* An API server that starts may not serve our kind yet, which looks as if it were gone: what its objects remembered went with them, and decreases wait as after
 * a crash. */
static void mark_returned(const struct controller *c, const struct object_id *id)
{
	struct autoscaler *one =
		autoscalers_find(c->autoscalers, AUTOSCALER_OWN, id->namespace, id->name);

	if (one && !one->history.started)
		one->history.gap = true;
}

static void on_autoscaler(const struct object_id *id, struct sv json, void *ctx)
{
	const struct feed *f = ctx;
	struct controller *c = f->controller;
	struct error err;

	if (f->kind == AUTOSCALER_NATIVE && beside_see_native(c->beside, id, json)) {
		/* It may have been an ordinary one. */
		dispatch_remove(c->dispatch, f->kind, id->namespace, id->name);
		return;
	}
	if (f->kind == AUTOSCALER_NATIVE && c->config.native == CONTROLLER_IGNORE)
		return;
	enum error_kind rc = dispatch_put(c->dispatch, f->kind, id, json, &err);
	if (f->kind == AUTOSCALER_OWN && c->own_left && !kind_watch_is_synced(c->own_watch))
		mark_returned(c, id);
	if (rc != ERR_OK)
		tell_lost("cannot take in an autoscaler; tried again with its next change",
			f->kind == AUTOSCALER_OWN ? "fha" : "hpa", id, &err);
}

static void on_autoscaler_gone(const struct object_id *id, struct sv json, void *ctx)
{
	const struct feed *f = ctx;

	(void)json;
	if (f->kind == AUTOSCALER_NATIVE && beside_lose_native(f->controller->beside, id))
		return;
	dispatch_remove(f->controller->dispatch, f->kind, id->namespace, id->name);
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

/* A list was delivered, or turned out not to be needed. */
static void on_progress(struct controller *c)
{
	char n[24], pods[24];

	if (!c->was_ready && controller_is_ready(c)) {
		c->was_ready = true;
		(void)snprintf(n, sizeof(n), "%zu", autoscalers_n(c->autoscalers));
		(void)snprintf(pods, sizeof(pods), "%zu", pod_cache_n(c->pods));
		log_event(LOG_INFO, "ready", "hpas", n, "pods", pods, NULL);
		/* The lists took many times what is kept of them. */
		mem_trim();
	}
	turn(c);
}

static void on_autoscalers_synced(void *ctx)
{
	const struct feed *f = ctx;
	on_progress(f->controller);
}

static void on_beside_progress(void *ctx)
{
	on_progress(ctx);
}

static void on_pods_synced(void *ctx)
{
	on_progress(ctx);
}

static bool is_connected(const struct watch *w)
{
	return !w || watch_stats(w).connected;
}

static void on_resume_timer(struct loop_timer *t, void *ctx)
{
	struct controller *c = ctx;

	if (!is_connected(c->native_watch) || !is_connected(c->pod_watch) ||
		!kind_watch_is_connected(c->own_watch)) {
		loop_timer_set(t, RESUME_CHECK_NS);
		return;
	}
	c->interrupted = false;
	log_event(LOG_INFO, "watches work again", "server", client_server(c->client), NULL);
}

/* Every retry comes here; only the first is news. */
static void tell_interrupted(struct controller *c, const struct error *err)
{
	if (c->interrupted)
		return;
	c->interrupted = true;
	loop_timer_set(c->resume_timer, RESUME_CHECK_NS);
	log_event(LOG_WARN, "watch interrupted; it resumes by itself", "server",
		client_server(c->client), "error", err->text, NULL);
}

static void on_autoscalers_error(const struct error *err, void *ctx)
{
	const struct feed *f = ctx;
	tell_interrupted(f->controller, err);
}

static void on_pods_error(const struct error *err, void *ctx)
{
	tell_interrupted(ctx, err);
}

static struct watch_config autoscaler_watch(struct feed *f)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(f->kind);

	return (struct watch_config){
		.client = f->controller->client,
		.path = names->watch_path,
		.resource = names->resource,
		.on_object = on_autoscaler,
		.on_deleted = on_autoscaler_gone,
		.on_synced = on_autoscalers_synced,
		.on_error = on_autoscalers_error,
		.ctx = f,
	};
}

static enum error_kind watch_pods(struct controller *c, struct error *err)
{
	const struct watch_config config = {
		.client = c->client,
		.path = "/api/v1/pods",
		.resource = "pods",
		.marks = &pod_cache_marks,
		.keeper = c->pods,
		.on_object = on_pod,
		.on_deleted = on_pod_gone,
		.on_synced = on_pods_synced,
		.on_error = on_pods_error,
		.ctx = c,
	};

	return c->pod_watch ? ERR_OK : watch_start(&config, &c->pod_watch, err);
}

static void index_native(struct autoscaler *one, void *ctx)
{
	struct controller *c = ctx;
	const struct object_id id = { .namespace = one->ns, .name = one->name };
	AUTO(arena_done) struct arena a = { 0 };
	struct sv json;
	struct error err;

	if (one->kind != AUTOSCALER_NATIVE)
		return;
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (autoscalers_json(one, &a, &json, &err) == ERR_OK)
		(void)beside_see_native(c->beside, &id, json);
	else
		tell_lost("cannot look whether it acts on a target of our kind", "hpa", &id, &err);
}

/* Our own kind was found, or went away. */
static void on_own_known(bool installed, void *ctx)
{
	struct feed *f = ctx;
	struct controller *c = f->controller;
	struct error err;

	if (c->was_ready)
		log_event(LOG_INFO, installed ? "found our kind" : "our kind went away", "kind",
			OWN_KIND_NAME, NULL);
	if (installed && beside_index_natives(c->beside))
		autoscalers_each(c->autoscalers, index_native, c);
	c->own_left =
		c->own_left || (!installed && autoscalers_any(c->autoscalers, AUTOSCALER_OWN));
	if (!installed)
		dispatch_remove_kind(c->dispatch, AUTOSCALER_OWN);
	else if (watch_pods(c, &err) != ERR_OK)
		tell_interrupted(c, &err);
	on_progress(c);
}

static enum error_kind start_watches(struct controller *c, struct error *err)
{
	const struct autoscaler_kind_names *own = autoscaler_kind_names(AUTOSCALER_OWN);
	const struct kind_watch_config config = {
		.watch = autoscaler_watch(&c->own),
		.discovery = c->discovery,
		.group = own->group,
		.version = own->version,
		.plural = own->plural,
		.look_ns = c->config.kind_look_ns,
		.on_known = on_own_known,
	};
	const struct watch_config native = autoscaler_watch(&c->native);

	if (kind_watch_start(&config, &c->own_watch, err) != ERR_OK)
		return err->kind;
	/* Ignored, they may still act on a target of our kind. */
	if (watch_start(&native, &c->native_watch, err) != ERR_OK)
		return err->kind;
	return c->config.native == CONTROLLER_IGNORE ? ERR_OK : watch_pods(c, err);
}

/* Life */

static void on_housekeeping(struct loop_timer *t, void *ctx)
{
	struct controller *c = ctx;
	const struct live_metrics_facts facts = {
		.depth = dispatch_depth(c->dispatch),
		.scales = c->scales ? scale_cache_stats(c->scales)
				    : (struct scale_cache_stats){ .n_watched = 0 },
		.share = c->share ? metric_share_stats(c->share)
				  : (struct metric_share_stats){ .n_requests = 0 },
		.n_deferred = c->pressure.n_deferred,
		.events = events_stats(c->events),
		.n_pods = pod_cache_n(c->pods),
		.decisions_bytes = c->decisions ? decisions_bytes(c->decisions) : 0,
	};

	live_metrics_set(c->metrics, &facts);
	mem_trim();
	loop_timer_set(t, HOUSEKEEPING_NS);
}

static bool is_strict(const struct controller_config *config)
{
	return config->settings.arithmetic == ARITH_STRICT;
}

static void on_target(enum scale_kind kind, const struct object_id *id, struct sv json, void *ctx)
{
	const struct controller *c = ctx;

	author_ask_see(c->authors, kind, id, json);
}

static void on_target_error(const char *resource, const struct error *err, void *ctx)
{
	(void)ctx;
	log_event(LOG_WARN, "cannot watch the targets of this kind; each scale is asked for",
		"resource", resource, "error", err->text, NULL);
}

static enum error_kind make_beside(struct controller *c, struct error *err)
{
	const struct beside_config beside = {
		.client = c->client,
		.discovery = c->discovery,
		.owns_native = c->config.native == CONTROLLER_OWN,
		.namespace = c->config.namespace,
		.canary_period_ns = c->config.canary_period_ns,
		.on_progress = on_beside_progress,
		.ctx = c,
	};
	if (beside_new(&beside, &c->beside, err) != ERR_OK)
		return err->kind;
	/* Then nobody keeps them until our kind is found. */
	if (c->config.native == CONTROLLER_IGNORE)
		(void)beside_index_natives(c->beside);
	/* The reference tells nothing of that. */
	if (!is_strict(&c->config)) {
		c->authors = author_ask_new(c->client, c->events);
		if (!c->authors)
			return error_nomem(err);
	}
	return ERR_OK;
}

static enum error_kind make_parts(struct controller *c, struct error *err)
{
	c->resume_timer = loop_timer_new(c->loop, on_resume_timer, c);
	c->housekeeping_timer = loop_timer_new(c->loop, on_housekeeping, c);
	c->pods = pod_cache_new();
	c->autoscalers = autoscalers_new();
	if (!c->pods || !c->autoscalers || !c->resume_timer || !c->housekeeping_timer)
		return error_nomem(err);
	if (discovery_cache_new(c->client, &c->discovery, err) != ERR_OK ||
		events_new(c->client, EVENT_COMPONENT, &c->events, err) != ERR_OK)
		return err->kind;
	if (make_beside(c, err) != ERR_OK)
		return err->kind;
	const struct scale_cache_config scales = {
		.client = c->client, .on_target = on_target, .on_error = on_target_error, .ctx = c
	};
	if (!is_strict(&c->config) && scale_cache_new(&scales, &c->scales, err) != ERR_OK)
		return err->kind;
	if (c->config.record.dir && record_new(&c->config.record, &c->record, err) != ERR_OK)
		return err->kind;
	if (c->config.decisions_bytes > 0) {
		c->decisions = decisions_new(c->config.decisions_bytes);
		if (!c->decisions)
			return error_nomem(err);
	}
	return ERR_OK;
}

static int64_t metrics_timeout_ns(const struct controller_config *config)
{
	return config->sync_period_ns < METRICS_TIMEOUT_NS ? config->sync_period_ns
							   : METRICS_TIMEOUT_NS;
}

static enum error_kind make_share(struct controller *c, struct error *err)
{
	const struct metric_share_config config = {
		.client = c->client,
		.timeout_ns = metrics_timeout_ns(&c->config),
		.period_ns = c->config.sync_period_ns,
	};

	refusals_init(&c->refusals);
	if (is_strict(&c->config) || !c->config.share_metrics)
		return ERR_OK;
	return metric_share_new(&config, &c->share, err);
}

static enum error_kind make_dispatch(
	struct controller *c, struct selfmetrics *metrics, struct error *err)
{
	int64_t period_ns = c->config.sync_period_ns;

	if (object_quarantine_new(c->config.work_note_dir, metrics, &c->quarantine, err) != ERR_OK)
		return err->kind;
	const struct dispatch_config config = {
		.drive = &c->drive,
		.report = &c->report,
		.metrics = metrics,
		.period_ns = period_ns,
	};

	c->report = (struct report){ .metrics = metrics,
		.events = c->events,
		.event_repeat_ns = is_strict(&c->config) ? 0 : EVENT_REPEAT_NS,
		.compares = c->config.native == CONTROLLER_OBSERVE,
		.authors = c->authors,
		.mass = c->config.settings.guards ? &c->mass : NULL };
	guard_mass_init(&c->mass, period_ns);
	c->pressure.events = c->events;
	c->drive = (struct drive_context){
		.loop = c->loop,
		.client = c->client,
		.discovery = c->discovery,
		.settings = &c->config.settings,
		.pods = c->pods,
		.autoscalers = c->autoscalers,
		.scales = c->scales,
		.share = c->share,
		.refusals = is_strict(&c->config) ? NULL : &c->refusals,
		.prometheus = c->config.prometheus,
		.prom_share = c->config.prom_share,
		.strict = is_strict(&c->config),
		.status_refresh_ns = c->config.status_refresh_ns,
		.pressure = &c->pressure,
		.mass = c->config.settings.guards ? &c->mass : NULL,
		.gate = on_gate,
		.gate_ctx = c,
		.foreign = on_foreign,
		.foreign_ctx = c,
		.metrics_timeout_ns = metrics_timeout_ns(&c->config),
		.sync_period_ns = period_ns,
		.quarantine = c->quarantine,
		.record = c->record,
		.decisions = c->decisions,
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
	if (!is_strict(config))
		c->config.settings.max_reading_age_ns = READING_AGE_MAX_NS;
	c->loop = client_loop(client);
	c->client = client;
	c->native = (struct feed){ c, AUTOSCALER_NATIVE };
	c->own = (struct feed){ c, AUTOSCALER_OWN };
	c->metrics = metrics;
	if (pass_metrics_declare(metrics, err) != ERR_OK ||
		live_metrics_declare(metrics, err) != ERR_OK ||
		guard_observe_declare(metrics, err) != ERR_OK || make_parts(c, err) != ERR_OK ||
		make_share(c, err) != ERR_OK || make_dispatch(c, metrics, err) != ERR_OK)
		return err->kind;
	if (start_watches(c, err) != ERR_OK)
		return err->kind;
	loop_timer_set(c->housekeeping_timer, HOUSEKEEPING_NS);
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

void controller_free(struct controller *c)
{
	if (!c)
		return;
	kind_watch_stop(c->own_watch);
	watch_stop(c->native_watch);
	watch_stop(c->pod_watch);
	dispatch_free(c->dispatch);
	scale_cache_free(c->scales);
	metric_share_free(c->share);
	refusals_done(&c->refusals);
	beside_free(c->beside);
	author_ask_free(c->authors);
	loop_timer_free(c->resume_timer);
	loop_timer_free(c->housekeeping_timer);
	events_free(c->events);
	record_free(c->record);
	decisions_free(c->decisions);
	object_quarantine_free(c->quarantine);
	discovery_cache_free(c->discovery);
	autoscalers_free(c->autoscalers);
	pod_cache_free(c->pods);
	mem_free(c);
}
