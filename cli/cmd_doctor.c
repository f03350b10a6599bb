/* flyball doctor: what is wrong around the controller in a cluster. Reads, and asks access reviews; changes nothing. */
#include <stdio.h>
#include <string.h>

#include "cli/cluster_object.h"
#include "cli/doctor.h"
#include "cli/doctor_read.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"

#define N_OWN_OPTIONS 4
#define N_OPTIONS (CLUSTER_OBJECT_N_OPTIONS - 1 + N_OWN_OPTIONS)
/* Texts of all objects of a large cluster. */
#define MAX_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_TEXT_BYTES (4u * 1024 * 1024)

struct doctor_options {
	struct cluster_object object; /* of it: which cluster */
	struct doctor_questions questions;
	int output;
};

static const char INTRO[] =
	"flyball doctor [--prometheus-url=URL]  what is wrong around the controller\n"
	"flyball doctor --before-uninstall      and whose replicas nobody would care for "
	"afterwards\n"
	"API versions, who serves the metrics APIs, who else writes autoscalers, what the "
	"controller's account may not do, clocks.\n"
	"Changes nothing.\n"
	"Exit code 0; 1 when there is a problem, or the cluster did not answer; 2 for a wrong "
	"command line or kubeconfig.\n\n";

static void fill(struct option table[N_OPTIONS], struct doctor_options *o)
{
	struct option cluster[CLUSTER_OBJECT_N_OPTIONS];
	const struct option own[N_OWN_OPTIONS] = {
		{ .name = "service-account",
			.kind = OPTION_TEXT,
			.target = &o->questions.account,
			.value_name = "NAMESPACE/NAME",
			.help = "whose rights are looked at; 'self': those of whoever asks" },
		{ .name = "prometheus-url",
			.kind = OPTION_TEXT,
			.target = &o->questions.prometheus_url,
			.value_name = "URL",
			.help = "whether it answers, and its clock" },
		{ .name = "before-uninstall",
			.kind = OPTION_BOOL,
			.target = &o->questions.before_uninstall,
			.help = "also: what would be orphaned" },
		verb_args_output_row(&o->output),
	};
	cluster_object_fill(cluster, &o->object);
	/* Not the namespace, which comes first: a doctor looks everywhere. */
	memcpy(table, cluster + 1, sizeof(cluster) - sizeof(cluster[0]));
	memcpy(table + CLUSTER_OBJECT_N_OPTIONS - 1, own, sizeof(own));
}

static enum error_kind check(void *ctx, struct error *err)
{
	struct doctor_options *o = ctx;

	if (o->object.rest.items.n > 0)
		return error_set(err, ERR_INVALID,
			"unexpected argument '%s'; --help lists the flags",
			o->object.rest.items.at[0]);
	return doctor_read_check(&o->questions, err);
}

static void print(const struct doctor *d, int output)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, MAX_TEXT_BYTES);
	if (output == VERB_ARGS_JSON) {
		jw_init(&w, &out);
		w.indent = 4;
		doctor_encode(&w, d);
		buf_put_char(&out, '\n');
	} else {
		doctor_print(&out, d);
	}
	fputs(buf_text(&out), stdout);
}

static int run(void *ctx)
{
	struct doctor_options *o = ctx;
	AUTO(live_close) struct live l = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(mem_free) void *memory = mem_zalloc(sizeof(struct doctor));
	struct doctor *d = memory;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	if (!d || cluster_object_open(&o->object, &l, &err) != ERR_OK) {
		if (!d)
			(void)error_nomem(&err);
		return verb_args_fail("doctor", &err, cluster_object_exit_code(&l, &err));
	}
	d->arena = &a;
	doctor_read(d, &l, &o->questions);
	print(d, o->output);
	if (d->lost) {
		(void)error_nomem(&err);
		return verb_args_fail("doctor", &err, VERB_ARGS_NO);
	}
	return doctor_has(d, DOCTOR_PROBLEM) ? VERB_ARGS_NO : VERB_ARGS_OK;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_options o = { .questions = DOCTOR_QUESTIONS_DEFAULT };
	struct option table[N_OPTIONS];

	fill(table, &o);
	const struct verb_args verb = { .verb = "doctor",
		.intro = INTRO,
		.table = table,
		.n_options = N_OPTIONS,
		.rest = &o.object.rest,
		.check = check,
		.run = run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	cluster_object_done(&o.object);
	return code;
}
