/* rate and increase extrapolate to the edges of the window: by half an interval where the samples end well inside of it, never below zero for a counter. */
#include "sandbox/range_function.h"

#include <math.h>
#include <stddef.h>

#include "common/mem.h"

/* A gap at an edge of more than this many average intervals is not bridged. */
#define EXTRAPOLATION_LIMIT 1.1

static struct time_series_sample sample_at(const struct range_window *w, size_t i)
{
	return time_series_sample_at(w->series, w->first + i);
}

struct range_window range_function_window(
	const struct time_series *s, int64_t end_ms, int64_t range_ms)
{
	struct range_window w = { .series = s, .start_ms = end_ms - range_ms, .end_ms = end_ms };
	size_t behind = s->n;

	while (behind > 0 && time_series_sample_at(s, behind - 1).time_ms > end_ms)
		behind--;
	w.first = behind;
	while (w.first > 0 && time_series_sample_at(s, w.first - 1).time_ms > w.start_ms)
		w.first--;
	w.n = behind - w.first;
	return w;
}

bool range_function_latest(const struct time_series *s, int64_t now_ms, int64_t lookback_ms,
	struct time_series_sample *ret)
{
	struct range_window w = range_function_window(s, now_ms, lookback_ms);

	/* An ended series has a stale marker right behind its last sample. */
	if (w.n == 0 || (s->stale && w.first + w.n == s->n))
		return false;
	*ret = sample_at(&w, w.n - 1);
	return true;
}

static double seconds_between(int64_t from_ms, int64_t to_ms)
{
	return (double)(to_ms - from_ms) / 1000;
}

/* The growth of a counter over the window, resets undone, extrapolated to its edges. */
static bool extrapolated(const struct range_window *w, bool per_second, double *ret)
{
	if (w->n < 2)
		return false;
	struct time_series_sample first = sample_at(w, 0), last = sample_at(w, w->n - 1);
	double growth = last.value - first.value;
	for (size_t i = 1; i < w->n; i++) {
		if (sample_at(w, i).value < sample_at(w, i - 1).value)
			growth += sample_at(w, i - 1).value;
	}
	double sampled = seconds_between(first.time_ms, last.time_ms);
	double interval = sampled / (double)(w->n - 1);
	double to_start = seconds_between(w->start_ms, first.time_ms),
	       to_end = seconds_between(last.time_ms, w->end_ms);
	if (to_start >= interval * EXTRAPOLATION_LIMIT)
		to_start = interval / 2;
	if (to_end >= interval * EXTRAPOLATION_LIMIT)
		to_end = interval / 2;
	if (growth > 0 && first.value >= 0) {
		double to_zero = sampled * (first.value / growth);
		if (to_zero < to_start)
			to_start = to_zero;
	}
	*ret = growth * ((sampled + to_start + to_end) / sampled);
	if (per_second)
		*ret /= seconds_between(w->start_ms, w->end_ms);
	return true;
}

static bool rate(const struct range_window *w, double *ret)
{
	return extrapolated(w, true, ret);
}

static bool increase(const struct range_window *w, double *ret)
{
	return extrapolated(w, false, ret);
}

static bool irate(const struct range_window *w, double *ret)
{
	if (w->n < 2)
		return false;
	struct time_series_sample before = sample_at(w, w->n - 2), last = sample_at(w, w->n - 1);
	double growth = last.value < before.value ? last.value : last.value - before.value;
	*ret = growth / seconds_between(before.time_ms, last.time_ms);
	return true;
}

static bool sum_over_time(const struct range_window *w, double *ret)
{
	*ret = 0;
	for (size_t i = 0; i < w->n; i++)
		*ret += sample_at(w, i).value;
	return true;
}

static bool avg_over_time(const struct range_window *w, double *ret)
{
	(void)sum_over_time(w, ret);
	*ret /= (double)w->n;
	return true;
}

static bool min_over_time(const struct range_window *w, double *ret)
{
	*ret = sample_at(w, 0).value;
	for (size_t i = 1; i < w->n; i++)
		*ret = fmin(*ret, sample_at(w, i).value);
	return true;
}

static bool max_over_time(const struct range_window *w, double *ret)
{
	*ret = sample_at(w, 0).value;
	for (size_t i = 1; i < w->n; i++)
		*ret = fmax(*ret, sample_at(w, i).value);
	return true;
}

static bool count_over_time(const struct range_window *w, double *ret)
{
	*ret = (double)w->n;
	return true;
}

static bool last_over_time(const struct range_window *w, double *ret)
{
	*ret = sample_at(w, w->n - 1).value;
	return true;
}

static bool first_over_time(const struct range_window *w, double *ret)
{
	*ret = sample_at(w, 0).value;
	return true;
}

static bool present_over_time(const struct range_window *w, double *ret)
{
	(void)w;
	*ret = 1;
	return true;
}

range_function_fn range_function_find(enum function_id id)
{
	static const struct {
		enum function_id id;
		range_function_fn fn;
	} FUNCTIONS[] = {
		{ FUNCTION_RATE, rate },
		{ FUNCTION_IRATE, irate },
		{ FUNCTION_INCREASE, increase },
		{ FUNCTION_SUM_OVER_TIME, sum_over_time },
		{ FUNCTION_AVG_OVER_TIME, avg_over_time },
		{ FUNCTION_MIN_OVER_TIME, min_over_time },
		{ FUNCTION_MAX_OVER_TIME, max_over_time },
		{ FUNCTION_COUNT_OVER_TIME, count_over_time },
		{ FUNCTION_LAST_OVER_TIME, last_over_time },
		{ FUNCTION_FIRST_OVER_TIME, first_over_time },
		{ FUNCTION_PRESENT_OVER_TIME, present_over_time },
	};
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++) {
		if (FUNCTIONS[i].id == id)
			return FUNCTIONS[i].fn;
	}
	return NULL;
}
