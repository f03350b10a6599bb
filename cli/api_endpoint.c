/* Kubeconfig -> endpoint. */
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

enum error_kind api_endpoint_config(struct arena *a, const struct kubeconfig_client *k,
	const char *path, struct http_endpoint_config *ret, struct error *err)
{
	struct sv server = sv_of(k->server);

	while (sv_has_suffix(server, SV("/")))
		server = sv_take(server, server.len - 1);
	ret->base_url = arena_printf(a, "%.*s%s", SV_ARG(server), path);
	ret->ca_file = k->ca_file;
	ret->ca_data = k->ca_data;
	ret->cert_file = k->cert_file;
	ret->key_file = k->key_file;
	ret->cert_data = k->cert_data;
	ret->key_data = k->key_data;
	ret->insecure_skip_tls_verify = k->insecure_skip_tls_verify;
	ret->tls_server_name = k->tls_server_name;
	ret->bearer_token = k->token_file ? NULL : k->token;
	ret->bearer_token_file = k->token_file;
	ret->username = k->username;
	ret->password = k->password;
	return ret->base_url ? ERR_OK : arena_error(a, err);
}
