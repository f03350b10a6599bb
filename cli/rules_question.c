/* Questions as the adapter would ask them, and with sentinels. */
#include "cli/rules_question.h"

#include "adapter/enforce.h"
#include "adapter/query.h"

/* Stands for the series when the selector allows several. */
#define MADE_UP_SERIES SV("some_series")

static const struct mapper_name NAMESPACES = { SV(""), SV("namespaces") };

bool rules_question_is_namespaced(const struct rules_file *f, struct mapper_name resource)
{
	const struct mapper_resource *found =
		mapper_first(f->mapper, resource.group, resource.plural);

	return !found || found->namespaced;
}

static bool wants_namespace(
	const struct rules_file *f, const struct rules_file_rule *r, struct mapper_name resource)
{
	if (r->part == RULES_FILE_EXTERNAL) {
		const struct opt_bool *namespaced = &r->rule->mapping.namespaced;
		return !namespaced->set || namespaced->value;
	}
	return r->part != RULES_FILE_NODE && rules_question_is_namespaced(f, resource);
}

/* enforceNamespace: the namespace in every selector, as the adapter adds it. */
static enum error_kind enforce(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_question *q, struct rules_text *text,
	struct error *err)
{
	bool is_namespace = rules_file_is_namespaces(q->resource);
	struct sv label;

	if (enforce_label(a, f->mapper, &r->naming, &label, err) != ERR_OK)
		return err->kind;
	text->namespace_label = label;
	return enforce_query(a, text->query, label, is_namespace ? q->names : &q->ns,
		is_namespace ? q->n_names : 1, &text->query, err);
}

enum error_kind rules_question_text(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_question *q, struct rules_text *ret,
	struct error *err)
{
	bool external = r->part == RULES_FILE_EXTERNAL;
	const struct query_question question = { .series = q->series,
		.mapping = &r->naming.mapping,
		.template = r->naming.query,
		.metric_selector = q->selector,
		.namespace = wants_namespace(f, r, q->resource) ? q->ns : SV(""),
		.resource = external ? (struct mapper_name){ SV(""), SV("") } : q->resource,
		.names = q->names,
		.n_names = q->n_names,
		.has_container = r->part == RULES_FILE_CONTAINER,
		.container_label = r->container_label };

	*ret = (struct rules_text){ .namespace_label = SV("") };
	if (question.namespace.len > 0 && naming_label(&r->naming.mapping, f->mapper, a, NAMESPACES,
						  &ret->namespace_label, err) != ERR_OK)
		return err->kind;
	if (query_build(a, f->mapper, &question, &ret->query, &ret->label, err) != ERR_OK)
		return err->kind;
	return r->rule && r->rule->enforce_namespace ? enforce(a, f, r, q, ret, err) : ERR_OK;
}

static enum error_kind sentinel(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, struct mapper_name resource, struct sv *ret,
	struct error *err)
{
	struct sv label;

	if (naming_label(&r->naming.mapping, f->mapper, a, resource, &label, err) != ERR_OK)
		return err->kind;
	*ret = sv_of(arena_printf(a, "<%.*s>", SV_ARG(label)));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

enum error_kind rules_question_sentinel(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, struct mapper_name resource, struct rules_text *ret,
	struct error *err)
{
	bool with_names = r->part == RULES_FILE_CUSTOM || r->part == RULES_FILE_EXTERNAL;
	struct sv name = SV("");
	struct rules_question q = { .series = !with_names	  ? SV("")
					      : r->series.len > 0 ? r->series
								  : MADE_UP_SERIES,
		.resource = resource,
		.names = &name,
		.n_names = 1 };

	if (wants_namespace(f, r, resource) && sentinel(a, f, r, NAMESPACES, &q.ns, err) != ERR_OK)
		return err->kind;
	if (r->part != RULES_FILE_EXTERNAL && sentinel(a, f, r, resource, &name, err) != ERR_OK)
		return err->kind;
	return rules_question_text(a, f, r, &q, ret, err);
}
