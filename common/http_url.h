#pragma once
/* The address of a server, taken apart. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

/* Views into the text that was parsed. */
struct http_url {
	bool is_https;
	struct sv host; /* with brackets when it is an IPv6 address */
	uint16_t port;
	bool default_port; /* none was written */
	struct sv path;	   /* "" or "/prefix", without a slash at the end */
};

/* "http://host", "https://host:port/prefix/": no user, query or fragment. Errors: INVALID. */
MUST_USE enum error_kind http_url_parse(struct sv text, struct http_url *ret, struct error *err);
/* "https://host/prefix" and "/path?query" in one; mem_free. Errors: INVALID (a target that is not percent-encoded), LIMIT,
 * NOMEM. */
MUST_USE enum error_kind http_url_join(
	const char *base, const char *target, char **ret, struct error *err);

/* How libcurl is told to reach a server. */
struct http_dial {
	char *base_url; /* as it was written, without a slash at the end */
	char *url;	/* the same, with the TLS server name in place of the host */
	char *connect_to,
		*host; /* where it goes really ("::host:port"), and the Host header; NULL without such a name */
	bool is_https;
};

/* server_name may be empty, and is without effect on http://. Also after a failure http_dial_done is due. Errors: INVALID,
 * NOMEM. */
MUST_USE enum error_kind http_dial_init(
	struct http_dial *d, struct sv base_url, struct sv server_name, struct error *err);
void http_dial_done(struct http_dial *d);
