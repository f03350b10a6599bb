/* OpenAPI: the paths with their operations, and the kinds they answer with (openapi_schemas.c), so that kubectl and the aggregation layer know what exists. */
#include "adapter/openapi_docs.h"

#include "adapter/openapi_schemas.h"
#include "common/fingerprint.h"
#include "common/jw.h"

#define OPENAPI_DOC_MAX (1024u * 1024)

enum part { PART_ROOT, PART_CUSTOM, PART_EXTERNAL, PART_RESOURCE, PART_VERSION };

struct operation {
	enum part part;
	const char *version; /* of the group; NULL: group level */
	const char *path, *id, *kind;
};

static const struct operation OPERATIONS[] = {
	{ PART_ROOT, NULL, "/apis/", "getAPIVersions", NULL },
	{ PART_CUSTOM, NULL, "/apis/custom.metrics.k8s.io/", "getCustomMetricsAPIGroup", NULL },
	{ PART_CUSTOM, "v1beta1", "/apis/custom.metrics.k8s.io/v1beta1/",
		"getCustomMetricsV1beta1APIResources", NULL },
	{ PART_CUSTOM, "v1beta1",
		"/apis/custom.metrics.k8s.io/v1beta1/{resource}/{name}/{subresource}",
		"listCustomMetricsV1beta1MetricValue", "MetricValueList" },
	{ PART_CUSTOM, "v1beta1",
		"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/metrics/{name}",
		"readCustomMetricsV1beta1MetricValueForNamespace", "MetricValueList" },
	{ PART_CUSTOM, "v1beta1",
		"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/{resource}/{name}/"
		"{subresource}",
		"listCustomMetricsV1beta1NamespacedMetricValue", "MetricValueList" },
	{ PART_CUSTOM, "v1beta2", "/apis/custom.metrics.k8s.io/v1beta2/",
		"getCustomMetricsV1beta2APIResources", NULL },
	{ PART_CUSTOM, "v1beta2",
		"/apis/custom.metrics.k8s.io/v1beta2/{resource}/{name}/{subresource}",
		"listCustomMetricsV1beta2MetricValue", "MetricValueList" },
	{ PART_CUSTOM, "v1beta2",
		"/apis/custom.metrics.k8s.io/v1beta2/namespaces/{namespace}/metrics/{name}",
		"readCustomMetricsV1beta2MetricValueForNamespace", "MetricValueList" },
	{ PART_CUSTOM, "v1beta2",
		"/apis/custom.metrics.k8s.io/v1beta2/namespaces/{namespace}/{resource}/{name}/"
		"{subresource}",
		"listCustomMetricsV1beta2NamespacedMetricValue", "MetricValueList" },
	{ PART_EXTERNAL, NULL, "/apis/external.metrics.k8s.io/", "getExternalMetricsAPIGroup",
		NULL },
	{ PART_EXTERNAL, "v1beta1", "/apis/external.metrics.k8s.io/v1beta1/",
		"getExternalMetricsV1beta1APIResources", NULL },
	{ PART_EXTERNAL, "v1beta1",
		"/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{resource}",
		"listExternalMetricsV1beta1ExternalMetricValue", "ExternalMetricValueList" },
	{ PART_RESOURCE, NULL, "/apis/metrics.k8s.io/", "getMetricsAPIGroup", NULL },
	{ PART_RESOURCE, "v1beta1", "/apis/metrics.k8s.io/v1beta1/",
		"getMetricsV1beta1APIResources", NULL },
	{ PART_RESOURCE, "v1beta1", "/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods",
		"listMetricsV1beta1NamespacedPodMetrics", "PodMetricsList" },
	{ PART_RESOURCE, "v1beta1",
		"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{name}",
		"readMetricsV1beta1NamespacedPodMetrics", "PodMetrics" },
	{ PART_RESOURCE, "v1beta1", "/apis/metrics.k8s.io/v1beta1/nodes",
		"listMetricsV1beta1NodeMetrics", "NodeMetricsList" },
	{ PART_RESOURCE, "v1beta1", "/apis/metrics.k8s.io/v1beta1/nodes/{name}",
		"readMetricsV1beta1NodeMetrics", "NodeMetrics" },
	{ PART_RESOURCE, "v1beta1", "/apis/metrics.k8s.io/v1beta1/pods",
		"listMetricsV1beta1PodMetricsForAllNamespaces", "PodMetricsList" },
	{ PART_VERSION, NULL, "/version/", "getCodeVersion", NULL },
};

/* Documents of version 3, in the order of the index. */
static const struct document {
	const char *name;
	enum part part;
	const char *version;
} DOCUMENTS[] = {
	{ "apis", PART_ROOT, NULL },
	{ "apis/custom.metrics.k8s.io", PART_CUSTOM, NULL },
	{ "apis/custom.metrics.k8s.io/v1beta1", PART_CUSTOM, "v1beta1" },
	{ "apis/custom.metrics.k8s.io/v1beta2", PART_CUSTOM, "v1beta2" },
	{ "apis/external.metrics.k8s.io", PART_EXTERNAL, NULL },
	{ "apis/external.metrics.k8s.io/v1beta1", PART_EXTERNAL, "v1beta1" },
	{ "apis/metrics.k8s.io", PART_RESOURCE, NULL },
	{ "apis/metrics.k8s.io/v1beta1", PART_RESOURCE, "v1beta1" },
	{ "version", PART_VERSION, NULL },
};

static const char *group_of(enum part part)
{
	return part == PART_CUSTOM     ? "custom.metrics.k8s.io"
	       : part == PART_EXTERNAL ? "external.metrics.k8s.io"
				       : "metrics.k8s.io";
}

static bool is_offered(enum part part, const struct route_groups *groups)
{
	return (part != PART_CUSTOM || groups->custom) &&
	       (part != PART_EXTERNAL || groups->external) &&
	       (part != PART_RESOURCE || groups->resource);
}

static void put_parameters(struct jw *w, const char *path, bool v3)
{
	jw_key(w, "parameters");
	jw_array(w);
	for (struct sv rest = sv_of(path); rest.len > 0;) {
		struct sv inside, behind;
		bool opened, closed;
		sv_cut(rest, '{', &inside, &opened);
		if (!opened)
			break;
		struct sv name = sv_cut(inside, '}', &behind, &closed);
		jw_object(w);
		jw_member_sv(w, "name", name);
		jw_member_str(w, "in", "path");
		jw_member_bool(w, "required", true);
		if (v3) {
			jw_key(w, "schema");
			jw_object(w);
		}
		jw_member_str(w, "type", "string");
		if (v3)
			jw_object_end(w);
		jw_object_end(w);
		rest = behind;
	}
	jw_array_end(w);
}

static const char *in_version(bool v3)
{
	return v3 ? "#/components/schemas/" : "#/definitions/";
}

static void put_responses(struct jw *w, const struct operation *o, bool v3)
{
	jw_key(w, "responses");
	jw_object(w);
	jw_key(w, "200");
	jw_object(w);
	jw_member_str(w, "description", "OK");
	if (o->kind && v3) {
		jw_key(w, "content");
		jw_object(w);
		jw_key(w, "application/json");
		jw_object(w);
	}
	if (o->kind) {
		jw_key(w, "schema");
		openapi_schemas_put_ref(w, group_of(o->part), o->version, o->kind, in_version(v3));
	}
	if (o->kind && v3) {
		jw_object_end(w);
		jw_object_end(w);
	}
	jw_object_end(w);
	jw_key(w, "401");
	jw_raw(w, SV("{\"description\":\"Unauthorized\"}"));
	jw_object_end(w);
}

static void put_operation(struct jw *w, const struct operation *o, bool v3)
{
	jw_key(w, o->path);
	jw_object(w);
	jw_key(w, "get");
	jw_object(w);
	jw_member_str(w, "operationId", o->id);
	if (!v3) {
		jw_key(w, "produces");
		jw_raw(w, SV("[\"application/json\"]"));
		jw_key(w, "schemes");
		jw_raw(w, SV("[\"https\"]"));
	}
	put_parameters(w, o->path, v3);
	put_responses(w, o, v3);
	if (o->kind) {
		jw_member_str(w, "x-kubernetes-action",
			sv_has_prefix(sv_of(o->id), SV("list")) ? "list" : "get");
		jw_key(w, "x-kubernetes-group-version-kind");
		jw_object(w);
		jw_member_str(w, "group", group_of(o->part));
		jw_member_str(w, "version", o->version);
		jw_member_str(w, "kind", o->kind);
		jw_object_end(w);
	}
	jw_object_end(w);
	jw_object_end(w);
}

static void put_info(struct jw *w)
{
	jw_key(w, "info");
	jw_raw(w, SV("{\"title\":\"prometheus-metrics-adapter\",\"version\":\"1.0.0\"}"));
}

void openapi_docs_v2(struct buf *out, const struct route_groups *groups)
{
	struct jw w;
	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "swagger", "2.0");
	put_info(&w);
	jw_key(&w, "paths");
	jw_object(&w);
	for (size_t i = 0; i < ARRAY_LEN(OPERATIONS); i++)
		if (is_offered(OPERATIONS[i].part, groups))
			put_operation(&w, &OPERATIONS[i], false);
	jw_object_end(&w);
	jw_key(&w, "definitions");
	jw_object(&w);
	for (size_t i = 0; i < ARRAY_LEN(DOCUMENTS); i++)
		if (DOCUMENTS[i].version && is_offered(DOCUMENTS[i].part, groups))
			openapi_schemas_put(&w, group_of(DOCUMENTS[i].part), DOCUMENTS[i].version,
				in_version(false));
	jw_object_end(&w);
	jw_object_end(&w);
}

static bool belongs(const struct operation *o, const struct document *d)
{
	if (o->part != d->part)
		return false;
	if (!o->version || !d->version)
		return !o->version && !d->version;
	return sv_eq(sv_of(o->version), sv_of(d->version));
}

static void put_document(struct buf *out, const struct document *d)
{
	struct jw w;
	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "openapi", "3.0.0");
	put_info(&w);
	jw_key(&w, "paths");
	jw_object(&w);
	for (size_t i = 0; i < ARRAY_LEN(OPERATIONS); i++)
		if (belongs(&OPERATIONS[i], d))
			put_operation(&w, &OPERATIONS[i], true);
	jw_object_end(&w);
	if (d->version) {
		jw_key(&w, "components");
		jw_object(&w);
		jw_key(&w, "schemas");
		jw_object(&w);
		openapi_schemas_put(&w, group_of(d->part), d->version, in_version(true));
		jw_object_end(&w);
		jw_object_end(&w);
	}
	jw_object_end(&w);
}

void openapi_docs_v3_index(struct buf *out, const struct route_groups *groups)
{
	bool first = true;
	struct buf document;
	buf_init(&document, OPENAPI_DOC_MAX);
	buf_put_str(out, "{\"paths\":{");
	for (size_t i = 0; i < ARRAY_LEN(DOCUMENTS); i++) {
		const struct document *d = &DOCUMENTS[i];
		char hash[FINGERPRINT_DIGITS + 1];
		if (!is_offered(d->part, groups))
			continue;
		buf_clear(&document);
		put_document(&document, d);
		fingerprint_print(buf_sv(&document), hash);
		buf_printf(out, "%s\"%s\":{\"serverRelativeURL\":\"/openapi/v3/%s?hash=%s\"}",
			first ? "" : ",", d->name, d->name, hash);
		first = false;
	}
	buf_put_str(out, "}}");
	buf_done(&document);
}

void openapi_docs_v3(struct buf *out, const struct route_groups *groups, struct sv name)
{
	for (size_t i = 0; i < ARRAY_LEN(DOCUMENTS); i++)
		if (sv_is(name, DOCUMENTS[i].name) && is_offered(DOCUMENTS[i].part, groups))
			put_document(out, &DOCUMENTS[i]);
}
