/* What can change while the adapter runs: the configuration, the serving certificate. Files are looked at every few seconds, because a mounted ConfigMap
 * or Secret is swapped by links that no watch of one file sees. A file that cannot be used changes nothing; the reason is told once. */
#include "adapter/reload.h"

#include "adapter/client_cas.h"
#include "adapter/connect.h"
#include "adapter/own_metrics.h"
#include "adapter/quarantine.h"
#include "adapter/serving_cert.h"
#include "common/limits.h"
#include "common/log.h"

/* A mounted ConfigMap or Secret itself arrives about a minute late. */
#define RELOAD_INTERVAL_NS (10 * NS_PER_SEC)
#define RELOAD_ARENA_MAX (32u * 1024 * 1024)

enum error_kind reload_use(struct server *s, struct sv text, struct mapper *m, struct error *err)
{
	struct generation *g = NULL;
	const char *name = s->options->config;
	int ticket = WORK_NOTE_NONE;
	if (quarantine_enter_config(s->work, name, text, &ticket, err))
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
	return relist_set_generation(s->relist, g, err);
}

/* Which groups a configuration offers, and whether it is one at all. */
static enum error_kind groups_of(
	const struct server *s, struct sv text, struct route_groups *ret, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct rules_config config = { 0 };
	const char *name = s->options->config;
	int ticket = WORK_NOTE_NONE;
	arena_init(&scratch, RELOAD_ARENA_MAX);
	if (quarantine_enter_config(s->work, name, text, &ticket, err))
		return err->kind;
	int before = work_note_run(s->work, ticket);
	enum error_kind kind = rules_parse(&scratch, text, name, &config, err);
	work_note_run(s->work, before);
	work_note_leave(s->work, ticket);
	if (kind)
		return kind;
	*ret = (struct route_groups){ config.n_rules > 0, config.n_external > 0,
		config.has_resource_rules };
	return ERR_OK;
}

enum error_kind reload_read(struct server *s, struct error *err)
{
	const char *path = s->options->config;
	struct sv text = SV_NULL;
	if (connect_read_file(&s->arena, path, LIMIT_CONFIG_FILE_BYTES, &text, err) ||
		groups_of(s, text, &s->groups, err))
		return error_wrap(err, "unable to load metrics discovery config");
	s->config_copy = mem_memdup(text.ptr, text.len);
	if (!s->config_copy)
		return error_nomem(err);
	s->config_text = sv_from(s->config_copy, text.len);
	return ERR_OK;
}

/* A file that changed: the new configuration serves from the next request on, or the old one goes on. */
static enum error_kind reload_config(struct server *s, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct sv text = SV_NULL;
	struct route_groups groups = { 0 };
	arena_init(&scratch, RELOAD_ARENA_MAX);
	if (connect_read_file(&scratch, s->options->config, LIMIT_CONFIG_FILE_BYTES, &text, err))
		return err->kind;
	if (!s->generation || sv_eq(text, s->config_text) || sv_eq(text, sv_of(s->config_refused)))
		return ERR_OK;
	/* The same mistake is told once, not every ten seconds. */
	mem_free(s->config_refused);
	s->config_refused = mem_memdup(text.ptr, text.len);
	if (groups_of(s, text, &groups, err))
		return err->kind;
	if (!s->lister && (groups.custom || groups.external || groups.resource))
		return error_set(err, ERR_INVALID,
			"the first rules of a configuration that had none need a restart");
	if (groups.resource && !s->pods && server_make_inventories(s, err))
		return err->kind;
	char *copy = mem_memdup(text.ptr, text.len);
	if (!copy)
		return error_nomem(err);
	AUTO(mapper_unref) struct mapper *m = mapper_ref(s->generation->mapper);
	if (reload_use(s, text, m, err)) {
		mem_free(copy);
		return err->kind;
	}
	mem_free(s->config_copy);
	s->config_copy = copy;
	s->config_text = sv_from(copy, text.len);
	s->groups = groups;
	log_event(LOG_INFO, "configuration reloaded", "file", s->options->config, NULL);
	own_metrics_reload(s->metrics, "config", true);
	return ERR_OK;
}

static enum error_kind reload_certificate(struct server *s, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct serving_cert cert = { 0 };
	arena_init(&scratch, RELOAD_ARENA_MAX);
	if (serving_cert_load(&scratch, s->options, instant_wall_now(), &cert, err))
		return err->kind;
	uint64_t fingerprint = serving_cert_fingerprint(&cert);
	if (fingerprint == s->cert_fingerprint)
		return ERR_OK;
	if (http_server_set_certificate(s->listener, cert.cert_pem, cert.key_pem, err))
		return err->kind;
	s->cert_fingerprint = fingerprint;
	log_event(LOG_INFO, "serving certificate reloaded", "file", cert.cert_file, NULL);
	own_metrics_reload(s->metrics, "certificate", true);
	return ERR_OK;
}

static void reload_client_cas(struct server *s)
{
	struct error err = { 0 };
	bool changed = false;
	if (client_cas_reload(s, &changed, &err)) {
		log_event(LOG_ERROR, "the CAs of callers cannot be used, the last good ones stay",
			"why", err.text, NULL);
		own_metrics_reload(s->metrics, "client-ca", false);
	} else if (changed) {
		log_event(LOG_INFO, "CAs of callers reloaded", NULL);
		own_metrics_reload(s->metrics, "client-ca", true);
	}
}

static void on_reload(struct loop_timer *t, void *ctx)
{
	struct server *s = ctx;
	struct error err = { 0 };
	if (reload_config(s, &err)) {
		log_event(LOG_ERROR,
			"the changed configuration cannot be used, the last good one stays", "why",
			err.text, NULL);
		own_metrics_reload(s->metrics, "config", false);
	}
	err = (struct error){ 0 };
	if (reload_certificate(s, &err)) {
		log_event(LOG_ERROR,
			"the serving certificate cannot be used, the last good one stays", "why",
			err.text, NULL);
		own_metrics_reload(s->metrics, "certificate", false);
	}
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
