#pragma once
/* The status write of a pass: whether it is worth a request now, and what a conflict of it means. */
#include "controller/drive.h"

/* Values alone are no news, and nothing but news goes to a server that has too much to do. Never in strict mode. */
bool status_write_is_deferred(const struct drive_context *c, struct autoscaler *one,
	const struct hpa *hpa, const struct hpa_status *wanted, struct mono now);
/* Nothing may be written now: an object whose turn it is has another one later, or all that missed theirs would write at once. */
void status_write_is_missed(struct autoscaler *one, struct mono now);
/* Passes end, perhaps for long: nobody has a turn any more. */
void status_write_end_turns(const struct drive_context *c);
/* A status was sent, whatever came of it: values alone are worth a request again a refresh interval later. */
void status_write_is_over(const struct drive_context *c, struct autoscaler *one, struct mono now);
/* After a conflict: the object as the pass began and as the server has it now. True: somebody touched its metadata only, and the status that was decided is
 * right for it; hpa has its metadata then, in the arena. False: another spec, another object, or somebody else's status. */
bool status_write_rebase(struct arena *a, const struct autoscaler *one, struct sv before,
	struct sv present, struct hpa *hpa);
