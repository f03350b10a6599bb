#pragma once
/* Files of our own kind: flyball.dev/v1alpha1 HorizontalAutoscaler, whose spec is that of autoscaling/v2 and more. Here is the "more", and
 * how an object is seen as autoscaling/v2. Pure. */
#include "common/jtree.h"
#include "kube/codec.h"
#include "kube/quantity.h"

#define OWN_KIND_NAME "HorizontalAutoscaler"
#define OWN_KIND_API_VERSION "flyball.dev/v1alpha1"

struct own_kind_override {
	struct opt_i32 min_replicas, max_replicas;
	struct sv until, reason;
};

struct own_kind_fallback {
	struct opt_i32 failure_duration_sec, replicas;
};

struct own_kind_prometheus {
	struct sv name, query, server, pod_label, alive_query, no_data;
	struct opt_quantity activation_value;
	struct sv target_type;
	struct opt_quantity value, average_value;
};

struct own_kind_metric {
	struct own_kind_fallback *fallback;
	struct own_kind_prometheus *prometheus;
};

struct own_kind_spec {
	struct sv mode;
	struct own_kind_override *override;
	struct opt_i32 sync_period_sec;
	struct own_kind_metric *metrics; /* as many as the spec has */
	size_t n_metrics;
};

/* By kind and group; the version may still be wrong. */
bool own_kind_is(const struct jtree *t);
/* The spec's members of our own. With c->strict, all members that neither autoscaling/v2 nor we know are findings. */
void own_kind_decode(struct codec *c, const struct jtree *t, struct own_kind_spec *ret);
/* The object as autoscaling/v2, in the arena: the status and other members of the spec and of its metrics are left out, places are kept.
 * NULL without memory. */
MUST_USE struct jtree *own_kind_as_v2(struct arena *a, const struct jtree *t);
