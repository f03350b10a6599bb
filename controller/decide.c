/* The decision, stage by stage. Each stage reads the proposal so far and adds its own result; the
 * order is PASS_STAGES' and nobody else's. A metric that fails is part of the decision; an error of
 * this function means that there is none. */
#include "controller/decide.h"

#include "controller/decide_notes.h"
#include "controller/own_kind.h"
#include "controller/own_report.h"
#include "controller/stages.h"
#include "controller/words.h"

/* Events of a pass that do not come from a metric: the selector's or FailedComputeMetricsReplicas,
 * and those of the scale write. */
#define OTHER_EVENTS (5 + DECIDE_NOTES_EVENTS)

#define TEXT_ABOVE_MAX "Current number of replicas above Spec.MaxReplicas"
#define TEXT_BELOW_MIN "Current number of replicas below Spec.MinReplicas"
#define TEXT_UNABLE "the HPA was unable to compute the replica count: "

struct work {
	struct arena *a;
	const struct decide_input *in;
	struct proposal *p;
	bool computing; /* still on the way from metrics to a count */
	bool blind;	/* no metric can be read, but an override is to be met */
	bool lost;	/* the metrics give no count */
	struct error *err;
};

static void set_condition(
	struct work *w, const char *type, bool truth, struct sv reason, struct sv message)
{
	struct conditions_entry entry = { type, truth, reason, message };
	conditions_set(&w->p->conditions, &entry, w->in->now.wall);
}

static bool is_asleep(const struct work *w)
{
	return bounds_scaled_to_zero(w->in->settings, w->in->hpa, w->in->history->asleep);
}

/* Is there anything to compute? Sets what holds without metrics. */
static enum error_kind check_bounds(struct work *w)
{
	const struct hpa *hpa = w->in->hpa;
	struct proposal *p = w->p;

	set_condition(w, "AbleToScale", true, SV("SucceededGetScale"),
		SV("the HPA controller was able to get the target's current scale"));
	p->override = override_of(&hpa->spec, w->in->now.wall);
	p->bounds = bounds_check(
		w->in->settings, hpa, w->in->history->asleep, p->current, w->in->now.wall);
	if (p->current == 0 && is_asleep(w) && !bounds_scaled_to_zero(w->in->settings, hpa, false))
		set_condition(w, "ScaledToZero", true, SV("ScaledToZero"),
			SV("the HPA controller scaled the workload to zero"));
	switch (p->bounds) {
	case BOUNDS_COMPUTE:
		w->computing = true;
		break;
	case BOUNDS_DISABLED:
		p->desired = p->current;
		set_condition(w, "ScalingActive", false, SV("ScalingDisabled"),
			SV("scaling is disabled since the replica count of the target is zero"));
		if (!bounds_may_sleep(w->in->settings, hpa))
			conditions_remove(&p->conditions, "ScaledToZero");
		break;
	case BOUNDS_ABOVE_MAX:
		p->desired = hpa->spec.max_replicas;
		p->reason = SV(TEXT_ABOVE_MAX);
		p->rescale = true;
		break;
	case BOUNDS_BELOW_MIN:
		p->desired = bounds_min_replicas(&hpa->spec);
		p->reason = SV(TEXT_BELOW_MIN);
		p->rescale = true;
		break;
	}
	return ERR_OK;
}

static void fail(struct work *w, struct sv error)
{
	w->computing = false;
	w->p->failed = true;
	w->p->error = error;
}

/* A selector that selects nothing, or too much: no metric is read. */
static enum error_kind check_target(struct work *w)
{
	static const char *const EVENTS[] = {
		[TARGET_NO_SELECTOR] = "SelectorRequired",
		[TARGET_BAD_SELECTOR] = "InvalidSelector",
		[TARGET_AMBIGUOUS] = "AmbiguousSelector",
	};
	enum target_problem problem = w->in->target->problem;
	struct sv message = w->in->target->why, reason;

	w->p->target_problem = problem;
	if (problem == TARGET_OK)
		return ERR_OK;
	decide_events_add(&w->p->events, true, sv_of(EVENTS[problem]), message);
	if (w->p->override.active) {
		w->blind = w->lost = true;
		w->p->error = message;
	} else {
		fail(w, message);
	}
	reason = problem == TARGET_AMBIGUOUS ? SV("AmbiguousSelector") : SV("InvalidSelector");
	if (problem == TARGET_NO_SELECTOR)
		message = SV("the HPA target's scale is missing a selector");
	set_condition(w, "ScalingActive", false, reason, message);
	return ERR_OK;
}

static struct recommend_input recommend_input(const struct work *w)
{
	return (struct recommend_input){
		.settings = w->in->settings,
		.hpa = w->in->hpa,
		.scale = w->in->scale,
		.pods = w->in->pods,
		.tolerance = recommend_tolerance(w->in->settings, &w->in->hpa->spec),
		.now = w->in->now.wall,
	};
}

static enum error_kind stage_classify(struct work *w)
{
	const struct hpa_spec *spec = &w->in->hpa->spec;
	struct recommend_input in = recommend_input(w);
	struct proposal *p = w->p;

	if (w->blind)
		return ERR_OK;
	p->n_recommendations = p->n_statuses = spec->n_metrics;
	p->recommendations = ARENA_ARRAY(w->a, spec->n_metrics, struct recommendation);
	p->statuses = ARENA_ARRAY(w->a, spec->n_metrics, struct hpa_metric_status);
	if (!p->recommendations || !p->statuses)
		return arena_error(w->a, w->err);
	for (size_t i = 0; i < spec->n_metrics; i++)
		if (recommend_classify(w->a, &in, &spec->metrics[i], &w->in->questions[i],
			    &w->in->readings[i], &p->recommendations[i].groups, w->err))
			return w->err->kind;
	return ERR_OK;
}

static enum error_kind stage_recommend(struct work *w)
{
	const struct hpa_spec *spec = &w->in->hpa->spec;
	struct recommend_input in = recommend_input(w);

	for (size_t i = 0; i < spec->n_metrics && !w->blind; i++) {
		struct recommendation *r = &w->p->recommendations[i];
		if (recommend_compute(w->a, &in, &spec->metrics[i], &w->in->questions[i],
			    &w->in->readings[i], r, w->err))
			return w->err->kind;
		w->p->statuses[i] = r->status;
		if (!r->ok)
			decide_events_add(&w->p->events, true, sv_of(r->reason), r->inner);
	}
	return ERR_OK;
}

static enum error_kind stage_guard(struct work *w)
{
	const struct guard_input in = {
		.spec = &w->in->hpa->spec,
		.pods = w->in->pods,
		.memory = &w->in->history->metrics,
		.frozen = w->in->frozen,
		.current = w->p->current,
		.enabled = w->in->settings->guards,
	};
	if (w->blind)
		return ERR_OK;
	w->p->remembers_metrics = in.enabled || in.spec->own;
	return guard_compute(w->a, &in, w->p->recommendations, &w->p->guards, w->err);
}

/* The text of a partial or total failure of the metrics. */
static struct sv bad_metrics(struct work *w)
{
	const struct proposal *p = w->p;
	if (p->picked.n_bad == 0)
		return SV("invalid metrics (spec.metrics is empty)");
	return WORDS(w->a, SV("invalid metrics ("), words_i64(w->a, (int64_t)p->picked.n_bad),
		SV(" invalid out of "), words_i64(w->a, (int64_t)p->n_recommendations),
		SV("), first error is: "), p->recommendations[p->picked.first_bad].outer);
}

static enum error_kind set_active(struct work *w)
{
	const struct proposal *p = w->p;
	struct sv message, reason = SV("ValidMetricFound");
	bool active = p->picked.ok;

	if (active) {
		message = WORDS(w->a,
			SV("the HPA was able to successfully calculate a replica count from "),
			recommend_name(w->a, &w->in->hpa->spec.metrics[p->picked.winner]));
	} else if (p->picked.n_bad == 0) {
		reason = SV("InvalidMetricSourceType");
		message = SV(TEXT_UNABLE "spec.metrics is empty");
	} else {
		const struct recommendation *bad = &p->recommendations[p->picked.first_bad];
		reason = sv_of(bad->reason);
		message = WORDS(w->a, SV(TEXT_UNABLE), bad->inner);
	}
	if (!message.ptr)
		return arena_error(w->a, w->err);
	set_condition(w, "ScalingActive", active, reason, message);
	return ERR_OK;
}

/* A count of -1 beside an error is how the reference spells "all failed", also where it is a
 * proposal. */
static bool is_total_failure(const struct picked *picked)
{
	return !picked->ok || (picked->n_bad > 0 && picked->replicas == -1);
}

static enum error_kind stage_pick(struct work *w)
{
	struct proposal *p = w->p;
	if (w->blind)
		return ERR_OK;
	p->picked = pick_compute(p->recommendations, p->n_recommendations, p->current);
	if (set_active(w))
		return w->err->kind;
	if (p->picked.n_bad > 0 || !p->picked.ok) {
		p->error = bad_metrics(w);
		if (!p->error.ptr)
			return arena_error(w->a, w->err);
	}
	w->lost = is_total_failure(&p->picked);
	if (w->lost)
		return ERR_OK;

	p->wanted = p->picked.replicas > 0 ? p->picked.replicas : 0;
	if (p->wanted > p->current) {
		p->reason = WORDS(w->a,
			recommend_name(w->a, &w->in->hpa->spec.metrics[p->picked.winner]),
			SV(" above target"));
		if (!p->reason.ptr)
			return arena_error(w->a, w->err);
	} else if (p->wanted < p->current) {
		p->reason = SV("All metrics below target");
	}
	return ERR_OK;
}

/* At zero by our own doing, with a minimum above it: nothing has to be read to leave it. */
static bool has_to_wake(const struct work *w)
{
	const struct hpa *hpa = w->in->hpa;
	return hpa->spec.own && w->p->current == 0 && bounds_min_replicas(&hpa->spec) > 0 &&
	       is_asleep(w);
}

/* What becomes of a pass whose metrics give no count. */
static enum error_kind stage_fallback(struct work *w)
{
	const struct fallback_input in = {
		.spec = &w->in->hpa->spec,
		.recommendations = w->p->recommendations,
		.memory = &w->in->history->metrics,
		.current = w->p->current,
		.now = w->in->now.mono,
	};
	struct proposal *p = w->p;

	if (in.spec->own && !w->blind)
		p->fallback = fallback_compute(&in);
	if (p->fallback.metric != FALLBACK_NONE && (w->lost || p->fallback.replicas > p->wanted)) {
		w->lost = false;
		p->wanted = p->fallback.replicas;
		p->reason = WORDS(w->a, SV("fallback of "),
			recommend_name(w->a, &in.spec->metrics[p->fallback.metric]));
		if (!p->reason.ptr)
			return arena_error(w->a, w->err);
	}
	if (w->lost && !p->override.active && !has_to_wake(w))
		fail(w, p->error);
	return ERR_OK;
}

/* Rules of a direction; none at all where a broken object lacks them, which lets nothing move that
 * way. */
static const struct hpa_rules *rules_of(const struct hpa_rules *rules)
{
	static const struct hpa_rules NONE = { 0 };
	return rules ? rules : &NONE;
}

static int64_t longest_period_ns(const struct hpa_rules *rules)
{
	int32_t longest_sec = 0;
	for (size_t i = 0; i < rules->n_policies; i++)
		if (rules->policies[i].period_sec > longest_sec)
			longest_sec = rules->policies[i].period_sec;
	return longest_sec * NS_PER_SEC;
}

/* What the controller before us saw and did since it wrote down its history is unknown, a scale write without a trace in the status included: decreases
 * wait until no recommendation and no scale event from before can matter. */
static struct mono hold_after_gap(const struct work *w, int64_t down_window_ns)
{
	const struct hpa_behavior *behavior = w->in->hpa->spec.behavior;
	int64_t period_ns = behavior ? longest_period_ns(rules_of(behavior->scale_down)) : 0;

	return (struct mono){ w->in->now.mono.ns +
			      (period_ns > down_window_ns ? period_ns : down_window_ns) };
}

static void hold(struct work *w, int64_t down_window_ns)
{
	struct proposal *p = w->p;

	if (w->in->settings->arithmetic == ARITH_STRICT)
		return;
	p->hold_until = w->in->history->hold_until;
	if (p->closes_gap) {
		struct mono until = hold_after_gap(w, down_window_ns);
		if (until.ns > p->hold_until.ns)
			p->hold_until = until;
	}
	if (w->in->now.mono.ns >= p->hold_until.ns || p->stabilized.replicas >= p->current)
		return;
	p->held = true;
	p->stabilized.replicas = p->stabilized.down_bound = p->current;
	p->stabilized.down_holder = STABILIZED_BY_NONE;
	p->stabilized.by = STABILIZED_DOWN;
}

static int64_t window_ns(const struct opt_i32 *window_sec, int64_t fallback_sec)
{
	return (window_sec->set ? window_sec->value : fallback_sec) * NS_PER_SEC;
}

static enum error_kind stage_stabilise(struct work *w)
{
	const struct hpa_behavior *behavior = w->in->hpa->spec.behavior;
	int64_t flag_ns = w->in->settings->downscale_stabilization_ns;
	struct proposal *p = w->p;
	struct stabilize_input in = {
		.recommendations = p->history,
		.n_recommendations = p->n_history,
		.current = p->current,
		.desired = p->wanted,
		.now = w->in->now.mono,
		.has_behavior = behavior != NULL,
		.down_window_ns = flag_ns,
	};
	if (behavior) {
		in.up_window_ns =
			window_ns(&rules_of(behavior->scale_up)->stabilization_window_sec, 0);
		in.down_window_ns =
			window_ns(&rules_of(behavior->scale_down)->stabilization_window_sec,
				flag_ns / NS_PER_SEC);
	}
	p->up_window_ns = in.up_window_ns;
	p->down_window_ns = in.down_window_ns;
	p->stabilized = (struct stabilized){ .replicas = p->current,
		.up_bound = p->current,
		.down_bound = p->current,
		.up_holder = STABILIZED_BY_NONE,
		.down_holder = STABILIZED_BY_NONE,
		.slot = HISTORY_APPEND };
	if (w->lost)
		return ERR_OK;
	p->stabilized = stabilize_compute(&in);
	p->recommended = true;
	hold(w, in.down_window_ns);
	return ERR_OK;
}

static enum error_kind stage_override(struct work *w)
{
	struct proposal *p = w->p;
	p->bounded = override_apply(&p->override, p->stabilized.replicas);
	if (p->bounded == p->stabilized.replicas)
		return ERR_OK;
	p->reason = WORDS(w->a, SV("override: "), p->override.reason);
	return p->reason.ptr ? ERR_OK : arena_error(w->a, w->err);
}

/* A percentage of zero is zero: without this, an object of our kind with such a policy would never
 * wake up. */
static bool would_sleep_on(const struct work *w)
{
	const struct limit_input *in = &w->p->limit_input;
	return w->in->hpa->spec.own && in->current == 0 && in->stabilized > 0 &&
	       w->p->desired == 0 && !(in->up && sv_is(in->up->select_policy, "Disabled"));
}

static enum error_kind stage_limit(struct work *w)
{
	const struct hpa_spec *spec = &w->in->hpa->spec;
	struct proposal *p = w->p;
	int32_t min = p->override.active ? p->override.min : bounds_min_replicas(spec);

	p->limit_input = (struct limit_input){
		.current = p->current,
		.stabilized = p->bounded,
		.min_replicas = min,
		.max_replicas = p->override.active ? p->override.max : spec->max_replicas,
		.up = spec->behavior ? rules_of(spec->behavior->scale_up) : NULL,
		.down = spec->behavior ? rules_of(spec->behavior->scale_down) : NULL,
		.up_events = &w->in->history->up,
		.down_events = &w->in->history->down,
		.now = w->in->now.mono,
		.mode = w->in->settings->arithmetic,
		.step_sec = spec->own ? LIMIT_STEP_SEC : 0,
	};
	p->limited = limit_compute(&p->limit_input);
	p->desired = p->limited.replicas;
	if (would_sleep_on(w))
		p->desired = 1;
	if (p->current == 0 && min != 0 && p->desired < min && !p->override.active &&
		is_asleep(w)) {
		p->desired = min;
		p->lifted_from_zero = true;
		if (p->reason.len == 0)
			p->reason = SV(TEXT_BELOW_MIN);
	}
	p->rescale = p->desired != p->current;
	return ERR_OK;
}

static enum error_kind stage_conditions(struct work *w)
{
	static const struct {
		const char *reason, *message;
	} STABILIZED[] = {
		[STABILIZED_NOT] = { "ReadyForNewScale", "recommended size matches current size" },
		[STABILIZED_UP] = { "ScaleUpStabilized",
			"recent recommendations were lower than current one, applying the lowest "
			"recent recommendation" },
		[STABILIZED_DOWN] = { "ScaleDownStabilized",
			"recent recommendations were higher than current one, applying the highest "
			"recent recommendation" },
	};
	static const struct {
		const char *reason, *message;
	} LIMITED[] = {
		[LIMIT_NONE] = { "DesiredWithinRange",
			"the desired count is within the acceptable range" },
		[LIMIT_TOO_FEW] = { "TooFewReplicas",
			"the desired replica count is less than the minimum replica count" },
		[LIMIT_TOO_MANY] = { "TooManyReplicas",
			"the desired replica count is more than the maximum replica count" },
		[LIMIT_SCALE_UP] = { "ScaleUpLimit", "the desired replica count is increasing "
						     "faster than the maximum scale rate" },
		[LIMIT_SCALE_DOWN] = { "ScaleDownLimit", "the desired replica count is decreasing "
							 "faster than the maximum scale rate" },
	};
	const struct proposal *p = w->p;
	set_condition(w, "AbleToScale", true, sv_of(STABILIZED[p->stabilized.by].reason),
		sv_of(STABILIZED[p->stabilized.by].message));
	set_condition(w, "ScalingLimited", p->limited.applied, sv_of(LIMITED[p->limited.by].reason),
		sv_of(LIMITED[p->limited.by].message));
	return ERR_OK;
}

static struct hpa_condition *find_condition(struct hpa_condition *at, size_t n, const char *type)
{
	for (size_t i = 0; i < n; i++) {
		if (sv_is(at[i].type, type))
			return &at[i];
	}
	return NULL;
}

/* Whatever was decided: two never write. The condition was true for a moment of this pass, which must not count as a change. */
static void leave_to_foreign(struct work *w)
{
	const struct hpa_status *stored = &w->in->hpa->status;
	struct conditions *now = &w->p->conditions;

	if (w->in->foreign.len == 0)
		return;
	w->p->rescale = false;
	set_condition(w, "AbleToScale", false, SV("ForeignAutoscaler"), w->in->foreign);
	decide_events_add(&w->p->events, true, SV("ForeignAutoscaler"), w->in->foreign);
	const struct hpa_condition *before =
		find_condition(stored->conditions, stored->n_conditions, "AbleToScale");
	struct hpa_condition *after = find_condition(now->at, now->n, "AbleToScale");
	if (before && after && sv_is(before->status, "False"))
		after->last_transition = before->last_transition;
}

/* Without a history the present count is taken for the first recommendation, and for what is missing in one that was handed on. */
static enum error_kind start_history(struct work *w)
{
	const struct history *history = w->in->history;
	struct proposal *p = w->p;
	size_t n = history->started ? history->recommendations.n : 0;
	p->seed = !history->started;
	p->closes_gap = history->gap && w->in->settings->arithmetic != ARITH_STRICT;
	p->history = history->recommendations.at;
	p->n_history = n;
	if (!p->seed && !p->closes_gap)
		return ERR_OK;
	struct history_recommendation *all =
		ARENA_ARRAY(w->a, n + 1, struct history_recommendation);
	if (!all)
		return arena_error(w->a, w->err);
	for (size_t i = 0; i < n; i++)
		all[i] = history->recommendations.at[i];
	all[n] = (struct history_recommendation){ w->in->now.mono, p->current };
	p->history = all;
	p->n_history = n + 1;
	return ERR_OK;
}

/* What is left to do for our own kind. */
static void finish_own(const struct hpa_spec *spec, struct proposal *p)
{
	if (!spec->own)
		return;
	p->only_reported = spec->own->mode != OWN_MODE_ACTIVE;
	p->rescale = p->rescale && !p->only_reported;
	p->next = own_report_find_next(p);
}

typedef enum error_kind (*stage_fn)(struct work *w);

/* The functions of the stages that are run here, in the table's order. */
#define DECIDE_STAGE(name, where, file, way) DECIDE_STAGE_##where(name)
#define DECIDE_STAGE_LOOP(name)
#define DECIDE_STAGE_ASK(name)
#define DECIDE_STAGE_DECIDE(name) stage_##name,
#define DECIDE_STAGE_CONCLUDE(name)

enum error_kind decide_compute(
	struct arena *a, const struct decide_input *in, struct proposal *ret, struct error *err)
{
	static const stage_fn STAGES[] = { PASS_STAGES(DECIDE_STAGE) };
	const struct hpa *hpa = in->hpa;
	struct proposal p = { .current = in->scale->replicas,
		.reason = SV(""),
		.now = in->now,
		.fallback = { .metric = FALLBACK_NONE } };
	struct work w = { .a = a, .in = in, .p = &p, .err = err };

	if (start_history(&w))
		return err->kind;
	if (conditions_copy(a, &hpa->status, &p.conditions, err))
		return err->kind;
	if (in->settings->observed_generation && hpa->meta.generation != 0)
		p.conditions.generation = opt_i64_of(hpa->meta.generation);
	if (decide_events_make(a, hpa->spec.n_metrics + OTHER_EVENTS, &p.events, err))
		return err->kind;

	if (check_bounds(&w) || (w.computing && check_target(&w)))
		return err->kind;
	for (size_t i = 0; i < ARRAY_LEN(STAGES) && w.computing; i++)
		if (STAGES[i](&w))
			return err->kind;
	finish_own(&hpa->spec, &p);
	if (decide_notes(a, in, &p, err))
		return err->kind;
	leave_to_foreign(&w);
	*ret = p;
	return ERR_OK;
}
