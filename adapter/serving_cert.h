#pragma once
/* The serving certificate: from the given files, from --cert-dir, or made there. */
#include "adapter/adapter_options.h"
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

/* The certificate and those of --tls-sni-cert-key. */
#define SERVING_CERT_MAX 17u

struct serving_cert {
	const char *cert_file,
		*key_file; /* of the first: where it is read from, again when they change */
	struct http_tls_pair
		pairs[SERVING_CERT_MAX]; /* the first for clients that name no server */
	size_t n;
};

/* From the flags --tls-sni-cert-key "CERT,KEY" (patterns behind a colon are passed over: the names in the certificate count) and --tls-cert-file and --tls-private-key-file, else --cert-dir/apiserver.crt and .key, made (with directory, for the bind address)
 * when they do not exist. errors: INVALID (unreadable, unwritable, not a pair), LIMIT, NOMEM */
MUST_USE enum error_kind serving_cert_load(struct arena *a, const struct adapter_options *o,
	struct wall now, struct serving_cert *ret, struct error *err);
/* Differs for another certificate or key. */
uint64_t serving_cert_fingerprint(const struct serving_cert *c);
