/* From the proposal to the count that is written. */
#include "cli/explain_limits.h"

#include "cli/explain_own.h"
#include "cli/plan_words.h"
#include "controller/bounds.h"

/* The recommendations that stabilised: the first look's own, or those from before the pass. */
static const struct history_recommendation *recommendation_at(
	const struct source_view *view, size_t i)
{
	const struct proposal *p = &view->pass->proposal;

	if (p->seed)
		return i < p->n_history ? &p->history[i] : NULL;
	return i < view->before->recommendations.n ? &view->before->recommendations.at[i] : NULL;
}

static struct explain_window window_of(const struct source_view *view, bool up, int64_t length_ns)
{
	const struct proposal *p = &view->pass->proposal;
	const struct stabilized *s = &p->stabilized;
	const struct history_recommendation *holder =
		recommendation_at(view, up ? s->up_holder : s->down_holder);
	struct explain_window w = {
		.up = up,
		.length_ns = length_ns,
		.bound = up ? s->up_bound : s->down_bound,
		.holds = s->by == (up ? STABILIZED_UP : STABILIZED_DOWN),
		.has_holder = holder != NULL,
		.seed = p->seed,
	};

	if (holder) {
		w.age_ns = p->now.mono.ns - holder->at.ns;
		w.ends_ns = length_ns - w.age_ns;
	}
	return w;
}

size_t explain_limits_windows(const struct source_view *view, struct explain_window ret[2])
{
	const struct hpa_behavior *b = view->hpa->spec.behavior;
	int64_t down_ns = view->settings->downscale_stabilization_ns;

	if (!b) {
		ret[0] = window_of(view, false, down_ns);
		return 1;
	}
	int64_t up_ns = b->scale_up ? b->scale_up->stabilization_window_sec.value * NS_PER_SEC : 0;
	if (b->scale_down && b->scale_down->stabilization_window_sec.set)
		down_ns = b->scale_down->stabilization_window_sec.value * NS_PER_SEC;
	ret[0] = window_of(view, true, up_ns);
	ret[1] = window_of(view, false, down_ns);
	return 2;
}

static void print_holder(struct buf *out, const struct explain_window *w)
{
	if (w->seed) {
		buf_put_str(out, "the count at the first look, until +");
	} else {
		buf_put_str(out, "recommended ");
		plan_words_duration(out, w->age_ns);
		buf_put_str(out, " ago, until +");
	}
	plan_words_duration(out, w->ends_ns);
}

static void print_window(struct buf *out, const struct source_view *view,
	const struct explain_window *w, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	bool wants_this_way = w->up ? p->wanted > p->current : p->wanted < p->current;

	buf_printf(out, "%swindow%s       scale %s ", s->bold, s->off, w->up ? "up" : "down");
	if (w->length_ns == 0) {
		buf_put_str(out, "none\n");
		return;
	}
	plan_words_duration(out, w->length_ns);
	buf_put_str(out, view->hpa->spec.behavior ? "" : " (the controller's flag)");
	buf_put_str(out, ": ");
	if (w->holds) {
		buf_printf(out, "%sholds %d%s, ", s->bold, (int)p->stabilized.replicas, s->off);
		if (w->has_holder)
			print_holder(out, w);
		else
			buf_put_str(out, "the present count");
	} else if (w->has_holder && wants_this_way) {
		buf_printf(out, "%d stays %d; nearest is %d, ", (int)p->wanted,
			(int)p->stabilized.replicas, (int)w->bound);
		print_holder(out, w);
	} else {
		buf_printf(out, "nothing to hold, %d stays %d", (int)p->wanted,
			(int)p->stabilized.replicas);
	}
	buf_put_char(out, '\n');
}

struct limit_input explain_limits_input(const struct source_view *view)
{
	struct limit_input in = view->pass->proposal.limit_input;

	in.up_events = &view->before->up;
	in.down_events = &view->before->down;
	return in;
}

static void print_policy(
	struct buf *out, const struct limit_input *in, const struct hpa_policy *policy, bool up)
{
	struct limit_room room = limit_policy_room(in, policy, up);

	buf_printf(out, "  policy     %.*s %d per ", SV_ARG(policy->type), (int)policy->value);
	plan_words_duration(out, policy->period_sec * NS_PER_SEC);
	buf_printf(out, ": %d at the period's start (%d added, %d removed since), ", (int)room.base,
		(int)room.added, (int)room.removed);
	if (up)
		buf_printf(out, "may reach %d, room for %d more\n", (int)room.replicas,
			(int)(room.replicas > in->current ? room.replicas - in->current : 0));
	else
		buf_printf(out, "may fall to %d, room for %d fewer\n",
			(int)(room.replicas > 0 ? room.replicas : 0),
			(int)(room.replicas < in->current ? in->current - room.replicas : 0));
}

static void print_rules(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	const struct limit_input in = explain_limits_input(view);
	bool up = in.stabilized >= in.current;
	const struct hpa_rules *rules = up ? in.up : in.down;

	buf_printf(out, "%spolicies%s     ", s->bold, s->off);
	if (in.stabilized == in.current) {
		buf_put_str(out, "none is asked: the count does not change\n");
		return;
	}
	if (rules && sv_is(rules->select_policy, "Disabled")) {
		buf_printf(out, "scale %s is disabled\n", up ? "up" : "down");
		return;
	}
	buf_printf(out, "scale %s to %s %d, the %s of\n", up ? "up" : "down",
		up ? "at most" : "no fewer than", (int)p->limited.rate,
		rules && sv_is(rules->select_policy, "Min") ? "smallest change (Min)"
							    : "largest change (Max)");
	for (size_t i = 0; rules && i < rules->n_policies; i++)
		print_policy(out, &in, &rules->policies[i], up);
}

void explain_limits_print(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	const struct limited *l = &p->limited;
	struct explain_window windows[2];
	size_t n = explain_limits_windows(view, windows);

	for (size_t i = 0; i < n; i++)
		print_window(out, view, &windows[i], s);
	explain_own_print_override(out, view, s);
	if (view->hpa->spec.behavior)
		print_rules(out, view, s);
	else if (view->hpa->spec.own)
		buf_printf(out,
			"%srate%s         no spec.behavior: up to twice the count of 15 s ago, or "
			"4: "
			"%d now, down without limit\n",
			s->bold, s->off, (int)l->rate);
	else
		buf_printf(out,
			"%srate%s         no spec.behavior: up to max(2 x %d, 4) = %d in one "
			"pass, down without limit\n",
			s->bold, s->off, (int)p->current, (int)l->rate);
	buf_printf(out, "%sbounds%s       minReplicas %d, maxReplicas %d: ", s->bold, s->off,
		(int)p->limit_input.min_replicas, (int)p->limit_input.max_replicas);
	if (l->applied)
		buf_printf(out, "%d becomes %s%d%s, %s\n", (int)p->bounded, s->bold,
			(int)l->replicas, s->off, plan_words_limit(l->by));
	else
		buf_printf(out, "%d is within all limits\n", (int)l->replicas);
	if (p->lifted_from_zero)
		buf_printf(
			out, "             lifted from zero to minReplicas %d\n", (int)p->desired);
}
