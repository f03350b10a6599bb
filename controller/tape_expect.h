#pragma once
/* What was decided against what is decided now: the objects under `expect`, compared as
 * conformance/hpa compares them. Null, absent and [] are equal, so are absent and 0 or "" for a
 * scalar; all else exactly, order included. Pure. */
#include "common/jtree.h"

struct tape_expect_options {
	bool opaque_text; /* texts count up to the end of their first "metrics API: " */
};

/* One difference; path is "status.conditions[0].reason". NULL: nothing there. */
typedef void (*tape_expect_fn)(
	void *ctx, const char *path, const struct jtree *recorded, const struct jtree *now);

/* Calls fn for each difference, in the order of the recorded members; returns how many. */
size_t tape_expect_compare(const struct jtree *recorded, const struct jtree *now,
	const struct tape_expect_options *options, tape_expect_fn fn, void *ctx);
