/* The kinds of the vectors' README, and the three metrics APIs (which list no resources that anybody looks at). */
#include "tests/conformance/live_kinds.h"

#include <string.h>

#include "common/jw.h"

struct served {
	const char *group, *version, *kind, *plural;
	bool cluster; /* not namespaced */
	bool scales;
};

/* In the server's order; rows of one group and version stand together. */
static const struct served SERVED[] = {
	{ "", "v1", "Pod", "pods", false, false },
	{ "", "v1", "Service", "services", false, false },
	{ "", "v1", "Node", "nodes", true, false },
	{ "", "v1", "Namespace", "namespaces", true, false },
	{ "", "v1", "ReplicationController", "replicationcontrollers", false, true },
	{ "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", false, false },
	{ "", "v1", "ConfigMap", "configmaps", false, false },
	{ "apps", "v1", "Deployment", "deployments", false, true },
	{ "apps", "v1", "ReplicaSet", "replicasets", false, true },
	{ "apps", "v1", "StatefulSet", "statefulsets", false, true },
	{ "apps", "v1", "DaemonSet", "daemonsets", false, false },
	{ "batch", "v1", "Job", "jobs", false, false },
	{ "networking.k8s.io", "v1", "Ingress", "ingresses", false, false },
	{ "example.com", "v2", "Widget", "widgets", false, true },
	{ "example.com", "v1", "Widget", "widgets", false, true },
	{ "metrics.k8s.io", "v1beta1", NULL, NULL, false, false },
	{ "external.metrics.k8s.io", "v1beta1", NULL, NULL, false, false },
};

static void put_kind(struct jw *w, const char *group, const char *version, const char *kind)
{
	jw_key(w, "responseKind");
	jw_object(w);
	jw_member_str(w, "group", group);
	jw_member_str(w, "version", version);
	jw_member_str(w, "kind", kind);
	jw_object_end(w);
}

static void put_resource(struct jw *w, const struct served *row)
{
	jw_object(w);
	jw_member_str(w, "resource", row->plural);
	put_kind(w, row->group, row->version, row->kind);
	jw_member_str(w, "scope", row->cluster ? "Cluster" : "Namespaced");
	jw_member_str(w, "singularResource", "");
	jw_key(w, "subresources");
	jw_array(w);
	if (row->scales) {
		jw_object(w);
		jw_member_str(w, "subresource", "scale");
		put_kind(w, "autoscaling", "v1", "Scale");
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void begin_version(struct jw *w, const char *version)
{
	jw_object(w);
	jw_member_str(w, "version", version);
	jw_member_str(w, "freshness", "Current");
	jw_key(w, "resources");
	jw_array(w);
}

static void end_version(struct jw *w)
{
	jw_array_end(w);
	jw_object_end(w);
}

static void begin_group(struct jw *w, const char *name)
{
	jw_object(w);
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_str(w, "name", name);
	jw_object_end(w);
	jw_key(w, "versions");
	jw_array(w);
}

static void end_group(struct jw *w)
{
	jw_array_end(w);
	jw_object_end(w);
}

/* The versions of the group of row i; returns the row behind them. */
static size_t put_versions(struct jw *w, size_t i)
{
	const char *group = SERVED[i].group;

	while (i < ARRAY_LEN(SERVED) && strcmp(SERVED[i].group, group) == 0) {
		const char *version = SERVED[i].version;
		begin_version(w, version);
		for (; i < ARRAY_LEN(SERVED) && strcmp(SERVED[i].group, group) == 0 &&
			strcmp(SERVED[i].version, version) == 0;
			i++)
			if (SERVED[i].kind)
				put_resource(w, &SERVED[i]);
		end_version(w);
	}
	return i;
}

/* Both versions, the preferred one first. */
static void put_custom(struct jw *w, const char *preferred)
{
	static const char *const VERSIONS[] = { "v1beta1", "v1beta2" };
	size_t first = strcmp(preferred, VERSIONS[0]) == 0 ? 0 : 1;

	begin_group(w, "custom.metrics.k8s.io");
	for (size_t i = 0; i < ARRAY_LEN(VERSIONS); i++) {
		begin_version(w, VERSIONS[i == 0 ? first : 1 - first]);
		end_version(w);
	}
	end_group(w);
}

void live_kinds_print(struct buf *out, bool apis, const char *custom)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "APIGroupDiscoveryList");
	jw_member_str(&w, "apiVersion", "apidiscovery.k8s.io/v2");
	jw_key(&w, "items");
	jw_array(&w);
	for (size_t i = 0; i < ARRAY_LEN(SERVED);) {
		size_t next = i;
		if ((SERVED[i].group[0] != '\0') == apis) {
			begin_group(&w, SERVED[i].group);
			next = put_versions(&w, i);
			end_group(&w);
		}
		i = next > i ? next : i + 1;
	}
	if (apis)
		put_custom(&w, custom);
	jw_array_end(&w);
	jw_object_end(&w);
}
