/* Leader election against a server that keeps one Lease, with optimistic concurrency, and fails on command. */
#include "kube/lease.h"
#include "kube/lease_record.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

#define PATH "/apis/coordination.k8s.io/v1/namespaces/sys/leases"
/* Long enough for a machine that stands still for a while: a holder that is not disturbed must renew in time. */
#define DURATION_NS (3 * NS_PER_SEC)
#define DEADLINE_NS (2 * NS_PER_SEC)

struct state {
	char lease[4096]; /* empty: none */
	int version;
	int n_writes;
	int64_t written_ns; /* when the lease was last written */
	bool silent;	    /* answers nothing */
	int status;	    /* not 0: answers everything with it */
	/* What the elector told. */
	int n_started, n_stopped, n_errors;
	char leader[64];
	struct error why, err;
	bool released;
};

/* The text of a member that occurs once, or an empty one. */
static struct sv cut_member(const char *json, const char *key)
{
	const char *at = strstr(json, key);
	struct sv rest;
	bool found;
	return at ? sv_cut(sv_of(at + strlen(key)), '"', &rest, &found) : SV("");
}

static void store(struct state *s, struct sv body)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct jtree *t;
	struct error err;
	struct lease_record r;
	arena_init(&a, 1 << 20);
	buf_init(&out, sizeof(s->lease) - 1);
	ck_assert_int_eq(jtree_parse(&a, body, &t, &err), ERR_OK);
	ck_assert_int_eq(lease_record_decode(t, &r, &err), ERR_OK);
	buf_printf(&out,
		"{\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\",\"labels\":{\"kept\":\"yes\"},"
		"\"resourceVersion\":\"%d\"},",
		++s->version);
	buf_put_str(&out, "\"spec\":");
	jtree_print(&out, jtree_get(t, "spec"));
	buf_put_str(&out, "}");
	s->written_ns = instant_mono_now().ns;
	(void)snprintf(s->lease, sizeof(s->lease), "%s", buf_text(&out));
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct state *s = f->state;
	struct sv body = http_exchange_body(x);
	char version[32];
	(void)snprintf(version, sizeof(version), "%d", s->version);
	if (s->silent)
		return;
	if (s->status) {
		http_exchange_reply(x, s->status, "text/plain", SV(""), NULL);
	} else if (fake_is(x, "GET", PATH "/l")) {
		fake_reply(x, s->lease[0] ? 200 : 404, s->lease);
	} else if (fake_is(x, "POST", PATH)) {
		s->n_writes++;
		store(s, body);
		fake_reply(x, 201, s->lease);
	} else {
		ck_assert(fake_is(x, "PUT", PATH "/l"));
		char text[4096];
		(void)snprintf(text, sizeof(text), "%.*s", SV_ARG(body));
		if (!sv_is(cut_member(text, "\"resourceVersion\":\""), version)) {
			fake_reply(x, 409, "{}");
			return;
		}
		s->n_writes++;
		store(s, body);
		fake_reply(x, 200, s->lease);
	}
}

static void on_started(void *ctx)
{
	((struct state *)ctx)->n_started++;
}

static void on_stopped(const struct error *why, void *ctx)
{
	struct state *s = ctx;
	s->n_stopped++;
	s->why.kind = ERR_OK;
	if (why)
		s->why = *why;
}

static void on_leader(struct sv identity, void *ctx)
{
	struct state *s = ctx;
	(void)snprintf(s->leader, sizeof(s->leader), "%.*s", SV_ARG(identity));
}

static void on_error(const struct error *err, void *ctx)
{
	struct state *s = ctx;
	s->n_errors++;
	s->err = *err;
}

static void on_released(void *ctx)
{
	((struct state *)ctx)->released = true;
}

static struct lease *elect(struct fake *f, struct state *s, const char *identity)
{
	struct lease *l;
	struct error err;
	struct lease_config config = {
		.client = f->client,
		.namespace = "sys",
		.name = "l",
		.identity = identity,
		.duration_ns = DURATION_NS,
		.renew_deadline_ns = DEADLINE_NS,
		.retry_period_ns = 50 * NS_PER_MS,
		.on_started = on_started,
		.on_stopped = on_stopped,
		.on_leader = on_leader,
		.on_error = on_error,
		.ctx = s,
	};
	ck_assert_msg(lease_new(&config, &l, &err) == ERR_OK, "%s", err.text);
	return l;
}

START_TEST(the_first_one_leads_and_renews)
{
	struct fake f;
	struct state s = { 0 };
	fake_start(&f, serve, &s);
	struct lease *l = elect(&f, &s, "one");
	ck_assert(!lease_is_held(l, instant_mono_now()));
	FAKE_UNTIL(&f, s.n_started);
	ck_assert(lease_is_held(l, instant_mono_now()));
	ck_assert_int_le(lease_left_ns(l, instant_mono_now()), DEADLINE_NS);
	ck_assert_str_eq(s.leader, "one");
	ck_assert(sv_is(lease_leader(l), "one"));
	struct sv acquired = cut_member(s.lease, "\"acquireTime\":\"");
	char kept[64];
	(void)snprintf(kept, sizeof(kept), "%.*s", SV_ARG(acquired));
	FAKE_UNTIL(&f, s.n_writes >= 5);
	/* Created after one GET, then written without reading. */
	ck_assert_int_eq(fake_count(&f, "GET "), 1);
	ck_assert_int_eq(fake_count(&f, "POST "), 1);
	ck_assert(sv_is(cut_member(s.lease, "\"acquireTime\":\""), kept));
	ck_assert_ptr_nonnull(strstr(s.lease, "\"leaseDurationSeconds\":3,"));
	ck_assert_ptr_nonnull(strstr(s.lease, "\"leaseTransitions\":0}"));
	ck_assert_int_eq(s.n_started, 1);
	ck_assert_int_eq(s.n_stopped, 0);
	/* The deadline counts on the clock that is handed in, whatever was called. */
	ck_assert(!lease_is_held(l, (struct mono){ instant_mono_now().ns + DEADLINE_NS }));
	lease_free(l);
	fake_stop(&f);
}
END_TEST

START_TEST(a_second_one_waits_until_the_first_is_silent)
{
	struct fake f;
	struct state a = { 0 }, b = { 0 };
	fake_start(&f, serve, &a);
	struct lease *one = elect(&f, &a, "one");
	FAKE_UNTIL(&f, a.n_started);
	struct lease *two = elect(&f, &b, "two");
	FAKE_UNTIL(&f, b.leader[0]);
	ck_assert_str_eq(b.leader, "one");
	fake_turn_for(&f, DURATION_NS + 100 * NS_PER_MS);
	ck_assert_int_eq(b.n_started, 0);
	ck_assert_int_eq(a.n_stopped, 0);
	/* Killed: a full lease duration passes. */
	lease_free(one);
	int64_t written_ns = a.written_ns, began = fake_now_ns(&f);
	FAKE_UNTIL(&f, b.n_started);
	ck_assert_int_ge(instant_mono_now().ns - written_ns, DURATION_NS);
	ck_assert_int_le(fake_now_ns(&f) - began, DURATION_NS + 500 * NS_PER_MS);
	ck_assert_str_eq(b.leader, "two");
	ck_assert_ptr_nonnull(strstr(a.lease, "\"leaseTransitions\":1}"));
	lease_free(two);
	fake_stop(&f);
}
END_TEST

START_TEST(a_release_hands_over_at_once)
{
	struct fake f;
	struct state a = { 0 }, b = { 0 };
	fake_start(&f, serve, &a);
	struct lease *one = elect(&f, &a, "one");
	FAKE_UNTIL(&f, a.n_started);
	struct lease *two = elect(&f, &b, "two");
	FAKE_UNTIL(&f, b.leader[0]);
	int64_t began = fake_now_ns(&f);
	lease_release(one, on_released, &a);
	ck_assert_int_eq(a.n_stopped, 1);
	ck_assert_int_eq(a.why.kind, ERR_OK);
	ck_assert(!lease_is_held(one, instant_mono_now()));
	FAKE_UNTIL(&f, a.released);
	ck_assert_ptr_nonnull(
		strstr(a.lease, "\"holderIdentity\":\"\",\"leaseDurationSeconds\":1,"));
	FAKE_UNTIL(&f, b.n_started);
	ck_assert_int_le(fake_now_ns(&f) - began, 500 * NS_PER_MS);
	/* What is not held needs no server. */
	lease_release(one, on_released, &a);
	a.released = false;
	FAKE_UNTIL(&f, a.released);
	lease_free(one);
	lease_free(two);
	fake_stop(&f);
}
END_TEST

START_TEST(a_holder_that_cannot_renew_stops_in_time)
{
	struct fake f;
	struct state s = { 0 };
	fake_start(&f, serve, &s);
	struct lease *l = elect(&f, &s, "one");
	FAKE_UNTIL(&f, s.n_started);
	s.silent = true;
	int64_t began = instant_mono_now().ns, lost_ns = f.lost_ns;
	FAKE_UNTIL(&f, s.n_stopped);
	int64_t took = instant_mono_now().ns - began;
	/* The last renewal was a beat before, or a beat and as long as the machine stood still. */
	ck_assert_int_ge(took + f.lost_ns, DEADLINE_NS - 100 * NS_PER_MS);
	ck_assert_int_le(took - (f.lost_ns - lost_ns), DEADLINE_NS + 100 * NS_PER_MS);
	ck_assert_int_eq(s.why.kind, ERR_UNAVAIL);
	ck_assert_str_eq(s.why.text, "the lease sys/l was not renewed in time");
	ck_assert(!lease_is_held(l, instant_mono_now()));
	s.silent = false;
	FAKE_UNTIL(&f, s.n_started == 2);
	/* Errors are not silence: it goes on trying until the deadline. */
	s.status = 500;
	FAKE_UNTIL(&f, s.n_stopped == 2);
	ck_assert_int_ge(s.n_errors, 3);
	ck_assert_ptr_nonnull(strstr(s.err.text, "lease sys/l: an error on the server"));
	lease_free(l);
	fake_stop(&f);
}
END_TEST

START_TEST(a_holder_that_was_replaced_stops_at_once)
{
	struct fake f;
	struct state s = { 0 };
	fake_start(&f, serve, &s);
	struct lease *l = elect(&f, &s, "one");
	FAKE_UNTIL(&f, s.n_started);
	store(&s, SV("{\"spec\":{\"holderIdentity\":\"thief\",\"leaseDurationSeconds\":1,"
		     "\"leaseTransitions\":7}}"));
	FAKE_UNTIL(&f, s.n_stopped);
	ck_assert_str_eq(s.why.text, "the lease is held by thief");
	ck_assert_str_eq(s.leader, "thief");
	/* The thief shows no sign of life. */
	FAKE_UNTIL(&f, s.n_started == 2);
	ck_assert_ptr_nonnull(strstr(s.lease, "\"leaseTransitions\":8}"));
	/* A changed Lease of our own is a conflict, read again and kept. */
	store(&s, sv_of(s.lease));
	int writes = s.n_writes;
	FAKE_UNTIL(&f, s.n_writes > writes + 2);
	ck_assert_int_eq(s.n_stopped, 1);
	lease_free(l);
	fake_stop(&f);
}
END_TEST

START_TEST(records_are_read_and_written)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct jtree *t;
	struct lease_record r;
	struct error err;
	arena_init(&a, 1 << 20);
	buf_init(&out, 10000);
	const char *json =
		"{\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\",\"x\":[1.50]},\"spec\":{"
		"\"holderIdentity\":\"h\","
		"\"leaseDurationSeconds\":15,\"acquireTime\":\"2026-01-02T03:04:05.000000Z\","
		"\"renewTime\":\"2026-01-02T03:04:06.123456Z\",\"leaseTransitions\":3}}";
	ck_assert_int_eq(jtree_parse(&a, sv_of(json), &t, &err), ERR_OK);
	ck_assert_int_eq(lease_record_decode(t, &r, &err), ERR_OK);
	ck_assert(sv_is(r.holder, "h") && r.duration_seconds == 15 && r.transitions == 3);
	ck_assert_int_eq(r.renewed.nsec, 123456000);
	lease_record_encode(&out, t, SV_NULL, SV_NULL, &r);
	ck_assert_str_eq(buf_text(&out), json);
	buf_clear(&out);
	lease_record_encode(&out, NULL, SV("ns"), SV("l"), &r);
	ck_assert_ptr_nonnull(strstr(buf_text(&out),
		"{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\","
		"\"metadata\":{\"name\":\"l\",\"namespace\":\"ns\"},\"spec\":{\"holderIdentity\":"
		"\"h\""));
	static const char *const BAD[] = { "[]", "{\"spec\":{\"holderIdentity\":7}}",
		"{\"spec\":{\"leaseDurationSeconds\":\"15\"}}",
		"{\"spec\":{\"leaseTransitions\":4294967296}}",
		"{\"spec\":{\"renewTime\":\"soon\"}}", "{\"spec\":{\"acquireTime\":7}}" };
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		ck_assert_int_eq(jtree_parse(&a, sv_of(BAD[i]), &t, &err), ERR_OK);
		ck_assert_msg(lease_record_decode(t, &r, &err) == ERR_INVALID, "%s", BAD[i]);
	}
	ck_assert_str_eq(err.text, "spec.acquireTime: expected a time, got a number");
	ck_assert_int_eq(jtree_parse(&a, SV("{}"), &t, &err), ERR_OK);
	ck_assert_int_eq(lease_record_decode(t, &r, &err), ERR_OK);
	ck_assert_uint_eq(r.holder.len, 0);
}
END_TEST

START_TEST(durations_that_contradict_each_other_are_refused)
{
	struct fake f;
	struct state s = { 0 };
	struct lease *l;
	struct error err;
	fake_start(&f, serve, &s);
	struct lease_config base = {
		.client = f.client, .namespace = "n", .name = "l", .identity = "i"
	};
	struct lease_config c = base;
	c.duration_ns = 10 * NS_PER_SEC;
	ck_assert_int_eq(lease_new(&c, &l, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "the lease duration must be greater than the renew deadline");
	c = base;
	c.renew_deadline_ns = 2 * NS_PER_SEC;
	ck_assert_int_eq(lease_new(&c, &l, &err), ERR_INVALID);
	c = base;
	c.duration_ns = 1500 * NS_PER_MS * 10 + 1;
	ck_assert_int_eq(lease_new(&c, &l, &err), ERR_INVALID);
	c = base;
	c.identity = "";
	ck_assert_int_eq(lease_new(&c, &l, &err), ERR_INVALID);
	ck_assert_int_eq(lease_new(&base, &l, &err), ERR_OK);
	lease_free(l);
	lease_free(NULL);
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, the_first_one_leads_and_renews);
	tcase_add_test(tcase, a_second_one_waits_until_the_first_is_silent);
	tcase_add_test(tcase, a_release_hands_over_at_once);
	tcase_add_test(tcase, a_holder_that_cannot_renew_stops_in_time);
	tcase_add_test(tcase, a_holder_that_was_replaced_stops_at_once);
	tcase_add_test(tcase, records_are_read_and_written);
	tcase_add_test(tcase, durations_that_contradict_each_other_are_refused);
}

int main(void)
{
	return run_case("lease", add);
}
