/* Suite hpa: recorded cases of the reference's controller. A case is a tape: it goes through the
 * decoder and the player that `flyball replay` uses, in strict mode, with real request targets.
 *
 * Suite hpa-default: the same cases without --compatibility=strict. A case counts up to the step
 * where a number leaves its range, which is where the two modes part.
 *
 * Suite hpa-tape: each pass of each case is recorded, and the recording replayed: it must decide
 * the same to the byte, and record itself to the byte. */
#include <inttypes.h>

#include "controller/tape_expect.h"
#include "controller/tape_play.h"
#include "controller/tape_write.h"
#include "tests/conformance/hpa_step.h"

static bool parts(const struct tape *tape, const struct pass *pass, const struct jtree *expect)
{
	return tape->settings.arithmetic == ARITH_SAFE && hpa_step_parts(pass, expect);
}

/* False: the case is over. */
static bool play_step(
	struct conformance *c, struct tape_play *play, const struct tape *tape, size_t i)
{
	const struct tape_expect_options options = { .opaque_text = tape->opaque_text };
	const struct jtree *expect = tape->steps[i].expect;
	struct hpa_step s = { c, tape->steps[i].t };
	struct tape_outcome outcome;
	struct jtree *got;
	struct error err;

	if (tape_play_step(play, i, &outcome, &err) != ERR_OK ||
		jtree_parse(c->a, outcome.expect, &got, &err) != ERR_OK)
		return conformance_fail(c, "t=%" PRId64 ": %s", s.t, err.text);
	if (!expect)
		return conformance_fail(c, "t=%" PRId64 ": no expect", s.t);
	return !parts(tape, outcome.pass, expect) &&
	       tape_expect_compare(expect, got, &options, hpa_step_differs, &s) == 0;
}

static void run(struct conformance *c, const struct jtree *row, enum arith_mode mode)
{
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape tape;
	struct error err;

	if (tape_decode(c->a, c->path, (uint32_t)c->line, row, &tape, &err) != ERR_OK) {
		(void)conformance_fail(c, "%s", err.text);
		return;
	}
	tape.settings.arithmetic = mode;
	tape_play_begin(&play, c->a, &tape);
	for (size_t i = 0; i < tape.n_steps; i++) {
		if (!play_step(c, &play, &tape, i))
			break;
	}
}

static void run_hpa(struct conformance *c, const struct jtree *row)
{
	run(c, row, ARITH_STRICT);
}

static void run_hpa_default(struct conformance *c, const struct jtree *row)
{
	run(c, row, ARITH_SAFE);
}

/* Decodes one recorded pass, replays it and records that, this time at the end. */
static bool replay(struct conformance *c, struct sv text, struct sv *ret_expect, struct buf *again)
{
	const struct tape_write_options options = {
		.history_known = true, .late = c->a, .late_max_pods = SIZE_MAX
	};
	AUTO(tape_write_done) struct tape_write record = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape_outcome outcome;
	struct jtree *root;
	struct tape tape;
	struct error err;

	tape_write_init(&record, &options);
	if (jtree_parse(c->a, text, &root, &err) != ERR_OK ||
		tape_decode(c->a, c->path, (uint32_t)c->line, root, &tape, &err) != ERR_OK)
		return conformance_fail(c, "the recording: %s", err.text);
	tape_play_begin(&play, c->a, &tape);
	play.record = &record;
	if (tape_play_step(&play, 0, &outcome, &err) != ERR_OK ||
		tape_write_end(&record, outcome.pass, again, &err) != ERR_OK)
		return conformance_fail(c, "the recording: %s", err.text);
	*ret_expect = outcome.expect;
	return true;
}

static bool record_step(struct conformance *c, struct tape_play *play, size_t i)
{
	AUTO(buf_done) struct buf first = { 0 }, second = { 0 };
	struct tape_outcome outcome;
	struct sv expect, text;
	struct error err;

	buf_init(&first, TAPE_MAX_BYTES);
	buf_init(&second, TAPE_MAX_BYTES);
	if (tape_play_step(play, i, &outcome, &err) != ERR_OK ||
		tape_write_end(play->record, outcome.pass, &first, &err) != ERR_OK)
		return conformance_fail(c, "step %zu: %s", i, err.text);
	text = arena_sv(c->a, buf_sv(&first));
	return replay(c, text, &expect, &second) &&
	       conformance_eq_text(c, "what is decided again", outcome.expect, expect) &&
	       conformance_eq_text(c, "the recording of the recording", text, buf_sv(&second));
}

static void run_hpa_tape(struct conformance *c, const struct jtree *row)
{
	const struct tape_write_options options = { .history_known = true };
	AUTO(tape_write_done) struct tape_write record = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape tape;
	struct error err;

	tape_write_init(&record, &options);
	if (tape_decode(c->a, c->path, (uint32_t)c->line, row, &tape, &err) != ERR_OK) {
		(void)conformance_fail(c, "%s", err.text);
		return;
	}
	tape_play_begin(&play, c->a, &tape);
	play.record = &record;
	for (size_t i = 0; i < tape.n_steps; i++) {
		if (!record_step(c, &play, i))
			break;
	}
}

const struct suite suite_hpa[] = {
	{ "hpa", run_hpa },
	{ "hpa-default", run_hpa_default },
	{ "hpa-tape", run_hpa_tape },
	{ 0 },
};
