#pragma once
/* The serving certificate: from the given files, from --cert-dir, or made there. */
#include "adapter/adapter_options.h"
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

struct serving_cert {
	const char *cert_file, *key_file; /* where it is read from, again when they change */
	struct sv cert_pem, key_pem;
};

/* From the flags: --tls-cert-file and --tls-private-key-file, else --cert-dir/apiserver.crt and .key, made (with directory, for the bind address)
 * when they do not exist. errors: INVALID (unreadable, unwritable, not a pair), LIMIT, NOMEM */
MUST_USE enum error_kind serving_cert_load(struct arena *a, const struct adapter_options *o,
	struct wall now, struct serving_cert *ret, struct error *err);
/* Differs for another certificate or key. */
uint64_t serving_cert_fingerprint(const struct serving_cert *c);
