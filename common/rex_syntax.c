/* RE2 pattern in, PCRE2 pattern out. Everything that PCRE2 would read in another way is spelled
 * out: characters of classes as \x{..}, anchors and the dot by their meaning under the flags in
 * force, \d \w \s as ASCII ranges, names kept aside. What RE2 refuses never reaches PCRE2, and is
 * refused with Go's words. Flags other than i are resolved here; i becomes (?i) and (?-i). Pure. */
#include "common/rex_syntax.h"

#include "common/rex_chars.h"

/* Go refuses what nests deeper than 1000; PCRE2's compiler recurses, so we stop earlier. */
#define DEPTH_MAX 200
/* A person wrote it. PCRE2's code for one pattern is limited to 64 KiB anyway. */
#define PATTERN_BYTES_MAX 16384
/* A class of N characters in \x{..} form. */
#define OUTPUT_BYTES_MAX (PATTERN_BYTES_MAX * 16)
/* RE2's bound on one count and on the product of nested counts. */
#define REPEAT_MAX 1000
#define NAMES_MAX 1000

enum flags {
	FLAG_FOLD = 1 << 0,	  /* i */
	FLAG_MULTILINE = 1 << 1,  /* m */
	FLAG_DOT_ALL = 1 << 2,	  /* s */
	FLAG_SWAP_GREED = 1 << 3, /* U */
};

struct level {
	unsigned flags;
	bool folding;	   /* the output so far has (?i) in force here */
	unsigned heaviest; /* largest product of counts inside */
};

struct translator {
	struct sv whole, rest;
	struct rex_syntax *out;
	struct rex_chars chars;
	struct error *err;
	struct level levels[DEPTH_MAX + 1];
	unsigned depth;
	bool has_atom;	       /* there is something to repeat */
	bool is_repeated;      /* and it was */
	const char *repeat_at; /* that operator */
	unsigned atom_weight;  /* product of counts in the last atom */
};

static struct level *level(struct translator *t)
{
	return &t->levels[t->depth];
}

static void put(struct translator *t, const char *text)
{
	buf_put_str(&t->out->pattern, text);
}

/* Something that can be repeated follows in the output. */
static void begin_atom(struct translator *t)
{
	struct level *l = level(t);
	bool fold = l->flags & FLAG_FOLD;

	if (l->folding != fold)
		put(t, fold ? "(?i)" : "(?-i)");
	l->folding = t->chars.fold = fold;
	t->has_atom = true;
	t->is_repeated = false;
	t->atom_weight = 1;
}

static void put_atom(struct translator *t, const char *text)
{
	begin_atom(t);
	put(t, text);
}

static void put_literal(struct translator *t, uint32_t c)
{
	begin_atom(t);
	rex_chars_put(&t->chars, c);
}

/* Levels start and end with groups. The output's own (?i) state follows PCRE2's rule: it ends with
 * the group. */
static enum error_kind open_group(
	struct translator *t, unsigned flags, bool captures, struct sv name)
{
	if (t->depth == DEPTH_MAX)
		return rex_chars_refuse(t->err, "expression nests too deeply", t->whole);
	put_atom(t, captures ? "(" : "(?:");
	if (captures)
		t->out->n_groups++;
	if (name.len > 0) {
		struct rex_syntax_name *entry = VEC_PUSH(&t->out->names, NAMES_MAX);
		if (!entry)
			return t->out->names.n < NAMES_MAX
				       ? error_nomem(t->err)
				       : rex_chars_refuse(
						 t->err, "too many named groups", t->whole);
		*entry = (struct rex_syntax_name){ name, t->out->n_groups };
	}
	bool folding = level(t)->folding;
	t->depth++;
	*level(t) = (struct level){ .flags = flags, .folding = folding, .heaviest = 1 };
	t->has_atom = false;
	return ERR_OK;
}

static void note_weight(struct translator *t)
{
	if (t->atom_weight > level(t)->heaviest)
		level(t)->heaviest = t->atom_weight;
}

static enum error_kind close_group(struct translator *t)
{
	if (t->depth == 0)
		return rex_chars_refuse(t->err, "unexpected )", t->whole);
	put(t, ")");
	t->atom_weight = level(t)->heaviest;
	t->depth--;
	note_weight(t);
	t->has_atom = true;
	t->is_repeated = false;
	t->rest = sv_skip(t->rest, 1);
	return ERR_OK;
}

/* (?P<name> or (?<name>; what lies between the angles starts at `skip`. */
static enum error_kind take_named_group(struct translator *t, size_t skip)
{
	struct sv start = t->rest;
	bool closed;
	struct sv rest;
	struct sv name = sv_skip(sv_cut(start, '>', &rest, &closed), skip);

	if (!closed)
		return rex_chars_refuse(t->err, "invalid named capture", start);
	bool valid = name.len > 0;
	for (size_t i = 0; i < name.len; i++)
		valid = valid && (rex_chars_is_alnum(name.ptr[i]) || name.ptr[i] == '_');
	if (!valid)
		return rex_chars_refuse(
			t->err, "invalid named capture", rex_chars_between(start, rest));
	t->rest = rest;
	return open_group(t, level(t)->flags, true, name);
}

static unsigned flag_of(uint32_t c)
{
	switch (c) {
	case 'i':
		return FLAG_FOLD;
	case 'm':
		return FLAG_MULTILINE;
	case 's':
		return FLAG_DOT_ALL;
	case 'U':
		return FLAG_SWAP_GREED;
	default:
		return 0;
	}
}

/* (?i) (?i-s) (?: (?i: */
static enum error_kind take_flags(struct translator *t)
{
	struct sv start = t->rest;
	struct sv s = sv_skip(start, 2);
	unsigned flags = level(t)->flags;
	bool negative = false, saw_flag = true; /* a minus wants a flag behind it */
	uint32_t c = 0;

	while (s.len > 0) {
		enum error_kind kind = rex_chars_take(&t->chars, &s, &c);
		if (kind)
			return kind;
		unsigned flag = flag_of(c);
		if (flag) {
			flags = negative ? flags & ~flag : flags | flag;
			saw_flag = true;
		} else if (c == '-' && !negative) {
			negative = true;
			saw_flag = false;
		} else {
			break;
		}
	}
	if ((c != ':' && c != ')') || !saw_flag)
		return rex_chars_refuse(
			t->err, "invalid or unsupported Perl syntax", rex_chars_between(start, s));
	t->rest = s;
	if (c == ':')
		return open_group(t, flags, false, SV_NULL);
	level(t)->flags = flags;
	return ERR_OK;
}

static enum error_kind take_open(struct translator *t)
{
	if (rex_chars_peek(t->rest, 1) != '?') {
		t->rest = sv_skip(t->rest, 1);
		return open_group(t, level(t)->flags, true, SV_NULL);
	}
	if (t->rest.len > 4 && sv_has_prefix(t->rest, SV("(?P<")))
		return take_named_group(t, 4);
	if (t->rest.len > 3 && sv_has_prefix(t->rest, SV("(?<")))
		return take_named_group(t, 3);
	return take_flags(t);
}

/* Digits without leading zeros; too large ones become -1. False: no number. */
static bool take_count(struct sv *s, int *ret)
{
	int value = 0;

	if (s->len == 0 || s->ptr[0] < '0' || s->ptr[0] > '9')
		return false;
	if (s->ptr[0] == '0' && rex_chars_peek(*s, 1) >= '0' && rex_chars_peek(*s, 1) <= '9')
		return false;
	for (; rex_chars_peek(*s, 0) >= '0' && rex_chars_peek(*s, 0) <= '9'; *s = sv_skip(*s, 1)) {
		if (value >= 0)
			value = value * 10 + (s->ptr[0] - '0');
		if (value > REPEAT_MAX)
			value = -1;
	}
	*ret = value;
	return true;
}

struct repeat {
	int min, max; /* -1 as max: no upper end */
	bool too_large;
};

/* {2} {2,} {2,5} at the start of *s; false when it is plain text. */
static bool take_braces(struct sv *s, struct repeat *ret)
{
	struct sv rest = sv_skip(*s, 1);
	bool open_end = false;

	if (!take_count(&rest, &ret->min))
		return false;
	ret->max = ret->min;
	if (rex_chars_peek(rest, 0) == ',') {
		rest = sv_skip(rest, 1);
		open_end = rex_chars_peek(rest, 0) == '}';
		if (!open_end && !take_count(&rest, &ret->max))
			return false;
	}
	if (rex_chars_peek(rest, 0) != '}')
		return false;
	ret->too_large = ret->min < 0 || (!open_end && ret->max < ret->min);
	if (open_end)
		ret->max = -1;
	*s = sv_skip(rest, 1);
	return true;
}

/* What stands behind an atom: *s starts at the operator, `rest` behind it. */
static enum error_kind finish_repeat(
	struct translator *t, struct sv s, struct sv rest, const struct repeat *counts)
{
	bool lazy = level(t)->flags & FLAG_SWAP_GREED;

	if (rex_chars_peek(rest, 0) == '?') {
		rest = sv_skip(rest, 1);
		lazy = !lazy;
	}
	if (t->is_repeated) {
		struct sv first = sv_from(t->repeat_at, (size_t)(rest.ptr - t->repeat_at));
		return rex_chars_refuse(t->err, "invalid nested repetition operator", first);
	}
	if (!t->has_atom)
		return rex_chars_refuse(t->err, "missing argument to repetition operator",
			rex_chars_between(s, rest));
	if (!counts) {
		buf_put_char(&t->out->pattern, s.ptr[0]);
	} else {
		unsigned most = (unsigned)(counts->max < 0 ? counts->min : counts->max);
		t->atom_weight = most == 0 ? 1 : t->atom_weight * most;
		if (most >= 2 && t->atom_weight > REPEAT_MAX)
			return rex_chars_refuse(
				t->err, "invalid repeat count", rex_chars_between(s, rest));
		note_weight(t);
		buf_printf(&t->out->pattern, counts->max < 0 ? "{%d,}" : "{%d,%d}", counts->min,
			counts->max);
	}
	if (lazy)
		put(t, "?");
	t->is_repeated = true;
	t->repeat_at = s.ptr;
	t->rest = rest;
	return ERR_OK;
}

static enum error_kind take_repeat(struct translator *t)
{
	struct sv rest = t->rest;
	struct repeat counts;

	if (t->rest.ptr[0] != '{')
		return finish_repeat(t, t->rest, sv_skip(t->rest, 1), NULL);
	if (!take_braces(&rest, &counts)) {
		put_literal(t, '{');
		t->rest = sv_skip(t->rest, 1);
		return ERR_OK;
	}
	if (counts.too_large)
		return rex_chars_refuse(
			t->err, "invalid repeat count", rex_chars_between(t->rest, rest));
	return finish_repeat(t, t->rest, rest, &counts);
}

/* \Q...\E */
static enum error_kind take_quoted(struct translator *t)
{
	struct sv text = sv_skip(t->rest, 2);
	size_t end = sv_find_sv(text, SV("\\E"));
	struct sv literal = sv_take(text, end);

	while (literal.len > 0) {
		uint32_t c;
		enum error_kind kind = rex_chars_take(&t->chars, &literal, &c);
		if (kind)
			return kind;
		put_literal(t, c);
	}
	t->rest = sv_skip(text, end + 2);
	return ERR_OK;
}

static enum error_kind take_backslash(struct translator *t)
{
	static const struct {
		char letter;
		const char *pattern;
	} anchors[] = {
		{ 'A', "(?:\\A)" },
		{ 'z', "(?:\\z)" },
		{ 'b', "(?:\\b)" },
		{ 'B', "(?:\\B)" },
	};
	char letter = rex_chars_peek(t->rest, 1);
	uint32_t c = 0;

	for (size_t i = 0; i < ARRAY_LEN(anchors); i++) {
		if (letter == anchors[i].letter) {
			put_atom(t, anchors[i].pattern);
			t->rest = sv_skip(t->rest, 2);
			return ERR_OK;
		}
	}
	if (letter == 'Q')
		return take_quoted(t);
	if (rex_chars_is_property(t->rest)) {
		begin_atom(t);
		return rex_chars_property(&t->chars, &t->rest);
	}
	if (rex_chars_perl(t->rest)) {
		/* \D is [^0-9] and so on: negation comes after case folding. */
		bool negated = letter < 'a';
		char positive[] = { '\\', (char)(letter | 0x20) };
		put_atom(t, negated ? "[^" : "[");
		put(t, rex_chars_perl(sv_from(positive, sizeof(positive))));
		put(t, "]");
		t->rest = sv_skip(t->rest, 2);
		return ERR_OK;
	}
	enum error_kind kind = rex_chars_escape(&t->chars, &t->rest, &c);
	if (!kind)
		put_literal(t, c);
	return kind;
}

/* ^ $ and . under the flags in force, or NULL. */
static const char *simple_atom(char c, unsigned flags)
{
	if (c == '^')
		return flags & FLAG_MULTILINE ? "(?:\\A|(?<=\\n))" : "(?:\\A)";
	if (c == '$')
		return flags & FLAG_MULTILINE ? "(?:\\z|(?=\\n))" : "(?:\\z)";
	if (c == '.')
		return flags & FLAG_DOT_ALL ? "(?s:.)" : "[^\\n]";
	return NULL;
}

static enum error_kind take_plain(struct translator *t)
{
	const char *simple = simple_atom(t->rest.ptr[0], level(t)->flags);
	uint32_t c = 0;

	if (simple) {
		put_atom(t, simple);
		t->rest = sv_skip(t->rest, 1);
		return ERR_OK;
	}
	enum error_kind kind = rex_chars_take(&t->chars, &t->rest, &c);
	if (!kind)
		put_literal(t, c);
	return kind;
}

static enum error_kind take_one(struct translator *t)
{
	switch (t->rest.ptr[0]) {
	case '(':
		return take_open(t);
	case ')':
		return close_group(t);
	case '|':
		put(t, "|");
		t->has_atom = t->is_repeated = false;
		t->rest = sv_skip(t->rest, 1);
		return ERR_OK;
	case '[':
		begin_atom(t);
		return rex_chars_class(&t->chars, &t->rest);
	case '*':
	case '+':
	case '?':
	case '{':
		return take_repeat(t);
	case '\\':
		return take_backslash(t);
	default:
		return take_plain(t);
	}
}

enum error_kind rex_syntax_translate(struct sv pattern, struct rex_syntax *ret, struct error *err)
{
	struct translator t = { .whole = pattern, .rest = pattern, .out = ret, .err = err };

	*ret = (struct rex_syntax){ 0 };
	buf_init(&ret->pattern, OUTPUT_BYTES_MAX);
	t.chars = (struct rex_chars){ .out = &ret->pattern, .err = err };
	level(&t)->heaviest = 1;
	if (pattern.len > PATTERN_BYTES_MAX)
		return error_set(err, ERR_LIMIT,
			"regular expression of %zu bytes; at most %d are allowed", pattern.len,
			PATTERN_BYTES_MAX);
	while (t.rest.len > 0) {
		enum error_kind kind = take_one(&t);
		if (kind)
			return kind;
	}
	if (t.depth > 0)
		return rex_chars_refuse(err, "missing closing )", pattern);
	return buf_check(&ret->pattern, "a regular expression", err);
}

void rex_syntax_done(struct rex_syntax *s)
{
	buf_done(&s->pattern);
	VEC_DONE(&s->names);
}
