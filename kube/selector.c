/* Selector text -> requirements. Pure. One token of lookahead; `in` and `notin` are operators only behind a key. The reference reads a NUL
 * byte as the end of a word, or as the end of everything where a word would begin; so do we. Texts longer than the
 * caller's maximum are the caller's business. */
#include "kube/selector.h"

#include "kube/field_error.h"
#include "kube/selector_check.h"

#define IN_REQUIREMENT "unable to parse requirement: "

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_COMMA,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPERATOR, /* = == != > < */
};

struct token {
	enum token_kind kind;
	struct sv text;
};

struct parser {
	struct arena *a;
	struct sv rest;
	struct token next; /* lookahead */
	struct selector_requirement *at;
	size_t n, size;
	struct sv *why;
	struct error *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
	return c == '=' || c == '!' || c == '(' || c == ')' || c == ',' || c == '>' || c == '<';
}

static enum token_kind special_kind(struct sv text)
{
	if (text.len == 2)
		return TOKEN_OPERATOR;
	switch (text.ptr[0]) {
	case ',':
		return TOKEN_COMMA;
	case '!':
		return TOKEN_NOT;
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	default:
		return TOKEN_OPERATOR;
	}
}

static struct token lex(struct parser *p)
{
	struct token t = { TOKEN_END, SV("") };
	size_t n = 1;

	while (p->rest.len > 0 && is_blank(p->rest.ptr[0]))
		p->rest = sv_skip(p->rest, 1);
	if (p->rest.len == 0 || p->rest.ptr[0] == '\0')
		return t;
	if (is_special(p->rest.ptr[0])) {
		if (sv_has_prefix(p->rest, SV("==")) || sv_has_prefix(p->rest, SV("!=")))
			n = 2;
		t.text = sv_take(p->rest, n);
		t.kind = special_kind(t.text);
	} else {
		while (n < p->rest.len && p->rest.ptr[n] != '\0' && !is_blank(p->rest.ptr[n]) &&
			!is_special(p->rest.ptr[n]))
			n++;
		t.text = sv_take(p->rest, n);
		t.kind = TOKEN_WORD;
	}
	p->rest = sv_skip(p->rest, n);
	if (p->rest.len > 0 && p->rest.ptr[0] == '\0')
		p->rest = sv_skip(p->rest, 1);
	return t;
}

static struct token consume(struct parser *p)
{
	struct token t = p->next;
	p->next = lex(p);
	return t;
}

/* INVALID with a text of any length: all of it in *p->why, its beginning in err. */
static enum error_kind refuse(
	struct parser *p, const char *text_of_kind, struct token t, const char *expected)
{
	char *text = arena_printf(
		p->a, "%sfound '%.*s'%s", text_of_kind, (int)t.text.len, t.text.ptr, expected);

	if (!text)
		return arena_error(p->a, p->err);
	if (p->why)
		*p->why = sv_of(text);
	return error_set(p->err, ERR_INVALID, "%s", text);
}

static enum error_kind refuse_requirement(struct parser *p, struct token t, const char *expected)
{
	return refuse(p, IN_REQUIREMENT, t, expected);
}

static bool operator_of(struct token t, enum selector_op *ret)
{
	static const struct {
		const char *text;
		enum selector_op op;
	} operators[] = {
		{ "=", SELECTOR_EQUALS },
		{ "==", SELECTOR_DOUBLE_EQUALS },
		{ "!=", SELECTOR_NOT_EQUALS },
		{ "in", SELECTOR_IN },
		{ "notin", SELECTOR_NOT_IN },
		{ ">", SELECTOR_GREATER },
		{ "<", SELECTOR_LESS },
	};

	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (sv_is(t.text, operators[i].text)) {
			*ret = operators[i].op;
			return true;
		}
	}
	return false;
}

/* The members of a set, collected before they are sorted. */
struct set {
	struct sv *at;
	size_t n, size;
};

static enum error_kind set_add(struct parser *p, struct set *s, struct sv value)
{
	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 4;
		struct sv *grown = ARENA_ARRAY(p->a, size, struct sv);
		if (!grown)
			return arena_error(p->a, p->err);
		for (size_t i = 0; i < s->n; i++)
			grown[i] = s->at[i];
		s->at = grown;
		s->size = size;
	}
	s->at[s->n++] = value;
	return ERR_OK;
}

/* VALUE {"," VALUE} where a missing VALUE is the empty text; stands on the ")" afterwards. */
static enum error_kind parse_members(struct parser *p, struct set *values)
{
	while (p->next.kind != TOKEN_CLOSE) {
		struct token t = consume(p);
		bool empty_member = false;
		if (t.kind == TOKEN_WORD) {
			if (p->next.kind != TOKEN_COMMA && p->next.kind != TOKEN_CLOSE)
				return refuse_requirement(p, p->next, ", expected: ',' or ')'");
		} else if (t.kind == TOKEN_COMMA) {
			empty_member = values->n == 0 || p->next.kind == TOKEN_CLOSE ||
				       p->next.kind == TOKEN_COMMA;
		} else {
			return refuse_requirement(p, t, ", expected: ',', or identifier");
		}
		if (t.kind == TOKEN_WORD || empty_member) {
			enum error_kind kind =
				set_add(p, values, t.kind == TOKEN_WORD ? t.text : SV(""));
			if (kind != ERR_OK)
				return kind;
		}
	}
	return ERR_OK;
}

/* list := "(" [members] ")"; an empty one holds the empty text */
static enum error_kind parse_list(struct parser *p, struct set *values)
{
	struct token t = consume(p);

	if (t.kind != TOKEN_OPEN)
		return refuse_requirement(p, t, " expected: '('");
	if (p->next.kind != TOKEN_WORD && p->next.kind != TOKEN_COMMA &&
		p->next.kind != TOKEN_CLOSE)
		return refuse_requirement(p, p->next, ", expected: ',', ')' or identifier");
	enum error_kind kind =
		p->next.kind == TOKEN_CLOSE ? set_add(p, values, SV("")) : parse_members(p, values);
	if (kind == ERR_OK)
		(void)consume(p);
	return kind;
}

static enum error_kind parse_value(struct parser *p, struct set *values)
{
	if (p->next.kind == TOKEN_END || p->next.kind == TOKEN_COMMA)
		return set_add(p, values, SV(""));
	struct token t = consume(p);
	if (t.kind != TOKEN_WORD)
		return refuse_requirement(p, t, ", expected: identifier");
	return set_add(p, values, t.text);
}

/* Sorts and drops what occurs twice. */
static void set_finish(struct set *s, struct selector_requirement *ret)
{
	size_t n = 0;

	selector_sort_texts(s->at, s->n);
	for (size_t i = 0; i < s->n; i++) {
		if (n == 0 || !sv_eq(s->at[n - 1], s->at[i]))
			s->at[n++] = s->at[i];
	}
	ret->values = s->at;
	ret->n_values = n;
}

/* operator := "=" | "==" | "!=" | ">" | "<" VALUE?, or ("in" | "notin") list; nothing behind KEY or !KEY */
static enum error_kind parse_condition(struct parser *p, struct selector_requirement *r)
{
	struct set values = { 0 };
	struct token t = consume(p);

	if (!operator_of(t, &r->op))
		return refuse_requirement(p, t, ", expected: in, notin, =, ==, !=, gt, lt");
	bool is_set = r->op == SELECTOR_IN || r->op == SELECTOR_NOT_IN;
	enum error_kind kind = is_set ? parse_list(p, &values) : parse_value(p, &values);
	if (kind == ERR_OK)
		set_finish(&values, r);
	return kind;
}

/* requirement := "!" KEY | KEY | KEY condition */
static enum error_kind parse_requirement(struct parser *p, struct selector_requirement *r)
{
	struct field_error_list problems;
	struct token key = consume(p);
	bool negated = key.kind == TOKEN_NOT;

	if (negated)
		key = consume(p);
	if (key.kind != TOKEN_WORD)
		return refuse_requirement(p, key, ", expected: identifier");
	r->key = key.text;
	field_error_list_init(&problems, p->a);
	field_error_add_joined(&problems, SV("<nil>"), r->key, names_label_key(r->key));
	if (problems.n == 0 && !problems.failed) {
		if (negated || p->next.kind == TOKEN_END || p->next.kind == TOKEN_COMMA) {
			r->op = negated ? SELECTOR_NOT_EXISTS : SELECTOR_EXISTS;
			return ERR_OK;
		}
		enum error_kind kind = parse_condition(p, r);
		if (kind != ERR_OK)
			return kind;
		selector_check_into(&problems, r);
	}
	if (problems.n == 0 && !problems.failed)
		return ERR_OK;
	return field_error_list_refuse(&problems, IN_REQUIREMENT, p->why, p->err);
}

static struct selector_requirement *add_requirement(struct parser *p)
{
	if (p->n == p->size) {
		size_t size = p->size ? p->size * 2 : 4;
		struct selector_requirement *grown =
			ARENA_ARRAY(p->a, size, struct selector_requirement);
		if (!grown)
			return NULL;
		for (size_t i = 0; i < p->n; i++)
			grown[i] = p->at[i];
		p->at = grown;
		p->size = size;
	}
	return &p->at[p->n++];
}

/* selector := [ requirement { "," requirement } ] */
static enum error_kind parse_all(struct parser *p)
{
	while (p->next.kind != TOKEN_END) {
		if (p->next.kind != TOKEN_WORD && p->next.kind != TOKEN_NOT)
			return refuse(
				p, "", p->next, ", expected: !, identifier, or 'end of string'");
		struct selector_requirement *r = add_requirement(p);
		if (!r)
			return arena_error(p->a, p->err);
		enum error_kind kind = parse_requirement(p, r);
		if (kind != ERR_OK)
			return kind;
		struct token t = consume(p);
		if (t.kind == TOKEN_END)
			break;
		if (t.kind != TOKEN_COMMA)
			return refuse(p, "", t, ", expected: ',' or 'end of string'");
		if (p->next.kind != TOKEN_WORD && p->next.kind != TOKEN_NOT)
			return refuse(p, "", p->next, ", expected: identifier after ','");
	}
	return ERR_OK;
}

enum error_kind selector_parse(struct arena *a, struct sv text, struct selector *ret,
	struct sv *ret_why, struct error *err)
{
	struct parser p = { .a = a, .rest = text, .why = ret_why, .err = err };

	p.next = lex(&p);
	enum error_kind kind = parse_all(&p);
	if (kind != ERR_OK)
		return kind;
	struct selector s = { .at = p.at, .n = p.n };
	kind = selector_sort(a, &s, err);
	if (kind == ERR_OK)
		*ret = s;
	return kind;
}
