#pragma once
/* PromQL text -> checked tree, with the texts, positions and order of the reference's errors (Prometheus 3.15).
 * Every byte sequence gives a tree or at least one positioned error, in bounded time and memory. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

/* What may be used: a stock 3.15 server has PARSER_STOCK; 0 is a 2.x profile. */
enum parser_option {
	PARSER_FUNCTIONS = 1,	  /* experimental functions and aggregators */
	PARSER_DURATION_EXPR = 2, /* arithmetic in durations */
	PARSER_EXT_SELECTORS = 4, /* anchored, smoothed */
	PARSER_FILL = 8,	  /* fill, fill_left, fill_right */
};
#define PARSER_STOCK PARSER_DURATION_EXPR
#define PARSER_ALL (PARSER_FUNCTIONS | PARSER_DURATION_EXPR | PARSER_EXT_SELECTORS | PARSER_FILL)

/* VictoriaMetrics takes 16 KiB; sixteen times that is room for any rule. */
#define PARSER_MAX_BYTES (256u * 1024)
/* Parentheses, calls, unary operators inside one another. */
#define PARSER_MAX_DEPTH 512u

struct parser_error {
	uint32_t start, end; /* bytes of the query */
	struct sv message;
};

struct parser_errors {
	const struct parser_error *at; /* in the arena, in the reference's order */
	size_t n;
};

/* Everything lives in the arena; texts may point into query, which must live as long.
 * errors: INVALID with the first error as a server prints it ("1:5: parse error: ..."), and all of them in *ret_errors (may be NULL; set
 *         also on failure, empty for the others); LIMIT (longer or deeper than we take), NOMEM. */
MUST_USE enum error_kind parser_parse(struct arena *a, struct sv query, unsigned options,
	struct ast **ret, struct parser_errors *ret_errors, struct error *err);
/* "line:col", both from 1, columns in bytes; "unknown position" for an empty query. */
void parser_print_position(struct buf *out, struct sv query, uint32_t pos);
