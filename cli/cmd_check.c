/* flyball check: what is wrong or will surprise in manifests and rules files. Files in, findings out; no cluster. */
#include <stdio.h>
#include <string.h>

#include "cli/check_report.h"
#include "cli/source_file.h"
#include "cli/verbs.h"
#include "common/options.h"
#include "controller/tape.h"

/* All files together as trees, and what is found. */
#define MAX_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (64u * 1024 * 1024)
#define N_OPTIONS 4

enum { OUTPUT_TEXT, OUTPUT_JSON };
static const char *const OUTPUTS[] = { "text", "json", NULL };

struct check_options {
	bool strict, scale_to_zero, help;
	int output; /* OUTPUT_... */
};

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
		{ .name = "output",
			.letter = 'o',
			.kind = OPTION_CHOICE,
			.target = &o->output,
			.choices = OUTPUTS,
			.value_name = "FORMAT",
			.help = "text or json" },
		{ .name = "help",
			.letter = 'h',
			.kind = OPTION_BOOL,
			.target = &o->help,
			.help = "prints this text and ends" },
	};
	memcpy(table, options, sizeof(options));
}

static void print_help(const struct option table[N_OPTIONS])
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 65536);
	buf_put_str(&text,
		"flyball check FILE...: what is wrong, or will surprise, in autoscalers of any "
		"version, their targets, and the\nadapter's rules. - is standard input. Files that "
		"belong together are best named together: targets are looked for in all of them.\n"
		"Exit code 0; 1 when there are errors (with --strict: also warnings); 2 for a "
		"wrong "
		"command line or a file that cannot be read.\n\n");
	options_help(&text, table, N_OPTIONS);
	fputs(buf_text(&text), stdout);
}

static enum error_kind check_all(struct check *c, const struct option_list *files,
	enum error_kind *ret_read, struct error *err)
{
	struct sv text;

	for (size_t i = 0; i < files->items.n; i++) {
		const char *file = files->items.at[i];
		enum error_kind kind = source_file_read(c->a, file, TAPE_MAX_BYTES, &text, err);
		if (kind != ERR_OK) {
			fprintf(stderr, "flyball check: %s\n", err->text);
			*ret_read = kind;
			continue;
		}
		check_add_file(c, file, text);
	}
	return check_finish(c, err);
}

static int run(const struct check_options *o, const struct option_list *files)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct check c = { .a = &a, .scale_to_zero = o->scale_to_zero };
	enum error_kind unread = ERR_OK;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	enum error_kind kind = check_all(&c, files, &unread, &err);
	if (kind == ERR_OK && o->output == OUTPUT_JSON)
		check_report_json(&out, &c);
	else if (kind == ERR_OK)
		check_report_text(&out, &c);
	if (kind == ERR_OK)
		kind = buf_check(&out, "the report", &err);
	if (kind != ERR_OK) {
		fprintf(stderr, "flyball check: %s\n", err.text);
		return 2;
	}
	fputs(buf_text(&out), stdout);
	if (unread != ERR_OK)
		return 2;
	return check_count(&c, CHECK_ERROR) > 0 || (o->strict && c.n_findings > 0) ? 1 : 0;
}

int cmd_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct option table[N_OPTIONS];
	struct option_list files = { 0 };
	struct error err;
	int code = 2;

	fill(table, &o);
	enum error_kind kind = options_parse(table, N_OPTIONS, argc, argv, &files, &err);
	if (kind == ERR_OK && !o.help && files.items.n == 0)
		kind = error_set(&err, ERR_INVALID,
			"no file; expected flyball check FILE..., - for standard input");
	if (kind != ERR_OK) {
		fprintf(stderr, "flyball check: %s\n", err.text);
	} else if (o.help) {
		print_help(table);
		code = 0;
	} else {
		code = run(&o, &files);
	}
	options_list_done(&files);
	return code;
}
