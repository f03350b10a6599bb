#pragma once
/* May one evaluation for all objects replace one evaluation per object?
 *
 * In the rule an object's value of label l is the placeholder "<l>": queue{pod="<pod>"}. When the rule is separable, evaluate the
 * coalesced form once, take the rows whose object labels equal the object's, remove these labels: the same rows and values as the rule
 * gives for that object, for every object, provided the coalesced evaluation raises no error (one object's data can raise one; then
 * evaluate per object). The answer "separable" is always right; "not separable" is sometimes only careful. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

/* More labels than an object ever has. */
#define SEPARABLE_MAX_LABELS 16u

enum separable_reason {
	SEPARABLE_YES,
	SEPARABLE_PLACEHOLDER_MISUSE,  /* a placeholder inside of another matcher or a string */
	SEPARABLE_PARTIAL_PLACEHOLDER, /* a selector has some object labels but not all */
	SEPARABLE_NO_PLACEHOLDER, /* nothing depends on the object: one evaluation serves all */
	SEPARABLE_TYPE,		  /* depends on the object but is no instant vector */
	SEPARABLE_SCALAR, /* these functions, aggregators and modifiers over what depends on the object */
	SEPARABLE_ABSENT,
	SEPARABLE_INFO,
	SEPARABLE_SORT,
	SEPARABLE_LIMIT,
	SEPARABLE_FILL,
	SEPARABLE_WRITES_LABEL, /* a function writes an object label */
	SEPARABLE_READS_LABEL, /* a function reads an object label that the rows do not surely carry */
	SEPARABLE_LE_LABEL,    /* a histogram function, and le is an object label */
	SEPARABLE_LABEL_PRESENCE, /* rows are matched or grouped by an object label that they may lack */
	SEPARABLE_GLOBAL_OPERAND, /* a side that is the same for all objects is matched without the object labels */
	SEPARABLE_OR_GLOBAL, /* "or" with a side that is the same for all objects */
};

struct separable {
	enum separable_reason reason;
	/* Not YES: the node that decides, and the label, function, aggregator or operator concerned (may be empty). */
	uint32_t start, end;
	struct sv what;
	/* YES: the form to evaluate once, and the value of an object without a row ("or vector(0)"), if there is one. */
	struct ast *coalesced;
	bool has_default;
	double default_value;
};

/* Consumes the tree: the coalesced form is made of it, and after a refusal it is not to be used.
 * errors: INVALID (no label, too many), NOMEM. "Not separable" is no error. */
MUST_USE enum error_kind separable_analyze(struct arena *a, struct ast *root,
	const struct sv *labels, size_t n_labels, struct separable *ret, struct error *err);
/* "global-operand". */
const char *separable_reason_name(enum separable_reason reason);
/* For people: "coalesced over namespace,pod", or "per object because scalar() at 1:14". */
struct buf;
void separable_explain(struct buf *out, const struct separable *s, struct sv query,
	const struct sv *labels, size_t n_labels);
