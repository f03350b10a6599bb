/* The stages as objects. Times are seconds; names are those of the text. */
#include "cli/explain_json.h"

#include "cli/explain_beside.h"
#include "cli/explain_limits.h"
#include "cli/explain_metric.h"
#include "cli/plan_json.h"
#include "cli/plan_words.h"
#include "common/limits.h"

static void member_f64(struct jw *w, const char *key, double value)
{
	jw_key(w, key);
	jw_f64(w, value);
}

static void member_seconds(struct jw *w, const char *key, int64_t ns)
{
	member_f64(w, key, (double)ns / (double)NS_PER_SEC);
}

static void member_quantity(
	struct jw *w, const char *key, const struct hpa_metric *m, int64_t milli)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	plan_words_quantity(&text, m, milli);
	jw_member_sv(w, key, buf_sv(&text));
}

static void encode_pods(struct jw *w, const struct pods_groups *g)
{
	jw_key(w, "pods");
	jw_array(w);
	for (size_t i = 0; g->reasons && i < g->pods.n; i++) {
		jw_object(w);
		jw_member_sv(w, "name", g->pods.at[i]->name);
		jw_member_str(w, "counted", pods_reason_text((enum pods_reason)g->reasons[i]));
		if (g->samples[i])
			member_f64(w, "value", (double)g->samples[i]->milli / 1000);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void encode_stage_metrics(struct jw *w, const struct source_view *view)
{
	const struct proposal *p = &view->pass->proposal;
	const struct calculate_tolerance t = recommend_tolerance(view->settings, &view->hpa->spec);

	jw_key(w, "metricStages");
	jw_array(w);
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct recommendation *r = &p->recommendations[i];
		const struct hpa_metric *m = &view->hpa->spec.metrics[i];
		jw_object(w);
		encode_pods(w, &r->groups);
		if (r->ok) {
			member_quantity(w, "sum", m, r->calculation.total_milli);
			if (r->requests_milli)
				member_quantity(w, "requests", m, r->calculation.request_milli);
			member_f64(w, "ratio", r->calculation.ratio);
			if (r->calculation.n_filled > 0)
				member_f64(w, "filledRatio", r->calculation.filled_ratio);
			member_f64(w, "toleranceFrom", 1 - t.down);
			member_f64(w, "toleranceTo", 1 + t.up);
			jw_member_bool(w, "withinTolerance",
				calculate_within(&t, plan_words_last_ratio(&r->calculation)));
			jw_member_i64(w, "proposal", r->replicas);
		} else {
			jw_member_sv(w, "error", r->inner);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void encode_windows(struct jw *w, const struct source_view *view)
{
	struct explain_window windows[2];
	size_t n = explain_limits_windows(view, windows);

	jw_key(w, "windows");
	jw_array(w);
	for (size_t i = 0; i < n; i++) {
		jw_object(w);
		jw_member_str(w, "direction", windows[i].up ? "up" : "down");
		member_seconds(w, "seconds", windows[i].length_ns);
		jw_member_bool(w, "holds", windows[i].holds);
		jw_member_i64(w, "bound", windows[i].bound);
		if (windows[i].has_holder) {
			jw_member_bool(w, "firstLook", windows[i].seed);
			member_seconds(w, "recommendationAge", windows[i].age_ns);
			member_seconds(w, "endsAfter", windows[i].ends_ns);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void encode_policies(struct jw *w, const struct source_view *view)
{
	const struct limit_input in = explain_limits_input(view);
	bool up = in.stabilized > in.current;
	const struct hpa_rules *rules = up ? in.up : in.down;

	jw_key(w, "policies");
	jw_array(w);
	for (size_t i = 0; rules && in.stabilized != in.current && i < rules->n_policies; i++) {
		const struct hpa_policy *policy = &rules->policies[i];
		struct limit_room room = limit_policy_room(&in, policy, up);
		jw_object(w);
		jw_member_str(w, "direction", up ? "up" : "down");
		jw_member_sv(w, "type", policy->type);
		jw_member_i64(w, "value", policy->value);
		jw_member_i64(w, "periodSeconds", policy->period_sec);
		jw_member_i64(w, "startReplicas", room.base);
		jw_member_i64(w, "added", room.added);
		jw_member_i64(w, "removed", room.removed);
		jw_member_i64(w, "limit", room.replicas);
		jw_object_end(w);
	}
	jw_array_end(w);
	if (view->pass->proposal.limited.has_rate)
		jw_member_i64(w, "rateLimit", view->pass->proposal.limited.rate);
}

static void encode_results(struct jw *w, const struct conclusion *c)
{
	jw_key(w, "events");
	jw_array(w);
	for (size_t i = 0; i < c->events.n; i++) {
		jw_object(w);
		jw_member_str(w, "type", c->events.at[i].warning ? "Warning" : "Normal");
		jw_member_sv(w, "reason", c->events.at[i].reason);
		jw_member_sv(w, "message", c->events.at[i].message);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key(w, "conditions");
	jw_array(w);
	for (size_t i = 0; i < c->status.n_conditions; i++) {
		const struct hpa_condition *e = &c->status.conditions[i];
		jw_object(w);
		jw_member_sv(w, "type", e->type);
		jw_member_sv(w, "status", e->status);
		jw_member_sv(w, "reason", e->reason);
		jw_member_sv(w, "message", e->message);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void encode_outcome(struct jw *w, const struct explain_outcome *o)
{
	jw_member_bool(w, "moves", o->moves);
	if (o->moves) {
		member_seconds(w, "afterSeconds", o->after_ns);
		jw_member_i64(w, "replicas", o->to);
		return;
	}
	jw_member_i64(w, "wantedReplicas", o->wanted);
	jw_member_str(w, "keptBy", o->held ? "StabilizationWindow" : plan_words_limit(o->by));
}

static void encode_threshold(struct jw *w, const char *key, const struct hpa_metric *m,
	const struct explain_threshold *t)
{
	if (!t->found)
		return;
	jw_key(w, key);
	jw_object(w);
	if (plan_words_is_percent(m))
		jw_member_i64(w, "utilization", t->reached.utilization);
	else
		member_quantity(w, "value", m, t->reached.usage_milli);
	if (t->from_milli > 0)
		member_f64(w, "factor", (double)t->to_milli / (double)t->from_milli);
	encode_outcome(w, &t->outcome);
	jw_object_end(w);
}

static void encode_change(
	struct jw *w, const struct source_view *view, const struct explain_change *change)
{
	jw_key(w, "change");
	jw_object(w);
	jw_key(w, "metrics");
	jw_array(w);
	for (size_t i = 0; i < view->hpa->spec.n_metrics; i++) {
		const struct hpa_metric *m = &view->hpa->spec.metrics[i];
		const struct explain_metric_change *c = &change->metrics[i];
		jw_object(w);
		jw_member_bool(w, "usable", c->usable);
		encode_threshold(w, "up", m, &c->turns[EXPLAIN_UP]);
		encode_threshold(w, "stay", m, &c->stay);
		encode_threshold(w, "down", m, &c->turns[EXPLAIN_DOWN]);
		jw_object_end(w);
	}
	jw_array_end(w);
	if (change->all_down_found) {
		jw_key(w, "allDown");
		jw_object(w);
		member_f64(w, "factor", (double)change->all_down_millionths / 1000000);
		encode_outcome(w, &change->all_down);
		jw_object_end(w);
	}
	if (!view->pass->proposal.rescale) {
		jw_key(w, "time");
		jw_object(w);
		encode_outcome(w, &change->time);
		jw_object_end(w);
	}
	jw_object_end(w);
}

void explain_json_encode(
	struct jw *w, const struct source_view *view, const struct explain_change *change)
{
	const struct conclusion *c = view->problem ? NULL : pass_result(view->pass);

	jw_object(w);
	plan_json_members(w, view);
	if (!view->problem && view->pass->decided) {
		encode_stage_metrics(w, view);
		if (plan_words_has_limits(&view->pass->proposal)) {
			encode_windows(w, view);
			encode_policies(w, view);
		}
		explain_beside_encode(w, view);
	}
	if (c)
		encode_results(w, c);
	if (change->computed)
		encode_change(w, view, change);
	jw_object_end(w);
}
