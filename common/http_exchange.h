#pragma once
/* The inside of struct http_exchange, for http_exchange.c (the request) and http_server.c (life and answer). Others use
 * http_server.h. */
#include "common/http_server.h"
#include "common/vec.h"

struct http_conn; /* a connection as the engine sees it: http_server.c */

struct http_header {
	struct sv name, value;
};

enum http_exchange_state {
	HTTP_EXCHANGE_NEW,	 /* the engine has read the request line */
	HTTP_EXCHANGE_RECEIVING, /* headers are known, the body arrives */
	HTTP_EXCHANGE_HANDLING,	 /* the handler has it */
	HTTP_EXCHANGE_ANSWERED,	 /* an answer is set or under way */
	HTTP_EXCHANGE_STREAMING,
	HTTP_EXCHANGE_FAILED, /* no answer possible: the connection is closed */
};

struct http_exchange {
	struct http_server *server;
	struct http_exchange **link, *next; /* all of the server */
	struct http_conn *conn;		    /* NULL: the engine is done with it */
	enum http_exchange_state state;
	bool gone;  /* the client went away */
	bool ended; /* on_end was called */
	bool held;  /* a callback about it is running: an answer waits for its return */
	bool suspended;

	struct arena arena;
	struct sv method, target, path, peer;
	VEC(struct http_query) query;
	VEC(struct http_header) headers;
	struct buf body;

	void *response; /* of the engine */
	unsigned status;
	struct buf pending; /* of a stream */
	bool stream_ended;

	void *ctx;
	void (*on_end)(struct http_exchange *x, void *ctx);
};

/* Copies `head`, a head in canonical form (http_gate.h), and takes it apart: method, target, headers. NULL: no memory. */
MUST_USE struct http_exchange *http_exchange_new(struct sv head, size_t max_body_bytes);
/* Frees the exchange and what it holds, but not `response`. */
void http_exchange_free(struct http_exchange *x);
/* Splits the target into path and decoded query. Errors: INVALID, NOMEM, LIMIT. */
MUST_USE enum error_kind http_exchange_parse_target(struct http_exchange *x, struct error *err);
