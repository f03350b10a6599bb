/* Reviews against an API server of a few lines, on loopback. */
#include <check.h>
#include <stdio.h>

#include "common/http_server.h"
#include "kube/authz.h"
#include "kube/kubeconfig.h"
#include "kube/review.h"
#include "tests/unit/common/run.h"

struct rig {
	struct loop *loop;
	struct http_client *http;
	struct http_server *server;
	struct kube_client *client;
	unsigned n_calls, n_failures_first; /* answers 500 that often */
	const char *answer;
};

static void serve(struct http_exchange *x, void *ctx)
{
	struct rig *r = ctx;
	bool fails = r->n_calls < r->n_failures_first;
	r->n_calls++;
	ck_assert(sv_is(http_exchange_method(x), "POST"));
	http_exchange_reply(x, fails ? 500 : 201, "application/json",
		fails ? SV("{}") : sv_of(r->answer), NULL);
}

static void rig_start(struct rig *r)
{
	struct error err = { 0 };
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.max_body_bytes = 65536 };
	char url[64];
	ck_assert_int_eq(loop_new(&r->loop, &err), ERR_OK);
	ck_assert_msg(http_server_new(r->loop, &config, serve, r, &r->server, &err) == ERR_OK, "%s",
		err.text);
	ck_assert_int_eq(http_client_new(r->loop, &r->http, &err), ERR_OK);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(r->server));
	const struct kubeconfig_client where = {
		.context = "", .namespace = "default", .server = url
	};
	ck_assert_msg(client_new(r->http, r->loop, &where, "test", &r->client, &err) == ERR_OK,
		"%s", err.text);
}

static void rig_stop(struct rig *r)
{
	client_free(r->client);
	http_client_free(r->http);
	http_server_free(r->server);
	loop_free(r->loop);
}

static void turn_until(struct rig *r, const unsigned *counter, unsigned wanted)
{
	struct error err = { 0 };
	for (int i = 0; i < 2000 && *counter < wanted; i++)
		ck_assert_int_eq(loop_run_once(r->loop, 20, &err), ERR_OK);
	ck_assert_uint_eq(*counter, wanted);
}

static int64_t keep_long(struct sv answer, void *ctx)
{
	(void)answer;
	(void)ctx;
	return 60 * NS_PER_SEC;
}

struct waiter {
	struct review_waiter base;
	unsigned *n_done;
	char answer[64];
	enum error_kind failed;
};

static void on_done(struct review_waiter *w, struct sv answer, const struct error *failed)
{
	struct waiter *own = (struct waiter *)w;
	(*own->n_done)++;
	own->failed = failed ? failed->kind : ERR_OK;
	snprintf(own->answer, sizeof(own->answer), "%.*s", SV_ARG(answer));
}

START_TEST(equal_questions_are_one_and_answers_are_kept)
{
	struct rig r = { .answer = "{\"a\":1}" };
	struct review *review = NULL;
	struct error err = { 0 };
	unsigned n_done = 0;
	struct waiter first = { .base.done = on_done, .n_done = &n_done }, second = first,
		      third = first, gone = first;
	struct sv now = SV_NULL;
	rig_start(&r);
	const struct review_config config = { .client = r.client,
		.target = "/r",
		.resource = "reviews",
		.max_entries = 2,
		.keep_ns = keep_long };
	ck_assert_int_eq(review_new(&config, &review, &err), ERR_OK);
	ck_assert_int_eq(review_ask(review, SV("k"), SV("{}"), &first.base, &now, &err), ERR_OK);
	ck_assert_int_eq(review_ask(review, SV("k"), SV("{}"), &second.base, &now, &err), ERR_OK);
	ck_assert_int_eq(review_ask(review, SV("k"), SV("{}"), &gone.base, &now, &err), ERR_OK);
	ck_assert(!now.ptr);
	review_cancel(&gone.base);
	turn_until(&r, &n_done, 2);
	ck_assert_uint_eq(r.n_calls, 1);
	ck_assert_str_eq(first.answer, "{\"a\":1}");
	ck_assert_str_eq(gone.answer, "");
	ck_assert_int_eq(review_ask(review, SV("k"), SV("{}"), &third.base, &now, &err), ERR_OK);
	ck_assert(sv_is(now, "{\"a\":1}"));
	ck_assert_uint_eq(r.n_calls, 1);
	/* The table is bounded: more keys than fit do no harm. */
	for (unsigned i = 0; i < 5; i++) {
		char key[2] = { (char)('a' + i), '\0' };
		now = SV_NULL;
		ck_assert_int_eq(
			review_ask(review, sv_of(key), SV("{}"), &third.base, &now, &err), ERR_OK);
		turn_until(&r, &n_done, 3 + i);
	}
	review_free(review);
	rig_stop(&r);
}
END_TEST

START_TEST(server_errors_are_tried_again)
{
	struct rig r = { .answer = "{}", .n_failures_first = 1 };
	struct review *review = NULL;
	struct error err = { 0 };
	unsigned n_done = 0;
	struct waiter w = { .base.done = on_done, .n_done = &n_done };
	struct sv now = SV_NULL;
	rig_start(&r);
	const struct review_config config = { .client = r.client,
		.target = "/r",
		.resource = "reviews",
		.max_entries = 2,
		.keep_ns = keep_long };
	ck_assert_int_eq(review_new(&config, &review, &err), ERR_OK);
	ck_assert_int_eq(review_ask(review, SV("k"), SV("{}"), &w.base, &now, &err), ERR_OK);
	turn_until(&r, &n_done, 1);
	ck_assert_uint_eq(r.n_calls, 2);
	ck_assert_int_eq(w.failed, ERR_OK);
	review_free(review);
	rig_stop(&r);
}
END_TEST

struct verdict {
	unsigned n;
	enum authz_verdict verdict;
	char reason[64];
};

static void on_verdict(enum authz_verdict verdict, struct sv reason, void *ctx)
{
	struct verdict *v = ctx;
	v->n++;
	v->verdict = verdict;
	snprintf(v->reason, sizeof(v->reason), "%.*s", SV_ARG(reason));
}

static const struct {
	const char *name, *answer;
	enum authz_verdict verdict;
	const char *reason;
} VERDICTS[] = {
	{ "allowed", "{\"status\":{\"allowed\":true}}", AUTHZ_ALLOWED, "" },
	{ "denied with a reason", "{\"status\":{\"allowed\":false,\"reason\":\"not today\"}}",
		AUTHZ_DENIED, "not today" },
	{ "silence is no permission", "{\"status\":{}}", AUTHZ_DENIED, "" },
	{ "a text is no permission", "{\"status\":{\"allowed\":\"true\"}}", AUTHZ_FAILED,
		"the API server's answer is no SubjectAccessReview" },
	{ "no review", "[]", AUTHZ_FAILED, "the API server's answer is no SubjectAccessReview" },
};

START_TEST(only_a_clear_yes_permits)
{
	for (size_t i = 0; i < ARRAY_LEN(VERDICTS); i++) {
		struct rig r = { .answer = VERDICTS[i].answer };
		struct authz *authz = NULL;
		struct error err = { 0 };
		AUTO(arena_done) struct arena a = { 0 };
		struct verdict v = { 0 };
		struct authz_call call = { .done = on_verdict, .ctx = &v };
		struct sv reason = SV_NULL;
		struct sv group = SV("system:masters");
		const struct sv open[] = { SV("/healthz"), SV("/docs/*") };
		const struct authn_user bob = { .name = SV("bob") }, root = {
			.name = SV("root"), .groups = &group, .n_groups = 1
		};
		const struct authz_attributes pods = {
			.is_resource = true, .verb = SV("list"), .resource = SV("pods")
		};
		arena_init(&a, 1u << 20);
		rig_start(&r);
		const struct authz_config config = {
			.client = r.client, .always_allow_paths = open, .n_always_allow_paths = 2
		};
		ck_assert_int_eq(authz_new(&config, &authz, &err), ERR_OK);
		ck_assert_int_eq(
			authz_check(authz, &a, &root, &pods, &call, &reason), AUTHZ_ALLOWED);
		const struct authz_attributes docs = { .verb = SV("get"), .path = SV("/docs/x") };
		ck_assert_int_eq(
			authz_check(authz, &a, &bob, &docs, &call, &reason), AUTHZ_ALLOWED);
		ck_assert_int_eq(authz_check(authz, &a, &bob, &pods, &call, &reason), AUTHZ_WAIT);
		turn_until(&r, &v.n, 1);
		ck_assert_msg(v.verdict == VERDICTS[i].verdict, "%s: %d", VERDICTS[i].name,
			(int)v.verdict);
		ck_assert_str_eq(v.reason, VERDICTS[i].reason);
		authz_free(authz);
		rig_stop(&r);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, equal_questions_are_one_and_answers_are_kept);
	tcase_add_test(tcase, server_errors_are_tried_again);
	tcase_add_test(tcase, only_a_clear_yes_permits);
}

int main(void)
{
	return run_case("review", add);
}
