#pragma once
/* Answers of /api/v1/series, decoded piece by piece as they arrive, keeping only what discovery needs: the distinct pairs of
 * series name and set of label names. What is kept does not grow with the number of pods. */
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct series_shape {
	struct sv name;		 /* value of __name__; empty when the entry has none */
	const struct sv *labels; /* names without __name__, sorted, decoded */
	size_t n_labels;
	uint64_t last_index; /* position of the last entry of this shape in the answer */
};

struct series;

MUST_USE enum error_kind series_new(struct series **ret, struct error *err);
void series_free(struct series *s);
DEFINE_AUTO(struct series *, series_free)
/* Calls busy(true) before each piece is read and busy(false) after it, for whoever keeps account of what is being worked on. */
void series_set_busy(struct series *s, void (*busy)(bool begins, void *ctx), void *ctx);

/* The next piece of the body of a 2xx answer.
 * errors: INVALID ("bad_response: ...", or "<errorType>: <error>" once the envelope says so), LIMIT, NOMEM; they stay. */
MUST_USE enum error_kind series_feed(struct series *s, struct sv piece, struct error *err);
/* The body is over: checks that it was complete and sorts the shapes by last_index (who writes last wins, as in the reference).
 * An answer whose data is missing, null or no list is an error; an empty list is not. */
MUST_USE enum error_kind series_end(struct series *s, struct error *err);

size_t series_n(const struct series *s);
/* Valid until series_free. */
const struct series_shape *series_at(const struct series *s, size_t i);
/* Entries that the answer held. */
uint64_t series_n_entries(const struct series *s);
/* Texts of "warnings" in the answer (results may be incomplete then). */
size_t series_n_warnings(const struct series *s);
