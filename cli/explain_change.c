/* Readings are scaled as a whole: each value keeps its share of the sum, so a sum is the one number that is searched over. The proposal grows with it, and bisection finds the
 * place where it turns. What windows, policies and bounds then make of the proposal is found by going on pass by pass. */
#include "cli/explain_change.h"

#include "common/limits.h"

__extension__ typedef __int128 i128;

#define MILLIONTHS 1000000
/* Sums beyond this are no measurement of anything, and twice it still fits. */
#define MAX_SUM (INT64_MAX / 4)
/* Passes that are looked into, as many as the longest window has at 15 s. */
#define MAX_PASSES 300

struct trial {
	const struct source_view *view;
	struct arena scratch;
	struct reading *readings; /* one a metric, in the caller's arena */
	int64_t *sums_milli;	  /* as read */
	bool *usable;
	int32_t current;
	struct proposal proposal; /* of the last decision, in scratch */
	struct error *err;
};

static bool sum_values(const struct reading *r, int64_t *ret)
{
	i128 sum = 0;

	for (size_t i = 0; i < r->n_samples; i++) {
		if (r->samples[i].milli < 0)
			return false;
		sum += r->samples[i].milli;
	}
	for (size_t i = 0; i < r->n_values; i++) {
		if (r->values[i] < 0)
			return false;
		sum += r->values[i];
	}
	if (sum > MAX_SUM)
		return false;
	*ret = (int64_t)sum;
	return r->n_samples + r->n_values > 0;
}

/* Value i of n when a sum becomes another one: its share; the first ones take what rounding leaves. */
static int64_t share(int64_t value, int64_t from, int64_t to, size_t n)
{
	if (from == 0)
		return to / (int64_t)n;
	return (int64_t)((i128)value * to / from);
}

/* A reading with another sum, `later_ns` on. */
static enum error_kind rescale(
	struct trial *t, size_t metric, int64_t sum_milli, int64_t later_ns, struct reading *ret)
{
	const struct reading *r = &t->view->pass->readings[metric];
	int64_t from = t->sums_milli[metric], rest = sum_milli;
	struct reading_sample *samples =
		ARENA_ARRAY(&t->scratch, r->n_samples, struct reading_sample);
	int64_t *values = ARENA_ARRAY(&t->scratch, r->n_values, int64_t);

	if (!samples || !values)
		return arena_error(&t->scratch, t->err);
	for (size_t i = 0; i < r->n_samples; i++) {
		samples[i] = r->samples[i];
		samples[i].milli = share(r->samples[i].milli, from, sum_milli, r->n_samples);
		if (!instant_wall_is_zero(samples[i].at))
			samples[i].at = instant_wall_add_ns(samples[i].at, later_ns);
		rest -= samples[i].milli;
	}
	for (size_t i = 0; i < r->n_values; i++) {
		values[i] = share(r->values[i], from, sum_milli, r->n_values);
		rest -= values[i];
	}
	for (size_t i = 0; i < r->n_samples && rest > 0; i++, rest--)
		samples[i].milli++;
	for (size_t i = 0; i < r->n_values && rest > 0; i++, rest--)
		values[i]++;
	*ret = *r;
	ret->samples = samples;
	ret->values = values;
	return ERR_OK;
}

/* Decides with these sums; the result is in t->proposal until the next time. */
static enum error_kind decide(
	struct trial *t, const int64_t *sums_milli, const struct history *history, int64_t later_ns)
{
	const struct pass *pass = t->view->pass;
	struct decide_input in = {
		.settings = t->view->settings,
		.hpa = t->view->hpa,
		.scale = &pass->scale,
		.target = &pass->target,
		.pods = &pass->pods,
		.questions = pass->questions,
		.readings = t->readings,
		.history = history,
		.frozen = pass->frozen,
		.now = pass->proposal.now,
	};

	in.now.wall = instant_wall_add_ns(in.now.wall, later_ns);
	in.now.mono.ns += later_ns;
	arena_clear(&t->scratch);
	for (size_t i = 0; i < t->view->hpa->spec.n_metrics; i++) {
		t->readings[i] = pass->readings[i];
		if (t->usable[i] &&
			rescale(t, i, sums_milli[i], later_ns, &t->readings[i]) != ERR_OK)
			return t->err->kind;
	}
	return decide_compute(&t->scratch, &in, &t->proposal, t->err);
}

/* -1, 0, 1: where the proposal points; failures point nowhere. */
static int direction(const struct trial *t)
{
	const struct proposal *p = &t->proposal;

	if (p->failed || p->bounds != BOUNDS_COMPUTE)
		return 0;
	return (p->wanted > t->current) - (p->wanted < t->current);
}

static enum error_kind copy_history(
	const struct history *from, struct history *to, struct error *err)
{
	const struct history_events *lists[] = { &from->up, &from->down };
	struct history_events *copies[] = { &to->up, &to->down };

	to->started = from->started;
	for (size_t i = 0; i < from->recommendations.n; i++) {
		const struct history_recommendation *r = &from->recommendations.at[i];
		if (history_recommend(to, HISTORY_APPEND, r->replicas, r->at, err) != ERR_OK)
			return err->kind;
	}
	for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
		for (size_t i = 0; i < lists[k]->n; i++) {
			const struct history_event *e = &lists[k]->at[i];
			if (history_add_event(copies[k], e->change, INT32_MAX, e->at, err) !=
				ERR_OK)
				return err->kind;
		}
	}
	return metric_memory_copy(&to->metrics, &from->metrics, err);
}

static enum error_kind go_on(struct trial *t, const int64_t *sums_milli, struct history *history,
	struct explain_outcome *ret)
{
	int64_t period = t->view->sync_period_ns;
	int64_t horizon = what_if_memory_ns(t->view->settings, &t->view->hpa->spec) + 2 * period;

	for (int64_t i = 0, later = 0; i < MAX_PASSES && later <= horizon; i++, later += period) {
		const struct proposal *p = &t->proposal;
		if (decide(t, sums_milli, history, later) != ERR_OK)
			return t->err->kind;
		ret->wanted = p->wanted;
		ret->by = p->limited.by;
		ret->held = p->stabilized.by != STABILIZED_NOT;
		if (p->failed || p->bounds != BOUNDS_COMPUTE)
			return ERR_OK;
		if (p->rescale) {
			ret->moves = true;
			ret->after_ns = later;
			ret->to = p->desired;
			return ERR_OK;
		}
		if (conclude_remember(history, t->view->hpa, p, NULL, t->err) != ERR_OK)
			return t->err->kind;
	}
	return ERR_OK;
}

static enum error_kind follow(
	struct trial *t, const int64_t *sums_milli, struct explain_outcome *ret)
{
	struct history history = { 0 };
	enum error_kind kind = copy_history(t->view->before, &history, t->err);

	*ret = (struct explain_outcome){ 0 };
	if (kind == ERR_OK)
		kind = go_on(t, sums_milli, &history, ret);
	history_done(&history);
	return kind;
}

/* Is the proposal at or beyond `least` in the direction `sign`? */
static enum error_kind test(struct trial *t, int64_t *sums_milli, int sign, int least, bool *ret)
{
	if (decide(t, sums_milli, t->view->before, 0) != ERR_OK)
		return t->err->kind;
	*ret = !t->proposal.failed && sign * direction(t) >= least;
	return ERR_OK;
}

/* A sum on the other side: *ret_sum where the test holds. Upwards by steps that double, downwards at 0. */
static enum error_kind leap(struct trial *t, int64_t *sums, size_t metric, int sign, int least,
	int64_t *ret_sum, bool *ret_found)
{
	int64_t from = t->sums_milli[metric], step = from / 64 + 1;

	for (;;) {
		sums[metric] = sign < 0 ? 0 : from + step;
		if (test(t, sums, sign, least, ret_found) != ERR_OK)
			return t->err->kind;
		*ret_sum = sums[metric];
		if (*ret_found || sign < 0 || step > MAX_SUM / 2)
			return ERR_OK;
		step *= 2;
	}
}

static void note_blocker(const struct trial *t, struct explain_threshold *ret)
{
	const struct picked *picked = &t->proposal.picked;

	ret->failing = picked->n_bad > 0;
	ret->blocker = ret->failing ? picked->first_bad : picked->winner;
}

static enum error_kind find(struct trial *t, int64_t *sums, size_t metric, int sign, int least,
	struct explain_threshold *ret)
{
	int64_t outside = t->sums_milli[metric], inside = 0;

	ret->from_milli = outside;
	if (leap(t, sums, metric, sign, least, &inside, &ret->found) != ERR_OK)
		return t->err->kind;
	if (!ret->found) {
		note_blocker(t, ret);
		return ERR_OK;
	}
	while (inside - outside > 1 || outside - inside > 1) {
		bool holds;
		sums[metric] = outside + (inside - outside) / 2;
		if (test(t, sums, sign, least, &holds) != ERR_OK)
			return t->err->kind;
		if (holds)
			inside = sums[metric];
		else
			outside = sums[metric];
	}
	sums[metric] = ret->to_milli = inside;
	if (decide(t, sums, t->view->before, 0) != ERR_OK)
		return t->err->kind;
	ret->reached = t->proposal.recommendations[metric].calculation;
	return follow(t, sums, &ret->outcome);
}

static enum error_kind change_metric(
	struct trial *t, int64_t *sums, size_t metric, int now, struct explain_metric_change *ret)
{
	static const int SIGNS[EXPLAIN_N_TURNS] = { [EXPLAIN_UP] = 1, [EXPLAIN_DOWN] = -1 };
	int64_t as_read = t->sums_milli[metric];

	ret->usable = t->usable[metric];
	for (size_t i = 0; i < EXPLAIN_N_TURNS && ret->usable; i++) {
		ret->turns[i].already = now == SIGNS[i];
		if (!ret->turns[i].already &&
			find(t, sums, metric, SIGNS[i], 1, &ret->turns[i]) != ERR_OK)
			return t->err->kind;
		sums[metric] = as_read;
	}
	if (ret->usable && now != 0 && find(t, sums, metric, -now, 0, &ret->stay) != ERR_OK)
		return t->err->kind;
	sums[metric] = as_read;
	return ERR_OK;
}

static void scale_all(const struct trial *t, int64_t millionths, int64_t *sums)
{
	for (size_t i = 0; i < t->view->hpa->spec.n_metrics; i++)
		sums[i] = (int64_t)((i128)t->sums_milli[i] * millionths / MILLIONTHS);
}

/* The largest share of all metrics together that lets the proposal fall. */
static enum error_kind change_all(struct trial *t, int64_t *sums, struct explain_change *ret)
{
	int64_t low = 0, high = MILLIONTHS;

	scale_all(t, 0, sums);
	if (test(t, sums, -1, 1, &ret->all_down_found) != ERR_OK)
		return t->err->kind;
	while (ret->all_down_found && high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		bool holds;
		scale_all(t, middle, sums);
		if (test(t, sums, -1, 1, &holds) != ERR_OK)
			return t->err->kind;
		if (holds)
			low = middle;
		else
			high = middle;
	}
	if (!ret->all_down_found)
		return ERR_OK;
	ret->all_down_millionths = low;
	scale_all(t, low, sums);
	return follow(t, sums, &ret->all_down);
}

static enum error_kind compute(
	struct arena *a, struct trial *t, struct explain_change *out, struct error *err)
{
	const struct proposal *p = &t->view->pass->proposal;
	size_t n = t->view->hpa->spec.n_metrics;
	int64_t *sums = ARENA_ARRAY(a, n, int64_t);

	t->readings = ARENA_ARRAY(a, n, struct reading);
	t->sums_milli = ARENA_ARRAY(a, n, int64_t);
	t->usable = ARENA_ARRAY(a, n, bool);
	out->metrics = ARENA_ARRAY(a, n, struct explain_metric_change);
	if (!sums || !t->readings || !t->sums_milli || !t->usable || !out->metrics)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++) {
		t->usable[i] = p->recommendations[i].ok &&
			       sum_values(&t->view->pass->readings[i], &t->sums_milli[i]);
		sums[i] = t->sums_milli[i];
	}
	t->proposal = *p;
	int now = direction(t);
	for (size_t i = 0; i < n; i++) {
		if (change_metric(t, sums, i, now, &out->metrics[i]) != ERR_OK)
			return err->kind;
	}
	if (!p->rescale && follow(t, sums, &out->time) != ERR_OK)
		return err->kind;
	if (n > 1 && now >= 0 && change_all(t, sums, out) != ERR_OK)
		return err->kind;
	out->computed = true;
	return ERR_OK;
}

enum error_kind explain_change_compute(struct arena *a, const struct source_view *view,
	struct explain_change *ret, struct error *err)
{
	const struct proposal *p = &view->pass->proposal;
	struct explain_change out = { 0 };
	struct trial t = { .view = view, .current = p->current, .err = err };
	enum error_kind kind = ERR_OK;

	arena_init(&t.scratch, LIMIT_PASS_ARENA_BYTES);
	if (view->pass->decided && !p->failed && p->bounds == BOUNDS_COMPUTE &&
		view->pass->in.foreign.len == 0)
		kind = compute(a, &t, &out, err);
	arena_done(&t.scratch);
	if (kind == ERR_OK)
		*ret = out;
	return kind;
}
