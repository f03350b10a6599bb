/* Queries through check and explain: every text ends in problems with a place, or in an explanation. */
#include "cli/query_check.h"
#include "cli/query_explain.h"
#include "common/instant.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sv LABELS[] = { SV("namespace"), SV("pod") };
	const struct query_explain_options options = { .cost = { 15 * NS_PER_SEC, 100 },
		.object_labels = LABELS,
		.n_object_labels = ARRAY_LEN(LABELS) };
	const struct query_check_options version = { .version = { 2, 10 } };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct sv query = sv_from((const char *)data, size);
	struct query_check checked;
	struct error err = { 0 };

	arena_init(&a, 256u << 20);
	buf_init(&out, 64u << 20);
	if (query_check(&a, query, &version, &checked, &err) != ERR_OK) {
		REQUIRE(err.kind == ERR_LIMIT || err.kind == ERR_NOMEM);
		return 0;
	}
	REQUIRE(checked.root || checked.n_problems > 0);
	for (size_t i = 0; i < checked.n_problems; i++)
		REQUIRE(checked.problems[i].text[0] && checked.problems[i].start <= size);
	query_check_print(&out, NULL, query, &checked);
	buf_clear(&out);
	if (!checked.root)
		return 0;
	enum error_kind kind = query_explain(&a, query, checked.root, &options, &out, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_LIMIT || kind == ERR_NOMEM);
	REQUIRE(kind != ERR_OK || out.len > 0);
	return 0;
}
