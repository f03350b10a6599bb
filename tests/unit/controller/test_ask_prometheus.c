/* ask_prometheus.c: what goes out for a Prometheus metric, and what does not. */
#include "controller/ask.h"
#include "promql/server_config.h"
#include "tests/unit/common/run.h"

#define ARENA_BYTES (64u << 20)

static const struct sv SHOP_ONLY[] = { SV("shop") };
static const struct sv EVERYBODY[] = { SV("*") };
static const struct server_config SERVERS[] = {
	{ .name = SV("main"), .namespaces = EVERYBODY, .n_namespaces = 1 },
	{ .name = SV("private"), .namespaces = SHOP_ONLY, .n_namespaces = 1 },
	{ .name = SV("open"), .namespaces = EVERYBODY, .n_namespaces = 1, .unrestricted = true },
	{ .name = SV("nobody") },
};
static const struct ask_prometheus_servers ALL = { SERVERS, ARRAY_LEN(SERVERS), false };

#define MAIN .server = SV("main")

static const struct {
	const char *what;
	struct sv ns;
	struct hpa_prometheus metric;
	const char *query, *alive; /* as they go out; NULL: nothing does */
	const char *why;	   /* of an invalid metric, or of a refusal */
	bool invalid;
} ROWS[] = {
	{ "every selector is narrowed", SV("shop"),
		{ MAIN, .query = SV("sum(rate(x[1m])) / scalar(count(y{a=\"b\"}))") },
		"sum(rate(x{namespace=\"shop\"}[1m])) / "
		"scalar(count(y{a=\"b\",namespace=\"shop\"}))",
		"", NULL, false },
	{ "inside of a subquery too", SV("shop"),
		{ MAIN, .query = SV("max_over_time(sum(x)[5m:1m])") },
		"max_over_time(sum(x{namespace=\"shop\"})[5m:1m])", "", NULL, false },
	{ "both queries are", SV("shop"), { MAIN, .query = SV("x"), .alive_query = SV("up > 0") },
		"x{namespace=\"shop\"}", "up{namespace=\"shop\"} > 0", NULL, false },
	{ "a query without selectors", SV("shop"), { MAIN, .query = SV("vector(1)") }, "vector(1)",
		"", NULL, false },
	{ "an unrestricted server gets the query as it is written", SV("shop"),
		{ .server = SV("open"), .query = SV("sum( x )") }, "sum( x )", "", NULL, false },
	{ "a namespace of the allow-list", SV("shop"),
		{ .server = SV("private"), .query = SV("x") }, "x{namespace=\"shop\"}", "", NULL,
		false },
	{ "another namespace", SV("bank"), { .server = SV("private"), .query = SV("x") }, NULL,
		NULL, "the Prometheus server \"private\" does not serve namespace \"bank\"",
		false },
	{ "a server without a list serves nobody", SV("shop"),
		{ .server = SV("nobody"), .query = SV("x") }, NULL, NULL,
		"the Prometheus server \"nobody\" does not serve namespace \"shop\"", false },
	{ "an unknown server", SV("shop"), { .server = SV("other"), .query = SV("x") }, NULL, NULL,
		"no Prometheus server \"other\" is configured", false },
	{ "no name, and more than one server", SV("shop"), { .query = SV("x") }, NULL, NULL,
		"several Prometheus servers are configured: name one in server", false },
	{ "another namespace's series", SV("shop"),
		{ MAIN, .query = SV("x + y{namespace=\"bank\"}") }, NULL, NULL,
		"query: 1:5: the selector has namespace=\"bank\", which contradicts "
		"namespace=\"shop\"",
		false },
	{ "another namespace's series in the second query", SV("shop"),
		{ MAIN, .query = SV("x"), .alive_query = SV("up{namespace!=\"shop\"}") }, NULL,
		NULL,
		"aliveQuery: 1:1: the selector has namespace!=\"shop\", which contradicts "
		"namespace=\"shop\"",
		false },
	{ "a function that reads by itself", SV("shop"), { MAIN, .query = SV("info(x)") }, NULL,
		NULL, "query: 1:1: info() reads series by itself and cannot be restricted", false },
	{ "a query whose canonical form is another one", SV("shop"),
		{ MAIN, .query = SV("x offset --18 - 5") }, NULL, NULL,
		"query: the query's canonical form, x{namespace=\"shop\"} offset 18 - 5, means "
		"something else",
		false },
	{ "no PromQL", SV("shop"), { MAIN, .query = SV("sum(") }, NULL, NULL,
		"query: 1:5: parse error: unclosed left parenthesis", true },
	{ "no PromQL for an unknown server", SV("shop"),
		{ .server = SV("other"), .query = SV("ratee(x)") }, NULL, NULL,
		"query: 1:1: parse error: unknown function with name \"ratee\"", true },
	{ "a range", SV("shop"), { MAIN, .query = SV("x[5m]") }, NULL, NULL,
		"query: gives a range vector, expected an instant vector or a scalar", true },
	{ "a text", SV("shop"), { MAIN, .query = SV("x"), .alive_query = SV("\"a\"") }, NULL, NULL,
		"aliveQuery: gives a string, expected an instant vector or a scalar", true },
	{ "a number where rows are wanted", SV("shop"),
		{ MAIN, .query = SV("scalar(x)"), .pod_label = SV("pod") }, NULL, NULL,
		"query: gives a scalar, expected an instant vector with the podLabel", true },
	{ "a number where one is wanted", SV("shop"), { MAIN, .query = SV("scalar(x)") },
		"scalar(x{namespace=\"shop\"})", "", NULL, false },
	{ "noData Zero alone", SV("shop"), { MAIN, .query = SV("x"), .no_data = SV("Zero") }, NULL,
		NULL,
		"noData Zero needs an aliveQuery: without it, a dead exporter reads as no load",
		true },
};

START_TEST(queries_go_out_narrowed_or_not_at_all)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct ask_question q;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	ck_assert_int_eq(ask_prometheus(&a, &ALL, ROWS[_i].ns, &ROWS[_i].metric, &q, &err), ERR_OK);
	ck_assert_int_eq(q.state, ROWS[_i].invalid ? ASK_INVALID : ASK_REQUEST);
	if (ROWS[_i].why) {
		struct sv why = ROWS[_i].invalid ? q.why : q.refusal;

		ck_assert_msg(sv_has_prefix(why, sv_of(ROWS[_i].why)), "%s: %.*s", ROWS[_i].what,
			SV_ARG(why));
		ck_assert(!ask_is_sent(&q));
		ck_assert(q.server.len == 0 && q.query.len == 0 && q.alive_query.len == 0);
		return;
	}
	ck_assert(ask_is_sent(&q));
	ck_assert(sv_eq(q.server, ROWS[_i].metric.server));
	ck_assert_msg(sv_is(q.query, ROWS[_i].query), "%.*s", SV_ARG(q.query));
	ck_assert_msg(sv_is(q.alive_query, ROWS[_i].alive), "%.*s", SV_ARG(q.alive_query));
}
END_TEST

START_TEST(without_a_name_the_default_or_the_only_server_is_asked)
{
	static const struct server_config named[] = {
		{ .name = SV("a"), .namespaces = EVERYBODY, .n_namespaces = 1 },
		{ .name = SV("default"), .namespaces = EVERYBODY, .n_namespaces = 1 }
	};
	const struct ask_prometheus_servers both = { named, 2, false }, one = { named, 1, false };
	const struct hpa_prometheus metric = { .query = SV("x") };
	AUTO(arena_done) struct arena a = { 0 };
	struct ask_question q;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	ck_assert_int_eq(ask_prometheus(&a, &both, SV("n"), &metric, &q, &err), ERR_OK);
	ck_assert(sv_is(q.server, "default"));
	ck_assert_int_eq(ask_prometheus(&a, &one, SV("n"), &metric, &q, &err), ERR_OK);
	ck_assert(sv_is(q.server, "a"));
	ck_assert_int_eq(ask_prometheus(&a, NULL, SV("n"), &metric, &q, &err), ERR_OK);
	ck_assert(sv_is(q.refusal, "no Prometheus server is configured"));
}
END_TEST

/* A replay asks by the same name, whatever the servers were. */
START_TEST(the_name_of_a_question_does_not_depend_on_servers)
{
	const struct ask_prometheus_servers unknown = { .unknown = true };
	const struct hpa_prometheus metric = {
		.query = SV("x{namespace=\"bank\"}"), .alive_query = SV("a b"), .server = SV("s/1")
	};
	const struct hpa_prometheus good = { .query = SV("sum(x)"), MAIN };
	AUTO(arena_done) struct arena a = { 0 };
	struct ask_question live, replayed;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	ck_assert_int_eq(
		ask_prometheus(&a, &unknown, SV("shop"), &metric, &replayed, &err), ERR_OK);
	ck_assert_int_eq(replayed.state, ASK_INVALID);
	ck_assert_int_eq(ask_prometheus(&a, &unknown, SV("shop"), &good, &replayed, &err), ERR_OK);
	ck_assert_int_eq(ask_prometheus(&a, &ALL, SV("shop"), &good, &live, &err), ERR_OK);
	ck_assert(sv_eq(live.target, replayed.target));
	ck_assert_msg(sv_is(live.target, "/prometheus/main/api/v1/query?query=sum%28x%29"), "%.*s",
		SV_ARG(live.target));
	ck_assert(ask_is_sent(&replayed) && replayed.server.len == 0);
}
END_TEST

START_TEST(a_query_has_a_memory_of_its_own)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf query = { 0 };
	struct ask_question q;
	struct error err;

	arena_init(&a, 1u << 20);
	buf_init(&query, 1u << 20);
	buf_put_str(&query, "{b=\"c\"");
	for (int i = 0; i < 500; i++)
		buf_put_str(&query, ",a=~\"(?:[a-c]x){1000}\"");
	buf_put_char(&query, '}');
	const struct hpa_prometheus metric = { MAIN, .query = buf_sv(&query) };

	ck_assert_int_eq(ask_prometheus(&a, &ALL, SV("shop"), &metric, &q, &err), ERR_OK);
	ck_assert_int_eq(q.state, ASK_INVALID);
	ck_assert_msg(sv_has_prefix(q.why, SV("query: ")), "%.*s", SV_ARG(q.why));
}
END_TEST

static enum error_kind work(struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct ask_question q;

		arena_init(&a, ARENA_BYTES);
		if (ask_prometheus(&a, &ALL, ROWS[i].ns, &ROWS[i].metric, &q, err))
			return err->kind;
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, queries_go_out_narrowed_or_not_at_all, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, without_a_name_the_default_or_the_only_server_is_asked);
	tcase_add_test(tcase, the_name_of_a_question_does_not_depend_on_servers);
	tcase_add_test(tcase, a_query_has_a_memory_of_its_own);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("ask_prometheus", add);
}
