/* Blocking calls for the command line: start, then turn the loop until the answer is there. */
#include "kube/wait.h"

#include "common/limits.h"

#define HTTP_UNAUTHORIZED 401

struct answered {
	bool done;
	struct buf *body;
	struct discovery *snapshot;
	struct error err; /* kind ERR_OK: it worked */
};

static enum error_kind turn_until_done(struct loop *l, struct answered *a, struct error *err)
{
	while (!a->done)
		if (loop_run_once(l, -1, err))
			return err->kind;
	if (a->err.kind)
		*err = a->err;
	return a->err.kind;
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct answered *a = ctx;

	a->done = true;
	if (failed) {
		a->err = *failed;
		return;
	}
	buf_put_sv(a->body, answer->body);
	a->err.kind = buf_check(a->body, "answer", &a->err);
}

enum error_kind wait_request(struct kube_client *client, const struct client_request *request,
	struct buf *body, struct error *err)
{
	struct answered a = { .body = body };
	struct client_request q = *request;
	struct client_call *call;

	buf_clear(body);
	q.on_data = NULL;
	q.done = on_answer;
	q.ctx = &a;
	if (client_start(client, &q, &call, err))
		return err->kind;
	enum error_kind kind = turn_until_done(client_loop(client), &a, err);
	if (!a.done)
		client_cancel(call);
	return kind;
}

enum error_kind wait_get(struct kube_client *client, const char *target, const char *resource,
	const char *name, struct buf *body, struct error *err)
{
	struct client_request q = {
		.target = target, .resource = resource, .name = name, .max_bytes = body->max
	};
	return wait_request(client, &q, body, err);
}

enum error_kind wait_get_path(struct kube_client *client, const struct api_path *path,
	const char *resource, const char *name, struct buf *body, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 };

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, path);
	if (buf_check(&target, "the path of the request", err) != ERR_OK)
		return err->kind;
	return wait_get(client, buf_text(&target), resource, name, body, err);
}

static void on_snapshot(struct discovery *d, const struct error *failed, void *ctx)
{
	struct answered *a = ctx;

	a->done = true;
	if (failed)
		a->err = *failed;
	else
		a->snapshot = discovery_ref(d);
}

enum error_kind wait_discovery(
	struct kube_client *client, struct discovery **ret, struct error *err)
{
	AUTO(discovery_cache_free) struct discovery_cache *cache = NULL;
	struct answered a = { 0 };

	if (discovery_cache_new(client, &cache, err) ||
		discovery_cache_refresh(cache, 0, on_snapshot, &a, err))
		return err->kind;
	if (turn_until_done(client_loop(client), &a, err))
		return err->code == HTTP_UNAUTHORIZED
			       ? error_wrap(err, "the API server does not accept the "
						 "kubeconfig's credentials")
			       : err->kind;
	*ret = a.snapshot;
	return ERR_OK;
}
