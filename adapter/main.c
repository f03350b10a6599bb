/* flyball-adapter: wiring only. Exit status: 0 after a signal, 1 after a second one, 2 for a wrong command line, 255 for anything else that makes
 * serving impossible (the statuses of prometheus-adapter). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapter/adapter_options.h"
#include "adapter/reload.h"
#include "adapter/server.h"
#include "common/log.h"

#define EXIT_USAGE 2
#define EXIT_FATAL 255
/* From this verbosity on the reference logs every question to Prometheus. */
#define VERBOSITY_QUERIES 6

struct program {
	struct loop *loop;
	struct server *server;
	int n_signals;
};

static void on_signal(int number, void *ctx)
{
	struct program *p = ctx;
	log_event(LOG_INFO, p->n_signals ? "stopping at once" : "stopping", "signal",
		number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
	if (p->n_signals++ == 0)
		server_stop(p->server);
	else
		loop_stop(p->loop);
}

static void on_hangup(int number, void *ctx)
{
	(void)number;
	struct program *p = ctx;
	reload_now(p->server);
}

static int fatal(const struct error *err)
{
	log_event(LOG_ERROR, "cannot serve", "why", err->text, NULL);
	return EXIT_FATAL;
}

static enum error_kind start(struct program *p, const struct adapter_options *o, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};
	if (loop_on_signal(p->loop, SIGTERM, on_signal, p, err) ||
		loop_on_signal(p->loop, SIGINT, on_signal, p, err) ||
		loop_on_signal(p->loop, SIGHUP, on_hangup, p, err))
		return err->kind;
	if (server_new(p->loop, o, &env, &p->server, err))
		return err->kind;
	return server_start(p->server, err);
}

static int serve(const struct adapter_options *o)
{
	struct program p = { 0 };
	struct error err = { 0 };
	int status = EXIT_FATAL;
	if (loop_new(&p.loop, &err))
		return fatal(&err);
	if (start(&p, o, &err) || loop_run(p.loop, &err))
		status = fatal(&err);
	else if (p.server->fatal.kind)
		status = fatal(&p.server->fatal);
	else
		status = p.n_signals > 1 ? 1 : 0;
	server_free(p.server);
	loop_free(p.loop);
	return status;
}

static int print(void (*write)(struct buf *out))
{
	struct buf text;
	buf_init(&text, 1024u * 1024);
	write(&text);
	fputs(buf_text(&text), stdout);
	buf_done(&text);
	return 0;
}

static void write_version(struct buf *out)
{
	buf_put_str(out, "flyball-adapter " FLYBALL_VERSION "\n");
}

int main(int argc, char **argv)
{
	struct adapter_options options;
	struct error err = { 0 };
	int status;
	signal(SIGPIPE, SIG_IGN);
	log_init(LOG_INFO, LOG_TEXT);
	if (adapter_options_parse(argc, argv, &options, &err)) {
		fprintf(stderr, "flyball-adapter: %s\n", err.text);
		status = EXIT_USAGE;
	} else if (options.help) {
		status = print(adapter_options_help);
	} else if (options.man) {
		status = print(adapter_options_man);
	} else if (options.version) {
		status = print(write_version);
	} else {
		log_init(options.verbosity >= VERBOSITY_QUERIES ? LOG_DEBUG : LOG_INFO,
			(enum log_format)options.log_format);
		status = adapter_options_check(&options, &err) ? fatal(&err) : serve(&options);
	}
	adapter_options_done(&options);
	return status;
}
