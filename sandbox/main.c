/* flyball-sandbox: the simulated cluster as a process. Prints one line when it is ready; ends on SIGINT and SIGTERM. */
#include <stdio.h>
#include <string.h>

#include "common/http_client.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/options.h"
#include "sandbox/sandbox.h"

struct arguments {
	const char *bind_address, *kubeconfig, *load, *app;
	int64_t api_port, prometheus_port, step_ns, startup_ns;
	bool help, version;
};

#define N_OPTIONS 10

static void fill_options(struct option table[N_OPTIONS], struct arguments *a)
{
	const struct option options[N_OPTIONS] = {
		{ .name = "bind-address",
			.kind = OPTION_TEXT,
			.target = &a->bind_address,
			.value_name = "ADDRESS",
			.help = "where both servers listen" },
		{ .name = "port",
			.kind = OPTION_INT,
			.target = &a->api_port,
			.max = 65535,
			.value_name = "PORT",
			.help = "of the API server; 0 takes a free one" },
		{ .name = "prometheus-port",
			.kind = OPTION_INT,
			.target = &a->prometheus_port,
			.max = 65535,
			.value_name = "PORT",
			.help = "of the simulated Prometheus; 0 takes a free one" },
		{ .name = "write-kubeconfig",
			.kind = OPTION_TEXT,
			.target = &a->kubeconfig,
			.value_name = "FILE",
			.help = "where to write a kubeconfig for this API server" },
		{ .name = "load",
			.kind = OPTION_TEXT,
			.target = &a->load,
			.value_name = "STEPS",
			.help = "requests per second over time, such as 0s:1,20s:9,60s:3" },
		{ .name = "app",
			.kind = OPTION_TEXT,
			.target = &a->app,
			.value_name = "NAME",
			.help = "Deployment in namespace default that gets the load" },
		{ .name = "step",
			.kind = OPTION_DURATION,
			.target = &a->step_ns,
			.min = 10 * NS_PER_MS,
			.max = 60 * NS_PER_SEC,
			.value_name = "DURATION",
			.help = "interval of simulation and scrape" },
		{ .name = "startup-delay",
			.kind = OPTION_DURATION,
			.target = &a->startup_ns,
			.min = 0,
			.max = 3600 * NS_PER_SEC,
			.value_name = "DURATION",
			.help = "from the creation of a pod until it is Ready" },
		{ .name = "version",
			.kind = OPTION_BOOL,
			.target = &a->version,
			.help = "prints the version and ends" },
		{ .name = "help",
			.letter = 'h',
			.kind = OPTION_BOOL,
			.target = &a->help,
			.help = "prints this text and ends" },
	};
	memcpy(table, options, sizeof(options));
}

static void on_signal(int signal, void *ctx)
{
	(void)signal;
	loop_stop(ctx);
}

static enum error_kind write_kubeconfig(
	const struct sandbox *s, const char *path, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 4096);
	sandbox_print_kubeconfig(&text, s);
	FILE *file = fopen(path, "we");
	bool ok = file && fwrite(buf_text(&text), 1, text.len, file) == text.len;
	if (file && fclose(file) != 0)
		ok = false;
	return ok ? ERR_OK
		  : error_set(err, ERR_INVALID, "--write-kubeconfig: cannot write %s", path);
}

static enum error_kind serve(const struct arguments *a, struct error *err)
{
	AUTO(loop_free) struct loop *l = NULL;
	AUTO(http_client_free) struct http_client *client = NULL;
	AUTO(sandbox_free) struct sandbox *s = NULL;
	struct sandbox_config config = {
		.bind_address = a->bind_address,
		.api_port = (uint16_t)a->api_port,
		.prometheus_port = (uint16_t)a->prometheus_port,
		.step_ns = a->step_ns,
		.workload = { .startup_delay_ns = a->startup_ns, .app = a->app, .ns = "default" },
	};

	if (load_parse(sv_of(a->load), &config.load, err) != ERR_OK ||
		loop_new(&l, err) != ERR_OK ||
		loop_on_signal(l, SIGINT, on_signal, l, err) != ERR_OK ||
		loop_on_signal(l, SIGTERM, on_signal, l, err) != ERR_OK ||
		http_client_new(l, &client, err) != ERR_OK ||
		sandbox_new(l, client, &config, &s, err) != ERR_OK)
		return err->kind;
	if (a->kubeconfig && write_kubeconfig(s, a->kubeconfig, err) != ERR_OK)
		return err->kind;
	printf("sandbox ready api=%s:%u prometheus=%s:%u\n", a->bind_address,
		(unsigned)api_port(sandbox_api(s)), a->bind_address,
		(unsigned)prom_api_port(sandbox_prometheus(s)));
	(void)fflush(stdout);
	return loop_run(l, err);
}

int main(int argc, char **argv)
{
	struct arguments a = { .bind_address = "127.0.0.1",
		.load = "0s:1",
		.app = "myapp",
		.step_ns = NS_PER_SEC,
		.startup_ns = 3 * NS_PER_SEC };
	struct option table[N_OPTIONS];
	struct option_list rest = { 0 };
	struct error err;

	jx_init();
	fill_options(table, &a);
	if (options_parse(table, N_OPTIONS, argc, argv, &rest, &err) != ERR_OK) {
		fprintf(stderr, "flyball-sandbox: %s\n", err.text);
		return 2;
	}
	if (rest.items.n > 0) {
		fprintf(stderr, "flyball-sandbox: unexpected argument '%s'; see --help\n",
			rest.items.at[0]);
		options_list_done(&rest);
		return 2;
	}
	options_list_done(&rest);
	if (a.help || a.version) {
		AUTO(buf_done) struct buf text = { 0 };
		buf_init(&text, 65536);
		if (a.help) {
			buf_put_str(&text, "flyball-sandbox: a simulated Kubernetes API server, "
					   "workload and Prometheus, for trying flyball out\n\n");
			options_help(&text, table, N_OPTIONS);
		} else {
			buf_put_str(&text, "flyball-sandbox " FLYBALL_VERSION "\n");
		}
		fputs(buf_text(&text), stdout);
		return 0;
	}
	log_init(LOG_INFO, LOG_TEXT);
	if (serve(&a, &err) != ERR_OK) {
		fprintf(stderr, "flyball-sandbox: %s\n", err.text);
		return err.kind == ERR_INVALID ? 2 : 1;
	}
	return 0;
}
