#pragma once
/* The API server's clock, from the Date headers of its answers. A Date has whole seconds and was taken some time between request and answer, so what is
 * known is a range; it narrows with every answer. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

/* Zeroed: nothing is known. Private. */
struct server_clock {
	bool known;
	/* Nanoseconds since 1970 by the server's clock, minus our monotonic clock. */
	int64_t earliest_ns, latest_ns;
	struct mono observed_at;
};

/* The server's time at some moment lies in here; earliest <= latest. */
struct server_time {
	int64_t earliest_ns, latest_ns; /* since 1970 */
};

/* "Sat, 21 Nov 2026 14:57:16 GMT" -> seconds since 1970. errors: INVALID. */
MUST_USE enum error_kind server_clock_parse(struct sv text, int64_t *ret_sec, struct error *err);
/* An answer that carried `date`. A header that is no date is ignored. Two servers that disagree widen the range. */
void server_clock_observe(
	struct server_clock *c, struct sv date, struct mono sent, struct mono received);
/* False: no answer came yet. */
bool server_clock_at(const struct server_clock *c, struct mono at, struct server_time *ret);
/* A wall clock that may be wrong, put right: the nearest moment of the range. One that agrees stays as it is. */
struct wall server_clock_correct(const struct server_time *t, struct wall ours);
