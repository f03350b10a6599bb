/* The stages of a pass in their order, each with what went in and what came out; then the counterfactual. */
#include "cli/explain.h"

#include "cli/explain_beside.h"
#include "cli/explain_limits.h"
#include "cli/explain_metric.h"
#include "cli/explain_own.h"
#include "cli/plan.h"
#include "cli/plan_words.h"
#include "controller/bounds.h"

const struct explain_style explain_plain = { "", "", "", "", "" };
const struct explain_style explain_colours = {
	.bold = "\033[1m", .dim = "\033[2m", .good = "\033[32m", .bad = "\033[31m", .off = "\033[0m"
};

static void label(struct buf *out, const char *name, const struct explain_style *s)
{
	buf_printf(out, "%s%s%s%*s", s->bold, name, s->off, (int)(13 - strlen(name)), "");
}

static void print_headline(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	enum plan_verdict verdict = plan_verdict_of(view);
	bool moves = verdict == PLAN_UP || verdict == PLAN_DOWN;

	buf_put_str(out, s->bold);
	if (moves)
		buf_put_str(out, s->good);
	if (verdict == PLAN_UNDECIDED)
		buf_put_str(out, s->bad);
	plan_print_headline(out, view);
	buf_put_str(out, s->off);
	buf_put_char(out, '\n');
}

static void print_object(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct hpa *hpa = view->hpa;

	label(out, "object", s);
	buf_printf(out, "%.*s, replicas %d..%d, %zu metric%s, %s\n", SV_ARG(view->origin),
		(int)bounds_min_replicas(&hpa->spec), (int)hpa->spec.max_replicas,
		hpa->spec.n_metrics, hpa->spec.n_metrics == 1 ? "" : "s",
		hpa->spec.behavior ? "spec.behavior" : "no spec.behavior");
}

static void print_target(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct pass *pass = view->pass;
	size_t ready = pods_count_running_ready(&pass->pods);

	label(out, "target", s);
	buf_printf(out, "%.*s/%.*s: spec.replicas %d, status.replicas %d",
		SV_ARG(view->hpa->spec.target.kind), SV_ARG(view->hpa->spec.target.name),
		(int)pass->scale.replicas, (int)pass->scale.status_replicas);
	if (!view->course && pass->scale.selector.len > 0)
		buf_printf(out, ", selector %.*s", SV_ARG(pass->scale.selector));
	if (pass->questions)
		buf_printf(out, "; %zu pod%s, %zu Running and Ready", pass->pods.n,
			pass->pods.n == 1 ? "" : "s", ready);
	buf_put_char(out, '\n');
}

static void print_pick(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;

	label(out, "pick", s);
	if (!p->picked.ok || p->failed) {
		buf_printf(out, "%snothing%s: %.*s\n", s->bad, s->off, SV_ARG(p->error));
		return;
	}
	buf_printf(out, "%s%d%s, ", s->bold, (int)p->wanted, s->off);
	if (p->picked.winner < p->n_recommendations)
		buf_printf(out, "the highest of %zu proposal%s: metric %zu",
			p->n_recommendations - p->picked.n_bad,
			p->n_recommendations - p->picked.n_bad == 1 ? "" : "s",
			p->picked.winner + 1);
	else
		buf_put_str(out, "the present count: no metric proposes more");
	if (p->picked.n_bad > 0)
		buf_printf(out, "; %zu of %zu metrics failed, so the count may not fall",
			p->picked.n_bad, p->n_recommendations);
	buf_put_char(out, '\n');
}

static void print_bounds_only(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	static const char *const WHY[] = {
		[BOUNDS_COMPUTE] = "",
		[BOUNDS_DISABLED] = "the target is at zero replicas, which switches the autoscaler "
				    "off; no metric is read",
		[BOUNDS_ABOVE_MAX] = "the target has more than maxReplicas; no metric is read",
		[BOUNDS_BELOW_MIN] = "the target has fewer than minReplicas; no metric is read",
	};

	label(out, "bounds", s);
	buf_printf(out, "%s\n", WHY[view->pass->proposal.bounds]);
}

static void print_end(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	const struct conclusion *c = pass_result(view->pass);

	label(out, "write", s);
	if (view->pass->decided && p->rescale)
		buf_printf(out, "%.*s/%.*s %s%d -> %d%s\n", SV_ARG(view->hpa->spec.target.kind),
			SV_ARG(view->hpa->spec.target.name), s->bold, (int)p->current,
			(int)p->desired, s->off);
	else
		buf_put_str(out, "none: the scale stays as it is\n");
	for (size_t i = 0; c && i < c->events.n; i++) {
		const struct decide_event *e = &c->events.at[i];
		label(out, "event", s);
		buf_printf(out, "%s %.*s: %.*s\n", e->warning ? "Warning" : "Normal",
			SV_ARG(e->reason), SV_ARG(e->message));
	}
	for (size_t i = 0; c && i < c->status.n_conditions; i++) {
		const struct hpa_condition *e = &c->status.conditions[i];
		label(out, "condition", s);
		buf_printf(out, "%.*s %.*s, %.*s\n", SV_ARG(e->type), SV_ARG(e->status),
			SV_ARG(e->reason));
	}
}

/* "and then 6 at +1m", or what keeps the count. An override may move it the other way, whatever the metric says. */
static void print_outcome(
	struct buf *out, const struct source_view *view, bool up, const struct explain_outcome *o)
{
	int32_t current = view->pass->proposal.current;

	if (o->moves && (up ? o->to < current : o->to > current)) {
		buf_printf(out, ", but the count goes to %d all the same", (int)o->to);
	} else if (o->moves) {
		buf_printf(out, ": %d", (int)o->to);
		if (o->after_ns > 0) {
			buf_put_str(out, " at +");
			plan_words_duration(out, o->after_ns);
			buf_put_str(out, ", once no window holds it");
		} else {
			buf_put_str(out, " at once");
		}
	} else if (o->wanted == view->pass->proposal.current) {
		buf_put_str(out, ", but not for long enough: the pods change before a window ends");
	} else {
		buf_printf(out, ", but %d is not reached: %s", (int)o->wanted,
			o->held ? "a stabilisation window holds" : plan_words_limit(o->by));
	}
	buf_put_char(out, '\n');
}

static void put_reached(
	struct buf *out, const struct hpa_metric *m, const struct explain_threshold *t)
{
	if (plan_words_is_percent(m)) {
		buf_printf(out, "%d%% of requests", (int)t->reached.utilization);
	} else {
		plan_words_value(out, m, &t->reached);
	}
	if (t->from_milli == 0)
		return;
	buf_put_str(out, " (");
	plan_words_change(out, t->from_milli, t->to_milli);
	buf_put_char(out, ')');
}

static void print_threshold(struct buf *out, const struct source_view *view, size_t metric,
	enum explain_turn turn, const struct explain_threshold *t, const struct explain_style *s)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];
	const char *name = turn == EXPLAIN_UP ? "  up" : "  down";

	if (t->already)
		return;
	label(out, name, s);
	plan_words_metric(out, m);
	if (t->found) {
		buf_put_str(out, turn == EXPLAIN_UP ? " from " : " at most ");
		put_reached(out, m, t);
		print_outcome(out, view, turn == EXPLAIN_UP, &t->outcome);
	} else if (t->failing) {
		buf_printf(out, ": no, while metric %zu cannot be read\n", t->blocker + 1);
	} else if (t->blocker != PICK_NONE && t->blocker != metric) {
		buf_printf(out, ": no value of it alone; metric %zu decides\n", t->blocker + 1);
	} else {
		buf_put_str(out, ": no value of it does\n");
	}
}

/* Where the proposal moves already: how far the metric would have to come back. */
static void print_stay(struct buf *out, const struct source_view *view, size_t metric, bool up,
	const struct explain_threshold *t, const struct explain_style *s)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];

	if (!t->found)
		return;
	label(out, up ? "  not up" : "  not down", s);
	plan_words_metric(out, m);
	buf_put_str(out, up ? " at most " : " from ");
	put_reached(out, m, t);
	buf_put_char(out, '\n');
}

static void print_time(struct buf *out, const struct source_view *view,
	const struct explain_change *change, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;

	if (p->rescale)
		return;
	label(out, "  time", s);
	if (change->time.moves && change->time.after_ns > 0) {
		buf_printf(out, "%d at +", (int)change->time.to);
		plan_words_duration(out, change->time.after_ns);
		buf_put_str(out, " if all values stay as they are\n");
	} else if (p->wanted != p->current) {
		buf_put_str(out, "alone changes nothing: ");
		buf_printf(
			out, "%s keeps %d\n", plan_words_limit(change->time.by), (int)p->current);
	} else {
		buf_put_str(out, "alone changes nothing\n");
	}
}

static void print_change(struct buf *out, const struct source_view *view,
	const struct explain_change *change, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	bool up = p->wanted > p->current;

	buf_put_char(out, '\n');
	buf_printf(out, "%sWhat would change it%s\n", s->bold, s->off);
	for (size_t i = 0; i < view->hpa->spec.n_metrics; i++) {
		const struct explain_metric_change *m = &change->metrics[i];
		if (!m->usable) {
			label(out, "  any", s);
			plan_words_metric(out, &view->hpa->spec.metrics[i]);
			buf_put_str(out, ": not known, it has no usable value\n");
			continue;
		}
		print_threshold(out, view, i, EXPLAIN_UP, &m->turns[EXPLAIN_UP], s);
		print_stay(out, view, i, up, &m->stay, s);
		print_threshold(out, view, i, EXPLAIN_DOWN, &m->turns[EXPLAIN_DOWN], s);
	}
	if (change->all_down_found) {
		label(out, "  down", s);
		buf_put_str(out, "all metrics together at x");
		plan_words_number(out, (double)change->all_down_millionths / 1000000);
		print_outcome(out, view, false, &change->all_down);
	}
	print_time(out, view, change, s);
}

static void print_undecided(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct conclusion *c = pass_result(view->pass);

	label(out, "target", s);
	buf_printf(
		out, "%scannot be read%s: %.*s\n", s->bad, s->off, SV_ARG(c ? c->error : SV_NULL));
	print_end(out, view, s);
}

void explain_print(struct buf *out, const struct source_view *view,
	const struct explain_change *change, const struct explain_style *s)
{
	print_headline(out, view, s);
	if (view->problem) {
		label(out, "reason", s);
		buf_printf(out, "%s\n", view->problem);
		return;
	}
	const struct proposal *p = &view->pass->proposal;
	print_object(out, view, s);
	if (!view->pass->decided) {
		print_undecided(out, view, s);
		return;
	}
	print_target(out, view, s);
	for (size_t i = 0; i < p->n_recommendations; i++)
		explain_metric_print(out, view, i, s);
	explain_own_print_guards(out, view, s);
	if (p->bounds == BOUNDS_COMPUTE)
		print_pick(out, view, s);
	else
		print_bounds_only(out, view, s);
	explain_own_print_fallback(out, view, s);
	if (plan_words_has_limits(p))
		explain_limits_print(out, view, s);
	explain_own_print_mode(out, view, s);
	explain_beside_print(out, view, s);
	print_end(out, view, s);
	if (change->computed)
		print_change(out, view, change, s);
}
