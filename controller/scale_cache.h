#pragma once
/* Scales without asking: Deployments, StatefulSets, ReplicaSets and ReplicationControllers are watched while an autoscaler targets their kind, and their
 * scale is derived from the object. After our own write its answer is the state until the watch has passed its resourceVersion. A failure that time alone
 * does not heal (403, 404, 405) is kept for a minute, of whatever kind. */
#include "common/arena.h"
#include "common/buf.h"
#include "controller/scale_derive.h"
#include "kube/api_path.h"
#include "kube/client.h"
#include "kube/object_meta.h"

struct scale_cache;

struct scale_cache_config {
	struct kube_client *client;
	/* A watched target, as the server sent it, for others who read it too. May be NULL. */
	void (*on_target)(
		enum scale_kind kind, const struct object_id *id, struct sv json, void *ctx);
	/* A kind cannot be watched, told once until it can; its scales are asked for one by one meanwhile. May be NULL. */
	void (*on_error)(const char *resource, const struct error *err, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind scale_cache_new(
	const struct scale_cache_config *config, struct scale_cache **ret, struct error *err);
void scale_cache_free(struct scale_cache *c);
DEFINE_AUTO(struct scale_cache *, scale_cache_free)

/* One more autoscaler targets the kind, or one less. The watch lives while any does. */
void scale_cache_use(struct scale_cache *c, enum scale_kind kind);
void scale_cache_drop(struct scale_cache *c, enum scale_kind kind);

enum scale_cache_result {
	SCALE_CACHE_ASK,   /* not known: GET it */
	SCALE_CACHE_KNOWN, /* `out` is the Scale */
	SCALE_CACHE_FAILS, /* *failed is what the server said a moment ago */
};
/* path: of the scale subresource. */
enum scale_cache_result scale_cache_get(struct scale_cache *c, const struct api_path *path,
	struct mono now, struct buf *out, struct error *failed);
/* A GET was answered; failed NULL: well. */
void scale_cache_asked(struct scale_cache *c, const struct api_path *path,
	const struct error *failed, struct mono now);
/* A PUT or GET was answered with this Scale. */
void scale_cache_wrote(struct scale_cache *c, const struct api_path *path, struct sv body);

struct scale_cache_stats {
	size_t n_watched;	   /* kinds */
	size_t n_targets;	   /* known */
	uint64_t n_known, n_asked; /* scales given without a request; requests */
};
struct scale_cache_stats scale_cache_stats(const struct scale_cache *c);
