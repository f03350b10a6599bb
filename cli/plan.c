/* Words for the machine's results. Values are printed as the autoscaler's status would show them. */
#include "cli/plan.h"

#include "common/f64.h"
#include "controller/bounds.h"

const char *plan_verdict_name(enum plan_verdict v)
{
	static const char *const NAMES[] = { "UP", "DOWN", "SAME", "NONE" };
	return NAMES[v];
}

enum plan_verdict plan_verdict_of(const struct pass *pass)
{
	const struct proposal *p = &pass->proposal;

	if (!pass->decided || p->failed)
		return PLAN_UNDECIDED;
	if (!p->rescale)
		return PLAN_SAME;
	return p->desired > p->current ? PLAN_UP : PLAN_DOWN;
}

static void put_quantity(struct buf *out, int64_t milli, struct sv resource)
{
	struct quantity q = quantity_from_milli(
		milli, sv_is(resource, "memory") ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI);
	quantity_print(out, &q);
}

static const struct hpa_source *source_of(const struct hpa_metric *m)
{
	return m->kind < HPA_METRIC_UNKNOWN ? m->member[m->kind] : NULL;
}

/* "pods/queue_length", "cpu", "external/q". */
static void put_metric_name(struct buf *out, const struct hpa_metric *m)
{
	const struct hpa_source *s = source_of(m);

	switch (m->kind) {
	case HPA_METRIC_OBJECT:
		buf_printf(out, "object/%.*s of %.*s/%.*s", SV_ARG(s->metric),
			SV_ARG(s->described.kind), SV_ARG(s->described.name));
		break;
	case HPA_METRIC_PODS:
		buf_printf(out, "pods/%.*s", SV_ARG(s->metric));
		break;
	case HPA_METRIC_RESOURCE:
		buf_printf(out, "resource/%.*s", SV_ARG(s->resource));
		break;
	case HPA_METRIC_CONTAINER_RESOURCE:
		buf_printf(out, "resource/%.*s of container %.*s", SV_ARG(s->resource),
			SV_ARG(s->container));
		break;
	case HPA_METRIC_EXTERNAL:
		buf_printf(out, "external/%.*s", SV_ARG(s->metric));
		break;
	case HPA_METRIC_UNKNOWN:
		buf_printf(out, "unknown type \"%.*s\"", SV_ARG(m->type));
		break;
	}
}

/* Which of the target's fields decides; see ask and recommend for the rules. */
static bool is_utilization(const struct hpa_metric *m, const struct hpa_source *s)
{
	bool resource = m->kind == HPA_METRIC_RESOURCE || m->kind == HPA_METRIC_CONTAINER_RESOURCE;
	return resource && !s->target.average_value.set;
}

static bool is_total(const struct hpa_metric *m, const struct hpa_source *s)
{
	if (m->kind == HPA_METRIC_OBJECT)
		return sv_is(s->target.type, "Value");
	return m->kind == HPA_METRIC_EXTERNAL && !s->target.average_value.set;
}

static void put_value(struct buf *out, const struct hpa_metric *m, const struct recommendation *r)
{
	const struct hpa_source *s = source_of(m);

	if (is_utilization(m, s)) {
		buf_printf(out, "%d%% of requests", (int)r->calculation.utilization);
		return;
	}
	put_quantity(out, r->calculation.usage_milli, s->resource);
	buf_put_str(out, is_total(m, s) ? " in all" : " per pod");
}

static void put_target(struct buf *out, const struct hpa_metric *m)
{
	const struct hpa_source *s = source_of(m);

	if (!s)
		return;
	if (is_utilization(m, s))
		buf_printf(out, "%d%%", (int)s->target.average_utilization.value);
	else if (is_total(m, s) && s->target.value.set)
		quantity_print(out, &s->target.value.value);
	else if (s->target.average_value.set)
		quantity_print(out, &s->target.average_value.value);
}

/* The proposal with why it is that. */
static void put_wish(struct buf *out, const struct recommendation *r, bool decides)
{
	static const char *const PATHS[] = {
		[CALCULATE_SCALED] = "",
		[CALCULATE_WITHIN] = ", within tolerance",
		[CALCULATE_FILLED] = ", counting pods without samples",
		[CALCULATE_FILLED_WITHIN] = ", within tolerance once pods without samples count",
		[CALCULATE_REVERSED] =
			", unchanged: pods without samples turn the direction around",
		[CALCULATE_WRONG_WAY] = ", unchanged: the count would go against the ratio",
		[CALCULATE_CAPPED] = ", the largest count there is",
	};
	buf_printf(out, "x%.2f   wants %d%s%s", r->calculation.ratio, (int)r->replicas,
		PATHS[r->calculation.path], decides ? "   decides" : "");
}

static void print_metrics(struct buf *out, const struct hpa *hpa, const struct proposal *p)
{
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		const struct recommendation *r = &p->recommendations[i];
		buf_put_str(out, "  metric  ");
		put_metric_name(out, m);
		buf_put_str(out, "   ");
		if (!r->ok) {
			buf_printf(out, "failed: %.*s\n", SV_ARG(r->inner));
			continue;
		}
		put_value(out, m, r);
		buf_put_str(out, ", target ");
		put_target(out, m);
		buf_put_str(out, "   ");
		put_wish(out, r, p->picked.ok && p->picked.winner == i);
		buf_put_char(out, '\n');
	}
}

static const char *limit_name(enum limited_by by)
{
	static const char *const NAMES[] = {
		[LIMIT_NONE] = "DesiredWithinRange",
		[LIMIT_TOO_FEW] = "TooFewReplicas",
		[LIMIT_TOO_MANY] = "TooManyReplicas",
		[LIMIT_SCALE_UP] = "ScaleUpLimit",
		[LIMIT_SCALE_DOWN] = "ScaleDownLimit",
	};
	return NAMES[by];
}

static bool has_limits(const struct proposal *p)
{
	return p->bounds == BOUNDS_COMPUTE && !p->failed;
}

static void print_limits(struct buf *out, const struct hpa *hpa, const struct proposal *p)
{
	int32_t least = bounds_min_replicas(&hpa->spec);

	if (!has_limits(p)) {
		buf_printf(
			out, "  limit   bounds %d..%d\n", (int)least, (int)hpa->spec.max_replicas);
		return;
	}
	buf_put_str(out, "  limit   ");
	if (!hpa->spec.behavior)
		buf_printf(out, "no spec.behavior: one pass may reach max(2 x %d, 4) = %d",
			(int)p->current, (int)(p->current > 2 ? 2 * p->current : 4));
	else if (p->limited.has_rate)
		buf_printf(out, "spec.behavior: the policies allow %d in this pass",
			(int)p->limited.rate);
	else
		buf_put_str(out, "spec.behavior: no policy is needed");
	buf_printf(out, "   bounds %d..%d\n", (int)least, (int)hpa->spec.max_replicas);
}

static void print_reason(struct buf *out, const struct proposal *p)
{
	if (p->failed)
		buf_printf(out, "  reason  %.*s\n", SV_ARG(p->error));
	else if (p->bounds == BOUNDS_DISABLED)
		buf_put_str(out, "  reason  the target is at zero replicas, which switches the "
				 "autoscaler off\n");
	else if (p->reason.len > 0)
		buf_printf(out, "  reason  %.*s\n", SV_ARG(p->reason));
	if (!p->failed && p->error.ptr)
		buf_printf(out, "  warning %.*s\n", SV_ARG(p->error));
}

static void print_headline(struct buf *out, const struct hpa *hpa, const struct pass *pass)
{
	const struct proposal *p = &pass->proposal;
	enum plan_verdict verdict = plan_verdict_of(pass);

	buf_printf(out, "%-4s  %.*s/%.*s  %.*s/%.*s", plan_verdict_name(verdict),
		SV_ARG(hpa->meta.ns), SV_ARG(hpa->meta.name), SV_ARG(hpa->spec.target.kind),
		SV_ARG(hpa->spec.target.name));
	if (!pass->decided)
		buf_put_str(out, "  cannot be decided");
	else if (verdict == PLAN_UNDECIDED)
		buf_printf(out, "  stays at %d", (int)p->current);
	else
		buf_printf(out, "  %d -> %d", (int)p->current, (int)p->desired);
	if (pass->decided && has_limits(p) && p->wanted != p->desired)
		buf_printf(out, "   wants %d, %s", (int)p->wanted,
			p->stabilized.replicas != p->wanted ? "held by a stabilisation window"
							    : "limited by ");
	if (pass->decided && has_limits(p) && p->wanted != p->desired &&
		p->stabilized.replicas == p->wanted)
		buf_put_str(out, limit_name(p->limited.by));
	buf_put_char(out, '\n');
}

void plan_print(struct buf *out, const struct hpa *hpa, const struct pass *pass)
{
	const struct conclusion *c = pass_result(pass);

	print_headline(out, hpa, pass);
	if (!pass->decided) {
		buf_printf(out, "  reason  %.*s\n", c ? (int)c->error.len : 0,
			c && c->error.ptr ? c->error.ptr : "");
		return;
	}
	print_metrics(out, hpa, &pass->proposal);
	print_limits(out, hpa, &pass->proposal);
	print_reason(out, &pass->proposal);
	if (has_limits(&pass->proposal))
		buf_put_str(out, "  assume  no window history: recommendations and scale events of "
				 "the running controller are not known here\n");
}

static void encode_metrics(struct jw *w, const struct hpa *hpa, const struct proposal *p)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 65536);
	jw_key(w, "metrics");
	jw_array(w);
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		const struct recommendation *r = &p->recommendations[i];
		jw_object(w);
		buf_clear(&text);
		put_metric_name(&text, m);
		jw_member_sv(w, "metric", buf_sv(&text));
		jw_member_sv(w, "type", m->type);
		buf_clear(&text);
		put_target(&text, m);
		jw_member_sv(w, "target", buf_sv(&text));
		if (r->ok) {
			buf_clear(&text);
			put_value(&text, m, r);
			jw_member_sv(w, "value", buf_sv(&text));
			jw_key(w, "ratio");
			jw_f64(w, r->calculation.ratio);
			jw_member_i64(w, "wants", r->replicas);
			jw_member_bool(w, "decides", p->picked.ok && p->picked.winner == i);
		} else {
			jw_member_sv(w, "error", r->inner);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

void plan_encode(struct jw *w, const struct hpa *hpa, const struct pass *pass)
{
	const struct proposal *p = &pass->proposal;
	const struct conclusion *c = pass_result(pass);
	bool limits = pass->decided && has_limits(p);

	jw_object(w);
	jw_member_sv(w, "namespace", hpa->meta.ns);
	jw_member_sv(w, "name", hpa->meta.name);
	jw_member_sv(w, "targetKind", hpa->spec.target.kind);
	jw_member_sv(w, "targetName", hpa->spec.target.name);
	jw_member_str(w, "verdict", plan_verdict_name(plan_verdict_of(pass)));
	jw_member_i64(w, "minReplicas", bounds_min_replicas(&hpa->spec));
	jw_member_i64(w, "maxReplicas", hpa->spec.max_replicas);
	if (pass->decided) {
		jw_member_i64(w, "currentReplicas", p->current);
		jw_member_i64(w, "desiredReplicas", p->failed ? p->current : p->desired);
		encode_metrics(w, hpa, p);
	}
	if (limits) {
		jw_member_i64(w, "wantedReplicas", p->wanted);
		jw_member_i64(w, "stabilizedReplicas", p->stabilized.replicas);
		jw_member_str(w, "limitedBy", limit_name(p->limited.by));
	}
	if (pass->decided)
		jw_member_sv(w, "reason", p->reason);
	if (c && c->error.ptr)
		jw_member_sv(w, "error", c->error);
	jw_member_bool(w, "windowHistoryKnown", false);
	jw_object_end(w);
}

void plan_print_failure(struct buf *out, struct sv ns, struct sv name, const char *why)
{
	buf_printf(out, "NONE  %.*s/%.*s  cannot be decided\n  reason  %s\n", SV_ARG(ns),
		SV_ARG(name), why);
}

void plan_encode_failure(struct jw *w, struct sv ns, struct sv name, const char *why)
{
	jw_object(w);
	jw_member_sv(w, "namespace", ns);
	jw_member_sv(w, "name", name);
	jw_member_str(w, "verdict", plan_verdict_name(PLAN_UNDECIDED));
	jw_member_str(w, "error", why);
	jw_object_end(w);
}

void plan_print_summary(struct buf *out, const size_t counts[PLAN_N_VERDICTS])
{
	buf_printf(out, "%zu up, %zu down, %zu unchanged, %zu undecided. Nothing was written.\n",
		counts[PLAN_UP], counts[PLAN_DOWN], counts[PLAN_SAME], counts[PLAN_UNDECIDED]);
}
