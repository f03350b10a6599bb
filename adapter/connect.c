/* Builds clients from flags. Everything that can be checked without a network is checked here, so that a wrong path or URL is one line at start and not a
 * failed query later. */
#include "adapter/connect.h"

#include "common/file.h"
#include "common/limits.h"
#include "common/tls_cert.h"

/* Questions at once; the others wait in line, so that a burst of requests does not become a burst of queries. */
#define CONNECT_PROMETHEUS_CALLS 32u

static enum error_kind read_ca(struct arena *a, const char *path, struct sv *ret, struct error *err)
{
	struct tls_cert_pool *pool = NULL;
	if (file_read(a, path, LIMIT_CREDENTIAL_FILE_BYTES, ret, err))
		return error_wrap(err, "failed to read prometheus-ca-file");
	if (tls_cert_pool_new(*ret, &pool, err))
		return error_wrap(err, "no certs found in prometheus-ca-file %s", path);
	tls_cert_pool_free(pool);
	return ERR_OK;
}

static enum error_kind read_pair(struct arena *a, const struct adapter_options *o,
	struct http_endpoint_config *e, struct error *err)
{
	e->cert_file = e->key_file = NULL;
	if (file_read(a, o->prometheus_cert_file, LIMIT_CREDENTIAL_FILE_BYTES, &e->cert_data, err))
		return error_wrap(err, "failed to read prometheus-client-tls-cert-file");
	if (file_read(a, o->prometheus_key_file, LIMIT_CREDENTIAL_FILE_BYTES, &e->key_data, err))
		return error_wrap(err, "failed to read prometheus-client-tls-key-file");
	if (tls_cert_check_pair(e->cert_data, e->key_data, err))
		return error_wrap(
			err, "prometheus-client-tls-cert-file %s", o->prometheus_cert_file);
	return ERR_OK;
}

/* "Name=value" -> "Name: value". */
static enum error_kind header_lines(
	struct arena *a, const struct option_list *list, const char *const **ret, struct error *err)
{
	const char **lines = ARENA_ARRAY(a, list->items.n + 1, const char *);
	if (!lines)
		return arena_error(a, err);
	for (size_t i = 0; i < list->items.n; i++) {
		struct sv value;
		bool found;
		struct sv name = sv_cut(sv_of(list->items.at[i]), '=', &value, &found);
		if (name.len == 0)
			return error_set(err, ERR_INVALID,
				"--prometheus-header: expected NAME=VALUE, got \"%s\"",
				list->items.at[i]);
		lines[i] = arena_printf(a, "%.*s: %.*s", SV_ARG(name), SV_ARG(value));
		if (!lines[i])
			return arena_error(a, err);
	}
	*ret = lines;
	return ERR_OK;
}

/* Credentials of a kubeconfig's context; its server does not count. */
static void use_credentials(struct http_endpoint_config *e, const struct kubeconfig_client *k)
{
	e->ca_file = k->ca_file;
	e->ca_data = k->ca_data;
	e->cert_file = k->cert_file;
	e->key_file = k->key_file;
	e->cert_data = k->cert_data;
	e->key_data = k->key_data;
	e->insecure_skip_tls_verify = k->insecure_skip_tls_verify;
	e->tls_server_name = k->tls_server_name;
	e->bearer_token = k->token;
	e->bearer_token_file = k->token_file;
	e->username = k->username;
	e->password = k->password;
}

/* What a kubeconfig names by its file becomes data, so that a change of the file is seen. */
static enum error_kind take_file(
	struct arena *a, const char **file, struct sv *data, struct error *err)
{
	if (!*file || data->len > 0)
		return ERR_OK;
	if (file_read(a, *file, LIMIT_CREDENTIAL_FILE_BYTES, data, err))
		return err->kind;
	*file = NULL;
	return ERR_OK;
}

static enum error_kind prometheus_credentials(struct arena *a, const struct adapter_options *o,
	const struct kubeconfig_env *env, struct http_endpoint_config *e, struct error *err)
{
	struct kubeconfig_client k = { 0 };
	if (o->prometheus_auth_incluster) {
		if (kubeconfig_in_cluster(a, env, &k, err))
			return error_wrap(err,
				"--prometheus-auth-incluster: unable to construct in-cluster "
				"auth configuration for connecting to Prometheus");
		use_credentials(e, &k);
	} else if (o->prometheus_auth_config[0]) {
		if (kubeconfig_find(a, o->prometheus_auth_config, NULL, env, false, &k, err))
			return error_wrap(err,
				"--prometheus-auth-config: unable to construct auth configuration "
				"from \"%s\"",
				o->prometheus_auth_config);
		use_credentials(e, &k);
		if (take_file(a, &e->ca_file, &e->ca_data, err) ||
			take_file(a, &e->cert_file, &e->cert_data, err) ||
			take_file(a, &e->key_file, &e->key_data, err))
			return error_wrap(err, "--prometheus-auth-config");
	}
	if (o->prometheus_ca_file[0]) {
		e->ca_file = NULL;
		if (read_ca(a, o->prometheus_ca_file, &e->ca_data, err))
			return err->kind;
		e->insecure_skip_tls_verify = false;
	}
	if (o->prometheus_cert_file[0] && read_pair(a, o, e, err))
		return err->kind;
	struct sv token = SV_NULL;
	if (o->prometheus_token_file[0]) {
		if (file_read(
			    a, o->prometheus_token_file, LIMIT_CREDENTIAL_FILE_BYTES, &token, err))
			return error_wrap(err, "failed to read prometheus-token-file");
		e->bearer_token = NULL;
		e->bearer_token_file = o->prometheus_token_file;
	}
	return ERR_OK;
}

enum error_kind connect_prometheus(
	const struct connect *c, struct prom_client_config *ret, struct error *err)
{
	const struct adapter_options *o = c->options;
	struct prom_client_config config = { .post = sv_is(sv_of(o->prometheus_verb), "POST") };
	struct http_endpoint_config *e = &config.endpoint;
	struct sv url = sv_of(o->prometheus_url);
	if (!sv_has_prefix(url, SV("http://")) && !sv_has_prefix(url, SV("https://")))
		return error_set(err, ERR_INVALID,
			"--prometheus-url: expected http://HOST[:PORT][/PATH] or https://..., got "
			"\"%s\"",
			o->prometheus_url);
	e->base_url = o->prometheus_url;
	e->user_agent = CONNECT_USER_AGENT;
	e->max_connections = e->max_calls = CONNECT_PROMETHEUS_CALLS;
	if (header_lines(c->arena, &o->prometheus_headers, &e->headers, err) ||
		prometheus_credentials(c->arena, o, c->env, e, err))
		return error_wrap(err, "unable to construct Prometheus client");
	*ret = config;
	return ERR_OK;
}

enum error_kind connect_kube(const struct connect *c, const char *file, const char *what,
	struct kube_client **ret, struct error *err)
{
	struct kubeconfig_client k = { 0 };
	enum error_kind kind =
		file[0] ? kubeconfig_find(c->arena, file, NULL, c->env, false, &k, err)
			: kubeconfig_in_cluster(c->arena, c->env, &k, err);
	if (kind)
		return error_wrap(err, "--%s-kubeconfig%s", what, file[0] ? "" : " is not given");
	if (client_new(c->http, c->loop, &k, CONNECT_USER_AGENT, ret, err))
		return error_wrap(err, "--%s-kubeconfig", what);
	return ERR_OK;
}
