#pragma once
/* Parsed patterns, shared by the files regexp_*.c. Private to them. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/vec.h"
#include "promql/regexp.h"
#include "promql/unicode.h"

struct regexp_range {
	uint32_t first, last;
};

/* Ranges in rising order that neither touch nor overlap. */
struct regexp_class {
	const struct regexp_range *ranges;
	size_t n;
	uint64_t ascii[2]; /* one bit for each code point up to U+007F */
};

/* A class under construction: ranges in any order. */
struct regexp_ranges {
	VEC(struct regexp_range) list;
	bool failed; /* memory, or too many ranges */
};

void regexp_ranges_add(struct regexp_ranges *r, uint32_t first, uint32_t last);
/* With all case variants. */
void regexp_ranges_add_folded(struct regexp_ranges *r, uint32_t first, uint32_t last);
/* What the class leaves out. */
void regexp_ranges_add_negated(struct regexp_ranges *r, const struct regexp_class *class);
void regexp_ranges_add_class(struct regexp_ranges *r, const struct regexp_class *class);
/* Sorts and merges into the arena. NULL: memory. */
const struct regexp_class *regexp_ranges_finish(
	struct regexp_ranges *r, struct arena *a, bool negate);
void regexp_ranges_done(struct regexp_ranges *r);
bool regexp_class_has(const struct regexp_class *class, uint32_t rune);

enum regexp_op {
	REGEXP_NO_MATCH,
	REGEXP_EMPTY,
	REGEXP_LITERAL, /* runes */
	REGEXP_CLASS,	/* class */
	REGEXP_ANY_NOT_NEWLINE,
	REGEXP_ANY,
	REGEXP_BEGIN_LINE,
	REGEXP_END_LINE,
	REGEXP_BEGIN_TEXT,
	REGEXP_END_TEXT,
	REGEXP_WORD_BOUNDARY,
	REGEXP_NO_WORD_BOUNDARY,
	REGEXP_GROUP,  /* a capturing group */
	REGEXP_REPEAT, /* min, max; max REGEXP_NO_MAX: unbounded */
	REGEXP_CONCAT,
	REGEXP_ALTERNATE,
};

#define REGEXP_NO_MAX UINT32_MAX

struct regexp_node {
	enum regexp_op op;
	bool fold;  /* LITERAL: case variants match too */
	bool sugar; /* REPEAT written as * + ? */
	uint32_t min, max;
	uint32_t height; /* 1 for a leaf */
	int64_t size;	 /* instructions as the reference counts them */
	const uint32_t *runes;
	size_t n_runes;
	const struct regexp_class *class;
	uint32_t class_index;			 /* in the program */
	struct regexp_node *first, *last, *next; /* operands */
};

/* errors: INVALID with the reference's text, LIMIT, NOMEM. */
MUST_USE enum error_kind regexp_syntax_parse(
	struct arena *a, struct sv pattern, struct regexp_node **ret, struct error *err);
/* A class by its name: \d \s \w or [:alpha:] ("[:alpha:]"), without regard to a leading caret. NULL: none of that name. */
const struct regexp_range *regexp_named_class(struct sv name, size_t *ret_n);

/* All texts that the tree matches when they are at most REGEXP_MAX_LITERALS, none of them case-folded. *ret_n 0: there is no such list.
 * False: no memory. */
MUST_USE bool regexp_literal_list(
	struct arena *a, const struct regexp_node *root, struct sv **ret, size_t *ret_n);

struct regexp_program;
/* errors: LIMIT, NOMEM. */
MUST_USE enum error_kind regexp_program_compile(
	struct arena *a, struct regexp_node *root, struct regexp_program **ret, struct error *err);
bool regexp_program_run(struct regexp_program *p, struct sv subject);
