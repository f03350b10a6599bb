#pragma once
/* What a pass is given, kept in its arena until it is known whether a tape is wanted: that is a hundred times cheaper than writing it down. The other half of
 * tape_write.h, which plays it at the end. Pure. */
#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/error.h"
#include "controller/history.h"
#include "controller/pass.h"

enum tape_late_kind { TAPE_LATE_SCALE, TAPE_LATE_PODS, TAPE_LATE_STATUS };

struct tape_late_event {
	struct tape_late_event *next;
	enum tape_late_kind kind;
	struct pass_want want;	   /* SCALE; its texts are the pass's */
	struct pass_answer answer; /* SCALE, STATUS */
	struct pod_set pods;	   /* PODS */
	struct decide_now now;	   /* PODS */
};

struct tape_late {
	struct arena *arena;
	size_t max_pods; /* of one set */
	struct history history;
	struct tape_late_event *first, *last;
	size_t n_pod_sets;
	/* What the pods of the last workload share is copied once. */
	const struct pod_labels *labels, *labels_copy;
	const struct pod_template *template, *template_copy;
	enum error_kind failed; /* NOMEM, or LIMIT: more pods than max_pods */
};

/* NULL: no memory. The history is copied: the pass changes it. */
MUST_USE struct tape_late *tape_late_new(
	struct arena *a, size_t max_pods, const struct history *history);
/* What does not lie in the arena. */
void tape_late_done(struct tape_late *late);
void tape_late_scale(
	struct tape_late *late, const struct pass_want *want, const struct pass_answer *answer);
void tape_late_pods(struct tape_late *late, const struct pod_set *pods, struct decide_now now);
void tape_late_status(struct tape_late *late, const struct pass_answer *answer);
