#pragma once
/* Object metadata: what every reader of Kubernetes objects needs. Pure. Two ways in: a decoded tree (everything), or a scan of the
 * JSON text that stops as soon as it has identity (for watches, where most objects are only compared). */
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"
#include "kube/selector.h"

struct jtree;

struct opt_wall {
	bool set;
	struct wall value;
};

struct object_meta {
	struct sv name, namespace, uid, resource_version; /* empty: absent */
	int64_t generation;				  /* 0: absent */
	struct opt_wall created, deleting;		  /* creationTimestamp, deletionTimestamp */
	struct label *labels, *annotations;		  /* in the document's order */
	size_t n_labels, n_annotations;
};

/* t: the whole object (its member "metadata" is read; absent: all empty). Views point into the tree; arrays are in the arena.
 * errors: INVALID naming the path ("metadata.labels.app: expected a string, got a number"); NOMEM, LIMIT. */
MUST_USE enum error_kind object_meta_decode(
	struct arena *a, const struct jtree *t, struct object_meta *ret, struct error *err);
/* Value of a label or annotation; SV_NULL when absent (a label may also be empty: ptr is not NULL then). */
struct sv object_meta_find(const struct label *list, size_t n, struct sv key);

/* Identity of an object. */
struct object_id {
	struct sv kind, api_version; /* empty inside the items of a list */
	struct sv name, namespace, uid, resource_version;
};

/* json: one complete object. Texts are views into json, or copies in the arena where escapes had to be decoded.
 * errors: INVALID (malformed JSON up to the point where everything was found, no metadata.name, a member of a wrong type), NOMEM, LIMIT.
 * With `whole` the text is checked to its end. */
MUST_USE enum error_kind object_meta_scan(
	struct arena *a, struct sv json, bool whole, struct object_id *ret, struct error *err);
/* resourceVersion as a number (they compare as such since Kubernetes 1.35); false: it is none. */
bool object_meta_version(struct sv resource_version, uint64_t *ret);
