/* The HTTP server: libmicrohttpd as the engine that reads bodies and writes answers, fed by http_front.c with checked
 * bytes over socket pairs. In: exchanges' answers -> out: HTTP/1.1.
 *
 * libmicrohttpd runs without threads and without a listening socket: its epoll descriptor sits in our loop, MHD_run is
 * called when that is readable and never blocks. (Its own epoll loop would: after exactly 128 events it waits again before
 * it serves them. MHD_run waits for 0 ms, so the same loop only takes the rest.)
 *
 * Life of an exchange
 *   uri_seen -> NEW -> on_request -> RECEIVING -> (whole) HANDLING -> reply -> ANSWERED  -> on_completed -> freed
 *                                                                 -> stream -> STREAMING -> on_completed -> freed
 * An exchange that waits for its answer, or a stream that waits for data, is suspended in the engine; resuming defers a run
 * of it. When the client goes away (`gone`) on_end is called at once and the engine lets go in its next run.
 *
 * Invariants
 * 1. on_end is called at most once; an exchange is freed only when the engine has let go of it and its user has (answered,
 *    ended the stream, or was told by on_end). Whoever answers late without an on_end answers into the void.
 * 2. Suspended connections are resumed exactly once, here in `resume`. */
#include "common/http_server.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http_exchange.h"
#include "common/http_front.h"

#define DEFAULT_CONNECTIONS 1000u
#define DEFAULT_IDLE_SEC 75u
/* The engine's memory for a connection: the framing of a request, an answer's headers, and a piece of a body. It is cleared with each request, so
 * it should stay in the processor's nearest cache. */
#define ENGINE_MEMORY_BYTES (4u * 1024)
#define STREAM_BYTES (16u * 1024)
/* Connections that the front has given up linger in the engine until its next run. */
#define ENGINE_SPARE_CONNECTIONS 64u

struct http_server {
	struct loop *loop;
	struct MHD_Daemon *engine;
	struct loop_fd *engine_watch;
	struct loop_timer *again;
	struct http_front *front;
	http_handler_fn handler;
	void *ctx;
	size_t max_body_bytes;
	bool is_tls;
	struct http_tls_policy tls;
	bool awake; /* a deferred run is under way */
	bool quiescing;
	unsigned n_exchanges;
	struct http_exchange *exchanges;
	struct http_conn *attaching; /* set while the engine is told of a connection */
};

struct http_conn {
	struct http_server *server;
	struct http_front_peer *peer; /* NULL: the client is gone */
	struct MHD_Connection *engine;
	struct http_exchange *exchange; /* at most one at a time */
};

static void run(struct http_server *s);

/* Exchanges */

static void release(struct http_exchange *x)
{
	bool user_done =
		x->ended || (!x->on_end && x->state != HTTP_EXCHANGE_HANDLING &&
				    (x->state != HTTP_EXCHANGE_STREAMING || x->stream_ended));

	if (x->conn || x->held || !user_done)
		return;
	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	if (x->response)
		MHD_destroy_response(x->response);
	http_exchange_free(x);
}

static void end(struct http_exchange *x)
{
	if (x->on_end && !x->ended) {
		x->ended = true;
		x->held = true;
		x->on_end(x, x->ctx);
		x->held = false;
	}
}

static void on_wake(void *ctx)
{
	run(ctx);
}

/* The engine runs before the loop waits again. */
static void wake(struct http_server *s)
{
	if (s->awake)
		return;
	s->awake = loop_defer(s->loop, on_wake, s);
	if (!s->awake)
		loop_timer_set(s->again, 0);
}

/* Without threads the engine notices a resumed connection only in its next run. */
static void resume(struct http_exchange *x)
{
	if (!x->suspended || !x->conn)
		return;
	x->suspended = false;
	MHD_resume_connection(x->conn->engine);
	wake(x->server);
}

static void suspend(struct http_exchange *x)
{
	x->suspended = true;
	MHD_suspend_connection(x->conn->engine);
}

struct sv http_exchange_client_cert_at(const struct http_exchange *x, unsigned i)
{
	return x->conn && x->conn->peer ? http_front_peer_cert(x->conn->peer, i) : SV_NULL;
}

/* Callbacks of the engine */

static void *uri_seen(void *cls, const char *uri, struct MHD_Connection *engine)
{
	struct http_server *s = cls;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(engine, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_conn *conn = info ? info->socket_context : NULL;
	struct http_exchange *x =
		conn && conn->peer
			? http_exchange_new(http_front_peer_head(conn->peer), s->max_body_bytes)
			: NULL;

	/* What the engine has parsed is but the framing. */
	(void)uri;
	if (!x)
		return NULL;
	x->server = s;
	x->conn = conn;
	conn->exchange = x;
	x->next = s->exchanges;
	x->link = &s->exchanges;
	if (x->next)
		x->next->link = &x->next;
	s->exchanges = x;
	return x;
}

static enum MHD_Result begin(struct http_exchange *x)
{
	x->peer = x->conn->peer ? arena_sv(&x->arena, http_front_peer_address(x->conn->peer))
				: SV("?");
	x->state = HTTP_EXCHANGE_RECEIVING;
	return x->peer.ptr ? MHD_YES : MHD_NO;
}

static void handle(struct http_exchange *x)
{
	struct error err;

	x->server->n_exchanges++;
	x->state = HTTP_EXCHANGE_HANDLING;
	x->held = true;
	switch (http_exchange_parse_target(x, &err)) {
	case ERR_OK:
		x->server->handler(x, x->server->ctx);
		break;
	case ERR_INVALID:
	case ERR_NOTFOUND:
	case ERR_CONFLICT:
	case ERR_DENIED:
	case ERR_LIMIT:
	case ERR_UNAVAIL:
	case ERR_BUG:
		http_exchange_reply(x, 400, "text/plain; charset=utf-8", sv_of(err.text), NULL);
		break;
	case ERR_NOMEM:
		x->state = HTTP_EXCHANGE_FAILED;
		break;
	}
	x->held = false;
}

/* Hands a ready answer to the engine, or suspends until there is one. */
static enum MHD_Result proceed(struct http_exchange *x)
{
	if (x->state == HTTP_EXCHANGE_HANDLING && !x->gone) {
		suspend(x);
		return MHD_YES;
	}
	if (x->gone || !x->response)
		return MHD_NO;
	struct MHD_Response *response = TAKE_PTR(x->response);
	enum MHD_Result result = MHD_queue_response(x->conn->engine, x->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *engine, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **request)
{
	struct http_exchange *x = *request;

	(void)cls;
	(void)engine;
	(void)url;
	(void)method;
	(void)version;
	if (!x)
		return MHD_NO;
	if (x->state == HTTP_EXCHANGE_NEW)
		return begin(x);
	if (*size > 0) {
		buf_put(&x->body, data, *size);
		*size = 0;
		return x->body.failed == ERR_OK ? MHD_YES : MHD_NO;
	}
	if (x->state == HTTP_EXCHANGE_RECEIVING)
		handle(x);
	return proceed(x);
}

static void on_completed(void *cls, struct MHD_Connection *engine, void **request,
	enum MHD_RequestTerminationCode code)
{
	struct http_exchange *x = *request;

	(void)cls;
	(void)engine;
	(void)code;
	if (!x)
		return;
	struct http_conn *conn = TAKE_PTR(x->conn);
	*request = NULL;
	conn->exchange = NULL;
	if (x->state >= HTTP_EXCHANGE_HANDLING)
		x->server->n_exchanges--;
	x->gone = true;
	if (conn->peer)
		http_front_peer_served(conn->peer);
	end(x);
	release(x);
}

static void on_connection(void *cls, struct MHD_Connection *engine, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = s->attaching;
		s->attaching->engine = engine;
	} else {
		struct http_conn *conn = *context;
		*context = NULL;
		conn->engine = NULL;
		/* The peer's tag still names it; then `gone` frees it. */
		if (!conn->peer)
			mem_free(conn);
	}
}

static size_t keep_escapes(void *cls, struct MHD_Connection *engine, char *text)
{
	(void)cls;
	(void)engine;
	return strlen(text);
}

/* Callbacks of the front */

static bool on_attach(void *ctx, struct http_front_peer *p, int fd, void **ret_tag)
{
	struct http_server *s = ctx;
	/* Only limits per address would look at it, and there are none in the engine. */
	struct sockaddr nobody = { .sa_family = AF_UNIX };
	struct http_conn *conn = mem_zalloc(sizeof(*conn));

	if (!conn) {
		close(fd);
		return false;
	}
	*conn = (struct http_conn){ .server = s, .peer = p };
	s->attaching = conn;
	/* Closes fd when it fails. */
	enum MHD_Result taken = MHD_add_connection(s->engine, fd, &nobody, sizeof(nobody));
	s->attaching = NULL;
	if (taken != MHD_YES) {
		mem_free(conn);
		return false;
	}
	*ret_tag = conn;
	return true;
}

static void on_wrote(void *ctx)
{
	wake(ctx);
}

static void on_gone(void *ctx, void *tag)
{
	struct http_conn *conn = tag;
	struct http_exchange *x = conn->exchange;

	(void)ctx;
	conn->peer = NULL;
	if (!conn->engine) {
		mem_free(conn);
		return;
	}
	if (!x)
		return;
	x->gone = true;
	if (x->state == HTTP_EXCHANGE_HANDLING || x->state == HTTP_EXCHANGE_STREAMING)
		end(x);
	resume(x);
}

/* Answers */

static bool add_headers(struct http_exchange *x, struct MHD_Response *response,
	const char *content_type, const char *const *headers)
{
	if (x->server->quiescing &&
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES)
		return false;
	if (content_type && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				    content_type) != MHD_YES)
		return false;
	for (size_t i = 0; headers && headers[i]; i++) {
		struct sv value;
		bool found;
		struct sv name = sv_cut(sv_of(headers[i]), ':', &value, &found);
		AUTO(mem_free_str) char *copy = mem_memdup(name.ptr, name.len);
		/* The value is the rest of a NUL-terminated line. */
		if (!copy || !found ||
			MHD_add_response_header(response, copy,
				sv_skip(value, strspn(value.ptr, " \t")).ptr) != MHD_YES)
			return false;
	}
	return true;
}

/* Takes the response over. NULL: the connection is closed instead. */
static void answer(struct http_exchange *x, int status, struct MHD_Response *response)
{
	bool forbidden =
		status < 200 || status > 599 || (status >= 300 && status < 400 && status != 304);

	x->response = response;
	x->status = forbidden ? 500 : (unsigned)status;
	if (!response)
		x->state = HTTP_EXCHANGE_FAILED;
	if (!x->held) {
		resume(x);
		release(x);
	}
}

static void reply(struct http_exchange *x, int status, const char *content_type,
	struct MHD_Response *response, const char *const *headers)
{
	if (response && !add_headers(x, response, content_type, headers)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	x->state = HTTP_EXCHANGE_ANSWERED;
	answer(x, status, response);
}

void http_exchange_reply(struct http_exchange *x, int status, const char *content_type,
	struct sv body, const char *const *headers)
{
	/* The engine copies at once; its parameter only lacks the const. */
	union {
		const char *read;
		void *data;
	} bytes = { .read = body.len > 0 ? body.ptr : "" };

	reply(x, status, content_type,
		MHD_create_response_from_buffer(body.len, bytes.data, MHD_RESPMEM_MUST_COPY),
		headers);
}

void http_exchange_reply_buf(struct http_exchange *x, int status, const char *content_type,
	struct buf *give_body, const char *const *headers)
{
	size_t len = 0;
	char *data = buf_take(give_body, &len);
	struct MHD_Response *response =
		data ? MHD_create_response_from_buffer_with_free_callback(len, data, mem_free)
		     : NULL;

	if (data && !response)
		mem_free(data);
	reply(x, status, content_type, response, headers);
}

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t size)
{
	struct http_exchange *x = cls;

	(void)at;
	if (x->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (x->pending.len > 0) {
		size_t n = x->pending.len < size ? x->pending.len : size;
		memcpy(out, x->pending.data, n);
		buf_consume(&x->pending, n);
		return (ssize_t)n;
	}
	if (x->stream_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	suspend(x);
	return 0;
}

void http_exchange_stream(struct http_exchange *x, const char *content_type, size_t max_pending)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BYTES, read_stream, x, NULL);

	if (response && !add_headers(x, response, content_type, NULL)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	buf_init(&x->pending, max_pending);
	x->state = HTTP_EXCHANGE_STREAMING;
	if (x->conn && x->conn->peer)
		http_front_peer_streams(x->conn->peer);
	answer(x, 200, response);
}

bool http_exchange_stream_write(struct http_exchange *x, struct sv piece)
{
	if (x->gone || x->stream_ended || x->state != HTTP_EXCHANGE_STREAMING)
		return false;
	buf_put_sv(&x->pending, piece);
	if (x->pending.failed != ERR_OK)
		return false;
	resume(x);
	return true;
}

void http_exchange_stream_end(struct http_exchange *x)
{
	x->stream_ended = true;
	resume(x);
	release(x);
}

/* The server */

/* Lets the engine do all it can, then the front. */
static void run(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 1;

	s->awake = false;
	MHD_run(s->engine);
	http_front_turn(s->front);
	if (MHD_get_timeout(s->engine, &timeout_ms) == MHD_YES)
		loop_timer_set(s->again, (int64_t)timeout_ms * NS_PER_MS);
}

static void on_engine(struct loop_fd *f, uint32_t events, void *ctx)
{
	(void)f;
	(void)events;
	run(ctx);
}

static void on_again(struct loop_timer *t, void *ctx)
{
	(void)t;
	run(ctx);
}

static enum error_kind start_engine(
	struct http_server *s, unsigned max_connections, struct error *err)
{
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)max_connections + ENGINE_SPARE_CONNECTIONS,
			NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, ENGINE_MEMORY_BYTES, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	s->engine = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, s, MHD_OPTION_ARRAY, options, MHD_OPTION_URI_LOG_CALLBACK, uri_seen, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, s, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
		s->engine ? MHD_get_daemon_info(s->engine, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return error_set(err, ERR_UNAVAIL,
			"cannot start libmicrohttpd (out of memory or descriptors)");
	s->again = loop_timer_new(s->loop, on_again, s);
	s->engine_watch = loop_fd_new(s->loop, info->epoll_fd, EPOLLIN, on_engine, s);
	return s->again && s->engine_watch ? ERR_OK : error_nomem(err);
}

static enum error_kind start_front(struct http_server *s, const struct http_server_config *config,
	unsigned max_connections, struct error *err)
{
	static const struct http_front_ops ops = { on_attach, on_wrote, on_gone };
	struct http_front_config front = {
		.bind_address = config->bind_address,
		.port = config->port,
		.request_client_cert = config->request_client_cert,
		.max_connections = max_connections,
		.idle_timeout_ns =
			(config->idle_timeout_sec ? config->idle_timeout_sec : DEFAULT_IDLE_SEC) *
			NS_PER_SEC,
		.max_body_bytes = config->max_body_bytes,
	};

	if (config->n_tls_pairs > 0) {
		enum error_kind kind = http_tls_identity_new(
			config->tls_pairs, config->n_tls_pairs, &s->tls, &front.identity, err);
		if (kind != ERR_OK)
			return kind;
		s->is_tls = true;
	}
	return http_front_new(s->loop, &front, &ops, s, &s->front, err);
}

enum error_kind http_server_new(struct loop *l, const struct http_server_config *config,
	http_handler_fn handler, void *ctx, struct http_server **ret, struct error *err)
{
	unsigned max_connections =
		config->max_connections ? config->max_connections : DEFAULT_CONNECTIONS;
	AUTO(http_server_free) struct http_server *s = mem_zalloc(sizeof(*s));
	if (!s)
		return error_nomem(err);
	s->loop = l;
	s->handler = handler;
	s->ctx = ctx;
	s->max_body_bytes = config->max_body_bytes;
	s->tls = config->tls;
	enum error_kind kind = start_engine(s, max_connections, err);
	if (kind == ERR_OK)
		kind = start_front(s, config, max_connections, err);
	if (kind != ERR_OK)
		return kind;
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void http_server_quiesce(struct http_server *s)
{
	s->quiescing = true;
	http_front_quiesce(s->front);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	http_front_free(s->front);
	loop_undefer(s->loop, on_wake, s);
	loop_fd_free(s->engine_watch);
	loop_timer_free(s->again);
	if (s->engine)
		MHD_stop_daemon(s->engine);
	while (s->exchanges) {
		/* Never answered, and nobody asked to be told. */
		struct http_exchange *x = s->exchanges;
		x->ended = true;
		x->conn = NULL;
		release(x);
	}
	mem_free(s);
}

uint16_t http_server_port(const struct http_server *s)
{
	return http_front_port(s->front);
}

unsigned http_server_n_exchanges(const struct http_server *s)
{
	return s->n_exchanges + http_front_n_unsent(s->front);
}

enum error_kind http_server_set_certificates(
	struct http_server *s, const struct http_tls_pair *pairs, size_t n, struct error *err)
{
	struct http_tls_identity *identity;

	if (!s->is_tls)
		return error_set(err, ERR_BUG, "a server of plain HTTP has no certificate");
	enum error_kind kind = http_tls_identity_new(pairs, n, &s->tls, &identity, err);

	if (kind == ERR_OK)
		http_front_set_identity(s->front, identity);
	return kind;
}
