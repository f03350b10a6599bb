#pragma once
/* Answers of the metrics APIs, and where two of them differ. Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "kube/quantity.h"

struct rules_answer_item {
	struct sv key;	 /* "Pod web-1", "{queue=orders}" */
	struct sv value; /* as written */
	struct quantity quantity;
};

struct rules_answer {
	int status;			 /* HTTP */
	struct sv reason;		 /* of a Status; empty */
	struct rules_answer_item *items; /* by key */
	size_t n;
};

/* An answer of custom.metrics.k8s.io (both versions), external.metrics.k8s.io or metrics.k8s.io; any status. The body must live as long.
 * errors: INVALID (a 200 that is no list of metrics), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_answer_decode(
	struct arena *a, int status, struct sv body, struct rules_answer *ret, struct error *err);
/* One indented line for each difference; values may differ by `tolerance` of the larger one. Returns how many. */
size_t rules_answer_compare(struct buf *out, const struct rules_answer *before,
	const struct rules_answer *after, double tolerance);

/* An entry of an APIResourceList. */
struct rules_answer_name {
	struct sv name; /* "pods/http_requests" */
	bool namespaced;
};
/* Sorted by name. errors: as above. */
MUST_USE enum error_kind rules_answer_names(struct arena *a, struct sv body,
	struct rules_answer_name **ret, size_t *ret_n, struct error *err);
int rules_answer_order(const struct rules_answer_name *a, const struct rules_answer_name *b);
