#pragma once
/* The lines of windows, policies and bounds. Pure. */
#include "cli/explain.h"

/* A window of one direction, and what holds in it. */
struct explain_window {
	bool up;
	int64_t length_ns;
	bool holds;	 /* it changed the count */
	int32_t bound;	 /* lowest (up) or highest (down) of the window */
	bool has_holder; /* an earlier recommendation made the bound */
	bool seed;	 /* and that is the count at the first look */
	int64_t age_ns;	 /* of that recommendation */
	int64_t ends_ns; /* from now, when it leaves the window */
};

/* The windows of a decision that has limits; returns how many (1 without spec.behavior, else 2). */
size_t explain_limits_windows(const struct source_view *view, struct explain_window ret[2]);
/* What limited the pass, with the events before it. */
struct limit_input explain_limits_input(const struct source_view *view);

void explain_limits_print(
	struct buf *out, const struct source_view *view, const struct explain_style *style);
