#pragma once
/* Finds those selectors that could match a pod without looking at all of them: each stands under one label that it demands. For the check of
 * overlapping selectors. Pure. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/chains.h"
#include "controller/pods.h"

/* Embedded in its owner; zeroed at first. */
struct selector_entry {
	struct chain_link link; /* first; its tag: number of the search that found it last */
	char *text; /* canonical; NULL: the owner has no selector yet, which matches nothing */
};

struct selector_index {
	struct chains chains;
	uint64_t seed;
	uint32_t search;
};

void selector_index_init(struct selector_index *x);
/* The entries are removed by then. */
void selector_index_done(struct selector_index *x);
/* Puts the selector of an owner in place of its last one; an empty text matches every pod of the namespace. errors: INVALID, NOMEM, LIMIT; then it
 * matches nothing. */
MUST_USE enum error_kind selector_index_set(struct selector_index *x, struct selector_entry *e,
	struct sv ns, struct sv text, struct error *err);
void selector_index_remove(struct selector_index *x, struct selector_entry *e);
/* Calls fn for each entry that may match one of the pods (all of one namespace), once, until it returns false. cost: O(different sets of labels,
 * and what is found) */
void selector_index_search(struct selector_index *x, struct sv ns, const struct pod_set *pods,
	bool (*fn)(struct selector_entry *e, void *ctx), void *ctx);
