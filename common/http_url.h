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
/* The URL with `host` in place of its own (an empty one: unchanged); mem_free. NULL: no memory. */
MUST_USE char *http_url_print(const struct http_url *url, struct sv host);
