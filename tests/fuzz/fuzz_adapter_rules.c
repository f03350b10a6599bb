/* Configuration files, and what compiles out of them: rules against a small cluster, a few series names and labels, a query. */
#include "adapter/enforce.h"
#include "adapter/generation.h"
#include "adapter/pieces.h"
#include "adapter/sample_time.h"
#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "tests/fuzz/fuzz.h"

static struct mapper *cluster(void)
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
		{ .group = SV("apps"),
			.version = SV("v1"),
			.plural = SV("deployments"),
			.kind = SV("Deployment"),
			.namespaced = true },
	};
	struct mapper *m = NULL;
	struct error err = { 0 };
	REQUIRE(mapper_new(ARRAY_LEN(LIST), &m, &err) == ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(LIST); i++)
		REQUIRE(mapper_add(m, &LIST[i], &err) == ERR_OK);
	return m;
}

static bool has_namespace(struct ast *n, void *ctx)
{
	const struct sv *label = ctx;
	bool found = n->kind != AST_VECTOR;
	for (size_t i = 0; !found && i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		found = m->op == MATCHER_EQ && sv_eq(m->label, *label) && sv_is(m->value, "shop");
	}
	REQUIRE(found);
	return true;
}

/* No rule leads around the namespace that it enforces. */
static void enforce(
	struct arena *a, const struct generation *g, const struct naming *n, struct sv text)
{
	struct error err = { 0 };
	struct sv label = SV_NULL, namespace = SV("shop"), enforced = SV_NULL;
	struct ast *tree = NULL;
	REQUIRE(enforce_label(a, g->mapper, n, &label, &err) == ERR_OK);
	if (enforce_query(a, text, label, &namespace, 1, &enforced, &err))
		return;
	REQUIRE(parser_parse(a, enforced, PARSER_ALL, &tree, NULL, &err) == ERR_OK);
	REQUIRE(ast_walk(tree, has_namespace, &label, &err) == ERR_OK);
}

static void cut(struct arena *a, const struct generation *g, const struct query_question *q)
{
	struct pieces p = { 0 };
	struct sv label;
	struct error err = { 0 };
	if (pieces_build(a, g->mapper, q, &p, &label, &err) == ERR_OK)
		REQUIRE(p.n > 0 && p.at[0].query.len > 0);
}

static void use(const struct generation *g, const struct naming *n)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err = { 0 };
	struct sv metric = SV_NULL, text = SV_NULL, label = SV_NULL;
	struct mapper_name resource;
	bool passes = false, found = false;
	const struct sv names[] = { SV("web-1"), SV("a.b") };
	arena_init(&a, 16u * 1024 * 1024);
	if (naming_passes(n, SV("http_requests_total"), &passes, &err) == ERR_OK && passes &&
		naming_metric(n, &a, SV("http_requests_total"), &metric, &err) == ERR_OK)
		REQUIRE(metric.ptr);
	if (naming_resource(&n->mapping, g->mapper, SV("kube_apps_deployment"), &found, &resource,
		    &err) == ERR_OK &&
		found)
		REQUIRE(resource.plural.len > 0);
	const struct query_question q = {
		.series = SV("http_requests_total"),
		.mapping = &n->mapping,
		.template = n->query,
		.namespace = SV("shop"),
		.resource = { SV(""), SV("pods") },
		.names = names,
		.n_names = ARRAY_LEN(names),
	};
	if (query_build(&a, g->mapper, &q, &text, &label, &err))
		return;
	REQUIRE(text.len > 0 && label.len > 0);
	cut(&a, g, &q);
	if (n->rule->enforce_namespace)
		enforce(&a, g, n, text);
	if (n->rule->sample_timestamp &&
		sample_time_query(&a, text, label, &metric, &err) == ERR_OK)
		REQUIRE(metric.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mapper_unref) struct mapper *m = cluster();
	AUTO(generation_unref) struct generation *g = NULL;
	struct error err = { 0 };
	if (generation_new(sv_from((const char *)data, size), "fuzz", m, false, &g, &err)) {
		REQUIRE(err.kind != ERR_OK && err.kind != ERR_BUG && err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < g->n_custom; i++)
		use(g, &g->custom[i]);
	for (size_t i = 0; i < g->n_external; i++)
		use(g, &g->external[i]);
	return 0;
}
