#pragma once
/* The serving certificate: from the given files, from --cert-dir, or made there. */
#include "common/arena.h"
#include "common/error.h"
#include "common/http_tls.h"
#include "common/instant.h"
#include "common/options.h"
#include "common/sv.h"

/* The certificate and those of --tls-sni-cert-key. */
#define SERVING_CERT_MAX 17u

/* As the flags of Kubernetes' servers have it; texts may be empty. */
struct serving_cert_config {
	const char *bind_address;
	const char *cert_dir;
	const char *cert_file, *key_file;
	const struct option_list *named; /* --tls-sni-cert-key; NULL: none */
};

struct serving_cert {
	/* Of the first: where it is read from, again when they change; empty: it was made for this process and is nowhere else. */
	const char *cert_file, *key_file;
	struct http_tls_pair
		pairs[SERVING_CERT_MAX]; /* the first for clients that name no server */
	size_t n;
};

/* From --tls-sni-cert-key "CERT,KEY" (patterns behind a colon are passed over: the names in the certificate count) and --tls-cert-file and
 * --tls-private-key-file, else --cert-dir/apiserver.crt and .key, made (with directory, for the bind address) when they do not exist; without a
 * directory, made in memory. errors: INVALID (unreadable, unwritable, not a pair), LIMIT, NOMEM */
MUST_USE enum error_kind serving_cert_load(struct arena *a,
	const struct serving_cert_config *config, struct wall now, struct serving_cert *ret,
	struct error *err);
/* Differs for another certificate or key. */
uint64_t serving_cert_fingerprint(const struct serving_cert *c);
