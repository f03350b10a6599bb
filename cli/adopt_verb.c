/* Command line -> manifests on standard output, notes on standard error. */
#include "cli/adopt_verb.h"

#include <stdio.h>

#include "cli/cluster_object.h"
#include "cli/verb_args.h"
#include "common/yx_print.h"

/* Two objects, read, converted and printed. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_TEXT_BYTES (16u * 1024 * 1024)

struct work {
	const struct adopt_verb *verb;
	struct cluster_object object;
};

static enum error_kind read_objects(const struct cluster_object *o, struct live *l, struct arena *a,
	struct sv *ret_hpa, struct sv *ret_own, struct error *err)
{
	if (cluster_object_get(l, a, AUTOSCALER_NATIVE, o->ns, o->name, ret_hpa, err) != ERR_OK)
		return err->kind;
	enum error_kind kind =
		cluster_object_get(l, a, AUTOSCALER_OWN, o->ns, o->name, ret_own, err);
	return kind == ERR_NOTFOUND ? ERR_OK : kind;
}

static int print_pair(const char *verb, const struct adopt_pair *pair, const struct buf *notes)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;

	buf_init(&out, MAX_TEXT_BYTES);
	if (pair->first) {
		yx_print(&out, pair->first);
		buf_put_str(&out, "---\n");
	}
	yx_print(&out, pair->second);
	if (buf_check(&out, "the manifests", &err) != ERR_OK)
		return verb_args_fail(verb, &err, VERB_ARGS_NO);
	verb_args_problems(verb, notes);
	fputs(buf_text(&out), stdout);
	return VERB_ARGS_OK;
}

static int run(void *ctx)
{
	struct work *w = ctx;
	AUTO(live_close) struct live l = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf notes = { 0 };
	struct sv hpa, own = SV_NULL;
	struct adopt_pair pair;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&notes, MAX_TEXT_BYTES);
	if (cluster_object_open(&w->object, &l, &err) != ERR_OK ||
		read_objects(&w->object, &l, &a, &hpa, &own, &err) != ERR_OK)
		return verb_args_fail(w->verb->name, &err, cluster_object_exit_code(&l, &err));
	if (w->verb->make(&a, hpa, own, &pair, &notes, &err) != ERR_OK) {
		(void)error_wrap(&err, "hpa/%s in %s", w->object.name, w->object.ns);
		return verb_args_fail(w->verb->name, &err,
			err.kind == ERR_INVALID ? VERB_ARGS_BAD_INPUT : VERB_ARGS_NO);
	}
	return print_pair(w->verb->name, &pair, &notes);
}

static enum error_kind check(void *ctx, struct error *err)
{
	struct work *w = ctx;

	return cluster_object_check(&w->object, err);
}

int adopt_verb_main(const struct adopt_verb *verb, int argc, char **argv)
{
	struct work w = { .verb = verb, .object.kind = AUTOSCALER_NATIVE };
	struct option table[CLUSTER_OBJECT_N_OPTIONS];

	cluster_object_fill(table, &w.object);
	const struct verb_args args = { .verb = verb->name,
		.intro = verb->intro,
		.table = table,
		.n_options = CLUSTER_OBJECT_N_OPTIONS,
		.rest = &w.object.rest,
		.check = check,
		.run = run,
		.ctx = &w };
	int code = verb_args_main(&args, argc, argv);
	cluster_object_done(&w.object);
	return code;
}
