/* Tapes -> views. The passes before the last one are played too, because they make the history that the last one knows. */
#include "cli/source_snapshot.h"

#include "cli/printable.h"
#include "common/vec.h"
#include "controller/own_kind.h"
#include "controller/tape.h"
#include "controller/tape_play.h"

/* A file of tapes, and what comes of decoding it: trees are some times as large as their text. */
#define MAX_FILE_BYTES (4u * TAPE_MAX_BYTES)
#define MAX_ARENA_BYTES (16u * TAPE_MAX_BYTES)
#define MAX_TAPES 100000

struct recorded {
	struct tape tape;
	uint32_t line;
};

struct recorded_list {
	struct recorded *at;
	size_t n, size;
};

struct snapshot {
	const struct source_options *o;
	struct arena a;
	struct recorded_list tapes;
	bool is_newest; /* what counts is when it was decided, not its line */
};

static enum error_kind read_file(struct snapshot *s, struct sv *ret, struct error *err)
{
	return source_file_read(&s->a, s->o->snapshot, MAX_FILE_BYTES, ret, err);
}

static enum error_kind read_tapes(struct snapshot *s, struct sv all, struct error *err)
{
	const char *file = s->o->snapshot;
	struct tape_text text = {
		.file = strcmp(file, "-") == 0 ? "stdin" : file, .all = all, .rest = all
	};

	for (;;) {
		struct jtree *root;
		uint32_t line;
		if (tape_next(&s->a, &text, &root, &line, err) != ERR_OK)
			return err->kind;
		if (!root)
			break;
		struct recorded *r = VEC_PUSH(&s->tapes, MAX_TAPES);
		if (!r)
			return error_nomem(err);
		r->line = line;
		if (tape_decode(&s->a, text.file, line, root, &r->tape, err) != ERR_OK)
			return err->kind;
	}
	if (s->tapes.n == 0)
		return error_set(err, ERR_INVALID, "%s: holds no tape", text.file);
	return ERR_OK;
}

/* The newest tape of an object stands last in a file that grows. One of the other kind does where there is no better: a manifest may be
 * about to become our kind. */
static struct recorded *find(const struct snapshot *s, const struct hpa *hpa)
{
	struct recorded *other_kind = NULL;

	for (size_t i = s->tapes.n; i > 0; i--) {
		const struct hpa *other = &s->tapes.at[i - 1].tape.hpa;
		if (!sv_eq(other->meta.ns, hpa->meta.ns) ||
			!sv_eq(other->meta.name, hpa->meta.name))
			continue;
		if (other->owner_kind == hpa->owner_kind)
			return &s->tapes.at[i - 1];
		if (!other_kind)
			other_kind = &s->tapes.at[i - 1];
	}
	return other_kind;
}

/* Where the pass comes from; NULL: no memory. */
static char *origin_of(const struct snapshot *s, struct arena *a, const struct recorded *r,
	const struct source_file_object *object)
{
	AUTO(buf_done) struct buf when = { 0 };

	if (object)
		return arena_printf(a, "%s:%u %.*s on %s:%u", object->file, object->line,
			SV_ARG(object->hpa.api_version), s->o->snapshot, r->line);
	if (!s->is_newest)
		return arena_printf(a, "%s:%u", s->o->snapshot, r->line);
	buf_init(&when, 64);
	instant_wall_print(&when, r->tape.steps[r->tape.n_steps - 1].now.wall);
	return arena_printf(a, "decided by %s at %s", s->o->snapshot, buf_text(&when));
}

static enum error_kind play(const struct snapshot *s, struct recorded *r,
	const struct source_file_object *object, source_fn fn, void *ctx, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	struct tape_outcome outcome = { 0 };
	struct tape *tape = &r->tape;

	arena_init(&a, MAX_ARENA_BYTES);
	tape_play_begin(&play, &a, tape);
	for (size_t i = 0; i < tape->n_steps; i++) {
		if (object) {
			tape->steps[i].spec = NULL;
			play.hpa.spec = object->hpa.spec;
		}
		if (tape_play_step(&play, i, &outcome, err) != ERR_OK)
			return err->kind;
	}
	const struct tape_step *last = &tape->steps[tape->n_steps - 1];
	const struct source_view view = {
		.ns = tape->hpa.meta.ns,
		.name = tape->hpa.meta.name,
		.hpa = outcome.hpa,
		.pass = outcome.pass,
		.before = outcome.before,
		.history_known = last->history != NULL || tape->n_steps > 1,
		.origin = sv_of(origin_of(s, &a, r, object)),
		.settings = &tape->settings,
		.sync_period_ns =
			tape->sync_period_ns > 0 ? tape->sync_period_ns : s->o->sync_period_ns,
	};
	if (!view.origin.ptr)
		return arena_error(&a, err);
	fn(ctx, &view);
	return ERR_OK;
}

static enum error_kind check_files(
	const struct snapshot *s, const struct source_file_list *files, struct error *err)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct hpa_meta *meta = &files->at[i].hpa.meta;
		if (!find(s, &files->at[i].hpa))
			return error_set(err, ERR_INVALID,
				"%s: holds no tape of %.*s/%.*s, which %s:%u asks for",
				s->o->snapshot, SV_ARG(meta->ns), SV_ARG(meta->name),
				files->at[i].file, files->at[i].line);
	}
	return ERR_OK;
}

static enum error_kind check_selection(const struct snapshot *s, struct error *err)
{
	for (size_t i = 0; i < s->tapes.n; i++) {
		if (source_is_asked_for(s->o, &s->tapes.at[i].tape.hpa))
			return ERR_OK;
	}
	return error_set(err, ERR_INVALID, "%s: holds no tape of %s%s%s%s", s->o->snapshot,
		source_kind_asked_for(s->o), s->o->ns ? s->o->ns : "", s->o->ns ? "/" : "",
		s->o->name ? s->o->name : "*");
}

static void hand_out(struct snapshot *s, struct recorded *r,
	const struct source_file_object *object, source_fn fn, void *ctx)
{
	struct error err;
	bool escaped;

	/* A tape can come from anywhere: a name with a line feed or an escape sequence could forge a line of the report. */
	if (!printable_hpa(&s->a, &r->tape.hpa, &escaped) || escaped) {
		const struct source_view view = { .ns = SV("?"),
			.name = SV("?"),
			.problem = "its names hold control characters: not decided" };
		fn(ctx, &view);
		return;
	}
	if (play(s, r, object, fn, ctx, &err) == ERR_OK)
		return;
	const struct source_view view = {
		.ns = r->tape.hpa.meta.ns, .name = r->tape.hpa.meta.name, .problem = err.text
	};
	fn(ctx, &view);
}

int source_snapshot_each(const struct source_options *o, const struct source_file_list *files,
	source_fn fn, void *ctx, struct buf *problems)
{
	struct snapshot s = { .o = o };
	struct sv all;
	struct error err;
	int code = SOURCE_EXIT_OK;

	arena_init(&s.a, MAX_ARENA_BYTES);
	if (read_file(&s, &all, &err) != ERR_OK || read_tapes(&s, all, &err) != ERR_OK ||
		(files->n > 0 ? check_files(&s, files, &err) : check_selection(&s, &err)) !=
			ERR_OK) {
		buf_printf(problems, "%s\n", err.text);
		code = SOURCE_EXIT_BAD_INPUT;
	}
	for (size_t i = 0; code == SOURCE_EXIT_OK && i < files->n; i++)
		hand_out(&s, find(&s, &files->at[i].hpa), &files->at[i], fn, ctx);
	for (size_t i = 0; code == SOURCE_EXIT_OK && files->n == 0 && i < s.tapes.n; i++) {
		if (source_is_asked_for(o, &s.tapes.at[i].tape.hpa))
			hand_out(&s, &s.tapes.at[i], NULL, fn, ctx);
	}
	VEC_DONE(&s.tapes);
	arena_done(&s.a);
	return code;
}

int source_snapshot_newest(const struct source_options *o, struct sv text, source_fn fn, void *ctx,
	struct buf *problems)
{
	struct snapshot s = { .o = o, .is_newest = true };
	struct error err;
	int code = SOURCE_EXIT_OK;

	arena_init(&s.a, MAX_ARENA_BYTES);
	if (read_tapes(&s, text, &err) == ERR_OK) {
		hand_out(&s, &s.tapes.at[s.tapes.n - 1], NULL, fn, ctx);
	} else {
		buf_printf(problems, "%s\n", err.text);
		code = SOURCE_EXIT_NO_ANSWER;
	}
	VEC_DONE(&s.tapes);
	arena_done(&s.a);
	return code;
}
