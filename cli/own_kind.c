/* Our own kind in files. The controller's part of it is elsewhere: this knows names and shapes, for checking and converting. */
#include "cli/own_kind.h"

#include "cli/manifest.h"
#include "controller/hpa_fields.h"

/* clang-format off */
static const struct codec_field OVERRIDE[] = {
	CODEC_FIELD("minReplicas", CODEC_OPT_I32, struct own_kind_override, min_replicas, 0),
	CODEC_FIELD("maxReplicas", CODEC_OPT_I32, struct own_kind_override, max_replicas, 0),
	CODEC_FIELD("until", CODEC_TEXT, struct own_kind_override, until, 0),
	CODEC_FIELD("reason", CODEC_TEXT, struct own_kind_override, reason, 0),
};
static const struct codec_object OVERRIDE_OBJECT = CODEC_OBJECT(struct own_kind_override, OVERRIDE);

static const struct codec_field FALLBACK[] = {
	CODEC_FIELD("failureDurationSeconds", CODEC_OPT_I32, struct own_kind_fallback, failure_duration_sec, 0),
	CODEC_FIELD("replicas", CODEC_OPT_I32, struct own_kind_fallback, replicas, 0),
};
static const struct codec_object FALLBACK_OBJECT = CODEC_OBJECT(struct own_kind_fallback, FALLBACK);

static const struct codec_field TARGET[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct own_kind_prometheus, target_type, 0),
	CODEC_FIELD("value", CODEC_OPT_QUANTITY, struct own_kind_prometheus, value, 0),
	CODEC_FIELD("averageValue", CODEC_OPT_QUANTITY, struct own_kind_prometheus, average_value, 0),
};
static const struct codec_object TARGET_OBJECT = CODEC_OBJECT(struct own_kind_prometheus, TARGET);

static const struct codec_field PROMETHEUS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct own_kind_prometheus, name, 0),
	CODEC_FIELD("query", CODEC_TEXT, struct own_kind_prometheus, query, 0),
	CODEC_FIELD("server", CODEC_TEXT, struct own_kind_prometheus, server, 0),
	CODEC_FIELD("podLabel", CODEC_TEXT, struct own_kind_prometheus, pod_label, 0),
	CODEC_FIELD("aliveQuery", CODEC_TEXT, struct own_kind_prometheus, alive_query, 0),
	CODEC_FIELD("activationValue", CODEC_OPT_QUANTITY, struct own_kind_prometheus, activation_value, 0),
	CODEC_FIELD("noData", CODEC_TEXT, struct own_kind_prometheus, no_data, 0),
	CODEC_NESTED("target", TARGET_OBJECT),
};
static const struct codec_object PROMETHEUS_OBJECT = CODEC_OBJECT(struct own_kind_prometheus, PROMETHEUS);

static const struct codec_field METRIC[] = {
	CODEC_SKIPPED("type"), CODEC_SKIPPED("object"), CODEC_SKIPPED("pods"), CODEC_SKIPPED("resource"),
	CODEC_SKIPPED("containerResource"), CODEC_SKIPPED("external"),
	CODEC_POINTER_OF("prometheus", struct own_kind_metric, prometheus, PROMETHEUS_OBJECT),
	CODEC_POINTER_OF("fallback", struct own_kind_metric, fallback, FALLBACK_OBJECT),
};
static const struct codec_object METRIC_OBJECT = CODEC_OBJECT(struct own_kind_metric, METRIC);

static const struct codec_field SPEC[] = {
	CODEC_SKIPPED("scaleTargetRef"), CODEC_SKIPPED("minReplicas"), CODEC_SKIPPED("maxReplicas"), CODEC_SKIPPED("behavior"),
	CODEC_LIST_OF("metrics", struct own_kind_spec, metrics, METRIC_OBJECT, 0),
	CODEC_FIELD("mode", CODEC_TEXT, struct own_kind_spec, mode, 0),
	CODEC_POINTER_OF("override", struct own_kind_spec, override, OVERRIDE_OBJECT),
	CODEC_FIELD("syncPeriodSeconds", CODEC_OPT_I32, struct own_kind_spec, sync_period_sec, 0),
};
static const struct codec_object SPEC_OBJECT = CODEC_OBJECT(struct own_kind_spec, SPEC);
/* clang-format on */

bool own_kind_is(const struct jtree *t)
{
	return sv_is(jtree_text(jtree_get(t, "kind")), OWN_KIND_NAME) &&
	       sv_has_prefix(jtree_text(jtree_get(t, "apiVersion")), SV("flyball.dev/"));
}

void own_kind_decode(struct codec *c, const struct jtree *t, struct own_kind_spec *ret)
{
	struct codec_path spec = { .member = SV("spec") };

	codec_decode(c, &spec, jtree_get(t, "spec"), &SPEC_OBJECT, ret);
}

/* A copy of the node without children. */
static struct jtree *copy_node(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = ARENA_NEW(a, struct jtree);

	if (copy) {
		*copy = *t;
		copy->first = copy->next = NULL;
		copy->n = 0;
	}
	return copy;
}

typedef struct jtree *(*copy_fn)(struct arena *a, const struct jtree *child);

/* Each child as `copy_child` makes it. `known`: only members that the table has; NULL: all. NULL without memory. */
static struct jtree *copy_container(struct arena *a, const struct jtree *t,
	const struct codec_object *known, copy_fn copy_child)
{
	struct jtree *copy = copy_node(a, t);
	struct jtree **end = copy ? &copy->first : NULL;

	JTREE_FOREACH (child, t) {
		bool keep = !known;
		for (size_t i = 0; known && i < known->n_fields; i++)
			keep = keep || sv_is(child->key, known->fields[i].name);
		if (!keep || !copy)
			continue;
		*end = copy_child(a, child);
		if (!*end)
			return NULL;
		end = &(*end)->next;
		copy->n++;
	}
	return copy;
}

/* Below, nothing changes: children are shared. */
static struct jtree *share(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = ARENA_NEW(a, struct jtree);

	if (copy) {
		*copy = *t;
		copy->next = NULL;
	}
	return copy;
}

static const struct codec_object *metric_fields(void)
{
	for (size_t i = 0; i < hpa_fields_spec.n_fields; i++) {
		if (strcmp(hpa_fields_spec.fields[i].name, "metrics") == 0)
			return hpa_fields_spec.fields[i].object;
	}
	return NULL;
}

static struct jtree *copy_metric(struct arena *a, const struct jtree *t)
{
	return copy_container(a, t, t->kind == JTREE_OBJECT ? metric_fields() : NULL, share);
}

static struct jtree *copy_spec_member(struct arena *a, const struct jtree *t)
{
	if (sv_is(t->key, "metrics") && t->kind == JTREE_ARRAY)
		return copy_container(a, t, NULL, copy_metric);
	return share(a, t);
}

static struct jtree *copy_member(struct arena *a, const struct jtree *t)
{
	struct jtree *copy;

	if (sv_is(t->key, "spec") && t->kind == JTREE_OBJECT)
		return copy_container(a, t, &hpa_fields_spec, copy_spec_member);
	copy = share(a, t);
	if (copy && sv_is(t->key, "apiVersion"))
		copy->text = SV("autoscaling/v2");
	if (copy && sv_is(t->key, "kind"))
		copy->text = SV("HorizontalPodAutoscaler");
	return copy;
}

struct jtree *own_kind_as_v2(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = copy_container(a, t, NULL, copy_member);

	if (copy)
		manifest_drop(copy, "status");
	return copy;
}
