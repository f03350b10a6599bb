/* flyball explain: the whole way of one decision, and what would make it another one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/explain.h"
#include "cli/explain_json.h"
#include "cli/source_report.h"
#include "cli/verbs.h"
#include "common/limits.h"

#define N_OPTIONS (SOURCE_N_OPTIONS + 3)
#define MAX_TEXT_BYTES (1024u * 1024)

struct explain_options {
	struct source_options source;
	int output; /* enum source_format */
	int colour;
	bool help;
};

enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
static const char *const OUTPUTS[] = { "text", "json", "yaml", NULL };
static const char *const COLOURS[] = { "auto", "always", "never", NULL };

static void fill(struct option table[N_OPTIONS], struct explain_options *o)
{
	const struct option own[N_OPTIONS - SOURCE_N_OPTIONS] = {
		{ .name = "output",
			.letter = 'o',
			.kind = OPTION_CHOICE,
			.target = &o->output,
			.choices = OUTPUTS,
			.value_name = "FORMAT",
			.help = "text, json or yaml" },
		{ .name = "color",
			.kind = OPTION_CHOICE,
			.target = &o->colour,
			.choices = COLOURS,
			.value_name = "WHEN",
			.help = "auto (on a terminal), always or never" },
		{ .name = "help",
			.letter = 'h',
			.kind = OPTION_BOOL,
			.target = &o->help,
			.help = "prints this text and ends" },
	};
	source_options_fill(table, &o->source);
	memcpy(table + SOURCE_N_OPTIONS, own, sizeof(own));
}

static void print_help(const struct option table[N_OPTIONS])
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_TEXT_BYTES);
	buf_put_str(&text,
		"flyball explain [hpa/NAME] [-n NAMESPACE | -A]       autoscalers of the cluster\n"
		"flyball explain -f FILE --replicas=N --total=NAME=V  autoscalers of a file, what "
		"if\n"
		"flyball explain [-f FILE] --snapshot=FILE            in a recorded cluster\n"
		"Every stage of a decision, and the smallest change that would make it another "
		"one. Writes nothing.\n"
		"Exit code 0; 1 when something that was asked did not answer; 2 for a wrong "
		"command line or input file.\n\n");
	options_help(&text, table, N_OPTIONS);
	fputs(buf_text(&text), stdout);
}

struct telling {
	struct source_report report;
	const struct explain_style *style;
	size_t n_told;
	bool undecided;
	struct error err;
	bool failed;
};

static void tell(void *ctx, const struct source_view *view)
{
	struct telling *t = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	struct explain_change change = { 0 };

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (!view->problem && explain_change_compute(&a, view, &change, &t->err) != ERR_OK) {
		t->failed = true;
		return;
	}
	if (view->problem || !view->pass->decided || view->pass->proposal.failed)
		t->undecided = true;
	if (t->report.format != SOURCE_TEXT) {
		explain_json_encode(&t->report.w, view, &change);
		return;
	}
	if (t->n_told++ > 0)
		buf_put_char(&t->report.out, '\n');
	explain_print(&t->report.out, view, &change, t->style);
}

static void print_problems(const struct buf *problems)
{
	struct sv rest = buf_sv(problems);
	bool found = true;

	while (rest.len > 0 && found) {
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		fprintf(stderr, "flyball explain: %.*s\n", SV_ARG(line));
	}
}

static const struct explain_style *choose_style(const struct explain_options *o)
{
	const char *term = getenv("TERM"), *refused = getenv("NO_COLOR");
	bool able = isatty(STDOUT_FILENO) == 1 && term && strcmp(term, "dumb") != 0 &&
		    (!refused || refused[0] == '\0');

	if (o->colour == COLOUR_ALWAYS || (o->colour == COLOUR_AUTO && able))
		return &explain_colours;
	return &explain_plain;
}

static int run(const struct explain_options *o)
{
	AUTO(buf_done) struct buf problems = { 0 };
	struct telling t = { .style = choose_style(o) };

	buf_init(&problems, MAX_TEXT_BYTES);
	source_report_begin(&t.report, (enum source_format)o->output);
	int code = source_each(&o->source, tell, &t, &problems);
	if (code == SOURCE_EXIT_OK &&
		(t.failed || source_report_end(&t.report, &t.err) != ERR_OK)) {
		buf_printf(&problems, "%s\n", t.err.text);
		code = SOURCE_EXIT_NO_ANSWER;
	}
	if (code == SOURCE_EXIT_OK) {
		fputs(buf_text(&t.report.out), stdout);
		code = t.undecided ? SOURCE_EXIT_NO_ANSWER : SOURCE_EXIT_OK;
	}
	print_problems(&problems);
	source_report_done(&t.report);
	return code;
}

static enum error_kind read_command_line(struct explain_options *o,
	const struct option table[N_OPTIONS], int argc, char **argv, struct error *err)
{
	struct option_list rest = { 0 };
	enum error_kind kind = options_parse(table, N_OPTIONS, argc, argv, &rest, err);

	if (kind == ERR_OK && !o->help)
		kind = source_options_check(&o->source, &rest, err);
	options_list_done(&rest);
	return kind;
}

int cmd_explain(int argc, char **argv)
{
	struct explain_options o = { 0 };
	struct option table[N_OPTIONS];
	struct error err;
	int code = SOURCE_EXIT_BAD_INPUT;

	source_options_init(&o.source);
	fill(table, &o);
	if (read_command_line(&o, table, argc, argv, &err) != ERR_OK) {
		fprintf(stderr, "flyball explain: %s\n", err.text);
	} else if (o.help) {
		print_help(table);
		code = SOURCE_EXIT_OK;
	} else {
		code = run(&o);
	}
	source_options_done(&o.source);
	return code;
}
