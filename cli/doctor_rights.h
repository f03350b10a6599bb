#pragma once
/* What the controller must be allowed, and questions about it as access reviews. Pure. */
#include "cli/doctor.h"

/* Metrics of objects that are asked about; the others are of the same few adapters. */
#define DOCTOR_RIGHTS_MAX 256

/* What the right is for; manifests/overlays grants what the base does not. */
enum doctor_need {
	DOCTOR_TO_DECIDE,
	DOCTOR_TO_ACT,	   /* on objects of our kind */
	DOCTOR_TO_OWN,	   /* native objects */
	DOCTOR_TO_SHOW,	   /* what was decided, on the HTTPS port */
	DOCTOR_TO_MEASURE, /* granted by an adapter, often to Kubernetes' own HPA account only */
};

struct doctor_right {
	const char *verb, *group, *resource, *subresource;
	const char *ns;	     /* empty: all namespaces */
	const char *without; /* what does not work without it */
	enum doctor_need need;
	const char *
		name; /* of the one object; NULL: any. A right that is granted by name is denied to who asks for any */
};

struct doctor_rights {
	struct doctor_right at[DOCTOR_RIGHTS_MAX];
	size_t n;
	bool acts; /* there are objects of our kind */
};

/* Whose rights: a service account, or, with ns NULL, whoever asks. */
struct doctor_subject {
	const char *ns, *name;
};

/* Fixed ones, and one for each metric that the objects ask for. ours: our namespace. Texts are in the arena. */
void doctor_rights_list(struct arena *a, const struct doctor_cluster *c, const char *ours,
	struct doctor_rights *ret);
/* A SelfSubjectAccessReview, or a SubjectAccessReview about the account. */
void doctor_rights_encode(
	struct buf *out, const struct doctor_right *right, const struct doctor_subject *subject);
/* The answer to it. errors: INVALID. */
MUST_USE enum error_kind doctor_rights_decode(
	struct arena *a, struct sv answer, bool *ret_allowed, struct error *err);
/* acts: of the list. A right to act is missed only by who is to act. */
void doctor_rights_judge(struct doctor *d, const struct doctor_right *right, bool acts,
	const struct doctor_subject *subject);
