#pragma once
/* An API server inside the test process: a handler answers requests over real sockets, on the same loop as the client under test. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/http_client.h"
#include "common/http_server.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"

struct fake {
	struct loop *loop;
	struct http_server *server;
	struct http_client *http;
	struct kube_client *client;
	uint16_t port;
	void (*handle)(struct fake *f, struct http_exchange *x);
	void *state;	 /* the test's */
	char log[32768]; /* "GET /target\n" of each request */
	int n_requests;
	/* While the loop turned, the time in which the machine let it neither work nor wait: upper bounds of what was measured do not count it. */
	int64_t lost_ns;
};

static inline void fake_on_request(struct http_exchange *x, void *ctx)
{
	struct fake *f = ctx;
	size_t at = strlen(f->log);
	struct sv method = http_exchange_method(x), target = http_exchange_target(x);

	(void)snprintf(
		f->log + at, sizeof(f->log) - at, "%.*s %.*s\n", SV_ARG(method), SV_ARG(target));
	f->n_requests++;
	f->handle(f, x);
}

static inline void fake_listen(struct fake *f)
{
	struct http_server_config config = {
		.bind_address = "127.0.0.1",
		.port = f->port,
		.max_body_bytes = 1 << 20,
	};
	struct error err;

	ck_assert_msg(
		http_server_new(f->loop, &config, fake_on_request, f, &f->server, &err) == ERR_OK,
		"%s", err.text);
	f->port = http_server_port(f->server);
}

/* The server goes away, and its connections with it; fake_listen brings it back on the same port. */
static inline void fake_hang_up(struct fake *f)
{
	http_server_free(f->server);
	f->server = NULL;
}

static inline void fake_start(
	struct fake *f, void (*handle)(struct fake *f, struct http_exchange *x), void *state)
{
	struct error err;
	char url[64];

	*f = (struct fake){ .handle = handle, .state = state };
	ck_assert_int_eq(loop_new(&f->loop, &err), ERR_OK);
	fake_listen(f);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", f->port);
	struct kubeconfig_client config = { .server = url };
	ck_assert_int_eq(http_client_new(f->loop, &f->http, &err), ERR_OK);
	ck_assert_msg(client_new(f->http, f->loop, &config, "test", &f->client, &err) == ERR_OK,
		"%s", err.text);
}

static inline void fake_stop(struct fake *f)
{
	client_free(f->client);
	http_client_free(f->http);
	http_server_free(f->server);
	loop_free(f->loop);
}

static inline int64_t fake_cpu_ns(void)
{
	struct timespec t;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static inline void fake_turn(struct fake *f, int timeout_ms)
{
	int64_t wall_ns = instant_mono_now().ns, cpu_ns = fake_cpu_ns();
	struct error err;

	ck_assert_int_eq(loop_run_once(f->loop, timeout_ms, &err), ERR_OK);
	int64_t lost_ns =
		instant_mono_now().ns - wall_ns - (fake_cpu_ns() - cpu_ns) - timeout_ms * NS_PER_MS;
	if (lost_ns > 0)
		f->lost_ns += lost_ns;
}

/* Now, on a clock that stands while the machine does something else. */
static inline int64_t fake_now_ns(const struct fake *f)
{
	return instant_mono_now().ns - f->lost_ns;
}

/* Turns the loop until the condition holds; fails the test after this time, and not before so many turns: a machine that stood still is no failure. */
#define FAKE_PATIENCE_NS (45 * NS_PER_SEC)
#define FAKE_PATIENCE_TURNS 500
#define FAKE_UNTIL(f, condition)                                                                   \
	do {                                                                                       \
		int64_t end_ = instant_mono_now().ns + FAKE_PATIENCE_NS;                           \
		for (int turns_ = 0; !(condition); turns_++) {                                     \
			ck_assert_msg(                                                             \
				instant_mono_now().ns < end_ || turns_ < FAKE_PATIENCE_TURNS,      \
				"waited in vain for %s\n%s", #condition, (f)->log);                \
			fake_turn(f, 20);                                                          \
		}                                                                                  \
	} while (0)

static inline void fake_turn_for(struct fake *f, int64_t ns)
{
	int64_t end = instant_mono_now().ns + ns;

	while (instant_mono_now().ns < end)
		fake_turn(f, 5);
}

/* "Date: ..." of all answers, instead of the time; NULL: the time. */
static const char *fake_date;

static inline void fake_reply(struct http_exchange *x, int status, const char *json)
{
	const char *const headers[] = { fake_date, NULL };
	http_exchange_reply(x, status, "application/json", sv_of(json), fake_date ? headers : NULL);
}

static inline bool fake_is(struct http_exchange *x, const char *method, const char *path)
{
	return sv_is(http_exchange_method(x), method) && sv_is(http_exchange_path(x), path);
}

/* Part of a stream that the test knows to be open. */
static inline void fake_write(struct http_exchange *x, const char *text)
{
	ck_assert(http_exchange_stream_write(x, sv_of(text)));
}

/* How often the log holds the text. */
static inline int fake_count(const struct fake *f, const char *text)
{
	int n = 0;
	for (const char *at = f->log; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}
