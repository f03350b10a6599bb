/* Listening sockets. In: address and port -> out: connected, non-blocking sockets with the options we want. */
#include "common/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
/* Dead clients of quiet streams are found by TCP itself, after 60 + 4 x 15 s. */
#define KEEPALIVE_IDLE_SEC 60
#define KEEPALIVE_STEP_SEC 15
#define KEEPALIVE_STEPS 4
/* Descriptors of everything else in the process. */
#define FDS_OTHER 128u
/* Where hardly any descriptor is left. */
#define FEWEST 16u

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_address(const char *text, uint16_t port, union address *a, socklen_t *ret_len)
{
	*a = (union address){ 0 };
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		*ret_len = sizeof(a->v4);
		return true;
	}
	*a = (union address){ 0 };
	if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		*ret_len = sizeof(a->v6);
		return true;
	}
	return false;
}

static uint16_t port_of(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

enum error_kind http_listen_open(
	const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port, struct error *err)
{
	union address a;
	socklen_t len;
	int on = 1, off = 0;

	if (!parse_address(address, port, &a, &len))
		return error_set(err, ERR_INVALID, "bind address \"%s\" is no IP address", address);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (a.any.sa_family == AF_INET6)
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	if (fd < 0 || bind(fd, &a.any, len) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, &a.any, &len) < 0) {
		int cause = errno;
		if (fd >= 0)
			close(fd);
		error_set(err, ERR_UNAVAIL, "cannot listen on %s port %u: %s", address,
			(unsigned)port, strerror(cause));
		err->code = cause;
		return err->kind;
	}
	*ret_fd = fd;
	*ret_port = port_of(&a);
	return ERR_OK;
}

static void print_address(char out[HTTP_LISTEN_ADDRESS_MAX], const union address *from)
{
	char host[INET6_ADDRSTRLEN] = "?";
	bool bracketed = false;

	if (from->any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &from->v4.sin_addr, host, sizeof(host));
	} else if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr)) {
		(void)inet_ntop(AF_INET, &from->v6.sin6_addr.s6_addr[12], host, sizeof(host));
	} else {
		(void)inet_ntop(AF_INET6, &from->v6.sin6_addr, host, sizeof(host));
		bracketed = true;
	}
	(void)snprintf(out, HTTP_LISTEN_ADDRESS_MAX, bracketed ? "[%s]:%u" : "%s:%u", host,
		(unsigned)port_of(from));
}

static void set_options(int fd)
{
	const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_SEC },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_SEC },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_STEPS },
	};

	/* Improvements only: a socket that refuses them serves as well. */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			sizeof(options[i].value));
}

int http_listen_accept(int fd, char ret_address[HTTP_LISTEN_ADDRESS_MAX])
{
	union address from = { 0 };
	socklen_t len = sizeof(from);
	int client = accept4(fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client < 0)
		return -errno;
	set_options(client);
	print_address(ret_address, &from);
	return client;
}

unsigned http_listen_fit(unsigned max_connections, unsigned fds_each)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)max_connections * fds_each + FDS_OTHER;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return max_connections;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= need)
		return max_connections;
	return limit.rlim_cur > 2 * FDS_OTHER ? (unsigned)(limit.rlim_cur - FDS_OTHER) / fds_each
					      : FEWEST;
}
