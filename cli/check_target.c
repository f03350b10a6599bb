/* Traps between an autoscaler and its target: the reference, and the manifest of the target when it is among the files. */
#include <stdio.h>

#include "cli/check.h"
#include "kube/group_version.h"

#define PATH_MAX_BYTES 200
/* What the controller does without behavior.scaleDown.stabilizationWindowSeconds. */
#define DEFAULT_WINDOW_SEC 300
#define DEFAULT_TOLERANCE_MILLI 100

/* The version does not matter to the controller, the group does (spec 5.1). */
void check_target_group(struct check *c, const struct check_autoscaler *s)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "ReplicaSet" };
	const struct hpa_ref *ref = &s->hpa.spec.target;
	struct group_version gv;
	struct error err;

	if (group_version_parse(ref->api_version, &gv, &err) != ERR_OK || gv.group.len == 0 ||
		sv_is(gv.group, "apps"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (sv_eq_nocase(ref->kind, sv_of(kinds[i])))
			check_find(c, CHECK_TARGET_GROUP, &s->object,
				"spec.scaleTargetRef.apiVersion",
				"the group %.*s has no %s: no pass finds the target",
				SV_ARG(sv_take(gv.group, 100)), kinds[i]);
	}
}

void check_target_scalable(struct check *c, const struct check_autoscaler *s)
{
	static const char *const kinds[] = { "DaemonSet", "Job", "CronJob", "Pod", "Service",
		"Ingress" };
	const struct hpa_ref *ref = &s->hpa.spec.target;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (sv_is(ref->kind, kinds[i]))
			check_find(c, CHECK_NOT_SCALABLE, &s->object, "spec.scaleTargetRef.kind",
				"a %s has no scale subresource", kinds[i]);
	}
}

void check_target_replicas(struct check *c, const struct check_autoscaler *s)
{
	const struct check_workload *w = s->target;

	if (w && w->replicas.set && w->replicas.value != 0)
		check_find(c, CHECK_REPLICAS, &w->object, "spec.replicas",
			"replicas: %d, while %.*s scales it; each apply sets it back",
			w->replicas.value, SV_ARG(s->object.title));
}

void check_target_zero(struct check *c, const struct check_autoscaler *s)
{
	const struct check_workload *w = s->target;

	if (w && w->replicas.set && w->replicas.value == 0)
		check_find(c, CHECK_STARTS_AT_ZERO, &w->object, "spec.replicas",
			"replicas: 0 switches %.*s off (ScalingDisabled)", SV_ARG(s->object.title));
}

/* A utilization that an autoscaler aims at. */
struct aim {
	size_t metric;
	struct sv resource;
	struct sv container; /* empty: all of them */
	int32_t percent;
};

static bool aim_of(const struct hpa_spec *spec, size_t i, struct aim *ret)
{
	const struct hpa_metric *m = &spec->metrics[i];
	const struct hpa_source *source = hpa_metric_source(m);

	if (!source || !hpa_metric_is_resource(m) || !source->target.average_utilization.set ||
		source->target.average_value.set)
		return false;
	*ret = (struct aim){ i, source->resource, source->container,
		source->target.average_utilization.value };
	return true;
}

static void print_path(char path[PATH_MAX_BYTES], const struct aim *aim, const char *field)
{
	(void)snprintf(path, PATH_MAX_BYTES, "spec.metrics[%zu].%s%s", aim->metric,
		aim->container.len > 0 ? "containerResource" : "resource", field);
}

/* A resource among the requests or limits; NULL: none. */
static const struct jtree *amount(
	const struct jtree *container, const char *list, struct sv resource)
{
	JTREE_FOREACH (member, jtree_at(container, "resources", list, NULL)) {
		if (sv_eq(member->key, resource))
			return member;
	}
	return NULL;
}

/* The API server fills a missing request in from the limit. */
static const struct jtree *request_of(const struct jtree *container, struct sv resource)
{
	const struct jtree *request = amount(container, "requests", resource);
	return request ? request : amount(container, "limits", resource);
}

typedef void (*container_fn)(void *ctx, const struct jtree *container);

/* Calls for each container that the aim is about, of those whose requests count: all, and init containers that run on. Returns how many. */
static size_t each_container(
	const struct jtree *pod_spec, const struct aim *aim, container_fn fn, void *ctx)
{
	static const char *const lists[] = { "containers", "initContainers" };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		JTREE_FOREACH (container, jtree_get(pod_spec, lists[i])) {
			bool runs =
				i == 0 ||
				sv_is(jtree_text(jtree_get(container, "restartPolicy")), "Always");
			if (!runs || (aim->container.len > 0 &&
					     !sv_eq(jtree_text(jtree_get(container, "name")),
						     aim->container)))
				continue;
			fn(ctx, container);
			n++;
		}
	}
	return n;
}

struct requests {
	struct check *c;
	const struct check_autoscaler *s;
	const struct aim *aim;
};

static void check_request(void *ctx, const struct jtree *container)
{
	const struct requests *r = ctx;
	struct sv name = jtree_text(jtree_get(container, "name"));

	if (request_of(container, r->aim->resource))
		return;
	check_find_node(r->c, CHECK_MISSING_REQUEST, &r->s->target->object, container,
		"container %.*s has no request for %.*s, but %.*s wants %d %% of it "
		"(spec.metrics[%zu]): the whole metric fails",
		SV_ARG(sv_take(name, 100)), SV_ARG(sv_take(r->aim->resource, 100)),
		SV_ARG(r->s->object.title), r->aim->percent, r->aim->metric);
}

/* An earlier metric wants the same requests. */
static bool is_repeated(const struct hpa_spec *spec, const struct aim *aim)
{
	struct aim earlier;

	for (size_t i = 0; i < aim->metric; i++) {
		if (aim_of(spec, i, &earlier) && sv_eq(earlier.resource, aim->resource) &&
			sv_eq(earlier.container, aim->container))
			return true;
	}
	return false;
}

void check_target_requests(struct check *c, const struct check_autoscaler *s)
{
	const struct jtree *pod_spec = s->target ? s->target->pod_spec : NULL;
	struct aim aim;

	for (size_t i = 0; pod_spec && i < s->hpa.spec.n_metrics; i++) {
		struct requests r = { c, s, &aim };
		if (!aim_of(&s->hpa.spec, i, &aim) || is_repeated(&s->hpa.spec, &aim))
			continue;
		/* Requests of the pod as a whole stand in for those of its containers. */
		if (aim.container.len == 0 && request_of(pod_spec, aim.resource))
			continue;
		(void)each_container(pod_spec, &aim, check_request, &r);
	}
}

static void ignore(void *ctx, const struct jtree *container)
{
	(void)ctx;
	(void)container;
}

void check_target_container(struct check *c, const struct check_autoscaler *s)
{
	const struct jtree *pod_spec = s->target ? s->target->pod_spec : NULL;
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; pod_spec && i < s->hpa.spec.n_metrics; i++) {
		const struct hpa_metric *m = &s->hpa.spec.metrics[i];
		const struct hpa_source *source = m->member[HPA_METRIC_CONTAINER_RESOURCE];
		if (m->kind != HPA_METRIC_CONTAINER_RESOURCE || !source)
			continue;
		struct aim aim = { .metric = i, .container = source->container };
		if (aim.container.len == 0 || each_container(pod_spec, &aim, ignore, NULL) > 0)
			continue;
		print_path(path, &aim, ".container");
		check_find(c, CHECK_NO_CONTAINER, &s->object, path, "%.*s has no container %.*s",
			SV_ARG(s->target->object.title), SV_ARG(sv_take(aim.container, 100)));
	}
}

/* What the containers may use at most, and what they ask for; all must have both. */
struct reach {
	struct sv resource;
	double limits, requests;
	bool bounded;
};

static void add_reach(void *ctx, const struct jtree *container)
{
	struct reach *r = ctx;
	const struct jtree *limit = amount(container, "limits", r->resource);
	const struct jtree *request = request_of(container, r->resource);
	struct quantity most, asked;
	struct error err;

	r->bounded = r->bounded && limit && request &&
		     quantity_decode(limit, &most, &err) == ERR_OK &&
		     quantity_decode(request, &asked, &err) == ERR_OK;
	if (!r->bounded)
		return;
	r->limits += quantity_approx(&most);
	r->requests += quantity_approx(&asked);
}

static int64_t up_tolerance_milli(const struct hpa_spec *spec)
{
	const struct hpa_rules *up = spec->behavior ? spec->behavior->scale_up : NULL;
	int64_t milli;

	if (up && up->tolerance.set && quantity_milli_checked(&up->tolerance.value, &milli))
		return milli;
	return DEFAULT_TOLERANCE_MILLI;
}

void check_target_reach(struct check *c, const struct check_autoscaler *s)
{
	const struct jtree *pod_spec = s->target ? s->target->pod_spec : NULL;
	double factor = 1 + (double)up_tolerance_milli(&s->hpa.spec) / 1000;
	char path[PATH_MAX_BYTES];
	struct aim aim;

	for (size_t i = 0; pod_spec && i < s->hpa.spec.n_metrics; i++) {
		if (!aim_of(&s->hpa.spec, i, &aim))
			continue;
		struct reach reach = { .resource = aim.resource, .bounded = true };
		size_t n = each_container(pod_spec, &aim, add_reach, &reach);
		if (n == 0 || !reach.bounded || reach.requests <= 0 ||
			jtree_get(pod_spec, "resources"))
			continue;
		double highest = 100 * reach.limits / reach.requests;
		if (highest > aim.percent * factor)
			continue;
		print_path(path, &aim, ".target.averageUtilization");
		check_find(c, CHECK_OUT_OF_REACH, &s->object, path,
			"scaling up begins above %.4g %% of the requests for %.*s, and the limits "
			"of %.*s "
			"allow %.4g %%",
			aim.percent * factor, SV_ARG(sv_take(aim.resource, 100)),
			SV_ARG(s->target->object.title), highest);
	}
}

static int64_t initial_delay(const struct jtree *container, const char *probe)
{
	int64_t sec = 0;

	(void)jtree_i64(jtree_at(container, probe, "initialDelaySeconds", NULL), &sec);
	return sec;
}

void check_target_startup(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_behavior *b = s->hpa.spec.behavior;
	struct opt_i32 window = b && b->scale_down ? b->scale_down->stabilization_window_sec
						   : (struct opt_i32){ 0 };
	int64_t window_sec = window.set ? window.value : DEFAULT_WINDOW_SEC;
	const struct jtree *slowest = NULL;
	int64_t longest = 0;

	JTREE_FOREACH (container, jtree_get(s->target ? s->target->pod_spec : NULL, "containers")) {
		int64_t ready = initial_delay(container, "readinessProbe");
		int64_t startup = initial_delay(container, "startupProbe");
		int64_t sec = ready > startup ? ready : startup;
		if (sec > longest) {
			longest = sec;
			slowest = container;
		}
	}
	if (!slowest || window_sec >= longest)
		return;
	check_find(c, CHECK_SLOW_START, &s->object,
		window.set ? "spec.behavior.scaleDown.stabilizationWindowSeconds" : "spec",
		"the window is %lld s, container %.*s of %.*s takes at least %lld s to become "
		"ready: pods are removed that never served",
		(long long)window_sec, SV_ARG(sv_take(jtree_text(jtree_get(slowest, "name")), 100)),
		SV_ARG(s->target->object.title), (long long)longest);
}
