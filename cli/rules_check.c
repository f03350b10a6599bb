/* Rule by rule: what its compiler said, its selector, its names, then its queries. */
#include "cli/rules_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/check_place.h"
#include "promql/parser.h"

#define MAX_CAUSE_BYTES 1500
/* A person reads findings; nobody reads more. */
#define MAX_FINDINGS 10000

const struct rules_finding_kind rules_findings[RULES_N_FINDINGS] = {
#define RULES_FINDING_ROW(id, name, severity, what, cure) { name, RULES_##severity, what, cure },
	RULES_FINDINGS(RULES_FINDING_ROW)
#undef RULES_FINDING_ROW
};

static void *grow(struct rules_check *c, void *at, size_t n, size_t *size, size_t item)
{
	if (n < *size)
		return at;
	size_t larger = *size ? 2 * *size : 16;
	void *grown = arena_calloc(c->a, larger, item);
	if (!grown) {
		c->failed = true;
		return NULL;
	}
	if (n > 0)
		memcpy(grown, at, n * item);
	*size = larger;
	return grown;
}

static bool is_told(const struct rules_check *c, const struct rules_finding *f)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct rules_finding *old = &c->findings[i];
		if (old->id == f->id && old->of == f->of && old->line == f->line &&
			strcmp(old->cause, f->cause) == 0)
			return true;
	}
	return false;
}

static void add(struct rules_check *c, struct rules_finding finding)
{
	finding.cause = arena_strdup(c->a, sv_of(finding.cause));
	c->failed = c->failed || !finding.cause;
	if (c->n_findings == MAX_FINDINGS || !finding.cause || is_told(c, &finding))
		return;
	struct rules_finding *all =
		grow(c, c->findings, c->n_findings, &c->findings_size, sizeof(*all));
	if (!all)
		return;
	c->findings = all;
	all[c->n_findings++] = finding;
}

void rules_check_find(struct rules_check *c, enum rules_finding_id id,
	const struct rules_verdict *of, const char *fmt, ...)
{
	char cause[MAX_CAUSE_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	add(c, (struct rules_finding){ .id = id,
		       .file = of->file->name,
		       .line = of->rule->line,
		       .rule = of->rule->title,
		       .cause = cause,
		       .of = (size_t)(of - c->rules) });
}

void rules_check_unloaded(struct rules_check *c, const char *file, struct sv message)
{
	c->n_files++;
	while (message.len > 0) {
		struct check_finding one = check_place_next(&message, file);
		const char *cause = arena_strdup(c->a, one.text);
		c->failed = c->failed || !cause;
		add(c, (struct rules_finding){ .id = RULES_FILE,
			       .file = file,
			       .line = one.line,
			       .rule = "",
			       .cause = cause ? cause : "",
			       .of = SIZE_MAX });
	}
}

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
		struct rules_verdict *all =
			grow(c, c->rules, c->n_rules, &c->rules_size, sizeof(*all));
		if (!all)
			return arena_error(c->a, err);
		c->rules = all;
		struct rules_verdict *v = &all[c->n_rules++];
		*v = (struct rules_verdict){ .file = f, .rule = &f->rules[i] };
		if (check_rule(c, v, err) != ERR_OK)
			return err->kind;
	}
	return c->failed ? arena_error(c->a, err) : ERR_OK;
}

size_t rules_check_count(const struct rules_check *c, enum rules_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		n += rules_findings[c->findings[i].id].severity == severity;
	return n;
}

int rules_check_worst(const struct rules_check *c, size_t rule)
{
	int worst = 0;

	for (size_t i = 0; i < c->n_findings; i++) {
		int one = rules_findings[c->findings[i].id].severity == RULES_ERROR ? 2 : 1;
		if (c->findings[i].of == rule && one > worst)
			worst = one;
	}
	return worst;
}
