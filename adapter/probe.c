/* Compiled rule -> expanded text -> tree. The object is a namespace, because that is the one resource which every rule that can be enforced has a
 * label for. */
#include "adapter/probe.h"

#include "promql/parser.h"

static const struct mapper_name NAMESPACES = { SV(""), SV("namespaces") };

struct sv probe_namespace(void)
{
	return SV("flyball-probe");
}

enum error_kind probe_rule(struct arena *a, const struct mapper *m, const struct naming *n,
	struct probe *ret, struct error *err)
{
	struct probe p = { .text = SV_NULL };
	struct sv name = probe_namespace(), label;
	if (naming_label(&n->mapping, m, a, NAMESPACES, &p.namespace_label, err))
		return err->kind;
	struct query_question q = {
		.series = SV("flyball_probe"),
		.mapping = &n->mapping,
		.template = n->query,
		.namespace = name,
		.names = &name,
		.n_names = 1,
	};
	if (!n->rule->external)
		q.resource = NAMESPACES;
	if (query_build(a, m, &q, &p.text, &label, err) ||
		parser_parse(a, p.text, PARSER_ALL, &p.tree, NULL, err))
		return err->kind;
	*ret = p;
	return ERR_OK;
}
