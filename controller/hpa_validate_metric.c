/* Validation of one metric: which members are there, the first of them in depth. Pure. */
#include "common/limits.h"
#include "controller/hpa_validate_parts.h"

#define SUPPORTED_TYPES                                                                            \
	"supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", "            \
	"\"Resource\""

static void check_target(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_target *t)
{
	if (t->type.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, path, "type", "must specify a metric target type");
	if (!sv_is(t->type, "Utilization") && !sv_is(t->type, "Value") &&
		!sv_is(t->type, "AverageValue"))
		hpa_validate_add_json(l, FIELD_ERROR_INVALID, path, "type", t->type,
			"must be either Utilization, Value, or AverageValue");
	if (t->value.set && quantity_sign(&t->value.value) != 1)
		hpa_validate_add_quantity(l, path, "value", &t->value.value, "must be positive");
	if (t->average_value.set && quantity_sign(&t->average_value.value) != 1)
		hpa_validate_add_quantity(
			l, path, "averageValue", &t->average_value.value, "must be positive");
	if (t->average_utilization.set && t->average_utilization.value < 1)
		hpa_validate_add_i64(l, path, "averageUtilization", t->average_utilization.value,
			"must be greater than 0");
}

static void check_identifier(
	struct field_error_list *l, const struct codec_path *path, struct sv name)
{
	struct codec_path metric = { .up = path, .member = SV("metric") };

	if (name.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, &metric, "name", "must specify a metric name");
	else
		hpa_validate_add_problems(l, &metric, "name", name, names_path_segment(name));
}

static void check_object(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_source *s)
{
	struct codec_path described = { .up = path, .member = SV("describedObject") };
	struct codec_path target = { .up = path, .member = SV("target") };

	hpa_validate_ref(l, &described, &s->described, true);
	check_identifier(l, path, s->metric);
	check_target(l, &target, &s->target);
	if (!s->target.value.set && !s->target.average_value.set)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &target, "averageValue",
			"must set either a target value or averageValue");
}

static void check_external(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_source *s)
{
	struct codec_path target = { .up = path, .member = SV("target") };

	check_identifier(l, path, s->metric);
	check_target(l, &target, &s->target);
	if (!s->target.value.set && !s->target.average_value.set)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &target, "averageValue",
			"must set either a target value for metric or a per-pod target");
	if (s->target.value.set && s->target.average_value.set)
		hpa_validate_add(l, FIELD_ERROR_FORBIDDEN, &target, "value",
			"may not set both a target value for metric and a per-pod target");
}

static void check_pods(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_source *s)
{
	struct codec_path target = { .up = path, .member = SV("target") };

	check_identifier(l, path, s->metric);
	check_target(l, &target, &s->target);
	if (!s->target.average_value.set)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &target, "averageValue",
			"must specify a positive target averageValue");
}

/* What resource and containerResource share. */
static void check_usage(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_target *t)
{
	struct codec_path target = { .up = path, .member = SV("target") };

	check_target(l, &target, t);
	if (!t->average_utilization.set && !t->average_value.set)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &target, "averageUtilization",
			"must set either a target raw value or a target utilization");
	if (t->average_utilization.set && t->average_value.set)
		hpa_validate_add(l, FIELD_ERROR_FORBIDDEN, &target, "averageValue",
			"may not set both a target raw value and a target utilization");
}

static void check_resource(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_source *s)
{
	if (s->resource.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, path, "name", "must specify a resource name");
	check_usage(l, path, &s->target);
}

static bool is_huge_pages(struct sv name)
{
	return sv_has_prefix(name, SV("hugepages-"));
}

static bool is_container_resource(struct sv name)
{
	return sv_is(name, "cpu") || sv_is(name, "memory") || sv_is(name, "ephemeral-storage") ||
	       is_huge_pages(name);
}

/* The resources that have no prefix, quota names among them. */
static bool is_standard_resource(struct sv name)
{
	static const char *const others[] = { "requests.cpu", "requests.memory",
		"requests.ephemeral-storage", "limits.cpu", "limits.memory",
		"limits.ephemeral-storage", "pods", "resourcequotas", "services",
		"replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
		"storage", "requests.storage", "services.nodeports", "services.loadbalancers" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (sv_is(name, others[i]))
			return true;
	}
	return is_container_resource(name) || sv_has_prefix(name, SV("requests.hugepages-"));
}

/* Outside kubernetes.io: must still be a label key as the quota resource "requests.NAME". */
static bool is_extended_resource(struct field_error_list *l, struct sv name)
{
	if (sv_has_prefix(name, SV("requests.")))
		return false;
	char *quota = arena_printf(l->a, "requests.%.*s", SV_ARG(name));
	if (!quota)
		l->failed = true;
	return quota && names_is_label_key(sv_of(quota));
}

static void check_container_resource_name(
	struct field_error_list *l, const struct codec_path *path, struct sv name)
{
	struct names_problems problems = names_label_key(name);
	bool prefixed = sv_find(name, '/') < name.len;
	const char *problem = NULL;

	for (size_t i = 0; i < problems.n; i++)
		hpa_validate_add_json(l, FIELD_ERROR_INVALID, path, "name", name, problems.at[i]);
	if (problems.n == 0 && !prefixed && !is_standard_resource(name))
		hpa_validate_add_json(l, FIELD_ERROR_INVALID, path, "name", name,
			"must be a standard resource type or fully qualified");
	if (!prefixed && !is_container_resource(name))
		problem = "must be a standard resource for containers";
	if (prefixed && sv_find_sv(name, SV("kubernetes.io/")) == name.len &&
		!is_extended_resource(l, name))
		problem = "doesn't follow extended resource name standard";
	if (problem)
		hpa_validate_add_json(l, FIELD_ERROR_INVALID, path, "name", name, problem);
}

static void check_container(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_source *s)
{
	if (s->resource.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, path, "name", "must specify a resource name");
	else
		check_container_resource_name(l, path, s->resource);
	if (s->container.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, path, "container", "must specify a container");
	else
		hpa_validate_add_problems(
			l, path, "container", s->container, names_dns1123_label(s->container));
	check_usage(l, path, &s->target);
}

/* In the order in which the reference looks for members. */
static const struct {
	enum hpa_metric_kind kind;
	const char *member;
	void (*check)(struct field_error_list *l, const struct codec_path *path,
		const struct hpa_source *s);
} MEMBERS[] = {
	{ HPA_METRIC_OBJECT, "object", check_object },
	{ HPA_METRIC_EXTERNAL, "external", check_external },
	{ HPA_METRIC_PODS, "pods", check_pods },
	{ HPA_METRIC_RESOURCE, "resource", check_resource },
	{ HPA_METRIC_CONTAINER_RESOURCE, "containerResource", check_container },
};

static void check_members(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_metric *metric)
{
	size_t n_present = 0;

	for (size_t i = 0; i < ARRAY_LEN(MEMBERS); i++) {
		struct codec_path at = { .up = path, .member = sv_of(MEMBERS[i].member) };
		const struct hpa_source *s = metric->member[MEMBERS[i].kind];
		if (s && n_present++ == 0)
			MEMBERS[i].check(l, &at, s);
	}
	for (size_t i = 0; i < ARRAY_LEN(MEMBERS); i++) {
		if (MEMBERS[i].kind == metric->kind && !metric->member[metric->kind])
			hpa_validate_add(l, FIELD_ERROR_REQUIRED, path, MEMBERS[i].member,
				"must populate information for the given metric source");
	}
	if (metric->kind == HPA_METRIC_UNKNOWN)
		hpa_validate_add_json(
			l, FIELD_ERROR_NOT_SUPPORTED, path, "type", metric->type, SUPPORTED_TYPES);
	for (size_t i = 0; i < ARRAY_LEN(MEMBERS) && n_present != 1; i++) {
		if (metric->member[MEMBERS[i].kind] && MEMBERS[i].kind != metric->kind)
			hpa_validate_add(l, FIELD_ERROR_FORBIDDEN, path, MEMBERS[i].member,
				"must populate the given metric source only");
	}
}

void hpa_validate_metric(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_metric *metric)
{
	if (metric->type.len == 0)
		hpa_validate_add(
			l, FIELD_ERROR_REQUIRED, path, "type", "must specify a metric source type");
	/* The reference reports an unknown type here and again where it looks for the type's member. */
	if (metric->kind == HPA_METRIC_UNKNOWN)
		hpa_validate_add_json(
			l, FIELD_ERROR_NOT_SUPPORTED, path, "type", metric->type, SUPPORTED_TYPES);
	check_members(l, path, metric);
}
