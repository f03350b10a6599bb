/* Time and order. A step's inputs reach the controller by its watches while no pass may begin (dispatch_put_off); then the object is hurried, and the step
 * is over when its pass has ended and its events are sent. Between two steps the clock goes in hops that no watch takes for a dead connection. */
#include "tests/conformance/live_run.h"

#include "controller/dispatch.h"
#include "kube/kubeconfig.h"
#include "tests/conformance/hpa_step.h"
#include "tests/conformance/live_clock.h"

/* A case takes milliseconds. */
#define PATIENCE_NS (10 * NS_PER_SEC)
/* Watches take a minute of silence for death. */
#define HOP_NS (40 * NS_PER_SEC)
/* Longer than a case, but for the two periods at its start. */
#define CANARY_PERIOD_NS (INT64_C(3600) * NS_PER_SEC)
/* It is stretched by up to a fifth. */
#define CANARY_WAIT_NS (CANARY_PERIOD_NS / 5 * 6)
/* A watch that was taken for dead comes back within this time. */
#define RECONNECT_NS (31 * NS_PER_SEC)
/* Turns of the loop without a request; so many, and only the clock can bring the next one. */
#define IDLE_TURNS 200u
/* Turns without a request, after which none is under way. */
#define CALM_TURNS 20u
#define MAX_PERIODS 10u
/* Any time since boot: nothing is earlier than a few hours before the first step. */
#define FIRST_MONO_NS (INT64_C(1000000) * NS_PER_SEC)
/* Of the fake server: its clock is ours, and jumps. */
#define IDLE_TIMEOUT_SEC 1000000u
#define MAX_BODY_BYTES (16u * 1024 * 1024)
#define DECISIONS_BYTES (INT64_C(1024) * 1024)
#define STATUS_REFRESH_NS (60 * NS_PER_SEC)

typedef bool (*condition_fn)(struct live_run *run);

/* Observers */

static bool is_own(const struct live_run *run, struct sv ns, struct sv name)
{
	return sv_eq(ns, run->api.ns) && sv_eq(name, run->api.name);
}

static void on_event(const struct event *event, void *ctx)
{
	struct live_run *run = ctx;
	const struct live_event e = { event->type, event->reason, event->message };

	if (is_own(run, event->namespace, event->name))
		live_record_event(&run->record, &e);
}

static void on_pass(const struct autoscaler *one, const struct drive_result *result, void *ctx)
{
	struct live_run *run = ctx;
	struct live_record *r = &run->record;

	if (!is_own(run, one->ns, one->name))
		return;
	r->n_passes++;
	run->numbers =
		result->pass && hpa_step_parts(result->pass, jtree_get(run->api.step, "expect"));
	r->concluded = result->conclusion != NULL;
	r->error = SV_NULL;
	if (result->conclusion && result->conclusion->error.ptr)
		r->error = arena_sv(run->a, result->conclusion->error);
	else if (!result->conclusion)
		r->error = arena_sv(
			run->a, sv_of(result->failed ? result->failed->text : "no conclusion"));
}

static void on_watch(const char *path, struct watch *watch, void *ctx)
{
	struct live_run *run = ctx;
	live_cluster_watch(&run->api.cluster, path, watch);
}

static void on_watch_end(const struct watch *watch, void *ctx)
{
	struct live_run *run = ctx;
	live_cluster_watch_end(&run->api.cluster, watch);
}

static void on_canary(const struct canary_watch *canary, void *ctx)
{
	struct live_run *run = ctx;
	run->canary = canary;
}

/* Turning the loop */

static bool has_passed(struct live_run *run);

static enum error_kind until(
	struct live_run *run, condition_fn holds, const char *what, struct error *err)
{
	unsigned n_asked = run->api.n_asked, n_idle = 0;

	while (!holds(run)) {
		if (loop_run_once(run->loop, 0, err) != ERR_OK)
			return err->kind;
		if (run->api.cluster.broken)
			return error_set(err, ERR_LIMIT, "the fake API server broke down");
		n_idle = n_asked == run->api.n_asked ? n_idle + 1 : 0;
		n_asked = run->api.n_asked;
		/* The pause before a count is written again. */
		if (n_idle > IDLE_TURNS && holds == has_passed && run->record.conflict) {
			live_clock_advance(NS_PER_MS);
			n_idle = 0;
		}
		if (live_clock_real_ns() > run->give_up_ns)
			return error_set(err, ERR_UNAVAIL, "waited in vain for %s", what);
	}
	return ERR_OK;
}

/* Until nothing comes any more: what was asked is answered, and the answer was read. */
static enum error_kind calm_down(struct live_run *run, struct error *err)
{
	unsigned n_asked = run->api.n_asked;

	for (unsigned i = 0; i < CALM_TURNS; i++) {
		if (loop_run_once(run->loop, 0, err) != ERR_OK)
			return err->kind;
		if (n_asked != run->api.n_asked)
			i = 0;
		n_asked = run->api.n_asked;
	}
	return ERR_OK;
}

static bool is_settled(struct live_run *run)
{
	return live_cluster_is_settled(&run->api.cluster);
}

static bool is_ready(struct live_run *run)
{
	return controller_is_ready(run->controller) && is_settled(run);
}

static bool may_write(struct live_run *run)
{
	return canary_watch_judge(run->canary) == CANARY_SILENT && is_settled(run);
}

static bool is_quiet(struct live_run *run)
{
	struct schedule_depth depth = dispatch_depth(controller_dispatch(run->controller));

	return depth.n_ready == 0 && depth.n_running == 0 && depth.n_slow == 0 && is_settled(run);
}

static bool has_passed(struct live_run *run)
{
	return run->record.n_passes > 0 && is_quiet(run);
}

/* Turns */

static void put_off(struct autoscaler *one, void *ctx)
{
	struct live_run *run = ctx;

	dispatch_put_off(controller_dispatch(run->controller), one, (struct mono){ INT64_MAX });
}

static void put_off_all(struct live_run *run)
{
	autoscalers_each(controller_autoscalers(run->controller), put_off, run);
}

static struct autoscaler *find_own(const struct live_run *run)
{
	return autoscalers_find(controller_autoscalers(run->controller), AUTOSCALER_NATIVE,
		run->api.ns, run->api.name);
}

/* Time */

static void set_clock(const struct live_run *run)
{
	live_clock_freeze((struct wall){ LIVE_API_EPOCH_SEC + run->t, 0 },
		(struct mono){ FIRST_MONO_NS + run->elapsed_ns });
}

static enum error_kind hop(struct live_run *run, int64_t ns, struct error *err)
{
	run->elapsed_ns += ns;
	live_clock_advance(ns);
	/* What is due now is begun before anything else is said. */
	if (loop_run_once(run->loop, 0, err) != ERR_OK)
		return err->kind;
	live_cluster_bookmark(&run->api.cluster);
	return until(run, is_settled, "a word of the watches to arrive", err);
}

static enum error_kind advance_to(struct live_run *run, int64_t t, struct error *err)
{
	int64_t left_ns = (t - run->t) * NS_PER_SEC;

	/* A pass that waited has moved the clock by some milliseconds. */
	set_clock(run);
	while (left_ns > 0) {
		int64_t ns = left_ns < HOP_NS ? left_ns : HOP_NS;
		if (hop(run, ns, err) != ERR_OK)
			return err->kind;
		left_ns -= ns;
	}
	run->t = t;
	return ERR_OK;
}

/* A controller's life */

/* Silent periods until we may write: two, or one more where an answer was slow. The watches take the jumps for dead connections, and come back. */
static enum error_kind wait_for_canary(struct live_run *run, struct error *err)
{
	for (unsigned i = 0; i < MAX_PERIODS; i++) {
		if (calm_down(run, err) != ERR_OK)
			return err->kind;
		if (canary_watch_judge(run->canary) == CANARY_SILENT)
			break;
		run->elapsed_ns += CANARY_WAIT_NS;
		set_clock(run);
	}
	run->elapsed_ns += RECONNECT_NS;
	set_clock(run);
	if (until(run, may_write, "the canary to be found silent", err) != ERR_OK)
		return err->kind;
	/* Some watches have heard nothing since the last jump. */
	return hop(run, 0, err);
}

static enum error_kind begin_controller(struct live_run *run, struct error *err)
{
	const struct settings *settings = &run->tape->settings;
	struct controller_config config = { .settings = *settings,
		.sync_period_ns = run->tape->sync_period_ns,
		.share_metrics = true,
		.status_refresh_ns = STATUS_REFRESH_NS,
		.native = CONTROLLER_OWN,
		.namespace = LIVE_API_NAMESPACE,
		.canary_period_ns = CANARY_PERIOD_NS,
		.decisions_bytes = DECISIONS_BYTES };

	config.settings.guards = settings->arithmetic == ARITH_SAFE;
	if (controller_new(run->client, &config, run->metrics, &run->controller, err) != ERR_OK ||
		until(run, is_ready, "the first lists", err) != ERR_OK)
		return err->kind;
	put_off_all(run);
	controller_lead(run->controller);
	return wait_for_canary(run, err);
}

static void end_controller(struct live_run *run)
{
	controller_free(run->controller);
	run->controller = NULL;
	live_cluster_hang_up(&run->api.cluster);
	selfmetrics_free(run->metrics);
	run->metrics = NULL;
}

static enum error_kind connect_client(struct live_run *run, struct error *err)
{
	const struct http_server_config server = { .bind_address = "127.0.0.1",
		.idle_timeout_sec = IDLE_TIMEOUT_SEC,
		.max_body_bytes = MAX_BODY_BYTES };
	struct kubeconfig_client config = { .server = NULL };

	if (loop_new(&run->loop, err) != ERR_OK ||
		http_server_new(run->loop, &server, live_api_handle, &run->api, &run->server,
			err) != ERR_OK)
		return err->kind;
	config.server = arena_printf(
		run->a, "http://127.0.0.1:%u", (unsigned)http_server_port(run->server));
	if (!config.server)
		return arena_error(run->a, err);
	if (http_client_new(run->loop, &run->http, err) != ERR_OK)
		return err->kind;
	return client_new(run->http, run->loop, &config, "flyball-conformance", &run->client, err);
}

enum error_kind live_run_start(struct live_run *run, struct arena *a, const struct jtree *root,
	const struct tape *tape, struct error *err)
{
	*run = (struct live_run){ .a = a, .tape = tape };
	run->give_up_ns = live_clock_real_ns() + PATIENCE_NS;
	run->seams = (struct live_seams){ .on_event = on_event,
		.on_pass = on_pass,
		.on_watch = on_watch,
		.on_watch_end = on_watch_end,
		.on_canary = on_canary,
		.ctx = run };
	live_record_init(&run->record, a);
	live_api_init(&run->api, a, root, &run->record);
	run->api.derives = tape->settings.arithmetic == ARITH_SAFE;
	run->t = tape->steps[0].t;
	set_clock(run);
	live_seams_use(&run->seams);
	return connect_client(run, err);
}

void live_run_done(struct live_run *run)
{
	if (run->controller)
		end_controller(run);
	client_free(run->client);
	http_client_free(run->http);
	http_server_free(run->server);
	loop_free(run->loop);
	live_api_done(&run->api);
	live_record_done(&run->record);
	live_seams_use(NULL);
	live_clock_release();
}

/* A step */

/* A new instance finds everything in its lists. */
static enum error_kind begin_anew(struct live_run *run, const struct jtree *step, struct error *err)
{
	if (run->controller)
		end_controller(run);
	set_clock(run);
	run->metrics = selfmetrics_new();
	if (!run->metrics)
		return error_nomem(err);
	live_api_take_step(&run->api, step);
	live_api_put_object(&run->api);
	return begin_controller(run, err);
}

/* The other objects are looked at when they appear; only then it is known what they select. */
static enum error_kind look_at_peers(struct live_run *run, struct error *err)
{
	if (!jtree_get(run->api.step, "otherHpas"))
		return ERR_OK;
	struct autoscaler *own = find_own(run);
	JTREE_FOREACH (peer, jtree_get(run->api.step, "otherHpas")) {
		struct autoscaler *one = autoscalers_find(controller_autoscalers(run->controller),
			AUTOSCALER_NATIVE, jtree_text(jtree_get(peer, "namespace")),
			jtree_text(jtree_get(peer, "name")));
		if (!one || one == own)
			continue;
		dispatch_put_off(controller_dispatch(run->controller), one, (struct mono){ 0 });
		dispatch_hurry(controller_dispatch(run->controller), one);
	}
	if (until(run, is_quiet, "the passes of other objects", err) != ERR_OK)
		return err->kind;
	put_off_all(run);
	return ERR_OK;
}

/* One pass over the object: begun by its own edit, or else by us. */
static enum error_kind look_at_object(struct live_run *run, struct error *err)
{
	struct dispatch *dispatch = controller_dispatch(run->controller);

	live_record_begin(&run->record, run->metrics);
	live_api_put_object(&run->api);
	if (until(run, is_settled, "the object to arrive", err) != ERR_OK)
		return err->kind;
	struct autoscaler *own = find_own(run);
	if (!own)
		return error_set(err, ERR_BUG, "the controller does not know the object");
	if (run->record.n_passes == 0 && is_quiet(run)) {
		dispatch_put_off(dispatch, own, (struct mono){ 0 });
		dispatch_hurry(dispatch, own);
	}
	if (until(run, has_passed, "the pass to end", err) != ERR_OK)
		return err->kind;
	put_off_all(run);
	/* What follows a pass: its events, and the question who else changed the count. Events that an overloaded server puts off are not waited for. */
	return calm_down(run, err);
}

enum error_kind live_run_step(
	struct live_run *run, const struct jtree *step, size_t i, struct error *err)
{
	const struct tape_step *known = &run->tape->steps[i];
	enum error_kind kind;

	if (i == 0 || known->restart) {
		run->elapsed_ns += (known->t - run->t) * NS_PER_SEC;
		run->t = known->t;
		kind = begin_anew(run, step, err);
	} else {
		kind = advance_to(run, known->t, err);
		if (kind == ERR_OK) {
			live_api_take_step(&run->api, step);
			kind = until(run, is_settled, "the step's objects to arrive", err);
		}
	}
	if (kind != ERR_OK || look_at_peers(run, err) != ERR_OK)
		return err->kind;
	return look_at_object(run, err);
}

enum error_kind live_run_tell(
	struct live_run *run, const struct jtree *expect, struct jtree **ret, struct error *err)
{
	if (run->record.problem)
		return error_set(err, ERR_BUG, "%s", run->record.problem);
	return live_record_tell(&run->record, run->metrics, run->api.status,
		client_server(run->client), expect, ret, err);
}
