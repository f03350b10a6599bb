/* Configuration text + resource names -> compiled rules, all or nothing. Reads no files and asks nobody: the caller brings both. */
#include "adapter/generation.h"

#include "adapter/enforce.h"
#include "adapter/sample_time.h"
#include "common/limits.h"

/* Rules, their texts and templates; a rule takes about 4 KiB. */
#define GENERATION_ARENA_MAX (16u * LIMIT_CONFIG_FILE_BYTES)

static enum error_kind skip(struct generation *g, const struct rules_rule *rule, struct error *err)
{
	const char *why = arena_strdup(&g->arena, sv_of(err->text));
	if (!why)
		return arena_error(&g->arena, err);
	g->skipped[g->n_skipped++] = (struct generation_skipped){ rule, why };
	return ERR_OK;
}

/* A rule and what it asks for beyond the reference's format. */
static enum error_kind compile_rule(
	struct generation *g, const struct rules_rule *rule, struct naming *ret, struct error *err)
{
	struct naming n = { 0 };
	if (naming_compile(&g->arena, g->mapper, rule, &n, err))
		return err->kind;
	if ((rule->enforce_namespace && enforce_check(&g->arena, g->mapper, &n, err)) ||
		(rule->sample_timestamp && sample_time_check(&g->arena, g->mapper, &n, err))) {
		naming_done(&n);
		return err->kind;
	}
	*ret = n;
	return ERR_OK;
}

static enum error_kind compile_rules(struct generation *g, const struct rules_rule *rules, size_t n,
	bool strict, struct naming **ret, size_t *ret_n, struct error *err)
{
	*ret = ARENA_ARRAY(&g->arena, n + 1, struct naming);
	if (!*ret)
		return arena_error(&g->arena, err);
	for (size_t i = 0; i < n; i++) {
		enum error_kind kind = compile_rule(g, &rules[i], &(*ret)[*ret_n], err);
		if (kind == ERR_OK)
			(*ret_n)++;
		else if (strict || kind != ERR_NOTFOUND)
			return error_wrap(err, "line %u: %s[%zu]", rules[i].line,
				rules[i].external ? "externalRules" : "rules", i);
		else if (skip(g, &rules[i], err))
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind compile_resource(struct generation *g, const struct rules_resource *r,
	const char *name, struct generation_resource *ret, struct error *err)
{
	if (naming_mapping_compile(&g->arena, g->mapper, &r->mapping, &ret->mapping, err))
		return error_wrap(err, "resourceRules.%s", name);
	if (template_parse(&g->arena, r->container_query, &ret->container_query, err))
		return error_wrap(err,
			"resourceRules.%s: unable to construct container metrics query: unable to "
			"parse metrics query template \"%.*s\"",
			name, SV_ARG(r->container_query));
	if (template_parse(&g->arena, r->node_query, &ret->node_query, err))
		return error_wrap(err,
			"resourceRules.%s: unable to construct node metrics query: unable to parse "
			"metrics query template \"%.*s\"",
			name, SV_ARG(r->node_query));
	ret->container_label = r->container_label;
	return ERR_OK;
}

static enum error_kind compile(struct generation *g, bool strict, struct error *err)
{
	const struct rules_config *c = &g->config;
	g->skipped =
		ARENA_ARRAY(&g->arena, c->n_rules + c->n_external + 1, struct generation_skipped);
	if (!g->skipped)
		return arena_error(&g->arena, err);
	if (compile_rules(g, c->rules, c->n_rules, strict, &g->custom, &g->n_custom, err) ||
		compile_rules(
			g, c->external, c->n_external, strict, &g->external, &g->n_external, err))
		return err->kind;
	if (!c->has_resource_rules)
		return ERR_OK;
	if (compile_resource(g, &c->cpu, "cpu", &g->cpu, err) ||
		compile_resource(g, &c->memory, "memory", &g->memory, err))
		return err->kind;
	return ERR_OK;
}

enum error_kind generation_new(struct sv text, const char *name, struct mapper *m, bool strict,
	struct generation **ret, struct error *err)
{
	AUTO(generation_unref) struct generation *g = mem_zalloc(sizeof(*g));
	if (!g)
		return error_nomem(err);
	g->n_references = 1;
	g->mapper = mapper_ref(m);
	arena_init(&g->arena, GENERATION_ARENA_MAX);
	/* Decoded texts point into the file's text where they can. */
	struct sv kept = arena_sv(&g->arena, text);
	if (!kept.ptr)
		return arena_error(&g->arena, err);
	if (strict ? rules_parse_exact(&g->arena, kept, name, &g->config, err)
		   : rules_parse(&g->arena, kept, name, &g->config, err))
		return err->kind;
	if (compile(g, strict, err))
		return error_wrap(err, "%s", name);
	*ret = TAKE_PTR(g);
	return ERR_OK;
}

struct generation *generation_ref(struct generation *g)
{
	g->n_references++;
	return g;
}

void generation_unref(struct generation *g)
{
	if (!g || --g->n_references > 0)
		return;
	for (size_t i = 0; i < g->n_custom; i++)
		naming_done(&g->custom[i]);
	for (size_t i = 0; i < g->n_external; i++)
		naming_done(&g->external[i]);
	naming_mapping_done(&g->cpu.mapping);
	naming_mapping_done(&g->memory.mapping);
	mapper_unref(g->mapper);
	arena_done(&g->arena);
	mem_free(g);
}
