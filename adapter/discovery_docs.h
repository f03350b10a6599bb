#pragma once
/* What is offered: the discovery documents of Kubernetes' API machinery, and the list of paths. Pure; compact JSON without a newline. */
#include "adapter/catalog.h"
#include "adapter/route.h"
#include "common/buf.h"

/* The elements of `resources` for all custom or external metrics, comma-separated, sorted. Rendered once per catalog. */
void discovery_docs_metrics(struct buf *out, const struct catalog *c, bool external);

/* APIResourceList; resources as above. */
void discovery_docs_resource_list(
	struct buf *out, const char *group, const char *version, struct sv resources);
/* The two resources of metrics.k8s.io. */
struct sv discovery_docs_resource_metrics(void);
/* APIGroup. */
void discovery_docs_group(struct buf *out, const char *group);
/* APIGroupList; port: where this server listens. */
void discovery_docs_group_list(struct buf *out, const struct route_groups *groups, unsigned port);
/* APIGroupDiscoveryList in apidiscovery.k8s.io/VERSION. It lists metrics.k8s.io only: what it leaves out is published without resources, so that
 * thousands of metric names never reach every kubectl of the cluster. */
void discovery_docs_aggregated(
	struct buf *out, const struct route_groups *groups, struct sv version);
/* {"paths": [...]}. */
void discovery_docs_paths(struct buf *out, const struct route_groups *groups);
