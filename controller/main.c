/* flyball-controller: wiring only. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/http_client.h"
#include "common/jx.h"
#include "common/limits.h"
#include "common/log.h"
#include "controller/controller_options.h"
#include "controller/probes.h"
#include "kube/kubeconfig.h"

#define USER_AGENT "flyball-controller/" FLYBALL_VERSION " horizontal-pod-autoscaler"

static void on_signal(int signal, void *ctx)
{
	log_event(LOG_INFO, "ending", "signal", signal == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
	loop_stop(ctx);
}

static enum error_kind connect_to_cluster(const struct controller_options *o,
	struct http_client *http, struct loop *l, struct kube_client **ret, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};
	AUTO(arena_done) struct arena a = { 0 };
	struct kubeconfig_client config;

	arena_init(&a, LIMIT_CONFIG_FILE_BYTES * 8);
	if (kubeconfig_find(&a, o->kubeconfig, o->context, &env, true, &config, err) != ERR_OK)
		return err->kind;
	return client_new(http, l, &config, USER_AGENT, ret, err);
}

static enum error_kind run(const struct controller_options *o, struct error *err)
{
	static const char *const MODES[] = { "observe", "own", "ignore" };
	AUTO(loop_free) struct loop *l = NULL;
	AUTO(http_client_free) struct http_client *http = NULL;
	AUTO(client_free) struct kube_client *client = NULL;
	AUTO(selfmetrics_free) struct selfmetrics *metrics = selfmetrics_new();
	AUTO(controller_free) struct controller *controller = NULL;
	AUTO(probes_free) struct probes *probes = NULL;

	if (!metrics)
		return error_nomem(err);
	if (loop_new(&l, err) != ERR_OK || loop_on_signal(l, SIGINT, on_signal, l, err) != ERR_OK ||
		loop_on_signal(l, SIGTERM, on_signal, l, err) != ERR_OK ||
		http_client_new(l, &http, err) != ERR_OK ||
		connect_to_cluster(o, http, l, &client, err) != ERR_OK ||
		controller_new(client, &o->controller, metrics, &controller, err) != ERR_OK)
		return err->kind;
	if (o->port > 0 && probes_new(l, o->bind_address, (uint16_t)o->port, controller, metrics,
				   &probes, err) != ERR_OK)
		return err->kind;
	controller_lead(controller);
	log_event(LOG_INFO, "started", "version", FLYBALL_VERSION, "server", client_server(client),
		"native-hpas", MODES[o->controller.native], NULL);
	return loop_run(l, err);
}

int main(int argc, char **argv)
{
	struct controller_options o;
	struct error err;

	jx_init();
	if (controller_options_parse(argc, argv, &o, &err) != ERR_OK) {
		fprintf(stderr, "flyball-controller: %s\n", err.text);
		return 2;
	}
	if (o.help) {
		AUTO(buf_done) struct buf text = { 0 };
		buf_init(&text, 65536);
		controller_options_help(&text);
		fputs(buf_text(&text), stdout);
		return 0;
	}
	if (o.version) {
		puts("flyball-controller " FLYBALL_VERSION);
		return 0;
	}
	log_init((enum log_level)o.log_level, (enum log_format)o.log_format);
	if (run(&o, &err) != ERR_OK) {
		fprintf(stderr, "flyball-controller: %s\n", err.text);
		return err.kind == ERR_INVALID || err.kind == ERR_NOTFOUND ? 2 : 1;
	}
	return 0;
}
