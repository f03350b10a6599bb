#pragma once
/* What a watch remembers of each object that it told of, so that it tells nothing twice and knows after a list what is gone: a mark per object. The marks lie in a
 * table of the watch's own, with the objects' names; or, where the caller keeps names of a hundred thousand objects anyway, in the caller's records. Part of the watch. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"
#include "common/table.h"
#include "common/uuid.h"
#include "kube/object_meta.h"

/* Zeroed: the object was not told of yet. Packed, as it stands in records of odd size. */
struct watch_mark {
	uint64_t version;	       /* 0: it is no number, then every state is new */
	uint32_t list;		       /* number of the list that saw it last; the first is 1 */
	unsigned char uid[UUID_BYTES]; /* those of a UUID, or a hash of another text */
} __attribute__((packed, aligned(4)));

typedef void (*watch_mark_fn)(struct sv ns, struct sv name, struct watch_mark *mark, void *arg);

/* Marks in the caller's records. A record that on_object made or changed is found afterwards, unless the caller could not take the object: then it is told of again
 * with the next list. on_deleted ends the record; the names that it is given may be the record's own. */
struct watch_marks {
	struct watch_mark *(*find)(void *keeper, struct sv ns, struct sv name); /* NULL: none */
	void (*each)(void *keeper, watch_mark_fn fn, void *arg);
	size_t (*n)(void *keeper);
};

struct watch_store {
	const struct watch_marks *marks; /* NULL: in the table */
	void *keeper;
	struct table objects;
};

void watch_store_init(
	struct watch_store *s, const struct watch_marks *marks, void *keeper, size_t max_objects);
void watch_store_done(struct watch_store *s);
size_t watch_store_n(const struct watch_store *s);
/* NULL: the object was not told of, or is gone. Borrowed until the store or the keeper changes. */
struct watch_mark *watch_store_find(const struct watch_store *s, const struct object_id *id);
/* Whether the mark is this object's, and not one's that had its name before. */
bool watch_store_is_of(const struct watch_mark *mark, const struct object_id *id);
/* Remembers the object; nothing happens where the caller keeps the marks and has no record of it, unless it has as many as there may be. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind watch_store_set(struct watch_store *s, const struct object_id *id,
	uint64_t version, uint32_t list, struct error *err);
/* Nothing happens when it is not known, or the caller keeps the marks. */
void watch_store_forget(struct watch_store *s, const struct object_id *id);
/* The uid of a mark, in `room` where it is kept as bytes; empty where the caller keeps the marks. */
struct sv watch_store_uid(
	const struct watch_store *s, const struct watch_mark *mark, char room[static UUID_TEXT]);
/* Calls fn for each that this list did not see; it is forgotten by then. errors: NOMEM (some may be left). */
MUST_USE enum error_kind watch_store_sweep(struct watch_store *s, uint32_t list,
	void (*fn)(const struct object_id *id, void *ctx), void *ctx, struct error *err);
