/* Pod, from JSON to the record the decision reads. Only members that some rule reads are looked at
 * (spec 7.3 and 7.9): the rest of a Pod, its environment and annotations above all, is neither kept
 * nor checked. */
#include "controller/pod.h"

#include "common/jtree.h"

static const struct jtree_want META[] = { { "name", NULL }, { "namespace", NULL },
	{ "deletionTimestamp", NULL }, { "labels", NULL }, { NULL, NULL } };
static const struct jtree_want RESOURCES[] = { { "requests", NULL }, { NULL, NULL } };
static const struct jtree_want CONTAINER[] = { { "name", NULL }, { "restartPolicy", NULL },
	{ "resources", RESOURCES }, { NULL, NULL } };
static const struct jtree_want SPEC[] = { { "containers", CONTAINER },
	{ "initContainers", CONTAINER }, { "resources", RESOURCES }, { "overhead", NULL },
	{ NULL, NULL } };
static const struct jtree_want CONDITION[] = { { "type", NULL }, { "status", NULL },
	{ "lastTransitionTime", NULL }, { NULL, NULL } };
static const struct jtree_want STATUS[] = { { "phase", NULL }, { "startTime", NULL },
	{ "conditions", CONDITION }, { NULL, NULL } };
const struct jtree_want pod_want[] = { { "metadata", META }, { "spec", SPEC }, { "status", STATUS },
	{ NULL, NULL } };

static enum error_kind wrong_type(
	const struct jtree *t, const char *path, const char *expected, struct error *err)
{
	return error_set(err, ERR_INVALID, "%s: expected %s, got %s", path, expected,
		jtree_kind_name(t->kind));
}

static enum error_kind decode_text(
	const struct jtree *t, const char *path, struct sv *ret, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_STRING)
		return wrong_type(t, path, "a string", err);
	*ret = t->text;
	return ERR_OK;
}

static enum error_kind decode_time(
	const struct jtree *t, const char *path, bool *ret_set, struct wall *ret, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_STRING)
		return wrong_type(t, path, "a time", err);
	if (instant_wall_parse(t->text, ret, err))
		return error_wrap(err, "%s", path);
	if (ret_set)
		*ret_set = true;
	return ERR_OK;
}

static enum error_kind decode_labels(
	struct arena *a, const struct jtree *t, struct pod_labels *ret, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_OBJECT)
		return wrong_type(t, "metadata.labels", "an object", err);
	ret->at = ARENA_ARRAY(a, t->n, struct label);
	if (!ret->at)
		return arena_error(a, err);
	JTREE_FOREACH (member, t) {
		struct label *label = &ret->at[ret->n];
		label->key = member->key;
		if (decode_text(member, "metadata.labels", &label->value, err))
			return err->kind;
		ret->n++;
	}
	return ERR_OK;
}

static enum error_kind decode_requests(struct arena *a, const struct jtree *t, const char *path,
	struct pod_requests *ret, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_OBJECT)
		return wrong_type(t, path, "an object", err);
	ret->at = ARENA_ARRAY(a, t->n, struct pod_request);
	if (!ret->at)
		return arena_error(a, err);
	JTREE_FOREACH (member, t) {
		struct pod_request *request = &ret->at[ret->n];
		request->resource = member->key;
		if (quantity_decode(member, &request->quantity, err))
			return error_wrap(err, "%s.%.*s", path, SV_ARG(member->key));
		ret->n++;
	}
	return ERR_OK;
}

static enum error_kind decode_container(struct arena *a, const struct jtree *t, bool init,
	struct pod_container *ret, struct error *err)
{
	struct sv restart = SV_NULL;
	if (t->kind == JTREE_NULL)
		return ERR_OK;
	if (t->kind != JTREE_OBJECT)
		return wrong_type(t, "spec.containers", "an object", err);
	if (decode_text(jtree_get(t, "name"), "spec.containers[].name", &ret->name, err))
		return err->kind;
	if (decode_text(jtree_get(t, "restartPolicy"), "spec.initContainers[].restartPolicy",
		    &restart, err))
		return err->kind;
	if (init)
		ret->role = sv_is(restart, "Always") ? POD_CONTAINER_SIDECAR : POD_CONTAINER_INIT;
	return decode_requests(a, jtree_at(t, "resources", "requests", NULL),
		"spec.containers[].resources.requests", &ret->requests, err);
}

static enum error_kind decode_containers(struct arena *a, const struct jtree *list, bool init,
	struct pod_template *template, struct error *err)
{
	if (jtree_is_absent(list))
		return ERR_OK;
	if (list->kind != JTREE_ARRAY)
		return wrong_type(
			list, init ? "spec.initContainers" : "spec.containers", "an array", err);
	JTREE_FOREACH (item, list) {
		if (decode_container(
			    a, item, init, &template->containers[template->n_containers], err))
			return err->kind;
		template->n_containers++;
	}
	return ERR_OK;
}

static enum error_kind decode_template(
	struct arena *a, const struct jtree *spec, struct pod_template *template, struct error *err)
{
	const struct jtree *containers = jtree_get(spec, "containers");
	const struct jtree *inits = jtree_get(spec, "initContainers");
	size_t n = (containers ? containers->n : 0) + (inits ? inits->n : 0);
	template->containers = ARENA_ARRAY(a, n, struct pod_container);
	if (!template->containers)
		return arena_error(a, err);
	if (decode_containers(a, containers, false, template, err))
		return err->kind;
	if (decode_containers(a, inits, true, template, err))
		return err->kind;
	if (decode_requests(a, jtree_at(spec, "resources", "requests", NULL),
		    "spec.resources.requests", &template->pod_level, err))
		return err->kind;
	return decode_requests(
		a, jtree_get(spec, "overhead"), "spec.overhead", &template->overhead, err);
}

static enum pod_phase phase_of(struct sv text)
{
	static const struct {
		const char *text;
		enum pod_phase phase;
	} PHASES[] = {
		{ "Running", POD_PHASE_RUNNING },
		{ "Pending", POD_PHASE_PENDING },
		{ "Succeeded", POD_PHASE_SUCCEEDED },
		{ "Failed", POD_PHASE_FAILED },
	};
	for (size_t i = 0; i < sizeof(PHASES) / sizeof(PHASES[0]); i++)
		if (sv_is(text, PHASES[i].text))
			return PHASES[i].phase;
	return POD_PHASE_OTHER;
}

static enum pod_ready ready_of(struct sv status)
{
	if (sv_is(status, "True"))
		return POD_READY_TRUE;
	return sv_is(status, "False") ? POD_READY_FALSE : POD_READY_OTHER;
}

/* The first condition of type Ready counts, as the reference's search ends there. */
static enum error_kind decode_ready(
	const struct jtree *conditions, struct pod *pod, struct error *err)
{
	if (jtree_is_absent(conditions))
		return ERR_OK;
	if (conditions->kind != JTREE_ARRAY)
		return wrong_type(conditions, "status.conditions", "an array", err);
	JTREE_FOREACH (condition, conditions) {
		struct sv type = SV_NULL, status = SV_NULL;
		if (decode_text(
			    jtree_get(condition, "type"), "status.conditions[].type", &type, err))
			return err->kind;
		if (!sv_is(type, "Ready"))
			continue;
		if (decode_text(jtree_get(condition, "status"), "status.conditions[].status",
			    &status, err))
			return err->kind;
		pod->ready = (uint8_t)ready_of(status);
		return decode_time(jtree_get(condition, "lastTransitionTime"),
			"status.conditions[].lastTransitionTime", NULL, &pod->ready_changed, err);
	}
	return ERR_OK;
}

static enum error_kind decode_status(const struct jtree *status, struct pod *pod, struct error *err)
{
	struct sv phase = SV_NULL;
	if (decode_text(jtree_get(status, "phase"), "status.phase", &phase, err))
		return err->kind;
	pod->phase = (uint8_t)phase_of(phase);
	if (decode_time(jtree_get(status, "startTime"), "status.startTime", &pod->has_started,
		    &pod->started, err))
		return err->kind;
	return decode_ready(jtree_get(status, "conditions"), pod, err);
}

enum error_kind pod_decode(
	struct arena *a, const struct jtree *t, struct pod *ret, struct error *err)
{
	struct pod pod = { .started = WALL_ZERO, .ready_changed = WALL_ZERO };
	struct wall deleted;
	struct pod_labels *labels = ARENA_NEW(a, struct pod_labels);
	struct pod_template *template = ARENA_NEW(a, struct pod_template);
	const struct jtree *meta = jtree_get(t, "metadata");

	if (!labels || !template)
		return arena_error(a, err);
	if (!t || t->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "expected a Pod, an object");
	if (decode_text(jtree_get(meta, "name"), "metadata.name", &pod.name, err))
		return err->kind;
	if (decode_text(jtree_get(meta, "namespace"), "metadata.namespace", &pod.ns, err))
		return err->kind;
	if (decode_time(jtree_get(meta, "deletionTimestamp"), "metadata.deletionTimestamp",
		    &pod.deleted, &deleted, err))
		return err->kind;
	if (decode_labels(a, jtree_get(meta, "labels"), labels, err))
		return err->kind;
	if (decode_template(a, jtree_get(t, "spec"), template, err))
		return err->kind;
	if (decode_status(jtree_get(t, "status"), &pod, err))
		return err->kind;
	pod.labels = labels;
	pod.template = template;
	*ret = pod;
	return ERR_OK;
}

const struct quantity *pod_request_find(const struct pod_requests *requests, struct sv resource)
{
	for (size_t i = 0; i < requests->n; i++)
		if (sv_eq(requests->at[i].resource, resource))
			return &requests->at[i].quantity;
	return NULL;
}
