#pragma once
/* What is known about the rows that a node gives for one object. Private to the files separable*.c. */
#include "promql/separable.h"

enum presence { PRESENCE_NO, PRESENCE_YES, PRESENCE_MAYBE };

/* Names that rows can carry at most; or anything. */
struct name_set {
	bool unbounded;
	const struct sv *at;
	size_t n;
};

struct facts {
	bool object; /* depends on the object; else global: the same for all */
	unsigned char has[SEPARABLE_MAX_LABELS]; /* enum presence of each object label */
	struct name_set names;
};

struct analysis {
	struct arena *arena;
	const struct sv *labels;
	size_t n_labels;
	struct sv placeholders[SEPARABLE_MAX_LABELS];
	const struct ast *root;
	struct separable *result;
	enum error_kind failed;
};

bool separable_refuse(
	struct analysis *a, const struct ast *at, enum separable_reason reason, struct sv what);
/* Index of an object label; n_labels when it is none. */
size_t separable_find_label(const struct analysis *a, struct sv name);
bool separable_has_name(const struct sv *list, size_t n, struct sv name);

/* A selector: its facts; bound selectors lose the placeholders. */
bool separable_selector(struct analysis *a, struct ast *n, struct facts *ret);
/* Misplaced placeholders of a selector or string. False: refused. */
bool separable_check_placeholders(struct analysis *a, struct ast *n);

/* A call, given the facts of its vector argument (NULL: it has none). */
bool separable_call(
	struct analysis *a, struct ast *n, const struct facts *operand, struct facts *ret);
bool separable_aggregate(
	struct analysis *a, struct ast *n, const struct facts *operand, struct facts *ret);
bool separable_binary(struct analysis *a, struct ast *n, const struct facts *left,
	const struct facts *right, struct facts *ret);

/* Sets of names. NULL memory stops the analysis. */
struct name_set separable_names_add(struct analysis *a, struct name_set set, struct sv name);
struct name_set separable_names_remove(
	struct analysis *a, struct name_set set, const struct sv *list, size_t n);
struct name_set separable_names_keep(
	struct analysis *a, struct name_set set, const struct sv *list, size_t n);
struct name_set separable_names_union(
	struct analysis *a, struct name_set one, struct name_set other);
/* Label lists of the tree: with the object labels that are missing at the end, or without any. */
bool separable_labels_complete(struct analysis *a, struct ast_labels *labels);
bool separable_labels_strip(struct analysis *a, struct ast_labels *labels);
