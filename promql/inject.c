/* Two walks: one that looks for contradictions, one that adds. */
#include "promql/inject.h"

#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "promql/quote.h"
#include "promql/regexp.h"

/* Rules add two or three; object labels are few. */
#define MAX_MATCHERS 64u

struct injection {
	struct arena *arena;
	struct sv query;
	const struct matcher *add;
	size_t n;
	struct inject_refusal refusal;
	bool refused;
	const struct matcher *there, *wanted; /* of a refused selector */
	enum error_kind failed;
};

static bool contradict(const struct matcher *a, const struct matcher *b)
{
	if (!sv_eq(a->label, b->label))
		return false;
	return (a->op == MATCHER_EQ && !matcher_matches(b, a->value)) ||
	       (b->op == MATCHER_EQ && !matcher_matches(a, b->value));
}

static bool refuse(
	struct injection *i, enum inject_class class, const struct ast *at, struct sv label)
{
	i->refused = true;
	i->refusal = (struct inject_refusal){ class, at != NULL, at ? at->start : 0,
		at ? at->end : 0, label };
	return false;
}

static bool check_node(struct ast *n, void *ctx)
{
	struct injection *i = ctx;

	if (n->kind == AST_CALL && n->call.function->id == FUNCTION_INFO)
		return refuse(i, INJECT_INFO, n, SV(""));
	if (n->kind != AST_VECTOR)
		return true;
	for (size_t a = 0; a < i->n; a++) {
		for (size_t m = 0; m < n->vector.n_matchers; m++) {
			if (contradict(&i->add[a], &n->vector.matchers[m])) {
				i->there = &n->vector.matchers[m];
				i->wanted = &i->add[a];
				return refuse(i, INJECT_CONFLICT, n, i->add[a].label);
			}
		}
	}
	return true;
}

static bool is_among(const struct matcher *m, const struct matcher *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].op == m->op && sv_eq(list[i].label, m->label) &&
			sv_eq(list[i].value, m->value))
			return true;
	return false;
}

static bool add_to_node(struct ast *n, void *ctx)
{
	struct injection *i = ctx;
	size_t had = n->kind == AST_VECTOR ? n->vector.n_matchers : 0, total, last;
	struct matcher *all;

	if (n->kind != AST_VECTOR)
		return true;
	all = ARENA_ARRAY(i->arena, had + i->n + 1, struct matcher);
	if (!all) {
		i->failed = ERR_NOMEM;
		return false;
	}
	if (had)
		memcpy(all, n->vector.matchers, had * sizeof(*all));
	total = had;
	for (size_t a = 0; a < i->n; a++)
		if (!is_among(&i->add[a], all, total))
			all[total++] = i->add[a];
	/* The matcher that was made from the name in front of the braces stays last. */
	last = total - 1;
	if (n->vector.name.len && total > had) {
		struct matcher name = all[had - 1];

		memmove(&all[had - 1], &all[had], (total - had) * sizeof(*all));
		all[last] = name;
	}
	n->vector.matchers = all;
	n->vector.n_matchers = total;
	return true;
}

static enum error_kind explain(const struct injection *i, struct error *err)
{
	struct buf text;

	buf_init(&text, ERROR_TEXT_MAX);
	if (i->refusal.has_position) {
		parser_print_position(&text, i->query, i->refusal.start);
		buf_put_str(&text, ": ");
	}
	if (i->refusal.class == INJECT_INFO) {
		buf_put_str(&text, "info() reads series by itself and cannot be restricted");
	} else if (i->there) {
		buf_put_str(&text, "the selector has ");
		matcher_print(&text, i->there);
		buf_put_str(&text, ", which contradicts ");
		matcher_print(&text, i->wanted);
	} else {
		buf_put_str(&text, "the matchers to add contradict each other on label ");
		quote_print(&text, i->refusal.label);
	}
	if (text.failed == ERR_NOMEM)
		error_nomem(err);
	else
		error_set(err, ERR_INVALID, "%s", buf_text(&text));
	buf_done(&text);
	return err->kind;
}

static enum error_kind compile(struct arena *a, const struct matcher *add, size_t n,
	struct matcher *ret, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		ret[i] = add[i];
		if ((ret[i].op == MATCHER_RE || ret[i].op == MATCHER_NRE) && !ret[i].regexp &&
			regexp_compile(a, ret[i].value, &ret[i].regexp, err))
			return error_wrap(err, "label %.*s", SV_ARG(ret[i].label));
	}
	return ERR_OK;
}

static void check_each_other(struct injection *i)
{
	for (size_t a = 0; a < i->n; a++)
		for (size_t b = a + 1; b < i->n && !i->refused; b++)
			if (contradict(&i->add[a], &i->add[b]))
				refuse(i, INJECT_CONFLICT, NULL, i->add[a].label);
}

enum error_kind inject_matchers(struct arena *a, struct ast *root, struct sv query,
	const struct matcher *add, size_t n, struct inject_refusal *ret_refusal, struct error *err)
{
	struct matcher compiled[MAX_MATCHERS];
	struct injection i = { .arena = a, .query = query, .add = compiled, .n = n };

	if (n > MAX_MATCHERS)
		return error_set(err, ERR_LIMIT, "more than %u matchers to add", MAX_MATCHERS);
	if (compile(a, add, n, compiled, err))
		return err->kind;
	check_each_other(&i);
	if (!i.refused && ast_walk(root, check_node, &i, err))
		return err->kind;
	if (i.refused) {
		if (ret_refusal)
			*ret_refusal = i.refusal;
		return explain(&i, err);
	}
	if (ast_walk(root, add_to_node, &i, err))
		return err->kind;
	return i.failed ? arena_error(a, err) : ERR_OK;
}
