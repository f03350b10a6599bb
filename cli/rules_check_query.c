/* One expanded query -> does it parse, what does it give, whose rows does it read, how is it asked. Sentinels stand where the request's values will be. */
#include "cli/query_check.h"
#include "cli/query_explain.h"
#include "cli/rules_check.h"
#include "promql/ast_walk.h"
#include "promql/printer.h"

#define MAX_TEXT_BYTES (4u * 1024 * 1024)
#define INDENT "           "

struct look {
	struct rules_check *c;
	struct rules_verdict *v;
	const struct rules_text *text;
	struct sv namespace_sentinel, object_sentinel; /* empty: there is none */
};

static void find_at(
	const struct look *l, enum rules_finding_id id, const struct ast *n, const char *what)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_TEXT_BYTES);
	printer_print(&out, n);
	buf_put_str(&out, " at ");
	parser_print_position(&out, l->text->query, n->start);
	l->c->failed = l->c->failed || out.failed == ERR_NOMEM;
	rules_check_find(l->c, id, l->v, "%s %s", buf_text(&out), what);
}

static bool holds(struct sv text, struct sv part)
{
	return part.len > 0 && sv_find_sv(text, part) < text.len;
}

static bool binds_namespace(const struct look *l, const struct matcher *m)
{
	return l->namespace_sentinel.len > 0 && sv_eq(m->value, l->namespace_sentinel) &&
	       sv_eq(m->label, l->text->namespace_label) &&
	       (m->op == MATCHER_EQ || m->op == MATCHER_RE);
}

/* A value of the request with pattern text around it. */
static bool is_pattern_around(const struct matcher *m, struct sv sentinel)
{
	return (m->op == MATCHER_RE || m->op == MATCHER_NRE) && holds(m->value, sentinel) &&
	       !sv_eq(m->value, sentinel);
}

static bool look_at_selector(struct ast *n, void *ctx)
{
	const struct look *l = ctx;
	const struct rules_rule *rule = l->v->rule->rule;
	bool bound = rule && rule->enforce_namespace, in_pattern = false;

	if (n->kind != AST_VECTOR)
		return true;
	for (size_t i = 0; i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		bound = bound || binds_namespace(l, m);
		in_pattern = in_pattern || is_pattern_around(m, l->object_sentinel) ||
			     is_pattern_around(m, l->namespace_sentinel);
	}
	if (l->namespace_sentinel.len > 0 && !bound)
		find_at(l, RULES_OTHER_NAMESPACES, n, "does not name the request's namespace");
	if (in_pattern)
		find_at(l, RULES_PATTERN, n, "holds the object's name in a pattern");
	return true;
}

static bool has_label(const struct ast_labels *labels, struct sv label)
{
	for (size_t i = 0; i < labels->n; i++) {
		if (sv_eq(labels->at[i], label))
			return true;
	}
	return false;
}

static bool may_carry(const struct ast *n, struct sv label);

static bool aggregate_may_carry(const struct ast *n, struct sv label)
{
	enum token_kind op = n->aggregate.op;
	bool listed = has_label(&n->aggregate.grouping, label);

	if (op == TOKEN_TOPK || op == TOKEN_BOTTOMK || op == TOKEN_LIMITK ||
		op == TOKEN_LIMIT_RATIO)
		return may_carry(n->aggregate.expr, label);
	return op == TOKEN_COUNT_VALUES || (n->aggregate.without ? !listed : listed);
}

/* Of a binary operator the side whose rows come out; NULL: either's. */
static const struct ast *side_that_stays(const struct ast *n)
{
	const struct ast *left = n->binary.left, *right = n->binary.right;

	if (left->type != VALUE_VECTOR)
		return right;
	if (right->type != VALUE_VECTOR)
		return left;
	if (n->binary.op == TOKEN_LOR)
		return NULL;
	return n->binary.matching && n->binary.matching->card == AST_ONE_TO_MANY ? right : left;
}

/* False only when no row can carry the label. */
static bool may_carry(const struct ast *n, struct sv label)
{
	for (;;) {
		switch ((int)n->kind) {
		case AST_PAREN:
			n = n->paren.expr;
			break;
		case AST_UNARY:
			n = n->unary.expr;
			break;
		case AST_AGGREGATE:
			return aggregate_may_carry(n, label);
		case AST_BINARY:
			if (!side_that_stays(n) ||
				(n->binary.matching &&
					has_label(&n->binary.matching->include, label)))
				return true;
			n = side_that_stays(n);
			break;
		case AST_NUMBER:
			return false;
		case AST_CALL:
			return n->call.function->id != FUNCTION_VECTOR;
		default:
			return true;
		}
	}
}

static void look_at_rows(const struct look *l, const struct ast *root)
{
	const struct rules_file_rule *r = l->v->rule;

	if (root->type != VALUE_VECTOR &&
		!(r->part == RULES_FILE_EXTERNAL && root->type == VALUE_SCALAR)) {
		rules_check_find(
			l->c, RULES_TYPE, l->v, "the query gives a %s", ast_type_name(root->type));
		return;
	}
	if (l->text->label.len > 0 && !may_carry(root, l->text->label))
		rules_check_find(l->c, RULES_NO_ROW_LABEL, l->v,
			"the rows of the answer have no label \"%.*s\"", SV_ARG(l->text->label));
	else if (r->container_label.len > 0 && r->part == RULES_FILE_CONTAINER &&
		 !may_carry(root, r->container_label))
		rules_check_find(l->c, RULES_NO_ROW_LABEL, l->v,
			"the rows of the answer have no label \"%.*s\"",
			SV_ARG(r->container_label));
}

static void tell_problems(
	const struct look *l, const struct query_check *checked, enum rules_finding_id id)
{
	for (size_t i = 0; i < checked->n_problems; i++) {
		const struct query_problem *p = &checked->problems[i];
		AUTO(buf_done) struct buf place = { 0 };
		buf_init(&place, 100);
		parser_print_position(&place, l->text->query, p->start);
		l->c->failed = l->c->failed || place.failed == ERR_NOMEM;
		rules_check_find(l->c, id, l->v, "%s: %s%s%s", buf_text(&place), p->text,
			p->hint ? "; " : "", p->hint ? p->hint : "");
	}
}

/* The tree is consumed. */
static enum error_kind tell_asking(const struct look *l, struct ast *root, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct sv labels[2];
	size_t n = 0;

	buf_init(&out, MAX_TEXT_BYTES);
	if (l->text->namespace_label.len > 0)
		labels[n++] = l->text->namespace_label;
	if (l->text->label.len > 0 && (n == 0 || !sv_eq(labels[0], l->text->label)))
		labels[n++] = l->text->label;
	if (n == 0)
		buf_put_str(&out, "one query for all: nothing in it depends on the request");
	else if (query_explain_asking(
			 l->c->a, l->text->query, root, labels, n, INDENT, &out, err) != ERR_OK)
		return err->kind;
	l->v->asking = arena_strdup(l->c->a, sv_trim(buf_sv(&out)));
	return l->v->asking ? ERR_OK : arena_error(l->c->a, err);
}

static enum error_kind look_at(const struct look *l, bool main, struct error *err)
{
	struct rules_check *c = l->c;
	bool version = c->version.major > 0;
	const struct query_check_options options = {
		.version = version ? c->version : QUERY_VERSION_NEWEST, .features = c->features
	};
	struct query_check checked;

	if (query_check(c->a, l->text->query, &options, &checked, err) != ERR_OK)
		return err->kind;
	if (!checked.root) {
		tell_problems(l, &checked, RULES_SYNTAX);
		l->v->unparsed = true;
		return ERR_OK;
	}
	if (version || c->features)
		tell_problems(l, &checked, RULES_VERSION);
	if (ast_walk(checked.root, look_at_selector, (void *)(uintptr_t)l, err) != ERR_OK)
		return err->kind;
	look_at_rows(l, checked.root);
	bool asked = checked.root->type == VALUE_VECTOR || checked.root->type == VALUE_SCALAR;
	return main && asked ? tell_asking(l, checked.root, err) : ERR_OK;
}

static struct sv sentinel_of(struct rules_check *c, struct sv label)
{
	struct sv text = SV("");

	if (label.len > 0)
		text = sv_of(arena_printf(c->a, "<%.*s>", SV_ARG(label)));
	c->failed = c->failed || !text.ptr;
	return text;
}

static void tell_namespace(struct rules_check *c, const struct rules_verdict *v)
{
	const struct opt_bool *namespaced = &v->rule->rule->mapping.namespaced;

	if (namespaced->set && !namespaced->value)
		rules_check_find(c, RULES_IGNORES_NAMESPACE, v, "resources.namespaced is false");
}

enum error_kind rules_check_query(struct rules_check *c, struct rules_verdict *v,
	struct mapper_name resource, bool main, struct error *err)
{
	struct rules_text text;

	enum error_kind kind =
		rules_question_sentinel(c->a, v->file, v->rule, resource, &text, err);
	bool template = kind != ERR_OK && sv_has_prefix(sv_of(err->text), SV("template: "));
	if (kind == ERR_INVALID || kind == ERR_NOTFOUND)
		rules_check_find(c, template ? RULES_TEMPLATE : RULES_NO_LABEL, v, "%s", err->text);
	if (kind == ERR_INVALID || kind == ERR_NOTFOUND)
		return ERR_OK;
	if (kind != ERR_OK)
		return kind;
	if (v->rule->part == RULES_FILE_EXTERNAL)
		tell_namespace(c, v);
	const struct look l = { .c = c,
		.v = v,
		.text = &text,
		.namespace_sentinel = sentinel_of(c, text.namespace_label),
		.object_sentinel = sentinel_of(c, text.label) };
	if (main)
		v->query = text.query.ptr;
	return look_at(&l, main, err);
}
