/* kube_endpoint.c: addresses and credentials. */
#include "kube/kube_endpoint.h"
#include "tests/unit/common/run.h"

#define ARENA_BYTES 100000

static const struct {
	const char *text, *path; /* NULL: refused */
} SERVICES[] = {
	{ "svc/monitoring/prometheus:9090",
		"/api/v1/namespaces/monitoring/services/prometheus:9090/proxy" },
	{ "svc/monitoring/https:prometheus:web",
		"/api/v1/namespaces/monitoring/services/https:prometheus:web/proxy" },
	{ "svc/m/p:9090/prefix/x", "/api/v1/namespaces/m/services/p:9090/proxy/prefix/x" },
	{ "svc/m/p", NULL },
	{ "svc/m", NULL },
	{ "svc//p:1", NULL },
	{ "svc/../p:1", NULL },
	{ "svc/m/p:1/a?b", NULL },
	{ "svc/m/p%2f:1", NULL },
	{ "svc/m/p:1/a b", NULL },
};

START_TEST(services_have_a_path_behind_the_proxy)
{
	AUTO(arena_done) struct arena a = { 0 };
	const char *path = NULL;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	enum error_kind kind = kube_endpoint_service_path(&a, SERVICES[_i].text, &path, &err);
	ck_assert_int_eq(kind, SERVICES[_i].path ? ERR_OK : ERR_INVALID);
	if (SERVICES[_i].path)
		ck_assert_str_eq(path, SERVICES[_i].path);
	else
		ck_assert_ptr_nonnull(strstr(err.text, "svc/NAMESPACE/NAME:PORT"));
}
END_TEST

START_TEST(an_endpoint_has_the_credentials_for_the_api_server)
{
	const struct kubeconfig_client k = { .server = "https://10.0.0.1:6443//",
		.ca_file = "ca",
		.token = "unused",
		.token_file = "token" };
	AUTO(arena_done) struct arena a = { 0 };
	struct http_endpoint_config e = { .user_agent = "kept" };
	struct error err;

	arena_init(&a, ARENA_BYTES);
	ck_assert_int_eq(kube_endpoint_at(&a, &k, "/proxy", &e, &err), ERR_OK);
	ck_assert_str_eq(e.base_url, "https://10.0.0.1:6443/proxy");
	ck_assert_str_eq(e.ca_file, "ca");
	ck_assert_ptr_null(e.bearer_token);
	ck_assert_str_eq(e.bearer_token_file, "token");
	ck_assert_str_eq(e.user_agent, "kept");
	kube_endpoint_fill(&(struct kubeconfig_client){ .server = "http://x", .token = "t" }, &e);
	ck_assert_str_eq(e.base_url, "http://x");
	ck_assert_str_eq(e.bearer_token, "t");
	ck_assert_ptr_null(e.bearer_token_file);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, services_have_a_path_behind_the_proxy, 0, ARRAY_LEN(SERVICES));
	tcase_add_test(tcase, an_endpoint_has_the_credentials_for_the_api_server);
}

int main(void)
{
	return run_case("kube_endpoint", add);
}
