#pragma once
/* A pod of at least 6 KB of JSON, as a ReplicaSet, the scheduler and a kubelet leave it: for the stub of an API server and for what a pod event costs. */
#include "common/buf.h"

#define CONTROLLER_POD_ONE_FIELD(n)                                                                \
	"\"k:{\\\"name\\\":\\\"SETTING_" n "\\\"}\":{\".\":{},\"f:name\":{},\"f:value\":{}},"
#define CONTROLLER_POD_FOUR_FIELDS(n)                                                              \
	CONTROLLER_POD_ONE_FIELD(n "0")                                                            \
	CONTROLLER_POD_ONE_FIELD(n "1")                                                            \
	CONTROLLER_POD_ONE_FIELD(n "2") CONTROLLER_POD_ONE_FIELD(n "3")
#define CONTROLLER_POD_ONE_SETTING(n)                                                              \
	"{\"name\":\"SETTING_" n "\",\"value\":\"the value of one of the settings\"},"
#define CONTROLLER_POD_FOUR_SETTINGS(n)                                                            \
	CONTROLLER_POD_ONE_SETTING(n "0")                                                          \
	CONTROLLER_POD_ONE_SETTING(n "1")                                                          \
	CONTROLLER_POD_ONE_SETTING(n "2") CONTROLLER_POD_ONE_SETTING(n "3")
/* managedFields of one manager; also of the other objects. */
#define CONTROLLER_POD_FIELDS                                                                      \
	"\"managedFields\":[{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\","    \
	"\"apiVersion\":\"v1\",\"time\":\"2026-01-01T00:00:00Z\",\"fieldsType\":\"FieldsV1\","     \
	"\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:app\":{},\"f:pod-template-"      \
	"hash\""                                                                                   \
	":{}}},\"f:spec\":{\"f:env\":{" CONTROLLER_POD_FOUR_FIELDS(                                \
		"A") CONTROLLER_POD_FOUR_FIELDS("B") CONTROLLER_POD_FOUR_FIELDS("C")               \
		CONTROLLER_POD_FOUR_FIELDS("D") CONTROLLER_POD_FOUR_FIELDS("E")                    \
			CONTROLLER_POD_FOUR_FIELDS("F") CONTROLLER_POD_FOUR_FIELDS("G")            \
				CONTROLLER_POD_FOUR_FIELDS("H") CONTROLLER_POD_FOUR_FIELDS(        \
					"I") "\".\":{}},\"f:restartPolicy\":{}}}}]"

struct controller_pod {
	unsigned number, object, ns, version;
};

static inline void controller_pod_put(struct buf *out, const struct controller_pod *p)
{
	buf_printf(out,
		"{\"metadata\":{\"name\":\"app-%u-6d4b75cb6d-%05u\",\"generateName\":\"app-%u-"
		"6d4b75cb6d-\",\"namespace\":\"ns-%u\",\"uid\":\"%08x-4444-4444-8444-"
		"444444444444\","
		"\"resourceVersion\":\"%u\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
		"\"labels\":{"
		"\"app\":\"app-%u\",\"app.kubernetes.io/part-of\":\"shop\",\"pod-template-hash\":"
		"\"6d4b75cb6d\",\"team\":\"team-%u\"},\"ownerReferences\":[{\"apiVersion\":\"apps/"
		"v1\","
		"\"kind\":\"ReplicaSet\",\"name\":\"app-%u-6d4b75cb6d\",\"uid\":\"%08x-5555-4555-"
		"8555-"
		"555555555555\",\"controller\":true,\"blockOwnerDeletion\":true}],",
		p->object, p->number, p->object, p->ns, p->number, p->version, p->object, p->ns,
		p->object, p->object);
	buf_put_str(out, CONTROLLER_POD_FIELDS
		"},\"spec\":{\"volumes\":[{\"name\":\"kube-api-access\",\"projected\":{\"sources\":"
		"[{"
		"\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},{"
		"\"configMap\":{"
		"\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]"
		"}}],"
		"\"defaultMode\":420}}],\"containers\":[{\"name\":\"app\",\"image\":\"registry."
		"example.com/"
		"shop/app:1.2.3\",\"env\":[" CONTROLLER_POD_FOUR_SETTINGS(
			"A") CONTROLLER_POD_FOUR_SETTINGS("B") CONTROLLER_POD_FOUR_SETTINGS("C")
			CONTROLLER_POD_FOUR_SETTINGS(
				"D") "{\"name\":\"LAST\",\"value\":\"one more value, so that a pod "
				     "has its six KiB without its version, too\"}],\"resources\":{"
				     "\"limits\":{\"memory\":\"256Mi\"},"
				     "\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"}},"
				     "\"volumeMounts\":[{\"name\":"
				     "\"kube-api-access\",\"readOnly\":true,\"mountPath\":\"/var/"
				     "run/secrets/kubernetes.io/"
				     "serviceaccount\"}],\"imagePullPolicy\":\"IfNotPresent\","
				     "\"terminationMessagePath\":\"/dev/"
				     "termination-log\",\"terminationMessagePolicy\":\"File\"}],"
				     "\"restartPolicy\":\"Always\","
				     "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":"
				     "\"ClusterFirst\",\"serviceAccountName\":"
				     "\"default\",\"nodeName\":\"node-17\",\"schedulerName\":"
				     "\"default-scheduler\",\"tolerations\":[{"
				     "\"key\":\"node.kubernetes.io/"
				     "not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\","
				     "\"tolerationSeconds\":300},{\"key\":\"node.kubernetes.io/"
				     "unreachable\",\"operator\":"
				     "\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":"
				     "300}]},\"status\":{\"phase\":"
				     "\"Running\",\"conditions\":[{\"type\":"
				     "\"PodReadyToStartContainers\",\"status\":\"True\","
				     "\"lastTransitionTime\":\"2026-01-01T00:00:02Z\"},{\"type\":"
				     "\"Initialized\",\"status\":\"True\","
				     "\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"},{\"type\":"
				     "\"Ready\",\"status\":\"True\","
				     "\"lastTransitionTime\":\"2026-01-01T00:00:03Z\"},{\"type\":"
				     "\"ContainersReady\",\"status\":\"True\","
				     "\"lastTransitionTime\":\"2026-01-01T00:00:03Z\"},{\"type\":"
				     "\"PodScheduled\",\"status\":\"True\","
				     "\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}],\"hostIP\":"
				     "\"192.168.1.17\",\"podIP\":"
				     "\"10.0.17.3\",\"startTime\":\"2026-01-01T00:00:00Z\","
				     "\"containerStatuses\":[{\"name\":\"app\","
				     "\"state\":{\"running\":{\"startedAt\":\"2026-01-01T00:00:"
				     "02Z\"}},\"lastState\":{},\"ready\":true,"
				     "\"restartCount\":0,\"image\":\"registry.example.com/shop/"
				     "app:1.2.3\",\"imageID\":"
				     "\"registry.example.com/shop/app@sha256:"
				     "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6b"
				     "e03\",\"started\":true}],"
				     "\"qosClass\":\"Burstable\"}}");
}
