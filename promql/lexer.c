/* Modes as in the reference: statements; braces; the inside of brackets up to the first number ("duration mode"). After that number
 * the statement mode goes on with bracket_open set. Positions are bytes. */
#include "promql/lexer.h"

#include "promql/quote.h"
#include "promql/unicode.h"

#define END_OF_INPUT UINT32_MAX

void lexer_init(struct lexer *l, struct arena *a, struct sv input)
{
	*l = (struct lexer){
		.arena = a, .input = input.ptr ? input.ptr : "", .len = (uint32_t)input.len
	};
}

/* Bytes up to 0x7F stand for themselves; what matters in the grammar is ASCII. 0 at the end and for a NUL, which differ by at_end. */
static inline unsigned char peek(const struct lexer *l)
{
	return l->pos < l->len ? (unsigned char)l->input[l->pos] : 0;
}

static inline bool at_end(const struct lexer *l)
{
	return l->pos >= l->len;
}

/* The code point at pos, for messages. */
static uint32_t peek_rune(const struct lexer *l, size_t *ret_len)
{
	uint32_t rune = END_OF_INPUT;

	*ret_len = at_end(l) ? 0 : unicode_decode(l->input + l->pos, l->len - l->pos, &rune);
	return rune;
}

enum class { CLASS_DIGIT = 1, CLASS_ALPHA = 2, CLASS_SPACE = 4, CLASS_COLON = 8 };

#define D CLASS_DIGIT
#define A CLASS_ALPHA
#define S CLASS_SPACE
static const unsigned char CLASSES[128] = {
	['\t'] = S,
	['\n'] = S,
	['\r'] = S,
	[' '] = S,
	[':'] = CLASS_COLON,
	['_'] = A,
	['0'] = D,
	D,
	D,
	D,
	D,
	D,
	D,
	D,
	D,
	D,
	['A'] = A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	['a'] = A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
	A,
};
#undef D
#undef A
#undef S

static inline bool is_a(unsigned char c, unsigned classes)
{
	return c < 128 && CLASSES[c] & classes;
}

static inline bool peek_is(const struct lexer *l, unsigned classes)
{
	return is_a(peek(l), classes);
}

static struct token emit(struct lexer *l, enum token_kind kind)
{
	struct token t = { kind, l->start, sv_from(l->input + l->start, l->pos - l->start) };

	l->last_pos = l->start;
	l->start = l->pos;
	return t;
}

static struct token emit_next(struct lexer *l, enum token_kind kind)
{
	l->pos++;
	return emit(l, kind);
}

/* The error token; nothing follows it, except inside of a string. */
static struct token fail_text(struct lexer *l, const char *message)
{
	l->ended = l->quote == 0;
	l->last_pos = l->start;
	l->no_memory |= !message;
	return (struct token){ TOKEN_ERROR, l->start, sv_of(message ? message : "out of memory") };
}

/* A message with %q of a code point behind it, and an end. */
static struct token fail_rune(struct lexer *l, const char *message, uint32_t rune, const char *end)
{
	char text[128];
	struct buf out;

	buf_init(&out, sizeof(text));
	buf_put_str(&out, message);
	quote_print_rune(&out, rune);
	buf_put_str(&out, end);
	struct token t = fail_text(l, out.failed ? NULL : arena_strdup(l->arena, buf_sv(&out)));

	buf_done(&out);
	return t;
}

static struct token fail_here(struct lexer *l, const char *message)
{
	size_t n;

	return fail_rune(l, message, peek_rune(l, &n), "");
}

/* U+0063 'c' */
static struct token fail_code_point(
	struct lexer *l, const char *message, uint32_t rune, const char *end)
{
	char utf8[5] = "";

	if (!unicode_is_print(rune))
		return fail_text(
			l, arena_printf(l->arena, "%s U+%04X%s", message, (unsigned)rune, end));
	unicode_encode(utf8, rune);
	return fail_text(
		l, arena_printf(l->arena, "%s U+%04X '%s'%s", message, (unsigned)rune, utf8, end));
}

static inline bool accept(struct lexer *l, char c)
{
	if (at_end(l) || l->input[l->pos] != c)
		return false;
	l->pos++;
	return true;
}

static bool accept_any(struct lexer *l, const char *set)
{
	unsigned char c = peek(l);

	if (!c || !strchr(set, c))
		return false;
	l->pos++;
	return true;
}

static int digit_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return 16;
}

/* The digits of an escape: false when *ret_error is the token to return. */
static bool lex_escape_digits(
	struct lexer *l, unsigned n, int base, uint32_t max, struct token *ret_error)
{
	uint32_t value = 0;

	for (; n > 0; n--) {
		int digit = digit_value(peek(l));
		size_t len;
		uint32_t rune = peek_rune(l, &len);

		l->pos += (uint32_t)len;
		if (digit >= base) {
			*ret_error = rune == END_OF_INPUT
					     ? fail_text(l, "escape sequence not terminated")
					     : fail_code_point(l, "illegal character", rune,
						       " in escape sequence");
			return false;
		}
		value = value * (uint32_t)base + (uint32_t)digit;
	}
	if (value <= max && !(value >= 0xD800 && value < 0xE000))
		return true;
	*ret_error = fail_text(l, "escape sequence is an invalid Unicode code point");
	return false;
}

/* Behind a backslash. */
static bool lex_escape(struct lexer *l, struct token *ret_error)
{
	size_t len;
	uint32_t rune = peek_rune(l, &len);

	if (rune < 0x80 &&
		(rune == (unsigned char)l->quote || (rune && strchr("abfnrtv\\", (int)rune)))) {
		l->pos++;
		return true;
	}
	if (rune >= '0' && rune <= '7')
		return lex_escape_digits(l, 3, 8, 255, ret_error);
	l->pos += (uint32_t)len;
	switch (rune) {
	case 'x':
		return lex_escape_digits(l, 2, 16, 255, ret_error);
	case 'u':
		return lex_escape_digits(l, 4, 16, UNICODE_MAX, ret_error);
	case 'U':
		return lex_escape_digits(l, 8, 16, UNICODE_MAX, ret_error);
	case END_OF_INPUT:
		*ret_error = fail_text(l, "escape sequence not terminated");
		return false;
	default:
		*ret_error = fail_code_point(l, "unknown escape sequence", rune, "");
		return false;
	}
}

/* The rest of a string behind its quote, or behind an error in it. */
static struct token lex_string(struct lexer *l)
{
	struct token error;

	for (;;) {
		unsigned char c = peek(l);

		if (at_end(l) || (c == '\n' && l->quote != '`')) {
			/* An unterminated raw string is found again and again; nobody asks again. */
			bool raw = l->quote == '`';

			l->quote = 0;
			return fail_text(
				l, raw ? "unterminated raw string" : "unterminated quoted string");
		}
		if (c == (unsigned char)l->quote) {
			l->quote = 0;
			return emit_next(l, TOKEN_STRING);
		}
		if (c < 0x80) {
			l->pos++;
			if (c == '\\' && l->quote != '`' && !lex_escape(l, &error))
				return error;
			continue;
		}
		size_t n;
		uint32_t rune = peek_rune(l, &n);

		l->pos += (uint32_t)n;
		if (rune == UNICODE_BAD)
			return fail_text(l, "invalid UTF-8 rune");
	}
}

/* A number under way. */
struct number_scan {
	const char *digits;
	bool hex, dot, exponent;
};

/* A dot, an "e" or an underscore: false when it cannot stand there. */
static bool scan_mark(struct lexer *l, struct number_scan *n)
{
	unsigned char c = peek(l);

	l->pos++;
	if (c == '.') {
		if (n->dot || accept_any(l, "_.") || n->hex)
			return false;
		n->dot = true;
		return true;
	}
	if (c != '_') {
		if (n->exponent)
			return false;
		n->exponent = true;
		accept_any(l, "+-");
	}
	return !accept_any(l, "._eE") && !at_end(l);
}

/* Digits, one dot, one exponent, underscores: false when it is no number, with pos where the scan gave up. (As in the reference an "e"
 * that follows the first digit of a hexadecimal number counts as an exponent: 0x1e is none.) */
static bool scan_number(struct lexer *l)
{
	struct number_scan n = { .digits = "0123456789" };
	uint32_t begin = l->pos;

	if (accept(l, '0') && accept_any(l, "xX")) {
		accept(l, '_');
		n.digits = "0123456789abcdefABCDEF";
		n.hex = true;
	}
	accept(l, '.');
	accept_any(l, n.digits);
	for (;;) {
		unsigned char c = peek(l);

		if (c && strchr("._eE", c)) {
			if (!scan_mark(l, &n))
				return false;
		} else if (accept_any(l, n.digits)) {
			while (accept_any(l, n.digits))
				;
		} else {
			break;
		}
	}
	return l->pos > begin && !peek_is(l, CLASS_ALPHA | CLASS_DIGIT);
}

/* The unit behind digits, and more pairs of digits and unit. */
static bool scan_duration(struct lexer *l)
{
	if (!accept_any(l, "smhdwy"))
		return false;
	accept(l, 's');
	while (peek_is(l, CLASS_DIGIT)) {
		while (peek_is(l, CLASS_DIGIT))
			l->pos++;
		if (!accept_any(l, "smhdw"))
			return false;
		accept(l, 's');
	}
	if (!peek_is(l, CLASS_ALPHA | CLASS_DIGIT))
		return true;
	l->pos++;
	return false;
}

static struct token lex_number(struct lexer *l)
{
	l->in_duration = false;
	/* Plain digits, the usual case. */
	while (peek_is(l, CLASS_DIGIT))
		l->pos++;
	bool plain = l->pos > l->start && l->input[l->start] != '0' && !peek_is(l, CLASS_ALPHA) &&
		     peek(l) != '.';

	if (plain)
		return emit(l, TOKEN_NUMBER);
	l->pos = l->start;
	if (scan_number(l))
		return emit(l, TOKEN_NUMBER);
	if (scan_duration(l))
		return emit(l, TOKEN_DURATION);
	struct buf out;

	buf_init(&out, 8 * (size_t)(l->pos - l->start) + 64);
	buf_put_str(&out, "bad number or duration syntax: ");
	quote_print(&out, sv_from(l->input + l->start, l->pos - l->start));
	struct token t = fail_text(l, out.failed ? NULL : arena_strdup(l->arena, buf_sv(&out)));

	buf_done(&out);
	return t;
}

/* fill, fill_left and fill_right are keywords only in front of "(". */
static bool is_followed_by_paren(const struct lexer *l)
{
	uint32_t pos = l->pos;

	while (pos < l->len && is_a((unsigned char)l->input[pos], CLASS_SPACE))
		pos++;
	return pos < l->len && l->input[pos] == '(';
}

static struct token lex_word(struct lexer *l)
{
	bool colon = false;

	while (peek_is(l, CLASS_ALPHA | CLASS_DIGIT | CLASS_COLON)) {
		colon = colon || l->input[l->pos] == ':';
		l->pos++;
	}
	if (colon)
		return emit(l, TOKEN_METRIC_IDENTIFIER);
	enum token_kind kind = token_find_keyword(sv_from(l->input + l->start, l->pos - l->start));

	if ((kind == TOKEN_FILL || kind == TOKEN_FILL_LEFT || kind == TOKEN_FILL_RIGHT) &&
		!is_followed_by_paren(l))
		kind = TOKEN_IDENTIFIER;
	return emit(l, kind);
}

/* step, range, max_of and min_of inside of brackets: false when it is another word, with pos behind it. */
static bool lex_duration_word(struct lexer *l, struct token *ret)
{
	unsigned char first = peek(l) | 32;

	l->pos++;
	if (first != 's' && first != 'r' && first != 'm')
		return false;
	while (peek_is(l, CLASS_ALPHA))
		l->pos++;
	enum token_kind kind = token_find_keyword(sv_from(l->input + l->start, l->pos - l->start));

	if (kind != TOKEN_STEP && kind != TOKEN_RANGE && kind != TOKEN_MAX_OF &&
		kind != TOKEN_MIN_OF)
		return false;
	*ret = emit(l, kind);
	return true;
}

static struct token lex_right_paren(struct lexer *l)
{
	struct token t = emit_next(l, TOKEN_RIGHT_PAREN);

	if (l->paren_depth == 0)
		return fail_text(l, "unexpected right parenthesis ')'");
	l->paren_depth--;
	return t;
}

static struct token lex_left_bracket(struct lexer *l)
{
	if (l->bracket_open) {
		l->pos++;
		return fail_text(l, "unexpected left bracket '['");
	}
	l->got_colon = false;
	struct token t = emit_next(l, TOKEN_LEFT_BRACKET);

	while (peek_is(l, CLASS_SPACE))
		l->pos++;
	l->start = l->pos;
	l->bracket_open = l->in_duration = true;
	return t;
}

static struct token lex_right_bracket(struct lexer *l)
{
	if (!l->bracket_open) {
		l->pos++;
		return fail_text(l, "unexpected right bracket ']'");
	}
	l->bracket_open = false;
	return emit_next(l, TOKEN_RIGHT_BRACKET);
}

/* Words and colons of statement mode while a bracket is open. */
static struct token lex_word_in_bracket(struct lexer *l)
{
	unsigned char first = peek(l);
	struct token t;

	if (first == ':') {
		if (l->got_colon) {
			l->pos++;
			return fail_text(l, "unexpected colon ':'");
		}
		l->got_colon = true;
		return emit_next(l, TOKEN_COLON);
	}
	if (lex_duration_word(l, &t))
		return t;
	return fail_rune(l, "unexpected character: ", first, ", expected ':'");
}

/* A digit, or a dot in front of one. */
static bool is_number_start(const struct lexer *l)
{
	if (peek_is(l, CLASS_DIGIT))
		return true;
	return peek(l) == '.' && l->pos + 1 < l->len &&
	       is_a((unsigned char)l->input[l->pos + 1], CLASS_DIGIT);
}

static struct token lex_comment(struct lexer *l)
{
	while (!at_end(l) && peek(l) != '\n' && peek(l) != '\r')
		l->pos++;
	return emit(l, TOKEN_COMMENT);
}

/* Operators that can be two characters. */
static struct token lex_comparison(struct lexer *l)
{
	unsigned char c = peek(l);

	l->pos++;
	switch (c) {
	case '=':
		if (accept(l, '='))
			return emit(l, TOKEN_EQLC);
		if (peek(l) == '~')
			return fail_text(l, "unexpected character after '=': '~'");
		return emit(l, TOKEN_EQL);
	case '!':
		if (!accept(l, '='))
			return fail_here(l, "unexpected character after '!': ");
		return emit(l, TOKEN_NEQ);
	case '<':
		return emit(l, accept(l, '=')	? TOKEN_LTE
			       : accept(l, '/') ? TOKEN_TRIM_UPPER
						: TOKEN_LSS);
	default:
		return emit(l, accept(l, '=')	? TOKEN_GTE
			       : accept(l, '/') ? TOKEN_TRIM_LOWER
						: TOKEN_GTR);
	}
}

/* Single characters that are tokens by themselves; TOKEN_ERROR for others. All but "@" are so in duration mode too. */
static enum token_kind arithmetic_kind(unsigned char c)
{
	switch (c) {
	case '+':
		return TOKEN_ADD;
	case '-':
		return TOKEN_SUB;
	case '*':
		return TOKEN_MUL;
	case '/':
		return TOKEN_DIV;
	case '%':
		return TOKEN_MOD;
	case '^':
		return TOKEN_POW;
	case ',':
		return TOKEN_COMMA;
	case '@':
		return TOKEN_AT;
	default:
		return TOKEN_ERROR;
	}
}

static struct token lex_end(struct lexer *l)
{
	if (l->paren_depth)
		return fail_text(l, "unclosed left parenthesis");
	if (l->bracket_open)
		return fail_text(l, "unclosed left bracket");
	l->ended = true;
	return emit(l, TOKEN_EOF);
}

static struct token lex_bracket_or_paren(struct lexer *l, unsigned char c)
{
	switch (c) {
	case '(':
		l->paren_depth++;
		return emit_next(l, TOKEN_LEFT_PAREN);
	case ')':
		return lex_right_paren(l);
	case '{':
		l->brace_open = true;
		return emit_next(l, TOKEN_LEFT_BRACE);
	case '[':
		return lex_left_bracket(l);
	case ']':
		return lex_right_bracket(l);
	default:
		return fail_here(l, "unexpected character: ");
	}
}

static struct token lex_quote(struct lexer *l)
{
	l->quote = (char)peek(l);
	l->pos++;
	return lex_string(l);
}

static struct token lex_statement(struct lexer *l)
{
	unsigned char c = peek(l);

	if (is_a(c, CLASS_ALPHA | CLASS_COLON))
		return l->bracket_open ? lex_word_in_bracket(l) : lex_word(l);
	if (at_end(l))
		return lex_end(l);
	if (is_number_start(l))
		return lex_number(l);
	enum token_kind kind = arithmetic_kind(c);

	if (kind != TOKEN_ERROR)
		return emit_next(l, kind);
	switch (c) {
	case '#':
		return lex_comment(l);
	case '"':
	case '\'':
	case '`':
		return lex_quote(l);
	case '=':
	case '!':
	case '<':
	case '>':
		return lex_comparison(l);
	default:
		return lex_bracket_or_paren(l, c);
	}
}

static struct token lex_brace_operator(struct lexer *l)
{
	if (accept(l, '='))
		return emit(l, accept(l, '~') ? TOKEN_EQL_REGEX : TOKEN_EQL);
	l->pos++; /* ! */
	if (accept(l, '~'))
		return emit(l, TOKEN_NEQ_REGEX);
	if (accept(l, '='))
		return emit(l, TOKEN_NEQ);
	return fail_here(l, "unexpected character after '!' inside braces: ");
}

static struct token lex_brace(struct lexer *l)
{
	unsigned char c = peek(l);

	if (is_a(c, CLASS_ALPHA)) {
		while (peek_is(l, CLASS_ALPHA | CLASS_DIGIT))
			l->pos++;
		return emit(l, TOKEN_IDENTIFIER);
	}
	if (at_end(l))
		return fail_text(l, "unexpected end of input inside braces");
	switch (c) {
	case '#':
		return lex_comment(l);
	case ',':
		return emit_next(l, TOKEN_COMMA);
	case '"':
	case '\'':
	case '`':
		return lex_quote(l);
	case '=':
	case '!':
		return lex_brace_operator(l);
	case '{':
		return fail_text(l, "unexpected left brace '{'");
	case '}':
		l->brace_open = false;
		return emit_next(l, TOKEN_RIGHT_BRACE);
	default:
		return fail_here(l, "unexpected character inside braces: ");
	}
}

static struct token lex_duration(struct lexer *l)
{
	unsigned char c = peek(l);
	enum token_kind kind = arithmetic_kind(c);
	struct token t;

	if (is_number_start(l)) {
		l->got_duration = true;
		return lex_number(l);
	}
	if (kind != TOKEN_ERROR && kind != TOKEN_AT)
		return emit_next(l, kind);
	if (at_end(l))
		return fail_text(l, "unexpected end of input in duration expression");
	switch (c) {
	case ']':
		l->in_duration = l->got_colon = false;
		return lex_right_bracket(l);
	case ':':
		t = emit_next(l, TOKEN_COLON);
		if (!l->got_duration)
			return fail_text(
				l, "unexpected colon before duration in duration expression");
		if (l->got_colon)
			return fail_text(l, "unexpected repeated colon in duration expression");
		l->got_colon = true;
		return t;
	case '(':
		l->paren_depth++;
		return emit_next(l, TOKEN_LEFT_PAREN);
	case ')':
		return lex_right_paren(l);
	default:
		if (is_a(c, CLASS_ALPHA) && lex_duration_word(l, &t))
			return t;
		l->pos = l->start;
		return fail_here(l, "unexpected character in duration expression: ");
	}
}

struct token lexer_next(struct lexer *l)
{
	if (l->quote)
		return lex_string(l);
	if (l->ended) {
		l->start = l->pos;
		return emit(l, TOKEN_EOF);
	}
	while (peek_is(l, CLASS_SPACE))
		l->pos++;
	l->start = l->pos;
	if (l->in_duration)
		return lex_duration(l);
	return l->brace_open ? lex_brace(l) : lex_statement(l);
}
