/* Raw bytes against the whole server: what must not be taken never reaches a handler, and ends the
 * connection. */
#include "tests/unit/common/hostile.h"
#include "tests/unit/common/net.h"

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: h\r\nX-Remote-User: smug\r\n\r\n"

static void handle(struct http_exchange *x, void *ctx)
{
	struct net *n = ctx;
	n->n_handled++;
	http_exchange_reply(x, 200, "text/plain", SV("fine"), NULL);
}

static void start(struct net *n, unsigned idle_sec)
{
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.max_body_bytes = HOSTILE_MAX_BODY,
		.idle_timeout_sec = idle_sec };
	net_start(n, &config, handle);
}

START_TEST(hostile_requests_are_refused_and_end_the_connection)
{
	struct net n;
	start(&n, 5);
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		struct buf out;
		buf_init(&out, 100000);
		int fd = net_connect(&n);
		net_send(&n, fd, sv_from(HOSTILE[i].in, HOSTILE[i].len));
		net_send(&n, fd, SV(SMUGGLED));
		ck_assert(net_read(&n, fd, &out, NULL));
		ck_assert_msg(net_status(buf_sv(&out)) == HOSTILE[i].status, "%s: %s",
			HOSTILE[i].sentence, buf_text(&out));
		ck_assert_msg(n.n_handled == 0, "%s: reached the handler", HOSTILE[i].sentence);
		close(fd);
		buf_done(&out);
	}
	net_stop(&n);
}
END_TEST

START_TEST(a_hostile_request_behind_a_good_one_waits_for_its_answer)
{
	struct net n;
	start(&n, 5);
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		struct buf out;
		buf_init(&out, 100000);
		n.n_handled = 0;
		int fd = net_connect(&n);
		net_send(&n, fd, SV("GET /good HTTP/1.1\r\nHost: h\r\n\r\n"));
		net_send(&n, fd, sv_from(HOSTILE[i].in, HOSTILE[i].len));
		net_send(&n, fd, SV(SMUGGLED));
		ck_assert(net_read(&n, fd, &out, NULL));
		ck_assert_int_eq(net_status(buf_sv(&out)), 200);
		size_t fine = sv_find_sv(buf_sv(&out), SV("fine"));
		ck_assert_msg(net_status(sv_skip(buf_sv(&out), fine + 4)) == HOSTILE[i].status,
			"%s: %s", HOSTILE[i].sentence, buf_text(&out));
		ck_assert_uint_eq(n.n_handled, 1);
		close(fd);
		buf_done(&out);
	}
	net_stop(&n);
}
END_TEST

START_TEST(a_head_without_end_is_cut)
{
	struct net n;
	struct buf in, out;
	start(&n, 5);
	buf_init(&in, 4000000);
	buf_init(&out, 100000);
	buf_put_str(&in, "GET / HTTP/1.1\r\nHost: h\r\n");
	while (in.len < 3000000)
		buf_put_str(&in, "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
	int fd = net_connect(&n);
	net_send(&n, fd, buf_sv(&in));
	net_read(&n, fd, &out, NULL);
	ck_assert(out.len == 0 || net_status(buf_sv(&out)) == 431);
	ck_assert_uint_eq(n.n_handled, 0);
	close(fd);
	buf_done(&in);
	buf_done(&out);
	net_stop(&n);
}
END_TEST

START_TEST(bodies_that_never_come_do_not_stay)
{
	static const char *const REQUESTS[] = { POST "Content-Length: 10\r\n\r\nabc",
		POST "Transfer-Encoding: chunked\r\n\r\n5\r\nab" };
	struct net n;
	start(&n, 1);
	for (size_t i = 0; i < ARRAY_LEN(REQUESTS); i++) {
		struct buf out;
		buf_init(&out, 100000);
		int fd = net_connect(&n);
		net_send(&n, fd, sv_of(REQUESTS[i]));
		ck_assert(net_read(&n, fd, &out, NULL));
		ck_assert_int_eq(net_status(buf_sv(&out)), 408);
		close(fd);
		fd = net_connect(&n);
		net_send(&n, fd, sv_of(REQUESTS[i]));
		close(fd);
		net_turn(&n, 1);
		buf_done(&out);
	}
	ck_assert_uint_eq(n.n_handled, 0);
	ck_assert_uint_eq(http_server_n_exchanges(n.server), 0);
	net_stop(&n);
}
END_TEST

/* A fixed seed: the same noise each time. */
START_TEST(noise_is_refused)
{
	struct net n;
	unsigned random = 1;
	start(&n, 1);
	for (unsigned round = 0; round < 200; round++) {
		struct buf out;
		char noise[256];
		buf_init(&out, 100000);
		for (size_t i = 0; i < sizeof(noise); i++) {
			random = random * 1103515245u + 12345u;
			noise[i] = (char)(random >> 16);
		}
		int fd = net_connect(&n);
		net_send(&n, fd, sv_from(noise, sizeof(noise)));
		ck_assert(net_read(&n, fd, &out, NULL));
		ck_assert_int_eq(net_status(buf_sv(&out)), 400);
		close(fd);
		buf_done(&out);
	}
	ck_assert_uint_eq(n.n_handled, 0);
	net_stop(&n);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, hostile_requests_are_refused_and_end_the_connection);
	tcase_add_test(tcase, a_hostile_request_behind_a_good_one_waits_for_its_answer);
	tcase_add_test(tcase, a_head_without_end_is_cut);
	tcase_add_test(tcase, bodies_that_never_come_do_not_stay);
	tcase_add_test(tcase, noise_is_refused);
}

int main(void)
{
	return run_case("http_server_hostile", add);
}
