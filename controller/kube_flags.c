/* The flags of kube-controller-manager 1.36 but for those that work here (controller_options.c) and for --master, which would lead elsewhere. */
#include "controller/kube_flags.h"

/* They take a value. */
static const char *const WITH_VALUE[] = { "allow-metric-labels", "allow-metric-labels-manifest",
	"attach-detach-reconcile-sync-period", "authentication-kubeconfig",
	"authorization-always-allow-paths", "authorization-kubeconfig", "cidr-allocator-type",
	"client-ca-file", "cloud-config", "cloud-provider", "cluster-cidr", "cluster-name",
	"cluster-signing-cert-file", "cluster-signing-duration", "cluster-signing-key-file",
	"cluster-signing-kube-apiserver-client-cert-file",
	"cluster-signing-kube-apiserver-client-key-file",
	"cluster-signing-kubelet-client-cert-file", "cluster-signing-kubelet-client-key-file",
	"cluster-signing-kubelet-serving-cert-file", "cluster-signing-kubelet-serving-key-file",
	"cluster-signing-legacy-unknown-cert-file", "cluster-signing-legacy-unknown-key-file",
	"concurrent-cron-job-syncs", "concurrent-daemonset-syncs", "concurrent-deployment-syncs",
	"concurrent-device-taint-eviction-syncs", "concurrent-endpoint-syncs",
	"concurrent-ephemeralvolume-syncs", "concurrent-gc-syncs",
	"concurrent-horizontal-pod-autoscaler-syncs", "concurrent-job-syncs",
	"concurrent-namespace-syncs", "concurrent-rc-syncs", "concurrent-replicaset-syncs",
	"concurrent-resource-quota-syncs", "concurrent-resourceclaim-syncs",
	"concurrent-service-endpoint-syncs", "concurrent-service-syncs",
	"concurrent-serviceaccount-token-syncs", "concurrent-statefulset-syncs",
	"concurrent-ttl-after-finished-syncs",
	"concurrent-validating-admission-policy-status-syncs", "controller-shutdown-timeout",
	"controller-start-interval", "controllers", "disabled-metrics", "emulated-version",
	"endpoint-updates-batch-period", "endpointslice-updates-batch-period",
	"external-cloud-volume-plugin", "flex-volume-plugin-dir",
	"http2-max-streams-per-connection", "kube-api-burst", "kube-api-content-type",
	"kube-api-qps", "large-cluster-size-threshold", "leader-elect-resource-lock",
	"leader-migration-config", "legacy-service-account-token-clean-up-period",
	"log-flush-frequency", "log-json-info-buffer-size", "log-text-info-buffer-size",
	"max-endpoints-per-slice", "min-compatibility-version", "min-resync-period",
	"mirroring-concurrent-service-endpoint-syncs",
	"mirroring-endpointslice-updates-batch-period", "mirroring-max-endpoints-per-subset",
	"namespace-sync-period", "node-cidr-mask-size", "node-cidr-mask-size-ipv4",
	"node-cidr-mask-size-ipv6", "node-eviction-rate", "node-monitor-grace-period",
	"node-monitor-period", "node-startup-grace-period", "pv-recycler-increment-timeout-nfs",
	"pv-recycler-minimum-timeout-hostpath", "pv-recycler-minimum-timeout-nfs",
	"pv-recycler-pod-template-filepath-hostpath", "pv-recycler-pod-template-filepath-nfs",
	"pv-recycler-timeout-increment-hostpath", "pvclaimbinder-sync-period",
	"requestheader-allowed-names", "requestheader-client-ca-file",
	"requestheader-extra-headers-prefix", "requestheader-group-headers",
	"requestheader-uid-headers", "requestheader-username-headers", "resource-quota-sync-period",
	"root-ca-file", "route-reconciliation-period", "secondary-node-eviction-rate",
	"service-account-private-key-file", "service-cluster-ip-range",
	"show-hidden-metrics-for-version", "terminated-pod-gc-threshold", "tls-cipher-suites",
	"tls-curve-preferences", "tls-sni-cert-key", "unhealthy-zone-threshold", "vmodule" };

static const char *const SWITCHES[] = { "allocate-node-cidrs", "configure-cloud-routes",
	"contention-profiling", "disable-attach-detach-reconcile-sync",
	"disable-force-detach-on-timeout", "disable-http2-serving", "enable-dynamic-provisioning",
	"enable-garbage-collector", "enable-hostpath-provisioner", "enable-leader-migration",
	"log-json-split-stream", "log-text-split-stream", "permit-address-sharing",
	"permit-port-sharing", "profiling", "use-service-account-credentials" };

_Static_assert(ARRAY_LEN(WITH_VALUE) + ARRAY_LEN(SWITCHES) <= KUBE_FLAGS_MAX, "room for all");

size_t kube_flags_fill(struct option *table)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(WITH_VALUE); i++)
		table[n++] = (struct option){ .name = WITH_VALUE[i], .kind = OPTION_IGNORED };
	for (size_t i = 0; i < ARRAY_LEN(SWITCHES); i++)
		table[n++] = (struct option){ .name = SWITCHES[i], .kind = OPTION_IGNORED_BOOL };
	return n;
}
