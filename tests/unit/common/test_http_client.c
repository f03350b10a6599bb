/* The client against our own server: requests, streams, deadlines, and callbacks that pull the rug. */
#include <time.h>

#include "common/http_client.h"
#include "tests/unit/common/world.h"

START_TEST(requests_go_out_as_asked)
{
	static const char *const MORE[] = { "X-More: m", "X-Empty:", NULL };
	static const char *const COMMON[] = { "X-Common: c", NULL };
	static const struct {
		const char *sentence;
		struct http_request request;
		const char *wanted;
	} ROWS[] = {
		{ "a GET", { .method = "GET", .target = "/a%2Fb?c=d" },
			"GET|/a%2Fb?c=d|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|" },
		{ "what to accept", { .method = "GET", .target = "/", .accept = "text/plain" },
			"GET|/|Host=H|User-Agent=flyball|X-Common=c|Accept=text/plain|" },
		{ "more headers", { .method = "GET", .target = "/", .headers = MORE },
			"GET|/|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|X-More=m|X-Empty=|" },
		{ "a PUT",
			{ .method = "PUT",
				.target = "/a",
				.body = SV("body"),
				.content_type = "application/json" },
			"PUT|/a|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|Content-Type=application/json|Content-Length=4|body" },
		{ "an empty POST has a length",
			{ .method = "POST", .target = "/a", .content_type = "a/b" },
			"POST|/a|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|Content-Type=a/b|Content-Length=0|" },
		{ "a PATCH",
			{ .method = "PATCH",
				.target = "/a",
				.body = SV("{}"),
				.content_type = "application/merge-patch+json" },
			"PATCH|/a|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|Content-Type=application/merge-patch+json|Content-Length=2|{}" },
		{ "a DELETE", { .method = "DELETE", .target = "/a" },
			"DELETE|/a|Host=H|User-Agent=flyball|X-Common=c|Accept=application/json|" },
		{ "a DELETE with a body",
			{ .method = "DELETE",
				.target = "/a",
				.body = SV("{}"),
				.content_type = "application/json" },
			"DELETE|/a|Host=H|User-Agent=flyball|X-Common=c|Accept=application/"
			"json|Content-Type=application/json|Content-Length=2|{}" },
	};
	struct world w;
	char host[64];
	start(&w, (struct http_endpoint_config){ .user_agent = "flyball", .headers = COMMON });
	(void)snprintf(host, sizeof(host), "127.0.0.1:%u", http_server_port(w.net.server));
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct buf wanted;
		struct sv text = sv_of(ROWS[i].wanted);
		size_t at = sv_find_sv(text, SV("Host=H")) + 5;
		buf_init(&wanted, 10000);
		buf_put_sv(&wanted, sv_take(text, at));
		buf_put_str(&wanted, host);
		buf_put_sv(&wanted, sv_skip(text, at + 1));
		ask(&w, ROWS[i].request);
		ck_assert_int_eq(w.failed.kind, ERR_OK);
		ck_assert_int_eq(w.status, 200);
		ck_assert_msg(sv_eq(buf_sv(&w.body), buf_sv(&wanted)), "%s: %s", ROWS[i].sentence,
			buf_text(&w.body));
		buf_done(&wanted);
	}
	ck_assert_str_eq(w.content_type, "text/plain; charset=utf-8");
	ck_assert_uint_eq(strlen(w.date), 29);
	ask(&w, (struct http_request){ .method = "HEAD", .target = "/a" });
	ck_assert_int_eq(w.status, 200);
	ck_assert_uint_eq(w.body.len, 0);
	stop(&w);
}
END_TEST

START_TEST(answers_of_every_status_are_answers)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	ask(&w, (struct http_request){ .target = "/busy" });
	ck_assert_int_eq(w.status, 429);
	ck_assert(w.retry_after.set && w.retry_after.seconds == 7);
	ck_assert_str_eq(buf_text(&w.body), "later");
	ask(&w, (struct http_request){ .target = "/very-busy" });
	ck_assert(w.retry_after.set && w.retry_after.seconds == 3600);
	ask(&w, (struct http_request){ .target = "/unchanged" });
	ck_assert_int_eq(w.status, 304);
	ck_assert(!w.retry_after.set);
	ck_assert_uint_eq(w.net.n_handled, 3);
	stop(&w);
}
END_TEST

START_TEST(a_prefix_of_the_server_precedes_targets)
{
	struct world w;
	char url[64];
	start(&w, (struct http_endpoint_config){ 0 });
	(void)snprintf(
		url, sizeof(url), "http://127.0.0.1:%u/prom/", http_server_port(w.net.server));
	http_endpoint_free(w.endpoint);
	w.endpoint = endpoint(&w, (struct http_endpoint_config){ .base_url = url });
	url[strlen(url) - 1] = '\0';
	ck_assert_str_eq(http_endpoint_url(w.endpoint), url);
	ask(&w, (struct http_request){ .target = "/api/v1/query?query=1" });
	ck_assert(sv_has_prefix(buf_sv(&w.body), SV("GET|/prom/api/v1/query?query=1|")));
	stop(&w);
}
END_TEST

START_TEST(what_could_change_the_request_is_refused)
{
	static const char *const SPLIT[] = { "X-A: b\r\nX-Remote-User: evil", NULL };
	static const char *const NAMELESS[] = { ": b", NULL };
	static const char *const NO_COLON[] = { "secret", NULL };
	static const struct http_request ROWS[] = {
		{ .method = "GET", .target = "a" },
		{ .method = "GET", .target = "/a b" },
		{ .method = "GET", .target = "/a\r\nX: y" },
		{ .method = "GET", .target = "/a#b" },
		{ .method = "GET / HTTP/1.1\r\nX: y", .target = "/" },
		{ .method = "", .target = "/" },
		{ .method = "GET", .target = "/", .headers = SPLIT },
		{ .method = "GET", .target = "/", .headers = NAMELESS },
		{ .method = "GET", .target = "/", .headers = NO_COLON },
		{ .method = "GET", .target = "/", .accept = "a\nb" },
		{ .method = "PUT", .target = "/", .content_type = "a\nb" },
	};
	static const struct http_endpoint_config BAD[] = {
		{ .base_url = "ftp://h" },
		{ .base_url = "h:80" },
		{ .base_url = "http://" },
		{ .base_url = "http://h:0" },
		{ .base_url = "http://h:65536" },
		{ .base_url = "http://h/a b" },
		{ .base_url = "http://h?x=y" },
		{ .base_url = "http://user:secret@h" },
		{ .base_url = "https://h", .tls_server_name = "a/b" },
		{ .base_url = "http://h", .headers = SPLIT },
		{ .base_url = "http://h", .bearer_token = "a b" },
		{ .base_url = "http://h", .bearer_token = "a\n" },
		{ .base_url = "https://h", .cert_file = "c" },
		{ .base_url = "https://h", .key_data = SV("k") },
	};
	struct world w;
	struct error err;
	start(&w, (struct http_endpoint_config){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct http_request request = ROWS[i];
		request.done = on_done;
		enum error_kind kind = http_call_start(w.endpoint, &request, NULL, &err);
		ck_assert_msg(kind == ERR_INVALID, "row %zu: %s", i, error_kind_name(kind));
		ck_assert_ptr_null(strstr(err.text, "secret"));
	}
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		struct http_endpoint *e;
		enum error_kind kind = http_endpoint_new(w.client, &BAD[i], &e, &err);
		ck_assert_msg(kind == ERR_INVALID, "row %zu: %s", i, error_kind_name(kind));
		ck_assert_ptr_null(strstr(err.text, "secret"));
	}
	stop(&w);
}
END_TEST

START_TEST(failures_say_what_happened)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	ask(&w, (struct http_request){ .target = "/kilobyte", .max_bytes = 1023 });
	ck_assert_int_eq(w.failed.kind, ERR_LIMIT);
	ck_assert_str_eq(w.failed.text, "the answer is larger than the limit of 1023 bytes");
	ask(&w, (struct http_request){ .target = "/kilobyte", .max_bytes = 1024 });
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	ask(&w, (struct http_request){ .target = "/later", .timeout_ns = 50 * NS_PER_MS });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_str_eq(w.failed.text, "no complete answer within 50ms");
	ck_assert_int_eq(w.status, 0);
	http_exchange_reply(w.waiting, 200, NULL, SV("too late"), NULL);
	TURN_UNTIL(&w, w.n_ended == 1);
	ask(&w, (struct http_request){ .target = "/busy" });
	ck_assert_str_eq(buf_text(&w.body), "later");
	http_endpoint_free(w.endpoint);
	w.endpoint =
		endpoint(&w, (struct http_endpoint_config){ .base_url = "http://127.0.0.1:1" });
	ask(&w, (struct http_request){ .target = "/" });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_int_eq(w.failed.code, 7);
	ck_assert_ptr_nonnull(strstr(w.failed.text, "127.0.0.1 port 1: "));
	stop(&w);
}
END_TEST

START_TEST(a_deadline_counts_the_wait_for_a_connection)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ .max_connections = 1 });
	begin(&w, (struct http_request){ .target = "/later" });
	struct http_call *first = w.call;
	TURN_UNTIL(&w, w.waiting);
	ask(&w, (struct http_request){ .target = "/echo", .timeout_ns = 50 * NS_PER_MS });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_uint_eq(w.net.n_handled, 1);
	http_call_cancel(first);
	ask(&w, (struct http_request){ .target = "/echo" });
	ck_assert_int_eq(w.status, 200);
	stop(&w);
}
END_TEST

START_TEST(nothing_is_sent_after_its_instant)
{
	const struct timespec nap = { 0, 60 * NS_PER_MS };
	struct world w;
	start(&w, (struct http_endpoint_config){ .max_connections = 1 });
	struct mono until = { instant_mono_now().ns + 50 * NS_PER_MS };
	ask(&w, (struct http_request){
			.target = "/later", .timeout_ns = 10 * NS_PER_SEC, .deadline = until });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_ptr_nonnull(strstr(w.failed.text, "no complete answer within "));
	ck_assert_uint_eq(w.net.n_handled, 1);
	/* The process stands still between the order and its first chance to send. */
	until.ns = instant_mono_now().ns + 50 * NS_PER_MS;
	begin(&w, (struct http_request){
			  .target = "/echo", .timeout_ns = 10 * NS_PER_SEC, .deadline = until });
	ck_assert_int_eq(nanosleep(&nap, NULL), 0);
	unsigned before = w.n_done;
	TURN_UNTIL(&w, w.n_done == before + 1);
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	/* It had passed before. */
	ask(&w, (struct http_request){ .target = "/echo", .deadline = until });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_uint_eq(w.net.n_handled, 1);
	ask(&w, (struct http_request){ .target = "/echo" });
	ck_assert_int_eq(w.status, 200);
	stop(&w);
}
END_TEST

/* HTTP/2 would carry them all on one connection, so connections are no limit. */
START_TEST(calls_beyond_the_limit_wait_in_line)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ .max_connections = 8, .max_calls = 2 });
	struct http_call *silent[2];
	for (size_t i = 0; i < 2; i++) {
		begin(&w, (struct http_request){ .target = "/later" });
		silent[i] = w.call;
	}
	TURN_UNTIL(&w, w.net.n_handled == 2);
	ask(&w, (struct http_request){ .target = "/echo", .timeout_ns = 50 * NS_PER_MS });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_str_eq(w.failed.text, "too many calls under way: not sent within 50ms");
	ck_assert_uint_eq(w.net.n_handled, 2);
	unsigned before = w.n_done;
	for (unsigned i = 0; i < 3; i++)
		begin(&w, (struct http_request){ .target = "/echo" });
	http_call_cancel(silent[0]);
	TURN_UNTIL(&w, w.n_done == before + 3);
	ck_assert_int_eq(w.status, 200);
	http_call_cancel(silent[1]);
	stop(&w);
}
END_TEST

START_TEST(the_time_in_line_does_not_count_for_the_patient)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ .max_connections = 8, .max_calls = 1 });
	begin(&w, (struct http_request){ .target = "/later", .timeout_ns = 150 * NS_PER_MS });
	TURN_UNTIL(&w, w.net.n_handled == 1);
	begin(&w, (struct http_request){
			  .target = "/echo", .timeout_ns = 100 * NS_PER_MS, .patient = true });
	TURN_UNTIL(&w, w.n_done == 2);
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	ck_assert_int_eq(w.status, 200);
	/* It does have a deadline. */
	ask(&w, (struct http_request){
			.target = "/later", .timeout_ns = 50 * NS_PER_MS, .patient = true });
	ck_assert_str_eq(w.failed.text, "no complete answer within 50ms");
	stop(&w);
}
END_TEST

START_TEST(connections_are_reused_and_endpoints_have_their_own)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ .max_connections = 1 });
	struct http_endpoint *normal = w.endpoint;
	begin(&w, (struct http_request){ .target = "/later" });
	TURN_UNTIL(&w, w.waiting);
	w.endpoint = endpoint(&w, (struct http_endpoint_config){ .max_connections = 1 });
	for (unsigned i = 0; i < 3; i++) {
		ask(&w, (struct http_request){ .target = "/echo" });
		ck_assert_int_eq(w.status, 200);
	}
	http_endpoint_free(normal);
	ck_assert_uint_eq(w.n_done, 3);
	stop(&w);
}
END_TEST

START_TEST(proxies_of_the_environment_are_ignored)
{
	static const char *const NAMES[] = { "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY",
		"HTTPS_PROXY" };
	struct world w;
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		setenv(NAMES[i], "http://127.0.0.1:1", 1);
	start(&w, (struct http_endpoint_config){ 0 });
	ask(&w, (struct http_request){ .target = "/echo" });
	ck_assert_msg(w.status == 200, "%s", w.failed.text);
	stop(&w);
}
END_TEST

/* Streams */

START_TEST(streams_deliver_and_end)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	begin(&w, (struct http_request){ .target = "/stream", .on_data = on_piece });
	TURN_UNTIL(&w, w.waiting);
	ck_assert(http_exchange_stream_write(w.waiting, SV("one\n")));
	TURN_UNTIL(&w, w.body.len == 4);
	ck_assert(http_exchange_stream_write(w.waiting, SV("two\n")));
	TURN_UNTIL(&w, w.body.len == 8);
	ck_assert_uint_eq(w.n_pieces, 2);
	ck_assert_uint_eq(w.n_done, 0);
	http_exchange_stream_end(w.waiting);
	TURN_UNTIL(&w, w.n_done == 1);
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	ck_assert_int_eq(w.status, 200);
	ck_assert_str_eq(buf_text(&w.body), "one\ntwo\n");
	w.n_pieces = 0;
	ask(&w, (struct http_request){ .target = "/busy", .on_data = on_piece });
	ck_assert_uint_eq(w.n_pieces, 0);
	ck_assert_int_eq(w.status, 429);
	ck_assert_str_eq(buf_text(&w.body), "later");
	stop(&w);
}
END_TEST

START_TEST(a_large_stream_comes_whole_and_in_turns)
{
	struct world w;
	struct buf wanted;
	start(&w, (struct http_endpoint_config){ 0 });
	buf_done(&w.body);
	buf_init(&w.body, 8u << 20);
	buf_init(&wanted, 8u << 20);
	for (uint64_t i = 0; wanted.len < 3u << 20; i++)
		buf_put_u64(&wanted, i);
	begin(&w, (struct http_request){ .target = "/megabytes", .on_data = on_piece });
	TURN_UNTIL(&w, w.n_done == 1);
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	ck_assert(sv_eq(buf_sv(&w.body), buf_sv(&wanted)));
	/* A round of the loop is short: the reader never gets more than this at once. */
	ck_assert_uint_le(w.largest_piece, 160u * 1024);
	buf_done(&wanted);
	stop(&w);
}
END_TEST

START_TEST(a_silent_stream_ends_and_a_cut_one_fails)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	begin(&w, (struct http_request){ .target = "/stream",
			  .on_data = on_piece,
			  .idle_timeout_ns = 2 * NS_PER_SEC });
	TURN_UNTIL(&w, w.waiting);
	for (unsigned i = 0; i < 3; i++) {
		int64_t until = instant_mono_now().ns + 700 * NS_PER_MS;
		TURN_UNTIL(&w, instant_mono_now().ns > until);
		ck_assert_ptr_nonnull(w.waiting);
		ck_assert(http_exchange_stream_write(w.waiting, SV(".")));
	}
	ck_assert_uint_eq(w.n_done, 0);
	TURN_UNTIL(&w, w.n_done == 1);
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_str_eq(w.failed.text, "nothing received for 2s");
	TURN_UNTIL(&w, w.n_ended == 1);
	begin(&w, (struct http_request){ .target = "/stream", .on_data = on_piece });
	TURN_UNTIL(&w, w.waiting);
	ck_assert(http_exchange_stream_write(w.waiting, SV("half")));
	TURN_UNTIL(&w, sv_has_suffix(buf_sv(&w.body), SV("half")));
	http_server_free(w.net.server);
	w.net.server = NULL;
	TURN_UNTIL(&w, w.n_done == 2);
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	stop(&w);
}
END_TEST

START_TEST(readers_may_end_cancel_and_free_from_inside)
{
	for (unsigned how = 0; how < 3; how++) {
		struct world w;
		start(&w, (struct http_endpoint_config){ 0 });
		w.refuse_piece = how == 0;
		w.cancel_in_piece = how == 1;
		w.free_in_piece = how == 2;
		begin(&w, (struct http_request){ .target = "/stream", .on_data = on_piece });
		begin(&w, (struct http_request){ .target = "/stream", .on_data = on_piece });
		TURN_UNTIL(&w, w.net.n_handled == 2);
		ck_assert(http_exchange_stream_write(w.waiting, SV("x")));
		TURN_UNTIL(&w, w.n_pieces == 1);
		if (how == 0) {
			TURN_UNTIL(&w, w.n_done == 1);
			ck_assert_int_eq(w.failed.kind, ERR_LIMIT);
		}
		for (unsigned i = 0; i < 10; i++)
			net_turn(&w.net, 1);
		ck_assert_uint_eq(w.n_done, how == 0);
		stop(&w);
	}
}
END_TEST

START_TEST(done_may_start_and_free)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	w.start_in_done = true;
	begin(&w, (struct http_request){ .target = "/echo" });
	TURN_UNTIL(&w, w.n_done == 2);
	ck_assert_int_eq(w.status, 200);
	w.free_in_done = true;
	begin(&w, (struct http_request){ .target = "/later" });
	begin(&w, (struct http_request){ .target = "/echo" });
	begin(&w, (struct http_request){ .target = "/later" });
	TURN_UNTIL(&w, w.n_done == 3);
	for (unsigned i = 0; i < 10; i++)
		net_turn(&w.net, 1);
	ck_assert_uint_eq(w.n_done, 3);
	stop(&w);
}
END_TEST

START_TEST(cancelled_calls_are_never_done)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ 0 });
	begin(&w, (struct http_request){ .target = "/echo" });
	http_call_cancel(w.call);
	begin(&w, (struct http_request){ .target = "/later" });
	TURN_UNTIL(&w, w.waiting);
	http_call_cancel(w.call);
	http_call_cancel(NULL);
	http_exchange_reply(w.waiting, 200, NULL, SV("too late"), NULL);
	TURN_UNTIL(&w, w.n_ended == 1);
	ck_assert_uint_eq(w.n_done, 0);
	stop(&w);
}
END_TEST

START_TEST(waiting_for_a_call_turns_the_loop)
{
	struct world w;
	struct error err;
	struct buf body;
	int status;
	start(&w, (struct http_endpoint_config){ 0 });
	const struct http_request request = { .method = "GET", .target = "/kilobyte" };
	ck_assert_int_eq(
		http_call_wait(w.endpoint, w.net.loop, &request, &status, &body, &err), ERR_OK);
	ck_assert_int_eq(status, 200);
	ck_assert_uint_eq(body.len, 1024);
	buf_done(&body);
	const struct http_request never = {
		.method = "GET", .target = "/later", .timeout_ns = 30 * NS_PER_MS
	};
	ck_assert_int_eq(
		http_call_wait(w.endpoint, w.net.loop, &never, &status, &body, &err), ERR_UNAVAIL);
	stop(&w);
}
END_TEST

START_TEST(out_of_memory_is_one_failed_call)
{
	struct world w;
	unsigned n_failed = 0;
	start(&w, (struct http_endpoint_config){ .bearer_token = "t" });
	ask(&w, (struct http_request){ .target = "/echo" });
	for (unsigned long at = 1; at < 60; at++) {
		struct error err;
		const struct http_request request = { .method = "PUT",
			.target = "/echo",
			.body = SV("x"),
			.content_type = "a/b",
			.timeout_ns = 5 * NS_PER_SEC,
			.done = on_done,
			.ctx = &w };
		unsigned n_done = w.n_done;
		mem_fail_at(at, false);
		enum error_kind kind = http_call_start(w.endpoint, &request, NULL, &err);
		mem_fail_at(0, false);
		ck_assert(kind == ERR_OK || kind == ERR_NOMEM);
		n_failed += kind == ERR_NOMEM;
		if (kind == ERR_OK)
			TURN_UNTIL(&w, w.n_done > n_done);
		ask(&w, (struct http_request){ .target = "/echo" });
		ck_assert_int_eq(w.status, 200);
	}
	ck_assert_uint_gt(n_failed, 3);
	stop(&w);
}
END_TEST

static enum error_kind make_endpoint(struct error *err)
{
	static const char *const LINES[] = { "X-A: b", NULL };
	const struct http_endpoint_config config = { .base_url = "https://h:1/p",
		.ca_data = SV("c"),
		.cert_file = "c",
		.key_file = "k",
		.tls_server_name = "n",
		.bearer_token_file = "t",
		.username = "u",
		.password = "p",
		.user_agent = "a",
		.headers = LINES };
	AUTO(loop_free) struct loop *l = NULL;
	AUTO(http_client_free) struct http_client *c = NULL;
	AUTO(http_endpoint_free) struct http_endpoint *e = NULL;
	enum error_kind kind = loop_new(&l, err);
	if (kind == ERR_OK)
		kind = http_client_new(l, &c, err);
	if (kind == ERR_OK)
		kind = http_endpoint_new(c, &config, &e, err);
	return kind;
}

START_TEST(out_of_memory_makes_no_endpoint)
{
	fail_each_allocation(make_endpoint);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, requests_go_out_as_asked);
	tcase_add_test(tcase, answers_of_every_status_are_answers);
	tcase_add_test(tcase, a_prefix_of_the_server_precedes_targets);
	tcase_add_test(tcase, what_could_change_the_request_is_refused);
	tcase_add_test(tcase, failures_say_what_happened);
	tcase_add_test(tcase, a_deadline_counts_the_wait_for_a_connection);
	tcase_add_test(tcase, nothing_is_sent_after_its_instant);
	tcase_add_test(tcase, calls_beyond_the_limit_wait_in_line);
	tcase_add_test(tcase, the_time_in_line_does_not_count_for_the_patient);
	tcase_add_test(tcase, connections_are_reused_and_endpoints_have_their_own);
	tcase_add_test(tcase, proxies_of_the_environment_are_ignored);
	tcase_add_test(tcase, streams_deliver_and_end);
	tcase_add_test(tcase, a_large_stream_comes_whole_and_in_turns);
	tcase_add_test(tcase, a_silent_stream_ends_and_a_cut_one_fails);
	tcase_add_test(tcase, readers_may_end_cancel_and_free_from_inside);
	tcase_add_test(tcase, done_may_start_and_free);
	tcase_add_test(tcase, cancelled_calls_are_never_done);
	tcase_add_test(tcase, waiting_for_a_call_turns_the_loop);
	tcase_add_test(tcase, out_of_memory_is_one_failed_call);
	tcase_add_test(tcase, out_of_memory_makes_no_endpoint);
}

int main(void)
{
	return run_case("http_client", add);
}
