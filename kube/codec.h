#pragma once
/* JSON objects <-> structs, driven by tables of fields. One table decodes, names unknown members with their nearest known one, and
 * encodes in its own order. Pure. */
#include <stddef.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"
#include "common/jw.h"
#include "kube/selector.h"

enum codec_type {
	CODEC_SKIP,	    /* known, but read elsewhere or not at all; never written */
	CODEC_TEXT,	    /* struct sv; nil is ptr NULL */
	CODEC_I32,	    /* int32_t */
	CODEC_I64,	    /* int64_t */
	CODEC_OPT_I32,	    /* struct opt_i32 */
	CODEC_OPT_I64,	    /* struct opt_i64 */
	CODEC_OPT_QUANTITY, /* struct opt_quantity */
	CODEC_TIME,	    /* struct wall; the zero time is null */
	CODEC_OPT_TIME,	    /* struct wall at `offset`, bool at `has` */
	CODEC_TEXTS,	    /* pointer to struct sv, size_t at `count`; null members are "" */
	CODEC_TEXT_MAP,	    /* pointer to struct label, size_t at `count`; sorted by key */
	CODEC_INLINE,	    /* a struct; a nested object may also be members of the outer struct */
	CODEC_POINTER,	    /* pointer to a struct; nil is NULL */
	CODEC_LIST, /* pointer to structs, size_t at `count`, with CODEC_NIL_LIST a bool at `has` */
};

enum codec_flags {
	CODEC_OMIT = 1, /* left out when it is empty, nil or zero */
	CODEC_NIL =
		2, /* a text that can be nil: "" is written, nil is left out, or null without CODEC_OMIT */
	CODEC_NIL_LIST = 4, /* a list that can be present and empty */
	CODEC_ZERO = 8,	    /* an unset quantity is written "0" */
};

struct codec_object;

struct codec_field {
	const char *name;
	enum codec_type type;
	unsigned flags;
	size_t offset, count, has;
	const struct codec_object *object; /* INLINE, POINTER, LIST */
};

struct codec_object {
	size_t size; /* of the struct */
	const struct codec_field *fields;
	size_t n_fields;
};

/* A place in the document: "spec.metrics[2].pods". Frames live on the stack. */
struct codec_path {
	const struct codec_path *up; /* NULL: the document */
	struct sv member;	     /* ptr NULL: an index */
	size_t index;
};

/* "spec.metrics[2].pods"; nothing for NULL. */
void codec_path_print(struct buf *out, const struct codec_path *path);

struct codec_finding {
	struct sv path;
	uint32_t line, column;
	struct sv text;
};

struct codec {
	struct arena *a;
	bool strict; /* unknown members are findings; otherwise they are ignored, as the API does */
	bool fold_case; /* member names match in any case, as Go's own decoder reads annotations */
	struct codec_finding *at;
	size_t n, size;
	bool failed; /* memory or the arena's limit ran out: the findings are incomplete */
};

/* Fills the zeroed struct `into`. Wrong members become findings and stay zero. Texts point into the tree. */
void codec_decode(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_object *object, void *into);
/* Adds a finding about the value at `where` (may be NULL). */
void codec_find(struct codec *c, const struct codec_path *path, const struct jtree *where,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
/* ERR_OK without findings; else INVALID with the first ("spec.minReplicas: ..."), NOMEM or LIMIT. */
MUST_USE enum error_kind codec_result(const struct codec *c, struct error *err);
/* The nearest of the object's member names, or NULL when none is near. */
const char *codec_nearest(const struct codec_object *object, struct sv name);

/* One JSON object, members in the order of the table. */
void codec_encode(struct jw *w, const struct codec_object *object, const void *from);

/* Rows of a table: `owner` is the struct, `place` its member; a list or map `x` counts in `n_x`. */
/* clang-format off */
#define CODEC_FIELD(json, kind, owner, place, how) \
	{ .name = (json), .type = (kind), .flags = (how), .offset = offsetof(owner, place) }
#define CODEC_INLINE_OF(json, owner, place, of) \
	{ .name = (json), .type = CODEC_INLINE, .offset = offsetof(owner, place), .object = &(of) }
/* A nested JSON object whose members live in the same struct. */
#define CODEC_NESTED(json, of) { .name = (json), .type = CODEC_INLINE, .object = &(of) }
#define CODEC_POINTER_OF(json, owner, place, of) \
	{ .name = (json), .type = CODEC_POINTER, .flags = CODEC_OMIT, .offset = offsetof(owner, place), .object = &(of) }
#define CODEC_LIST_OF(json, owner, place, of, how) \
	{ .name = (json), .type = CODEC_LIST, .flags = (how), .offset = offsetof(owner, place), \
	  .count = offsetof(owner, n_##place), .object = &(of) }
/* A list of structs that can be present and empty: `has_x` tells. */
#define CODEC_NIL_LIST_OF(json, owner, place, of, how) \
	{ .name = (json), .type = CODEC_LIST, .flags = (how) | CODEC_NIL_LIST, .offset = offsetof(owner, place), \
	  .count = offsetof(owner, n_##place), .has = offsetof(owner, has_##place), .object = &(of) }
/* CODEC_TEXTS or CODEC_TEXT_MAP, left out when empty */
#define CODEC_TEXTS_OF(json, kind, owner, place) \
	{ .name = (json), .type = (kind), .flags = CODEC_OMIT, .offset = offsetof(owner, place), \
	  .count = offsetof(owner, n_##place) }
#define CODEC_SKIPPED(json) { .name = (json), .type = CODEC_SKIP }
#define CODEC_OBJECT(owner, fields) { sizeof(owner), (fields), sizeof(fields) / sizeof((fields)[0]) }
/* clang-format on */
