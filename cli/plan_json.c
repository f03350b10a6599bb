/* Member names follow the autoscaler object's own; numbers are numbers, values are quantities. */
#include "cli/plan_json.h"

#include "cli/plan_words.h"
#include "common/limits.h"
#include "controller/bounds.h"

static void member_text(struct jw *w, const char *key, struct buf *text)
{
	jw_member_sv(w, key, buf_sv(text));
	buf_clear(text);
}

static void encode_value(
	struct jw *w, const struct hpa_metric *m, const struct recommendation *r, struct buf *text)
{
	const struct calculation *c = &r->calculation;

	if (plan_words_is_percent(m)) {
		jw_member_i64(w, "currentUtilization", c->utilization);
	} else {
		plan_words_quantity(text, m, c->usage_milli);
		member_text(
			w, plan_words_is_total(m) ? "currentValue" : "currentAverageValue", text);
	}
	jw_key(w, "ratio");
	jw_f64(w, c->ratio);
	if (c->n_filled > 0) {
		jw_key(w, "filledRatio");
		jw_f64(w, c->filled_ratio);
	}
	jw_member_i64(w, "wants", r->replicas);
}

static void encode_metrics(struct jw *w, const struct hpa *hpa, const struct proposal *p)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	jw_key(w, "metrics");
	jw_array(w);
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		const struct recommendation *r = &p->recommendations[i];
		jw_object(w);
		plan_words_metric(&text, m);
		member_text(w, "metric", &text);
		jw_member_sv(w, "type", m->type);
		plan_words_target(&text, m);
		member_text(w, "target", &text);
		if (r->ok) {
			encode_value(w, m, r, &text);
			jw_member_bool(w, "decides", p->picked.ok && p->picked.winner == i);
		} else {
			jw_member_sv(w, "error", r->inner);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void encode_course(struct jw *w, const struct what_if_course *c)
{
	static const char *const ENDS[] = {
		[WHAT_IF_STEADY] = "steady",
		[WHAT_IF_UNDECIDED] = "undecided",
		[WHAT_IF_TOO_LONG] = "not steady within what is computed",
		[WHAT_IF_TOO_MANY] = "too many pods to compute",
	};

	jw_key(w, "next");
	jw_array(w);
	for (size_t i = 0; i < c->n_steps; i++) {
		jw_object(w);
		jw_key(w, "afterSeconds");
		jw_f64(w, (double)c->steps[i].after_ns / (double)NS_PER_SEC);
		jw_member_i64(w, "currentReplicas", c->steps[i].from);
		jw_member_i64(w, "desiredReplicas", c->steps[i].to);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key(w, "end");
	jw_object(w);
	jw_member_str(w, "state", ENDS[c->end]);
	jw_key(w, "afterSeconds");
	jw_f64(w, (double)c->end_after_ns / (double)NS_PER_SEC);
	jw_member_i64(w, "replicas", c->replicas);
	jw_member_i64(w, "wantedReplicas", c->wanted);
	jw_object_end(w);
}

static void encode_limits(struct jw *w, const struct proposal *p)
{
	jw_member_i64(w, "wantedReplicas", p->wanted);
	jw_member_i64(w, "stabilizedReplicas", p->stabilized.replicas);
	jw_member_bool(w, "stabilized", p->stabilized.by != STABILIZED_NOT);
	jw_member_str(w, "limitedBy", plan_words_limit(p->limited.by));
	jw_member_bool(w, "limited", p->limited.applied);
}

void plan_json_members(struct jw *w, const struct source_view *view)
{
	jw_member_sv(w, "namespace", view->ns);
	jw_member_sv(w, "name", view->name);
	jw_member_str(w, "verdict", plan_verdict_name(plan_verdict_of(view)));
	if (view->problem) {
		jw_member_str(w, "error", view->problem);
		return;
	}
	const struct hpa *hpa = view->hpa;
	const struct proposal *p = &view->pass->proposal;
	const struct conclusion *c = pass_result(view->pass);
	jw_member_sv(w, "targetKind", hpa->spec.target.kind);
	jw_member_sv(w, "targetName", hpa->spec.target.name);
	jw_member_i64(w, "minReplicas", bounds_min_replicas(&hpa->spec));
	jw_member_i64(w, "maxReplicas", hpa->spec.max_replicas);
	if (view->pass->decided) {
		jw_member_i64(w, "currentReplicas", p->current);
		jw_member_i64(w, "desiredReplicas", p->failed ? p->current : p->desired);
		encode_metrics(w, hpa, p);
		if (plan_words_has_limits(p))
			encode_limits(w, p);
		jw_member_sv(w, "reason", p->reason);
	}
	if (view->pass->in.foreign.len > 0)
		jw_member_sv(w, "foreign", view->pass->in.foreign);
	if (c && c->error.ptr)
		jw_member_sv(w, "error", c->error);
	if (view->course)
		encode_course(w, view->course);
	jw_member_sv(w, "origin", view->origin);
	jw_member_bool(w, "windowHistoryKnown", view->history_known);
}

void plan_json_encode(struct jw *w, const struct source_view *view)
{
	jw_object(w);
	plan_json_members(w, view);
	jw_object_end(w);
}
