#pragma once
/* The same questions to two adapters, side by side: the proof before a migration. Reads only. */
#include "cli/rules_uses.h"
#include "common/options.h"

struct rules_compare_options {
	const char *before, *after;	  /* "cluster", or https://HOST:PORT */
	const char *kubeconfig, *context; /* of "cluster", and of the autoscalers */
	const char *ca_file, *token_file, *cert_file, *key_file; /* for URLs */
	bool insecure;
	struct option_list namespaces; /* empty: those of the autoscalers, and the context's */
	double tolerance;	       /* of a value, as a share of the larger one */
	int64_t n_tries;	       /* a difference counts when it is seen that often in a row */
	int64_t max_questions;
	bool resource_metrics; /* metrics.k8s.io too */
	int64_t timeout_ns;    /* of each question */
	struct rules_uses uses;
	const char *default_namespace;
};

struct rules_compare_totals {
	size_t n_questions, n_different, n_left_out;
	size_t n_failed; /* both answered with the same 5xx: no difference, and no proof */
	int64_t before_ns, after_ns;
};

/* Prints what is compared. errors: INVALID (an address), NOTFOUND (no kubeconfig), UNAVAIL (one of the two does not answer at all), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_compare(struct arena *a, const struct rules_compare_options *o,
	struct buf *out, struct rules_compare_totals *ret, struct error *err);
