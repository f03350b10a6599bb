/* Traps of spec.metrics. Which field of a target decides is the controller's rule (spec 7.1). */
#include <stdio.h>

#include "cli/check.h"

#define PATH_MAX_BYTES 200
#define MIB (1024 * 1024)
/* More than the pods of nearly all workloads; people who write it mean thousandths or memory. */
#define LARGE_CPU_CORES 128

static const char *const MEMBERS[HPA_N_METRIC_KINDS] = { "object", "pods", "resource",
	"containerResource", "external", "prometheus" };

static void print_path(
	char path[PATH_MAX_BYTES], const struct hpa_metric *m, size_t i, const char *rest)
{
	(void)snprintf(path, PATH_MAX_BYTES, "spec.metrics[%zu].%s%s", i, MEMBERS[m->kind], rest);
}

/* The type that belongs to the field that decides. NULL: none is set, which validation says. */
static const char *deciding_type(const struct hpa_metric *m, const struct hpa_target *t)
{
	if (m->kind == HPA_METRIC_PODS)
		return t->average_value.set ? "AverageValue" : NULL;
	if (t->average_value.set)
		return "AverageValue";
	if (m->kind == HPA_METRIC_EXTERNAL)
		return t->value.set ? "Value" : NULL;
	return t->average_utilization.set ? "Utilization" : NULL;
}

void check_metrics_type_fails(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_source *source = hpa_metric_source(m);
		if (!source || m->kind != HPA_METRIC_OBJECT)
			continue;
		const struct hpa_target *t = &source->target;
		bool value = sv_is(t->type, "Value") && t->value.set;
		bool average = sv_is(t->type, "AverageValue") && t->average_value.set;
		if (value || average || (!t->value.set && !t->average_value.set))
			continue;
		print_path(path, m, i, ".target.type");
		check_find(c, CHECK_TYPE_FAILS, &s->object, path,
			"type is %.*s, but only %s is set: every pass fails with \"neither a value "
			"target nor an average value target was set\"",
			SV_ARG(sv_take(t->type, 40)), t->value.set ? "value" : "averageValue");
	}
}

void check_metrics_type_ignored(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_source *source = hpa_metric_source(m);
		if (!source || m->kind == HPA_METRIC_OBJECT)
			continue;
		const char *type = deciding_type(m, &source->target);
		if (!type || sv_is(source->target.type, type))
			continue;
		print_path(path, m, i, ".target.type");
		check_find(c, CHECK_TYPE_IGNORED, &s->object, path,
			"type is %.*s, but the field that decides is the one of type %s",
			SV_ARG(sv_take(source->target.type, 40)), type);
	}
}

void check_metrics_selector(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_source *source = hpa_metric_source(m);
		if (!source || m->kind != HPA_METRIC_EXTERNAL)
			continue;
		const struct label_selector *selector = source->selector;
		if (selector && selector->n_match_labels + selector->n_expressions > 0)
			continue;
		print_path(path, m, i, ".metric");
		check_find(c, CHECK_NO_SELECTOR, &s->object, path,
			"%.*s has no selector: all of its series are added up, those of others too",
			SV_ARG(sv_take(source->metric, 100)));
	}
}

void check_metrics_capitals(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_source *source = hpa_metric_source(m);
		bool capitals = false;
		if (!source || m->kind != HPA_METRIC_EXTERNAL)
			continue;
		for (size_t j = 0; j < source->metric.len; j++)
			capitals = capitals ||
				   (source->metric.ptr[j] >= 'A' && source->metric.ptr[j] <= 'Z');
		if (!capitals)
			continue;
		print_path(path, m, i, ".metric.name");
		check_find(c, CHECK_CAPITALS, &s->object, path,
			"Kubernetes asks for %.*s in lower case, and adapters tell capitals apart",
			SV_ARG(sv_take(source->metric, 100)));
	}
}

/* A finding about averageValue. */
static void check_unit(struct check *c, const struct check_autoscaler *s, size_t i,
	enum check_rule_id rule, const char *what)
{
	AUTO(buf_done) struct buf value = { 0 };
	const struct hpa_metric *m = &s->hpa.spec.metrics[i];
	char path[PATH_MAX_BYTES];

	buf_init(&value, 200);
	quantity_print(&value, &hpa_metric_source(m)->target.average_value.value);
	c->failed = c->failed || value.failed == ERR_NOMEM;
	print_path(path, m, i, ".target.averageValue");
	check_find(c, rule, &s->object, path, "averageValue %s %s", buf_text(&value), what);
}

/* averageValue of this resource in whole units; -1: the metric is another one. */
static int64_t average_of(const struct hpa_metric *m, const char *resource)
{
	const struct hpa_source *source = hpa_metric_source(m);
	int64_t milli;

	if (!source || !hpa_metric_is_resource(m) || !sv_is(source->resource, resource) ||
		!source->target.average_value.set ||
		!quantity_milli_checked(&source->target.average_value.value, &milli) || milli <= 0)
		return -1;
	return milli / 1000;
}

void check_metrics_small_memory(struct check *c, const struct check_autoscaler *s)
{
	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		int64_t bytes = average_of(&s->hpa.spec.metrics[i], "memory");
		if (bytes >= 0 && bytes < MIB)
			check_unit(c, s, i, CHECK_SMALL_MEMORY,
				"of memory is less than any process needs; the unit is bytes");
	}
}

void check_metrics_large_cpu(struct check *c, const struct check_autoscaler *s)
{
	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		if (average_of(&s->hpa.spec.metrics[i], "cpu") >= LARGE_CPU_CORES)
			check_unit(c, s, i, CHECK_LARGE_CPU,
				"of cpu is that many cores in each pod; 500m is half a core");
	}
}

static bool same_ref(const struct hpa_ref *a, const struct hpa_ref *b)
{
	return sv_eq(a->kind, b->kind) && sv_eq(a->name, b->name);
}

/* The same reading, whatever the target. */
static bool same_metric(const struct hpa_metric *a, const struct hpa_metric *b)
{
	const struct hpa_source *x = hpa_metric_source(a), *y = hpa_metric_source(b);

	if (!x || !y || a->kind != b->kind || !sv_eq(x->metric, y->metric) ||
		!sv_eq(x->resource, y->resource) || !sv_eq(x->container, y->container) ||
		!same_ref(&x->described, &y->described) || !x->selector != !y->selector)
		return false;
	return !x->selector || label_selector_eq(x->selector, y->selector);
}

/* Value and AverageValue of one reading are two questions. */
static bool same_question(const struct hpa_metric *a, const struct hpa_metric *b)
{
	return same_metric(a, b) &&
	       sv_eq(hpa_metric_source(a)->target.type, hpa_metric_source(b)->target.type);
}

void check_metrics_duplicate(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!same_question(&s->hpa.spec.metrics[j], &s->hpa.spec.metrics[i]))
				continue;
			(void)snprintf(path, sizeof(path), "spec.metrics[%zu]", i);
			check_find(c, CHECK_DUPLICATE, &s->object, path,
				"the same metric as spec.metrics[%zu]", j);
			break;
		}
	}
}
