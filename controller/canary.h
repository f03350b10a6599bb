#pragma once
/* Whether another controller of HorizontalPodAutoscalers lives. A canary is an autoscaler of ours whose target does not exist: any such controller tells
 * so in its status, whatever its name. We never do; we only empty the status and see whether it is filled again. Pure: the caller acts and reports. */
#include <stdbool.h>

#include "common/instant.h"
#include "common/sv.h"
#include "kube/managed_fields.h"

/* Silent periods before we write. */
#define CANARY_PERIODS 2u

enum canary_verdict {
	CANARY_UNKNOWN, /* not watched long enough, or not lately */
	CANARY_SILENT,
	CANARY_ANSWERED,
};

enum canary_action { CANARY_NOTHING, CANARY_CREATE, CANARY_CLEAR, CANARY_READ };

enum canary_sight { CANARY_MISSING, CANARY_EMPTY, CANARY_FILLED };

struct canary {
	int64_t period_ns;
	bool leads; /* a standby only looks: creating and clearing is the leader's */
	bool seen;
	enum canary_sight object; /* when seen */
	struct mono quiet_since;  /* start of the present period */
	struct mono not_before;	  /* no action before */
	struct mono confirmed;	  /* when it was last read and found empty */
	unsigned n_silent;	  /* periods in a row */
	unsigned n_needed;	  /* doubles with every answer that found us writing */
	bool answered;
	char by[MANAGED_FIELDS_MAX_MANAGER];
};

/* period_ns: as long as a living controller takes to answer at most. */
void canary_init(struct canary *c, int64_t period_ns, bool leads);
void canary_lead(struct canary *c, bool leads);

/* What is to be done now; *ret_wake is when to ask again if nothing. After an action: canary_see with what its answer shows, or canary_fail. */
enum canary_action canary_next(const struct canary *c, struct mono now, struct mono *ret_wake);
/* How the object looks, newer than all before. `read`: the answer to an action, not a watch's word. by: who filled it, may be empty. */
void canary_see(
	struct canary *c, enum canary_sight sight, bool read, struct sv by, struct mono now);
void canary_fail(struct canary *c, struct mono now);
/* What was seen is not to be relied on: it is read before anything else. */
void canary_forget(struct canary *c);
/* Second evidence: somebody else wrote the status of an autoscaler that long ago. False: too long ago to mean anything. */
bool canary_testify(struct canary *c, struct sv by, int64_t age_ns, struct mono now);

/* Asked with a fresh clock: a silence that was not confirmed lately is none. */
enum canary_verdict canary_judge(const struct canary *c, struct mono now);

/* An object's JSON: FILLED when its status says anything at all. Text that is no object counts as FILLED. */
enum canary_sight canary_look(struct sv json);
