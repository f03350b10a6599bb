#pragma once
/* What an endpoint proves itself with: PEM data as files that TLS libraries can open, and bearer tokens that change. */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/error.h"
#include "common/sv.h"

struct http_endpoint_config;

/* A PEM file: one that exists, or text in memory that has a path ("/proc/self/fd/9"), because only files work with every
 * flavour of libcurl. */
struct http_pem {
	char *file; /* NULL: none */
	bool has_fd;
	int fd;
	char fd_path[32];
};

struct http_token {
	char *file; /* NULL: the text is fixed */
	char *text; /* NULL: none */
	struct timespec mtime;
	uint64_t inode;
	uint64_t generation; /* counts changes of the text */
};

struct http_credentials {
	struct http_pem ca, cert, key;
	bool insecure;
	char *username, *password;
	struct http_token token;
};

/* Copies what the configuration says; token files are not read yet. Also after a failure http_credentials_done is due.
 * Errors: INVALID, UNAVAIL, NOMEM. */
MUST_USE enum error_kind http_credentials_init(
	struct http_credentials *c, const struct http_endpoint_config *config, struct error *err);
void http_credentials_done(struct http_credentials *c);
/* NULL: none configured. */
const char *http_credentials_path(const struct http_pem *pem);
/* Reads the token file when it changed since, or always with `force`. A file that cannot be read leaves the old token in
 * use. Errors: UNAVAIL, INVALID, NOMEM (and there is no old one). */
MUST_USE enum error_kind http_credentials_refresh(
	struct http_token *t, bool force, struct error *err);
