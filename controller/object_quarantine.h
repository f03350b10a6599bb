#pragma once
/* A poisonous object cannot take the fleet down: which object has the processor stands in the work note (common/work_note.h), and what was there at two crashes
 * rests: no pass over it for a while, then one trial. All functions take q NULL: nothing is noted, nothing rests. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/selfmetrics.h"
#include "controller/autoscalers.h"

struct object_quarantine;

struct object_quarantine_rest {
	uint32_t n_crashes;
	struct wall try_at;
};

/* directory: where the note is kept, "" or NULL: memory only. A directory that does not work is told in the log and does without. Tells what the last process
 * left behind. errors: NOMEM. */
MUST_USE enum error_kind object_quarantine_new(const char *directory, struct selfmetrics *metrics,
	struct object_quarantine **ret, struct error *err);
/* The clean end: nothing in work was at fault. */
void object_quarantine_free(struct object_quarantine *q);
DEFINE_AUTO(struct object_quarantine *, object_quarantine_free)

/* A pass over this object begins. False: it rests, see *ret; no pass, no leave. A spec that changed is another object here. */
MUST_USE bool object_quarantine_enter(
	struct object_quarantine *q, struct autoscaler *one, struct object_quarantine_rest *ret);
/* The pass is over. Again, or without an enter, it does nothing. */
void object_quarantine_leave(struct object_quarantine *q, struct autoscaler *one);
/* While this lasts a crash is the object's fault. */
struct object_quarantine_turn {
	struct object_quarantine *quarantine;
	int before;
};
/* From here on the object's pass has the processor; hand what is returned to object_quarantine_back when it gives it back. The object may be gone by then. */
MUST_USE struct object_quarantine_turn object_quarantine_run(
	struct object_quarantine *q, const struct autoscaler *one);
void object_quarantine_back(struct object_quarantine_turn turn);
/* The same for taking in a state of an object, from before anything is known about it. False: it rests. */
MUST_USE bool object_quarantine_enter_state(
	struct object_quarantine *q, const struct object_id *id, int *ret_ticket, int *ret_before);
void object_quarantine_leave_state(struct object_quarantine *q, int ticket, int before);

/* "in quarantine: ..." for log, condition and event. */
void object_quarantine_print(struct buf *out, const struct object_quarantine_rest *rest);
