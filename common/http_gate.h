#pragma once
/* The strict front of the HTTP server: a filter over the bytes of one connection. It lets through exactly one well-formed
 * HTTP/1.x request at a time, written anew in canonical form, and refuses everything that two parsers might read in two ways.
 * Pure: bytes in, bytes out. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/sv.h"

enum http_gate_state {
	HTTP_GATE_HEAD,	      /* collects the request line and the headers */
	HTTP_GATE_BODY,	      /* passes `left` bytes of a body of known length */
	HTTP_GATE_CHUNK_SIZE, /* reads the size line of a chunk */
	HTTP_GATE_CHUNK_DATA, /* passes `left` bytes of a chunk */
	HTTP_GATE_CHUNK_END,  /* expects CR LF behind a chunk */
	HTTP_GATE_LAST_END,   /* expects CR LF behind the last chunk: no trailers */
	HTTP_GATE_DONE,	      /* the request is complete; http_gate_next begins another one */
	HTTP_GATE_REFUSED,    /* status and reason say why; final */
};

struct http_gate {
	enum http_gate_state state;
	int status;	    /* REFUSED: HTTP status for the client */
	const char *reason; /* REFUSED: static text */
	size_t max_body;
	uint64_t left, n_body;
	struct buf head;
	size_t line_len; /* of the line that is being collected */
	bool cr;	 /* the last byte was a CR */
};

void http_gate_init(struct http_gate *g, size_t max_body_bytes);
void http_gate_done(struct http_gate *g);
/* Ready for the next request of the connection. */
void http_gate_next(struct http_gate *g);
/* Takes bytes from `in` and appends canonical ones to `out`; returns how many it took. It takes all of them unless the
 * request is complete or refused. The head is written only when all of it is known to be good. */
size_t http_gate_feed(struct http_gate *g, struct sv in, struct buf *out);
/* True while nothing of the present request has arrived. */
bool http_gate_is_idle(const struct http_gate *g);
