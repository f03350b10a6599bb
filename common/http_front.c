/* The outside of the HTTP server. In: TCP connections -> out: checked requests, one at a time: the head in canonical form (http_front_peer_head),
 * its framing and the body on a socket pair; and the answers from there back to the client.
 *
 *     client -- [TLS] -- in -- gate -- inward --> pair --> engine
 *     client <- [TLS] ------- outward <---------- pair <-- engine
 *
 * Every descriptor is watched edge-triggered; peer_move() then moves bytes in both directions until nothing more can be
 * done, so no interest has to be changed per request and a half that hung up cannot spin the loop.
 *
 * Invariants
 * 1. While a request is with the engine (gate DONE, not served) nothing is read from the client: a pipelined request waits
 *    in the kernel, so memory for a connection is bounded and a refusal never overtakes an answer.
 * 2. Each buffer holds what one read gave; the next read waits until it is empty.
 * 3. A peer is always in exactly one enum wait, and all but WAIT_SERVED are bounded in time.
 * 4. `gone` is called exactly once for each successful attach.
 *
 * Deliberately not here: any meaning of requests, and answers other than refusals. */
#include "common/http_front.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http.h"
#include "common/http_framing.h"
#include "common/http_gate.h"
#include "common/http_listen.h"

#define READ_BYTES (16u * 1024)
#define CARRY_BYTES (64u * 1024)
/* Canonical text can be longer than what was read: twice a head, or one read of a body. */
#define INWARD_MAX (128u * 1024)
/* Buffers of a connection that waits for a request are given back above this size. */
#define KEEP_BYTES 4096u
/* A full handshake takes two round trips; this is for links that lose packets. */
#define HANDSHAKE_NS (10 * NS_PER_SEC)
/* From the first byte of a request to its last; kube-apiserver allows 32 s for the head alone. */
#define ARRIVAL_NS (30 * NS_PER_SEC)
/* How long the client may take to read our last bytes and close; without it an RST could overtake them. */
#define LINGER_NS (2 * NS_PER_SEC)
#define LINGER_BYTES (1024u * 1024)
/* When descriptors run out, accepting is tried again after this time. */
#define RETRY_ACCEPT_NS (100 * NS_PER_MS)
/* A connection that waits for its next request is closed for a new client only after this long. */
#define EVICT_AFTER_NS NS_PER_SEC
#define ACCEPTS_PER_EVENT 64
#define NO_TIME INT64_MAX
/* The engine makes room with every request; that matters only once it had none. */
#define PAIR_EVENTS (uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLET)
/* Reads that it takes from a cut record to the end of the stream: its header, its body, the end. */
#define CUT_TRIES 4u
/* The client's socket and both ends of the pair. */
#define FDS_PER_PEER 3u
enum phase { PHASE_HANDSHAKE, PHASE_OPEN, PHASE_FLUSHING, PHASE_LINGERING };
enum wait {
	WAIT_NOTHING,
	WAIT_HANDSHAKE,
	WAIT_REQUEST,
	WAIT_ARRIVAL,
	WAIT_SERVED,
	WAIT_CLIENT,
	WAIT_LINGER
};

struct http_front_peer {
	struct http_front *front;
	struct http_front_peer **link, *next; /* all peers */
	struct http_front_peer **served_link,
		*served_next; /* those that http_front_turn looks at */
	int fd, pair_fd;
	struct loop_fd *watch, *pair_watch;
	struct loop_timer *timer;
	struct http_tls *tls;
	enum phase phase;
	enum wait wait;
	int64_t wait_since_ns, deadline_ns;
	int64_t alarm_ns; /* when the timer is set to, not after the deadline; NO_TIME: it is not */
	/* There may be bytes to read; false: not before the next event. */
	bool client_ready, pair_ready;
	bool pair_ended;  /* the engine writes no more: there is an end to read */
	bool half_closed; /* the client will send no more than the kernel holds already */
	bool streams;
	bool moved_out; /* the client took bytes since the deadline was set */
	int refusal;	/* status still to be sent, or 0 */
	size_t n_lingered;
	struct http_gate gate;
	struct buf head; /* of the request that is with the engine, canonical */
	struct buf in, inward, outward;
	void *tag;
	char address[HTTP_LISTEN_ADDRESS_MAX];
};

struct http_front {
	struct loop *loop;
	struct http_front_config config;
	struct http_front_ops ops;
	void *ctx;
	int fd;
	uint16_t port;
	struct loop_fd *watch;
	struct loop_timer *retry;
	struct http_front_peer *peers, *served;
	unsigned n_peers;
	bool quiescing;
};

static void on_listen(struct loop_fd *w, uint32_t events, void *ctx);

/* Peers */

static void detach(struct http_front_peer *p)
{
	if (p->pair_fd < 0)
		return;
	loop_fd_free(p->pair_watch);
	close(p->pair_fd);
	p->pair_watch = NULL;
	p->pair_fd = -1;
	p->front->ops.gone(p->front->ctx, p->tag);
	p->tag = NULL;
}

static void unlist_served(struct http_front_peer *p)
{
	if (!p->served_link)
		return;
	*p->served_link = p->served_next;
	if (p->served_next)
		p->served_next->served_link = p->served_link;
	p->served_link = NULL;
	p->served_next = NULL;
}

static void peer_free(struct http_front_peer *p)
{
	struct http_front *f = p->front;

	detach(p);
	unlist_served(p);
	http_tls_free(p->tls);
	loop_timer_free(p->timer);
	loop_fd_free(p->watch);
	close(p->fd);
	http_gate_done(&p->gate);
	buf_done(&p->head);
	buf_done(&p->in);
	buf_done(&p->inward);
	buf_done(&p->outward);
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	f->n_peers--;
	mem_free(p);
	/* A place is free: clients may wait in the backlog, and their edge is long gone. */
	if (f->watch && f->n_peers + 1 == f->config.max_connections)
		loop_timer_set(f->retry, 0);
}

/* From here on nothing is read from the client: what the engine has written goes out, then `status` unless it is 0. */
static void finish(struct http_front_peer *p, int status)
{
	p->phase = PHASE_FLUSHING;
	p->refusal = status;
	buf_clear(&p->in);
	buf_clear(&p->inward);
}

static void put_refusal(struct http_front_peer *p)
{
	const char *reason =
		p->gate.state == HTTP_GATE_REFUSED ? p->gate.reason : http_phrase(p->refusal);

	buf_printf(&p->outward,
		"HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
		"%zu\r\nConnection: close\r\n\r\n%s\n",
		p->refusal, http_phrase(p->refusal), strlen(reason) + 1, reason);
	p->refusal = 0;
}

/* Whether to call GnuTLS again: it stops at a short read, in the middle of a record, and behind the client's end no event comes that would make it
 * read on and see that end. */
static bool is_cut(const struct http_front_peer *p, ssize_t code, unsigned n_tries)
{
	return code == -EAGAIN && p->half_closed && !http_tls_wants_write(p->tls) &&
	       n_tries < CUT_TRIES;
}

/* Like recv and send, with -errno. */
static ssize_t client_recv(struct http_front_peer *p, void *data, size_t size)
{
	unsigned n_tries = 0;
	ssize_t n;

	if (!p->tls) {
		n = recv(p->fd, data, size, 0);
		return n < 0 ? -errno : n;
	}
	do
		n = http_tls_recv(p->tls, data, size);
	while (is_cut(p, n, n_tries++));
	return n;
}

static ssize_t client_send(struct http_front_peer *p, struct sv bytes)
{
	if (p->tls)
		return http_tls_send(p->tls, bytes.ptr, bytes.len);
	ssize_t n = send(p->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

static bool is_temporary(ssize_t code)
{
	return code == -EAGAIN || code == -EINTR;
}

static void on_pair(struct loop_fd *w, uint32_t events, void *ctx);

/* Opens the pair to the engine when the first request is good. */
static bool attach(struct http_front_peer *p)
{
	struct http_front *f = p->front;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	p->pair_watch = loop_fd_new(f->loop, ends[0], PAIR_EVENTS, on_pair, p);
	if (!p->pair_watch)
		close(ends[1]);
	if (!p->pair_watch || !f->ops.attach(f->ctx, p, ends[1], &p->tag)) {
		loop_fd_free(p->pair_watch);
		p->pair_watch = NULL;
		close(ends[0]);
		return false;
	}
	p->pair_fd = ends[0];
	p->pair_ready = true;
	return true;
}

/* Hands waiting canonical bytes to the engine. False: it takes no more now. */
static bool push_inward(struct http_front_peer *p)
{
	while (p->inward.len > 0) {
		ssize_t n = send(p->pair_fd, p->inward.data, p->inward.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN && loop_fd_set(p->pair_watch, PAIR_EVENTS | EPOLLOUT))
			return false;
		if (n < 0 && errno != EINTR) {
			/* The engine has closed its end; what it wrote before still goes out. */
			finish(p, 0);
			return false;
		}
		if (n > 0) {
			buf_consume(&p->inward, (size_t)n);
			p->front->ops.wrote(p->front->ctx);
		}
	}
	return true;
}

/* The gate has let a head through, perhaps with a part of the body behind it: keeps it, and puts its framing in its place. */
static void keep_head(struct http_front_peer *p)
{
	const struct sv end = SV("\r\n\r\n");
	struct buf framed;
	size_t len = sv_find_sv(buf_sv(&p->inward), end) + end.len;

	buf_put(&p->head, p->inward.data, len);
	buf_init(&framed, INWARD_MAX);
	http_framing_put(&framed, buf_sv(&p->head));
	buf_put_sv(&framed, sv_skip(buf_sv(&p->inward), len));
	buf_done(&p->inward);
	p->inward = framed;
	if (p->head.failed != ERR_OK)
		p->inward.failed = p->head.failed;
}

/* Runs bytes from the client through the gate. */
static void feed(struct http_front_peer *p, struct sv bytes)
{
	/* Not by p->head: an engine that gave up early has had it cleared, and the body still comes. */
	bool in_head = p->gate.state == HTTP_GATE_HEAD;
	size_t n = http_gate_feed(&p->gate, bytes, &p->inward);

	if (p->inward.failed == ERR_OK && p->inward.len > 0 && in_head)
		keep_head(p);
	buf_put_sv(&p->in, sv_skip(bytes, n));
	if (p->gate.state == HTTP_GATE_REFUSED)
		finish(p, p->gate.status);
	else if (p->in.failed != ERR_OK || p->inward.failed != ERR_OK)
		finish(p, 503);
	else if (p->inward.len > 0 && p->pair_fd < 0 && !attach(p))
		finish(p, 503);
}

/* What is left of an earlier read goes first. */
static void feed_rest(struct http_front_peer *p)
{
	SCRATCH char bytes[READ_BYTES];
	size_t len = p->in.len;

	memcpy(bytes, p->in.data, len);
	buf_clear(&p->in);
	feed(p, sv_from(bytes, len));
}

/* Client -> engine. False: the connection is broken. */
static bool move_inward(struct http_front_peer *p)
{
	SCRATCH char bytes[READ_BYTES];

	while (p->phase == PHASE_OPEN && push_inward(p) && p->gate.state != HTTP_GATE_DONE) {
		if (p->in.len > 0) {
			feed_rest(p);
			continue;
		}
		if (!p->client_ready && !p->half_closed)
			return true;
		ssize_t n = client_recv(p, bytes, sizeof(bytes));
		if (n > 0) {
			feed(p, sv_from(bytes, (size_t)n));
		} else if (n == 0) {
			finish(p, 0);
		} else if (is_temporary(n)) {
			p->client_ready = n != -EAGAIN;
			return true;
		} else {
			return false;
		}
	}
	return true;
}

static bool push_outward(struct http_front_peer *p)
{
	while (p->outward.len > 0) {
		ssize_t n = client_send(p, buf_sv(&p->outward));
		if (n < 0)
			return is_temporary(n);
		p->moved_out = true;
		buf_consume(&p->outward, (size_t)n);
	}
	return true;
}

/* Fills `outward` from the engine. False: nothing to carry now; the pair is closed when nothing will come any more. */
static bool pull_outward(struct http_front_peer *p)
{
	SCRATCH char bytes[CARRY_BYTES];
	bool empty = p->phase == PHASE_OPEN && !p->pair_ready;

	if (p->pair_fd < 0)
		return false;
	if (!empty) {
		ssize_t n = recv(p->pair_fd, bytes, sizeof(bytes), 0);
		if (n > 0) {
			/* A short read took all there was, and more of it makes an event. */
			p->pair_ready = p->pair_ended || (size_t)n == sizeof(bytes);
			buf_put(&p->outward, bytes, (size_t)n);
			return true;
		}
		if (n < 0 && errno == EINTR)
			return true;
		empty = n < 0 && errno == EAGAIN;
		p->pair_ready = !empty;
	}
	if (empty && p->phase == PHASE_OPEN)
		return false;
	/* The engine closed its end, or everything it wrote before the end is carried. */
	detach(p);
	if (p->phase == PHASE_OPEN)
		finish(p, 0);
	return false;
}

/* Engine -> client, then a refusal if there is one. False: the connection is broken. */
static bool move_outward(struct http_front_peer *p)
{
	for (;;) {
		if (p->outward.failed != ERR_OK || !push_outward(p))
			return false;
		if (p->outward.len > 0)
			return true;
		if (pull_outward(p))
			continue;
		if (p->pair_fd >= 0 || p->phase == PHASE_OPEN)
			return true;
		if (p->refusal == 0)
			break;
		put_refusal(p);
	}
	if (p->tls)
		http_tls_bye(p->tls);
	shutdown(p->fd, SHUT_WR);
	p->phase = PHASE_LINGERING;
	return true;
}

/* Reads and forgets until the client closes. False: it did, or sent too much. */
static bool discard(struct http_front_peer *p)
{
	SCRATCH char bytes[READ_BYTES];

	for (;;) {
		/* Below TLS: nothing of it is looked at. */
		ssize_t n = recv(p->fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return n < 0 && is_temporary(-errno);
		p->n_lingered += (size_t)n;
		if (p->n_lingered > LINGER_BYTES)
			return false;
	}
}

static bool shake_hands(struct http_front_peer *p)
{
	unsigned n_tries = 0;
	int code;

	do
		code = http_tls_handshake(p->tls);
	while (is_cut(p, code, n_tries++));
	if (code == 0)
		p->phase = PHASE_OPEN;
	return code == 0 || code == -EAGAIN;
}

static enum wait wait_of(const struct http_front_peer *p)
{
	if (p->phase == PHASE_HANDSHAKE)
		return WAIT_HANDSHAKE;
	if (p->phase == PHASE_LINGERING)
		return WAIT_LINGER;
	if (p->outward.len > 0)
		return WAIT_CLIENT;
	if (p->gate.state == HTTP_GATE_DONE)
		return WAIT_SERVED;
	return http_gate_is_idle(&p->gate) ? WAIT_REQUEST : WAIT_ARRIVAL;
}

static int64_t wait_ns(const struct http_front_peer *p, enum wait wait)
{
	int64_t idle_ns = p->front->config.idle_timeout_ns;

	switch (wait) {
	case WAIT_HANDSHAKE:
		return HANDSHAKE_NS;
	case WAIT_ARRIVAL:
		return idle_ns < ARRIVAL_NS ? idle_ns : ARRIVAL_NS;
	case WAIT_LINGER:
		return LINGER_NS;
	case WAIT_NOTHING:
	case WAIT_REQUEST:
	case WAIT_SERVED:
	case WAIT_CLIENT:
		return idle_ns;
	}
	return idle_ns;
}

static void trim(struct buf *b)
{
	if (b->len == 0 && b->size > KEEP_BYTES)
		buf_done(b);
}

/* A deadline that moves on leaves the timer as it is: with every request it moves, and the timer goes off once in a while and finds that out. */
static void set_alarm(struct http_front_peer *p)
{
	if (p->deadline_ns >= p->alarm_ns)
		return;
	p->alarm_ns = p->deadline_ns;
	loop_timer_set_at(p->timer, (struct mono){ p->alarm_ns });
}

/* Sets the deadline for what the peer waits for now. */
static void set_deadline(struct http_front_peer *p)
{
	enum wait wait = wait_of(p);
	bool progress = wait == WAIT_CLIENT && p->moved_out;

	p->moved_out = false;
	if (wait == p->wait && !progress)
		return;
	p->wait = wait;
	p->wait_since_ns = instant_mono_now().ns;
	p->deadline_ns = wait == WAIT_SERVED ? NO_TIME : p->wait_since_ns + wait_ns(p, wait);
	set_alarm(p);
	if (wait == WAIT_REQUEST) {
		trim(&p->in);
		trim(&p->inward);
		trim(&p->outward);
		trim(&p->gate.head);
		trim(&p->head);
	}
}

/* Does all that can be done for the peer now; frees it when it is over. */
static void peer_move(struct http_front_peer *p)
{
	bool alive = true;

	if (p->phase == PHASE_HANDSHAKE)
		alive = shake_hands(p);
	if (alive && p->phase == PHASE_OPEN)
		alive = move_inward(p) && !(p->half_closed && p->streams);
	if (alive && (p->phase == PHASE_OPEN || p->phase == PHASE_FLUSHING))
		alive = move_outward(p);
	if (alive && p->phase == PHASE_LINGERING)
		alive = discard(p);
	if (alive)
		set_deadline(p);
	else
		peer_free(p);
}

static void on_client(struct loop_fd *w, uint32_t events, void *ctx)
{
	struct http_front_peer *p = ctx;

	(void)w;
	if (events & EPOLLERR) {
		peer_free(p);
		return;
	}
	if (events & (EPOLLRDHUP | EPOLLHUP))
		p->half_closed = true;
	/* Of whatever kind: TLS may have to write before it can read on. */
	p->client_ready = true;
	peer_move(p);
}

static void on_pair(struct loop_fd *w, uint32_t events, void *ctx)
{
	struct http_front_peer *p = ctx;

	(void)w;
	p->pair_ended |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	p->pair_ready |= p->pair_ended || (events & EPOLLIN);
	peer_move(p);
}

static void on_deadline(struct loop_timer *t, void *ctx)
{
	struct http_front_peer *p = ctx;

	(void)t;
	p->alarm_ns = NO_TIME;
	if (instant_mono_now().ns < p->deadline_ns) {
		set_alarm(p);
	} else if (p->wait == WAIT_ARRIVAL) {
		finish(p, 408);
		peer_move(p);
	} else {
		peer_free(p);
	}
}

/* Listening */

static void peer_new(struct http_front *f, int fd, const char *address)
{
	struct http_front_peer *p = mem_zalloc(sizeof(*p));

	if (!p) {
		close(fd);
		return;
	}
	p->front = f;
	p->fd = fd;
	p->pair_fd = -1;
	p->client_ready = true;
	p->alarm_ns = NO_TIME;
	http_gate_init(&p->gate, f->config.max_body_bytes);
	buf_init(&p->head, INWARD_MAX);
	buf_init(&p->in, READ_BYTES);
	buf_init(&p->inward, INWARD_MAX);
	buf_init(&p->outward, CARRY_BYTES);
	memcpy(p->address, address, sizeof(p->address));
	p->next = f->peers;
	p->link = &f->peers;
	if (p->next)
		p->next->link = &p->next;
	f->peers = p;
	f->n_peers++;
	p->timer = loop_timer_new(f->loop, on_deadline, p);
	p->phase = f->config.identity ? PHASE_HANDSHAKE : PHASE_OPEN;
	if (f->config.identity)
		p->tls = http_tls_new(f->config.identity, f->config.request_client_cert, fd);
	p->watch =
		loop_fd_new(f->loop, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, on_client, p);
	if (!p->timer || !p->watch || (f->config.identity && !p->tls))
		peer_free(p);
	else
		set_deadline(p);
}

/* Makes room for a new client by closing the connection that has waited longest for its next request. */
static bool evict(struct http_front *f)
{
	struct http_front_peer *oldest = NULL;
	int64_t since_ns = instant_mono_now().ns - EVICT_AFTER_NS;

	for (struct http_front_peer *p = f->peers; p; p = p->next) {
		if (p->wait == WAIT_REQUEST && p->wait_since_ns < since_ns) {
			oldest = p;
			since_ns = p->wait_since_ns;
		}
	}
	if (oldest)
		peer_free(oldest);
	return oldest;
}

static void on_listen(struct loop_fd *w, uint32_t events, void *ctx)
{
	struct http_front *f = ctx;

	(void)w;
	(void)events;
	for (unsigned i = 0; i < ACCEPTS_PER_EVENT; i++) {
		char address[HTTP_LISTEN_ADDRESS_MAX];

		if (f->n_peers >= f->config.max_connections && !evict(f)) {
			loop_timer_set(f->retry, EVICT_AFTER_NS);
			return;
		}
		int fd = http_listen_accept(f->fd, address);
		if (fd == -EAGAIN)
			return;
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
			loop_timer_set(f->retry, RETRY_ACCEPT_NS);
			return;
		}
		/* Other errors belong to the connection that was lost. */
		if (fd >= 0)
			peer_new(f, fd, address);
	}
	loop_timer_set(f->retry, 0);
}

static void on_retry(struct loop_timer *t, void *ctx)
{
	struct http_front *f = ctx;

	(void)t;
	if (f->watch)
		on_listen(f->watch, EPOLLIN, f);
}

enum error_kind http_front_new(struct loop *l, const struct http_front_config *config,
	const struct http_front_ops *ops, void *ctx, struct http_front **ret, struct error *err)
{
	struct http_front *f = mem_zalloc(sizeof(*f));

	if (!f) {
		http_tls_identity_unref(config->identity);
		return error_nomem(err);
	}
	*f = (struct http_front){ .loop = l, .config = *config, .ops = *ops, .ctx = ctx, .fd = -1 };
	f->config.max_connections = http_listen_fit(config->max_connections, FDS_PER_PEER);
	enum error_kind kind =
		http_listen_open(config->bind_address, config->port, &f->fd, &f->port, err);
	if (kind == ERR_OK) {
		f->retry = loop_timer_new(l, on_retry, f);
		f->watch = loop_fd_new(l, f->fd, EPOLLIN | EPOLLET, on_listen, f);
		if (!f->retry || !f->watch)
			kind = error_nomem(err);
	}
	if (kind != ERR_OK) {
		http_front_free(f);
		return kind;
	}
	/* The texts of the configuration are the caller's. */
	f->config.bind_address = NULL;
	*ret = f;
	return ERR_OK;
}

static void stop_listening(struct http_front *f)
{
	loop_fd_free(f->watch);
	f->watch = NULL;
	loop_timer_free(f->retry);
	f->retry = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void http_front_free(struct http_front *f)
{
	if (!f)
		return;
	stop_listening(f);
	while (f->peers)
		peer_free(f->peers);
	http_tls_identity_unref(f->config.identity);
	mem_free(f);
}

uint16_t http_front_port(const struct http_front *f)
{
	return f->port;
}

unsigned http_front_n_unsent(const struct http_front *f)
{
	unsigned n = 0;

	for (const struct http_front_peer *p = f->peers; p; p = p->next)
		n += p->wait == WAIT_CLIENT;
	return n;
}

void http_front_quiesce(struct http_front *f)
{
	f->quiescing = true;
	stop_listening(f);
	for (struct http_front_peer *p = f->peers, *next; p; p = next) {
		next = p->next;
		if (p->wait == WAIT_REQUEST || p->wait == WAIT_HANDSHAKE)
			peer_free(p);
	}
}

void http_front_set_identity(struct http_front *f, struct http_tls_identity *identity)
{
	http_tls_identity_unref(f->config.identity);
	f->config.identity = identity;
}

struct sv http_front_peer_address(const struct http_front_peer *p)
{
	return sv_of(p->address);
}

struct sv http_front_peer_head(const struct http_front_peer *p)
{
	return buf_sv(&p->head);
}

struct sv http_front_peer_cert(const struct http_front_peer *p, unsigned i)
{
	return p->tls ? http_tls_peer_cert(p->tls, i) : SV_NULL;
}

static void list_served(struct http_front_peer *p)
{
	if (p->served_link)
		return;
	p->served_next = p->front->served;
	p->served_link = &p->front->served;
	if (p->served_next)
		p->served_next->served_link = &p->served_next;
	p->front->served = p;
}

void http_front_peer_streams(struct http_front_peer *p)
{
	p->streams = true;
	if (p->half_closed)
		list_served(p);
}

void http_front_peer_served(struct http_front_peer *p)
{
	p->streams = false;
	p->pair_ready = true;
	buf_clear(&p->head);
	if (p->gate.state == HTTP_GATE_DONE)
		http_gate_next(&p->gate);
	list_served(p);
}

void http_front_turn(struct http_front *f)
{
	while (f->served) {
		struct http_front_peer *p = f->served;
		unlist_served(p);
		if (f->quiescing && p->phase == PHASE_OPEN && p->gate.state != HTTP_GATE_DONE)
			finish(p, 0);
		peer_move(p);
	}
}
