/* Tapes: any bytes are refused or replayed; what was replayed can be recorded, and the recording
 * decides the same. */
#include "controller/tape_play.h"
#include "controller/tape_set.h"
#include "controller/tape_write.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)
/* Longer ones play the same passes over and over. */
#define MAX_STEPS 8

/* The recording of a pass is a tape that decides as the pass did. */
static void check_recording(struct arena *a, struct sv text, struct sv expect)
{
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape_text all = { .file = "recording", .all = text, .rest = text };
	struct tape_outcome outcome;
	struct jtree *root;
	struct tape tape;
	struct error err;
	uint32_t line;

	if (tape_next(a, &all, &root, &line, &err) != ERR_OK) {
		REQUIRE(err.kind != ERR_INVALID);
		return;
	}
	enum error_kind kind = tape_decode(a, all.file, line, root, &tape, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_LIMIT);
	if (kind != ERR_OK)
		return;
	tape_play_begin(&play, a, &tape);
	if (tape_play_step(&play, 0, &outcome, &err) == ERR_OK)
		REQUIRE(sv_eq(outcome.expect, expect));
}

static void play(struct arena *a, const struct tape *tape)
{
	const struct tape_write_options options = { .history_known = true };
	AUTO(tape_write_done) struct tape_write record = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape_outcome outcome;
	struct error err;

	tape_write_init(&record, &options);
	tape_play_begin(&play, a, tape);
	play.record = &record;
	for (size_t i = 0; i < tape->n_steps && i < MAX_STEPS; i++) {
		AUTO(buf_done) struct buf text = { 0 };
		buf_init(&text, ARENA_BYTES);
		if (tape_play_step(&play, i, &outcome, &err) != ERR_OK)
			return;
		REQUIRE(tape_write_end(&record, outcome.pass, &text, &err) == ERR_OK);
		struct sv kept = arena_sv(a, buf_sv(&text));
		if (kept.ptr)
			check_recording(a, kept, outcome.expect);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct tape_text text = { .file = "fuzz", .all = { (const char *)data, size } };
	struct jtree *root;
	struct tape tape;
	struct error err;
	uint32_t line;

	arena_init(&a, ARENA_BYTES);
	text.rest = text.all;
	while (tape_next(&a, &text, &root, &line, &err) == ERR_OK && root) {
		if (tape_set_apply(&a, root, "spec.maxReplicas=7", &err) == ERR_OK &&
			tape_decode(&a, "fuzz", line, root, &tape, &err) == ERR_OK)
			play(&a, &tape);
		arena_clear(&a);
	}
	return 0;
}
