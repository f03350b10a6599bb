#pragma once
/* A pass, as it goes on, becomes a tape of one step. The machine of pass.h tells what it is given;
 * what is kept is narrowed to what the decision reads: no annotations, labels of the object,
 * managedFields, environment or images ever enter a tape. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/opt.h"
#include "controller/decide.h"

struct pass;
struct pass_answer;
struct pass_input;
struct pass_want;
struct tape_late;

struct tape_write_options {
	bool outcome_only;  /* what was decided is enough: a replay */
	bool history_known; /* the history is the object's, and not one that begins here */
	const char *taken_by;
	int64_t sync_period_ns;
	/* Set: what the pass is given is only kept, in this arena, and written at the end if there is one; it outlives the pass. NULL: written down as it comes. */
	struct arena *late;
	size_t late_max_pods; /* with more in one set there is no tape */
};

/* Zeroed, then tape_write_init. One object serves many passes, one after the other. */
struct tape_write {
	struct tape_write_options options;
	struct decide_now now; /* when the pass began */
	struct buf head;       /* config, discovery, hpa */
	struct buf history, gets, puts, peers;
	struct buf pods[2]; /* what the check for other objects and what the decision saw */
	struct decide_now pods_now[2];
	size_t n_pods; /* of them were given */
	struct buf status_error;
	struct buf scale_requests;
	struct opt_i32 scale_written;
	bool status_written;
	struct tape_late *late; /* NULL: written down as it comes */
};

void tape_write_init(struct tape_write *t, const struct tape_write_options *options);
void tape_write_done(struct tape_write *t);
static inline __attribute__((unused)) void tape_write_done_auto(struct tape_write *t)
{
	tape_write_done(t);
}

/* Called by the pass. Failures stick and come out at the end. */
void tape_write_begin(struct tape_write *t, const struct pass_input *in, struct decide_now now);
void tape_write_scale(struct tape_write *t, const struct pass_input *in,
	const struct pass_want *want, const struct pass_answer *answer);
void tape_write_pods(struct tape_write *t, const struct pod_set *pods,
	const struct target_peer *peers, size_t n_peers, struct decide_now now);
void tape_write_status(struct tape_write *t, const struct pass_answer *answer);

/* The pass is over: the whole tape as one line, without a newline. errors: LIMIT (more than
 * TAPE_MAX_BYTES, or more pods than late_max_pods), NOMEM. */
MUST_USE enum error_kind tape_write_end(
	struct tape_write *t, const struct pass *p, struct buf *out, struct error *err);
/* Only what was decided: the object under `expect`. errors as above. */
MUST_USE enum error_kind tape_write_expect(
	struct tape_write *t, const struct pass *p, struct buf *out, struct error *err);
