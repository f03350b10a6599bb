/* Questions -> requests on common/http_client.h -> the whole answer, or a series set. The base URL is taken apart once: user and
 * password become basic authentication, the path a prefix without duplicate slashes, the query is kept for POST only. Answers are
 * not judged here: answer.c and series.c do that. Redirects are not followed. */
#include "promql/prom_client.h"

#include <stdio.h>

#include "common/http.h"
#include "common/limits.h"
#include "common/vec.h"
#include "promql/answer.h"

#define DEFAULT_TIMEOUT_NS (INT64_C(30) * 1000 * 1000 * 1000)
/* A query text is at most 64 KiB in our own rules; encoded three times that. Room for parameters and prefix. */
#define MAX_REQUEST_BYTES (512u * 1024)
#define MAX_PARAMS 64u
/* For the words of a failed /api/v1/series. */
#define FAILURE_ARENA_BYTES (256u * 1024)

struct prom_client {
	struct http_endpoint *endpoint;
	char *url;    /* without user and password */
	char *prefix; /* "" or "/prom" */
	char *suffix; /* "" or "?x=y", of a POST */
	bool post;
	VEC(struct owned_param) params;
	int64_t timeout_ns;
	size_t max_bytes;
	struct prom_client_call *calls;
};

struct owned_param {
	char *name, *value;
};

struct prom_client_call {
	struct prom_client *client;
	struct http_call *http;
	struct prom_client_call *prev, *next;
	prom_client_done_fn done;
	prom_client_series_fn series_done;
	struct series *into;
	struct error series_error; /* kind not OK once a piece was refused */
	void *ctx;
};

struct base_url {
	struct sv scheme_host; /* without user info */
	struct sv user_info, path, query;
};

static enum error_kind split_url(
	const char *text, struct base_url *ret, struct buf *scheme_host, struct error *err)
{
	struct sv url = sv_of(text), scheme = SV("");
	bool found = false;

	if (sv_has_prefix(url, SV("http://")) || sv_has_prefix(url, SV("https://"))) {
		scheme = sv_take(url, sv_find(url, ':') + 3);
		url = sv_skip(url, scheme.len);
	}
	url = sv_take(url, sv_find(url, '#'));
	struct sv authority = sv_cut(url, '?', &ret->query, &found);

	if (!found)
		ret->query = SV("");
	size_t slash = sv_find(authority, '/');

	ret->path = sv_skip(authority, slash);
	authority = sv_take(authority, slash);
	ret->user_info = SV("");
	for (size_t i = authority.len; i-- > 0;) {
		if (authority.ptr[i] == '@') {
			ret->user_info = sv_take(authority, i);
			authority = sv_skip(authority, i + 1);
			break;
		}
	}
	if (!scheme.len || !authority.len)
		return error_set(err, ERR_INVALID,
			"Prometheus URL: expected http://HOST[:PORT][/PREFIX] or https://..., got "
			"\"%s\"",
			ret->user_info.len ? "(hidden, it holds a password)" : text);
	buf_put_sv(scheme_host, scheme);
	buf_put_sv(scheme_host, authority);
	ret->scheme_host = buf_sv(scheme_host);
	return buf_check(scheme_host, "Prometheus URL", err);
}

/* "/prom//x/" -> "/prom/x". */
static char *clean_path(struct sv path)
{
	char *out = mem_alloc(path.len + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] != '/' || (n > 0 ? out[n - 1] != '/' : true))
			out[n++] = path.ptr[i];
	while (n > 0 && out[n - 1] == '/')
		n--;
	out[n] = 0;
	return out;
}

static bool has_authorization(const char *const *headers)
{
	for (; headers && *headers; headers++)
		if (sv_eq_nocase(sv_take(sv_of(*headers), 14), SV("Authorization:")))
			return true;
	return false;
}

static enum error_kind decode_user_info(
	struct sv info, struct buf *user, struct buf *password, struct error *err)
{
	struct sv rest;
	bool found;
	struct sv name = sv_cut(info, ':', &rest, &found);

	if (!http_unescape(user, name, false) || (found && !http_unescape(password, rest, false)))
		return error_set(err, ERR_INVALID,
			"Prometheus URL: user or password are badly percent-encoded");
	if (buf_check(user, "Prometheus user", err))
		return err->kind;
	return buf_check(password, "Prometheus password", err);
}

static enum error_kind make_endpoint(struct http_client *http,
	const struct prom_client_config *config, const struct base_url *base,
	struct http_endpoint **ret, struct error *err)
{
	struct http_endpoint_config endpoint = config->endpoint;
	AUTO(buf_done) struct buf user = { 0 }, password = { 0 };

	buf_init(&user, LIMIT_CREDENTIAL_FILE_BYTES);
	buf_init(&password, LIMIT_CREDENTIAL_FILE_BYTES);
	endpoint.base_url = base->scheme_host.ptr;
	if (has_authorization(endpoint.headers)) {
		endpoint.bearer_token = endpoint.bearer_token_file = NULL;
		endpoint.username = endpoint.password = NULL;
	} else if (base->user_info.len && !endpoint.bearer_token && !endpoint.bearer_token_file &&
		   !endpoint.username) {
		if (decode_user_info(base->user_info, &user, &password, err))
			return err->kind;
		endpoint.username = buf_text(&user);
		endpoint.password = buf_text(&password);
	}
	return http_endpoint_new(http, &endpoint, ret, err);
}

static char *join_text(struct sv a, struct sv b)
{
	char *out = mem_alloc(a.len + b.len + 1);

	if (!out)
		return NULL;
	if (a.len)
		memcpy(out, a.ptr, a.len);
	if (b.len)
		memcpy(out + a.len, b.ptr, b.len);
	out[a.len + b.len] = 0;
	return out;
}

static enum error_kind copy_params(
	struct prom_client *c, const struct prom_client_config *config, struct error *err)
{
	for (size_t i = 0; i < config->n_params; i++) {
		struct owned_param *p = VEC_PUSH(&c->params, MAX_PARAMS);

		if (!p)
			return config->n_params > MAX_PARAMS
				       ? error_set(err, ERR_LIMIT, "more than %u query parameters",
						 MAX_PARAMS)
				       : error_nomem(err);
		p->name = mem_memdup(config->params[i].name.ptr, config->params[i].name.len);
		p->value = mem_memdup(config->params[i].value.ptr, config->params[i].value.len);
		if (!p->name || !p->value)
			return error_nomem(err);
	}
	return ERR_OK;
}

enum error_kind prom_client_new(struct http_client *http, const struct prom_client_config *config,
	struct prom_client **ret, struct error *err)
{
	AUTO(prom_client_free) struct prom_client *c = mem_zalloc(sizeof(*c));
	AUTO(buf_done) struct buf scheme_host = { 0 };
	struct base_url base;

	buf_init(&scheme_host, 4096);
	if (!c)
		return error_nomem(err);
	if (split_url(config->endpoint.base_url, &base, &scheme_host, err))
		return err->kind;
	c->post = config->post;
	c->timeout_ns = config->timeout_ns ? config->timeout_ns : DEFAULT_TIMEOUT_NS;
	c->max_bytes = config->max_bytes ? config->max_bytes : LIMIT_PROMETHEUS_ANSWER_BYTES;
	c->prefix = clean_path(base.path);
	c->suffix = base.query.len ? join_text(SV("?"), base.query) : mem_strdup("");
	if (!c->prefix || !c->suffix)
		return error_nomem(err);
	c->url = join_text(base.scheme_host, sv_of(c->prefix));
	if (!c->url)
		return error_nomem(err);
	if (copy_params(c, config, err) || make_endpoint(http, config, &base, &c->endpoint, err))
		return err->kind;
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

static void unlink_call(struct prom_client_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		call->client->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	mem_free(call);
}

void prom_client_cancel(struct prom_client_call *call)
{
	if (!call)
		return;
	http_call_cancel(call->http);
	unlink_call(call);
}

void prom_client_free(struct prom_client *c)
{
	if (!c)
		return;
	while (c->calls)
		prom_client_cancel(c->calls);
	http_endpoint_free(c->endpoint);
	VEC_FOREACH (p, &c->params) {
		mem_free(p->name);
		mem_free(p->value);
	}
	VEC_DONE(&c->params);
	mem_free(c->url);
	mem_free(c->prefix);
	mem_free(c->suffix);
	mem_free(c);
}

const char *prom_client_url(const struct prom_client *c)
{
	return c->url;
}

/* Returns the length; `out` holds 32 bytes. */
static size_t format_time(char *out, int64_t time_ms)
{
	uint64_t magnitude = time_ms < 0 ? 0 - (uint64_t)time_ms : (uint64_t)time_ms;
	int n = snprintf(out, 32, "%s%llu.%03u", time_ms < 0 ? "-" : "",
		(unsigned long long)(magnitude / 1000), (unsigned)(magnitude % 1000));

	while (out[n - 1] == '0')
		n--;
	return (size_t)(out[n - 1] == '.' ? n - 1 : n);
}

void prom_client_print_time(struct buf *out, int64_t time_ms)
{
	char text[32];

	buf_put(out, text, format_time(text, time_ms));
}

struct question {
	const char *path;
	struct prom_client_param params[MAX_PARAMS + 4];
	size_t n;
	char times[2][32]; /* texts of parameters */
	bool post;
};

static void add_param(struct question *q, struct sv name, struct sv value)
{
	size_t at = q->n++;

	/* Sorted by name; equal names keep their order. */
	for (; at > 0 && sv_cmp(q->params[at - 1].name, name) > 0; at--)
		q->params[at] = q->params[at - 1];
	q->params[at] = (struct prom_client_param){ name, value };
}

static void add_time(struct question *q, unsigned slot, struct sv name, int64_t time_ms)
{
	char *text = q->times[slot];

	add_param(q, name, sv_from(text, format_time(text, time_ms)));
}

static void put_form(struct buf *out, const struct question *q)
{
	for (size_t i = 0; i < q->n; i++) {
		if (i)
			buf_put_char(out, '&');
		http_query_escape(out, q->params[i].name);
		buf_put_char(out, '=');
		http_query_escape(out, q->params[i].value);
	}
}

static enum error_kind start(struct prom_client *c, struct question *q,
	struct http_request *request, struct prom_client_call *call, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 }, form = { 0 };

	buf_init(&target, MAX_REQUEST_BYTES);
	buf_init(&form, MAX_REQUEST_BYTES);
	VEC_FOREACH (p, &c->params) {
		add_param(q, sv_of(p->name), sv_of(p->value));
	}
	put_form(&form, q);
	buf_put_str(&target, c->prefix);
	buf_put_str(&target, q->path);
	if (c->post || q->post) {
		buf_put_str(&target, c->suffix);
		request->method = "POST";
		request->body = buf_sv(&form);
		request->content_type = "application/x-www-form-urlencoded";
	} else {
		buf_put_char(&target, '?');
		buf_put_sv(&target, buf_sv(&form));
		request->method = "GET";
	}
	if (buf_check(&form, "query", err) || buf_check(&target, "query", err))
		return err->kind;
	request->target = buf_text(&target);
	request->ctx = call;
	return http_call_start(c->endpoint, request, &call->http, err);
}

/* Enters the call in the client's list once it runs; frees it when it does not. */
static enum error_kind launch(struct prom_client *c, struct question *q,
	struct http_request *request, const struct prom_client_call *plan,
	struct prom_client_call **ret, struct error *err)
{
	struct prom_client_call *call = mem_alloc(sizeof(*call));

	if (!call)
		return error_nomem(err);
	*call = *plan;
	call->client = c;
	if (start(c, q, request, call, err)) {
		mem_free(call);
		return err->kind;
	}
	call->next = c->calls;
	if (c->calls)
		c->calls->prev = call;
	c->calls = call;
	if (ret)
		*ret = call;
	return ERR_OK;
}

static void on_query_done(
	const struct http_response *response, const struct error *failed, void *ctx)
{
	struct prom_client_call *call = ctx;
	prom_client_done_fn done = call->done;
	void *done_ctx = call->ctx;

	unlink_call(call);
	if (failed)
		done(0, SV_NULL, failed, done_ctx);
	else
		done(response->status, response->body, NULL, done_ctx);
}

enum error_kind prom_client_query(struct prom_client *c, const struct prom_client_query *q,
	prom_client_done_fn done, void *ctx, struct prom_client_call **ret, struct error *err)
{
	struct prom_client_call plan = { .done = done, .ctx = ctx };
	struct question question = { .path = "/api/v1/query", .post = q->post };
	struct http_request request = { .timeout_ns = q->timeout_ns ? q->timeout_ns : c->timeout_ns,
		.max_bytes = q->max_bytes ? q->max_bytes : c->max_bytes,
		.done = on_query_done };

	add_param(&question, SV("query"), q->query);
	if (q->has_time)
		add_time(&question, 0, SV("time"), q->time_ms);
	if (q->send_timeout)
		add_time(&question, 1, SV("timeout"), request.timeout_ns / 1000000);
	return launch(c, &question, &request, &plan, ret, err);
}

static bool on_series_data(struct sv piece, void *ctx)
{
	struct prom_client_call *call = ctx;

	return !series_feed(call->into, piece, &call->series_error);
}

static void on_series_done(
	const struct http_response *response, const struct error *failed, void *ctx)
{
	struct prom_client_call *call = ctx;
	prom_client_series_fn done = call->series_done;
	struct error why = call->series_error;
	struct series *into = call->into;
	void *done_ctx = call->ctx;

	unlink_call(call);
	if (why.kind) {
		failed = &why;
	} else if (!failed && (response->status < 200 || response->status > 299)) {
		struct arena a;
		struct answer answer;

		arena_init(&a, FAILURE_ARENA_BYTES);
		if (answer_decode(&a, response->status, response->body, NULL, &answer, &why))
			failed = &why;
		arena_done(&a);
	} else if (!failed && series_end(into, &why)) {
		failed = &why;
	}
	done(failed, done_ctx);
}

enum error_kind prom_client_series(struct prom_client *c, const struct prom_client_series *q,
	struct series *into, prom_client_series_fn done, void *ctx, struct prom_client_call **ret,
	struct error *err)
{
	struct prom_client_call plan = { .series_done = done, .into = into, .ctx = ctx };
	struct question question = { .path = "/api/v1/series" };
	struct http_request request = { .timeout_ns = q->timeout_ns ? q->timeout_ns : c->timeout_ns,
		/* All selectors are listed at once: the last in line must not fail for that alone, each time anew. */
		.patient = true,
		.on_data = on_series_data,
		.done = on_series_done };

	add_param(&question, SV("match[]"), q->match);
	if (q->has_start)
		add_time(&question, 0, SV("start"), q->start_ms);
	return launch(c, &question, &request, &plan, ret, err);
}
