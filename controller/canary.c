/* Sights and failures of the canary, with the clock -> next action and verdict. Every doubt counts against writing: no writer for a while does less harm than
 * two. Two instances of this program in different namespaces answer each other's canaries; that they do not take turns is what n_needed is for. */
#include "controller/canary.h"

#include "common/jscan.h"

/* An answered canary is emptied again after so many periods. */
#define PAUSE_PERIODS 3
/* A silence counts for so many periods. */
#define CONFIRMED_PERIODS 2
#define MAX_NEEDED 32u
/* So many silent periods, and former answers are forgiven. */
#define FORGIVEN_PERIODS 64u
/* A failed request is tried again after this part of a period. */
#define RETRY_PART 4
/* A server that cannot be reached is not asked more often than that, however short the period is. */
#define RETRY_MIN_NS (300 * NS_PER_MS)

void canary_init(struct canary *c, int64_t period_ns, bool leads)
{
	*c = (struct canary){ .period_ns = period_ns, .leads = leads, .n_needed = CANARY_PERIODS };
}

void canary_lead(struct canary *c, bool leads)
{
	c->leads = leads;
}

static struct mono after(struct mono t, int64_t ns)
{
	return (struct mono){ t.ns + ns };
}

static enum canary_action planned(const struct canary *c, struct mono *ret_at)
{
	*ret_at = c->not_before;
	if (!c->seen)
		return CANARY_READ;
	if (c->object == CANARY_EMPTY) {
		struct mono over = after(c->quiet_since, c->period_ns);
		if (over.ns > ret_at->ns)
			*ret_at = over;
		return CANARY_READ;
	}
	if (!c->leads)
		return CANARY_NOTHING;
	return c->object == CANARY_MISSING ? CANARY_CREATE : CANARY_CLEAR;
}

enum canary_action canary_next(const struct canary *c, struct mono now, struct mono *ret_wake)
{
	enum canary_action action = planned(c, ret_wake);

	if (action == CANARY_NOTHING)
		*ret_wake = after(now, c->period_ns);
	return ret_wake->ns <= now.ns ? action : CANARY_NOTHING;
}

static bool is_recent(const struct canary *c, struct mono now)
{
	return now.ns - c->confirmed.ns <= CONFIRMED_PERIODS * c->period_ns;
}

static void answer(struct canary *c, struct sv by, struct mono now)
{
	struct sv name = by.len > 0 ? sv_take(by, sizeof(c->by) - 1) : SV("an unknown writer");

	if (c->n_silent >= c->n_needed && c->n_needed < MAX_NEEDED)
		c->n_needed *= 2;
	c->answered = true;
	c->n_silent = 0;
	c->quiet_since = now;
	memcpy(c->by, name.ptr, name.len);
	c->by[name.len] = '\0';
}

static void count_silence(struct canary *c, struct mono now)
{
	if (!is_recent(c, now))
		c->n_silent = 0;
	if (c->n_silent < FORGIVEN_PERIODS)
		c->n_silent++;
	else
		c->n_needed = CANARY_PERIODS;
	c->quiet_since = c->confirmed = now;
	if (c->n_silent >= c->n_needed)
		c->answered = false;
}

static void see_filled(struct canary *c, struct sv by, struct mono now)
{
	/* What was filled before we looked first may be old: it is emptied at once. */
	if (!c->seen) {
		c->not_before = now;
	} else if (c->object != CANARY_FILLED) {
		answer(c, by, now);
		c->not_before = after(now, PAUSE_PERIODS * c->period_ns);
	}
}

static void see_empty(struct canary *c, bool read, struct mono now)
{
	if (!c->seen || c->object != CANARY_EMPTY) {
		c->quiet_since = c->confirmed = now;
		c->n_silent = 0;
	} else if (read && now.ns - c->quiet_since.ns >= c->period_ns) {
		count_silence(c, now);
	}
	c->not_before = now;
}

void canary_see(struct canary *c, enum canary_sight sight, bool read, struct sv by, struct mono now)
{
	switch (sight) {
	case CANARY_FILLED:
		see_filled(c, by, now);
		break;
	case CANARY_EMPTY:
		see_empty(c, read, now);
		break;
	case CANARY_MISSING:
		c->n_silent = 0;
		/* Whoever deletes it again and again does not set our pace. */
		c->not_before = c->seen ? after(now, c->period_ns / RETRY_PART) : now;
		break;
	}
	c->seen = true;
	c->object = sight;
}

void canary_fail(struct canary *c, struct mono now)
{
	int64_t wait_ns = c->period_ns / RETRY_PART;

	c->not_before = after(now, wait_ns > RETRY_MIN_NS ? wait_ns : RETRY_MIN_NS);
}

void canary_forget(struct canary *c)
{
	c->seen = false;
	c->n_silent = 0;
}

bool canary_testify(struct canary *c, struct sv by, int64_t age_ns, struct mono now)
{
	if (age_ns >= (int64_t)CANARY_PERIODS * c->period_ns)
		return false;
	answer(c, by, now);
	return true;
}

enum canary_verdict canary_judge(const struct canary *c, struct mono now)
{
	if (c->answered)
		return CANARY_ANSWERED;
	return c->seen && c->object == CANARY_EMPTY && c->n_silent >= c->n_needed &&
			       is_recent(c, now)
		       ? CANARY_SILENT
		       : CANARY_UNKNOWN;
}

/* Whether the value whose first token this is says something; reads to its end. */
static bool says_something(struct jscan *s, enum jscan_token token)
{
	switch (token) {
	case JSCAN_NUMBER:
		return !sv_is(s->text, "0");
	case JSCAN_STRING:
		return s->text.len > 0;
	case JSCAN_OBJECT:
	case JSCAN_ARRAY:
		token = jscan_next(s);
		return token != JSCAN_CLOSE;
	case JSCAN_NULL:
	case JSCAN_FALSE:
		return false;
	case JSCAN_TRUE:
	case JSCAN_KEY:
	case JSCAN_CLOSE:
	case JSCAN_END:
	case JSCAN_ERROR:
		break;
	}
	return true;
}

/* Behind the { of the status. */
static enum canary_sight look_at_status(struct jscan *s)
{
	enum jscan_token token;

	while ((token = jscan_next(s)) == JSCAN_KEY) {
		if (says_something(s, jscan_next(s)))
			return CANARY_FILLED;
	}
	return token == JSCAN_CLOSE ? CANARY_EMPTY : CANARY_FILLED;
}

enum canary_sight canary_look(struct sv json)
{
	enum jscan_token token;
	struct jscan s;

	jscan_init(&s, json);
	if (jscan_next(&s) != JSCAN_OBJECT)
		return CANARY_FILLED;
	while ((token = jscan_next(&s)) == JSCAN_KEY) {
		bool status = jscan_is(&s, SV("status"));
		token = jscan_next(&s);
		if (status && token == JSCAN_OBJECT)
			return look_at_status(&s);
		if (!jscan_skip(&s, token))
			return CANARY_FILLED;
	}
	return token == JSCAN_CLOSE ? CANARY_EMPTY : CANARY_FILLED;
}
