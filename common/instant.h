#pragma once
/* Two clocks that cannot be mixed: mono (boot time: timers, leases, windows) and wall (timestamps).
 * Pure code is handed "now"; only main loops read the clocks. RFC 3339 and Go durations as
 * Kubernetes reads and writes them. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_SEC INT64_C(1000000000)

/* Nanoseconds since boot, suspend included (CLOCK_BOOTTIME). */
struct mono {
	int64_t ns;
};

/* Seconds since 1970 UTC and 0..999999999 nanoseconds. Reaches from year 1 (Go's zero time) to
 * 9999. */
struct wall {
	int64_t sec;
	int32_t nsec;
};

/* 0001-01-01T00:00:00Z, Go's zero time: how Kubernetes spells "no time". */
#define WALL_ZERO ((struct wall){ INT64_C(-62135596800), 0 })

struct mono instant_mono_now(void);
struct wall instant_wall_now(void);

bool instant_wall_is_zero(struct wall t);
/* Negative, 0, positive. */
int instant_wall_cmp(struct wall a, struct wall b);
struct wall instant_wall_add_ns(struct wall t, int64_t ns);
/* a - b in nanoseconds, saturated as Go's Time.Sub. */
int64_t instant_wall_sub_ns(struct wall a, struct wall b);

/* RFC 3339 text with optional fraction and offset, accepted exactly as metav1.Time does (Go's
 * time.Parse with RFC3339); the result keeps nanoseconds. Errors: INVALID with Go's text. */
MUST_USE enum error_kind instant_wall_parse(struct sv text, struct wall *ret, struct error *err);
/* "2006-01-02T15:04:05Z" in UTC, whole seconds, as Kubernetes writes it. */
void instant_wall_print(struct buf *out, struct wall t);
/* With microseconds ("2006-01-02T15:04:05.000000Z"), as MicroTime in Leases and Events. */
void instant_wall_print_micro(struct buf *out, struct wall t);

/* Go duration text such as "30s", "1h2m3.5s", "-1us", "0" -> nanoseconds. Errors: INVALID with Go's
 * text. */
MUST_USE enum error_kind instant_duration_parse(struct sv text, int64_t *ret_ns, struct error *err);
/* Go's Duration.String(): "1m30s", "1.5s", "0s". */
void instant_duration_print(struct buf *out, int64_t ns);
