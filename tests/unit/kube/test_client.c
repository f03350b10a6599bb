/* The client against a server in the same process: answers, errors in words, Retry-After, streams, ends of life. */
#include <unistd.h>

#include "kube/client.h"
#include "kube/scale_client.h"
#include "kube/wait.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

struct answers {
	int n;
	int status;
	char body[512];
	struct error err; /* kind ERR_OK: success */
	char stream[256];
	bool stop_stream;
	int n_put_off;
	int64_t put_off_ns;
};

static void on_done(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct answers *a = ctx;
	a->n++;
	a->status = answer->status;
	(void)snprintf(a->body, sizeof(a->body), "%.*s", SV_ARG(answer->body));
	a->err.kind = ERR_OK;
	if (failed)
		a->err = *failed;
}

static bool on_data(struct sv piece, void *ctx)
{
	struct answers *a = ctx;
	size_t at = strlen(a->stream);
	(void)snprintf(a->stream + at, sizeof(a->stream) - at, "%.*s", SV_ARG(piece));
	return !a->stop_stream;
}

static void start(struct fake *f, struct answers *a, struct client_request q)
{
	struct error err;
	q.done = on_done;
	q.ctx = a;
	*a = (struct answers){ .stop_stream = a->stop_stream };
	ck_assert_msg(client_start(f->client, &q, NULL, &err) == ERR_OK, "%s", err.text);
}

static void serve_basics(struct fake *f, struct http_exchange *x)
{
	static const char *const AFTER[] = { "Retry-After: 0", NULL };
	static const char *const LONG_AFTER[] = { "Retry-After: 60", NULL };
	(void)f;
	if (fake_is(x, "GET", "/api/v1/namespaces/a%20b"))
		fake_reply(x, 200, "{\"ok\":1}");
	else if (fake_is(x, "PUT", "/echo"))
		http_exchange_reply(x, 201, "application/json", http_exchange_body(x), NULL);
	else if (fake_is(x, "PATCH", "/type"))
		http_exchange_reply(
			x, 200, "text/plain", http_exchange_header(x, "Content-Type"), NULL);
	else if (fake_is(x, "GET", "/busy"))
		http_exchange_reply(
			x, f->n_requests < 4 ? 429 : 200, "text/plain", SV("busy\n"), AFTER);
	else if (fake_is(x, "GET", "/always-busy"))
		http_exchange_reply(x, 503, "text/plain", SV(""), AFTER);
	else if (fake_is(x, "GET", "/much-later"))
		http_exchange_reply(x, 429, "text/plain", SV(""), LONG_AFTER);
	else if (fake_is(x, "GET", "/status"))
		fake_reply(x, 409,
			"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no: "
			"changed\",\"reason\":\"Conflict\"}");
	else if (fake_is(x, "GET", "/stream")) {
		http_exchange_stream(x, "application/json", 1 << 20);
		fake_write(x, "one ");
		fake_write(x, "two");
		http_exchange_stream_end(x);
	} else if (!fake_is(x, "GET", "/never"))
		http_exchange_reply(x, 404, "text/plain", SV("404 page not found\n"), NULL);
}

START_TEST(answers_come_back)
{
	struct fake f;
	struct answers a = { 0 };
	fake_start(&f, serve_basics, NULL);
	start(&f, &a, (struct client_request){ .target = "/api/v1/namespaces/a%20b" });
	ck_assert_int_eq(a.n, 0);
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_OK);
	ck_assert_str_eq(a.body, "{\"ok\":1}");
	start(&f, &a,
		(struct client_request){ .method = "PUT",
			.target = "/echo",
			.body = SV("{\"x\":2}"),
			.traffic = CLIENT_URGENT });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.status, 201);
	ck_assert_str_eq(a.body, "{\"x\":2}");
	start(&f, &a,
		(struct client_request){ .method = "PATCH",
			.target = "/type",
			.body = SV("{}"),
			.content_type = CLIENT_PATCH_MERGE });
	FAKE_UNTIL(&f, a.n);
	ck_assert_str_eq(a.body, "application/merge-patch+json");
	fake_stop(&f);
}
END_TEST

START_TEST(errors_are_put_into_words)
{
	struct fake f;
	struct answers a = { 0 };
	char expected[256];
	fake_start(&f, serve_basics, NULL);
	start(&f, &a,
		(struct client_request){
			.target = "/status", .resource = "deployments", .name = "web" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_CONFLICT);
	ck_assert_int_eq(a.err.code, 409);
	ck_assert_str_eq(a.err.text, "no: changed");
	start(&f, &a,
		(struct client_request){
			.target = "/nothing", .resource = "deployments", .name = "web" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_NOTFOUND);
	ck_assert_str_eq(a.err.text,
		"the server could not find the requested resource (get deployments web)");
	ck_assert_int_eq(a.status, 404);
	fake_hang_up(&f);
	start(&f, &a, (struct client_request){ .target = "/apis/x?y=z" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	ck_assert_int_eq(a.err.code, 0);
	(void)snprintf(
		expected, sizeof(expected), "Get \"http://127.0.0.1:%u/apis/x?y=z\": ", f.port);
	ck_assert_msg(strncmp(a.err.text, expected, strlen(expected)) == 0, "%s", a.err.text);
	fake_stop(&f);
}
END_TEST

START_TEST(the_server_may_ask_to_come_back)
{
	struct fake f;
	struct answers a = { 0 };
	fake_start(&f, serve_basics, NULL);
	start(&f, &a, (struct client_request){ .target = "/busy" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_OK);
	ck_assert_int_eq(f.n_requests, 4);
	/* Ten times, no more. */
	start(&f, &a, (struct client_request){ .target = "/always-busy" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	ck_assert_int_eq(f.n_requests, 4 + 11);
	start(&f, &a, (struct client_request){ .target = "/always-busy", .once = true });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(f.n_requests, 4 + 11 + 1);
	/* Not beyond the time that the caller gives. */
	start(&f, &a, (struct client_request){ .target = "/much-later" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.code, 429);
	ck_assert_int_eq(f.n_requests, 4 + 11 + 2);
	fake_stop(&f);
}
END_TEST

static void on_put_off(int64_t wait_ns, void *ctx)
{
	struct answers *a = ctx;
	a->n_put_off++;
	a->put_off_ns = wait_ns;
}

START_TEST(who_is_put_off_is_told_at_once)
{
	struct fake f;
	struct answers a = { 0 };
	fake_start(&f, serve_basics, NULL);
	start(&f, &a,
		(struct client_request){ .target = "/much-later",
			.timeout_ns = 100 * NS_PER_SEC,
			.on_put_off = on_put_off });
	FAKE_UNTIL(&f, a.n_put_off);
	ck_assert_int_ge(a.put_off_ns, NS_PER_SEC);
	ck_assert_int_eq(a.n, 0);
	fake_stop(&f);
}
END_TEST

START_TEST(time_runs_out)
{
	struct fake f;
	struct answers a = { 0 };
	fake_start(&f, serve_basics, NULL);
	start(&f, &a, (struct client_request){ .target = "/never", .timeout_ns = 50 * NS_PER_MS });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	/* An instant that is nearer than the timeout; it counts for repetitions, too. */
	struct mono until = { instant_mono_now().ns + 100 * NS_PER_MS };
	start(&f, &a, (struct client_request){ .target = "/never", .deadline = until });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	until.ns = instant_mono_now().ns + 2 * NS_PER_SEC;
	start(&f, &a, (struct client_request){ .target = "/much-later", .deadline = until });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.code, 429);
	int n = f.n_requests;
	start(&f, &a,
		(struct client_request){ .target = "/api/v1/namespaces/a%20b",
			.deadline = { instant_mono_now().ns - 1 } });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	ck_assert_int_eq(f.n_requests, n);
	fake_stop(&f);
}
END_TEST

START_TEST(streams_come_in_pieces_and_can_be_ended)
{
	struct fake f;
	struct answers a = { 0 };
	fake_start(&f, serve_basics, NULL);
	start(&f, &a,
		(struct client_request){
			.target = "/stream", .traffic = CLIENT_WATCH, .on_data = on_data });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_OK);
	ck_assert_str_eq(a.stream, "one two");
	a.stop_stream = true;
	start(&f, &a,
		(struct client_request){
			.target = "/stream", .traffic = CLIENT_WATCH, .on_data = on_data });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_ne(a.err.kind, ERR_OK);
	fake_stop(&f);
}
END_TEST

START_TEST(calls_can_be_cancelled_in_every_state)
{
	struct fake f;
	struct answers a = { 0 };
	struct client_call *waiting, *asking;
	struct error err;
	fake_start(&f, serve_basics, NULL);
	struct client_request q = {
		.target = "/much-later", .timeout_ns = 100 * NS_PER_SEC, .done = on_done, .ctx = &a
	};
	ck_assert_int_eq(client_start(f.client, &q, &waiting, &err), ERR_OK);
	FAKE_UNTIL(&f, f.n_requests == 1);
	fake_turn_for(&f, 20 * NS_PER_MS);
	q.target = "/never";
	ck_assert_int_eq(client_start(f.client, &q, &asking, &err), ERR_OK);
	FAKE_UNTIL(&f, f.n_requests == 2);
	client_cancel(waiting);
	client_cancel(asking);
	client_cancel(NULL);
	ck_assert_int_eq(client_start(f.client, &q, NULL, &err), ERR_OK);
	FAKE_UNTIL(&f, f.n_requests == 3);
	fake_stop(&f);
	ck_assert_int_eq(a.n, 0);
}
END_TEST

/* 401 until the new token comes, which is written into the file at the first refusal. */
static void serve_token(struct fake *f, struct http_exchange *x)
{
	struct sv token = http_exchange_header(x, "Authorization");
	if (sv_is(token, "Bearer new")) {
		fake_reply(x, fake_is(x, "GET", "/denied") ? 401 : 200, "{}");
		return;
	}
	ck_assert_int_eq(pwrite(*(int *)f->state, "new\n", 4, 0), 4);
	http_exchange_reply(x, 401, "text/plain", SV("Unauthorized"), NULL);
}

START_TEST(a_token_file_is_read_again_after_a_401)
{
	struct fake f;
	struct answers a = { 0 };
	struct error err;
	char path[] = "/tmp/flyball-test-token-XXXXXX", url[64];
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "old\n", 4), 4);
	fake_start(&f, serve_token, &fd);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", f.port);
	client_free(f.client);
	struct kubeconfig_client config = { .server = url, .token = "unused", .token_file = path };
	ck_assert_int_eq(client_new(f.http, f.loop, &config, "test", &f.client, &err), ERR_OK);
	start(&f, &a, (struct client_request){ .target = "/x" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_msg(a.err.kind == ERR_OK, "%s", a.err.text);
	ck_assert_int_eq(f.n_requests, 2);
	/* Once only. */
	ck_assert_int_eq(pwrite(fd, "bad\n", 4, 0), 4);
	start(&f, &a, (struct client_request){ .target = "/denied" });
	FAKE_UNTIL(&f, a.n);
	ck_assert_int_eq(a.err.kind, ERR_DENIED);
	ck_assert_int_eq(f.n_requests, 4);
	fake_stop(&f);
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

struct scales {
	int n;
	char body[256], where[128];
	struct error err;
};

static void on_scale(const struct scale_client_target *target, struct sv body,
	const struct error *failed, void *ctx)
{
	struct scales *s = ctx;
	s->n++;
	(void)snprintf(s->body, sizeof(s->body), "%.*s", SV_ARG(body));
	(void)snprintf(s->where, sizeof(s->where), "%.*s/%.*s %.*s", SV_ARG(target->group),
		SV_ARG(target->version), SV_ARG(target->resource));
	s->err.kind = ERR_OK;
	if (failed)
		s->err = *failed;
}

static void serve_scales(struct fake *f, struct http_exchange *x)
{
	(void)f;
	if (fake_is(x, "GET", "/apis/example.com/v2/namespaces/shop/widgets/w/scale"))
		fake_reply(x, 200, "{\"kind\":\"Scale\"}");
	else if (fake_is(x, "PUT", "/apis/apps/v1/namespaces/shop/deployments/w/scale"))
		http_exchange_reply(x, 200, "application/json", http_exchange_body(x), NULL);
	else
		http_exchange_reply(x, 404, "text/plain", SV(""), NULL);
}

START_TEST(scales_are_found_by_the_first_mapping_that_answers)
{
	struct fake f;
	struct scales s = { 0 };
	struct error err;
	struct discovery_mapping m[] = {
		{ .group = SV("example.com"),
			.version = SV("v1"),
			.preferred = SV("v1"),
			.resource = SV("widgets") },
		{ .group = SV("example.com"),
			.version = SV("v2"),
			.preferred = SV("v2"),
			.resource = SV("widgets") },
	};
	fake_start(&f, serve_scales, NULL);
	ck_assert_int_eq(
		scale_client_get(f.client, m, 2, SV("shop"), SV("w"), on_scale, &s, NULL, &err),
		ERR_OK);
	FAKE_UNTIL(&f, s.n);
	ck_assert_int_eq(s.err.kind, ERR_OK);
	ck_assert_str_eq(s.where, "example.com/v2 widgets");
	ck_assert_str_eq(s.body, "{\"kind\":\"Scale\"}");
	/* The error is the first one's. */
	ck_assert_int_eq(
		scale_client_get(f.client, m, 2, SV("shop"), SV("none"), on_scale, &s, NULL, &err),
		ERR_OK);
	FAKE_UNTIL(&f, s.n == 2);
	ck_assert_str_eq(
		s.err.text, "the server could not find the requested resource (get widgets none)");
	ck_assert_str_eq(s.where, "example.com/v1 widgets");
	ck_assert_int_eq(fake_count(&f, "/widgets/none/scale"), 2);
	ck_assert_int_eq(
		scale_client_get(f.client, m, 0, SV("shop"), SV("w"), on_scale, &s, NULL, &err),
		ERR_INVALID);
	ck_assert_str_eq(err.text, "unrecognized resource");
	struct scale_client_target t = { SV("apps"), SV("v1"), SV("deployments"), SV("shop"),
		SV("w") };
	ck_assert_int_eq(
		scale_client_put(f.client, &t, SV("{\"spec\":{}}"), on_scale, &s, NULL, &err),
		ERR_OK);
	FAKE_UNTIL(&f, s.n == 3);
	ck_assert_str_eq(s.body, "{\"spec\":{}}");
	struct scale_client_call *call;
	ck_assert_int_eq(scale_client_get_target(f.client, &t, on_scale, &s, &call, &err), ERR_OK);
	scale_client_cancel(call);
	scale_client_cancel(NULL);
	fake_turn_for(&f, 20 * NS_PER_MS);
	ck_assert_int_eq(s.n, 3);
	fake_stop(&f);
}
END_TEST

START_TEST(programs_without_a_loop_of_their_own_can_wait)
{
	struct fake f;
	AUTO(buf_done) struct buf body = { 0 };
	struct error err;
	buf_init(&body, 1000);
	fake_start(&f, serve_basics, NULL);
	ck_assert_int_eq(
		wait_get(f.client, "/api/v1/namespaces/a%20b", NULL, NULL, &body, &err), ERR_OK);
	ck_assert_str_eq(buf_text(&body), "{\"ok\":1}");
	ck_assert_int_eq(wait_get(f.client, "/x", "things", "x", &body, &err), ERR_NOTFOUND);
	ck_assert_str_eq(
		err.text, "the server could not find the requested resource (get things x)");
	struct client_request q = {
		.method = "PUT", .target = "/echo", .body = SV("more than fits")
	};
	AUTO(buf_done) struct buf small = { 0 };
	buf_init(&small, 3);
	ck_assert_int_eq(wait_request(f.client, &q, &small, &err), ERR_LIMIT);
	fake_stop(&f);
}
END_TEST

static void answer_anything(struct fake *f, struct http_exchange *x)
{
	const int *status = f->state;
	fake_reply(x, *status, "{}");
}

START_TEST(only_the_servers_own_answers_tell_its_time)
{
	static const struct {
		const char *target;
		int status;
		bool counts;
	} ASKED[] = {
		{ "/apis/custom.metrics.k8s.io/v1beta1/namespaces/shop/pods/*/rate", 200, false },
		{ "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue?a=b", 404, false },
		{ "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods", 200, false },
		{ "/api/v1/namespaces/m/services/prometheus:9090/proxy/api/v1/query", 200, false },
		{ "/apis/apps/v1/namespaces/shop/deployments/web/scale", 503, false },
		{ "/apis/coordination.k8s.io/v1/namespaces/k/leases/x?f=/proxy", 200, true },
	};
	struct fake f;
	struct server_time t;
	struct error err;
	AUTO(buf_done) struct buf body = { 0 };
	int status;
	buf_init(&body, 1000);
	fake_start(&f, answer_anything, &status);
	for (size_t i = 0; i < ARRAY_LEN(ASKED); i++) {
		status = ASKED[i].status;
		(void)!wait_get(f.client, ASKED[i].target, NULL, NULL, &body, &err);
		ck_assert_msg(
			client_server_time(f.client, instant_mono_now(), &t) == ASKED[i].counts,
			"%s", ASKED[i].target);
	}
	ck_assert_int_eq(f.n_requests, (int)ARRAY_LEN(ASKED));
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, only_the_servers_own_answers_tell_its_time);
	tcase_add_test(tcase, answers_come_back);
	tcase_add_test(tcase, errors_are_put_into_words);
	tcase_add_test(tcase, the_server_may_ask_to_come_back);
	tcase_add_test(tcase, who_is_put_off_is_told_at_once);
	tcase_add_test(tcase, time_runs_out);
	tcase_add_test(tcase, streams_come_in_pieces_and_can_be_ended);
	tcase_add_test(tcase, calls_can_be_cancelled_in_every_state);
	tcase_add_test(tcase, a_token_file_is_read_again_after_a_401);
	tcase_add_test(tcase, scales_are_found_by_the_first_mapping_that_answers);
	tcase_add_test(tcase, programs_without_a_loop_of_their_own_can_wait);
}

int main(void)
{
	return run_case("client", add);
}
