/* Validation of what only our own kind has. */
#include <stdio.h>

#include "cli/check_parts.h"

#define PATH_MAX_BYTES 200
#define MIN_SYNC_SEC 5
#define MAX_SYNC_SEC 300

bool check_own_is_prometheus(const struct hpa_spec *v2, size_t i)
{
	return sv_is(v2->metrics[i].type, "Prometheus");
}

static void required(struct check *c, const struct check_object *object, const char *path)
{
	check_find(c, CHECK_INVALID, object, path, "Required value");
}

static void check_override(
	struct check *c, const struct check_object *object, const struct own_kind_override *o)
{
	if (!o->min_replicas.set)
		required(c, object, "spec.override.minReplicas");
	if (!o->max_replicas.set)
		required(c, object, "spec.override.maxReplicas");
	if (o->until.len == 0)
		required(c, object, "spec.override.until");
	if (o->reason.len == 0)
		required(c, object, "spec.override.reason");
	if (o->min_replicas.set && o->max_replicas.set &&
		o->min_replicas.value > o->max_replicas.value)
		check_find(c, CHECK_INVALID, object, "spec.override.maxReplicas",
			"Invalid value: %d: must be greater than or equal to `minReplicas`",
			o->max_replicas.value);
}

/* A member of spec.metrics[i]. */
static void required_of_metric(
	struct check *c, const struct check_object *object, size_t i, const char *member)
{
	char path[PATH_MAX_BYTES];

	(void)snprintf(path, sizeof(path), "spec.metrics[%zu].%s", i, member);
	required(c, object, path);
}

static void check_prometheus(struct check *c, const struct check_object *object, size_t i,
	const struct own_kind_prometheus *p)
{
	char path[PATH_MAX_BYTES];
	bool zero = sv_is(p->no_data, "Zero");

	if (p->name.len == 0)
		required_of_metric(c, object, i, "prometheus.name");
	if (p->query.len == 0)
		required_of_metric(c, object, i, "prometheus.query");
	if (!p->value.set && !p->average_value.set)
		required_of_metric(c, object, i, "prometheus.target");
	if (zero && p->alive_query.len == 0)
		required_of_metric(c, object, i, "prometheus.aliveQuery");
	if (p->no_data.len > 0 && !zero && !sv_is(p->no_data, "Fail")) {
		(void)snprintf(path, sizeof(path), "spec.metrics[%zu].prometheus.noData", i);
		check_find(c, CHECK_INVALID, object, path,
			"Unsupported value: \"%.*s\": supported values: \"Fail\", \"Zero\"",
			SV_ARG(sv_take(p->no_data, 100)));
	}
}

void check_own_validate(struct check *c, const struct check_object *object,
	const struct own_kind_spec *spec, const struct hpa_spec *v2)
{
	struct opt_i32 period = spec->sync_period_sec;

	if (spec->mode.len > 0 && !sv_is(spec->mode, "Active") && !sv_is(spec->mode, "Recommend"))
		check_find(c, CHECK_INVALID, object, "spec.mode",
			"Unsupported value: \"%.*s\": supported values: \"Active\", \"Recommend\"",
			SV_ARG(sv_take(spec->mode, 100)));
	if (period.set && (period.value < MIN_SYNC_SEC || period.value > MAX_SYNC_SEC))
		check_find(c, CHECK_INVALID, object, "spec.syncPeriodSeconds",
			"Invalid value: %d: must be from %d to %d", period.value, MIN_SYNC_SEC,
			MAX_SYNC_SEC);
	if (spec->override)
		check_override(c, object, spec->override);
	for (size_t i = 0; i < spec->n_metrics && i < v2->n_metrics; i++) {
		const struct own_kind_metric *m = &spec->metrics[i];
		if (check_own_is_prometheus(v2, i) && !m->prometheus)
			required_of_metric(c, object, i, "prometheus");
		if (m->prometheus)
			check_prometheus(c, object, i, m->prometheus);
		if (m->fallback && !m->fallback->replicas.set)
			required_of_metric(c, object, i, "fallback.replicas");
	}
}
