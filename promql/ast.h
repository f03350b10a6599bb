#pragma once
/* The tree of a PromQL expression, in the arena of whoever parsed it. Positions are byte offsets into the query, half open.
 *
 * Chains that grow to the left (a + b + c, x[1m:][1m:]) can be as long as the query; everything else is at most PARSER_MAX_DEPTH deep:
 * walk left with a loop, recurse into the rest. */
#include <stdint.h>

#include "common/sv.h"
#include "promql/functions.h"
#include "promql/matcher.h"
#include "promql/token.h"

enum ast_kind {
	AST_NUMBER,
	AST_STRING,
	AST_VECTOR,
	AST_MATRIX,
	AST_SUBQUERY,
	AST_AGGREGATE,
	AST_BINARY,
	AST_CALL,
	AST_PAREN,
	AST_UNARY,
	AST_DURATION, /* arithmetic in a range, step or offset */
};

enum ast_at { AST_AT_NONE, AST_AT_TIME, AST_AT_START, AST_AT_END };

enum ast_card {
	AST_ONE_TO_ONE,
	AST_MANY_TO_ONE,  /* group_left */
	AST_ONE_TO_MANY,  /* group_right */
	AST_MANY_TO_MANY, /* set operators */
};

/* @ and offset of a selector or subquery. */
struct ast_shift {
	enum ast_at at;
	int64_t at_ms;		 /* AST_AT_TIME */
	int64_t offset_ns;	 /* 0: none; can be negative */
	struct ast *offset_expr; /* AST_DURATION, or NULL */
};

struct ast_labels {
	const struct sv *at;
	size_t n;
};

/* How the sides of a binary operator between two vectors find each other. */
struct ast_matching {
	enum ast_card card;
	bool on; /* on(labels), else ignoring(labels) */
	struct ast_labels labels, include;
	bool has_fill_left, has_fill_right;
	double fill_left, fill_right;
};

struct ast {
	enum ast_kind kind;
	enum value_type
		type; /* of the value; of a binary operator: scalar only when both sides are */
	uint32_t start, end;
	union {
		struct {
			double value;
			bool is_duration; /* written as one; value is seconds */
		} number;
		struct {
			struct sv value; /* unquoted */
		} string;
		struct {
			struct sv name; /* empty: written without, or in the braces */
			struct matcher *
				matchers; /* in source order; that of the name in front of the braces last */
			size_t n_matchers;
			struct ast_shift shift; /* also of the range selector around it */
			bool anchored, smoothed;
			bool bare; /* second argument of info: may match everything */
		} vector;
		struct {
			struct ast *vector;
			int64_t range_ns;
			struct ast *range_expr; /* AST_DURATION, or NULL */
		} matrix;
		struct {
			struct ast *expr;
			int64_t range_ns, step_ns; /* step 0 without expression: the default step */
			struct ast *range_expr, *step_expr;
			struct ast_shift shift;
		} subquery;
		struct {
			enum token_kind op;
			struct ast *expr, *param; /* param NULL unless token_has_parameter */
			struct ast_labels grouping;
			bool without;
		} aggregate;
		struct {
			enum token_kind op;
			struct ast *left, *right;
			struct ast_matching
				*matching; /* NULL unless both sides are instant vectors */
			bool return_bool;
		} binary;
		struct {
			const struct function *function;
			struct ast **args;
			size_t n_args;
		} call;
		struct {
			struct ast *expr;
		} paren;
		struct {
			enum token_kind op; /* ADD or SUB */
			struct ast *expr;
		} unary;
		struct {
			enum token_kind op; /* ADD SUB MUL DIV MOD POW STEP RANGE MAX_OF MIN_OF */
			struct ast *left, *right; /* no left: unary; neither: step() or range() */
			bool wrapped;		  /* in parentheses */
		} duration;
	};
};

/* "instant vector", "range vector", "scalar", "string". */
const char *ast_type_name(enum value_type type);

/* The child on the left spine, or NULL. */
struct ast *ast_left(const struct ast *n);
/* Children in the reference's walk order (aggregate: expression, parameter; binary: left, right; call: arguments): the i-th, or NULL
 * behind the last. Duration expressions are not walked. */
struct ast *ast_child(const struct ast *n, size_t i);
