/* flyball-controller: wiring only. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/http_client.h"
#include "common/jx.h"
#include "common/limits.h"
#include "common/log.h"
#include "controller/config_reload.h"
#include "controller/controller_options.h"
#include "controller/probes.h"
#include "controller/secure.h"
#include "controller/succession.h"
#include "kube/kubeconfig.h"

/* Of a query to Prometheus, and how long its answer serves others who ask the same. */
#define QUERY_TIMEOUT_NS (10 * NS_PER_SEC)
#define QUERY_FRESH_NS NS_PER_SEC
/* The help and the manual page are about 16 KiB. */
#define MAX_PRINTED_BYTES (256u * 1024)
#define USER_AGENT "flyball-controller/" FLYBALL_VERSION " horizontal-pod-autoscaler"

/* Freed from the last to the first. */
struct program {
	struct loop *loop;
	struct http_client *http;
	struct kube_client *client;
	char *namespace; /* of the service account or kubeconfig */
	struct arena arena;
	struct kubeconfig_client cluster; /* in the arena */
	struct config_reload *config;	  /* NULL: there is no --config */
	struct selfmetrics *metrics;
	struct controller *controller;
	struct succession *succession; /* NULL: no election */
	struct probes *probes;
	struct secure *secure; /* NULL: no HTTPS port */
	bool ending;
};

static void program_free(struct program *p)
{
	secure_free(p->secure);
	probes_free(p->probes);
	succession_free(p->succession);
	controller_free(p->controller);
	selfmetrics_free(p->metrics);
	config_reload_free(p->config);
	mem_free(p->namespace);
	client_free(p->client);
	http_client_free(p->http);
	loop_free(p->loop);
	arena_done(&p->arena);
}

static void program_free_auto(struct program *p)
{
	program_free(p);
}

static void on_ended(void *ctx)
{
	loop_stop(ctx);
}

/* A second one does not wait for what the first one began. */
static void on_signal(int signal, void *ctx)
{
	struct program *p = ctx;

	log_event(LOG_INFO, "ending", "signal", signal == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
	if (p->ending || !p->succession)
		loop_stop(p->loop);
	else
		succession_end(p->succession, on_ended, p->loop);
	p->ending = true;
}

static enum error_kind connect_to_cluster(
	struct program *p, const struct controller_options *o, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};

	arena_init(&p->arena, LIMIT_CONFIG_FILE_BYTES * 8);
	if (kubeconfig_find(&p->arena, o->kubeconfig, o->context, &env, true, &p->cluster, err) !=
		ERR_OK)
		return err->kind;
	p->namespace = mem_strdup(p->cluster.namespace);
	if (!p->namespace)
		return error_nomem(err);
	return client_new(p->http, p->loop, &p->cluster, USER_AGENT, &p->client, err);
}

static enum error_kind configure(
	struct program *p, const char *path, struct controller_config *config, struct error *err)
{
	const struct config_reload_config reload = {
		.loop = p->loop,
		.path = path,
		.metrics = p->metrics,
		.share = {
			.http = p->http,
			.cluster = &p->cluster,
			.user_agent = USER_AGENT,
			.timeout_ns = QUERY_TIMEOUT_NS,
			.fresh_ns = QUERY_FRESH_NS,
			.metrics = p->metrics,
		},
	};

	if (!path)
		return ERR_OK;
	if (config_reload_new(&reload, &p->config, err) != ERR_OK)
		return err->kind;
	config->prometheus = config_reload_servers(p->config);
	config->prom_share = config_reload_share(p->config);
	return ERR_OK;
}

static enum error_kind lead_or_elect(
	struct program *p, const struct controller_options *o, struct error *err)
{
	struct succession_config config = {
		.client = p->client,
		.metrics = p->metrics,
		.controller = p->controller,
		.options = o->election,
	};

	if (!o->election.enabled) {
		controller_lead(p->controller);
		return ERR_OK;
	}
	if (config.options.namespace[0] == '\0')
		config.options.namespace = p->namespace;
	return succession_new(&config, &p->succession, err);
}

static enum error_kind serve(
	struct program *p, const struct controller_options *o, struct error *err)
{
	const struct secure_config secure = {
		.loop = p->loop,
		.client = p->client,
		.controller = p->controller,
		.metrics = p->metrics,
		.election = p->succession ? succession_election(p->succession) : NULL,
		.bind_address = o->bind_address,
		.options = o->secure,
		.sync_period_ns = o->controller.sync_period_ns,
	};

	if (o->port > 0 && probes_new(p->loop, o->bind_address, (uint16_t)o->port, p->controller,
				   p->metrics, &p->probes, err) != ERR_OK)
		return err->kind;
	return o->secure.port > 0 ? secure_new(&secure, &p->secure, err) : ERR_OK;
}

static enum error_kind run(const struct controller_options *o, struct error *err)
{
	static const char *const MODES[] = { "observe", "own", "ignore" };
	AUTO(program_free) struct program p = { .metrics = selfmetrics_new() };
	struct controller_config config = o->controller;

	if (!p.metrics)
		return error_nomem(err);
	if (loop_new(&p.loop, err) != ERR_OK ||
		loop_on_signal(p.loop, SIGINT, on_signal, &p, err) != ERR_OK ||
		loop_on_signal(p.loop, SIGTERM, on_signal, &p, err) != ERR_OK ||
		http_client_new(p.loop, &p.http, err) != ERR_OK ||
		connect_to_cluster(&p, o, err) != ERR_OK ||
		configure(&p, o->config_file, &config, err) != ERR_OK)
		return err->kind;
	config.namespace = p.namespace;
	if (controller_new(p.client, &config, p.metrics, &p.controller, err) != ERR_OK ||
		lead_or_elect(&p, o, err) != ERR_OK || serve(&p, o, err) != ERR_OK)
		return err->kind;
	log_event(LOG_INFO, "started", "version", FLYBALL_VERSION, "server",
		client_server(p.client), "native-hpas", MODES[o->controller.native], NULL);
	return loop_run(p.loop, err);
}

static int print(void (*write)(struct buf *out))
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_PRINTED_BYTES);
	write(&text);
	fputs(buf_text(&text), stdout);
	return text.failed == ERR_OK ? 0 : 1;
}

static int start(const struct controller_options *o)
{
	struct error err;

	if (o->help)
		return print(controller_options_help);
	if (o->man)
		return print(controller_options_man);
	if (o->version) {
		puts("flyball-controller " FLYBALL_VERSION);
		return 0;
	}
	log_init((enum log_level)o->log_level, (enum log_format)o->log_format);
	if (o->idle_gate[0])
		log_event(
			LOG_WARN, "a feature gate has no effect here", "gate", o->idle_gate, NULL);
	if (run(o, &err) == ERR_OK)
		return 0;
	fprintf(stderr, "flyball-controller: %s\n", err.text);
	return err.kind == ERR_INVALID || err.kind == ERR_NOTFOUND ? 2 : 1;
}

int main(int argc, char **argv)
{
	struct controller_options o;
	struct error err;
	int code = 2;

	mem_setup();
	jx_init();
	if (controller_options_parse(argc, argv, &o, &err) == ERR_OK)
		code = start(&o);
	else
		fprintf(stderr, "flyball-controller: %s\n", err.text);
	controller_options_done(&o);
	return code;
}
