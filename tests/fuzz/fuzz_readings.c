/* Answers of the metrics APIs: whatever arrives becomes a reading that keeps its promises, in both kinds of arithmetic. The first byte
 * chooses the metric's kind. */
#include "controller/readings.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)

static void check(const struct reading *r, enum hpa_metric_kind kind)
{
	REQUIRE(r->kind == READING_VALUE || r->why.len > 0);
	if (r->kind != READING_VALUE) {
		REQUIRE(r->n_samples == 0 && r->n_values == 0);
		return;
	}
	REQUIRE(kind != HPA_METRIC_OBJECT || r->n_values == 1);
	for (size_t i = 1; i < r->n_samples; i++)
		REQUIRE(sv_cmp(r->samples[i - 1].pod, r->samples[i].pod) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct error err;
	struct reading reading;

	if (size == 0)
		return 0;
	struct readings_query query = {
		.kind = (enum hpa_metric_kind)(data[0] % HPA_N_METRIC_KINDS),
		.resource = SV("cpu"),
		.container = SV("app"),
	};
	struct readings_answer answer = { .http_status = 200,
		.body = sv_from((const char *)data + 1, size - 1) };
	for (int mode = 0; mode < 2; mode++) {
		query.mode = mode ? ARITH_STRICT : ARITH_SAFE;
		arena_init(&a, ARENA_BYTES);
		if (readings_decode(&a, &query, &answer, &reading, &err) == ERR_OK)
			check(&reading, query.kind);
		arena_done(&a);
	}
	return 0;
}
