/* Counting, merging and holding back of events, and the JSON that goes out. */
#include <stdio.h>

#include "kube/event_correlator.h"
#include "kube/events.h"
#include "tests/unit/kube/run.h"

static const struct event HPA = {
	.api_version = SV("autoscaling/v2"),
	.kind = SV("HorizontalPodAutoscaler"),
	.namespace = SV("shop"),
	.name = SV("web"),
	.uid = SV("u-1"),
	.resource_version = SV("42"),
	.type = SV("Warning"),
	.reason = SV("FailedGetScale"),
	.message = SV("nothing <here>"),
};

static struct event_correlator *make(size_t max)
{
	struct event_correlator *c;
	struct error err;
	ck_assert_int_eq(event_correlator_new(max, &c, &err), ERR_OK);
	return c;
}

static struct event_plan plan(struct event_correlator *c, const struct event *e, int64_t sec)
{
	struct event_plan p;
	struct error err;
	struct wall t = { 1700000000 + sec, 5 };
	ck_assert_int_eq(event_correlator_plan(c, e, t, t, &p, &err), ERR_OK);
	return p;
}

START_TEST(the_same_again_is_counted)
{
	AUTO(event_correlator_free) struct event_correlator *c = make(0);
	struct event_plan p = plan(c, &HPA, 0);
	ck_assert_int_eq(p.action, EVENT_CREATE);
	ck_assert_int_eq(p.count, 1);
	ck_assert(sv_is(p.name, "web.17979cfe362a0005"));
	p = plan(c, &HPA, 15);
	ck_assert_int_eq(p.action, EVENT_PATCH);
	ck_assert_int_eq(p.count, 2);
	ck_assert(sv_is(p.name, "web.17979cfe362a0005"));
	ck_assert_int_eq(p.first.sec, 1700000000);
	ck_assert_int_eq(p.last.sec, 1700000015);
	struct event other = HPA;
	other.uid = SV("u-2");
	ck_assert_int_eq(plan(c, &other, 16).action, EVENT_CREATE);
	other = HPA;
	other.message = SV("else");
	ck_assert_int_eq(plan(c, &other, 17).count, 1);
	ck_assert_int_eq(plan(c, &HPA, 18).count, 3);
}
END_TEST

static struct event_plan nth(struct event_correlator *c, int n, int64_t sec)
{
	char text[32];
	struct event e = HPA;
	(void)snprintf(text, sizeof(text), "message %d", n);
	e.message = sv_of(text);
	return plan(c, &e, sec);
}

START_TEST(many_messages_of_one_reason_are_merged)
{
	AUTO(event_correlator_free) struct event_correlator *c = make(0);
	for (int i = 1; i < 10; i++)
		ck_assert(!nth(c, i, i).combined);
	struct event_plan p = nth(c, 10, 10);
	ck_assert(p.combined);
	ck_assert_int_eq(p.action, EVENT_CREATE);
	p = nth(c, 11, 600);
	ck_assert(p.combined);
	ck_assert_int_eq(p.action, EVENT_PATCH);
	ck_assert_int_eq(p.count, 2);
	/* What was said lately is not merged, it is known. */
	ck_assert(!nth(c, 11, 601).combined);
	/* Ten minutes of silence end it. */
	ck_assert(!nth(c, 12, 1202).combined);
	/* Another reason is another matter. */
	struct event e = HPA;
	e.reason = SV("Other");
	ck_assert(!plan(c, &e, 1203).combined);
}
END_TEST

START_TEST(an_object_has_so_many_events)
{
	AUTO(event_correlator_free) struct event_correlator *c = make(0);
	for (int i = 0; i < 25; i++)
		ck_assert_int_ne(plan(c, &HPA, 0).action, EVENT_DROP);
	ck_assert_int_eq(plan(c, &HPA, 299).action, EVENT_DROP);
	/* Counted all the same. */
	struct event_plan p = plan(c, &HPA, 300);
	ck_assert_int_eq(p.action, EVENT_PATCH);
	ck_assert_int_eq(p.count, 27);
	ck_assert_int_eq(plan(c, &HPA, 301).action, EVENT_DROP);
	/* Each type and each object has its own. */
	struct event e = HPA;
	e.type = SV("Normal");
	ck_assert_int_eq(plan(c, &e, 301).action, EVENT_CREATE);
	/* A clock that goes back gives nothing, and takes nothing. */
	ck_assert_int_eq(plan(c, &HPA, -100000).action, EVENT_DROP);
	ck_assert_int_eq(plan(c, &HPA, -99700).action, EVENT_PATCH);
	/* The bucket is no deeper than that. */
	for (int i = 0; i < 25; i++)
		ck_assert_int_ne(plan(c, &HPA, 1000000).action, EVENT_DROP);
	ck_assert_int_eq(plan(c, &HPA, 1000000).action, EVENT_DROP);
}
END_TEST

START_TEST(memory_is_bounded)
{
	AUTO(event_correlator_free) struct event_correlator *c = make(4);
	char name[32];
	struct event e = HPA;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "hpa-%d", i);
		e.name = sv_of(name);
		ck_assert_int_eq(plan(c, &e, i).action, EVENT_CREATE);
		e.name = SV("kept");
		ck_assert_int_eq(plan(c, &e, i).count, i + 1);
	}
	e.name = SV("hpa-999");
	ck_assert_int_eq(plan(c, &e, 1000).count, 2);
	e.name = SV("hpa-1");
	ck_assert_int_eq(plan(c, &e, 1000).count, 1);
}
END_TEST

START_TEST(memory_may_run_out)
{
	for (unsigned long n = 1; n < 40; n++) {
		struct event_correlator *c;
		struct event_plan p;
		struct error err;
		struct wall t = { 1, 0 };
		mem_fail_at(n, false);
		if (event_correlator_new(4, &c, &err) == ERR_OK) {
			enum error_kind kind = event_correlator_plan(c, &HPA, t, t, &p, &err);
			ck_assert(kind == ERR_OK || kind == ERR_NOMEM);
			mem_fail_at(0, false);
			ck_assert_int_eq(event_correlator_plan(c, &HPA, t, t, &p, &err), ERR_OK);
			event_correlator_free(c);
		}
		mem_fail_at(0, false);
	}
}
END_TEST

START_TEST(events_are_written_as_client_go_writes_them)
{
	AUTO(event_correlator_free) struct event_correlator *c = make(0);
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 100000);
	struct event_plan p = plan(c, &HPA, 0);
	events_encode(&out, "horizontal-pod-autoscaler", &HPA, &p);
	ck_assert_str_eq(buf_text(&out),
		"{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web."
		"17979cfe362a0005\",\"namespace\":\"shop\"},"
		"\"involvedObject\":{\"kind\":\"HorizontalPodAutoscaler\",\"namespace\":\"shop\","
		"\"name\":\"web\",\"uid\":\"u-1\","
		"\"apiVersion\":\"autoscaling/"
		"v2\",\"resourceVersion\":\"42\"},\"reason\":\"FailedGetScale\","
		"\"message\":\"nothing "
		"\\u003chere\\u003e\",\"source\":{\"component\":\"horizontal-pod-autoscaler\"},"
		"\"firstTimestamp\":\"2023-11-14T22:13:20Z\",\"lastTimestamp\":\"2023-11-14T22:13:"
		"20Z\",\"count\":1,"
		"\"type\":\"Warning\",\"eventTime\":null,\"reportingComponent\":\"horizontal-pod-"
		"autoscaler\","
		"\"reportingInstance\":\"\"}");
	buf_clear(&out);
	p = plan(c, &HPA, 1);
	p.combined = true;
	events_encode_patch(&out, &HPA, &p);
	ck_assert_str_eq(buf_text(&out),
		"{\"count\":2,\"lastTimestamp\":\"2023-11-14T22:13:21Z\","
		"\"message\":\"(combined from similar events): nothing \\u003chere\\u003e\"}");
	buf_clear(&out);
	struct event node = { .kind = SV("Node"), .name = SV("n") };
	p = plan(c, &node, 0);
	p.combined = true;
	events_encode(&out, "x", &node, &p);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"namespace\":\"default\"}"));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"involvedObject\":{\"kind\":\"Node\",\"name\":\"n\"}"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"reportingComponent\":\"\""));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, the_same_again_is_counted);
	tcase_add_test(tcase, many_messages_of_one_reason_are_merged);
	tcase_add_test(tcase, an_object_has_so_many_events);
	tcase_add_test(tcase, memory_is_bounded);
	tcase_add_test(tcase, memory_may_run_out);
	tcase_add_test(tcase, events_are_written_as_client_go_writes_them);
}

int main(void)
{
	return run_case("event_correlator", add);
}
