/* Alive means that the loop turns; ready means that both watches have delivered. */
#include "controller/probes.h"

/* 10,000 objects with a few hundred bytes of series each. */
#define MAX_METRICS_BYTES (16u * 1024 * 1024)

struct probes {
	struct http_server *server;
	const struct controller *controller;
	const struct selfmetrics *metrics;
};

static void reply_text(struct http_exchange *x, int status, const char *text)
{
	http_exchange_reply(x, status, "text/plain; charset=utf-8", sv_of(text), NULL);
}

static void reply_ready(const struct probes *p, struct http_exchange *x)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (controller_is_ready(p->controller)) {
		reply_text(x, 200, controller_is_leading(p->controller) ? "ok" : "ok, stands by");
		return;
	}
	buf_init(&text, 256);
	buf_printf(&text, "waiting for %s\n", controller_waits_for(p->controller));
	reply_text(x, 503, buf_text(&text));
}

static void reply_metrics(const struct probes *p, struct http_exchange *x)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct error err;

	buf_init(&text, MAX_METRICS_BYTES);
	selfmetrics_print(p->metrics, &text);
	if (buf_check(&text, "the metrics", &err) != ERR_OK)
		reply_text(x, 500, err.text);
	else
		http_exchange_reply(
			x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_sv(&text), NULL);
}

static void handle(struct http_exchange *x, void *ctx)
{
	const struct probes *p = ctx;
	struct sv path = http_exchange_path(x);
	struct sv method = http_exchange_method(x);

	if (!sv_is(method, "GET") && !sv_is(method, "HEAD"))
		reply_text(x, 405, "only GET is served\n");
	else if (sv_is(path, "/healthz") || sv_is(path, "/livez"))
		reply_text(x, 200, "ok");
	else if (sv_is(path, "/readyz"))
		reply_ready(p, x);
	else if (sv_is(path, "/metrics"))
		reply_metrics(p, x);
	else
		reply_text(x, 404, "this server has /healthz, /livez, /readyz and /metrics\n");
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
