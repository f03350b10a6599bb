/* A decision in four or five lines: what each metric wants, what limits it, what comes next, and what was assumed. */
#include "cli/plan.h"

#include "cli/plan_words.h"
#include "controller/bounds.h"

/* The rules that decisions follow; conformance is tested against this version. */
#define RULES "rules of Kubernetes 1.36"
/* Later changes that fit on one line. */
#define MAX_NEXT 6

const char *plan_verdict_name(enum plan_verdict v)
{
	static const char *const NAMES[] = { "UP", "DOWN", "SAME", "NONE" };
	return NAMES[v];
}

enum plan_verdict plan_verdict_of(const struct source_view *view)
{
	if (view->problem || !view->pass->decided || view->pass->proposal.failed)
		return PLAN_UNDECIDED;
	const struct proposal *p = &view->pass->proposal;
	if (!p->rescale)
		return PLAN_SAME;
	return p->desired > p->current ? PLAN_UP : PLAN_DOWN;
}

static void print_metrics(struct buf *out, const struct hpa *hpa, const struct proposal *p)
{
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		const struct recommendation *r = &p->recommendations[i];
		buf_put_str(out, "  metric  ");
		plan_words_metric(out, m);
		buf_put_str(out, "   ");
		if (!r->ok) {
			buf_printf(out, "failed: %.*s\n", SV_ARG(r->inner));
			continue;
		}
		plan_words_value(out, m, &r->calculation);
		buf_put_str(out, ", target ");
		plan_words_target(out, m);
		buf_put_str(out, "   x");
		plan_words_ratio(out, r->calculation.ratio);
		buf_printf(out, "   wants %d%s%s\n", (int)r->replicas,
			plan_words_path(r->calculation.path),
			p->picked.ok && p->picked.winner == i ? "   decides" : "");
	}
}

static void print_behavior(struct buf *out, const struct proposal *p)
{
	bool up = p->stabilized.replicas > p->current;
	const struct hpa_rules *rules = up ? p->limit_input.up : p->limit_input.down;

	if (!p->limited.has_rate)
		buf_put_str(out, "spec.behavior: no policy is needed");
	else if (rules && sv_is(rules->select_policy, "Disabled"))
		buf_printf(out, "spec.behavior: %s is disabled", up ? "scaleUp" : "scaleDown");
	else
		buf_printf(out, "spec.behavior: the policies of %s allow %d in this pass",
			up ? "scaleUp" : "scaleDown", (int)p->limited.rate);
}

static void print_limits(struct buf *out, const struct hpa *hpa, const struct proposal *p)
{
	buf_put_str(out, "  limit   ");
	if (plan_words_has_limits(p)) {
		if (hpa->spec.behavior)
			print_behavior(out, p);
		else
			buf_printf(out, "no spec.behavior: one pass may reach max(2 x %d, 4) = %d",
				(int)p->current, (int)p->limited.rate);
		buf_put_str(out, "   ");
	}
	if (p->override.active)
		buf_printf(out, "override %d..%d (%.*s)\n", (int)p->override.min,
			(int)p->override.max, SV_ARG(p->override.reason));
	else
		buf_printf(out, "bounds %d..%d\n", (int)bounds_min_replicas(&hpa->spec),
			(int)hpa->spec.max_replicas);
}

static void print_reason(struct buf *out, const struct source_view *view)
{
	const struct proposal *p = &view->pass->proposal;
	struct sv foreign = view->pass->in.foreign;

	if (foreign.len > 0)
		buf_printf(out, "  reason  %.*s\n", SV_ARG(foreign));
	if (p->failed)
		buf_printf(out, "  reason  %.*s\n", SV_ARG(p->error));
	else if (p->bounds == BOUNDS_DISABLED)
		buf_put_str(out, "  reason  the target is at zero replicas, which switches the "
				 "autoscaler off\n");
	else if (p->reason.len > 0 && p->bounds != BOUNDS_COMPUTE)
		buf_printf(out, "  reason  %.*s\n", SV_ARG(p->reason));
	if (!p->failed && p->error.ptr)
		buf_printf(out, "  warning %.*s\n", SV_ARG(p->error));
}

/* What the passes to come take as given. */
static void print_if(struct buf *out, const struct source_view *view)
{
	const struct what_if_course *c = view->course;
	const struct hpa_metric *metrics = view->hpa->spec.metrics;

	if (view->hpa->spec.n_metrics != 1) {
		buf_put_str(out, " if the totals stay");
	} else if (!c->given[0]) {
		return;
	} else if (plan_words_is_percent(&metrics[0])) {
		buf_put_str(out, " if the load stays");
	} else {
		buf_put_str(out, " if the total stays ");
		plan_words_amount(out, &metrics[0], c->totals_milli[0]);
	}
}

static void print_ratio_of_step(
	struct buf *out, const struct source_view *view, const struct what_if_step *step)
{
	const struct calculate_tolerance t = recommend_tolerance(view->settings, &view->hpa->spec);
	double ratio = plan_words_last_ratio(&step->calculation);
	double bound = ratio > 1 ? 1 + t.up : 1 - t.down;

	if (step->winner == PICK_NONE)
		return;
	buf_put_str(out, " (");
	plan_words_value(out, &view->hpa->spec.metrics[step->winner], &step->calculation);
	buf_put_str(out, ", x");
	plan_words_ratio(out, ratio);
	if (step->calculation.path == CALCULATE_SCALED ||
		step->calculation.path == CALCULATE_FILLED) {
		buf_put_str(out, ratio > 1 ? " > " : " < ");
		plan_words_number(out, bound);
	}
	buf_put_char(out, ')');
}

static void print_end(struct buf *out, const struct source_view *view)
{
	const struct what_if_course *c = view->course;

	switch (c->end) {
	case WHAT_IF_STEADY:
		if (c->n_steps > 1)
			buf_put_str(out, ", then steady");
		if (c->wanted != c->replicas)
			buf_printf(out, "; it keeps wanting %d (%s)", (int)c->wanted,
				plan_words_limit(c->limited_by));
		break;
	case WHAT_IF_UNDECIDED:
		buf_put_str(out, ", then it cannot be decided");
		break;
	case WHAT_IF_TOO_LONG:
		buf_put_str(out, ", and on; not steady after +");
		plan_words_duration(out, c->end_after_ns);
		break;
	case WHAT_IF_TOO_MANY:
		buf_printf(out, "; more than %d pods are not computed", WHAT_IF_MAX_PODS);
		break;
	}
}

/* Where a made-up cluster goes from here. */
static void print_next(struct buf *out, const struct source_view *view)
{
	const struct what_if_course *c = view->course;
	bool grows = view->pass->proposal.desired > view->pass->proposal.current;

	buf_put_str(out, "  next    ");
	if (c->n_steps == 0 && c->end == WHAT_IF_UNDECIDED) {
		buf_put_str(out, "cannot be decided at +");
		plan_words_duration(out, c->end_after_ns);
		buf_put_char(out, '\n');
		return;
	}
	if (c->n_steps == 0)
		buf_printf(out, "steady at %d", (int)c->replicas);
	for (size_t i = 0; i < c->n_steps && i < MAX_NEXT; i++) {
		buf_printf(out, "%s%d at +", i > 0 ? ", " : "", (int)c->steps[i].to);
		plan_words_duration(out, c->steps[i].after_ns);
		grows = grows || c->steps[i].to > c->steps[i].from;
	}
	if (c->n_steps > MAX_NEXT) {
		buf_printf(out, " ... %d at +", (int)c->steps[c->n_steps - 1].to);
		plan_words_duration(out, c->steps[c->n_steps - 1].after_ns);
	}
	if (c->n_steps > 1)
		print_end(out, view);
	print_if(out, view);
	if (c->n_steps > 0)
		print_ratio_of_step(out, view, &c->steps[0]);
	if (grows)
		buf_put_str(out, " and the new pods are Ready");
	if (c->n_steps <= 1)
		print_end(out, view);
	buf_put_char(out, '\n');
}

static void print_assumptions(struct buf *out, const struct source_view *view)
{
	if (!plan_words_has_limits(&view->pass->proposal) && !view->course)
		return;
	buf_put_str(out, "  assume  ");
	if (view->course) {
		const struct what_if_course *c = view->course;
		buf_printf(out, "%d Ready pod%s", (int)c->n_ready, c->n_ready == 1 ? "" : "s");
		if (c->n_pending > 0)
			buf_printf(out, " and %d pending", (int)c->n_pending);
		buf_put_str(out, ", no window history");
	} else if (view->history_known) {
		buf_put_str(out, "the recorded window history");
	} else {
		buf_put_str(out, "no window history: recommendations and scale events of the "
				 "running controller are not known here");
	}
	if (view->course || view->history_known)
		buf_printf(out, "; %.*s", SV_ARG(view->origin));
	buf_put_str(out, "; " RULES "\n");
}

/* What the metrics want, where something stands between it and the count. */
static void print_wanted(struct buf *out, const struct proposal *p)
{
	if (!plan_words_has_limits(p) || p->wanted == p->desired)
		return;
	buf_printf(out, "   wants %d", (int)p->wanted);
	if (p->stabilized.replicas != p->wanted)
		buf_put_str(out, ", held by a stabilisation window");
	if (p->override.active && p->bounded != p->stabilized.replicas)
		buf_put_str(out, ", overridden");
	if (p->limited.applied)
		buf_printf(out, ", limited by %s", plan_words_limit(p->limited.by));
}

void plan_print_headline(struct buf *out, const struct source_view *view)
{
	enum plan_verdict verdict = plan_verdict_of(view);

	buf_printf(out, "%-4s  %.*s/%.*s", plan_verdict_name(verdict), SV_ARG(view->ns),
		SV_ARG(view->name));
	if (view->problem) {
		buf_put_str(out, "  cannot be decided");
		return;
	}
	const struct proposal *p = &view->pass->proposal;
	buf_put_str(out, view->hpa->owner_kind == AUTOSCALER_OWN ? " (fha)" : "");
	buf_printf(out, "  %.*s/%.*s", SV_ARG(view->hpa->spec.target.kind),
		SV_ARG(view->hpa->spec.target.name));
	if (!view->pass->decided) {
		buf_put_str(out, "  cannot be decided");
		return;
	}
	if (p->rescale)
		buf_printf(out, "  %d -> %d", (int)p->current, (int)p->desired);
	else
		buf_printf(out, "  stays at %d", (int)p->current);
	if (p->only_reported && !p->failed && p->desired != p->current)
		buf_printf(out, ", recommends %d", (int)p->desired);
	if (view->pass->in.foreign.len > 0 && !p->failed && p->desired != p->current)
		buf_printf(out, ", alone it would go to %d", (int)p->desired);
	print_wanted(out, p);
}

void plan_print(struct buf *out, const struct source_view *view)
{
	plan_print_headline(out, view);
	buf_put_char(out, '\n');
	if (view->problem) {
		buf_printf(out, "  reason  %s\n", view->problem);
		return;
	}
	if (!view->pass->decided) {
		const struct conclusion *c = pass_result(view->pass);
		struct sv why = c && c->error.ptr ? c->error : SV("");
		buf_printf(out, "  reason  %.*s\n", SV_ARG(why));
		return;
	}
	print_metrics(out, view->hpa, &view->pass->proposal);
	print_limits(out, view->hpa, &view->pass->proposal);
	print_reason(out, view);
	if (view->course && !view->pass->proposal.failed && view->pass->in.foreign.len == 0)
		print_next(out, view);
	print_assumptions(out, view);
}

void plan_print_summary(struct buf *out, const size_t counts[PLAN_N_VERDICTS], bool everywhere)
{
	if (counts[PLAN_UP] + counts[PLAN_DOWN] + counts[PLAN_SAME] + counts[PLAN_UNDECIDED] == 0) {
		buf_put_str(out, everywhere
					 ? "There is no autoscaler in any namespace.\n"
					 : "There is no autoscaler here; -n NAMESPACE or -A looks "
					   "elsewhere.\n");
		return;
	}
	buf_printf(out, "%zu up, %zu down, %zu unchanged, %zu undecided. Nothing was written.\n",
		counts[PLAN_UP], counts[PLAN_DOWN], counts[PLAN_SAME], counts[PLAN_UNDECIDED]);
}
