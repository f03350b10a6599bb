/* Selectors and what can follow an expression: braces, label lists, ranges and subqueries, @, offset, anchored, smoothed. */
#include <math.h>

#include "promql/number.h"
#include "promql/parser_state.h"
#include "promql/quote.h"
#include "promql/regexp.h"
#include "promql/unicode.h"

bool parser_is_metric_name(enum token_kind kind)
{
	static const bool names[TOKEN_N_KINDS] = { [TOKEN_IDENTIFIER] = true,
		[TOKEN_METRIC_IDENTIFIER] = true,
		[TOKEN_BY] = true,
		[TOKEN_WITHOUT] = true,
		[TOKEN_OFFSET] = true,
		[TOKEN_ANCHORED] = true,
		[TOKEN_SMOOTHED] = true,
		[TOKEN_FILL] = true,
		[TOKEN_FILL_LEFT] = true,
		[TOKEN_FILL_RIGHT] = true,
		[TOKEN_LAND] = true,
		[TOKEN_LOR] = true,
		[TOKEN_LUNLESS] = true };

	return names[kind] || token_is_aggregator(kind) || kind >= TOKEN_START;
}

/* Words that may be a label in by (...) and the like: all but "without". */
static bool is_label(enum token_kind kind)
{
	if (kind == TOKEN_WITHOUT)
		return false;
	return parser_is_metric_name(kind) || kind == TOKEN_BOOL || kind == TOKEN_GROUP_LEFT ||
	       kind == TOKEN_GROUP_RIGHT || kind == TOKEN_IGNORING || kind == TOKEN_ON ||
	       kind == TOKEN_ATAN2;
}

struct label_list {
	struct label_list *next;
	struct sv label;
};

/* One label; an error counts as an empty one. False: the parser stopped. */
static bool parse_label(struct parser *p, struct sv *ret)
{
	struct token t;

	for (;;) {
		enum token_kind kind = parser_peek_kind(p);

		if (kind == TOKEN_STRING || is_label(kind))
			break;
		if (parser_drop(p))
			continue;
		if (!parser_catch(p))
			return false;
		parser_unexpected(p, "grouping opts", "label");
		*ret = SV("");
		return true;
	}
	t = parser_shift(p);
	*ret = t.text;
	if (t.kind != TOKEN_STRING)
		return true;
	*ret = parser_unquote(p, &t);
	if (!ret->len || !unicode_is_utf8(*ret)) {
		AUTO(buf_done) struct buf text = { 0 };

		buf_init(&text, 8 * ret->len + 64);
		buf_put_str(&text, "invalid label name for grouping: ");
		quote_print(&text, *ret);
		parser_add_buf(p, &t, &text);
	}
	return !p->failed;
}

static bool store_labels(
	struct parser *p, struct label_list *list, size_t n, struct ast_labels *ret)
{
	struct sv *labels = parser_alloc(p, n + 1, sizeof(*labels));
	size_t i = 0;

	if (!labels)
		return false;
	for (; list; list = list->next)
		labels[i++] = list->label;
	*ret = (struct ast_labels){ labels, n };
	return true;
}

/* Behind a label: true at a comma or parenthesis, which is accepted. */
static bool parse_label_end(struct parser *p, enum token_kind *ret)
{
	for (;;) {
		*ret = parser_peek_kind(p);
		if (*ret == TOKEN_COMMA || *ret == TOKEN_RIGHT_PAREN)
			break;
		if (parser_drop(p))
			continue;
		if (!parser_catch(p))
			return false;
		parser_unexpected(p, "grouping opts", "\",\" or \")\"");
	}
	parser_shift(p);
	return true;
}

bool parser_grouping(struct parser *p, struct ast_labels *ret)
{
	struct label_list *list = NULL, **end = &list;
	enum token_kind kind;
	size_t n = 0;

	*ret = (struct ast_labels){ NULL, 0 };
	while (parser_peek_kind(p) != TOKEN_LEFT_PAREN) {
		if (parser_drop(p))
			continue;
		if (!parser_catch(p))
			return false;
		parser_unexpected(p, "grouping opts", "\"(\"");
		return true;
	}
	parser_shift(p);
	do {
		struct label_list *item;

		if (parser_peek_kind(p) == TOKEN_RIGHT_PAREN) {
			parser_shift(p);
			break;
		}
		item = parser_alloc(p, 1, sizeof(*item));
		if (!item || !parse_label(p, &item->label))
			return false;
		*end = item;
		end = &item->next;
		n++;
		if (!parse_label_end(p, &kind))
			return false;
	} while (kind == TOKEN_COMMA);
	return store_labels(p, list, n, ret);
}

struct matcher_list {
	struct matcher_list *next;
	struct matcher matcher;
};

static bool is_match_op(enum token_kind kind)
{
	return kind == TOKEN_EQL || kind == TOKEN_NEQ || kind == TOKEN_EQL_REGEX ||
	       kind == TOKEN_NEQ_REGEX;
}

/* Waits for a token while recovering: true when `accepts` does, false after an error was reported (the matcher is given up) or the
 * parser stopped. */
static bool wait_for(struct parser *p, bool (*accepts)(enum token_kind), const char *expected)
{
	while (!accepts(parser_peek_kind(p))) {
		if (parser_drop(p))
			continue;
		if (parser_catch(p))
			parser_unexpected(p, "label matching", expected);
		return false;
	}
	return true;
}

static bool is_string(enum token_kind kind)
{
	return kind == TOKEN_STRING;
}

static bool is_matcher_start(enum token_kind kind)
{
	return kind == TOKEN_IDENTIFIER || kind == TOKEN_STRING;
}

static enum matcher_op op_of(enum token_kind kind)
{
	return kind == TOKEN_EQL	 ? MATCHER_EQ
	       : kind == TOKEN_NEQ	 ? MATCHER_NEQ
	       : kind == TOKEN_EQL_REGEX ? MATCHER_RE
					 : MATCHER_NRE;
}

/* One matcher; errors are reported. */
static void parse_matcher(struct parser *p, struct matcher *ret)
{
	struct token label, op, value;
	struct error why;

	if (!wait_for(p, is_matcher_start, "identifier or \"}\""))
		return;
	label = parser_shift(p);
	ret->label = label.kind == TOKEN_STRING ? parser_unquote(p, &label) : label.text;
	if (label.kind == TOKEN_STRING && !is_match_op(parser_peek_kind(p))) {
		ret->value = ret->label;
		ret->label = SV("__name__");
		ret->op = MATCHER_EQ;
		return;
	}
	if (!wait_for(p, is_match_op, "label matching operator"))
		return;
	op = parser_shift(p);
	if (!wait_for(p, is_string, "string"))
		return;
	value = parser_shift(p);
	ret->op = op_of(op.kind);
	ret->value = parser_unquote(p, &value);
	if ((ret->op == MATCHER_RE || ret->op == MATCHER_NRE) &&
		regexp_compile(p->arena, ret->value, &ret->regexp, &why)) {
		if (why.kind == ERR_NOMEM)
			p->failed = ERR_NOMEM;
		else
			parser_add(
				p, label.pos, value.pos + (uint32_t)value.text.len, "%s", why.text);
	}
}

/* { matchers }. False: the parser stopped. *ret_end: behind the brace. */
static bool parse_braces(struct parser *p, struct matcher_list **ret, size_t *ret_n)
{
	struct matcher_list **end = ret;

	parser_shift(p);
	for (;;) {
		struct matcher_list *item;

		if (parser_peek_kind(p) == TOKEN_RIGHT_BRACE)
			break;
		item = parser_alloc(p, 1, sizeof(*item));
		if (!item)
			return false;
		parse_matcher(p, &item->matcher);
		if (!parser_catch(p))
			return false;
		*end = item;
		end = &item->next;
		++*ret_n;
		while (parser_peek_kind(p) != TOKEN_COMMA && p->token.kind != TOKEN_RIGHT_BRACE) {
			if (parser_drop(p))
				continue;
			if (!parser_catch(p))
				return false;
			parser_unexpected(p, "label matching", "\",\" or \"}\"");
		}
		if (p->token.kind == TOKEN_RIGHT_BRACE)
			break;
		parser_shift(p);
	}
	parser_shift(p);
	return true;
}

struct ast *parser_selector(struct parser *p, const struct token *name)
{
	struct matcher_list *list = NULL;
	struct ast *n = parser_node(p, AST_VECTOR, VALUE_VECTOR, 0, 0);
	size_t n_matchers = 0, i = 0;

	if (!n)
		return NULL;
	if (name) {
		n->vector.name = name->text;
		n->start = name->pos;
		n->end = name->pos + (uint32_t)name->text.len;
	}
	if (parser_peek_kind(p) == TOKEN_LEFT_BRACE) {
		if (!name)
			n->start = p->token.pos;
		if (!parse_braces(p, &list, &n_matchers))
			return NULL;
		n->end = p->token.pos + 1;
	}
	n->vector.matchers = parser_alloc(p, n_matchers + 1, sizeof(*n->vector.matchers));
	if (!n->vector.matchers)
		return NULL;
	for (; list; list = list->next)
		n->vector.matchers[i++] = list->matcher;
	if (name)
		n->vector.matchers[i++] = (struct matcher){
			.label = SV("__name__"), .op = MATCHER_EQ, .value = name->text
		};
	n->vector.n_matchers = i;
	return n;
}

/* The shift of a selector or subquery; NULL after an error was recorded. `what` is "offset" or "@". */
static struct ast_shift *shift_of(struct parser *p, struct ast *n, const char *what)
{
	switch ((int)n->kind) {
	case AST_VECTOR:
		return &n->vector.shift;
	case AST_MATRIX:
		if (n->matrix.vector->kind == AST_VECTOR)
			return &n->matrix.vector->vector.shift;
		parser_add(p, n->start, n->end, "ranges only allowed for vector selectors");
		return NULL;
	case AST_SUBQUERY:
		return &n->subquery.shift;
	default:
		parser_add(p, n->start, n->end,
			"%s modifier must be preceded by an instant vector selector or range "
			"vector selector or a subquery",
			what);
		return NULL;
	}
}

/* offset and what follows it. */
static bool parse_offset(struct parser *p, struct ast *n)
{
	unsigned depth = p->depth;
	struct ast *duration;
	struct ast_shift *shift;

	parser_shift(p);
	duration = parser_duration_offset(p);
	p->depth = depth;
	if (!duration) {
		if (!parser_catch(p))
			return false;
		parser_unexpected(p, "offset", "number, duration, step(), or range()");
		return true;
	}
	shift = shift_of(p, n, "offset");
	if (!shift)
		return true;
	if (shift->offset_ns || shift->offset_expr)
		parser_add(p, n->start, n->end, "offset may not be set multiple times");
	else if (duration->kind == AST_NUMBER)
		shift->offset_ns = number_seconds_to_ns(duration->number.value);
	else
		shift->offset_expr = duration;
	n->end = p->last_closing;
	return true;
}

static void set_time(struct parser *p, struct ast *n, double seconds)
{
	struct ast_shift *shift;

	if (!isfinite(seconds) || seconds >= 0x1p63 || seconds <= -0x1p63) {
		if (isfinite(seconds))
			parser_add(p, n->start, n->end,
				"timestamp out of bounds for @ modifier: %f", seconds);
		else
			parser_add(p, n->start, n->end,
				"timestamp out of bounds for @ modifier: %s",
				isnan(seconds) ? "NaN"
				: seconds > 0  ? "+Inf"
					       : "-Inf");
	}
	shift = shift_of(p, n, "@");
	if (!shift)
		return;
	if (shift->at != AST_AT_NONE) {
		parser_add(p, n->start, n->end, "@ <timestamp> may not be set multiple times");
		return;
	}
	double ms = round(seconds * 1000);

	shift->at = AST_AT_TIME;
	shift->at_ms = ms >= -0x1p63 && ms < 0x1p63 ? (int64_t)ms : INT64_MIN;
	n->end = p->last_closing;
}

static void set_start_or_end(struct parser *p, struct ast *n, enum ast_at at)
{
	struct ast_shift *shift = shift_of(p, n, "@");

	if (!shift)
		return;
	if (shift->at != AST_AT_NONE) {
		parser_add(p, n->start, n->end, "@ <timestamp> may not be set multiple times");
		return;
	}
	shift->at = at;
	n->end = p->last_closing;
}

static bool is_number(enum token_kind kind)
{
	return kind == TOKEN_NUMBER || kind == TOKEN_DURATION;
}

/* start() or end(), whose word was accepted. False: raised. */
static bool parse_start_or_end(struct parser *p, struct ast *n, enum ast_at at)
{
	struct token t;

	if (!parser_expect(p, TOKEN_LEFT_PAREN, &t) || !parser_expect(p, TOKEN_RIGHT_PAREN, &t))
		return false;
	set_start_or_end(p, n, at);
	return true;
}

/* What follows "@". False: raised. */
static bool parse_time(struct parser *p, struct ast *n)
{
	bool sign = false, negative = false;
	struct token t;

	while (!is_number(parser_peek_kind(p))) {
		enum token_kind kind = p->token.kind;

		if (!sign && (kind == TOKEN_START || kind == TOKEN_END)) {
			parser_shift(p);
			return parse_start_or_end(
				p, n, kind == TOKEN_START ? AST_AT_START : AST_AT_END);
		}
		if (!sign && (kind == TOKEN_ADD || kind == TOKEN_SUB)) {
			sign = true;
			negative = parser_shift(p).kind == TOKEN_SUB;
		} else if (!parser_drop(p)) {
			return false;
		}
	}
	t = parser_shift(p);
	struct ast *number = parser_literal(p, &t);

	if (!number)
		return false;
	set_time(p, n, negative ? -number->number.value : number->number.value);
	return true;
}

/* A range or step. NULL: raised. */
static struct ast *parse_positive(struct parser *p)
{
	struct ast *n = parser_duration(p, 1);

	if (!n || n->kind != AST_NUMBER || n->number.value > 0 || isnan(n->number.value))
		return n;
	parser_add(p, n->start, n->end, "duration must be greater than 0");
	return parser_node(p, AST_NUMBER, VALUE_SCALAR, 0, 0);
}

static void set_duration(
	const struct ast *n, int64_t *ret_ns, struct ast **ret_expr, struct ast *expr)
{
	if (n->kind == AST_NUMBER)
		*ret_ns = number_seconds_to_ns(n->number.value);
	else
		*ret_expr = expr;
}

static struct ast *make_matrix(
	struct parser *p, struct ast *vector, struct ast *range, uint32_t open)
{
	struct token close = parser_shift(p);
	struct ast *n = parser_node(p, AST_MATRIX, VALUE_MATRIX, vector->start, p->last_closing);
	const char *problem = NULL;

	if (!n)
		return NULL;
	if (vector->kind != AST_VECTOR)
		problem = "ranges only allowed for vector selectors";
	else if (vector->vector.shift.offset_ns || vector->vector.shift.offset_expr)
		problem = "no offset modifiers allowed before range";
	else if (vector->vector.shift.at != AST_AT_NONE)
		problem = "no @ modifiers allowed before range";
	if (problem)
		parser_add(p, open, close.pos + 1, "%s", problem);
	n->matrix.vector = vector;
	set_duration(range, &n->matrix.range_ns, &n->matrix.range_expr, range);
	return n;
}

/* Behind the colon of a subquery. NULL: raised, with the words in *ret_expected. */
static struct ast *parse_subquery(
	struct parser *p, struct ast *expr, struct ast *range, const char **ret_expected)
{
	struct ast *step = NULL, *n;
	struct token close;

	*ret_expected = "number, duration, step(), range(), or \"]\"";
	while (parser_peek_kind(p) != TOKEN_RIGHT_BRACKET &&
		!parser_duration_can_start(p->token.kind))
		if (!parser_drop(p))
			return NULL;
	if (p->token.kind != TOKEN_RIGHT_BRACKET && !(step = parse_positive(p)))
		return NULL;
	if (step)
		*ret_expected = "\"]\"";
	if (!parser_expect(p, TOKEN_RIGHT_BRACKET, &close))
		return NULL;
	n = parser_node(p, AST_SUBQUERY, VALUE_MATRIX, expr->start, close.pos + 1);
	if (!n)
		return NULL;
	n->subquery.expr = expr;
	set_duration(range, &n->subquery.range_ns, &n->subquery.range_expr, range);
	if (step)
		set_duration(step, &n->subquery.step_ns, &n->subquery.step_expr, step);
	return n;
}

/* [...]. NULL: raised, with the words in *ret_context and *ret_expected. */
static struct ast *parse_bracket(
	struct parser *p, struct ast *expr, const char **ret_context, const char **ret_expected)
{
	uint32_t open = parser_shift(p).pos;
	struct ast *range;

	*ret_context = "subquery or range selector";
	*ret_expected = "number, duration, step(), or range()";
	range = parse_positive(p);
	if (!range)
		return NULL;
	*ret_context = "subquery or range";
	*ret_expected = "\":\" or \"]\"";
	while (parser_peek_kind(p) != TOKEN_RIGHT_BRACKET && p->token.kind != TOKEN_COLON)
		if (!parser_drop(p))
			return NULL;
	if (p->token.kind == TOKEN_RIGHT_BRACKET)
		return make_matrix(p, expr, range, open);
	parser_shift(p);
	*ret_context = "subquery selector";
	return parse_subquery(p, expr, range, ret_expected);
}

static struct ast *bracket(struct parser *p, struct ast *expr)
{
	const char *context, *expected;
	unsigned depth = p->depth;
	struct ast *n = parse_bracket(p, expr, &context, &expected);

	p->depth = depth;
	if (n || !parser_catch(p))
		return n;
	parser_unexpected(p, context, expected);
	return expr;
}

/* anchored and smoothed, whose keyword was accepted. */
static void set_extended(struct parser *p, struct ast *n, bool anchored)
{
	const char *name = anchored ? "anchored" : "smoothed";
	struct ast *vector = n->kind == AST_MATRIX ? n->matrix.vector : n;

	if (!(p->options & PARSER_EXT_SELECTORS)) {
		parser_add(
			p, n->start, n->end, "%s modifier is experimental and not enabled", name);
	} else if (vector->kind == AST_VECTOR) {
		vector->vector.anchored |= anchored;
		vector->vector.smoothed |= !anchored;
		if (vector->vector.anchored && vector->vector.smoothed)
			parser_add(p, n->start, n->end,
				"anchored and smoothed modifiers cannot be used together");
	} else if (n->kind == AST_SUBQUERY) {
		parser_add(
			p, n->start, n->end, "%s modifier is not supported for subqueries", name);
	} else if (n->kind != AST_MATRIX) {
		parser_add(p, n->start, n->end, "%s modifier not implemented", name);
	}
}

struct ast *parser_postfix(struct parser *p, struct ast *expr, bool *ret_none)
{
	*ret_none = false;
	switch ((int)parser_peek_kind(p)) {
	case TOKEN_LEFT_BRACKET:
		return bracket(p, expr);
	case TOKEN_OFFSET:
		return parse_offset(p, expr) ? expr : NULL;
	case TOKEN_AT:
		parser_shift(p);
		if (parse_time(p, expr))
			return expr;
		if (!parser_catch(p))
			return NULL;
		parser_unexpected(p, "@", "timestamp");
		return expr;
	case TOKEN_ANCHORED:
	case TOKEN_SMOOTHED:
		set_extended(p, expr, parser_shift(p).kind == TOKEN_ANCHORED);
		return expr;
	default:
		*ret_none = true;
		return expr;
	}
}
