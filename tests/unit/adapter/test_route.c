#include <check.h>

#include "adapter/route.h"
#include "tests/unit/common/run.h"

#define CUSTOM "/apis/custom.metrics.k8s.io/v1beta2"

static const struct {
	const char *name, *method, *path;
	enum route_kind kind;
	const char *resource, *namespace, *object, *metric;
	bool all_objects;
} ROUTES[] = {
	{ "one pod", "GET", CUSTOM "/namespaces/shop/pods/cart-1/m", ROUTE_CUSTOM, "pods", "shop",
		"cart-1", "m", false },
	{ "all pods", "GET", CUSTOM "/namespaces/shop/pods/*/m", ROUTE_CUSTOM, "pods", "shop", "*",
		"m", true },
	{ "an encoded star", "GET", CUSTOM "/namespaces/shop/pods/%2A/m", ROUTE_CUSTOM, "pods",
		"shop", "*", "m", true },
	{ "a slash at the end", "GET", CUSTOM "/namespaces/shop/pods/cart-1/m/", ROUTE_CUSTOM,
		"pods", "shop", "cart-1", "m", false },
	{ "a node", "GET", CUSTOM "/nodes/node-a/load", ROUTE_CUSTOM, "nodes", "", "node-a", "load",
		false },
	{ "a namespace's own metric", "GET", CUSTOM "/namespaces/shop/metrics/m", ROUTE_CUSTOM,
		"namespaces", "", "shop", "m", false },
	{ "all namespaces", "GET", CUSTOM "/namespaces/*/metrics/m", ROUTE_CUSTOM, "namespaces", "",
		"*", "m", true },
	{ "a group behind the resource", "GET", CUSTOM "/namespaces/shop/deployments.apps/web/m",
		ROUTE_CUSTOM, "deployments.apps", "shop", "web", "m", false },
	{ "a namespace's subresource is an object", "GET", CUSTOM "/namespaces/shop/status",
		ROUTE_CUSTOM, "namespaces", "", "shop", "status", false },
	{ "three segments below namespaces", "GET", CUSTOM "/namespaces/shop/foo", ROUTE_BAD_PATH,
		"foo", "", "", "", false },
	{ "too short", "GET", CUSTOM "/pods", ROUTE_NO_RESOURCE, "", "", "", "", false },
	{ "too long", "GET", CUSTOM "/namespaces/a/b/c/d/e", ROUTE_NO_RESOURCE, "", "", "", "",
		false },
	{ "another version", "GET", "/apis/custom.metrics.k8s.io/v1/pods/a/m", ROUTE_NO_RESOURCE,
		"", "", "", "", false },
	{ "another method", "POST", CUSTOM "/namespaces/shop/pods/cart-1/m", ROUTE_BAD_METHOD, NULL,
		NULL, NULL, NULL, false },
	{ "external", "GET", "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/lag",
		ROUTE_EXTERNAL, "", "shop", "", "lag", false },
	{ "external without namespace", "GET", "/apis/external.metrics.k8s.io/v1beta1/lag",
		ROUTE_NO_RESOURCE, "", "", "", "", false },
	{ "a group that is not offered", "GET", "/apis/metrics.k8s.io/v1beta1/pods", ROUTE_DOCUMENT,
		"", "", "", "", false },
	{ "the resource list", "GET", CUSTOM, ROUTE_DOCUMENT, "", "", "", "", false },
	{ "health", "GET", "/healthz", ROUTE_DOCUMENT, "", "", "", "", false },
};

START_TEST(paths_become_questions)
{
	const struct route_groups groups = { true, true, false };
	for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct authz_attributes at = { 0 };
		struct route r = { 0 };
		struct error err = { 0 };
		arena_init(&a, 65536);
		ck_assert_int_eq(route_attributes(&a, sv_of(ROUTES[i].method),
					 sv_of(ROUTES[i].path), false, &at, &err),
			ERR_OK);
		route_find(&at, sv_of(ROUTES[i].method), &groups, &r);
		ck_assert_msg(r.kind == ROUTES[i].kind, "%s: kind %d", ROUTES[i].name, (int)r.kind);
		if (!ROUTES[i].resource)
			continue;
		ck_assert_msg(sv_is(r.resource, ROUTES[i].resource), "%s: resource %.*s",
			ROUTES[i].name, SV_ARG(r.resource));
		ck_assert_msg(sv_is(r.namespace, ROUTES[i].namespace), "%s: namespace %.*s",
			ROUTES[i].name, SV_ARG(r.namespace));
		ck_assert_msg(sv_is(r.name, ROUTES[i].object), "%s: name %.*s", ROUTES[i].name,
			SV_ARG(r.name));
		ck_assert_msg(sv_is(r.metric, ROUTES[i].metric), "%s: metric %.*s", ROUTES[i].name,
			SV_ARG(r.metric));
		ck_assert_msg(
			r.all_objects == ROUTES[i].all_objects, "%s: all objects", ROUTES[i].name);
	}
}
END_TEST

static const struct {
	const char *name, *method, *path;
	bool is_resource;
	const char *verb, *group, *resource, *subresource, *object, *namespace;
} ATTRIBUTES[] = {
	{ "one pod", "GET", CUSTOM "/namespaces/n/pods/p/m", true, "get", "custom.metrics.k8s.io",
		"pods", "m", "p", "n" },
	{ "a namespace's metric", "GET", CUSTOM "/namespaces/n/metrics/m", true, "get",
		"custom.metrics.k8s.io", "metrics", "", "m", "n" },
	{ "a list", "GET", "/apis/external.metrics.k8s.io/v1beta1/namespaces/n/m", true, "list",
		"external.metrics.k8s.io", "m", "", "", "n" },
	{ "a deletion", "DELETE", CUSTOM "/nodes/x/m", true, "delete", "custom.metrics.k8s.io",
		"nodes", "m", "x", "" },
	{ "a proxy verb", "GET", CUSTOM "/proxy/nodes/x", true, "proxy", "custom.metrics.k8s.io",
		"nodes", "", "x", "" },
	{ "the core group", "GET", "/api/v1/pods", true, "list", "", "pods", "", "", "" },
	{ "a document", "GET", CUSTOM, false, "get", "", "", "", "", "" },
	{ "a post to a document", "POST", "/healthz", false, "post", "", "", "", "", "" },
};

START_TEST(attributes_are_those_of_the_request_info_resolver)
{
	for (size_t i = 0; i < ARRAY_LEN(ATTRIBUTES); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct authz_attributes at = { 0 };
		struct error err = { 0 };
		arena_init(&a, 65536);
		ck_assert_int_eq(route_attributes(&a, sv_of(ATTRIBUTES[i].method),
					 sv_of(ATTRIBUTES[i].path), false, &at, &err),
			ERR_OK);
		const char *name = ATTRIBUTES[i].name;
		ck_assert_msg(at.is_resource == ATTRIBUTES[i].is_resource, "%s", name);
		ck_assert_msg(
			sv_is(at.verb, ATTRIBUTES[i].verb), "%s: verb %.*s", name, SV_ARG(at.verb));
		ck_assert_msg(sv_is(at.group, ATTRIBUTES[i].group), "%s: group", name);
		ck_assert_msg(sv_is(at.resource, ATTRIBUTES[i].resource), "%s: resource %.*s", name,
			SV_ARG(at.resource));
		ck_assert_msg(
			sv_is(at.subresource, ATTRIBUTES[i].subresource), "%s: subresource", name);
		ck_assert_msg(sv_is(at.name, ATTRIBUTES[i].object), "%s: name", name);
		ck_assert_msg(sv_is(at.namespace, ATTRIBUTES[i].namespace), "%s: namespace", name);
	}
}
END_TEST

START_TEST(bad_encoding_is_refused)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct authz_attributes at = { 0 };
	struct error err = { 0 };
	arena_init(&a, 65536);
	ck_assert_int_eq(
		route_attributes(&a, SV("GET"), SV("/apis/%zz"), false, &at, &err), ERR_INVALID);
	ck_assert_int_eq(
		route_attributes(&a, SV("GET"), SV("/apis/%00"), false, &at, &err), ERR_INVALID);
}
END_TEST

START_TEST(names_that_could_end_a_quoted_text_are_none)
{
	static const char *const GOOD[] = { "", "*", "web-1", "pay.v2-0", "system:node_a",
		"user@host" };
	static const char *const BAD[] = { "a\"", "a'", "a`", "a\\", "a}", "a)", "a b", "a|b", "a#",
		"a\n", "\xc3\xa4", "a,b", "a=b" };
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
		ck_assert_msg(route_is_name(sv_of(GOOD[i])), "%s", GOOD[i]);
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(!route_is_name(sv_of(BAD[i])), "%s", BAD[i]);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, names_that_could_end_a_quoted_text_are_none);
	tcase_add_test(tcase, paths_become_questions);
	tcase_add_test(tcase, attributes_are_those_of_the_request_info_resolver);
	tcase_add_test(tcase, bad_encoding_is_refused);
}

int main(void)
{
	return run_case("route", add);
}
