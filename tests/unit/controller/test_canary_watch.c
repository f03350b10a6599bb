/* The canary in a cluster that this process plays. */
#include "controller/canary_watch.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define ONES "/apis/autoscaling/v2/namespaces/ours/horizontalpodautoscalers"
#define ONE ONES "/flyball-canary"
#define PERIOD (100 * NS_PER_MS)

static struct fake fake;
static struct canary_watch *watch;
static enum canary_verdict verdict;
static int n_verdicts, n_errors;
static char by[64], written[4096];
/* The stored object. */
static bool exists, refuse_writes;
static int version;
static const char *status;

static void reply_object(struct http_exchange *x, int code)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		"{\"metadata\":{\"name\":\"flyball-canary\",\"namespace\":\"ours\",\"uid\":\"u\","
		"\"resourceVersion\":\"%d\"},\"status\":%s}",
		version, status);
	fake_reply(x, code, text);
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct sv method = http_exchange_method(x), body = http_exchange_body(x);
	char wanted[64];

	(void)f;
	if (sv_is(method, "GET")) {
		if (exists)
			reply_object(x, 200);
		else
			fake_reply(x, 404,
				"{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}");
		return;
	}
	(void)snprintf(written, sizeof(written), "%.*s", SV_ARG(body));
	(void)snprintf(wanted, sizeof(wanted), "\"resourceVersion\":\"%d\"", version);
	if (refuse_writes) {
		fake_reply(x, 403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403}");
	} else if (sv_is(method, "PUT") && !strstr(written, wanted)) {
		fake_reply(x, 409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"code\":409}");
	} else {
		exists = true;
		version++;
		status = "{}";
		reply_object(x, sv_is(method, "POST") ? 201 : 200);
	}
}

static void on_verdict(enum canary_verdict v, const char *who, void *ctx)
{
	(void)ctx;
	verdict = v;
	n_verdicts++;
	(void)snprintf(by, sizeof(by), "%s", who);
}

static void on_error(const struct error *err, void *ctx)
{
	(void)err;
	(void)ctx;
	n_errors++;
}

static void setup(void)
{
	const struct canary_watch_config config = { .namespace = "ours",
		.period_ns = PERIOD,
		.on_verdict = on_verdict,
		.on_error = on_error };
	struct canary_watch_config c = config;
	struct error err;

	exists = refuse_writes = false;
	version = 1;
	status = "{}";
	verdict = CANARY_UNKNOWN;
	n_verdicts = n_errors = 0;
	fake_start(&fake, serve, NULL);
	c.client = fake.client;
	ck_assert_int_eq(canary_watch_new(&c, &watch, &err), ERR_OK);
}

static void teardown(void)
{
	canary_watch_free(watch);
	fake_stop(&fake);
}

/* Somebody's word in the status, as the watch of all native objects tells of it. */
static void answer_canary(void)
{
	char json[1024], revision[16];

	version++;
	status = "{\"desiredReplicas\":1}";
	(void)snprintf(revision, sizeof(revision), "%d", version);
	(void)snprintf(json, sizeof(json),
		"{\"metadata\":{\"name\":\"flyball-canary\",\"managedFields\":[{\"manager\":"
		"\"kcm\","
		"\"fieldsV1\":{\"f:status\":{\"f:desiredReplicas\":{}}}}]},\"status\":%s}",
		status);
	const struct object_id id = { .name = SV("flyball-canary"),
		.namespace = SV("ours"),
		.resource_version = sv_of(revision) };
	ck_assert(canary_watch_object(watch, &id, sv_of(json)));
}

START_TEST(it_is_created_and_found_silent)
{
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	ck_assert_int_eq(fake_count(&fake, "POST " ONES), 1);
	ck_assert_int_ge(fake_count(&fake, "GET " ONE), 3);
	ck_assert_int_eq(fake_count(&fake, "PUT "), 0);
	ck_assert(strstr(written, "\"flyball-canary-has-no-target\"") != NULL);
	ck_assert_int_eq(canary_watch_judge(watch), CANARY_SILENT);
}
END_TEST

START_TEST(a_standby_writes_nothing)
{
	fake_turn_for(&fake, 3 * PERIOD);
	ck_assert_int_eq(fake_count(&fake, "POST "), 0);
	ck_assert_int_eq(verdict, CANARY_UNKNOWN);
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, exists);
}
END_TEST

START_TEST(what_is_left_from_before_is_emptied_first)
{
	exists = true;
	version = 7;
	status = "{\"conditions\":[{\"type\":\"AbleToScale\"}]}";
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	ck_assert_int_eq(fake_count(&fake, "PUT " ONE "/status"), 1);
	ck_assert_int_eq(n_verdicts, 1);
}
END_TEST

START_TEST(an_answer_is_told_at_once_and_emptied_later)
{
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	answer_canary();
	ck_assert_int_eq(verdict, CANARY_ANSWERED);
	ck_assert_str_eq(by, "kcm");
	ck_assert_int_eq(fake_count(&fake, "PUT "), 0);
	FAKE_UNTIL(&fake, fake_count(&fake, "PUT " ONE "/status") == 1);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
}
END_TEST

START_TEST(an_older_state_is_left_out)
{
	const struct object_id old = {
		.name = SV("flyball-canary"), .namespace = SV("ours"), .resource_version = SV("1")
	};

	version = 5;
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	ck_assert(canary_watch_object(watch, &old, SV("{\"status\":{\"desiredReplicas\":1}}")));
	ck_assert_int_eq(verdict, CANARY_SILENT);
}
END_TEST

START_TEST(a_conflict_is_read_again)
{
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	answer_canary();
	version++; /* a change that nobody told of */
	FAKE_UNTIL(&fake, fake_count(&fake, "PUT " ONE "/status") >= 2);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	ck_assert_int_eq(n_errors, 0);
}
END_TEST

START_TEST(a_deleted_one_is_created_again)
{
	const struct object_id id = { .name = SV("flyball-canary"), .namespace = SV("ours") };

	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	exists = false;
	ck_assert(canary_watch_object(watch, &id, SV_NULL));
	ck_assert_int_eq(verdict, CANARY_UNKNOWN);
	FAKE_UNTIL(&fake, fake_count(&fake, "POST " ONES) == 2);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
}
END_TEST

START_TEST(without_the_right_to_write_nothing_is_owned_and_no_loop_is_hot)
{
	int64_t began = fake_now_ns(&fake);
	refuse_writes = true;
	canary_watch_lead(watch, true);
	fake_turn_for(&fake, 5 * PERIOD);
	FAKE_UNTIL(&fake, n_errors >= 2);
	ck_assert_int_le(fake_now_ns(&fake) - began, 5 * PERIOD + 50 * NS_PER_MS);
	ck_assert_int_le(fake_count(&fake, "POST "), 30);
	ck_assert_int_eq(verdict, CANARY_UNKNOWN);
}
END_TEST

START_TEST(a_server_that_is_away_ends_the_silence)
{
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	fake_hang_up(&fake);
	fake_turn_for(&fake, 4 * PERIOD);
	ck_assert_int_eq(canary_watch_judge(watch), CANARY_UNKNOWN);
	fake_listen(&fake);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
}
END_TEST

START_TEST(another_ones_status_is_evidence_for_a_while)
{
	static const struct object_id ID = { .name = SV("web"), .namespace = SV("shop") };
	AUTO(buf_done) struct buf json = { 0 };

	buf_init(&json, 4096);
	ck_assert(!canary_watch_object(watch, &ID,
		SV("{\"metadata\":{\"managedFields\":[{\"manager\":\"kcm\",\"time\":"
		   "\"2020-01-01T00:00:00Z\",\"fieldsV1\":{\"f:status\":{\"f:x\":{}}}}]}}")));
	ck_assert_int_eq(canary_watch_judge(watch), CANARY_UNKNOWN);
	buf_put_str(&json, "{\"metadata\":{\"managedFields\":[{\"manager\":\"kcm\",\"time\":\"");
	instant_wall_print(&json, instant_wall_add_ns(instant_wall_now(), NS_PER_SEC));
	buf_put_str(&json, "\",\"fieldsV1\":{\"f:status\":{\"f:x\":{}}}}]}}");
	ck_assert(!canary_watch_object(watch, &ID, buf_sv(&json)));
	ck_assert_int_eq(verdict, CANARY_ANSWERED);
	ck_assert_str_eq(by, "kcm");
}
END_TEST

START_TEST(a_namespace_is_needed)
{
	const struct canary_watch_config config = { .client = fake.client, .namespace = "" };
	struct canary_watch *none;
	struct error err;

	ck_assert_int_eq(canary_watch_new(&config, &none, &err), ERR_INVALID);
}
END_TEST

START_TEST(versions_that_begin_anew_are_no_reason_to_ask_all_the_time)
{
	version = 1000;
	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	version = 3;
	int n = fake_count(&fake, "GET " ONE);
	FAKE_UNTIL(&fake, verdict != CANARY_SILENT);
	FAKE_UNTIL(&fake, verdict == CANARY_SILENT);
	ck_assert_int_le(fake_count(&fake, "GET " ONE), n + 10);
}
END_TEST

#define MARKED(name, labels, target)                                                               \
	"{\"metadata\":{\"name\":\"" name "\",\"labels\":{" labels "}},\"spec\":{"                 \
	"\"scaleTargetRef\":{\"name\":\"" target "\"}}}"
#define LABELS "\"app.kubernetes.io/managed-by\":\"flyball-controller\""
#define TARGET "flyball-canary-has-no-target"

static const struct {
	const char *what, *name, *json;
	bool is_canary;
} LOOKS[] = {
	{ "name, label and target", "flyball-canary", MARKED("flyball-canary", LABELS, TARGET),
		true },
	{ "another name", "web", MARKED("web", LABELS, TARGET), false },
	{ "without the label", "flyball-canary", MARKED("flyball-canary", "", TARGET), false },
	{ "managed by somebody else", "flyball-canary",
		MARKED("flyball-canary", "\"app.kubernetes.io/managed-by\":\"Helm\"", TARGET),
		false },
	{ "a target of a user", "flyball-canary", MARKED("flyball-canary", LABELS, "web"), false },
	{ "without a spec", "flyball-canary", "{\"metadata\":{\"labels\":{" LABELS "}}}", false },
	{ "no object", "flyball-canary", "[", false },
};

START_TEST(a_canary_is_known_by_its_marks)
{
	const struct object_id id = { .name = sv_of(LOOKS[_i].name), .namespace = SV("any") };

	ck_assert_msg(canary_watch_is_canary(&id, sv_of(LOOKS[_i].json)) == LOOKS[_i].is_canary,
		"%s", LOOKS[_i].what);
}
END_TEST

START_TEST(what_is_created_has_the_marks)
{
	const struct object_id id = { .name = SV("flyball-canary"), .namespace = SV("ours") };

	canary_watch_lead(watch, true);
	FAKE_UNTIL(&fake, exists);
	ck_assert(canary_watch_is_canary(&id, sv_of(written)));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, it_is_created_and_found_silent);
	tcase_add_test(t, a_standby_writes_nothing);
	tcase_add_test(t, what_is_left_from_before_is_emptied_first);
	tcase_add_test(t, an_answer_is_told_at_once_and_emptied_later);
	tcase_add_test(t, an_older_state_is_left_out);
	tcase_add_test(t, a_conflict_is_read_again);
	tcase_add_test(t, a_deleted_one_is_created_again);
	tcase_add_test(t, without_the_right_to_write_nothing_is_owned_and_no_loop_is_hot);
	tcase_add_test(t, a_server_that_is_away_ends_the_silence);
	tcase_add_test(t, another_ones_status_is_evidence_for_a_while);
	tcase_add_test(t, a_namespace_is_needed);
	tcase_add_loop_test(t, a_canary_is_known_by_its_marks, 0, (int)ARRAY_LEN(LOOKS));
	tcase_add_test(t, what_is_created_has_the_marks);
	tcase_add_test(t, versions_that_begin_anew_are_no_reason_to_ask_all_the_time);
}

int main(void)
{
	return run_case("canary_watch", add);
}
