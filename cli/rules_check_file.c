/* Rule by rule: what its compiler said, its selector, its names, then its queries. */
#include "cli/rules_check.h"
#include "promql/parser.h"

/* Something in the selector says which series, other than that they have labels. */
static bool names_series(const struct ast *vector)
{
	for (size_t i = 0; i < vector->vector.n_matchers; i++) {
		const struct matcher *m = &vector->vector.matchers[i];
		bool any = sv_is(m->value, ".+") || sv_is(m->value, ".*") || m->value.len == 0;
		if (!any && (m->op == MATCHER_EQ || m->op == MATCHER_RE))
			return true;
	}
	return false;
}

static void check_series(struct rules_check *c, const struct rules_verdict *v)
{
	struct sv text = v->rule->rule->series_query;
	struct ast *root;
	struct error err;

	if (text.len == 0) {
		rules_check_find(c, RULES_SERIES_EMPTY, v, "seriesQuery is empty");
		return;
	}
	enum error_kind kind = parser_parse(c->a, text, PARSER_ALL, &root, NULL, &err);
	if (kind == ERR_NOMEM)
		c->failed = true;
	else if (kind != ERR_OK)
		rules_check_find(c, RULES_SERIES_SYNTAX, v, "seriesQuery: %s", err.text);
	else if (root->kind != AST_VECTOR)
		rules_check_find(c, RULES_SERIES_SYNTAX, v, "seriesQuery is no selector but %s",
			root->kind == AST_CALL	      ? "a function call"
			: root->kind == AST_AGGREGATE ? "an aggregation"
						      : "an expression");
	else if (!names_series(root))
		rules_check_find(
			c, RULES_SERIES_BROAD, v, "seriesQuery %.*s names no series", SV_ARG(text));
	else if (v->rule->rejected)
		rules_check_find(c, RULES_NAME_REJECTS, v,
			"seriesQuery allows only %.*s, which the filters refuse",
			SV_ARG(v->rule->series));
}

static bool share_a_resource(const struct rules_file_rule *x, const struct rules_file_rule *y)
{
	if (x->part != y->part)
		return false;
	if (x->part == RULES_FILE_EXTERNAL)
		return true;
	for (size_t i = 0; i < x->n_resources; i++) {
		for (size_t k = 0; k < y->n_resources; k++) {
			if (sv_eq(x->resources[i].plural, y->resources[k].plural) &&
				sv_eq(x->resources[i].group, y->resources[k].group))
				return true;
		}
	}
	return false;
}

static void check_names(struct rules_check *c, const struct rules_verdict *v)
{
	const struct rules_file_rule *r = v->rule;

	for (const struct rules_file_rule *other = v->file->rules; other < r; other++) {
		if (r->metric.len > 0 && sv_eq(other->metric, r->metric) &&
			share_a_resource(other, r))
			rules_check_find(c, RULES_SAME_METRIC, v,
				"%s of line %u makes %.*s too and is never asked for it",
				other->title, other->line, SV_ARG(r->metric));
	}
}

static enum error_kind check_rule(struct rules_check *c, struct rules_verdict *v, struct error *err)
{
	const struct rules_file_rule *r = v->rule;
	const struct mapper_name none = { SV(""), SV("") };
	struct error found;

	if (r->problem) {
		rules_check_find(c, RULES_RULE, v, "%s", r->problem);
		return ERR_OK;
	}
	if (r->rule) {
		check_series(c, v);
		check_names(c, v);
	}
	if (r->part == RULES_FILE_CUSTOM && r->n_resources == 0)
		rules_check_find(c, RULES_NO_RESOURCE, v,
			"neither resources.template nor resources.overrides");
	if (template_check(r->naming.query, TEMPLATE_QUERY, &found) != ERR_OK) {
		rules_check_find(c, RULES_TEMPLATE, v, "%s", found.text);
		return ERR_OK;
	}
	if (r->part == RULES_FILE_EXTERNAL)
		return rules_check_query(c, v, none, true, err);
	for (size_t i = 0; i < r->n_resources && !v->unparsed; i++) {
		if (rules_check_query(c, v, r->resources[i], i == 0, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind rules_check_file(
	struct rules_check *c, const struct rules_file *f, struct error *err)
{
	c->n_files++;
	for (size_t i = 0; i < f->n; i++) {
		struct rules_verdict *v = rules_check_add(c, f, &f->rules[i]);
		if (!v)
			return arena_error(c->a, err);
		if (check_rule(c, v, err) != ERR_OK)
			return err->kind;
	}
	return c->failed ? arena_error(c->a, err) : ERR_OK;
}
