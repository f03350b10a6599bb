/* The end of a leader, against an API server that stops answering. */
#include "controller/succession.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

struct world {
	struct fake fake;
	bool silent, ended;
};

static void serve(struct fake *f, struct http_exchange *x)
{
	const struct world *w = f->state;
	struct sv path = http_exchange_path(x), method = http_exchange_method(x);

	if (w->silent)
		return;
	if (sv_is(http_exchange_query_get(x, "watch"), "true"))
		http_exchange_stream(x, "application/json", 1 << 20);
	else if (sv_is(method, "POST") || sv_is(method, "PUT"))
		http_exchange_reply(x, 200, "application/json", http_exchange_body(x), NULL);
	else if (sv_has_prefix(path, SV("/api/v1/namespaces/")) ||
		 sv_has_prefix(path, SV("/apis/coordination")))
		fake_reply(x, 404, "{\"kind\":\"Status\",\"code\":404,\"reason\":\"NotFound\"}");
	else if (sv_is(path, "/api"))
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[]}");
	else if (sv_is(path, "/apis"))
		fake_reply(x, 200, "{\"kind\":\"APIGroupList\",\"groups\":[]}");
	else
		fake_reply(x, 200, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}");
}

static void on_ended(void *ctx)
{
	struct world *w = ctx;
	w->ended = true;
}

/* The lease runs out before the checkpoint's time does. */
START_TEST(an_end_without_an_api_server_is_an_end)
{
	struct world w = { .silent = false };
	const struct controller_config config = { .settings = SETTINGS_DEFAULT,
		.sync_period_ns = NS_PER_SEC,
		.native = CONTROLLER_OBSERVE };
	struct selfmetrics *metrics = selfmetrics_new();
	struct controller *controller;
	struct succession *succession;
	struct error err;

	fake_start(&w.fake, serve, &w);
	ck_assert_int_eq(
		controller_new(w.fake.client, &config, metrics, &controller, &err), ERR_OK);
	const struct succession_config s = { .client = w.fake.client,
		.metrics = metrics,
		.controller = controller,
		.options = { .enabled = true,
			.namespace = "n",
			.name = "l",
			.duration_ns = 2 * NS_PER_SEC,
			.renew_deadline_ns = NS_PER_SEC,
			.retry_period_ns = 200 * NS_PER_MS } };
	ck_assert_int_eq(succession_new(&s, &succession, &err), ERR_OK);
	FAKE_UNTIL(&w.fake, controller_is_leading(controller) && controller_is_ready(controller));
	fake_turn_for(&w.fake, 300 * NS_PER_MS);
	w.silent = true;
	succession_end(succession, on_ended, &w);
	FAKE_UNTIL(&w.fake, w.ended);
	succession_free(succession);
	controller_free(controller);
	selfmetrics_free(metrics);
	fake_stop(&w.fake);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_end_without_an_api_server_is_an_end);
}

int main(void)
{
	return run_case("succession", add);
}
