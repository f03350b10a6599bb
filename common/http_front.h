#pragma once
/* The outside of the HTTP server: listens, accepts, ends TLS, lets each connection's bytes through the strict front
 * (http_gate.h) into a socket pair, and carries the answers back. Whoever parses HTTP has the inner end of the pair. Limits
 * connections, heads, bodies and time. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/http_tls.h"
#include "common/loop.h"
#include "common/sv.h"

struct http_front;
struct http_front_peer; /* one connected client */

struct http_front_ops {
	/* The peer's first request is at hand: read it from fd, which is the callee's from now on. True: *ret_tag belongs to
	 * the peer until `gone`. */
	bool (*attach)(void *ctx, struct http_front_peer *p, int fd, void **ret_tag);
	/* There are bytes to read on one of the fds, now: for a callee that would rather not wait for the event. */
	void (*wrote)(void *ctx);
	/* The client went away, or its connection was closed; the peer must not be used any more. */
	void (*gone)(void *ctx, void *tag);
};

struct http_front_config {
	const char *bind_address;
	uint16_t port;
	struct http_tls_identity *identity; /* NULL: plain HTTP; a reference goes over */
	bool request_client_cert;
	unsigned max_connections;
	int64_t idle_timeout_ns;
	size_t max_body_bytes;
};

MUST_USE enum error_kind http_front_new(struct loop *l, const struct http_front_config *config,
	const struct http_front_ops *ops, void *ctx, struct http_front **ret, struct error *err);
/* Calls `gone` for every peer. */
void http_front_free(struct http_front *f);
uint16_t http_front_port(const struct http_front *f);
/* Connections with bytes that their client has not taken yet. */
unsigned http_front_n_unsent(const struct http_front *f);
/* Stops listening and closes connections that wait for a request; busy ones are closed after their answer. */
void http_front_quiesce(struct http_front *f);
/* For new handshakes; takes the reference over. */
void http_front_set_identity(struct http_front *f, struct http_tls_identity *identity);

/* "127.0.0.1:4711", "[::1]:4711" */
struct sv http_front_peer_address(const struct http_front_peer *p);
/* The head of the present request, in canonical form with its empty line; what the pair carries instead is the framing of it (http_framing.h). The
 * peer's, until the request is served. */
struct sv http_front_peer_head(const struct http_front_peer *p);
struct sv http_front_peer_cert(const struct http_front_peer *p, unsigned i);
/* The answer to the present request streams without end: a client that ends its direction is gone. */
void http_front_peer_streams(struct http_front_peer *p);
/* The present request is answered, all of it written to the pair. The next one is let through from http_front_turn. */
void http_front_peer_served(struct http_front_peer *p);
void http_front_turn(struct http_front *f);
