/* When a status is worth a request, and when a conflict leaves it right. */
#include <stdio.h>

#include "controller/hpa_decode.h"
#include "controller/hpa_status.h"
#include "controller/status_write.h"
#include "tests/unit/controller/run.h"

#define OBJECT(meta, max, status)                                                                  \
	"{\"metadata\":{\"name\":\"h\",\"namespace\":\"n\"," meta                                  \
	"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\"},"               \
	"\"maxReplicas\":" max "},\"status\":{" status "}}"
#define STATUS "\"currentReplicas\":1,\"desiredReplicas\":1"
#define BEFORE OBJECT("\"uid\":\"u\",\"resourceVersion\":\"5\"", "9", STATUS)

static const struct {
	const char *sentence, *present;
	bool again;
} ROWS[] = {
	{ "an annotation came",
		OBJECT("\"uid\":\"u\",\"resourceVersion\":\"6\",\"annotations\":{\"a\":\"b\"}", "9",
			STATUS),
		true },
	{ "the spec is another one", OBJECT("\"uid\":\"u\",\"resourceVersion\":\"6\"", "8", STATUS),
		false },
	{ "the object is another one",
		OBJECT("\"uid\":\"v\",\"resourceVersion\":\"6\"", "9", STATUS), false },
	{ "somebody else wrote the status",
		OBJECT("\"uid\":\"u\",\"resourceVersion\":\"6\"", "9",
			"\"currentReplicas\":1,\"desiredReplicas\":4"),
		false },
	{ "it cannot be read", "{\"metadata\":", false },
	{ "it has no spec", "{\"metadata\":{\"uid\":\"u\"}}", false },
};

START_TEST(a_conflict_is_written_over_only_where_the_decision_is_about_the_same)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct autoscaler one = { .kind = AUTOSCALER_NATIVE };
	struct error err;
	struct hpa hpa;

	arena_init(&a, 1 << 20);
	ck_assert_int_eq(hpa_decode_stored(&a, AUTOSCALER_NATIVE, SV(BEFORE), &hpa, &err), ERR_OK);
	bool again = status_write_rebase(&a, &one, SV(BEFORE), sv_of(ROWS[_i].present), &hpa);
	ck_assert_msg(again == ROWS[_i].again, "%s", ROWS[_i].sentence);
	ck_assert_int_eq(sv_is(hpa.meta.resource_version, "6"), again);
	ck_assert_uint_eq(hpa.meta.n_annotations, again);
}
END_TEST

START_TEST(values_alone_wait_and_news_do_not)
{
	AUTO(autoscalers_free) struct autoscalers *all = autoscalers_new();
	struct pressure pressure = { 0 };
	const struct drive_context c = {
		.autoscalers = all, .status_refresh_ns = 100, .pressure = &pressure
	};
	const struct drive_context strict = { .strict = true, .pressure = &pressure };
	struct autoscaler one = { .spread_alone = 230 };
	const struct hpa hpa = { .status = { .desired_replicas = 3 } };
	struct hpa_status same = { .desired_replicas = 3 }, other = { .desired_replicas = 4 };
	struct mono now = { 1000 };

	/* At first each waits for a moment of its own. */
	ck_assert(status_write_is_deferred(&c, &one, &hpa, &same, now));
	ck_assert_int_eq(one.status_due.ns, 1030);
	ck_assert(!status_write_is_deferred(&c, &one, &hpa, &same, (struct mono){ 1030 }));
	ck_assert(!status_write_is_deferred(&c, &one, &hpa, &other, now));
	/* Under pressure all of them wait, but in strict mode. */
	pressure_note(&pressure, 50, now);
	ck_assert(status_write_is_deferred(&c, &one, &hpa, &other, now));
	ck_assert(!status_write_is_deferred(&strict, &one, &hpa, &other, now));
	ck_assert(!status_write_is_deferred(&c, &one, &hpa, &other, (struct mono){ 1050 }));
}
END_TEST

static const struct {
	const char *sentence, *type, *reason, *message;
	bool waits;
} NEWS[] = {
	{ "other numbers of pods that report are a value", "DecreaseBlocked", "PartialLoss",
		"only 4 pods report", true },
	{ "another guard is news", "DecreaseBlocked", "MassLoss", "only 3 pods report", false },
	{ "another condition is news", "FallbackActive", "PartialLoss", "only 3 pods report",
		false },
};

static struct hpa_condition told(const char *type, const char *reason, const char *message)
{
	return (struct hpa_condition){ .type = sv_of(type),
		.status = SV("True"),
		.reason = sv_of(reason),
		.message = sv_of(message) };
}

START_TEST(what_a_condition_says_is_news_but_for_numbers_of_pods)
{
	AUTO(autoscalers_free) struct autoscalers *all = autoscalers_new();
	struct pressure pressure = { 0 };
	const struct drive_context c = {
		.autoscalers = all, .status_refresh_ns = 100, .pressure = &pressure
	};
	struct autoscaler one = { .spread_alone = 230 };
	struct hpa_condition before = told("DecreaseBlocked", "PartialLoss", "only 3 pods report");
	struct hpa_condition now = told(NEWS[_i].type, NEWS[_i].reason, NEWS[_i].message);
	const struct hpa hpa = { .status = { .conditions = &before, .n_conditions = 1 } };
	const struct hpa_status wanted = { .conditions = &now, .n_conditions = 1 };

	ck_assert_msg(status_write_is_deferred(&c, &one, &hpa, &wanted, (struct mono){ 1000 }) ==
			      NEWS[_i].waits,
		"%s", NEWS[_i].sentence);
	ck_assert(!hpa_status_eq(&hpa.status, &wanted));
}
END_TEST

START_TEST(values_of_many_take_turns)
{
	enum { MANY = 1500, PASSES = 26 };
	AUTO(mem_free) void *memory = mem_calloc(MANY, sizeof(struct autoscaler));
	struct autoscaler *many = memory;
	AUTO(autoscalers_free) struct autoscalers *all = autoscalers_new();
	struct pressure pressure = { 0 };
	const struct drive_context c = { .autoscalers = all,
		.status_refresh_ns = 60 * NS_PER_SEC,
		.sync_period_ns = 15 * NS_PER_SEC,
		.pressure = &pressure };
	const struct hpa hpa = { .status = { .desired_replicas = 3 } };
	const struct hpa_status same = { .desired_replicas = 3 };
	unsigned n_written[MANY] = { 0 };

	ck_assert_ptr_nonnull(many);
	/* All of a namespace are looked at in the same order every 15 seconds: who comes last has a turn, too. */
	for (unsigned i = 0; i < MANY; i++)
		many[i].status_due.ns = 1;
	for (unsigned pass = 0; pass < PASSES; pass++) {
		const struct mono now = { (100 + 15 * pass) * NS_PER_SEC };
		unsigned n_in_pass = 0;
		for (unsigned i = 0; i < MANY; i++) {
			if (status_write_is_deferred(&c, &many[i], &hpa, &same, now))
				continue;
			n_in_pass++;
			n_written[i]++;
			status_write_is_over(&c, &many[i], now);
		}
		ck_assert_uint_eq(n_in_pass, STATUS_TURNS_PER_SEC);
	}
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_msg(n_written[i] == 2 || n_written[i] == 3, "%u: %u", i, n_written[i]);
	/* A count is news, whoever else writes. */
	struct autoscaler one = { .status_due = { 1 } };
	const struct hpa_status other = { .desired_replicas = 4 };
	ck_assert(!status_write_is_deferred(
		&c, &one, &hpa, &other, (struct mono){ 101 * NS_PER_SEC }));
}
END_TEST

/* An overloaded server is not met by all at once when it is back. */
START_TEST(turns_that_were_missed_are_taken_anew)
{
	enum { MANY = 1000, PASSES = 30, FIRST_BAD = 1, LAST_BAD = 6 };
	AUTO(mem_free) void *memory = mem_calloc(MANY, sizeof(struct autoscaler));
	struct autoscaler *many = memory;
	AUTO(autoscalers_free) struct autoscalers *all = autoscalers_new();
	struct pressure pressure = { 0 };
	const struct drive_context c = { .autoscalers = all,
		.status_refresh_ns = 60 * NS_PER_SEC,
		.sync_period_ns = 15 * NS_PER_SEC,
		.pressure = &pressure };
	const struct hpa hpa = { .status = { .desired_replicas = 3 } };
	const struct hpa_status same = { .desired_replicas = 3 };
	bool is_written[MANY] = { false };

	ck_assert_ptr_nonnull(many);
	for (unsigned i = 0; i < MANY; i++)
		many[i].status_due.ns = 1;
	for (unsigned pass = 0; pass < PASSES; pass++) {
		const struct mono now = { (100 + 15 * pass) * NS_PER_SEC };
		unsigned n_in_pass = 0;
		if (pass >= FIRST_BAD && pass <= LAST_BAD)
			pressure_note(&pressure, 10 * NS_PER_SEC, now);
		for (unsigned i = 0; i < MANY; i++) {
			if (status_write_is_deferred(&c, &many[i], &hpa, &same, now))
				continue;
			n_in_pass++;
			is_written[i] = true;
			status_write_is_over(&c, &many[i], now);
		}
		ck_assert_msg(n_in_pass <= STATUS_TURNS_PER_SEC, "pass %u: %u", pass, n_in_pass);
		ck_assert(n_in_pass == 0 || pass < FIRST_BAD || pass > LAST_BAD);
	}
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_msg(is_written[i], "%u", i);
}
END_TEST

/* In the next pass, or long after it. */
static const int64_t LATER_SEC[] = { 115, 1000 };

START_TEST(turns_end_with_the_passes)
{
	enum { MANY = 300 };
	AUTO(autoscalers_free) struct autoscalers *all = autoscalers_new();
	struct pressure pressure = { 0 };
	const struct drive_context c = { .autoscalers = all,
		.status_refresh_ns = 3600 * NS_PER_SEC,
		.sync_period_ns = 15 * NS_PER_SEC,
		.pressure = &pressure };
	const struct hpa hpa = { .status = { .desired_replicas = 3 } };
	const struct hpa_status same = { .desired_replicas = 3 };
	const struct mono first = { 100 * NS_PER_SEC }, later = { LATER_SEC[_i] * NS_PER_SEC };
	struct autoscaler *many[MANY];
	unsigned n_written = 0;
	enum autoscalers_change change;
	struct error err;
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "h%u", i);
		const struct object_id id = {
			.namespace = SV("n"), .name = sv_of(name), .uid = sv_of(name)
		};
		ck_assert_int_eq(autoscalers_put(all, AUTOSCALER_NATIVE, &id, SV("{\"spec\":{}}"),
					 &many[i], &change, &err),
			ERR_OK);
		many[i]->status_due.ns = 1;
		if (!status_write_is_deferred(&c, many[i], &hpa, &same, first))
			status_write_is_over(&c, many[i], first);
	}
	status_write_end_turns(&c);
	for (unsigned i = 0; i < MANY; i++)
		n_written += !status_write_is_deferred(&c, many[i], &hpa, &same, later);
	ck_assert_uint_eq(n_written, STATUS_TURNS_PER_SEC);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase,
		a_conflict_is_written_over_only_where_the_decision_is_about_the_same, 0,
		(int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, values_alone_wait_and_news_do_not);
	tcase_add_loop_test(tcase, what_a_condition_says_is_news_but_for_numbers_of_pods, 0,
		(int)ARRAY_LEN(NEWS));
	tcase_add_test(tcase, values_of_many_take_turns);
	tcase_add_test(tcase, turns_that_were_missed_are_taken_anew);
	tcase_add_loop_test(tcase, turns_end_with_the_passes, 0, (int)ARRAY_LEN(LATER_SEC));
}

int main(void)
{
	return run_case("status_write", add);
}
