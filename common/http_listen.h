#pragma once
/* Listening sockets: opening them and taking connections, without blocking. */
#include <stdint.h>

#include "common/error.h"

/* "[" IPv6 "]:" port and NUL */
#define HTTP_LISTEN_ADDRESS_MAX 64

/* Listens on an IP address ("0.0.0.0", "::" for both families); port 0: any. Errors: INVALID (no IP address), UNAVAIL. */
MUST_USE enum error_kind http_listen_open(
	const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port, struct error *err);
/* The next connection, or -errno; ret_address gets "127.0.0.1:4711" or "[::1]:4711". */
int http_listen_accept(int fd, char ret_address[HTTP_LISTEN_ADDRESS_MAX]);
/* Raises the soft limit of descriptors to what so many connections need, with `fds_each` for each; as many connections as it allows then. */
unsigned http_listen_fit(unsigned max_connections, unsigned fds_each);
