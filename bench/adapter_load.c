/* A load on an adapter: GET of one target over keep-alive TLS connections with a client certificate, as the API server's front proxy asks, and
 * what of it came back when. Without a rate each connection asks again as soon as it has its answer; with one, requests are due at even
 * distances, whether earlier ones are answered or not, and the time of an answer counts from when its request was due. The processor time of
 * the serving process is read at both ends of the same interval. Each figure is one line "NAME VALUE".
 *
 * It speaks GnuTLS itself instead of using common/http_client: a generator has to cost less than what it measures. It does not check whom it
 * talks to, and knows of HTTP just what the two adapters answer with. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/instant.h"
#include "common/sv.h"

#define USAGE                                                                                      \
	"usage: adapter_load PORT CERT KEY CONNECTIONS SECONDS RATE PID TARGET   (@ in TARGET: "   \
	"the request's number)\n"
#define MAX_CONNECTIONS 4096
/* Answers that are timed; more are counted only. 100,000 a second for 40 s. */
#define MAX_TIMED (4u << 20)
/* Answers have fewer bytes of headers than that. */
#define HEAD_BYTES 8192
#define PIECE_BYTES (64u << 10)
#define REQUEST_BYTES 4096
#define WARM_UP_NS (NS_PER_SEC / 2)
/* No answer for so long: something is wrong. */
#define SILENCE_MS 30000
#define LAST_CHUNK "\r\n0\r\n\r\n"
#define LAST_CHUNK_LEN (sizeof(LAST_CHUNK) - 1)

struct connection {
	gnutls_session_t tls;
	int fd;
	bool in_body, chunked;
	size_t head_len;
	size_t left; /* of a body with a length */
	char head[HEAD_BYTES];
	char tail[LAST_CHUNK_LEN]; /* of a chunked body */
	int64_t due_ns;
};

struct load {
	int epoll;
	gnutls_certificate_credentials_t credentials;
	uint16_t port;
	long pid;
	struct sv before, after; /* of a request, on both sides of its number */
	bool numbered;
	struct connection *all;
	size_t n;
	struct connection **idle;
	size_t n_idle;
	int64_t gap_ns; /* between requests; 0: at once */
	int64_t begin_ns, end_ns, next_ns;
	uint64_t n_sent, n_answers, n_bad;
	uint32_t *took_us;
	char piece[PIECE_BYTES];
};

static _Noreturn void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "adapter_load: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

/* User and system time of the serving process so far, in clock ticks: fields 14 and 15 of its stat. */
static int64_t cpu_ticks(long pid)
{
	char path[64], text[1024];
	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		die(path, "cannot be read");
	text[n] = '\0';
	const char *rest = strrchr(text, ')');
	int64_t user = 0, system = 0;
	if (!rest || sscanf(rest + 1,
			     " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNd64 " %" SCNd64,
			     &user, &system) != 2)
		die(path, "is not in the usual form");
	return user + system;
}

static void connect_one(struct load *l, struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(l->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect", strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) != 0 ||
		gnutls_set_default_priority(c->tls) != 0 ||
		gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, l->credentials) != 0)
		die("TLS", "no session");
	gnutls_transport_set_int(c->tls, c->fd);
	int status;
	do
		status = gnutls_handshake(c->tls);
	while (status == GNUTLS_E_INTERRUPTED || status == GNUTLS_E_AGAIN);
	if (status != 0)
		die("handshake", gnutls_strerror(status));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ||
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		die("epoll", strerror(errno));
	l->idle[l->n_idle++] = c;
}

static void send_one(struct load *l, int64_t due_ns)
{
	struct connection *c = l->idle[--l->n_idle];
	char text[REQUEST_BYTES + 32];
	int len = l->numbered ? snprintf(text, sizeof(text), "%.*s%" PRIu64 "%.*s",
					SV_ARG(l->before), l->n_sent, SV_ARG(l->after))
			      : snprintf(text, sizeof(text), "%.*s", SV_ARG(l->before));
	l->n_sent++;
	c->due_ns = due_ns;
	c->head_len = 0;
	c->in_body = false;
	if (gnutls_record_send(c->tls, text, (size_t)len) != len)
		die("send", "the connection takes no request");
}

static void finish(struct load *l, struct connection *c)
{
	int64_t now = now_ns();
	bool good = memcmp(c->head, "HTTP/1.1 200", sizeof("HTTP/1.1 200") - 1) == 0;
	if (now >= l->begin_ns && now < l->end_ns) {
		if (l->n_answers < MAX_TIMED)
			l->took_us[l->n_answers] = (uint32_t)((now - c->due_ns) / 1000);
		l->n_answers++;
		if (!good && l->n_bad++ == 0)
			(void)fprintf(stderr,
				"adapter_load: the first answer that is not 200: %.*s\n",
				(int)c->head_len, c->head);
	}
	l->idle[l->n_idle++] = c;
}

static struct sv header(struct sv head, const char *name)
{
	size_t len = strlen(name);
	while (head.len > len) {
		size_t line = sv_find(head, '\n');
		if (strncasecmp(head.ptr, name, len) == 0)
			return sv_trim((struct sv){ head.ptr + len, line - len });
		if (line >= head.len)
			break;
		head = sv_skip(head, line + 1);
	}
	return SV_NULL;
}

/* The answer's body, or what has come of it. True: it is whole. */
static bool take_body(struct connection *c, const char *data, size_t len)
{
	if (!c->chunked) {
		if (len > c->left)
			die("answer", "is longer than it says");
		c->left -= len;
		return c->left == 0;
	}
	if (len >= LAST_CHUNK_LEN) {
		memcpy(c->tail, data + len - LAST_CHUNK_LEN, LAST_CHUNK_LEN);
	} else {
		memmove(c->tail, c->tail + len, LAST_CHUNK_LEN - len);
		memcpy(c->tail + LAST_CHUNK_LEN - len, data, len);
	}
	return memcmp(c->tail, LAST_CHUNK, LAST_CHUNK_LEN) == 0;
}

/* The head has to end within its first HEAD_BYTES. True: the answer is whole. */
static bool take(struct connection *c, const char *data, size_t len)
{
	if (c->in_body)
		return take_body(c, data, len);
	size_t room = HEAD_BYTES - c->head_len;
	size_t more = len < room ? len : room;
	memcpy(c->head + c->head_len, data, more);
	size_t had = c->head_len;
	c->head_len += more;
	const char *end = memmem(c->head, c->head_len, "\r\n\r\n", 4);
	if (!end) {
		if (c->head_len == HEAD_BYTES)
			die("answer", "its headers do not end");
		return false;
	}
	size_t head_len = (size_t)(end + 4 - c->head);
	struct sv head = { c->head, head_len };
	struct sv length = header(head, "Content-Length:");
	int64_t bytes = 0;
	c->in_body = true;
	c->chunked = length.len == 0;
	c->head_len = head_len;
	if (!c->chunked && !sv_to_i64(length, &bytes))
		die("answer", "its Content-Length is no number");
	c->left = (size_t)bytes;
	memset(c->tail, 0, sizeof(c->tail));
	size_t used = head_len - had;
	return take_body(c, data + used, len - used);
}

static void read_one(struct load *l, struct connection *c)
{
	for (;;) {
		ssize_t n = gnutls_record_recv(c->tls, l->piece, sizeof(l->piece));
		if (n == GNUTLS_E_AGAIN)
			return;
		if (n == GNUTLS_E_INTERRUPTED)
			continue;
		if (n <= 0)
			die("receive", n == 0 ? "the server ended the connection"
					      : gnutls_strerror((int)n));
		if (take(c, l->piece, (size_t)n)) {
			finish(l, c);
			return;
		}
	}
}

/* Sends what is due; how long until the next is, or -1. */
static int64_t send_due(struct load *l)
{
	int64_t now = now_ns();
	if (l->gap_ns == 0) {
		while (l->n_idle > 0)
			send_one(l, now);
		return -1;
	}
	while (l->n_idle > 0 && l->next_ns <= now) {
		send_one(l, l->next_ns);
		l->next_ns += l->gap_ns;
	}
	return l->n_idle == 0 ? -1 : l->next_ns > now ? l->next_ns - now : 0;
}

static void turn(struct load *l)
{
	struct epoll_event ready[64];
	int64_t wait = send_due(l);
	struct timespec timeout = { .tv_sec = SILENCE_MS / 1000 };
	if (wait >= 0)
		timeout = (struct timespec){ .tv_sec = wait / NS_PER_SEC,
			.tv_nsec = wait % NS_PER_SEC };
	int n = epoll_pwait2(l->epoll, ready, (int)ARRAY_LEN(ready), &timeout, NULL);
	if (n < 0 && errno != EINTR)
		die("epoll", strerror(errno));
	if (n == 0 && wait < 0)
		die("receive", "no answer for 30 s");
	for (int i = 0; i < n; i++)
		read_one(l, ready[i].data.ptr);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void run(struct load *l, int64_t seconds)
{
	int64_t start = now_ns();
	l->begin_ns = start + WARM_UP_NS;
	l->end_ns = l->begin_ns + seconds * NS_PER_SEC;
	l->next_ns = start;
	while (now_ns() < l->begin_ns)
		turn(l);
	int64_t ticks = cpu_ticks(l->pid);
	while (now_ns() < l->end_ns)
		turn(l);
	ticks = cpu_ticks(l->pid) - ticks;
	uint64_t timed = l->n_answers < MAX_TIMED ? l->n_answers : MAX_TIMED;
	if (timed == 0)
		die("run", "not one answer");
	qsort(l->took_us, timed, sizeof(*l->took_us), by_size);
	(void)printf("answers %" PRIu64 "\nbad %" PRIu64 "\nper_second %.1f\n", l->n_answers,
		l->n_bad, (double)l->n_answers / (double)seconds);
	(void)printf("cpu_seconds %.2f\n", (double)ticks / (double)sysconf(_SC_CLK_TCK));
	(void)printf("p50_ms %.3f\np99_ms %.3f\nmax_ms %.3f\n", l->took_us[timed / 2] / 1e3,
		l->took_us[timed - 1 - timed / 100] / 1e3, l->took_us[timed - 1] / 1e3);
}

static int64_t number(const char *what, const char *text, int64_t most)
{
	int64_t value = 0;
	if (!sv_to_i64(sv_of(text), &value) || value < 0 || value > most)
		die(what, text);
	return value;
}

static struct sv request_text(struct arena *a, const char *target, struct load *l)
{
	const char *at = strchr(target, '@');
	size_t before = at ? (size_t)(at - target) : strlen(target);
	char *head = arena_printf(a, "GET %.*s", (int)before, target);
	char *tail = arena_printf(a,
		"%s HTTP/1.1\r\nHost: localhost:%u\r\nAccept: application/json\r\nX-Remote-User: "
		"system:serviceaccount:kube-system:horizontal-pod-autoscaler\r\n"
		"X-Remote-Group: system:serviceaccounts\r\nX-Remote-Group: "
		"system:authenticated\r\n\r\n",
		at ? at + 1 : "", (unsigned)l->port);
	if (!head || !tail || strlen(head) + strlen(tail) > REQUEST_BYTES)
		die("target", "is too long");
	l->numbered = at;
	l->after = sv_of(tail);
	if (at)
		return sv_of(head);
	char *whole = arena_printf(a, "%s%s", head, tail);
	return whole ? sv_of(whole) : SV_NULL;
}

int main(int argc, char **argv)
{
	struct load *l = calloc(1, sizeof(*l));
	struct arena a;
	if (argc != 9 || !l) {
		(void)fputs(USAGE, stderr);
		return 2;
	}
	arena_init(&a, 1u << 20);
	l->port = (uint16_t)number("port", argv[1], UINT16_MAX);
	l->n = (size_t)number("connections", argv[4], MAX_CONNECTIONS);
	int64_t rate = number("rate", argv[6], 1000000);
	l->gap_ns = rate ? NS_PER_SEC / rate : 0;
	l->pid = (long)number("pid", argv[7], INT32_MAX);
	l->before = request_text(&a, argv[8], l);
	l->all = calloc(l->n, sizeof(*l->all));
	l->idle = calloc(l->n, sizeof(struct connection *));
	l->took_us = calloc(MAX_TIMED, sizeof(*l->took_us));
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!l->all || !l->idle || !l->took_us || l->epoll < 0)
		die("start", "no memory");
	if (gnutls_certificate_allocate_credentials(&l->credentials) != 0 ||
		gnutls_certificate_set_x509_key_file(
			l->credentials, argv[2], argv[3], GNUTLS_X509_FMT_PEM) != 0)
		die("certificate", argv[2]);
	for (size_t i = 0; i < l->n; i++)
		connect_one(l, &l->all[i]);
	run(l, number("seconds", argv[5], 3600));
	/* The kernel closes what is left. */
	arena_done(&a);
	return 0;
}
