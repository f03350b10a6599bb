#pragma once
/* Refusals and errors as metav1.Status bodies, with exactly the members that Kubernetes' servers write. Pure. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

enum failure_details {
	FAILURE_NO_DETAILS,    /* the member is left out */
	FAILURE_EMPTY_DETAILS, /* {} */
	FAILURE_CAUSE,	       /* {"causes":[{"message": cause}]} */
	FAILURE_OBJECT,	       /* {"name":...,"group":...,"kind":...}, empty ones left out */
};

struct failure {
	int code;
	const char *reason; /* NULL: left out */
	struct sv message;
	enum failure_details details;
	struct sv cause;
	struct sv name, group, kind;
};

/* Compact JSON, without a newline. */
void failure_print(struct buf *out, const struct failure *f);
