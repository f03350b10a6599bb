#pragma once
/* Stage: what the object scales, and which pods belong to that. Pure. Rules: spec 4.3 steps 2 and
 * 3, and 8.1. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/hpa.h"
#include "controller/pods.h"
#include "kube/selector.h"

/* The group of an apiVersion: "" and one part are the core group. errors: INVALID with the
 * reference's text. */
MUST_USE enum error_kind target_group(
	struct sv api_version, struct sv *ret_group, struct error *err);

/* Another object of the cluster, and the selector that its own last pass stored (NULL: none yet,
 * matches nothing). */
struct target_peer {
	struct sv ns, name;
	const struct selector *selector;
};

enum target_problem {
	TARGET_OK,
	TARGET_NO_SELECTOR,  /* event SelectorRequired */
	TARGET_BAD_SELECTOR, /* event InvalidSelector */
	TARGET_AMBIGUOUS,    /* event AmbiguousSelector */
};

struct target_pods {
	struct selector selector;
	struct sv selector_text; /* canonical: as it is sent to the metrics APIs */
	enum target_problem problem;
	struct sv why; /* the problem's text for event, condition and error */
};

/* scale.status.selector -> selector. A problem is a result and no error. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind target_select(
	struct arena *a, struct sv selector, struct target_pods *ret, struct error *err);

/* Finds other objects whose selectors match one of our pods; sets problem and why of `target`.
 * errors: NOMEM, LIMIT. cost: O(peers x pods) matches at worst; callers with many objects pass only
 * those that can overlap. */
MUST_USE enum error_kind target_check_peers(struct arena *a, const struct hpa_meta *self,
	const struct pod_set *pods, const struct target_peer *peers, size_t n_peers,
	struct target_pods *target, struct error *err);
