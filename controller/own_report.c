/* The status of our own kind. Only what changes the count is listed as a
 * constraint, in the order of the stages; the column LIMITED-BY names the last
 * of them. */
#include "controller/own_report.h"

#include "controller/words.h"

/* Metrics that the column TARGETS names; the rest is a number. */
#define MAX_NAMED_METRICS 3
#define MAX_TARGETS_BYTES 512
#define MAX_NAME_BYTES 60
/* Every stage at most once. */
#define MAX_CONSTRAINTS 8
/* Instants are computed from two clocks: closer than this is the same. */
#define SAME_INSTANT_SEC 2

struct reporting {
	struct arena *a;
	const struct hpa *hpa;
	const struct proposal *p;
	struct own_decision *d;
	struct own_summary *s;
	struct error *err;
};

static void constrain(struct reporting *r, const char *name, const char *column)
{
	if (r->d->n_constraints < MAX_CONSTRAINTS)
		r->d->constraints[r->d->n_constraints++] = sv_of(name);
	if (column)
		r->s->limited_by = sv_of(column);
}

static void list_guards(struct reporting *r)
{
	bool listed[] = { [GUARD_NONE] = true, [GUARD_PARTIAL] = false, [GUARD_MASS] = false };

	for (size_t i = 0; i < r->p->guards.n; i++) {
		enum guard_by by = r->p->guards.at[i].by;
		if (!listed[by])
			constrain(r, guard_by_name(by),
				by == GUARD_PARTIAL ? "partial loss" : "mass loss");
		listed[by] = true;
	}
}

static void list_constraints(struct reporting *r)
{
	static const struct {
		const char *name, *column;
	} STABILIZED[] =
      {
          [STABILIZED_NOT] = {NULL, NULL},
          [STABILIZED_UP] = {"ScaleUpStabilized", "scale-up window"},
          [STABILIZED_DOWN] = {"ScaleDownStabilized", "scale-down window"},
      },
    LIMITED[] = {
        [LIMIT_NONE] = {NULL, NULL},
        [LIMIT_TOO_FEW] = {"TooFewReplicas", "minReplicas"},
        [LIMIT_TOO_MANY] = {"TooManyReplicas", "maxReplicas"},
        [LIMIT_SCALE_UP] = {"ScaleUpLimit", "scale-up policy"},
        [LIMIT_SCALE_DOWN] = {"ScaleDownLimit", "scale-down policy"},
    };
	const struct proposal *p = r->p;
	enum stabilized_by stabilized = p->stabilized.by;

	if (p->bounds == BOUNDS_DISABLED)
		constrain(r, "ScalingDisabled", "zero by hand");
	else if (p->failed)
		constrain(r, "MetricsFailed", "failed metrics");
	list_guards(r);
	if (p->fallback.n_active > 0)
		constrain(r, "Fallback", "fallback");
	if (STABILIZED[stabilized].name)
		constrain(r, STABILIZED[stabilized].name, STABILIZED[stabilized].column);
	if (p->override.active)
		constrain(r, "Override", p->bounded != p->stabilized.replicas ? "override" : NULL);
	if (p->limited.applied && LIMITED[p->limited.by].name)
		constrain(r, LIMITED[p->limited.by].name, LIMITED[p->limited.by].column);
	if (p->only_reported)
		constrain(r, "Recommend", NULL);
}

/* Keeps the earliest of the moments that lie ahead. */
static void consider(const struct proposal *p, int64_t *next_ns, int64_t at_ns)
{
	if (at_ns > p->now.mono.ns && (*next_ns == 0 || at_ns < *next_ns))
		*next_ns = at_ns;
}

/* The bound changes when the last recommendation that makes it leaves the window. */
static void look_at_window(const struct proposal *p, int64_t *next_ns)
{
	bool down = p->stabilized.by == STABILIZED_DOWN;
	int32_t bound = down ? p->stabilized.down_bound : p->stabilized.up_bound;
	int64_t latest_ns = INT64_MIN;

	if (p->stabilized.by == STABILIZED_NOT)
		return;
	if (p->held) {
		consider(p, next_ns, p->hold_until.ns);
		return;
	}
	for (size_t i = 0; i < p->n_history; i++)
		if (p->history[i].replicas == bound && p->history[i].at.ns > latest_ns)
			latest_ns = p->history[i].at.ns;
	if (latest_ns != INT64_MIN)
		consider(p, next_ns, latest_ns + (down ? p->down_window_ns : p->up_window_ns));
}

static void look_at_events(const struct proposal *p, const struct history_events *events,
	int32_t period_sec, int64_t *next_ns)
{
	for (size_t i = 0; i < events->n; i++)
		consider(p, next_ns, events->at[i].at.ns + period_sec * NS_PER_SEC);
}

static void look_at_policies(const struct proposal *p, int64_t *next_ns)
{
	const struct limit_input *in = &p->limit_input;
	bool up = p->limited.by == LIMIT_SCALE_UP;
	const struct hpa_rules *rules = up ? in->up : in->down;

	if (!up && p->limited.by != LIMIT_SCALE_DOWN)
		return;
	for (size_t i = 0; rules && i < rules->n_policies; i++) {
		look_at_events(p, in->up_events, rules->policies[i].period_sec, next_ns);
		look_at_events(p, in->down_events, rules->policies[i].period_sec, next_ns);
	}
	if (!rules)
		look_at_events(p, in->up_events, in->step_sec, next_ns);
}

struct decide_next own_report_find_next(const struct proposal *p)
{
	struct decide_next next = { 0 };
	int64_t next_ns = 0;

	look_at_window(p, &next_ns);
	look_at_policies(p, &next_ns);
	if (p->fallback.waiting)
		consider(p, &next_ns, p->fallback.due.ns);
	next.known = next_ns != 0;
	next.at = instant_wall_add_ns(p->now.wall, next_ns - p->now.mono.ns);
	if (p->override.active &&
		(!next.known || instant_wall_cmp(p->override.until, next.at) < 0)) {
		next.at = p->override.until;
		next.known = true;
	}
	if (next.at.nsec > 0)
		next.at = (struct wall){ next.at.sec + 1, 0 };
	return next;
}

/* The stored instant where it is nearly the same, so that two clocks that drift apart do not make a
 * status differ. */
static void set_next_change(struct reporting *r)
{
	const struct own_decision *stored =
		r->hpa->status.own ? r->hpa->status.own->last_decision : NULL;
	struct wall next = r->p->next.at;

	if (!r->p->next.known)
		return;
	if (stored && stored->has_next_change &&
		stored->next_change.sec - next.sec < SAME_INSTANT_SEC &&
		next.sec - stored->next_change.sec < SAME_INSTANT_SEC)
		next = stored->next_change;
	r->d->has_next_change = true;
	r->d->next_change = next;
}

static void put_quantity(struct buf *out, const struct opt_quantity *q)
{
	if (q->set)
		quantity_print(out, &q->value);
	else
		buf_put_str(out, "<unknown>");
}

/* "cpu: 41%/50%", "queue: 120/100 (avg)" */
static void put_metric(struct buf *out, const struct hpa_metric *m, const struct hpa_current *now)
{
	static const struct hpa_current UNKNOWN = { 0 };
	const struct hpa_source *s = hpa_metric_source(m);

	if (!s)
		return;
	now = now ? now : &UNKNOWN;
	struct sv name = s->resource.len > 0 ? s->resource : s->metric;
	buf_printf(out, "%.*s: ", SV_ARG(sv_take(name, MAX_NAME_BYTES)));
	if (s->target.average_value.set) {
		put_quantity(out, &now->average_value);
		buf_put_str(out, "/");
		put_quantity(out, &s->target.average_value);
		buf_put_str(out, " (avg)");
	} else if (s->target.value.set) {
		put_quantity(out, &now->value);
		buf_put_str(out, "/");
		put_quantity(out, &s->target.value);
	} else {
		if (now->average_utilization.set)
			buf_printf(out, "%d%%", (int)now->average_utilization.value);
		else
			buf_put_str(out, "<unknown>");
		buf_printf(out, "/%d%%", (int)s->target.average_utilization.value);
	}
}

static enum error_kind set_targets(struct reporting *r)
{
	const struct hpa_spec *spec = &r->hpa->spec;
	struct buf out;

	buf_init(&out, MAX_TARGETS_BYTES);
	for (size_t i = 0; i < spec->n_metrics && i < MAX_NAMED_METRICS; i++) {
		const struct hpa_metric *m = &spec->metrics[i];
		const struct hpa_current *now = NULL;
		if (i < r->p->n_statuses && r->p->statuses && m->kind < HPA_METRIC_UNKNOWN)
			now = r->p->statuses[i].member[m->kind];
		buf_put_str(&out, i > 0 ? ", " : "");
		put_metric(&out, m, now);
	}
	if (spec->n_metrics > MAX_NAMED_METRICS)
		buf_printf(&out, " + %zu more", spec->n_metrics - MAX_NAMED_METRICS);
	return words_keep(r->a, &out, "the targets", &r->s->targets, r->err);
}

static struct sv mode(const struct reporting *r)
{
	if (r->p->override.active && !r->p->only_reported)
		return SV("Override");
	return r->p->only_reported ? SV("Recommend") : SV("Active");
}

static enum error_kind fill(struct reporting *r)
{
	const struct hpa_ref *target = &r->hpa->spec.target;
	const struct proposal *p = r->p;

	if (p->recommended)
		r->d->raw_desired = r->s->wants = opt_i32_of(p->wanted);
	if (!p->failed)
		r->d->final_desired = opt_i32_of(p->desired);
	if (p->recommendations && p->picked.winner < p->n_recommendations) {
		r->d->selected_metric =
			recommend_name(r->a, &r->hpa->spec.metrics[p->picked.winner]);
		if (!r->d->selected_metric.ptr)
			return arena_error(r->a, r->err);
	}
	list_constraints(r);
	set_next_change(r);
	r->s->mode = mode(r);
	r->s->reference = WORDS(r->a, target->kind, SV("/"), target->name);
	if (!r->s->reference.ptr)
		return arena_error(r->a, r->err);
	return set_targets(r);
}

enum error_kind own_report(struct arena *a, const struct hpa *hpa, const struct proposal *p,
	const struct own_status **ret, struct error *err)
{
	struct own_status *status = ARENA_NEW(a, struct own_status);
	struct own_decision *d = ARENA_NEW(a, struct own_decision);

	if (!status || !d)
		return arena_error(a, err);
	d->constraints = ARENA_ARRAY(a, MAX_CONSTRAINTS, struct sv);
	if (!d->constraints)
		return arena_error(a, err);
	status->last_decision = d;
	struct reporting r = { a, hpa, p, d, &status->summary, err };
	if (fill(&r))
		return err->kind;
	*ret = status;
	return ERR_OK;
}
