#pragma once
/* Stage: numbers -> the replica count that one metric proposes. Pure arithmetic on int64
 * thousandths and doubles, in the reference's order of operations; no texts. Rules: spec 7.2
 * and 7.4 to 7.8. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/arith.h"
#include "controller/pods.h"

struct calculate_tolerance {
	double up, down;
};

enum calculate_problem {
	CALCULATE_OK,
	CALCULATE_NO_PODS,	/* the selector matches no pod */
	CALCULATE_NO_METRICS,	/* no pod that counts has a sample */
	CALCULATE_NO_REQUESTS,	/* no sample belongs to a pod with a request, or the requests sum to
				   0 */
	CALCULATE_BAD_TARGET,	/* safe arithmetic: the target is 0 or does not fit */
	CALCULATE_OUT_OF_RANGE, /* safe arithmetic: a sum or the proposal does not fit */
	CALCULATE_NEGATIVE_SUM, /* safe arithmetic: an External sum below zero, which the reference
				   takes for an overflow */
};

/* How the count came about. */
enum calculate_path {
	CALCULATE_SCALED,	 /* ceil(ratio x pods) */
	CALCULATE_WITHIN,	 /* the ratio is within the tolerance: unchanged */
	CALCULATE_FILLED,	 /* as SCALED, after filling in pods without a usable sample */
	CALCULATE_FILLED_WITHIN, /* after filling in, the ratio is within it: unchanged */
	CALCULATE_REVERSED,	 /* filling in turned the direction around: unchanged */
	CALCULATE_WRONG_WAY,	 /* the count would go against the ratio: unchanged */
	CALCULATE_CAPPED,	 /* the largest count there is */
};

struct calculation {
	enum calculate_problem problem;
	enum calculate_path path;
	int32_t replicas;
	double ratio;	       /* usage / target as first computed */
	double filled_ratio;   /* FILLED, FILLED_WITHIN, REVERSED, WRONG_WAY */
	int64_t total_milli;   /* sum of the samples, before filling in */
	int64_t request_milli; /* Utilization: sum of the requests of the same pods */
	int64_t usage_milli;   /* what the status reports: average per pod, or the value */
	int32_t utilization;   /* Utilization: percent, as the status reports it */
	size_t n_pods;	       /* what the last ratio was multiplied by */
	size_t n_filled;       /* pods that were filled in */
};

struct calculate_input {
	int32_t current; /* scale.spec.replicas */
	struct calculate_tolerance tolerance;
	enum arith_mode mode;
};

/* (1 - down) <= ratio <= (1 + up); never for NaN. */
bool calculate_within(const struct calculate_tolerance *t, double ratio);

/* Utilization target in percent; `requests_milli` per pod of the groups. */
struct calculation calculate_utilization(const struct calculate_input *in,
	const struct pods_groups *groups, const int64_t *requests_milli, int32_t target_percent);
/* AverageValue target of Resource, ContainerResource and Pods metrics. */
struct calculation calculate_average(
	const struct calculate_input *in, const struct pods_groups *groups, int64_t target_milli);
/* Value target of Object and External. At 0 replicas neither tolerance nor pods play a part. */
struct calculation calculate_value(const struct calculate_input *in, const struct pod_set *pods,
	int64_t usage_milli, int64_t target_milli);

/* AverageValue target of Object and External: compares with, and keeps, status.replicas of the
 * scale. */
struct calculate_per_replica {
	int64_t usage_milli, target_milli;
	int32_t status_replicas;
	bool external; /* caps the proposal and the reported average; Object does not */
};
struct calculation calculate_per_replica_average(
	const struct calculate_input *in, const struct calculate_per_replica *q);

/* The sum of an External answer. Value caps a positive overflow; AverageValue takes any negative
 * running sum for one. */
struct calculation calculate_external_value(const int64_t *values, size_t n, enum arith_mode mode);
struct calculation calculate_external_average(
	const int64_t *values, size_t n, enum arith_mode mode);
