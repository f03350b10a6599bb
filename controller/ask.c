/* Questions to the metrics APIs. The order of checks within a metric is the reference's: what is
 * wrong with the metric itself is found before discovery is asked, and that before a name is
 * refused. Nothing here knows whether several objects could share an answer. */
#include "controller/ask.h"

#include "common/limits.h"
#include "controller/target.h"
#include "controller/words.h"
#include "kube/api_path.h"
#include "kube/label_selector.h"

#define CUSTOM_GROUP "custom.metrics.k8s.io"

struct asking {
	struct arena *a;
	const struct ask_input *in;
	const struct hpa_source *source;
	struct sv metric_selector;
	struct error *err;
};

static enum error_kind conclude(
	struct asking *s, enum ask_state state, struct sv why, struct ask_question *q)
{
	q->state = state;
	q->why = why;
	return why.ptr ? ERR_OK : arena_error(s->a, s->err);
}

/* The text of metric.selector; sets q invalid when it is none. */
static enum error_kind compile_selector(struct asking *s, struct ask_question *q)
{
	struct selector selector;
	struct sv why = SV_NULL;
	struct buf text;

	s->metric_selector = SV("");
	if (!s->source->selector)
		return ERR_OK;
	if (label_selector_compile(s->a, s->source->selector, &selector, &why, s->err))
		return s->err->kind == ERR_INVALID ? conclude(s, ASK_INVALID, why, q)
						   : s->err->kind;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	selector_print(&text, &selector);
	return words_keep(s->a, &text, "a metric selector", &s->metric_selector, s->err);
}

/* What the reference's client says about a name that cannot be a path segment; NULL: it can. */
static const char *segment_problem(struct sv name)
{
	if (sv_is(name, "."))
		return "may not be '.'";
	if (sv_is(name, ".."))
		return "may not be '..'";
	if (sv_find(name, '/') < name.len)
		return "may not contain '/'";
	return sv_find(name, '%') < name.len ? "may not contain '%'" : NULL;
}

/* Both contents can be wrong at once; the reference then lists both. */
static enum error_kind check_segment(
	struct asking *s, const char *what, struct sv name, struct ask_question *q)
{
	const char *problem = segment_problem(name);
	bool both = sv_find(name, '/') < name.len && sv_find(name, '%') < name.len;
	if (!problem || q->state != ASK_REQUEST)
		return ERR_OK;
	return conclude(s, ASK_FAILED,
		sv_of(arena_printf(s->a, "invalid %s \"%.*s\": [%s%s]", what, SV_ARG(name), problem,
			both ? " may not contain '%'" : "")),
		q);
}

struct request {
	struct api_path path;
	struct sv pod_selector;	   /* parameter labelSelector */
	struct sv metric_selector; /* parameter metricLabelSelector */
};

static enum error_kind write_target(
	struct asking *s, const struct request *r, struct ask_question *q)
{
	struct buf text;
	bool first = true;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	api_path_put(&text, &r->path);
	api_path_put_query(&text, &first, "labelSelector", r->pod_selector);
	api_path_put_query(&text, &first, "metricLabelSelector", r->metric_selector);
	return words_keep(s->a, &text, "a request target", &q->target, s->err);
}

/* A list of pods: the one that this object wants, and the one that all objects of the namespace can share. */
static enum error_kind write_pod_targets(
	struct asking *s, const struct request *r, struct ask_question *q)
{
	struct request all = *r;
	struct sv own;

	if (write_target(s, r, q))
		return s->err->kind;
	own = q->target;
	all.pod_selector = SV("");
	if (write_target(s, &all, q))
		return s->err->kind;
	q->shared_target = q->target;
	q->target = own;
	return ERR_OK;
}

static struct sv lower(struct arena *a, struct sv text)
{
	char *copy = arena_strdup(a, text);
	if (!copy)
		return SV_NULL;
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return sv_from(copy, text.len);
}

static enum error_kind ask_resource(struct asking *s, struct ask_question *q)
{
	struct request r = {
		.path = {
			.group = SV("metrics.k8s.io"),
			.version = SV("v1beta1"),
			.namespace = s->in->hpa->meta.ns,
			.resource = SV("pods"),
		},
		.pod_selector = s->in->pod_selector,
	};
	if (!s->source->target.average_value.set && !s->source->target.average_utilization.set)
		return conclude(s, ASK_INVALID,
			SV("invalid resource metric source: neither an average utilization target "
			   "nor an average value (usage) "
			   "target was set"),
			q);
	q->resource = SV("pods.metrics.k8s.io");
	return write_pod_targets(s, &r, q);
}

/* False: there is no version to ask; q says so. */
static bool custom_path(struct asking *s, struct ask_question *q, struct api_path *path)
{
	if (s->in->custom_version.len == 0) {
		q->state = ASK_FAILED;
		q->why = s->in->custom_problem;
		return false;
	}
	*path = (struct api_path){
		.group = SV(CUSTOM_GROUP),
		.version = s->in->custom_version,
		.namespace = s->in->hpa->meta.ns,
	};
	return true;
}

static enum error_kind ask_pods(struct asking *s, struct ask_question *q)
{
	struct request r = { .pod_selector = s->in->pod_selector };
	if (compile_selector(s, q))
		return s->err->kind;
	if (q->state != ASK_REQUEST || !custom_path(s, q, &r.path))
		return ERR_OK;
	if (check_segment(s, "subresource", s->source->metric, q))
		return s->err->kind;
	if (q->state != ASK_REQUEST)
		return ERR_OK;
	r.path.resource = SV("pods");
	r.path.name = q->name = SV("*");
	r.path.subresource = s->source->metric;
	r.metric_selector = s->metric_selector;
	q->resource = SV("pods." CUSTOM_GROUP);
	return write_pod_targets(s, &r, q);
}

/* An unparsable apiVersion counts as the core group here. */
static struct sv described_group(const struct hpa_ref *described)
{
	struct error ignored;
	struct sv group = SV("");
	return target_group(described->api_version, &group, &ignored) ? SV("") : group;
}

static enum error_kind map_described(
	struct asking *s, struct sv group, struct ask_question *q, struct sv *ret_resource)
{
	struct discovery_mapping mapping;
	struct sv kind = s->source->described.kind;
	const char *dot = group.len > 0 ? "." : "";
	if (!discovery_map_kind_preferred(s->in->discovery, group, kind, &mapping))
		return conclude(s, ASK_FAILED,
			sv_of(arena_printf(s->a,
				"unable to map kind %.*s%s%.*s to resource: no matches for kind "
				"\"%.*s\" in group \"%.*s\"",
				SV_ARG(kind), dot, SV_ARG(group), SV_ARG(kind), SV_ARG(group))),
			q);
	struct sv plural = lower(s->a, mapping.resource);
	*ret_resource = WORDS(s->a, plural, sv_of(dot), mapping.group);
	return ret_resource->ptr ? ERR_OK : arena_error(s->a, s->err);
}

static enum error_kind ask_object_of_namespace(
	struct asking *s, struct request *r, struct ask_question *q)
{
	if (check_segment(s, "resource name", s->source->metric, q))
		return s->err->kind;
	if (q->state != ASK_REQUEST)
		return ERR_OK;
	r->path.resource = SV("metrics");
	r->path.name = q->name = s->source->metric;
	q->resource = SV("metrics." CUSTOM_GROUP);
	return write_target(s, r, q);
}

/* Object looks at the target's type, and fails where the field of that type is missing. */
static bool has_object_target(const struct hpa_target *t)
{
	return (sv_is(t->type, "Value") && t->value.set) ||
	       (sv_is(t->type, "AverageValue") && t->average_value.set);
}

static enum error_kind ask_object_of_kind(
	struct asking *s, struct sv group, struct request *r, struct ask_question *q)
{
	const struct hpa_source *source = s->source;
	if (map_described(s, group, q, &r->path.resource))
		return s->err->kind;
	if (check_segment(s, "resource name", source->described.name, q))
		return s->err->kind;
	if (check_segment(s, "subresource", source->metric, q))
		return s->err->kind;
	if (q->state != ASK_REQUEST)
		return ERR_OK;
	r->path.name = q->name = source->described.name;
	r->path.subresource = source->metric;
	q->resource = WORDS(s->a, r->path.resource, SV("." CUSTOM_GROUP));
	if (!q->resource.ptr)
		return arena_error(s->a, s->err);
	return write_target(s, r, q);
}

static enum error_kind ask_object(struct asking *s, struct ask_question *q)
{
	struct request r = { 0 };
	struct sv group = described_group(&s->source->described);

	if (compile_selector(s, q))
		return s->err->kind;
	if (q->state == ASK_REQUEST && !has_object_target(&s->source->target))
		return conclude(s, ASK_INVALID,
			SV("invalid object metric source: neither a value target nor an average "
			   "value target was set"),
			q);
	if (q->state != ASK_REQUEST || !custom_path(s, q, &r.path))
		return ERR_OK;
	r.metric_selector = s->metric_selector;
	if (group.len == 0 && sv_is(s->source->described.kind, "Namespace"))
		return ask_object_of_namespace(s, &r, q);
	return ask_object_of_kind(s, group, &r, q);
}

/* The resource is lower-cased in the path, the metric keeps its spelling everywhere else. */
static enum error_kind ask_external(struct asking *s, struct ask_question *q)
{
	const struct hpa_source *source = s->source;
	struct request r = {
		.path = {
			.group = SV("external.metrics.k8s.io"),
			.version = SV("v1beta1"),
			.namespace = s->in->hpa->meta.ns,
		},
	};
	if (!source->target.average_value.set && !source->target.value.set)
		return conclude(s, ASK_INVALID,
			SV("invalid external metric source: neither a value target nor an average "
			   "value target was set"),
			q);
	if (compile_selector(s, q))
		return s->err->kind;
	if (check_segment(s, "resource", source->metric, q))
		return s->err->kind;
	if (q->state != ASK_REQUEST)
		return ERR_OK;
	r.path.resource = lower(s->a, source->metric);
	r.pod_selector = s->metric_selector;
	q->resource = WORDS(s->a, source->metric, SV(".external.metrics.k8s.io"));
	if (!r.path.resource.ptr || !q->resource.ptr)
		return arena_error(s->a, s->err);
	return write_target(s, &r, q);
}

static enum error_kind ask_one(
	struct asking *s, const struct hpa_metric *metric, struct ask_question *q)
{
	s->source = hpa_metric_source(metric);
	if (metric->kind == HPA_METRIC_UNKNOWN)
		return conclude(s, ASK_INVALID,
			sv_of(arena_printf(
				s->a, "unknown metric source type \"%.*s\"", SV_ARG(metric->type))),
			q);
	if (!s->source)
		return conclude(s, ASK_INVALID,
			sv_of(arena_printf(s->a, "metric of type %.*s without its source",
				SV_ARG(metric->type))),
			q);
	switch (metric->kind) {
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		return ask_resource(s, q);
	case HPA_METRIC_PODS:
		return ask_pods(s, q);
	case HPA_METRIC_OBJECT:
		return ask_object(s, q);
	case HPA_METRIC_EXTERNAL:
		return ask_external(s, q);
	case HPA_METRIC_PROMETHEUS:
		return ask_prometheus(s->a, s->in->prometheus, s->in->hpa->meta.ns,
			metric->prometheus, q, s->err);
	case HPA_METRIC_UNKNOWN:
		break;
	}
	return ERR_OK;
}

enum error_kind ask_questions(
	struct arena *a, const struct ask_input *in, struct ask_question **ret, struct error *err)
{
	struct ask_question *questions =
		ARENA_ARRAY(a, in->hpa->spec.n_metrics, struct ask_question);
	struct asking s = { .a = a, .in = in, .err = err };
	if (!questions)
		return arena_error(a, err);
	for (size_t i = 0; i < in->hpa->spec.n_metrics; i++)
		if (ask_one(&s, &in->hpa->spec.metrics[i], &questions[i]))
			return err->kind;
	*ret = questions;
	return ERR_OK;
}

static bool known_version(struct sv version, struct sv *ret)
{
	if (sv_is(version, "v1beta2"))
		*ret = SV("v1beta2");
	else if (sv_is(version, "v1beta1"))
		*ret = SV("v1beta1");
	else
		return false;
	return true;
}

bool ask_custom_version(const struct discovery *d, struct sv *ret, struct sv *ret_problem)
{
	const struct discovery_group *group = d ? discovery_find_group(d, SV(CUSTOM_GROUP)) : NULL;
	if (!group) {
		*ret_problem = SV("no custom metrics API (" CUSTOM_GROUP ") registered");
		return false;
	}
	if (known_version(group->preferred, ret))
		return true;
	for (size_t i = 0; i < group->n_versions; i++)
		if (known_version(group->versions[i].version, ret))
			return true;
	*ret_problem = SV("no known available metric versions found");
	return false;
}
