/* Every reason for which a write is refused, and that a refusal wins over whatever would allow it. */
#include "common/mem.h"
#include "controller/gate.h"
#include "tests/unit/controller/run.h"

/* A leader that owns native objects; `owns` and `silent` as in the facts. */
#define NATIVE(lead, owns, silent)                                                                 \
	.leading = lead, .kind = AUTOSCALER_NATIVE, .owns_native = owns, .native_may_write = silent

static const struct {
	const char *sentence;
	struct gate_facts facts;
	enum gate_reason scale, status, event;
} ROWS[] = {
	{ "a leader without a lease that owns native objects writes", { NATIVE(true, true, true) },
		GATE_OPEN, GATE_OPEN, GATE_OPEN },
	{ "a standby writes nothing", { NATIVE(false, true, true) }, GATE_STANDBY, GATE_STANDBY,
		GATE_STANDBY },
	{ "a lease that has run out stops everything",
		{ NATIVE(true, true, true), .needs_lease = true }, GATE_LEASE, GATE_LEASE,
		GATE_LEASE },
	{ "a lease with too little left stops everything",
		{ NATIVE(true, true, true), .needs_lease = true,
			.lease_left_ns = GATE_MIN_LEASE_NS - 1 },
		GATE_LEASE, GATE_LEASE, GATE_LEASE },
	{ "a lease with enough left allows",
		{ NATIVE(true, true, true), .needs_lease = true,
			.lease_left_ns = GATE_MIN_LEASE_NS },
		GATE_OPEN, GATE_OPEN, GATE_OPEN },
	{ "observing writes nothing for native objects", { NATIVE(true, false, true) },
		GATE_OBSERVING, GATE_OBSERVING, GATE_OBSERVING },
	{ "an answered canary stops native objects", { NATIVE(true, true, false) }, GATE_SILENCE,
		GATE_SILENCE, GATE_SILENCE },
	{ "our own kind needs neither", { .leading = true, .kind = AUTOSCALER_OWN }, GATE_OPEN,
		GATE_OPEN, GATE_OPEN },
	{ "another autoscaler on the target stops the scale, not the status that says so",
		{ .leading = true, .kind = AUTOSCALER_OWN, .foreign = true }, GATE_FOREIGN,
		GATE_OPEN, GATE_OPEN },
	{ "mode Recommend stops the scale only",
		{ .leading = true, .kind = AUTOSCALER_OWN, .recommend = true }, GATE_RECOMMEND,
		GATE_OPEN, GATE_OPEN },
	{ "our own kind obeys the lease",
		{ .leading = true, .kind = AUTOSCALER_OWN, .needs_lease = true }, GATE_LEASE,
		GATE_LEASE, GATE_LEASE },
};

START_TEST(each_fact_has_its_say)
{
	const enum gate_reason expected[] = { [GATE_SCALE] = ROWS[_i].scale,
		[GATE_STATUS] = ROWS[_i].status,
		[GATE_EVENT] = ROWS[_i].event };

	for (int write = GATE_SCALE; write <= GATE_EVENT; write++) {
		struct gate_answer answer = gate_ask(&ROWS[_i].facts, (enum gate_write)write);
		ck_assert_msg(answer.why == expected[write], "%s: %s", ROWS[_i].sentence,
			gate_reason_text(answer.why));
		ck_assert(answer.allowed == (expected[write] == GATE_OPEN));
	}
}
END_TEST

START_TEST(a_write_is_over_when_the_lease_is)
{
	const struct gate_facts held = { NATIVE(true, true, true), .needs_lease = true,
		.now = { 5000000000 }, .lease_left_ns = 3000000000 };
	const struct gate_facts without = { NATIVE(true, true, true) };

	ck_assert_int_eq(gate_ask(&held, GATE_SCALE).deadline.ns, 8000000000);
	ck_assert_int_eq(gate_ask(&without, GATE_SCALE).deadline.ns, 0);
}
END_TEST

START_TEST(only_a_lost_lead_ends_the_pass)
{
	for (int why = GATE_OPEN; why <= GATE_RECOMMEND; why++)
		ck_assert(gate_ends_pass((enum gate_reason)why) ==
			  (why == GATE_STANDBY || why == GATE_LEASE));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, each_fact_has_its_say, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, a_write_is_over_when_the_lease_is);
	tcase_add_test(tcase, only_a_lost_lead_ends_the_pass);
}

int main(void)
{
	return run_case("gate", add);
}
