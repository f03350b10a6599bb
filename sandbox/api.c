/* Routes a request to the file that answers it. */
#include "sandbox/api.h"

#include "common/limits.h"
#include "sandbox/api_request.h"

/* Bookmarks keep the watchers' revision young; kube-apiserver sends one a minute. */
#define BOOKMARK_PERIOD_NS (10 * NS_PER_SEC)
/* Segments of a path: /apis/G/V/namespaces/NS/RESOURCE/NAME/SUB is 8. */
#define MAX_SEGMENTS 10

/* Splits the path into decoded segments; false: too many or malformed. */
static bool split(struct api_request *q, struct sv path, struct sv *segments, size_t *ret_n)
{
	AUTO(buf_done) struct buf decoded = { 0 };
	size_t n = 0;

	buf_init(&decoded, 4096);
	while (path.len > 0) {
		struct sv rest;
		bool found;
		struct sv part = sv_cut(path, '/', &rest, &found);
		path = rest;
		if (part.len == 0)
			continue;
		buf_clear(&decoded);
		if (n == MAX_SEGMENTS || !http_unescape(&decoded, part, false))
			return false;
		segments[n] = arena_sv(q->arena, buf_sv(&decoded));
		if (!segments[n++].ptr)
			return false;
	}
	*ret_n = n;
	return true;
}

/* Fills resource, namespace, name and subresource from the segments behind the group version. */
static bool resolve(
	struct api_request *q, const struct sv *at, size_t n, struct sv group, struct sv version)
{
	if (n >= 3 && sv_is(at[0], "namespaces") && resources_find(group, version, at[2])) {
		q->ns = at[1];
		at += 2;
		n -= 2;
	}
	if (n == 0 || n > 3)
		return false;
	q->r = resources_find(group, version, at[0]);
	if (n > 1)
		q->name = at[1];
	if (n > 2)
		q->sub = at[2];
	return q->r && api_serves(q->api, q->r) && (q->r->namespaced || q->ns.len == 0);
}

static struct sv verb_of(const struct api_request *q)
{
	struct sv watch = http_exchange_query_get(q->x, "watch");
	bool one = q->name.len > 0;

	if (sv_is(q->method, "GET")) {
		if (one)
			return SV("get");
		return sv_is(watch, "true") || sv_is(watch, "1") ? SV("watch") : SV("list");
	}
	if (sv_is(q->method, "POST"))
		return SV("create");
	if (sv_is(q->method, "PUT"))
		return SV("update");
	if (sv_is(q->method, "PATCH"))
		return SV("patch");
	return one ? SV("delete") : SV("deletecollection");
}

/* Answers 403 in the API server's words when a test took this right away. */
static bool refuse_denied(struct api_request *q)
{
	const struct denial_request request = {
		.verb = verb_of(q),
		.group = sv_of(q->r->group),
		.resource = sv_of(q->r->plural),
		.subresource = q->sub,
	};
	AUTO(buf_done) struct buf text = { 0 };

	if (!denials_match(&q->api->denials, &request))
		return false;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	resources_print_qualified(&text, q->r);
	if (q->name.len > 0)
		buf_printf(&text, " \"%.*s\"", SV_ARG(q->name));
	buf_printf(&text,
		" is forbidden: User \"" API_USER
		"\" cannot %.*s resource \"%s%s%.*s\" in API group \"%s\"",
		SV_ARG(request.verb), q->r->plural, q->sub.len > 0 ? "/" : "", SV_ARG(q->sub),
		q->r->group);
	if (q->ns.len > 0)
		buf_printf(&text, " in the namespace \"%.*s\"", SV_ARG(q->ns));
	else
		buf_put_str(&text, " at the cluster scope");
	api_fail(q, 403, "Forbidden", buf_text(&text));
	return true;
}

static enum api_form form_of(struct sv accept)
{
	if (sv_find_sv(accept, SV("as=Table")) < accept.len)
		return API_FORM_TABLE;
	if (sv_find_sv(accept, SV("as=PartialObjectMetadata")) < accept.len)
		return API_FORM_PARTIAL;
	return API_FORM_OBJECT;
}

static void dispatch_subresource(struct api_request *q)
{
	bool get = sv_is(q->method, "GET");
	bool status = sv_is(q->sub, "status") && q->r->has_status;

	if (sv_is(q->sub, "scale") && q->r->has_scale)
		get ? api_scale_get(q) : api_scale_write(q);
	else if (status && get)
		api_get(q);
	else if (status && sv_is(q->method, "PUT"))
		api_update(q);
	else if (status && sv_is(q->method, "PATCH"))
		api_patch(q);
	else
		api_fail(q, 404, "NotFound", "the server could not find the requested resource");
}

static void dispatch_get(struct api_request *q)
{
	struct sv watch = http_exchange_query_get(q->x, "watch");

	if (q->name.len > 0)
		api_get(q);
	else if (sv_is(watch, "true") || sv_is(watch, "1"))
		api_watch_start(q);
	else
		api_list(q);
}

static void dispatch(struct api_request *q)
{
	static const struct {
		const char *method;
		void (*of_one)(struct api_request *q), (*of_all)(struct api_request *q);
	} METHODS[] = {
		{ "GET", dispatch_get, dispatch_get },
		{ "POST", NULL, api_create },
		{ "PUT", api_update, NULL },
		{ "PATCH", api_patch, NULL },
		{ "DELETE", api_delete, api_delete_collection },
	};

	if (refuse_denied(q))
		return;
	if (q->sub.len > 0) {
		dispatch_subresource(q);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
		void (*fn)(struct api_request *) =
			q->name.len > 0 ? METHODS[i].of_one : METHODS[i].of_all;
		if (sv_is(q->method, METHODS[i].method) && fn) {
			fn(q);
			return;
		}
	}
	api_fail(q, 405, "MethodNotAllowed",
		"the server does not allow this method on the requested resource");
}

static void handle(struct http_exchange *x, void *ctx)
{
	struct api_request q = {
		.api = ctx,
		.x = x,
		.arena = http_exchange_arena(x),
		.method = http_exchange_method(x),
		.form = form_of(http_exchange_header(x, "Accept")),
	};
	struct sv path = http_exchange_path(x);
	struct sv segments[MAX_SEGMENTS];
	size_t n = 0;

	if (q.api->first && q.api->first(x, q.api->first_ctx))
		return;
	if (q.api->down) {
		api_fail(&q, 503, "ServiceUnavailable", "the sandbox's API server is switched off");
		return;
	}
	if (api_discovery(&q, path) || api_openapi(&q, path) || api_proxy(&q, path))
		return;
	bool found = split(&q, path, segments, &n);
	if (found && n >= 3 && sv_is(segments[0], "api"))
		found = resolve(&q, segments + 2, n - 2, SV(""), segments[1]);
	else if (found && n >= 4 && sv_is(segments[0], "apis"))
		found = resolve(&q, segments + 3, n - 3, segments[1], segments[2]);
	else
		found = false;
	if (!found) {
		q.r = NULL;
		api_fail(&q, 404, "NotFound", "the server could not find the requested resource");
		return;
	}
	dispatch(&q);
}

static void on_bookmark_timer(struct loop_timer *t, void *ctx)
{
	api_watch_bookmarks(ctx);
	loop_timer_set(t, BOOKMARK_PERIOD_NS);
}

enum error_kind api_new(struct loop *l, struct http_client *client, struct store *store,
	const struct api_config *config, struct api **ret, struct error *err)
{
	AUTO(api_free) struct api *a = mem_zalloc(sizeof(*a));
	if (!a)
		return error_nomem(err);
	a->loop = l;
	a->client = client;
	a->store = store;
	a->first = config->first;
	a->first_ctx = config->first_ctx;
	a->bookmark_timer = loop_timer_new(l, on_bookmark_timer, a);
	if (!a->bookmark_timer)
		return error_nomem(err);
	loop_timer_set(a->bookmark_timer, BOOKMARK_PERIOD_NS);
	if (store_listen(store, api_watch_event, a, err) != ERR_OK)
		return err->kind;
	const struct http_server_config server = {
		.bind_address = config->bind_address,
		.port = config->port,
		.max_body_bytes = LIMIT_OBJECT_BYTES,
	};
	if (http_server_new(l, &server, handle, a, &a->server, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(a);
	return ERR_OK;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	/* First the exchanges: those that are forwarded cancel their calls on the backends. */
	http_server_free(a->server);
	api_proxy_done(a);
	loop_timer_free(a->bookmark_timer);
	mem_free(a);
}

uint16_t api_port(const struct api *a)
{
	return http_server_port(a->server);
}

void api_set_down(struct api *a, bool down)
{
	a->down = down;
	if (down)
		api_watch_close_all(a);
}

bool api_is_down(const struct api *a)
{
	return a->down;
}

bool api_deny(struct api *a, struct sv what)
{
	return denials_add(&a->denials, what);
}

void api_allow_all(struct api *a)
{
	a->denials.n = 0;
}
