/* TLS of the HTTP server. libmicrohttpd could do it, but then only libmicrohttpd's lenient parser would ever see the
 * decrypted bytes; see http_gate.c.
 *
 * The client's certificate is asked for and its chain kept; GnuTLS makes sure that the client holds the key. Whose
 * certificate it is, is the caller's question: the answer depends on CAs that change while connections live. */
#include "common/http_tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

/* TLS 1.2 and 1.3; ECDHE only, so every session has forward secrecy; AEAD only, so no CBC paddings. */
#define PRIORITIES                                                                                 \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3%s:-CIPHER-ALL%s%s%s:-MAC-ALL:+AEAD:-KX-ALL:+ECDHE-ECDSA:"   \
	"+ECDHE-RSA:%%SERVER_PRECEDENCE"
#define PRIORITIES_MAX 256u

struct http_tls_identity {
	unsigned n_refs;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
};

struct http_tls {
	gnutls_session_t session;
	struct http_tls_identity *identity;
	bool established;
	bool send_blocked; /* GnuTLS holds a record that the socket did not take */
};

static enum error_kind tls_error(int code, const char *what, struct error *err)
{
	if (code == GNUTLS_E_MEMORY_ERROR)
		return error_nomem(err);
	return error_set(err, ERR_INVALID, "%s: %s", what, gnutls_strerror(code));
}

static gnutls_datum_t datum_of(struct sv text)
{
	/* GnuTLS reads only, but its type has no const. */
	union {
		const char *read;
		unsigned char *data;
	} bytes = { .read = text.ptr };
	return (gnutls_datum_t){ bytes.data, (unsigned)text.len };
}

static int set_priorities(gnutls_priority_t *ret, const struct http_tls_policy *p)
{
	char text[PRIORITIES_MAX];
	bool all = !p->aes_128_gcm && !p->aes_256_gcm && !p->chacha20_poly1305;
	(void)snprintf(text, sizeof(text), PRIORITIES, p->only_tls13 ? "" : ":+VERS-TLS1.2",
		all || p->aes_128_gcm ? ":+AES-128-GCM" : "",
		all || p->aes_256_gcm ? ":+AES-256-GCM" : "",
		all || p->chacha20_poly1305 ? ":+CHACHA20-POLY1305" : "");
	return gnutls_priority_init(ret, text, NULL);
}

enum error_kind http_tls_identity_new(const struct http_tls_pair *pairs, size_t n,
	const struct http_tls_policy *policy, struct http_tls_identity **ret, struct error *err)
{
	AUTO(http_tls_identity_unref)
	struct http_tls_identity *identity = mem_zalloc(sizeof(*identity));
	if (!identity)
		return error_nomem(err);
	identity->n_refs = 1;
	int code = gnutls_certificate_allocate_credentials(&identity->credentials);
	if (code < 0)
		return error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		gnutls_datum_t cert = datum_of(pairs[i].cert_pem);
		gnutls_datum_t key = datum_of(pairs[i].key_pem);
		code = gnutls_certificate_set_x509_key_mem(
			identity->credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
		if (code < 0)
			return tls_error(
				code, "cannot use the serving certificate and its key", err);
	}
	code = set_priorities(&identity->priorities, policy);
	if (code < 0)
		return tls_error(code, "cannot set the TLS versions and ciphers", err);
	*ret = TAKE_PTR(identity);
	return ERR_OK;
}

void http_tls_identity_unref(struct http_tls_identity *identity)
{
	if (!identity || --identity->n_refs > 0)
		return;
	if (identity->priorities)
		gnutls_priority_deinit(identity->priorities);
	if (identity->credentials)
		gnutls_certificate_free_credentials(identity->credentials);
	mem_free(identity);
}

struct http_tls *http_tls_new(struct http_tls_identity *identity, bool request_client_cert, int fd)
{
	unsigned char name[] = "http/1.1";
	gnutls_datum_t protocol = { name, sizeof(name) - 1 };
	struct http_tls *t = mem_zalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->identity = identity;
	identity->n_refs++;
	if (gnutls_init(&t->session,
		    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) < 0 ||
		gnutls_priority_set(t->session, identity->priorities) < 0 ||
		gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, identity->credentials) <
			0 ||
		gnutls_alpn_set_protocols(t->session, &protocol, 1, 0) < 0) {
		http_tls_free(t);
		return NULL;
	}
	gnutls_certificate_server_set_request(
		t->session, request_client_cert ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
	gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_transport_set_int(t->session, fd);
	return t;
}

void http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	if (t->session) {
		http_tls_bye(t);
		gnutls_deinit(t->session);
	}
	http_tls_identity_unref(t->identity);
	mem_free(t);
}

static bool is_temporary(ssize_t code)
{
	return code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED;
}

int http_tls_handshake(struct http_tls *t)
{
	for (;;) {
		int code = gnutls_handshake(t->session);
		if (code == GNUTLS_E_SUCCESS) {
			t->established = true;
			return 0;
		}
		if (code == GNUTLS_E_AGAIN)
			return -EAGAIN;
		if (gnutls_error_is_fatal(code)) {
			/* Tells the client why, as far as the socket takes it. */
			(void)gnutls_alert_send_appropriate(t->session, code);
			return -EPROTO;
		}
	}
}

ssize_t http_tls_recv(struct http_tls *t, void *data, size_t size)
{
	for (;;) {
		ssize_t n = gnutls_record_recv(t->session, data, size);
		if (n >= 0)
			return n;
		if (n == GNUTLS_E_AGAIN)
			return -EAGAIN;
		/* A request to renegotiate counts as an error: nothing we talk to does that. */
		if (n != GNUTLS_E_INTERRUPTED && n != GNUTLS_E_WARNING_ALERT_RECEIVED)
			return -EPROTO;
	}
}

ssize_t http_tls_send(struct http_tls *t, const void *data, size_t len)
{
	ssize_t n;

	do {
		n = t->send_blocked ? gnutls_record_send(t->session, NULL, 0)
				    : gnutls_record_send(t->session, data, len);
		t->send_blocked = is_temporary(n);
	} while (n == GNUTLS_E_INTERRUPTED);
	if (n >= 0)
		return n;
	return n == GNUTLS_E_AGAIN ? -EAGAIN : -EPROTO;
}

bool http_tls_wants_write(const struct http_tls *t)
{
	return gnutls_record_get_direction(t->session) == 1;
}

void http_tls_bye(struct http_tls *t)
{
	if (t->established && !t->send_blocked)
		(void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
	t->established = false;
}

struct sv http_tls_peer_cert(const struct http_tls *t, unsigned i)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(t->session, &n);

	if (!chain || i >= n)
		return SV_NULL;
	return sv_from((const char *)chain[i].data, chain[i].size);
}
