/* Pods: a record that was read can be asked for its requests. */
#include "common/jtree.h"
#include "controller/demand.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)

static void check(struct arena *a, const struct pod *pod)
{
	struct demand_query query = { SV("cpu"), SV_NULL, true, ARITH_SAFE };
	for (int i = 0; i < 4; i++) {
		query.container = i & 1 ? SV("app") : SV_NULL;
		query.mode = i & 2 ? ARITH_STRICT : ARITH_SAFE;
		struct demand demand = demand_compute(pod, &query);
		REQUIRE(demand.problem != DEMAND_TOO_LARGE || query.mode == ARITH_SAFE ||
			(query.pod_level_resources && !query.container.ptr));
		REQUIRE(demand.problem == DEMAND_OK ||
			demand_explain(a, pod, &query, &demand).len > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct error err;
	struct jtree *t;
	struct pod pod;

	arena_init(&a, ARENA_BYTES);
	if (jtree_parse(&a, sv_from((const char *)data, size), &t, &err) == ERR_OK &&
		pod_decode(&a, t, &pod, &err) == ERR_OK)
		check(&a, &pod);
	arena_done(&a);
	return 0;
}
