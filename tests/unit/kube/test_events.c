/* The background sender: what arrives at the server, and what happens when it does not. */
#include "kube/events.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

struct state {
	char bodies[8192];
	char type[64];
	int status; /* of POSTs */
	int patch_status;
	bool never;
	const char *retry_after; /* of refusals; NULL: none */
};

static void serve(struct fake *f, struct http_exchange *x)
{
	struct state *s = f->state;
	size_t at = strlen(s->bodies);
	bool patch = sv_is(http_exchange_method(x), "PATCH");
	(void)snprintf(
		s->bodies + at, sizeof(s->bodies) - at, "%.*s\n", SV_ARG(http_exchange_body(x)));
	(void)snprintf(
		s->type, sizeof(s->type), "%.*s", SV_ARG(http_exchange_header(x, "Content-Type")));
	const char *const headers[] = { s->retry_after, NULL };
	if (!s->never && s->retry_after && s->status >= 400)
		http_exchange_reply(x, s->status, "application/json", SV("{}"), headers);
	else if (!s->never)
		fake_reply(x, patch ? s->patch_status : s->status, "{}");
}

static struct event event_of(const char *message)
{
	return (struct event){
		.api_version = SV("autoscaling/v2"),
		.kind = SV("HorizontalPodAutoscaler"),
		.namespace = SV("shop"),
		.name = SV("web"),
		.uid = SV("u"),
		.type = SV("Normal"),
		.reason = SV("SuccessfulRescale"),
		.message = sv_of(message),
	};
}

static struct events *start(struct fake *f, struct state *s)
{
	struct events *e;
	struct error err;
	fake_start(f, serve, s);
	ck_assert_int_eq(events_new(f->client, "horizontal-pod-autoscaler", &e, &err), ERR_OK);
	events_set_retry_ns(e, NS_PER_MS);
	return e;
}

static void record(struct events *e, const char *message)
{
	struct event event = event_of(message);
	events_record(e, &event);
}

START_TEST(events_arrive_one_after_another)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200 };
	struct events *e = start(&f, &s);
	record(e, "New size: 4; reason: a");
	record(e, "New size: 5; reason: a");
	record(e, "New size: 4; reason: a");
	ck_assert_uint_eq(events_stats(e).n_queued, 3);
	FAKE_UNTIL(&f, events_stats(e).n_sent == 3);
	ck_assert_uint_eq(events_stats(e).n_queued, 0);
	ck_assert_int_eq(fake_count(&f, "POST /api/v1/namespaces/shop/events\n"), 2);
	ck_assert_int_eq(fake_count(&f, "PATCH /api/v1/namespaces/shop/events/web."), 1);
	ck_assert_str_eq(s.type, "application/strategic-merge-patch+json");
	ck_assert_ptr_nonnull(strstr(s.bodies,
		"\"reason\":\"SuccessfulRescale\",\"message\":\"New size: 5; reason: a\""));
	ck_assert_ptr_nonnull(strstr(s.bodies, "\n{\"count\":2,\"lastTimestamp\":\""));
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(an_event_that_expired_is_created_again_with_its_count)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 404 };
	struct events *e = start(&f, &s);
	record(e, "a");
	record(e, "a");
	FAKE_UNTIL(&f, events_stats(e).n_sent == 2);
	ck_assert_int_eq(fake_count(&f, "POST "), 2);
	ck_assert_ptr_nonnull(strstr(s.bodies, "\"count\":2,\"type\":\"Normal\""));
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(what_the_server_refuses_is_dropped)
{
	struct fake f;
	struct state s = { .status = 403, .patch_status = 200 };
	struct events *e = start(&f, &s);
	record(e, "a");
	record(e, "b");
	FAKE_UNTIL(&f, events_stats(e).n_refused == 2);
	ck_assert_int_eq(f.n_requests, 2);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(events_wait_for_a_server_that_puts_them_off)
{
	struct fake f;
	struct state s = { .status = 429, .patch_status = 200, .retry_after = "Retry-After: 1" };
	struct events *e = start(&f, &s);
	record(e, "a");
	record(e, "b");
	FAKE_UNTIL(&f, f.n_requests == 1);
	struct mono asked = instant_mono_now();
	fake_turn_for(&f, 500 * NS_PER_MS);
	if (instant_mono_now().ns < asked.ns + 900 * NS_PER_MS)
		ck_assert_int_eq(f.n_requests, 1);
	s.status = 201;
	FAKE_UNTIL(&f, events_stats(e).n_sent == 2);
	ck_assert_int_ge(instant_mono_now().ns - asked.ns, 900 * NS_PER_MS);
	ck_assert_int_eq(f.n_requests, 3);
	/* Without a word about how long, a second as well. */
	s.status = 429;
	s.retry_after = NULL;
	record(e, "c");
	FAKE_UNTIL(&f, f.n_requests == 4);
	asked = instant_mono_now();
	fake_turn_for(&f, 500 * NS_PER_MS);
	if (instant_mono_now().ns < asked.ns + 900 * NS_PER_MS)
		ck_assert_int_eq(f.n_requests, 4);
	s.status = 201;
	FAKE_UNTIL(&f, events_stats(e).n_sent == 3);
	ck_assert_int_ge(instant_mono_now().ns - asked.ns, 900 * NS_PER_MS);
	ck_assert_uint_eq(events_stats(e).n_refused + events_stats(e).n_dropped, 0);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(events_are_held_back_for_what_matters_more)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200 };
	struct events *e = start(&f, &s);
	struct mono until = { instant_mono_now().ns + 300 * NS_PER_MS };
	events_hold(e, until);
	/* An earlier one changes nothing. */
	events_hold(e, (struct mono){ until.ns - 200 * NS_PER_MS });
	record(e, "a");
	record(e, "b");
	fake_turn_for(&f, 200 * NS_PER_MS);
	if (instant_mono_now().ns < until.ns)
		ck_assert_int_eq(f.n_requests, 0);
	FAKE_UNTIL(&f, events_stats(e).n_sent == 2);
	ck_assert_int_ge(instant_mono_now().ns, until.ns);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(an_event_that_comes_before_the_timer_is_sent_once)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200 };
	struct events *e = start(&f, &s);
	struct mono until = { instant_mono_now().ns + 50 * NS_PER_MS };
	events_hold(e, until);
	record(e, "a");
	/* The loop is busy when the hold ends: the next event notices first. */
	while (instant_mono_now().ns < until.ns)
		;
	record(e, "b");
	FAKE_UNTIL(&f, events_stats(e).n_queued == 0);
	fake_turn_for(&f, 100 * NS_PER_MS);
	ck_assert_int_eq(f.n_requests, 2);
	ck_assert_uint_eq(events_stats(e).n_sent, 2);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(what_is_discarded_is_not_tried_again)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200, .never = true };
	struct events *e = start(&f, &s);
	record(e, "on its way");
	record(e, "queued");
	FAKE_UNTIL(&f, f.n_requests == 1);
	events_discard(e);
	ck_assert_uint_eq(events_stats(e).n_queued, 0);
	ck_assert_uint_eq(events_stats(e).n_dropped, 2);
	/* One that waits for its next try. */
	s.never = false;
	s.status = 429;
	s.retry_after = "Retry-After: 1";
	record(e, "put off");
	FAKE_UNTIL(&f, f.n_requests == 2);
	fake_turn_for(&f, 100 * NS_PER_MS);
	events_discard(e);
	fake_turn_for(&f, 1200 * NS_PER_MS);
	ck_assert_int_eq(f.n_requests, 2);
	s.status = 201;
	record(e, "later");
	FAKE_UNTIL(&f, events_stats(e).n_sent == 1);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(a_full_queue_keeps_the_newest)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200 };
	struct events *e = start(&f, &s);
	events_hold(e, (struct mono){ instant_mono_now().ns + 200 * NS_PER_MS });
	for (int i = 0; i < 1005; i++)
		record(e, i < 5 ? "old" : "again and again");
	ck_assert_uint_eq(events_stats(e).n_queued, 1000);
	ck_assert_uint_eq(events_stats(e).n_dropped, 5);
	FAKE_UNTIL(&f, events_stats(e).n_queued == 0);
	ck_assert_ptr_null(strstr(s.bodies, "old"));
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(a_server_that_is_away_is_tried_again_and_given_up)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200 };
	struct events *e = start(&f, &s);
	fake_hang_up(&f);
	events_set_retry_ns(e, 20 * NS_PER_MS);
	record(e, "a");
	fake_turn_for(&f, 60 * NS_PER_MS);
	fake_listen(&f);
	FAKE_UNTIL(&f, events_stats(e).n_sent == 1);
	fake_hang_up(&f);
	events_set_retry_ns(e, NS_PER_MS);
	record(e, "b");
	FAKE_UNTIL(&f, events_stats(e).n_dropped == 1);
	ck_assert_uint_eq(events_stats(e).n_queued, 0);
	events_free(e);
	fake_stop(&f);
}
END_TEST

START_TEST(the_queue_is_bounded_and_spam_is_held_back)
{
	struct fake f;
	struct state s = { .status = 201, .patch_status = 200, .never = true };
	struct events *e = start(&f, &s);
	for (int i = 0; i < 1500; i++)
		record(e, "again and again");
	struct events_stats stats = events_stats(e);
	ck_assert_uint_eq(stats.n_recorded, 1500);
	ck_assert_uint_eq(stats.n_queued, 1000);
	ck_assert_uint_eq(stats.n_dropped, 500);
	/* The first one is on its way for ever; with the queue behind it the sender can still be ended. */
	FAKE_UNTIL(&f, f.n_requests == 1);
	events_free(e);
	struct error err;
	s.never = false;
	ck_assert_int_eq(events_new(f.client, "x", &e, &err), ERR_OK);
	for (int i = 0; i < 100; i++)
		record(e, "again and again");
	FAKE_UNTIL(&f, events_stats(e).n_queued == 0);
	ck_assert_uint_eq(events_stats(e).n_sent, 25);
	ck_assert_uint_eq(events_stats(e).n_spam, 75);
	events_free(e);
	events_free(NULL);
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, events_arrive_one_after_another);
	tcase_add_test(tcase, an_event_that_expired_is_created_again_with_its_count);
	tcase_add_test(tcase, what_the_server_refuses_is_dropped);
	tcase_add_test(tcase, events_wait_for_a_server_that_puts_them_off);
	tcase_add_test(tcase, events_are_held_back_for_what_matters_more);
	tcase_add_test(tcase, an_event_that_comes_before_the_timer_is_sent_once);
	tcase_add_test(tcase, what_is_discarded_is_not_tried_again);
	tcase_add_test(tcase, a_full_queue_keeps_the_newest);
	tcase_add_test(tcase, a_server_that_is_away_is_tried_again_and_given_up);
	tcase_add_test(tcase, the_queue_is_bounded_and_spam_is_held_back);
}

int main(void)
{
	return run_case("events", add);
}
