#pragma once
/* Client certificates after the handshake: who issued them, whom they name; and certificates for a first start. The only user of GnuTLS' X.509 functions. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

/* Certificates that may issue client certificates. Immutable. */
struct tls_cert_pool;

/* One or more certificates in PEM. errors: INVALID (none, or not a certificate), NOMEM */
MUST_USE enum error_kind tls_cert_pool_new(
	struct sv pem, struct tls_cert_pool **ret, struct error *err);
void tls_cert_pool_free(struct tls_cert_pool *p);
DEFINE_AUTO(struct tls_cert_pool *, tls_cert_pool_free)
/* Whether the pool issued this certificate (DER), it is valid now, and it may be used by TLS clients. Costs a signature check: cache it. */
bool tls_cert_pool_verify_client(const struct tls_cert_pool *p, struct sv der);

struct tls_cert_subject {
	struct sv common_name;
	struct sv *organizations;
	size_t n_organizations;
	struct wall expires;
};

/* errors: INVALID (no certificate), LIMIT, NOMEM */
MUST_USE enum error_kind tls_cert_subject(
	struct arena *a, struct sv der, struct tls_cert_subject *ret, struct error *err);
/* Whether certificate and key (PEM) belong together. errors: INVALID with the reason */
MUST_USE enum error_kind tls_cert_check_pair(
	struct sv cert_pem, struct sv key_pem, struct error *err);
/* A certificate for localhost, 127.0.0.1 and `host` (name or address; may be empty), valid for a year from `now`, signed by a throw-away CA: the
 * certificate, then its CA, in cert; the key in key. errors: UNAVAIL (GnuTLS failed), NOMEM */
MUST_USE enum error_kind tls_cert_self_signed(
	struct sv host, struct wall now, struct buf *cert, struct buf *key, struct error *err);
