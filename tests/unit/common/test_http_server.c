/* The server: requests and answers, later answers, streams, limits, many clients at once. */
#include "common/http_server.h"
#include "tests/unit/common/net.h"

#define BIG_BYTES (9u * 1024 * 1024)

struct plan {
	struct net net;
	struct http_exchange *waiting;
	unsigned n_ended;
	bool end_on_end;
};

static const struct http_server_config PLAIN = { .bind_address = "127.0.0.1",
	.max_body_bytes = 100000 };

static bool put_header(struct sv name, struct sv value, void *ctx)
{
	buf_printf(ctx, "%.*s=%.*s|", SV_ARG(name), SV_ARG(value));
	return true;
}

/* Tells the client what was understood. */
static void echo(struct http_exchange *x)
{
	struct buf out;
	size_t n;
	buf_init(&out, 200000);
	buf_printf(
		&out, "%.*s|%.*s|", SV_ARG(http_exchange_method(x)), SV_ARG(http_exchange_path(x)));
	const struct http_query *q = http_exchange_query(x, &n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%.*s=%.*s|", SV_ARG(q[i].name), SV_ARG(q[i].value));
	http_exchange_each_header(x, put_header, &out);
	buf_put_sv(&out, http_exchange_body(x));
	http_exchange_reply_buf(x, 200, "text/plain", &out, NULL);
	buf_done(&out);
}

static void note_end(struct http_exchange *x, void *ctx)
{
	struct plan *p = ctx;
	p->n_ended++;
	if (p->end_on_end)
		http_exchange_stream_end(x);
	if (p->waiting == x)
		p->waiting = NULL;
}

static void handle(struct http_exchange *x, void *ctx)
{
	struct plan *p = ctx;
	struct sv path = http_exchange_path(x);
	p->net.n_handled++;
	if (sv_is(path, "/later") || sv_is(path, "/orphan")) {
		p->waiting = x;
		if (sv_is(path, "/later"))
			http_exchange_set_ctx(x, p, note_end);
	} else if (sv_is(path, "/stream")) {
		p->waiting = x;
		http_exchange_set_ctx(x, p, note_end);
		http_exchange_stream(x, "application/json", 1000);
	} else if (sv_is(path, "/headers")) {
		http_exchange_reply(
			x, 404, NULL, SV("gone"), (const char *const[]){ "X-A: b", "X-C:d", NULL });
	} else if (sv_is(path, "/long")) {
		char line[HTTP_ANSWER_HEADERS_MAX] = "X-Long: ";
		memset(line + 8, 'x', sizeof(line) - 9);
		http_exchange_reply(x, 200, NULL, SV("long"), (const char *const[]){ line, NULL });
	} else if (sv_is(path, "/redirect")) {
		http_exchange_reply(x, 302, NULL, SV(""),
			(const char *const[]){ "Location: http://evil/", NULL });
	} else if (sv_is(path, "/unchanged")) {
		http_exchange_reply(x, 304, NULL, SV(""), NULL);
	} else if (sv_is(path, "/big")) {
		char *big = mem_alloc(BIG_BYTES);
		memset(big, 'x', BIG_BYTES);
		http_exchange_reply(x, 200, "text/plain", sv_from(big, BIG_BYTES), NULL);
		mem_free(big);
	} else if (sv_is(path, "/peer")) {
		http_exchange_reply(x, 200, "text/plain", http_exchange_peer(x), NULL);
	} else {
		echo(x);
	}
}

static void start(struct plan *p, const struct http_server_config *config)
{
	*p = (struct plan){ 0 };
	net_start(&p->net, config, handle);
}

static void expect(
	struct plan *p, const char *sentence, const char *request, int status, const char *end)
{
	struct buf out = net_ask(&p->net, sv_of(request));
	ck_assert_msg(net_status(buf_sv(&out)) == status, "%s: %s", sentence, buf_text(&out));
	ck_assert_msg(sv_has_suffix(buf_sv(&out), sv_of(end)), "%s: %s", sentence, buf_text(&out));
	buf_done(&out);
}

START_TEST(requests_arrive_as_they_were_sent)
{
	static const struct {
		const char *sentence, *request;
		int status;
		const char *end;
	} ROWS[] = {
		{ "a path", "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"\r\n\r\nGET|/a/b|Host=h|" },
		{ "a path stays encoded", "GET /a%2Fb/%2a HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"\r\n\r\nGET|/a%2Fb/%2a|Host=h|" },
		{ "a query in order",
			"GET /a?b=1&c&b=%C3%A4+x&=&&d=%0A HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"\r\n\r\nGET|/a|b=1|c=|b=\xc3\xa4 x|=|d=\n|Host=h|" },
		{ "a forbidden byte in the query", "GET /a?b=%01 HTTP/1.1\r\nHost: h\r\n\r\n", 400,
			"query" },
		{ "repeated headers in order",
			"GET / HTTP/1.1\r\nHost: h\r\nX-G: a\r\nX-G: b\r\n\r\n", 200,
			"\r\n\r\nGET|/|Host=h|X-G=a|X-G=b|" },
		{ "a body", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", 200,
			"|Content-Length=3|abc" },
		{ "a chunked body",
			"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
			"chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
			200, "|abc" },
		{ "a cookie is a header", "GET / HTTP/1.1\r\nHost: h\r\nCookie: a=b; c=d\r\n\r\n",
			200, "|Host=h|Cookie=a=b; c=d|" },
		{ "more headers", "GET /headers HTTP/1.1\r\nHost: h\r\n\r\n", 404,
			"\r\nX-A: b\r\nX-C: d\r\nContent-Length: 4\r\n\r\ngone" },
		{ "long headers", "GET /long HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"x\r\nContent-Length: 4\r\n\r\nlong" },
		{ "HEAD has a length and no body",
			"HEAD /headers HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 404,
			"Content-Length: 4\r\n\r\n" },
		{ "a redirect never leaves", "GET /redirect HTTP/1.1\r\nHost: h\r\n\r\n", 500, "" },
		{ "304 is no redirect",
			"GET /unchanged HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 304,
			"" },
		{ "HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", 200, "\r\n\r\nGET|/a|" },
	};
	struct plan p;
	start(&p, &PLAIN);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		expect(&p, ROWS[i].sentence, ROWS[i].request, ROWS[i].status, ROWS[i].end);
	struct buf out = net_ask(&p.net, SV("GET /peer HTTP/1.1\r\nHost: h\r\n\r\n"));
	ck_assert(sv_find_sv(buf_sv(&out), SV("\r\n\r\n127.0.0.1:")) < out.len);
	buf_done(&out);
	net_stop(&p.net);
}
END_TEST

START_TEST(connections_are_kept_and_pipelined_requests_answered_in_order)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	int fd = net_connect(&p.net);
	for (unsigned i = 0; i < 3; i++) {
		buf_init(&out, 10000);
		net_send(&p.net, fd, SV("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
		ck_assert(!net_read(&p.net, fd, &out, net_is_answer));
		ck_assert_int_eq(net_status(buf_sv(&out)), 200);
		buf_done(&out);
	}
	buf_init(&out, 10000);
	net_send(&p.net, fd,
		SV("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
		   "h\r\nContent-Length: 1\r\n\r\naGET /3 HTTP/1.1\r\nHost: "
		   "h\r\nConnection: close\r\n\r\n"));
	ck_assert(net_read(&p.net, fd, &out, NULL));
	size_t one = sv_find_sv(buf_sv(&out), SV("GET|/1|"));
	size_t two = sv_find_sv(buf_sv(&out), SV("POST|/2|"));
	size_t three = sv_find_sv(buf_sv(&out), SV("GET|/3|"));
	ck_assert(one < two && two < three && three < out.len);
	ck_assert_uint_eq(p.net.n_handled, 6);
	buf_done(&out);
	close(fd);
	net_stop(&p.net);
}
END_TEST

START_TEST(an_answer_may_come_later)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	buf_init(&out, 10000);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd,
		SV("GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"));
	while (!p.waiting)
		net_turn(&p.net, 1);
	for (unsigned i = 0; i < 20; i++)
		net_turn(&p.net, 1);
	ck_assert_uint_eq(p.net.n_handled, 1);
	ck_assert_uint_eq(http_server_n_exchanges(p.net.server), 1);
	ck_assert_uint_eq(p.n_ended, 0);
	http_exchange_reply(p.waiting, 201, "text/plain", SV("late"), NULL);
	ck_assert(!net_read(&p.net, fd, &out, net_is_answer));
	ck_assert_int_eq(net_status(buf_sv(&out)), 201);
	while (p.net.n_handled < 2 || http_server_n_exchanges(p.net.server) > 0)
		net_turn(&p.net, 1);
	ck_assert_uint_eq(p.n_ended, 1);
	buf_done(&out);
	close(fd);
	net_stop(&p.net);
}
END_TEST

static void drop(int fd)
{
	struct linger now = { 1, 0 };
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
}

START_TEST(a_client_that_goes_away_ends_its_exchange)
{
	struct plan p;
	start(&p, &PLAIN);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd, SV("GET /later HTTP/1.1\r\nHost: h\r\n\r\n"));
	while (!p.waiting)
		net_turn(&p.net, 1);
	drop(fd);
	while (p.n_ended == 0)
		net_turn(&p.net, 1);
	while (http_server_n_exchanges(p.net.server) > 0)
		net_turn(&p.net, 1);

	fd = net_connect(&p.net);
	net_send(&p.net, fd, SV("GET /orphan HTTP/1.1\r\nHost: h\r\n\r\n"));
	while (!p.waiting)
		net_turn(&p.net, 1);
	drop(fd);
	while (http_server_n_exchanges(p.net.server) > 0)
		net_turn(&p.net, 1);
	http_exchange_reply(p.waiting, 200, NULL, SV("into the void"), NULL);
	net_stop(&p.net);
}
END_TEST

START_TEST(a_half_closed_client_still_gets_its_answer)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	buf_init(&out, 10000);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd, SV("GET /later HTTP/1.1\r\nHost: h\r\n\r\n"));
	shutdown(fd, SHUT_WR);
	while (!p.waiting)
		net_turn(&p.net, 1);
	for (unsigned i = 0; i < 20; i++)
		net_turn(&p.net, 1);
	http_exchange_reply(p.waiting, 200, NULL, SV("here"), NULL);
	ck_assert(net_read(&p.net, fd, &out, NULL));
	ck_assert(sv_has_suffix(buf_sv(&out), SV("here")));
	buf_done(&out);
	close(fd);
	net_stop(&p.net);
}
END_TEST

static bool has_two_lines(struct sv text)
{
	return sv_find_sv(text, SV("two\n")) < text.len;
}

static bool has_head(struct sv text)
{
	return sv_find_sv(text, SV("\r\n\r\n")) < text.len;
}

START_TEST(a_stream_delivers_piece_by_piece)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	buf_init(&out, 10000);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd, SV("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
	ck_assert(!net_read(&p.net, fd, &out, has_head));
	ck_assert(http_exchange_stream_write(p.waiting, SV("one\n")));
	ck_assert(http_exchange_stream_write(p.waiting, SV("two\n")));
	ck_assert(!net_read(&p.net, fd, &out, has_two_lines));
	ck_assert_uint_eq(http_server_n_exchanges(p.net.server), 1);
	ck_assert(http_exchange_stream_write(p.waiting, SV("three\n")));
	http_exchange_stream_end(p.waiting);
	ck_assert(!http_exchange_stream_write(p.waiting, SV("four\n")));
	ck_assert(!net_read(&p.net, fd, &out, net_is_answer));
	ck_assert(sv_find_sv(buf_sv(&out), SV("three\n")) < out.len);
	while (p.n_ended == 0)
		net_turn(&p.net, 1);
	buf_clear(&out);
	net_send(&p.net, fd, SV("GET /again HTTP/1.1\r\nHost: h\r\n\r\n"));
	ck_assert(!net_read(&p.net, fd, &out, net_is_answer));
	buf_done(&out);
	close(fd);
	net_stop(&p.net);
}
END_TEST

START_TEST(a_stream_whose_client_leaves_or_sleeps_is_told)
{
	struct plan p;
	struct buf out;
	char line[1000];
	memset(line, 'l', sizeof(line));
	for (unsigned end_on_end = 0; end_on_end < 2; end_on_end++) {
		start(&p, &PLAIN);
		p.end_on_end = end_on_end;
		buf_init(&out, 10000);
		int fd = net_connect(&p.net);
		net_send(&p.net, fd, SV("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
		ck_assert(!net_read(&p.net, fd, &out, has_head));
		close(fd);
		while (p.n_ended == 0)
			net_turn(&p.net, 1);
		buf_done(&out);
		net_stop(&p.net);
	}
	start(&p, &PLAIN);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd, SV("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
	while (!p.waiting)
		net_turn(&p.net, 1);
	unsigned long n_written = 0;
	while (http_exchange_stream_write(p.waiting, sv_from(line, sizeof(line)))) {
		n_written++;
		net_turn(&p.net, 0);
		net_turn(&p.net, 0);
		ck_assert_uint_lt(n_written, 100000);
	}
	ck_assert_uint_gt(n_written, 100);
	http_exchange_stream_end(p.waiting);
	close(fd);
	while (p.n_ended == 0)
		net_turn(&p.net, 1);
	net_stop(&p.net);
}
END_TEST

START_TEST(large_answers_and_requests_pass_whole)
{
	struct plan p;
	struct buf in;
	start(&p, &PLAIN);
	struct buf out = net_ask(&p.net, SV("GET /big HTTP/1.1\r\nHost: h\r\n\r\n"));
	ck_assert_uint_eq(out.len - sv_find_sv(buf_sv(&out), SV("\r\n\r\n")) - 4, BIG_BYTES);
	buf_done(&out);
	buf_init(&in, 1000000);
	buf_put_str(&in, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&in, "%09u\n", i);
	out = net_ask(&p.net, buf_sv(&in));
	ck_assert(sv_has_suffix(buf_sv(&out), sv_skip(buf_sv(&in), in.len - 100000)));
	buf_done(&out);
	buf_clear(&in);
	buf_put_str(&in, "GET /a HTTP/1.1\r\nHost: h\r\nX-A: ");
	while (in.len < 32 * 1024 - 4)
		buf_put_char(&in, 'a');
	buf_put_str(&in, "\r\n\r\n");
	out = net_ask(&p.net, buf_sv(&in));
	ck_assert_int_eq(net_status(buf_sv(&out)), 200);
	ck_assert_uint_gt(out.len, 32 * 1024 - 100);
	buf_done(&out);
	buf_clear(&in);
	buf_put_str(&in, "GET /a HTTP/1.1\r\nHost: h\r\n");
	for (unsigned i = 0; i < 126; i++)
		buf_printf(&in, "X-%u: a\r\n", i);
	buf_put_str(&in, "\r\n");
	out = net_ask(&p.net, buf_sv(&in));
	ck_assert_int_eq(net_status(buf_sv(&out)), 200);
	ck_assert(sv_has_suffix(buf_sv(&out), SV("|X-125=a|")));
	buf_done(&out);
	buf_clear(&in);
	buf_put_str(&in, "GET /a?a");
	for (unsigned i = 1; i < 4096; i++)
		buf_put_str(&in, "&a");
	for (unsigned i = 0; i < 2; i++) {
		struct buf request;
		buf_init(&request, in.len + 100);
		buf_printf(
			&request, "%s%s HTTP/1.1\r\nHost: h\r\n\r\n", buf_text(&in), i ? "&a" : "");
		out = net_ask(&p.net, buf_sv(&request));
		ck_assert_int_eq(net_status(buf_sv(&out)), i ? 400 : 200);
		buf_done(&out);
		buf_done(&request);
	}
	buf_done(&in);
	net_stop(&p.net);
}
END_TEST

START_TEST(a_body_is_asked_for_where_the_client_waits)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	buf_init(&out, 10000);
	int fd = net_connect(&p.net);
	net_send(&p.net, fd,
		SV("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
		   "3\r\n\r\n"));
	ck_assert(!net_read(&p.net, fd, &out, has_head));
	ck_assert_str_eq(buf_text(&out), "HTTP/1.1 100 Continue\r\n\r\n");
	buf_clear(&out);
	net_send(&p.net, fd, SV("abc"));
	ck_assert(!net_read(&p.net, fd, &out, net_is_answer));
	ck_assert(sv_has_suffix(buf_sv(&out), SV("abc")));
	buf_done(&out);
	close(fd);
	net_stop(&p.net);
}
END_TEST

/* The size at which libmicrohttpd's own loop stalls is 128 ready connections. */
START_TEST(many_ready_connections_do_not_stall)
{
	static const unsigned SIZES[] = { 127, 128, 129, 256 };
	struct plan p;
	static int fds[256];
	start(&p, &PLAIN);
	for (size_t s = 0; s < ARRAY_LEN(SIZES); s++) {
		unsigned n = SIZES[s];
		for (unsigned i = 0; i < n; i++)
			fds[i] = net_connect(&p.net);
		for (unsigned turn = 0; turn < 3; turn++) {
			int64_t began = instant_mono_now().ns;
			for (unsigned i = 0; i < n; i++)
				net_send(&p.net, fds[i], SV("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
			for (unsigned i = 0; i < n; i++) {
				struct buf out;
				buf_init(&out, 1000);
				ck_assert(!net_read(&p.net, fds[i], &out, net_is_answer));
				ck_assert_int_eq(net_status(buf_sv(&out)), 200);
				buf_done(&out);
			}
			ck_assert_int_lt(instant_mono_now().ns - began, 5 * NS_PER_SEC);
		}
		for (unsigned i = 0; i < n; i++)
			close(fds[i]);
	}
	net_stop(&p.net);
}
END_TEST

START_TEST(slow_heads_idle_clients_and_crowds_are_bounded)
{
	struct http_server_config config = PLAIN;
	struct plan p;
	struct buf out;
	config.idle_timeout_sec = 1;
	config.max_connections = 2;
	start(&p, &config);
	buf_init(&out, 10000);
	int slow = net_connect(&p.net);
	int idle = net_connect(&p.net);
	int third = net_connect(&p.net);
	net_send(&p.net, slow, SV("GET / HTTP/1.1\r\nHost"));
	net_send(&p.net, third, SV("GET /third HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
	for (unsigned i = 0; i < 20; i++)
		net_turn(&p.net, 1);
	ck_assert_uint_eq(p.net.n_handled, 0);
	ck_assert(net_read(&p.net, third, &out, NULL));
	ck_assert_int_eq(net_status(buf_sv(&out)), 200);
	buf_clear(&out);
	ck_assert(net_read(&p.net, slow, &out, NULL));
	ck_assert_int_eq(net_status(buf_sv(&out)), 408);
	buf_clear(&out);
	ck_assert(net_read(&p.net, idle, &out, NULL));
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(p.net.n_handled, 1);
	close(slow);
	close(idle);
	close(third);
	buf_done(&out);
	net_stop(&p.net);
}
END_TEST

START_TEST(quiescing_finishes_what_is_under_way)
{
	struct plan p;
	struct buf out;
	start(&p, &PLAIN);
	buf_init(&out, 10000);
	int idle = net_connect(&p.net);
	int busy = net_connect(&p.net);
	net_send(&p.net, busy, SV("GET /later HTTP/1.1\r\nHost: h\r\n\r\n"));
	while (!p.waiting)
		net_turn(&p.net, 1);
	http_server_quiesce(p.net.server);
	ck_assert(net_read(&p.net, idle, &out, NULL));
	ck_assert_uint_eq(out.len, 0);
	http_exchange_reply(p.waiting, 200, NULL, SV("done"), NULL);
	ck_assert(net_read(&p.net, busy, &out, NULL));
	ck_assert(sv_has_suffix(buf_sv(&out), SV("done")));
	ck_assert(sv_find_sv(buf_sv(&out), SV("\r\nConnection: close\r\n")) < out.len);
	ck_assert_uint_eq(http_server_n_exchanges(p.net.server), 0);
	close(idle);
	close(busy);
	buf_done(&out);
	net_stop(&p.net);
}
END_TEST

START_TEST(freeing_the_server_ends_everything)
{
	struct plan p;
	start(&p, &PLAIN);
	static const char *const REQUESTS[] = { "GET /later HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /stream HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /orphan HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\na" };
	int fds[ARRAY_LEN(REQUESTS)];
	for (size_t i = 0; i < ARRAY_LEN(REQUESTS); i++) {
		fds[i] = net_connect(&p.net);
		net_send(&p.net, fds[i], sv_of(REQUESTS[i]));
	}
	while (p.net.n_handled < 3)
		net_turn(&p.net, 1);
	net_stop(&p.net);
	ck_assert_uint_eq(p.n_ended, 2);
	for (size_t i = 0; i < ARRAY_LEN(REQUESTS); i++)
		close(fds[i]);
}
END_TEST

START_TEST(bad_configuration_is_told)
{
	struct loop *l;
	struct http_server *s;
	struct error err;
	ck_assert_int_eq(loop_new(&l, &err), ERR_OK);
	struct http_server_config config = PLAIN;
	config.bind_address = "localhost";
	ck_assert_int_eq(http_server_new(l, &config, handle, NULL, &s, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "bind address \"localhost\" is no IP address");
	config = PLAIN;
	const struct http_tls_pair nonsense = { SV("nonsense"), SV("nonsense") };
	config.tls_pairs = &nonsense;
	config.n_tls_pairs = 1;
	ck_assert_int_eq(http_server_new(l, &config, handle, NULL, &s, &err), ERR_INVALID);
	ck_assert_int_eq(http_server_new(l, &PLAIN, handle, NULL, &s, &err), ERR_OK);
	config = PLAIN;
	config.port = http_server_port(s);
	struct http_server *second;
	ck_assert_int_eq(http_server_new(l, &config, handle, NULL, &second, &err), ERR_UNAVAIL);
	ck_assert_int_eq(err.code, EADDRINUSE);
	ck_assert_int_eq(http_server_set_certificates(s, &nonsense, 1, &err), ERR_BUG);
	http_server_free(s);
	loop_free(l);
}
END_TEST

/* Each allocation of a request fails once: the connection may end, the server lives. */
START_TEST(out_of_memory_costs_one_connection)
{
	struct plan p;
	start(&p, &PLAIN);
	for (unsigned long at = 1; at < 40; at++) {
		int fd = net_connect(&p.net);
		struct buf out;
		buf_init(&out, 10000);
		net_send(&p.net, fd,
			SV("POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: "
			   "close\r\n\r\na"));
		mem_fail_at(at, false);
		for (unsigned i = 0; i < 10; i++)
			net_turn(&p.net, 1);
		mem_fail_at(0, false);
		net_read(&p.net, fd, &out, NULL);
		int status = net_status(buf_sv(&out));
		ck_assert_msg(out.len == 0 || status == 200 || status == 503, "allocation %lu: %s",
			at, buf_text(&out));
		close(fd);
		buf_done(&out);
		expect(&p, "the next one is served", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"GET|/a|Host=h|");
	}
	net_stop(&p.net);
}
END_TEST

/* The engine may give up in the middle of a body, which goes on coming. */
START_TEST(out_of_memory_in_a_body_costs_one_connection)
{
	struct plan p;
	char body[5000];
	start(&p, &PLAIN);
	memset(body, 'b', sizeof(body));
	memcpy(body + sizeof(body) - 4, "\r\n\r\n", 4);
	for (unsigned long at = 1; at < 25; at++) {
		int fd = net_connect(&p.net);
		struct buf out;
		buf_init(&out, 200000);
		net_send(&p.net, fd,
			SV("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 15001\r\n\r\n"));
		for (unsigned i = 0; i < 5; i++)
			net_turn(&p.net, 1);
		mem_fail_at(at, false);
		for (unsigned k = 0; k < 3; k++) {
			net_send(&p.net, fd, sv_from(body, sizeof(body)));
			for (unsigned i = 0; i < 5; i++)
				net_turn(&p.net, 1);
		}
		mem_fail_at(0, false);
		net_send(&p.net, fd, SV("z"));
		shutdown(fd, SHUT_WR);
		net_read(&p.net, fd, &out, NULL);
		int status = net_status(buf_sv(&out));
		ck_assert_msg(out.len == 0 || status == 200 || status == 503, "allocation %lu: %s",
			at, buf_text(&out));
		close(fd);
		buf_done(&out);
		expect(&p, "the next one is served", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 200,
			"GET|/a|Host=h|");
	}
	net_stop(&p.net);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, out_of_memory_in_a_body_costs_one_connection);
	tcase_add_test(tcase, requests_arrive_as_they_were_sent);
	tcase_add_test(tcase, connections_are_kept_and_pipelined_requests_answered_in_order);
	tcase_add_test(tcase, an_answer_may_come_later);
	tcase_add_test(tcase, a_client_that_goes_away_ends_its_exchange);
	tcase_add_test(tcase, a_half_closed_client_still_gets_its_answer);
	tcase_add_test(tcase, a_stream_delivers_piece_by_piece);
	tcase_add_test(tcase, a_stream_whose_client_leaves_or_sleeps_is_told);
	tcase_add_test(tcase, large_answers_and_requests_pass_whole);
	tcase_add_test(tcase, a_body_is_asked_for_where_the_client_waits);
	tcase_add_test(tcase, many_ready_connections_do_not_stall);
	tcase_add_test(tcase, slow_heads_idle_clients_and_crowds_are_bounded);
	tcase_add_test(tcase, quiescing_finishes_what_is_under_way);
	tcase_add_test(tcase, freeing_the_server_ends_everything);
	tcase_add_test(tcase, bad_configuration_is_told);
	tcase_add_test(tcase, out_of_memory_costs_one_connection);
}

int main(void)
{
	return run_case("http_server", add);
}
