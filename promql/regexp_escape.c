/* Escapes and character classes of patterns. */
#include "promql/regexp_syntax.h"

bool regexp_escape_is_word(uint32_t rune)
{
	return rune == '_' || (rune >= '0' && rune <= '9') ||
	       ((rune | 32) >= 'a' && (rune | 32) <= 'z' && rune < 128);
}

static bool starts_with(struct sv s, char a, char b)
{
	return s.len >= 2 && s.ptr[0] == a && s.ptr[1] == b;
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
static bool parse_hex(struct regexp_syntax *s, uint32_t *ret)
{
	uint32_t rune, value = 0;

	if (!s->rest.len || !regexp_syntax_next_rune(s, &rune))
		return false;
	if (rune != '{') {
		int high = hex_value(rune);

		if (!regexp_syntax_next_rune(s, &rune))
			return false;
		*ret = (uint32_t)(high * 16 + hex_value(rune));
		return high >= 0 && hex_value(rune) >= 0;
	}
	for (unsigned n = 0;; n++) {
		if (!s->rest.len || !regexp_syntax_next_rune(s, &rune))
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

/* Up to three octal digits, the first of which was read. */
static uint32_t parse_octal(struct regexp_syntax *s, uint32_t first)
{
	uint32_t value = first - '0';

	for (unsigned i = 0; i < 2 && is_octal(s->rest); i++) {
		value = value * 8 + (uint32_t)(s->rest.ptr[0] - '0');
		s->rest = sv_skip(s->rest, 1);
	}
	return value;
}

/* What a character behind a backslash stands for; false: nothing, or failed. */
static bool parse_escaped(struct regexp_syntax *s, uint32_t rune, uint32_t *ret)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	const char *letter = rune < 0x80 && rune ? strchr(letters, (int)rune) : NULL;

	if (letter)
		*ret = (unsigned char)values[letter - letters];
	else if (rune == '0' || (rune >= '1' && rune <= '7' && is_octal(s->rest)))
		*ret = parse_octal(s, rune);
	else if (rune == 'x')
		return parse_hex(s, ret);
	else if (rune < 0x80 && (rune == '_' || !regexp_escape_is_word(rune)))
		*ret = rune;
	else
		return false;
	return true;
}

/* A single character behind a backslash, which s->rest begins with. */
static bool parse_escape(struct regexp_syntax *s, uint32_t *ret)
{
	struct sv before = s->rest;
	uint32_t rune;

	s->rest = sv_skip(s->rest, 1);
	if (!s->rest.len)
		return regexp_syntax_fail(s, "trailing backslash at end of expression", SV(""));
	if (!regexp_syntax_next_rune(s, &rune))
		return false;
	return parse_escaped(s, rune, ret) || regexp_syntax_fail(s, "invalid escape sequence",
						      regexp_syntax_up_to_rest(s, before));
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
static const struct regexp_class *unicode_class(struct regexp_syntax *s, struct sv name)
{
	bool fold = s->flags & REGEXP_FOLD && class_folds(name);
	struct regexp_ranges r = { .failed = false };
	struct regexp_cached_class *cached = s->cache;

	while (cached && !(sv_eq(cached->name, name) && cached->fold == fold))
		cached = cached->next;
	if (cached)
		return cached->class;
	if (!unicode_each_range(name, fold ? add_range_folded : add_range, &r)) {
		regexp_ranges_done(&r);
		return NULL;
	}
	cached = ARENA_NEW(s->arena, struct regexp_cached_class);
	const struct regexp_class *class = regexp_ranges_finish(&r, s->arena, false);

	regexp_ranges_done(&r);
	if (!cached || !class) {
		regexp_syntax_out_of_memory(s);
		return NULL;
	}
	*cached = (struct regexp_cached_class){ s->cache, name, fold, class };
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
static bool parse_unicode_class(struct regexp_syntax *s, struct regexp_ranges *r)
{
	struct sv before = s->rest, name;
	bool negate = s->rest.ptr[1] == 'P';
	uint32_t rune;

	s->rest = sv_skip(s->rest, 2);
	if (!regexp_syntax_next_rune(s, &rune))
		return false;
	if (rune != '{') {
		name = sv_skip(regexp_syntax_up_to_rest(s, before), 2);
	} else {
		size_t end = sv_find(before, '}');

		if (end == before.len)
			return regexp_syntax_check_utf8(s, before) &&
			       regexp_syntax_fail(s, "invalid character class range", before);
		name = sv_from(before.ptr + 3, end - 3);
		s->rest = sv_skip(before, end + 1);
		if (!regexp_syntax_check_utf8(s, name))
			return false;
	}
	if (name.len && name.ptr[0] == '^') {
		negate = !negate;
		name = sv_skip(name, 1);
	}
	const struct regexp_class *class = unicode_class(s, name);

	if (!class)
		return regexp_syntax_fail(
			s, "invalid character class range", regexp_syntax_up_to_rest(s, before));
	add_class(r, class, negate);
	return true;
}

/* A class of the table, perhaps negated. */
static bool add_named(struct regexp_syntax *s, struct regexp_ranges *r,
	const struct regexp_range *ranges, size_t n, bool negate)
{
	struct regexp_ranges own = { .failed = false };

	for (size_t i = 0; i < n; i++) {
		if (s->flags & REGEXP_FOLD)
			regexp_ranges_add_folded(&own, ranges[i].first, ranges[i].last);
		else
			regexp_ranges_add(&own, ranges[i].first, ranges[i].last);
	}
	const struct regexp_class *class = regexp_ranges_finish(&own, s->arena, false);

	regexp_ranges_done(&own);
	if (!class)
		return regexp_syntax_out_of_memory(s);
	add_class(r, class, negate);
	return true;
}

/* \d \D \s \S \w \W: false without a failure when it is none of them. */
static bool parse_perl_class(struct regexp_syntax *s, struct regexp_ranges *r)
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
static bool parse_posix_class(struct regexp_syntax *s, struct regexp_ranges *r)
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
		return regexp_syntax_fail(s, "invalid character class range", whole);
	s->rest = sv_skip(s->rest, whole.len);
	return add_named(s, r, ranges, n, negate);
}

static bool parse_class_char(struct regexp_syntax *s, struct sv whole, uint32_t *ret)
{
	if (!s->rest.len)
		return regexp_syntax_fail(s, "missing closing ]", whole);
	return s->rest.ptr[0] == '\\' ? parse_escape(s, ret) : regexp_syntax_next_rune(s, ret);
}

/* One character or range of a class. */
static bool parse_class_range(struct regexp_syntax *s, struct sv whole, struct regexp_ranges *r)
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
			return regexp_syntax_fail(s, "invalid character class range",
				regexp_syntax_up_to_rest(s, before));
	}
	if (s->flags & REGEXP_FOLD)
		regexp_ranges_add_folded(r, first, last);
	else
		regexp_ranges_add(r, first, last);
	return true;
}

static bool parse_class_item(struct regexp_syntax *s, struct sv whole, struct regexp_ranges *r)
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

bool regexp_escape_class(struct regexp_syntax *s)
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
		good = regexp_syntax_push_class(s, regexp_ranges_finish(&r, s->arena, negate));
	}
	regexp_ranges_done(&r);
	return good;
}

static bool parse_quoted(struct regexp_syntax *s)
{
	struct sv text = sv_skip(s->rest, 2);
	size_t end = sv_find_sv(text, SV("\\E"));
	struct sv behind = sv_skip(text, end + 2);
	uint32_t rune;

	s->rest = sv_take(text, end);
	while (s->rest.len)
		if (!regexp_syntax_next_rune(s, &rune) ||
			!regexp_syntax_push_rune(s, rune, s->flags & REGEXP_FOLD))
			return false;
	s->rest = behind;
	return true;
}

/* Escapes that stand for a class. False without a failure: none of them. */
static bool parse_class_escape(struct regexp_syntax *s)
{
	struct regexp_ranges r = { .failed = false };
	bool unicode = starts_with(s->rest, '\\', 'p') || starts_with(s->rest, '\\', 'P');
	bool good = unicode ? parse_unicode_class(s, &r) : parse_perl_class(s, &r);

	if (good)
		good = regexp_syntax_push_class(s, regexp_ranges_finish(&r, s->arena, false));
	regexp_ranges_done(&r);
	return good;
}

bool regexp_escape_backslash(struct regexp_syntax *s)
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
		return regexp_syntax_fail(s, "invalid escape sequence", sv_take(s->rest, 2));
	case 'Q':
		return parse_quoted(s);
	default:
		if (parse_class_escape(s) || s->failed)
			return !s->failed;
		return parse_escape(s, &rune) &&
		       regexp_syntax_push_rune(s, rune, s->flags & REGEXP_FOLD);
	}
	s->rest = sv_skip(s->rest, 2);
	return regexp_syntax_push_op(s, op);
}
