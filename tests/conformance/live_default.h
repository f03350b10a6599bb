#pragma once
/* A step in the default mode against the recorded one: scale write, status and events. Where they differ on purpose, it is for a row of docs/deviations.md that the
 * step's inputs meet; all else is a difference. */
#include "common/arena.h"
#include "controller/tape_expect.h"

/* The rows, in the words of docs/deviations.md. Behind one of those before LIVE_ROW_GOES_ON the two modes may remember different things: the case ends with
 * the step. */
enum live_row {
	LIVE_ROW_NUMBERS,  /* numbers beyond their type: the first table */
	LIVE_ROW_GUARDS,   /* the second table */
	LIVE_ROW_PUT_OFF,  /* the API server puts a write off (429) */
	LIVE_ROW_CONFLICT, /* a scale write meets a conflict, and the count is another one */
	LIVE_ROW_SHARED, /* several metrics want the same of their pods, and the answer names others */
	LIVE_ROW_REFUSED, /* a scale or metric that was refused less than a minute ago */
	LIVE_ROW_GOES_ON,
	LIVE_ROW_VALUES = LIVE_ROW_GOES_ON, /* a status in which only the values differ */
	LIVE_ROW_WARNINGS,		    /* the same warnings in every pass */
	LIVE_ROW_AUTHOR,		    /* somebody else changes the replica count */
	LIVE_N_ROWS,
};
const char *live_row_text(enum live_row row);

/* Of one case; zeroed at first. */
struct live_default {
	bool met[LIVE_N_ROWS]; /* by the last step: it was needed to explain what was done */
	/* The warnings that went out last, since when; of the present controller. */
	struct sv warnings;
	int64_t warned_at;
	/* Values that were not written: since when they may wait. */
	bool owes_values;
	int64_t owed_since, written_at;
	bool has_written;
	struct sv metrics; /* that were recorded last */
	/* When a count was written again after a conflict: there with a pause, here at once. */
	bool was_retried;
	int64_t retried_at;
	/* When a scale or a metric was last refused. */
	bool was_refused;
	int64_t refused_at;
};

struct live_default_step {
	const struct jtree *json;   /* the recorded step */
	const struct jtree *spec;   /* in force */
	struct jtree *expect, *got; /* they are changed here */
	int64_t t;
	bool numbers; /* hpa_step_parts says so */
	bool opaque_text;
};

/* A new controller remembers nothing of these. */
void live_default_restart(struct live_default *d);
/* Calls fn for each difference that no row explains, and returns how many; `met` tells which rows were needed. *ret_over: the case ends here.
 * The arena lives as long as d. */
size_t live_default_compare(struct live_default *d, struct arena *a,
	const struct live_default_step *step, tape_expect_fn fn, void *ctx, bool *ret_over);
