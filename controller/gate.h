#pragma once
/* May this be written, now? One pure function that every write is put before, just before it is handed over; nobody keeps its answers. Two writers never;
 * no writer for a moment is fine. */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/autoscaler_kind.h"

/* With less of the lease left a write is not begun: it could arrive when another one leads. */
#define GATE_MIN_LEASE_NS INT64_C(500000000)

enum gate_write { GATE_SCALE, GATE_STATUS, GATE_EVENT };

enum gate_reason {
	GATE_OPEN,
	GATE_STANDBY,	/* another replica leads */
	GATE_LEASE,	/* we lead, but for too short a time */
	GATE_OBSERVING, /* native objects are looked at only */
	GATE_SILENCE,	/* it is not sure yet that no other HPA controller lives, or one does */
	GATE_FOREIGN,	/* another autoscaler acts on the target */
	GATE_RECOMMEND, /* the object asks for advice only */
};

struct gate_facts {
	bool leading;
	bool needs_lease;
	struct mono now;       /* read for this question, not later than what follows */
	int64_t lease_left_ns; /* the same */
	enum autoscaler_kind kind;
	bool owns_native;      /* --native-hpas=own */
	bool native_may_write; /* the canary was silent for long enough */
	bool foreign;
	bool recommend;
};

struct gate_answer {
	bool allowed;
	enum gate_reason why; /* GATE_OPEN when allowed */
	struct mono deadline; /* of the write, which is not sent later; ns 0: as you like */
};

struct gate_answer gate_ask(const struct gate_facts *facts, enum gate_write write);
/* A refusal that ends the pass: its decision belongs to another leader. The others let the decision stand without its write. */
bool gate_ends_pass(enum gate_reason why);
/* For people: "another replica leads" ... */
const char *gate_reason_text(enum gate_reason why);
