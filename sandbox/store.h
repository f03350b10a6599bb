#pragma once
/* The sandbox's objects, in memory: each kept as compact JSON text under (resource, namespace, name), one revision counter for all, and
 * a bounded log of changes from which watches resume. Stands for etcd plus the API server's metadata rules; knows no HTTP.
 * Objects are listed in byte order of namespace/name, as etcd lists keys. */
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/jx.h"
#include "common/sv.h"
#include "sandbox/resources.h"

struct store;

struct store_object {
	const struct resource *resource;
	char *ns; /* "" for cluster-scoped kinds */
	char *name;
	char *text; /* compact JSON */
	size_t text_len;
	uint64_t revision;
	unsigned n_refs;
};

enum store_change { STORE_ADDED, STORE_MODIFIED, STORE_DELETED };

/* One change; for DELETED the object's last state with the revision of the deletion. `before` is the previous state or NULL. */
struct store_event {
	enum store_change change;
	uint64_t revision;
	struct store_object *object;
	struct store_object *before;
};
typedef void (*store_listener_fn)(const struct store_event *event, void *ctx);

MUST_USE enum error_kind store_new(struct store **ret, struct error *err);
void store_free(struct store *s);
DEFINE_AUTO(struct store *, store_free)

/* Borrowed until the next write. NULL when it does not exist. */
const struct store_object *store_find(
	const struct store *s, const struct resource *r, struct sv ns, struct sv name);
/* A document of its own, owned by the caller; NULL when it does not exist or memory ran out. */
MUST_USE json_t *store_get(
	const struct store *s, const struct resource *r, struct sv ns, struct sv name);
/* All objects of a kind (ns empty: all namespaces) as they are now, sorted. The list keeps them alive: store_list_done. */
struct store_list {
	struct store_object **at;
	size_t n;
};
MUST_USE enum error_kind store_list(const struct store *s, const struct resource *r, struct sv ns,
	struct store_list *ret, struct error *err);
void store_list_done(struct store_list *list);
static inline __attribute__((unused)) void store_list_done_auto(struct store_list *list)
{
	store_list_done(list);
}
size_t store_count(const struct store *s, const struct resource *r);
uint64_t store_revision(const struct store *s);

/* Writes. `doc` is changed in place: apiVersion, kind and the server's metadata fields are filled in. The texts of errors are the API
 * server's: CONFLICT (exists already; or the object has been modified), NOTFOUND, INVALID. */
MUST_USE enum error_kind store_create(
	struct store *s, const struct resource *r, json_t *doc, struct wall now, struct error *err);
/* A resourceVersion in doc is a precondition. generation grows when anything but metadata and status changed. Equal: no new revision. */
MUST_USE enum error_kind store_update(
	struct store *s, const struct resource *r, json_t *doc, struct error *err);
MUST_USE enum error_kind store_delete(
	struct store *s, const struct resource *r, struct sv ns, struct sv name, struct error *err);

/* Calls fn on every change from now on. */
MUST_USE enum error_kind store_listen(
	struct store *s, store_listener_fn fn, void *ctx, struct error *err);
/* Calls fn for every logged change of the resource after `revision`, in order. False: the log no longer reaches back that far (410). */
MUST_USE bool store_replay(const struct store *s, const struct resource *r, uint64_t revision,
	store_listener_fn fn, void *ctx);
