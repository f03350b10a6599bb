#pragma once
/* The files of a server definition: read and checked, so that a wrong path or certificate is one line now and not a failed query later. */
#include "promql/server_config.h"

/* Everything that prom_client_new needs, texts in the arena; of a service (server_config.h) all but address and credentials of the API server. Certificates and passwords are read now; a token file must be readable now and
 * is read again by the client whenever it changes. user_agent: may be NULL; borrowed.
 * errors: INVALID with the server's name and the file, LIMIT, NOMEM */
MUST_USE enum error_kind server_connect_load(struct arena *a, const struct server_config *s,
	const char *user_agent, struct prom_client_config *ret, struct error *err);
/* Differs when anything differs that a client would be made of, contents of files included (but for the token file, which clients read
 * themselves). Equal: the client that exists can stay. */
uint64_t server_connect_fingerprint(const struct prom_client_config *c);
