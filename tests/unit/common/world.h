#pragma once
/* The client and our own server on one loop. */
#include "common/http_client.h"
#include "tests/unit/common/net.h"

struct world {
	struct net net; /* first: the handler's context */
	struct http_client *client;
	struct http_endpoint *endpoint;
	char token_file[64];
	struct http_exchange *waiting;
	const char *wanted_token;
	unsigned n_ended;

	unsigned n_done;
	int status;
	struct buf body;
	char content_type[64], date[64];
	struct opt_retry_after retry_after;
	struct error failed;
	struct http_call *call;
	unsigned n_pieces;
	size_t largest_piece;
	bool refuse_piece, cancel_in_piece, free_in_piece, free_in_done, start_in_done;
};

/* The server's side */

static inline __attribute__((unused)) bool put_header(struct sv name, struct sv value, void *ctx)
{
	buf_printf(ctx, "%.*s=%.*s|", SV_ARG(name), SV_ARG(value));
	return true;
}

static inline __attribute__((unused)) void note_end(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	if (w->waiting == x)
		w->waiting = NULL;
	w->n_ended++;
}

static inline __attribute__((unused)) void echo(struct http_exchange *x)
{
	struct buf out;
	buf_init(&out, 200000);
	buf_printf(&out, "%.*s|%.*s|", SV_ARG(http_exchange_method(x)),
		SV_ARG(http_exchange_target(x)));
	http_exchange_each_header(x, put_header, &out);
	buf_put_sv(&out, http_exchange_body(x));
	http_exchange_reply_buf(x, 200, "text/plain; charset=utf-8", &out, NULL);
	buf_done(&out);
}

static inline __attribute__((unused)) void handle(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	struct sv path = http_exchange_path(x);
	w->net.n_handled++;
	if (sv_is(path, "/later") || sv_is(path, "/stream")) {
		w->waiting = x;
		http_exchange_set_ctx(x, w, note_end);
		if (sv_is(path, "/stream"))
			http_exchange_stream(x, "application/json", 100000);
	} else if (sv_is(path, "/busy")) {
		http_exchange_reply(
			x, 429, NULL, SV("later"), (const char *const[]){ "Retry-After: 7", NULL });
	} else if (sv_is(path, "/very-busy")) {
		http_exchange_reply(
			x, 503, NULL, SV(""), (const char *const[]){ "Retry-After: 99999", NULL });
	} else if (sv_is(path, "/unchanged")) {
		http_exchange_reply(
			x, 304, NULL, SV(""), (const char *const[]){ "Location: /echo", NULL });
	} else if (sv_is(path, "/secret")) {
		char wanted[100];
		(void)snprintf(wanted, sizeof(wanted), "Bearer %s", w->wanted_token);
		bool good = sv_is(http_exchange_header(x, "Authorization"), wanted);
		http_exchange_reply(
			x, good ? 200 : 401, "text/plain", good ? SV("hello") : SV("who?"), NULL);
	} else if (sv_is(path, "/kilobyte")) {
		char bytes[1024];
		memset(bytes, 'k', sizeof(bytes));
		http_exchange_reply(x, 200, NULL, sv_from(bytes, sizeof(bytes)), NULL);
	} else if (sv_is(path, "/megabytes")) {
		struct buf out;
		buf_init(&out, 8u << 20);
		for (uint64_t i = 0; out.len < 3u << 20; i++)
			buf_put_u64(&out, i);
		http_exchange_reply_buf(x, 200, NULL, &out, NULL);
		buf_done(&out);
	} else if (sv_is(path, "/certificate")) {
		bool shown = http_exchange_client_cert(x).len > 0;
		http_exchange_reply(x, 200, NULL, shown ? SV("shown") : SV("none"), NULL);
	} else {
		echo(x);
	}
}

/* The client's side */

static inline __attribute__((unused)) struct http_endpoint *endpoint(
	struct world *w, struct http_endpoint_config config)
{
	struct http_endpoint *e;
	struct error err;
	char url[64];
	if (!config.base_url) {
		(void)snprintf(
			url, sizeof(url), "http://127.0.0.1:%u", http_server_port(w->net.server));
		config.base_url = url;
	}
	enum error_kind kind = http_endpoint_new(w->client, &config, &e, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	return e;
}

static inline __attribute__((unused)) void start_with(struct world *w,
	const struct http_server_config *server, struct http_endpoint_config config)
{
	struct error err;
	*w = (struct world){ 0 };
	net_start(&w->net, server, handle);
	buf_init(&w->body, 1000000);
	ck_assert_int_eq(http_client_new(w->net.loop, &w->client, &err), ERR_OK);
	w->endpoint = endpoint(w, config);
}

static inline __attribute__((unused)) void start(
	struct world *w, struct http_endpoint_config config)
{
	const struct http_server_config server = { .bind_address = "127.0.0.1",
		.max_body_bytes = 1000000 };
	start_with(w, &server, config);
}

static inline __attribute__((unused)) void stop(struct world *w)
{
	http_endpoint_free(w->endpoint);
	http_client_free(w->client);
	net_stop(&w->net);
	buf_done(&w->body);
}

static inline __attribute__((unused)) void begin(struct world *w, struct http_request request);

static inline __attribute__((unused)) void on_done(
	const struct http_response *response, const struct error *failed, void *ctx)
{
	struct world *w = ctx;
	w->n_done++;
	w->call = NULL;
	w->status = response->status;
	buf_put_sv(&w->body, response->body);
	(void)snprintf(
		w->content_type, sizeof(w->content_type), "%.*s", SV_ARG(response->content_type));
	(void)snprintf(w->date, sizeof(w->date), "%.*s", SV_ARG(response->date));
	w->retry_after = response->retry_after;
	w->failed = failed ? *failed : (struct error){ .kind = ERR_OK };
	if (w->start_in_done) {
		w->start_in_done = false;
		begin(w, (struct http_request){ .target = "/echo" });
	}
	if (w->free_in_done) {
		http_endpoint_free(w->endpoint);
		w->endpoint = NULL;
	}
}

static inline __attribute__((unused)) bool on_piece(struct sv piece, void *ctx)
{
	struct world *w = ctx;
	w->n_pieces++;
	if (piece.len > w->largest_piece)
		w->largest_piece = piece.len;
	buf_put_sv(&w->body, piece);
	if (w->cancel_in_piece) {
		http_call_cancel(w->call);
		w->call = NULL;
	}
	if (w->free_in_piece) {
		http_endpoint_free(w->endpoint);
		w->endpoint = NULL;
	}
	return !w->refuse_piece;
}

static inline __attribute__((unused)) void begin(struct world *w, struct http_request request)
{
	struct error err;
	if (!request.method)
		request.method = "GET";
	request.done = on_done;
	request.ctx = w;
	unsigned n_done = w->n_done;
	enum error_kind kind = http_call_start(w->endpoint, &request, &w->call, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(w->n_done, n_done);
}

#define TURN_UNTIL(w, condition)                                                                   \
	do {                                                                                       \
		int64_t until_ = instant_mono_now().ns + NET_PATIENCE_NS;                          \
		while (!(condition)) {                                                             \
			net_turn(&(w)->net, 2);                                                    \
			ck_assert_msg(instant_mono_now().ns < until_, "never: " #condition);       \
		}                                                                                  \
	} while (0)

/* One call to its end. */
static inline __attribute__((unused)) void ask(struct world *w, struct http_request request)
{
	unsigned n_done = w->n_done;
	buf_clear(&w->body);
	begin(w, request);
	TURN_UNTIL(w, w->n_done > n_done);
	ck_assert_uint_eq(w->n_done, n_done + 1);
}
