#pragma once
/* What the suites of the HPA controller's recorded cases share. */
#include "common/jtree.h"
#include "controller/pass.h"
#include "tests/conformance/conformance.h"

/* For messages. */
struct hpa_step {
	struct conformance *c;
	int64_t t;
};

/* A tape_expect_fn: the case fails with this difference; ctx is the struct hpa_step. */
void hpa_step_differs(
	void *ctx, const char *path, const struct jtree *expected, const struct jtree *got);
/* Does the default mode part with the reference in this pass, that should have done what `expect` says, because a number leaves its range? It refuses to
 * compute on there (docs/deviations.md, the first table). */
bool hpa_step_parts(const struct pass *pass, const struct jtree *expect);
