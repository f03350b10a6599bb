#pragma once
/* Keeps the histories of all objects where the next leader finds them: in a few ConfigMaps (`NAME-0`, `NAME-1` ...), written only where something changed, one
 * a minute at most. An orderly end writes all of them at once and marks the checkpoint as the last word; whoever takes it over removes the mark
 * first, so that it can never be taken for the last word twice. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/selfmetrics.h"
#include "controller/autoscalers.h"
#include "kube/client.h"

/* Behind the name: "-checkpoint-" and the shard's number. */
#define CHECKPOINT_STORE_INFIX "-checkpoint-"
#define CHECKPOINT_STORE_PERIOD_NS (60 * NS_PER_SEC)

struct checkpoint_store;

struct checkpoint_store_config {
	struct kube_client *client;
	struct selfmetrics *metrics; /* flyball_checkpoint_writes_total */
	struct autoscalers *autoscalers;
	const char *namespace, *name; /* copied; name as the Lease's */
	int64_t period_ns;	      /* 0: a minute */
	/* How long we may still write; asked before every write. */
	int64_t (*left_ns)(void *ctx);
	void *left_ctx;
};

MUST_USE enum error_kind checkpoint_store_new(const struct checkpoint_store_config *config,
	struct checkpoint_store **ret, struct error *err);
void checkpoint_store_free(struct checkpoint_store *s);
DEFINE_AUTO(struct checkpoint_store *, checkpoint_store_free)

/* We lead: reads what is there and takes it over, then `done`; at the latest after 5 s, and then without what could not be read. */
void checkpoint_store_load(struct checkpoint_store *s, void (*done)(void *ctx), void *ctx);
/* After a load, before the first pass: gives every object known to the store what the checkpoint says about it, in place of what it remembers. */
void checkpoint_store_restore(struct checkpoint_store *s);
/* Passes run from now on: writes what changes. */
void checkpoint_store_start(struct checkpoint_store *s);
/* We no longer lead: writes nothing more. Loads and flushes end without calling back. */
void checkpoint_store_stop(struct checkpoint_store *s);
/* No pass runs any more, and the lease is still ours: writes everything, then `done`; at the latest after 1.5 s. */
void checkpoint_store_flush(struct checkpoint_store *s, void (*done)(void *ctx), void *ctx);
