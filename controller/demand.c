/* Requests of a pod. Two ways: from its containers (every one that keeps running must request the
 * resource), or, where the pod itself has requests and the gate is on, from the pod-level list,
 * whose gaps the containers' aggregate fills. */
#include "controller/demand.h"

/* Sums in thousandths: strict wraps, safe notices. */
static bool add_milli(const struct quantity *q, enum arith_mode mode, int64_t *sum)
{
	int64_t milli;
	if (mode == ARITH_STRICT) {
		*sum = arith_add(*sum, quantity_milli(q));
		return true;
	}
	return quantity_milli_checked(q, &milli) && !__builtin_add_overflow(*sum, milli, sum);
}

static struct demand one_container(const struct pod_container *c, const struct demand_query *query)
{
	struct demand demand = { .problem = DEMAND_MISSING_REQUEST, .at = c->name };
	const struct quantity *q = pod_request_find(&c->requests, query->resource);
	if (q)
		demand.problem = add_milli(q, query->mode, &demand.request_milli)
					 ? DEMAND_OK
					 : DEMAND_TOO_LARGE;
	return demand;
}

static struct demand from_containers(const struct pod *pod, const struct demand_query *query)
{
	struct demand sum = { .problem = DEMAND_OK };
	bool whole_pod = query->container.ptr == NULL;

	for (size_t i = 0; i < pod->template->n_containers; i++) {
		const struct pod_container *c = &pod->template->containers[i];
		if (c->role == POD_CONTAINER_INIT)
			continue;
		if (!whole_pod && !sv_eq(c->name, query->container))
			continue;
		struct demand one = one_container(c, query);
		if (one.problem != DEMAND_OK || !whole_pod)
			return one;
		if (query->mode == ARITH_STRICT)
			sum.request_milli = arith_add(sum.request_milli, one.request_milli);
		else if (__builtin_add_overflow(
				 sum.request_milli, one.request_milli, &sum.request_milli))
			sum.problem = DEMAND_TOO_LARGE;
	}
	if (!whole_pod)
		sum.problem = DEMAND_NO_CONTAINER;
	return sum;
}

static bool is_pod_level(struct sv resource)
{
	return sv_is(resource, "cpu") || sv_is(resource, "memory") ||
	       sv_has_prefix(resource, SV("hugepages-"));
}

static bool has_pod_level(const struct pod *pod)
{
	for (size_t i = 0; i < pod->template->pod_level.n; i++)
		if (is_pod_level(pod->template->pod_level.at[i].resource))
			return true;
	return false;
}

/* A sum of quantities that may have no addend at all: absent is not zero. */
struct total {
	bool set, too_large;
	struct quantity value;
};

static void total_add(struct total *total, const struct quantity *q)
{
	if (!q)
		return;
	if (!total->set)
		total->value = *q;
	else if (!quantity_add(&total->value, q, &total->value))
		total->too_large = true;
	total->set = true;
}

static void total_raise(struct total *total, const struct total *other)
{
	if (!other->set)
		return;
	if (!total->set || quantity_cmp(&other->value, &total->value) > 0)
		total->value = other->value;
	total->set = true;
	total->too_large |= other->too_large;
}

/* max(what keeps running, the highest moment of start-up). A sidecar starts in its turn among the
 * init containers and stays. */
static struct total containers_aggregate(const struct pod *pod, struct sv resource)
{
	struct total running = { 0 }, sidecars = { 0 }, peak = { 0 };
	for (size_t i = 0; i < pod->template->n_containers; i++) {
		const struct pod_container *c = &pod->template->containers[i];
		const struct quantity *q = pod_request_find(&c->requests, resource);
		if (c->role != POD_CONTAINER_INIT)
			total_add(&running, q);
		if (c->role == POD_CONTAINER)
			continue;
		if (c->role == POD_CONTAINER_SIDECAR) {
			total_add(&sidecars, q);
			total_raise(&peak, &sidecars);
		} else if (q) {
			struct total step = sidecars;
			total_add(&step, q);
			total_raise(&peak, &step);
		}
	}
	total_raise(&running, &peak);
	return running;
}

static struct demand from_pod_level(const struct pod *pod, const struct demand_query *query)
{
	struct demand demand = { .problem = DEMAND_OK };
	struct total total = { 0 };
	const struct quantity *level = pod_request_find(&pod->template->pod_level, query->resource);

	if (level && is_pod_level(query->resource))
		total_add(&total, level);
	else
		total = containers_aggregate(pod, query->resource);
	total_add(&total, pod_request_find(&pod->template->overhead, query->resource));

	if (!total.set)
		demand.problem = DEMAND_MISSING_POD_LEVEL;
	else if (total.too_large || !add_milli(&total.value, query->mode, &demand.request_milli))
		demand.problem = DEMAND_TOO_LARGE;
	return demand;
}

struct demand demand_compute(const struct pod *pod, const struct demand_query *query)
{
	bool whole_pod = query->container.ptr == NULL;
	if (query->pod_level_resources && whole_pod && has_pod_level(pod))
		return from_pod_level(pod, query);
	return from_containers(pod, query);
}

struct sv demand_explain(struct arena *a, const struct pod *pod, const struct demand_query *query,
	const struct demand *demand)
{
	char *text = NULL;
	switch (demand->problem) {
	case DEMAND_MISSING_POD_LEVEL:
		text = arena_printf(a, "missing pod-level request for %.*s in Pod %.*s",
			SV_ARG(query->resource), SV_ARG(pod->name));
		break;
	case DEMAND_MISSING_REQUEST:
		text = arena_printf(a, "missing request for %.*s in container %.*s of Pod %.*s",
			SV_ARG(query->resource), SV_ARG(demand->at), SV_ARG(pod->name));
		break;
	case DEMAND_NO_CONTAINER:
		text = arena_printf(a, "container %.*s not found in Pod %.*s",
			SV_ARG(query->container), SV_ARG(pod->name));
		break;
	case DEMAND_TOO_LARGE:
		text = arena_printf(a,
			"the request for %.*s of Pod %.*s is too large to compute with",
			SV_ARG(query->resource), SV_ARG(pod->name));
		break;
	case DEMAND_OK:
		break;
	}
	return sv_of(text);
}
