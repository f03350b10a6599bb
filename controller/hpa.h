#pragma once
/* The autoscaler object as every stage sees it: autoscaling/v2 in memory, whatever version it was
 * read from. Filled by the decoders, read-only for the pure stages. All texts and arrays belong to
 * whoever decoded the object (an arena); absent is never zero: pointers NULL, `struct opt_*` unset,
 * views with ptr NULL. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/instant.h"
#include "common/opt.h"
#include "common/sv.h"
#include "controller/autoscaler_kind.h"
#include "kube/label_selector.h"
#include "kube/quantity.h"

/* In the order of autoscaling/v2; the index into hpa_metric.member. */
enum hpa_metric_kind {
	HPA_METRIC_OBJECT,
	HPA_METRIC_PODS,
	HPA_METRIC_RESOURCE,
	HPA_METRIC_CONTAINER_RESOURCE,
	HPA_METRIC_EXTERNAL,
	HPA_METRIC_PROMETHEUS, /* our own kind only; unknown to autoscaling/v2 */
	HPA_METRIC_UNKNOWN,    /* any other text, empty included */
};
#define HPA_N_METRIC_KINDS 6

/* The parts that only our own kind has: own_kind.h. */
struct own_fallback;
struct own_spec;
struct own_status;

struct hpa_meta {
	struct sv name, generate_name, ns, uid, resource_version;
	int64_t generation; /* 0: the server does not maintain it */
	struct label *labels,
		*annotations; /* sorted by key; annotations without those of conversion */
	size_t n_labels, n_annotations;
	/* The other members of metadata as received, one compact JSON object without managedFields:
	 * a status update must send all of it back, or owners and finalizers would be lost. ptr
	 * NULL: none. */
	struct sv rest;
};

/* scaleTargetRef, and describedObject of an Object metric. */
struct hpa_ref {
	struct sv kind, name, api_version;
};

struct hpa_target {
	struct sv type; /* Utilization, Value, AverageValue; kept as text because no decision but
			   Object's reads it */
	struct opt_quantity value;
	struct opt_quantity average_value;
	struct opt_i32 average_utilization;
};

/* The member of a metric that belongs to its type; a kind uses the fields that autoscaling/v2 gives
 * it. */
struct hpa_source {
	struct hpa_ref described; /* object */
	struct sv metric;	  /* object, pods, external: metric.name; prometheus: name */
	const struct label_selector *selector; /* object, pods, external: metric.selector */
	struct sv resource;		       /* resource, containerResource: name */
	struct sv container;		       /* containerResource */
	struct hpa_target target;
};

/* The member `prometheus` of a metric of our own kind. */
struct hpa_prometheus {
	struct hpa_source source; /* name and target: what it has in common with the others */
	struct sv query, server;  /* server empty: the controller's default */
	struct sv pod_label;	  /* empty: the query gives one number */
	struct sv alive_query;	  /* empty: none */
	struct sv no_data;	  /* Fail, Zero; empty: Fail */
	struct opt_quantity activation_value;
};

struct hpa_metric {
	struct sv type; /* as written */
	enum hpa_metric_kind kind;
	struct hpa_source *member[HPA_N_METRIC_KINDS]; /* the members that are present; validation
							  wants exactly kind's own */
	struct hpa_prometheus *prometheus;   /* what member[HPA_METRIC_PROMETHEUS] is part of */
	const struct own_fallback *fallback; /* NULL: none; always of a native object */
};

/* What the metric is about; NULL: its type is unknown, or the member of its type is missing. */
static inline const struct hpa_source *hpa_metric_source(const struct hpa_metric *m)
{
	return m->kind < HPA_METRIC_UNKNOWN ? m->member[m->kind] : NULL;
}

/* What containers use of a resource. */
static inline bool hpa_metric_is_resource(const struct hpa_metric *m)
{
	return m->kind == HPA_METRIC_RESOURCE || m->kind == HPA_METRIC_CONTAINER_RESOURCE;
}

/* Read as one number for each pod, and not as one for all. */
static inline bool hpa_metric_is_per_pod(const struct hpa_metric *m)
{
	bool with_rows = m->kind == HPA_METRIC_PROMETHEUS && m->prometheus &&
			 m->prometheus->pod_label.len > 0;
	return hpa_metric_is_resource(m) || m->kind == HPA_METRIC_PODS || with_rows;
}

struct hpa_policy {
	struct sv type; /* Pods, Percent */
	int32_t value;
	int32_t period_sec;
};

struct hpa_rules {
	struct opt_i32 stabilization_window_sec;
	struct sv select_policy; /* Max, Min, Disabled; ptr NULL: nil */
	bool has_policies;	 /* false: nil; a present empty list is true with n_policies 0 */
	struct hpa_policy *policies;
	size_t n_policies;
	struct opt_quantity tolerance;
};

struct hpa_behavior {
	struct hpa_rules *scale_up, *scale_down; /* both set after defaulting */
};

struct hpa_spec {
	struct hpa_ref target;
	struct opt_i32 min_replicas;
	int32_t max_replicas;
	struct hpa_metric *metrics;
	size_t n_metrics;
	struct hpa_behavior *behavior; /* NULL: the older algorithm */
	const struct own_spec *own;    /* NULL: a native object */
};

/* A member of a currentMetrics entry. */
struct hpa_current {
	struct hpa_ref described;	       /* object */
	struct sv metric;		       /* object, pods, external, prometheus */
	const struct label_selector *selector; /* object, pods, external */
	struct sv resource;		       /* resource, containerResource */
	struct sv container;		       /* containerResource */
	struct opt_quantity value;
	struct opt_quantity average_value;
	struct opt_i32 average_utilization;
};

struct hpa_metric_status {
	struct sv type; /* empty: this metric failed */
	enum hpa_metric_kind kind;
	struct hpa_current *member[HPA_N_METRIC_KINDS];
};

struct hpa_condition {
	struct sv type, status;
	struct wall last_transition; /* WALL_ZERO is written null */
	struct sv reason, message;
	struct opt_i64 observed_generation; /* Kubernetes 1.37 */
};

struct hpa_status {
	struct opt_i64 observed_generation;
	bool has_last_scale_time;
	struct wall last_scale_time;
	int32_t current_replicas;
	int32_t desired_replicas;
	struct hpa_metric_status *current_metrics;
	size_t n_current_metrics;
	bool has_current_metrics; /* as read: an empty list and not nil. Output only; empty is nil
				     in every decision */
	struct hpa_condition *conditions;
	size_t n_conditions;
	const struct own_status *own; /* NULL: a native object */
};

struct hpa {
	struct sv api_version; /* that it was read in, e.g. "autoscaling/v2beta2" */
	struct sv kind;
	enum autoscaler_kind owner_kind; /* where it is stored: paths, events and messages */
	struct hpa_meta meta;
	struct hpa_spec spec;
	struct hpa_status status;
};
