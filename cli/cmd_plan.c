/* flyball plan: what each autoscaler would do, written nowhere. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/plan.h"
#include "cli/plan_json.h"
#include "cli/source_report.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"

#define N_OPTIONS (SOURCE_N_OPTIONS + 3)
#define MAX_TEXT_BYTES (1024u * 1024)

/* With --exit-code. */
#define EXIT_UP 10
#define EXIT_DOWN 11
#define EXIT_UNDECIDED 12

struct plan_options {
	struct source_options source;
	struct option_list rest;
	int output; /* enum source_format */
	bool exit_code, watch;
};

static const char *const OUTPUTS[] = { "text", "json", "yaml", NULL };

static const char INTRO[] =
	"flyball plan [hpa/NAME] [-n NAMESPACE | -A]       autoscalers of the cluster\n"
	"flyball plan -f FILE --replicas=N --total=NAME=V  autoscalers of a file, what if\n"
	"flyball plan [-f FILE] --snapshot=FILE            in a recorded cluster\n"
	"What each autoscaler would do now, and why. Writes nothing.\n"
	"Exit code 0; 1 when something that was asked did not answer; 2 for a wrong "
	"command line or input file; others with --exit-code.\n\n";

static void fill(struct option table[N_OPTIONS], struct plan_options *o)
{
	const struct option own[N_OPTIONS - SOURCE_N_OPTIONS] = {
		{ .name = "output",
			.letter = 'o',
			.kind = OPTION_CHOICE,
			.target = &o->output,
			.choices = OUTPUTS,
			.value_name = "FORMAT",
			.help = "text, json or yaml" },
		{ .name = "exit-code",
			.kind = OPTION_BOOL,
			.target = &o->exit_code,
			.help = "for scripts: 12 if any object cannot be decided, else 10 if any "
				"would go up, else 11 if any would go down" },
		{ .name = "watch",
			.letter = 'w',
			.kind = OPTION_BOOL,
			.target = &o->watch,
			.help = "look again every sync period, until interrupted" },
	};
	source_options_fill(table, &o->source);
	memcpy(table + SOURCE_N_OPTIONS, own, sizeof(own));
}

struct look {
	struct source_report report;
	size_t counts[PLAN_N_VERDICTS];
};

static void tell(void *ctx, const struct source_view *view)
{
	struct look *look = ctx;

	look->counts[plan_verdict_of(view)]++;
	if (look->report.format == SOURCE_TEXT)
		plan_print(&look->report.out, view);
	else
		plan_json_encode(&look->report.w, view);
}

static int exit_code(const struct plan_options *o, const size_t counts[PLAN_N_VERDICTS])
{
	if (!o->exit_code)
		return counts[PLAN_UNDECIDED] > 0 ? SOURCE_EXIT_NO_ANSWER : SOURCE_EXIT_OK;
	if (counts[PLAN_UNDECIDED] > 0)
		return EXIT_UNDECIDED;
	if (counts[PLAN_UP] > 0)
		return EXIT_UP;
	return counts[PLAN_DOWN] > 0 ? EXIT_DOWN : SOURCE_EXIT_OK;
}

static int look_once(const struct plan_options *o)
{
	AUTO(buf_done) struct buf problems = { 0 };
	struct look look = { 0 };
	struct error err;

	buf_init(&problems, MAX_TEXT_BYTES);
	source_report_begin(&look.report, (enum source_format)o->output);
	int code = source_each(&o->source, tell, &look, &problems);
	if (code == SOURCE_EXIT_OK && look.report.format == SOURCE_TEXT)
		plan_print_summary(&look.report.out, look.counts, o->source.all_namespaces);
	if (code == SOURCE_EXIT_OK && source_report_end(&look.report, &err) != ERR_OK) {
		buf_printf(&problems, "%s\n", err.text);
		code = SOURCE_EXIT_NO_ANSWER;
	}
	if (code == SOURCE_EXIT_OK) {
		fputs(buf_text(&look.report.out), stdout);
		code = exit_code(o, look.counts);
	}
	verb_args_problems("plan", &problems);
	source_report_done(&look.report);
	return code;
}

/* A look that fails ends the watch only when the command line or configuration is wrong: servers come back. */
static int run(void *ctx)
{
	const struct plan_options *o = ctx;
	const struct timespec pause = { .tv_sec = o->source.sync_period_ns / NS_PER_SEC,
		.tv_nsec = o->source.sync_period_ns % NS_PER_SEC };
	int code = look_once(o);

	while (o->watch && code != SOURCE_EXIT_BAD_INPUT) {
		if (o->output == SOURCE_TEXT)
			putchar('\n');
		fflush(stdout);
		if (nanosleep(&pause, NULL) != 0)
			break;
		code = look_once(o);
	}
	return code;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	struct plan_options *o = ctx;
	enum error_kind kind = source_options_check(&o->source, &o->rest, err);

	if (kind == ERR_OK && o->watch && !source_is_live(&o->source))
		kind = error_set(err, ERR_INVALID, "--watch looks at a live cluster, not at files");
	return kind;
}

int cmd_plan(int argc, char **argv)
{
	struct plan_options o = { 0 };
	struct option table[N_OPTIONS];

	source_options_init(&o.source);
	fill(table, &o);
	const struct verb_args verb = { .verb = "plan",
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
