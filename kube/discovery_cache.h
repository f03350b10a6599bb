#pragma once
/* Keeps a discovery snapshot: fetched through the client (aggregated documents where the server has them, else one request per version, eight at
 * a time), dropped when it is older than the caller allows. A failed refresh keeps the old snapshot. */
#include "common/error.h"
#include "kube/client.h"
#include "kube/discovery.h"

struct discovery_cache;

MUST_USE enum error_kind discovery_cache_new(
	struct kube_client *client, struct discovery_cache **ret, struct error *err);
void discovery_cache_free(struct discovery_cache *c); /* waiters are not called */
DEFINE_AUTO(struct discovery_cache *, discovery_cache_free)

/* The newest snapshot, borrowed until the loop's next round (discovery_ref to keep it); NULL before the first. */
struct discovery *discovery_cache_get(const struct discovery_cache *c);

/* failed == NULL: d is a snapshot as young as asked for. Else d is the old one, or NULL. Borrowed. */
typedef void (*discovery_cache_fn)(struct discovery *d, const struct error *failed, void *ctx);
/* Calls fn once, from the loop, when a snapshot not older than max_age_ns is there; joins a fetch that is under way. max_age_ns 0: a
 * fetch that starts now or later. After a miss ask with 0; the cache then still asks the server at most once a second.
 * errors: NOMEM, LIMIT (too many waiters). */
MUST_USE enum error_kind discovery_cache_refresh(struct discovery_cache *c, int64_t max_age_ns,
	discovery_cache_fn fn, void *ctx, struct error *err);
/* Forgets the waiters with this ctx. */
void discovery_cache_forget(struct discovery_cache *c, void *ctx);
/* How old a snapshot may be: the reference drops its own every 30 s. */
#define DISCOVERY_CACHE_MAX_AGE_NS (INT64_C(30) * 1000000000)
