/* A table of kinds and their members -> schemas. Metadata stays a free-form object: the API server that merges our document has its own definition under the
 * same name, and two different ones would be renamed. */
#include "adapter/openapi_schemas.h"

#include "common/mem.h"
#include "common/sv.h"

#define CUSTOM "custom.metrics.k8s.io"
#define EXTERNAL "external.metrics.k8s.io"
#define RESOURCE "metrics.k8s.io"
#define NAME_MAX_BYTES 256u

enum shape {
	SHAPE_TEXT,
	SHAPE_TIME,
	SHAPE_INTEGER,
	SHAPE_OBJECT, /* free form */
	SHAPE_TEXTS,  /* map of text to text */
	SHAPE_KIND,   /* reference */
	SHAPE_KINDS,  /* list of references */
};

struct member {
	const char *name;
	enum shape shape;
	const char *kind; /* KIND, KINDS */
	const char *description;
	bool required;
};

struct schema {
	const char *group, *version, *kind, *description;
	bool is_object; /* has kind, apiVersion and metadata of its own */
	struct member members[10];
};

/* clang-format off */
#define TYPE_MEMBERS \
	{ "apiVersion", SHAPE_TEXT, NULL, "Version of the schema of this object.", false }, \
	{ "kind", SHAPE_TEXT, NULL, "Kind of this object.", false }
#define LIST_MEMBERS(item) { TYPE_MEMBERS, \
	{ "metadata", SHAPE_OBJECT, NULL, "Metadata of the list.", false }, \
	{ "items", SHAPE_KINDS, item, "The values.", true } }
#define USAGE { "usage", SHAPE_TEXTS, NULL, "Usage in the window, by resource: cpu in cores, memory in bytes.", true }
#define SAMPLED \
	{ "timestamp", SHAPE_TIME, NULL, "End of the window in which the usage was measured.", true }, \
	{ "window", SHAPE_TEXT, NULL, "Length of that window.", true }
#define VALUE_V1BETA1 { TYPE_MEMBERS, \
	{ "describedObject", SHAPE_OBJECT, NULL, "The object that the metric is about.", true }, \
	{ "metricName", SHAPE_TEXT, NULL, "Name of the metric.", true }, \
	{ "timestamp", SHAPE_TIME, NULL, "When the value was taken.", true }, \
	{ "window", SHAPE_INTEGER, NULL, "Seconds over which it was taken; absent: unknown.", false }, \
	{ "value", SHAPE_TEXT, NULL, "The value, a quantity.", true }, \
	{ "selector", SHAPE_OBJECT, NULL, "Label selector of the series.", false } }
#define VALUE_V1BETA2 { TYPE_MEMBERS, \
	{ "describedObject", SHAPE_OBJECT, NULL, "The object that the metric is about.", true }, \
	{ "metric", SHAPE_KIND, "MetricIdentifier", "Which metric.", true }, \
	{ "timestamp", SHAPE_TIME, NULL, "When the value was taken.", true }, \
	{ "windowSeconds", SHAPE_INTEGER, NULL, "Seconds over which it was taken; absent: unknown.", false }, \
	{ "value", SHAPE_TEXT, NULL, "The value, a quantity.", true } }
#define VALUE_EXTERNAL { TYPE_MEMBERS, \
	{ "metricName", SHAPE_TEXT, NULL, "Name of the metric.", true }, \
	{ "metricLabels", SHAPE_TEXTS, NULL, "Labels of the series.", true }, \
	{ "timestamp", SHAPE_TIME, NULL, "When the value was taken.", true }, \
	{ "window", SHAPE_INTEGER, NULL, "Seconds over which it was taken; absent: unknown.", false }, \
	{ "value", SHAPE_TEXT, NULL, "The value, a quantity.", true } }

static const struct schema SCHEMAS[] = {
	{ CUSTOM, "v1beta1", "MetricValue", "A metric's value for an object.", true, VALUE_V1BETA1 },
	{ CUSTOM, "v1beta1", "MetricValueList", "A metric's values for some objects.", true, LIST_MEMBERS("MetricValue") },
	{ CUSTOM, "v1beta2", "MetricIdentifier", "A metric's name and the selector of its series.", false, {
		{ "name", SHAPE_TEXT, NULL, "Name of the metric.", true },
		{ "selector", SHAPE_OBJECT, NULL, "Label selector of the series.", false } } },
	{ CUSTOM, "v1beta2", "MetricValue", "A metric's value for an object.", true, VALUE_V1BETA2 },
	{ CUSTOM, "v1beta2", "MetricValueList", "A metric's values for some objects.", true, LIST_MEMBERS("MetricValue") },
	{ EXTERNAL, "v1beta1", "ExternalMetricValue", "A value of a metric that is about no object.", true, VALUE_EXTERNAL },
	{ EXTERNAL, "v1beta1", "ExternalMetricValueList", "Values of a metric that is about no object.", true, LIST_MEMBERS("ExternalMetricValue") },
	{ RESOURCE, "v1beta1", "ContainerMetrics", "What a container uses.", false, {
		{ "name", SHAPE_TEXT, NULL, "Name of the container.", true }, USAGE } },
	{ RESOURCE, "v1beta1", "NodeMetrics", "What a node uses.", true, { TYPE_MEMBERS,
		{ "metadata", SHAPE_OBJECT, NULL, "Metadata of the node.", false }, SAMPLED, USAGE } },
	{ RESOURCE, "v1beta1", "NodeMetricsList", "What nodes use.", true, LIST_MEMBERS("NodeMetrics") },
	{ RESOURCE, "v1beta1", "PodMetrics", "What a pod uses.", true, { TYPE_MEMBERS,
		{ "metadata", SHAPE_OBJECT, NULL, "Metadata of the pod.", false }, SAMPLED,
		{ "containers", SHAPE_KINDS, "ContainerMetrics", "What its containers use, by name.", true } } },
	{ RESOURCE, "v1beta1", "PodMetricsList", "What pods use.", true, LIST_MEMBERS("PodMetrics") },
};
/* clang-format on */

/* The name that Kubernetes' own generator gives the kind. */
static void put_name(struct buf *out, const char *group, const char *version, const char *kind)
{
	const char *package = sv_is(sv_of(group), CUSTOM)     ? "custom_metrics"
			      : sv_is(sv_of(group), EXTERNAL) ? "external_metrics"
							      : "metrics";
	buf_printf(out, "io.k8s.metrics.pkg.apis.%s.%s.%s", package, version, kind);
}

void openapi_schemas_put_ref(
	struct jw *w, const char *group, const char *version, const char *kind, const char *in)
{
	struct buf name;
	buf_init(&name, NAME_MAX_BYTES);
	buf_put_str(&name, in);
	put_name(&name, group, version, kind);
	jw_object(w);
	jw_member_sv(w, "$ref", buf_sv(&name));
	jw_object_end(w);
	buf_done(&name);
}

static void put_type(struct jw *w, const struct schema *s, const struct member *m, const char *in)
{
	switch (m->shape) {
	case SHAPE_TIME:
		jw_member_str(w, "format", "date-time");
		jw_member_str(w, "type", "string");
		break;
	case SHAPE_INTEGER:
		jw_member_str(w, "format", "int64");
		jw_member_str(w, "type", "integer");
		break;
	case SHAPE_OBJECT:
		jw_member_str(w, "type", "object");
		break;
	case SHAPE_TEXTS:
		jw_member_str(w, "type", "object");
		jw_key(w, "additionalProperties");
		jw_raw(w, SV("{\"type\":\"string\"}"));
		break;
	case SHAPE_KIND:
		jw_key(w, "allOf");
		jw_array(w);
		openapi_schemas_put_ref(w, s->group, s->version, m->kind, in);
		jw_array_end(w);
		break;
	case SHAPE_KINDS:
		jw_member_str(w, "type", "array");
		jw_key(w, "items");
		openapi_schemas_put_ref(w, s->group, s->version, m->kind, in);
		break;
	case SHAPE_TEXT:
	default:
		jw_member_str(w, "type", "string");
		break;
	}
}

static void put_schema(struct jw *w, const struct schema *s, const char *in)
{
	bool any_required = false;
	jw_object(w);
	jw_member_str(w, "description", s->description);
	jw_member_str(w, "type", "object");
	for (size_t i = 0; i < ARRAY_LEN(s->members); i++)
		any_required = any_required || s->members[i].required;
	if (any_required) {
		jw_key(w, "required");
		jw_array(w);
		for (size_t i = 0; i < ARRAY_LEN(s->members); i++)
			if (s->members[i].required)
				jw_sv(w, sv_of(s->members[i].name));
		jw_array_end(w);
	}
	jw_key(w, "properties");
	jw_object(w);
	for (size_t i = 0; i < ARRAY_LEN(s->members) && s->members[i].name; i++) {
		jw_key(w, s->members[i].name);
		jw_object(w);
		jw_member_str(w, "description", s->members[i].description);
		put_type(w, s, &s->members[i], in);
		jw_object_end(w);
	}
	jw_object_end(w);
	if (s->is_object) {
		jw_key(w, "x-kubernetes-group-version-kind");
		jw_array(w);
		jw_object(w);
		jw_member_str(w, "group", s->group);
		jw_member_str(w, "kind", s->kind);
		jw_member_str(w, "version", s->version);
		jw_object_end(w);
		jw_array_end(w);
	}
	jw_object_end(w);
}

void openapi_schemas_put(struct jw *w, const char *group, const char *version, const char *in)
{
	struct buf name;
	buf_init(&name, NAME_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(SCHEMAS); i++) {
		const struct schema *s = &SCHEMAS[i];
		if (!sv_eq(sv_of(s->group), sv_of(group)) ||
			!sv_eq(sv_of(s->version), sv_of(version)))
			continue;
		buf_clear(&name);
		put_name(&name, group, version, s->kind);
		jw_key(w, buf_text(&name));
		put_schema(w, s, in);
	}
	buf_done(&name);
}
