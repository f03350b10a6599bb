#pragma once
/* JSON or YAML documents -> struct hpa. Any version of the autoscaling group becomes autoscaling/v2 in memory; our own kind becomes the same
 * with its own parts. Pure. */
#include "common/jtree.h"
#include "controller/hpa.h"
#include "kube/codec.h"

/* One object of autoscaling/v1, v2beta1, v2beta2 or v2, or of our own kind, not yet defaulted. Everything is made in codec->a or points into the tree. With
 * codec->strict unknown members are findings too: the way for files that people write.
 * errors: INVALID with the first finding (all of them are in the codec), with one line about kind or apiVersion; LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_decode(
	struct codec *codec, const struct jtree *t, struct hpa *ret, struct error *err);
/* An object as the API server stores and sends it: decoded leniently; kind and apiVersion may be missing, as in lists, and mean `which` in
 * the version that we watch. Our own kind is defaulted too: an older schema may have stored it. The text must live as long as the object.
 * errors: INVALID, LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_decode_stored(struct arena *a, enum autoscaler_kind which,
	struct sv json, struct hpa *ret, struct error *err);
/* Parts of an object, leniently: what a tape holds. errors as above. */
MUST_USE enum error_kind hpa_decode_spec(struct arena *a, enum autoscaler_kind which,
	const struct jtree *t, struct hpa_spec *ret, struct error *err);
MUST_USE enum error_kind hpa_decode_status(struct arena *a, enum autoscaler_kind which,
	const struct jtree *t, struct hpa_status *ret, struct error *err);

/* The order in which the API server treats a new object: v2 and the beta versions are defaulted and then validated; what an annotation of v1
 * says of behavior is validated as it stands. This prepares `hpa` for validation. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_decode_admit(struct arena *a, struct hpa *hpa, struct error *err);

/* What a metric's type names in objects of this kind. */
enum hpa_metric_kind hpa_decode_kind(enum autoscaler_kind which, struct sv type);
