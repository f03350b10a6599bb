#pragma once
/* Every rule of a file against a Prometheus: which series it finds, what it asks, what comes back, who uses it; and why nothing, when there is nothing. */
#include "cli/rules_example.h"
#include "cli/rules_series.h"
#include "cli/rules_uses.h"

enum rules_test_verdict {
	RULES_TEST_OK,
	RULES_TEST_NOTHING,
	RULES_TEST_ERROR,
	RULES_TEST_AWAY, /* an error: the server did not answer when it was asked for series */
	RULES_TEST_N_VERDICTS
};

struct rules_test {
	struct prom_source *server; /* of the rule */
	const struct rules_file *file;
	const struct rules_uses *uses; /* NULL: no cluster was asked */
	int64_t max_metrics;	       /* of each rule; the others are counted */
	struct wall now;
};

/* Prints the rule's block and says how it went. What Prometheus refuses or does not answer is a verdict. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind rules_test_rule(const struct rules_test *t,
	const struct rules_file_rule *r, struct buf *out, enum rules_test_verdict *ret,
	struct error *err);

/* Why a listing gave no metric, and what would help: two lines of text. Pure. */
void rules_test_explain_nothing(struct buf *cause, struct buf *cure, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_series *found);
