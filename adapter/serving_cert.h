#pragma once
/* The serving certificate: from the given files, from --cert-dir, or made there. */
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

struct serving_cert {
	const char *cert_file, *key_file; /* where it is read from, again when they change */
	struct sv cert_pem, key_pem;
};

/* cert_file and key_file "": DIR/apiserver.crt and .key, made (with directory) when they do not exist.
 * errors: INVALID (unreadable, unwritable, not a pair), LIMIT, NOMEM */
MUST_USE enum error_kind serving_cert_load(struct arena *a, const char *cert_file,
	const char *key_file, const char *dir, const char *host, struct wall now,
	struct serving_cert *ret, struct error *err);
