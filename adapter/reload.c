/* What can change while the adapter runs: the configuration, the credentials for the servers that it asks, the serving certificate, the CAs of
 * callers. Files are looked at every few seconds, because a mounted ConfigMap
 * or Secret is swapped by links that no watch of one file sees. A file that cannot be used changes nothing; the reason is told once. */
#include "adapter/reload.h"

#include "adapter/client_cas.h"
#include "adapter/crashes.h"
#include "adapter/own_metrics.h"
#include "adapter/watches.h"
#include "common/file.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/serving_cert.h"

/* A mounted ConfigMap or Secret itself arrives about a minute late. */
#define RELOAD_INTERVAL_NS (10 * NS_PER_SEC)
#define RELOAD_ARENA_MAX (32u * 1024 * 1024)

/* Different files that can be wrong at one time. */
#define RELOAD_TOLD_MAX 1000u

/* Says what is wrong with a file, once for each mistake, not every ten seconds. NULL: it is good again. */
static void tell(struct server *s, const char *file, const char *what, const struct error *why)
{
	struct error full = { 0 };
	void *old = map_take(&s->told, sv_of(file));
	bool known = why && old && sv_is(sv_of(why->text), old);
	mem_free(old);
	char *text = why ? mem_strdup(why->text) : NULL;
	if (text && map_set(&s->told, sv_of(file), text, NULL, &full))
		mem_free(text);
	if (!why || known)
		return;
	log_event(LOG_ERROR, what, "why", why->text, NULL);
	own_metrics_reload(s->metrics, file, false);
}

/* Compiles the text and makes it and its servers the ones in use; after an error other than NOMEM nothing has changed. */
static enum error_kind use(struct server *s, struct sv text, struct mapper *m,
	struct upstreams *servers, struct error *err)
{
	struct generation *g = NULL;
	const char *name = s->options->config;
	int ticket = WORK_NOTE_NONE;
	if (crashes_enter_config(s->work, name, text, &ticket, err))
		return err->kind;
	int before = work_note_run(s->work, ticket);
	enum error_kind kind = generation_new(text, name, m, s->strict, &g, err);
	work_note_run(s->work, before);
	work_note_leave(s->work, ticket);
	if (kind)
		return kind;
	for (size_t i = 0; i < g->n_skipped; i++)
		log_event(LOG_WARN, "a rule is inactive until the cluster knows its resources",
			"why", g->skipped[i].why, NULL);
	generation_unref(s->generation);
	s->generation = g;
	upstreams_ref(servers);
	upstreams_unref(s->upstreams);
	s->upstreams = servers;
	return relist_set_generation(s->relist, g, servers, err);
}

enum error_kind reload_use(struct server *s, struct sv text, struct mapper *m, struct error *err)
{
	return use(s, text, m, s->upstreams, err);
}

/* What a configuration is about: the groups that it offers and the servers that it names, which are connected to. */
static enum error_kind look_at(struct server *s, struct sv text, struct route_groups *ret,
	struct upstreams **ret_servers, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct rules_config config = { 0 };
	const char *name = s->options->config;
	int ticket = WORK_NOTE_NONE;
	arena_init(&scratch, RELOAD_ARENA_MAX);
	if (crashes_enter_config(s->work, name, text, &ticket, err))
		return err->kind;
	int before = work_note_run(s->work, ticket);
	enum error_kind kind = s->strict ? rules_parse_exact(&scratch, text, name, &config, err)
					 : rules_parse(&scratch, text, name, &config, err);
	work_note_run(s->work, before);
	work_note_leave(s->work, ticket);
	if (kind)
		return error_wrap(err, "unable to load metrics discovery config");
	if (upstreams_new(&s->upstreams_config, &config, s->upstreams, ret_servers, err))
		return err->kind;
	*ret = (struct route_groups){ config.n_rules > 0, config.n_external > 0,
		config.has_resource_rules };
	return ERR_OK;
}

void reload_refused(const char *name, const struct error *why, void *ctx)
{
	struct server *s = ctx;
	struct buf file;
	buf_init(&file, 200);
	buf_printf(&file, "server %s", name);
	tell(s, buf_text(&file), "the files of a server cannot be used, the last good ones stay",
		why);
	buf_done(&file);
}

enum error_kind reload_read(struct server *s, struct error *err)
{
	const char *path = s->options->config;
	struct sv text = SV_NULL;
	map_init(&s->told, RELOAD_TOLD_MAX);
	if (file_read(&s->arena, path, LIMIT_CONFIG_FILE_BYTES, &text, err))
		return error_wrap(err, "unable to load metrics discovery config");
	if (look_at(s, text, &s->groups, &s->upstreams, err))
		return err->kind;
	s->config_copy = mem_memdup(text.ptr, text.len);
	if (!s->config_copy)
		return error_nomem(err);
	s->config_text = sv_from(s->config_copy, text.len);
	return ERR_OK;
}

static enum error_kind use_changed(struct server *s, struct sv text, struct error *err)
{
	struct route_groups groups = { 0 };
	AUTO(upstreams_unref) struct upstreams *servers = NULL;
	if (look_at(s, text, &groups, &servers, err))
		return err->kind;
	if (!s->lister && (groups.custom || groups.external || groups.resource))
		return error_set(err, ERR_INVALID,
			"the first rules of a configuration that had none need a restart");
	if (groups.resource && watches_begin_usage(s, err))
		return err->kind;
	char *copy = mem_memdup(text.ptr, text.len);
	if (!copy)
		return error_nomem(err);
	AUTO(mapper_unref) struct mapper *m = mapper_ref(s->generation->mapper);
	if (use(s, text, m, servers, err)) {
		mem_free(copy);
		return err->kind;
	}
	mem_free(s->config_copy);
	s->config_copy = copy;
	s->config_text = sv_from(copy, text.len);
	s->groups = groups;
	return ERR_OK;
}

/* A file that changed: the new configuration serves from the next request on, or the old one goes on. */
static void reload_config(struct server *s)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct sv text = SV_NULL;
	struct error err = { 0 };
	bool changed = false;
	arena_init(&scratch, RELOAD_ARENA_MAX);
	enum error_kind kind =
		file_read(&scratch, s->options->config, LIMIT_CONFIG_FILE_BYTES, &text, &err);
	if (kind == ERR_OK && s->generation && !sv_eq(text, s->config_text)) {
		kind = use_changed(s, text, &err);
		changed = kind == ERR_OK;
	}
	tell(s, "config", "the changed configuration cannot be used, the last good one stays",
		kind ? &err : NULL);
	if (!changed)
		return;
	log_event(LOG_INFO, "configuration reloaded", "file", s->options->config, NULL);
	own_metrics_reload(s->metrics, "config", true);
}

/* Certificates, keys and passwords for the servers of the configuration in use. Tokens are read by the clients themselves. */
static void reload_servers(struct server *s)
{
	struct error err = { 0 };
	struct upstreams *fresh = NULL;
	if (!s->generation)
		return;
	enum error_kind kind = upstreams_refresh(
		&s->upstreams_config, &s->generation->config, s->upstreams, &fresh, &err);
	tell(s, "servers", "the servers cannot be connected anew", kind ? &err : NULL);
	if (kind)
		return;
	if (fresh != s->upstreams) {
		log_event(LOG_INFO, "credentials of servers reloaded", NULL);
		own_metrics_reload(s->metrics, "servers", true);
		relist_set_upstreams(s->relist, fresh);
	}
	upstreams_unref(s->upstreams);
	s->upstreams = fresh;
}

static enum error_kind take_certificate(struct server *s, bool *ret_changed, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct serving_cert cert = { 0 };
	arena_init(&scratch, RELOAD_ARENA_MAX);
	const struct serving_cert_config files = adapter_options_cert(s->options);
	if (serving_cert_load(&scratch, &files, instant_wall_now(), &cert, err))
		return err->kind;
	uint64_t fingerprint = serving_cert_fingerprint(&cert);
	*ret_changed = fingerprint != s->cert_fingerprint;
	if (!*ret_changed)
		return ERR_OK;
	if (http_server_set_certificates(s->listener, cert.pairs, cert.n, err))
		return err->kind;
	s->cert_fingerprint = fingerprint;
	log_event(LOG_INFO, "serving certificate reloaded", "file", cert.cert_file, NULL);
	return ERR_OK;
}

static void reload_certificate(struct server *s)
{
	struct error err = { 0 };
	bool changed = false;
	enum error_kind kind = take_certificate(s, &changed, &err);
	tell(s, "certificate", "the serving certificate cannot be used, the last good one stays",
		kind ? &err : NULL);
	if (kind == ERR_OK && changed)
		own_metrics_reload(s->metrics, "certificate", true);
}

static void reload_client_cas(struct server *s)
{
	struct error err = { 0 };
	bool changed = false;
	enum error_kind kind = client_cas_reload(s, &changed, &err);
	tell(s, "client-ca", "the CAs of callers cannot be used, the last good ones stay",
		kind ? &err : NULL);
	if (kind || !changed)
		return;
	log_event(LOG_INFO, "CAs of callers reloaded", NULL);
	own_metrics_reload(s->metrics, "client-ca", true);
}

static void on_reload(struct loop_timer *t, void *ctx)
{
	struct server *s = ctx;
	reload_config(s);
	reload_servers(s);
	reload_certificate(s);
	reload_client_cas(s);
	loop_timer_set(t, RELOAD_INTERVAL_NS);
}

struct loop_timer *reload_timer_new(struct server *s)
{
	return loop_timer_new(s->loop, on_reload, s);
}

void reload_begin(struct server *s)
{
	loop_timer_set(s->reload_timer, RELOAD_INTERVAL_NS);
}

void reload_now(struct server *s)
{
	if (s->listener)
		on_reload(s->reload_timer, s);
}
