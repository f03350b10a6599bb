#pragma once
/* The autoscaler objects that the controller knows, with what it keeps about each between passes. Filled by the watch's callbacks and by the answers to our
 * own writes; knows no API server. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"
#include "controller/autoscaler_kind.h"
#include "controller/decisions.h"
#include "controller/history.h"
#include "controller/scale_derive.h"
#include "controller/selector_index.h"
#include "controller/target.h"
#include "kube/object_meta.h"

struct autoscaler {
	struct sv key, ns, name; /* key is "namespace/name" */
	/* Newest state that we know of, without managedFields: the watch's, or the answer to our own status write. */
	char *packed; /* json_pack.h; autoscalers_json gives it back */
	size_t packed_len;
	const char *uid;       /* behind it */
	uint64_t version;      /* resourceVersion; 0: not a number */
	uint64_t fingerprint;  /* of the spec: tells an edit from a status write */
	int64_t period_ns;     /* of its own (syncPeriodSeconds); 0: the controller's */
	uint64_t spread;       /* equal for objects that can share the answers to what they ask */
	uint64_t spread_alone; /* its own */
	struct history history;
	struct selector_entry
		selector; /* that the last pass found; for the check of overlapping selectors */
	struct mono
		status_due; /* a status that differs in values only is not written before; ns 0: not known yet */
	struct decisions_memory decisions;
	void *slot; /* the dispatch's */
	enum autoscaler_kind kind;
	enum scale_kind target_kind;
	int work_ticket;      /* the quarantine's */
	bool awaited;	      /* the answer to our status write, which the watch has yet to show */
	bool is_counted;      /* among those alike */
	bool has_status_turn; /* status_due is its turn among those that want to write values only */
};

struct autoscalers;

MUST_USE struct autoscalers *autoscalers_new(void);
void autoscalers_free(struct autoscalers *all); /* passes and timers are gone by then */
DEFINE_AUTO(struct autoscalers *, autoscalers_free)

enum autoscalers_change {
	AUTOSCALERS_NONE, /* the same as what we have, or older than our own write */
	AUTOSCALERS_ADDED,
	AUTOSCALERS_EDITED, /* the spec changed */
	AUTOSCALERS_UPDATED /* anything else */
};
/* A state of an object, from the watch, which tells nothing twice; older than what we have it counts, unless that is awaited. Another uid under a known name starts with an empty history. errors: NOMEM, LIMIT (nothing changed), INVALID. */
MUST_USE enum error_kind autoscalers_put(struct autoscalers *all, enum autoscaler_kind kind,
	const struct object_id *id, struct sv json, struct autoscaler **ret,
	enum autoscalers_change *ret_change, struct error *err);
/* The answer to our status write: what the watch has not shown yet. errors: as autoscalers_put. */
MUST_USE enum error_kind autoscalers_put_answer(struct autoscalers *all, struct autoscaler *one,
	const struct object_id *id, struct sv json, struct error *err);
/* The object's JSON, in the arena. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind autoscalers_json(
	const struct autoscaler *one, struct arena *a, struct sv *ret, struct error *err);
/* Takes the object out; the caller ends its pass and then frees it. NULL: not known. */
struct autoscaler *autoscalers_take(
	struct autoscalers *all, enum autoscaler_kind kind, struct sv ns, struct sv name);
void autoscalers_free_one(struct autoscaler *one);
struct autoscaler *autoscalers_find(
	const struct autoscalers *all, enum autoscaler_kind kind, struct sv ns, struct sv name);
/* One of the kind, whichever; NULL: there is none. */
struct autoscaler *autoscalers_any(const struct autoscalers *all, enum autoscaler_kind kind);
/* How many objects have this `spread`. */
size_t autoscalers_n_alike(const struct autoscalers *all, uint64_t spread);
/* Of all kinds. */
size_t autoscalers_n(const struct autoscalers *all);
void autoscalers_each(
	const struct autoscalers *all, void (*fn)(struct autoscaler *one, void *ctx), void *ctx);

/* Remembers the selector a pass found. errors: NOMEM, LIMIT, INVALID; then the object matches nothing, as before its first pass. */
MUST_USE enum error_kind autoscalers_set_selector(struct autoscalers *all, struct autoscaler *one,
	struct sv selector_text, struct error *err);
/* The other objects of the kind and namespace whose selectors may match one of these pods, in the arena. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind autoscalers_peers(struct autoscalers *all, struct arena *a,
	const struct autoscaler *self, const struct pod_set *pods, struct target_peer **ret,
	size_t *ret_n, struct error *err);
