/* A shared answer, narrowed to an object's pods, against the answer that the server would have given for these pods alone. */
#include <stdio.h>

#include "common/limits.h"
#include "controller/pods.h"
#include "controller/readings.h"
#include "tests/unit/controller/run.h"

#define N 40
#define ROUNDS 400

static uint64_t seed;

static unsigned between(unsigned low, unsigned high)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return low + (unsigned)(seed >> 33) % (high - low + 1);
}

/* One pod's item of metrics.k8s.io: containers that may lack a resource, or none at all. */
static void put_resource(struct buf *out, int pod)
{
	unsigned n = between(0, 3);

	buf_printf(out,
		"{\"metadata\":{\"name\":\"p%02d\"},\"timestamp\":\"2026-01-01T00:00:%02uZ\","
		"\"window\":\"%us\",\"containers\":[",
		pod, between(0, 59), between(1, 60));
	for (unsigned i = 0; i < n; i++) {
		buf_printf(out, "%s{\"name\":\"c%u\",\"usage\":{\"memory\":\"%uMi\"", i ? "," : "",
			i, between(1, 99));
		if (between(0, 4))
			buf_printf(out, ",\"cpu\":\"%um\"", between(0, 900));
		buf_put_str(out, "}}");
	}
	buf_put_str(out, "]}");
}

static void put_custom(struct buf *out, int pod)
{
	buf_printf(out,
		"{\"describedObject\":{\"kind\":\"Pod\",\"name\":\"p%02d\"},\"timestamp\":"
		"\"2026-01-01T00:00:%02uZ\",\"value\":\"%u\"}",
		pod, between(0, 59), between(0, 5000));
}

static enum error_kind decode(struct arena *a, const struct readings_query *query,
	const struct buf *body, struct reading *ret)
{
	const struct readings_answer answer = { .http_status = 200, .body = buf_sv(body) };
	struct error err;

	return readings_decode(a, query, &answer, ret, &err);
}

static void check_same(const struct reading *narrowed, const struct reading *alone)
{
	ck_assert_int_eq(narrowed->kind, alone->kind);
	ck_assert_uint_eq(narrowed->n_samples, alone->n_samples);
	for (size_t i = 0; i < alone->n_samples; i++) {
		ck_assert(sv_eq(narrowed->samples[i].pod, alone->samples[i].pod));
		ck_assert_int_eq(narrowed->samples[i].milli, alone->samples[i].milli);
		ck_assert_int_eq(
			instant_wall_cmp(narrowed->samples[i].at, alone->samples[i].at), 0);
		ck_assert_int_eq(narrowed->samples[i].window_ns, alone->samples[i].window_ns);
	}
}

static const struct readings_query QUERIES[] = {
	{ .kind = HPA_METRIC_RESOURCE, .resource = { "cpu", 3 } },
	{ .kind = HPA_METRIC_CONTAINER_RESOURCE,
		.resource = { "cpu", 3 },
		.container = { "c1", 2 } },
	{ .kind = HPA_METRIC_PODS },
};

/* Names are written in a random order, some twice; the object has a random part of the pods, some of which the server does not know. */
static void round_of(const struct readings_query *query)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf all = { 0 }, own = { 0 };
	struct pod pods[N];
	const struct pod *chosen[N];
	struct pod_set set = { chosen, 0 };
	char names[N][8];
	bool mine[N];
	struct readings_all shared;
	struct reading narrowed, alone;
	struct error err;
	size_t n_own = 0;
	bool custom = query->kind == HPA_METRIC_PODS;
	const char *head = custom ? "{\"kind\":\"MetricValueList\",\"apiVersion\":"
				    "\"custom.metrics.k8s.io/v1beta2\",\"items\":["
				  : "{\"items\":[";

	arena_init(&a, 1 << 22);
	buf_init(&all, 1 << 20);
	buf_init(&own, 1 << 20);
	for (int i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "p%02d", i);
		pods[i] = (struct pod){ .name = sv_of(names[i]) };
		mine[i] = between(0, 3) == 0;
		if (mine[i])
			chosen[set.n++] = &pods[i];
	}
	buf_put_str(&all, head);
	buf_put_str(&own, head);
	for (unsigned k = between(0, 60), n = 0; n < k; n++) {
		AUTO(buf_done) struct buf item = { 0 };
		int pod = (int)between(0, N - 1);
		buf_init(&item, 4096);
		if (custom)
			put_custom(&item, pod);
		else
			put_resource(&item, pod);
		buf_printf(&all, "%s%s", n ? "," : "", buf_text(&item));
		if (mine[pod])
			buf_printf(&own, "%s%s", n_own++ ? "," : "", buf_text(&item));
	}
	buf_put_str(&all, "]}");
	buf_put_str(&own, "]}");
	const struct readings_answer answer = { .http_status = 200, .body = buf_sv(&all) };
	ck_assert_int_eq(readings_decode_all(&a, query, &answer, &shared, &err), ERR_OK);
	ck_assert_int_eq(decode(&a, query, &own, &alone), ERR_OK);
	enum error_kind rc = readings_narrow(&a, &shared, &set, &narrowed, &err);
	/* Nothing of it: who asks alone is told why. */
	ck_assert_int_eq(rc, n_own ? ERR_OK : ERR_NOTFOUND);
	if (rc == ERR_OK)
		check_same(&narrowed, &alone);
}

START_TEST(a_shared_answer_says_what_one_of_its_own_would)
{
	for (int i = 0; i < ROUNDS; i++) {
		seed = (uint64_t)(_i * ROUNDS + i);
		round_of(&QUERIES[_i]);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, a_shared_answer_says_what_one_of_its_own_would, 0, ARRAY_LEN(QUERIES));
}

int main(void)
{
	return run_case("narrow", add);
}
