/* Step "list objects": resource, namespace, label selector -> names, by one LIST of metadata. The answer is scanned, never built as a tree. */
#include "adapter/objects.h"

#include "common/jscan.h"
#include "common/limits.h"
#include "common/vec.h"
#include "kube/api_path.h"

/* Kubernetes is tested to 150,000 pods in a cluster. */
#define OBJECTS_MAX 500000u
#define OBJECTS_ACCEPT                                                                             \
	"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
#define OBJECTS_TARGET_MAX (64u * 1024)

struct reader {
	struct jscan scan;
	struct arena *arena;
	VEC(struct sv) names;
};

/* Skips members until the wanted key of the object just entered; returns the token of its value, CLOSE when there is none. */
static enum jscan_token seek(struct jscan *s, struct sv key)
{
	for (;;) {
		enum jscan_token t = jscan_next(s);
		if (t != JSCAN_KEY)
			return t;
		bool wanted = jscan_is(s, key);
		t = jscan_next(s);
		if (wanted)
			return t;
		if (!jscan_skip(s, t))
			return JSCAN_ERROR;
	}
}

/* Skips what is left of the object just read from. */
static bool leave(struct jscan *s)
{
	for (;;) {
		enum jscan_token t = jscan_next(s);
		if (t == JSCAN_CLOSE)
			return true;
		if (t != JSCAN_KEY || !jscan_skip(s, jscan_next(s)))
			return false;
	}
}

/* The object after its brace. */
static enum error_kind read_item(struct reader *r, struct error *err)
{
	if (seek(&r->scan, SV("metadata")) != JSCAN_OBJECT ||
		seek(&r->scan, SV("name")) != JSCAN_STRING)
		return error_set(err, ERR_INVALID, "an object in the list has no metadata.name");
	struct sv *name = r->names.n < OBJECTS_MAX ? VEC_PUSH(&r->names, OBJECTS_MAX) : NULL;
	if (!name)
		return r->names.n < OBJECTS_MAX
			       ? error_nomem(err)
			       : error_set(err, ERR_LIMIT, "more than %u objects", OBJECTS_MAX);
	struct sv text = jscan_string(&r->scan, r->arena);
	*name = text.ptr ? arena_sv(r->arena, text) : SV_NULL;
	if (!name->ptr)
		return arena_error(r->arena, err);
	if (!leave(&r->scan) || !leave(&r->scan))
		return jscan_error(&r->scan, err);
	return ERR_OK;
}

static enum error_kind read_list(struct reader *r, struct error *err)
{
	if (jscan_next(&r->scan) != JSCAN_OBJECT)
		return error_set(err, ERR_INVALID, "the API server's answer is no list");
	enum jscan_token t = seek(&r->scan, SV("items"));
	if (t == JSCAN_NULL)
		return ERR_OK;
	if (t != JSCAN_ARRAY)
		return error_set(err, ERR_INVALID, "the API server's answer has no items");
	for (t = jscan_next(&r->scan); t == JSCAN_OBJECT; t = jscan_next(&r->scan))
		if (read_item(r, err))
			return err->kind;
	return t == JSCAN_CLOSE ? ERR_OK : jscan_error(&r->scan, err);
}

enum error_kind objects_decode(
	struct arena *a, struct sv json, const struct sv **ret, size_t *ret_n, struct error *err)
{
	struct reader r = { .arena = a };
	jscan_init(&r.scan, json);
	enum error_kind kind = read_list(&r, err);
	if (kind == ERR_OK) {
		struct sv *names = ARENA_ARRAY(a, r.names.n + 1, struct sv);
		if (!names)
			kind = arena_error(a, err);
		else if (r.names.n)
			memcpy(names, r.names.at, r.names.n * sizeof(*names));
		if (names) {
			*ret = names;
			*ret_n = r.names.n;
		}
	}
	VEC_DONE(&r.names);
	return kind;
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct objects_call *call = ctx;
	const struct sv *names = NULL;
	size_t n = 0;
	struct error err = { 0 };
	call->call = NULL;
	if (failed)
		err = *failed;
	else if (objects_decode(call->arena, answer->body, &names, &n, &err))
		error_wrap(&err, "unable to read the list of objects");
	call->done(names, n, err.kind ? &err : NULL, call->ctx);
}

enum error_kind objects_list(struct kube_client *client, struct arena *a,
	const struct objects_query *q, struct objects_call *call, struct error *err)
{
	struct buf target, labels;
	buf_init(&target, OBJECTS_TARGET_MAX);
	buf_init(&labels, OBJECTS_TARGET_MAX);
	struct api_path path = {
		.group = q->resource->group,
		.version = q->resource->version,
		.namespace = q->namespace,
		.resource = q->resource->plural,
	};
	api_path_put(&target, &path);
	if (q->labels)
		selector_print(&labels, q->labels);
	bool first = true;
	api_path_put_query(&target, &first, "labelSelector", buf_sv(&labels));
	char *resource = arena_printf(a, "%.*s", SV_ARG(q->resource->plural));
	struct client_request request = {
		.traffic = CLIENT_NORMAL,
		.target = buf_text(&target),
		.resource = resource,
		.accept = OBJECTS_ACCEPT,
		.timeout_ns = q->timeout_ns,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES,
		.done = on_answer,
		.ctx = call,
	};
	call->arena = a;
	enum error_kind kind = resource ? buf_check(&target, "request", err) : arena_error(a, err);
	if (kind == ERR_OK)
		kind = buf_check(&labels, "label selector", err);
	if (kind == ERR_OK)
		kind = client_start(client, &request, &call->call, err);
	buf_done(&target);
	buf_done(&labels);
	return kind;
}

void objects_cancel(struct objects_call *call)
{
	client_cancel(call->call);
	call->call = NULL;
}
