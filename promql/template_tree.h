#pragma once
/* What the files template*.c share: tokens, nodes and values of Go's text/template. Private to them. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"
#include "promql/template.h"

#define TEMPLATE_NAME "metrics-query"
/* A rule is a line or a page; Go has no limits here. */
#define TEMPLATE_MAX_BYTES (64u * 1024)
/* Nested actions and parentheses: bounds the recursion of parser, printer and execution. */
#define TEMPLATE_MAX_DEPTH 100u
/* What one function of a template may print. */
#define TEMPLATE_MAX_OUTPUT_BYTES (1024u * 1024)

enum template_token {
	TEMPLATE_TOKEN_ERROR,
	TEMPLATE_TOKEN_BOOL,
	TEMPLATE_TOKEN_CHAR,
	TEMPLATE_TOKEN_CHAR_CONSTANT,
	TEMPLATE_TOKEN_COMPLEX,
	TEMPLATE_TOKEN_ASSIGN,
	TEMPLATE_TOKEN_DECLARE,
	TEMPLATE_TOKEN_EOF,
	TEMPLATE_TOKEN_FIELD,
	TEMPLATE_TOKEN_IDENTIFIER,
	TEMPLATE_TOKEN_LEFT_DELIM,
	TEMPLATE_TOKEN_LEFT_PAREN,
	TEMPLATE_TOKEN_NUMBER,
	TEMPLATE_TOKEN_PIPE,
	TEMPLATE_TOKEN_RAW_STRING,
	TEMPLATE_TOKEN_RIGHT_DELIM,
	TEMPLATE_TOKEN_RIGHT_PAREN,
	TEMPLATE_TOKEN_SPACE,
	TEMPLATE_TOKEN_STRING,
	TEMPLATE_TOKEN_TEXT,
	TEMPLATE_TOKEN_VARIABLE,
	/* Keywords, printed in angle brackets. */
	TEMPLATE_TOKEN_BLOCK,
	TEMPLATE_TOKEN_BREAK,
	TEMPLATE_TOKEN_CONTINUE,
	TEMPLATE_TOKEN_DOT,
	TEMPLATE_TOKEN_DEFINE,
	TEMPLATE_TOKEN_ELSE,
	TEMPLATE_TOKEN_END,
	TEMPLATE_TOKEN_IF,
	TEMPLATE_TOKEN_NIL,
	TEMPLATE_TOKEN_RANGE,
	TEMPLATE_TOKEN_TEMPLATE,
	TEMPLATE_TOKEN_WITH,
};

struct template_item {
	enum template_token kind;
	size_t pos;	/* byte offset in the template */
	struct sv text; /* as written; of an ERROR the message */
};

struct template_lexer {
	struct arena *arena; /* for messages */
	struct sv input;
	size_t pos, start;
	int paren_depth;
	bool inside_action;
};

void template_lex_init(struct template_lexer *l, struct arena *a, struct sv input);
struct template_item template_lex_next(struct template_lexer *l);

enum template_node_kind {
	TEMPLATE_NODE_LIST,   /* first */
	TEMPLATE_NODE_TEXT,   /* text */
	TEMPLATE_NODE_ACTION, /* pipe */
	TEMPLATE_NODE_IF,     /* pipe, first = list, other = else list or NULL */
	TEMPLATE_NODE_RANGE,
	TEMPLATE_NODE_WITH,
	TEMPLATE_NODE_TEMPLATE, /* value = name, pipe or NULL */
	TEMPLATE_NODE_BREAK,
	TEMPLATE_NODE_CONTINUE,
	TEMPLATE_NODE_END,
	TEMPLATE_NODE_ELSE,
	TEMPLATE_NODE_PIPE, /* other = declared variables, first = commands, truth = assignment */
	TEMPLATE_NODE_COMMAND,	  /* first = operands */
	TEMPLATE_NODE_FIELD,	  /* names */
	TEMPLATE_NODE_VARIABLE,	  /* names[0] is "$x", fields behind it */
	TEMPLATE_NODE_CHAIN,	  /* first = node, names = fields */
	TEMPLATE_NODE_IDENTIFIER, /* text */
	TEMPLATE_NODE_DOT,
	TEMPLATE_NODE_NIL,
	TEMPLATE_NODE_BOOL,   /* truth */
	TEMPLATE_NODE_NUMBER, /* text, number */
	TEMPLATE_NODE_STRING, /* text as written, value */
};

struct template_number {
	bool is_int, is_uint, is_float, is_complex;
	int64_t i;
	double f; /* also the real part */
	double imag;
};

struct template_node {
	enum template_node_kind kind;
	size_t pos;
	struct template_node *next; /* sibling */
	struct template_node *first, *last, *other, *pipe;
	struct sv text, value;
	const struct sv *names;
	size_t n_names;
	bool truth;
	struct template_number number;
};

/* A template that define, block or the text as a whole made. */
struct template_tree {
	struct sv name;
	struct template_node *root;
	struct template_tree *next;
};

struct template
{
	struct sv text;
	struct template_tree *trees;
};

/* The node as Go prints it in error messages. */
void template_node_print(struct buf *out, const struct template_node *n);
const struct template_tree *template_tree_find(const struct template *t, struct sv name);
/* Number of a token: INVALID with Go's text. */
MUST_USE enum error_kind template_number_parse(
	struct template_item item, struct template_number *ret, struct error *err);

enum template_value_kind {
	TEMPLATE_INVALID, /* Go's zero reflect.Value: nil, a missing map key */
	TEMPLATE_MISSING, /* no argument from the pipeline */
	TEMPLATE_BOOL,
	TEMPLATE_INT,
	TEMPLATE_BYTE,
	TEMPLATE_FLOAT,
	TEMPLATE_COMPLEX,
	TEMPLATE_STRING,
	TEMPLATE_LIST,
	TEMPLATE_MAP,
	TEMPLATE_DATA,
};

struct template_value {
	enum template_value_kind kind;
	bool truth;
	int64_t i;	/* INT, BYTE */
	double f, imag; /* FLOAT, COMPLEX */
	struct sv text;
	const struct sv *list;
	const struct template_pair *map; /* sorted by name */
	size_t n;			 /* LIST, MAP */
	const struct template_data *data;
};

struct template_value template_value_bool(bool truth);
struct template_value template_value_int(int64_t i);
struct template_value template_value_text(struct sv text);
bool template_value_is_true(const struct template_value *v);
/* Go's name of the type; "<nil>" for INVALID. */
const char *template_value_type(const struct template_value *v);
/* Value of a data field; false when there is none of that name. */
bool template_value_field(
	const struct template_data *data, struct sv name, struct template_value *ret);
bool template_value_has_field(enum template_kind kind, struct sv name);

/* As fmt.Print prints one operand. */
void template_format_value(struct buf *out, const struct template_value *v);
/* fmt.Sprint: a blank between operands of which neither is a string. */
void template_format_print(struct buf *out, const struct template_value *args, size_t n);
void template_format_println(struct buf *out, const struct template_value *args, size_t n);
/* fmt.Sprintf. */
void template_format_printf(
	struct buf *out, struct sv format, const struct template_value *args, size_t n);

/* A built-in function. Arguments are evaluated; text of the result is in the arena. Fails with INVALID and Go's text (without
 * "error calling x: "). `callee` is the text of the first operand, for call. */
#define TEMPLATE_ANY_ARGS SIZE_MAX
struct template_function {
	const char *name;
	size_t min_args, max_args; /* max_args TEMPLATE_ANY_ARGS: variadic */
	bool text_first;	   /* the first parameter is a string */
	bool any; /* parameters are any, so that nil prints as <nil>; else reflect values */
};
const struct template_function *template_call_find(struct sv name);
MUST_USE enum error_kind template_call(const struct template_function *f, struct arena *a,
	const struct template_value *args, size_t n, struct sv callee, struct template_value *ret,
	struct error *err);
