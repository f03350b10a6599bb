/* flyball explain: the whole way of one decision, and what would make it another one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/explain.h"
#include "cli/explain_json.h"
#include "cli/leader.h"
#include "cli/live_author.h"
#include "cli/source_report.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/limits.h"

#define N_OPTIONS (SOURCE_N_OPTIONS + LEADER_N_OPTIONS + 2)
#define MAX_TEXT_BYTES (1024u * 1024)

struct explain_options {
	struct source_options source;
	struct leader_options leader;
	struct option_list rest;
	int output; /* enum source_format */
	int colour;
};

enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
static const char *const OUTPUTS[] = { "text", "json", "yaml", NULL };
static const char *const COLOURS[] = { "auto", "always", "never", NULL };

static const char INTRO[] =
	"flyball explain [hpa/NAME] [-n NAMESPACE | -A]       autoscalers of the cluster\n"
	"flyball explain --live hpa/NAME [-n NAMESPACE]       what the controller decided last\n"
	"flyball explain -f FILE --replicas=N --total=NAME=V  autoscalers of a file, what "
	"if\n"
	"flyball explain [-f FILE] --snapshot=FILE            in a recorded cluster\n"
	"Every stage of a decision, and the smallest change that would make it another "
	"one. Writes nothing.\n"
	"Exit code 0; 1 when something that was asked did not answer; 2 for a wrong "
	"command line or input file.\n\n";

static void fill(struct option table[N_OPTIONS], struct explain_options *o)
{
	const struct option own[N_OPTIONS - SOURCE_N_OPTIONS - LEADER_N_OPTIONS] = {
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
	};
	source_options_fill(table, &o->source);
	leader_options_fill(table + SOURCE_N_OPTIONS, &o->leader);
	memcpy(table + SOURCE_N_OPTIONS + LEADER_N_OPTIONS, own, sizeof(own));
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
	struct source_view asked = *view;
	if (view->live && !view->problem)
		asked.author = live_author(view->live, &a, view->pass);
	if (t->report.format != SOURCE_TEXT) {
		explain_json_encode(&t->report.w, &asked, &change);
		return;
	}
	if (t->n_told++ > 0)
		buf_put_char(&t->report.out, '\n');
	explain_print(&t->report.out, &asked, &change, t->style);
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

static int run(void *ctx)
{
	const struct explain_options *o = ctx;
	AUTO(buf_done) struct buf problems = { 0 };
	struct telling t = { .style = choose_style(o) };

	buf_init(&problems, MAX_TEXT_BYTES);
	source_report_begin(&t.report, (enum source_format)o->output);
	t.report.colours = t.style == &explain_colours;
	int code = o->leader.live ? leader_each(&o->leader, &o->source, tell, &t, &problems)
				  : source_each(&o->source, tell, &t, &problems);
	if (code == SOURCE_EXIT_OK &&
		(t.failed || source_report_end(&t.report, &t.err) != ERR_OK)) {
		buf_printf(&problems, "%s\n", t.err.text);
		code = SOURCE_EXIT_NO_ANSWER;
	}
	if (code == SOURCE_EXIT_OK) {
		fputs(buf_text(&t.report.out), stdout);
		code = t.undecided ? SOURCE_EXIT_NO_ANSWER : SOURCE_EXIT_OK;
	}
	verb_args_problems("explain", &problems);
	source_report_done(&t.report);
	return code;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	struct explain_options *o = ctx;

	if (source_options_check(&o->source, &o->rest, err) != ERR_OK)
		return err->kind;
	return leader_options_check(&o->leader, &o->source, err);
}

int cmd_explain(int argc, char **argv)
{
	struct explain_options o = { 0 };
	struct option table[N_OPTIONS];

	source_options_init(&o.source);
	leader_options_init(&o.leader);
	fill(table, &o);
	const struct verb_args verb = { .verb = "explain",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.rest,
		.check = check_options,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.rest);
	source_options_done(&o.source);
	return code;
}
