/* Resources of the two clusters: conformance/adapter/README.md section 4, and the "default" cluster of the configuration vectors. */
#include "tests/conformance/adapter_cluster.h"

struct entry {
	const char *group, *version, *plural, *singular, *kind;
	bool namespaced, preferred;
};

/* clang-format off */
static const struct entry NAMING[] = {
	{ "", "v1", "pods", "pod", "Pod", true, true },
	{ "", "v1", "services", "service", "Service", true, true },
	{ "", "v1", "nodes", "node", "Node", false, true },
	{ "", "v1", "namespaces", "namespace", "Namespace", false, true },
	{ "", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", false, true },
	{ "", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", true, true },
	{ "", "v1", "endpoints", "endpoints", "Endpoints", true, true },
	{ "apps", "v1", "deployments", "deployment", "Deployment", true, true },
	{ "apps", "v1", "statefulsets", "statefulset", "StatefulSet", true, true },
	{ "apps", "v1", "replicasets", "replicaset", "ReplicaSet", true, true },
	{ "batch", "v1", "jobs", "job", "Job", true, true },
	{ "networking.k8s.io", "v1", "ingresses", "ingress", "Ingress", true, true },
	{ "stable.example.com", "v1", "crontabs", "crontab", "CronTab", true, true },
	{ "shop.example.io", "v1alpha1", "brands", "brand", "Brand", false, true },
	{ "monitoring-x.coreos.com", "v1", "prometheuses", "prometheus", "Prometheus", true, true },
};

static const struct entry CONFIG[] = {
	{ "", "v1", "pods", "pod", "Pod", true, true },
	{ "", "v1", "services", "service", "Service", true, true },
	{ "", "v1", "nodes", "node", "Node", false, true },
	{ "", "v1", "namespaces", "namespace", "Namespace", false, true },
	{ "", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", false, true },
	{ "", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", true, true },
	{ "", "v1", "configmaps", "configmap", "ConfigMap", true, true },
	{ "", "v1", "endpoints", "endpoints", "Endpoints", true, true },
	{ "", "v1", "secrets", "secret", "Secret", true, true },
	{ "", "v1", "replicationcontrollers", "replicationcontroller", "ReplicationController", true, true },
	{ "", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", true, true },
	{ "apps", "v1", "deployments", "deployment", "Deployment", true, true },
	{ "apps", "v1", "deployments/scale", "", "Scale", true, true },
	{ "apps", "v1", "replicasets", "replicaset", "ReplicaSet", true, true },
	{ "apps", "v1", "statefulsets", "statefulset", "StatefulSet", true, true },
	{ "apps", "v1", "daemonsets", "daemonset", "DaemonSet", true, true },
	{ "batch", "v1", "jobs", "job", "Job", true, true },
	{ "batch", "v1", "cronjobs", "cronjob", "CronJob", true, true },
	{ "networking.k8s.io", "v1", "ingresses", "ingress", "Ingress", true, true },
	{ "networking.k8s.io", "v1", "ingressclasses", "ingressclass", "IngressClass", false, true },
	{ "networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", true, true },
	{ "autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", true, true },
	{ "autoscaling", "v1", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", true, false },
	{ "stable.example.com", "v1beta1", "crontabs", "crontab", "CronTab", true, false },
	{ "stable.example.com", "v1", "crontabs", "crontab", "CronTab", true, true },
	{ "shop.example.io", "v1alpha1", "brands", "brand", "Brand", false, true },
	{ "shop.example.io", "v1alpha1", "carts", "", "Cart", true, true },
	{ "argoproj.io", "v1alpha1", "rollouts", "rollout", "Rollout", true, true },
	{ "monitoring.coreos.com", "v1", "prometheuses", "prometheus", "Prometheus", true, true },
	{ "monitoring.coreos.com", "v1", "servicemonitors", "servicemonitor", "ServiceMonitor", true, true },
};
/* clang-format on */

struct mapper *adapter_cluster_new(struct conformance *c, enum adapter_cluster which)
{
	const struct entry *list = which == ADAPTER_CLUSTER_NAMING ? NAMING : CONFIG;
	size_t n = which == ADAPTER_CLUSTER_NAMING ? ARRAY_LEN(NAMING) : ARRAY_LEN(CONFIG);
	AUTO(mapper_unref) struct mapper *m = NULL;
	struct error err = { 0 };
	enum error_kind kind = mapper_new(n, &m, &err);
	for (size_t i = 0; kind == ERR_OK && i < n; i++) {
		const struct mapper_resource r = {
			.group = sv_of(list[i].group),
			.version = sv_of(list[i].version),
			.plural = sv_of(list[i].plural),
			.singular = sv_of(list[i].singular),
			.kind = sv_of(list[i].kind),
			.namespaced = list[i].namespaced,
			.preferred = list[i].preferred,
		};
		kind = mapper_add(m, &r, &err);
	}
	if (kind) {
		conformance_fail(c, "cluster: %s", err.text);
		return NULL;
	}
	return TAKE_PTR(m);
}

bool adapter_cluster_outcome(
	struct conformance *c, const struct jtree *row, bool ok, struct sv error_text)
{
	struct sv wanted = conformance_text(row, "error");
	if (wanted.len && ok)
		return conformance_fail(
			c, "expected the error \"%.*s\", but it was accepted", SV_ARG(wanted));
	if (!wanted.len && !ok)
		return conformance_fail(c, "expected success, got: %.*s", SV_ARG(error_text));
	return ok;
}
