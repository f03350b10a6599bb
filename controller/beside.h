#pragma once
/* What keeps us from being a second writer, composed: the canary against other HPA controllers, the index of other autoscalers on a target, and a watch of KEDA's
 * ScaledObjects where there is such a kind. */
#include "common/arena.h"
#include "controller/canary_watch.h"
#include "controller/foreign.h"
#include "kube/discovery_cache.h"

struct beside;

struct beside_config {
	struct kube_client *client;
	struct discovery_cache *discovery;
	bool owns_native;	  /* --native-hpas=own: the canary is needed */
	const char *namespace;	  /* ours; only for owns_native */
	int64_t canary_period_ns; /* 0: the default */
	/* beside_is_synced may have become true. */
	void (*on_progress)(void *ctx);
	void *ctx;
};

/* errors: INVALID (owns_native without a namespace), NOMEM. */
MUST_USE enum error_kind beside_new(
	const struct beside_config *config, struct beside **ret, struct error *err);
void beside_free(struct beside *b);
DEFINE_AUTO(struct beside *, beside_free)
/* KEDA's objects are known, or there are none, or they cannot be read: then one goes unnoticed, which is said, and holds up nobody. */
bool beside_is_synced(const struct beside *b);
void beside_lead(struct beside *b, bool leads);

/* Our kind exists: from now on native objects are indexed by their targets, which costs memory for each. Gives back whether that is news; those seen before
 * are then to be given to beside_see_native once more. */
bool beside_index_natives(struct beside *b);
/* Every native object that the watch tells of. True: it is our canary, or one that another controller has or had where we own no native objects, and nothing to
 * decide about; our kind leaves its target alone all the same, if there is one. */
bool beside_see_native(struct beside *b, const struct object_id *id, struct sv json);
bool beside_lose_native(struct beside *b, const struct object_id *id);

/* Native objects may be written: no other HPA controller lives. Asked before every write. */
bool beside_may_write_native(const struct beside *b);
/* Why an object of our kind must leave its target alone, in the arena; empty: nothing does. ptr NULL: no memory, and then it must leave it alone, too. */
struct sv beside_find_foreign(const struct beside *b, struct arena *a, const struct hpa *hpa);
/* The same question without the words. */
bool beside_has_foreign(const struct beside *b, const struct hpa *hpa);
