#pragma once
/* What a pod requests of one resource, in thousandths: the divisor of a Utilization target. Rules:
 * spec 7.9. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/sv.h"
#include "controller/arith.h"
#include "controller/pod.h"

struct demand_query {
	struct sv resource;
	struct sv container;	  /* ptr NULL: the whole pod */
	bool pod_level_resources; /* the gate PodLevelResources */
	enum arith_mode mode;
};

enum demand_problem {
	DEMAND_OK,
	DEMAND_MISSING_POD_LEVEL,
	DEMAND_MISSING_REQUEST, /* of the container in `at` */
	DEMAND_NO_CONTAINER,
	DEMAND_TOO_LARGE, /* safe arithmetic only */
};

struct demand {
	enum demand_problem problem;
	struct sv at;	       /* MISSING_REQUEST: the container's name */
	int64_t request_milli; /* OK only */
};

struct demand demand_compute(const struct pod *pod, const struct demand_query *query);
/* The reference's text of a problem, in the arena; ptr NULL: no memory. */
struct sv demand_explain(struct arena *a, const struct pod *pod, const struct demand_query *query,
	const struct demand *demand);
