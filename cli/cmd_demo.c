/* flyball demo: a rise of load, an outage of Prometheus, a fall of load, on real controller and adapter processes against the sandbox. Ends with what
 * happened; exit 1 when the workload did not scale as it must. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/demo_scene.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"

#define MS_PER_SEC 1000
#define MAX_PICTURE_BYTES 65536
#define PATIENCE_MS 15000
#define DEFAULT_COLUMNS 80
#define REPAINT_MS 250
/* On a machine that has other things to do the script waits this long, all in all, for a count that must be there before it goes on. */
#define MAX_SLIP_MS 20000

/* When things happen, and what must have happened by then. */
struct script {
	struct demo_pace pace;
	int64_t rise_ms, outage_ms, recovery_ms, fall_ms, end_ms;
};

static const struct script NORMAL = {
	.pace = { .sync_ms = 3000,
		.rate_window_sec = 3,
		.stabilization_ms = 6000,
		.scrape_ms = 500,
		.startup_ms = 1500 },
	.rise_ms = 5000,
	.outage_ms = 24000,
	.recovery_ms = 34000,
	.fall_ms = 38000,
	.end_ms = 60000,
};
static const struct script FAST = {
	/* Where a scrape comes late, a rate misses what happened at the edge of its window: both windows are longer than a busy machine lets a program wait. */
	.pace = { .sync_ms = 500,
		.rate_window_sec = 2,
		.stabilization_ms = 2000,
		.scrape_ms = 250,
		.startup_ms = 300 },
	.rise_ms = 1500,
	.outage_ms = 6000,
	.recovery_ms = 8500,
	.fall_ms = 9000,
	.end_ms = 14000,
};

#define LOAD_LOW 1.0
#define LOAD_HIGH 9.0
#define LOAD_FALLEN 3.0
/* ceil(9 / 2) and ceil(3 / 2): what the autoscaler must reach. */
#define REPLICAS_HIGH 5
#define REPLICAS_FALLEN 2

/* What was seen at the decisive moments; -1: the moment has not come. */
struct outcome {
	int64_t before_outage, lowest_in_outage, highest, at_end;
	bool held_with_reason; /* the autoscaler itself reported the failing metric */
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

struct player {
	struct demo_scene *scene;
	struct demo_view *view;
	const struct script *script;
	struct outcome outcome;
	bool terminal;
	int acts_done;
	int64_t slip_ms; /* the script is behind by this */
};

enum act { ACT_RISE, ACT_OUTAGE, ACT_RECOVERY, ACT_FALL, N_ACTS };

static unsigned terminal_columns(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
									       : DEFAULT_COLUMNS;
}

/* Where in the script we are: it stands still right before the outage and before the end until the count is what the load wants. */
static int64_t script_time(struct player *p, int64_t now_ms)
{
	bool is_over = p->acts_done == N_ACTS;
	int64_t wanted = is_over ? REPLICAS_FALLEN : REPLICAS_HIGH;
	int64_t at_ms = now_ms - p->slip_ms;
	int64_t last_ms = (is_over ? p->script->end_ms : p->script->outage_ms) - 1;
	bool waits = is_over || p->acts_done == ACT_OUTAGE;

	if (!waits || at_ms <= last_ms || p->outcome.at_end == wanted ||
		p->slip_ms + at_ms - last_ms > MAX_SLIP_MS)
		return at_ms;
	p->slip_ms += at_ms - last_ms;
	p->view->total_ms = p->script->end_ms + p->slip_ms;
	return last_ms;
}

/* Carries out the acts whose time has come. */
static enum error_kind play_acts(struct player *p, int64_t script_ms, struct error *err)
{
	const int64_t due[N_ACTS] = { p->script->rise_ms, p->script->outage_ms,
		p->script->recovery_ms, p->script->fall_ms };
	enum error_kind rc = ERR_OK;

	for (; p->acts_done < N_ACTS && script_ms >= due[p->acts_done] && rc == ERR_OK;
		p->acts_done++) {
		switch (p->acts_done) {
		case ACT_RISE:
			rc = demo_scene_set_load(p->scene, LOAD_HIGH, err);
			break;
		case ACT_OUTAGE:
			rc = demo_scene_set_prometheus(p->scene, true, err);
			break;
		case ACT_RECOVERY:
			rc = demo_scene_set_prometheus(p->scene, false, err);
			break;
		default:
			rc = demo_scene_set_load(p->scene, LOAD_FALLEN, err);
			break;
		}
	}
	return rc;
}

static void note_outcome(struct player *p)
{
	const struct demo_sample *now = &p->view->samples[p->view->n - 1];
	struct outcome *o = &p->outcome;

	if (now->replicas > o->highest)
		o->highest = now->replicas;
	if (!now->outage && p->acts_done <= ACT_OUTAGE)
		o->before_outage = now->replicas;
	if (now->outage && (o->lowest_in_outage < 0 || now->replicas < o->lowest_in_outage))
		o->lowest_in_outage = now->replicas;
	if (now->outage && strstr(p->view->state, "unable to"))
		o->held_with_reason = true;
	o->at_end = now->replicas;
}

/* On a terminal the picture is painted over the last one; else a line is printed when something changed. */
static void show(struct player *p, struct buf *last_line, unsigned *painted_lines)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_PICTURE_BYTES);
	if (!p->terminal) {
		demo_view_line(&text, p->view);
		/* The line begins with the time, which always differs. */
		struct sv now = sv_skip(buf_sv(&text), 7), before = sv_skip(buf_sv(last_line), 7);
		if (sv_eq(now, before))
			return;
		buf_clear(last_line);
		buf_put_sv(last_line, buf_sv(&text));
		fputs(buf_text(&text), stdout);
		(void)fflush(stdout);
		return;
	}
	demo_view_draw(&text, p->view, terminal_columns(), true);
	if (*painted_lines > 0)
		printf("\033[%uA\033[J", *painted_lines);
	*painted_lines = 0;
	for (size_t i = 0; i < text.len; i++)
		*painted_lines += text.data[i] == '\n';
	fputs(buf_text(&text), stdout);
	(void)fflush(stdout);
}

static enum error_kind play(struct player *p, struct error *err)
{
	AUTO(buf_done) struct buf last_line = { 0 };
	struct mono began = instant_mono_now();
	unsigned painted = 0;

	buf_init(&last_line, MAX_PICTURE_BYTES);
	for (;;) {
		int64_t now_ms = (instant_mono_now().ns - began.ns) / NS_PER_MS;
		const char *casualty = demo_scene_casualty(p->scene);
		if (casualty)
			return error_set(
				err, ERR_UNAVAIL, "%s ended in the middle of the demo", casualty);
		int64_t script_ms = script_time(p, now_ms);
		if (interrupted || script_ms >= p->script->end_ms)
			return ERR_OK;
		if (ferror(stdout))
			return error_set(err, ERR_UNAVAIL, "standard output is closed");
		if (play_acts(p, script_ms, err) != ERR_OK ||
			demo_scene_observe(p->scene, p->view, now_ms, err) != ERR_OK)
			return err->kind;
		note_outcome(p);
		show(p, &last_line, &painted);
		(void)usleep(REPAINT_MS * 1000);
	}
}

static int verdict(bool holds, const char *what, const char *found)
{
	printf("  %s  %s: %s\n", holds ? "ok  " : "FAIL", what, found);
	return holds ? 0 : 1;
}

static int report(const struct player *p)
{
	const struct outcome *o = &p->outcome;
	char text[200];
	int failed = 0;

	printf("\nWhat happened\n");
	(void)snprintf(text, sizeof(text), "reached %lld", (long long)o->highest);
	failed += verdict(o->highest == REPLICAS_HIGH && o->before_outage == REPLICAS_HIGH,
		"9 requests/s at a target of 2 per pod needs 5 replicas", text);
	(void)snprintf(text, sizeof(text), "%lld before, never below %lld while it was away",
		(long long)o->before_outage, (long long)o->lowest_in_outage);
	failed += verdict(o->lowest_in_outage == o->before_outage,
		"an outage of Prometheus lowers nothing", text);
	failed += verdict(o->held_with_reason, "the autoscaler said why it held",
		o->held_with_reason ? "condition ScalingActive=False"
				    : "no condition named the failing metric");
	(void)snprintf(text, sizeof(text), "ended at %lld", (long long)o->at_end);
	failed += verdict(o->at_end == REPLICAS_FALLEN, "3 requests/s needs 2 replicas", text);
	return failed;
}

static void print_prologue(const struct demo_scene *s, const struct script *script)
{
	printf("The sandbox simulates an application, Prometheus and a Kubernetes API server\n"
	       "on this machine. Adapter and controller are the real programs. The\n"
	       "autoscaler that was applied:\n\n");
	for (const char *line = demo_scene_hpa; *line != '\0';) {
		const char *end = strchr(line, '\n');
		printf("    %.*s\n", (int)(end - line), line);
		line = end + 1;
	}
	printf("\nTo fit a short demo the controller looks every %.1f s (default 15 s), its\n"
	       "scale-down window is %.0f s (default 300 s) and the rule's rate window is\n"
	       "%lld s. Look at it with kubectl while it runs; hpa/flyball-canary is the\n"
	       "controller's own, to see whether another HPA controller lives:\n\n"
	       "    kubectl --kubeconfig %s \\\n        get hpa,deploy,pods\n\n",
		(double)script->pace.sync_ms / MS_PER_SEC,
		(double)script->pace.stabilization_ms / MS_PER_SEC,
		(long long)script->pace.rate_window_sec, s->kubeconfig);
	(void)fflush(stdout);
}

static int run(const struct script *script, bool plain)
{
	AUTO(mem_free) void *room = mem_zalloc(sizeof(struct demo_view));
	struct demo_scene scene;
	struct error err;
	int code = 1;

	if (!room) {
		fputs("flyball demo: out of memory\n", stderr);
		return 1;
	}
	struct demo_view *view = room;
	view->total_ms = script->end_ms;
	view->max_replicas = 10;
	struct player player = { .scene = &scene,
		.view = view,
		.script = script,
		.terminal = !plain && isatty(STDOUT_FILENO),
		.outcome = { -1, -1, -1, -1, false } };
	enum error_kind rc =
		demo_scene_open(&scene, &script->pace, PATIENCE_MS, &interrupted, &err);
	if (rc == ERR_OK) {
		print_prologue(&scene, script);
		rc = play(&player, &err);
	}
	if (interrupted)
		puts("\ninterrupted; everything that was started is being ended");
	else if (rc != ERR_OK)
		fprintf(stderr, "flyball demo: %s\n", err.text);
	else
		code = report(&player) == 0 ? 0 : 1;
	bool failed = code != 0 && !interrupted && scene.folder[0] != '\0';
	if (failed)
		fprintf(stderr, "flyball demo: the logs of the programs are in %s\n", scene.folder);
	demo_scene_close(&scene, failed);
	if (code == 0)
		puts("\nNext: flyball plan --kubeconfig FILE says what it would do for the "
		     "autoscalers\n"
		     "of your cluster; README.md has the five-minute start against a real one.");
	return code;
}

/* Ctrl-C, `kill` and a closed terminal end the demo in order. A parent that ignores SIGCHLD must not keep us from seeing children end. */
static bool take_signals(void)
{
	static const int ENDS[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction end = { .sa_handler = on_interrupt };
	const struct sigaction usual = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < ARRAY_LEN(ENDS); i++) {
		if (sigaction(ENDS[i], &end, NULL) != 0)
			return false;
	}
	return sigaction(SIGCHLD, &usual, NULL) == 0;
}

struct demo_options {
	bool fast, plain;
	struct option_list rest;
};

static enum error_kind check_options(void *ctx, struct error *err)
{
	const struct demo_options *o = ctx;

	return o->rest.items.n == 0
		       ? ERR_OK
		       : error_set(err, ERR_INVALID, "takes no arguments; see flyball demo --help");
}

static int run_options(void *ctx)
{
	const struct demo_options *o = ctx;

	return take_signals() ? run(o->fast ? &FAST : &NORMAL, o->plain) : VERB_ARGS_NO;
}

int cmd_demo(int argc, char **argv)
{
	struct demo_options o = { 0 };
	const struct option table[] = {
		{ .name = "fast",
			.kind = OPTION_BOOL,
			.target = &o.fast,
			.help = "15 seconds instead of a minute" },
		{ .name = "plain",
			.kind = OPTION_BOOL,
			.target = &o.plain,
			.help = "lines instead of a picture, also on a terminal" },
	};
	const struct verb_args verb = { .verb = "demo",
		.intro = "flyball demo: controller and adapter against a simulated cluster, live; "
			 "exit 1 if it did not scale as it must\n\n",
		.table = table,
		.n_options = ARRAY_LEN(table),
		.rest = &o.rest,
		.check = check_options,
		.run = run_options,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.rest);
	return code;
}
