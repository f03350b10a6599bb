/* What a pod requests. Pods are written as JSON, so the decoder is tried along. */
#include "common/jtree.h"
#include "common/mem.h"
#include "controller/demand.h"
#include "tests/unit/controller/run.h"

#define REQ(cpu) "\"resources\":{\"requests\":{\"cpu\":\"" cpu "\"}}"

static const struct {
	const char *what, *spec, *resource, *container;
	bool gate;
	enum demand_problem problem;
	int64_t milli;
	const char *text;
} ROWS[] = {
	{ "containers add up",
		"{\"containers\":[{\"name\":\"a\"," REQ("250m") "},{\"name\":\"b\"," REQ("1") "}]}",
		"cpu", NULL, true, DEMAND_OK, 1250, NULL },
	{ "each container must have it",
		"{\"containers\":[{\"name\":\"a\"," REQ("250m") "},{\"name\":\"b\"}]}", "cpu", NULL,
		true, DEMAND_MISSING_REQUEST, 0,
		"missing request for cpu in container b of Pod web-0" },
	{ "sidecars count, init containers do not",
		"{\"containers\":[{\"name\":\"a\"," REQ(
			"1") "}],\"initContainers\":[{\"name\":\"i\"," REQ("9") "},"
										"{\"name\":\"s\","
										"\"restartPolicy\":"
										"\"Always\"," REQ(
											"2") "}]}",
		"cpu", NULL, true, DEMAND_OK, 3000, NULL },
	{ "one container alone",
		"{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"," REQ("1") "}]}", "cpu", "b",
		true, DEMAND_OK, 1000, NULL },
	{ "one container that lacks it", "{\"containers\":[{\"name\":\"a\"}]}", "cpu", "a", true,
		DEMAND_MISSING_REQUEST, 0, "missing request for cpu in container a of Pod web-0" },
	{ "a container that is not there", "{\"containers\":[{\"name\":\"a\"," REQ("1") "}]}",
		"cpu", "z", true, DEMAND_NO_CONTAINER, 0, "container z not found in Pod web-0" },
	{ "no containers request nothing", "{\"containers\":[]}", "cpu", NULL, true, DEMAND_OK, 0,
		NULL },
	{ "the pod's own request wins",
		"{\"resources\":{\"requests\":{\"cpu\":\"3\"}},\"containers\":[{\"name\":"
		"\"a\"," REQ("1") "}]}",
		"cpu", NULL, true, DEMAND_OK, 3000, NULL },
	{ "but not with the gate off",
		"{\"resources\":{\"requests\":{\"cpu\":\"3\"}},\"containers\":[{\"name\":"
		"\"a\"," REQ("1") "}]}",
		"cpu", NULL, false, DEMAND_OK, 1000, NULL },
	{ "nor for one container",
		"{\"resources\":{\"requests\":{\"cpu\":\"3\"}},\"containers\":[{\"name\":"
		"\"a\"," REQ("1") "}]}",
		"cpu", "a", true, DEMAND_OK, 1000, NULL },
	{ "with memory at pod level cpu is the containers' aggregate, gaps allowed",
		"{\"resources\":{\"requests\":{\"memory\":\"1Gi\"}},\"containers\":[{\"name\":"
		"\"a\"," REQ("1") "},{\"name\":\"b\"}]}",
		"cpu", NULL, true, DEMAND_OK, 1000, NULL },
	{ "overhead is added at pod level",
		"{\"resources\":{\"requests\":{\"cpu\":\"3\"}},\"overhead\":{\"cpu\":\"100m\"},"
		"\"containers\":[]}",
		"cpu", NULL, true, DEMAND_OK, 3100, NULL },
	{ "an init container may be the peak, after the sidecars before it",
		"{\"resources\":{\"requests\":{\"memory\":\"1Gi\"}},\"containers\":[{\"name\":"
		"\"a\"," REQ("1") "}],\"initContainers\":["
				  "{\"name\":\"s\",\"restartPolicy\":\"Always\"," REQ(
					  "2") "},{\"name\":\"i\"," REQ("9") "}]}",
		"cpu", NULL, true, DEMAND_OK, 11000, NULL },
	{ "pod level without the resource",
		"{\"resources\":{\"requests\":{\"memory\":\"1Gi\"}},\"containers\":[{\"name\":"
		"\"a\"}]}",
		"cpu", NULL, true, DEMAND_MISSING_POD_LEVEL, 0,
		"missing pod-level request for cpu in Pod web-0" },
	{ "an extended resource does not make a pod level",
		"{\"resources\":{\"requests\":{\"example.com/"
		"gpu\":\"1\"}},\"containers\":[{\"name\":\"a\"}]}",
		"cpu", NULL, true, DEMAND_MISSING_REQUEST, 0,
		"missing request for cpu in container a of Pod web-0" },
	{ "a request beyond int64 thousandths",
		"{\"containers\":[{\"name\":\"a\"," REQ("10P") "}]}", "cpu", NULL, true,
		DEMAND_TOO_LARGE, 0,
		"the request for cpu of Pod web-0 is too large to compute with" },
};

START_TEST(requests_are_found_where_kubernetes_finds_them)
{
	struct arena a;
	struct error err;
	struct jtree *t;
	struct pod pod;
	arena_init(&a, 1 << 20);
	char *json =
		arena_printf(&a, "{\"metadata\":{\"name\":\"web-0\"},\"spec\":%s}", ROWS[_i].spec);
	ck_assert_int_eq(jtree_parse(&a, sv_of(json), &t, &err), ERR_OK);
	ck_assert_msg(pod_decode(&a, t, &pod, &err) == ERR_OK, "%s", err.text);
	struct demand_query query = { sv_of(ROWS[_i].resource), sv_of(ROWS[_i].container),
		ROWS[_i].gate, ARITH_SAFE };
	struct demand got = demand_compute(&pod, &query);
	ck_assert_msg(
		got.problem == ROWS[_i].problem, "%s: problem %d", ROWS[_i].what, (int)got.problem);
	if (got.problem == DEMAND_OK)
		ck_assert_msg(got.request_milli == ROWS[_i].milli, "%s: %ld", ROWS[_i].what,
			(long)got.request_milli);
	else
		ck_assert_str_eq(demand_explain(&a, &pod, &query, &got).ptr, ROWS[_i].text);
	arena_done(&a);
}
END_TEST

START_TEST(strict_requests_wrap)
{
	struct arena a;
	struct error err;
	struct jtree *t;
	struct pod pod;
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(
		jtree_parse(&a, SV("{\"spec\":{\"containers\":[{\"name\":\"a\"," REQ("10P") "}]}}"),
			&t, &err),
		ERR_OK);
	ck_assert_int_eq(pod_decode(&a, t, &pod, &err), ERR_OK);
	struct demand_query query = { SV("cpu"), SV_NULL, true, ARITH_STRICT };
	ck_assert_int_eq(demand_compute(&pod, &query).request_milli, 0);
	arena_done(&a);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, requests_are_found_where_kubernetes_finds_them, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, strict_requests_wrap);
}

int main(void)
{
	return run_case("demand", add);
}
