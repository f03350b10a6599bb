#pragma once
/* One inventory per resource that `*` requests ask about: started by the first request, stopped when none came for a while. */
#include "adapter/inventory.h"
#include "adapter/mapper.h"
#include "common/loop.h"

struct inventories;

struct inventories_config {
	struct loop *loop;
	struct kube_client *client; /* must outlive the inventories */
	void (*on_error)(const struct error *why, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind inventories_new(
	const struct inventories_config *config, struct inventories **ret, struct error *err);
void inventories_free(struct inventories *s);
DEFINE_AUTO(struct inventories *, inventories_free)
/* NULL: there is none to answer from (not listed yet, not permitted, or out of contact): ask the API server. */
const struct inventory *inventories_find(
	struct inventories *s, const struct mapper_resource *resource);
