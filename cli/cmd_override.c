/* flyball override: other bounds for a while, for one object of our kind. The one verb that writes. */
#include <stdio.h>
#include <string.h>

#include "cli/cluster_object.h"
#include "cli/printable.h"
#include "cli/set_override.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/limits.h"
#include "kube/api_path.h"
#include "kube/wait.h"

#define N_OWN_OPTIONS 5
#define N_OPTIONS (CLUSTER_OBJECT_N_OPTIONS + N_OWN_OPTIONS)
#define MAX_ARENA_BYTES (64u * 1024 * 1024)
#define NOT_GIVEN (-1)

struct override_options {
	struct cluster_object object;
	int64_t min, max;
	struct set_override wish;
};

static const char INTRO[] =
	"flyball override fha/NAME --min=20 --for=2h --reason=INC-12  other bounds for a while\n"
	"flyball override fha/NAME --clear                            the object's own again\n"
	"The override beats the bounds of the spec, works while metrics fail, obeys the rate "
	"policies, and ends by itself.\n"
	"It is written by server-side apply as " SET_OVERRIDE_MANAGER
	", and nothing else of the object with it.\n"
	"Exit code 0; 1 when the cluster did not answer, refused it, or kept another one's "
	"override; 2 for a wrong command line or kubeconfig.\n\n";

static void fill(struct option table[N_OPTIONS], struct override_options *o)
{
	const struct option own[N_OWN_OPTIONS] = {
		{ .name = "min",
			.kind = OPTION_INT,
			.target = &o->min,
			.min = NOT_GIVEN,
			.max = INT32_MAX,
			.value_name = "N",
			.help = "least replicas; without it (-1) the object's own minReplicas" },
		{ .name = "max",
			.kind = OPTION_INT,
			.target = &o->max,
			.min = NOT_GIVEN,
			.max = INT32_MAX,
			.value_name = "N",
			.help = "most replicas; without it (-1) the object's own maxReplicas, or "
				"--min if that is more" },
		{ .name = "for",
			.kind = OPTION_DURATION,
			.target = &o->wish.for_ns,
			.value_name = "DURATION",
			.help = "how long from now on, by the API server's clock" },
		{ .name = "reason",
			.kind = OPTION_TEXT,
			.target = &o->wish.reason,
			.value_name = "TEXT",
			.help = "why, for whoever wonders" },
		{ .name = "clear",
			.kind = OPTION_BOOL,
			.target = &o->wish.clear,
			.help = "end the override now" },
	};
	cluster_object_fill(table, &o->object);
	memcpy(table + CLUSTER_OBJECT_N_OPTIONS, own, sizeof(own));
}

static struct opt_i32 bound_of(int64_t n)
{
	return n < 0 ? (struct opt_i32){ 0 } : opt_i32_of((int32_t)n);
}

static enum error_kind check(void *ctx, struct error *err)
{
	struct override_options *o = ctx;

	o->wish.min = bound_of(o->min);
	o->wish.max = bound_of(o->max);
	if (cluster_object_check(&o->object, err) != ERR_OK)
		return err->kind;
	return set_override_check(&o->wish, err);
}

/* Rounded up, so that nothing ends early. */
static struct wall server_now(const struct live *l)
{
	struct server_time t;

	if (!client_server_time(l->client, instant_mono_now(), &t))
		return instant_wall_now();
	return instant_wall_add_ns((struct wall){ 0, 0 }, t.latest_ns);
}

static enum error_kind apply(struct live *l, const struct cluster_object *o, struct sv body,
	struct buf *answer, struct error *err)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(AUTOSCALER_OWN);
	const struct api_path path = { .group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = sv_of(o->ns),
		.resource = sv_of(names->plural),
		.name = sv_of(o->name) };
	AUTO(buf_done) struct buf target = { 0 };

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	buf_put_str(&target, "?fieldManager=" SET_OVERRIDE_MANAGER "&force=true");
	if (buf_check(&target, "the path of the object", err) != ERR_OK)
		return err->kind;
	const struct client_request request = { .method = "PATCH",
		.target = buf_text(&target),
		.resource = names->resource,
		.name = o->name,
		.body = body,
		.content_type = CLIENT_PATCH_APPLY };
	return wait_request(l->client, &request, answer, err);
}

static void print_told(const struct cluster_object *o, const struct buf *told)
{
	AUTO(buf_done) struct buf line = { 0 };

	buf_init(&line, LIMIT_OBJECT_BYTES);
	buf_printf(&line, "fha/%s in %s: ", o->name, o->ns);
	printable_put(&line, buf_sv(told));
	puts(buf_text(&line));
}

static enum error_kind set(struct override_options *o, struct live *l, struct arena *a,
	struct buf *told, struct buf *answer, struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct sv own;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (cluster_object_open(&o->object, l, err) != ERR_OK ||
		cluster_object_get(l, a, AUTOSCALER_OWN, o->object.ns, o->object.name, &own, err) !=
			ERR_OK ||
		set_override_compute(a, own, &o->wish, server_now(l), &body, told, err) != ERR_OK)
		return err->kind;
	return apply(l, &o->object, buf_sv(&body), answer, err);
}

static int run(void *ctx)
{
	struct override_options *o = ctx;
	AUTO(live_close) struct live l = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf told = { 0 }, answer = { 0 }, rest = { 0 };
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&told, LIMIT_OBJECT_BYTES);
	buf_init(&answer, LIMIT_OBJECT_BYTES);
	buf_init(&rest, LIMIT_OBJECT_BYTES);
	if (set(o, &l, &a, &told, &answer, &err) != ERR_OK)
		return verb_args_fail("override", &err, cluster_object_exit_code(&l, &err));
	if (o->wish.clear && set_override_remains(&a, buf_sv(&answer), &rest)) {
		(void)error_set(&err, ERR_CONFLICT,
			"somebody else's override stays, remove it where it comes from: %s",
			buf_text(&rest));
		return verb_args_fail("override", &err, VERB_ARGS_NO);
	}
	print_told(&o->object, &told);
	return VERB_ARGS_OK;
}

int cmd_override(int argc, char **argv)
{
	struct override_options o = {
		.object.kind = AUTOSCALER_OWN, .min = NOT_GIVEN, .max = NOT_GIVEN
	};
	struct option table[N_OPTIONS];

	fill(table, &o);
	const struct verb_args verb = { .verb = "override",
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
