#pragma once
/* A request's method, path and parameters -> what is asked for, and what has to be authorised. Pure. */
#include "adapter/mapper.h"
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "kube/authz.h"

enum route_kind {
	ROUTE_CUSTOM, /* a metric of custom.metrics.k8s.io */
	ROUTE_EXTERNAL,
	ROUTE_RESOURCE,	   /* metrics.k8s.io */
	ROUTE_DOCUMENT,	   /* anything else: found by its path, see ops.h and discovery_docs.h */
	ROUTE_NO_RESOURCE, /* inside a served API, but no such thing: 404 Status */
	ROUTE_BAD_METHOD,  /* 405 */
	ROUTE_BAD_PATH,	   /* "invalid request path" */
};

/* Which API groups are offered. */
struct route_groups {
	bool custom, external, resource;
};

struct route {
	enum route_kind kind;
	bool v1beta2;	     /* CUSTOM */
	struct sv resource;  /* CUSTOM: as in the URL; RESOURCE: "pods" or "nodes" */
	struct sv namespace; /* empty: none */
	bool has_namespace;  /* the path names one, perhaps an empty one */
	struct sv name;	     /* of the object; "*" with all_objects */
	bool all_objects;
	struct sv metric;
};

/* Splits and decodes the raw path. errors: INVALID (bad percent-encoding), LIMIT, NOMEM */
MUST_USE enum error_kind route_attributes(struct arena *a, struct sv method, struct sv raw_path,
	bool watch, struct authz_attributes *ret, struct error *err);
/* What the path means here. */
void route_find(const struct authz_attributes *at, struct sv method,
	const struct route_groups *groups, struct route *ret);
/* Whether an object or namespace can have that name: nothing in it ends a quoted text or a pattern, whatever a rule's template does with it. "*" and ""
 * are fine. */
bool route_is_name(struct sv name);
