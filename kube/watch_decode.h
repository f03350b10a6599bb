#pragma once
/* Pure parts of a watch: pages of a LIST are cut into the texts of their objects, streams into lines, lines into events. No tree is built. */
#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct watch_page {
	struct sv resource_version;
	struct sv continue_token; /* empty: the last page */
};

/* A list document: calls on_item for the text of each object in `items`, cut by its brackets and not checked inside. Texts of ret are views into body, or in the arena.
 * errors: INVALID (malformed, no list, no resourceVersion); some items may have been handed over by then. NOMEM, LIMIT. */
MUST_USE enum error_kind watch_decode_page(struct arena *a, struct sv body,
	void (*on_item)(struct sv json, void *ctx), void *ctx, struct watch_page *ret,
	struct error *err);

/* The token of the page behind this one, where it stands in front of the items, as servers write it. Empty: it stands elsewhere, or there is none. Nothing is checked. */
struct sv watch_decode_continue(struct arena *a, struct sv body);

enum watch_event_type {
	WATCH_EVENT_ADDED,
	WATCH_EVENT_MODIFIED,
	WATCH_EVENT_DELETED,
	WATCH_EVENT_BOOKMARK,
	WATCH_EVENT_ERROR,
};

struct watch_event {
	enum watch_event_type type;
	struct sv object; /* JSON text */
};

/* One line of a watch stream. The object is cut by its brackets and not checked inside. errors: INVALID (malformed around it, unknown type, no object). */
MUST_USE enum error_kind watch_decode_event(
	struct sv line, struct watch_event *ret, struct error *err);

/* Puts lines together again that arrive in pieces cut anywhere. A line longer than `max` is passed over. */
struct watch_lines {
	struct buf partial;
	size_t max;
	bool skipping; /* until the end of a line that is too long */
	uint64_t n_skipped;
};

void watch_decode_lines_init(struct watch_lines *l, size_t max);
void watch_decode_lines_done(struct watch_lines *l);
/* Forgets what is incomplete: a new stream begins. */
void watch_decode_lines_clear(struct watch_lines *l);
/* Calls on_line for every line that is complete (without its end, blank ones left out) until it returns false. False: it did, or no
 * memory for the rest (then the stream must be given up). */
MUST_USE bool watch_decode_lines(struct watch_lines *l, struct sv piece,
	bool (*on_line)(struct sv line, void *ctx), void *ctx);
