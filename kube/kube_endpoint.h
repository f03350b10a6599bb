#pragma once
/* The API server, and what is behind its proxy, as an endpoint for questions that do not go through client.h. */
#include "common/http_client.h"
#include "kube/kubeconfig.h"

/* How texts name a service of the cluster: svc/NAMESPACE/NAME:PORT, with https: in front of NAME for TLS, and an optional path behind. */
#define KUBE_ENDPOINT_SERVICE "svc/"

/* Address and credentials; borrowed. All else stays as it is. */
void kube_endpoint_fill(const struct kubeconfig_client *k, struct http_endpoint_config *e);
/* The same with a path behind the address; it begins with a slash, or is empty. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind kube_endpoint_at(struct arena *a, const struct kubeconfig_client *k,
	const char *path, struct http_endpoint_config *e, struct error *err);
/* "svc/monitoring/https:prometheus:9090" -> "/api/v1/namespaces/monitoring/services/https:prometheus:9090/proxy" with the rest of the text, a path, behind
 * it. errors: INVALID, NOMEM, LIMIT. */
MUST_USE enum error_kind kube_endpoint_service_path(
	struct arena *a, const char *text, const char **ret, struct error *err);
