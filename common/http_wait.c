/* Waiting for one request on a loop of one's own, for programs that do one thing after the other. */
#include "common/buf.h"
#include "common/http_client.h"
#include "common/limits.h"

struct waiter {
	bool over;
	int status;
	struct buf body;
	struct error failed;
	http_data_fn on_data;
	void *ctx;
};

static bool pass_on(struct sv piece, void *ctx)
{
	struct waiter *w = ctx;
	return w->on_data(piece, w->ctx);
}

static void end_wait(const struct http_response *response, const struct error *failed, void *ctx)
{
	struct waiter *w = ctx;
	struct error err = { .kind = ERR_OK };

	w->over = true;
	w->status = response->status;
	buf_put_sv(&w->body, response->body);
	w->failed = failed ? *failed : err;
	if (!failed && buf_check(&w->body, "the answer", &err) != ERR_OK)
		w->failed = err;
}

enum error_kind http_call_wait(struct http_endpoint *e, struct loop *l,
	const struct http_request *request, int *ret_status, struct buf *ret_body,
	struct error *err)
{
	struct waiter w = { .on_data = request->on_data, .ctx = request->ctx };
	struct http_request own = *request;
	struct http_call *call;

	own.on_data = request->on_data ? pass_on : NULL;
	own.done = end_wait;
	own.ctx = &w;
	enum error_kind kind = http_call_start(e, &own, &call, err);
	if (kind != ERR_OK)
		return kind;
	buf_init(&w.body, request->max_bytes ? request->max_bytes : LIMIT_OBJECT_BYTES);
	while (!w.over && kind == ERR_OK)
		kind = loop_run_once(l, -1, err);
	if (!w.over)
		http_call_cancel(call);
	if (kind == ERR_OK && w.failed.kind != ERR_OK) {
		*err = w.failed;
		kind = err->kind;
	}
	if (kind != ERR_OK) {
		buf_done(&w.body);
		return kind;
	}
	*ret_status = w.status;
	*ret_body = w.body;
	return ERR_OK;
}
