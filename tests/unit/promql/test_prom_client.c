/* prom_client.c against our own server: what is sent, and what comes back. */
#include "promql/prom_client.h"
#include "tests/unit/common/net.h"

#define ANSWER                                                                                     \
	"{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\"},{\"__name__\":"     \
	"\"up\",\"job\":\"b\"}]}"

struct world {
	struct net net; /* first: the handler's context */
	struct http_client *http;
	struct prom_client *client;
	struct prom_client_call *call;
	unsigned n_done;
	int status;
	struct buf body;
	struct error failed;
};

static bool put_header(struct sv name, struct sv value, void *ctx)
{
	if (sv_eq_nocase(name, SV("Authorization")) || sv_eq_nocase(name, SV("Content-Type")) ||
		sv_has_prefix(name, SV("X-")))
		buf_printf(ctx, "|%.*s=%.*s", SV_ARG(name), SV_ARG(value));
	return true;
}

static void handle(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	struct sv path = http_exchange_path(x), match = http_exchange_query_get(x, "match[]");
	struct buf out;

	w->net.n_handled++;
	if (sv_has_prefix(path, SV("/never/")))
		return;
	if (sv_is(match, "good")) {
		http_exchange_reply(x, 200, "application/json", SV(ANSWER), NULL);
	} else if (sv_is(match, "bad")) {
		http_exchange_reply(x, 400, "application/json",
			SV("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no\"}"),
			NULL);
	} else if (sv_is(match, "page")) {
		http_exchange_reply(x, 200, "text/html", SV("<html>"), NULL);
	} else if (sv_is(match, "cut")) {
		http_exchange_reply(x, 200, "application/json", SV("{\"data\":["), NULL);
	} else {
		buf_init(&out, 2000000);
		buf_printf(&out, "%.*s %.*s", SV_ARG(http_exchange_method(x)),
			SV_ARG(http_exchange_target(x)));
		http_exchange_each_header(x, put_header, &out);
		if (http_exchange_body(x).len)
			buf_printf(&out, "|%.*s", SV_ARG(http_exchange_body(x)));
		http_exchange_reply_buf(x, 200, "text/plain", &out, NULL);
		buf_done(&out);
	}
}

static void start(struct world *w)
{
	const struct http_server_config server = { .bind_address = "127.0.0.1",
		.max_body_bytes = 1000000 };
	struct error err;

	*w = (struct world){ 0 };
	net_start(&w->net, &server, handle);
	ck_assert_int_eq(http_client_new(w->net.loop, &w->http, &err), ERR_OK);
	buf_init(&w->body, 2000000);
}

static void stop(struct world *w)
{
	prom_client_free(w->client);
	http_client_free(w->http);
	net_stop(&w->net);
	buf_done(&w->body);
}

/* The client for http://USER127.0.0.1:PORTPATH. */
static void use(
	struct world *w, const char *user, const char *path, struct prom_client_config config)
{
	char url[200];
	struct error err;

	(void)snprintf(url, sizeof(url), "http://%s127.0.0.1:%u%s", user,
		http_server_port(w->net.server), path);
	config.endpoint.base_url = url;
	prom_client_free(w->client);
	enum error_kind kind = prom_client_new(w->http, &config, &w->client, &err);

	ck_assert_msg(kind == ERR_OK, "%s", err.text);
}

static void note_failure(struct world *w, const struct error *failed)
{
	w->n_done++;
	w->call = NULL;
	w->failed = failed ? *failed : (struct error){ 0 };
}

static void on_query(int status, struct sv body, const struct error *failed, void *ctx)
{
	struct world *w = ctx;

	note_failure(w, failed);
	w->status = status;
	buf_clear(&w->body);
	buf_put_sv(&w->body, body);
}

static void on_series(const struct error *failed, void *ctx)
{
	note_failure(ctx, failed);
}

static void wait(struct world *w)
{
	int64_t until = instant_mono_now().ns + NET_PATIENCE_NS;

	while (!w->n_done) {
		net_turn(&w->net, 2);
		ck_assert_msg(instant_mono_now().ns < until, "never done");
	}
	w->n_done = 0;
}

static void query(struct world *w, struct prom_client_query q)
{
	struct error err;
	enum error_kind kind = prom_client_query(w->client, &q, on_query, w, &w->call, &err);

	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	wait(w);
}

static const char *const TOKEN_HEADER[] = { "Authorization: Custom x", "X-Scope: team", NULL };
static const struct prom_client_param PARAMS[] = { { SV("z"), SV("a b&c") },
	{ SV("dedup"), SV("false") }, { SV("stats"), SV("") } };

static const struct {
	const char *what, *user, *path;
	struct prom_client_config config;
	struct prom_client_query query;
	const char *sent;
} QUESTIONS[] = {
	{ "a query without time", "", "", { .post = false }, { .query = SV("up") },
		"GET /api/v1/query?query=up" },
	{ "a query with time", "", "", { .post = false },
		{ .query = SV("sum(x{a=\"b\"}) / 2"), .has_time = true, .time_ms = 1795237194140 },
		"GET /api/v1/query?query=sum%28x%7Ba%3D%22b%22%7D%29+%2F+2&time=1795237194.14" },
	{ "a path prefix with slashes too many", "", "//prom//x/", { .post = false },
		{ .query = SV("1") }, "GET /prom/x/api/v1/query?query=1" },
	{ "a query of the base URL is dropped from a GET", "", "/p?tenant=1", { .post = false },
		{ .query = SV("1") }, "GET /p/api/v1/query?query=1" },
	{ "and kept for a POST", "", "/p?tenant=1", { .post = true }, { .query = SV("a+b") },
		"POST "
		"/p/api/v1/query?tenant=1|Content-Type=application/"
		"x-www-form-urlencoded|query=a%2Bb" },
	{ "parameters are sorted by name", "", "",
		{ .params = PARAMS, .n_params = ARRAY_LEN(PARAMS) },
		{ .query = SV("1"),
			.has_time = true,
			.time_ms = 5000,
			.send_timeout = true,
			.timeout_ns = 15 * NS_PER_SEC },
		"GET /api/v1/query?dedup=false&query=1&stats=&time=5&timeout=15&z=a+b%26c" },
	{ "a long query goes in a body all the same", "", "/p?tenant=1", { .post = false },
		{ .query = SV("a"), .post = true },
		"POST "
		"/p/api/v1/query?tenant=1|Content-Type=application/"
		"x-www-form-urlencoded|query=a" },
	{ "a fragment is no part of it", "", "/p#frag", { .post = false }, { .query = SV("1") },
		"GET /p/api/v1/query?query=1" },
	{ "user and password of the URL", "us%65r:p%40ss:w@", "", { .post = false },
		{ .query = SV("1") },
		"GET /api/v1/query?query=1|Authorization=Basic dXNlcjpwQHNzOnc=" },
	{ "a user without password", "user@", "", { .post = false }, { .query = SV("1") },
		"GET /api/v1/query?query=1|Authorization=Basic dXNlcjo=" },
	{ "a token wins over the URL", "user:x@", "", { .endpoint = { .bearer_token = "t0k" } },
		{ .query = SV("1") }, "GET /api/v1/query?query=1|Authorization=Bearer t0k" },
	{ "a header wins over all", "user:x@", "",
		{ .endpoint = { .bearer_token = "t0k", .headers = TOKEN_HEADER } },
		{ .query = SV("1") },
		"GET /api/v1/query?query=1|Authorization=Custom x|X-Scope=team" },
};

START_TEST(questions_are_sent_as_the_reference_sends_them)
{
	struct world w;

	start(&w);
	use(&w, QUESTIONS[_i].user, QUESTIONS[_i].path, QUESTIONS[_i].config);
	ck_assert_ptr_null(strchr(prom_client_url(w.client), '@'));
	query(&w, QUESTIONS[_i].query);
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	ck_assert_int_eq(w.status, 200);
	ck_assert_str_eq(buf_text(&w.body), QUESTIONS[_i].sent);
	stop(&w);
}
END_TEST

static const struct {
	const char *what, *url, *error;
} BAD_URLS[] = {
	{ "no scheme", "host:9090",
		"Prometheus URL: expected http://HOST[:PORT][/PREFIX] or https://..., got "
		"\"host:9090\"" },
	{ "another scheme", "unix:///x",
		"Prometheus URL: expected http://HOST[:PORT][/PREFIX] or https://..., got "
		"\"unix:///x\"" },
	{ "no host", "http:///x",
		"Prometheus URL: expected http://HOST[:PORT][/PREFIX] or https://..., got "
		"\"http:///x\"" },
	{ "no host behind a password, which is not shown", "http://user:secret@/x",
		"Prometheus URL: expected http://HOST[:PORT][/PREFIX] or https://..., got "
		"\"(hidden, it holds a password)\"" },
	{ "a password that is badly encoded", "http://user:%zz@h/",
		"Prometheus URL: user or password are badly percent-encoded" },
};

START_TEST(bad_urls_are_refused)
{
	struct world w;
	struct prom_client_config config = { .endpoint = { .base_url = BAD_URLS[_i].url } };
	struct error err;

	start(&w);
	ck_assert_int_eq(prom_client_new(w.http, &config, &w.client, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, BAD_URLS[_i].error);
	stop(&w);
}
END_TEST

START_TEST(too_many_parameters_are_refused)
{
	struct world w;
	struct prom_client_param many[65];
	struct prom_client_config config = {
		.endpoint = { .base_url = "http://h" }, .params = many, .n_params = ARRAY_LEN(many)
	};
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct prom_client_param){ SV("a"), SV("b") };
	start(&w);
	ck_assert_int_eq(prom_client_new(w.http, &config, &w.client, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "more than 64 query parameters");
	stop(&w);
}
END_TEST

START_TEST(an_answer_that_is_too_large_is_no_answer)
{
	struct world w;

	start(&w);
	use(&w, "", "", (struct prom_client_config){ .max_bytes = 10 });
	query(&w, (struct prom_client_query){ .query = SV("1") });
	ck_assert_int_eq(w.failed.kind, ERR_LIMIT);
	query(&w, (struct prom_client_query){ .query = SV("1"), .max_bytes = 100 });
	ck_assert_int_eq(w.failed.kind, ERR_OK);
	stop(&w);
}
END_TEST

START_TEST(a_question_that_is_too_large_is_not_sent)
{
	static char text[600000];
	struct world w;
	struct prom_client_query q = { .query = { text, sizeof(text) } };
	struct error err;

	memset(text, 'a', sizeof(text));
	start(&w);
	use(&w, "", "", (struct prom_client_config){ .post = true });
	ck_assert_int_eq(prom_client_query(w.client, &q, on_query, &w, &w.call, &err), ERR_LIMIT);
	ck_assert_ptr_null(w.call);
	stop(&w);
}
END_TEST

START_TEST(a_server_that_never_answers_ends_by_the_deadline)
{
	struct world w;

	start(&w);
	use(&w, "", "/never", (struct prom_client_config){ .timeout_ns = NS_PER_SEC / 20 });
	query(&w, (struct prom_client_query){ .query = SV("1") });
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	ck_assert_int_eq(w.status, 0);
	stop(&w);
}
END_TEST

START_TEST(cancelled_questions_do_not_call_back)
{
	struct world w;
	struct prom_client_call *calls[3];
	struct error err;

	start(&w);
	use(&w, "", "/never", (struct prom_client_config){ .post = false });
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		ck_assert_int_eq(
			prom_client_query(w.client, &(struct prom_client_query){ .query = SV("1") },
				on_query, &w, &calls[i], &err),
			ERR_OK);
	while (w.net.n_handled < ARRAY_LEN(calls))
		net_turn(&w.net, 2);
	prom_client_cancel(calls[1]);
	prom_client_cancel(NULL);
	/* Freeing cancels the others. */
	stop(&w);
	ck_assert_uint_eq(w.n_done, 0);
}
END_TEST

static const struct {
	const char *match, *path, *error;
} SERIES[] = {
	{ "good", "", "" },
	{ "bad", "", "bad_data: no" },
	{ "page", "", "bad_response: series 0: expected an object" },
	{ "cut", "", "bad_response: series 0: expected the end of the list" },
};

START_TEST(series_are_streamed)
{
	struct world w;
	AUTO(series_free) struct series *into = NULL;
	struct prom_client_series q = {
		.match = sv_of(SERIES[_i].match), .has_start = true, .start_ms = 1500
	};
	struct error err;

	start(&w);
	ck_assert_int_eq(series_new(&into, &err), ERR_OK);
	use(&w, "", SERIES[_i].path, (struct prom_client_config){ .post = false });
	ck_assert_int_eq(
		prom_client_series(w.client, &q, into, on_series, &w, &w.call, &err), ERR_OK);
	wait(&w);
	ck_assert_str_eq(w.failed.text, SERIES[_i].error);
	if (!*SERIES[_i].error) {
		ck_assert_uint_eq(series_n(into), 1);
		ck_assert_uint_eq(series_n_entries(into), 2);
	}
	stop(&w);
}
END_TEST

START_TEST(a_lost_server_fails_the_series)
{
	struct world w;
	AUTO(series_free) struct series *into = NULL;
	struct error err;

	start(&w);
	ck_assert_int_eq(series_new(&into, &err), ERR_OK);
	use(&w, "", "/never", (struct prom_client_config){ .post = false });
	ck_assert_int_eq(prom_client_series(w.client,
				 &(struct prom_client_series){
					 .match = SV("up"), .timeout_ns = NS_PER_SEC / 20 },
				 into, on_series, &w, NULL, &err),
		ERR_OK);
	wait(&w);
	ck_assert_int_eq(w.failed.kind, ERR_UNAVAIL);
	stop(&w);
}
END_TEST

START_TEST(times_are_as_short_as_possible)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = { { 0, "0" }, { 1500, "1.5" }, { 1050, "1.05" }, { 1001, "1.001" },
		{ 10000, "10" }, { -1, "-0.001" }, { INT64_MAX, "9223372036854775.807" },
		{ INT64_MIN, "-9223372036854775.808" } };
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		prom_client_print_time(&out, rows[i].ms);
		ck_assert_str_eq(buf_text(&out), rows[i].text);
	}
}
END_TEST

static struct world *shared;

static enum error_kind make_and_ask(struct error *err)
{
	AUTO(prom_client_free) struct prom_client *client = NULL;
	struct prom_client_config config = { .endpoint = { .base_url =
								   "http://u:p@127.0.0.1:1/p?x=y" },
		.post = true,
		.params = PARAMS,
		.n_params = 1 };

	if (prom_client_new(shared->http, &config, &client, err))
		return err->kind;
	return prom_client_query(client,
		&(struct prom_client_query){ .query = SV("1"), .has_time = true, .time_ms = 1500 },
		on_query, shared, NULL, err);
}

START_TEST(running_out_of_memory_is_reported)
{
	struct world w;

	start(&w);
	shared = &w;
	fail_each_allocation(make_and_ask);
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, questions_are_sent_as_the_reference_sends_them, 0, ARRAY_LEN(QUESTIONS));
	tcase_add_loop_test(tcase, bad_urls_are_refused, 0, ARRAY_LEN(BAD_URLS));
	tcase_add_test(tcase, too_many_parameters_are_refused);
	tcase_add_test(tcase, an_answer_that_is_too_large_is_no_answer);
	tcase_add_test(tcase, a_question_that_is_too_large_is_not_sent);
	tcase_add_test(tcase, a_server_that_never_answers_ends_by_the_deadline);
	tcase_add_test(tcase, cancelled_questions_do_not_call_back);
	tcase_add_loop_test(tcase, series_are_streamed, 0, ARRAY_LEN(SERIES));
	tcase_add_test(tcase, a_lost_server_fails_the_series);
	tcase_add_test(tcase, times_are_as_short_as_possible);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("prom_client", add);
}
