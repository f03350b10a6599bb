/* A ring of seconds with the number of turns that were given out for each. */
#include "controller/status_turns.h"

static uint16_t *count_of(struct status_turns *t, int64_t sec)
{
	return &t->n[sec % STATUS_TURNS_SEC];
}

/* Seconds that are over make room for as many at the other end. */
static void forget_before(struct status_turns *t, int64_t sec)
{
	if (sec - t->first_sec > STATUS_TURNS_SEC)
		t->first_sec = sec - STATUS_TURNS_SEC;
	for (; t->first_sec < sec; t->first_sec++)
		*count_of(t, t->first_sec) = 0;
}

struct mono status_turns_take(struct status_turns *t, struct mono now, int64_t period_ns)
{
	const int64_t end_ns = now.ns + (STATUS_TURNS_SEC - 1) * NS_PER_SEC;
	int64_t at_ns = now.ns;

	forget_before(t, now.ns / NS_PER_SEC);
	while (*count_of(t, at_ns / NS_PER_SEC) >= STATUS_TURNS_PER_SEC &&
		at_ns + period_ns <= end_ns)
		at_ns += period_ns;
	uint16_t *n = count_of(t, at_ns / NS_PER_SEC);
	if (*n < UINT16_MAX)
		++*n;
	/* The pass may come a little early. */
	return (struct mono){ at_ns == now.ns ? at_ns : at_ns - period_ns / 2 };
}
