/* flyball snapshot: what autoscalers of a live cluster see at this moment, as tapes. Reads only; the decision that belongs to it is written along. */
#include <errno.h>
#include <stdio.h>

#include "cli/live.h"
#include "cli/live_prometheus.h"
#include "cli/source.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/limits.h"
#include "controller/tape.h"
#include "controller/tape_write.h"

#define MAX_OPTIONS (SOURCE_N_OPTIONS + 1)
#define MAX_LIST_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (16u * TAPE_MAX_BYTES)

struct snapshot_options {
	struct source_options source;
	struct option_list rest;
	const char *output;
};

/* Flags of a cluster that is no live one. */
static bool is_for_files(const char *name)
{
	static const char *const NAMES[] = { "filename", "snapshot", "replicas", "total", "per-pod",
		"cpu", "memory", "not-ready" };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (strcmp(name, NAMES[i]) == 0)
			return true;
	return false;
}

static size_t fill(struct option table[MAX_OPTIONS], struct snapshot_options *o)
{
	struct option shared[SOURCE_N_OPTIONS];
	size_t n = 0;

	source_options_fill(shared, &o->source);
	for (size_t i = 0; i < SOURCE_N_OPTIONS; i++)
		if (!is_for_files(shared[i].name))
			table[n++] = shared[i];
	table[n++] = (struct option){ .name = "output",
		.letter = 'o',
		.kind = OPTION_TEXT,
		.target = &o->output,
		.value_name = "FILE",
		.help = "where the tapes go; without it, or '-', to standard output" };
	return n;
}

static const char INTRO[] =
	"flyball snapshot [hpa/NAME] [flags]: what autoscalers of a live cluster see now, one tape "
	"a line.\n"
	"For flyball plan, explain (--snapshot=FILE) and replay; docs/tape.md tells what is in "
	"it.\n"
	"Exit code 0; 1 when something that was asked did not answer; 2 for a wrong command line "
	"or kubeconfig.\n\n";

static enum error_kind take_one(
	struct live *l, const struct live_object *object, struct buf *out, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(mem_free) void *room = mem_alloc(sizeof(struct pass));
	struct pass *pass = room;
	struct hpa hpa;

	if (!pass)
		return error_nomem(err);
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (live_pass(l, &a, object, &hpa, pass, err) != ERR_OK ||
		tape_write_end(l->tape, pass, out, err) != ERR_OK)
		return err->kind;
	buf_put_char(out, '\n');
	return buf_check(out, "the tapes", err);
}

/* Every object in turn; one that cannot be read does not keep the others back. */
static int take_all(const struct snapshot_options *o, struct live *l, struct buf *out)
{
	const struct source_options *s = &o->source;
	AUTO(arena_done) struct arena list = { 0 };
	struct live_object *objects;
	struct error err;
	size_t n;
	int code = 0;

	arena_init(&list, MAX_LIST_ARENA_BYTES);
	const char *ns = s->all_namespaces ? "" : s->ns ? s->ns : l->ns;
	const struct live_which which = { ns, s->name, s->kind };
	if (live_list(l, &list, &which, &objects, &n, &err) != ERR_OK)
		return verb_args_fail("snapshot", &err, SOURCE_EXIT_NO_ANSWER);
	if (n == 0) {
		fprintf(stderr, "flyball snapshot: no autoscaler in %s%s\n",
			*ns ? "namespace " : "the cluster", ns);
		return SOURCE_EXIT_NO_ANSWER;
	}
	for (size_t i = 0; i < n; i++) {
		size_t before = out->len;
		if (take_one(l, &objects[i], out, &err) == ERR_OK)
			continue;
		(void)error_wrap(&err, "%.*s/%.*s", SV_ARG(objects[i].ns), SV_ARG(objects[i].name));
		out->len = before;
		code = verb_args_fail("snapshot", &err, SOURCE_EXIT_NO_ANSWER);
	}
	return code;
}

static int put_out(const char *file, const struct buf *out)
{
	bool standard = !file || strcmp(file, "-") == 0;
	FILE *to = standard ? stdout : fopen(file, "we");
	bool ok = to && fwrite(out->data ? out->data : "", 1, out->len, to) == out->len;

	if (to && standard)
		ok = fflush(to) == 0 && ok;
	else if (to)
		ok = fclose(to) == 0 && ok;
	if (!ok)
		fprintf(stderr, "flyball snapshot: %s: cannot be written: %s\n",
			standard ? "standard output" : file, strerror(errno));
	return ok ? 0 : SOURCE_EXIT_BAD_INPUT;
}

static int run(void *ctx)
{
	const struct snapshot_options *o = ctx;
	const struct tape_write_options options = {
		.taken_by = "flyball-snapshot/" FLYBALL_VERSION,
		.sync_period_ns = o->source.sync_period_ns,
	};
	AUTO(live_close) struct live l = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(tape_write_done) struct tape_write tape = { 0 };
	struct error err;

	buf_init(&out, MAX_OUTPUT_BYTES);
	tape_write_init(&tape, &options);
	if (live_open(&l, o->source.kubeconfig, o->source.context, &err) != ERR_OK) {
		bool configuration =
			!l.client && (err.kind == ERR_INVALID || err.kind == ERR_NOTFOUND);
		return verb_args_fail("snapshot", &err,
			configuration ? SOURCE_EXIT_BAD_INPUT : SOURCE_EXIT_NO_ANSWER);
	}
	if (o->source.controller_config &&
		live_prometheus_open(&l, o->source.controller_config, &err) != ERR_OK)
		return verb_args_fail("snapshot", &err, SOURCE_EXIT_BAD_INPUT);
	l.settings = o->source.settings;
	l.tape = &tape;
	int code = take_all(o, &l, &out);
	int written = out.len > 0 ? put_out(o->output, &out) : 0;
	return written != 0 ? written : code;
}

static enum error_kind check_options(void *ctx, struct error *err)
{
	struct snapshot_options *o = ctx;

	return source_options_check(&o->source, &o->rest, err);
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_options o = { 0 };
	struct option table[MAX_OPTIONS];

	source_options_init(&o.source);
	const struct verb_args verb = { .verb = "snapshot",
		.intro = INTRO,
		.table = table,
		.n_options = fill(table, &o),
		.rest = &o.rest,
		.check = check_options,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.rest);
	source_options_done(&o.source);
	return code;
}
