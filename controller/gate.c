/* The order of the questions is the order of what matters: who leads, whose objects these are, whether the target is ours. */
#include "controller/gate.h"

#include <stddef.h>

static enum gate_reason refuse(const struct gate_facts *f, enum gate_write write)
{
	if (!f->leading)
		return GATE_STANDBY;
	if (f->needs_lease && f->lease_left_ns < GATE_MIN_LEASE_NS)
		return GATE_LEASE;
	if (f->kind == AUTOSCALER_NATIVE && !f->owns_native)
		return GATE_OBSERVING;
	if (f->kind == AUTOSCALER_NATIVE && !f->native_may_write)
		return GATE_SILENCE;
	if (write == GATE_SCALE && f->foreign)
		return GATE_FOREIGN;
	if (write == GATE_SCALE && f->recommend)
		return GATE_RECOMMEND;
	return GATE_OPEN;
}

struct gate_answer gate_ask(const struct gate_facts *facts, enum gate_write write)
{
	enum gate_reason why = refuse(facts, write);

	return (struct gate_answer){
		.allowed = why == GATE_OPEN,
		.why = why,
		.deadline.ns = facts->needs_lease ? facts->now.ns + facts->lease_left_ns : 0,
	};
}

bool gate_ends_pass(enum gate_reason why)
{
	return why == GATE_STANDBY || why == GATE_LEASE;
}

const char *gate_reason_text(enum gate_reason why)
{
	switch (why) {
	case GATE_OPEN:
		return "open";
	case GATE_STANDBY:
		return "another replica leads";
	case GATE_LEASE:
		return "the lease is about to run out";
	case GATE_OBSERVING:
		return "native objects are only observed";
	case GATE_SILENCE:
		return "another HPA controller may be alive";
	case GATE_FOREIGN:
		return "another autoscaler acts on the target";
	case GATE_RECOMMEND:
		return "the object asks for advice only";
	}
	return "unknown";
}
