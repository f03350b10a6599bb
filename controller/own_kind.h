#pragma once
/* What our own kind, flyball.dev/v1alpha1 HorizontalAutoscaler, has beyond autoscaling/v2, and its
 * way from and to JSON. The rest of such an object is a struct hpa like any other. Pure.
 * docs/own-kind.md says what each field means. */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "common/jtree.h"
#include "common/jw.h"
#include "common/opt.h"
#include "common/sv.h"
#include "controller/hpa.h"
#include "kube/codec.h"

#define OWN_KIND_NAME "HorizontalAutoscaler"
#define OWN_KIND_API_VERSION "flyball.dev/v1alpha1"

/* Bounds and default of the schema. */
#define OWN_KIND_MIN_SYNC_SEC 5
#define OWN_KIND_MAX_SYNC_SEC 300
#define OWN_KIND_FALLBACK_SEC 180

enum own_mode {
	OWN_MODE_ACTIVE,
	OWN_MODE_RECOMMEND, /* decide and report, never write a scale */
	OWN_MODE_UNKNOWN,   /* a text that the schema refuses: treated as Recommend */
};

/* spec.override. All four members are required; where one is missing, it does not count. */
struct own_override {
	struct opt_i32 min_replicas, max_replicas;
	bool has_until;
	struct wall until;
	struct sv reason;
};

/* spec.metrics[].fallback */
struct own_fallback {
	struct opt_i32 failure_duration_sec; /* unset: OWN_KIND_FALLBACK_SEC */
	struct opt_i32 replicas;
};

/* Members of spec. */
struct own_spec {
	struct sv mode_text; /* as written; empty: Active */
	enum own_mode mode;
	struct own_override *override; /* NULL: none */
	struct opt_i32 sync_period_sec;
};

/* status.lastDecision */
struct own_decision {
	struct opt_i32 raw_desired;   /* what the metrics want; unset: nothing was computed */
	struct opt_i32 final_desired; /* what was to be written */
	struct sv selected_metric;    /* empty: none */
	struct sv *constraints;	      /* what stood between the two, in the order of the stages */
	size_t n_constraints;
	bool has_next_change;
	struct wall next_change; /* when a window or a policy opens */
};

/* status.summary: the columns of `kubectl get`. */
struct own_summary {
	struct sv reference, targets, limited_by, mode;
	struct opt_i32 wants;
};

/* Members of status. */
struct own_status {
	struct own_decision *last_decision; /* NULL: none yet */
	struct own_summary summary;
};

/* The members of the object; ret->own is set. Findings are the codec's. */
void own_kind_decode_spec(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct hpa_spec *ret);
void own_kind_decode_status(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct hpa_status *ret);
void own_kind_encode_spec(struct jw *w, const struct hpa_spec *spec);
void own_kind_encode_status(struct jw *w, const struct hpa_status *status);
/* Equal as far as a status write is concerned; NULL is an empty one. */
bool own_kind_status_eq(const struct own_status *a, const struct own_status *b);
