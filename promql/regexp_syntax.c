/* Pattern -> tree, without recursion: groups are frames on a stack. Flags, limits and messages are those of Go's regexp/syntax with
 * Perl's extensions and "s" on, as Prometheus calls it (a copy from before \p took long names). What the reference's limits need,
 * height and size of the tree, is kept in the nodes. Repetition is not expanded here. */
#include "promql/regexp_syntax.h"

/* The reference's: nesting of the tree, instructions of the program. */
#define MAX_HEIGHT 1000u
#define MAX_SIZE ((int64_t)(128 << 20) / 40)
/* Largest count of a repetition, and of nested ones together. */
#define MAX_REPEAT 1000u

bool regexp_syntax_fail(struct regexp_syntax *s, const char *what, struct sv expr)
{
	if (!s->failed)
		s->failed = error_set(s->err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", what,
			SV_ARG(expr));
	return false;
}

bool regexp_syntax_out_of_memory(struct regexp_syntax *s)
{
	if (!s->failed)
		s->failed = arena_error(s->arena, s->err);
	return false;
}

/* The part of the pattern from `from` to the rest. */
struct sv regexp_syntax_up_to_rest(const struct regexp_syntax *s, struct sv from)
{
	return sv_take(from, from.len - s->rest.len);
}

bool regexp_syntax_next_rune(struct regexp_syntax *s, uint32_t *ret)
{
	size_t n = s->rest.len ? unicode_decode(s->rest.ptr, s->rest.len, ret) : 0;

	if (n == 0)
		*ret = UNICODE_BAD;
	if (n == 1 && *ret == UNICODE_BAD)
		return regexp_syntax_fail(s, "invalid UTF-8", s->rest);
	s->rest = sv_skip(s->rest, n);
	return true;
}

bool regexp_syntax_check_utf8(struct regexp_syntax *s, struct sv text)
{
	uint32_t rune;

	while (text.len) {
		size_t n = unicode_decode(text.ptr, text.len, &rune);

		if (n == 1 && rune == UNICODE_BAD)
			return regexp_syntax_fail(s, "invalid UTF-8", text);
		text = sv_skip(text, n);
	}
	return true;
}

static bool starts_with(struct sv s, char a, char b)
{
	return s.len >= 2 && s.ptr[0] == a && s.ptr[1] == b;
}

static struct regexp_node *new_node(struct regexp_syntax *s, enum regexp_op op)
{
	struct regexp_node *n = ARENA_NEW(s->arena, struct regexp_node);

	if (!n) {
		regexp_syntax_out_of_memory(s);
		return NULL;
	}
	n->op = op;
	n->height = 1;
	n->size = 1;
	return n;
}

static void append(struct regexp_node *parent, struct regexp_node *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static int64_t repeat_size(const struct regexp_node *n)
{
	int64_t sub = n->first->size;

	if (n->max != REGEXP_NO_MAX)
		return n->sugar ? 1 + sub : (int64_t)n->max * sub + (int64_t)(n->max - n->min);
	if (n->min == 0)
		return 2 + sub;
	return n->sugar ? 1 + sub : 1 + (int64_t)n->min * sub;
}

/* Height and size from the operands, and the limits on them. */
static bool measure(struct regexp_syntax *s, struct regexp_node *n)
{
	int64_t size = 0, operands = 0;

	n->height = 1;
	for (const struct regexp_node *sub = n->first; sub; sub = sub->next) {
		size += sub->size;
		operands++;
		if (n->height < 1 + sub->height)
			n->height = 1 + sub->height;
	}
	if (n->op == REGEXP_LITERAL)
		size = (int64_t)n->n_runes;
	else if (n->op == REGEXP_GROUP)
		size += 2;
	else if (n->op == REGEXP_REPEAT)
		size = repeat_size(n);
	else if (n->op == REGEXP_ALTERNATE)
		size += operands - 1;
	n->size = size < 1 ? 1 : size;
	if (n->size > MAX_SIZE)
		return regexp_syntax_fail(s, "expression too large", s->pattern);
	if (n->height > MAX_HEIGHT)
		return regexp_syntax_fail(s, "expression nests too deeply", s->pattern);
	return true;
}

/* Appends to the concatenation. */
static bool push(struct regexp_syntax *s, struct regexp_node *n)
{
	struct regexp_frame *f = s->top;

	if (!n)
		return false;
	n->next = NULL;
	if (f->last)
		f->last->next = n;
	else
		f->first = n;
	f->before_last = f->last;
	f->last = n;
	return true;
}

bool regexp_syntax_push_op(struct regexp_syntax *s, enum regexp_op op)
{
	return push(s, new_node(s, op));
}

bool regexp_syntax_push_rune(struct regexp_syntax *s, uint32_t rune, bool fold)
{
	struct regexp_node *n = new_node(s, REGEXP_LITERAL);
	uint32_t *runes = ARENA_NEW(s->arena, uint32_t);

	if (!n || !runes)
		return regexp_syntax_out_of_memory(s);
	*runes = rune;
	n->runes = runes;
	n->n_runes = 1;
	/* A letter without variants folds to itself alone. */
	n->fold = fold && unicode_fold(rune) != rune;
	return push(s, n);
}

/* A class of one code point, or of the two variants of a letter, is a literal. */
bool regexp_syntax_push_class(struct regexp_syntax *s, const struct regexp_class *class)
{
	struct regexp_node *n;

	if (!class)
		return regexp_syntax_out_of_memory(s);
	uint32_t first = class->n ? class->ranges[0].first : 0,
		 last = class->n ? class->ranges[class->n - 1].last : 0;
	bool single = class->n == 1 && first == last;
	bool pair =
		(class->n == 1 && first + 1 == last) ||
		(class->n == 2 && class->ranges[0].last == first && class->ranges[1].first == last);

	if (single)
		return regexp_syntax_push_rune(s, first, false);
	if (pair && unicode_fold(first) == last && unicode_fold(last) == first)
		return regexp_syntax_push_rune(s, first, true);
	n = new_node(s, REGEXP_CLASS);
	if (n)
		n->class = class;
	return push(s, n);
}

static bool is_single(const struct regexp_node *n)
{
	return (n->op == REGEXP_LITERAL && n->n_runes == 1) || n->op == REGEXP_CLASS ||
	       n->op == REGEXP_ANY || n->op == REGEXP_ANY_NOT_NEWLINE;
}

static void add_single(struct regexp_ranges *r, const struct regexp_node *n)
{
	if (n->op == REGEXP_CLASS) {
		regexp_ranges_add_class(r, n->class);
	} else if (n->op == REGEXP_LITERAL && n->fold) {
		regexp_ranges_add_folded(r, n->runes[0], n->runes[0]);
	} else if (n->op == REGEXP_LITERAL) {
		regexp_ranges_add(r, n->runes[0], n->runes[0]);
	} else {
		regexp_ranges_add(r, 0, n->op == REGEXP_ANY ? UNICODE_MAX : '\n' - 1);
		if (n->op == REGEXP_ANY_NOT_NEWLINE)
			regexp_ranges_add(r, '\n' + 1, UNICODE_MAX);
	}
}

/* a|[b-d] is [a-d]: the newest alternative swallows another one. Its ranges are sorted when it is complete. */
static bool merge_single(struct regexp_frame *f, const struct regexp_node *n)
{
	if (!f->merging.list.n)
		add_single(&f->merging, f->alternatives);
	add_single(&f->merging, n);
	return true;
}

static bool finish_merging(struct regexp_syntax *s)
{
	struct regexp_frame *f = s->top;
	struct regexp_node *n = f->alternatives;

	/* A list that got no memory for its first range is empty, too. */
	if (!f->merging.list.n && !f->merging.failed)
		return true;
	n->class = regexp_ranges_finish(&f->merging, s->arena, false);
	regexp_ranges_done(&f->merging);
	if (!n->class)
		return regexp_syntax_out_of_memory(s);
	n->op = REGEXP_CLASS;
	n->n_runes = 0;
	n->size = 1;
	return true;
}

/* Adjacent literals become one: `n` ones from `first` on. */
static struct regexp_node *join_literals(
	struct regexp_syntax *s, struct regexp_node *first, size_t n_runes, struct regexp_node *end)
{
	uint32_t *runes = ARENA_ARRAY(s->arena, n_runes, uint32_t);
	size_t at = 0;

	if (!runes) {
		regexp_syntax_out_of_memory(s);
		return NULL;
	}
	for (struct regexp_node *n = first; n != end; n = n->next) {
		memcpy(runes + at, n->runes, n->n_runes * sizeof(*runes));
		at += n->n_runes;
	}
	first->runes = runes;
	first->n_runes = n_runes;
	first->size = (int64_t)n_runes;
	first->next = end;
	return first;
}

/* The concatenation of the top frame as one node. */
static struct regexp_node *take_concat(struct regexp_syntax *s)
{
	struct regexp_frame *f = s->top;
	struct regexp_node *all = new_node(s, REGEXP_CONCAT), *next;

	if (!all)
		return NULL;
	for (struct regexp_node *n = f->first; n; n = next) {
		size_t n_runes = n->n_runes;

		next = n->next;
		while (n->op == REGEXP_LITERAL && next && next->op == REGEXP_LITERAL &&
			next->fold == n->fold) {
			n_runes += next->n_runes;
			next = next->next;
		}
		if (n_runes != n->n_runes && !join_literals(s, n, n_runes, next))
			return NULL;
		if (n->op == REGEXP_CONCAT && n->first) {
			/* A concatenation in a concatenation: its operands move up. */
			if (all->last)
				all->last->next = n->first;
			else
				all->first = n->first;
			all->last = n->last;
		} else {
			append(all, n);
		}
	}
	f->first = f->last = f->before_last = NULL;
	if (!all->first)
		return new_node(s, REGEXP_EMPTY);
	if (!all->first->next)
		return all->first;
	return measure(s, all) ? all : NULL;
}

/* "|", and the end of a group: the concatenation becomes an alternative. */
static bool end_alternative(struct regexp_syntax *s)
{
	struct regexp_node *n = take_concat(s), *before = s->top->alternatives;

	if (!n)
		return false;
	if (before && is_single(before) && is_single(n))
		return merge_single(s->top, n);
	if (!finish_merging(s))
		return false;
	n->next = before;
	s->top->alternatives = n;
	return true;
}

/* All alternatives of the top frame as one node. */
static struct regexp_node *take_alternatives(struct regexp_syntax *s)
{
	struct regexp_node *all, *n, *next, *reversed = NULL;

	if (!end_alternative(s) || !finish_merging(s))
		return NULL;
	n = s->top->alternatives;
	if (!n->next)
		return n;
	for (; n; n = next) {
		next = n->next;
		n->next = reversed;
		reversed = n;
	}
	all = new_node(s, REGEXP_ALTERNATE);
	for (n = reversed; all && n; n = next) {
		next = n->next;
		if (n->op != REGEXP_ALTERNATE) {
			append(all, n);
			continue;
		}
		if (all->last)
			all->last->next = n->first;
		else
			all->first = n->first;
		all->last = n->last;
	}
	return all && measure(s, all) ? all : NULL;
}

static bool open_group(struct regexp_syntax *s, bool capture, unsigned flags)
{
	struct regexp_frame *f = ARENA_NEW(s->arena, struct regexp_frame);

	if (!f)
		return regexp_syntax_out_of_memory(s);
	f->below = s->top;
	f->capture = capture;
	f->flags = s->flags;
	s->top = f;
	s->flags = flags;
	return true;
}

static bool close_group(struct regexp_syntax *s)
{
	struct regexp_frame *f = s->top;
	struct regexp_node *n = take_alternatives(s);

	if (!n)
		return false;
	if (!f->below)
		return regexp_syntax_fail(s, "unexpected )", s->pattern);
	s->rest = sv_skip(s->rest, 1);
	s->top = f->below;
	s->flags = f->flags;
	if (f->capture) {
		struct regexp_node *group = new_node(s, REGEXP_GROUP);

		if (!group)
			return false;
		append(group, n);
		return measure(s, group) && push(s, group);
	}
	return push(s, n);
}

/* Whether nested repetitions stay within `most` copies of the innermost operand. Such nesting is at most nine deep; other nesting is
 * bounded by MAX_HEIGHT. */
static bool repeats_fit(const struct regexp_node *n, uint32_t most)
{
	if (n->op == REGEXP_REPEAT && !n->sugar) {
		uint32_t times = n->max == REGEXP_NO_MAX ? n->min : n->max;

		if (n->max == 0)
			return true;
		if (times > most)
			return false;
		if (times > 0)
			most /= times;
	}
	for (const struct regexp_node *sub = n->first; sub; sub = sub->next)
		if (!repeats_fit(sub, most))
			return false;
	return true;
}

/* A repetition whose operator starts at `before`; s->rest is behind it. */
static bool repeat(
	struct regexp_syntax *s, struct sv before, uint32_t min, uint32_t max, bool sugar)
{
	struct regexp_frame *f = s->top;
	struct regexp_node *n, *sub = f->last;

	if (s->rest.len && s->rest.ptr[0] == '?')
		s->rest = sv_skip(s->rest, 1);
	if (s->last_repeat.ptr)
		return regexp_syntax_fail(s, "invalid nested repetition operator",
			regexp_syntax_up_to_rest(s, s->last_repeat));
	if (!sub)
		return regexp_syntax_fail(s, "missing argument to repetition operator",
			regexp_syntax_up_to_rest(s, before));
	n = new_node(s, REGEXP_REPEAT);
	if (!n)
		return false;
	if (f->before_last)
		f->before_last->next = n;
	else
		f->first = n;
	f->last = n;
	append(n, sub);
	n->min = min;
	n->max = max;
	n->sugar = sugar;
	if (!measure(s, n))
		return false;
	bool counted = min >= 2 || (max >= 2 && max != REGEXP_NO_MAX);

	if (!sugar && counted && !repeats_fit(n, MAX_REPEAT))
		return regexp_syntax_fail(
			s, "invalid repeat count", regexp_syntax_up_to_rest(s, before));
	return true;
}

/* Decimal without leading zeros; beyond a million it stays there. */
static bool read_int(struct sv *text, uint32_t *ret)
{
	uint32_t value = 0;
	size_t n = 0;

	if (text->len >= 2 && text->ptr[0] == '0' && text->ptr[1] >= '0' && text->ptr[1] <= '9')
		return false;
	for (; n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9'; n++)
		if (value < 1000000)
			value = value * 10 + (uint32_t)(text->ptr[n] - '0');
	*text = sv_skip(*text, n);
	*ret = value;
	return n > 0;
}

/* {2}, {2,} or {2,5}; anything else is a literal brace. */
static bool parse_counted(struct regexp_syntax *s)
{
	struct sv before = s->rest, text = sv_skip(s->rest, 1);
	uint32_t min, max;
	bool counted = read_int(&text, &min);

	max = min;
	if (counted && text.len && text.ptr[0] == ',') {
		text = sv_skip(text, 1);
		max = REGEXP_NO_MAX;
		if (text.len && text.ptr[0] != '}')
			counted = read_int(&text, &max);
	}
	if (!counted || !text.len || text.ptr[0] != '}') {
		s->rest = sv_skip(s->rest, 1);
		s->last_repeat = SV_NULL;
		return regexp_syntax_push_rune(s, '{', false);
	}
	s->rest = sv_skip(text, 1);
	if (min > MAX_REPEAT || (max != REGEXP_NO_MAX && (max > MAX_REPEAT || min > max)))
		return regexp_syntax_fail(
			s, "invalid repeat count", regexp_syntax_up_to_rest(s, before));
	if (!repeat(s, before, min, max, false))
		return false;
	s->last_repeat = before;
	return true;
}

static bool parse_star(struct regexp_syntax *s)
{
	struct sv before = s->rest;
	char c = s->rest.ptr[0];

	s->rest = sv_skip(s->rest, 1);
	if (!repeat(s, before, c == '+', c == '?' ? 1 : REGEXP_NO_MAX, true))
		return false;
	s->last_repeat = before;
	return true;
}

/* (?P<name> and (?<name>. */
static bool parse_named_group(struct regexp_syntax *s, size_t name_at)
{
	size_t end = sv_find(s->rest, '>');
	struct sv name;
	bool good;

	if (end == s->rest.len)
		return regexp_syntax_check_utf8(s, s->rest) &&
		       regexp_syntax_fail(s, "invalid named capture", s->rest);
	name = sv_from(s->rest.ptr + name_at, end - name_at);
	if (!regexp_syntax_check_utf8(s, name))
		return false;
	good = name.len > 0;
	for (size_t i = 0; i < name.len; i++)
		good = good && regexp_escape_is_word((unsigned char)name.ptr[i]);
	if (!good)
		return regexp_syntax_fail(s, "invalid named capture", sv_take(s->rest, end + 1));
	s->rest = sv_skip(s->rest, end + 1);
	return open_group(s, true, s->flags);
}

static unsigned flag_of(uint32_t rune)
{
	switch (rune) {
	case 'i':
		return REGEXP_FOLD;
	case 'm':
		return REGEXP_MULTI_LINE;
	case 's':
		return REGEXP_DOT_NEWLINE;
	default:
		return 0;
	}
}

/* The flags of a group, behind "(?": *ret_open says that the group goes on behind them. False: bad syntax, or failed. */
static bool parse_flags(struct regexp_syntax *s, unsigned *flags, bool *ret_open)
{
	bool negative = false, any = false;
	uint32_t rune;

	while (s->rest.len) {
		if (!regexp_syntax_next_rune(s, &rune))
			return false;
		unsigned flag = flag_of(rune);

		if (flag || rune == 'U') { /* U swaps greed, which does not change what matches */
			*flags = negative ? *flags & ~flag : *flags | flag;
			any = true;
		} else if (rune == '-' && !negative) {
			negative = true;
			any = false;
		} else {
			*ret_open = rune == ':';
			return (rune == ':' || rune == ')') && (!negative || any);
		}
	}
	return false;
}

/* (?flags) and (?flags:, and named groups. */
static bool parse_perl_group(struct regexp_syntax *s)
{
	struct sv before = s->rest;
	unsigned flags = s->flags;
	bool open;

	if (s->rest.len > 4 && s->rest.ptr[2] == 'P' && s->rest.ptr[3] == '<')
		return parse_named_group(s, 4);
	if (s->rest.len > 3 && s->rest.ptr[2] == '<')
		return parse_named_group(s, 3);
	s->rest = sv_skip(s->rest, 2);
	if (!parse_flags(s, &flags, &open))
		return regexp_syntax_fail(s, "invalid or unsupported Perl syntax",
			regexp_syntax_up_to_rest(s, before));
	if (open)
		return open_group(s, false, flags);
	s->flags = flags;
	return true;
}

static bool parse_group(struct regexp_syntax *s)
{
	if (starts_with(s->rest, '(', '?'))
		return parse_perl_group(s);
	s->rest = sv_skip(s->rest, 1);
	return open_group(s, true, s->flags);
}

/* Characters that stand for one operator. */
static bool parse_simple(struct regexp_syntax *s, char c)
{
	bool lines = s->flags & REGEXP_MULTI_LINE;

	s->rest = sv_skip(s->rest, 1);
	switch (c) {
	case '|':
		return end_alternative(s);
	case '^':
		return regexp_syntax_push_op(s, lines ? REGEXP_BEGIN_LINE : REGEXP_BEGIN_TEXT);
	case '$':
		return regexp_syntax_push_op(s, lines ? REGEXP_END_LINE : REGEXP_END_TEXT);
	default:
		return regexp_syntax_push_op(
			s, s->flags & REGEXP_DOT_NEWLINE ? REGEXP_ANY : REGEXP_ANY_NOT_NEWLINE);
	}
}

static bool parse_item(struct regexp_syntax *s)
{
	char c = s->rest.ptr[0];
	uint32_t rune;

	if (c == '*' || c == '+' || c == '?')
		return parse_star(s);
	if (c == '{')
		return parse_counted(s);
	s->last_repeat = SV_NULL;
	switch (c) {
	case '(':
		return parse_group(s);
	case ')':
		return close_group(s);
	case '[':
		return regexp_escape_class(s);
	case '\\':
		return regexp_escape_backslash(s);
	case '|':
	case '^':
	case '$':
	case '.':
		return parse_simple(s, c);
	default:
		return regexp_syntax_next_rune(s, &rune) &&
		       regexp_syntax_push_rune(s, rune, s->flags & REGEXP_FOLD);
	}
}

/* The reference parses the pattern a second time inside of ^(?s:...)$. */
static bool check_wrapped(struct regexp_syntax *s, const struct regexp_node *root)
{
	const char *problem = root->height + (root->op != REGEXP_CONCAT) > MAX_HEIGHT
				      ? "expression nests too deeply"
			      : root->size + 2 > MAX_SIZE ? "expression too large"
							  : NULL;

	if (!problem)
		return true;
	s->failed = error_set(s->err, ERR_INVALID, "error parsing regexp: %s: `^(?s:%.*s)$`",
		problem, SV_ARG(s->pattern));
	return false;
}

/* The ranges that open groups hold. */
static void free_frames(struct regexp_syntax *s)
{
	for (struct regexp_frame *f = s->top; f; f = f->below)
		regexp_ranges_done(&f->merging);
}

static struct regexp_node *parse_pattern(struct regexp_syntax *s)
{
	struct regexp_node *root;

	if (!open_group(s, false, REGEXP_DOT_NEWLINE))
		return NULL;
	while (s->rest.len)
		if (!parse_item(s))
			return NULL;
	root = take_alternatives(s);
	if (!root)
		return NULL;
	if (s->top->below) {
		regexp_syntax_fail(s, "missing closing )", s->pattern);
		return NULL;
	}
	return check_wrapped(s, root) ? root : NULL;
}

enum error_kind regexp_syntax_parse(
	struct arena *a, struct sv pattern, struct regexp_node **ret, struct error *err)
{
	struct regexp_syntax s = { .arena = a,
		.pattern = pattern,
		.rest = pattern,
		.flags = REGEXP_DOT_NEWLINE,
		.err = err };
	struct regexp_node *root = parse_pattern(&s);

	free_frames(&s);
	if (!root)
		return s.failed;
	*ret = root;
	return ERR_OK;
}
