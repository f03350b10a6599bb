#pragma once
/* The tape of one pass: into the recording, and among the last decisions. */
#include "controller/drive.h"

/* Whether anybody may want one. */
bool drive_tape_is_wanted(const struct drive_context *c);
/* Before the pass: the arena is the pass's. */
void drive_tape_init(struct tape_write *tape, const struct drive_context *c,
	const struct autoscaler *one, struct arena *a);
/* What counts as another decision; never 0. */
uint64_t drive_tape_outcome(const struct conclusion *conclusion);
/* The pass is over. errors: those of the recording. That a decision could not be kept is none: it is missing when somebody asks. */
MUST_USE enum error_kind drive_tape_end(struct tape_write *tape, const struct drive_context *c,
	struct autoscaler *one, const struct pass *pass, struct error *err);
