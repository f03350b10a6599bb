#pragma once
/* The clusters that the adapter's unit vectors assume. */
#include "adapter/mapper.h"
#include "tests/conformance/conformance.h"

enum adapter_cluster { ADAPTER_CLUSTER_NAMING, ADAPTER_CLUSTER_CONFIG };

/* A new table; the caller unrefs it. NULL: no memory, and the case failed. */
struct mapper *adapter_cluster_new(struct conformance *c, enum adapter_cluster which);

/* The outcome of a call against the row's `error`, whose absence means success; any text of ours will do. True: go on and compare values. */
bool adapter_cluster_outcome(
	struct conformance *c, const struct jtree *row, bool ok, struct sv error_text);
