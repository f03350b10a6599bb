/* Who leads, and what the controller is told of it, against a server that keeps one Lease. The Lease's own rules are tests/unit/kube/test_lease.c's. */
#include "common/jtree.h"
#include "controller/election.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define PATH "/apis/coordination.k8s.io/v1/namespaces/sys/leases"

struct world {
	struct fake fake;
	struct selfmetrics *metrics;
	struct election *election;
	char holder[160]; /* empty: the Lease does not exist, or is free */
	bool exists, failing;
	int version;
	int n_leads, n_step_downs, n_released;
};

static struct error err;

static void reply_lease(struct world *w, struct http_exchange *x, int status)
{
	char text[600];

	(void)snprintf(text, sizeof(text),
		"{\"metadata\":{\"name\":\"ctl\",\"resourceVersion\":\"%d\"},\"spec\":"
		"{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":1,\"acquireTime\":"
		"\"2026-01-01T00:00:00.000000Z\",\"renewTime\":\"2026-01-01T00:00:%02d.000000Z\","
		"\"leaseTransitions\":%d}}",
		w->version, w->holder, w->version % 60, w->version);
	fake_reply(x, status, text);
}

static void serve(struct fake *f, struct http_exchange *x)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct world *w = f->state;
	struct jtree *object;

	if (w->failing) {
		http_exchange_reply(x, 500, "text/plain", SV(""), NULL);
		return;
	}
	if (sv_is(http_exchange_method(x), "GET")) {
		if (w->exists)
			reply_lease(w, x, 200);
		else
			fake_reply(x, 404, "{}");
		return;
	}
	ck_assert(sv_has_prefix(http_exchange_path(x), SV(PATH)));
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(jtree_parse(&a, http_exchange_body(x), &object, &err), ERR_OK);
	(void)snprintf(w->holder, sizeof(w->holder), "%.*s",
		SV_ARG(jtree_text(jtree_at(object, "spec", "holderIdentity", NULL))));
	w->exists = true;
	w->version++;
	reply_lease(w, x, 200);
}

static void on_lead(void *ctx)
{
	((struct world *)ctx)->n_leads++;
}

static void on_step_down(void *ctx)
{
	((struct world *)ctx)->n_step_downs++;
}

static void on_released(void *ctx)
{
	((struct world *)ctx)->n_released++;
}

static void start(struct world *w)
{
	struct election_config config = { .options = ELECTION_DEFAULT,
		.on_lead = on_lead,
		.on_step_down = on_step_down,
		.ctx = w };

	fake_start(&w->fake, serve, w);
	w->metrics = selfmetrics_new();
	config.client = w->fake.client;
	config.metrics = w->metrics;
	config.options.namespace = "sys";
	/* Longer than a machine stands still. */
	config.options.duration_ns = 3 * NS_PER_SEC;
	config.options.renew_deadline_ns = 2 * NS_PER_SEC;
	config.options.retry_period_ns = 50 * NS_PER_MS;
	ck_assert_msg(election_new(&config, &w->election, &err) == ERR_OK, "%s", err.text);
}

static void stop(struct world *w)
{
	election_free(w->election);
	selfmetrics_free(w->metrics);
	fake_stop(&w->fake);
}

static bool metric_is(const struct world *w, const char *line)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 1 << 20);
	selfmetrics_print(w->metrics, &text);
	return strstr(buf_text(&text), line) != NULL;
}

START_TEST(without_an_election_nothing_limits_a_write)
{
	ck_assert_int_eq(election_left_ns(NULL, instant_mono_now()), INT64_MAX);
	ck_assert(election_leads(NULL, instant_mono_now()));
	ck_assert_uint_eq(election_leader(NULL).len, 0);
}
END_TEST

START_TEST(it_leads_under_a_name_of_its_own_and_gives_the_lease_back)
{
	struct world w = { .version = 0 };

	start(&w);
	ck_assert(metric_is(&w, "\nflyball_leader 0"));
	FAKE_UNTIL(&w.fake, w.n_leads == 1);
	ck_assert_str_eq(w.holder, election_identity(w.election));
	struct sv uuid, host = sv_cut(sv_of(w.holder), '_', &uuid, &(bool){ false });
	ck_assert_uint_gt(host.len, 0);
	ck_assert_uint_eq(uuid.len, 36);
	ck_assert(metric_is(&w, "\nflyball_leader 1"));
	int64_t left_ns = election_left_ns(w.election, instant_mono_now());
	ck_assert_int_gt(left_ns + w.fake.lost_ns, 1800 * NS_PER_MS);
	ck_assert_int_le(left_ns, 2 * NS_PER_SEC);
	election_release(w.election, on_released, &w);
	ck_assert_int_eq(w.n_step_downs, 1);
	ck_assert_int_eq(election_left_ns(w.election, instant_mono_now()), 0);
	FAKE_UNTIL(&w.fake, w.n_released);
	ck_assert_str_eq(w.holder, "");
	stop(&w);
}
END_TEST

START_TEST(it_stands_by_while_another_one_lives_and_follows_it)
{
	struct world w = { .exists = true, .version = 5, .holder = "other_1" };

	start(&w);
	FAKE_UNTIL(&w.fake, sv_is(election_leader(w.election), "other_1"));
	ck_assert(!election_leads(w.election, instant_mono_now()));
	int64_t began = instant_mono_now().ns, lost_ns = w.fake.lost_ns;
	FAKE_UNTIL(&w.fake, w.n_leads == 1);
	int64_t took = instant_mono_now().ns - began;
	/* A second without a sign of life, and no retry period more. */
	ck_assert_int_ge(took + w.fake.lost_ns, 900 * NS_PER_MS);
	ck_assert_int_le(took - (w.fake.lost_ns - lost_ns), 1200 * NS_PER_MS);
	ck_assert(metric_is(&w, "\nflyball_leader_changes_total 2"));
	stop(&w);
}
END_TEST

START_TEST(it_steps_down_when_it_cannot_renew_and_leads_again_later)
{
	struct world w = { .version = 0 };

	start(&w);
	FAKE_UNTIL(&w.fake, w.n_leads == 1);
	w.failing = true;
	FAKE_UNTIL(&w.fake, w.n_step_downs == 1);
	ck_assert(metric_is(&w, "\nflyball_leader 0"));
	w.failing = false;
	FAKE_UNTIL(&w.fake, w.n_leads == 2);
	stop(&w);
}
END_TEST

START_TEST(durations_that_contradict_each_other_are_refused)
{
	struct election_config config = {
		.options = ELECTION_DEFAULT, .on_lead = on_lead, .on_step_down = on_step_down
	};
	struct world w = { .version = 0 };
	struct election *e;

	start(&w);
	config.client = w.fake.client;
	config.metrics = w.metrics;
	config.options.namespace = "sys";
	config.options.duration_ns = config.options.renew_deadline_ns;
	ck_assert_int_eq(election_new(&config, &e, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "the lease duration must be greater than the renew deadline");
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, without_an_election_nothing_limits_a_write);
	tcase_add_test(tcase, it_leads_under_a_name_of_its_own_and_gives_the_lease_back);
	tcase_add_test(tcase, it_stands_by_while_another_one_lives_and_follows_it);
	tcase_add_test(tcase, it_steps_down_when_it_cannot_renew_and_leads_again_later);
	tcase_add_test(tcase, durations_that_contradict_each_other_are_refused);
}

int main(void)
{
	return run_case("election", add);
}
