#pragma once
/* What a controller remembers about one object between passes: recommendations and its own scale
 * events. Lost on restart unless somebody hands it on. The pure stages read it; only conclude
 * changes it, through the functions below; checkpoint restores it. Rules: spec sections 9 and 11. Nothing is removed when
 * it expires: an expired entry is overwritten by a later one, and until then it counts again if a
 * window or period grows. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "controller/metric_memory.h"

/* Packed: there are twenty of each object. */
struct history_recommendation {
	struct mono at;
	int32_t replicas;
} __attribute__((packed, aligned(4)));

struct history_event {
	struct mono at;
	int32_t change; /* pods added (list up) or removed (list down) */
	bool outdated;	/* its slot may be reused; says nothing about whether it counts */
	/* Handed on by another controller: `at` is the latest that it can have been, and it may have been that much earlier. */
	uint16_t earlier_ms;
};

struct history_events {
	struct history_event *at;
	size_t n, size;
};

/* A write of ours whose answer was lost, and what came of it could not be read: it may have happened. */
struct history_lost_write {
	bool open;
	int32_t from, to;
};

struct history {
	bool started; /* the list of recommendations exists */
	struct {
		struct history_recommendation *at;
		size_t n, size;
	} recommendations;
	struct history_events up, down;
	struct metric_memory_list metrics;
	/* Handed on by a controller that may have gone on deciding afterwards: the first pass starts a hold. */
	bool gap;
	struct mono hold_until; /* no decrease before; zero: none is held */
	/* A scale write was handed over whose outcome is not known yet. */
	bool unsettled;
	struct history_lost_write lost;
	/* Zero replicas are our doing; the stored condition may not say so yet. */
	bool asleep;
};

/* Where a recommendation goes when no old slot is free. */
#define HISTORY_APPEND SIZE_MAX

void history_done(struct history *h);
/* Forgets everything and keeps the memory. */
void history_clear(struct history *h);

/* Makes `to` (zeroed, or used before) the same as `from`, slot by slot. errors: NOMEM, `to` is
 * empty. */
MUST_USE enum error_kind history_copy(
	struct history *to, const struct history *from, struct error *err);

/* Starts the list with what the target had when it was seen first. Does nothing when the list
 * exists. errors: NOMEM, nothing changed. */
MUST_USE enum error_kind history_start(
	struct history *h, int32_t replicas, struct mono now, struct error *err);
/* Stores a recommendation in `slot` (an index that stabilize_compute named), or at the end. A full
 * list loses its oldest. errors: NOMEM, nothing changed. */
MUST_USE enum error_kind history_recommend(
	struct history *h, size_t slot, int32_t replicas, struct mono now, struct error *err);
/* Stores one scale event; `longest_sec` is the longest period of the direction's present policies,
 * 0 without any. errors: NOMEM, nothing changed but marks. */
MUST_USE enum error_kind history_add_event(struct history_events *events, int32_t change,
	int32_t longest_sec, struct mono now, struct error *err);
/* Sum of the changes younger than `period_sec`: an event exactly that old no longer counts. */
int64_t history_sum(const struct history_events *events, int32_t period_sec, struct mono now);
/* The same without those that may be older. */
int64_t history_sum_certain(
	const struct history_events *events, int32_t period_sec, struct mono now);
