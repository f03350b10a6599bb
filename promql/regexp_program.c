/* Tree -> program of a nondeterministic automaton -> match. The simulation keeps the set of places that are reachable behind each
 * character, so that its time is the length of the subject times the length of the program, whatever the pattern says. */
#include "promql/regexp_tree.h"

enum code {
	CODE_MATCH,
	CODE_FAIL,
	CODE_RUNE,	/* arg: code point */
	CODE_RUNE_FOLD, /* arg: code point; its variants match too */
	CODE_CLASS,	/* arg: index into classes */
	CODE_ANY,
	CODE_NOT_NEWLINE,
	CODE_SPLIT,  /* go on at next and at arg */
	CODE_ASSERT, /* arg: enum regexp_op of the assertion */
};

struct instruction {
	uint32_t code;
	uint32_t next;
	uint32_t arg;
};

/* A set of instructions with constant-time membership, in order of insertion. */
struct place_set {
	uint32_t *dense, *sparse;
	uint32_t n;
};

struct regexp_program {
	struct instruction *code;
	uint32_t n, size;
	const struct regexp_class **classes;
	uint32_t start;
	struct place_set now, then;
	uint32_t *stack;
};

struct compiler {
	struct arena *arena;
	struct regexp_program *p;
};

#define NOWHERE UINT32_MAX

/* Instructions are emitted from the end to the beginning: each fragment knows what follows it. */
static uint32_t emit(struct compiler *c, enum code code, uint32_t arg, uint32_t next)
{
	struct regexp_program *p = c->p;

	if (next == NOWHERE || p->n == p->size)
		return NOWHERE;
	p->code[p->n] = (struct instruction){ code, next, arg };
	return p->n++;
}

static uint32_t compile(struct compiler *c, const struct regexp_node *n, uint32_t next);

static uint32_t compile_literal(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	for (size_t i = n->n_runes; i-- > 0;)
		next = emit(c,
			n->fold && unicode_fold(n->runes[i]) != n->runes[i] ? CODE_RUNE_FOLD
									    : CODE_RUNE,
			n->runes[i], next);
	return next;
}

/* x* and x+: the loop begins with a split (x*) or with x (x+). */
static uint32_t compile_loop(
	struct compiler *c, const struct regexp_node *sub, bool at_least_once, uint32_t next)
{
	uint32_t split = emit(c, CODE_SPLIT, next, next);
	uint32_t body = split == NOWHERE ? NOWHERE : compile(c, sub, split);

	if (body == NOWHERE)
		return NOWHERE;
	c->p->code[split].next = body;
	return at_least_once ? body : split;
}

/* x{2,4} is xx(x(x)?)?, x{2,} is xx+. */
static uint32_t compile_repeat(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	uint32_t required = n->min;

	if (n->max == REGEXP_NO_MAX) {
		next = compile_loop(c, n->first, n->min > 0, next);
		required -= n->min > 0;
	} else {
		uint32_t end = next;

		for (uint32_t i = n->min; i < n->max && next != NOWHERE; i++) {
			uint32_t body = compile(c, n->first, next);

			next = body == NOWHERE ? NOWHERE : emit(c, CODE_SPLIT, end, body);
		}
	}
	for (uint32_t i = 0; i < required && next != NOWHERE; i++)
		next = compile(c, n->first, next);
	return next;
}

static uint32_t compile_concat(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	const struct regexp_node **subs;
	size_t len = 0, i = 0;

	for (const struct regexp_node *sub = n->first; sub; sub = sub->next)
		len++;
	subs = arena_calloc(c->arena, len + 1, sizeof(struct regexp_node *));
	if (!subs)
		return NOWHERE;
	for (const struct regexp_node *sub = n->first; sub; sub = sub->next)
		subs[i++] = sub;
	while (i > 0 && next != NOWHERE)
		next = compile(c, subs[--i], next);
	return next;
}

static uint32_t compile_alternate(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	uint32_t all = NOWHERE;

	for (const struct regexp_node *sub = n->first; sub; sub = sub->next) {
		uint32_t one = compile(c, sub, next);

		if (one == NOWHERE)
			return NOWHERE;
		all = all == NOWHERE ? one : emit(c, CODE_SPLIT, one, all);
		if (all == NOWHERE)
			return NOWHERE;
	}
	return all;
}

static uint32_t compile_class(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	c->p->classes[n->class_index] = n->class;
	return emit(c, CODE_CLASS, n->class_index, next);
}

/* What takes one character or none. */
static uint32_t compile_single(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	switch ((int)n->op) {
	case REGEXP_NO_MATCH:
		return emit(c, CODE_FAIL, 0, next);
	case REGEXP_CLASS:
		return n->class->n ? compile_class(c, n, next) : emit(c, CODE_FAIL, 0, next);
	case REGEXP_ANY:
		return emit(c, CODE_ANY, 0, next);
	case REGEXP_ANY_NOT_NEWLINE:
		return emit(c, CODE_NOT_NEWLINE, 0, next);
	default:
		return emit(c, CODE_ASSERT, n->op, next);
	}
}

static uint32_t compile(struct compiler *c, const struct regexp_node *n, uint32_t next)
{
	switch ((int)n->op) {
	case REGEXP_EMPTY:
		return next;
	case REGEXP_LITERAL:
		return compile_literal(c, n, next);
	case REGEXP_GROUP:
		return compile(c, n->first, next);
	case REGEXP_REPEAT:
		return compile_repeat(c, n, next);
	case REGEXP_CONCAT:
		return compile_concat(c, n, next);
	case REGEXP_ALTERNATE:
		return compile_alternate(c, n, next);
	default:
		return compile_single(c, n, next);
	}
}

/* Repetition compiles the same class again and again: each is listed once. */
static void number_classes(struct regexp_node *n, uint32_t *count)
{
	if (n->op == REGEXP_CLASS)
		n->class_index = (*count)++;
	for (struct regexp_node *sub = n->first; sub; sub = sub->next)
		number_classes(sub, count);
}

static bool make_sets(struct arena *a, struct regexp_program *p)
{
	size_t n = p->n;

	p->now.dense = ARENA_ARRAY(a, n, uint32_t);
	p->now.sparse = ARENA_ARRAY(a, n, uint32_t);
	p->then.dense = ARENA_ARRAY(a, n, uint32_t);
	p->then.sparse = ARENA_ARRAY(a, n, uint32_t);
	/* Each instruction is pushed at most once for each of two ways into it. */
	p->stack = ARENA_ARRAY(a, 2 * n + 1, uint32_t);
	return p->now.dense && p->now.sparse && p->then.dense && p->then.sparse && p->stack;
}

enum error_kind regexp_program_compile(
	struct arena *a, struct regexp_node *root, struct regexp_program **ret, struct error *err)
{
	struct regexp_program *p = ARENA_NEW(a, struct regexp_program);
	struct compiler c = { a, p };
	/* The reference's size is an upper bound but for splits in front of optional copies. */
	int64_t size = 2 * root->size + 16;
	uint32_t n_classes = 0;

	number_classes(root, &n_classes);
	if (size > REGEXP_MAX_PROGRAM)
		size = REGEXP_MAX_PROGRAM;
	if (!p)
		return arena_error(a, err);
	p->size = (uint32_t)size;
	p->code = ARENA_ARRAY(a, p->size, struct instruction);
	p->classes = arena_calloc(a, (size_t)n_classes + 1, sizeof(*p->classes));
	if (!p->code || !p->classes)
		return arena_error(a, err);
	p->start = compile(&c, root, emit(&c, CODE_MATCH, 0, 0));
	if (p->start == NOWHERE && p->n < p->size)
		return arena_error(a, err);
	if (p->start == NOWHERE)
		return error_set(err, ERR_LIMIT,
			"the regular expression needs more than %u instructions",
			REGEXP_MAX_PROGRAM);
	if (!make_sets(a, p))
		return arena_error(a, err);
	*ret = p;
	return ERR_OK;
}

/* Where the simulation stands in the subject. */
struct place {
	bool at_start, at_end;
	uint32_t before, after; /* code points around; 0 at the ends */
};

static bool is_word(uint32_t rune)
{
	return rune == '_' || (rune >= '0' && rune <= '9') ||
	       ((rune | 32) >= 'a' && (rune | 32) <= 'z' && rune < 128);
}

static bool holds(enum regexp_op assertion, const struct place *at)
{
	bool boundary =
		(!at->at_start && is_word(at->before)) != (!at->at_end && is_word(at->after));

	switch ((int)assertion) {
	case REGEXP_BEGIN_TEXT:
		return at->at_start;
	case REGEXP_END_TEXT:
		return at->at_end;
	case REGEXP_BEGIN_LINE:
		return at->at_start || at->before == '\n';
	case REGEXP_END_LINE:
		return at->at_end || at->after == '\n';
	case REGEXP_WORD_BOUNDARY:
		return boundary;
	default:
		return !boundary;
	}
}

static bool insert(struct place_set *set, uint32_t place)
{
	uint32_t at = set->sparse[place];

	if (at < set->n && set->dense[at] == place)
		return false;
	set->sparse[place] = set->n;
	set->dense[set->n++] = place;
	return true;
}

/* Adds an instruction and all that follow from it without a character. */
static void follow(
	struct regexp_program *p, struct place_set *set, uint32_t place, const struct place *at)
{
	size_t n = 0;

	p->stack[n++] = place;
	while (n > 0) {
		place = p->stack[--n];
		if (!insert(set, place))
			continue;
		const struct instruction *i = &p->code[place];

		if (i->code == CODE_SPLIT)
			p->stack[n++] = i->arg;
		if (i->code == CODE_SPLIT ||
			(i->code == CODE_ASSERT && holds((enum regexp_op)i->arg, at)))
			p->stack[n++] = i->next;
	}
}

static bool is_variant(uint32_t rune, uint32_t of)
{
	uint32_t next = of;

	do {
		if (next == rune)
			return true;
		next = unicode_fold(next);
	} while (next != of);
	return false;
}

/* Whether the instruction takes this code point. A bad byte is U+FFFD for classes, but no literal. */
static bool takes(
	const struct regexp_program *p, const struct instruction *i, uint32_t rune, bool bad)
{
	switch ((int)i->code) {
	case CODE_RUNE:
		return rune == i->arg && !bad;
	case CODE_RUNE_FOLD:
		return is_variant(rune, i->arg);
	case CODE_CLASS:
		return regexp_class_has(p->classes[i->arg], rune);
	case CODE_ANY:
		return true;
	case CODE_NOT_NEWLINE:
		return rune != '\n';
	default:
		return false;
	}
}

static bool has_match(const struct regexp_program *p, const struct place_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (p->code[set->dense[i]].code == CODE_MATCH)
			return true;
	return false;
}

bool regexp_program_run(struct regexp_program *p, struct sv subject)
{
	struct place at = { .at_start = true, .at_end = subject.len == 0 };
	uint32_t rune = 0, next = 0;
	size_t n = subject.len ? unicode_decode(subject.ptr, subject.len, &next) : 0;

	at.after = next;
	p->now.n = 0;
	follow(p, &p->now, p->start, &at);
	while (subject.len) {
		bool bad = n == 1 && next == UNICODE_BAD;

		rune = next;
		subject = sv_skip(subject, n);
		n = subject.len ? unicode_decode(subject.ptr, subject.len, &next) : 0;
		at = (struct place){
			.at_end = subject.len == 0, .before = rune, .after = subject.len ? next : 0
		};
		p->then.n = 0;
		for (uint32_t i = 0; i < p->now.n; i++) {
			const struct instruction *code = &p->code[p->now.dense[i]];

			if (takes(p, code, rune, bad))
				follow(p, &p->then, code->next, &at);
		}
		struct place_set swap = p->now;

		p->now = p->then;
		p->then = swap;
		if (p->now.n == 0)
			return false;
	}
	return has_match(p, &p->now);
}
