/* The API server over real sockets, on the same loop as its client. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http_client.h"
#include "common/jx.h"
#include "sandbox/api.h"

static struct loop *loop;
static struct http_client *http;
static struct store *store;
static struct api *api;
static struct http_endpoint *endpoint;

static void setup(void)
{
	const struct api_config config = { .bind_address = "127.0.0.1" };
	char url[64];
	struct error err;

	jx_init();
	ck_assert_int_eq(loop_new(&loop, &err), ERR_OK);
	ck_assert_int_eq(http_client_new(loop, &http, &err), ERR_OK);
	ck_assert_int_eq(store_new(&store, &err), ERR_OK);
	ck_assert_int_eq(api_new(loop, http, store, &config, &api, &err), ERR_OK);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", api_port(api));
	const struct http_endpoint_config client = { .base_url = url };
	ck_assert_int_eq(http_endpoint_new(http, &client, &endpoint, &err), ERR_OK);
}

static void teardown(void)
{
	http_endpoint_free(endpoint);
	api_free(api);
	store_free(store);
	http_client_free(http);
	loop_free(loop);
}

/* The answer as a document, to be freed by the caller. */
static json_t *ask(const char *method, const char *target, const char *body, int status)
{
	const struct http_request request = { .method = method,
		.target = target,
		.body = sv_of(body),
		.content_type = body ? "application/json" : NULL };
	struct buf answer = { 0 };
	struct error err;
	json_t *doc = NULL;
	int found;

	ck_assert_msg(http_call_wait(endpoint, loop, &request, &found, &answer, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_msg(found == status, "%s %s: %d, not %d: %s", method, target, found, status,
		buf_text(&answer));
	ck_assert_int_eq(jx_parse(buf_sv(&answer), &doc, &err), ERR_OK);
	buf_done(&answer);
	return doc;
}

static void tell(const char *method, const char *target, const char *body, int status)
{
	json_decref(ask(method, target, body, status));
}

#define MAPS "/api/v1/namespaces/default/configmaps"

static void create_map(const char *name)
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\"}}", name);
	tell("POST", MAPS, body, 201);
}

static void create_namespace(void)
{
	tell("POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"default\"}}", 201);
}

START_TEST(all_pages_of_a_list_tell_the_revision_of_the_first)
{
	char target[256];

	create_namespace();
	create_map("a");
	create_map("b");
	create_map("c");
	json_t *first = ask("GET", MAPS "?limit=2", NULL, 200);
	/* Lies in the page that was read already: only a watch from the first page's revision tells it. */
	create_map("aa");
	(void)snprintf(target, sizeof(target), MAPS "?limit=2&continue=%s",
		jx_text_at(first, "metadata.continue"));
	json_t *second = ask("GET", target, NULL, 200);

	ck_assert_uint_eq(json_array_size(jx_at(second, "items")), 1);
	ck_assert_str_eq(jx_text_at(first, "metadata.resourceVersion"),
		jx_text_at(second, "metadata.resourceVersion"));
	ck_assert_ptr_null(jx_text_at(second, "metadata.continue"));
	json_decref(first);
	json_decref(second);
}
END_TEST

static const char *const BAD_PAGES[] = { MAPS "?continue=default/a", MAPS "?continue=99:default/a",
	MAPS "?continue=1:a", MAPS "?limit=many", MAPS "?limit=-1" };

START_TEST(a_page_that_cannot_be_is_a_bad_request)
{
	create_namespace();
	tell("GET", BAD_PAGES[_i], NULL, 400);
}
END_TEST

static const char *const BAD_NAMES[] = { "x/y", "..", ".", "50%" };

START_TEST(a_name_that_no_path_can_hold_is_refused)
{
	create_namespace();
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\"}}", BAD_NAMES[_i]);
	tell("POST", MAPS, body, 422);
}
END_TEST

START_TEST(a_deletion_answers_in_json_whatever_the_name)
{
	create_namespace();
	create_map("a\\\"b");
	json_t *answer = ask("DELETE", MAPS "/a%22b", NULL, 200);

	ck_assert_str_eq(jx_text_at(answer, "details.name"), "a\"b");
	json_decref(answer);
}
END_TEST

#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
static const char *const BAD_SCALES[] = { "{\"spec\":{\"replicas\":\"5\"}}",
	"{\"spec\":{\"replicas\":1.5}}", "{\"spec\":7}", "[]" };

START_TEST(a_scale_of_the_wrong_type_changes_nothing)
{
	create_namespace();
	tell("POST", DEPLOYMENTS, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":3}}", 201);
	tell("PUT", DEPLOYMENTS "/a/scale", BAD_SCALES[_i], 400);
	json_t *scale = ask("GET", DEPLOYMENTS "/a/scale", NULL, 200);

	ck_assert_int_eq(json_integer_value(jx_at(scale, "spec.replicas")), 3);
	json_decref(scale);
}
END_TEST

struct stream {
	struct buf text;
	bool over;
};

static bool on_piece(struct sv piece, void *ctx)
{
	buf_put_sv(&((struct stream *)ctx)->text, piece);
	return true;
}

static void on_over(const struct http_response *response, const struct error *failed, void *ctx)
{
	(void)response;
	(void)failed;
	((struct stream *)ctx)->over = true;
}

static struct http_call *watch(struct stream *s, const char *target)
{
	const struct http_request request = {
		.method = "GET", .target = target, .on_data = on_piece, .done = on_over, .ctx = s
	};
	struct http_call *call;
	struct error err;

	buf_init(&s->text, 1 << 20);
	ck_assert_int_eq(http_call_start(endpoint, &request, &call, &err), ERR_OK);
	return call;
}

static void turn_until(struct stream *s, const char *text)
{
	struct error err;

	for (int i = 0; i < 500 && !strstr(buf_text(&s->text), text); i++)
		ck_assert_int_eq(loop_run_once(loop, 20, &err), ERR_OK);
	ck_assert_msg(strstr(buf_text(&s->text), text), "%s", buf_text(&s->text));
}

START_TEST(an_object_that_leaves_a_watch_is_shown_as_it_was)
{
	struct stream s = { .over = false };

	create_namespace();
	tell("POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"labels\":{\"in\":\"yes\"}}}", 201);
	struct http_call *call = watch(&s, MAPS "?watch=true&labelSelector=in%3Dyes");
	turn_until(&s, "ADDED");
	tell("PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\",\"labels\":{\"in\":\"no\"}}}", 200);
	turn_until(&s, "DELETED");
	const char *event = strstr(buf_text(&s.text), "DELETED");
	ck_assert_ptr_nonnull(strstr(event, "\"in\":\"yes\""));
	ck_assert_ptr_nonnull(strstr(event, "\"resourceVersion\":\"3\""));
	http_call_cancel(call);
	buf_done(&s.text);
}
END_TEST

/* A server that takes connections and says nothing. */
static int mute_server(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

START_TEST(it_can_end_while_a_request_is_forwarded)
{
	struct stream s = { .over = false };
	char body[512];
	struct error err;
	uint16_t port;
	int fd = mute_server(&port), taken = -1;

	create_namespace();
	tell("POST", "/api/v1/namespaces/default/services",
		"{\"metadata\":{\"name\":\"mute\"},\"spec\":{\"externalName\":\"127.0.0.1\"}}",
		201);
	(void)snprintf(body, sizeof(body),
		"{\"metadata\":{\"name\":\"v1.mute\"},\"spec\":{\"group\":\"mute\",\"version\":"
		"\"v1\","
		"\"service\":{\"name\":\"mute\",\"namespace\":\"default\",\"port\":%u}}}",
		port);
	tell("POST", "/apis/apiregistration.k8s.io/v1/apiservices", body, 201);
	struct http_call *call = watch(&s, "/apis/mute/v1/things");
	for (int i = 0; i < 500 && taken < 0; i++) {
		ck_assert_int_eq(loop_run_once(loop, 20, &err), ERR_OK);
		taken = accept(fd, NULL, NULL);
	}
	ck_assert_int_ge(taken, 0);
	api_free(TAKE_PTR(api));
	ck_assert(!s.over);
	http_call_cancel(call);
	buf_done(&s.text);
	close(taken);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api");
	TCase *tcase = tcase_create("api");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, all_pages_of_a_list_tell_the_revision_of_the_first);
	tcase_add_loop_test(
		tcase, a_page_that_cannot_be_is_a_bad_request, 0, (int)ARRAY_LEN(BAD_PAGES));
	tcase_add_loop_test(
		tcase, a_name_that_no_path_can_hold_is_refused, 0, (int)ARRAY_LEN(BAD_NAMES));
	tcase_add_test(tcase, a_deletion_answers_in_json_whatever_the_name);
	tcase_add_loop_test(
		tcase, a_scale_of_the_wrong_type_changes_nothing, 0, (int)ARRAY_LEN(BAD_SCALES));
	tcase_add_test(tcase, an_object_that_leaves_a_watch_is_shown_as_it_was);
	tcase_add_test(tcase, it_can_end_while_a_request_is_forwarded);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
