/* The world of a recorded case. Everything that is not spelled out in the step is fixed here, as
 * conformance/hpa/README.md tells it. */
#include "tests/conformance/hpa_world.h"

#include "common/limits.h"
#include "kube/status.h"

#define EPOCH_2000_SEC INT64_C(946684800)

struct served {
	const char *group, *version, *preferred, *kind, *resource;
	bool namespaced;
};

/* In discovery order; rows of one group and version stand together. */
static const struct served SERVED[] = {
	{ "", "v1", "v1", "Pod", "pods", true },
	{ "", "v1", "v1", "Service", "services", true },
	{ "", "v1", "v1", "Node", "nodes", false },
	{ "", "v1", "v1", "Namespace", "namespaces", false },
	{ "", "v1", "v1", "ReplicationController", "replicationcontrollers", true },
	{ "", "v1", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true },
	{ "", "v1", "v1", "ConfigMap", "configmaps", true },
	{ "apps", "v1", "v1", "Deployment", "deployments", true },
	{ "apps", "v1", "v1", "ReplicaSet", "replicasets", true },
	{ "apps", "v1", "v1", "StatefulSet", "statefulsets", true },
	{ "apps", "v1", "v1", "DaemonSet", "daemonsets", true },
	{ "batch", "v1", "v1", "Job", "jobs", true },
	{ "networking.k8s.io", "v1", "v1", "Ingress", "ingresses", true },
	{ "example.com", "v2", "v2", "Widget", "widgets", true },
	{ "example.com", "v1", "v2", "Widget", "widgets", true },
};

static bool no_memory(struct conformance *c)
{
	return conformance_fail(c, "out of memory");
}

static struct discovery_version *version_at(struct discovery_group *group, const struct served *row)
{
	struct discovery_version *last =
		group->n_versions > 0 ? &group->versions[group->n_versions - 1] : NULL;
	if (!last || !sv_is(last->version, row->version)) {
		last = &group->versions[group->n_versions++];
		last->version = sv_of(row->version);
	}
	return last;
}

static bool add_served(struct conformance *c, struct discovery *d, const struct served *row)
{
	struct discovery_group *group = d->n_groups > 0 ? &d->groups[d->n_groups - 1] : NULL;
	if (!group || !sv_is(group->name, row->group)) {
		group = &d->groups[d->n_groups++];
		group->name = sv_of(row->group);
		group->preferred = sv_of(row->preferred);
		group->versions = ARENA_ARRAY(c->a, ARRAY_LEN(SERVED), struct discovery_version);
		if (!group->versions)
			return no_memory(c);
	}
	struct discovery_version *version = version_at(group, row);
	if (!version->resources)
		version->resources =
			ARENA_ARRAY(c->a, ARRAY_LEN(SERVED), struct discovery_resource);
	if (!version->resources)
		return no_memory(c);
	version->resources[version->n_resources++] = (struct discovery_resource){
		.name = sv_of(row->resource),
		.kind = sv_of(row->kind),
		.namespaced = row->namespaced,
		.verbs = DISCOVERY_GET | DISCOVERY_LIST | DISCOVERY_UPDATE,
	};
	return true;
}

struct discovery *hpa_world_discovery(struct conformance *c, struct sv custom_version)
{
	struct discovery *d = ARENA_NEW(c->a, struct discovery);
	struct discovery_version *custom = ARENA_NEW(c->a, struct discovery_version);
	if (!d || !custom)
		return no_memory(c) ? d : NULL;
	d->groups = ARENA_ARRAY(c->a, ARRAY_LEN(SERVED) + 1, struct discovery_group);
	if (!d->groups)
		return no_memory(c) ? d : NULL;
	for (size_t i = 0; i < ARRAY_LEN(SERVED); i++)
		if (!add_served(c, d, &SERVED[i]))
			return NULL;
	custom->version = custom_version;
	d->groups[d->n_groups++] = (struct discovery_group){
		.name = SV("custom.metrics.k8s.io"),
		.preferred = custom_version,
		.versions = custom,
		.n_versions = 1,
	};
	return d;
}

struct decide_now hpa_world_now(int64_t t_sec, int64_t extra_ns)
{
	struct wall start = { EPOCH_2000_SEC + t_sec, 0 };
	return (struct decide_now){
		.wall = instant_wall_add_ns(start, extra_ns),
		.mono = { t_sec * NS_PER_SEC + extra_ns },
	};
}

static bool decode_pods(struct hpa_world *w, const struct jtree *list)
{
	struct error err;
	w->pods = ARENA_ARRAY(w->c->a, list ? list->n : 0, struct pod);
	if (!w->pods)
		return no_memory(w->c);
	JTREE_FOREACH (item, list) {
		if (pod_decode(w->c->a, item, &w->pods[w->n_pods], &err))
			return conformance_fail(w->c, "pods[%zu]: %s", w->n_pods, err.text);
		w->n_pods++;
	}
	return true;
}

static bool decode_peers(struct hpa_world *w, const struct jtree *list)
{
	w->peers = ARENA_ARRAY(w->c->a, list ? list->n : 0, struct target_peer);
	if (!w->peers)
		return no_memory(w->c);
	JTREE_FOREACH (item, list) {
		struct target_peer *peer = &w->peers[w->n_peers++];
		struct selector *selector = ARENA_NEW(w->c->a, struct selector);
		struct error err;
		peer->ns = conformance_text(item, "namespace");
		peer->name = conformance_text(item, "name");
		if (!selector)
			return no_memory(w->c);
		if (jtree_is_absent(jtree_get(item, "selector")))
			continue;
		if (selector_parse(
			    w->c->a, conformance_text(item, "selector"), selector, NULL, &err))
			return conformance_fail(w->c, "otherHpas: %s", err.text);
		peer->selector = selector;
	}
	return true;
}

bool hpa_world_enter(struct conformance *c, const struct jtree *step, struct hpa_world *ret)
{
	*ret = (struct hpa_world){ .c = c, .step = step };
	return decode_pods(ret, jtree_get(step, "pods")) &&
	       decode_peers(ret, jtree_get(step, "otherHpas"));
}

static struct sv as_text(struct conformance *c, const struct jtree *t)
{
	struct buf text;
	buf_init(&text, LIMIT_METRICS_ANSWER_BYTES);
	jtree_print(&text, t);
	struct sv copy = arena_sv(c->a, buf_sv(&text));
	buf_done(&text);
	return copy;
}

/* A Status error: its message, as any client of the reference prints it. */
static struct pass_answer status_answer(const struct jtree *status)
{
	int64_t code = 0;
	(void)jtree_i64(jtree_get(status, "code"), &code);
	return (struct pass_answer){
		.failed = true,
		.http_status = (int)code,
		.error = conformance_text(status, "message"),
	};
}

/* The i-th child, or the last one; NULL: the list is empty. */
static const struct jtree *child_at(const struct jtree *list, size_t i, bool repeat_last)
{
	size_t at = 0;
	JTREE_FOREACH (child, list) {
		if (at++ == i || (repeat_last && !child->next))
			return child;
	}
	return NULL;
}

/* A Scale as a server sends it: recorded ones may lack kind and apiVersion, which the reference had
 * in its types. */
static struct sv scale_body(struct conformance *c, const struct jtree *scale)
{
	struct sv body = as_text(c, scale);
	if (jtree_get(scale, "kind"))
		return body;
	return sv_of(
		arena_printf(c->a, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",%.*s",
			SV_ARG(sv_skip(body, 1))));
}

struct pass_answer hpa_world_get_scale(struct hpa_world *w)
{
	const struct jtree *get = child_at(jtree_get(w->step, "scaleGets"), w->n_gets++, true);
	const struct jtree *error = jtree_get(get, "error");
	if (error)
		return status_answer(error);
	return (struct pass_answer){ .http_status = 200,
		.body = scale_body(w->c, jtree_get(get, "scale")) };
}

struct pass_answer hpa_world_put_scale(struct hpa_world *w)
{
	const struct jtree *put = child_at(jtree_get(w->step, "scalePuts"), w->n_puts++, false);
	const struct jtree *error = jtree_get(put, "error");
	return error ? status_answer(error) : (struct pass_answer){ .http_status = 200 };
}

struct pass_answer hpa_world_put_status(struct hpa_world *w)
{
	const struct jtree *error = jtree_get(w->step, "statusUpdateError");
	return jtree_is_absent(error) ? (struct pass_answer){ .http_status = 200 }
				      : status_answer(error);
}

static struct readings_answer refused(struct hpa_world *w, struct sv error)
{
	return (struct readings_answer){ .failed = true, .error = arena_sv(w->c->a, error) };
}

static struct readings_answer explain(
	struct hpa_world *w, const struct ask_question *question, const struct readings_answer *raw)
{
	struct error err;
	char *resource = arena_strdup(w->c->a, question->resource),
	     *name = arena_strdup(w->c->a, question->name);
	struct status_answer answer = {
		.code = raw->http_status,
		.content_type = raw->content_type,
		.body = raw->body,
		.method = "GET",
		.resource = resource,
		.name = name,
	};
	(void)status_explain(&answer, &err);
	return refused(w, sv_of(err.text));
}

struct readings_answer hpa_world_metric(struct hpa_world *w, const struct ask_question *question)
{
	const struct jtree *found = NULL;
	struct readings_answer raw = { .http_status = 404, .content_type = SV("application/json") };
	int64_t code = 0;

	JTREE_FOREACH (row, jtree_get(w->step, "http")) {
		if (sv_eq(conformance_text(row, "path"), question->target))
			found = row;
	}
	if (found && jtree_get(found, "transportError")) {
		struct sv reason = conformance_text(found, "transportError");
		char *text = arena_printf(w->c->a, "Get \"" HPA_WORLD_SERVER "%.*s\": %.*s",
			SV_ARG(question->target), SV_ARG(reason));
		return refused(w, sv_of(text));
	}
	if (found && jtree_i64(jtree_get(found, "status"), &code))
		raw.http_status = (int)code;
	if (jtree_get(found, "contentType"))
		raw.content_type = conformance_text(found, "contentType");
	if (jtree_get(found, "bodyText"))
		raw.body = conformance_text(found, "bodyText");
	else if (jtree_get(found, "body"))
		raw.body = as_text(w->c, jtree_get(found, "body"));
	return raw.http_status >= 200 && raw.http_status <= 206 ? raw : explain(w, question, &raw);
}
