/* Tree -> server definitions. What contradicts itself (two ways to authenticate, a client certificate without TLS) is a finding: half of a
 * credential that silently does nothing costs an evening. */
#include "promql/server_config.h"

#include "common/http.h"
#include "common/instant.h"

/* Of one server. */
#define MAX_HEADERS 32u
#define MAX_PARAMS 32u
#define MAX_NAME_BYTES 63u
/* A query that takes longer than a request to the adapter may take (60 s) helps nobody; tenfold for other users. */
#define MAX_TIMEOUT_NS (600 * NS_PER_SEC)
#define MAX_CONCURRENCY 1000

static bool is_name(struct sv text)
{
	if (text.len == 0 || text.len > MAX_NAME_BYTES)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

static void decode_name(struct decoder *d, const struct jtree *t, const struct server_config *list,
	struct server_config *s)
{
	const struct jtree *name = jtree_get(t, "name");

	s->name = decoder_text(d, name, "servers.name");
	if (!is_name(s->name))
		decoder_find(d, name ? name : t, "servers.name",
			"must be 1 to 63 letters, digits, \"-\", \".\" or \"_\"");
	else if (sv_is(s->name, SERVER_CONFIG_DEFAULT))
		decoder_find(d, name, "servers.name",
			"\"" SERVER_CONFIG_DEFAULT "\" is the server of the command line");
	else if (server_config_find(list, (size_t)(s - list), s->name))
		decoder_find(d, name, "servers.name", "another server has this name");
}

static bool has_any(struct sv text, const char *bytes)
{
	for (; *bytes; bytes++)
		if (sv_find(text, *bytes) < text.len)
			return true;
	return false;
}

static void decode_url(
	struct decoder *d, const struct jtree *t, unsigned options, struct server_config *s)
{
	const struct jtree *url = jtree_get(t, "url");
	bool services = options & SERVER_CONFIG_SERVICES;

	s->url = decoder_string(d, url, "servers.url");
	if (services && s->url && sv_has_prefix(sv_of(s->url), SV("svc/"))) {
		s->service = s->url;
		s->url = NULL;
		return;
	}
	struct sv text = s->url ? sv_of(s->url) : SV(""), rest = SV("");
	if (sv_has_prefix(text, SV("http://")))
		rest = sv_skip(text, 7);
	else if (sv_has_prefix(text, SV("https://")))
		rest = sv_skip(text, 8);
	struct sv authority = sv_take(rest, sv_find(rest, '/'));
	if (authority.len == 0 || has_any(text, " \t\r\n"))
		decoder_find(d, url ? url : t, "servers.url",
			services ? "must be http://HOST[:PORT][/PATH], https://... or "
				   "svc/NAMESPACE/NAME:PORT"
				 : "must be http://HOST[:PORT][/PATH] or https://...");
	else if (has_any(authority, "@"))
		decoder_find(
			d, url, "servers.url", "must not hold user and password: give basicAuth");
	else if (has_any(text, "?#"))
		decoder_find(d, url, "servers.url",
			"must not hold parameters or a fragment: give queryParameters");
}

static void decode_basic_auth(struct decoder *d, const struct jtree *t, struct server_config *s)
{
	static const char *const KEYS[] = { "username", "passwordFile", NULL };

	if (!decoder_is_object(d, t, "servers.basicAuth"))
		return;
	decoder_check_keys(d, t, "servers.basicAuth", KEYS);
	s->username = decoder_string(d, jtree_get(t, "username"), "servers.basicAuth.username");
	s->password_file =
		decoder_string(d, jtree_get(t, "passwordFile"), "servers.basicAuth.passwordFile");
	if (!s->username || !s->username[0] ||
		sv_find(sv_of(s->username), ':') != sv_of(s->username).len)
		decoder_find(d, t, "servers.basicAuth.username",
			"must be given and must not hold a colon");
	if (!s->password_file || !s->password_file[0])
		decoder_find(d, t, "servers.basicAuth.passwordFile", "must be given");
}

static void decode_headers(struct decoder *d, const struct jtree *t, struct server_config *s)
{
	struct error bad;

	if (!decoder_is_object(d, t, "servers.headers"))
		return;
	const char **lines = decoder_array(d, t->n + 1, sizeof(*lines));
	size_t n = 0;
	if (t->n > MAX_HEADERS)
		decoder_find(d, t, "servers.headers", "must be at most 32");
	JTREE_FOREACH (child, t) {
		struct sv name = child->raw_key.ptr ? child->raw_key : child->key;
		struct sv value = decoder_text(d, child, "servers.headers");
		if (http_check_header(name, value.ptr ? value : SV(""), &bad)) {
			decoder_find(d, child, "servers.headers", bad.text);
			continue;
		}
		char *line = arena_printf(
			d->arena, "%.*s: %.*s", SV_ARG(name), SV_ARG(value.ptr ? value : SV("")));
		d->no_memory = d->no_memory || !line;
		if (lines)
			lines[n++] = line;
	}
	s->headers = lines;
}

static void decode_params(struct decoder *d, const struct jtree *t, struct server_config *s)
{
	static const char *const OURS[] = { "query", "time", "timeout", "match[]", "start", "end" };

	if (!decoder_is_object(d, t, "servers.queryParameters"))
		return;
	struct prom_client_param *params = decoder_array(d, t->n, sizeof(*params));
	if (t->n > MAX_PARAMS)
		decoder_find(d, t, "servers.queryParameters", "must be at most 32");
	if (!params)
		return;
	JTREE_FOREACH (child, t) {
		struct prom_client_param *p = &params[s->n_params++];
		p->name = child->raw_key.ptr ? child->raw_key : child->key;
		p->value = decoder_text(d, child, "servers.queryParameters");
		if (!p->value.ptr)
			p->value = SV("");
		for (size_t i = 0; i < ARRAY_LEN(OURS); i++)
			if (sv_is(p->name, OURS[i]))
				decoder_find(d, child, "servers.queryParameters",
					"this parameter belongs to each question");
	}
	s->params = params;
}

static void decode_limits(struct decoder *d, const struct jtree *t, struct server_config *s)
{
	const struct jtree *method = jtree_get(t, "method"), *timeout = jtree_get(t, "timeout");
	struct sv verb = decoder_text(d, method, "servers.method");
	struct sv text = decoder_text(d, timeout, "servers.timeout");
	struct error bad;

	s->post = sv_is(verb, "POST");
	if (verb.ptr && !s->post && !sv_is(verb, "GET"))
		decoder_find(d, method, "servers.method", "must be GET or POST");
	if (text.ptr && (instant_duration_parse(text, &s->timeout_ns, &bad) || s->timeout_ns <= 0 ||
				s->timeout_ns > MAX_TIMEOUT_NS))
		decoder_find(d, timeout, "servers.timeout",
			"must be a duration above 0 and at most 10m, such as 10s");
	s->max_concurrency = (unsigned)decoder_int(
		d, jtree_get(t, "maxConcurrency"), "servers.maxConcurrency", 1, MAX_CONCURRENCY)
				     .value;
}

static void decode_tenants(struct decoder *d, const struct jtree *t, struct server_config *s)
{
	const struct jtree *list = jtree_get(t, "namespaces");

	s->unrestricted =
		decoder_bool(d, jtree_get(t, "unrestricted"), "servers.unrestricted").value;
	if (!decoder_is_list(d, list, "servers.namespaces"))
		return;
	struct sv *names = decoder_array(d, list->n, sizeof(*names));
	if (!names)
		return;
	JTREE_FOREACH (child, list) {
		struct sv name = decoder_text(d, child, "servers.namespaces");
		if (name.len == 0)
			decoder_find(d, child, "servers.namespaces",
				"must be names of namespaces, or \"*\" for all");
		names[s->n_namespaces++] = name;
	}
	s->namespaces = names;
}

static bool has_authorization(const struct server_config *s)
{
	for (const char *const *line = s->headers; line && *line; line++)
		if (sv_eq_nocase(sv_take(sv_of(*line), 14), SV("Authorization:")))
			return true;
	return false;
}

static void check_service(
	struct decoder *d, const struct jtree *t, const struct server_config *s, int n_ways)
{
	if (s->service && (n_ways > 0 || s->ca_file || s->cert_file || s->key_file ||
				  s->insecure_skip_tls_verify))
		decoder_find(d, t, "servers",
			"a service behind the API server is asked with the credentials for the API "
			"server: give no others");
}

/* Parts that are well-formed each but do not fit together. */
static void check_together(struct decoder *d, const struct jtree *t, const struct server_config *s)
{
	int n_ways = (s->token_file != NULL) + (s->username != NULL) + has_authorization(s);
	bool plain = s->url && sv_has_prefix(sv_of(s->url), SV("http://"));

	check_service(d, t, s, n_ways);
	if (n_ways > 1)
		decoder_find(d, t, "servers",
			"give one of tokenFile, basicAuth and a header Authorization");
	if (!s->cert_file != !s->key_file)
		decoder_find(d, t, "servers", "certFile and keyFile must be given together");
	if (plain && (s->ca_file || s->cert_file || s->insecure_skip_tls_verify))
		decoder_find(d, t, "servers",
			"caFile, certFile and insecureSkipTLSVerify need a url with https");
	if (s->ca_file && s->insecure_skip_tls_verify)
		decoder_find(d, t, "servers",
			"caFile says whom to trust, insecureSkipTLSVerify trusts anybody: give "
			"one");
}

static const char *file_of(
	struct decoder *d, const struct jtree *t, const char *key, const char *where)
{
	const struct jtree *member = jtree_get(t, key);
	const char *path = decoder_string(d, member, where);

	if (path && !path[0])
		decoder_find(d, member, where, "must be the name of a file");
	return path;
}

static void decode_one(struct decoder *d, const struct jtree *t, unsigned options,
	const struct server_config *list, struct server_config *s)
{
	static const char *const KEYS[] = { "name", "url", "caFile", "certFile", "keyFile",
		"insecureSkipTLSVerify", "tokenFile", "basicAuth", "headers", "queryParameters",
		"method", "timeout", "maxConcurrency", NULL };
	static const char *const TENANT_KEYS[] = { "name", "url", "caFile", "certFile", "keyFile",
		"insecureSkipTLSVerify", "tokenFile", "basicAuth", "headers", "queryParameters",
		"method", "timeout", "maxConcurrency", "namespaces", "unrestricted", NULL };
	bool tenants = options & SERVER_CONFIG_TENANTS;

	s->line = t->line;
	if (!decoder_is_object(d, t, "servers")) {
		if (jtree_is_absent(t))
			decoder_find(d, t, "servers", "must be a map of keys and values");
		return;
	}
	decoder_check_keys(d, t, "servers", tenants ? TENANT_KEYS : KEYS);
	decode_name(d, t, list, s);
	decode_url(d, t, options, s);
	s->ca_file = file_of(d, t, "caFile", "servers.caFile");
	s->cert_file = file_of(d, t, "certFile", "servers.certFile");
	s->key_file = file_of(d, t, "keyFile", "servers.keyFile");
	s->token_file = file_of(d, t, "tokenFile", "servers.tokenFile");
	s->insecure_skip_tls_verify = decoder_bool(
		d, jtree_get(t, "insecureSkipTLSVerify"), "servers.insecureSkipTLSVerify")
					      .value;
	decode_basic_auth(d, jtree_get(t, "basicAuth"), s);
	decode_headers(d, jtree_get(t, "headers"), s);
	decode_params(d, jtree_get(t, "queryParameters"), s);
	decode_limits(d, t, s);
	if (tenants)
		decode_tenants(d, t, s);
	check_together(d, t, s);
}

const struct server_config *server_config_decode(
	struct decoder *d, const struct jtree *list, unsigned options, size_t *ret_n)
{
	*ret_n = 0;
	if (!decoder_is_list(d, list, "servers"))
		return NULL;
	if (list->n > SERVER_CONFIG_SERVERS_MAX) {
		decoder_find(d, list, "servers", "must be at most 256");
		return NULL;
	}
	struct server_config *servers = decoder_array(d, list->n, sizeof(*servers));
	if (!servers)
		return NULL;
	JTREE_FOREACH (child, list) {
		decode_one(d, child, options, servers, &servers[*ret_n]);
		(*ret_n)++;
	}
	return servers;
}

const struct server_config *server_config_find(
	const struct server_config *servers, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq(servers[i].name, name))
			return &servers[i];
	return NULL;
}

bool server_config_allows(const struct server_config *s, struct sv namespace)
{
	for (size_t i = 0; i < s->n_namespaces; i++)
		if (sv_is(s->namespaces[i], "*") || sv_eq(s->namespaces[i], namespace))
			return true;
	return false;
}
