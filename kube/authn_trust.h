#pragma once
/* What authentication trusts at one moment: two CA pools and the front proxy's names and headers; replaced whole. Verdicts about certificates are
 * remembered, because every request of a connection shows the same one. */
#include "common/instant.h"
#include "common/tls_cert.h"
#include "kube/authn_user.h"

struct authn_trust;

/* Members of the ConfigMap's data, or the like from files; empty: not configured. All copied. */
struct authn_trust_config {
	struct sv client_ca_pem, proxy_ca_pem;
	const struct sv *proxy_names;
	size_t n_proxy_names;
	struct authn_proxy_headers proxy_headers;
};

MUST_USE enum error_kind authn_trust_new(
	const struct authn_trust_config *config, struct authn_trust **ret, struct error *err);
void authn_trust_free(struct authn_trust *t);
DEFINE_AUTO(struct authn_trust *, authn_trust_free)
bool authn_trust_has_proxy(const struct authn_trust *t);
bool authn_trust_has_client(const struct authn_trust *t);
const struct authn_proxy_headers *authn_trust_headers(const struct authn_trust *t);

struct authn_trust_verdict {
	bool proxy;  /* issued by the proxy CA to an allowed name */
	bool client; /* issued by the client CA */
	struct tls_cert_subject subject;
};

/* Borrowed until the next call. NULL: no memory. */
const struct authn_trust_verdict *authn_trust_check(
	struct authn_trust *t, struct sv der, struct wall now);

/* The ConfigMap's JSON -> configuration, in the arena. errors: INVALID naming the key, LIMIT, NOMEM */
MUST_USE enum error_kind authn_trust_decode(
	struct arena *a, struct sv config_map, struct authn_trust_config *ret, struct error *err);
