#pragma once
/* The state of a pattern's parser, shared by regexp_syntax.c and regexp_escape.c. */
#include "promql/regexp_tree.h"

enum regexp_flag { REGEXP_FOLD = 1, REGEXP_MULTI_LINE = 2, REGEXP_DOT_NEWLINE = 4 };

/* An open group, or the pattern as a whole. */
struct regexp_frame {
	struct regexp_frame *below;
	bool capture;
	unsigned flags;			  /* to restore behind the group */
	struct regexp_node *alternatives; /* finished ones, linked by next, newest first */
	struct regexp_ranges merging;	  /* of the newest one, while it swallows its neighbours */
	struct regexp_node *first, *last, *before_last; /* the concatenation so far */
};

struct regexp_cached_class {
	struct regexp_cached_class *next;
	struct sv name;
	bool fold;
	const struct regexp_class *class;
};

struct regexp_syntax {
	struct arena *arena;
	struct sv pattern, rest; /* what is not read yet is the end of the pattern */
	unsigned flags;
	struct regexp_frame *top;
	struct sv last_repeat; /* from the operator of a repetition on that was just read */
	struct error *err;
	enum error_kind failed;
	struct regexp_cached_class *cache;
};

/* Both return false. The first failure stays. */
bool regexp_syntax_fail(struct regexp_syntax *s, const char *what, struct sv expr);
bool regexp_syntax_out_of_memory(struct regexp_syntax *s);
/* The part of the pattern from `from` to what is not read yet. */
struct sv regexp_syntax_up_to_rest(const struct regexp_syntax *s, struct sv from);
/* One character; U+FFFD at the end. False: no UTF-8. */
bool regexp_syntax_next_rune(struct regexp_syntax *s, uint32_t *ret);
bool regexp_syntax_check_utf8(struct regexp_syntax *s, struct sv text);
/* Append to the concatenation; a class of one code point, or of the two variants of a letter, is a literal. */
bool regexp_syntax_push_op(struct regexp_syntax *s, enum regexp_op op);
bool regexp_syntax_push_rune(struct regexp_syntax *s, uint32_t rune, bool fold);
bool regexp_syntax_push_class(struct regexp_syntax *s, const struct regexp_class *class);

/* What begins with a backslash, and [...]. */
bool regexp_escape_backslash(struct regexp_syntax *s);
bool regexp_escape_class(struct regexp_syntax *s);
bool regexp_escape_is_word(uint32_t rune);
