/* Alive means that the loop turns; ready means that the watches have delivered. */
#include "controller/ops.h"

/* 10,000 objects with a few hundred bytes of series each. */
#define MAX_METRICS_BYTES (16u * 1024 * 1024)

void ops_reply_text(struct http_exchange *x, int status, const char *text)
{
	http_exchange_reply(x, status, "text/plain; charset=utf-8", sv_of(text), NULL);
}

bool ops_is_get(struct http_exchange *x)
{
	struct sv method = http_exchange_method(x);

	if (sv_is(method, "GET") || sv_is(method, "HEAD"))
		return true;
	ops_reply_text(x, 405, "only GET is served\n");
	return false;
}

static void reply_ready(struct http_exchange *x, const struct controller *controller)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (controller_is_ready(controller)) {
		ops_reply_text(x, 200, controller_is_leading(controller) ? "ok" : "ok, stands by");
		return;
	}
	buf_init(&text, 256);
	buf_printf(&text, "waiting for %s\n", controller_waits_for(controller));
	ops_reply_text(x, 503, buf_text(&text));
}

bool ops_health(struct http_exchange *x, const struct controller *controller)
{
	struct sv path = http_exchange_path(x);

	if (sv_is(path, "/healthz") || sv_is(path, "/livez"))
		ops_reply_text(x, 200, "ok");
	else if (sv_is(path, "/readyz"))
		reply_ready(x, controller);
	else
		return false;
	return true;
}

void ops_metrics(struct http_exchange *x, const struct selfmetrics *metrics)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct error err;

	buf_init(&text, MAX_METRICS_BYTES);
	selfmetrics_print(metrics, &text);
	if (buf_check(&text, "the metrics", &err) != ERR_OK)
		ops_reply_text(x, 500, err.text);
	else
		http_exchange_reply(
			x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_sv(&text), NULL);
}
