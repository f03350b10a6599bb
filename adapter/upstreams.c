/* Flags and definitions -> clients, each with its own shared questions: an answer of one server is never another's. */
#include "adapter/upstreams.h"

#include "adapter/connect.h"
#include "common/limits.h"
#include "promql/server_connect.h"

/* Files of one server: CA, certificate, key, password. */
#define UPSTREAM_ARENA_MAX (5u * LIMIT_CREDENTIAL_FILE_BYTES)
/* Of the questions that may be in flight every fourth may be a listing: they take long, and a burst of them is rare. */
#define UPSTREAM_LISTING_SHARE 4u

static void upstream_unref(struct upstream *u)
{
	if (!u || --u->n_references > 0)
		return;
	shared_ask_free(u->ask);
	if (u->lister != u->client)
		prom_client_free(u->lister);
	prom_client_free(u->client);
	mem_free(u);
}

static void on_answered(int status, int64_t took_ns, void *ctx)
{
	const struct upstream *u = ctx;
	if (u->config->on_answered)
		u->config->on_answered(prom_client_url(u->client), status, took_ns, u->config->ctx);
}

/* Together they ask no more at once than the server may be asked. */
static enum error_kind make_clients(const struct upstreams_config *config,
	const struct prom_client_config *whole, struct upstream *u, struct error *err)
{
	struct prom_client_config listings = *whole, queries = *whole;
	unsigned share = whole->endpoint.max_calls / UPSTREAM_LISTING_SHARE;
	listings.endpoint.max_calls = listings.endpoint.max_connections = share ? share : 1;
	queries.endpoint.max_calls -= listings.endpoint.max_calls;
	if (queries.endpoint.max_calls == 0)
		queries.endpoint.max_calls = 1;
	queries.endpoint.max_connections = queries.endpoint.max_calls;
	if (prom_client_new(config->http, &queries, &u->client, err))
		return err->kind;
	u->lister = u->client;
	if (whole->endpoint.max_calls == 1)
		return ERR_OK;
	u->lister = NULL;
	return prom_client_new(config->http, &listings, &u->lister, err);
}

static enum error_kind make(const struct upstreams_config *config,
	const struct prom_client_config *client, struct upstream *u, struct error *err)
{
	if (make_clients(config, client, u, err))
		return err->kind;
	const struct shared_ask_config ask = {
		.loop = config->loop,
		.client = u->client,
		.exact = config->options->compatibility == ADAPTER_STRICT,
		.max_age_ns = config->options->answer_max_age_ns,
		.timeout_ns = client->timeout_ns,
		.on_answered = on_answered,
		.ctx = u,
	};
	return shared_ask_new(&ask, &u->ask, err);
}

/* Names live as long as the upstream. */
static struct upstream *new_upstream(const struct upstreams_config *config, struct sv name)
{
	struct upstream *u = mem_zalloc(sizeof(*u) + name.len + 1);
	if (!u)
		return NULL;
	char *copy = (char *)(u + 1);
	memcpy(copy, name.ptr, name.len);
	u->name = copy;
	u->config = config;
	u->n_references = 1;
	return u;
}

/* definition NULL: the flags' server. before: the upstream in use, or NULL. */
static enum error_kind load(const struct upstreams_config *config,
	const struct server_config *definition, struct upstream *before, struct upstream **ret,
	struct error *err)
{
	AUTO(arena_done) struct arena files = { 0 };
	arena_init(&files, UPSTREAM_ARENA_MAX);
	const struct connect c = { &files, config->http, config->loop, config->options,
		config->env };
	struct prom_client_config client = { 0 };
	if (definition ? server_connect_load(&files, definition, CONNECT_USER_AGENT, &client, err)
		       : connect_prometheus(&c, &client, err))
		return err->kind;
	uint64_t fingerprint = server_connect_fingerprint(&client);
	if (before && before->fingerprint == fingerprint) {
		before->n_references++;
		*ret = before;
		return ERR_OK;
	}
	struct upstream *u =
		new_upstream(config, definition ? definition->name : SV(SERVER_CONFIG_DEFAULT));
	if (!u)
		return error_nomem(err);
	u->fingerprint = fingerprint;
	if (make(config, &client, u, err)) {
		error_wrap(err, "unable to construct Prometheus client \"%s\"", u->name);
		upstream_unref(u);
		return err->kind;
	}
	*ret = u;
	return ERR_OK;
}

static enum error_kind build(const struct upstreams_config *config,
	const struct rules_config *rules, const struct upstreams *old, bool keep_refused,
	struct upstreams **ret, struct error *err)
{
	AUTO(upstreams_unref) struct upstreams *u = mem_zalloc(sizeof(*u));
	if (!u)
		return error_nomem(err);
	u->n_references = 1;
	u->at = mem_calloc(rules->n_servers + 1, sizeof(struct upstream *));
	if (!u->at)
		return error_nomem(err);
	for (size_t i = 0; i <= rules->n_servers; i++) {
		const struct server_config *definition = i > 0 ? &rules->servers[i - 1] : NULL;
		struct upstream *before =
			old ? upstreams_find(old, definition ? definition->name : SV("")) : NULL;
		enum error_kind kind = load(config, definition, before, &u->at[i], err);
		if (kind && (!keep_refused || !before || kind == ERR_NOMEM))
			return kind;
		if (keep_refused && before)
			config->on_refused(before->name, kind ? err : NULL, config->ctx);
		if (kind) {
			before->n_references++;
			u->at[i] = before;
		}
		u->n++;
	}
	*ret = TAKE_PTR(u);
	return ERR_OK;
}

enum error_kind upstreams_new(const struct upstreams_config *config,
	const struct rules_config *rules, const struct upstreams *old, struct upstreams **ret,
	struct error *err)
{
	return build(config, rules, old, false, ret, err);
}

static bool is_same(const struct upstreams *a, const struct upstreams *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = a->at[i] == b->at[i];
	return same;
}

enum error_kind upstreams_refresh(const struct upstreams_config *config,
	const struct rules_config *rules, struct upstreams *old, struct upstreams **ret,
	struct error *err)
{
	AUTO(upstreams_unref) struct upstreams *fresh = NULL;
	if (build(config, rules, old, true, &fresh, err))
		return err->kind;
	*ret = is_same(fresh, old) ? upstreams_ref(old) : TAKE_PTR(fresh);
	return ERR_OK;
}

struct upstreams *upstreams_ref(struct upstreams *u)
{
	u->n_references++;
	return u;
}

void upstreams_unref(struct upstreams *u)
{
	if (!u || --u->n_references > 0)
		return;
	for (size_t i = 0; i < u->n; i++)
		upstream_unref(u->at[i]);
	mem_free(u->at);
	mem_free(u);
}

struct upstream *upstreams_find(const struct upstreams *u, struct sv name)
{
	if (name.len == 0)
		return u->at[0];
	for (size_t i = 0; i < u->n; i++)
		if (sv_is(name, u->at[i]->name))
			return u->at[i];
	return NULL;
}
