/* The environment, and kube/kubeconfig.h. */
#include "cli/api_endpoint.h"

#include <stdlib.h>

enum error_kind api_endpoint_find(struct arena *a, const char *kubeconfig, const char *context,
	struct kubeconfig_client *ret, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};

	return kubeconfig_find(a, kubeconfig, context, &env, false, ret, err);
}
