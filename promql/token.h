#pragma once
/* Kinds of PromQL tokens and how messages name them. */
#include <stdint.h>

#include "common/buf.h"
#include "common/sv.h"

/* X(kind, text): the kinds in groups; text is the fixed spelling, NULL for classes of tokens. The names without TOKEN_ are those of the
 * reference, which the conformance vectors use. */
#define TOKEN_PUNCTUATION(X)                                                                       \
	X(EQL, "=")                                                                                \
	X(COLON, ":")                                                                              \
	X(COMMA, ",")                                                                              \
	X(COMMENT, NULL)                                                                           \
	X(DURATION, NULL)                                                                          \
	X(EOF, NULL)                                                                               \
	X(ERROR, NULL)                                                                             \
	X(IDENTIFIER, NULL)                                                                        \
	X(LEFT_BRACE, "{")                                                                         \
	X(LEFT_BRACKET, "[")                                                                       \
	X(LEFT_PAREN, "(")                                                                         \
	X(METRIC_IDENTIFIER, NULL)                                                                 \
	X(NUMBER, NULL)                                                                            \
	X(RIGHT_BRACE, "}") X(RIGHT_BRACKET, "]") X(RIGHT_PAREN, ")") X(STRING, NULL)
#define TOKEN_OPERATORS(X)                                                                         \
	X(ADD, "+")                                                                                \
	X(DIV, "/")                                                                                \
	X(EQLC, "==")                                                                              \
	X(EQL_REGEX, "=~")                                                                         \
	X(GTE, ">=")                                                                               \
	X(GTR, ">")                                                                                \
	X(TRIM_UPPER, "</")                                                                        \
	X(TRIM_LOWER, ">/")                                                                        \
	X(LAND, "and")                                                                             \
	X(LOR, "or")                                                                               \
	X(LSS, "<")                                                                                \
	X(LTE, "<=")                                                                               \
	X(LUNLESS, "unless")                                                                       \
	X(MOD, "%")                                                                                \
	X(MUL, "*")                                                                                \
	X(NEQ, "!=") X(NEQ_REGEX, "!~") X(POW, "^") X(SUB, "-") X(AT, "@") X(ATAN2, "atan2")
#define TOKEN_AGGREGATORS(X)                                                                       \
	X(AVG, "avg")                                                                              \
	X(BOTTOMK, "bottomk")                                                                      \
	X(COUNT, "count")                                                                          \
	X(COUNT_VALUES, "count_values")                                                            \
	X(GROUP, "group")                                                                          \
	X(MAX, "max")                                                                              \
	X(MIN, "min")                                                                              \
	X(QUANTILE, "quantile")                                                                    \
	X(STDDEV, "stddev")                                                                        \
	X(STDVAR, "stdvar")                                                                        \
	X(SUM, "sum") X(TOPK, "topk") X(LIMITK, "limitk") X(LIMIT_RATIO, "limit_ratio")
#define TOKEN_KEYWORDS(X)                                                                          \
	X(BOOL, "bool")                                                                            \
	X(BY, "by")                                                                                \
	X(GROUP_LEFT, "group_left")                                                                \
	X(GROUP_RIGHT, "group_right")                                                              \
	X(FILL, "fill")                                                                            \
	X(FILL_LEFT, "fill_left")                                                                  \
	X(FILL_RIGHT, "fill_right")                                                                \
	X(IGNORING, "ignoring")                                                                    \
	X(OFFSET, "offset")                                                                        \
	X(SMOOTHED, "smoothed") X(ANCHORED, "anchored") X(ON, "on") X(WITHOUT, "without")
#define TOKEN_PREPROCESSORS(X)                                                                     \
	X(START, "start")                                                                          \
	X(END, "end") X(STEP, "step") X(RANGE, "range") X(MAX_OF, "max_of") X(MIN_OF, "min_of")

enum token_kind {
#define X(kind, text) TOKEN_##kind,
	TOKEN_PUNCTUATION(X) TOKEN_OPERATORS(X) TOKEN_AGGREGATORS(X) TOKEN_KEYWORDS(X)
		TOKEN_PREPROCESSORS(X)
#undef X
			TOKEN_N_KINDS
};

struct token {
	enum token_kind kind;
	uint32_t pos;	/* byte offset */
	struct sv text; /* as written; of an ERROR the message */
};

static inline bool token_is_operator(enum token_kind kind)
{
	return kind >= TOKEN_ADD && kind <= TOKEN_ATAN2;
}

static inline bool token_is_aggregator(enum token_kind kind)
{
	return kind >= TOKEN_AVG && kind <= TOKEN_LIMIT_RATIO;
}

static inline bool token_is_keyword(enum token_kind kind)
{
	return kind >= TOKEN_BOOL && kind <= TOKEN_WITHOUT;
}

static inline bool token_is_comparison(enum token_kind kind)
{
	return kind == TOKEN_EQLC || kind == TOKEN_NEQ || kind == TOKEN_LTE || kind == TOKEN_LSS ||
	       kind == TOKEN_GTE || kind == TOKEN_GTR;
}

static inline bool token_is_set_operator(enum token_kind kind)
{
	return kind == TOKEN_LAND || kind == TOKEN_LOR || kind == TOKEN_LUNLESS;
}

/* Of two parameters, e.g. topk. */
static inline bool token_has_parameter(enum token_kind kind)
{
	return kind == TOKEN_TOPK || kind == TOKEN_BOTTOMK || kind == TOKEN_COUNT_VALUES ||
	       kind == TOKEN_QUANTILE || kind == TOKEN_LIMITK || kind == TOKEN_LIMIT_RATIO;
}

/* "LEFT_PAREN". */
const char *token_name(enum token_kind kind);
/* Fixed spelling in lower case, or NULL. */
const char *token_text(enum token_kind kind);
/* Keyword of any case; TOKEN_NUMBER for inf and nan; TOKEN_IDENTIFIER when it is none. */
enum token_kind token_find_keyword(struct sv word);
/* How "unexpected ..." names it: identifier "x", <by>, <op:*>, "}", end of input. */
void token_describe(struct buf *out, const struct token *t);
