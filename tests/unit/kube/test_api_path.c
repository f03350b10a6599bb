/* Request targets, and the two small pure helpers beside them: base64 and backoff. */
#include "kube/api_path.h"
#include "kube/backoff.h"
#include "kube/base64.h"
#include "tests/unit/kube/run.h"

static const struct {
	const char *what;
	struct api_path path;
	const char *text;
} PATHS[] = {
	/* clang-format off */
	{ "a scale", { .group = SV("apps"), .version = SV("v1"), .namespace = SV("default"), .resource = SV("deployments"),
		.name = SV("web"), .subresource = SV("scale") }, "/apis/apps/v1/namespaces/default/deployments/web/scale" },
	{ "the core group", { .version = SV("v1"), .resource = SV("pods") }, "/api/v1/pods" },
	{ "all pods' metric", { .group = SV("custom.metrics.k8s.io"), .version = SV("v1beta2"), .namespace = SV("default"),
		.resource = SV("pods"), .name = SV("*"), .subresource = SV("qps") },
		"/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/%2A/qps" },
	{ "what stays and what does not", { .version = SV("v1"), .resource = SV("x"), .name = SV("a:b&c=d+e$f,g;h@i~j!k/l m%n\303\244") },
		"/api/v1/x/a:b&c=d+e$f,g;h@i~j%21k%2Fl%20m%25n%C3%A4" },
	/* clang-format on */
};

START_TEST(paths_are_escaped_as_go_does)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 1000);
	api_path_put(&out, &PATHS[_i].path);
	ck_assert_str_eq(buf_text(&out), PATHS[_i].text);
}
END_TEST

START_TEST(queries_are_form_encoded)
{
	AUTO(buf_done) struct buf out = { 0 };
	bool first = true;
	buf_init(&out, 1000);
	api_path_put_query(&out, &first, "fieldSelector", SV(""));
	api_path_put_query(&out, &first, "labelSelector", SV("app=web,tier in (a,b),!x"));
	api_path_put_query(&out, &first, "limit", SV("500"));
	ck_assert_str_eq(
		buf_text(&out), "?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29%2C%21x&limit=500");
}
END_TEST

START_TEST(base64_decodes_strictly)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{ "", "" },
		{ "YQ==", "a" },
		{ "YWI=", "ab" },
		{ "YWJj", "abc" },
		{ "YW\r\nJj\nZA==\n", "abcd" },
		{ "//79", "\xff\xfe\xfd" },
	};
	static const char *const BAD[] = { "Y", "YQ", "YQ=", "YQ==Y", "YQ==YQ==", "=",
		"A=", "Y===", "YQ=a", "YW J", "Y-==", "YWI=\nYW==" };
	AUTO(arena_done) struct arena a = { 0 };
	struct sv out;
	struct error err;
	arena_init(&a, 100000);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		ck_assert_int_eq(base64_decode(&a, sv_of(ROWS[i].in), &out, &err), ERR_OK);
		ck_assert_msg(sv_is(out, ROWS[i].out), "%s", ROWS[i].in);
	}
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(
			base64_decode(&a, sv_of(BAD[i]), &out, &err) == ERR_INVALID, "%s", BAD[i]);
	ck_assert_str_eq(err.text, "illegal base64 data at input byte 5");
}
END_TEST

START_TEST(waits_grow_and_stay_in_their_step)
{
	struct backoff b, other;
	int64_t step = 100000000;
	backoff_init(&b, 42);
	backoff_init(&other, 43);
	int n_equal = 0;
	for (int i = 0; i < 20; i++) {
		int64_t wait = backoff_next_ns(&b);
		ck_assert_msg(wait >= step / 2 && wait <= step, "try %d: %lld", i, (long long)wait);
		n_equal += wait == backoff_next_ns(&other);
		step = step * 2 < 30000000000 ? step * 2 : 30000000000;
	}
	ck_assert_int_lt(n_equal, 3);
	backoff_reset(&b);
	ck_assert_int_le(backoff_next_ns(&b), 100000000);
	ck_assert_int_eq(backoff_between_ns(&b, 7, 7), 7);
	ck_assert_int_eq(backoff_between_ns(&b, 7, 3), 7);
	ck_assert_uint_ne(backoff_seed(), backoff_seed());
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, paths_are_escaped_as_go_does, 0, (int)ARRAY_LEN(PATHS));
	tcase_add_test(tcase, queries_are_form_encoded);
	tcase_add_test(tcase, base64_decodes_strictly);
	tcase_add_test(tcase, waits_grow_and_stay_in_their_step);
}

int main(void)
{
	return run_case("api_path", add);
}
