/* Walks the tree, and the tokens for what the tree no longer shows, against a table of what came when. */
#include "cli/query_version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "promql/ast_walk.h"
#include "promql/lexer.h"

#define MAX_FINDINGS 1000

#define EXPERIMENTAL "promql-experimental-functions"
#define AT_MODIFIER "promql-at-modifier"
#define NEGATIVE_OFFSET "promql-negative-offset"
#define DURATION_EXPR "promql-duration-expr"
#define EXTENDED_RANGE "promql-extended-range-selectors"
#define FILL_MODIFIERS "promql-binop-fill-modifiers"

/* flag: wanted from `since` on, and until `stable` if that is set. */
struct since {
	struct query_version since;
	const char *flag;
	struct query_version stable;
};

static const struct {
	enum function_id id;
	struct since since;
} FUNCTIONS[] = {
	{ FUNCTION_ABSENT_OVER_TIME, { { 2, 16 }, NULL, { 0, 0 } } },
	{ FUNCTION_LAST_OVER_TIME, { { 2, 26 }, NULL, { 0, 0 } } },
	{ FUNCTION_SGN, { { 2, 26 }, NULL, { 0, 0 } } },
	{ FUNCTION_CLAMP, { { 2, 26 }, NULL, { 0, 0 } } },
	{ FUNCTION_PRESENT_OVER_TIME, { { 2, 29 }, NULL, { 0, 0 } } },
	{ FUNCTION_SIN, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_COS, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_TAN, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ASIN, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ACOS, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ATAN, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_SINH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_COSH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_TANH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ASINH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ACOSH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_ATANH, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_RAD, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_DEG, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_PI, { { 2, 31 }, NULL, { 0, 0 } } },
	{ FUNCTION_DAY_OF_YEAR, { { 2, 36 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_COUNT, { { 2, 40 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_SUM, { { 2, 40 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_FRACTION, { { 2, 40 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_STDDEV, { { 2, 47 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_STDVAR, { { 2, 47 }, NULL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_AVG, { { 2, 51 }, NULL, { 0, 0 } } },
	{ FUNCTION_MAD_OVER_TIME, { { 2, 49 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_SORT_BY_LABEL, { { 2, 49 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_SORT_BY_LABEL_DESC, { { 2, 49 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_INFO, { { 2, 55 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING, { { 3, 0 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_TS_OF_MAX_OVER_TIME, { { 3, 5 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_TS_OF_MIN_OVER_TIME, { { 3, 5 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_TS_OF_LAST_OVER_TIME, { { 3, 5 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_FIRST_OVER_TIME, { { 3, 7 }, EXPERIMENTAL, { 3, 14 } } },
	{ FUNCTION_TS_OF_FIRST_OVER_TIME, { { 3, 7 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_HISTOGRAM_QUANTILES, { { 3, 11 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_START, { { 3, 12 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_END, { { 3, 12 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_RANGE, { { 3, 12 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_STEP, { { 3, 12 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_MIN_OF, { { 3, 13 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_MAX_OF, { { 3, 13 }, EXPERIMENTAL, { 0, 0 } } },
	{ FUNCTION_START_TIMESTAMP, { { 3, 14 }, EXPERIMENTAL, { 0, 0 } } },
};

static const struct since SUBQUERY = { { 2, 7 }, NULL, { 0, 0 } },
			  GROUP = { { 2, 20 }, NULL, { 0, 0 } },
			  COMPOSITE_DURATION = { { 2, 21 }, NULL, { 0, 0 } },
			  AT = { { 2, 25 }, AT_MODIFIER, { 2, 33 } },
			  NEGATIVE = { { 2, 26 }, NEGATIVE_OFFSET, { 2, 33 } },
			  ATAN2 = { { 2, 31 }, NULL, { 0, 0 } },
			  LIMIT = { { 2, 54 }, EXPERIMENTAL, { 0, 0 } },
			  UNDERSCORES = { { 2, 54 }, NULL, { 0, 0 } },
			  NUMBER_AS_DURATION = { { 2, 54 }, NULL, { 0, 0 } },
			  UTF8_NAMES = { { 3, 0 }, NULL, { 0, 0 } },
			  DURATION_ARITHMETIC = { { 3, 4 }, DURATION_EXPR, { 3, 14 } },
			  ANCHORED = { { 3, 7 }, EXTENDED_RANGE, { 0, 0 } },
			  FILL = { { 3, 10 }, FILL_MODIFIERS, { 0, 0 } },
			  TRIM = { { 3, 11 }, NULL, { 0, 0 } };

static bool is_before(struct query_version a, struct query_version b)
{
	return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

enum error_kind query_version_parse(struct sv text, struct query_version *ret, struct error *err)
{
	bool dotted, more;
	uint64_t major, minor;
	struct sv rest, patch;
	struct sv s = sv_has_prefix(text, SV("v")) ? sv_skip(text, 1) : text;
	struct sv first = sv_cut(s, '.', &rest, &dotted);
	struct sv second = sv_cut(rest, '.', &patch, &more);

	if (!dotted || !sv_to_u64(first, &major) || !sv_to_u64(second, &minor) || major < 2 ||
		major > 99 || minor > 999)
		return error_set(err, ERR_INVALID,
			"'%.*s' is not a version of Prometheus; expected one from 2.0 on, such as "
			"2.42",
			SV_ARG(text));
	*ret = (struct query_version){ (unsigned)major, (unsigned)minor };
	return ERR_OK;
}

struct walk {
	struct arena *a;
	struct query_version version;
	struct query_version_finding *at;
	size_t n;
	bool no_memory;
};

static void find(struct walk *w, uint32_t start, const struct since *since, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static void find(struct walk *w, uint32_t start, const struct since *since, const char *fmt, ...)
{
	char what[200];
	va_list args;
	bool too_old = is_before(w->version, since->since);
	bool flagged =
		since->flag && (since->stable.major == 0 || is_before(w->version, since->stable));

	if ((!too_old && !flagged) || w->n == MAX_FINDINGS)
		return;
	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	const char *text =
		too_old ? arena_printf(w->a, "%s needs Prometheus %u.%u", what, since->since.major,
				  since->since.minor)
			: arena_printf(w->a, "%s needs --enable-feature=%s", what, since->flag);
	if (!text)
		w->no_memory = true;
	else
		w->at[w->n++] =
			(struct query_version_finding){ start, text, too_old ? NULL : since->flag };
}

static bool is_plain_name(struct sv name, bool colons)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			      (colons && c == ':');
		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return name.len > 0;
}

static void look_at_vector(struct walk *w, const struct ast *n)
{
	for (size_t i = 0; i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		bool is_name = sv_is(m->label, "__name__");
		if (!is_plain_name(m->label, false))
			find(w, n->start, &UTF8_NAMES, "the label name \"%.*s\"", SV_ARG(m->label));
		else if (is_name && m->op == MATCHER_EQ && n->vector.name.len == 0 &&
			 !is_plain_name(m->value, true))
			find(w, n->start, &UTF8_NAMES, "the metric name \"%.*s\"",
				SV_ARG(m->value));
	}
	if (n->vector.anchored || n->vector.smoothed)
		find(w, n->start, &ANCHORED, "%s", n->vector.anchored ? "anchored" : "smoothed");
}

static void look_at_shift(struct walk *w, uint32_t start, const struct ast_shift *shift)
{
	if (shift->at != AST_AT_NONE)
		find(w, start, &AT, "the @ modifier");
	if (shift->offset_ns < 0)
		find(w, start, &NEGATIVE, "a negative offset");
	if (shift->offset_expr)
		find(w, start, &DURATION_ARITHMETIC, "arithmetic in an offset");
}

static void look_at_binary(struct walk *w, const struct ast *n)
{
	enum token_kind op = n->binary.op;
	const struct ast_matching *m = n->binary.matching;

	if (op == TOKEN_ATAN2)
		find(w, n->start, &ATAN2, "atan2");
	if (op == TOKEN_TRIM_UPPER || op == TOKEN_TRIM_LOWER)
		find(w, n->start, &TRIM, "the operator %s", token_text(op));
	if (m && (m->has_fill_left || m->has_fill_right))
		find(w, n->start, &FILL, "fill");
}

static void look_at_call(struct walk *w, const struct ast *n)
{
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++) {
		if (FUNCTIONS[i].id == n->call.function->id)
			find(w, n->start, &FUNCTIONS[i].since, "%s()", n->call.function->name);
	}
}

static void look_at_aggregate(struct walk *w, const struct ast *n)
{
	enum token_kind op = n->aggregate.op;

	if (op == TOKEN_GROUP)
		find(w, n->start, &GROUP, "group()");
	if (op == TOKEN_LIMITK || op == TOKEN_LIMIT_RATIO)
		find(w, n->start, &LIMIT, "%s()", token_text(op));
}

static void look_at_number(struct walk *w, const struct ast *n)
{
	if (n->number.is_duration)
		find(w, n->start, &NUMBER_AS_DURATION, "a duration as a number");
}

static void look_at_range(struct walk *w, const struct ast *n)
{
	bool subquery = n->kind == AST_SUBQUERY;
	bool arithmetic = subquery ? n->subquery.range_expr || n->subquery.step_expr
				   : n->matrix.range_expr != NULL;

	if (subquery) {
		find(w, n->start, &SUBQUERY, "a subquery");
		look_at_shift(w, n->start, &n->subquery.shift);
	}
	if (arithmetic)
		find(w, n->start, &DURATION_ARITHMETIC, "arithmetic in a range");
}

static bool look_at(struct ast *n, void *ctx)
{
	struct walk *w = ctx;

	switch (n->kind) {
	case AST_VECTOR:
		look_at_vector(w, n);
		look_at_shift(w, n->start, &n->vector.shift);
		break;
	case AST_MATRIX:
	case AST_SUBQUERY:
		look_at_range(w, n);
		break;
	case AST_BINARY:
		look_at_binary(w, n);
		break;
	case AST_CALL:
		look_at_call(w, n);
		break;
	case AST_AGGREGATE:
		look_at_aggregate(w, n);
		break;
	case AST_NUMBER:
		look_at_number(w, n);
		break;
	case AST_STRING:
	case AST_PAREN:
	case AST_UNARY:
	case AST_DURATION:
		break;
	}
	return true;
}

static size_t count_units(struct sv text)
{
	size_t n = 0;

	for (size_t i = 1; i < text.len; i++) {
		bool letter = text.ptr[i] >= 'a', before = text.ptr[i - 1] >= 'a';
		n += letter && !before;
	}
	return n;
}

/* Spelling that leaves no trace in the tree. */
static void look_at_tokens(struct walk *w, struct sv query)
{
	struct lexer lexer;
	enum token_kind before = TOKEN_EOF;

	lexer_init(&lexer, w->a, query);
	for (;;) {
		struct token t = lexer_next(&lexer);
		if (t.kind == TOKEN_EOF || t.kind == TOKEN_ERROR)
			return;
		if (t.kind == TOKEN_DURATION && count_units(t.text) > 1)
			find(w, t.pos, &COMPOSITE_DURATION, "a duration of several units");
		if (t.kind == TOKEN_NUMBER && sv_find(t.text, '_') < t.text.len)
			find(w, t.pos, &UNDERSCORES, "underscores in a number");
		if (t.kind == TOKEN_NUMBER &&
			(before == TOKEN_LEFT_BRACKET || before == TOKEN_OFFSET))
			find(w, t.pos, &NUMBER_AS_DURATION, "a number as a duration");
		before = t.kind;
	}
}

static int compare(const void *a, const void *b)
{
	const struct query_version_finding *x = a, *y = b;

	return x->start != y->start ? (x->start < y->start ? -1 : 1) : strcmp(x->text, y->text);
}

enum error_kind query_version_check(struct arena *a, struct sv query, struct ast *root,
	struct query_version version, struct query_version_finding **ret, size_t *ret_n,
	struct error *err)
{
	struct walk w = { .a = a, .version = version };

	w.at = ARENA_ARRAY(a, MAX_FINDINGS, struct query_version_finding);
	if (!w.at)
		return arena_error(a, err);
	if (ast_walk(root, look_at, &w, err) != ERR_OK)
		return err->kind;
	look_at_tokens(&w, query);
	if (w.no_memory)
		return arena_error(a, err);
	if (w.n > 1)
		qsort(w.at, w.n, sizeof(*w.at), compare);
	*ret = w.at;
	*ret_n = w.n;
	return ERR_OK;
}
