/* A request waits here for at most two answers of the API server, first who asks, then whether that user may. A client that goes away ends the waiting. */
#include "kube/access.h"

#include "common/limits.h"
#include "kube/authn.h"
#include "kube/status.h"

/* Header lines of one request; the server bounds their bytes. */
#define MAX_HEADERS 256u

struct access {
	struct access_config config;
	struct authn *authn;
	struct authz *authz;
};

/* One request, in its arena. */
struct visit {
	struct access *access;
	struct http_exchange *x;
	struct arena *arena;
	struct authz_attributes what;
	access_allowed_fn allowed;
	void *ctx;
	struct authn_call authn;
	struct authz_call authz;
	struct authn_user user;
	struct authn_header headers[MAX_HEADERS];
	size_t n_headers;
};

void access_reply_status(struct http_exchange *x, int code, const char *reason, struct sv message,
	const char *const *headers)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct status status = { .code = code, .reason = sv_of(reason), .message = message };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	status_encode(&text, &status);
	http_exchange_reply_buf(x, code, "application/json", &text, headers);
}

static void on_lookup_refused(const struct error *why, void *ctx)
{
	const struct access *a = ctx;

	if (a->config.on_problem)
		a->config.on_problem(why, true, a->config.ctx);
}

static void on_lookup_error(const struct error *why, void *ctx)
{
	const struct access *a = ctx;

	if (a->config.on_problem)
		a->config.on_problem(why, false, a->config.ctx);
}

static enum error_kind make_authn(struct access *a, struct error *err)
{
	/* What counts until the ConfigMap says: the names that kube-apiserver uses. */
	static const struct sv USER = { "x-remote-user", 13 }, GROUP = { "x-remote-group", 14 },
			       EXTRA = { "x-remote-extra-", 15 };
	const struct authn_config config = {
		.loop = a->config.loop,
		.client = a->config.client,
		.skip_lookup = a->config.skip_lookup,
		.tolerate_lookup_failure = a->config.tolerate_lookup_failure,
		.token_ttl_ns = a->config.token_ttl_ns,
		.proxy_headers = { &USER, &GROUP, &EXTRA, 1, 1, 1 },
		.on_refused = on_lookup_refused,
		.on_error = on_lookup_error,
		.ctx = a,
	};

	return authn_new(&config, &a->authn, err);
}

enum error_kind access_new(
	const struct access_config *config, struct access **ret, struct error *err)
{
	AUTO(access_free) struct access *a = mem_zalloc(sizeof(*a));

	if (!a)
		return error_nomem(err);
	a->config = *config;
	const struct authz_config authz = {
		.client = config->client,
		.allowed_ttl_ns = config->allowed_ttl_ns,
		.denied_ttl_ns = config->denied_ttl_ns,
	};
	if (make_authn(a, err) != ERR_OK || authz_new(&authz, &a->authz, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(a);
	return ERR_OK;
}

void access_free(struct access *a)
{
	if (!a)
		return;
	authz_free(a->authz);
	authn_free(a->authn);
	mem_free(a);
}

/* In Kubernetes' words. */
static void reply_forbidden(struct visit *v, struct sv reason)
{
	const struct authz_attributes *at = &v->what;
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (at->is_resource)
		buf_printf(&text, "%.*s%s%.*s \"%.*s\" is ", SV_ARG(at->resource),
			at->group.len > 0 ? "." : "", SV_ARG(at->group), SV_ARG(at->name));
	buf_printf(&text, "forbidden: User \"%.*s\" cannot %.*s ", SV_ARG(v->user.name),
		SV_ARG(at->verb));
	if (at->is_resource)
		buf_printf(&text,
			"resource \"%.*s\" in API group \"%.*s\" in the namespace \"%.*s\"",
			SV_ARG(at->resource), SV_ARG(at->group), SV_ARG(at->namespace));
	else
		buf_printf(&text, "path \"%.*s\"", SV_ARG(at->path));
	if (reason.len > 0)
		buf_printf(&text, ": %.*s", SV_ARG(reason));
	access_reply_status(v->x, 403, "Forbidden", buf_sv(&text), NULL);
}

static void take_permission(struct visit *v, enum authz_verdict verdict, struct sv reason)
{
	switch (verdict) {
	case AUTHZ_ALLOWED:
		v->allowed(v->x, v->ctx);
		break;
	case AUTHZ_DENIED:
		reply_forbidden(v, reason);
		break;
	case AUTHZ_FAILED:
		access_reply_status(v->x, 500, "InternalError", reason, NULL);
		break;
	case AUTHZ_WAIT:
		break;
	}
}

static void on_permission(enum authz_verdict verdict, struct sv reason, void *ctx)
{
	take_permission(ctx, verdict, reason);
}

static void authorise(struct visit *v)
{
	struct sv reason = SV_NULL;

	v->authz.done = on_permission;
	v->authz.ctx = v;
	enum authz_verdict verdict =
		authz_check(v->access->authz, v->arena, &v->user, &v->what, &v->authz, &reason);
	take_permission(v, verdict, reason);
}

static void take_identity(struct visit *v, enum authn_verdict verdict)
{
	switch (verdict) {
	case AUTHN_USER:
		authorise(v);
		break;
	case AUTHN_REFUSED:
		access_reply_status(v->x, 401, "Unauthorized", SV("Unauthorized"), NULL);
		break;
	case AUTHN_FAILED:
		access_reply_status(
			v->x, 500, "InternalError", SV("unable to tell who asks"), NULL);
		break;
	case AUTHN_WAIT:
		break;
	}
}

static void on_identity(enum authn_verdict verdict, const struct authn_user *user, void *ctx)
{
	struct visit *v = ctx;

	if (verdict == AUTHN_USER)
		v->user = *user;
	take_identity(v, verdict);
}

static bool add_header(struct sv name, struct sv value, void *ctx)
{
	struct visit *v = ctx;

	if (v->n_headers == MAX_HEADERS)
		return false;
	v->headers[v->n_headers++] = (struct authn_header){ name, value };
	return true;
}

static void on_end(struct http_exchange *x, void *ctx)
{
	struct visit *v = ctx;

	(void)x;
	authn_cancel(&v->authn);
	authz_cancel(&v->authz);
}

void access_check(struct access *a, struct http_exchange *x, const struct authz_attributes *what,
	access_allowed_fn allowed, void *ctx)
{
	struct visit *v = ARENA_NEW(http_exchange_arena(x), struct visit);
	bool ignored;

	if (!v) {
		access_reply_status(x, 500, "InternalError", SV("out of memory"), NULL);
		return;
	}
	v->access = a;
	v->x = x;
	v->arena = http_exchange_arena(x);
	v->what = *what;
	v->allowed = allowed;
	v->ctx = ctx;
	v->authn.done = on_identity;
	v->authn.ctx = v;
	http_exchange_set_ctx(x, v, on_end);
	if (!authn_is_ready(a->authn)) {
		access_reply_status(x, 503, "ServiceUnavailable",
			SV("the authentication configuration has not been read yet"), NULL);
		return;
	}
	http_exchange_each_header(x, add_header, v);
	struct sv shown = http_exchange_header(x, "Authorization");
	const struct authn_credentials credentials = {
		.client_cert = http_exchange_client_cert(x),
		.authorization =
			shown.len > 0 ? shown : http_exchange_header(x, ACCESS_TOKEN_HEADER),
		.headers = v->headers,
		.n_headers = v->n_headers,
	};
	take_identity(
		v, authn_check(a->authn, v->arena, &credentials, &v->authn, &v->user, &ignored));
}
