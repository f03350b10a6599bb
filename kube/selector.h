#pragma once
/* Label selectors as text: `app=web,tier in (a,b),!legacy`. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct label {
	struct sv key, value;
};

enum selector_op {
	SELECTOR_EQUALS,	/* k=v */
	SELECTOR_DOUBLE_EQUALS, /* k==v; the spelling is kept */
	SELECTOR_NOT_EQUALS,
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_NOT_EXISTS,
	SELECTOR_GREATER,
	SELECTOR_LESS,
};

struct selector_requirement {
	struct sv key;
	enum selector_op op;
	struct sv *values; /* sorted; without duplicates when parsed from text */
	size_t n_values;
};

struct selector {
	bool nothing; /* matches no object: what a nil LabelSelector becomes */
	struct selector_requirement
		*at; /* in key order, as given among equal keys; none: everything */
	size_t n;
};

/* Text -> selector in the arena; keys and values point into `text`.
 * errors: INVALID with the reference's text, which can be longer than err holds: *ret_why (may be NULL) then
 * gets all of it, in the arena; LIMIT, NOMEM. */
MUST_USE enum error_kind selector_parse(struct arena *a, struct sv text, struct selector *ret,
	struct sv *ret_why, struct error *err);
/* Canonical text; empty for nothing and for everything. */
void selector_print(struct buf *out, const struct selector *s);
bool selector_matches(const struct selector *s, const struct label *labels, size_t n_labels);
