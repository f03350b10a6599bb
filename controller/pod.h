#pragma once
/* A pod as the decision needs it, about 100 bytes: names, labels and container requests are shared
 * with its siblings where the owner of the record can share them. Read-only for the pure stages.
 * Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/jtree.h"
#include "common/sv.h"
#include "kube/quantity.h"
#include "kube/selector.h"

enum pod_phase {
	POD_PHASE_OTHER,
	POD_PHASE_PENDING,
	POD_PHASE_RUNNING,
	POD_PHASE_SUCCEEDED,
	POD_PHASE_FAILED
};
enum pod_ready { POD_READY_ABSENT, POD_READY_TRUE, POD_READY_FALSE, POD_READY_OTHER };

struct pod_request {
	struct sv resource;
	struct quantity quantity;
};

struct pod_requests {
	struct pod_request *at;
	size_t n;
};

enum pod_container_role { POD_CONTAINER, POD_CONTAINER_SIDECAR, POD_CONTAINER_INIT };

struct pod_container {
	struct sv name;
	enum pod_container_role role; /* SIDECAR: an init container with restartPolicy Always */
	struct pod_requests requests;
};

/* What the pod's template fixes; equal for all pods of a workload. */
struct pod_template {
	struct pod_container
		*containers; /* containers, then init containers, each in the order of the spec */
	size_t n_containers;
	struct pod_requests pod_level; /* spec.resources.requests */
	struct pod_requests overhead;
};

struct pod_labels {
	struct label *at;
	size_t n;
};

struct pod {
	struct sv name, ns;
	const struct pod_labels *labels;
	const struct pod_template *template;
	struct wall started;	   /* valid if has_started */
	struct wall ready_changed; /* lastTransitionTime of Ready; WALL_ZERO if it has none */
	uint8_t phase;		   /* enum pod_phase */
	uint8_t ready;		   /* enum pod_ready: the first condition of type Ready */
	bool deleted;		   /* deletionTimestamp is set */
	bool has_started;
};

/* What pod_decode looks at: for jtree_parse_only. */
extern const struct jtree_want pod_want[];

/* A v1 Pod as JSON; members that no decision reads are ignored. Texts point into the tree, the rest
 * is in the arena. errors: INVALID with the field path, NOMEM, LIMIT. */
MUST_USE enum error_kind pod_decode(
	struct arena *a, const struct jtree *t, struct pod *ret, struct error *err);

/* The quantity of a resource, or NULL. */
const struct quantity *pod_request_find(const struct pod_requests *requests, struct sv resource);
