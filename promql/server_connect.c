/* struct server_config + its files -> struct prom_client_config. Certificates are taken over as data: the file behind a name can be replaced at any
 * time, and a connection that is opened between two writes must not see half of it. */
#include "promql/server_connect.h"

#include "common/file.h"
#include "common/fnv.h"
#include "common/limits.h"
#include "common/tls_cert.h"

/* Questions in flight of a server that does not say: a burst of requests must not become a burst of queries. */
#define DEFAULT_CONCURRENCY 32u

static enum error_kind read_ca(
	struct arena *a, const char *path, struct http_endpoint_config *e, struct error *err)
{
	struct tls_cert_pool *pool = NULL;

	if (file_read(a, path, LIMIT_CREDENTIAL_FILE_BYTES, &e->ca_data, err))
		return error_wrap(err, "caFile");
	if (tls_cert_pool_new(e->ca_data, &pool, err))
		return error_wrap(err, "caFile %s", path);
	tls_cert_pool_free(pool);
	return ERR_OK;
}

static enum error_kind read_pair(struct arena *a, const struct server_config *s,
	struct http_endpoint_config *e, struct error *err)
{
	if (file_read(a, s->cert_file, LIMIT_CREDENTIAL_FILE_BYTES, &e->cert_data, err))
		return error_wrap(err, "certFile");
	if (file_read(a, s->key_file, LIMIT_CREDENTIAL_FILE_BYTES, &e->key_data, err))
		return error_wrap(err, "keyFile");
	if (tls_cert_check_pair(e->cert_data, e->key_data, err))
		return error_wrap(err, "certFile %s and keyFile %s", s->cert_file, s->key_file);
	return ERR_OK;
}

/* The first line: editors end files with a newline, passwords do not have one. */
static enum error_kind read_password(
	struct arena *a, const char *path, struct http_endpoint_config *e, struct error *err)
{
	struct sv text;

	if (file_read(a, path, LIMIT_CREDENTIAL_FILE_BYTES, &text, err))
		return error_wrap(err, "passwordFile");
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
		text.len--;
	if (text.len == 0 || memchr(text.ptr, '\n', text.len) || memchr(text.ptr, 0, text.len))
		return error_set(err, ERR_INVALID, "passwordFile %s: expected one line", path);
	e->password = arena_strdup(a, text);
	return e->password ? ERR_OK : arena_error(a, err);
}

static enum error_kind check_token(struct arena *a, const char *path, struct error *err)
{
	struct sv text;

	if (file_read(a, path, LIMIT_CREDENTIAL_FILE_BYTES, &text, err))
		return error_wrap(err, "tokenFile");
	if (sv_trim(text).len == 0)
		return error_set(err, ERR_INVALID, "tokenFile %s is empty", path);
	return ERR_OK;
}

static enum error_kind read_files(struct arena *a, const struct server_config *s,
	struct http_endpoint_config *e, struct error *err)
{
	if (s->ca_file && read_ca(a, s->ca_file, e, err))
		return err->kind;
	if (s->cert_file && read_pair(a, s, e, err))
		return err->kind;
	if (s->password_file && read_password(a, s->password_file, e, err))
		return err->kind;
	if (s->token_file && check_token(a, s->token_file, err))
		return err->kind;
	return ERR_OK;
}

enum error_kind server_connect_load(struct arena *a, const struct server_config *s,
	const char *user_agent, struct prom_client_config *ret, struct error *err)
{
	unsigned concurrency = s->max_concurrency ? s->max_concurrency : DEFAULT_CONCURRENCY;
	struct prom_client_config c = {
		.endpoint = {
			.base_url = s->url,
			.insecure_skip_tls_verify = s->insecure_skip_tls_verify,
			.bearer_token_file = s->token_file,
			.username = s->username,
			.headers = s->headers,
			.user_agent = user_agent,
			.max_connections = concurrency,
			.max_calls = concurrency,
		},
		.post = s->post,
		.params = s->params,
		.n_params = s->n_params,
		.timeout_ns = s->timeout_ns,
	};

	if (read_files(a, s, &c.endpoint, err))
		return error_wrap(err, "server \"%.*s\"", SV_ARG(s->name));
	*ret = c;
	return ERR_OK;
}

/* The length goes in, too, so that texts cannot flow into one another. */
static uint64_t add_sv(uint64_t h, struct sv text)
{
	return fnv_number(fnv_bytes(h, text), text.len);
}

/* Absent is another value than empty. */
static uint64_t add_text(uint64_t h, const char *text)
{
	return add_sv(h, text ? sv_of(text) : SV("\xff\xfe"));
}

uint64_t server_connect_fingerprint(const struct prom_client_config *c)
{
	const struct http_endpoint_config *e = &c->endpoint;
	const char *const texts[] = { e->base_url, e->ca_file, e->cert_file, e->key_file,
		e->tls_server_name, e->bearer_token, e->bearer_token_file, e->username, e->password,
		e->user_agent };
	const int64_t numbers[] = { e->insecure_skip_tls_verify, e->connect_timeout_ns,
		e->max_connections, e->max_calls, e->http1_only, c->post, c->timeout_ns,
		(int64_t)c->max_bytes };
	uint64_t h = FNV_START;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		h = add_text(h, texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		h = fnv_number(h, (uint64_t)numbers[i]);
	h = add_sv(add_sv(add_sv(h, e->ca_data), e->cert_data), e->key_data);
	for (const char *const *line = e->headers; line && *line; line++)
		h = add_text(h, *line);
	for (size_t i = 0; i < c->n_params; i++)
		h = add_sv(add_sv(h, c->params[i].name), c->params[i].value);
	return h;
}
