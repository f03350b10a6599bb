#pragma once
/* The JSON fields of the autoscaler object, version by version: one table for reading, for naming misspelt members and for writing.
 * autoscaling/v2beta2 is v2 without tolerance; v2beta1 and the annotations of v1 share a flatter shape (`_flat`). */
#include "controller/hpa.h"
#include "controller/own_kind.h"
#include "kube/codec.h"

extern const struct codec_object hpa_fields_meta;      /* struct hpa_meta, without `rest` */
extern const struct codec_object hpa_fields_meta_rest; /* the members that make up `rest` */
extern const struct codec_object
	hpa_fields_top; /* the four members of the object itself; nothing is read by it */

extern const struct codec_object hpa_fields_ref;	  /* struct hpa_ref */
extern const struct codec_object hpa_fields_spec;	  /* struct hpa_spec */
extern const struct codec_object hpa_fields_spec_v2beta2; /* struct hpa_spec */
extern const struct codec_object hpa_fields_status;	  /* struct hpa_status */
extern const struct codec_object hpa_fields_status_v2beta2;

extern const struct codec_object hpa_fields_metric_flat;	/* struct hpa_metric */
extern const struct codec_object hpa_fields_metric_status_flat; /* struct hpa_metric_status */
extern const struct codec_object hpa_fields_condition;		/* struct hpa_condition */
extern const struct codec_object hpa_fields_spec_v2beta1;	/* struct hpa_spec, metrics flat */
extern const struct codec_object hpa_fields_status_v2beta1; /* struct hpa_status, metrics flat */
extern const struct codec_object
	hpa_fields_behavior_internal; /* struct hpa_behavior, as annotations spell it */

/* What autoscaling/v1 says of CPU, which v2 keeps among the metrics. */
struct hpa_v1_spec {
	struct hpa_spec spec; /* without metrics and behavior */
	struct opt_i32 cpu_utilization;
};

struct hpa_v1_status {
	struct hpa_status status; /* without metrics and conditions */
	struct opt_i32 cpu_utilization;
};

extern const struct codec_object hpa_fields_spec_v1;   /* struct hpa_v1_spec */
extern const struct codec_object hpa_fields_status_v1; /* struct hpa_v1_status */

/* Our own kind: autoscaling/v2 and more in one object. */
struct hpa_own_spec {
	struct hpa_spec spec;
	struct own_spec own;
};

struct hpa_own_status {
	struct hpa_status status;
	struct own_status own;
};

extern const struct codec_object hpa_fields_spec_own;	/* struct hpa_own_spec */
extern const struct codec_object hpa_fields_status_own; /* struct hpa_own_status */
