#pragma once
/* Which Kubernetes resources exist and how their names correspond, with the preferences of client-go's REST mapper. Pure: the lists come from
 * API discovery, the table keeps what they said at one moment and is swapped whole. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct mapper_resource {
	struct sv group, version; /* group "" is the core group */
	struct sv plural, singular, kind;
	bool namespaced;
	bool preferred; /* its version is the group's preferred one */
	bool invented;	/* the list kind that client-go guesses ("podlists"): it has no objects */
};

struct mapper {
	struct mapper_resource
		*at; /* discovery order: core first, then groups, then versions as listed */
	size_t n;
	/* private */
	size_t size;
	unsigned n_references;
	struct arena arena;
};

/* A resource without its version, as metrics and authorisation name it. */
struct mapper_name {
	struct sv group, plural;
};

/* An empty table with room for n resources and one reference. errors: LIMIT, NOMEM */
MUST_USE enum error_kind mapper_new(size_t n, struct mapper **ret, struct error *err);
struct mapper *mapper_ref(struct mapper *m);
void mapper_unref(struct mapper *m);
DEFINE_AUTO(struct mapper *, mapper_unref)
/* Adds one entry of an APIResourceList; entries with a '/' in the name are subresources and left out. Texts are copied. */
MUST_USE enum error_kind mapper_add(
	struct mapper *m, const struct mapper_resource *resource, struct error *err);

/* The entry that (group, resource) means: plural or singular, any case, group exact or a prefix, "" for any group.
 * errors: NOTFOUND ("no matches for G/, Resource=r"), INVALID (no resource given; ambiguous) */
MUST_USE enum error_kind mapper_resolve(const struct mapper *m, struct sv group, struct sv resource,
	const struct mapper_resource **ret, struct error *err);
/* The entry whose version objects are listed in: the first in discovery order, whatever is preferred. NULL: none. */
const struct mapper_resource *mapper_first(
	const struct mapper *m, struct sv group, struct sv resource);
/* Singular of a plural, in the first group-version that knows it; the plural itself when none does. */
struct sv mapper_singular(const struct mapper *m, struct sv plural);
/* "pods", "deployments.apps". */
void mapper_print(struct buf *out, struct sv group, struct sv plural);
/* Splits "deployments.apps" at the first dot. */
struct mapper_name mapper_split(struct sv text);
