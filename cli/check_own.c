/* What only our own kind has: what the schema of its definition refuses too, and queries, which only the controller reads. */
#include <stdio.h>

#include "cli/check_parts.h"
#include "controller/ask.h"

#define PATH_MAX_BYTES 200

static void required(struct check *c, const struct check_object *object, const char *path)
{
	check_find(c, CHECK_INVALID, object, path, "Required value");
}

static void check_override(
	struct check *c, const struct check_object *object, const struct own_override *o)
{
	if (!o->min_replicas.set)
		required(c, object, "spec.override.minReplicas");
	if (!o->max_replicas.set)
		required(c, object, "spec.override.maxReplicas");
	if (!o->has_until)
		required(c, object, "spec.override.until");
	if (o->reason.len == 0)
		required(c, object, "spec.override.reason");
	if (o->min_replicas.set && o->min_replicas.value < 0)
		check_find(c, CHECK_INVALID, object, "spec.override.minReplicas",
			"Invalid value: %d: must be greater than or equal to 0",
			o->min_replicas.value);
	if (o->min_replicas.set && o->max_replicas.set &&
		o->min_replicas.value > o->max_replicas.value)
		check_find(c, CHECK_INVALID, object, "spec.override.maxReplicas",
			"Invalid value: %d: must be greater than or equal to `minReplicas`",
			o->max_replicas.value);
}

struct metric_check {
	struct check *c;
	const struct check_object *object;
	size_t i;
};

/* About a member of spec.metrics[i]. */
static void find(const struct metric_check *m, const char *member, const char *text)
{
	char path[PATH_MAX_BYTES];

	(void)snprintf(path, sizeof(path), "spec.metrics[%zu].%s", m->i, member);
	check_find(m->c, CHECK_INVALID, m->object, path, "%s", text);
}

static void find_missing(const struct metric_check *m, const char *member)
{
	find(m, member, "Required value");
}

static void check_prometheus(const struct metric_check *m, const struct hpa_prometheus *p)
{
	const struct hpa_target *t = &p->source.target;
	bool zero = sv_is(p->no_data, "Zero");

	if (p->source.metric.len == 0)
		find_missing(m, "prometheus.name");
	if (p->query.len == 0)
		find_missing(m, "prometheus.query");
	if (!t->value.set && !t->average_value.set)
		find_missing(m, "prometheus.target");
	if (t->value.set && t->average_value.set)
		find(m, "prometheus.target", "set either value or averageValue");
	if (p->pod_label.len > 0 && !t->average_value.set && t->value.set)
		find(m, "prometheus.podLabel", "podLabel needs target.averageValue");
	if (zero && p->alive_query.len == 0)
		find_missing(m, "prometheus.aliveQuery");
	if (p->no_data.len > 0 && !zero && !sv_is(p->no_data, "Fail")) {
		char text[200];
		(void)snprintf(text, sizeof(text),
			"Unsupported value: \"%.*s\": supported values: \"Fail\", \"Zero\"",
			SV_ARG(sv_take(p->no_data, 100)));
		find(m, "prometheus.noData", text);
	}
}

static void check_fallback(const struct metric_check *m, const struct own_fallback *f)
{
	if (!f->replicas.set)
		find_missing(m, "fallback.replicas");
	if (f->replicas.set && f->replicas.value < 1)
		find(m, "fallback.replicas", "must be greater than or equal to 1");
	if (f->failure_duration_sec.set && f->failure_duration_sec.value < 1)
		find(m, "fallback.failureDurationSeconds", "must be greater than or equal to 1");
}

static void check_metric(const struct metric_check *m, const struct hpa_metric *metric)
{
	bool is_prometheus = metric->kind == HPA_METRIC_PROMETHEUS;
	char text[300];

	if (metric->kind == HPA_METRIC_UNKNOWN && metric->type.len > 0) {
		(void)snprintf(text, sizeof(text),
			"Unsupported value: \"%.*s\": supported values: \"ContainerResource\", "
			"\"External\", \"Object\", \"Pods\", \"Prometheus\", \"Resource\"",
			SV_ARG(sv_take(metric->type, 100)));
		find(m, "type", text);
	}
	if (is_prometheus && !metric->prometheus)
		find_missing(m, "prometheus");
	if (metric->prometheus && !is_prometheus)
		find(m, "prometheus", "prometheus belongs to type Prometheus");
	if (is_prometheus && metric->prometheus)
		check_prometheus(m, metric->prometheus);
	if (metric->fallback)
		check_fallback(m, metric->fallback);
}

void check_own_validate(
	struct check *c, const struct check_object *object, const struct hpa_spec *spec)
{
	const struct own_spec *own = spec->own;
	struct opt_i32 period = own->sync_period_sec;

	if (own->mode == OWN_MODE_UNKNOWN)
		check_find(c, CHECK_INVALID, object, "spec.mode",
			"Unsupported value: \"%.*s\": supported values: \"Active\", \"Recommend\"",
			SV_ARG(sv_take(own->mode_text, 100)));
	if (period.set &&
		(period.value < OWN_KIND_MIN_SYNC_SEC || period.value > OWN_KIND_MAX_SYNC_SEC))
		check_find(c, CHECK_INVALID, object, "spec.syncPeriodSeconds",
			"Invalid value: %d: must be from %d to %d", period.value,
			OWN_KIND_MIN_SYNC_SEC, OWN_KIND_MAX_SYNC_SEC);
	if (own->override)
		check_override(c, object, own->override);
	for (size_t i = 0; i < spec->n_metrics; i++) {
		const struct metric_check m = { c, object, i };
		check_metric(&m, &spec->metrics[i]);
	}
}

/* In the controller's words, without "query: " in front. */
static void find_query(struct check *c, const struct check_autoscaler *s, size_t i, struct sv why)
{
	char path[PATH_MAX_BYTES];
	bool found;
	struct sv text, which = sv_cut(why, ':', &text, &found);

	(void)snprintf(path, sizeof(path), "spec.metrics[%zu].prometheus.%.*s", i,
		SV_ARG(sv_take(which, sizeof("aliveQuery"))));
	check_find(c, CHECK_QUERY, &s->object, path, "%.*s", SV_ARG(sv_trim(text)));
}

void check_own_queries(struct check *c, const struct check_autoscaler *s)
{
	/* Which servers there are is not known here. */
	static const struct ask_prometheus_servers ANY = { .unknown = true };

	for (size_t i = 0; i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_prometheus *p = m->prometheus;
		struct ask_question q;
		struct error err;
		if (m->kind != HPA_METRIC_PROMETHEUS || !p || p->query.len == 0)
			continue;
		/* A missing aliveQuery is told as missing. */
		if (sv_is(p->no_data, "Zero") && p->alive_query.len == 0)
			continue;
		if (ask_prometheus(c->a, &ANY, s->hpa.meta.ns, p, &q, &err) != ERR_OK)
			c->failed = true;
		else if (q.state == ASK_INVALID)
			find_query(c, s, i, q.why);
	}
}
