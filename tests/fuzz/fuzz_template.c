/* Query templates: parsed, checked and executed with a fixed set of data, within bounds. What the check refuses, execution need not. */
#include "promql/template.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)
#define OUT_BYTES (1u << 20)

static void execute(const struct template *t, const struct template_data *data)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;

	buf_init(&out, OUT_BYTES);
	buf_put_str(&out, "kept");
	enum error_kind kind = template_execute(t, data, &out, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_INVALID || kind == ERR_LIMIT);
	if (kind)
		REQUIRE(err.text[0] && sv_is(buf_sv(&out), "kept"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct template_pair VALUES[] = { { SV("pod"), SV("a|b") },
		{ SV("namespace"), SV("prod") } };
	static const struct sv GROUPS[] = { SV("pod"), SV("node") };
	const struct template_data query = { .kind = TEMPLATE_QUERY,
		.series = SV("http_requests_total"),
		.label_matchers = SV("namespace=\"prod\",pod=~\"a|b\""),
		.group_by = SV("pod,node"),
		.values = VALUES,
		.n_values = ARRAY_LEN(VALUES),
		.group_by_slice = GROUPS,
		.n_group_by_slice = ARRAY_LEN(GROUPS) };
	const struct template_data resource = {
		.kind = TEMPLATE_RESOURCE, .group = SV("apps"), .resource = SV("deployments")
	};
	AUTO(arena_done) struct arena a = { 0 };
	struct template *t;
	struct error err;

	arena_init(&a, MAX_BYTES);
	enum error_kind kind = template_parse(&a, sv_from((const char *)data, size), &t, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_INVALID || kind == ERR_LIMIT);
	if (kind) {
		REQUIRE(err.text[0]);
		return 0;
	}
	kind = template_check(t, TEMPLATE_QUERY, &err);
	REQUIRE(kind == ERR_OK || (kind == ERR_INVALID && err.text[0]));
	execute(t, &query);
	execute(t, &resource);
	return 0;
}
