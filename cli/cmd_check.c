/* flyball check: what is wrong or will surprise in manifests and rules files. Files in, findings out; no cluster. */
#include <stdio.h>
#include <string.h>

#include "cli/check_report.h"
#include "cli/source_file.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "controller/tape.h"

/* All files together as trees, and what is found. */
#define MAX_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (64u * 1024 * 1024)
#define N_OPTIONS 4

struct check_options {
	bool strict, scale_to_zero;
	int output; /* enum verb_args_output */
	struct option_list files;
};

static const char INTRO[] =
	"flyball check FILE...: what is wrong, or will surprise, in autoscalers of any version, "
	"their targets, and the\nadapter's rules. - is standard input. Files that belong together "
	"are best named together: targets are looked for in all of them.\n"
	"Exit code 0; 1 when there are errors (with --strict: also warnings); 2 for a wrong "
	"command line or a file that cannot be read or parsed.\n\n";

static void fill(struct option table[N_OPTIONS], struct check_options *o)
{
	const struct option options[N_OPTIONS] = {
		{ .name = "strict",
			.kind = OPTION_BOOL,
			.target = &o->strict,
			.help = "warnings make the exit code 1 too" },
		{ .name = "scale-to-zero",
			.kind = OPTION_BOOL,
			.target = &o->scale_to_zero,
			.help = "the cluster has switched on the feature gate HPAScaleToZero" },
		verb_args_files_row(&o->files),
		verb_args_output_row(&o->output),
	};
	memcpy(table, options, sizeof(options));
}

static enum error_kind check_all(struct check *c, const struct option_list *files,
	enum error_kind *ret_read, struct error *err)
{
	struct sv text;

	for (size_t i = 0; i < files->items.n; i++) {
		const char *file = files->items.at[i];
		enum error_kind kind = source_file_read(c->a, file, TAPE_MAX_BYTES, &text, err);
		if (kind != ERR_OK) {
			*ret_read = kind;
			(void)verb_args_fail("check", err, VERB_ARGS_BAD_INPUT);
			continue;
		}
		check_add_file(c, file, text);
	}
	return check_finish(c, err);
}

/* A text that is neither YAML nor JSON was not checked, only looked at. */
static bool has_unparsed(const struct check *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		if (c->findings[i].rule == CHECK_SYNTAX)
			return true;
	}
	return false;
}

static int run(void *ctx)
{
	const struct check_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct check c = { .a = &a, .scale_to_zero = o->scale_to_zero };
	enum error_kind unread = ERR_OK;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	enum error_kind kind = check_all(&c, &o->files, &unread, &err);
	if (kind == ERR_OK && o->output == VERB_ARGS_JSON)
		check_report_json(&out, &c);
	else if (kind == ERR_OK)
		check_report_text(&out, &c);
	if (kind == ERR_OK)
		kind = buf_check(&out, "the report", &err);
	if (kind != ERR_OK)
		return verb_args_fail("check", &err, VERB_ARGS_BAD_INPUT);
	fputs(buf_text(&out), stdout);
	if (unread != ERR_OK || has_unparsed(&c))
		return VERB_ARGS_BAD_INPUT;
	return check_count(&c, CHECK_ERROR) > 0 || (o->strict && c.n_findings > 0) ? VERB_ARGS_NO
										   : VERB_ARGS_OK;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	const struct check_options *o = ctx;

	return o->files.items.n > 0 ? ERR_OK
				    : error_set(err, ERR_INVALID,
					      "no file; expected flyball check FILE..., - for "
					      "standard input");
}

int cmd_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct option table[N_OPTIONS];

	fill(table, &o);
	const struct verb_args verb = { .verb = "check",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.files,
		.check = check_options,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.files);
	return code;
}
