/* prom_share.c against our own server: how many requests objects cost, and what they are told. */
#include "controller/prom_share.h"
#include "kube/kubeconfig.h"
#include "tests/unit/common/net.h"

#define N_OBJECTS 10

struct world {
	struct net net; /* first: the handler's context */
	struct http_client *http;
	struct prom_share *share;
	struct selfmetrics *metrics;
	char url[100];
	struct server_config servers[2];
	unsigned n_done;
	char told[2000], path[200];
};

static void handle(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	struct sv query = http_exchange_query_get(x, "query");
	char body[200];

	w->net.n_handled++;
	(void)snprintf(w->path, sizeof(w->path), "%.*s", SV_ARG(http_exchange_path(x)));
	(void)snprintf(body, sizeof(body), "<%.*s>", SV_ARG(query));
	http_exchange_reply(
		x, sv_is(query, "bad") ? 400 : 200, "application/json", sv_of(body), NULL);
}

static void start(struct world *w, unsigned concurrency, int64_t fresh_ns)
{
	const struct http_server_config server = { .bind_address = "127.0.0.1",
		.max_body_bytes = 1000000 };
	struct error err;

	*w = (struct world){ 0 };
	net_start(&w->net, &server, handle);
	ck_assert_int_eq(http_client_new(w->net.loop, &w->http, &err), ERR_OK);
	(void)snprintf(
		w->url, sizeof(w->url), "http://127.0.0.1:%u", http_server_port(w->net.server));
	for (size_t i = 0; i < ARRAY_LEN(w->servers); i++)
		w->servers[i] = (struct server_config){ .name = i ? SV("other") : SV("main"),
			.url = w->url,
			.max_concurrency = concurrency };
	w->metrics = selfmetrics_new();
	ck_assert_ptr_nonnull(w->metrics);
	const struct prom_share_config config = { .http = w->http,
		.metrics = w->metrics,
		.servers = w->servers,
		.n_servers = ARRAY_LEN(w->servers),
		.timeout_ns = 5 * NS_PER_SEC,
		.fresh_ns = fresh_ns };

	ck_assert_msg(prom_share_new(&config, &w->share, &err) == ERR_OK, "%s", err.text);
}

static void stop(struct world *w)
{
	prom_share_free(w->share);
	selfmetrics_free(w->metrics);
	http_client_free(w->http);
	net_stop(&w->net);
}

static void check_metric(const struct world *w, const char *line)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 100000);
	selfmetrics_print(w->metrics, &text);
	ck_assert_msg(strstr(buf_text(&text), line), "no %s in\n%s", line, buf_text(&text));
}

static void note(struct world *w, const struct readings_answer *a)
{
	size_t len = strlen(w->told);

	if (!a)
		(void)snprintf(w->told + len, sizeof(w->told) - len, "-");
	else if (a->failed)
		(void)snprintf(w->told + len, sizeof(w->told) - len, "!");
	else
		(void)snprintf(w->told + len, sizeof(w->told) - len, "%d%.*s", a->http_status,
			SV_ARG(a->body));
}

static void on_answer(const struct prom_share_answer *answer, void *ctx)
{
	struct world *w = ctx;

	note(w, answer->answer);
	note(w, answer->alive);
	w->n_done++;
}

static struct prom_share_waiter *ask(
	struct world *w, const char *server, const char *query, const char *alive)
{
	struct prom_share_waiter *waiter = NULL;
	struct prom_share_answer answer;
	struct error err;

	ck_assert_int_eq(prom_share_ask(w->share, sv_of(server), sv_of(query), sv_of(alive),
				 on_answer, w, &answer, &waiter, &err),
		ERR_OK);
	if (!waiter)
		on_answer(&answer, w);
	return waiter;
}

/* Turns the loop until so many were told; nothing waits longer than some seconds. */
static void run_until(struct world *w, unsigned n_done)
{
	for (int i = 0; i < 2000 && w->n_done < n_done; i++)
		net_turn(&w->net, 10);
	ck_assert_uint_eq(w->n_done, n_done);
}

START_TEST(ten_objects_of_which_nine_share_a_query_cost_two_requests)
{
	struct world w;

	start(&w, 0, NS_PER_SEC);
	for (int i = 0; i < N_OBJECTS; i++)
		ck_assert_ptr_nonnull(ask(&w, "main", i ? "a" : "b", ""));
	run_until(&w, N_OBJECTS);
	ck_assert_uint_eq(w.net.n_handled, 2);
	struct prom_share_stats stats = prom_share_stats(w.share, 0);

	ck_assert_uint_eq(stats.n_questions, 10);
	ck_assert_uint_eq(stats.n_requests, 2);
	ck_assert_uint_eq(stats.n_bytes, 6);
	ck_assert_uint_eq(stats.n_in_flight + stats.n_waiting + stats.n_failed, 0);
	check_metric(&w, "flyball_controller_prometheus_questions_total{server=\"main\"} 10\n");
	check_metric(&w, "flyball_controller_prometheus_requests_total{server=\"main\",result="
			 "\"success\"} 2\n");
	check_metric(&w, "flyball_controller_prometheus_answer_bytes_total{server=\"main\"} 6\n");
	check_metric(&w, "flyball_controller_prometheus_request_duration_seconds_count{server="
			 "\"main\"} 2\n");
	/* And who comes within the second gets it at once. */
	ck_assert_ptr_null(ask(&w, "main", "a", ""));
	ck_assert_uint_eq(w.n_done, 11);
	ck_assert_uint_eq(w.net.n_handled, 2);
	ck_assert_uint_eq(prom_share_n_servers(w.share), 2);
	stop(&w);
}
END_TEST

START_TEST(both_queries_are_told_together)
{
	struct world w;

	start(&w, 1, NS_PER_SEC);
	ask(&w, "main", "q", "up");
	run_until(&w, 1);
	ck_assert_str_eq(w.told, "200<q>200<up>");
	ck_assert_uint_eq(w.net.n_handled, 2);
	/* One of them is known. */
	w.told[0] = 0;
	w.n_done = 0;
	ck_assert_ptr_nonnull(ask(&w, "main", "other", "up"));
	run_until(&w, 1);
	ck_assert_str_eq(w.told, "200<other>200<up>");
	ck_assert_uint_eq(w.net.n_handled, 3);
	/* The same query twice is one question. */
	w.told[0] = 0;
	w.n_done = 0;
	ck_assert_ptr_nonnull(ask(&w, "main", "same", "same"));
	run_until(&w, 1);
	ck_assert_str_eq(w.told, "200<same>200<same>");
	ck_assert_uint_eq(w.net.n_handled, 4);
	stop(&w);
}
END_TEST

START_TEST(servers_are_asked_apart)
{
	struct world w;
	struct prom_share_answer answer;
	struct prom_share_waiter *waiter;
	struct error err;

	start(&w, 0, NS_PER_SEC);
	w.n_done = N_OBJECTS - 2;
	ask(&w, "main", "a", "");
	ask(&w, "other", "a", "");
	run_until(&w, N_OBJECTS);
	ck_assert_uint_eq(w.net.n_handled, 2);
	ck_assert_uint_eq(prom_share_stats(w.share, 1).n_requests, 1);
	ck_assert_int_eq(prom_share_ask(w.share, SV("third"), SV("a"), SV(""), on_answer, &w,
				 &answer, &waiter, &err),
		ERR_NOTFOUND);
	ck_assert_str_eq(err.text, "no Prometheus server \"third\" is configured");
	stop(&w);
}
END_TEST

START_TEST(further_questions_wait_for_their_turn)
{
	struct world w;
	char query[20];

	start(&w, 2, 0);
	for (int i = 0; i < N_OBJECTS; i++) {
		(void)snprintf(query, sizeof(query), "q%d", i);
		ask(&w, "main", query, "");
	}
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_in_flight, 2);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_waiting, 8);
	run_until(&w, N_OBJECTS);
	ck_assert_uint_eq(w.net.n_handled, 10);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_waiting, 0);
	/* Nothing is fresh any more. */
	struct prom_share_waiter *again = ask(&w, "main", "q1", "");

	ck_assert_ptr_nonnull(again);
	prom_share_cancel(again);
	stop(&w);
}
END_TEST

START_TEST(who_leaves_takes_only_his_own_request_along)
{
	struct world w;

	start(&w, 1, NS_PER_SEC);
	w.n_done = N_OBJECTS - 2;
	struct prom_share_waiter *leaves = ask(&w, "main", "first", "");
	struct prom_share_waiter *queued = ask(&w, "main", "second", "third");

	ask(&w, "main", "second", "");
	ask(&w, "main", "fourth", "");
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_waiting, 3);
	prom_share_cancel(leaves);
	prom_share_cancel(queued);
	prom_share_cancel(NULL);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_in_flight, 1);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_waiting, 1);
	run_until(&w, N_OBJECTS);
	ck_assert_str_eq(w.told, "200<second>-200<fourth>-");
	stop(&w);
}
END_TEST

START_TEST(failures_are_told_and_counted)
{
	struct world w;

	start(&w, 0, NS_PER_SEC);
	ask(&w, "main", "bad", "");
	run_until(&w, 1);
	ck_assert_str_eq(w.told, "400<bad>-");
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_failed, 1);
	check_metric(&w, "flyball_controller_prometheus_requests_total{server=\"main\",result="
			 "\"error\"} 1\n");
	/* Nobody listens there. */
	w.servers[0].url = "http://127.0.0.1:1";
	const struct prom_share_config config = {
		.http = w.http, .servers = w.servers, .n_servers = 1, .timeout_ns = NS_PER_SEC
	};
	struct error err;

	prom_share_free(w.share);
	ck_assert_int_eq(prom_share_new(&config, &w.share, &err), ERR_OK);
	w.told[0] = 0;
	w.n_done = 0;
	ask(&w, "main", "a", "up");
	run_until(&w, 1);
	ck_assert_str_eq(w.told, "!!");
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_failed, 2);
	stop(&w);
}
END_TEST

START_TEST(files_of_definitions_are_read_at_once)
{
	struct world w;
	struct prom_share *share;
	struct error err;

	start(&w, 0, 0);
	w.servers[1].ca_file = "/nonexistent/ca.pem";
	const struct prom_share_config config = {
		.http = w.http, .servers = w.servers, .n_servers = 2, .timeout_ns = NS_PER_SEC
	};

	ck_assert_int_eq(prom_share_new(&config, &share, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, "other") && strstr(err.text, "/nonexistent/ca.pem"), "%s",
		err.text);
	stop(&w);
}
END_TEST

START_TEST(servers_are_exchanged_under_way)
{
	struct world w;
	struct error err;
	bool changed;

	start(&w, 1, NS_PER_SEC);
	ck_assert_int_eq(prom_share_use(w.share, w.servers, 2, &changed, &err), ERR_OK);
	ck_assert(!changed);
	ask(&w, "main", "first", "");
	struct prom_share_waiter *queued = ask(&w, "main", "second", "third");
	ask(&w, "main", "fourth", "");
	w.servers[0].timeout_ns = 3 * NS_PER_SEC;
	ck_assert_int_eq(prom_share_use(w.share, w.servers, 1, &changed, &err), ERR_OK);
	ck_assert(changed);
	ck_assert_uint_eq(prom_share_n_servers(w.share), 1);
	prom_share_cancel(queued);
	run_until(&w, 2);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_questions, 0);
	/* The answer of the server of before is not this one's. */
	ask(&w, "main", "first", "");
	run_until(&w, 3);
	ck_assert_uint_eq(w.net.n_handled, 3);
	ck_assert_uint_eq(prom_share_stats(w.share, 0).n_requests, 1);
	/* What cannot be used changes nothing. */
	w.servers[0].ca_file = "/nonexistent/ca.pem";
	ck_assert_int_eq(prom_share_use(w.share, w.servers, 1, &changed, &err), ERR_INVALID);
	ask(&w, "main", "fifth", "");
	run_until(&w, 4);
	ck_assert_str_eq(w.told, "200<first>-200<fourth>-200<first>-200<fifth>-");
	/* None at all, while a question waits for its turn. */
	ask(&w, "main", "sixth", "");
	ask(&w, "main", "seventh", "");
	ck_assert_int_eq(prom_share_use(w.share, NULL, 0, &changed, &err), ERR_OK);
	ck_assert_uint_eq(prom_share_n_servers(w.share), 0);
	run_until(&w, 6);
	stop(&w);
}
END_TEST

START_TEST(services_are_asked_through_the_api_server)
{
	struct world w;
	struct error err;
	struct prom_share *share;

	start(&w, 0, 0);
	const struct kubeconfig_client cluster = { .server = w.url };
	struct server_config service = { .name = SV("main"),
		.service = "svc/monitoring/prom:web/x" };
	struct prom_share_config config = {
		.http = w.http, .servers = &service, .n_servers = 1, .timeout_ns = NS_PER_SEC
	};

	ck_assert_int_eq(prom_share_new(&config, &share, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, "there is no API server"), "%s", err.text);
	config.cluster = &cluster;
	service.service = "svc/monitoring";
	ck_assert_int_eq(prom_share_new(&config, &share, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, "names no service"), "%s", err.text);
	service.service = "svc/monitoring/prom:web/x";
	prom_share_free(w.share);
	ck_assert_int_eq(prom_share_new(&config, &w.share, &err), ERR_OK);
	ask(&w, "main", "a", "");
	run_until(&w, 1);
	ck_assert_str_eq(
		w.path, "/api/v1/namespaces/monitoring/services/prom:web/proxy/x/api/v1/query");
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, ten_objects_of_which_nine_share_a_query_cost_two_requests);
	tcase_add_test(tcase, both_queries_are_told_together);
	tcase_add_test(tcase, servers_are_asked_apart);
	tcase_add_test(tcase, further_questions_wait_for_their_turn);
	tcase_add_test(tcase, who_leaves_takes_only_his_own_request_along);
	tcase_add_test(tcase, failures_are_told_and_counted);
	tcase_add_test(tcase, files_of_definitions_are_read_at_once);
	tcase_add_test(tcase, servers_are_exchanged_under_way);
	tcase_add_test(tcase, services_are_asked_through_the_api_server);
}

int main(void)
{
	return run_case("prom_share", add);
}
