#pragma once
/* When a call is over: after a time, at an instant, or after a silence. Pure; times are nanoseconds, instants those of instant_mono_now. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/instant.h"

struct http_deadline {
	int64_t total_ns, idle_ns; /* 0: none */
	struct mono latest;	   /* whatever the total says; ns 0: none */
	/* private */
	int64_t started_ns, heard_ns, until_ns;
};

void http_deadline_start(struct http_deadline *d, struct mono now);
void http_deadline_heard(struct http_deadline *d, struct mono now);
/* Started, and over but for silence: nothing is sent any more. */
bool http_deadline_is_past(const struct http_deadline *d, struct mono now);
/* When to look next; ns 0: never, not later than now: it is over. */
struct mono http_deadline_next(const struct http_deadline *d);
/* Why it is over. sent: the call had its connection. */
void http_deadline_print(
	struct buf *out, const struct http_deadline *d, struct mono now, bool sent);
/* libcurl tells after how many milliseconds a connection failed: taken out, so that the same failure has the same words the next time. */
void http_deadline_drop_elapsed(char *text);
