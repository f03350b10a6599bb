#pragma once
/* What the sandbox's one user may not do: set by tests, obeyed by requests and told by access reviews. Pure. */
#include <stdbool.h>
#include <stddef.h>

#include "common/sv.h"

#define DENIALS_MAX 32
#define DENIALS_MAX_WORD 128

struct denials {
	struct denial {
		/* "*" is any; resource with its subresource behind a slash. */
		char verb[DENIALS_MAX_WORD], group[DENIALS_MAX_WORD], resource[DENIALS_MAX_WORD];
	} at[DENIALS_MAX];
	size_t n;
};

struct denial_request {
	struct sv verb, group, resource, subresource;
};

/* "list:pods", "update:deployments/scale.apps": verb, then resource and group. False: malformed, or no room. */
bool denials_add(struct denials *d, struct sv text);
bool denials_match(const struct denials *d, const struct denial_request *request);
