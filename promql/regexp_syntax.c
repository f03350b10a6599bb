/* Pattern -> tree, without recursion: groups are frames on a stack. Flags, limits and messages are those of Go's regexp/syntax with
 * Perl's extensions and "s" on, as Prometheus calls it (a copy from before \p took long names). What the reference's limits need,
 * height and size of the tree, is kept in the nodes. Repetition is not expanded here. */
#include "promql/regexp_tree.h"

/* The reference's: nesting of the tree, instructions of the program. */
#define MAX_HEIGHT 1000u
#define MAX_SIZE ((int64_t)(128 << 20) / 40)
/* Largest count of a repetition, and of nested ones together. */
#define MAX_REPEAT 1000u

enum flag { FLAG_FOLD = 1, FLAG_MULTI_LINE = 2, FLAG_DOT_NEWLINE = 4 };

/* An open group, or the pattern as a whole. */
struct frame {
	struct frame *below;
	bool capture;
	unsigned flags;			  /* to restore behind the group */
	struct regexp_node *alternatives; /* finished ones, linked by next, newest first */
	struct regexp_node *first, *last; /* the concatenation so far */
};

struct syntax {
	struct arena *arena;
	struct sv pattern;
	struct sv rest;
	unsigned flags;
	struct frame *top;
	struct sv last_repeat; /* from the operator of a repetition on that was just read */
	struct error *err;
	enum error_kind failed;
	struct cached_class {
		struct cached_class *next;
		struct sv name;
		bool fold;
		const struct regexp_class *class;
	} * cache;
};

static bool fail(struct syntax *s, const char *what, struct sv expr)
{
	if (!s->failed)
		s->failed = error_set(s->err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", what,
			SV_ARG(expr));
	return false;
}

static bool out_of_memory(struct syntax *s)
{
	if (!s->failed)
		s->failed = arena_error(s->arena, s->err);
	return false;
}

/* The part of the pattern from `from` to the rest. */
static struct sv up_to_rest(const struct syntax *s, struct sv from)
{
	return sv_take(from, from.len - s->rest.len);
}

static bool next_rune(struct syntax *s, uint32_t *ret)
{
	size_t n = s->rest.len ? unicode_decode(s->rest.ptr, s->rest.len, ret) : 0;

	if (n == 0)
		*ret = UNICODE_BAD;
	if (n == 1 && *ret == UNICODE_BAD)
		return fail(s, "invalid UTF-8", s->rest);
	s->rest = sv_skip(s->rest, n);
	return true;
}

static bool check_utf8(struct syntax *s, struct sv text)
{
	uint32_t rune;

	while (text.len) {
		size_t n = unicode_decode(text.ptr, text.len, &rune);

		if (n == 1 && rune == UNICODE_BAD)
			return fail(s, "invalid UTF-8", text);
		text = sv_skip(text, n);
	}
	return true;
}

static bool starts_with(struct sv s, char a, char b)
{
	return s.len >= 2 && s.ptr[0] == a && s.ptr[1] == b;
}

static struct regexp_node *new_node(struct syntax *s, enum regexp_op op)
{
	struct regexp_node *n = ARENA_NEW(s->arena, struct regexp_node);

	if (!n) {
		out_of_memory(s);
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
static bool measure(struct syntax *s, struct regexp_node *n)
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
		return fail(s, "expression too large", s->pattern);
	if (n->height > MAX_HEIGHT)
		return fail(s, "expression nests too deeply", s->pattern);
	return true;
}

/* Appends to the concatenation. */
static bool push(struct syntax *s, struct regexp_node *n)
{
	struct frame *f = s->top;

	if (!n)
		return false;
	n->next = NULL;
	if (f->last)
		f->last->next = n;
	else
		f->first = n;
	f->last = n;
	return true;
}

static bool push_op(struct syntax *s, enum regexp_op op)
{
	return push(s, new_node(s, op));
}

static bool push_rune(struct syntax *s, uint32_t rune, bool fold)
{
	struct regexp_node *n = new_node(s, REGEXP_LITERAL);
	uint32_t *runes = ARENA_NEW(s->arena, uint32_t);

	if (!n || !runes)
		return out_of_memory(s);
	*runes = rune;
	n->runes = runes;
	n->n_runes = 1;
	/* A letter without variants folds to itself alone. */
	n->fold = fold && unicode_fold(rune) != rune;
	return push(s, n);
}

/* A class of one code point, or of the two variants of a letter, is a literal. */
static bool push_class(struct syntax *s, const struct regexp_class *class)
{
	struct regexp_node *n;

	if (!class)
		return out_of_memory(s);
	uint32_t first = class->n ? class->ranges[0].first : 0,
		 last = class->n ? class->ranges[class->n - 1].last : 0;
	bool single = class->n == 1 && first == last;
	bool pair =
		(class->n == 1 && first + 1 == last) ||
		(class->n == 2 && class->ranges[0].last == first && class->ranges[1].first == last);

	if (single)
		return push_rune(s, first, false);
	if (pair && unicode_fold(first) == last && unicode_fold(last) == first)
		return push_rune(s, first, true);
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

/* a|[b-d] is [a-d]. */
static bool merge_single(struct syntax *s, struct regexp_node *into, const struct regexp_node *n)
{
	struct regexp_ranges r = { .failed = false };

	add_single(&r, into);
	add_single(&r, n);
	into->class = regexp_ranges_finish(&r, s->arena, false);
	regexp_ranges_done(&r);
	if (!into->class)
		return out_of_memory(s);
	into->op = REGEXP_CLASS;
	into->n_runes = 0;
	into->size = 1;
	return true;
}

/* Adjacent literals become one: `n` ones from `first` on. */
static struct regexp_node *join_literals(
	struct syntax *s, struct regexp_node *first, size_t n_runes, struct regexp_node *end)
{
	uint32_t *runes = ARENA_ARRAY(s->arena, n_runes, uint32_t);
	size_t at = 0;

	if (!runes) {
		out_of_memory(s);
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
static struct regexp_node *take_concat(struct syntax *s)
{
	struct frame *f = s->top;
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
	f->first = f->last = NULL;
	if (!all->first)
		return new_node(s, REGEXP_EMPTY);
	if (!all->first->next)
		return all->first;
	return measure(s, all) ? all : NULL;
}

/* "|", and the end of a group: the concatenation becomes an alternative. */
static bool end_alternative(struct syntax *s)
{
	struct regexp_node *n = take_concat(s), *before = s->top->alternatives;

	if (!n)
		return false;
	if (before && is_single(before) && is_single(n))
		return merge_single(s, before, n);
	n->next = before;
	s->top->alternatives = n;
	return true;
}

/* All alternatives of the top frame as one node. */
static struct regexp_node *take_alternatives(struct syntax *s)
{
	struct regexp_node *all, *n, *next, *reversed = NULL;

	if (!end_alternative(s))
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

static bool open_group(struct syntax *s, bool capture, unsigned flags)
{
	struct frame *f = ARENA_NEW(s->arena, struct frame);

	if (!f)
		return out_of_memory(s);
	f->below = s->top;
	f->capture = capture;
	f->flags = s->flags;
	s->top = f;
	s->flags = flags;
	return true;
}

static bool close_group(struct syntax *s)
{
	struct frame *f = s->top;
	struct regexp_node *n = take_alternatives(s);

	if (!n)
		return false;
	if (!f->below)
		return fail(s, "unexpected )", s->pattern);
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
static bool repeat(struct syntax *s, struct sv before, uint32_t min, uint32_t max, bool sugar)
{
	struct frame *f = s->top;
	struct regexp_node *n, *sub = f->last, *previous = f->first;

	if (s->rest.len && s->rest.ptr[0] == '?')
		s->rest = sv_skip(s->rest, 1);
	if (s->last_repeat.ptr)
		return fail(s, "invalid nested repetition operator", up_to_rest(s, s->last_repeat));
	if (!sub)
		return fail(s, "missing argument to repetition operator", up_to_rest(s, before));
	n = new_node(s, REGEXP_REPEAT);
	if (!n)
		return false;
	while (previous != sub && previous->next != sub)
		previous = previous->next;
	if (previous == sub)
		f->first = n;
	else
		previous->next = n;
	f->last = n;
	append(n, sub);
	n->min = min;
	n->max = max;
	n->sugar = sugar;
	if (!measure(s, n))
		return false;
	bool counted = min >= 2 || (max >= 2 && max != REGEXP_NO_MAX);

	if (!sugar && counted && !repeats_fit(n, MAX_REPEAT))
		return fail(s, "invalid repeat count", up_to_rest(s, before));
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
static bool parse_counted(struct syntax *s)
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
		return push_rune(s, '{', false);
	}
	s->rest = sv_skip(text, 1);
	if (min > MAX_REPEAT || (max != REGEXP_NO_MAX && (max > MAX_REPEAT || min > max)))
		return fail(s, "invalid repeat count", up_to_rest(s, before));
	if (!repeat(s, before, min, max, false))
		return false;
	s->last_repeat = before;
	return true;
}

static bool parse_star(struct syntax *s)
{
	struct sv before = s->rest;
	char c = s->rest.ptr[0];

	s->rest = sv_skip(s->rest, 1);
	if (!repeat(s, before, c == '+', c == '?' ? 1 : REGEXP_NO_MAX, true))
		return false;
	s->last_repeat = before;
	return true;
}

static bool is_word_char(uint32_t rune)
{
	return rune == '_' || (rune >= '0' && rune <= '9') ||
	       ((rune | 32) >= 'a' && (rune | 32) <= 'z');
}

/* (?P<name> and (?<name>. */
static bool parse_named_group(struct syntax *s, size_t name_at)
{
	size_t end = sv_find(s->rest, '>');
	struct sv name;
	bool good;

	if (end == s->rest.len)
		return check_utf8(s, s->rest) && fail(s, "invalid named capture", s->rest);
	name = sv_from(s->rest.ptr + name_at, end - name_at);
	if (!check_utf8(s, name))
		return false;
	good = name.len > 0;
	for (size_t i = 0; i < name.len; i++)
		good = good && is_word_char((unsigned char)name.ptr[i]);
	if (!good)
		return fail(s, "invalid named capture", sv_take(s->rest, end + 1));
	s->rest = sv_skip(s->rest, end + 1);
	return open_group(s, true, s->flags);
}

static unsigned flag_of(uint32_t rune)
{
	switch (rune) {
	case 'i':
		return FLAG_FOLD;
	case 'm':
		return FLAG_MULTI_LINE;
	case 's':
		return FLAG_DOT_NEWLINE;
	default:
		return 0;
	}
}

/* (?flags) and (?flags:, and named groups. */
static bool parse_perl_group(struct syntax *s)
{
	struct sv before = s->rest;
	unsigned flags = s->flags;
	bool negative = false, any = false;

	if (s->rest.len > 4 && s->rest.ptr[2] == 'P' && s->rest.ptr[3] == '<')
		return parse_named_group(s, 4);
	if (s->rest.len > 3 && s->rest.ptr[2] == '<')
		return parse_named_group(s, 3);
	s->rest = sv_skip(s->rest, 2);
	while (s->rest.len) {
		uint32_t rune;

		if (!next_rune(s, &rune))
			return false;
		unsigned flag = flag_of(rune);

		if (flag || rune == 'U') { /* U swaps greed, which does not change what matches */
			flags = negative ? flags & ~flag : flags | flag;
			any = true;
		} else if (rune == '-' && !negative) {
			negative = true;
			any = false;
		} else if ((rune == ':' || rune == ')') && (!negative || any)) {
			if (rune == ':')
				return open_group(s, false, flags);
			s->flags = flags;
			return true;
		} else {
			break;
		}
	}
	return fail(s, "invalid or unsupported Perl syntax", up_to_rest(s, before));
}

static int hex_value(uint32_t rune)
{
	if (rune >= '0' && rune <= '9')
		return (int)rune - '0';
	if ((rune | 32) >= 'a' && (rune | 32) <= 'f')
		return (int)(rune | 32) - 'a' + 10;
	return -1;
}

/* \x41 and \x{1F600}, behind the x; false without a failure: bad syntax. */
static bool parse_hex(struct syntax *s, uint32_t *ret)
{
	uint32_t rune, value = 0;

	if (!s->rest.len || !next_rune(s, &rune))
		return false;
	if (rune != '{') {
		int high = hex_value(rune);

		if (!next_rune(s, &rune))
			return false;
		*ret = (uint32_t)(high * 16 + hex_value(rune));
		return high >= 0 && hex_value(rune) >= 0;
	}
	for (unsigned n = 0;; n++) {
		if (!s->rest.len || !next_rune(s, &rune))
			return false;
		if (rune == '}') {
			*ret = value;
			return n > 0;
		}
		if (hex_value(rune) < 0)
			return false;
		value = value * 16 + (uint32_t)hex_value(rune);
		if (value > UNICODE_MAX)
			return false;
	}
}

static bool is_octal(struct sv text)
{
	return text.len && text.ptr[0] >= '0' && text.ptr[0] <= '7';
}

/* A single character behind a backslash, which s->rest begins with. */
static bool parse_escape(struct syntax *s, uint32_t *ret)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	struct sv before = s->rest;
	uint32_t rune;

	s->rest = sv_skip(s->rest, 1);
	if (!s->rest.len)
		return fail(s, "trailing backslash at end of expression", SV(""));
	if (!next_rune(s, &rune))
		return false;
	const char *letter = rune < 0x80 && rune ? strchr(letters, (int)rune) : NULL;

	if (letter) {
		*ret = (unsigned char)values[letter - letters];
		return true;
	}
	if (rune == '0' || (rune >= '1' && rune <= '7' && is_octal(s->rest))) {
		*ret = rune - '0';
		for (unsigned i = 0; i < 2 && is_octal(s->rest); i++) {
			*ret = *ret * 8 + (uint32_t)(s->rest.ptr[0] - '0');
			s->rest = sv_skip(s->rest, 1);
		}
		return true;
	}
	if (rune == 'x') {
		if (parse_hex(s, ret))
			return true;
	} else if (rune < 0x80 && (rune == '_' || !is_word_char(rune))) {
		*ret = rune;
		return true;
	}
	return fail(s, "invalid escape sequence", up_to_rest(s, before));
}

static void add_range(uint32_t first, uint32_t last, void *ctx)
{
	regexp_ranges_add(ctx, first, last);
}

static void add_range_folded(uint32_t first, uint32_t last, void *ctx)
{
	regexp_ranges_add_folded(ctx, first, last);
}

/* The reference adds case variants only to these classes; in the others they are members already, or it does not know them. */
static bool class_folds(struct sv name)
{
	static const char *const names[] = { "L", "Ll", "Lt", "Lu", "M", "Mn", "Common", "Greek",
		"Inherited" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (sv_is(name, names[i]))
			return true;
	return false;
}

/* A Unicode class by its name; NULL without a failure when there is none. */
static const struct regexp_class *unicode_class(struct syntax *s, struct sv name)
{
	bool fold = s->flags & FLAG_FOLD && class_folds(name);
	struct regexp_ranges r = { .failed = false };
	struct cached_class *cached = s->cache;

	while (cached && !(sv_eq(cached->name, name) && cached->fold == fold))
		cached = cached->next;
	if (cached)
		return cached->class;
	if (!unicode_each_range(name, fold ? add_range_folded : add_range, &r)) {
		regexp_ranges_done(&r);
		return NULL;
	}
	cached = ARENA_NEW(s->arena, struct cached_class);
	const struct regexp_class *class = regexp_ranges_finish(&r, s->arena, false);

	regexp_ranges_done(&r);
	if (!cached || !class) {
		out_of_memory(s);
		return NULL;
	}
	*cached = (struct cached_class){ s->cache, name, fold, class };
	s->cache = cached;
	return class;
}

static void add_class(struct regexp_ranges *r, const struct regexp_class *class, bool negate)
{
	if (negate)
		regexp_ranges_add_negated(r, class);
	else
		regexp_ranges_add_class(r, class);
}

/* \pL, \p{Greek}, \P{^L}. False: failed. */
static bool parse_unicode_class(struct syntax *s, struct regexp_ranges *r)
{
	struct sv before = s->rest, name;
	bool negate = s->rest.ptr[1] == 'P';
	uint32_t rune;

	s->rest = sv_skip(s->rest, 2);
	if (!next_rune(s, &rune))
		return false;
	if (rune != '{') {
		name = sv_skip(up_to_rest(s, before), 2);
	} else {
		size_t end = sv_find(before, '}');

		if (end == before.len)
			return check_utf8(s, before) &&
			       fail(s, "invalid character class range", before);
		name = sv_from(before.ptr + 3, end - 3);
		s->rest = sv_skip(before, end + 1);
		if (!check_utf8(s, name))
			return false;
	}
	if (name.len && name.ptr[0] == '^') {
		negate = !negate;
		name = sv_skip(name, 1);
	}
	const struct regexp_class *class = unicode_class(s, name);

	if (!class)
		return fail(s, "invalid character class range", up_to_rest(s, before));
	add_class(r, class, negate);
	return true;
}

/* A class of the table, perhaps negated. */
static bool add_named(struct syntax *s, struct regexp_ranges *r, const struct regexp_range *ranges,
	size_t n, bool negate)
{
	struct regexp_ranges own = { .failed = false };

	for (size_t i = 0; i < n; i++) {
		if (s->flags & FLAG_FOLD)
			regexp_ranges_add_folded(&own, ranges[i].first, ranges[i].last);
		else
			regexp_ranges_add(&own, ranges[i].first, ranges[i].last);
	}
	const struct regexp_class *class = regexp_ranges_finish(&own, s->arena, false);

	regexp_ranges_done(&own);
	if (!class)
		return out_of_memory(s);
	add_class(r, class, negate);
	return true;
}

/* \d \D \s \S \w \W: false without a failure when it is none of them. */
static bool parse_perl_class(struct syntax *s, struct regexp_ranges *r)
{
	char name[2] = { '\\', s->rest.len >= 2 ? (char)(s->rest.ptr[1] | 32) : 0 };
	bool negate = s->rest.len >= 2 && s->rest.ptr[1] < 'a';
	const struct regexp_range *ranges;
	size_t n;

	if (s->rest.len < 2 || s->rest.ptr[0] != '\\' || !strchr("dDsSwW", s->rest.ptr[1]) ||
		!s->rest.ptr[1])
		return false;
	ranges = regexp_named_class(sv_from(name, 2), &n);
	s->rest = sv_skip(s->rest, 2);
	return add_named(s, r, ranges, n, negate);
}

/* [:alpha:] and [:^alpha:]: false without a failure when it is no such thing. */
static bool parse_posix_class(struct syntax *s, struct regexp_ranges *r)
{
	size_t end = sv_find_sv(sv_skip(s->rest, 2), SV(":]"));
	char name[32];
	const struct regexp_range *ranges = NULL;
	size_t n = 0;
	struct sv whole = sv_take(s->rest, end + 4);

	if (end == sv_skip(s->rest, 2).len)
		return false;
	bool negate = whole.ptr[2] == '^';

	if (whole.len < sizeof(name)) {
		memcpy(name, "[:", 2);
		memcpy(name + 2, whole.ptr + 2 + negate, whole.len - 2 - negate);
		ranges = regexp_named_class(sv_from(name, whole.len - negate), &n);
	}
	if (!ranges)
		return fail(s, "invalid character class range", whole);
	s->rest = sv_skip(s->rest, whole.len);
	return add_named(s, r, ranges, n, negate);
}

static bool parse_class_char(struct syntax *s, struct sv whole, uint32_t *ret)
{
	if (!s->rest.len)
		return fail(s, "missing closing ]", whole);
	return s->rest.ptr[0] == '\\' ? parse_escape(s, ret) : next_rune(s, ret);
}

/* One character or range of a class. */
static bool parse_class_range(struct syntax *s, struct sv whole, struct regexp_ranges *r)
{
	struct sv before = s->rest;
	uint32_t first, last;

	if (!parse_class_char(s, whole, &first))
		return false;
	last = first;
	if (s->rest.len >= 2 && s->rest.ptr[0] == '-' && s->rest.ptr[1] != ']') {
		s->rest = sv_skip(s->rest, 1);
		if (!parse_class_char(s, whole, &last))
			return false;
		if (last < first)
			return fail(s, "invalid character class range", up_to_rest(s, before));
	}
	if (s->flags & FLAG_FOLD)
		regexp_ranges_add_folded(r, first, last);
	else
		regexp_ranges_add(r, first, last);
	return true;
}

static bool parse_class_item(struct syntax *s, struct sv whole, struct regexp_ranges *r)
{
	if (s->rest.len > 2 && starts_with(s->rest, '[', ':') &&
		(parse_posix_class(s, r) || s->failed))
		return !s->failed;
	if (starts_with(s->rest, '\\', 'p') || starts_with(s->rest, '\\', 'P'))
		return parse_unicode_class(s, r);
	if (parse_perl_class(s, r) || s->failed)
		return !s->failed;
	return parse_class_range(s, whole, r);
}

static bool parse_class(struct syntax *s)
{
	struct sv whole = s->rest;
	struct regexp_ranges r = { .failed = false };
	bool negate, first = true, good = true;

	s->rest = sv_skip(s->rest, 1);
	negate = s->rest.len && s->rest.ptr[0] == '^';
	s->rest = sv_skip(s->rest, negate);
	for (; good && (first || !s->rest.len || s->rest.ptr[0] != ']'); first = false)
		good = parse_class_item(s, whole, &r);
	if (good) {
		s->rest = sv_skip(s->rest, 1);
		good = push_class(s, regexp_ranges_finish(&r, s->arena, negate));
	}
	regexp_ranges_done(&r);
	return good;
}

static bool parse_quoted(struct syntax *s)
{
	struct sv text = sv_skip(s->rest, 2);
	size_t end = sv_find_sv(text, SV("\\E"));
	struct sv behind = sv_skip(text, end + 2);
	uint32_t rune;

	s->rest = sv_take(text, end);
	while (s->rest.len)
		if (!next_rune(s, &rune) || !push_rune(s, rune, s->flags & FLAG_FOLD))
			return false;
	s->rest = behind;
	return true;
}

/* Escapes that stand for a class. False without a failure: none of them. */
static bool parse_class_escape(struct syntax *s)
{
	struct regexp_ranges r = { .failed = false };
	bool unicode = starts_with(s->rest, '\\', 'p') || starts_with(s->rest, '\\', 'P');
	bool good = unicode ? parse_unicode_class(s, &r) : parse_perl_class(s, &r);

	if (good)
		good = push_class(s, regexp_ranges_finish(&r, s->arena, false));
	regexp_ranges_done(&r);
	return good;
}

static bool parse_backslash(struct syntax *s)
{
	uint32_t rune;
	enum regexp_op op = REGEXP_EMPTY;

	switch (s->rest.len >= 2 ? s->rest.ptr[1] : 0) {
	case 'A':
		op = REGEXP_BEGIN_TEXT;
		break;
	case 'b':
		op = REGEXP_WORD_BOUNDARY;
		break;
	case 'B':
		op = REGEXP_NO_WORD_BOUNDARY;
		break;
	case 'z':
		op = REGEXP_END_TEXT;
		break;
	case 'C':
		return fail(s, "invalid escape sequence", sv_take(s->rest, 2));
	case 'Q':
		return parse_quoted(s);
	default:
		if (parse_class_escape(s) || s->failed)
			return !s->failed;
		return parse_escape(s, &rune) && push_rune(s, rune, s->flags & FLAG_FOLD);
	}
	s->rest = sv_skip(s->rest, 2);
	return push_op(s, op);
}

static bool parse_group(struct syntax *s)
{
	if (starts_with(s->rest, '(', '?'))
		return parse_perl_group(s);
	s->rest = sv_skip(s->rest, 1);
	return open_group(s, true, s->flags);
}

/* Characters that stand for one operator. */
static bool parse_simple(struct syntax *s, char c)
{
	bool lines = s->flags & FLAG_MULTI_LINE;

	s->rest = sv_skip(s->rest, 1);
	switch (c) {
	case '|':
		return end_alternative(s);
	case '^':
		return push_op(s, lines ? REGEXP_BEGIN_LINE : REGEXP_BEGIN_TEXT);
	case '$':
		return push_op(s, lines ? REGEXP_END_LINE : REGEXP_END_TEXT);
	default:
		return push_op(
			s, s->flags & FLAG_DOT_NEWLINE ? REGEXP_ANY : REGEXP_ANY_NOT_NEWLINE);
	}
}

static bool parse_item(struct syntax *s)
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
		return parse_class(s);
	case '\\':
		return parse_backslash(s);
	case '|':
	case '^':
	case '$':
	case '.':
		return parse_simple(s, c);
	default:
		return next_rune(s, &rune) && push_rune(s, rune, s->flags & FLAG_FOLD);
	}
}

/* The reference parses the pattern a second time inside of ^(?s:...)$. */
static bool check_wrapped(struct syntax *s, const struct regexp_node *root)
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

enum error_kind regexp_syntax_parse(
	struct arena *a, struct sv pattern, struct regexp_node **ret, struct error *err)
{
	struct syntax s = { .arena = a,
		.pattern = pattern,
		.rest = pattern,
		.flags = FLAG_DOT_NEWLINE,
		.err = err };
	struct regexp_node *root;

	if (!open_group(&s, false, FLAG_DOT_NEWLINE))
		return s.failed;
	while (s.rest.len)
		if (!parse_item(&s))
			return s.failed;
	root = take_alternatives(&s);
	if (!root)
		return s.failed;
	if (s.top->below) {
		fail(&s, "missing closing )", pattern);
		return s.failed;
	}
	if (!check_wrapped(&s, root))
		return s.failed;
	*ret = root;
	return ERR_OK;
}
