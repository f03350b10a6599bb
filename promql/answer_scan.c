/* The grammar of RFC 8259 over a text in memory. */
#include "promql/answer_scan.h"

#include "common/jscan.h"

bool answer_scan_fail(struct answer_scan *s, const char *problem)
{
	if (!s->problem)
		s->problem = problem;
	return false;
}

static inline void skip_blanks(struct answer_scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

char answer_scan_peek(struct answer_scan *s)
{
	skip_blanks(s);
	return s->at < s->end ? *s->at : 0;
}

bool answer_scan_expect(struct answer_scan *s, char c)
{
	if (s->at >= s->end || *s->at != c) {
		skip_blanks(s);
		if (s->at >= s->end || *s->at != c)
			return answer_scan_fail(s, c == '{'   ? "an object"
						   : c == '[' ? "a list"
						   : c == '}' ? "'}'"
						   : c == ']' ? "']'"
						   : c == ':' ? "':'"
							      : "','");
	}
	s->at++;
	return true;
}

static bool check_escape(struct answer_scan *s)
{
	s->at++;
	if (s->at >= s->end)
		return answer_scan_fail(s, "the end of a string");
	if (*s->at == 'u') {
		for (unsigned i = 0; i < 4; i++) {
			s->at++;
			if (s->at >= s->end)
				return answer_scan_fail(s, "the end of a string");
			char c = *s->at;

			if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f')))
				return answer_scan_fail(s, "a hexadecimal digit");
		}
	} else if (!*s->at || !strchr("\"\\/bfnrt", *s->at)) {
		return answer_scan_fail(s, "an escape sequence");
	}
	s->at++;
	return true;
}

bool answer_scan_string(struct answer_scan *s, struct answer_text *ret)
{
	if (answer_scan_peek(s) != '"')
		return answer_scan_fail(s, "a string");
	const char *begin = ++s->at;

	ret->decode = false;
	for (;;) {
		uint64_t word;

		while (s->end - s->at >= 8) {
			memcpy(&word, s->at, sizeof(word));
			if (answer_scan_special_bytes(word))
				break;
			s->at += 8;
		}
		while (s->at < s->end && *s->at >= ' ' && *s->at != '"' && *s->at != '\\')
			s->at++;
		if (s->at >= s->end)
			return answer_scan_fail(s, "the end of a string");
		if (*s->at == '"')
			break;
		ret->decode = true;
		if (*s->at == '\\') {
			if (!check_escape(s))
				return false;
		} else if ((unsigned char)*s->at >= 0x80) {
			s->at++;
		} else {
			return answer_scan_fail(s, "no control character in a string");
		}
	}
	ret->raw = sv_from(begin, (size_t)(s->at - begin));
	s->at++;
	return true;
}

static bool is_digit(const struct answer_scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool skip_digits(struct answer_scan *s)
{
	if (!is_digit(s))
		return answer_scan_fail(s, "a digit");
	while (is_digit(s))
		s->at++;
	return true;
}

static bool skip_exponent(struct answer_scan *s)
{
	if (s->at >= s->end || (*s->at | 32) != 'e')
		return true;
	s->at++;
	if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
		s->at++;
	return skip_digits(s);
}

bool answer_scan_number(struct answer_scan *s, struct sv *ret)
{
	char c = answer_scan_peek(s);
	const char *begin = s->at;

	if (c == '-')
		s->at++;
	else if (c < '0' || c > '9')
		return answer_scan_fail(s, "a number");
	if (s->at < s->end && *s->at == '0')
		s->at++;
	else if (!skip_digits(s))
		return false;
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!skip_digits(s))
			return false;
	}
	if (!skip_exponent(s))
		return false;
	*ret = sv_from(begin, (size_t)(s->at - begin));
	return true;
}

static bool take_word(struct answer_scan *s, struct sv word)
{
	if (!sv_has_prefix(sv_from(s->at, (size_t)(s->end - s->at)), word))
		return false;
	s->at += word.len;
	return true;
}

bool answer_scan_null(struct answer_scan *s)
{
	return answer_scan_peek(s) == 'n' && take_word(s, SV("null"));
}

static bool skip_scalar(struct answer_scan *s)
{
	struct answer_text text;
	struct sv number;

	switch (answer_scan_peek(s)) {
	case '"':
		return answer_scan_string(s, &text);
	case 't':
		return take_word(s, SV("true")) || answer_scan_fail(s, "a value");
	case 'f':
		return take_word(s, SV("false")) || answer_scan_fail(s, "a value");
	case 'n':
		return take_word(s, SV("null")) || answer_scan_fail(s, "a value");
	default:
		return answer_scan_number(s, &number);
	}
}

/* Behind a value: consumes the comma, or the brackets that close. False with *ret_done when the outermost closed. */
struct nesting {
	unsigned char is_object[ANSWER_SCAN_MAX_DEPTH / 8 + 1];
	unsigned depth;
};

static bool in_object(const struct nesting *n)
{
	unsigned at = n->depth - 1;

	return n->is_object[at / 8] >> (at % 8) & 1;
}

static bool open_level(struct answer_scan *s, struct nesting *n, bool object)
{
	unsigned at = n->depth;

	if (at >= ANSWER_SCAN_MAX_DEPTH)
		return answer_scan_fail(s, "less nesting");
	s->at++;
	n->depth++;
	n->is_object[at / 8] = (unsigned char)((n->is_object[at / 8] & ~(1u << at % 8)) |
					       (unsigned)object << at % 8);
	return true;
}

static bool skip_key(struct answer_scan *s)
{
	struct answer_text key;

	return answer_scan_string(s, &key) && answer_scan_expect(s, ':');
}

/* One value, or the opening of one; true when a value is complete in *ret_complete. */
static bool skip_start(struct answer_scan *s, struct nesting *n, bool *ret_complete)
{
	char c = answer_scan_peek(s);
	char close = c == '{' ? '}' : ']';

	*ret_complete = true;
	if (c != '{' && c != '[')
		return skip_scalar(s);
	if (!open_level(s, n, c == '{'))
		return false;
	if (answer_scan_peek(s) == close) {
		s->at++;
		n->depth--;
		return true;
	}
	*ret_complete = false;
	return c == '[' || skip_key(s);
}

bool answer_scan_skip(struct answer_scan *s)
{
	struct nesting n;
	bool complete;

	n.depth = 0;
	do {
		if (!skip_start(s, &n, &complete))
			return false;
		while (complete && n.depth > 0) {
			bool object = in_object(&n);
			char c = answer_scan_peek(s);

			if (c == (object ? '}' : ']')) {
				s->at++;
				n.depth--;
				continue;
			}
			if (c != ',')
				return answer_scan_fail(s, object ? "',' or '}'" : "',' or ']'");
			s->at++;
			if (object && !skip_key(s))
				return false;
			break;
		}
	} while (n.depth > 0);
	return true;
}

bool answer_scan_end(struct answer_scan *s)
{
	skip_blanks(s);
	return s->at == s->end || answer_scan_fail(s, "the end of the answer");
}

bool answer_scan_member(
	struct answer_scan *s, bool *first, struct answer_text *ret_key, bool *ret_close)
{
	char c = answer_scan_peek(s);

	*ret_close = c == '}';
	if (*ret_close) {
		s->at++;
		return false;
	}
	if (!*first) {
		if (c != ',')
			return answer_scan_fail(s, "',' or '}'");
		s->at++;
	}
	*first = false;
	return answer_scan_string(s, ret_key) && answer_scan_expect(s, ':');
}

bool answer_scan_element(struct answer_scan *s, bool *first, bool *ret_close)
{
	char c = answer_scan_peek(s);

	*ret_close = c == ']';
	if (*ret_close) {
		s->at++;
		return false;
	}
	if (!*first) {
		if (c != ',')
			return answer_scan_fail(s, "',' or ']'");
		s->at++;
	}
	*first = false;
	return true;
}

struct sv answer_scan_decode(struct answer_text text, struct arena *a)
{
	struct jscan scan = { .text = text.raw, .escaped = text.decode };

	return jscan_string(&scan, a);
}
