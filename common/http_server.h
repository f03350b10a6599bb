#pragma once
/* HTTP server on the loop: libmicrohttpd behind a strict front. TLS (1.2 and 1.3, AEAD), client certificates, keep-alive,
 * answers that come later, streams (watches), hard limits. Nothing of libmicrohttpd shows outside http_server.c. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/http.h"
#include "common/http_tls.h"
#include "common/loop.h"
#include "common/sv.h"

struct http_server;
struct http_exchange; /* one request and its answer */

struct http_server_config {
	/* "127.0.0.1", "0.0.0.0", "::" (both families) */
	const char *bind_address;
	/* 0: any; http_server_port tells */
	uint16_t port;
	/* the first for clients that name no server; none: plain HTTP */
	const struct http_tls_pair *tls_pairs;
	size_t n_tls_pairs;
	struct http_tls_policy tls;
	/* ask for one (optional for the client); whose it is, the caller finds out */
	bool request_client_cert;
	/* 0: 1000; fewer where the process may not open three descriptors for each */
	unsigned max_connections;
	/* 0: 75; also the longest time for a request to arrive whole (at most 30 s) */
	unsigned idle_timeout_sec;
	/* of a request; 0: bodies are refused with 413 */
	size_t max_body_bytes;
};

/* What http_exchange_* show of a request is borrowed until the exchange is over. Header names are matched without case. */
struct http_query {
	struct sv name, value; /* decoded */
};

/* Called when the request is complete. Must lead to exactly one http_exchange_reply or http_exchange_stream, now or later. */
typedef void (*http_handler_fn)(struct http_exchange *x, void *ctx);

MUST_USE enum error_kind http_server_new(struct loop *l, const struct http_server_config *config,
	http_handler_fn handler, void *ctx, struct http_server **ret, struct error *err);
/* Stops listening at once, so that requests under way can finish. */
void http_server_quiesce(struct http_server *s);
/* Ends every exchange (on_end is called) and closes every connection. */
void http_server_free(struct http_server *s);
DEFINE_AUTO(struct http_server *, http_server_free)
uint16_t http_server_port(const struct http_server *s);
/* Requests that are not answered yet, streams that go on, and answers that their client has not taken yet. */
unsigned http_server_n_exchanges(const struct http_server *s);
/* New handshakes use these certificates from now on; existing connections live on. */
MUST_USE enum error_kind http_server_set_certificates(
	struct http_server *s, const struct http_tls_pair *pairs, size_t n, struct error *err);

struct sv http_exchange_method(const struct http_exchange *x);
/* The raw request target as sent, and the path part of it (still percent-encoded). */
struct sv http_exchange_target(const struct http_exchange *x);
struct sv http_exchange_path(const struct http_exchange *x);
/* Decoded query parameters in order; *ret_n counts them. */
const struct http_query *http_exchange_query(const struct http_exchange *x, size_t *ret_n);
/* The first of that name; empty when absent. */
struct sv http_exchange_query_get(const struct http_exchange *x, const char *name);
struct sv http_exchange_header(const struct http_exchange *x, const char *name);
size_t http_exchange_n_headers(const struct http_exchange *x);
/* Calls fn for every header line in order until it returns false. */
void http_exchange_each_header(const struct http_exchange *x,
	bool (*fn)(struct sv name, struct sv value, void *ctx), void *ctx);
struct sv http_exchange_body(const struct http_exchange *x);
struct sv http_exchange_peer(const struct http_exchange *x); /* "127.0.0.1:4711" */
/* The client's certificate as it was sent, DER, or empty: the client has proved that it holds the key, nothing else is
 * verified. _at gives the chain: 0 is the client's own, then the intermediates it sent; empty beyond the last. */
struct sv http_exchange_client_cert(const struct http_exchange *x);
struct sv http_exchange_client_cert_at(const struct http_exchange *x, unsigned i);
/* Memory that lives until the exchange is over. */
struct arena *http_exchange_arena(struct http_exchange *x);
/* The caller's pointer that belongs to this exchange, and a function that is called once when the exchange is over (also when
 * the client went away before the answer, in which case replying is no longer allowed). Whoever streams sets one: the
 * exchange is gone after it. A client that merely ends its own direction still gets its answer; a stream of such a client is
 * over. Never called from inside the handler, _reply, _stream, _stream_write or _stream_end. */
void http_exchange_set_ctx(
	struct http_exchange *x, void *ctx, void (*on_end)(struct http_exchange *x, void *ctx));
void *http_exchange_ctx(const struct http_exchange *x);

#define HTTP_ANSWER_HEADERS_MAX 3000u
/* Answers. body is copied. headers: NULL-terminated "Name: value" lines besides Content-Type and Content-Length; may be NULL;
 * together at most HTTP_ANSWER_HEADERS_MAX bytes, or the connection is closed.
 * Redirects (3xx except 304) and interim statuses become a 500: a redirect would make kube-apiserver hand its credentials to
 * whoever it names. When the answer cannot be built for lack of memory the connection is closed. */
void http_exchange_reply(struct http_exchange *x, int status, const char *content_type,
	struct sv body, const char *const *headers);
/* The same without a copy: takes the memory out of `give_body`. A buffer that failed closes the connection. */
void http_exchange_reply_buf(struct http_exchange *x, int status, const char *content_type,
	struct buf *give_body, const char *const *headers);
/* Begins a streamed 200 answer (chunked); then write pieces, then end. write returns false when the client is gone or more
 * than max_pending bytes wait for it (end the stream then). */
void http_exchange_stream(struct http_exchange *x, const char *content_type, size_t max_pending);
MUST_USE bool http_exchange_stream_write(struct http_exchange *x, struct sv piece);
void http_exchange_stream_end(struct http_exchange *x);
