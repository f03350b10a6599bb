/* Level-triggered like the controllers it stands for: each step looks at the store as it is and moves it closer to what is wanted. */
#include "sandbox/workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/map.h"

/* Pods of one Deployment. */
#define MAX_PODS 5000
#define MAX_COUNTERS 20000
/* Ended series stay visible to queries that look back. */
#define FORGET_AFTER_MS 600000

struct workload {
	struct store *store;
	struct time_series_store *series;
	struct workload_config config;
	struct map counters; /* pod name -> struct counter */
	struct wall last_step;
	uint64_t n_pods_made;
};

struct counter {
	double requests;
};

enum error_kind workload_new(struct store *store, struct time_series_store *series,
	const struct workload_config *config, struct workload **ret, struct error *err)
{
	struct workload *w = mem_zalloc(sizeof(*w));

	if (!w)
		return error_nomem(err);
	w->store = store;
	w->series = series;
	w->config = *config;
	map_init(&w->counters, MAX_COUNTERS);
	w->last_step = WALL_ZERO;
	*ret = w;
	return ERR_OK;
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	map_done(&w->counters, mem_free);
	mem_free(w);
}

/* "2026-11-21T10:00:00Z" in a caller's room. */
static const char *time_text(struct wall t, char *room, size_t size)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 64);
	instant_wall_print(&text, t);
	(void)snprintf(room, size, "%s", buf_text(&text));
	return room;
}

/* One letter-and-digit suffix per number, as generated names have: base 36 without vowels would be prettier, uniqueness is enough. */
static void suffix(char room[6], uint64_t number)
{
	static const char ALPHABET[] = "bcdfghjklmnpqrstvwxz2456789";

	number = number * UINT64_C(0x9e3779b97f4a7c15) >> 20;
	for (size_t i = 0; i < 5; i++) {
		room[i] = ALPHABET[number % (sizeof(ALPHABET) - 1)];
		number /= sizeof(ALPHABET) - 1;
	}
	room[5] = '\0';
}

static json_t *owner(const char *api_version, const char *kind, const json_t *object)
{
	return json_pack("[{s:s,s:s,s:s,s:s,s:b,s:b}]", "apiVersion", api_version, "kind", kind,
		"name", jx_text_at(object, "metadata.name"), "uid",
		jx_text_at(object, "metadata.uid"), "controller", 1, "blockOwnerDeletion", 1);
}

static bool owned_by(const json_t *object, const char *uid)
{
	const char *owner_uid =
		jx_text_at(json_array_get(jx_at(object, "metadata.ownerReferences"), 0), "uid");
	return owner_uid && uid && strcmp(owner_uid, uid) == 0;
}

/* The ReplicaSet of a Deployment, made when it is missing; its template hash is a constant because templates never roll out here. */
static json_t *replica_set(
	struct workload *w, const json_t *deployment, struct wall now, struct error *err)
{
	const struct resource *r = resources_of_kind("ReplicaSet");
	const char *ns = jx_text_at(deployment, "metadata.namespace");
	char name[300];

	(void)snprintf(
		name, sizeof(name), "%s-5d8f7c6b9d", jx_text_at(deployment, "metadata.name"));
	json_t *existing = store_get(w->store, r, sv_of(ns), sv_of(name));
	if (existing)
		return existing;
	json_t *doc = json_pack("{s:{s:s,s:s,s:o,s:O*},s:{s:i,s:O*,s:O*},s:{s:i}}", "metadata",
		"name", name, "namespace", ns, "ownerReferences",
		owner("apps/v1", "Deployment", deployment), "labels",
		jx_at(deployment, "spec.template.metadata.labels"), "spec", "replicas", 0,
		"selector", jx_at(deployment, "spec.selector"), "template",
		jx_at(deployment, "spec.template"), "status", "replicas", 0);
	if (!doc) {
		(void)error_nomem(err);
		return NULL;
	}
	if (store_create(w->store, r, doc, now, err) != ERR_OK) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static json_t *condition(const char *type, bool truth, struct wall now)
{
	char room[40];
	return json_pack("{s:s,s:s,s:n,s:s}", "type", type, "status", truth ? "True" : "False",
		"lastProbeTime", "lastTransitionTime", time_text(now, room, sizeof(room)));
}

static json_t *container_statuses(const json_t *pod, bool ready)
{
	const json_t *containers = jx_at(pod, "spec.containers");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(containers); i++) {
		const json_t *container = json_array_get(containers, i);
		(void)json_array_append_new(
			list, json_pack("{s:O*,s:O*,s:b,s:b,s:i,s:{s:{}}}", "name",
				      json_object_get(container, "name"), "image",
				      json_object_get(container, "image"), "ready", ready,
				      "started", 1, "restartCount", 0, "state", "running"));
	}
	return list;
}

static json_t *pod_status(const json_t *pod, bool ready, struct wall started, struct wall now)
{
	char room[40];
	return json_pack("{s:s,s:s,s:[o,o,o,o],s:o}", "phase", "Running", "startTime",
		time_text(started, room, sizeof(room)), "conditions",
		condition("PodScheduled", true, started), condition("Initialized", true, started),
		condition("ContainersReady", ready, now), condition("Ready", ready, now),
		"containerStatuses", container_statuses(pod, ready));
}

static enum error_kind make_pod(struct workload *w, const json_t *deployment, const json_t *rs,
	struct wall now, struct error *err)
{
	char name[320], tail[6];

	suffix(tail, ++w->n_pods_made);
	(void)snprintf(name, sizeof(name), "%s-%s", jx_text_at(rs, "metadata.name"), tail);
	AUTO(jx_free)
	json_t *doc = json_pack("{s:{s:s,s:s,s:o,s:O*},s:O*}", "metadata", "name", name,
		"namespace", jx_text_at(rs, "metadata.namespace"), "ownerReferences",
		owner("apps/v1", "ReplicaSet", rs), "labels",
		jx_at(deployment, "spec.template.metadata.labels"), "spec",
		jx_at(deployment, "spec.template.spec"));
	if (!doc)
		return error_nomem(err);
	if (json_object_set_new(doc, "status", pod_status(doc, false, now, now)) != 0)
		return error_nomem(err);
	return store_create(w->store, resources_of_kind("Pod"), doc, now, err);
}

static bool is_ready(const json_t *pod)
{
	const json_t *conditions = jx_at(pod, "status.conditions");

	for (size_t i = 0; i < json_array_size(conditions); i++) {
		const json_t *c = json_array_get(conditions, i);
		const char *type = jx_text_at(c, "type");
		const char *status = jx_text_at(c, "status");
		if (type && status && strcmp(type, "Ready") == 0)
			return strcmp(status, "True") == 0;
	}
	return false;
}

static enum error_kind make_ready_when_due(
	struct workload *w, json_t *pod, struct wall now, struct error *err)
{
	struct wall started;

	if (instant_wall_parse(sv_of(jx_text_at(pod, "status.startTime")), &started, err) != ERR_OK)
		return err->kind;
	if (instant_wall_sub_ns(now, started) < w->config.startup_delay_ns)
		return ERR_OK;
	if (json_object_set_new(pod, "status", pod_status(pod, true, started, now)) != 0)
		return error_nomem(err);
	return store_update(w->store, resources_of_kind("Pod"), pod, err);
}

struct pod_set {
	json_t *all[MAX_PODS]; /* owned */
	size_t n, n_ready;
};

static void pod_set_free(struct pod_set *set)
{
	for (size_t i = 0; set && i < set->n; i++)
		json_decref(set->all[i]);
	mem_free(set);
}
DEFINE_AUTO(struct pod_set *, pod_set_free)

/* Not ready before ready, younger before older: the order in which a ReplicaSet gives pods up. */
static int by_worth(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	bool x_ready = is_ready(x), y_ready = is_ready(y);
	if (x_ready != y_ready)
		return x_ready ? 1 : -1;
	return strcmp(jx_text_at(y, "metadata.creationTimestamp"),
		jx_text_at(x, "metadata.creationTimestamp"));
}

static struct pod_set *pods_of(struct workload *w, const json_t *rs, struct error *err)
{
	AUTO(pod_set_free) struct pod_set *set = mem_zalloc(sizeof(*set));
	const struct resource *r = resources_of_kind("Pod");
	AUTO(store_list_done) struct store_list listed = { NULL, 0 };
	struct sv ns = sv_of(jx_text_at(rs, "metadata.namespace"));

	if (!set) {
		(void)error_nomem(err);
		return NULL;
	}
	if (store_list(w->store, r, ns, &listed, err) != ERR_OK)
		return NULL;
	for (size_t i = 0; i < listed.n && set->n < MAX_PODS; i++) {
		json_t *pod = store_get(w->store, r, ns, sv_of(listed.at[i]->name));
		if (!pod || !owned_by(pod, jx_text_at(rs, "metadata.uid"))) {
			json_decref(pod);
			continue;
		}
		set->all[set->n++] = pod;
		set->n_ready += is_ready(pod);
	}
	qsort(set->all, set->n, sizeof(set->all[0]), by_worth);
	return TAKE_PTR(set);
}

static enum error_kind write_statuses(struct workload *w, json_t *deployment, json_t *rs,
	const struct pod_set *pods, int64_t wanted, struct wall now, struct error *err)
{
	json_int_t n = (json_int_t)pods->n, ready = (json_int_t)pods->n_ready;
	char room[40];
	const char *created = jx_text_at(deployment, "metadata.creationTimestamp");
	json_t *rs_status = json_pack("{s:I,s:I,s:I,s:I,s:I}", "replicas", n,
		"fullyLabeledReplicas", n, "readyReplicas", ready, "availableReplicas", ready,
		"observedGeneration", json_integer_value(jx_at(rs, "metadata.generation")));
	json_t *status = json_pack("{s:I,s:I,s:I,s:I,s:I,s:[{s:s,s:s,s:s,s:s,s:s,s:s}]}",
		"observedGeneration", json_integer_value(jx_at(deployment, "metadata.generation")),
		"replicas", n, "updatedReplicas", n, "readyReplicas", ready, "availableReplicas",
		ready, "conditions", "type", "Available", "status",
		ready >= wanted ? "True" : "False", "reason",
		ready >= wanted ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
		"message",
		ready >= wanted ? "Deployment has minimum availability."
				: "Deployment does not have minimum availability.",
		"lastUpdateTime", created ? created : time_text(now, room, sizeof(room)),
		"lastTransitionTime", created ? created : time_text(now, room, sizeof(room)));

	if (json_object_set_new(rs, "status", rs_status) != 0 ||
		json_object_set_new(deployment, "status", status) != 0 ||
		json_object_set_new(
			json_object_get(rs, "spec"), "replicas", json_integer(wanted)) != 0)
		return error_nomem(err);
	if (store_update(w->store, resources_of_kind("ReplicaSet"), rs, err) != ERR_OK)
		return err->kind;
	return store_update(w->store, resources_of_kind("Deployment"), deployment, err);
}

static enum error_kind drop_pod(struct workload *w, const json_t *pod, struct error *err)
{
	const char *name = jx_text_at(pod, "metadata.name");

	time_series_end(w->series, "pod", name);
	mem_free(map_take(&w->counters, sv_of(name)));
	return store_delete(w->store, resources_of_kind("Pod"),
		sv_of(jx_text_at(pod, "metadata.namespace")), sv_of(name), err);
}

/* Pods more or fewer until there are `wanted`. */
static enum error_kind match_count(struct workload *w, const json_t *deployment, const json_t *rs,
	int64_t wanted, struct wall now, struct error *err)
{
	AUTO(pod_set_free) struct pod_set *pods = pods_of(w, rs, err);
	enum error_kind rc = pods ? ERR_OK : err->kind;

	for (size_t i = 0; rc == ERR_OK && i < pods->n && (int64_t)(pods->n - i) > wanted; i++)
		rc = drop_pod(w, pods->all[i], err);
	for (int64_t i = pods ? (int64_t)pods->n : 0; rc == ERR_OK && i < wanted; i++)
		rc = make_pod(w, deployment, rs, now, err);
	return rc;
}

/* Pods, their readiness and the statuses of one Deployment. */
static enum error_kind reconcile(
	struct workload *w, json_t *deployment, struct wall now, struct error *err)
{
	const json_t *replicas = jx_at(deployment, "spec.replicas");
	int64_t wanted = json_is_integer(replicas) ? (int64_t)json_integer_value(replicas) : 1;
	AUTO(jx_free) json_t *rs = replica_set(w, deployment, now, err);

	if (wanted > MAX_PODS)
		wanted = MAX_PODS;
	if (!rs || match_count(w, deployment, rs, wanted, now, err) != ERR_OK)
		return err->kind;
	AUTO(pod_set_free) struct pod_set *pods = pods_of(w, rs, err);
	if (!pods)
		return err->kind;
	for (size_t i = 0; i < pods->n; i++) {
		if (is_ready(pods->all[i]))
			continue;
		if (make_ready_when_due(w, pods->all[i], now, err) != ERR_OK)
			return err->kind;
		pods->n_ready += is_ready(pods->all[i]);
	}
	return write_statuses(w, deployment, rs, pods, wanted, now, err);
}

/* ReplicaSets and pods whose owner is gone. */
static enum error_kind collect_garbage(
	struct workload *w, const char *kind, const char *owner_kind, struct error *err)
{
	const struct resource *r = resources_of_kind(kind),
			      *owner_r = resources_of_kind(owner_kind);
	AUTO(store_list_done) struct store_list all = { NULL, 0 };
	enum error_kind rc = ERR_OK;

	if (store_list(w->store, r, SV(""), &all, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < all.n && rc == ERR_OK; i++) {
		AUTO(jx_free)
		json_t *doc = store_get(w->store, r, sv_of(all.at[i]->ns), sv_of(all.at[i]->name));
		const json_t *reference = json_array_get(jx_at(doc, "metadata.ownerReferences"), 0);
		const char *name = jx_text_at(reference, "name");
		if (!name || strcmp(jx_text_at(reference, "kind"), owner_kind) != 0)
			continue;
		AUTO(jx_free)
		json_t *alive = store_get(w->store, owner_r, sv_of(all.at[i]->ns), sv_of(name));
		if (alive && owned_by(doc, jx_text_at(alive, "metadata.uid")))
			continue;
		rc = strcmp(kind, "Pod") == 0
			     ? drop_pod(w, doc, err)
			     : store_delete(w->store, r,
				       sv_of(jx_text_at(doc, "metadata.namespace")),
				       sv_of(jx_text_at(doc, "metadata.name")), err);
	}
	return rc;
}

static struct counter *counter_of(struct workload *w, const char *pod, struct error *err)
{
	struct counter *c = map_get(&w->counters, sv_of(pod));

	if (c)
		return c;
	c = mem_zalloc(sizeof(*c));
	if (!c || map_set(&w->counters, sv_of(pod), c, NULL, err) != ERR_OK) {
		mem_free(c);
		(void)error_nomem(err);
		return NULL;
	}
	return c;
}

static enum error_kind scrape_pod(struct workload *w, const char *pod, const char *metric,
	double value, struct wall now, struct error *err)
{
	const char *const pairs[] = { "__name__", metric, "namespace", w->config.ns, "pod", pod,
		"job", w->config.app };
	return time_series_append(
		w->series, pairs, 4, now.sec * 1000 + now.nsec / 1000000, value, err);
}

static bool is_among(const struct pod_set *pods, struct sv name)
{
	for (size_t i = 0; i < pods->n; i++) {
		if (sv_is(name, jx_text_at(pods->all[i], "metadata.name")))
			return true;
	}
	return false;
}

/* Series and counters of pods that others deleted: their target is gone. */
static void end_gone(struct workload *w, const struct pod_set *pods)
{
	const struct map_entry *gone;

	do {
		gone = NULL;
		MAP_FOREACH (e, &w->counters) {
			if (!is_among(pods, map_key(e)))
				gone = e;
		}
		if (gone) {
			char name[300];
			(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(map_key(gone)));
			time_series_end(w->series, "pod", name);
			mem_free(map_take(&w->counters, sv_of(name)));
		}
	} while (gone);
}

/* Spreads the requests of the time since the last step over the Ready pods of the application and scrapes all of its pods. */
static enum error_kind serve_load(
	struct workload *w, struct wall now, double rps, struct error *err)
{
	AUTO(jx_free)
	json_t *app = store_get(w->store, resources_of_kind("Deployment"), sv_of(w->config.ns),
		sv_of(w->config.app));
	AUTO(jx_free) json_t *rs = app ? replica_set(w, app, now, err) : NULL;
	AUTO(pod_set_free) struct pod_set *pods = rs ? pods_of(w, rs, err) : NULL;
	char counter_name[300], gauge_name[300];
	double seconds = instant_wall_is_zero(w->last_step)
				 ? 0
				 : (double)instant_wall_sub_ns(now, w->last_step) / 1e9;
	enum error_kind rc = ERR_OK;

	w->last_step = now;
	if (!pods)
		return app ? err->kind : ERR_OK;
	if (pods->n_ready == 0)
		return ERR_OK;
	(void)snprintf(counter_name, sizeof(counter_name), "%s_http_requests_total", w->config.app);
	(void)snprintf(gauge_name, sizeof(gauge_name), "%s_load", w->config.app);
	for (size_t i = 0; i < pods->n && rc == ERR_OK; i++) {
		const char *name = jx_text_at(pods->all[i], "metadata.name");
		double share = is_ready(pods->all[i]) ? rps / (double)pods->n_ready : 0;
		struct counter *c = counter_of(w, name, err);
		if (!c)
			return err->kind;
		c->requests += share * seconds;
		rc = scrape_pod(w, name, counter_name, c->requests, now, err);
		if (rc == ERR_OK)
			rc = scrape_pod(w, name, gauge_name, share, now, err);
	}
	/* Every pod has a counter by now. */
	if (w->counters.n > pods->n)
		end_gone(w, pods);
	time_series_forget_before(w->series, now.sec * 1000 - FORGET_AFTER_MS);
	return rc;
}

/* The first problem of a step is the one that is told. */
static enum error_kind first_of(
	enum error_kind told, enum error_kind rc, const struct error *problem, struct error *err)
{
	if (told != ERR_OK || rc == ERR_OK)
		return told;
	*err = *problem;
	return rc;
}

enum error_kind workload_step(struct workload *w, struct wall now, double rps, struct error *err)
{
	const struct resource *r = resources_of_kind("Deployment");
	AUTO(store_list_done) struct store_list all = { NULL, 0 };
	enum error_kind rc = ERR_OK;
	struct error problem;

	if (store_list(w->store, r, SV(""), &all, err) != ERR_OK)
		return err->kind;
	/* One that cannot be served must not stop the others, nor the clock of the load. */
	for (size_t i = 0; i < all.n; i++) {
		AUTO(jx_free)
		json_t *deployment =
			store_get(w->store, r, sv_of(all.at[i]->ns), sv_of(all.at[i]->name));
		if (deployment)
			rc = first_of(rc, reconcile(w, deployment, now, &problem), &problem, err);
	}
	rc = first_of(rc, collect_garbage(w, "ReplicaSet", "Deployment", &problem), &problem, err);
	rc = first_of(rc, collect_garbage(w, "Pod", "ReplicaSet", &problem), &problem, err);
	return first_of(rc, serve_load(w, now, rps, &problem), &problem, err);
}
