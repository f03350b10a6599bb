/* Tapes -> lines. Each tape is decoded, played and forgotten before the next one. */
#include "cli/replay.h"

#include <inttypes.h>

#include "cli/printable.h"
#include "controller/hpa_default.h"
#include "controller/hpa_validate.h"
#include "controller/tape_expect.h"
#include "controller/tape_play.h"
#include "controller/tape_set.h"

/* A tape's tree and what its passes make: some times its text. */
#define MAX_ARENA_BYTES (16u * TAPE_MAX_BYTES)
/* A person who sees this many differences of one pass has seen enough. */
#define MAX_SHOWN 20
#define VALUE_BYTES 300

struct replay {
	const char *file;
	const struct option_list *sets;
	struct arena a;
	struct buf *out; /* NULL: only checked */
	struct replay_totals *totals;
	struct error *err;
};

/* A person changed the spec: it must still be one that the API server would store. */
static enum error_kind admit(struct replay *r, struct tape *tape)
{
	const struct hpa_validate_options options = {
		.scale_to_zero = tape->settings.scale_to_zero,
		.configurable_tolerance = tape->settings.configurable_tolerance,
	};
	struct field_error_list errors;
	AUTO(buf_done) struct buf text = { 0 };
	bool spec = false;

	for (size_t i = 0; i < r->sets->items.n; i++)
		spec = spec || tape_set_is_spec(r->sets->items.at[i]);
	if (!spec)
		return ERR_OK;
	if (hpa_default(&r->a, &tape->hpa, r->err) != ERR_OK)
		return r->err->kind;
	field_error_list_init(&errors, &r->a);
	hpa_validate(&tape->hpa, options, &errors);
	if (errors.failed)
		return arena_error(&r->a, r->err);
	if (errors.n == 0)
		return ERR_OK;
	buf_init(&text, ERROR_TEXT_MAX);
	field_error_print(&text, &errors.at[0]);
	return error_set(r->err, ERR_INVALID, "with --set, %.*s is no valid autoscaler: %s",
		SV_ARG(tape->name), buf_text(&text));
}

static void put_value(struct buf *out, const struct jtree *t)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (!t || t->kind == JTREE_NULL) {
		buf_put_str(out, "nothing");
		return;
	}
	buf_init(&text, TAPE_MAX_BYTES);
	jtree_print(&text, t);
	buf_put_sv(out, sv_take(buf_sv(&text), VALUE_BYTES));
	if (text.len > VALUE_BYTES)
		buf_put_str(out, "...");
}

struct difference {
	struct buf *out;
	size_t n;
};

static void on_difference(
	void *ctx, const char *path, const struct jtree *recorded, const struct jtree *now)
{
	struct difference *d = ctx;

	if (d->n++ >= MAX_SHOWN)
		return;
	buf_printf(d->out, "  %s\n    recorded  ", path);
	put_value(d->out, recorded);
	buf_put_str(d->out, "\n    now       ");
	put_value(d->out, now);
	buf_put_char(d->out, '\n');
}

/* "3 -> 5", "3 -> 5, not written" or "undecided". */
static void put_counts(struct buf *out, const struct jtree *expect)
{
	const struct jtree *status = jtree_get(expect, "status");
	int64_t current = 0, desired = 0, written = 0;

	(void)jtree_i64(jtree_get(status, "currentReplicas"), &current);
	(void)jtree_i64(jtree_get(status, "desiredReplicas"), &desired);
	if (!jtree_is_absent(jtree_get(expect, "error")))
		buf_put_str(out, "with an error, ");
	if (jtree_i64(jtree_get(expect, "scaleWrite"), &written))
		buf_printf(out, "%" PRId64 " -> %" PRId64, current, written);
	else
		buf_printf(out, "stays at %" PRId64, current);
	if (written != 0 && written != desired)
		buf_printf(out, " (status %" PRId64 ")", desired);
}

static void put_head(const struct replay *r, const struct tape *tape, uint32_t line, size_t i)
{
	buf_printf(r->out, "%s:%" PRIu32 "  ", r->file, line);
	printable_put(r->out, tape->name);
	buf_put_str(r->out, "  ");
	instant_wall_print(r->out, tape->steps[i].now.wall);
}

static void put_pass(const struct replay *r, const struct tape_step *step, const struct jtree *now,
	struct difference *found)
{
	if (!step->expect) {
		buf_put_str(r->out, "  nothing recorded  now ");
		put_counts(r->out, now);
		buf_put_char(r->out, '\n');
		r->totals->n_unknown++;
		return;
	}
	buf_printf(r->out, "  %s  recorded ", found->n > 0 ? "DIFFERENT" : "same");
	put_counts(r->out, step->expect);
	buf_put_str(r->out, "  now ");
	put_counts(r->out, now);
	buf_put_char(r->out, '\n');
	buf_put_sv(r->out, buf_sv(found->out));
	if (found->n > MAX_SHOWN)
		buf_printf(r->out, "  ... and %zu more\n", found->n - MAX_SHOWN);
	*(found->n > 0 ? &r->totals->n_different : &r->totals->n_same) += 1;
}

static enum error_kind play_step(struct replay *r, struct tape_play *play, uint32_t line, size_t i)
{
	const struct tape_step *step = &play->tape->steps[i];
	const struct tape_expect_options options = { .opaque_text = play->tape->opaque_text };
	AUTO(buf_done) struct buf text = { 0 };
	struct difference found = { .out = &text };
	struct tape_outcome outcome;
	struct jtree *now;

	if (tape_play_step(play, i, &outcome, r->err) != ERR_OK ||
		jtree_parse(&r->a, outcome.expect, &now, r->err) != ERR_OK)
		return r->err->kind;
	buf_init(&text, TAPE_MAX_BYTES);
	if (step->expect)
		(void)tape_expect_compare(step->expect, now, &options, on_difference, &found);
	r->totals->n_passes++;
	put_head(r, play->tape, line, i);
	put_pass(r, step, now, &found);
	return buf_check(r->out, "the passes", r->err);
}

static enum error_kind play_tape(struct replay *r, const struct tape *tape, uint32_t line)
{
	AUTO(tape_play_done) struct tape_play play = { 0 };
	enum error_kind kind = ERR_OK;

	tape_play_begin(&play, &r->a, tape);
	for (size_t i = 0; i < tape->n_steps && kind == ERR_OK; i++)
		kind = play_step(r, &play, line, i);
	return kind;
}

static enum error_kind one_tape(struct replay *r, struct jtree *root, uint32_t line)
{
	struct tape tape;

	for (size_t i = 0; i < r->sets->items.n; i++)
		if (tape_set_apply(&r->a, root, r->sets->items.at[i], r->err) != ERR_OK)
			return r->err->kind;
	if (tape_decode(&r->a, r->file, line, root, &tape, r->err) != ERR_OK ||
		admit(r, &tape) != ERR_OK)
		return r->err->kind;
	return r->out ? play_tape(r, &tape, line) : ERR_OK;
}

static enum error_kind all_tapes(struct replay *r, struct sv all)
{
	struct tape_text text = { .file = r->file, .all = all, .rest = all };
	struct jtree *root;
	uint32_t line = 0;
	size_t n = 0;

	for (;;) {
		arena_clear(&r->a);
		if (tape_next(&r->a, &text, &root, &line, r->err) != ERR_OK)
			return r->err->kind;
		if (!root)
			break;
		if (one_tape(r, root, line) != ERR_OK)
			return r->err->kind;
		n++;
	}
	return n > 0 ? ERR_OK : error_set(r->err, ERR_INVALID, "%s: holds no tape", r->file);
}

static enum error_kind run(struct replay *r, struct sv text)
{
	arena_init(&r->a, MAX_ARENA_BYTES);
	enum error_kind kind = all_tapes(r, text);
	arena_done(&r->a);
	return kind;
}

enum error_kind replay_check(
	const char *file, struct sv text, const struct option_list *sets, struct error *err)
{
	struct replay r = { .file = file, .sets = sets, .err = err };
	return run(&r, text);
}

enum error_kind replay_all(const char *file, struct sv text, const struct option_list *sets,
	struct buf *out, struct replay_totals *totals, struct error *err)
{
	struct replay r = { .file = file, .sets = sets, .out = out, .totals = totals, .err = err };
	return run(&r, text);
}
