/* What a request says: target, query, headers, body. In: the front's canonical head, the body in pieces from the engine -> out: views that live
 * until the exchange is over. Knows nothing of connections and answers. */
#include "common/http_exchange.h"

#include "common/limits.h"

/* A request head can hold four times as many, and nobody asks so much. */
#define MAX_QUERY 4096
/* More than the front lets through. */
#define MAX_HEADERS 256

/* The lines behind the request line, each "Name: value" and ended by CR LF, until the empty one. */
static bool add_headers(struct http_exchange *x, struct sv lines)
{
	struct sv line;

	while (line = sv_take(lines, sv_find(lines, '\r')), line.len > 0) {
		struct http_header *h = VEC_PUSH(&x->headers, MAX_HEADERS);
		bool found;

		if (!h)
			return false;
		h->name = sv_cut(line, ':', &h->value, &found);
		h->value = sv_trim(h->value);
		lines = sv_skip(lines, line.len + 2);
	}
	return true;
}

struct http_exchange *http_exchange_new(struct sv head, size_t max_body_bytes)
{
	struct http_exchange *x = mem_zalloc(sizeof(*x));
	struct sv version;
	bool found;

	if (!x)
		return NULL;
	arena_init(&x->arena, LIMIT_PASS_ARENA_BYTES);
	buf_init(&x->body, max_body_bytes);
	head = arena_sv(&x->arena, head);
	struct sv line = sv_take(head, sv_find(head, '\r'));
	x->method = sv_cut(line, ' ', &x->target, &found);
	x->target = sv_cut(x->target, ' ', &version, &found);
	if (!head.ptr || !add_headers(x, sv_skip(head, line.len + 2))) {
		http_exchange_free(x);
		return NULL;
	}
	return x;
}

void http_exchange_free(struct http_exchange *x)
{
	if (!x)
		return;
	VEC_DONE(&x->query);
	VEC_DONE(&x->headers);
	buf_done(&x->body);
	buf_done(&x->pending);
	arena_done(&x->arena);
	mem_free(x);
}

static enum error_kind decode(
	struct http_exchange *x, struct sv text, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, text.len);
	if (!http_unescape(&out, text, true))
		return error_set(
			err, ERR_INVALID, "malformed or forbidden percent-encoding in the query");
	enum error_kind kind = buf_check(&out, "query", err);
	if (kind != ERR_OK)
		return kind;
	*ret = arena_sv(&x->arena, buf_sv(&out));
	return ret->ptr ? ERR_OK : arena_error(&x->arena, err);
}

enum error_kind http_exchange_parse_target(struct http_exchange *x, struct error *err)
{
	struct sv rest;
	bool more;

	x->path = sv_cut(x->target, '?', &rest, &more);
	while (more) {
		bool has_value;
		struct sv value;
		struct sv name = sv_cut(sv_cut(rest, '&', &rest, &more), '=', &value, &has_value);
		if (name.len == 0 && !has_value)
			continue;
		if (x->query.n == MAX_QUERY)
			return error_set(
				err, ERR_LIMIT, "more than %d parameters in the query", MAX_QUERY);
		struct http_query *q = VEC_PUSH(&x->query, MAX_QUERY);
		if (!q)
			return error_nomem(err);
		enum error_kind kind = decode(x, name, &q->name, err);
		if (kind == ERR_OK)
			kind = decode(x, value, &q->value, err);
		if (kind != ERR_OK)
			return kind;
	}
	return ERR_OK;
}

struct sv http_exchange_method(const struct http_exchange *x)
{
	return x->method;
}

struct sv http_exchange_target(const struct http_exchange *x)
{
	return x->target;
}

struct sv http_exchange_path(const struct http_exchange *x)
{
	return x->path;
}

const struct http_query *http_exchange_query(const struct http_exchange *x, size_t *ret_n)
{
	*ret_n = x->query.n;
	return x->query.at;
}

struct sv http_exchange_query_get(const struct http_exchange *x, const char *name)
{
	VEC_FOREACH (q, &x->query) {
		if (sv_is(q->name, name))
			return q->value;
	}
	return SV_NULL;
}

struct sv http_exchange_header(const struct http_exchange *x, const char *name)
{
	VEC_FOREACH (h, &x->headers) {
		if (sv_eq_nocase(h->name, sv_of(name)))
			return h->value;
	}
	return SV_NULL;
}

size_t http_exchange_n_headers(const struct http_exchange *x)
{
	return x->headers.n;
}

void http_exchange_each_header(const struct http_exchange *x,
	bool (*fn)(struct sv name, struct sv value, void *ctx), void *ctx)
{
	VEC_FOREACH (h, &x->headers) {
		if (!fn(h->name, h->value, ctx))
			return;
	}
}

struct sv http_exchange_body(const struct http_exchange *x)
{
	return buf_sv(&x->body);
}

struct sv http_exchange_peer(const struct http_exchange *x)
{
	return x->peer;
}

struct sv http_exchange_client_cert(const struct http_exchange *x)
{
	return http_exchange_client_cert_at(x, 0);
}

struct arena *http_exchange_arena(struct http_exchange *x)
{
	return &x->arena;
}

void http_exchange_set_ctx(
	struct http_exchange *x, void *ctx, void (*on_end)(struct http_exchange *x, void *ctx))
{
	x->ctx = ctx;
	x->on_end = on_end;
}

void *http_exchange_ctx(const struct http_exchange *x)
{
	return x->ctx;
}
