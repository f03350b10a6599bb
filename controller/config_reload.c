/* Files are looked at every few seconds, because a mounted ConfigMap or Secret is swapped by links that no watch of one file sees. The reason why one
 * cannot be used is told once. */
#include "controller/config_reload.h"

#include "common/file.h"
#include "common/limits.h"
#include "common/log.h"
#include "controller/config_file.h"

/* A mounted ConfigMap or Secret itself arrives about a minute late. */
#define INTERVAL_NS (10 * NS_PER_SEC)
#define ARENA_BYTES (8u * LIMIT_CONFIG_FILE_BYTES)
#define RELOADS "flyball_controller_config_reloads_total"

struct config_reload {
	struct config_reload_config config;
	struct prom_share *share;
	struct loop_timer *timer;
	struct arena arena; /* of the file in use */
	struct sv text;
	struct ask_prometheus_servers servers;
	char *told; /* what is wrong now; NULL: nothing */
};

static enum error_kind declare(struct selfmetrics *m, struct error *err)
{
	static const char *const labels[] = { "result", NULL };

	return m ? selfmetrics_declare(m, SELFMETRICS_COUNTER, RELOADS,
			   "Changes of the configuration, or of a file that it names.", labels,
			   NULL, 0, err)
		 : ERR_OK;
}

static void count(struct config_reload *r, const char *result)
{
	const char *const labels[] = { result, NULL };

	if (r->config.metrics)
		selfmetrics_add(r->config.metrics, RELOADS, labels, 1);
}

/* The servers of this file, or those that are in use if it is the same file. */
static enum error_kind use(
	struct config_reload *r, struct arena *a, bool *ret_changed, struct error *err)
{
	struct config_file file = { .prometheus = r->servers };
	struct prom_share_config share = r->config.share;
	bool connected = true;
	struct sv text;

	if (file_read(a, r->config.path, LIMIT_CONFIG_FILE_BYTES, &text, err))
		return err->kind;
	bool changed = !r->share || !sv_eq(text, r->text);
	if (changed && config_file_parse(a, text, r->config.path, &file, err))
		return err->kind;
	share.servers = file.prometheus.at;
	share.n_servers = file.prometheus.n;
	enum error_kind kind =
		r->share ? prom_share_use(r->share, share.servers, share.n_servers, &connected, err)
			 : prom_share_new(&share, &r->share, err);
	if (kind)
		return error_wrap(err, "%s", r->config.path);
	if (changed) {
		struct arena old = r->arena;

		r->arena = *a;
		*a = old;
		r->text = text;
		r->servers = file.prometheus;
	}
	*ret_changed = changed || connected;
	return ERR_OK;
}

void config_reload_now(struct config_reload *r)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err;
	bool changed = false;

	arena_init(&a, ARENA_BYTES);
	enum error_kind kind = use(r, &a, &changed, &err);
	bool known = kind && r->told && strcmp(r->told, err.text) == 0;

	mem_free(r->told);
	r->told = kind ? mem_strdup(err.text) : NULL;
	if (kind && !known) {
		log_event(LOG_ERROR,
			"the changed configuration cannot be used, the last good one stays", "why",
			err.text, NULL);
		count(r, "error");
	}
	if (changed) {
		log_event(LOG_INFO, "configuration reloaded", "file", r->config.path, NULL);
		count(r, "success");
	}
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	config_reload_now(ctx);
	loop_timer_set(t, INTERVAL_NS);
}

enum error_kind config_reload_new(
	const struct config_reload_config *config, struct config_reload **ret, struct error *err)
{
	AUTO(config_reload_free) struct config_reload *r = mem_zalloc(sizeof(*r));
	AUTO(arena_done) struct arena a = { 0 };
	bool changed;

	if (!r)
		return error_nomem(err);
	arena_init(&a, ARENA_BYTES);
	r->config = *config;
	r->timer = loop_timer_new(config->loop, on_timer, r);
	if (!r->timer)
		return error_nomem(err);
	if (declare(config->metrics, err) || use(r, &a, &changed, err))
		return err->kind;
	loop_timer_set(r->timer, INTERVAL_NS);
	*ret = TAKE_PTR(r);
	return ERR_OK;
}

void config_reload_free(struct config_reload *r)
{
	if (!r)
		return;
	loop_timer_free(r->timer);
	prom_share_free(r->share);
	arena_done(&r->arena);
	mem_free(r->told);
	mem_free(r);
}

const struct ask_prometheus_servers *config_reload_servers(const struct config_reload *r)
{
	return &r->servers;
}

struct prom_share *config_reload_share(struct config_reload *r)
{
	return r->share;
}
