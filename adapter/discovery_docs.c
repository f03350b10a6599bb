/* Groups, versions and metrics as documents for kubectl, the aggregation layer and HPA controllers. v1beta2 of custom.metrics.k8s.io is served but, as in
 * the reference, not named in the group documents: the cluster's own list comes from APIService objects. */
#include "adapter/discovery_docs.h"

#include "common/jw.h"

void discovery_docs_metrics(struct buf *out, const struct catalog *c, bool external)
{
	const struct catalog_metric *list = external ? c->external : c->custom;
	size_t n = external ? c->n_external : c->n_custom;
	struct buf name;
	buf_init(&name, 64u * 1024);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&name);
		if (!external) {
			mapper_print(&name, list[i].resource.group, list[i].resource.plural);
			buf_put_char(&name, '/');
		}
		buf_put_sv(&name, list[i].name);
		struct jw w;
		jw_init(&w, out);
		if (i > 0)
			buf_put_char(out, ',');
		jw_object(&w);
		jw_member_sv(&w, "name", buf_sv(&name));
		jw_member_str(&w, "singularName", "");
		jw_member_bool(&w, "namespaced", external || list[i].namespaced);
		jw_member_str(&w, "kind", external ? "ExternalMetricValueList" : "MetricValueList");
		jw_key(&w, "verbs");
		jw_raw(&w, SV("[\"get\"]"));
		jw_object_end(&w);
	}
	buf_done(&name);
}

struct sv discovery_docs_resource_metrics(void)
{
	return SV("{\"name\":\"nodes\",\"singularName\":\"\",\"namespaced\":false,\"kind\":"
		  "\"NodeMetrics\",\"verbs\":[\"get\",\"list\"]},"
		  "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":"
		  "\"PodMetrics\",\"verbs\":[\"get\",\"list\"]}");
}

void discovery_docs_resource_list(
	struct buf *out, const char *group, const char *version, struct sv resources)
{
	buf_printf(out,
		"{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"%s/"
		"%s\",\"resources\":[",
		group, version);
	buf_put_sv(out, resources);
	buf_put_str(out, "]}");
}

static void put_versions(struct buf *out, const char *group)
{
	buf_printf(out,
		"\"name\":\"%s\",\"versions\":[{\"groupVersion\":\"%s/"
		"v1beta1\",\"version\":\"v1beta1\"}],",
		group, group);
	buf_printf(out,
		"\"preferredVersion\":{\"groupVersion\":\"%s/v1beta1\",\"version\":\"v1beta1\"}",
		group);
}

void discovery_docs_group(struct buf *out, const char *group)
{
	buf_put_str(out, "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",");
	put_versions(out, group);
	buf_put_char(out, '}');
}

void discovery_docs_group_list(struct buf *out, const struct route_groups *groups, unsigned port)
{
	const struct {
		bool offered;
		const char *name;
	} list[] = { { groups->custom, "custom.metrics.k8s.io" },
		{ groups->external, "external.metrics.k8s.io" },
		{ groups->resource, "metrics.k8s.io" } };
	bool first = true;
	buf_put_str(out, "{\"kind\":\"APIGroupList\",\"groups\":[");
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		if (!list[i].offered)
			continue;
		buf_put_str(out, first ? "{" : ",{");
		put_versions(out, list[i].name);
		buf_printf(out,
			",\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/"
			"0\",\"serverAddress\":\":%u\"}]}",
			port);
		first = false;
	}
	buf_put_str(out, "]}");
}

void discovery_docs_aggregated(
	struct buf *out, const struct route_groups *groups, struct sv version)
{
	buf_printf(out,
		"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/"
		"%.*s\",\"metadata\":{},\"items\":[",
		SV_ARG(version));
	if (groups->resource)
		buf_put_str(out, "{\"metadata\":{\"name\":\"metrics.k8s.io\",\"creationTimestamp\":"
				 "null},\"versions\":[{\"version\":\"v1beta1\","
				 "\"resources\":[{\"resource\":\"nodes\",\"responseKind\":{"
				 "\"group\":\"\",\"version\":\"\",\"kind\":\"NodeMetrics\"},"
				 "\"scope\":\"Cluster\",\"singularResource\":\"\",\"verbs\":["
				 "\"get\",\"list\"]},{\"resource\":\"pods\","
				 "\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":"
				 "\"PodMetrics\"},\"scope\":\"Namespaced\","
				 "\"singularResource\":\"\",\"verbs\":[\"get\",\"list\"]}],"
				 "\"freshness\":\"Current\"}]}");
	buf_put_str(out, "]}");
}

struct path {
	const char *text;
	bool custom_only, external_only, resource_only, not_with_resource;
};

/* Sorted. */
static const struct path PATHS[] = {
	{ .text = "/apis" },
	{ .text = "/apis/custom.metrics.k8s.io", .custom_only = true },
	{ .text = "/apis/custom.metrics.k8s.io/v1beta1", .custom_only = true },
	{ .text = "/apis/custom.metrics.k8s.io/v1beta2", .custom_only = true },
	{ .text = "/apis/external.metrics.k8s.io", .external_only = true },
	{ .text = "/apis/external.metrics.k8s.io/v1beta1", .external_only = true },
	{ .text = "/apis/metrics.k8s.io", .resource_only = true },
	{ .text = "/apis/metrics.k8s.io/v1beta1", .resource_only = true },
	{ .text = "/healthz" },
	{ .text = "/healthz/log" },
	{ .text = "/healthz/ping" },
	{ .text = "/healthz/poststarthook/generic-apiserver-start-informers" },
	{ .text = "/healthz/poststarthook/max-in-flight-filter" },
	{ .text = "/healthz/poststarthook/storage-object-count-tracker-hook" },
	{ .text = "/livez" },
	{ .text = "/livez/log" },
	{ .text = "/livez/ping" },
	{ .text = "/livez/poststarthook/generic-apiserver-start-informers" },
	{ .text = "/livez/poststarthook/max-in-flight-filter" },
	{ .text = "/livez/poststarthook/storage-object-count-tracker-hook" },
	{ .text = "/metrics" },
	{ .text = "/metrics/slis", .not_with_resource = true },
	{ .text = "/openapi/v2" },
	{ .text = "/openapi/v3" },
	{ .text = "/openapi/v3/" },
	{ .text = "/readyz" },
	{ .text = "/readyz/informer-sync" },
	{ .text = "/readyz/log" },
	{ .text = "/readyz/ping" },
	{ .text = "/readyz/poststarthook/generic-apiserver-start-informers" },
	{ .text = "/readyz/poststarthook/max-in-flight-filter" },
	{ .text = "/readyz/poststarthook/storage-object-count-tracker-hook" },
	{ .text = "/readyz/shutdown" },
	{ .text = "/version" },
};

void discovery_docs_paths(struct buf *out, const struct route_groups *groups)
{
	bool first = true;
	buf_put_str(out, "{\"paths\":[");
	for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
		const struct path *p = &PATHS[i];
		if ((p->custom_only && !groups->custom) ||
			(p->external_only && !groups->external) ||
			(p->resource_only && !groups->resource) ||
			(p->not_with_resource && groups->resource))
			continue;
		buf_printf(out, "%s\"%s\"", first ? "" : ",", p->text);
		first = false;
	}
	buf_put_str(out, "]}");
}
