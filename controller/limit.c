/* Limits. Without behavior one pass may reach max(2 x current, 4) upwards, nothing limits the way
 * down, and min and max bind whatever the direction. With behavior the policies count from the
 * start of their period by means of our own scale events, min binds only a decrease and max only an
 * increase. A limit never moves the count the other way. Percentages are evaluated in exactly this
 * order of operations: `value / 100.0`, then 1 + or 1 -, then the product; the integer result
 * differs from exact arithmetic for many pairs, and so must ours. */
#include "controller/limit.h"

#include <math.h>

static struct limited bounded(const struct limit_input *in, int32_t replicas, enum limited_by by)
{
	return (struct limited){
		.replicas = replicas,
		.by = by,
		.applied = replicas != in->stabilized,
	};
}

/* Safe arithmetic takes the nearest count that there is. */
static int32_t to_count(double x, enum arith_mode mode)
{
	int32_t strict = 0;
	if (mode == ARITH_SAFE)
		return arith_clamp_i32(x);
	(void)arith_to_i32(x, mode, &strict);
	return strict;
}

static int32_t rate_without_behavior(const struct limit_input *in)
{
	int64_t base = in->current;

	if (in->step_sec == 0)
		return to_count(fmax(2.0 * (double)in->current, 4.0), in->mode);
	base += history_sum_certain(in->down_events, in->step_sec, in->now) -
		history_sum(in->up_events, in->step_sec, in->now);
	int32_t rate = arith_clamp_i32(fmax(2.0 * (double)base, 4.0));
	return rate > in->current ? rate : in->current;
}

static struct limited without_behavior(const struct limit_input *in)
{
	int32_t rate = rate_without_behavior(in);
	int32_t cap = in->max_replicas;
	enum limited_by by = LIMIT_TOO_MANY;
	struct limited out;

	if (in->max_replicas > rate) {
		cap = rate;
		by = LIMIT_SCALE_UP;
	}
	if (in->stabilized < in->min_replicas)
		out = bounded(in, in->min_replicas, LIMIT_TOO_FEW);
	else if (in->stabilized > cap)
		out = bounded(in, cap, by);
	else
		out = bounded(in, in->stabilized, LIMIT_NONE);
	out.has_rate = true;
	out.rate = rate;
	return out;
}

static int32_t percent_limit(const struct limit_input *in, int32_t base, int32_t value, bool up)
{
	double share = (double)value / 100.0;
	double limit = up ? ceil((double)base * (1.0 + share)) : (double)base * (1.0 - share);
	return to_count(limit, in->mode);
}

struct limit_room limit_policy_room(
	const struct limit_input *in, const struct hpa_policy *p, bool up)
{
	/* An event that may be outside of the period counts where it makes for less change. */
	struct limit_room room = {
		.added = up ? history_sum(in->up_events, p->period_sec, in->now)
			    : history_sum_certain(in->up_events, p->period_sec, in->now),
		.removed = up ? history_sum_certain(in->down_events, p->period_sec, in->now)
			      : history_sum(in->down_events, p->period_sec, in->now),
	};
	int64_t base = (int64_t)in->current - room.added + room.removed;
	bool strict = in->mode == ARITH_STRICT;

	room.base = strict ? arith_low32(base) : arith_clamp32(base);
	if (sv_is(p->type, "Percent")) {
		room.replicas = percent_limit(in, room.base, p->value, up);
	} else {
		int64_t limit = (int64_t)room.base + (up ? p->value : -(int64_t)p->value);
		room.replicas = strict ? arith_low32(limit) : arith_clamp32(limit);
	}
	return room;
}

static bool is_policy(const struct hpa_policy *p)
{
	return sv_is(p->type, "Pods") || sv_is(p->type, "Percent");
}

/* Combines the policies: `Max` allows the largest change, `Min` the smallest. An unknown policy
 * type repeats the policy before it, as the reference's does. */
static int32_t rate_with_behavior(const struct limit_input *in, bool up)
{
	const struct hpa_rules *rules = up ? in->up : in->down;
	if (sv_is(rules->select_policy, "Disabled"))
		return in->current;

	bool smallest_change = sv_is(rules->select_policy, "Min");
	bool lowest = up == smallest_change;
	int32_t rate = lowest ? INT32_MAX : INT32_MIN;
	int32_t proposed = 0;
	for (size_t i = 0; i < rules->n_policies; i++) {
		if (is_policy(&rules->policies[i]))
			proposed = limit_policy_room(in, &rules->policies[i], up).replicas;
		if (lowest ? proposed < rate : proposed > rate)
			rate = proposed;
	}
	return rate;
}

static struct limited with_behavior(const struct limit_input *in)
{
	if (in->stabilized == in->current)
		return bounded(in, in->stabilized, LIMIT_NONE);

	bool up = in->stabilized > in->current;
	int32_t rate = rate_with_behavior(in, up);
	int32_t bound;
	enum limited_by by;
	if (up) {
		rate = rate < in->current ? in->current : rate;
		bound = in->max_replicas > rate ? rate : in->max_replicas;
		by = in->max_replicas > rate ? LIMIT_SCALE_UP : LIMIT_TOO_MANY;
	} else {
		rate = rate > in->current ? in->current : rate;
		bound = in->min_replicas < rate ? rate : in->min_replicas;
		by = in->min_replicas < rate ? LIMIT_SCALE_DOWN : LIMIT_TOO_FEW;
	}

	bool beyond = up ? in->stabilized > bound : in->stabilized < bound;
	struct limited out =
		beyond ? bounded(in, bound, by) : bounded(in, in->stabilized, LIMIT_NONE);
	out.has_rate = true;
	out.rate = rate;
	return out;
}

struct limited limit_compute(const struct limit_input *in)
{
	return in->up ? with_behavior(in) : without_behavior(in);
}
