#pragma once
/* autoscaling/v1 and v2beta1 <-> autoscaling/v2: what the older versions spell differently or keep in annotations (spec 1.5, 1.6). Pure. */
#include "controller/hpa.h"
#include "controller/hpa_fields.h"
#include "kube/codec.h"

/* spec and status of a v1 document, with what its annotations hold, defaulted as v1 is. An annotation that does not decode is ignored
 * (with codec->strict it is a finding). */
void hpa_old_decode_v1(struct codec *c, const struct jtree *t, struct hpa *hpa);
/* Gives metrics that were read in the flat shape of v2beta1 their target types and values, and takes behavior from its annotation. */
void hpa_old_unflatten(struct codec *c, struct hpa *hpa);
/* Removes the annotations that carry v2 fields through v1. */
void hpa_old_drop_annotations(struct hpa_meta *meta);

/* The other way: what v1 has fields for, and the annotations that carry the rest, sorted among the object's own (in the arena).
 * `metrics`: v1 keeps metrics, current metrics and conditions there too; v2beta1 only behavior. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_old_annotations(struct arena *a, const struct hpa *hpa, bool metrics,
	struct label **ret, size_t *ret_n, struct error *err);
struct hpa_v1_spec hpa_old_spec_v1(const struct hpa_spec *spec);
struct hpa_v1_status hpa_old_status_v1(const struct hpa_status *status);
