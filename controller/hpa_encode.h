#pragma once
/* struct hpa -> JSON, members in the order in which the API server writes them. Pure. Check the buffer at the end (buf_check). */
#include "common/arena.h"
#include "common/buf.h"
#include "common/jw.h"
#include "controller/hpa.h"

enum hpa_version { HPA_V2, HPA_V2BETA2, HPA_V2BETA1, HPA_V1 };

/* "autoscaling/v2" ... */
const char *hpa_encode_version_name(enum hpa_version version);
/* The whole native object in the version asked for. What a version has no field for travels in its annotations (v1, and behavior in v2beta1) or is
 * lost (tolerance in v2beta2). The arena holds scratch. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_encode(struct jw *w, struct arena *a, const struct hpa *hpa,
	enum hpa_version version, struct error *err);
/* The object with another status: the body of a status update. autoscaling/v2, or our own kind without its spec. */
void hpa_encode_with_status(
	struct buf *out, const struct hpa *hpa, const struct hpa_status *status);
/* Parts; with the members of our own kind where they are set. */
void hpa_encode_spec(struct jw *w, const struct hpa_spec *spec);
void hpa_encode_status(struct jw *w, const struct hpa_status *status);
