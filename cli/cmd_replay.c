/* flyball replay: recorded passes once more, recorded against now. */
#include <stdio.h>

#include "cli/printable.h"
#include "cli/replay.h"
#include "cli/source_file.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "controller/tape.h"

#define N_OPTIONS 2
/* A recording is many files, each a share of what is kept. */
#define MAX_FILE_BYTES (8u * TAPE_MAX_BYTES)
#define MAX_TEXTS_BYTES (32u * (size_t)TAPE_MAX_BYTES)
#define MAX_OUTPUT_BYTES (256u * 1024 * 1024)

struct replay_options {
	struct option_list sets, files;
};

static const char INTRO[] =
	"flyball replay FILE... [flags]: decides recorded passes once more and prints what was "
	"recorded against what is decided now.\n"
	"FILE is a tape: of flyball-controller --record, of flyball snapshot, or '-' for standard "
	"input; docs/tape.md tells the format.\n"
	"Exit code 0; 1 when a pass is decided differently; 2 for a wrong command line or "
	"tape.\n\n";

static void fill(struct option table[N_OPTIONS], struct replay_options *o)
{
	const struct option options[N_OPTIONS] = {
		verb_args_files_row(&o->files),
		{ .name = "set",
			.kind = OPTION_REPEAT,
			.target = &o->sets,
			.value_name = "PATH=VALUE",
			.help = "decide with another spec or other flags: spec.maxReplicas=20, "
				"config.tolerance=0.2" },
	};
	memcpy(table, options, sizeof(options));
}

static const char *shown(const char *file)
{
	return strcmp(file, "-") == 0 ? "stdin" : file;
}

/* All files are read and checked before the first pass is told. */
static enum error_kind read_all(
	const struct replay_options *o, struct arena *a, struct sv *texts, struct error *err)
{
	for (size_t i = 0; i < o->files.items.n; i++) {
		const char *file = o->files.items.at[i];
		if (source_file_read(a, file, MAX_FILE_BYTES, &texts[i], err) != ERR_OK ||
			replay_check(shown(file), texts[i], &o->sets, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind replay(const struct replay_options *o, struct arena *a, struct buf *out,
	struct replay_totals *totals, struct error *err)
{
	struct sv *texts = ARENA_ARRAY(a, o->files.items.n, struct sv);

	if (!texts)
		return arena_error(a, err);
	if (read_all(o, a, texts, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < o->files.items.n; i++) {
		if (replay_all(shown(o->files.items.at[i]), texts[i], &o->sets, out, totals, err) !=
			ERR_OK)
			return err->kind;
	}
	buf_printf(out, "%zu pass%s: %zu same, %zu different", totals->n_passes,
		totals->n_passes == 1 ? "" : "es", totals->n_same, totals->n_different);
	if (totals->n_unknown > 0)
		buf_printf(out, ", %zu without a recorded decision", totals->n_unknown);
	buf_put_str(out, "\n");
	return buf_check(out, "the passes", err);
}

static int run(void *ctx)
{
	const struct replay_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 }, shown_text = { 0 };
	struct replay_totals totals = { 0 };
	struct error err;

	arena_init(&a, MAX_TEXTS_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	if (replay(o, &a, &out, &totals, &err) != ERR_OK)
		return verb_args_fail("replay", &err, VERB_ARGS_BAD_INPUT);
	buf_init(&shown_text, MAX_OUTPUT_BYTES);
	printable_lines(&shown_text, buf_sv(&out), false);
	if (buf_check(&shown_text, "the passes", &err) != ERR_OK)
		return verb_args_fail("replay", &err, VERB_ARGS_NO);
	fputs(buf_text(&shown_text), stdout);
	return totals.n_different > 0 ? VERB_ARGS_NO : VERB_ARGS_OK;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	const struct replay_options *o = ctx;

	return o->files.items.n > 0
		       ? ERR_OK
		       : error_set(err, ERR_INVALID, "expected a FILE; --help tells more");
}

int cmd_replay(int argc, char **argv)
{
	struct replay_options o = { 0 };
	struct option table[N_OPTIONS];

	fill(table, &o);
	const struct verb_args verb = { .verb = "replay",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.files,
		.check = check_options,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.sets);
	options_list_done(&o.files);
	return code;
}
