/* The same pass as the controller's, one request after the other. */
#include "cli/live.h"

#include <stdlib.h>

#include "cli/live_foreign.h"
#include "cli/live_prometheus.h"
#include "common/limits.h"
#include "controller/canary_watch.h"
#include "controller/hpa_decode.h"
#include "kube/object_meta.h"
#include "kube/wait.h"

/* Autoscalers of one namespace, each with its decoded form and its scale. */
#define MAX_PEERS 100000
#define MAX_PEERS_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_CONFIG_ARENA_BYTES (8u * LIMIT_CONFIG_FILE_BYTES)

enum error_kind live_open(
	struct live *l, const char *kubeconfig, const char *context, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};

	*l = (struct live){ .settings = SETTINGS_DEFAULT };
	arena_init(&l->arena, MAX_CONFIG_ARENA_BYTES);
	arena_init(&l->peers_arena, MAX_PEERS_ARENA_BYTES);
	map_init(&l->scales, MAX_PEERS);
	if (kubeconfig_find(&l->arena, kubeconfig, context, &env, false, &l->cluster, err) !=
			ERR_OK ||
		loop_new(&l->loop, err) != ERR_OK ||
		http_client_new(l->loop, &l->http, err) != ERR_OK ||
		client_new(l->http, l->loop, &l->cluster, "flyball/" FLYBALL_VERSION, &l->client,
			err) != ERR_OK)
		return err->kind;
	l->ns = l->cluster.namespace;
	l->pods = pod_cache_new();
	return l->pods ? wait_discovery(l->client, &l->discovery, err) : error_nomem(err);
}

void live_close(struct live *l)
{
	discovery_unref(l->discovery);
	pod_cache_free(l->pods);
	foreign_free(l->foreign);
	prom_share_free(l->prom_share);
	client_free(l->client);
	http_client_free(l->http);
	loop_free(l->loop);
	history_done(&l->history);
	map_done(&l->scales, NULL);
	arena_done(&l->peers_arena);
	arena_done(&l->arena);
	*l = (struct live){ 0 };
}

struct collection {
	struct arena *arena;
	struct live_object *at;
	size_t n, size;
	enum autoscaler_kind kind; /* of what is added */
	bool named;		   /* one that was asked for by its name */
};

static enum error_kind add_object(struct sv item, void *ctx, struct error *err)
{
	struct collection *c = ctx;
	struct object_id id;

	if (object_meta_scan(c->arena, item, true, &id, err) != ERR_OK)
		return err->kind;
	if (!c->named && c->kind == AUTOSCALER_NATIVE && canary_watch_is_canary(&id, item))
		return ERR_OK;
	if (c->n == c->size) {
		size_t size = c->size ? 2 * c->size : 64;
		struct live_object *grown = ARENA_ARRAY(c->arena, size, struct live_object);
		if (!grown)
			return arena_error(c->arena, err);
		if (c->n > 0)
			memcpy(grown, c->at, c->n * sizeof(*grown));
		c->at = grown;
		c->size = size;
	}
	c->at[c->n++] = (struct live_object){ c->kind, arena_sv(c->arena, item),
		arena_sv(c->arena, id.namespace), arena_sv(c->arena, id.name) };
	return c->at[c->n - 1].json.ptr ? ERR_OK : arena_error(c->arena, err);
}

/* Adds the objects of one kind. */
static enum error_kind list_kind(struct live *l, struct collection *found,
	enum autoscaler_kind kind, const struct live_which *which, struct error *err)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(kind);
	const struct api_path path = { .group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = sv_of(which->ns),
		.resource = sv_of(names->plural),
		.name = sv_of(which->name) };
	AUTO(buf_done) struct buf body = { 0 };

	found->kind = kind;
	found->named = which->name != NULL;
	if (!which->name)
		return live_each(l, &path, names->resource, add_object, found, err);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (wait_get_path(l->client, &path, names->resource, which->name, &body, err) != ERR_OK)
		return err->kind;
	return add_object(buf_sv(&body), found, err);
}

enum error_kind live_list(struct live *l, struct arena *a, const struct live_which *which,
	struct live_object **ret, size_t *ret_n, struct error *err)
{
	struct collection found = { .arena = a };
	enum autoscaler_kind first = which->name ? which->kind : AUTOSCALER_NATIVE;

	if (list_kind(l, &found, first, which, err) != ERR_OK)
		return err->kind;
	/* A cluster without our kind, or without a right to it, has the others all the same. */
	if (!which->name && list_kind(l, &found, AUTOSCALER_OWN, which, err) != ERR_OK &&
		err->kind != ERR_NOTFOUND && err->kind != ERR_DENIED)
		return err->kind;
	*ret = found.at;
	*ret_n = found.n;
	return ERR_OK;
}

static enum error_kind add_pod(struct sv item, void *ctx, struct error *err)
{
	struct live *l = ctx;
	return pod_cache_put(l->pods, item, err);
}

/* The pods of one namespace at a time are enough. */
static enum error_kind load_pods(struct live *l, struct sv ns, struct error *err)
{
	const struct api_path path = {
		.version = SV("v1"), .namespace = ns, .resource = SV("pods")
	};

	if (l->loaded_namespace.ptr && sv_eq(l->loaded_namespace, ns))
		return ERR_OK;
	pod_cache_free(l->pods);
	l->loaded_namespace = SV_NULL;
	l->pods = pod_cache_new();
	if (!l->pods)
		return error_nomem(err);
	if (live_each(l, &path, "pods", add_pod, l, err) != ERR_OK)
		return error_wrap(err, "the pods of namespace %.*s", SV_ARG(ns));
	l->loaded_namespace = arena_sv(&l->arena, ns);
	return l->loaded_namespace.ptr ? ERR_OK : arena_error(&l->arena, err);
}

/* As the controller has it: an override ends by the API server's clock. */
static struct decide_now now(const struct live *l)
{
	return (struct decide_now){ client_wall_now(l->client), instant_mono_now() };
}

/* A scale that was read for the sake of the namespace's other autoscalers is not read again. */
static enum error_kind read_scale(struct live *l, struct arena *a, const struct pass_want *want,
	struct buf *body, struct error *failed)
{
	AUTO(buf_done) struct buf target = { 0 };
	char *resource = arena_strdup(a, want->path.resource),
	     *name = arena_strdup(a, want->path.name);

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &want->path);
	if (!resource || !name)
		return arena_error(a, failed);
	const struct sv *known = map_get(&l->scales, buf_sv(&target));
	if (known) {
		buf_put_sv(body, *known);
		return buf_check(body, "a scale", failed);
	}
	if (wait_get(l->client, buf_text(&target), resource, name, body, failed) != ERR_OK)
		return failed->kind;
	struct sv *kept = ARENA_NEW(&l->peers_arena, struct sv);
	if (!kept)
		return arena_error(&l->peers_arena, failed);
	*kept = arena_sv(&l->peers_arena, buf_sv(body));
	return kept->ptr ? map_set(&l->scales, buf_sv(&target), kept, NULL, failed)
			 : arena_error(&l->peers_arena, failed);
}

static enum error_kind get_scale(struct live *l, struct arena *a, struct pass *pass,
	const struct pass_want *want, struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct error failed;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	bool ok = read_scale(l, a, want, &body, &failed) == ERR_OK;
	if (!ok && (failed.kind == ERR_NOMEM || failed.kind == ERR_LIMIT)) {
		*err = failed;
		return failed.kind;
	}
	const struct pass_answer answer = {
		.failed = !ok,
		.http_status = ok ? 200 : failed.code,
		.error = ok ? SV_NULL : sv_of(failed.text),
		.body = buf_sv(&body),
		.now = now(l),
	};
	return pass_answer_scale(pass, &answer, err);
}

static void begin(struct live *l, struct arena *a, const struct hpa *hpa, struct sv foreign,
	struct tape_write *tape, struct pass *ret)
{
	struct pass_input input = { .arena = a,
		.settings = &l->settings,
		.hpa = hpa,
		.discovery = l->discovery,
		.prometheus = &l->servers,
		.history = &l->history,
		.foreign = foreign,
		.tape = tape };

	history_clear(&l->history);
	(void)ask_custom_version(l->discovery, &input.custom_version, &input.custom_problem);
	pass_begin(ret, &input, now(l));
}

/* What an autoscaler's own pass would remember as its selector; none when it does not come that far. */
static enum error_kind find_selector(struct live *l, struct pass *pass,
	const struct live_object *object, struct target_peer *ret, struct error *err)
{
	struct arena *a = &l->peers_arena;
	struct hpa *hpa = ARENA_NEW(a, struct hpa);
	struct pass_want want;

	*ret = (struct target_peer){ .ns = object->ns, .name = object->name };
	if (!hpa)
		return arena_error(a, err);
	if (hpa_decode_stored(a, object->kind, object->json, hpa, err) != ERR_OK)
		return err->kind == ERR_INVALID ? ERR_OK : err->kind;
	begin(l, a, hpa, SV(""), NULL, pass);
	enum error_kind rc;
	while ((rc = pass_next(pass, &want, err)) == ERR_OK && want.kind == PASS_WANT_GET_SCALE) {
		rc = get_scale(l, a, pass, &want, err);
		if (rc != ERR_OK)
			return rc;
	}
	if (rc != ERR_OK || want.kind != PASS_WANT_PODS)
		return rc;
	struct selector *selector = ARENA_NEW(a, struct selector);
	if (!selector)
		return arena_error(a, err);
	*selector = *want.selector;
	ret->selector = selector;
	return ERR_OK;
}

/* Who may read one autoscaler only is not told of the others. */
static enum error_kind load_peers(
	struct live *l, enum autoscaler_kind kind, const char *ns, struct error *err)
{
	AUTO(mem_free) void *pass = mem_alloc(sizeof(struct pass));
	const struct live_which all = { .ns = ns };
	struct collection found = { .arena = &l->peers_arena };

	map_done(&l->scales, NULL);
	map_init(&l->scales, MAX_PEERS);
	arena_clear(&l->peers_arena);
	l->n_peers = 0;
	if (!pass)
		return error_nomem(err);
	if (list_kind(l, &found, kind, &all, err) != ERR_OK)
		return err->kind == ERR_DENIED ? ERR_OK : err->kind;
	if (found.n < 2)
		return ERR_OK;
	l->peers = ARENA_ARRAY(&l->peers_arena, found.n, struct target_peer);
	if (!l->peers)
		return arena_error(&l->peers_arena, err);
	for (size_t i = 0; i < found.n; i++) {
		if (find_selector(l, pass, &found.at[i], &l->peers[i], err) != ERR_OK)
			return err->kind;
		l->n_peers++;
	}
	return ERR_OK;
}

static enum error_kind enter_namespace(
	struct live *l, enum autoscaler_kind kind, struct sv ns, struct error *err)
{
	if (l->peers_namespace.ptr && sv_eq(l->peers_namespace, ns) && l->peers_kind == kind)
		return ERR_OK;
	l->peers_namespace = SV_NULL;
	struct sv copy = arena_sv(&l->arena, ns);
	if (!copy.ptr)
		return arena_error(&l->arena, err);
	if (load_peers(l, kind, copy.ptr, err) != ERR_OK)
		return error_wrap(err, "the autoscalers of namespace %.*s", SV_ARG(ns));
	l->peers_namespace = copy;
	l->peers_kind = kind;
	return ERR_OK;
}

static enum error_kind ask_one(struct live *l, struct arena *a, struct pass *pass, size_t i,
	const struct ask_question *question, struct error *err)
{
	if (question->server.len > 0)
		return live_prometheus_ask(l, a, pass, i, question, err);
	AUTO(buf_done) struct buf body = { 0 };
	struct error failed;
	char *target = arena_strdup(a, question->target),
	     *resource = arena_strdup(a, question->resource),
	     *name = arena_strdup(a, question->name);
	const struct client_request request = { .target = target,
		.resource = resource,
		.name = name,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES };

	buf_init(&body, LIMIT_METRICS_ANSWER_BYTES);
	if (!target || !resource || !name)
		return arena_error(a, err);
	bool ok = wait_request(l->client, &request, &body, &failed) == ERR_OK;
	const struct readings_answer answer = {
		.failed = !ok,
		.error = ok ? SV_NULL : sv_of(failed.text),
		.http_status = ok ? 200 : failed.code,
		.body = buf_sv(&body),
	};
	return pass_answer_metric(pass, i, &answer, err);
}

static enum error_kind give_pods(struct live *l, struct arena *a, struct pass *pass, struct sv ns,
	const struct selector *selector, struct error *err)
{
	struct pod_set pods;

	if (load_pods(l, ns, err) != ERR_OK ||
		pod_cache_select(l->pods, a, ns, selector, &pods, err) != ERR_OK)
		return err->kind;
	return pass_answer_pods(pass, &pods, l->peers, l->n_peers, now(l), err);
}

/* Nothing is written: the machine is told that it was. */
static enum error_kind pretend(const struct live *l, struct pass *pass,
	const struct pass_want *want, struct sv json, struct error *err)
{
	const struct pass_answer answer = { .http_status = 200,
		.body = want->kind == PASS_WANT_PUT_SCALE ? want->body : json,
		.now = now(l) };
	return want->kind == PASS_WANT_PUT_SCALE ? pass_answer_scale(pass, &answer, err)
						 : pass_answer_status(pass, &answer, err);
}

static enum error_kind serve(struct live *l, struct arena *a, const struct live_object *object,
	struct pass *pass, const struct pass_want *want, struct error *err)
{
	enum error_kind rc = ERR_OK;

	switch (want->kind) {
	case PASS_WANT_GET_SCALE:
		return get_scale(l, a, pass, want, err);
	case PASS_WANT_PODS:
		return give_pods(l, a, pass, object->ns, want->selector, err);
	case PASS_WANT_READINGS:
		for (size_t i = 0; i < want->n_questions && rc == ERR_OK; i++) {
			if (ask_is_sent(&want->questions[i]))
				rc = ask_one(l, a, pass, i, &want->questions[i], err);
		}
		return rc;
	case PASS_WANT_PUT_SCALE:
	case PASS_WANT_PUT_STATUS:
		return pretend(l, pass, want, object->json, err);
	case PASS_WANT_NOTHING:
		break;
	}
	return ERR_OK;
}

enum error_kind live_pass(struct live *l, struct arena *a, const struct live_object *object,
	struct hpa *ret_hpa, struct pass *ret_pass, struct error *err)
{
	struct pass_want want;
	struct sv foreign;

	if (hpa_decode_stored(a, object->kind, object->json, ret_hpa, err) != ERR_OK ||
		enter_namespace(l, object->kind, object->ns, err) != ERR_OK ||
		live_foreign_tell(l, a, ret_hpa, &foreign, err) != ERR_OK)
		return err->kind;
	begin(l, a, ret_hpa, foreign, l->tape, ret_pass);
	enum error_kind rc;
	while ((rc = pass_next(ret_pass, &want, err)) == ERR_OK && want.kind != PASS_WANT_NOTHING) {
		rc = serve(l, a, object, ret_pass, &want, err);
		if (rc != ERR_OK)
			break;
	}
	return rc;
}
