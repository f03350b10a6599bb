#pragma once
/* PodMetrics and NodeMetrics as documents: lists, single objects, Tables, partial metadata. Pure; compact JSON without a newline. */
#include "adapter/inventory.h"
#include "common/buf.h"
#include "common/instant.h"

struct resource_list_usage {
	struct sv name; /* of the container; empty for nodes */
	int64_t cpu_milli, memory_milli;
};

struct resource_list_item {
	const struct inventory_object *object;
	struct wall at;				 /* the earliest sample */
	const struct resource_list_usage *usage; /* sorted by name; of a node exactly one */
	size_t n_usage;
};

struct resource_list {
	bool nodes;
	bool single; /* one object instead of a list */
	struct wall now;
	int64_t window_ns;
	const struct resource_list_item *items;
	size_t n_items;
};

void resource_list_print(struct buf *out, const struct resource_list *l);

enum resource_list_objects { RESOURCE_LIST_METADATA, RESOURCE_LIST_NONE, RESOURCE_LIST_OBJECT };

/* version: of meta.k8s.io, "v1" or "v1beta1". objects: what each row carries along. */
void resource_list_table(struct buf *out, const struct resource_list *l, struct sv version,
	enum resource_list_objects objects);
void resource_list_partial(struct buf *out, const struct resource_list *l, struct sv version);
