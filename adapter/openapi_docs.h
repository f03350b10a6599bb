#pragma once
/* OpenAPI documents, version 2 and 3: the paths of the offered groups. Pure; compact JSON without a newline. */
#include "adapter/route.h"
#include "common/buf.h"

void openapi_docs_v2(struct buf *out, const struct route_groups *groups);
void openapi_docs_v3_index(struct buf *out, const struct route_groups *groups);
/* name: "apis/custom.metrics.k8s.io/v1beta1", as the index names it. Nothing is written for a name that is not in the index. */
void openapi_docs_v3(struct buf *out, const struct route_groups *groups, struct sv name);
