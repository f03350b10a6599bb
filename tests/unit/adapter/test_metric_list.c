#include <check.h>

#include "adapter/failure.h"
#include "adapter/indent.h"
#include "adapter/metric_list.h"
#include "tests/unit/common/run.h"

static const struct wall AT = { 1772359200, 0 };

START_TEST(custom_lists_have_the_known_texts)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct error err = { 0 };
	struct metric_list l;
	struct selector s = { 0 };
	arena_init(&a, 1u << 20);
	buf_init(&out, 1u << 20);
	struct metric_list_custom head = { .v1beta2 = true,
		.kind = SV("Pod"),
		.group = SV(""),
		.version = SV("v1"),
		.namespace = SV("shop"),
		.metric = SV("m"),
		.at = AT };
	ck_assert_int_eq(metric_list_begin(&l, &a, &out, &head, &err), ERR_OK);
	metric_list_add(&l, SV("cart-1"), 20500);
	metric_list_add(&l, SV("we\"ird"), 0);
	metric_list_end(&l);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/"
		"v1beta2\",\"metadata\":{},\"items\":["
		"{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"cart-1\","
		"\"apiVersion\":\"/v1\"},"
		"\"metric\":{\"name\":\"m\",\"selector\":null},\"timestamp\":\"2026-03-01T10:00:"
		"00Z\",\"value\":\"20500m\"},"
		"{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":"
		"\"we\\\"ird\",\"apiVersion\":\"/v1\"},"
		"\"metric\":{\"name\":\"m\",\"selector\":null},\"timestamp\":\"2026-03-01T10:00:"
		"00Z\",\"value\":\"0\"}]}");
	buf_clear(&out);
	metric_list_add_at(&l, SV("x"), 1000, (struct wall){ 1700000000, 0 });
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"timestamp\":\"2023-11-14T22:13:20Z\",\"value\":\"1\"}"));
	buf_clear(&out);
	ck_assert_int_eq(
		selector_parse(&a, SV("method=GET,code in (200,201),x!=y"), &s, NULL, &err),
		ERR_OK);
	head = (struct metric_list_custom){ .kind = SV("Node"),
		.group = SV("g.io"),
		.version = SV("v2"),
		.metric = SV("m"),
		.selector = &s,
		.at = AT };
	ck_assert_int_eq(metric_list_begin(&l, &a, &out, &head, &err), ERR_OK);
	metric_list_add(&l, SV("n"), 1000);
	metric_list_end(&l);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/"
		"v1beta1\",\"metadata\":{},\"items\":["
		"{\"describedObject\":{\"kind\":\"Node\",\"name\":\"n\",\"apiVersion\":\"g.io/"
		"v2\"},\"metricName\":\"m\","
		"\"timestamp\":\"2026-03-01T10:00:00Z\",\"value\":\"1\",\"selector\":{"
		"\"matchLabels\":{\"method\":\"GET\"},\"matchExpressions\":["
		"{\"key\":\"code\",\"operator\":\"In\",\"values\":[\"200\",\"201\"]},{\"key\":"
		"\"x\",\"operator\":\"NotIn\",\"values\":[\"y\"]}]}}]}");
}
END_TEST

START_TEST(external_lists_have_the_known_texts)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct metric_list l;
	const struct answer_label labels[] = { { SV("queue"), SV("orders") } };
	buf_init(&out, 1u << 20);
	metric_list_external_begin(&l, &out);
	metric_list_external_add(&l, SV("lag"), labels, 1, AT, 12500);
	metric_list_external_add(&l, SV("lag"), labels, 0, AT, 1000);
	metric_list_external_add(&l, SV("lag"), NULL, 0, AT, 1000);
	metric_list_end(&l);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/"
		"v1beta1\",\"metadata\":{},\"items\":["
		"{\"metricName\":\"lag\",\"metricLabels\":{\"queue\":\"orders\"},\"timestamp\":"
		"\"2026-03-01T10:00:00Z\",\"value\":\"12500m\"},"
		"{\"metricName\":\"lag\",\"metricLabels\":{},\"timestamp\":\"2026-03-01T10:00:"
		"00Z\",\"value\":\"1\"},"
		"{\"metricName\":\"lag\",\"metricLabels\":null,\"timestamp\":\"2026-03-01T10:00:"
		"00Z\",\"value\":\"1\"}]}");
}
END_TEST

START_TEST(failures_have_the_members_of_kubernetes)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 4096);
	struct failure f = { .code = 404,
		.reason = "NotFound",
		.message = SV("no <m>"),
		.details = FAILURE_EMPTY_DETAILS };
	failure_print(&out, &f);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"no "
		"\\u003cm\\u003e\",\"reason\":\"NotFound\",\"details\":{},\"code\":404}");
	buf_clear(&out);
	f = (struct failure){
		.code = 500, .message = SV("x"), .details = FAILURE_CAUSE, .cause = SV("y")
	};
	failure_print(&out, &f);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"x\","
		"\"details\":{\"causes\":[{\"message\":\"y\"}]},\"code\":500}");
}
END_TEST

START_TEST(indentation_is_that_of_go)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 4096);
	indent_json(&out, SV("{\"a\":[1,{}],\"b\":\"x{,:\\\"}\",\"c\":[]}"));
	ck_assert_str_eq(buf_text(&out),
		"{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x{,:\\\"}\",\n  \"c\": []\n}");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, custom_lists_have_the_known_texts);
	tcase_add_test(tcase, external_lists_have_the_known_texts);
	tcase_add_test(tcase, failures_have_the_members_of_kubernetes);
	tcase_add_test(tcase, indentation_is_that_of_go);
}

int main(void)
{
	return run_case("metric_list", add);
}
