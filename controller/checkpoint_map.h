#pragma once
/* One shard of a checkpoint as a ConfigMap: reading, writing and taking it over, without an opinion on when. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "kube/client.h"

/* What a ConfigMap says. */
struct checkpoint_map_content {
	struct sv text;	   /* the records */
	struct sv set;	   /* all shards of one complete checkpoint have one; empty: incomplete */
	uint32_t n_shards; /* 0: not said */
	bool last;	   /* nobody has led since it was written */
};

struct checkpoint_map;

/* failed NULL: it worked; code 404: it does not exist; code 409: somebody else wrote. Content is set after a read, borrowed. */
typedef void (*checkpoint_map_done_fn)(struct checkpoint_map *m,
	const struct checkpoint_map_content *content, const struct error *failed, void *ctx);

/* name: "flyball-controller-checkpoint-0". errors: NOMEM. */
MUST_USE enum error_kind checkpoint_map_new(struct kube_client *client, const char *namespace,
	const char *name, checkpoint_map_done_fn done, void *ctx, struct checkpoint_map **ret,
	struct error *err);
/* Ends what is under way without calling back. */
void checkpoint_map_free(struct checkpoint_map *m);
void checkpoint_map_cancel(struct checkpoint_map *m);
bool checkpoint_map_is_busy(const struct checkpoint_map *m);

/* One at a time; `done` follows unless it was cancelled. errors: NOMEM, INVALID, LIMIT; `done` is not called then. */
MUST_USE enum error_kind checkpoint_map_read(
	struct checkpoint_map *m, int64_t timeout_ns, struct error *err);
/* Creates or replaces it, as it was read or written last; one that somebody else wrote meanwhile is a conflict. */
MUST_USE enum error_kind checkpoint_map_write(struct checkpoint_map *m,
	const struct checkpoint_map_content *content, int64_t timeout_ns, struct error *err);
/* Takes the mark `last` from it. */
MUST_USE enum error_kind checkpoint_map_take(
	struct checkpoint_map *m, int64_t timeout_ns, struct error *err);
