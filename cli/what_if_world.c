/* Everything the API servers would answer, made from a handful of numbers. Requests of the pods are round numbers so large that a percentage of them keeps its digits
 * when a load is spread over more pods. */
#include "cli/what_if_world.h"

#include <stdio.h>

#include "cli/plan_words.h"
#include "common/limits.h"
#include "controller/target.h"

#define SELECTOR_KEY "flyball.dev/what-if"
/* Each container's request of each resource, in thousandths: 1 % of it is 10,000. */
#define REQUEST_MILLI INT64_C(1000000)
#define MILLI_PER_PERCENT (REQUEST_MILLI / 100)
/* Pods are old enough for every start-up rule. */
#define POD_AGE_NS (INT64_C(24) * 3600 * NS_PER_SEC)
#define SAMPLE_WINDOW_NS (30 * NS_PER_SEC)
/* A pod's name: the target's, a dash, digits. */
#define NAME_BYTES 300

static struct sv lower(struct arena *a, struct sv text, const char *suffix)
{
	char *copy = arena_printf(a, "%.*s%s", SV_ARG(text), suffix);

	for (char *c = copy; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	}
	return sv_of(copy);
}

static bool is_cluster_scoped(struct sv kind)
{
	return sv_is(kind, "Node") || sv_is(kind, "Namespace");
}

/* One group of one version and one kind each; lookups take the first of a name, so kinds of one group share an entry. */
static enum error_kind add_kind(
	struct arena *a, struct discovery *d, const struct hpa_ref *ref, struct error *err)
{
	struct discovery_group *g = NULL;
	struct sv group, rest;
	bool found;

	if (target_group(ref->api_version, &group, err) != ERR_OK)
		return ERR_OK; /* the pass tells it */
	for (size_t i = 0; i < d->n_groups; i++) {
		if (sv_eq(d->groups[i].name, group))
			g = &d->groups[i];
	}
	if (!g) {
		g = &d->groups[d->n_groups++];
		g->name = group;
		g->preferred = sv_cut(ref->api_version, '/', &rest, &found);
		if (found)
			g->preferred = rest;
		g->versions = ARENA_NEW(a, struct discovery_version);
		if (!g->versions)
			return arena_error(a, err);
		g->n_versions = 1;
		g->versions->version = g->preferred;
	}
	struct discovery_version *v = g->versions;
	struct discovery_resource *grown =
		ARENA_ARRAY(a, v->n_resources + 1, struct discovery_resource);
	if (!grown)
		return arena_error(a, err);
	if (v->n_resources > 0)
		memcpy(grown, v->resources, v->n_resources * sizeof(*grown));
	v->resources = grown;
	grown[v->n_resources++] = (struct discovery_resource){
		.name = lower(a, ref->kind, "s"),
		.kind = ref->kind,
		.namespaced = !is_cluster_scoped(ref->kind),
		.verbs = DISCOVERY_GET | DISCOVERY_LIST | DISCOVERY_UPDATE,
	};
	return grown[v->n_resources - 1].name.ptr ? ERR_OK : arena_error(a, err);
}

enum error_kind what_if_world_discovery(
	struct arena *a, const struct hpa *hpa, struct discovery **ret, struct error *err)
{
	struct discovery *d = ARENA_NEW(a, struct discovery);

	if (!d)
		return arena_error(a, err);
	d->groups = ARENA_ARRAY(a, hpa->spec.n_metrics + 1, struct discovery_group);
	if (!d->groups)
		return arena_error(a, err);
	if (add_kind(a, d, &hpa->spec.target, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		if (m->kind != HPA_METRIC_OBJECT || !m->member[m->kind])
			continue;
		if (add_kind(a, d, &m->member[m->kind]->described, err) != ERR_OK)
			return err->kind;
	}
	*ret = d;
	return ERR_OK;
}

static struct sv container_of(const struct hpa_metric *m)
{
	bool of_container = m->kind == HPA_METRIC_CONTAINER_RESOURCE && m->member[m->kind];
	return of_container ? m->member[m->kind]->container : SV_NULL;
}

/* Containers that the object names; one where it names none. *names has room for one a metric and one more. */
static size_t containers(const struct hpa *hpa, struct sv *names)
{
	size_t n = 0;

	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		struct sv name = container_of(&hpa->spec.metrics[i]);
		bool known = name.len == 0;
		for (size_t k = 0; k < n && !known; k++)
			known = names && sv_eq(names[k], name);
		if (!known && names)
			names[n] = name;
		n += !known;
	}
	if (n == 0 && names)
		names[0] = SV("main");
	return n > 0 ? n : 1;
}

/* What one pod requests of a metric's resource. */
static int64_t request_milli(const struct hpa *hpa, const struct hpa_metric *m)
{
	int64_t n = 0;

	if (m->kind == HPA_METRIC_CONTAINER_RESOURCE)
		return REQUEST_MILLI;
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		struct sv name = container_of(&hpa->spec.metrics[i]);
		bool first = name.len > 0;
		for (size_t k = 0; k < i && first; k++)
			first = !sv_eq(container_of(&hpa->spec.metrics[k]), name);
		n += first;
	}
	return REQUEST_MILLI * (n > 0 ? n : 1);
}

enum error_kind what_if_world_total(const struct hpa *hpa, const struct hpa_metric *m,
	const struct what_if_value *value, int32_t n_pods, int64_t *ret_milli, struct error *err)
{
	int64_t factor = value->per_pod ? n_pods : 1;
	int64_t total;

	if (value->percent)
		factor *= request_milli(hpa, m) / REQUEST_MILLI * (MILLI_PER_PERCENT / 1000);
	if (__builtin_mul_overflow(value->milli, factor, &total))
		return error_set(err, ERR_INVALID, "--%s: %.*s on %d pods is too large a number",
			value->flag, SV_ARG(value->text), (int)n_pods);
	*ret_milli = total;
	return ERR_OK;
}

int64_t what_if_world_percent(
	const struct hpa *hpa, const struct hpa_metric *m, int64_t total_milli, int32_t n_pods)
{
	int64_t request = request_milli(hpa, m) / REQUEST_MILLI * n_pods;
	return request > 0 ? total_milli / request / (MILLI_PER_PERCENT / 1000) : 0;
}

enum error_kind what_if_world_scale(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct jw w;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	jw_init(&w, &body);
	jw_object(&w);
	jw_member_str(&w, "kind", "Scale");
	jw_member_str(&w, "apiVersion", "autoscaling/v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_sv(&w, "name", hpa->spec.target.name);
	jw_member_sv(&w, "namespace", hpa->meta.ns);
	jw_object_end(&w);
	jw_key(&w, "spec");
	jw_object(&w);
	jw_member_i64(&w, "replicas", world->replicas);
	jw_object_end(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_member_i64(&w, "replicas", world->replicas);
	jw_member_str(&w, "selector", SELECTOR_KEY);
	jw_object_end(&w);
	jw_object_end(&w);
	if (buf_check(&body, "a Scale", err) != ERR_OK)
		return err->kind;
	*ret = arena_sv(a, buf_sv(&body));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

static enum error_kind make_template(
	struct arena *a, const struct hpa *hpa, struct pod_template **ret, struct error *err)
{
	struct sv *names = ARENA_ARRAY(a, hpa->spec.n_metrics + 1, struct sv);
	struct pod_template *t = ARENA_NEW(a, struct pod_template);

	if (!names || !t)
		return arena_error(a, err);
	t->n_containers = containers(hpa, names);
	t->containers = ARENA_ARRAY(a, t->n_containers, struct pod_container);
	struct pod_request *requests = ARENA_ARRAY(a, hpa->spec.n_metrics + 1, struct pod_request);
	if (!t->containers || !requests)
		return arena_error(a, err);
	size_t n = 0;
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		if (!plan_words_is_percent(m))
			continue;
		requests[n++] = (struct pod_request){ m->member[m->kind]->resource,
			quantity_from_milli(REQUEST_MILLI, QUANTITY_DECIMAL_SI) };
	}
	for (size_t i = 0; i < t->n_containers; i++) {
		t->containers[i].name = names[i];
		t->containers[i].requests = (struct pod_requests){ requests, n };
	}
	*ret = t;
	return ERR_OK;
}

static int digits_of(int32_t n)
{
	int digits = 1;
	while ((n /= 10) > 0)
		digits++;
	return digits;
}

enum error_kind what_if_world_pods(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, struct pod_set *ret, struct error *err)
{
	size_t n = (size_t)world->replicas;
	struct pod *pods = ARENA_ARRAY(a, n, struct pod);
	const struct pod **at = ARENA_ARRAY(a, n, const struct pod *);
	struct pod_labels *labels = ARENA_NEW(a, struct pod_labels);
	struct label *label = ARENA_NEW(a, struct label);
	struct pod_template *template;
	int width = digits_of(world->replicas - 1);

	if (!pods || !at || !labels || !label)
		return arena_error(a, err);
	if (make_template(a, hpa, &template, err) != ERR_OK)
		return err->kind;
	*label = (struct label){ SV(SELECTOR_KEY), SV("") };
	*labels = (struct pod_labels){ label, 1 };
	for (size_t i = 0; i < n; i++) {
		bool ready = i < n - (size_t)world->not_ready;
		pods[i] = (struct pod){
			.name = sv_of(arena_printf(a, "%.*s-%0*zu",
				SV_ARG(sv_take(hpa->spec.target.name, NAME_BYTES)), width, i)),
			.ns = hpa->meta.ns,
			.labels = labels,
			.template = template,
			.started = instant_wall_add_ns(world->now.wall, -POD_AGE_NS),
			.ready_changed = instant_wall_add_ns(world->now.wall, -POD_AGE_NS),
			.phase = ready ? POD_PHASE_RUNNING : POD_PHASE_PENDING,
			.ready = ready ? POD_READY_TRUE : POD_READY_FALSE,
			.has_started = ready,
		};
		if (!pods[i].name.ptr)
			return arena_error(a, err);
		at[i] = &pods[i];
	}
	*ret = (struct pod_set){ at, n };
	return ERR_OK;
}

static enum error_kind no_value(
	struct arena *a, const struct hpa_metric *m, struct reading *ret, struct error *err)
{
	const struct hpa_source *s = hpa_metric_source(m);
	bool resource = hpa_metric_is_resource(m);
	const char *why = arena_printf(a, "no value was given; add --%s=%.*s=%s",
		resource ? "per-pod" : "total", SV_ARG(resource ? s->resource : s->metric),
		plan_words_is_percent(m) ? "85%" : "VALUE");

	*ret = (struct reading){ .kind = READING_FAILED, .why = sv_of(why) };
	return why ? ERR_OK : arena_error(a, err);
}

static enum error_kind one_value(
	struct arena *a, int64_t milli, struct reading *ret, struct error *err)
{
	int64_t *value = ARENA_NEW(a, int64_t);

	if (!value)
		return arena_error(a, err);
	*value = milli;
	*ret = (struct reading){ .kind = READING_VALUE, .values = value, .n_values = 1 };
	return ERR_OK;
}

enum error_kind what_if_world_reading(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, const struct pod_set *pods, size_t i,
	struct reading *ret, struct error *err)
{
	const struct hpa_metric *m = &hpa->spec.metrics[i];
	size_t n = pods->n - (size_t)world->not_ready;
	int64_t total = world->totals_milli[i];

	if (!world->given[i])
		return no_value(a, m, ret, err);
	if (!hpa_metric_is_per_pod(m) && m->kind != HPA_METRIC_UNKNOWN)
		return one_value(a, total, ret, err);
	struct reading_sample *samples = ARENA_ARRAY(a, n, struct reading_sample);
	if (!samples)
		return arena_error(a, err);
	for (size_t k = 0; k < n; k++) {
		int64_t extra = (int64_t)k < total % (int64_t)n ? 1 : 0;
		samples[k] = (struct reading_sample){
			.pod = pods->at[k]->name,
			.milli = total / (int64_t)n + extra,
			.at = world->now.wall,
			.window_ns = SAMPLE_WINDOW_NS,
		};
	}
	*ret = (struct reading){ .kind = READING_VALUE, .samples = samples, .n_samples = n };
	return ERR_OK;
}
