#pragma once
/* Histories as text, for a controller that takes over: what can still matter and nothing else, in shards. Times are the API server's, so that two machines
 * agree on an age; where an age is not exact, windows lengthen. Pure: ConfigMaps are checkpoint_store's. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/jw.h"
#include "controller/history.h"
#include "kube/server_clock.h"

/* Of text: a ConfigMap may hold 1 MiB, and quotes count twice there. */
#define CHECKPOINT_SHARD_BYTES (512u * 1024)
/* 10,000 objects take two or three; their names are in the RBAC rules. */
#define CHECKPOINT_MAX_SHARDS 16u

/* One moment on both clocks. */
struct checkpoint_now {
	struct mono mono;
	struct server_time server;
};

struct checkpoint_writer {
	struct checkpoint_now now;
	bool complete;
	struct jw w;
	uint64_t digest;
	struct history_recommendation *stairs; /* scratch */
	size_t stairs_size;
};

/* Which shard an object belongs to. */
uint32_t checkpoint_shard_of(struct sv uid, uint32_t n_shards);

/* Starts a shard's text in `out`. complete: the writer decides nothing any more, so all that lives is written; else only what a successor, which takes the
 * present count for a recommendation and holds decreases for a window, would miss. */
void checkpoint_begin(struct checkpoint_writer *w, struct buf *out,
	const struct checkpoint_now *now, bool complete);
/* Adds an object; one with nothing that matters adds nothing. errors: NOMEM. */
MUST_USE enum error_kind checkpoint_put(struct checkpoint_writer *w, struct sv key, struct sv uid,
	const struct history *history, struct error *err);
/* Ends the text. The digest is the same for the same content, whenever it is written. */
uint64_t checkpoint_end(struct checkpoint_writer *w);

struct checkpoint_stamp {
	int64_t at_ms; /* the latest that it can have been, by the server's clock */
	int32_t value;
	int64_t earlier_ms; /* it was handed on before: it may have been that much earlier, beside the shard's slack */
};

struct checkpoint_metric {
	uint64_t key;
	struct opt_i32 rows;
	int64_t failing_since_ms; /* the latest that it can have been; 0: it does not fail */
};

struct checkpoint_record {
	struct sv uid;
	bool open;	 /* a scale write's outcome was not known, or what came before is not */
	bool asleep;	 /* at zero replicas by the writer's doing */
	int64_t hold_ms; /* no decrease before; 0: none is held */
	struct checkpoint_stamp *recommendations, *up, *down;
	size_t n_recommendations, n_up, n_down;
	struct checkpoint_metric *metrics;
	size_t n_metrics;
};

struct checkpoint_shard {
	int64_t slack_ms;		   /* a stamp may be that much too late */
	struct checkpoint_record *records; /* by uid */
	size_t n_records;
};

/* Views point into `text`, or into the arena. errors: INVALID (what a person or another version wrote), NOMEM, LIMIT. */
MUST_USE enum error_kind checkpoint_read(
	struct arena *a, struct sv text, struct checkpoint_shard *ret, struct error *err);

/* NULL: nothing of this object mattered. */
const struct checkpoint_record *checkpoint_find(
	const struct checkpoint_shard *shard, struct sv uid);

/* Replaces the history by what is known of it. shard NULL: nothing is. record NULL: nothing mattered. exact: the shard is complete and nobody has
 * decided since; else the history has a gap. errors: NOMEM; the history is then empty with a gap. */
MUST_USE enum error_kind checkpoint_restore(const struct checkpoint_shard *shard,
	const struct checkpoint_record *record, bool exact, const struct checkpoint_now *now,
	struct history *ret, struct error *err);
