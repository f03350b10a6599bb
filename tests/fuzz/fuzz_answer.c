/* Bodies of /api/v1/query behind a first byte that selects the HTTP status: rows with sorted labels and numbers only where there are
 * numbers, or a failure with its class. */
#include <math.h>

#include "promql/answer.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)

struct seen {
	size_t n_rows;
	bool has_row;
};

static void check_sample(const struct answer_sample *s)
{
	switch (s->kind) {
	case ANSWER_FINITE:
		REQUIRE(isfinite(s->value) && s->text.len > 0);
		break;
	case ANSWER_INFINITE:
		REQUIRE(isinf(s->value));
		break;
	case ANSWER_NAN:
		REQUIRE(isnan(s->value));
		break;
	case ANSWER_HISTOGRAM:
	case ANSWER_TEXT:
	case ANSWER_NO_VALUE:
	case ANSWER_NULL_ROW:
		break;
	}
}

static bool row(const struct answer_row *r, void *ctx)
{
	struct seen *s = ctx;

	REQUIRE(r->index == s->n_rows);
	for (size_t i = 1; i < r->n_labels; i++)
		REQUIRE(sv_cmp(r->labels[i - 1].name, r->labels[i].name) < 0);
	/* The row of a matrix has no sample of its own. */
	if (r->sample.kind != ANSWER_FINITE || r->sample.text.len > 0)
		check_sample(&r->sample);
	s->n_rows++;
	s->has_row = true;
	return true;
}

static bool point(const struct answer_sample *sample, void *ctx)
{
	const struct seen *s = ctx;

	REQUIRE(s->has_row);
	check_sample(sample);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 400, 422, 503, 401, 204, 302 };
	AUTO(arena_done) struct arena a = { 0 };
	struct seen seen = { 0 };
	const struct answer_handler handler = { row, point, &seen };
	struct answer answer = { 0 };
	struct error err = { 0 };

	if (size == 0)
		return 0;
	arena_init(&a, MAX_BYTES);
	enum error_kind kind = answer_decode(&a, statuses[data[0] % ARRAY_LEN(statuses)],
		sv_from((const char *)data + 1, size - 1), &handler, &answer, &err);

	if (kind) {
		REQUIRE(kind != ERR_BUG && kind != ERR_NOMEM && err.text[0]);
		return 0;
	}
	REQUIRE(answer.n_rows == seen.n_rows);
	for (size_t i = 0; i < answer.n_warnings; i++)
		REQUIRE(answer.warnings[i].ptr);
	return 0;
}
