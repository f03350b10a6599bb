#pragma once
/* What the API server serves: groups, versions, resources; decoded from its discovery documents into an immutable snapshot that is
 * swapped whole and counted by references. Pure: fetching is discovery_cache.h's.
 * Order is the server's: the core group first, then groups and versions as listed. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

enum discovery_verb {
	DISCOVERY_GET = 1 << 0,
	DISCOVERY_LIST = 1 << 1,
	DISCOVERY_WATCH = 1 << 2,
	DISCOVERY_CREATE = 1 << 3,
	DISCOVERY_UPDATE = 1 << 4,
	DISCOVERY_PATCH = 1 << 5,
	DISCOVERY_DELETE = 1 << 6,
	DISCOVERY_DELETE_COLLECTION = 1 << 7,
};

struct discovery_resource {
	struct sv name;	    /* "deployments", "deployments/scale" */
	struct sv singular; /* "deployment"; may be empty */
	struct sv kind;	    /* "Deployment", "Scale" */
	/* Of that kind, as far as the server says: autoscaling and v1 of a Scale. May be empty. */
	struct sv group, version;
	/* "deploymentlists": what the reference takes for the resource of DeploymentList. */
	struct sv guessed_list;
	struct sv *short_names;
	size_t n_short_names;
	bool namespaced;
	unsigned verbs; /* enum discovery_verb */
};

struct discovery_version {
	struct sv version;
	struct discovery_resource *resources;
	size_t n_resources;
	bool failed; /* its resources could not be read: an APIService that is down. It then counts as not there, as in the reference */
};

struct discovery_group {
	struct sv name;	     /* empty: core */
	struct sv preferred; /* version; may be empty */
	struct discovery_version *versions;
	size_t n_versions;
};

struct discovery {
	struct discovery_group *groups;
	size_t n_groups;
	size_t n_failed; /* versions with `failed` */
	/* private: references and memory */
	unsigned n_references;
	struct discovery_memory *memory;
};

struct discovery *discovery_ref(struct discovery *d);
void discovery_unref(struct discovery *d);
DEFINE_AUTO(struct discovery *, discovery_unref)

/* Building a snapshot from documents, in any order of versions but groups in the server's order. */
struct discovery_builder;
MUST_USE enum error_kind discovery_builder_new(struct discovery_builder **ret, struct error *err);
void discovery_builder_free(struct discovery_builder *b);
DEFINE_AUTO(struct discovery_builder *, discovery_builder_free)
/* The answer of /api or /apis. Understands APIVersions, APIGroupList and APIGroupDiscoveryList (v2 and v2beta1); the last brings
 * the resources along, the first two leave them to discovery_builder_add_resources. A stale version of an aggregated document is `failed`.
 * errors: INVALID, LIMIT, NOMEM. */
MUST_USE enum error_kind discovery_builder_add_groups(
	struct discovery_builder *b, struct sv json, struct error *err);
/* The answer of /api/v1 or /apis/{group}/{version}: an APIResourceList. errors: as above, NOTFOUND: no such version was announced. */
MUST_USE enum error_kind discovery_builder_add_resources(struct discovery_builder *b,
	struct sv group, struct sv version, struct sv json, struct error *err);
void discovery_builder_set_failed(struct discovery_builder *b, struct sv group, struct sv version);
/* The next announced version at or behind *at (begin with 0) whose resources are not known yet; false: none is left. Views live as long as
 * the builder. */
bool discovery_builder_next(
	struct discovery_builder *b, size_t *at, struct sv *ret_group, struct sv *ret_version);
/* The snapshot with one reference; the builder is empty afterwards. What was announced but never added is `failed`. NULL: no memory. */
MUST_USE struct discovery *discovery_builder_finish(struct discovery_builder *b);

/* Lookups; results are borrowed from the snapshot, NULL: none. */
const struct discovery_group *discovery_find_group(const struct discovery *d, struct sv group);
const struct discovery_version *discovery_find_version(
	const struct discovery_group *g, struct sv version);
/* By plural name, "deployments/scale" too. */
const struct discovery_resource *discovery_find_resource(
	const struct discovery_version *v, struct sv name);
/* The version in which the reference asks for a group's resource: the preferred one if it has it, else the first that does. NULL: none. */
const struct discovery_version *discovery_preferred_version(
	const struct discovery_group *g, struct sv resource);

/* One way to read a kind: see spec/hpa.md 5.1. */
struct discovery_mapping {
	struct sv group;
	struct sv version;   /* where this mapping was found */
	struct sv preferred; /* the version to ask */
	struct sv resource;  /* plural */
	bool namespaced;
	const struct discovery_resource *found; /* NULL for the unusable `{Kind}List` and `List` */
};
/* At most this many versions of a group have a kind; more are left out. */
#define DISCOVERY_MAX_MAPPINGS 16
/* All mappings of (group, kind) in discovery order; the version of an apiVersion plays no part. Returns how many; 0:
 * `no matches for kind "{kind}" in group "{group}"`, see discovery_no_match. */
size_t discovery_map_kind(const struct discovery *d, struct sv group, struct sv kind,
	struct discovery_mapping ret[DISCOVERY_MAX_MAPPINGS]);
/* The one mapping of the preferred version (as Kubernetes' RESTMapping); false: no match. */
bool discovery_map_kind_preferred(
	const struct discovery *d, struct sv group, struct sv kind, struct discovery_mapping *ret);
/* NOTFOUND with the reference's text. */
enum error_kind discovery_no_match(struct sv group, struct sv kind, struct error *err);
/* The kind of {resource}/scale in that group version; `*ret_group`, `*ret_version` = autoscaling v1 nearly always; false: no such subresource. */
bool discovery_scale_kind(const struct discovery *d, struct sv group, struct sv version,
	struct sv resource, struct sv *ret_group, struct sv *ret_version);
