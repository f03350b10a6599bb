/* Wiring of the parts, and the step timer that moves the simulated cluster. */
#include "sandbox/sandbox.h"

#include <stdio.h>

#include "sandbox/control.h"

struct sandbox {
	struct loop *loop;
	struct store *store;
	struct time_series_store *series;
	struct workload *workload;
	struct api *api;
	struct prom_api *prometheus;
	struct loop_timer *step_timer;
	int64_t step_ns;
	struct load load;
	struct mono started;
	char address[64];
	struct error problem;
};

static int64_t since_start(const struct sandbox *s)
{
	return instant_mono_now().ns - s->started.ns;
}

static void on_step(struct loop_timer *t, void *ctx)
{
	struct sandbox *s = ctx;

	loop_timer_set(t, s->step_ns);
	(void)!workload_step(
		s->workload, instant_wall_now(), load_at(&s->load, since_start(s)), &s->problem);
}

static enum error_kind create_namespaces(struct store *store, struct error *err)
{
	static const char *const NAMES[] = { "default", "kube-system", "flyball-system" };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		AUTO(jx_free)
		json_t *doc = json_pack("{s:{s:s},s:{s:s}}", "metadata", "name", NAMES[i], "status",
			"phase", "Active");
		if (!doc)
			return error_nomem(err);
		if (store_create(store, resources_of_kind("Namespace"), doc, instant_wall_now(),
			    err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind sandbox_new(struct loop *l, struct http_client *client,
	const struct sandbox_config *config, struct sandbox **ret, struct error *err)
{
	AUTO(sandbox_free) struct sandbox *s = mem_zalloc(sizeof(*s));
	const struct api_config api = {
		.bind_address = config->bind_address,
		.port = config->api_port,
		.first = control_handle,
		.first_ctx = s,
	};

	if (!s)
		return error_nomem(err);
	s->loop = l;
	s->step_ns = config->step_ns;
	s->load = config->load;
	s->started = instant_mono_now();
	(void)snprintf(s->address, sizeof(s->address), "%s", config->bind_address);
	s->series = time_series_store_new();
	s->step_timer = loop_timer_new(l, on_step, s);
	if (!s->series || !s->step_timer)
		return error_nomem(err);
	if (store_new(&s->store, err) != ERR_OK || create_namespaces(s->store, err) != ERR_OK ||
		workload_new(s->store, s->series, &config->workload, &s->workload, err) != ERR_OK ||
		api_new(l, client, s->store, &api, &s->api, err) != ERR_OK ||
		prom_api_new(l, config->bind_address, config->prometheus_port, s->series,
			&s->prometheus, err) != ERR_OK)
		return err->kind;
	loop_timer_set(s->step_timer, 0);
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void sandbox_free(struct sandbox *s)
{
	if (!s)
		return;
	loop_timer_free(s->step_timer);
	prom_api_free(s->prometheus);
	api_free(s->api);
	workload_free(s->workload);
	time_series_store_free(s->series);
	store_free(s->store);
	mem_free(s);
}

struct api *sandbox_api(struct sandbox *s)
{
	return s->api;
}

struct prom_api *sandbox_prometheus(struct sandbox *s)
{
	return s->prometheus;
}

struct store *sandbox_store(struct sandbox *s)
{
	return s->store;
}

void sandbox_print_kubeconfig(struct buf *out, const struct sandbox *s)
{
	buf_printf(out,
		"apiVersion: v1\n"
		"kind: Config\n"
		"clusters:\n"
		"- name: sandbox\n"
		"  cluster:\n"
		"    server: http://%s:%u\n"
		"users:\n"
		"- name: sandbox-user\n"
		"  user: {}\n"
		"contexts:\n"
		"- name: sandbox\n"
		"  context:\n"
		"    cluster: sandbox\n"
		"    user: sandbox-user\n"
		"    namespace: default\n"
		"current-context: sandbox\n",
		s->address, (unsigned)api_port(s->api));
}

double sandbox_load_now(const struct sandbox *s)
{
	return load_at(&s->load, since_start(s));
}

void sandbox_set_load(struct sandbox *s, double rps)
{
	load_set(&s->load, since_start(s), rps);
}

const char *sandbox_problem(const struct sandbox *s)
{
	return s->problem.text;
}
