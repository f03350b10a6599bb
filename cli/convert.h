#pragma once
/* Autoscalers of one API version written in another, and as our own kind. Pure. */
#include "cli/manifest.h"
#include "common/buf.h"
#include "controller/hpa_encode.h"

/* The first four as enum hpa_version. */
enum convert_to {
	CONVERT_TO_V2,
	CONVERT_TO_V2BETA2,
	CONVERT_TO_V2BETA1,
	CONVERT_TO_V1,
	CONVERT_TO_OWN,
};

/* What has to be said, one line each, beginning with the place in the file. */
struct convert_notes {
	struct buf lost;     /* what the other version cannot express */
	struct buf problems; /* why an object cannot be converted */
};

/* "autoscaling/v2" ..., NULL-terminated: the names of enum convert_to in order. */
extern const char *const convert_versions[];

/* The object as `to` spells it, in the arena; documents that are no autoscalers as they are. Quantities stay as they are written. The status and
 * what else belongs to the API server alone is left out. *ret is NULL when there is a problem; the document's own tree may be changed.
 * errors: LIMIT, NOMEM. */
MUST_USE enum error_kind convert_document(struct arena *a, const struct manifest_document *document,
	enum convert_to to, struct convert_notes *notes, struct jtree **ret, struct error *err);
