/* RE2 pattern in, PCRE2 pattern out. Everything that PCRE2 would read in another way is spelled
 * out: characters of classes as \x{..}, anchors and the dot by their meaning under the flags in
 * force, \d \w \s as ASCII ranges, names kept aside. What RE2 refuses never reaches PCRE2, and is
 * refused with Go's words. Flags other than i are resolved here; i becomes (?i) and (?-i). Pure. */
#include "common/rex_syntax.h"

#include "common/utf8.h"

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
	struct error *err;
	struct level levels[DEPTH_MAX + 1];
	unsigned depth;
	bool has_atom;	       /* there is something to repeat */
	bool is_repeated;      /* and it was */
	const char *repeat_at; /* that operator */
	unsigned atom_weight;  /* product of counts in the last atom */
};

static enum error_kind refuse(struct translator *t, const char *what, struct sv where)
{
	return error_set(
		t->err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", what, SV_ARG(where));
}

/* From the start of `from` to the start of `to`. */
static struct sv between(struct sv from, struct sv to)
{
	return sv_take(from, from.len - to.len);
}

static char peek(struct sv s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct level *level(struct translator *t)
{
	return &t->levels[t->depth];
}

/* Takes one character. */
static enum error_kind take_char(struct translator *t, struct sv *s, uint32_t *ret)
{
	size_t len = utf8_char_len(*s);
	const unsigned char *p = (const unsigned char *)s->ptr;

	if (len == 0)
		return refuse(t, "invalid UTF-8", *s);
	if (len == 1)
		*ret = p[0];
	else if (len == 2)
		*ret = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	else if (len == 3)
		*ret = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	else
		*ret = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
		       (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	*s = sv_skip(*s, len);
	return ERR_OK;
}

static void put(struct translator *t, const char *text)
{
	buf_put_str(&t->out->pattern, text);
}

static void put_code(struct translator *t, uint32_t c)
{
	if (c < 0x80 && is_alnum((char)c))
		buf_put_char(&t->out->pattern, (char)c);
	else
		buf_printf(&t->out->pattern, "\\x{%x}", (unsigned)c);
}

static bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

/* Something that can be repeated follows in the output. */
static void begin_atom(struct translator *t)
{
	struct level *l = level(t);
	bool fold = l->flags & FLAG_FOLD;

	if (l->folding != fold)
		put(t, fold ? "(?i)" : "(?-i)");
	l->folding = fold;
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
	if (is_surrogate(c))
		put(t, "(?!)"); /* a lone surrogate is in no text */
	else
		put_code(t, c);
}

static unsigned hex_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static enum error_kind bad_escape(struct translator *t, struct sv start, struct sv end)
{
	return refuse(t, "invalid escape sequence", between(start, end));
}

/* \x41 or \x{1f600}; *s stands behind the x, start at the backslash. */
static enum error_kind take_hex(struct translator *t, struct sv start, struct sv *s, uint32_t *ret)
{
	uint32_t c = 0, value = 0;
	unsigned n_digits = 0;
	enum error_kind kind;

	bool braced = peek(*s, 0) == '{';
	if (braced)
		*s = sv_skip(*s, 1);
	while (braced || n_digits < 2) {
		if (s->len == 0)
			return bad_escape(t, start, *s);
		if ((kind = take_char(t, s, &c)))
			return kind;
		if (braced && c == '}')
			break;
		value = value * 16 + hex_value(c);
		if (hex_value(c) == 16 || value > 0x10ffff)
			return bad_escape(t, start, *s);
		n_digits++;
	}
	if (n_digits == 0)
		return bad_escape(t, start, *s);
	*ret = value;
	return ERR_OK;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Up to two more octal digits. */
static uint32_t take_octal(uint32_t value, struct sv *s)
{
	for (int i = 1; i < 3 && is_octal(peek(*s, 0)); i++) {
		value = value * 8 + (uint32_t)(s->ptr[0] - '0');
		*s = sv_skip(*s, 1);
	}
	return value;
}

/* A backslash and what names one character: \n, \., \x41, \012. */
static enum error_kind take_escape(struct translator *t, struct sv *s, uint32_t *ret)
{
	static const char names[] = "afnrtv";
	static const char values[] = "\a\f\n\r\t\v";
	struct sv start = *s;
	uint32_t c = 0;

	*s = sv_skip(*s, 1);
	if (s->len == 0)
		return refuse(t, "trailing backslash at end of expression", SV(""));
	enum error_kind kind = take_char(t, s, &c);
	if (kind)
		return kind;
	if (c == 'x')
		return take_hex(t, start, s, ret);
	if (c == '0' || (c >= '1' && c <= '7' && is_octal(peek(*s, 0)))) {
		*ret = take_octal(c - '0', s);
		return ERR_OK;
	}
	const char *name = c != 0 && c < 0x80 ? strchr(names, (int)c) : NULL;
	if (name)
		*ret = (uint32_t)values[name - names];
	else if (c < 0x80 && !is_alnum((char)c))
		*ret = c;
	else
		return bad_escape(t, start, *s);
	return ERR_OK;
}

/* \d \D \s \S \w \W at the start of s as the inside of a class, or NULL. Spelled out where PCRE2's
 * own differs: its \s has a vertical tab, and its \w takes no part in case folding. */
static const char *perl_class(struct sv s)
{
	if (peek(s, 0) != '\\')
		return NULL;
	switch (peek(s, 1)) {
	case 'd':
		return "0-9";
	case 'D':
		return "\\D";
	case 's':
		return "\\t\\n\\f\\r\\x{20}";
	case 'S':
		return "\\S\\x{b}";
	case 'w':
		return "0-9A-Za-z_";
	case 'W':
		return "\\W";
	default:
		return NULL;
	}
}

/* PCRE2 knows more properties than RE2; those that only it has are refused, the rest is left to its
 * tables. */
static bool is_property_name(struct sv name)
{
	if (name.len == 0 || (name.len == 3 && name.ptr[0] == 'X'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_alnum(name.ptr[i]) && name.ptr[i] != '_')
			return false;
	}
	return true;
}

/* \pL, \p{Greek}, \P{^Greek} at the start of *s. */
static enum error_kind take_property(struct translator *t, struct sv *s)
{
	static const char what[] = "invalid character class range";
	struct sv start = *s;
	struct sv rest = sv_skip(*s, 2);
	struct sv name;
	bool negated = start.ptr[1] == 'P';

	if (peek(rest, 0) == '{') {
		bool closed;
		name = sv_cut(sv_skip(rest, 1), '}', &rest, &closed);
		if (!closed)
			return refuse(t, what, start);
	} else {
		size_t len = utf8_char_len(rest);
		name = sv_take(rest, len);
		rest = sv_skip(rest, len);
	}
	if (sv_has_prefix(name, SV("^"))) {
		negated = !negated;
		name = sv_skip(name, 1);
	}
	if (!is_property_name(name))
		return refuse(t, what, between(start, rest));
	/* Folded, the upper case letters are all that have case; PCRE2 does not fold properties. */
	if (level(t)->flags & FLAG_FOLD &&
		(sv_is(name, "Lu") || sv_is(name, "Ll") || sv_is(name, "Lt")))
		name = SV("L&");
	buf_printf(&t->out->pattern, "\\%c{%.*s}", negated ? 'P' : 'p', SV_ARG(name));
	*s = rest;
	return ERR_OK;
}

static bool is_property(struct sv s)
{
	return peek(s, 0) == '\\' && (peek(s, 1) == 'p' || peek(s, 1) == 'P');
}

/* [:alpha:] at the start of *s. *taken false: it is none, just characters. */
static enum error_kind take_posix_class(struct translator *t, struct sv *s, bool *taken)
{
	static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl", "digit",
		"graph", "lower", "print", "punct", "space", "upper", "word", "xdigit" };
	size_t end = sv_find_sv(sv_skip(*s, 2), SV(":]")) + 2;

	*taken = end < s->len && sv_has_prefix(*s, SV("[:"));
	if (!*taken)
		return ERR_OK;
	struct sv text = sv_take(*s, end + 2);
	struct sv name = sv_take(sv_skip(text, 2), end - 2);
	if (sv_has_prefix(name, SV("^")))
		name = sv_skip(name, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(name, names[i])) {
			buf_put_sv(&t->out->pattern, text);
			*s = sv_skip(*s, text.len);
			return ERR_OK;
		}
	}
	return refuse(t, "invalid character class range", text);
}

static enum error_kind take_class_char(
	struct translator *t, struct sv class, struct sv *s, uint32_t *ret)
{
	if (s->len == 0)
		return refuse(t, "missing closing ]", class);
	return s->ptr[0] == '\\' ? take_escape(t, s, ret) : take_char(t, s, ret);
}

/* A character or a range of them. */
static enum error_kind take_range(struct translator *t, struct sv class, struct sv *s)
{
	struct sv start = *s;
	uint32_t low, high;
	enum error_kind kind = take_class_char(t, class, s, &low);

	if (kind)
		return kind;
	high = low;
	if (peek(*s, 0) == '-' && s->len > 1 && s->ptr[1] != ']') {
		*s = sv_skip(*s, 1);
		if ((kind = take_class_char(t, class, s, &high)))
			return kind;
	}
	if (high < low)
		return refuse(t, "invalid character class range", between(start, *s));
	/* No text holds a surrogate, and PCRE2 refuses them as ends of a range. */
	if (is_surrogate(low) && is_surrogate(high))
		return refuse(t, "only surrogates in a range", between(start, *s));
	put_code(t, is_surrogate(low) ? 0xe000 : low);
	buf_put_char(&t->out->pattern, '-');
	put_code(t, is_surrogate(high) ? 0xd7ff : high);
	return ERR_OK;
}

static enum error_kind take_class_item(struct translator *t, struct sv class, struct sv *s)
{
	bool taken;
	enum error_kind kind = take_posix_class(t, s, &taken);

	if (kind || taken)
		return kind;
	if (is_property(*s))
		return take_property(t, s);
	const char *perl = perl_class(*s);
	if (!perl)
		return take_range(t, class, s);
	put(t, perl);
	*s = sv_skip(*s, 2);
	return ERR_OK;
}

static enum error_kind take_class(struct translator *t)
{
	struct sv class = t->rest;
	struct sv s = sv_skip(class, 1);
	bool first = true;

	put_atom(t, "[");
	if (peek(s, 0) == '^') {
		put(t, "^");
		s = sv_skip(s, 1);
	}
	for (; s.len == 0 || s.ptr[0] != ']' || first; first = false) {
		enum error_kind kind = take_class_item(t, class, &s);
		if (kind)
			return kind;
	}
	put(t, "]");
	t->rest = sv_skip(s, 1);
	return ERR_OK;
}

/* Levels start and end with groups. The output's own (?i) state follows PCRE2's rule: it ends with
 * the group. */
static enum error_kind open_group(
	struct translator *t, unsigned flags, bool captures, struct sv name)
{
	if (t->depth == DEPTH_MAX)
		return refuse(t, "expression nests too deeply", t->whole);
	put_atom(t, captures ? "(" : "(?:");
	if (captures)
		t->out->n_groups++;
	if (name.len > 0) {
		struct rex_syntax_name *entry = VEC_PUSH(&t->out->names, NAMES_MAX);
		if (!entry)
			return t->out->names.n < NAMES_MAX
				       ? error_nomem(t->err)
				       : refuse(t, "too many named groups", t->whole);
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
		return refuse(t, "unexpected )", t->whole);
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
		return refuse(t, "invalid named capture", start);
	bool valid = name.len > 0;
	for (size_t i = 0; i < name.len; i++)
		valid = valid && (is_alnum(name.ptr[i]) || name.ptr[i] == '_');
	if (!valid)
		return refuse(t, "invalid named capture", between(start, rest));
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
		enum error_kind kind = take_char(t, &s, &c);
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
		return refuse(t, "invalid or unsupported Perl syntax", between(start, s));
	t->rest = s;
	if (c == ':')
		return open_group(t, flags, false, SV_NULL);
	level(t)->flags = flags;
	return ERR_OK;
}

static enum error_kind take_open(struct translator *t)
{
	if (peek(t->rest, 1) != '?') {
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
	if (s->ptr[0] == '0' && peek(*s, 1) >= '0' && peek(*s, 1) <= '9')
		return false;
	for (; peek(*s, 0) >= '0' && peek(*s, 0) <= '9'; *s = sv_skip(*s, 1)) {
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
	if (peek(rest, 0) == ',') {
		rest = sv_skip(rest, 1);
		open_end = peek(rest, 0) == '}';
		if (!open_end && !take_count(&rest, &ret->max))
			return false;
	}
	if (peek(rest, 0) != '}')
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

	if (peek(rest, 0) == '?') {
		rest = sv_skip(rest, 1);
		lazy = !lazy;
	}
	if (t->is_repeated) {
		struct sv first = sv_from(t->repeat_at, (size_t)(rest.ptr - t->repeat_at));
		return refuse(t, "invalid nested repetition operator", first);
	}
	if (!t->has_atom)
		return refuse(t, "missing argument to repetition operator", between(s, rest));
	if (!counts) {
		buf_put_char(&t->out->pattern, s.ptr[0]);
	} else {
		unsigned most = (unsigned)(counts->max < 0 ? counts->min : counts->max);
		t->atom_weight = most == 0 ? 1 : t->atom_weight * most;
		if (most >= 2 && t->atom_weight > REPEAT_MAX)
			return refuse(t, "invalid repeat count", between(s, rest));
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
		return refuse(t, "invalid repeat count", between(t->rest, rest));
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
		enum error_kind kind = take_char(t, &literal, &c);
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
	char letter = peek(t->rest, 1);
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
	if (is_property(t->rest)) {
		begin_atom(t);
		return take_property(t, &t->rest);
	}
	if (perl_class(t->rest)) {
		/* \D is [^0-9] and so on: negation comes after case folding. */
		bool negated = letter < 'a';
		char positive[] = { '\\', (char)(letter | 0x20) };
		put_atom(t, negated ? "[^" : "[");
		put(t, perl_class(sv_from(positive, sizeof(positive))));
		put(t, "]");
		t->rest = sv_skip(t->rest, 2);
		return ERR_OK;
	}
	enum error_kind kind = take_escape(t, &t->rest, &c);
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
	enum error_kind kind = take_char(t, &t->rest, &c);
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
		return take_class(t);
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
		return refuse(&t, "missing closing )", pattern);
	return buf_check(&ret->pattern, "a regular expression", err);
}

void rex_syntax_done(struct rex_syntax *s)
{
	buf_done(&s->pattern);
	VEC_DONE(&s->names);
}
