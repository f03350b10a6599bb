#pragma once
/* The server's end of TLS on GnuTLS: 1.2 and 1.3, ephemeral keys and AEAD ciphers only, no renegotiation, no tickets.
 * Nothing of GnuTLS shows outside http_tls.c. */
#include <sys/types.h>

#include "common/error.h"
#include "common/sv.h"

struct http_tls_identity; /* certificate and key; counted, because sessions outlive a change of certificate */
struct http_tls; /* one session on a non-blocking socket */

/* Narrower than the default; zeroed: the default. The ciphers count for both versions; none set: all. */
struct http_tls_policy {
	bool only_tls13;
	bool aes_128_gcm, aes_256_gcm, chacha20_poly1305;
};

/* PEM: a chain, own certificate first, and its key. */
struct http_tls_pair {
	struct sv cert_pem, key_pem;
};

/* A client that names a server gets the first pair whose certificate holds just that name, in the same letters; others get the first one, as far as they can use its kind of
 * key. n is at least 1. Errors: INVALID. */
MUST_USE enum error_kind http_tls_identity_new(const struct http_tls_pair *pairs, size_t n,
	const struct http_tls_policy *policy, struct http_tls_identity **ret, struct error *err);
void http_tls_identity_unref(struct http_tls_identity *identity);
DEFINE_AUTO(struct http_tls_identity *, http_tls_identity_unref)

/* The descriptor stays the caller's. NULL: no memory. */
MUST_USE struct http_tls *http_tls_new(
	struct http_tls_identity *identity, bool request_client_cert, int fd);
/* Says goodbye if that is possible at once, and frees. */
void http_tls_free(struct http_tls *t);

/* 0: done; -EAGAIN: wait (see http_tls_wants_write); -EPROTO: hopeless. */
int http_tls_handshake(struct http_tls *t);
/* Like recv and send, with -errno instead of errno: -EAGAIN or -EPROTO. After -EAGAIN send wants the same bytes again. */
ssize_t http_tls_recv(struct http_tls *t, void *data, size_t size);
ssize_t http_tls_send(struct http_tls *t, const void *data, size_t len);
/* What the last -EAGAIN waits for: room to write, else something to read. */
bool http_tls_wants_write(const struct http_tls *t);
/* Ends our direction of the stream. */
void http_tls_bye(struct http_tls *t);
/* The i-th certificate of the client's chain, DER, borrowed from the session; empty beyond the last. */
struct sv http_tls_peer_cert(const struct http_tls *t, unsigned i);
