/* The end of a pass. Order matters to whoever watches: events of the scale come before the status
 * write, FailedComputeMetricsReplicas after it, and desiredReplicas keeps its old value whenever
 * the pass did not get as far as a count. */
#include "controller/conclude.h"

#include "controller/hpa_status.h"
#include "controller/own_report.h"
#include "controller/words.h"

/* A condition, the event of a failed status write, and what follows it. */
#define LATE_EVENTS 2

const char *conclude_action_name(enum conclude_action action)
{
	static const char *const NAMES[] = {
		[CONCLUDE_NONE] = "none",
		[CONCLUDE_SCALE_UP] = "scale_up",
		[CONCLUDE_SCALE_DOWN] = "scale_down",
	};
	return NAMES[action];
}

const char *conclude_error_name(enum conclude_error error)
{
	static const char *const NAMES[] = {
		[CONCLUDE_NO_ERROR] = "none",
		[CONCLUDE_SPEC] = "spec",
		[CONCLUDE_INTERNAL] = "internal",
	};
	return NAMES[error];
}

/* "Deployment/default/web" */
static struct sv reference(struct arena *a, const struct hpa *hpa)
{
	return WORDS(
		a, hpa->spec.target.kind, SV("/"), hpa->meta.ns, SV("/"), hpa->spec.target.name);
}

static void set_condition(struct conditions *c, const char *type, bool truth, struct sv reason,
	struct sv message, struct wall now)
{
	struct conditions_entry entry = { type, truth, reason, message };
	conditions_set(c, &entry, now);
}

static struct opt_i64 observed_generation(const struct settings *settings, const struct hpa *hpa)
{
	if (settings->observed_generation && hpa->meta.generation != 0)
		return opt_i64_of(hpa->meta.generation);
	return (struct opt_i64){ 0 };
}

/* The reference rebuilds the status from these five members; whatever else was there is dropped. */
static struct hpa_status build_status(const struct settings *settings, const struct hpa *hpa,
	const struct proposal *p, int32_t desired, const struct conditions *conditions)
{
	return (struct hpa_status){
		.observed_generation = observed_generation(settings, hpa),
		.has_last_scale_time = hpa->status.has_last_scale_time,
		.last_scale_time = hpa->status.last_scale_time,
		.current_replicas = p->current,
		.desired_replicas = desired,
		.current_metrics = p->statuses,
		.n_current_metrics = p->n_statuses,
		.conditions = conditions->at,
		.n_conditions = conditions->n,
	};
}

static enum conclude_action direction(int32_t from, int32_t to)
{
	if (to > from)
		return CONCLUDE_SCALE_UP;
	return to < from ? CONCLUDE_SCALE_DOWN : CONCLUDE_NONE;
}

/* A metric's action compares with the stored status, not with the present count. */
static enum error_kind label_metrics(struct arena *a, const struct hpa *hpa,
	const struct proposal *p, struct conclusion *c, struct error *err)
{
	if (!p->recommendations)
		return ERR_OK;
	c->metric_labels = ARENA_ARRAY(a, p->n_recommendations, struct conclude_labels);
	if (!c->metric_labels)
		return arena_error(a, err);
	c->n_metric_labels = p->n_recommendations;
	for (size_t i = 0; i < p->n_recommendations; i++) {
		const struct recommendation *r = &p->recommendations[i];
		if (r->ok)
			c->metric_labels[i].action =
				direction(hpa->status.current_replicas, r->replicas);
		else
			c->metric_labels[i].error =
				r->spec_error ? CONCLUDE_SPEC : CONCLUDE_INTERNAL;
	}
	return ERR_OK;
}

static enum error_kind end_failed_metrics(struct arena *a, const struct hpa *hpa,
	const struct proposal *p, struct conclusion *c, struct error *err)
{
	c->failed = true;
	decide_events_add(&c->events, true, SV("FailedComputeMetricsReplicas"), p->error);
	c->n_events_before = c->events.n - 1;
	c->error = WORDS(a,
		SV("failed to compute desired number of replicas based on listed metrics for "),
		reference(a, hpa), SV(": "), p->error);
	return c->error.ptr ? ERR_OK : arena_error(a, err);
}

static enum error_kind end_failed_write(struct arena *a, const struct hpa *hpa,
	const struct proposal *p, const struct conclude_write *write, struct conditions *conditions,
	struct conclusion *c, struct error *err)
{
	struct sv message = WORDS(
		a, SV("the HPA controller was unable to update the target scale: "), write->error);
	struct sv event = WORDS(a, SV("New size: "), words_i64(a, p->desired), SV("; reason: "),
		p->reason, SV("; error: "), write->error);
	c->failed = true;
	c->error = WORDS(a, SV("failed to rescale "), reference(a, hpa), SV(": "), write->error);
	if (!message.ptr || !event.ptr || !c->error.ptr)
		return arena_error(a, err);
	decide_events_add(&c->events, true, SV("FailedRescale"), event);
	set_condition(conditions, "AbleToScale", false, SV("FailedUpdateScale"), message,
		write->now.wall);
	return ERR_OK;
}

/* Remembers, for an object that may sleep at zero, whether it was us who put it there. */
static void mark_zero(const struct settings *settings, const struct hpa *hpa,
	const struct proposal *p, struct conditions *conditions, struct wall now)
{
	if (!bounds_may_sleep(settings, hpa)) {
		conditions_remove(conditions, "ScaledToZero");
		return;
	}
	bool zero_is_allowed =
		bounds_min_replicas(&hpa->spec) == 0 && bounds_has_pod_free_metric(&hpa->spec);
	bool to_zero = p->current > 0 && p->desired == 0 && (zero_is_allowed || p->override.active);
	if (to_zero)
		set_condition(conditions, "ScaledToZero", true, SV("ScaledToZero"),
			SV("the HPA controller scaled the workload to zero"), now);
	else
		set_condition(conditions, "ScaledToZero", false, SV("NotScaledToZero"),
			SV("the HPA controller did not scale the workload to zero"), now);
}

static enum error_kind end_written(struct arena *a, const struct proposal *p,
	const struct conclude_write *write, struct conditions *conditions, struct conclusion *c,
	struct error *err)
{
	struct sv count = words_i64(a, p->desired);
	struct sv message =
		WORDS(a, SV("the HPA controller was able to update the target scale to "), count);
	struct sv event = WORDS(a, SV("New size: "), count, SV("; reason: "), p->reason);
	if (!message.ptr || !event.ptr)
		return arena_error(a, err);
	c->rescaled = true;
	c->labels.action = p->desired > p->current ? CONCLUDE_SCALE_UP : CONCLUDE_SCALE_DOWN;
	decide_events_add(&c->events, false, SV("SuccessfulRescale"), event);
	set_condition(
		conditions, "AbleToScale", true, SV("SucceededRescale"), message, write->now.wall);
	return ERR_OK;
}

/* A list of our own: the proposal's stays as it is, so that it can be concluded again with another
 * outcome. */
static enum error_kind copy_events(struct arena *a, const struct decide_events *events,
	struct decide_events *ret, struct error *err)
{
	if (decide_events_make(a, events->n + LATE_EVENTS, ret, err))
		return err->kind;
	if (events->n > 0)
		memcpy(ret->at, events->at, events->n * sizeof(events->at[0]));
	ret->n = events->n;
	return ERR_OK;
}

/* What the status shows; a pass that did not get as far as a count leaves it alone. */
static int32_t desired_of(
	const struct hpa *hpa, const struct proposal *p, const struct conclusion *c)
{
	if (c->failed)
		return hpa->status.desired_replicas;
	return c->rescaled || p->only_reported ? p->desired : p->current;
}

static void finish(const struct hpa *hpa, struct conclusion *c)
{
	if (c->n_events_before > c->events.n)
		c->n_events_before = c->events.n;
	c->status_differs = !hpa_status_eq(&hpa->status, &c->status);
	if (c->error.ptr && c->labels.error == CONCLUDE_NO_ERROR)
		c->labels.error = CONCLUDE_INTERNAL;
}

enum error_kind conclude_compute(struct arena *a, const struct settings *settings,
	const struct hpa *hpa, const struct proposal *p, const struct conclude_write *write,
	struct conclusion *ret, struct error *err)
{
	struct hpa_status before = { .conditions = p->conditions.at,
		.n_conditions = p->conditions.n };
	struct conclusion c = { .error = p->error };
	struct conditions conditions;
	enum error_kind kind = ERR_OK;

	if (copy_events(a, &p->events, &c.events, err) || label_metrics(a, hpa, p, &c, err) ||
		conditions_copy(a, &before, &conditions, err))
		return err->kind;
	conditions.generation = p->conditions.generation;
	c.n_events_before = SIZE_MAX;
	if (p->failed)
		kind = end_failed_metrics(a, hpa, p, &c, err);
	else if (write && !write->ok)
		kind = end_failed_write(a, hpa, p, write, &conditions, &c, err);
	else if (write)
		kind = end_written(a, p, write, &conditions, &c, err);
	if (kind)
		return kind;

	if (c.rescaled)
		mark_zero(settings, hpa, p, &conditions, write->now.wall);
	c.desired = desired_of(hpa, p, &c);
	c.status = build_status(settings, hpa, p, c.desired, &conditions);
	if (hpa->owner_kind == AUTOSCALER_OWN && own_report(a, hpa, p, &c.status.own, err))
		return err->kind;
	if (c.rescaled) {
		c.status.has_last_scale_time = true;
		c.status.last_scale_time = write->now.wall;
	}
	finish(hpa, &c);
	*ret = c;
	return ERR_OK;
}

enum error_kind conclude_without_scale(struct arena *a, const struct settings *settings,
	const struct hpa *hpa, const struct conclude_no_scale *cause, struct decide_now now,
	struct conclusion *ret, struct error *err)
{
	struct conclusion c = { .failed = true, .status = hpa->status, .error = cause->error };
	struct conditions conditions;
	struct sv message =
		WORDS(a, SV("the HPA controller was unable to get the target's current scale: "),
			cause->event);

	if (!message.ptr)
		return arena_error(a, err);
	if (conditions_copy(a, &hpa->status, &conditions, err) ||
		decide_events_make(a, 1 + LATE_EVENTS, &c.events, err))
		return err->kind;
	conditions.generation = observed_generation(settings, hpa);
	decide_events_add(&c.events, true, SV("FailedGetScale"), cause->event);
	c.n_events_before = c.events.n;
	set_condition(&conditions, "AbleToScale", false, SV("FailedGetScale"), message, now.wall);
	c.status.conditions = conditions.at;
	c.status.n_conditions = conditions.n;
	if (cause->spec_error)
		c.labels.error = CONCLUDE_SPEC;
	finish(hpa, &c);
	*ret = c;
	return ERR_OK;
}

enum error_kind conclude_status_failure(struct arena *a, const struct hpa *hpa,
	struct sv client_error, struct conclusion *c, struct error *err)
{
	struct decide_events events;
	if (decide_events_make(a, c->events.n + 1, &events, err))
		return err->kind;
	for (size_t i = 0; i <= c->events.n; i++) {
		if (i == c->n_events_before)
			decide_events_add(&events, true, SV("FailedUpdateStatus"), client_error);
		if (i < c->events.n)
			decide_events_add(&events, c->events.at[i].warning, c->events.at[i].reason,
				c->events.at[i].message);
	}
	if (!c->failed) {
		struct sv error = WORDS(a, SV("failed to update status for "), hpa->meta.name,
			SV(": "), client_error);
		if (!error.ptr)
			return arena_error(a, err);
		c->error = error;
		c->labels.error = CONCLUDE_INTERNAL;
	}
	c->events = events;
	return ERR_OK;
}

static int32_t longest_period_sec(const struct hpa_rules *rules)
{
	int32_t longest = 0;
	for (size_t i = 0; rules && i < rules->n_policies; i++)
		if (rules->policies[i].period_sec > longest)
			longest = rules->policies[i].period_sec;
	return longest;
}

/* The list begins, or goes on behind a gap, with what the target had. */
static enum error_kind begin_history(
	struct history *history, const struct proposal *p, struct error *err)
{
	if (p->seed && history_start(history, p->current, p->now.mono, err))
		return err->kind;
	if (!p->closes_gap || !p->recommended)
		return ERR_OK;
	if (!p->seed && history_recommend(history, HISTORY_APPEND, p->current, p->now.mono, err))
		return err->kind;
	history->gap = false;
	history->hold_until = p->hold_until;
	return ERR_OK;
}

/* One step of ours, where policies count steps. */
static enum error_kind remember_step(struct history *history, const struct hpa *hpa, int32_t from,
	int32_t to, struct mono at, struct error *err)
{
	const struct hpa_behavior *behavior = hpa->spec.behavior;

	if (!behavior && !hpa->spec.own)
		return ERR_OK;
	if (to > from)
		return history_add_event(&history->up, arith_sub32(to, from),
			behavior ? longest_period_sec(behavior->scale_up) : LIMIT_STEP_SEC, at,
			err);
	return history_add_event(&history->down, arith_sub32(from, to),
		behavior ? longest_period_sec(behavior->scale_down) : LIMIT_STEP_SEC, at, err);
}

enum error_kind conclude_settle_lost(struct history *history, const struct hpa *hpa,
	int32_t replicas, struct mono now, struct error *err)
{
	const struct history_lost_write lost = history->lost;

	if (lost.open && replicas == lost.to) {
		if (remember_step(history, hpa, lost.from, lost.to, now, err))
			return err->kind;
		history->asleep = lost.to == 0;
	}
	/* The old count says little: the write may still arrive. */
	if (replicas != lost.from)
		history->lost.open = false;
	if (replicas > 0)
		history->asleep = false;
	return ERR_OK;
}

enum error_kind conclude_remember(struct history *history, const struct hpa *hpa,
	const struct proposal *p, const struct conclude_write *write, struct error *err)
{
	if (write && write->unknown)
		history->lost = (struct history_lost_write){ .open = true, p->current, p->desired };
	/* A later write has happened: an earlier one, of an older version, no longer can. */
	else if (write && write->ok)
		history->lost.open = false;
	history->unsettled = history->lost.open;
	if (begin_history(history, p, err))
		return err->kind;
	if (p->recommended &&
		history_recommend(history, p->stabilized.slot, p->wanted, p->now.mono, err))
		return err->kind;
	if (p->remembers_metrics && metric_memory_update(&history->metrics, p->guards.sights,
					    p->guards.n, p->now.mono, err))
		return err->kind;
	if (!write || !write->ok)
		return ERR_OK;
	history->asleep = p->desired == 0;
	return remember_step(history, hpa, p->current, p->desired, write->now.mono, err);
}
