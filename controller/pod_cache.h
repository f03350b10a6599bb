#pragma once
/* All pods of the cluster as compact records, kept by the pod watch: about 70 bytes a pod and its name, plus what siblings share (labels, containers
 * with their requests). Knows no API server: the watch's callbacks call it. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/pods.h"
#include "kube/watch_store.h"

struct pod_cache;

MUST_USE struct pod_cache *pod_cache_new(void);
void pod_cache_free(struct pod_cache *c);
DEFINE_AUTO(struct pod_cache *, pod_cache_free)

/* Adds or replaces the pod that this JSON describes. errors: INVALID (the record stays as it was), LIMIT, NOMEM. */
MUST_USE enum error_kind pod_cache_put(struct pod_cache *c, struct sv json, struct error *err);
void pod_cache_remove(struct pod_cache *c, struct sv ns, struct sv name);
/* The watch's marks lie in the records; the keeper is the cache. */
extern const struct watch_marks pod_cache_marks;
size_t pod_cache_n(const struct pod_cache *c);
size_t pod_cache_n_in(const struct pod_cache *c, struct sv ns);

/* The pods of a namespace that the selector matches, in byte order of their names. The array and the pods are in the arena, their texts are borrowed until the next
 * put or remove. errors: NOMEM, LIMIT. cost: O(pods that have the rarest label which the selector demands) */
MUST_USE enum error_kind pod_cache_select(const struct pod_cache *c, struct arena *a, struct sv ns,
	const struct selector *selector, struct pod_set *ret, struct error *err);
