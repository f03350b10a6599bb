/* flyball convert: manifests of autoscalers from one API version to another, or to our own kind. Files in, text out; no cluster. */
#include <stdio.h>
#include <string.h>

#include "cli/convert.h"
#include "cli/convert_keda.h"
#include "cli/source_file.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/limits.h"
#include "common/options.h"
#include "common/yx_print.h"

/* All files together, as trees and as text. */
#define MAX_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (256u * 1024 * 1024)
#define N_OPTIONS 3

enum { OUTPUT_YAML, OUTPUT_JSON };
static const char *const OUTPUTS[] = { "yaml", "json", NULL };

struct convert_options {
	struct option_list files, rest;
	int to;	    /* enum convert_to */
	int output; /* OUTPUT_... */
	bool to_given;
};

static void fill(struct option table[N_OPTIONS], struct convert_options *o)
{
	const struct option options[N_OPTIONS] = {
		{ .name = "filename",
			.letter = 'f',
			.kind = OPTION_REPEAT,
			.target = &o->files,
			.value_name = "FILE",
			.help = "what to convert: YAML or JSON, any number of documents; - is "
				"standard input" },
		{ .name = "to",
			.kind = OPTION_CHOICE,
			.target = &o->to,
			.choices = convert_versions,
			.value_name = "VERSION",
			.help = "of the result: autoscaling/v2, .../v2beta2, .../v2beta1, .../v1, "
				"or "
				"flyball.dev/v1alpha1 for our own kind" },
		{ .name = "output",
			.letter = 'o',
			.kind = OPTION_CHOICE,
			.target = &o->output,
			.choices = OUTPUTS,
			.value_name = "FORMAT",
			.help = "yaml or json" },
	};
	memcpy(table, options, sizeof(options));
}

static const char INTRO[] =
	"flyball convert -f FILE [--to=VERSION]: writes autoscalers in another API version.\n"
	"KEDA's ScaledObjects become our own kind unless --to says otherwise. Other objects in the "
	"files are printed as they are.\n"
	"Quantities stay as written; the status, managed fields and what else only the API server "
	"writes is left out.\n"
	"What the version cannot express is named on standard error.\n"
	"Exit code 0; 2 for a wrong command line or input, and then nothing is printed.\n\n";

static enum error_kind read_files(struct arena *a, const struct option_list *files,
	struct manifest *manifest, struct error *err)
{
	enum error_kind kind = ERR_OK;
	struct sv text;

	for (size_t i = 0; i < files->items.n && kind == ERR_OK; i++) {
		kind = source_file_read(a, files->items.at[i], LIMIT_CONFIG_FILE_BYTES, &text, err);
		if (kind == ERR_OK)
			kind = manifest_parse(a, files->items.at[i], text, manifest, err);
	}
	if (kind == ERR_OK && manifest->n == 0)
		kind = error_set(err, ERR_INVALID, "there is no document in the input");
	return kind;
}

static void put_json(struct jw *w, const struct jtree *t)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (t->kind != JTREE_OBJECT && t->kind != JTREE_ARRAY) {
		buf_init(&text, LIMIT_CONFIG_FILE_BYTES);
		jtree_print(&text, t);
		jw_raw(w, buf_sv(&text));
		return;
	}
	bool object = t->kind == JTREE_OBJECT;
	if (object)
		jw_object(w);
	else
		jw_array(w);
	JTREE_FOREACH (child, t) {
		if (object)
			jw_key_sv(w, child->key);
		put_json(w, child);
	}
	if (object)
		jw_object_end(w);
	else
		jw_array_end(w);
}

static void put_json_all(struct buf *out, struct jtree *const *documents, size_t n)
{
	struct jw w;

	jw_init(&w, out);
	w.indent = 4;
	if (n == 1) {
		put_json(&w, documents[0]);
	} else {
		jw_object(&w);
		jw_member_str(&w, "apiVersion", "v1");
		jw_member_str(&w, "kind", "List");
		jw_key(&w, "items");
		jw_array(&w);
		for (size_t i = 0; i < n; i++)
			put_json(&w, documents[i]);
		jw_array_end(&w);
		jw_object_end(&w);
	}
	buf_put_char(out, '\n');
}

static void put_yaml_all(struct buf *out, struct jtree *const *documents, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_str(out, "---\n");
		yx_print(out, documents[i]);
	}
}

/* A ScaledObject as an HPA would lose most of what it says: only for whom asks for that. */
static enum convert_to target_of(
	const struct convert_options *o, const struct manifest_document *document)
{
	return !o->to_given && convert_keda_is(document->tree) ? CONVERT_TO_OWN
							       : (enum convert_to)o->to;
}

static enum error_kind convert_all(struct arena *a, const struct convert_options *o,
	struct convert_notes *notes, struct buf *out, struct error *err)
{
	struct manifest manifest = { 0 };

	enum error_kind kind = read_files(a, &o->files, &manifest, err);
	if (kind != ERR_OK)
		return kind;
	struct jtree **made = ARENA_ARRAY(a, manifest.n, struct jtree *);
	if (!made)
		return arena_error(a, err);
	for (size_t i = 0; i < manifest.n && kind == ERR_OK; i++)
		kind = convert_document(
			a, &manifest.at[i], target_of(o, &manifest.at[i]), notes, &made[i], err);
	if (kind == ERR_OK)
		kind = buf_check(&notes->problems, "the list of problems", err);
	if (kind != ERR_OK || notes->problems.len > 0)
		return kind;
	if (o->output == OUTPUT_JSON)
		put_json_all(out, made, manifest.n);
	else
		put_yaml_all(out, made, manifest.n);
	return buf_check(out, "the result", err);
}

static void print_lost(const struct buf *lost)
{
	struct sv rest = buf_sv(lost);

	while (rest.len > 0) {
		bool found;
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		fprintf(stderr, "flyball convert: warning: %.*s\n", SV_ARG(line));
	}
}

static int run(void *ctx)
{
	const struct convert_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct convert_notes notes = { 0 };
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	buf_init(&notes.lost, MAX_OUTPUT_BYTES);
	buf_init(&notes.problems, MAX_OUTPUT_BYTES);
	enum error_kind kind = convert_all(&a, o, &notes, &out, &err);
	bool good = kind == ERR_OK && notes.problems.len == 0;
	if (kind != ERR_OK)
		(void)verb_args_fail("convert", &err, 2);
	verb_args_problems("convert", &notes.problems);
	if (good) {
		print_lost(&notes.lost);
		fputs(buf_text(&out), stdout);
	}
	buf_done(&notes.lost);
	buf_done(&notes.problems);
	return good ? 0 : 2;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	const struct convert_options *o = ctx;

	if (o->rest.items.n > 0)
		return error_set(err, ERR_INVALID,
			"unexpected argument '%s'; files are named with -f", o->rest.items.at[0]);
	if (o->files.items.n == 0)
		return error_set(
			err, ERR_INVALID, "no input; expected -f FILE, or -f - for standard input");
	return ERR_OK;
}

int cmd_convert(int argc, char **argv)
{
	struct convert_options o = { .to = CONVERT_TO_V2,
		.to_given = options_find(argc, argv, "to") != NULL };
	struct option table[N_OPTIONS];
	const struct verb_args args = {
		.verb = "convert",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.rest,
		.check = check_options,
		.run = run,
		.ctx = &o,
	};

	fill(table, &o);
	int code = verb_args_main(&args, argc, argv);
	options_list_done(&o.rest);
	options_list_done(&o.files);
	return code;
}
