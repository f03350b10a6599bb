/* JSON pull scanner: text in, one token a call out, nothing allocated. The grammar is checked on
 * the way, so a caller that reads to JSCAN_END knows that the text was JSON. It does not decode
 * numbers, look for duplicate keys or unescape what nobody asks for. Made for answers of some
 * 100,000 series: plain stretches of strings are read eight bytes at a time. Pure. */
#include "common/jscan.h"

#include "common/jcut.h"
#include "common/limits.h"
#include "common/utf8.h"

/* What may come next. AFTER_MEMBER and AFTER_ELEMENT say in what kind of container a value just
 * ended. */
enum state {
	STATE_VALUE,
	STATE_FIRST_ELEMENT,
	STATE_FIRST_KEY,
	STATE_AFTER_MEMBER,
	STATE_AFTER_ELEMENT,
	STATE_DONE,
	STATE_FAILED,
};

/* Keeps rare ways out of the hot functions, which then need no stack frame. */
#define NOINLINE __attribute__((noinline))

static const char *const too_deep = "nested too deeply";

_Static_assert(LIMIT_NESTING % 64 == 0, "struct jscan has one bit for each level");

void jscan_init(struct jscan *s, struct sv text)
{
	const char *start = text.ptr ? text.ptr : "";

	*s = (struct jscan){ .start = start, .at = start, .end = start + text.len };
	s->state = STATE_VALUE;
	s->after = STATE_DONE;
}

static NOINLINE enum jscan_token fail(struct jscan *s, const char *at, const char *problem)
{
	s->at = at;
	s->problem = problem;
	s->state = STATE_FAILED;
	return JSCAN_ERROR;
}

static inline const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A string stops being plain at a quote, a backslash, a control character or a byte above ASCII. */
static inline bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte from p that is not plain. */
static inline const char *plain_end(const char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t ones = UINT64_C(0x0101010101010101);

	while (end - p >= 8) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		/* The top bit of each byte shows what is not plain. A borrow can only spoil bytes
		 * above the lowest hit, and the lowest is all that is used. */
		uint64_t hits = (word | (word - ones * ' ') | ((word ^ ones * '"') - ones) |
					((word ^ ones * '\\') - ones)) &
				ones * 0x80;
		if (hits)
			return p + (__builtin_ctzll(hits) >> 3);
		p += 8;
	}
#endif
	while (p < end && is_plain((unsigned char)*p))
		p++;
	return p;
}

/* Behind the escape whose backslash p points at, or NULL. */
static const char *escape_end(const char *p, const char *end)
{
	if (end - p < 2)
		return NULL;
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		break;
	default:
		return NULL;
	}
	if (end - p < 6)
		return NULL;
	for (int i = 2; i < 6; i++) {
		if (!is_hex(p[i]))
			return NULL;
	}
	return p + 6;
}

/* The string from begin to its closing quote at end is done. A key takes its colon along, so that
 * the value follows. */
static inline enum jscan_token finish_string(
	struct jscan *s, const char *begin, const char *end, enum jscan_token token)
{
	s->text = sv_from(begin, (size_t)(end - begin));
	s->at = end + 1;
	if (token == JSCAN_STRING) {
		s->state = s->after;
		return JSCAN_STRING;
	}
	if (s->at == s->end || *s->at != ':') {
		s->at = skip_blanks(s->at, s->end);
		if (s->at == s->end || *s->at != ':')
			return fail(s, s->at, "expected ':'");
	}
	s->at++;
	s->state = STATE_VALUE;
	return JSCAN_KEY;
}

/* A string that is not plain ASCII throughout: p is where it stops being so. */
static NOINLINE enum jscan_token take_rich_string(
	struct jscan *s, const char *begin, const char *p, enum jscan_token token)
{
	while (p < s->end && *p != '"') {
		const char *next = p + 1;
		if (*p == '\\') {
			s->escaped = true;
			next = escape_end(p, s->end);
			if (!next)
				return fail(s, p, "bad escape in a string");
		} else if ((unsigned char)*p < ' ') {
			return fail(s, p, "control character in a string");
		} else {
			size_t len = utf8_char_len(sv_from(p, (size_t)(s->end - p)));
			s->escaped = s->escaped || len == 0;
			next = p + (len ? len : 1);
		}
		p = plain_end(next, s->end);
	}
	return p < s->end ? finish_string(s, begin, p, token)
			  : fail(s, begin - 1, "string without closing quote");
}

/* Reads the string whose first byte behind the quote is begin. */
static inline enum jscan_token take_string(
	struct jscan *s, const char *begin, enum jscan_token token)
{
	const char *end = plain_end(begin, s->end);

	s->escaped = false;
	if (end < s->end && *end == '"')
		return finish_string(s, begin, end, token);
	return take_rich_string(s, begin, end, token);
}

static inline const char *digits_end(const char *p, const char *end)
{
	while (is_digit(p, end))
		p++;
	return p;
}

static NOINLINE enum jscan_token take_number(struct jscan *s, const char *begin)
{
	const char *end = s->end;
	const char *p = *begin == '-' ? begin + 1 : begin;

	if (!is_digit(p, end))
		return fail(s, begin, "expected a value");
	p = *p == '0' ? p + 1 : digits_end(p, end);
	if (p < end && *p == '.') {
		if (!is_digit(++p, end))
			return fail(s, p, "expected a digit");
		p = digits_end(p, end);
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (!is_digit(p, end))
			return fail(s, p, "expected a digit");
		p = digits_end(p, end);
	}
	s->text = sv_from(begin, (size_t)(p - begin));
	s->at = p;
	s->state = s->after;
	return JSCAN_NUMBER;
}

static NOINLINE enum jscan_token take_literal(
	struct jscan *s, const char *p, struct sv word, enum jscan_token token)
{
	if ((size_t)(s->end - p) < word.len || memcmp(p, word.ptr, word.len) != 0)
		return fail(s, p, "expected a value");
	s->at = p + word.len;
	s->state = s->after;
	return token;
}

/* Opens a container; `first` is the state inside. */
static inline enum jscan_token descend(struct jscan *s, const char *p, enum jscan_token token)
{
	bool is_object = token == JSCAN_OBJECT;
	uint64_t bit = UINT64_C(1) << (s->depth & 63);

	if (s->depth == LIMIT_NESTING)
		return fail(s, p, too_deep);
	uint64_t *bits = &s->is_object[s->depth >> 6];
	*bits = is_object ? *bits | bit : *bits & ~bit;
	s->depth++;
	s->at = p + 1;
	s->state = is_object ? STATE_FIRST_KEY : STATE_FIRST_ELEMENT;
	s->after = is_object ? STATE_AFTER_MEMBER : STATE_AFTER_ELEMENT;
	return token;
}

static inline enum jscan_token ascend(struct jscan *s, const char *p)
{
	s->at = p + 1;
	s->depth--;
	if (s->depth == 0) {
		s->after = STATE_DONE;
	} else {
		unsigned outer = s->depth - 1;
		bool in_object = s->is_object[outer >> 6] >> (outer & 63) & 1;
		s->after = in_object ? STATE_AFTER_MEMBER : STATE_AFTER_ELEMENT;
	}
	s->state = s->after;
	return JSCAN_CLOSE;
}

static inline enum jscan_token take_value(struct jscan *s, const char *p, const char *expected)
{
	if (p == s->end)
		return fail(s, p, expected);
	switch (*p) {
	case '"':
		return take_string(s, p + 1, JSCAN_STRING);
	case '{':
		return descend(s, p, JSCAN_OBJECT);
	case '[':
		return descend(s, p, JSCAN_ARRAY);
	case 't':
		return take_literal(s, p, SV("true"), JSCAN_TRUE);
	case 'f':
		return take_literal(s, p, SV("false"), JSCAN_FALSE);
	case 'n':
		return take_literal(s, p, SV("null"), JSCAN_NULL);
	default:
		if (*p == '-' || is_digit(p, s->end))
			return take_number(s, p);
		return fail(s, p, expected);
	}
}

static inline enum jscan_token take_key(struct jscan *s, const char *p, const char *expected)
{
	return p < s->end && *p == '"' ? take_string(s, p + 1, JSCAN_KEY) : fail(s, p, expected);
}

static inline enum jscan_token after_member(struct jscan *s, const char *p, char c)
{
	if (c == ',')
		return take_key(s, skip_blanks(p + 1, s->end), "expected a member name");
	return c == '}' ? ascend(s, p) : fail(s, p, "expected ',' or '}'");
}

static inline enum jscan_token after_element(struct jscan *s, const char *p, char c)
{
	if (c == ',')
		return take_value(s, skip_blanks(p + 1, s->end), "expected a value");
	return c == ']' ? ascend(s, p) : fail(s, p, "expected ',' or ']'");
}

enum jscan_token jscan_next(struct jscan *s)
{
	if (s->state == STATE_FAILED)
		return JSCAN_ERROR;

	const char *p = skip_blanks(s->at, s->end);
	char c = p < s->end ? *p : '\0';
	switch ((enum state)s->state) {
	case STATE_VALUE:
		return take_value(s, p, "expected a value");
	case STATE_FIRST_ELEMENT:
		return c == ']' ? ascend(s, p) : take_value(s, p, "expected a value or ']'");
	case STATE_FIRST_KEY:
		return c == '}' ? ascend(s, p) : take_key(s, p, "expected a member name or '}'");
	case STATE_AFTER_MEMBER:
		return after_member(s, p, c);
	case STATE_AFTER_ELEMENT:
		return after_element(s, p, c);
	case STATE_DONE:
		s->at = p;
		return p == s->end ? JSCAN_END : fail(s, p, "expected the end of the text");
	case STATE_FAILED:
		break;
	}
	return JSCAN_ERROR;
}

bool jscan_skip(struct jscan *s, enum jscan_token token)
{
	if (token == JSCAN_KEY)
		token = jscan_next(s);
	if (token == JSCAN_OBJECT || token == JSCAN_ARRAY) {
		for (unsigned outside = s->depth - 1; s->depth > outside;) {
			if (jscan_next(s) == JSCAN_ERROR)
				return false;
		}
	}
	return token != JSCAN_ERROR && token != JSCAN_END;
}

bool jscan_leap(struct jscan *s, enum jscan_token token)
{
	if (token == JSCAN_KEY)
		token = jscan_next(s);
	if (token != JSCAN_OBJECT && token != JSCAN_ARRAY)
		return token != JSCAN_ERROR && token != JSCAN_END;
	const char *bracket = s->at - 1;
	size_t len = jcut_value(sv_from(bracket, (size_t)(s->end - bracket)));
	if (len == 0) {
		(void)fail(s, s->end, "expected ']' or '}'");
		return false;
	}
	(void)ascend(s, bracket + len - 1);
	return true;
}

static uint32_t hex4(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
		value = value << 4 | (uint32_t)digit;
	}
	return value;
}

/* Decodes one character from the front of *raw into out (at most 4 bytes) and moves on. Half
 * surrogate pairs and bytes that are not UTF-8 become U+FFFD each. */
static size_t take_character(struct sv *raw, char out[4])
{
	static const char names[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";

	if (raw->ptr[0] != '\\') {
		size_t len = utf8_char_len(*raw);
		struct sv taken = sv_take(*raw, len ? len : 1);
		*raw = sv_skip(*raw, taken.len);
		if (len == 0)
			return utf8_encode(UINT32_MAX, out);
		memcpy(out, taken.ptr, len);
		return len;
	}
	char kind = raw->ptr[1];
	if (kind != 'u') {
		const char *name = strchr(names, kind);
		*raw = sv_skip(*raw, 2);
		out[0] = name ? values[name - names] : kind;
		return 1;
	}
	uint32_t unit = hex4(raw->ptr + 2);
	*raw = sv_skip(*raw, 6);
	if (unit >= 0xd800 && unit < 0xdc00 && raw->len >= 6 && raw->ptr[0] == '\\' &&
		raw->ptr[1] == 'u') {
		uint32_t low = hex4(raw->ptr + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			*raw = sv_skip(*raw, 6);
			unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return utf8_encode(unit, out);
}

struct sv jscan_string(const struct jscan *s, struct arena *a)
{
	struct sv raw = s->text;
	size_t len = 0;

	if (!s->escaped)
		return raw;
	/* Each raw byte becomes at most 3: a bad byte turns into U+FFFD. */
	char *text = raw.len > SIZE_MAX / 4 ? NULL : arena_alloc(a, raw.len * 3 + 4);
	if (!text)
		return SV_NULL;
	while (raw.len > 0)
		len += take_character(&raw, text + len);
	return sv_from(text, len);
}

bool jscan_is(const struct jscan *s, struct sv text)
{
	struct sv raw = s->text;
	char piece[4];

	if (!s->escaped)
		return sv_eq(raw, text);
	while (raw.len > 0) {
		size_t len = take_character(&raw, piece);
		if (!sv_has_prefix(text, sv_from(piece, len)))
			return false;
		text = sv_skip(text, len);
	}
	return text.len == 0;
}

void jscan_where(const struct jscan *s, const char *place, uint32_t *ret_line, uint32_t *ret_column)
{
	const char *line_start = s->start;
	uint32_t line = 1;

	for (const char *p = s->start; p < place; p++) {
		if (*p == '\n') {
			line++;
			line_start = p + 1;
		}
	}
	*ret_line = line;
	*ret_column = (uint32_t)(place - line_start) + 1;
}

enum error_kind jscan_error(const struct jscan *s, struct error *err)
{
	uint32_t line, column;

	if (s->state != STATE_FAILED)
		return error_set(err, ERR_BUG, "no error in this JSON text");
	jscan_where(s, s->at, &line, &column);
	if (s->problem == too_deep)
		return error_set(err, ERR_LIMIT, "line %u, column %u: nested deeper than %u levels",
			line, column, LIMIT_NESTING);
	return error_set(err, ERR_INVALID, "line %u, column %u: %s%s", line, column, s->problem,
		s->at == s->end ? ", but the text ends" : "");
}
