/* Requests to the API server: one HTTP endpoint per traffic class, errors in the reference's words, waiting as the server asks
 * (Retry-After). It decodes nothing but Status documents and keeps no state between
 * requests; caching and retrying for other reasons belong to the callers. */
#include "kube/client.h"

#include "common/arena.h"
#include "common/limits.h"
#include "kube/kube_endpoint.h"
#include "kube/status.h"

/* As the reference's client. */
#define RETRIES_MAX 10
#define TIMEOUT_DEFAULT_NS (INT64_C(30) * NS_PER_SEC)
/* Texts of a request beside its body. */
#define TEXTS_MAX_BYTES (1024u * 1024)
/* Streams each hold one; kinds that are watched at the same time are few dozens. */
#define WATCH_CONNECTIONS 64
#define NORMAL_CONNECTIONS 8
/* One, and another while a first one that went silent is given up. */
#define LEASE_CONNECTIONS 2
#define URGENT_CONNECTIONS 4
/* A relist of everything holds four pages in memory (each list reads one and asks for the next), not twenty; and a list that hangs leaves room for the others. */
#define LIST_CONNECTIONS 2

struct kube_client {
	struct loop *loop;
	struct http_endpoint *endpoints[CLIENT_N_CLASSES];
	struct client_call *calls; /* in flight or waiting */
	struct server_clock clock;
};

struct client_call {
	struct kube_client *client;
	struct client_call *prev, *next;
	struct arena arena; /* of the texts in `request` */
	struct client_request request;
	struct http_call *http; /* NULL: waiting for the timer */
	struct loop_timer *timer;
	struct mono deadline; /* ns 0: none */
	struct mono sent;     /* the latest attempt */
	unsigned n_retries;
};

static enum error_kind make_endpoint(struct kube_client *c, struct http_client *http,
	const struct kubeconfig_client *config, const char *user_agent, enum client_class traffic,
	struct error *err)
{
	static const unsigned CONNECTIONS[CLIENT_N_CLASSES] = {
		[CLIENT_NORMAL] = NORMAL_CONNECTIONS,
		[CLIENT_LEASE] = LEASE_CONNECTIONS,
		[CLIENT_URGENT] = URGENT_CONNECTIONS,
		[CLIENT_LIST] = LIST_CONNECTIONS,
		[CLIENT_WATCH] = WATCH_CONNECTIONS,
	};
	struct http_endpoint_config e = {
		.user_agent = user_agent,
		.max_connections = CONNECTIONS[traffic],
		/* Over HTTP/2 a connection that went dead takes all its streams along, and outlives their timeouts. */
		.http1_only = traffic != CLIENT_NORMAL,
	};

	kube_endpoint_fill(config, &e);
	return http_endpoint_new(http, &e, &c->endpoints[traffic], err);
}

enum error_kind client_new(struct http_client *http, struct loop *loop,
	const struct kubeconfig_client *config, const char *user_agent, struct kube_client **ret,
	struct error *err)
{
	AUTO(client_free) struct kube_client *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	c->loop = loop;
	for (enum client_class i = 0; i < CLIENT_N_CLASSES; i++)
		if (make_endpoint(c, http, config, user_agent, i, err))
			return error_wrap(err, "API server %s", config->server);
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

static void unlink_call(struct client_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		call->client->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	call->prev = call->next = NULL;
}

static void free_call(struct client_call *call)
{
	loop_timer_free(call->timer);
	arena_done(&call->arena);
	mem_free(call);
}

void client_free(struct kube_client *c)
{
	if (!c)
		return;
	while (c->calls)
		client_cancel(c->calls);
	for (size_t i = 0; i < CLIENT_N_CLASSES; i++)
		http_endpoint_free(c->endpoints[i]);
	mem_free(c);
}

const char *client_server(const struct kube_client *c)
{
	return http_endpoint_url(c->endpoints[CLIENT_NORMAL]);
}

struct loop *client_loop(const struct kube_client *c)
{
	return c->loop;
}

bool client_server_time(const struct kube_client *c, struct mono at, struct server_time *ret)
{
	return server_clock_at(&c->clock, at, ret);
}

struct wall client_wall_now(const struct kube_client *c)
{
	struct wall ours = instant_wall_now();
	struct server_time theirs;

	return server_clock_at(&c->clock, instant_mono_now(), &theirs)
		       ? server_clock_correct(&theirs, ours)
		       : ours;
}

void client_cancel(struct client_call *call)
{
	if (!call)
		return;
	if (call->http)
		http_call_cancel(call->http);
	unlink_call(call);
	free_call(call);
}

static void finish(
	struct client_call *call, const struct client_answer *answer, const struct error *failed)
{
	unlink_call(call);
	call->request.done(answer, failed, call->request.ctx);
	free_call(call);
}

static void finish_early(struct client_call *call, const struct error *failed)
{
	struct client_answer none = { 0 };
	finish(call, &none, failed);
}

/* `Get "https://host/path": reason`, as Go's http.Client words it. */
static void word_failure(
	const struct client_call *call, const struct error *failed, struct error *err)
{
	const char *method = call->request.method;
	char verb[16];
	size_t n = 0;

	for (; method[n] != '\0' && n < sizeof(verb) - 1; n++)
		verb[n] = n > 0 && method[n] >= 'A' && method[n] <= 'Z'
				  ? (char)(method[n] - 'A' + 'a')
				  : method[n];
	verb[n] = '\0';
	*err = *failed;
	err->code = 0;
	if (failed->kind != ERR_NOMEM)
		error_wrap(err, "%s \"%s%s\"", verb, client_server(call->client),
			call->request.target);
}

/* Whether and when the answer asks to be asked again. */
static bool should_wait(
	const struct client_call *call, const struct http_response *r, int64_t *ret_ns)
{
	if (call->request.once || call->n_retries >= RETRIES_MAX || !r->retry_after.set ||
		(r->status != 429 && r->status < 500))
		return false;
	*ret_ns = r->retry_after.seconds * NS_PER_SEC;
	return call->deadline.ns == 0 || instant_mono_now().ns + *ret_ns < call->deadline.ns;
}

/* The server hands these requests on, and their answers come with the Date of whoever gave them. */
static bool is_handed_on(struct sv target)
{
	const struct sv groups = SV("/apis/"), metrics = SV("metrics.k8s.io");
	struct sv path = sv_take(target, sv_find(target, '?'));
	struct sv group = sv_skip(path, groups.len);

	group = sv_take(group, sv_find(group, '/'));
	return (sv_has_prefix(path, groups) && sv_has_suffix(group, metrics)) ||
	       sv_find_sv(path, SV("/proxy")) < path.len;
}

/* Whether the Date is the API server's own. A failure's may be that of a load balancer in its place, a stream's came when it began. */
static bool is_dated(const struct client_call *call, const struct http_response *r)
{
	return r->status < 500 && !call->request.on_data &&
	       !is_handed_on(sv_of(call->request.target));
}

static void on_done(const struct http_response *r, const struct error *failed, void *ctx)
{
	struct client_call *call = ctx;
	struct client_answer answer = { 0 };
	struct error err;
	int64_t wait_ns;

	call->http = NULL;
	if (r && is_dated(call, r))
		server_clock_observe(&call->client->clock, r->date, call->sent, instant_mono_now());
	if (r)
		answer = (struct client_answer){ .status = r->status,
			.body = r->body,
			.content_type = r->content_type,
			.date = r->date,
			.adapter = r->adapter,
			.retry_after_ns =
				r->retry_after.set ? r->retry_after.seconds * NS_PER_SEC : 0 };
	if (failed || !r) {
		error_set(&err, ERR_BUG, "no answer");
		if (failed)
			word_failure(call, failed, &err);
		finish(call, &answer, &err);
		return;
	}
	if (r->status >= 200 && r->status < 300) {
		finish(call, &answer, NULL);
		return;
	}
	if (should_wait(call, r, &wait_ns)) {
		call->n_retries++;
		if (call->request.on_put_off)
			call->request.on_put_off(wait_ns, call->request.ctx);
		loop_timer_set(call->timer, wait_ns);
		return;
	}
	struct status_answer explained = {
		.code = r->status,
		.content_type = r->content_type,
		.body = r->body,
		.method = call->request.method,
		.resource = call->request.resource,
		.name = call->request.name,
	};
	status_explain(&explained, &err);
	finish(call, &answer, &err);
}

static bool on_data(struct sv piece, void *ctx)
{
	struct client_call *call = ctx;
	return call->request.on_data(piece, call->request.ctx);
}

static enum error_kind attempt(struct client_call *call, struct error *err)
{
	const struct client_request *q = &call->request;
	const char *const headers[] = { q->header, NULL };
	struct http_request http = {
		.method = q->method,
		.target = q->target,
		.body = q->body,
		.content_type = q->body.len > 0 ? q->content_type : NULL,
		.accept = q->accept,
		.headers = q->header ? headers : NULL,
		.timeout_ns = q->timeout_ns,
		.deadline = call->deadline,
		.idle_timeout_ns = q->idle_timeout_ns,
		.max_bytes = q->max_bytes,
		.on_data = q->on_data ? on_data : NULL,
		.done = on_done,
		.ctx = call,
	};

	call->sent = instant_mono_now();
	return http_call_start(call->client->endpoints[q->traffic], &http, &call->http, err);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct client_call *call = ctx;
	struct error err;

	(void)t;
	/* After a stop of the process it may be too late for what was still allowed when this wait began. */
	if (call->deadline.ns != 0 && instant_mono_now().ns >= call->deadline.ns) {
		error_set(&err, ERR_UNAVAIL, "the request ran out of time before it was repeated");
		finish_early(call, &err);
	} else if (call->request.may_repeat && !call->request.may_repeat(call->request.ctx)) {
		error_set(&err, ERR_DENIED, "the request was put off, and then not repeated");
		finish_early(call, &err);
	} else if (attempt(call, &err)) {
		finish_early(call, &err);
	}
}

/* The caller's texts may go away; those in the call's arena stay until it is over. */
static enum error_kind copy_request(
	struct client_call *call, const struct client_request *q, struct error *err)
{
	struct client_request *own = &call->request;
	struct {
		const char *given;
		const char **kept;
	} texts[] = {
		{ q->method ? q->method : "GET", &own->method },
		{ q->target, &own->target },
		{ q->resource, &own->resource },
		{ q->name, &own->name },
		{ q->content_type ? q->content_type : "application/json", &own->content_type },
		{ q->accept, &own->accept },
		{ q->header, &own->header },
	};

	arena_init(&call->arena, q->body.len + TEXTS_MAX_BYTES);
	*own = *q;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!texts[i].given)
			continue;
		*texts[i].kept = arena_strdup(&call->arena, sv_of(texts[i].given));
		if (!*texts[i].kept)
			return arena_error(&call->arena, err);
	}
	if (q->body.len > 0) {
		own->body = arena_sv(&call->arena, q->body);
		if (!own->body.ptr)
			return arena_error(&call->arena, err);
	}
	if (own->timeout_ns == 0 && !q->on_data)
		own->timeout_ns = TIMEOUT_DEFAULT_NS;
	if (own->max_bytes == 0)
		own->max_bytes = LIMIT_OBJECT_BYTES;
	return ERR_OK;
}

enum error_kind client_start(struct kube_client *c, const struct client_request *request,
	struct client_call **ret, struct error *err)
{
	struct client_call *call = mem_zalloc(sizeof(*call));

	if (!call)
		return error_nomem(err);
	call->client = c;
	if (copy_request(call, request, err))
		goto failed;
	call->timer = loop_timer_new(c->loop, on_timer, call);
	if (!call->timer) {
		error_nomem(err);
		goto failed;
	}
	if (call->request.timeout_ns > 0)
		call->deadline.ns = instant_mono_now().ns + call->request.timeout_ns;
	if (request->deadline.ns != 0 &&
		(call->deadline.ns == 0 || request->deadline.ns < call->deadline.ns))
		call->deadline = request->deadline;
	if (attempt(call, err))
		goto failed;
	call->next = c->calls;
	if (c->calls)
		c->calls->prev = call;
	c->calls = call;
	if (ret)
		*ret = call;
	return ERR_OK;
failed:
	free_call(call);
	return err->kind;
}
