/* Makes, starts and stops the parts of the adapter, and carries news between them: API discovery -> rules -> listings -> catalog -> documents.
 *
 * The port opens when the rules are compiled. What the outside does later (Prometheus down, API server down, resources that come and go) changes what is
 * served, never whether the program runs. */
#include "adapter/server.h"

#include <stdio.h>

#include "adapter/client_cas.h"
#include "adapter/connect.h"
#include "adapter/crashes.h"
#include "adapter/discovery_docs.h"
#include "adapter/own_metrics.h"
#include "adapter/reload.h"
#include "adapter/steps.h"
#include "adapter/watches.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/serving_cert.h"
#include "kube/backoff.h"

#define SERVER_ARENA_MAX (32u * 1024 * 1024)
/* Rendered metric names for discovery: 500,000 metrics of 180 bytes. */
#define SERVER_DOCS_MAX (128u * 1024 * 1024)
/* Without --discovery-interval: often enough for a CRD that was just installed, rare enough to cost nothing. */
#define SERVER_DISCOVERY_NS (600 * NS_PER_SEC)
#define SERVER_DISCOVERY_RETRY_NS (5 * NS_PER_SEC)
/* As long as a request may take. */
#define SERVER_DRAIN_NS (60 * NS_PER_SEC)
#define SERVER_DRAIN_LOOK_NS (20 * NS_PER_MS)
#define SERVER_IDLE_SEC 90u

static void fail(struct server *s, const struct error *err)
{
	if (!s->fatal.kind)
		s->fatal = *err;
	loop_stop(s->loop);
}

static void on_catalog(struct catalog *c, void *ctx)
{
	struct server *s = ctx;
	buf_clear(&s->custom_metrics);
	buf_clear(&s->external_metrics);
	discovery_docs_metrics(&s->custom_metrics, c, false);
	discovery_docs_metrics(&s->external_metrics, c, true);
	catalog_unref(s->catalog);
	s->catalog = catalog_ref(c);
	own_metrics_catalog(s->metrics, c, relist_counts(s->relist));
}

static void on_relist_error(const char *what, const struct error *why, void *ctx)
{
	struct server *s = ctx;
	log_event(LOG_ERROR, what, "why", why->text, NULL);
	own_metrics_relist_error(s->metrics);
}

static void on_listed(bool external, bool ok, uint64_t n_entries, void *ctx)
{
	struct server *s = ctx;
	own_metrics_listed(s->metrics, external, ok, n_entries);
}

static void on_series_answered(const char *url, int64_t took_ns, void *ctx)
{
	struct server *s = ctx;
	own_metrics_series_answered(s->metrics, url, took_ns);
}

static void on_answered(const char *url, int status, int64_t took_ns, void *ctx)
{
	struct server *s = ctx;
	own_metrics_answered(s->metrics, url, status, took_ns);
}

static enum error_kind open_port(struct server *s, struct error *err)
{
	const struct adapter_options *o = s->options;
	struct serving_cert cert = { 0 };
	char port[8];
	if (s->listener)
		return ERR_OK;
	AUTO(arena_done) struct arena scratch = { 0 };
	arena_init(&scratch, SERVER_ARENA_MAX);
	const struct serving_cert_config files = adapter_options_cert(s->options);
	if (serving_cert_load(&scratch, &files, instant_wall_now(), &cert, err))
		return err->kind;
	struct http_server_config config = {
		.bind_address = o->bind_address,
		.port = (uint16_t)o->secure_port,
		.tls_pairs = cert.pairs,
		.n_tls_pairs = cert.n,
		.tls = adapter_options_tls(o),
		.request_client_cert = true,
		.max_connections = (unsigned)o->max_connections,
		.idle_timeout_sec = SERVER_IDLE_SEC,
		.max_body_bytes = LIMIT_OBJECT_BYTES,
	};
	if (http_server_new(s->loop, &config, steps_begin, s, &s->listener, err))
		return error_wrap(err, "cannot serve on %s port %lld", o->bind_address,
			(long long)o->secure_port);
	s->cert_fingerprint = serving_cert_fingerprint(&cert);
	reload_begin(s);
	(void)snprintf(port, sizeof(port), "%u", (unsigned)http_server_port(s->listener));
	log_event(LOG_INFO, "serving", "address", o->bind_address, "port", port, "certificate",
		cert.cert_file, NULL);
	return ERR_OK;
}

static size_t n_resources(const struct discovery *d)
{
	size_t n = 0;
	for (size_t g = 0; g < d->n_groups; g++)
		for (size_t v = 0; v < d->groups[g].n_versions; v++)
			n += d->groups[g].versions[v].n_resources;
	return n;
}

static enum error_kind mapper_of(const struct discovery *d, struct mapper **ret, struct error *err)
{
	AUTO(mapper_unref) struct mapper *m = NULL;
	if (mapper_new(n_resources(d), &m, err))
		return err->kind;
	for (size_t g = 0; g < d->n_groups; g++) {
		const struct discovery_group *group = &d->groups[g];
		for (size_t v = 0; v < group->n_versions; v++) {
			const struct discovery_version *version = &group->versions[v];
			for (size_t i = 0; i < version->n_resources; i++) {
				const struct discovery_resource *one = &version->resources[i];
				struct mapper_resource r = {
					.group = group->name,
					.version = version->version,
					.plural = one->name,
					.singular = one->singular,
					.kind = one->kind,
					.namespaced = one->namespaced,
					.preferred = sv_eq(version->version, group->preferred),
				};
				if (mapper_add(m, &r, err))
					return err->kind;
			}
		}
	}
	*ret = TAKE_PTR(m);
	return ERR_OK;
}

static bool same_resources(const struct mapper *a, const struct mapper *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = sv_eq(a->at[i].group, b->at[i].group) &&
		       sv_eq(a->at[i].version, b->at[i].version) &&
		       sv_eq(a->at[i].plural, b->at[i].plural) &&
		       sv_eq(a->at[i].singular, b->at[i].singular) &&
		       a->at[i].namespaced == b->at[i].namespaced;
	return same;
}

static enum error_kind take_discovery(
	struct server *s, const struct discovery *d, struct error *err)
{
	AUTO(mapper_unref) struct mapper *m = NULL;
	if (mapper_of(d, &m, err))
		return err->kind;
	if (s->generation && same_resources(m, s->generation->mapper))
		return ERR_OK;
	return reload_use(s, s->config_text, m, err);
}

static void on_discovery(struct discovery *d, const struct error *failed, void *ctx)
{
	struct server *s = ctx;
	struct error err = { 0 };
	int64_t next_ns = s->options->discovery_interval_ns > 0 ? s->options->discovery_interval_ns
								: SERVER_DISCOVERY_NS;
	if (failed) {
		err = *failed;
		error_wrap(&err, "unable to read the cluster's resources");
	} else if (take_discovery(s, d, &err) == ERR_OK && open_port(s, &err) == ERR_OK) {
		loop_timer_set(s->discovery_timer, next_ns);
		return;
	}
	/* Only an API server that may come back is worth waiting for. */
	if (!s->generation && (!failed || failed->kind != ERR_UNAVAIL)) {
		fail(s, &err);
		return;
	}
	if (!s->listener && s->generation) {
		fail(s, &err);
		return;
	}
	log_event(LOG_ERROR, "cluster discovery", "why", err.text, NULL);
	loop_timer_set(s->discovery_timer, SERVER_DISCOVERY_RETRY_NS);
}

static void on_discovery_timer(struct loop_timer *t, void *ctx)
{
	struct server *s = ctx;
	struct error err = { 0 };
	if (discovery_cache_refresh(s->discovery, 0, on_discovery, s, &err)) {
		log_event(LOG_ERROR, "cluster discovery", "why", err.text, NULL);
		loop_timer_set(t, SERVER_DISCOVERY_RETRY_NS);
	}
}

static void on_refused(const struct error *why, void *ctx)
{
	fail(ctx, why);
}

static void on_authn_error(const struct error *why, void *ctx)
{
	(void)ctx;
	log_event(LOG_WARN, "authentication configuration", "why", why->text, NULL);
}

static size_t texts_of(const struct option_list *list, const char *const *defaults,
	size_t n_defaults, struct sv *room, size_t n_room)
{
	size_t n = 0;
	for (size_t i = 0; i < list->items.n && n < n_room; i++)
		room[n++] = sv_of(list->items.at[i]);
	for (size_t i = 0; list->items.n == 0 && i < n_defaults; i++)
		room[n++] = sv_of(defaults[i]);
	return n;
}

static enum error_kind make_authn(struct server *s, struct error *err)
{
	static const char *const USER[] = { "x-remote-user" },
				 *const GROUP[] = { "x-remote-group" },
				 *const EXTRA[] = { "x-remote-extra-" };
	const struct adapter_options *o = s->options;
	struct authn_config config = {
		.loop = s->loop,
		.client = s->authenticator,
		.skip_lookup = o->skip_lookup,
		.tolerate_lookup_failure = o->tolerate_lookup_failure,
		.token_ttl_ns = o->token_ttl_ns,
		.on_refused = on_refused,
		.on_error = on_authn_error,
		.ctx = s,
	};
	struct client_cas files;
	if (client_cas_read(&s->arena, o, &files, err))
		return err->kind;
	s->ca_fingerprint = files.fingerprint;
	config.client_ca_pem = files.client_pem;
	config.proxy_ca_pem = files.proxy_pem;
	size_t room = ARRAY_LEN(s->proxy_lists[0]);
	config.proxy_names = s->proxy_lists[0];
	config.n_proxy_names = texts_of(&o->proxy_names, NULL, 0, s->proxy_lists[0], room);
	config.proxy_headers.names = s->proxy_lists[1];
	config.proxy_headers.n_names =
		texts_of(&o->proxy_user_headers, USER, 1, s->proxy_lists[1], room);
	config.proxy_headers.groups = s->proxy_lists[2];
	config.proxy_headers.n_groups =
		texts_of(&o->proxy_group_headers, GROUP, 1, s->proxy_lists[2], room);
	config.proxy_headers.extra_prefixes = s->proxy_lists[3];
	config.proxy_headers.n_extra_prefixes =
		texts_of(&o->proxy_extra_prefixes, EXTRA, 1, s->proxy_lists[3], room);
	return authn_new(&config, &s->authn, err);
}

static enum error_kind make_authz(struct server *s, struct error *err)
{
	static const char *const OPEN[] = { "/healthz", "/readyz", "/livez" };
	const struct adapter_options *o = s->options;
	s->n_always_allow_paths = texts_of(&o->always_allow_paths, OPEN, ARRAY_LEN(OPEN),
		s->always_allow_paths, ARRAY_LEN(s->always_allow_paths));
	struct authz_config config = {
		.client = s->authoriser,
		.allowed_ttl_ns = o->allowed_ttl_ns,
		.denied_ttl_ns = o->denied_ttl_ns,
		.always_allow_paths = s->always_allow_paths,
		.n_always_allow_paths = s->n_always_allow_paths,
	};
	return authz_new(&config, &s->authz, err);
}

static enum error_kind make_relist(struct server *s, struct error *err)
{
	struct relist_config relist = {
		.loop = s->loop,
		.interval_ns = s->options->relist_interval_ns,
		.max_age_ns = s->options->max_age_ns,
		.strict = s->strict,
		.work = s->work,
		.on_catalog = on_catalog,
		.on_error = on_relist_error,
		.on_answered = on_series_answered,
		.on_listed = on_listed,
		.ctx = s,
	};
	return relist_new(&relist, &s->relist, err);
}

static enum error_kind connect_all(struct server *s, struct error *err)
{
	const struct adapter_options *o = s->options;
	const struct connect c = { &s->arena, s->http, s->loop, o, &s->env };
	bool needs_lister = s->groups.custom || s->groups.external || s->groups.resource;
	if (needs_lister && connect_kube(&c, o->lister_kubeconfig, "lister", &s->lister, err))
		return err->kind;
	if (connect_kube(
		    &c, o->authentication_kubeconfig, "authentication", &s->authenticator, err) ||
		connect_kube(&c, o->authorization_kubeconfig, "authorization", &s->authoriser, err))
		return err->kind;
	return ERR_OK;
}

static enum error_kind make_parts(struct server *s, struct error *err)
{
	s->discovery_timer = loop_timer_new(s->loop, on_discovery_timer, s);
	s->reload_timer = reload_timer_new(s);
	if (!s->discovery_timer || !s->reload_timer)
		return error_nomem(err);
	if (s->lister && discovery_cache_new(s->lister, &s->discovery, err))
		return err->kind;
	if (make_authz(s, err) || make_relist(s, err))
		return err->kind;
	s->waits_for_lists = s->groups.resource;
	return watches_begin(s, err);
}

enum error_kind server_new(struct loop *l, const struct adapter_options *o,
	const struct kubeconfig_env *env, struct server **ret, struct error *err)
{
	AUTO(server_free) struct server *s = mem_zalloc(sizeof(*s));
	if (!s)
		return error_nomem(err);
	s->loop = l;
	s->options = o;
	s->strict = o->compatibility == ADAPTER_STRICT;
	s->random = backoff_seed();
	arena_init(&s->arena, SERVER_ARENA_MAX);
	buf_init(&s->custom_metrics, SERVER_DOCS_MAX);
	buf_init(&s->external_metrics, SERVER_DOCS_MAX);
	if (own_metrics_new(&s->metrics, err) || crashes_open(o, &s->work, err) ||
		http_client_new(l, &s->http, err))
		return err->kind;
	s->env = *env;
	s->upstreams_config = (struct upstreams_config){ .loop = l,
		.http = s->http,
		.options = o,
		.env = &s->env,
		.on_answered = on_answered,
		.on_refused = reload_refused,
		.ctx = s };
	if (reload_read(s, err) || connect_all(s, err) || make_parts(s, err))
		return err->kind;
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

enum error_kind server_start(struct server *s, struct error *err)
{
	if (make_authn(s, err))
		return err->kind;
	if (s->lister) {
		on_discovery_timer(s->discovery_timer, s);
		return ERR_OK;
	}
	AUTO(mapper_unref) struct mapper *none = NULL;
	if (mapper_new(0, &none, err) || reload_use(s, s->config_text, none, err))
		return err->kind;
	return open_port(s, err);
}

static void on_drain(struct loop_timer *t, void *ctx)
{
	struct server *s = ctx;
	if (http_server_n_exchanges(s->listener) == 0 || loop_now(s->loop).ns >= s->drain_by.ns)
		loop_stop(s->loop);
	else
		loop_timer_set(t, SERVER_DRAIN_LOOK_NS);
}

void server_stop(struct server *s)
{
	s->stopping = true;
	/* Whoever asked may lose patience while requests drain. */
	work_note_ending(s->work);
	s->drain_by.ns = loop_now(s->loop).ns + SERVER_DRAIN_NS;
	if (s->listener)
		http_server_quiesce(s->listener);
	s->drain_timer = s->listener ? loop_timer_new(s->loop, on_drain, s) : NULL;
	if (s->drain_timer)
		loop_timer_set(s->drain_timer, 0);
	else
		loop_stop(s->loop);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	http_server_free(s->listener);
	relist_free(s->relist);
	authz_free(s->authz);
	authn_free(s->authn);
	inventories_free(s->inventories);
	inventory_free(s->pods);
	inventory_free(s->nodes);
	discovery_cache_free(s->discovery);
	client_free(s->lister);
	client_free(s->authenticator);
	client_free(s->authoriser);
	upstreams_unref(s->upstreams);
	http_client_free(s->http);
	loop_timer_free(s->discovery_timer);
	loop_timer_free(s->reload_timer);
	loop_timer_free(s->drain_timer);
	catalog_unref(s->catalog);
	generation_unref(s->generation);
	selfmetrics_free(s->metrics);
	/* Whoever cannot serve did not work on what is in quarantine. */
	if (!s->stopping)
		work_note_keep_suspects(s->work);
	work_note_free(s->work);
	buf_done(&s->custom_metrics);
	buf_done(&s->external_metrics);
	mem_free(s->config_copy);
	map_done(&s->told, mem_free);
	arena_done(&s->arena);
	mem_free(s);
}
