/* Plain HTTP, for kubelet and for a Prometheus in the cluster: answers everybody who reaches it. */
#include "controller/probes.h"

#include "controller/ops.h"

struct probes {
	struct http_server *server;
	const struct controller *controller;
	const struct selfmetrics *metrics;
};

static void handle(struct http_exchange *x, void *ctx)
{
	const struct probes *p = ctx;

	if (!ops_is_get(x) || ops_health(x, p->controller))
		return;
	if (sv_is(http_exchange_path(x), "/metrics"))
		ops_metrics(x, p->metrics);
	else
		ops_reply_text(x, 404, "this server has /healthz, /livez, /readyz and /metrics\n");
}

enum error_kind probes_new(struct loop *l, const char *bind_address, uint16_t port,
	const struct controller *controller, const struct selfmetrics *metrics, struct probes **ret,
	struct error *err)
{
	const struct http_server_config config = { .bind_address = bind_address, .port = port };
	struct probes *p = mem_zalloc(sizeof(*p));

	if (!p)
		return error_nomem(err);
	p->controller = controller;
	p->metrics = metrics;
	if (http_server_new(l, &config, handle, p, &p->server, err) != ERR_OK) {
		mem_free(p);
		return err->kind;
	}
	*ret = p;
	return ERR_OK;
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	http_server_free(p->server);
	mem_free(p);
}

uint16_t probes_port(const struct probes *p)
{
	return http_server_port(p->server);
}
