/* A guarded server, and the API server that it asks, both on loopback. */
#include "kube/access.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

static struct fake api;
static struct access *access_now;
static struct http_server *guarded;
static struct http_endpoint *endpoint;
static bool fails, silent;
static int n_served;

/* Knows one token, whose user may do anything. */
static void serve_api(struct fake *f, struct http_exchange *x)
{
	struct sv body = http_exchange_body(x), path = http_exchange_path(x);
	bool good = sv_find_sv(body, SV("good")) < body.len;

	(void)f;
	if (silent)
		return;
	if (fails)
		fake_reply(x, 403, "{\"kind\":\"Status\",\"message\":\"no reviews for you\"}");
	else if (sv_find_sv(path, SV("tokenreviews")) < path.len)
		fake_reply(x, 201,
			good ? "{\"status\":{\"authenticated\":true,\"user\":{\"username\":"
			       "\"good\"}}}"
			     : "{\"status\":{\"authenticated\":false}}");
	else
		fake_reply(x, 201,
			good ? "{\"status\":{\"allowed\":true}}"
			     : "{\"status\":{\"allowed\":false,\"reason\":\"not you\"}}");
}

static void on_allowed(struct http_exchange *x, void *ctx)
{
	ck_assert_ptr_eq(ctx, &n_served);
	n_served++;
	fake_reply(x, 200, "{}");
}

static void guard(struct http_exchange *x, void *ctx)
{
	static const struct authz_attributes WHAT = { .is_resource = true,
		.verb = { "get", 3 },
		.group = { "autoscaling", 11 },
		.version = { "v2", 2 },
		.resource = { "horizontalpodautoscalers", 24 },
		.namespace = { "shop", 4 },
		.name = { "web", 3 } };

	(void)ctx;
	access_check(access_now, x, &WHAT, on_allowed, &n_served);
}

static void start(void)
{
	const struct http_server_config server = { .bind_address = "127.0.0.1" };
	struct error err;
	char url[64];

	fails = silent = false;
	n_served = 0;
	fake_start(&api, serve_api, NULL);
	const struct access_config config = {
		.loop = api.loop, .client = api.client, .skip_lookup = true
	};
	ck_assert_int_eq(access_new(&config, &access_now, &err), ERR_OK);
	ck_assert_int_eq(http_server_new(api.loop, &server, guard, NULL, &guarded, &err), ERR_OK);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(guarded));
	const struct http_endpoint_config to = { .base_url = url, .http1_only = true };
	ck_assert_int_eq(http_endpoint_new(api.http, &to, &endpoint, &err), ERR_OK);
}

static void end(void)
{
	http_endpoint_free(endpoint);
	http_server_free(guarded);
	access_free(access_now);
	fake_stop(&api);
}

static int ask(const char *header, char told[static 1024])
{
	const char *const headers[] = { header, NULL };
	const struct http_request request = {
		.method = "GET", .target = "/", .headers = header ? headers : NULL
	};
	struct buf body;
	struct error err;
	int status = 0;

	ck_assert_msg(http_call_wait(endpoint, api.loop, &request, &status, &body, &err) == ERR_OK,
		"%s", err.text);
	(void)snprintf(told, 1024, "%s", buf_text(&body));
	buf_done(&body);
	return status;
}

static const struct {
	const char *name, *header;
	int status;
	const char *told;
} CALLERS[] = {
	{ "a token whose user may", "Authorization: Bearer good", 200, "{}" },
	{ "the same through the API server's pod proxy", ACCESS_TOKEN_HEADER ": Bearer good", 200,
		"{}" },
	{ "a token that nobody knows", "Authorization: Bearer bad", 401, "Unauthorized" },
	{ "nothing at all: anonymous, who may not", NULL, 403,
		"horizontalpodautoscalers.autoscaling \\\"web\\\" is forbidden: User "
		"\\\"system:anonymous\\\" cannot get resource \\\"horizontalpodautoscalers\\\" in "
		"API group \\\"autoscaling\\\" in the namespace \\\"shop\\\": not you" },
	{ "a name that somebody claims to have without a proxy's certificate",
		"X-Remote-User: good", 403, "system:anonymous" },
};

START_TEST(callers)
{
	char told[1024];
	int status = ask(CALLERS[_i].header, told);

	ck_assert_msg(status == CALLERS[_i].status, "%s: %d %s", CALLERS[_i].name, status, told);
	ck_assert_msg(strstr(told, CALLERS[_i].told) != NULL, "%s: %s", CALLERS[_i].name, told);
	ck_assert_int_eq(n_served, status == 200);
}
END_TEST

START_TEST(without_a_verdict_nothing_is_served)
{
	char told[1024];

	fails = true;
	ck_assert_int_eq(ask(NULL, told), 500);
	ck_assert_int_eq(n_served, 0);
}
END_TEST

static void on_never(const struct http_response *response, const struct error *failed, void *ctx)
{
	(void)response, (void)failed, (void)ctx;
	ck_abort_msg("a cancelled call was answered");
}

START_TEST(a_request_that_is_over_waits_for_nothing)
{
	const struct http_request request = { .method = "GET", .target = "/", .done = on_never };
	struct http_call *call;
	struct error err;

	silent = true;
	ck_assert_int_eq(http_call_start(endpoint, &request, &call, &err), ERR_OK);
	FAKE_UNTIL(&api, api.n_requests > 0);
	http_call_cancel(call);
	http_server_free(guarded);
	guarded = NULL;
	/* The API server's connection ends without an answer: nobody waits for it any more. */
	fake_hang_up(&api);
	fake_turn_for(&api, 50 * NS_PER_MS);
	ck_assert_int_eq(n_served, 0);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, end);
	tcase_add_loop_test(tcase, callers, 0, ARRAY_LEN(CALLERS));
	tcase_add_test(tcase, without_a_verdict_nothing_is_served);
	tcase_add_test(tcase, a_request_that_is_over_waits_for_nothing);
}

int main(void)
{
	return run_case("access", add);
}
