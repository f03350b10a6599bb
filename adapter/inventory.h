#pragma once
/* The objects of one kind that exist now, with their labels, kept current by a watch: what metrics.k8s.io answers about. */
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "kube/client.h"
#include "kube/selector.h"

struct inventory;

struct inventory_config {
	struct kube_client *client;			      /* must outlive the inventory */
	const char *path;				      /* "/api/v1/pods"; copied */
	const char *resource;				      /* "pods"; copied */
	const char *field_selector;			      /* NULL: all; copied */
	void (*on_error)(const struct error *why, void *ctx); /* will be tried again */
	void *ctx;
};

struct inventory_object {
	struct sv namespace, name;
	const struct label *labels; /* sorted by key */
	size_t n_labels;
	uint64_t arrival; /* order in which the objects came: the server's, in the first list */
};

struct inventory_query {
	struct sv namespace, name;     /* empty: any */
	const struct selector *labels; /* may be NULL */
	/* Further conditions on namespace and name, as a field selector has them; may be NULL. */
	bool (*accepts)(const struct inventory_object *o, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind inventory_new(
	const struct inventory_config *config, struct inventory **ret, struct error *err);
void inventory_free(struct inventory *i);
DEFINE_AUTO(struct inventory *, inventory_free)
bool inventory_is_synced(const struct inventory *i);
/* Synced, and the server was heard of lately: good enough to answer from instead of asking. */
bool inventory_is_fresh(const struct inventory *i, struct mono now);
/* Names only, in the arena, in the order in which the objects came. errors: LIMIT, NOMEM */
MUST_USE enum error_kind inventory_names(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, const struct sv **ret, size_t *ret_n, struct error *err);
/* Copies in the arena, sorted by namespace and name. errors: LIMIT, NOMEM */
MUST_USE enum error_kind inventory_select(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, struct inventory_object **ret, size_t *ret_n,
	struct error *err);
