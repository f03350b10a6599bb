#pragma once
/* The parser's state, shared by template_parse.c and template_operand.c. */
#include <stdarg.h>
#include <stdio.h>

#include "promql/template_tree.h"

/* Variables that can be in scope at once; real templates have one or two. */
#define TEMPLATE_MAX_VARIABLES 64

struct template_parser {
	struct arena *arena;
	struct error *err;
	bool failed;
	struct template *t;
	struct template_lexer lexer;
	struct template_item item[3]; /* look-ahead; item[0] is the newest */
	unsigned n_peeked;
	struct sv variables[TEMPLATE_MAX_VARIABLES];
	size_t n_variables;
	size_t first_variable; /* those before belong to an outer template; "$" is always there */
	unsigned range_depth;
	unsigned
		action_line; /* where the action began, for errors at the end of the text; 0: none */
	unsigned depth;
};

struct template_item template_parser_next(struct template_parser *p);
struct template_item template_parser_peek(struct template_parser *p);
/* The same without blanks. */
struct template_item template_parser_next_word(struct template_parser *p);
struct template_item template_parser_peek_word(struct template_parser *p);
/* All return NULL, and keep the first failure. */
void *template_parser_fail(struct template_parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
void *template_parser_fail_kind(struct template_parser *p, enum error_kind kind, const char *text);
void *template_parser_unexpected(
	struct template_parser *p, struct template_item item, const char *context);
struct template_node *template_parser_node(
	struct template_parser *p, enum template_node_kind kind, size_t pos);
void template_parser_append(struct template_node *parent, struct template_node *child);

/* declarations? command ("|" command)*, up to and with the token `end`. */
struct template_node *template_operand_pipeline(
	struct template_parser *p, const char *context, enum template_token end);
