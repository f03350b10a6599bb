/* Template text -> tokens, one at a time, as Go's text/template/parse does: text up to "<<", then the inside of an action up to
 * ">>", with trim markers and comments. An error is a token too; the parser decides what to say. */
#include "promql/template_tree.h"
#include "promql/unicode.h"

#define END_OF_INPUT UINT32_MAX

static const struct sv LEFT = { "<<", 2 }, RIGHT = { ">>", 2 };

void template_lex_init(struct template_lexer *l, struct arena *a, struct sv input)
{
	*l = (struct template_lexer){ .arena = a, .input = input };
}

static struct sv rest(const struct template_lexer *l)
{
	return sv_skip(l->input, l->pos);
}

static uint32_t peek(const struct template_lexer *l, size_t *ret_len)
{
	uint32_t rune;
	size_t ignored;

	if (!ret_len)
		ret_len = &ignored;
	if (l->pos >= l->input.len) {
		*ret_len = 0;
		return END_OF_INPUT;
	}
	*ret_len = unicode_decode(l->input.ptr + l->pos, l->input.len - l->pos, &rune);
	return rune;
}

static uint32_t advance(struct template_lexer *l)
{
	size_t n;
	uint32_t rune = peek(l, &n);

	l->pos += n;
	return rune;
}

static bool is_space(uint32_t rune)
{
	return rune == ' ' || rune == '\t' || rune == '\r' || rune == '\n';
}

static bool is_alphanumeric(uint32_t rune)
{
	return rune != END_OF_INPUT &&
	       (rune == '_' || unicode_is_letter(rune) || unicode_is_digit(rune));
}

static bool is_in(uint32_t rune, const char *set)
{
	return rune != 0 && rune < 0x80 && strchr(set, (int)rune);
}

static struct template_item emit(struct template_lexer *l, enum template_token kind)
{
	struct template_item item = { kind, l->start,
		sv_from(l->input.ptr + l->start, l->pos - l->start) };

	l->start = l->pos;
	return item;
}

/* The rest of the input is dropped: what follows an error is never read. */
static struct template_item fail(struct template_lexer *l, const char *message)
{
	struct template_item item = { TEMPLATE_TOKEN_ERROR, l->start, sv_of(message) };

	l->input.len = 0;
	l->pos = l->start = 0;
	return item;
}

static struct template_item fail_rune(struct template_lexer *l, const char *what, uint32_t rune)
{
	char utf8[5] = "";
	const char *message;

	if (unicode_is_print(rune) && unicode_encode(utf8, rune))
		message = arena_printf(l->arena, "%s U+%04X '%s'", what, (unsigned)rune, utf8);
	else
		message = arena_printf(l->arena, "%s U+%04X", what, (unsigned)rune);
	return fail(l, message ? message : what);
}

static bool has_left_trim(struct sv s)
{
	return s.len >= 2 && s.ptr[0] == '-' && is_space((unsigned char)s.ptr[1]);
}

static bool has_right_trim(struct sv s)
{
	return s.len >= 2 && is_space((unsigned char)s.ptr[0]) && s.ptr[1] == '-';
}

/* Whether the action ends here, possibly with a trim marker. */
static bool at_right(const struct template_lexer *l, bool *ret_trim)
{
	*ret_trim = has_right_trim(rest(l)) && sv_has_prefix(sv_skip(rest(l), 2), RIGHT);
	return *ret_trim || sv_has_prefix(rest(l), RIGHT);
}

static void skip_spaces(struct template_lexer *l)
{
	while (l->pos < l->input.len && is_space((unsigned char)l->input.ptr[l->pos]))
		l->pos++;
}

/* A comment, behind its "<<": false when it is not closed properly, *ret_error then. */
static bool skip_comment(struct template_lexer *l, struct template_item *ret_error)
{
	size_t close;
	bool trim;

	l->pos += 2;
	close = sv_find_sv(rest(l), SV("*/"));
	if (close == rest(l).len) {
		*ret_error = fail(l, "unclosed comment");
		return false;
	}
	l->pos += close + 2;
	if (!at_right(l, &trim)) {
		*ret_error = fail(l, "comment ends before closing delimiter");
		return false;
	}
	l->pos += trim ? 2 + RIGHT.len : RIGHT.len;
	if (trim)
		skip_spaces(l);
	l->start = l->pos;
	return true;
}

static struct template_item lex_text(struct template_lexer *l)
{
	for (;;) {
		size_t at = sv_find_sv(rest(l), LEFT);

		if (at == rest(l).len) {
			l->pos = l->input.len;
			return emit(
				l, l->pos > l->start ? TEMPLATE_TOKEN_TEXT : TEMPLATE_TOKEN_EOF);
		}
		if (at > 0) {
			size_t end = l->pos + at;

			l->pos = end;
			if (has_left_trim(sv_skip(l->input, end + LEFT.len)))
				while (l->pos > l->start &&
					is_space((unsigned char)l->input.ptr[l->pos - 1]))
					l->pos--;
			struct template_item text = emit(l, TEMPLATE_TOKEN_TEXT);

			l->pos = l->start = end;
			if (text.text.len)
				return text;
		}
		size_t marker = has_left_trim(sv_skip(l->input, l->pos + LEFT.len)) ? 2 : 0;

		if (sv_has_prefix(sv_skip(l->input, l->pos + LEFT.len + marker), SV("/*"))) {
			struct template_item error;

			l->pos += LEFT.len + marker;
			l->start = l->pos;
			if (!skip_comment(l, &error))
				return error;
			continue;
		}
		l->pos += LEFT.len;
		struct template_item item = emit(l, TEMPLATE_TOKEN_LEFT_DELIM);

		l->inside_action = true;
		l->pos += marker;
		l->start = l->pos;
		l->paren_depth = 0;
		return item;
	}
}

static struct template_item lex_right(struct template_lexer *l)
{
	bool trim;

	(void)at_right(l, &trim);
	if (trim)
		l->start = l->pos += 2;
	l->pos += RIGHT.len;
	struct template_item item = emit(l, TEMPLATE_TOKEN_RIGHT_DELIM);

	if (trim) {
		skip_spaces(l);
		l->start = l->pos;
	}
	l->inside_action = false;
	return item;
}

/* Blanks; the last one may belong to a closing trim marker. */
static struct template_item lex_space(struct template_lexer *l)
{
	size_t n = 0;

	for (; is_space(peek(l, NULL)); n++)
		l->pos++;
	if (has_right_trim(sv_skip(l->input, l->pos - 1)) &&
		sv_has_prefix(sv_skip(l->input, l->pos + 1), RIGHT)) {
		l->pos--;
		if (n == 1)
			return lex_right(l);
	}
	return emit(l, TEMPLATE_TOKEN_SPACE);
}

/* Whether an identifier may end here. */
static bool at_terminator(const struct template_lexer *l)
{
	uint32_t rune = peek(l, NULL);

	return is_space(rune) || rune == END_OF_INPUT || is_in(rune, ".,|:)(") ||
	       sv_has_prefix(rest(l), RIGHT);
}

/* ".Field" or "$variable", behind its first character. */
static struct template_item lex_field(struct template_lexer *l, enum template_token kind)
{
	size_t n;

	if (at_terminator(l))
		return emit(l, kind == TEMPLATE_TOKEN_VARIABLE ? kind : TEMPLATE_TOKEN_DOT);
	while (is_alphanumeric(peek(l, &n)))
		l->pos += n;
	if (!at_terminator(l))
		return fail_rune(l, "bad character", peek(l, NULL));
	return emit(l, kind);
}

static enum template_token word_kind(struct sv word)
{
	static const struct {
		const char *word;
		enum template_token kind;
	} words[] = {
		{ "block", TEMPLATE_TOKEN_BLOCK },
		{ "break", TEMPLATE_TOKEN_BREAK },
		{ "continue", TEMPLATE_TOKEN_CONTINUE },
		{ "define", TEMPLATE_TOKEN_DEFINE },
		{ "else", TEMPLATE_TOKEN_ELSE },
		{ "end", TEMPLATE_TOKEN_END },
		{ "if", TEMPLATE_TOKEN_IF },
		{ "nil", TEMPLATE_TOKEN_NIL },
		{ "range", TEMPLATE_TOKEN_RANGE },
		{ "template", TEMPLATE_TOKEN_TEMPLATE },
		{ "with", TEMPLATE_TOKEN_WITH },
		{ "true", TEMPLATE_TOKEN_BOOL },
		{ "false", TEMPLATE_TOKEN_BOOL },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_is(word, words[i].word))
			return words[i].kind;
	return TEMPLATE_TOKEN_IDENTIFIER;
}

static struct template_item lex_word(struct template_lexer *l)
{
	size_t n;

	while (is_alphanumeric(peek(l, &n)))
		l->pos += n;
	if (!at_terminator(l))
		return fail_rune(l, "bad character", peek(l, NULL));
	return emit(l, word_kind(sv_from(l->input.ptr + l->start, l->pos - l->start)));
}

/* A quoted text, behind its quote. */
static struct template_item lex_quoted(struct template_lexer *l, uint32_t quote,
	enum template_token kind, const char *unterminated)
{
	for (;;) {
		uint32_t rune = advance(l);

		if (rune == quote)
			return emit(l, kind);
		if (rune == '\\' && quote != '`')
			rune = advance(l);
		if (rune == END_OF_INPUT || (rune == '\n' && quote != '`'))
			return fail(l, unterminated);
	}
}

static bool accept(struct template_lexer *l, const char *set)
{
	size_t n;

	if (!is_in(peek(l, &n), set))
		return false;
	l->pos += n;
	return true;
}

/* The shape of a number; its value is the parser's business. */
static bool scan_number(struct template_lexer *l)
{
	const char *digits = "0123456789_";
	bool hex = false, decimal = true;

	accept(l, "+-");
	if (accept(l, "0")) {
		if (accept(l, "xX")) {
			digits = "0123456789abcdefABCDEF_";
			hex = true;
		} else if (accept(l, "oO")) {
			digits = "01234567_";
			decimal = false;
		} else if (accept(l, "bB")) {
			digits = "01_";
			decimal = false;
		}
	}
	while (accept(l, digits))
		;
	if (accept(l, "."))
		while (accept(l, digits))
			;
	if ((decimal && !hex && accept(l, "eE")) || (hex && accept(l, "pP"))) {
		accept(l, "+-");
		while (accept(l, "0123456789_"))
			;
	}
	accept(l, "i");
	if (is_alphanumeric(peek(l, NULL))) {
		advance(l);
		return false;
	}
	return true;
}

static struct template_item lex_number(struct template_lexer *l)
{
	bool good = scan_number(l);
	enum template_token kind = TEMPLATE_TOKEN_NUMBER;

	if (good && is_in(peek(l, NULL), "+-")) {
		kind = TEMPLATE_TOKEN_COMPLEX;
		good = scan_number(l) && l->input.ptr[l->pos - 1] == 'i';
	}
	if (good)
		return emit(l, kind);

	struct buf quoted;

	buf_init(&quoted, 8 * TEMPLATE_MAX_BYTES);
	template_format_printf(&quoted, SV("bad number syntax: %q"),
		&(struct template_value){ .kind = TEMPLATE_STRING,
			.text = sv_from(l->input.ptr + l->start, l->pos - l->start) },
		1);
	const char *message = arena_strdup(l->arena, buf_sv(&quoted));

	buf_done(&quoted);
	return fail(l, message ? message : "bad number syntax");
}

/* A dot in front of a digit, or of the end, begins a number. */
static bool at_number(const struct template_lexer *l)
{
	if (peek(l, NULL) != '.')
		return is_in(peek(l, NULL), "+-0123456789");
	uint32_t after = l->pos + 1 < l->input.len ? (unsigned char)l->input.ptr[l->pos + 1] : '0';

	return after >= '0' && after <= '9';
}

static struct template_item lex_paren(struct template_lexer *l, bool left)
{
	if (left) {
		l->paren_depth++;
		return emit(l, TEMPLATE_TOKEN_LEFT_PAREN);
	}
	if (--l->paren_depth < 0)
		return fail(l, "unexpected right paren");
	return emit(l, TEMPLATE_TOKEN_RIGHT_PAREN);
}

/* What begins with a character that says it all; that one is consumed. */
static struct template_item lex_mark(struct template_lexer *l, uint32_t rune)
{
	switch (rune) {
	case '=':
		return emit(l, TEMPLATE_TOKEN_ASSIGN);
	case ':':
		if (advance(l) != '=')
			return fail(l, "expected :=");
		return emit(l, TEMPLATE_TOKEN_DECLARE);
	case '|':
		return emit(l, TEMPLATE_TOKEN_PIPE);
	case '"':
		return lex_quoted(l, '"', TEMPLATE_TOKEN_STRING, "unterminated quoted string");
	case '`':
		return lex_quoted(
			l, '`', TEMPLATE_TOKEN_RAW_STRING, "unterminated raw quoted string");
	case '\'':
		return lex_quoted(
			l, '\'', TEMPLATE_TOKEN_CHAR_CONSTANT, "unterminated character constant");
	case '$':
		return lex_field(l, TEMPLATE_TOKEN_VARIABLE);
	case '.':
		return lex_field(l, TEMPLATE_TOKEN_FIELD);
	case '(':
	case ')':
		return lex_paren(l, rune == '(');
	default:
		if (rune < 0x80 && unicode_is_print(rune))
			return emit(l, TEMPLATE_TOKEN_CHAR);
		return fail_rune(l, "unrecognized character in action:", rune);
	}
}

static struct template_item lex_action(struct template_lexer *l)
{
	size_t n;
	bool trim;
	uint32_t rune = peek(l, &n);

	if (at_right(l, &trim))
		return l->paren_depth ? fail(l, "unclosed left paren") : lex_right(l);
	if (rune == END_OF_INPUT)
		return fail(l, "unclosed action");
	if (is_space(rune))
		return lex_space(l);
	if (at_number(l))
		return lex_number(l);
	if (is_alphanumeric(rune))
		return lex_word(l);
	l->pos += n;
	return lex_mark(l, rune);
}

struct template_item template_lex_next(struct template_lexer *l)
{
	return l->inside_action ? lex_action(l) : lex_text(l);
}
