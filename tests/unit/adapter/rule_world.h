#pragma once
/* A compiled configuration against a small cluster: pods, namespaces, nodes. */
#include "adapter/generation.h"
#include "tests/unit/common/run.h"

struct rule_world {
	struct arena a;
	struct mapper *m;
	struct generation *g;
	struct error err;
};

static inline __attribute__((unused)) enum error_kind rule_world_start(
	struct rule_world *w, const char *text, bool strict)
{
	static const struct mapper_resource LIST[] = {
		{ .version = SV("v1"),
			.plural = SV("pods"),
			.singular = SV("pod"),
			.kind = SV("Pod"),
			.namespaced = true,
			.preferred = true },
		{ .version = SV("v1"),
			.plural = SV("namespaces"),
			.singular = SV("namespace"),
			.kind = SV("Namespace"),
			.preferred = true },
		{ .version = SV("v1"),
			.plural = SV("nodes"),
			.singular = SV("node"),
			.kind = SV("Node"),
			.preferred = true },
	};

	*w = (struct rule_world){ 0 };
	arena_init(&w->a, 64u << 20);
	ck_assert_int_eq(mapper_new(ARRAY_LEN(LIST), &w->m, &w->err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(LIST); i++)
		ck_assert_int_eq(mapper_add(w->m, &LIST[i], &w->err), ERR_OK);
	return generation_new(sv_of(text), "f", w->m, strict, &w->g, &w->err);
}

static inline __attribute__((unused)) void rule_world_stop(struct rule_world *w)
{
	generation_unref(w->g);
	mapper_unref(w->m);
	arena_done(&w->a);
}

#define RULE_WORLD_LABELS                                                                          \
	"  resources: {overrides: {ns: {resource: namespace}, pod: {resource: pod}}}\n"
