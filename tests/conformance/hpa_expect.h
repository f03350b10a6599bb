#pragma once
/* Comparing what a pass did with what the reference did. */
#include "controller/pass.h"
#include "tests/conformance/conformance.h"

/* What a runner saw of one pass. */
struct hpa_outcome {
	struct buf requests;	   /* metrics API requests, a JSON array */
	struct buf scale_requests; /* the same of the scale's */
	bool scale_written;
	int32_t written;
	const struct conclusion *conclusion;
	const struct jtree *status; /* of the update, or the stored one */
	bool status_written;
};

/* `opaque`: texts after the first "metrics API: " are not compared. False: c has failed; `t` names
 * the step. */
bool hpa_expect_check(struct conformance *c, const struct jtree *expect,
	const struct hpa_outcome *outcome, bool opaque, int64_t t);
