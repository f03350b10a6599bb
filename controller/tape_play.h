#pragma once
/* Replays the passes of a tape: real decoders, real request targets, the answers from the tape.
 * Between the passes only the stored object and the history are kept. Pure. */
#include "controller/pass.h"
#include "controller/tape.h"

/* What one pass did, as `expect` tells it. Texts are in the arena. */
struct tape_outcome {
	const struct hpa *hpa;	      /* as stored when the pass began */
	const struct pass *pass;      /* over */
	const struct history *before; /* what was remembered when the pass began */
	struct decide_now now;	      /* when the pass began */
	struct sv expect;	      /* one JSON object: see docs/tape.md */
};

struct tape_play {
	struct arena *arena;
	const struct tape *tape;
	struct hpa hpa;		/* as stored now; may be changed between steps */
	struct history history; /* what is remembered now */
	struct history before;
	struct tape_write *record; /* writes the passes down once more; NULL: nobody does */
};

/* The arena lives as long as the play and its outcomes. */
void tape_play_begin(struct tape_play *play, struct arena *a, const struct tape *tape);
void tape_play_done(struct tape_play *play);
static inline __attribute__((unused)) void tape_play_done_auto(struct tape_play *play)
{
	tape_play_done(play);
}

/* The pass of step i; steps are played in their order. *ret is valid until the next step. errors:
 * NOMEM, LIMIT. A request that the tape does not hold is answered 404, as if nobody served it. */
MUST_USE enum error_kind tape_play_step(
	struct tape_play *play, size_t i, struct tape_outcome *ret, struct error *err);
