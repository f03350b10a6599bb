/* Suite hpa-live: the recorded cases of the reference's controller on the live controller in strict mode: watches, discovery, requests over HTTP, writes, events
 * (live_run.h). Compared is all that `expect` has; labels come from the self-metrics, the error from what a pass reports. Questions to the metrics APIs go
 * out together, so their order does not count. */
#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"
#include "controller/tape_expect.h"
#include "tests/conformance/conformance.h"
#include "tests/conformance/live_rules.h"
#include "tests/conformance/live_run.h"

/* Of a value in a message. */
#define SHOWN_BYTES 1500

/* Of a file. */
struct totals {
	unsigned long n_steps;
	unsigned long n_left_out[LIVE_RULES_N_LEFT_OUT];
};

struct step {
	struct conformance *c;
	int64_t t;
};

static void on_difference(
	void *ctx, const char *path, const struct jtree *expected, const struct jtree *got)
{
	const struct step *s = ctx;
	AUTO(buf_done) struct buf left = { 0 }, right = { 0 };

	buf_init(&left, SHOWN_BYTES);
	buf_init(&right, SHOWN_BYTES);
	if (expected)
		jtree_print(&left, expected);
	if (got)
		jtree_print(&right, got);
	(void)conformance_fail(s->c, "t=%" PRId64 " %s: expected %s, got %s", s->t, path,
		expected ? buf_text(&left) : "nothing", got ? buf_text(&right) : "nothing");
}

static void tell(struct conformance *c)
{
	const struct totals *totals = c->state;

	printf("%s: %lu steps compared\n", c->path, totals->n_steps);
	for (int i = 0; i < LIVE_RULES_N_LEFT_OUT; i++)
		if (totals->n_left_out[i] > 0)
			printf("%s: %lu steps left out: %s\n", c->path, totals->n_left_out[i],
				live_rules_left_out_text((enum live_rules_left_out)i));
}

static struct totals *totals_of(struct conformance *c)
{
	if (!c->state)
		c->state = ARENA_NEW(c->file, struct totals);
	if (c->state)
		c->at_end = tell;
	return c->state;
}

/* False: the case is over. */
static bool play_step(
	struct conformance *c, struct live_run *run, const struct jtree *step, size_t i)
{
	const struct tape_expect_options options = { .opaque_text = run->tape->opaque_text };
	struct step s = { c, run->tape->steps[i].t };
	struct jtree *expect, *got;
	struct error err;

	if (live_run_step(run, step, i, &err) != ERR_OK ||
		live_rules_copy(c->a, jtree_get(step, "expect"), &expect, &err) != ERR_OK ||
		live_run_tell(run, expect, &got, &err) != ERR_OK)
		return conformance_fail(c, "t=%" PRId64 ": %s", s.t, err.text);
	live_rules_cut_transport(step, expect);
	live_rules_cut_transport(step, got);
	return tape_expect_compare(expect, got, &options, on_difference, &s) == 0;
}

static void run_steps(struct conformance *c, struct live_run *run, const struct jtree *row)
{
	struct totals *totals = totals_of(c);
	enum live_rules_left_out why;
	size_t i = 0, n = run->tape->n_steps;

	JTREE_FOREACH (step, jtree_get(row, "steps")) {
		if (live_rules_leaves_out(step, &why)) {
			if (totals)
				totals->n_left_out[why] += n - i;
			return;
		}
		if (!play_step(c, run, step, i))
			return;
		if (totals)
			totals->n_steps++;
		i++;
	}
}

static void play(struct conformance *c, const struct jtree *row, enum arith_mode mode)
{
	struct live_run run;
	struct tape tape;
	struct error err;

	if (tape_decode(c->a, c->path, (uint32_t)c->line, row, &tape, &err) != ERR_OK) {
		(void)conformance_fail(c, "%s", err.text);
		return;
	}
	tape.settings.arithmetic = mode;
	/* Of each case it would say that watches were interrupted. */
	log_init(LOG_ERROR, LOG_TEXT);
	if (live_run_start(&run, c->a, row, &tape, &err) == ERR_OK)
		run_steps(c, &run, row);
	else
		(void)conformance_fail(c, "%s", err.text);
	live_run_done(&run);
}

static void run_hpa_live(struct conformance *c, const struct jtree *row)
{
	play(c, row, ARITH_STRICT);
}

const struct suite suite_hpa_live[] = {
	{ "hpa-live", run_hpa_live },
	{ 0 },
};
