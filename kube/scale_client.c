/* GET and PUT of scale subresources: builds the paths and walks the mappings of a kind until one answers. Bodies stay raw; what they mean, and
 * how often a conflict is tried again, is decided by the caller. */
#include "kube/scale_client.h"

#include "common/arena.h"
#include "kube/api_path.h"

/* Names and a few mappings. */
#define CALL_MAX_BYTES (256u * 1024)

struct scale_client_call {
	struct kube_client *client;
	struct client_call *http;
	struct arena arena;
	struct scale_client_target *targets; /* one per mapping */
	size_t n_targets, at;
	struct error first; /* of the first mapping, once `at` is behind it */
	scale_client_fn fn;
	void *ctx;
};

static void free_call(struct scale_client_call *call)
{
	arena_done(&call->arena);
	mem_free(call);
}

void scale_client_cancel(struct scale_client_call *call)
{
	if (!call)
		return;
	client_cancel(call->http);
	free_call(call);
}

static enum error_kind send(
	struct scale_client_call *call, const char *method, struct sv body, struct error *err);

static void on_done(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct scale_client_call *call = ctx;
	struct error err;

	call->http = NULL;
	if (failed) {
		if (call->at == 0)
			call->first = *failed;
		if (++call->at < call->n_targets) {
			if (send(call, "GET", SV_NULL, &err) == ERR_OK)
				return;
			call->first = err;
		}
		call->fn(&call->targets[0], SV_NULL, &call->first, call->ctx);
	} else {
		call->fn(&call->targets[call->at], answer->body, NULL, call->ctx);
	}
	free_call(call);
}

static enum error_kind send(
	struct scale_client_call *call, const char *method, struct sv body, struct error *err)
{
	const struct scale_client_target *target = &call->targets[call->at];
	AUTO(buf_done) struct buf path = { 0 };
	struct api_path p = {
		.group = target->group,
		.version = target->version,
		.namespace = target->namespace,
		.resource = target->resource,
		.name = target->name,
		.subresource = SV("scale"),
	};

	buf_init(&path, CALL_MAX_BYTES);
	api_path_put(&path, &p);
	if (buf_check(&path, "path of a scale", err))
		return err->kind;
	struct client_request q = {
		.traffic = body.len > 0 ? CLIENT_URGENT : CLIENT_NORMAL,
		.method = method,
		.target = buf_text(&path),
		/* The reference's scale client names the resource without its group. Views of targets end in a NUL. */
		.resource = target->resource.ptr,
		.name = target->name.ptr,
		.body = body,
		.done = on_done,
		.ctx = call,
	};
	return client_start(call->client, &q, &call->http, err);
}

static enum error_kind copy_target(struct arena *a, const struct scale_client_target *from,
	struct scale_client_target *to, struct error *err)
{
	const struct sv *in[] = { &from->group, &from->version, &from->resource, &from->namespace,
		&from->name };
	struct sv *out[] = { &to->group, &to->version, &to->resource, &to->namespace, &to->name };

	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		*out[i] = arena_sv(a, *in[i]);
		if (!out[i]->ptr)
			return arena_error(a, err);
	}
	return ERR_OK;
}

static enum error_kind start(struct kube_client *client, const struct scale_client_target *targets,
	size_t n, const char *method, struct sv body, struct scale_client_call *call,
	struct error *err)
{
	call->client = client;
	call->n_targets = n;
	call->targets = ARENA_ARRAY(&call->arena, n, struct scale_client_target);
	if (!call->targets)
		return arena_error(&call->arena, err);
	for (size_t i = 0; i < n; i++)
		if (copy_target(&call->arena, &targets[i], &call->targets[i], err))
			return err->kind;
	return send(call, method, body, err);
}

static enum error_kind new_call(
	scale_client_fn fn, void *ctx, struct scale_client_call **ret, struct error *err)
{
	struct scale_client_call *call = mem_zalloc(sizeof(*call));

	if (!call)
		return error_nomem(err);
	arena_init(&call->arena, CALL_MAX_BYTES);
	call->fn = fn;
	call->ctx = ctx;
	*ret = call;
	return ERR_OK;
}

enum error_kind scale_client_get(struct kube_client *client,
	const struct discovery_mapping *mappings, size_t n, struct sv namespace, struct sv name,
	scale_client_fn fn, void *ctx, struct scale_client_call **ret, struct error *err)
{
	struct scale_client_target targets[DISCOVERY_MAX_MAPPINGS];
	struct scale_client_call *call;

	if (n == 0)
		return error_set(err, ERR_INVALID, "unrecognized resource");
	if (n > DISCOVERY_MAX_MAPPINGS)
		n = DISCOVERY_MAX_MAPPINGS;
	for (size_t i = 0; i < n; i++)
		targets[i] = (struct scale_client_target){
			.group = mappings[i].group,
			.version = mappings[i].preferred,
			.resource = mappings[i].resource,
			.namespace = namespace,
			.name = name,
		};
	if (new_call(fn, ctx, &call, err))
		return err->kind;
	if (start(client, targets, n, "GET", SV_NULL, call, err)) {
		free_call(call);
		return err->kind;
	}
	if (ret)
		*ret = call;
	return ERR_OK;
}

enum error_kind scale_client_get_target(struct kube_client *client,
	const struct scale_client_target *target, scale_client_fn fn, void *ctx,
	struct scale_client_call **ret, struct error *err)
{
	return scale_client_put(client, target, SV_NULL, fn, ctx, ret, err);
}

enum error_kind scale_client_put(struct kube_client *client,
	const struct scale_client_target *target, struct sv body, scale_client_fn fn, void *ctx,
	struct scale_client_call **ret, struct error *err)
{
	struct scale_client_call *call;

	if (new_call(fn, ctx, &call, err))
		return err->kind;
	if (start(client, target, 1, body.len > 0 ? "PUT" : "GET", body, call, err)) {
		free_call(call);
		return err->kind;
	}
	if (ret)
		*ret = call;
	return ERR_OK;
}
