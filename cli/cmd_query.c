/* flyball query: PromQL formatted, checked, explained, or asked. Without --prometheus nothing is asked. */
#include <stdio.h>
#include <string.h>

#include "cli/query_check.h"
#include "cli/query_explain.h"
#include "cli/query_run.h"
#include "cli/source_file.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/instant.h"
#include "promql/printer.h"
#include "promql/rewritten.h"
#include "promql/separable.h"

#define N_OWN 7
#define N_OPTIONS (PROM_SOURCE_N_OPTIONS + N_OWN)
/* Trees, the grouped form, and texts of all queries of a command line. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (64u * 1024 * 1024)
#define MAX_SERIES 100000000
#define DEFAULT_SERIES 100
#define DEFAULT_SCRAPE_NS (15 * NS_PER_SEC)
#define MAX_SCRAPE_NS (3600 * NS_PER_SEC)

enum query_action { QUERY_FMT, QUERY_CHECK, QUERY_EXPLAIN, QUERY_ASK };

struct query_options {
	enum query_action action;
	struct prom_source_options server;
	struct option_list texts, files, features, object_labels;
	const char *version;
	struct query_check_options check;
	struct query_cost_options cost;
	bool diff;
};

static const char INTRO[] =
	"flyball query fmt QUERY...      the form in which Prometheus prints it, split when it is "
	"long\n"
	"flyball query check QUERY...    syntax, types, unknown functions, and what a version of "
	"Prometheus refuses\n"
	"flyball query explain QUERY...  tree, selectors, windows, cost, and whether one query "
	"answers for all objects\n"
	"flyball query QUERY... --prometheus=SERVER    asks; with check and explain too, "
	"afterwards\n"
	"QUERY is PromQL; with -f it is read from a file, with -f - from standard input.\n"
	"Exit code 0; 1 when a query is wrong, is not formatted (fmt --check) or is not answered; "
	"2 for a wrong command line or a file that cannot be read.\n\n";

static void fill(struct option table[N_OPTIONS], struct query_options *o)
{
	/* clang-format off */
	const struct option own[N_OWN] = {
		{ .name = "filename", .letter = 'f', .kind = OPTION_REPEAT, .target = &o->files, .value_name = "FILE",
		  .help = "a file that holds one query; '-' is standard input" },
		{ .name = "for-version", .kind = OPTION_TEXT, .target = &o->version, .value_name = "VERSION",
		  .help = "check, explain: what this version of Prometheus would refuse, such as 2.42; without it 3.15" },
		{ .name = "enable-feature", .kind = OPTION_LIST, .target = &o->features, .value_name = "NAME",
		  .help = "check, explain: a feature flag that the server has, such as promql-experimental-functions" },
		{ .name = "object-labels", .kind = OPTION_LIST, .target = &o->object_labels, .value_name = "NAME,...",
		  .help = "explain: labels whose equalities name the object, such as namespace,pod" },
		{ .name = "series", .kind = OPTION_INT, .target = &o->cost.n_series, .min = 1, .max = MAX_SERIES, .value_name = "N",
		  .help = "explain: how many series each selector finds" },
		{ .name = "scrape-interval", .kind = OPTION_DURATION, .target = &o->cost.scrape_interval_ns, .min = NS_PER_MS,
		  .max = MAX_SCRAPE_NS, .value_name = "DURATION", .help = "explain: from one sample of a series to the next" },
		{ .name = "check", .kind = OPTION_BOOL, .target = &o->diff,
		  .help = "fmt: print nothing that is formatted already; exit 1 if something is not" },
	};
	/* clang-format on */
	memcpy(table, own, sizeof(own));
	prom_source_options_fill(table + N_OWN, &o->server);
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	struct query_options *o = ctx;

	if (o->texts.items.n + o->files.items.n == 0)
		return error_set(err, ERR_INVALID,
			"no query; expected flyball query fmt|check|explain QUERY, or -f FILE");
	if (o->action == QUERY_ASK && !o->server.server)
		return error_set(err, ERR_INVALID,
			"expected fmt, check or explain in front of the query, or "
			"--prometheus=SERVER to ask it");
	if (o->object_labels.items.n > SEPARABLE_MAX_LABELS)
		return error_set(err, ERR_INVALID, "--object-labels: at most %u labels",
			SEPARABLE_MAX_LABELS);
	return o->version ? query_version_parse(sv_of(o->version), &o->check.version, err) : ERR_OK;
}

struct query_work {
	const struct query_options *o;
	struct arena *a;
	struct buf *out;
	struct prom_source *server; /* NULL: nothing is asked */
	struct error *err;
	bool wrong;
};

static enum error_kind format(struct query_work *w, struct sv query, struct ast *root)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_OUTPUT_BYTES);
	printer_pretty(&text, root);
	buf_put_char(&text, '\n');
	if (buf_check(&text, "the query", w->err) != ERR_OK ||
		rewritten_check(w->a, root, sv_trim(buf_sv(&text)), w->err) != ERR_OK)
		return w->err->kind;
	bool same = sv_eq(sv_trim(buf_sv(&text)), sv_trim(query));
	w->wrong = w->wrong || (w->o->diff && !same);
	if (!w->o->diff || !same)
		buf_put_sv(w->out, buf_sv(&text));
	return ERR_OK;
}

static enum error_kind explain(struct query_work *w, struct sv query, struct ast *root)
{
	struct sv labels[SEPARABLE_MAX_LABELS];
	const struct query_explain_options options = { .cost = w->o->cost,
		.object_labels = labels,
		.n_object_labels = w->o->object_labels.items.n };

	for (size_t i = 0; i < options.n_object_labels; i++)
		labels[i] = sv_of(w->o->object_labels.items.at[i]);
	return query_explain(w->a, query, root, &options, w->out, w->err);
}

/* Problems are told by every action that looks for them; the others tell only what they cannot work with. */
static void tell_problems(
	struct query_work *w, const char *name, struct sv query, const struct query_check *checked)
{
	bool looks = w->o->action == QUERY_CHECK || w->o->action == QUERY_EXPLAIN;

	if (checked->root && !looks)
		return;
	query_check_print(w->out, name, query, checked);
	w->wrong = w->wrong || checked->n_problems > 0;
}

static enum error_kind act(struct query_work *w, const char *name, struct sv query)
{
	struct query_check checked;
	enum error_kind kind = query_check(w->a, query, &w->o->check, &checked, w->err);

	if (kind != ERR_OK)
		return kind;
	tell_problems(w, name, query, &checked);
	if (!checked.root)
		return ERR_OK;
	switch (w->o->action) {
	case QUERY_FMT:
		return format(w, query, checked.root);
	case QUERY_CHECK:
		if (checked.n_problems == 0)
			buf_printf(w->out, "%s%sok: %s\n", name ? name : "", name ? ": " : "",
				ast_type_name(checked.root->type));
		break;
	case QUERY_EXPLAIN:
		if (name)
			buf_printf(w->out, "%s:\n", name);
		kind = explain(w, query, checked.root);
		break;
	case QUERY_ASK:
		break;
	}
	return kind == ERR_OK && w->server ? query_run(w->server, query, w->out, w->err) : kind;
}

static int fail(struct query_work *w, const char *name)
{
	if (name)
		error_wrap(w->err, "%s", name);
	fputs(buf_text(w->out), stdout);
	return verb_args_fail("query", w->err, VERB_ARGS_NO);
}

static int act_on_all(struct query_work *w)
{
	const struct query_options *o = w->o;
	struct sv text;

	for (size_t i = 0; i < o->texts.items.n; i++) {
		bool alone = o->texts.items.n + o->files.items.n == 1;
		const char *name = alone ? NULL : arena_printf(w->a, "query %zu", i + 1);
		if (act(w, name, sv_of(o->texts.items.at[i])) != ERR_OK)
			return fail(w, name);
	}
	for (size_t i = 0; i < o->files.items.n; i++) {
		const char *file = o->files.items.at[i];
		const char *name = strcmp(file, "-") == 0 ? "stdin" : file;
		if (source_file_read(w->a, file, PARSER_MAX_BYTES, &text, w->err) != ERR_OK)
			return verb_args_fail("query", w->err, VERB_ARGS_BAD_INPUT);
		if (act(w, name, text) != ERR_OK)
			return fail(w, name);
	}
	fputs(buf_text(w->out), stdout);
	return w->wrong ? VERB_ARGS_NO : VERB_ARGS_OK;
}

static int run(void *ctx)
{
	struct query_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(prom_source_close) struct prom_source server = { 0 };
	struct error err;
	struct query_work w = { .o = o, .a = &a, .out = &out, .err = &err };

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	const char **features = ARENA_ARRAY(&a, o->features.items.n + 1, const char *);
	if (!features)
		return verb_args_fail("query", (arena_error(&a, &err), &err), VERB_ARGS_NO);
	for (size_t i = 0; i < o->features.items.n; i++)
		features[i] = o->features.items.at[i];
	o->check.features = features;
	if (o->server.server) {
		if (prom_source_open(&server, &o->server, &err) != ERR_OK)
			return verb_args_fail("query", &err, VERB_ARGS_BAD_INPUT);
		w.server = &server;
	}
	return act_on_all(&w);
}

/* Takes the action off the command line. */
static enum query_action take_action(int *argc, char ***argv)
{
	static const char *const NAMES[] = { "fmt", "check", "explain" };

	for (size_t i = 0; *argc > 1 && i < ARRAY_LEN(NAMES); i++) {
		if (strcmp((*argv)[1], NAMES[i]) == 0) {
			(*argc)--;
			(*argv)++;
			return (enum query_action)i;
		}
	}
	return QUERY_ASK;
}

int cmd_query(int argc, char **argv)
{
	struct query_options o = { .check = { .version = QUERY_VERSION_NEWEST },
		.cost = { .n_series = DEFAULT_SERIES, .scrape_interval_ns = DEFAULT_SCRAPE_NS } };
	struct option table[N_OPTIONS];

	prom_source_options_init(&o.server);
	fill(table, &o);
	o.action = take_action(&argc, &argv);
	const struct verb_args verb = { .verb = "query",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.texts,
		.check = check_options,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.texts);
	options_list_done(&o.files);
	options_list_done(&o.features);
	options_list_done(&o.object_labels);
	prom_source_options_done(&o.server);
	return code;
}
