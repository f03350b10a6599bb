/* Structs of the controller -> JSON as Kubernetes writes the same things. What the structs do not
 * hold cannot get into a tape. Readings are written as the rows of an answer in the API's own
 * format, so that they go through the real decoders when they are read. */
#include "controller/tape_parts.h"

#include <inttypes.h>

#include "controller/hpa_encode.h"
#include "controller/target.h"

#define TIME_BYTES 64

/* RFC 3339 with as many digits as the instant has: none, or nine. */
void tape_parts_wall(struct jw *w, const char *key, struct wall t)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, TIME_BYTES);
	instant_wall_print(&text, t);
	if (t.nsec != 0 && text.failed == ERR_OK) {
		text.len--; /* the Z */
		buf_printf(&text, ".%09" PRId32 "Z", t.nsec);
	}
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_member_sv(w, key, buf_sv(&text));
}

static void put_quantity(struct jw *w, struct sv key, const struct quantity *q)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, w->out->max);
	if (q->text.len > 0)
		buf_put_sv(&text, q->text);
	else
		quantity_print(&text, q);
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_key_sv(w, key);
	jw_sv(w, buf_sv(&text));
}

static void put_text(struct jw *w, const char *key, struct sv text)
{
	if (text.len > 0)
		jw_member_sv(w, key, text);
}

void tape_parts_now(struct jw *w, struct decide_now now)
{
	jw_object(w);
	tape_parts_wall(w, "wall", now.wall);
	jw_member_i64(w, "monoNs", now.mono.ns);
	jw_object_end(w);
}

/* In seconds where nothing is lost. */
static void put_duration(struct jw *w, const char *seconds, const char *ns, int64_t value)
{
	if (value % NS_PER_SEC == 0)
		jw_member_i64(w, seconds, value / NS_PER_SEC);
	else
		jw_member_i64(w, ns, value);
}

void tape_parts_config(struct jw *w, const struct settings *s, int64_t sync_period_ns)
{
	jw_object(w);
	put_duration(w, "syncPeriodSeconds", "syncPeriodNs", sync_period_ns);
	jw_key(w, "tolerance");
	jw_f64(w, s->tolerance);
	put_duration(w, "downscaleStabilizationSeconds", "downscaleStabilizationNs",
		s->downscale_stabilization_ns);
	put_duration(w, "cpuInitializationPeriodSeconds", "cpuInitializationPeriodNs",
		s->cpu_initialization_ns);
	put_duration(w, "initialReadinessDelaySeconds", "initialReadinessDelayNs",
		s->readiness_delay_ns);
	jw_key(w, "featureGates");
	jw_object(w);
	jw_member_bool(w, "HPAConfigurableTolerance", s->configurable_tolerance);
	jw_member_bool(w, "HPAScaleToZero", s->scale_to_zero);
	jw_member_bool(w, "PodLevelResources", s->pod_level_resources);
	jw_object_end(w);
	jw_member_str(w, "arithmetic", s->arithmetic == ARITH_STRICT ? "strict" : "safe");
	jw_member_bool(w, "normaliseSelector", s->normalise_selector);
	jw_member_bool(w, "observedGeneration", s->observed_generation);
	if (s->guards)
		jw_member_bool(w, "guards", true);
	jw_object_end(w);
}

void tape_parts_hpa(struct jw *w, const struct hpa *hpa)
{
	jw_object(w);
	jw_member_str(w, "kind", autoscaler_kind_names(hpa->owner_kind)->kind);
	jw_member_str(w, "apiVersion", autoscaler_kind_names(hpa->owner_kind)->api_version);
	jw_key(w, "metadata");
	jw_object(w);
	put_text(w, "name", hpa->meta.name);
	put_text(w, "namespace", hpa->meta.ns);
	put_text(w, "uid", hpa->meta.uid);
	put_text(w, "resourceVersion", hpa->meta.resource_version);
	if (hpa->meta.generation != 0)
		jw_member_i64(w, "generation", hpa->meta.generation);
	jw_object_end(w);
	jw_key(w, "spec");
	hpa_encode_spec(w, &hpa->spec);
	jw_key(w, "status");
	hpa_encode_status(w, &hpa->status);
	jw_object_end(w);
}

/* The group and kind of a reference; false: none. */
static bool wants_kind(const struct hpa_ref *ref, struct sv group, struct sv kind)
{
	struct sv own = SV("");
	struct error ignored;

	/* An unparsable apiVersion counts as the core group. */
	if (target_group(ref->api_version, &own, &ignored) != ERR_OK)
		own = SV("");
	if (!sv_eq(own, group))
		return false;
	bool list = ref->kind.len == kind.len + 4 && sv_has_suffix(ref->kind, SV("List")) &&
		    sv_has_prefix(ref->kind, kind);
	return kind.len == 0 || list || sv_eq_nocase(ref->kind, kind);
}

/* Whether the object refers to the kind, or with an empty kind: to any of the group. */
static bool is_wanted(const struct hpa *hpa, struct sv group, struct sv kind)
{
	if (wants_kind(&hpa->spec.target, group, kind))
		return true;
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		if (m->kind == HPA_METRIC_OBJECT && m->member[m->kind] &&
			wants_kind(&m->member[m->kind]->described, group, kind))
			return true;
	}
	return false;
}

/* A version is also chosen by the resource's name. */
static bool is_named(const struct hpa *hpa, const struct discovery_group *g, struct sv name)
{
	for (size_t i = 0; i < g->n_versions; i++) {
		const struct discovery_version *v = &g->versions[i];
		for (size_t k = 0; k < v->n_resources; k++)
			if (sv_eq(v->resources[k].name, name) &&
				is_wanted(hpa, g->name, v->resources[k].kind))
				return true;
	}
	return false;
}

static void put_version(struct jw *w, const struct discovery_group *g,
	const struct discovery_version *v, const struct hpa *hpa)
{
	jw_object(w);
	jw_member_sv(w, "version", v->version);
	if (v->failed)
		jw_member_bool(w, "failed", true);
	jw_key(w, "resources");
	jw_array(w);
	for (size_t i = 0; i < v->n_resources; i++) {
		const struct discovery_resource *r = &v->resources[i];
		bool sub = sv_find(r->name, '/') < r->name.len;
		if (sub || !is_named(hpa, g, r->name))
			continue;
		jw_object(w);
		jw_member_sv(w, "name", r->name);
		jw_member_sv(w, "kind", r->kind);
		jw_member_bool(w, "namespaced", r->namespaced);
		put_text(w, "guessedList", r->guessed_list);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

void tape_parts_discovery(struct jw *w, const struct discovery *d, const struct hpa *hpa)
{
	jw_array(w);
	for (size_t i = 0; d && i < d->n_groups; i++) {
		const struct discovery_group *g = &d->groups[i];
		bool custom = sv_is(g->name, "custom.metrics.k8s.io");
		if (!custom && !is_wanted(hpa, g->name, SV("")))
			continue;
		jw_object(w);
		jw_member_sv(w, "group", g->name);
		jw_member_sv(w, "preferred", g->preferred);
		jw_key(w, "versions");
		jw_array(w);
		for (size_t k = 0; k < g->n_versions; k++)
			put_version(w, g, &g->versions[k], hpa);
		jw_array_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void put_events(struct jw *w, const char *key, const struct history_events *events)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < events->n; i++) {
		jw_object(w);
		jw_member_i64(w, "monoNs", events->at[i].at.ns);
		jw_member_i64(w, "change", events->at[i].change);
		if (events->at[i].outdated)
			jw_member_bool(w, "outdated", true);
		if (events->at[i].earlier_ms > 0)
			jw_member_i64(w, "earlierMs", events->at[i].earlier_ms);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void put_metrics(struct jw *w, const struct metric_memory_list *metrics)
{
	jw_key(w, "metrics");
	jw_array(w);
	for (size_t i = 0; i < metrics->n; i++) {
		const struct metric_memory *m = &metrics->at[i];
		jw_object(w);
		/* As 64 bits with a sign: JSON readers know no others. */
		jw_member_i64(w, "key", (int64_t)m->key);
		jw_member_bool(w, "hadValue", m->had_value);
		if (m->failing)
			jw_member_i64(w, "failingSinceNs", m->failing_since.ns);
		if (m->rows.set)
			jw_member_i64(w, "rows", m->rows.value);
		jw_object_end(w);
	}
	jw_array_end(w);
}

void tape_parts_history(struct jw *w, const struct history *h)
{
	jw_object(w);
	jw_member_bool(w, "started", h->started);
	jw_key(w, "recommendations");
	jw_array(w);
	for (size_t i = 0; i < h->recommendations.n; i++) {
		jw_object(w);
		jw_member_i64(w, "monoNs", h->recommendations.at[i].at.ns);
		jw_member_i64(w, "replicas", h->recommendations.at[i].replicas);
		jw_object_end(w);
	}
	jw_array_end(w);
	put_events(w, "up", &h->up);
	put_events(w, "down", &h->down);
	if (h->metrics.n > 0)
		put_metrics(w, &h->metrics);
	if (h->gap)
		jw_member_bool(w, "gap", true);
	if (h->hold_until.ns > 0)
		jw_member_i64(w, "holdUntilNs", h->hold_until.ns);
	if (h->lost.open) {
		jw_key(w, "lostWrite");
		jw_object(w);
		jw_member_i64(w, "from", h->lost.from);
		jw_member_i64(w, "to", h->lost.to);
		jw_object_end(w);
	}
	if (h->asleep)
		jw_member_bool(w, "asleep", true);
	jw_object_end(w);
}

static void put_requests(struct jw *w, const char *key, const struct pod_requests *requests)
{
	if (requests->n == 0)
		return;
	jw_key(w, key);
	jw_object(w);
	for (size_t i = 0; i < requests->n; i++)
		put_quantity(w, requests->at[i].resource, &requests->at[i].quantity);
	jw_object_end(w);
}

static void put_resources(struct jw *w, const struct pod_requests *requests)
{
	if (requests->n == 0)
		return;
	jw_key(w, "resources");
	jw_object(w);
	put_requests(w, "requests", requests);
	jw_object_end(w);
}

static void put_containers(struct jw *w, const char *key, const struct pod_template *t, bool init)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < t->n_containers; i++) {
		const struct pod_container *c = &t->containers[i];
		if ((c->role != POD_CONTAINER) != init)
			continue;
		jw_object(w);
		jw_member_sv(w, "name", c->name);
		if (c->role == POD_CONTAINER_SIDECAR)
			jw_member_str(w, "restartPolicy", "Always");
		put_resources(w, &c->requests);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static bool has_init_containers(const struct pod_template *t)
{
	return t->n_containers > 0 && t->containers[t->n_containers - 1].role != POD_CONTAINER;
}

static void put_pod_meta(struct jw *w, const struct pod *pod)
{
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_sv(w, "name", pod->name);
	jw_member_sv(w, "namespace", pod->ns);
	if (pod->labels->n > 0) {
		jw_key(w, "labels");
		jw_object(w);
		for (size_t i = 0; i < pod->labels->n; i++) {
			jw_key_sv(w, pod->labels->at[i].key);
			jw_sv(w, pod->labels->at[i].value);
		}
		jw_object_end(w);
	}
	/* When it was deleted nobody keeps: any instant says that it was. */
	if (pod->deleted)
		tape_parts_wall(w, "deletionTimestamp", WALL_ZERO);
	jw_object_end(w);
}

static void put_pod_status(struct jw *w, const struct pod *pod)
{
	static const char *const PHASES[] = { [POD_PHASE_OTHER] = "Unknown",
		[POD_PHASE_PENDING] = "Pending",
		[POD_PHASE_RUNNING] = "Running",
		[POD_PHASE_SUCCEEDED] = "Succeeded",
		[POD_PHASE_FAILED] = "Failed" };
	static const char *const READY[] = { [POD_READY_ABSENT] = "",
		[POD_READY_TRUE] = "True",
		[POD_READY_FALSE] = "False",
		[POD_READY_OTHER] = "Unknown" };

	jw_key(w, "status");
	jw_object(w);
	jw_member_str(w, "phase", PHASES[pod->phase]);
	if (pod->ready != POD_READY_ABSENT) {
		jw_key(w, "conditions");
		jw_array(w);
		jw_object(w);
		jw_member_str(w, "type", "Ready");
		jw_member_str(w, "status", READY[pod->ready]);
		if (!instant_wall_is_zero(pod->ready_changed))
			tape_parts_wall(w, "lastTransitionTime", pod->ready_changed);
		jw_object_end(w);
		jw_array_end(w);
	}
	if (pod->has_started)
		tape_parts_wall(w, "startTime", pod->started);
	jw_object_end(w);
}

void tape_parts_pod(struct jw *w, const struct pod *pod)
{
	jw_object(w);
	put_pod_meta(w, pod);
	jw_key(w, "spec");
	jw_object(w);
	put_containers(w, "containers", pod->template, false);
	if (has_init_containers(pod->template))
		put_containers(w, "initContainers", pod->template, true);
	put_resources(w, &pod->template->pod_level);
	put_requests(w, "overhead", &pod->template->overhead);
	jw_object_end(w);
	put_pod_status(w, pod);
	jw_object_end(w);
}

void tape_parts_scale(struct jw *w, const struct scale *scale)
{
	jw_object(w);
	jw_member_str(w, "kind", "Scale");
	jw_member_str(w, "apiVersion", "autoscaling/v1");
	jw_key(w, "metadata");
	jw_object(w);
	put_text(w, "name", scale->name);
	put_text(w, "namespace", scale->ns);
	put_text(w, "uid", scale->uid);
	put_text(w, "resourceVersion", scale->resource_version);
	jw_object_end(w);
	jw_key(w, "spec");
	jw_object(w);
	jw_member_i64(w, "replicas", scale->replicas);
	jw_object_end(w);
	jw_key(w, "status");
	jw_object(w);
	jw_member_i64(w, "replicas", scale->status_replicas);
	put_text(w, "selector", scale->selector);
	jw_object_end(w);
	jw_object_end(w);
}

void tape_parts_status(struct jw *w, struct sv message, int64_t code)
{
	jw_object(w);
	jw_member_str(w, "kind", "Status");
	jw_member_str(w, "apiVersion", "v1");
	jw_member_str(w, "status", "Failure");
	jw_member_sv(w, "message", message);
	if (code != 0)
		jw_member_i64(w, "code", code);
	jw_object_end(w);
}
