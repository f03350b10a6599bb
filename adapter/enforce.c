/* Query text -> tree -> the same with matchers -> text. What cannot be read cannot be enforced, so it is refused: a dialect that our parser does not
 * know (MetricsQL) among it. */
#include "adapter/enforce.h"

#include "adapter/probe.h"
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/rewritten.h"

/* A query of a rule and its matchers; names of namespaces come on top for each selector. */
#define ENFORCE_TEXT_MAX (4u * 1024 * 1024)

enum error_kind enforce_label(struct arena *a, const struct mapper *m, const struct naming *n,
	struct sv *ret, struct error *err)
{
	struct mapper_name namespaces = { SV(""), SV("namespaces") };
	return naming_label(&n->mapping, m, a, namespaces, ret, err);
}

static enum error_kind join(
	struct arena *a, const struct sv *names, size_t n, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, ENFORCE_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(&out, '|');
		matcher_quote_meta(&out, names[i]);
	}
	if (buf_check(&out, "enforceNamespace: names of namespaces", err))
		return err->kind;
	*ret = arena_sv(a, buf_sv(&out));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

enum error_kind enforce_query(struct arena *a, struct sv query, struct sv label,
	const struct sv *namespaces, size_t n, struct sv *ret, struct error *err)
{
	struct ast *tree = NULL;
	struct matcher add = {
		.label = label,
		.op = n == 1 ? MATCHER_EQ : MATCHER_RE,
		.value = namespaces[0],
	};
	for (size_t i = 0; i < n; i++)
		if (namespaces[i].len == 0)
			return error_set(err, ERR_INVALID, "enforceNamespace: no namespace given");
	if (n > 1 && join(a, namespaces, n, &add.value, err))
		return err->kind;
	if (parser_parse(a, query, PARSER_ALL, &tree, NULL, err) ||
		inject_matchers(a, tree, query, &add, 1, NULL, err))
		return error_wrap(err, "enforceNamespace");
	if (rewritten_print(a, tree, ENFORCE_TEXT_MAX, ret, err))
		return error_wrap(err, "enforceNamespace");
	return ERR_OK;
}

bool enforce_is_possible(const struct mapper *m, struct mapper_name resource)
{
	const struct mapper_resource *kind = NULL;
	struct error unknown = { 0 };
	if (resource.group.len == 0 && sv_is(resource.plural, "namespaces"))
		return true;
	return mapper_resolve(m, resource.group, resource.plural, &kind, &unknown) == ERR_OK &&
	       kind->namespaced;
}

static enum error_kind check_overrides(
	const struct mapper *m, const struct naming *n, struct error *err)
{
	for (size_t i = 0; !n->rule->external && i < n->mapping.n_overrides; i++) {
		const struct naming_override *o = &n->mapping.overrides[i];
		if (!enforce_is_possible(m, o->resource))
			return error_set(err, ERR_INVALID,
				"enforceNamespace: the label \"%.*s\" stands for %.*s, which have "
				"no "
				"namespace: give them a rule of their own",
				SV_ARG(o->label), SV_ARG(o->resource.plural));
	}
	return ERR_OK;
}

enum error_kind enforce_check(
	struct arena *a, const struct mapper *m, const struct naming *n, struct error *err)
{
	const struct opt_bool *namespaced = &n->rule->mapping.namespaced;
	struct probe p;
	struct sv name = probe_namespace(), text;
	if (n->rule->external && namespaced->set && !namespaced->value)
		return error_set(err, ERR_INVALID,
			"enforceNamespace contradicts resources.namespaced: false");
	if (check_overrides(m, n, err))
		return err->kind;
	if (probe_rule(a, m, n, &p, err))
		return error_wrap(err, "enforceNamespace");
	return enforce_query(a, p.text, p.namespace_label, &name, 1, &text, err);
}
