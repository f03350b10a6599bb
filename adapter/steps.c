/* Runs a request through REQUEST_STEPS, and holds the steps that every request takes: accept, authenticate, authorise, reply.
 *
 * A step that has to wait parks the request; what it waited for resumes it. A client that goes away ends everything that was under way for it.
 * Authorisation comes before routing: who may not ask does not learn what exists. */
#include "adapter/steps.h"

#include "adapter/indent.h"
#include "adapter/own_metrics.h"
#include "adapter/resource_metrics.h"
#include "adapter/server.h"
#include "common/gzip.h"
#include "common/uuid.h"

/* The reference's limit for the time of a request. */
#define STEPS_TIMEOUT_NS (60 * NS_PER_SEC)
/* Bodies that are compressed for clients that want it: from the reference's size on, and only as large as the loop may wait for (about 12 ms). */
#define STEPS_GZIP_MIN (128u * 1024)
#define STEPS_GZIP_MAX (4u * 1024 * 1024)

/* A request's own audit ID comes back with its answer: a UUID, and by far not what a request can hold and an answer cannot. */
#define STEPS_AUDIT_ID_MAX 1024u

static const struct {
	const char *name;
	enum step_next (*run)(struct request *r);
} STEPS[] = {
#define X(name, words) { words, steps_##name },
	REQUEST_STEPS(X)
#undef X
};

const char *steps_name(size_t i)
{
	return i < ARRAY_LEN(STEPS) ? STEPS[i].name : NULL;
}

static void on_deadline(struct loop_timer *t, void *ctx)
{
	(void)t;
	struct request *r = ctx;
	request_fail_text(r, 504, "Timeout", FAILURE_EMPTY_DETAILS,
		SV("Timeout: request did not complete within the allotted timeout"));
	steps_resume(r, STEP_REPLY);
}

/* Ends whatever is under way. */
static void cancel_waits(struct request *r)
{
	authn_cancel(&r->authn);
	authz_cancel(&r->authz);
	objects_cancel(&r->objects);
	pieces_cancel(&r->pieces);
	resource_metrics_cancel(r);
}

static void run_steps(struct request *r)
{
	r->running = true;
	for (;;) {
		enum step_next next = STEPS[r->step].run(r);
		if (next == STEP_DONE)
			return;
		if (next == STEP_WAIT)
			break;
		r->step = next == STEP_REPLY ? ARRAY_LEN(STEPS) - 1 : r->step + 1;
	}
	r->running = false;
	if (!r->timer)
		r->timer = loop_timer_new(r->server->loop, on_deadline, r);
	if (r->timer)
		loop_timer_set_at(r->timer, r->deadline);
}

/* A crash in here is this request's doing; before it has a key, nobody's who waits. */
static void run(struct request *r)
{
	struct work_note *work = r->server->work;
	int before = work_note_run(work, r->ticket == WORK_NOTE_NONE ? WORK_NOTE_OTHER : r->ticket);
	run_steps(r);
	work_note_run(work, before);
}

void steps_resume(struct request *r, enum step_next next)
{
	if (next == STEP_REPLY)
		cancel_waits(r);
	r->step = next == STEP_REPLY ? ARRAY_LEN(STEPS) - 1 : r->step + 1;
	run(r);
}

/* The exchange is over: replied, or the client went away. */
static void on_end(struct http_exchange *x, void *ctx)
{
	(void)x;
	struct request *r = ctx;
	cancel_waits(r);
	loop_timer_free(r->timer);
	buf_done(&r->body);
	work_note_leave(r->server->work, r->ticket);
	catalog_unref(r->catalog);
	upstreams_unref(r->upstreams);
	r->server->n_requests--;
}

void steps_begin(struct http_exchange *x, void *ctx)
{
	struct server *s = ctx;
	struct arena *a = http_exchange_arena(x);
	struct request *r = ARENA_NEW(a, struct request);
	if (!r) {
		http_exchange_reply(
			x, 503, "text/plain; charset=utf-8", SV("out of memory\n"), NULL);
		return;
	}
	r->server = s;
	r->exchange = x;
	r->ticket = WORK_NOTE_NONE;
	r->arena = a;
	r->started = loop_now(s->loop);
	r->deadline.ns = r->started.ns + STEPS_TIMEOUT_NS;
	r->content_type = "application/json";
	r->status = 200;
	r->groups = s->groups;
	buf_init(&r->body, REQUEST_BODY_MAX);
	s->n_requests++;
	http_exchange_set_ctx(x, r, on_end);
	run(r);
}

/* ?timeout= in Go's duration syntax, at most the limit. */
static bool set_deadline(struct request *r)
{
	struct sv text = http_exchange_query_get(r->exchange, "timeout");
	int64_t timeout_ns = 0;
	struct error err = { 0 };
	if (text.len == 0)
		return true;
	if (instant_duration_parse(text, &timeout_ns, &err)) {
		char *message = arena_printf(
			r->arena, "invalid timeout specified in the request URL - %s", err.text);
		request_fail_text(r, 400, "BadRequest", FAILURE_NO_DETAILS,
			sv_of(message ? message : err.text));
		return false;
	}
	if (timeout_ns > 0 && timeout_ns < STEPS_TIMEOUT_NS)
		r->deadline.ns = r->started.ns + timeout_ns;
	return true;
}

static bool has_parameter(const struct http_exchange *x, const char *name)
{
	size_t n = 0;
	const struct http_query *q = http_exchange_query(x, &n);
	for (size_t i = 0; i < n; i++)
		if (sv_is(q[i].name, name))
			return true;
	return false;
}

/* The name in a fieldSelector metadata.name=NAME, which authorisation sees as the name asked for. */
static struct sv field_name(struct sv selector)
{
	if (!sv_has_prefix(selector, SV("metadata.name=")))
		return SV("");
	struct sv rest = sv_skip(selector, sizeof("metadata.name=") - 1);
	if (sv_has_prefix(rest, SV("=")))
		rest = sv_skip(rest, 1);
	return sv_find(rest, ',') < rest.len ? SV("") : rest;
}

/* What a full house must not hide. */
static bool is_health(struct sv path)
{
	return sv_has_prefix(path, SV("/healthz")) || sv_has_prefix(path, SV("/livez")) ||
	       sv_has_prefix(path, SV("/readyz"));
}

enum step_next steps_accept(struct request *r)
{
	struct http_exchange *x = r->exchange;
	struct error err = { 0 };
	struct sv watch = http_exchange_query_get(x, "watch");
	bool wants_watch = sv_is(watch, "true") || sv_is(watch, "1");
	if (r->server->n_requests > (unsigned)r->server->options->max_requests &&
		!is_health(http_exchange_path(x))) {
		request_text(r, 429, "text/plain; charset=utf-8",
			SV("Too many requests, please try again later.\n"));
		request_add_header(r, "Retry-After: 1");
		return STEP_REPLY;
	}
	if (route_attributes(r->arena, http_exchange_method(x), http_exchange_path(x), wants_watch,
		    &r->attributes, &err)) {
		request_fail_error(r, &err);
		return STEP_REPLY;
	}
	if (r->attributes.is_resource && r->attributes.name.len == 0 &&
		!sv_is(r->attributes.verb, "create"))
		r->attributes.name = field_name(http_exchange_query_get(x, "fieldSelector"));
	enum accept_tables tables = sv_is(r->attributes.group, "metrics.k8s.io") ? ACCEPT_ANY_TABLE
				    : sv_is(r->attributes.group, "external.metrics.k8s.io")
					    ? ACCEPT_ONLY_PARTIAL
					    : ACCEPT_NO_TABLES;
	r->accept = accept_choose(http_exchange_header(x, "Accept"), tables,
		http_exchange_query_get(x, "pretty"), has_parameter(x, "pretty"),
		http_exchange_header(x, "User-Agent"));
	return set_deadline(r) ? STEP_GO : STEP_REPLY;
}

struct header_list {
	struct authn_header *at;
	size_t n, max;
};

static bool add_header(struct sv name, struct sv value, void *ctx)
{
	struct header_list *l = ctx;
	if (l->n == l->max)
		return false;
	l->at[l->n++] = (struct authn_header){ name, value };
	return true;
}

static enum step_next take_verdict(struct request *r, enum authn_verdict verdict)
{
	switch (verdict) {
	case AUTHN_USER:
		return STEP_GO;
	case AUTHN_WAIT:
		return STEP_WAIT;
	case AUTHN_REFUSED:
		request_fail_text(r, 401, "Unauthorized", FAILURE_NO_DETAILS, SV("Unauthorized"));
		return STEP_REPLY;
	case AUTHN_FAILED:
	default:
		request_fail_internal(r, "unable to tell who asks");
		return STEP_REPLY;
	}
}

static void on_identity(enum authn_verdict verdict, const struct authn_user *user, void *ctx)
{
	struct request *r = ctx;
	r->user = *user;
	steps_resume(r, take_verdict(r, verdict));
}

enum step_next steps_authenticate(struct request *r)
{
	struct server *s = r->server;
	struct header_list list = { .max = http_exchange_n_headers(r->exchange) };
	list.at = ARENA_ARRAY_RAW(r->arena, list.max, struct authn_header);
	if (!list.at)
		return take_verdict(r, AUTHN_FAILED);
	http_exchange_each_header(r->exchange, add_header, &list);
	if (!authn_is_ready(s->authn)) {
		r->user = (struct authn_user){ .name = SV("system:anonymous") };
		for (size_t i = 0; i < s->n_always_allow_paths; i++)
			if (sv_eq(s->always_allow_paths[i], r->attributes.path))
				return STEP_GO;
		request_fail_text(r, 503, "ServiceUnavailable", FAILURE_NO_DETAILS,
			SV("the authentication configuration has not been read yet"));
		return STEP_REPLY;
	}
	struct authn_credentials credentials = {
		.client_cert = http_exchange_client_cert(r->exchange),
		.authorization = http_exchange_header(r->exchange, "Authorization"),
		.headers = list.at,
		.n_headers = list.n,
	};
	bool extra_space = false;
	r->authn.done = on_identity;
	r->authn.ctx = r;
	enum authn_verdict verdict =
		authn_check(s->authn, r->arena, &credentials, &r->authn, &r->user, &extra_space);
	if (extra_space)
		request_add_header(r, "Warning: 299 - \"the provided Authorization header contains "
				      "extra space before the bearer token, and is ignored\"");
	return take_verdict(r, verdict);
}

static enum step_next take_permission(
	struct request *r, enum authz_verdict verdict, struct sv reason)
{
	char *text;
	switch (verdict) {
	case AUTHZ_ALLOWED:
		return STEP_GO;
	case AUTHZ_WAIT:
		return STEP_WAIT;
	case AUTHZ_DENIED:
		request_refuse(r, &r->attributes, reason);
		return STEP_REPLY;
	case AUTHZ_FAILED:
	default:
		text = arena_printf(r->arena, "Internal Server Error: \"%.*s\": %.*s\n",
			SV_ARG(http_exchange_target(r->exchange)), SV_ARG(reason));
		request_text(r, 500, "text/plain; charset=utf-8",
			text ? sv_of(text) : SV("Internal Server Error\n"));
		return STEP_REPLY;
	}
}

static void on_permission(enum authz_verdict verdict, struct sv reason, void *ctx)
{
	struct request *r = ctx;
	steps_resume(r, take_permission(r, verdict, reason));
}

enum step_next steps_authorise(struct request *r)
{
	struct sv reason = SV_NULL;
	r->authz.done = on_permission;
	r->authz.ctx = r;
	enum authz_verdict verdict = authz_check(
		r->server->authz, r->arena, &r->user, &r->attributes, &r->authz, &reason);
	return take_permission(r, verdict, reason);
}

static void count_reply(const struct request *r)
{
	const char *group = r->route.kind == ROUTE_CUSTOM     ? "custom.metrics.k8s.io"
			    : r->route.kind == ROUTE_EXTERNAL ? "external.metrics.k8s.io"
			    : r->route.kind == ROUTE_RESOURCE ? "metrics.k8s.io"
							      : "";
	own_metrics_request(
		r->server->metrics, group, r->status, instant_mono_now().ns - r->started.ns);
}

/* An answer that no clause of the client's fits, and how failures are written to clients that only wanted a Table. */
static void renegotiate(struct request *r)
{
	bool api = r->route.kind == ROUTE_CUSTOM || r->route.kind == ROUTE_EXTERNAL ||
		   r->route.kind == ROUTE_RESOURCE;
	if (api && r->accept.format == ACCEPT_NONE_WRITER && r->status != 406)
		request_fail_text(
			r, 406, "NotAcceptable", FAILURE_NO_DETAILS, SV(ACCEPT_WRITER_MESSAGE));
	if (r->is_status &&
		(r->accept.format == ACCEPT_TABLE || r->accept.format == ACCEPT_PARTIAL)) {
		struct http_exchange *x = r->exchange;
		r->accept = accept_choose(http_exchange_header(x, "Accept"), ACCEPT_NO_TABLES,
			http_exchange_query_get(x, "pretty"), has_parameter(x, "pretty"),
			http_exchange_header(x, "User-Agent"));
	}
}

/* Whether the client takes gzip: the word alone counts, as in the reference. */
static bool takes_gzip(const struct request *r)
{
	struct sv rest = http_exchange_header(r->exchange, "Accept-Encoding");
	bool more = true;
	while (more)
		if (sv_is(sv_trim(sv_cut(rest, ',', &rest, &more)), "gzip"))
			return true;
	return false;
}

/* Compresses a large body into out; false: it is sent as it is. */
static bool compress(const struct request *r, struct sv body, struct buf *out)
{
	struct error err = { 0 };
	return body.len > STEPS_GZIP_MIN && body.len <= STEPS_GZIP_MAX && takes_gzip(r) &&
	       gzip_put(out, body, &err) == ERR_OK;
}

/* xorshift64*: unique enough for audit ids, which are names and no secrets. */
static uint64_t next_random(struct server *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return s->random * UINT64_C(0x2545F4914F6CDD1D);
}

static void put_audit_id(struct server *s, char ret[static UUID_TEXT])
{
	const uint64_t words[2] = { next_random(s), next_random(s) };
	unsigned char random[UUID_BYTES];
	memcpy(random, words, sizeof(random));
	uuid_print_random(random, ret);
}

enum step_next steps_reply(struct request *r)
{
	struct buf pretty, packed;
	struct error err = { 0 };
	char audit[64] = "Audit-Id: ";
	const char *headers[ARRAY_LEN(r->more_headers) + 7] = { audit,
		"Cache-Control: no-cache, private", "X-Flyball-Adapter: " FLYBALL_VERSION };
	size_t n = 3;
	struct sv given = http_exchange_header(r->exchange, "Audit-Id");
	bool echoed = given.len > 0 && given.len <= STEPS_AUDIT_ID_MAX;
	char *kept = echoed ? arena_printf(r->arena, "Audit-Id: %.*s", SV_ARG(given)) : NULL;
	if (kept)
		headers[0] = kept;
	else
		put_audit_id(r->server, audit + strlen(audit));
	if (r->plain && !r->sniffable)
		headers[n++] = "X-Content-Type-Options: nosniff";
	for (size_t i = 0; i < r->n_more_headers; i++) {
		if (sv_has_prefix(sv_of(r->more_headers[i]), SV("Cache-Control:")))
			headers[1] = r->more_headers[i];
		else
			headers[n++] = r->more_headers[i];
	}
	if (buf_check(&r->body, "answer", &err))
		request_fail_internal(r, err.text);
	renegotiate(r);
	buf_init(&pretty, REQUEST_BODY_MAX);
	bool indented = !r->plain && r->accept.pretty;
	if (indented)
		indent_json(&pretty, buf_sv(&r->body));
	else if (!r->plain && !r->no_newline)
		buf_put_char(&r->body, '\n');
	count_reply(r);
	buf_init(&packed, STEPS_GZIP_MAX);
	struct sv body = buf_sv(indented ? &pretty : &r->body);
	if (compress(r, body, &packed)) {
		body = buf_sv(&packed);
		headers[n++] = "Content-Encoding: gzip";
		headers[n++] = "Vary: Accept-Encoding";
	}
	headers[n] = NULL;
	http_exchange_reply(r->exchange, r->status, r->content_type, body, headers);
	buf_done(&packed);
	buf_done(&pretty);
	return STEP_DONE;
}
