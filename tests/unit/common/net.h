#pragma once
/* A server and raw clients in one process: the client's calls turn the loop while they wait. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http_server.h"
#include "tests/unit/common/run.h"

/* Everything in these tests happens within this time, on a machine that is busy, too, or they fail. */
#define NET_PATIENCE_NS (60 * NS_PER_SEC)

struct net {
	struct loop *loop;
	struct http_server *server;
	unsigned n_handled;
};

static inline void net_turn(struct net *n, int timeout_ms)
{
	struct error err;
	ck_assert_int_eq(loop_run_once(n->loop, timeout_ms, &err), ERR_OK);
}

static inline __attribute__((unused)) void net_start(
	struct net *n, const struct http_server_config *config, http_handler_fn handler)
{
	struct error err;
	n->n_handled = 0;
	ck_assert_int_eq(loop_new(&n->loop, &err), ERR_OK);
	enum error_kind kind = http_server_new(n->loop, config, handler, n, &n->server, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
}

static inline __attribute__((unused)) void net_stop(struct net *n)
{
	http_server_free(n->server);
	loop_free(n->loop);
}

static inline __attribute__((unused)) int net_connect(const struct net *n)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(http_server_port(n->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	union {
		const struct sockaddr_in *v4;
		const struct sockaddr *any;
	} a = { .v4 = &to };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	/* The kernel completes it from the backlog. */
	ck_assert_int_eq(connect(fd, a.any, sizeof(to)), 0);
	ck_assert_int_ge(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Writes all, turning the loop when the socket is full; an answer that closes early is no failure. */
static inline __attribute__((unused)) void net_send(struct net *n, int fd, struct sv bytes)
{
	while (bytes.len > 0) {
		ssize_t done = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (done < 0 && errno != EAGAIN)
			return;
		if (done > 0)
			bytes = sv_skip(bytes, (size_t)done);
		else
			net_turn(n, 1);
	}
}

/* True when `text` is a whole answer with a Content-Length, or a whole chunked one. */
static inline bool net_is_answer(struct sv text)
{
	size_t head = sv_find_sv(text, SV("\r\n\r\n"));
	if (head == text.len)
		return false;
	struct sv body = sv_skip(text, head + 4);
	size_t at = sv_find_sv(sv_take(text, head + 2), SV("\r\nContent-Length: "));
	if (at < head) {
		struct sv rest = sv_skip(text, at + 18);
		uint64_t len = 0;
		ck_assert(sv_to_u64(sv_take(rest, sv_find(rest, '\r')), &len));
		return body.len >= len;
	}
	if (sv_find_sv(text, SV("\r\nTransfer-Encoding: chunked")) < head)
		return sv_has_suffix(body, SV("0\r\n\r\n"));
	return true;
}

/* Reads until the answer is whole (or the server closes); appends. True: closed. */
static inline bool net_read(struct net *n, int fd, struct buf *out, bool (*enough)(struct sv))
{
	char bytes[65536];
	int64_t until = instant_mono_now().ns + NET_PATIENCE_NS;
	while (!enough || !enough(buf_sv(out))) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return true;
		if (got > 0)
			buf_put(out, bytes, (size_t)got);
		else
			net_turn(n, 1);
		ck_assert_msg(instant_mono_now().ns < until, "no end after: %s", buf_text(out));
	}
	return false;
}

/* One request on a fresh connection; what came back until it was whole or closed. buf_done it. */
static inline __attribute__((unused)) struct buf net_ask(struct net *n, struct sv request)
{
	struct buf out;
	buf_init(&out, 64u * 1024 * 1024);
	int fd = net_connect(n);
	net_send(n, fd, request);
	net_read(n, fd, &out, net_is_answer);
	close(fd);
	return out;
}

static inline __attribute__((unused)) int net_status(struct sv answer)
{
	int64_t status = 0;
	if (!sv_has_prefix(answer, SV("HTTP/1.1 ")) ||
		!sv_to_i64(sv_take(sv_skip(answer, 9), 3), &status))
		return 0;
	return (int)status;
}
