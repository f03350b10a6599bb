/* Suite hpa-live: the recorded cases of the reference's controller on the live controller in strict mode: watches, discovery, requests over HTTP, writes, events
 * (live_run.h). Compared is all that `expect` has; labels come from the self-metrics, the error from what a pass reports. Questions to the metrics APIs go
 * out together, so their order does not count.
 *
 * Suite hpa-live-default: the same without --compatibility=strict. Compared are scale writes, status and events; what differs is explained by a row of
 * docs/deviations.md (live_default.h), and how often is told for each. */
#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"
#include "controller/tape_expect.h"
#include "tests/conformance/hpa_step.h"
#include "tests/conformance/live_default.h"
#include "tests/conformance/live_rules.h"
#include "tests/conformance/live_run.h"

/* Of a file. */
struct totals {
	unsigned long n_steps, n_behind;
	unsigned long n_met[LIVE_N_ROWS];
	unsigned long n_left_out[LIVE_RULES_N_LEFT_OUT];
};

static void tell(struct conformance *c)
{
	const struct totals *totals = c->state;

	printf("%s: %lu steps compared\n", c->path, totals->n_steps);
	for (int i = 0; i < LIVE_N_ROWS; i++)
		if (totals->n_met[i] > 0)
			printf("%s: %lu steps differ on purpose: %s\n", c->path, totals->n_met[i],
				live_row_text((enum live_row)i));
	if (totals->n_behind > 0)
		printf("%s: %lu steps not compared: behind the end of their cases\n", c->path,
			totals->n_behind);
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

static size_t compare_strict(const struct live_run *run, const struct jtree *expect,
	const struct jtree *got, struct hpa_step *s)
{
	const struct tape_expect_options options = { .opaque_text = run->tape->opaque_text };

	return tape_expect_compare(expect, got, &options, hpa_step_differs, s);
}

static size_t compare_default(struct hpa_step *s, const struct live_run *run,
	struct live_default *d, struct jtree *expect, struct jtree *got, bool *ret_over)
{
	struct totals *totals = totals_of(s->c);
	const struct live_default_step step = { .json = run->api.step,
		.spec = run->api.spec,
		.expect = expect,
		.got = got,
		.t = s->t,
		.numbers = run->numbers,
		.opaque_text = run->tape->opaque_text };
	size_t n = live_default_compare(d, s->c->a, &step, hpa_step_differs, s, ret_over);

	for (int i = 0; totals && i < LIVE_N_ROWS; i++)
		totals->n_met[i] += d->met[i];
	return n;
}

/* False: the case is over. d is NULL in strict mode. */
static bool play_step(struct conformance *c, struct live_run *run, struct live_default *d,
	const struct jtree *step, size_t i)
{
	struct hpa_step s = { c, run->tape->steps[i].t };
	struct jtree *expect, *got;
	struct error err;
	bool over = false;

	if (live_run_step(run, step, i, &err) != ERR_OK ||
		live_rules_copy(c->a, jtree_get(step, "expect"), &expect, &err) != ERR_OK ||
		live_run_tell(run, expect, &got, &err) != ERR_OK)
		return conformance_fail(c, "t=%" PRId64 ": %s", s.t, err.text);
	live_rules_cut_transport(step, expect);
	live_rules_cut_transport(step, got);
	if (d && run->tape->steps[i].restart)
		live_default_restart(d);
	size_t n = d ? compare_default(&s, run, d, expect, got, &over)
		     : compare_strict(run, expect, got, &s);
	return n == 0 && !over;
}

static void run_steps(struct conformance *c, struct live_run *run, const struct jtree *row)
{
	bool strict = run->tape->settings.arithmetic == ARITH_STRICT;
	struct totals *totals = totals_of(c);
	struct live_default d = { .has_written = false };
	enum live_rules_left_out why;
	size_t i = 0, n = run->tape->n_steps;

	JTREE_FOREACH (step, jtree_get(row, "steps")) {
		if (live_rules_leaves_out(step, &why)) {
			if (totals)
				totals->n_left_out[why] += n - i;
			return;
		}
		bool goes_on = play_step(c, run, strict ? NULL : &d, step, i++);
		if (totals)
			totals->n_steps++;
		if (!goes_on) {
			if (totals)
				totals->n_behind += n - i;
			return;
		}
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

static void run_hpa_live_default(struct conformance *c, const struct jtree *row)
{
	play(c, row, ARITH_SAFE);
}

static void run_hpa_live(struct conformance *c, const struct jtree *row)
{
	play(c, row, ARITH_STRICT);
}

const struct suite suite_hpa_live[] = {
	{ "hpa-live", run_hpa_live },
	{ "hpa-live-default", run_hpa_live_default },
	{ 0 },
};
