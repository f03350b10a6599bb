#pragma once
/* The last decisions about each object, as tapes, for whoever asks why. Bounded in bytes for all objects together: kept is what differs from the decision
 * before it, and every decision about objects that somebody asked for a short while ago. Knows no loop. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"
#include "controller/autoscaler_kind.h"

#define DECISIONS_DEFAULT_BYTES (INT64_C(8) * 1024 * 1024)
#define DECISIONS_MIN_BYTES (INT64_C(64) * 1024)
#define DECISIONS_MAX_BYTES (INT64_C(1024) * 1024 * 1024)
/* Tapes of one object: enough to see a scale-up and what led to it. */
#define DECISIONS_PER_OBJECT 8
/* So long after a question every decision about the object is kept. */
#define DECISIONS_ASKED_NS (600 * NS_PER_SEC)

struct decisions;

struct decisions_key {
	enum autoscaler_kind kind;
	struct sv ns, name;
};

/* Of one object, kept by the caller; zeroed at first. */
struct decisions_memory {
	uint64_t outcome; /* of the last decision that was kept; 0: none */
};

/* max_bytes: of all tapes together. NULL: no memory. */
MUST_USE struct decisions *decisions_new(int64_t max_bytes);
void decisions_free(struct decisions *d);
DEFINE_AUTO(struct decisions *, decisions_free)

/* Whether anybody asked for the object lately. */
bool decisions_is_asked(
	const struct decisions *d, const struct decisions_key *key, struct mono now);
/* Whether a decision with this outcome (a hash, not 0) is worth keeping. */
bool decisions_wants(const struct decisions *d, const struct decisions_key *key,
	const struct decisions_memory *m, uint64_t outcome, struct mono now);
/* Keeps a copy of the tape; older ones, of the object or of all, make room. errors: LIMIT (longer than all may be together), NOMEM; nothing changed. */
MUST_USE enum error_kind decisions_keep(struct decisions *d, const struct decisions_key *key,
	struct decisions_memory *m, uint64_t outcome, struct sv tape, struct error *err);
/* Somebody asks: the tapes that there are (without memory, fewer), oldest first, borrowed until the next decisions_ask or decisions_keep. From now on the object counts
 * as asked for. */
size_t decisions_ask(struct decisions *d, const struct decisions_key *key, struct mono now,
	struct sv ret[static DECISIONS_PER_OBJECT]);
/* The object is gone. */
void decisions_forget(struct decisions *d, const struct decisions_key *key);
/* Of all tapes, as texts; for the self-metrics. */
size_t decisions_bytes(const struct decisions *d);
