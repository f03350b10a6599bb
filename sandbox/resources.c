/* The table of kinds. Order within a group is the order of discovery. */
#include "sandbox/resources.h"

#include "common/mem.h"

/* clang-format off */
const struct resource resources_table[] = {
	/* group, version, kind, plural, singular, short names, categories, namespaced, status, scale, review, custom */
	{ "", "v1", "ConfigMap", "configmaps", "configmap", "cm", "", true, false, false, false, false },
	{ "", "v1", "Endpoints", "endpoints", "endpoints", "ep", "", true, false, false, false, false },
	{ "", "v1", "Event", "events", "event", "ev", "", true, false, false, false, false },
	{ "", "v1", "Namespace", "namespaces", "namespace", "ns", "", false, true, false, false, false },
	{ "", "v1", "Node", "nodes", "node", "no", "", false, true, false, false, false },
	{ "", "v1", "Pod", "pods", "pod", "po", "all", true, true, false, false, false },
	{ "", "v1", "ReplicationController", "replicationcontrollers", "replicationcontroller", "rc", "all", true, true, true, false, false },
	{ "", "v1", "Service", "services", "service", "svc", "all", true, true, false, false, false },
	{ "", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", "sa", "", true, false, false, false, false },
	{ "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "customresourcedefinition", "crd crds", "api-extensions", false, true, false, false, false },
	{ "apiregistration.k8s.io", "v1", "APIService", "apiservices", "apiservice", "", "api-extensions", false, true, false, false, false },
	{ "apps", "v1", "Deployment", "deployments", "deployment", "deploy", "all", true, true, true, false, false },
	{ "apps", "v1", "ReplicaSet", "replicasets", "replicaset", "rs", "all", true, true, true, false, false },
	{ "apps", "v1", "StatefulSet", "statefulsets", "statefulset", "sts", "all", true, true, true, false, false },
	{ "authentication.k8s.io", "v1", "TokenReview", "tokenreviews", "tokenreview", "", "", false, false, false, true, false },
	{ "authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview", "", "", false, false, false, true, false },
	{ "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", "subjectaccessreview", "", "", false, false, false, true, false },
	{ "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler", "hpa", "all", true, true, false, false, false },
	{ "coordination.k8s.io", "v1", "Lease", "leases", "lease", "", "", true, false, false, false, false },
	{ "flyball.dev", "v1alpha1", "HorizontalAutoscaler", "horizontalautoscalers", "horizontalautoscaler", "fha", "all", true, true, false, false, true },
	{ "keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", "scaledobject", "so", "", true, true, false, false, true },
};
/* clang-format on */
const size_t resources_n = ARRAY_LEN(resources_table);

const struct resource *resources_find(struct sv group, struct sv version, struct sv plural)
{
	for (size_t i = 0; i < resources_n; i++) {
		const struct resource *r = &resources_table[i];
		if (sv_is(group, r->group) && sv_is(version, r->version) &&
			sv_is(plural, r->plural))
			return r;
	}
	return NULL;
}

const struct resource *resources_of_kind(const char *kind)
{
	for (size_t i = 0; i < resources_n; i++) {
		if (strcmp(resources_table[i].kind, kind) == 0)
			return &resources_table[i];
	}
	return NULL;
}

size_t resources_index(const struct resource *r)
{
	return (size_t)(r - resources_table);
}

void resources_print_api_version(struct buf *out, const struct resource *r)
{
	if (r->group[0] != '\0')
		buf_printf(out, "%s/", r->group);
	buf_put_str(out, r->version);
}

void resources_print_qualified(struct buf *out, const struct resource *r)
{
	buf_put_str(out, r->plural);
	if (r->group[0] != '\0')
		buf_printf(out, ".%s", r->group);
}
