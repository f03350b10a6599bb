#pragma once
/* The I/O of `flyball doctor`: reads the cluster, asks the access reviews and Prometheus, and lets doctor*.c judge. */
#include "cli/doctor.h"
#include "cli/live.h"

struct doctor_questions {
	const char *account;	    /* "NAMESPACE/NAME", or "self" */
	const char *prometheus_url; /* NULL: not asked */
	bool before_uninstall;
};

/* As manifests/base names it. */
#define DOCTOR_QUESTIONS_DEFAULT                                                                   \
	((struct doctor_questions){ .account = "flyball-system/flyball-controller" })

/* errors: INVALID. */
MUST_USE enum error_kind doctor_read_check(const struct doctor_questions *q, struct error *err);
/* What does not answer is a finding. */
void doctor_read(struct doctor *d, struct live *l, const struct doctor_questions *q);
