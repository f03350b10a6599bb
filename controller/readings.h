#pragma once
/* Answers of the three metrics APIs -> readings. Pure. Rules: spec 6.3 to 6.5. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/arith.h"
#include "controller/hpa.h"
#include "controller/reading.h"

/* What came back for one request. */
struct readings_answer {
	bool failed; /* no 2xx answer: `error` is the client's text */
	struct sv error;
	int http_status;
	struct sv content_type; /* empty: taken for JSON */
	struct sv body;
};

struct readings_query {
	enum hpa_metric_kind kind;
	struct sv resource;  /* Resource, ContainerResource */
	struct sv container; /* ContainerResource */
	enum arith_mode mode;
};

/* Never fails on what the answer holds: that is a reading with a tag. Nothing points into the
 * answer. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind readings_decode(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, struct reading *ret, struct error *err);

/* An answer for all pods of a namespace, decoded once for many objects. */
struct readings_all {
	const struct reading_sample *samples; /* strictly ascending by pod name */
	size_t n_samples;
	const struct sv *bare; /* ascending: pods that the answer names without a usable value */
	size_t n_bare;
};
/* Only a good answer can be shared. errors: INVALID (it is not good; who asks alone learns why), NOMEM, LIMIT. */
MUST_USE enum error_kind readings_decode_all(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, struct readings_all *ret, struct error *err);
/* What the answer would have been for these pods alone, in the arena. errors: NOTFOUND (it names none of them; the server words that), NOMEM,
 * LIMIT. cost: O(pods log samples) */
struct pod_set;
MUST_USE enum error_kind readings_narrow(struct arena *a, const struct readings_all *all,
	const struct pod_set *pods, struct reading *ret, struct error *err);

/* The reading of a request that could not even be made; `error` as the client would word it.
 * errors: NOMEM, LIMIT. */
MUST_USE enum error_kind readings_fail(struct arena *a, enum hpa_metric_kind kind, struct sv error,
	struct reading *ret, struct error *err);
