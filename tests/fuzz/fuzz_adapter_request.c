/* The parts of a request that a client writes: METHOD PATH, then lines: Accept, fieldSelector. */
#include "adapter/accept.h"
#include "adapter/field.h"
#include "adapter/indent.h"
#include "adapter/route.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = sv_from((const char *)data, size), rest, accept, path, fields;
	const struct route_groups groups = { true, true, true };
	struct authz_attributes at = { 0 };
	struct route route = { 0 };
	struct error err = { 0 };
	bool found;
	arena_init(&a, 16u * 1024 * 1024);
	struct sv line = sv_cut(text, '\n', &rest, &found);
	struct sv method = sv_cut(line, ' ', &path, &found);
	accept = sv_cut(rest, '\n', &fields, &found);
	if (route_attributes(&a, method, path, false, &at, &err) == ERR_OK) {
		route_find(&at, method, &groups, &route);
		REQUIRE(route.kind != ROUTE_CUSTOM || route.metric.len > 0);
		REQUIRE(route.kind != ROUTE_EXTERNAL || sv_is(method, "GET"));
	}
	struct accept chosen = accept_choose(accept, ACCEPT_ANY_TABLE, SV(""), false, SV(""));
	REQUIRE(chosen.format != ACCEPT_TABLE || chosen.table_version.len > 0);
	(void)accept_aggregated(accept);
	struct field_term term;
	while (field_next(&fields, &term))
		REQUIRE(term.key.ptr);
	return 0;
}
