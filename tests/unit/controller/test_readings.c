/* Answers of the metrics APIs. */
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "controller/readings.h"
#include "tests/unit/controller/run.h"

#define RESOURCE HPA_METRIC_RESOURCE
#define CONTAINER HPA_METRIC_CONTAINER_RESOURCE
#define PODS HPA_METRIC_PODS
#define OBJECT HPA_METRIC_OBJECT
#define EXTERNAL HPA_METRIC_EXTERNAL

#define METRICS(items)                                                                             \
	"{\"kind\":\"PodMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"items\":[" items \
	"]}"
#define CUSTOM(items)                                                                              \
	"{\"items\":[" items                                                                       \
	"],\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/v1beta2\"}"
#define CUSTOM1(items)                                                                             \
	"{\"items\":[" items                                                                       \
	"],\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/v1beta1\"}"
#define POD(name, containers)                                                                      \
	"{\"metadata\":{\"name\":\"" name "\"},\"containers\":[" containers "]}"
#define USE(container, usage) "{\"name\":\"" container "\",\"usage\":{" usage "}}"

/* `shows` is what the reading looks like: samples as "pod=milli", values as "milli", a failure as
 * its text. */
static const struct {
	const char *what;
	enum hpa_metric_kind kind;
	const char *body;
	const char *shows;
} ROWS[] = {
	{ "a pod is the sum of its containers", RESOURCE,
		METRICS(POD("a", USE("x", "\"cpu\":\"100m\"") "," USE(
					 "y", "\"cpu\":\"1\",\"memory\":\"5Gi\""))),
		"a=1100" },
	{ "a pod with a container that lacks the resource has no sample", RESOURCE,
		METRICS(POD("a", USE("x", "\"cpu\":\"100m\"") "," USE(
					 "y", "\"memory\":\"5Gi\"")) "," POD("b",
			USE("x", "\"cpu\":1"))),
		"b=1000" },
	{ "a pod without containers has no sample", RESOURCE, METRICS(POD("a", "")), "" },
	{ "one container of many", CONTAINER,
		METRICS(POD("a", USE("x", "\"cpu\":\"1\"") "," USE("app", "\"cpu\":\"2\""))),
		"a=2000" },
	{ "the first of a name decides", CONTAINER,
		METRICS(POD("a", USE("app", "\"memory\":\"1\"") "," USE("app", "\"cpu\":\"2\""))),
		"" },
	{ "names come out sorted", RESOURCE,
		METRICS(POD("b", USE("x", "\"cpu\":2")) "," POD("a", USE("x", "\"cpu\":1")) "," POD(
			"c", USE("x", "\"cpu\":3"))),
		"a=1000 b=2000 c=3000" },
	{ "the last duplicate wins", RESOURCE,
		METRICS(POD("a", USE("x", "\"cpu\":2")) "," POD("a", USE("x", "\"cpu\":1"))),
		"a=1000" },
	{ "a last duplicate without a value does not", RESOURCE,
		METRICS(POD("a", USE("x", "\"cpu\":2")) "," POD("a", "")), "a=2000" },
	{ "a quantity of a resource that nobody asked for must parse too", RESOURCE,
		METRICS(POD("a", USE("x", "\"cpu\":2,\"memory\":\"lots\""))),
		"unable to fetch metrics from resource metrics API: quantities must match the "
		"regular expression "
		"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
	{ "no items", RESOURCE, METRICS(""), "no metrics returned from resource metrics API" },
	{ "items may be null", RESOURCE, "{\"items\":null}",
		"no metrics returned from resource metrics API" },
	{ "a kind is not demanded here", RESOURCE,
		"{\"items\":[" POD("a", USE("x", "\"cpu\":2")) "]}", "a=2000" },
	{ "but a wrong one is refused", RESOURCE,
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}",
		"unable to fetch metrics from resource metrics API: no kind \"PodList\" is "
		"registered for version \"v1\" in scheme "
		"\"pkg/runtime/scheme.go:111\"" },
	{ "a Status in place of a list", RESOURCE,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":"
		"\"no such metric\"}",
		"unable to fetch metrics from resource metrics API: no such metric" },
	{ "pods by described object", PODS,
		CUSTOM("{\"describedObject\":{\"name\":\"a\",\"kind\":\"Service\"},\"value\":"
		       "\"20\"}"),
		"a=20000" },
	{ "a missing value is no value", PODS, CUSTOM("{\"describedObject\":{\"name\":\"a\"}}"),
		"unable to fetch metrics from custom metrics API: items[0].value: expected a "
		"quantity" },
	{ "null is no value either", EXTERNAL, "{\"items\":[{\"value\":1},{\"value\":null}]}",
		"unable to fetch metrics from external metrics API: items[1].value: expected a "
		"quantity" },
	{ "nor is it a usage", RESOURCE,
		METRICS("{\"metadata\":{\"name\":\"a\"},\"containers\":[" USE(
			"x", "\"cpu\":null") "]},"
					     "{\"metadata\":{\"name\":\"b\"},\"containers\":[" USE(
						     "x", "\"cpu\":\"1\"") "]}"),
		"b=1000" },
	{ "here a kind is demanded", PODS, "{\"items\":[]}",
		"unable to fetch metrics from custom metrics API: Object 'Kind' is missing in "
		"'{\"items\":[]}'" },
	{ "a cut-off answer is no answer", PODS, "{\"items\":[",
		"unable to fetch metrics from custom metrics API: couldn't get version/kind; json "
		"parse error" },
	{ "text behind the answer makes it none", EXTERNAL, "{\"items\":[{\"value\":1}]} x",
		"unable to fetch metrics from external metrics API: couldn't get version/kind; "
		"json parse error" },
	{ "an object has exactly one value", OBJECT, CUSTOM("{\"value\":\"1500m\"}"), "1500" },
	{ "not none", OBJECT, CUSTOM(""),
		"unable to fetch metrics from custom metrics API: the custom metrics API server "
		"returned 0 results when we asked for "
		"exactly one" },
	{ "not two", OBJECT, CUSTOM1("{\"value\":1},{\"value\":2}"),
		"unable to fetch metrics from custom metrics API: the custom metrics API server "
		"returned 2 results when we asked for "
		"exactly one" },
	{ "external values stay in order, duplicates of a member: the last", EXTERNAL,
		"{\"items\":[{\"value\":\"5\"},{\"value\":\"9\",\"value\":\"7\"}]}", "5000 7000" },
	{ "escapes in a quantity are not undone", EXTERNAL, "{\"items\":[{\"value\":\"\\u0035\"}]}",
		"unable to fetch metrics from external metrics API: quantities must match the "
		"regular expression "
		"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
	{ "names of members are case-sensitive", EXTERNAL, "{\"Items\":[{\"value\":1}]}",
		"no metrics returned from external metrics API" },
	{ "a broken time spoils the answer", EXTERNAL,
		"{\"items\":[{\"value\":1,\"timestamp\":\"yesterday\"}]}",
		"unable to fetch metrics from external metrics API: parsing time \"yesterday\" as "
		"\"2006-01-02T15:04:05Z07:00\": cannot "
		"parse \"yesterday\" as \"2006\"" },
	{ "so does a wrong type", EXTERNAL, "{\"items\":{}}",
		"unable to fetch metrics from external metrics API: json: cannot unmarshal a value "
		"that is not an array" },
	{ "too much for 64 bits", EXTERNAL, "{\"items\":[{\"value\":\"1E\"}]}",
		"a value from the external metrics API is too large to compute with" },
	{ "an empty answer", EXTERNAL, "",
		"unable to fetch metrics from external metrics API: 0-length response with status "
		"code: 200 and content type: "
		"application/json" },
};

static struct arena arena;

static const char *show(const struct reading *r)
{
	char *text = arena_strdup(&arena, r->kind == READING_VALUE ? SV("") : r->why);
	if (r->kind != READING_VALUE)
		return text;
	for (size_t i = 0; i < r->n_samples; i++)
		text = arena_printf(&arena, "%s%s%.*s=%lld", text, i ? " " : "",
			SV_ARG(r->samples[i].pod), (long long)r->samples[i].milli);
	for (size_t i = 0; i < r->n_values; i++)
		text = arena_printf(
			&arena, "%s%s%lld", text, i ? " " : "", (long long)r->values[i]);
	return text;
}

static struct reading decode(enum hpa_metric_kind kind, const char *body, enum arith_mode mode)
{
	struct readings_query query = { kind, SV("cpu"), SV("app"), mode };
	struct readings_answer answer = {
		.http_status = 200, .content_type = SV("application/json"), .body = sv_of(body)
	};
	struct reading reading;
	struct error err;
	ck_assert_int_eq(readings_decode(&arena, &query, &answer, &reading, &err), ERR_OK);
	return reading;
}

START_TEST(answers_become_readings)
{
	arena_init(&arena, 1 << 20);
	struct reading reading = decode(ROWS[_i].kind, ROWS[_i].body, ARITH_SAFE);
	/* What follows a syntax error's mark is our own wording. */
	bool own_words = strstr(ROWS[_i].shows, "json parse error") != NULL;
	const char *shown = show(&reading);
	ck_assert_msg(
		strncmp(shown, ROWS[_i].shows, own_words ? strlen(ROWS[_i].shows) : 4096) == 0,
		"%s: %s", ROWS[_i].what, shown);
	arena_done(&arena);
}
END_TEST

START_TEST(times_and_windows_are_kept)
{
	arena_init(&arena, 1 << 20);
	struct reading r = decode(RESOURCE,
		METRICS("{\"metadata\":{\"name\":\"a\"},\"timestamp\":\"2000-01-01T00:00:10Z\","
			"\"window\":\"30s\",\"containers\":[" USE("x", "\"cpu\":1") "]}"),
		ARITH_SAFE);
	ck_assert_int_eq(r.samples[0].at.sec, 946684810);
	ck_assert_int_eq(r.samples[0].window_ns, 30 * NS_PER_SEC);
	r = decode(PODS,
		CUSTOM("{\"describedObject\":{\"name\":\"a\"},\"windowSeconds\":10,\"window\":9,"
		       "\"value\":1}"),
		ARITH_SAFE);
	ck_assert_int_eq(r.samples[0].window_ns, 10 * NS_PER_SEC);
	r = decode(PODS,
		CUSTOM1("{\"describedObject\":{\"name\":\"a\"},\"windowSeconds\":10,\"window\":9,"
			"\"value\":1}"),
		ARITH_SAFE);
	ck_assert_int_eq(r.samples[0].window_ns, 9 * NS_PER_SEC);
	r = decode(PODS,
		CUSTOM1("{\"describedObject\":{\"name\":\"a\"},\"windowSeconds\":10,\"value\":1}"),
		ARITH_SAFE);
	ck_assert_int_eq(r.samples[0].window_ns, 60 * NS_PER_SEC);
	ck_assert(instant_wall_is_zero(r.samples[0].at));
	arena_done(&arena);
}
END_TEST

START_TEST(strict_values_wrap_as_the_reference)
{
	arena_init(&arena, 1 << 20);
	struct reading r = decode(EXTERNAL,
		"{\"items\":[{\"value\":\"1E\"},{\"value\":\"9223372036854776\"}]}", ARITH_STRICT);
	ck_assert_str_eq(show(&r), "0 -9223372036854775616");
	r = decode(EXTERNAL, "{\"items\":[{},{\"value\":null}]}", ARITH_STRICT);
	ck_assert_str_eq(show(&r), "0 0");
	arena_done(&arena);
}
END_TEST

START_TEST(failed_requests_and_other_media_types_fail_the_reading)
{
	struct readings_query query = { .kind = EXTERNAL };
	struct readings_answer answer = { .failed = true, .error = SV("connection refused") };
	struct reading reading;
	struct error err;
	arena_init(&arena, 1 << 20);
	ck_assert_int_eq(readings_decode(&arena, &query, &answer, &reading, &err), ERR_OK);
	ck_assert_str_eq(show(&reading),
		"unable to fetch metrics from external metrics API: connection refused");
	answer = (struct readings_answer){ .http_status = 200,
		.content_type = SV("text/html"),
		.body = SV("{\"items\":[{\"value\":0}]}") };
	ck_assert_int_eq(readings_decode(&arena, &query, &answer, &reading, &err), ERR_OK);
	ck_assert_str_eq(show(&reading), "unable to fetch metrics from external metrics API: "
					 "serializer for text/html doesn't exist");
	answer.content_type = SV("application/json; charset=utf-8");
	ck_assert_int_eq(readings_decode(&arena, &query, &answer, &reading, &err), ERR_OK);
	ck_assert_str_eq(show(&reading), "0");
	arena_done(&arena);
}
END_TEST

START_TEST(many_pods_grow_the_list)
{
	struct buf body;
	arena_init(&arena, 1 << 24);
	buf_init(&body, 1 << 20);
	buf_put_str(&body, "{\"items\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(
			&body, "%s" POD("p%04d", USE("x", "\"cpu\":\"%dm\"")), i ? "," : "", i, i);
	buf_put_str(&body, "]}");
	struct reading r = decode(RESOURCE, buf_text(&body), ARITH_SAFE);
	buf_done(&body);
	ck_assert_uint_eq(r.n_samples, 1000);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_int_eq(r.samples[i].milli, (int64_t)i);
	arena_done(&arena);
}
END_TEST

START_TEST(an_arena_that_is_full_is_an_error)
{
	struct readings_query query = { RESOURCE, SV("cpu"), SV_NULL, ARITH_SAFE };
	struct readings_answer answer = { .http_status = 200, .body = sv_of(ROWS[0].body) };
	struct reading reading;
	struct error err;
	arena_init(&arena, 64);
	ck_assert_int_eq(readings_decode(&arena, &query, &answer, &reading, &err), ERR_LIMIT);
	arena_done(&arena);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, answers_become_readings, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, times_and_windows_are_kept);
	tcase_add_test(tcase, strict_values_wrap_as_the_reference);
	tcase_add_test(tcase, failed_requests_and_other_media_types_fail_the_reading);
	tcase_add_test(tcase, many_pods_grow_the_list);
	tcase_add_test(tcase, an_arena_that_is_full_is_an_error);
}

int main(void)
{
	return run_case("readings", add);
}
