#pragma once
/* A read-only JSON document in an arena, made from JSON or YAML: keeps the text of numbers, the
 * order of members and where each value stood (line, column), so that decoders can name the place
 * of a mistake and quantities lose no digit. Mutable documents (patches, the sandbox's store) are
 * jansson's: jx.h. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/opt.h"
#include "common/sv.h"

enum jtree_kind { JTREE_NULL, JTREE_BOOL, JTREE_NUMBER, JTREE_STRING, JTREE_ARRAY, JTREE_OBJECT };

struct jtree {
	enum jtree_kind kind;
	bool truth; /* BOOL */
	/* NUMBER as written (from YAML: as JSON writes it); STRING decoded. */
	struct sv text;
	/* Scalars of any kind as written (strings decoded): what a text field takes `yes` or 0x10
	 * for. Quoted: a string whatever it looks like, in quotes or a block. */
	struct sv raw;
	bool quoted;
	/* Member name, in an object; raw_key as written: YAML's key `on` is "true" for Kubernetes,
	 * but "on" where names are text. */
	struct sv key;
	struct sv raw_key;
	struct jtree *first;	       /* ARRAY, OBJECT: first child */
	struct jtree *next;	       /* next sibling */
	size_t n;		       /* children */
	uint32_t line, column;	       /* of the value, 1-based; 0: unknown */
	uint32_t key_line, key_column; /* of the key, in an object */
};

/* JSON text -> tree in the arena; texts point into `text` where they can: it must live as long.
 * Later duplicates of a key replace earlier ones, as in Go. Errors: INVALID with line and column,
 * LIMIT, NOMEM. */
MUST_USE enum error_kind jtree_parse(
	struct arena *a, struct sv text, struct jtree **ret, struct error *err);

/* Members that a reader looks at, ended by a NULL key. `members` NULL: all of the value; else what is looked at inside of it, or inside of each element of a
 * list. */
struct jtree_want {
	const char *key;
	const struct jtree_want *members;
};
/* The same, without the members that are not wanted: they are passed over by their brackets, and not checked to be JSON. */
MUST_USE enum error_kind jtree_parse_only(struct arena *a, struct sv text,
	const struct jtree_want *want, struct jtree **ret, struct error *err);

#define JTREE_FOREACH(child, parent)                                                               \
	for (const struct jtree *child = (parent) ? (parent)->first : NULL; child;                 \
		child = child->next)

/* Member by exact name, or NULL (also when t is NULL or no object). */
const struct jtree *jtree_get(const struct jtree *t, const char *key);
/* Path of member names: jtree_at(t, "metadata", "name", NULL). */
const struct jtree *jtree_at(const struct jtree *t, ...) __attribute__((sentinel));
/* Text of a string; SV_NULL for anything else. */
struct sv jtree_text(const struct jtree *t);
/* Whole number within int64; false for anything else (fractions and exponents too). */
bool jtree_i64(const struct jtree *t, int64_t *ret);
bool jtree_is_absent(const struct jtree *t); /* NULL or null */
/* *ret: the first member whose key an earlier one has, or NULL. False: no memory for the search. */
MUST_USE bool jtree_find_duplicate(
	struct arena *a, const struct jtree *object, const struct jtree **ret);
/* Leaves one member of each key, in the place of the first: the first one's value, or the last
 * one's. False: no memory. */
MUST_USE bool jtree_drop_duplicates(struct arena *a, struct jtree *object, bool keep_last);
/* "a string", "an object" ... for messages. */
const char *jtree_kind_name(enum jtree_kind kind);
/* Value equality: member order does not matter, numbers compare by text. */
bool jtree_eq(const struct jtree *a, const struct jtree *b);
/* Writes the tree back as compact JSON, members in order, numbers as written. */
struct buf;
void jtree_print(struct buf *out, const struct jtree *t);
