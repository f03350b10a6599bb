#pragma once
/* Stage: pods of the target and one metric's samples -> which pod counts how. Pure. Rules:
 * spec 7.3. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "controller/pod.h"
#include "controller/reading.h"

/* Pods of the object's namespace that its target's selector matches, in byte order of names. */
struct pod_set {
	const struct pod *const *at;
	size_t n;
};

/* Picks and sorts. The set is in the arena, the pods stay where they are.
 * errors: NOMEM, LIMIT. cost: O(n) matches */
MUST_USE enum error_kind pods_select(struct arena *a, const struct pod *pods, size_t n,
	struct sv ns, const struct selector *selector, struct pod_set *ret, struct error *err);

enum pods_class { PODS_IGNORED, PODS_UNREADY, PODS_MISSING, PODS_READY };

/* The rule that put a pod into its class. */
enum pods_reason {
	PODS_DELETED,	   /* ignored: deletionTimestamp */
	PODS_FAILED,	   /* ignored: phase Failed */
	PODS_PENDING,	   /* unready: phase Pending */
	PODS_NO_SAMPLE,	   /* missing: no value for it in the answer */
	PODS_NO_READINESS, /* unready (cpu): no Ready condition or no start time yet */
	PODS_STARTING,	   /* unready (cpu): within the initialization period and not Ready */
	PODS_OLD_SAMPLE,   /* unready (cpu): within it, and the sample reaches back before the pod
			      became Ready */
	PODS_NEVER_READY,  /* unready (cpu): not Ready, and never has been since shortly after its
			      start */
	PODS_COUNTED,	   /* ready */
	PODS_N_REASONS
};

enum pods_class pods_class_of(enum pods_reason reason);
/* For people: "starting up", "no sample" ... */
const char *pods_reason_text(enum pods_reason reason);

struct pods_query {
	bool is_cpu; /* the metric is the resource cpu: young pods are looked at more closely */
	struct wall now;
	int64_t cpu_initialization_ns;
	int64_t readiness_delay_ns;
};

/* What a name adds to the metric's sums, as bits. With unique names each pod has at most one bit;
 * where a set holds a name twice (two records of one pod), the reference's maps know the name once:
 * its last pod carries the bits of all. */
enum pods_role {
	PODS_ROLE_VALUE = 1,   /* its sample counts */
	PODS_ROLE_MISSING = 2, /* may be filled in as missing */
	PODS_ROLE_UNREADY = 4, /* may be filled in as unready */
};

struct pods_groups {
	struct pod_set pods;
	uint8_t *reasons;		       /* per pod: enum pods_reason */
	uint8_t *roles;			       /* per pod: enum pods_role */
	const struct reading_sample **samples; /* per pod, NULL: none */
	const struct reading_sample **strays;  /* samples of names that are not in the set */
	size_t n_strays;
	size_t n_values; /* names whose sample counts, strays aside */
	size_t n_ready, n_unready, n_missing, n_ignored; /* pods */
};

/* errors: NOMEM, LIMIT. cost: O(pods + samples) */
MUST_USE enum error_kind pods_classify(struct arena *a, const struct pod_set *pods,
	const struct reading *reading, const struct pods_query *query, struct pods_groups *ret,
	struct error *err);

/* Pods that are Running and Ready, whatever their age: Object and External Value count them. */
size_t pods_count_running_ready(const struct pod_set *pods);
