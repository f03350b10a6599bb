/* The calculator. A map of the reference ("M": pod name -> value) is here a few sums: which pods
 * are in it is fixed by the groups, and filling in pods only adds to the sums. Sums are taken in
 * 128 bits; strict mode then keeps the low 64, which is what wrapping additions give, and safe mode
 * refuses what does not fit. */
#include "controller/calculate.h"

#include <math.h>

__extension__ typedef __int128 i128;

/* The reference's M, reduced: values and requests of its members. */
struct members {
	i128 total, request;
	size_t n;	/* members that count in the average */
	size_t n_names; /* all names, what a ratio is multiplied by */
};

static bool fold(i128 sum, enum arith_mode mode, int64_t *ret)
{
	if (sum >= INT64_MIN && sum <= INT64_MAX) {
		*ret = (int64_t)sum;
		return true;
	}
	if (mode == ARITH_SAFE)
		return false;
	*ret = (int64_t)(uint64_t)sum;
	return true;
}

bool calculate_within(const struct calculate_tolerance *t, double ratio)
{
	return (1.0 - t->down) <= ratio && ratio <= (1.0 + t->up);
}

static struct calculation failed(enum calculate_problem problem)
{
	return (struct calculation){ .problem = problem };
}

static void keep(
	const struct calculate_input *in, struct calculation *out, enum calculate_path path)
{
	out->path = path;
	out->replicas = in->current;
}

static void scale(const struct calculate_input *in, struct calculation *out, double ratio, size_t n)
{
	out->n_pods = n;
	if (!arith_to_i32(ceil(ratio * (double)n), in->mode, &out->replicas))
		out->problem = CALCULATE_OUT_OF_RANGE;
}

static struct members ready_members(const struct pods_groups *groups, const int64_t *requests_milli)
{
	struct members m = { 0 };
	for (size_t i = 0; i < groups->pods.n; i++) {
		if (!(groups->roles[i] & PODS_ROLE_VALUE))
			continue;
		m.total += groups->samples[i]->milli;
		if (requests_milli)
			m.request += requests_milli[i];
	}
	m.n = m.n_names = groups->n_values;
	return m;
}

/* One measurement of the members: a ratio, and what the status would show. */
struct measured {
	enum calculate_problem problem;
	double ratio;
	int64_t total_milli, request_milli, usage_milli;
	int32_t utilization;
};

static struct measured measure_utilization(
	const struct calculate_input *in, const struct members *m, int32_t target_percent)
{
	struct measured out = { .problem = CALCULATE_OUT_OF_RANGE };
	int64_t percent;
	if (!fold(m->total, in->mode, &out.total_milli) ||
		!fold(m->request, in->mode, &out.request_milli))
		return out;
	if (out.request_milli == 0) {
		out.problem = CALCULATE_NO_REQUESTS;
		return out;
	}
	if (in->mode == ARITH_STRICT) {
		percent = arith_div(arith_mul(out.total_milli, 100), out.request_milli);
	} else {
		i128 exact = (i128)out.total_milli * 100 / out.request_milli;
		if (exact < INT32_MIN || exact > INT32_MAX)
			return out;
		percent = (int64_t)exact;
	}
	out.problem = CALCULATE_OK;
	out.utilization = arith_low32(percent);
	out.ratio = (double)out.utilization / (double)target_percent;
	out.usage_milli = arith_div(out.total_milli, (int64_t)m->n);
	return out;
}

static struct measured measure_average(
	const struct calculate_input *in, const struct members *m, int64_t target_milli)
{
	struct measured out = { .problem = CALCULATE_OUT_OF_RANGE };
	if (!fold(m->total, in->mode, &out.total_milli))
		return out;
	out.problem = CALCULATE_OK;
	out.usage_milli = arith_div(out.total_milli, (int64_t)m->n);
	out.ratio = (double)out.usage_milli / (double)target_milli;
	return out;
}

/* A target in one of its two forms, so that the flow around a measurement is written once. */
struct target {
	const int64_t *requests_milli; /* NULL: an average value */
	int32_t percent;
	int64_t average_milli;
};

static struct measured measure(
	const struct calculate_input *in, const struct members *m, const struct target *t)
{
	return t->requests_milli ? measure_utilization(in, m, t->percent)
				 : measure_average(in, m, t->average_milli);
}

/* What a pod without a sample is taken to use when the metric says "down": all of its request
 * (more, for targets above 100 %), or exactly the target. */
static int64_t assumed_milli(
	const struct calculate_input *in, const struct target *t, size_t pod, bool *fits)
{
	if (!t->requests_milli)
		return t->average_milli;
	int64_t percent = t->percent > 100 ? t->percent : 100;
	if (in->mode == ARITH_STRICT)
		return arith_div(arith_mul(t->requests_milli[pod], percent), 100);
	int64_t milli = 0;
	if (!fold((i128)t->requests_milli[pod] * percent / 100, in->mode, &milli))
		*fits = false;
	return milli;
}

struct fill {
	bool missing, missing_at_zero, unready;
};

static bool fill_in(const struct calculate_input *in, const struct pods_groups *groups,
	const struct target *t, const struct fill *fill, struct members *m)
{
	bool fits = true;
	for (size_t i = 0; i < groups->pods.n; i++) {
		bool missing = (groups->roles[i] & PODS_ROLE_MISSING) && fill->missing;
		if (!missing && !((groups->roles[i] & PODS_ROLE_UNREADY) && fill->unready))
			continue;
		if (missing && !fill->missing_at_zero)
			m->total += assumed_milli(in, t, i, &fits);
		if (t->requests_milli)
			m->request += t->requests_milli[i];
		m->n++;
		m->n_names++;
	}
	return fits;
}

static void decide_filled(
	const struct calculate_input *in, struct calculation *out, const struct members *m)
{
	double first = out->ratio, second = out->filled_ratio;
	if (calculate_within(&in->tolerance, second)) {
		keep(in, out, CALCULATE_FILLED_WITHIN);
		return;
	}
	if ((first < 1.0 && second > 1.0) || (first > 1.0 && second < 1.0)) {
		keep(in, out, CALCULATE_REVERSED);
		return;
	}
	out->path = CALCULATE_FILLED;
	scale(in, out, second, m->n_names);
	if (out->problem == CALCULATE_OK && ((second < 1.0 && out->replicas > in->current) ||
						    (second > 1.0 && out->replicas < in->current)))
		keep(in, out, CALCULATE_WRONG_WAY);
}

static struct calculation from_pods(
	const struct calculate_input *in, const struct pods_groups *groups, const struct target *t)
{
	struct members m = ready_members(groups, t->requests_milli);
	m.n_names += groups->n_strays;
	if (!t->requests_milli) {
		m.n += groups->n_strays;
		for (size_t i = 0; i < groups->n_strays; i++)
			m.total += groups->strays[i]->milli;
	}

	struct measured first = measure(in, &m, t);
	struct calculation out = {
		.problem = first.problem,
		.ratio = first.ratio,
		.total_milli = first.total_milli,
		.request_milli = first.request_milli,
		.usage_milli = first.usage_milli,
		.utilization = first.utilization,
	};
	if (out.problem != CALCULATE_OK)
		return out;

	struct fill fill = {
		.missing = groups->n_missing > 0 && (out.ratio < 1.0 || out.ratio > 1.0),
		.missing_at_zero = out.ratio > 1.0,
		.unready = groups->n_unready > 0 && out.ratio > 1.0,
	};
	if (!fill.unready && groups->n_missing == 0) {
		if (calculate_within(&in->tolerance, out.ratio))
			keep(in, &out, CALCULATE_WITHIN);
		else
			scale(in, &out, out.ratio, groups->n_ready);
		return out;
	}

	size_t n_before = m.n_names;
	if (!fill_in(in, groups, t, &fill, &m)) {
		out.problem = CALCULATE_OUT_OF_RANGE;
		return out;
	}
	struct measured second = measure(in, &m, t);
	out.problem = second.problem;
	out.filled_ratio = second.ratio;
	out.n_filled = m.n_names - n_before;
	if (out.problem == CALCULATE_OK)
		decide_filled(in, &out, &m);
	return out;
}

struct calculation calculate_utilization(const struct calculate_input *in,
	const struct pods_groups *groups, const int64_t *requests_milli, int32_t target_percent)
{
	struct target target = { .requests_milli = requests_milli, .percent = target_percent };
	if (in->mode == ARITH_SAFE && target_percent <= 0)
		return failed(CALCULATE_BAD_TARGET);
	if (groups->n_values + groups->n_strays == 0)
		return failed(CALCULATE_NO_METRICS);
	return from_pods(in, groups, &target);
}

struct calculation calculate_average(
	const struct calculate_input *in, const struct pods_groups *groups, int64_t target_milli)
{
	struct target target = { .average_milli = target_milli };
	if (in->mode == ARITH_SAFE && target_milli <= 0)
		return failed(CALCULATE_BAD_TARGET);
	if (groups->n_values + groups->n_strays == 0)
		return failed(CALCULATE_NO_METRICS);
	return from_pods(in, groups, &target);
}

static void scale_capped(const struct calculate_input *in, struct calculation *out, double exact)
{
	if (exact > 2147483647.0) {
		out->path = CALCULATE_CAPPED;
		out->replicas = INT32_MAX;
	} else if (!arith_to_i32(ceil(exact), in->mode, &out->replicas)) {
		out->problem = CALCULATE_OUT_OF_RANGE;
	}
}

struct calculation calculate_value(const struct calculate_input *in, const struct pod_set *pods,
	int64_t usage_milli, int64_t target_milli)
{
	struct calculation out = { .total_milli = usage_milli, .usage_milli = usage_milli };
	if (in->mode == ARITH_SAFE && target_milli <= 0)
		return failed(CALCULATE_BAD_TARGET);
	out.ratio = (double)usage_milli / (double)target_milli;
	if (in->current == 0) {
		scale(in, &out, out.ratio, 1);
		return out;
	}
	if (calculate_within(&in->tolerance, out.ratio)) {
		keep(in, &out, CALCULATE_WITHIN);
		return out;
	}
	if (pods->n == 0)
		return failed(CALCULATE_NO_PODS);
	out.n_pods = pods_count_running_ready(pods);
	scale_capped(in, &out, out.ratio * (double)out.n_pods);
	return out;
}

/* Without a replica in the status there is no average: safe mode reports the whole. */
static int64_t reported_average(
	const struct calculate_input *in, const struct calculate_per_replica *q)
{
	double usage = (double)q->usage_milli;
	int64_t average = q->usage_milli;
	if (in->mode == ARITH_SAFE && q->status_replicas <= 0)
		return q->usage_milli;
	if (q->external && usage >= 9223372036854775808.0)
		return INT64_MAX;
	/* Safe mode cannot leave the range here: the quotient is no larger than the usage. */
	(void)arith_to_i64(ceil(usage / (double)q->status_replicas), in->mode, &average);
	return average;
}

struct calculation calculate_per_replica_average(
	const struct calculate_input *in, const struct calculate_per_replica *q)
{
	struct calculation out = { .total_milli = q->usage_milli };
	double usage = (double)q->usage_milli, target = (double)q->target_milli;
	if (in->mode == ARITH_SAFE && q->target_milli <= 0)
		return failed(CALCULATE_BAD_TARGET);

	out.n_pods = q->status_replicas > 0 ? (size_t)q->status_replicas : 0;
	out.ratio = usage / (target * (double)q->status_replicas);
	if (calculate_within(&in->tolerance, out.ratio)) {
		out.path = CALCULATE_WITHIN;
		out.replicas = q->status_replicas;
	} else if (q->external) {
		scale_capped(in, &out, ceil(usage / target));
	} else if (!arith_to_i32(ceil(usage / target), in->mode, &out.replicas)) {
		out.problem = CALCULATE_OUT_OF_RANGE;
	}
	out.usage_milli = reported_average(in, q);
	return out;
}

struct calculation calculate_external_value(const int64_t *values, size_t n, enum arith_mode mode)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (values[i] > 0 && sum > INT64_MAX - values[i]) {
			sum = INT64_MAX;
			break;
		}
		if (mode == ARITH_SAFE && values[i] < 0 && sum < INT64_MIN - values[i])
			return failed(CALCULATE_OUT_OF_RANGE);
		sum = arith_add(sum, values[i]);
	}
	return (struct calculation){ .total_milli = sum };
}

struct calculation calculate_external_average(const int64_t *values, size_t n, enum arith_mode mode)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		bool wraps = __builtin_add_overflow(sum, values[i], &sum);
		if (sum >= 0)
			continue;
		if (mode == ARITH_SAFE)
			return failed(wraps ? CALCULATE_OUT_OF_RANGE : CALCULATE_NEGATIVE_SUM);
		sum = INT64_MAX;
		break;
	}
	return (struct calculation){ .total_milli = sum };
}
