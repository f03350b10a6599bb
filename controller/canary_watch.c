/* One request at a time, driven by one timer: the machine says what to do next, the answer goes back into it. A watch's word and an answer may come in any
 * order; what is older than what was seen is left out. */
#include "controller/canary_watch.h"

#include "common/jtree.h"
#include "common/jw.h"
#include "common/limits.h"
#include "controller/autoscaler_kind.h"
#include "controller/replica_author.h"
#include "kube/api_path.h"
#include "kube/backoff.h"

#define REQUEST_TIMEOUT_NS (10 * NS_PER_SEC)
/* The period is stretched by up to this part. */
#define STRETCH_PART 5
#define LABEL "app.kubernetes.io/managed-by"
#define LABEL_VALUE "flyball-controller"
#define TARGET CANARY_WATCH_NAME "-has-no-target"
#define PURPOSE                                                                                    \
	"Its target does not exist. flyball-controller sees from its status whether another HPA "  \
	"controller lives, and writes nothing while one does."

struct canary_watch {
	struct canary_watch_config config;
	char *namespace;
	struct canary canary;
	struct loop_timer *timer;
	struct client_call *call;
	enum canary_action action;   /* of the call */
	enum canary_verdict verdict; /* told last */
	uint64_t version;	     /* resourceVersion of the newest state seen; 0: none */
	char *text;		     /* that version as text, for the precondition; NULL: none */
};

static void turn(struct canary_watch *w);

void canary_watch_free(struct canary_watch *w)
{
	if (!w)
		return;
	client_cancel(w->call);
	loop_timer_free(w->timer);
	mem_free(w->namespace);
	mem_free(w->text);
	mem_free(w);
}

static void tell_verdict(struct canary_watch *w)
{
	enum canary_verdict verdict = canary_judge(&w->canary, instant_mono_now());

	if (verdict == w->verdict)
		return;
	w->verdict = verdict;
	w->config.on_verdict(verdict, w->canary.by, w->config.ctx);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	(void)t;
	turn(ctx);
}

enum error_kind canary_watch_new(
	const struct canary_watch_config *config, struct canary_watch **ret, struct error *err)
{
	int64_t period_ns = config->period_ns > 0 ? config->period_ns : CANARY_WATCH_PERIOD_NS;
	struct backoff random;

	if (!config->namespace || config->namespace[0] == '\0')
		return error_set(err, ERR_INVALID,
			"native objects are written only beside a canary in our own namespace, and "
			"which that is is not known");
	AUTO(canary_watch_free) struct canary_watch *w = mem_zalloc(sizeof(*w));
	if (!w)
		return error_nomem(err);
	backoff_init(&random, backoff_seed());
	period_ns = backoff_between_ns(&random, period_ns, period_ns + period_ns / STRETCH_PART);
	canary_init(&w->canary, period_ns, false);
	w->config = *config;
	w->namespace = mem_strdup(config->namespace);
	w->timer = loop_timer_new(client_loop(config->client), on_timer, w);
	if (!w->namespace || !w->timer)
		return error_nomem(err);
	loop_timer_set(w->timer, 0);
	*ret = TAKE_PTR(w);
	return ERR_OK;
}

void canary_watch_lead(struct canary_watch *w, bool leads)
{
	canary_lead(&w->canary, leads);
	turn(w);
}

enum canary_verdict canary_watch_judge(const struct canary_watch *w)
{
	return canary_judge(&w->canary, instant_mono_now());
}

/* The newest other writer of the status; false: nobody but us is recorded. */
static bool find_writer(struct sv json, struct managed_fields_writer *ret)
{
	static const char *const PATH[] = { "f:status", NULL };
	const struct managed_fields_query query = { PATH, REPLICA_AUTHOR_OURS };

	return managed_fields_newest(json, &query, ret);
}

/* False: an older state than the one we know. */
static bool keep_version(struct canary_watch *w, struct sv resource_version)
{
	AUTO(buf_done) struct buf text = { 0 };
	uint64_t version;

	if (!object_meta_version(resource_version, &version))
		version = 0;
	if (version != 0 && version < w->version)
		return false;
	buf_init(&text, 256);
	buf_put_sv(&text, resource_version);
	mem_free(w->text);
	w->text = mem_strdup(buf_text(&text));
	w->version = version;
	return true;
}

static void see(struct canary_watch *w, const struct object_id *id, struct sv json, bool read)
{
	struct managed_fields_writer writer = { .manager = "" };

	if (!keep_version(w, id->resource_version)) {
		/* A read that is older than what the watch told is read again later. Where that goes on, versions began anew (a backup was put back):
		 * nothing is known any more. */
		if (read) {
			w->version = 0;
			canary_forget(&w->canary);
			canary_fail(&w->canary, instant_mono_now());
		}
		return;
	}
	(void)find_writer(json, &writer);
	canary_see(&w->canary, canary_look(json), read, sv_of(writer.manager), instant_mono_now());
}

static void see_missing(struct canary_watch *w, bool read)
{
	mem_free(TAKE_PTR(w->text));
	canary_see(&w->canary, CANARY_MISSING, read, SV_NULL, instant_mono_now());
}

static void see_answer(struct canary_watch *w, struct sv body)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct error err;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (object_meta_scan(&a, body, true, &id, &err) == ERR_OK) {
		see(w, &id, body, true);
		return;
	}
	canary_fail(&w->canary, instant_mono_now());
	if (w->config.on_error)
		w->config.on_error(&err, w->config.ctx);
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct canary_watch *w = ctx;

	w->call = NULL;
	if (!failed) {
		see_answer(w, answer->body);
	} else if (failed->kind == ERR_NOTFOUND && w->action != CANARY_CREATE) {
		see_missing(w, true);
	} else {
		/* A conflict or an object that is there already: it is read before anything else. */
		if (failed->kind == ERR_CONFLICT)
			canary_forget(&w->canary);
		else if (w->config.on_error)
			w->config.on_error(failed, w->config.ctx);
		canary_fail(&w->canary, instant_mono_now());
	}
	turn(w);
}

static void put_spec(struct jw *w)
{
	jw_key(w, "spec");
	jw_object(w);
	jw_key(w, "scaleTargetRef");
	jw_object(w);
	jw_member_str(w, "apiVersion", "apps/v1");
	jw_member_str(w, "kind", "Deployment");
	jw_member_str(w, "name", TARGET);
	jw_object_end(w);
	jw_member_i64(w, "minReplicas", 1);
	jw_member_i64(w, "maxReplicas", 1);
	jw_object_end(w);
}

/* The whole object without a status: new, or for a write to its status. */
static void put_canary(struct buf *out, const struct canary_watch *watch, const char *version)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(AUTOSCALER_NATIVE);
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "apiVersion", names->api_version);
	jw_member_str(&w, "kind", names->kind);
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_str(&w, "name", CANARY_WATCH_NAME);
	jw_member_str(&w, "namespace", watch->namespace);
	if (version)
		jw_member_str(&w, "resourceVersion", version);
	jw_key(&w, "labels");
	jw_object(&w);
	jw_member_str(&w, LABEL, LABEL_VALUE);
	jw_object_end(&w);
	jw_key(&w, "annotations");
	jw_object(&w);
	jw_member_str(&w, "flyball.dev/purpose", PURPOSE);
	jw_object_end(&w);
	jw_object_end(&w);
	put_spec(&w);
	jw_object_end(&w);
}

static enum error_kind act(struct canary_watch *w, struct error *err)
{
	static const char *const METHODS[] = { [CANARY_NOTHING] = "GET",
		[CANARY_CREATE] = "POST",
		[CANARY_CLEAR] = "PUT",
		[CANARY_READ] = "GET" };
	const struct autoscaler_kind_names *names = autoscaler_kind_names(AUTOSCALER_NATIVE);
	const struct api_path path = { .group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = sv_of(w->namespace),
		.resource = sv_of(names->plural),
		.name = w->action == CANARY_CREATE ? SV_NULL : SV(CANARY_WATCH_NAME),
		.subresource = w->action == CANARY_CLEAR ? SV("status") : SV_NULL };
	AUTO(buf_done) struct buf target = { 0 }, body = { 0 };

	buf_init(&target, LIMIT_OBJECT_BYTES);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	if (w->action != CANARY_READ)
		put_canary(&body, w, w->action == CANARY_CLEAR ? w->text : NULL);
	if (buf_check(&target, "the canary's path", err) != ERR_OK ||
		buf_check(&body, "the canary", err) != ERR_OK)
		return err->kind;
	const struct client_request request = { .method = METHODS[w->action],
		.target = buf_text(&target),
		.resource = names->resource,
		.name = CANARY_WATCH_NAME,
		.body = buf_sv(&body),
		.timeout_ns = REQUEST_TIMEOUT_NS,
		.done = on_answer,
		.ctx = w };
	return client_start(w->config.client, &request, &w->call, err);
}

/* Tells the verdict, does what is due, and sets the timer for what is not. */
static void turn(struct canary_watch *w)
{
	struct mono now = instant_mono_now(), wake;
	struct error err;

	tell_verdict(w);
	if (w->call)
		return;
	w->action = canary_next(&w->canary, now, &wake);
	if (w->action != CANARY_NOTHING && act(w, &err) != ERR_OK) {
		canary_fail(&w->canary, now);
		if (w->config.on_error)
			w->config.on_error(&err, w->config.ctx);
		w->action = canary_next(&w->canary, now, &wake);
	}
	if (!w->call)
		loop_timer_set_at(w->timer, wake);
}

/* How long ago that was, by the API server's clock; where that is not known yet, by ours. */
static int64_t age_ns(const struct canary_watch *w, struct wall time)
{
	struct server_time now;

	if (!client_server_time(w->config.client, instant_mono_now(), &now))
		return instant_wall_sub_ns(instant_wall_now(), time);
	return instant_wall_sub_ns(
		instant_wall_add_ns((struct wall){ 0, 0 }, now.earliest_ns), time);
}

bool canary_watch_object(struct canary_watch *w, const struct object_id *id, struct sv json)
{
	struct managed_fields_writer writer;
	bool is_canary = sv_is(id->name, CANARY_WATCH_NAME) && sv_is(id->namespace, w->namespace);

	if (is_canary && json.len > 0)
		see(w, id, json, false);
	else if (is_canary)
		see_missing(w, false);
	else if (json.len == 0 || !find_writer(json, &writer) ||
		 !canary_testify(&w->canary, sv_of(writer.manager), age_ns(w, writer.time),
			 instant_mono_now()))
		return false;
	turn(w);
	return is_canary;
}

bool canary_watch_is_canary(const struct object_id *id, struct sv json)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_meta meta;
	struct error ignored;
	struct jtree *t;

	if (!sv_is(id->name, CANARY_WATCH_NAME))
		return false;
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (jtree_parse(&a, json, &t, &ignored) != ERR_OK ||
		object_meta_decode(&a, t, &meta, &ignored) != ERR_OK)
		return false;
	struct sv label = object_meta_find(meta.labels, meta.n_labels, SV(LABEL));
	struct sv target = jtree_text(jtree_at(t, "spec", "scaleTargetRef", "name", NULL));
	return sv_is(label, LABEL_VALUE) && sv_is(target, TARGET);
}
