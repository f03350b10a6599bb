#pragma once
/* The CA files of callers: --client-ca-file and --requestheader-client-ca-file. */
#include "adapter/server.h"

struct client_cas {
	struct sv client_pem, proxy_pem; /* empty: not given */
	uint64_t fingerprint;
};

/* errors: INVALID naming the flag and the file, LIMIT, NOMEM */
MUST_USE enum error_kind client_cas_read(struct arena *a, const struct adapter_options *o,
	struct client_cas *ret, struct error *err);
/* Looks at the files again. A change counts from the next request on, on old connections too. After an error the old CAs stay; the same mistake is an
 * error only once. */
MUST_USE enum error_kind client_cas_reload(struct server *s, bool *ret_changed, struct error *err);
