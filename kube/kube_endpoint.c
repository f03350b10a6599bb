/* struct kubeconfig_client -> struct http_endpoint_config. Nothing is read and nobody is asked. */
#include "kube/kube_endpoint.h"

#include <string.h>

void kube_endpoint_fill(const struct kubeconfig_client *k, struct http_endpoint_config *e)
{
	e->base_url = k->server;
	e->ca_file = k->ca_file;
	e->ca_data = k->ca_data;
	e->cert_file = k->cert_file;
	e->key_file = k->key_file;
	e->cert_data = k->cert_data;
	e->key_data = k->key_data;
	e->insecure_skip_tls_verify = k->insecure_skip_tls_verify;
	e->tls_server_name = k->tls_server_name;
	e->bearer_token = k->token_file ? NULL : k->token;
	e->bearer_token_file = k->token_file;
	e->username = k->username;
	e->password = k->password;
}

enum error_kind kube_endpoint_at(struct arena *a, const struct kubeconfig_client *k,
	const char *path, struct http_endpoint_config *e, struct error *err)
{
	struct sv server = sv_of(k->server);

	while (sv_has_suffix(server, SV("/")))
		server = sv_take(server, server.len - 1);
	kube_endpoint_fill(k, e);
	e->base_url = arena_printf(a, "%.*s%s", SV_ARG(server), path);
	return e->base_url ? ERR_OK : arena_error(a, err);
}

/* Between two slashes or colons of the address; nothing that could change the path. */
static bool is_name(struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			    (c == '.' && i > 0)))
			return false;
	}
	return text.len > 0;
}

enum error_kind kube_endpoint_service_path(
	struct arena *a, const char *text, const char **ret, struct error *err)
{
	struct sv service, path, port;
	bool has_service, has_path, has_port, https;
	struct sv rest = sv_skip(sv_of(text), strlen(KUBE_ENDPOINT_SERVICE));
	struct sv ns = sv_cut(rest, '/', &rest, &has_service);

	service = sv_cut(rest, '/', &path, &has_path);
	https = sv_has_prefix(service, SV("https:"));
	if (https)
		service = sv_skip(service, strlen("https:"));
	struct sv name = sv_cut(service, ':', &port, &has_port);
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] <= ' ' || strchr("?#%\\\"\x7f", path.ptr[i]))
			has_service = false;
	}
	if (!has_service || !has_port || !is_name(ns) || !is_name(name) || !is_name(port))
		return error_set(err, ERR_INVALID,
			"'%s' names no service; expected svc/NAMESPACE/NAME:PORT, with https: in "
			"front of NAME for TLS",
			text);
	*ret = arena_printf(a, "/api/v1/namespaces/%.*s/services/%s%.*s:%.*s/proxy%s%.*s",
		SV_ARG(ns), https ? "https:" : "", SV_ARG(name), SV_ARG(port),
		path.len > 0 ? "/" : "", SV_ARG(path));
	return *ret ? ERR_OK : arena_error(a, err);
}
