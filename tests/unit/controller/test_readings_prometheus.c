/* readings_prometheus.c: absent is never zero, unless noData says so and aliveQuery vouches for it. */
#include <stdio.h>

#include "controller/readings_prometheus.h"
#include "tests/unit/common/run.h"

#define ARENA_BYTES (64u << 20)

#define VECTOR(rows)                                                                               \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" rows "]}}"
#define SCALAR(value)                                                                              \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1.5,\"" value     \
	"\"]}}"
#define ROW(labels, value) "{\"metric\":{" labels "},\"value\":[1.5,\"" value "\"]}"
#define POD(name, value) ROW("\"pod\":\"" name "\"", value)
#define HISTOGRAM(labels)                                                                          \
	"{\"metric\":{" labels "},\"histogram\":[1,{\"count\":\"1\",\"sum\":\"2\",\"buckets\":[]}" \
	"]}"
#define ALIVE VECTOR(ROW("", "1"))

/* `shows`: "milli", or samples as "pod=milli", or the kind and the reason. */
static const struct {
	const char *what, *body, *alive; /* alive NULL: no aliveQuery */
	bool per_pod, zero;
	const char *shows;
} ROWS[] = {
	{ "a vector of one row", VECTOR(ROW("\"a\":\"b\"", "2.5")), NULL, false, false, "2500" },
	{ "a scalar", SCALAR("3"), NULL, false, false, "3000" },
	{ "thousandths are rounded", SCALAR("0.0016"), NULL, false, false, "2" },
	{ "but not away", SCALAR("0.0001"), NULL, false, false, "1" },
	{ "on both sides", SCALAR("-0.0001"), NULL, false, false, "-1" },
	{ "no float is off by one", SCALAR("0.30000000000000004"), NULL, false, false, "300" },
	{ "zero is zero", SCALAR("0"), NULL, false, false, "0" },
	{ "no series", VECTOR(""), NULL, false, false, "empty query: gives no series" },
	{ "two series", VECTOR(ROW("\"a\":\"b\"", "1") "," ROW("\"a\":\"c\"", "2")), NULL, false,
		false, "failed query: gives 2 series, expected one number" },
	{ "NaN", SCALAR("NaN"), NULL, false, false, "empty query: gives NaN, which is no number" },
	{ "infinite", SCALAR("+Inf"), NULL, false, false,
		"not-finite query: gives an infinite number" },
	{ "too large", SCALAR("1e300"), NULL, false, false,
		"not-finite query: gives a number that is too large to compute with" },
	{ "a histogram", VECTOR(HISTOGRAM("")), NULL, false, false,
		"failed query: its row is a native histogram" },
	{ "no value", VECTOR("{\"metric\":{}}"), NULL, false, false,
		"failed query: its row has no value" },
	{ "a matrix", "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
		NULL, false, false, "failed query: bad_response: expected a vector or a scalar" },
	{ "a warning",
		"{\"status\":\"success\",\"warnings\":[\"store down\"],\"data\":{\"resultType\":"
		"\"scalar\",\"result\":[1,\"2\"]}}",
		NULL, false, false,
		"failed query: the answer may be incomplete, the server warns: store down" },
	{ "an error", "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"boom\"}", NULL,
		false, false, "failed query: execution: boom" },
	{ "no answer of Prometheus", "<html>", NULL, false, false, NULL },
	{ "nothing, and zero is meant", VECTOR(""), ALIVE, false, true, "0" },
	{ "NaN, and zero is meant", SCALAR("NaN"), ALIVE, false, true, "0" },
	{ "infinite, and zero is meant", SCALAR("-Inf"), ALIVE, false, true,
		"not-finite query: gives an infinite number" },
	{ "zero without aliveQuery is not meant", VECTOR(""), NULL, false, true,
		"empty query: gives no series" },
	{ "dead, whatever the query says", SCALAR("5"), VECTOR(ROW("", "0")), false, false,
		"failed aliveQuery: is not above zero" },
	{ "dead, and zero is meant", VECTOR(""), VECTOR(""), false, true,
		"failed aliveQuery: gives no series" },
	{ "alive by a little", SCALAR("5"), SCALAR("0.00001"), false, false, "5000" },
	{ "NaN is not alive", SCALAR("5"), SCALAR("NaN"), false, true,
		"failed aliveQuery: gives NaN, which is no number" },
	{ "an infinity is not alive", SCALAR("5"), SCALAR("+Inf"), false, false,
		"failed aliveQuery: gives an infinite number" },
	{ "several are not alive", SCALAR("5"),
		VECTOR(ROW("\"a\":\"b\"", "1") "," ROW("\"a\":\"c\"", "1")), false, false,
		"failed aliveQuery: gives 2 series, expected one number" },
	{ "a row for each pod", VECTOR(POD("b", "2") "," POD("a", "1")), NULL, true, false,
		"a=1000 b=2000" },
	{ "a pod without a row is missing", VECTOR(POD("c", "3")), NULL, true, false, "c=3000" },
	{ "other pods do not count", VECTOR(POD("x", "+Inf") "," POD("a", "1") "," POD("x", "9")),
		NULL, true, false, "a=1000" },
	{ "a pod with NaN is missing", VECTOR(POD("a", "NaN") "," POD("b", "1")), NULL, true, false,
		"b=1000" },
	{ "or zero", VECTOR(POD("a", "NaN") "," POD("b", "1")), ALIVE, true, true, "a=0 b=1000" },
	{ "an infinity fails", VECTOR(POD("a", "+Inf") "," POD("b", "1")), ALIVE, true, true,
		"not-finite query: the value of pod a is infinite, or too large to compute with" },
	{ "rows of the same pod", VECTOR(POD("a", "1") "," POD("a", "2")), NULL, true, false,
		"failed query: there are several rows of pod a" },
	{ "a row without the label", VECTOR(POD("a", "1") "," ROW("", "2")), NULL, true, false,
		"failed query: a row has no label pod" },
	{ "a row of null", VECTOR("null"), NULL, true, false,
		"failed query: a row has no label pod" },
	{ "a pod with a histogram", VECTOR(HISTOGRAM("\"pod\":\"a\"")), NULL, true, false,
		"failed query: the row of pod a is a native histogram" },
	{ "no rows", VECTOR(""), NULL, true, false,
		"empty query: no row has a number for a pod of the target" },
	{ "rows of other pods alone", VECTOR(POD("x", "1")), NULL, true, false,
		"empty query: no row has a number for a pod of the target" },
	{ "no rows, and zero is meant", VECTOR(""), ALIVE, true, true, "a=0 b=0 c=0" },
	{ "some rows, and zero is meant", VECTOR(POD("b", "1")), ALIVE, true, true, "b=1000" },
	{ "the server's error counts more than a row",
		"{\"data\":{\"resultType\":\"vector\",\"result\":[" POD("a", "1") "," ROW("",
			"2") "]},\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"t\"}",
		NULL, true, false, "failed query: timeout: t" },
};

static struct pod_set make_pods(struct arena *a, const char *const *names, size_t n)
{
	struct pod *pods = ARENA_ARRAY(a, n, struct pod);
	const struct pod **at = ARENA_ARRAY(a, n, const struct pod *);

	for (size_t i = 0; i < n && pods && at; i++) {
		pods[i].name = sv_of(names[i]);
		at[i] = &pods[i];
	}
	return (struct pod_set){ at, pods && at ? n : 0 };
}

static void show(struct buf *out, const struct reading *r)
{
	static const char *const kinds[] = { "failed", "empty", "stale", "not-finite" };

	if (r->kind != READING_VALUE)
		buf_printf(out, "%s %.*s", kinds[r->kind], SV_ARG(r->why));
	for (size_t i = 0; i < r->n_values; i++)
		buf_put_i64(out, r->values[i]);
	for (size_t i = 0; i < r->n_samples; i++)
		buf_printf(out, "%s%.*s=%lld", i ? " " : "", SV_ARG(r->samples[i].pod),
			(long long)r->samples[i].milli);
}

static const char *const NAMES[] = { "a", "b", "c" };

static enum error_kind read_row(size_t i, struct arena *a, struct reading *ret, struct error *err)
{
	const struct hpa_prometheus metric = { .query = SV("x"),
		.pod_label = ROWS[i].per_pod ? SV("pod") : SV(""),
		.alive_query = ROWS[i].alive ? SV("up") : SV(""),
		.no_data = ROWS[i].zero ? SV("Zero") : SV("Fail") };
	const struct readings_answer answer = { .http_status = 200, .body = sv_of(ROWS[i].body) };
	const struct readings_answer alive = { .http_status = 200,
		.body = ROWS[i].alive ? sv_of(ROWS[i].alive) : SV("") };
	struct pod_set pods = make_pods(a, NAMES, ARRAY_LEN(NAMES));

	if (pods.n == 0)
		return arena_error(a, err);
	return readings_prometheus(
		a, &metric, &pods, &answer, ROWS[i].alive ? &alive : NULL, ret, err);
}

START_TEST(answers_become_readings)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf shown = { 0 };
	struct reading reading;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	buf_init(&shown, 10000);
	ck_assert_int_eq(read_row((size_t)_i, &a, &reading, &err), ERR_OK);
	show(&shown, &reading);
	if (ROWS[_i].shows)
		ck_assert_str_eq(buf_text(&shown), ROWS[_i].shows);
	else
		ck_assert_int_eq(reading.kind, READING_FAILED);
}
END_TEST

START_TEST(what_does_not_arrive_is_a_failure)
{
	const struct hpa_prometheus metric = { .query = SV("x"), .alive_query = SV("up") };
	const struct hpa_prometheus per_pod = { .query = SV("x"), .pod_label = SV("pod") };
	const struct readings_answer lost = { .failed = true, .error = SV("connection refused") };
	const struct readings_answer good = { .http_status = 200, .body = SV(SCALAR("1")) };
	AUTO(arena_done) struct arena a = { 0 };
	struct pod_set pods;
	struct reading r;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	pods = make_pods(&a, NAMES, 1);
	ck_assert_int_eq(readings_prometheus(&a, &metric, &pods, &good, &lost, &r, &err), ERR_OK);
	ck_assert(r.kind == READING_FAILED && sv_is(r.why, "aliveQuery: connection refused"));
	ck_assert_int_eq(readings_prometheus(&a, &metric, &pods, &lost, &good, &r, &err), ERR_OK);
	ck_assert(r.kind == READING_FAILED && sv_is(r.why, "query: connection refused"));
	ck_assert_int_eq(readings_prometheus(&a, &metric, &pods, &good, NULL, &r, &err), ERR_OK);
	ck_assert(r.kind == READING_FAILED && sv_is(r.why, "aliveQuery: was not asked"));
	ck_assert_int_eq(readings_prometheus(&a, &per_pod, &pods, &lost, NULL, &r, &err), ERR_OK);
	ck_assert(r.kind == READING_FAILED && sv_is(r.why, "query: connection refused"));
}
END_TEST

START_TEST(rows_are_bounded)
{
	const struct hpa_prometheus metric = { .query = SV("x"), .pod_label = SV("pod") };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf body = { 0 };
	struct reading r;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	buf_init(&body, ARENA_BYTES);
	buf_put_str(
		&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < 50001; i++)
		buf_printf(&body, "%s{\"metric\":{\"pod\":\"x%d\"},\"value\":[1,\"1\"]}",
			i ? "," : "", i);
	buf_put_str(&body, "]}}");
	const struct readings_answer answer = { .http_status = 200, .body = buf_sv(&body) };
	struct pod_set pods = make_pods(&a, NAMES, 3);

	ck_assert_int_eq(readings_prometheus(&a, &metric, &pods, &answer, NULL, &r, &err), ERR_OK);
	ck_assert(r.kind == READING_FAILED);
	ck_assert(sv_is(r.why, "query: gives more rows than a namespace has pods"));
}
END_TEST

static enum error_kind work(struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct reading reading;

		arena_init(&a, ARENA_BYTES);
		if (read_row(i, &a, &reading, err))
			return err->kind;
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, answers_become_readings, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, what_does_not_arrive_is_a_failure);
	tcase_add_test(tcase, rows_are_bounded);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("readings_prometheus", add);
}
