/* Status documents and the texts for answers without one; the rows with "some text" are the reference's recorded answers. */
#include "common/jtree.h"
#include "kube/status.h"
#include "tests/unit/kube/run.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define JSON_TYPE "application/json"
#define PODS "pods.metrics.k8s.io"

static const struct row {
	const char *what;
	int code;
	const char *type, *body, *resource, *name;
	enum error_kind kind;
	const char *text;
} ROWS[] = {
	/* clang-format off */
	{ "a Status speaks for itself", 404, JSON_TYPE,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"no metric qps\",\"reason\":\"NotFound\",\"code\":404}",
		PODS, NULL, ERR_NOTFOUND, "no metric qps" },
	{ "the reason beats the code", 500, JSON_TYPE,
		"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"old\",\"reason\":\"Expired\"}", NULL, NULL, ERR_CONFLICT, "old" },
	{ "a charset does not hide a Status", 409, "application/json; charset=utf-8",
		"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"changed\",\"reason\":\"Conflict\"}", NULL, NULL, ERR_CONFLICT, "changed" },
	{ "a Status that is called text is text", 403, TEXT_TYPE, "{\"kind\":\"Status\"}", PODS, NULL, ERR_DENIED,
		"{\"kind\":\"Status\"} (get pods.metrics.k8s.io)" },
	{ "a Status without message says nothing", 404, JSON_TYPE, "{\"kind\":\"Status\",\"status\":\"Failure\"}", PODS, NULL, ERR_NOTFOUND,
		"the server could not find the requested resource (get pods.metrics.k8s.io)" },
	{ "another kind is no Status", 503, JSON_TYPE, "{\"kind\":\"Pod\",\"message\":\"x\"}", NULL, NULL, ERR_UNAVAIL,
		"the server is currently unable to handle the request" },
	{ "400", 400, TEXT_TYPE, "some text\n", PODS, NULL, ERR_INVALID,
		"the server rejected our request for an unknown reason (get pods.metrics.k8s.io)" },
	{ "401", 401, TEXT_TYPE, "some text\n", PODS, NULL, ERR_DENIED,
		"the server has asked for the client to provide credentials (get pods.metrics.k8s.io)" },
	{ "403 is its own text, trimmed", 403, TEXT_TYPE, "some text\n", PODS, NULL, ERR_DENIED, "some text (get pods.metrics.k8s.io)" },
	{ "403 that is called JSON", 403, JSON_TYPE, "some text\n", PODS, NULL, ERR_DENIED, "unknown (get pods.metrics.k8s.io)" },
	{ "404 with a name", 404, TEXT_TYPE, "404 page not found\n", "deployments", "web", ERR_NOTFOUND,
		"the server could not find the requested resource (get deployments web)" },
	{ "405", 405, TEXT_TYPE, "some text\n", PODS, "", ERR_INVALID,
		"the server does not allow this method on the requested resource (get pods.metrics.k8s.io)" },
	{ "406", 406, TEXT_TYPE, "some text\n", PODS, NULL, ERR_INVALID, "some text (get pods.metrics.k8s.io)" },
	{ "406 without a word", 406, TEXT_TYPE, "", PODS, NULL, ERR_INVALID,
		"the server was unable to respond with a content type that the client supports (get pods.metrics.k8s.io)" },
	{ "409", 409, TEXT_TYPE, "some text\n", PODS, NULL, ERR_CONFLICT, "the server reported a conflict (get pods.metrics.k8s.io)" },
	{ "410", 410, TEXT_TYPE, "some text\n", "qps.external.metrics.k8s.io", NULL, ERR_CONFLICT,
		"the server responded with the status code 410 but did not return more information (get qps.external.metrics.k8s.io)" },
	{ "413 is one of our limits", 413, TEXT_TYPE, "", NULL, NULL, ERR_LIMIT,
		"the server responded with the status code 413 but did not return more information" },
	{ "415", 415, TEXT_TYPE, "some text\n", PODS, NULL, ERR_INVALID, "some text (get pods.metrics.k8s.io)" },
	{ "422", 422, TEXT_TYPE, "", PODS, NULL, ERR_INVALID,
		"the server rejected our request due to an error in our request (get pods.metrics.k8s.io)" },
	{ "429", 429, TEXT_TYPE, "some text\n", "pods.custom.metrics.k8s.io", "*", ERR_UNAVAIL,
		"the server has received too many requests and has asked us to try again later (get pods.custom.metrics.k8s.io *)" },
	{ "500 quotes the text", 500, TEXT_TYPE, "some text\n", PODS, NULL, ERR_UNAVAIL,
		"an error on the server (\"some text\") has prevented the request from succeeding (get pods.metrics.k8s.io)" },
	{ "500 that is called JSON", 500, JSON_TYPE, "some text\n", PODS, NULL, ERR_UNAVAIL,
		"an error on the server (\"unknown\") has prevented the request from succeeding (get pods.metrics.k8s.io)" },
	{ "500 with HTML", 500, "text/html", "<html>\"oops\"\n\x01</html>", PODS, NULL, ERR_UNAVAIL,
		"an error on the server (\"<html>\\\"oops\\\"\\n\\x01</html>\") has prevented the request from succeeding (get pods.metrics.k8s.io)" },
	{ "500 without a body", 500, TEXT_TYPE, "", NULL, NULL, ERR_UNAVAIL,
		"an error on the server (\"\") has prevented the request from succeeding" },
	{ "502", 502, TEXT_TYPE, "some text\n", NULL, NULL, ERR_UNAVAIL,
		"an error on the server (\"some text\") has prevented the request from succeeding" },
	{ "503", 503, TEXT_TYPE, "some text\n", PODS, NULL, ERR_UNAVAIL,
		"the server is currently unable to handle the request (get pods.metrics.k8s.io)" },
	{ "504", 504, TEXT_TYPE, "", PODS, NULL, ERR_UNAVAIL,
		"the server was unable to return a response in the time allotted, but may still be processing the request (get pods.metrics.k8s.io)" },
	{ "a redirect is no answer", 302, TEXT_TYPE, "", NULL, NULL, ERR_INVALID,
		"the server responded with the status code 302 but did not return more information" },
	/* clang-format on */
};

START_TEST(answers_are_explained_in_the_references_words)
{
	const struct row *row = &ROWS[_i];
	struct status_answer answer = {
		.code = row->code,
		.content_type = sv_of(row->type),
		.body = sv_of(row->body),
		.method = "GET",
		.resource = row->resource,
		.name = row->name,
	};
	struct error err;
	ck_assert_msg(status_explain(&answer, &err) == row->kind, "%s: kind %d", row->what,
		(int)err.kind);
	ck_assert_msg(strcmp(err.text, row->text) == 0, "%s: %s", row->what, err.text);
	ck_assert_int_eq(err.code, row->code);
}
END_TEST

START_TEST(without_memory_the_code_is_still_told)
{
	struct status_answer answer = {
		.code = 404, .content_type = SV(JSON_TYPE), .body = SV("{}")
	};
	struct error err;
	mem_fail_at(1, true);
	enum error_kind kind = status_explain(&answer, &err);
	mem_fail_at(0, false);
	ck_assert_int_eq(kind, ERR_NOTFOUND);
	ck_assert_str_eq(err.text, "the server responded with the status code 404");
}
END_TEST

START_TEST(long_bodies_are_cut_and_hostile_ones_refused)
{
	static char body[3000000];
	memset(body, '[', sizeof(body));
	struct status_answer answer = {
		.code = 500, .content_type = SV(JSON_TYPE), .body = sv_from(body, sizeof(body))
	};
	struct error err;
	ck_assert_int_eq(status_explain(&answer, &err), ERR_UNAVAIL);
	answer.content_type = SV("");
	ck_assert_int_eq(status_explain(&answer, &err), ERR_UNAVAIL);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
}
END_TEST

static struct status decode(struct arena *a, const char *json, bool *ret_is)
{
	struct jtree *t;
	struct error err;
	struct status s = { 0 };
	ck_assert_int_eq(jtree_parse(a, sv_of(json), &t, &err), ERR_OK);
	*ret_is = status_decode(t, &s);
	return s;
}

START_TEST(documents_survive_a_round_trip)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	bool is;
	const char *json =
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"deployments.apps \\\"web\\\" not found\",\"reason\":\"NotFound\","
		"\"details\":{\"name\":\"web\",\"group\":\"apps\",\"kind\":\"deployments\",\"uid\":"
		"\"u\","
		"\"retryAfterSeconds\":3},\"code\":404}";
	arena_init(&a, 1 << 20);
	buf_init(&out, 1 << 20);
	struct status s = decode(&a, json, &is);
	ck_assert(is);
	ck_assert_int_eq(s.code, 404);
	ck_assert_int_eq(s.retry_after_seconds, 3);
	status_encode(&out, &s);
	ck_assert_str_eq(buf_text(&out), json);
	decode(&a, "{\"kind\":\"Status\",\"status\":\"Success\"}", &is);
	ck_assert(!is);
	decode(&a, "[]", &is);
	ck_assert(!is);
	decode(&a, "{\"kind\":\"Status\",\"code\":99999999999,\"details\":7,\"message\":[]}", &is);
	ck_assert(is);
}
END_TEST

START_TEST(own_errors_become_documents)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;
	buf_init(&out, 1 << 20);
	error_set(&err, ERR_NOTFOUND, "no such metric");
	struct status s = status_from_error(&err);
	status_encode(&out, &s);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"no such metric\",\"reason\":\"NotFound\",\"code\":404}");
	err.code = 429;
	ck_assert_int_eq(status_from_error(&err).code, 429);
	err.code = 28; /* a CURLcode */
	err.kind = ERR_UNAVAIL;
	ck_assert_int_eq(status_from_error(&err).code, 503);
	err.kind = ERR_NOMEM;
	ck_assert_int_eq(status_from_error(&err).code, 500);
	ck_assert_int_eq(status_code_of_reason(SV("Expired")), 410);
	ck_assert_int_eq(status_code_of_reason(SV("Odd")), 0);
	ck_assert_uint_eq(status_reason_of_code(418).len, 0);
	buf_clear(&out);
	status_encode(&out, &(struct status){ .reason = SV("Invalid") });
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"reason\":\"Invalid\",\"code\":422}");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, answers_are_explained_in_the_references_words, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, without_memory_the_code_is_still_told);
	tcase_add_test(tcase, long_bodies_are_cut_and_hostile_ones_refused);
	tcase_add_test(tcase, documents_survive_a_round_trip);
	tcase_add_test(tcase, own_errors_become_documents);
}

int main(void)
{
	return run_case("status", add);
}
