/* Question -> one or more query texts -> as many answers.
 *
 * Cutting is right only where the rows of one object do not depend on which other objects are asked for: where the query is separable
 * (promql/separable.h) and keeps the objects apart by itself, so that its coalesced form differs from it in nothing but the matchers for the object.
 * topk(), scalar(), sums over all objects and their like keep the list in one piece, however long. */
#include "adapter/pieces.h"

#include "promql/ast_same.h"
#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "promql/separable.h"

/* Names that are shorter than this together are not worth a look: a template would have to repeat them fifteen times. */
#define PIECES_NAMES_SHORT 1024u

struct placeholder {
	struct sv label, value;
};

static bool drop_matcher(struct ast *n, void *ctx)
{
	const struct placeholder *p = ctx;
	size_t kept = 0;
	for (size_t i = 0; n->kind == AST_VECTOR && i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		if (!sv_eq(m->label, p->label) || !sv_eq(m->value, p->value))
			n->vector.matchers[kept++] = *m;
	}
	if (n->kind == AST_VECTOR)
		n->vector.n_matchers = kept;
	return true;
}

/* Whether the query for the object p->value treats each object alone. What our parser cannot read does not. */
static enum error_kind is_apart(
	struct arena *a, struct sv query, const struct placeholder *p, bool *ret, struct error *err)
{
	struct ast *trees[2];
	struct separable verdict;
	*ret = false;
	for (size_t i = 0; i < 2; i++) {
		enum error_kind kind = parser_parse(a, query, PARSER_ALL, &trees[i], NULL, err);
		if (kind)
			return kind == ERR_NOMEM ? kind : ERR_OK;
	}
	if (separable_analyze(a, trees[0], &p->label, 1, &verdict, err))
		return err->kind;
	if (verdict.reason != SEPARABLE_YES)
		return ERR_OK;
	struct placeholder copy = *p;
	if (ast_walk(trees[1], drop_matcher, &copy, err))
		return err->kind;
	return ast_same(a, trees[1], verdict.coalesced, ret, err);
}

static enum error_kind can_be_cut(struct arena *a, const struct mapper *m,
	const struct query_question *q, struct sv label, bool *ret, struct error *err)
{
	char *text = arena_printf(a, "<%.*s>", SV_ARG(label));
	if (!text)
		return arena_error(a, err);
	const struct placeholder p = { label, sv_of(text) };
	struct query_question one = *q;
	struct sv query, ignored;
	one.names = &p.value;
	one.n_names = 1;
	if (query_build(a, m, &one, &query, &ignored, err))
		return err->kind;
	return is_apart(a, query, &p, ret, err);
}

static size_t names_bytes(const struct sv *names, size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += names[i].len + 1;
	return sum;
}

static enum error_kind budget_of(struct arena *a, const struct mapper *m,
	const struct query_question *q, struct sv text, struct sv label, size_t *ret,
	struct error *err)
{
	bool cut = false;
	*ret = SIZE_MAX;
	if (text.len <= PIECES_TEXT_MAX || q->n_names < 2 || q->exact_text)
		return ERR_OK;
	if (can_be_cut(a, m, q, label, &cut, err))
		return err->kind;
	/* What a byte of a name costs in the text, which may hold the list several times and with escapes. */
	if (cut)
		*ret = names_bytes(q->names, q->n_names) * PIECES_TEXT_MAX / text.len;
	return ERR_OK;
}

enum error_kind pieces_budget(struct arena *a, const struct mapper *m,
	const struct query_question *q, size_t *ret, struct error *err)
{
	struct sv text, label;
	*ret = SIZE_MAX;
	if (names_bytes(q->names, q->n_names) < PIECES_NAMES_SHORT)
		return ERR_OK;
	if (query_build(a, m, q, &text, &label, err))
		return err->kind;
	return budget_of(a, m, q, text, label, ret, err);
}

size_t pieces_take(const struct sv *names, size_t n, size_t from, size_t budget)
{
	size_t to = from, used = 0;
	while (to < n && (to == from || used + names[to].len + 1 <= budget))
		used += names[to++].len + 1;
	return to;
}

struct piece *pieces_add(struct pieces *p)
{
	struct piece *more = ARENA_ARRAY(p->arena, p->n + 1, struct piece);
	if (!more)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		more[i] = p->at[i];
	p->at = more;
	return &p->at[p->n++];
}

enum error_kind pieces_build(struct arena *a, const struct mapper *m,
	const struct query_question *q, struct pieces *ret, struct sv *ret_label, struct error *err)
{
	struct pieces p = { .arena = a };
	struct sv text;
	size_t budget;
	if (query_build(a, m, q, &text, ret_label, err) ||
		budget_of(a, m, q, text, *ret_label, &budget, err))
		return err->kind;
	size_t n_most = budget == SIZE_MAX ? 1 : q->n_names;
	p.at = ARENA_ARRAY(a, n_most, struct piece);
	if (!p.at)
		return arena_error(a, err);
	for (size_t from = 0, to; budget != SIZE_MAX && from < q->n_names; from = to) {
		struct query_question part = *q;
		to = pieces_take(q->names, q->n_names, from, budget);
		part.names += from;
		part.n_names = to - from;
		if (query_build(a, m, &part, &p.at[p.n++].query, ret_label, err))
			return err->kind;
	}
	if (p.n == 0)
		p.at[p.n++].query = text;
	*ret = p;
	return ERR_OK;
}

/* A failure that outlives the callback. */
static const struct error *kept_error(struct arena *a, const struct error *why)
{
	static const struct error NO_MEMORY = { .kind = ERR_NOMEM, .text = "out of memory" };
	struct error *copy = ARENA_NEW(a, struct error);
	if (!copy)
		return &NO_MEMORY;
	*copy = *why;
	return copy;
}

static void keep(struct piece *piece, const struct shared_ask_answer *answer)
{
	struct arena *a = piece->of->arena;
	struct error full = { 0 };
	piece->answer = *answer;
	if (answer->failed) {
		piece->answer.failed = kept_error(a, answer->failed);
		return;
	}
	/* The body is borrowed for now; the one piece is looked at now. */
	if (piece->of->n == 1)
		return;
	piece->answer.body = arena_sv(a, answer->body);
	if (!piece->answer.body.ptr && arena_error(a, &full))
		piece->answer.failed = kept_error(a, &full);
}

static void on_answer(struct shared_ask_waiter *w, const struct shared_ask_answer *answer)
{
	struct piece *piece = (struct piece *)((char *)w - offsetof(struct piece, waiter));
	struct pieces *p = piece->of;
	keep(piece, answer);
	if (--p->n_waiting == 0)
		p->done(p);
}

enum error_kind pieces_ask(struct pieces *p, struct shared_ask *ask, int64_t timeout_ns,
	bool *ret_wait, struct error *err)
{
	p->n_waiting = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct piece *piece = &p->at[i];
		struct shared_ask_answer answer = { 0 };
		piece->of = p;
		piece->waiter.done = on_answer;
		if (shared_ask_query(ask, piece->query, timeout_ns, &piece->waiter, &answer, err)) {
			pieces_cancel(p);
			return err->kind;
		}
		if (answer.at_hand)
			keep(piece, &answer);
		else
			p->n_waiting++;
	}
	*ret_wait = p->n_waiting > 0;
	return ERR_OK;
}

void pieces_cancel(struct pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		shared_ask_cancel(&p->at[i].waiter);
	p->n_waiting = 0;
}

int64_t pieces_asked_at_ms(const struct pieces *p)
{
	int64_t oldest_ms = INT64_MAX;
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].answer.asked_at_ms < oldest_ms)
			oldest_ms = p->at[i].answer.asked_at_ms;
	return oldest_ms;
}

const struct error *pieces_failed(const struct pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].answer.failed)
			return p->at[i].answer.failed;
	return NULL;
}
