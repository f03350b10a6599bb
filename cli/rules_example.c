/* A rule -> a selector of its series -> the newest of them -> names to ask about. */
#include "cli/rules_example.h"

#include "promql/ast_walk.h"
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/rewritten.h"

#define MAX_TEXT_BYTES (1024u * 1024)
/* What no Prometheus holds; a double counts that far. */
#define MAX_SERIES 1e12
/* Rows that are looked at for names; a list of all could be long. */
#define NEWEST "topk(20, timestamp("

enum error_kind rules_example_selector(struct arena *a, struct sv series_query, struct sv series,
	struct sv *ret, struct error *err)
{
	const struct matcher name = { .label = SV("__name__"), .op = MATCHER_EQ, .value = series };
	struct ast *root;

	if (parser_parse(a, series_query, PARSER_ALL, &root, NULL, err) != ERR_OK)
		return err->kind;
	if (root->kind != AST_VECTOR)
		return error_set(err, ERR_INVALID, "seriesQuery is no selector");
	if (series.len > 0 && inject_matchers(a, root, series_query, &name, 1, NULL, err) != ERR_OK)
		return err->kind;
	return rewritten_print(a, root, MAX_TEXT_BYTES, ret, err);
}

struct search {
	struct sv label; /* whose equality with its sentinel marks the selector */
	struct ast *found;
};

static bool look_at(struct ast *n, void *ctx)
{
	struct search *s = ctx;

	for (size_t i = 0; n->kind == AST_VECTOR && i < n->vector.n_matchers; i++) {
		if (sv_eq(n->vector.matchers[i].label, s->label) &&
			sv_has_prefix(n->vector.matchers[i].value, SV("<")))
			s->found = n;
	}
	return !s->found;
}

/* The selector of a query of resourceRules that names the object, without what names it. */
static enum error_kind selector_of_query(
	struct arena *a, const struct rules_text *text, struct sv *ret, struct error *err)
{
	struct search search = { .label = text->label };
	struct ast *root;

	if (parser_parse(a, text->query, PARSER_ALL, &root, NULL, err) != ERR_OK ||
		ast_walk(root, look_at, &search, err) != ERR_OK)
		return err->kind;
	if (!search.found)
		return error_set(err, ERR_INVALID, "no selector of the query names the object");
	struct ast *v = search.found;
	for (size_t i = 0; i < v->vector.n_matchers; i++) {
		struct matcher *m = &v->vector.matchers[i];
		bool names_it =
			sv_eq(m->label, text->label) || sv_eq(m->label, text->namespace_label);
		if (names_it && sv_has_prefix(m->value, SV("<")))
			*m = (struct matcher){
				.label = m->label, .op = MATCHER_NEQ, .value = SV("")
			};
	}
	return rewritten_print(a, v, MAX_TEXT_BYTES, ret, err);
}

static enum error_kind find_selector(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, struct mapper_name resource, struct sv series,
	struct sv *ret, struct error *err)
{
	struct rules_text text;

	if (r->rule)
		return rules_example_selector(a, r->rule->series_query, series, ret, err);
	if (rules_question_sentinel(a, f, r, resource, &text, err) != ERR_OK)
		return err->kind;
	return selector_of_query(a, &text, ret, err);
}

/* The rows of head + selector + tail. */
static enum error_kind ask(struct prom_source *s, struct arena *a, const char *head,
	struct sv selector, const char *tail, struct prom_source_answer *ret, struct error *err)
{
	const char *query = arena_printf(a, "%s%.*s%s", head, SV_ARG(selector), tail);

	return query ? prom_source_query(s, a, sv_of(query), ret, err) : arena_error(a, err);
}

/* The label that stands for a resource in queries; empty: none does. */
static struct sv label_of(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, struct mapper_name resource)
{
	struct error ignored;
	struct sv label;

	return resource.plural.len > 0 && naming_label(&r->naming.mapping, f->mapper, a, resource,
						  &label, &ignored) == ERR_OK
		       ? label
		       : SV("");
}

static bool has_name(const struct rules_example *e, struct sv name)
{
	for (size_t i = 0; i < e->n_names; i++) {
		if (sv_eq(e->names[i], name))
			return true;
	}
	return false;
}

/* Names of one namespace: the first row's that has any. */
static void take_names(struct rules_example *e, const struct prom_source_answer *newest,
	struct sv namespace_label, struct sv label)
{
	for (size_t i = 0; i < newest->n_rows; i++) {
		struct sv ns = prom_source_label(&newest->rows[i], namespace_label);
		struct sv name = prom_source_label(&newest->rows[i], label);
		if (label.len > 0 && name.len == 0)
			continue;
		if (e->ns.len == 0 && e->n_names == 0)
			e->ns = ns;
		if (name.len == 0 || !sv_eq(ns, e->ns) || has_name(e, name) ||
			e->n_names == RULES_EXAMPLE_MAX_NAMES)
			continue;
		e->names[e->n_names++] = name;
	}
}

enum error_kind rules_example_find(struct prom_source *s, struct arena *a,
	const struct rules_file *f, const struct rules_file_rule *r, struct mapper_name resource,
	struct sv series, struct rules_example *ret, struct error *err)
{
	static const struct mapper_name NAMESPACES = { SV(""), SV("namespaces") };
	struct prom_source_answer count, newest;

	*ret = (struct rules_example){ .ns = SV("") };
	if (find_selector(a, f, r, resource, series, &ret->selector, err) != ERR_OK ||
		ask(s, a, "count(", ret->selector, ")", &count, err) != ERR_OK)
		return err->kind;
	if (count.n_rows != 1 || count.rows[0].sample.kind != ANSWER_FINITE)
		return ERR_OK;
	double n = count.rows[0].sample.value;
	if (!(n >= 1 && n <= MAX_SERIES))
		return error_set(err, ERR_INVALID,
			"count(%.*s) is answered with %g, which is no "
			"number of series",
			SV_ARG(ret->selector), n);
	ret->n_series = (uint64_t)n;
	bool timed = ask(s, a, NEWEST, ret->selector, "))", &newest, err) == ERR_OK;
	/* A server of another make may lack timestamp(): then the age stays unknown. */
	if (!timed && ask(s, a, "", ret->selector, "", &newest, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; timed && i < newest.n_rows; i++) {
		if (newest.rows[i].sample.kind == ANSWER_FINITE &&
			newest.rows[i].sample.value > ret->newest_sec)
			ret->newest_sec = newest.rows[i].sample.value;
	}
	take_names(ret, &newest, label_of(a, f, r, NAMESPACES), label_of(a, f, r, resource));
	return ERR_OK;
}
