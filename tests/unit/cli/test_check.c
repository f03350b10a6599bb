/* The linter: every rule is shown by a file that breaks it and one that does not, with the place it names. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/check_report.h"
#include "cli/verbs.h"
#include "common/mem.h"

#define HEAD                                                                                       \
	"apiVersion: autoscaling/v2\n"                                                             \
	"kind: HorizontalPodAutoscaler\n"                                                          \
	"metadata: {name: web}\n"                                                                  \
	"spec:\n"                                                                                  \
	"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
/* Lines 1 to 7. */
#define HPA                                                                                        \
	HEAD "  minReplicas: 1\n"                                                                  \
	     "  maxReplicas: 10\n"
/* Scales to zero: lines 1 to 9. */
#define ZERO                                                                                       \
	HEAD "  minReplicas: 0\n"                                                                  \
	     "  maxReplicas: 10\n"                                                                 \
	     "  metrics:\n"                                                                        \
	     "  - {type: External, external: {metric: {name: q, selector: {matchLabels: {a: "      \
	     "b}}}, "                                                                              \
	     "target: {type: AverageValue, averageValue: 2}}}\n"
#define OWN                                                                                        \
	"apiVersion: flyball.dev/v1alpha1\n"                                                       \
	"kind: HorizontalAutoscaler\n"                                                             \
	"metadata: {name: web}\n"                                                                  \
	"spec:\n"                                                                                  \
	"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"                   \
	"  maxReplicas: 10\n"
#define METRIC(text) "  metrics:\n  - {" text "}\n"
#define CPU(target) METRIC("type: Resource, resource: {name: cpu, target: {" target "}}")
#define MEMORY(target) METRIC("type: Resource, resource: {name: memory, target: {" target "}}")
#define SEPARATOR "---\n"
/* A target with one container, whose members follow: lines 1 to 9 of its document. */
#define TARGET(spec, container)                                                                    \
	SEPARATOR                                                                                  \
	"apiVersion: apps/v1\n"                                                                    \
	"kind: Deployment\n"                                                                       \
	"metadata: {name: web}\n"                                                                  \
	"spec:\n"                                                                                  \
	"  selector: {matchLabels: {app: web}}\n" spec                                             \
	"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, " container  \
	"}]}}\n"
#define REQUEST "resources: {requests: {cpu: 100m}}"

struct row {
	const char *name, *text;
	const char *findings; /* "RULE LINE:COLUMN PATH\n" each */
};

static const struct row ROWS[] = {
	{ "a good autoscaler and its target", HPA TARGET("", REQUEST), "" },
	{ "an autoscaler of our own kind with all it has",
		OWN "  minReplicas: 0\n  mode: Recommend\n  syncPeriodSeconds: 15\n"
		    "  override: {minReplicas: 2, maxReplicas: 3, until: \"2026-01-01T00:00:00Z\", "
		    "reason: test}\n"
		    "  metrics:\n"
		    "  - type: Prometheus\n"
		    "    prometheus: {name: q, query: sum(q), server: main, podLabel: pod, "
		    "aliveQuery: up, activationValue: 1, noData: Zero,\n"
		    "      target: {type: AverageValue, averageValue: 2}}\n"
		    "    fallback: {failureDurationSeconds: 60, replicas: 3}\n",
		"" },
	{ "a status of our own kind, as the cluster shows it",
		OWN "status: {lastDecision: {rawDesiredReplicas: 3}}\n", "" },
	{ "documents of other kinds are none of our business",
		"kind: Service\napiVersion: v1\n---\nreplicaCount: 3\n", "" },
	{ "a tape is recognised", "{\"tapeVersion\":1}\n", "" },
	{ "tapes with one pass a line are recognised", "{\"tapeVersion\":1}\n{\"tapeVersion\":1}\n",
		"" },
	{ "a rules file without mistakes",
		"rules:\n- seriesQuery: x\n  metricsQuery: sum(<<.Series>>)\n"
		"  resources: {overrides: {ns: {resource: namespace}}}\n",
		"" },

	{ "text that is no YAML", "a: 1\nb: [\n", "syntax 3:1 \n" },
	{ "a version that does not exist",
		"apiVersion: autoscaling/v3\nkind: HorizontalPodAutoscaler\n",
		"api-version 1:1 apiVersion\n" },
	{ "a kind that the group does not have",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodScaler\n",
		"api-version 2:1 kind\n" },
	{ "a version of our kind that does not exist",
		"apiVersion: flyball.dev/v1\nkind: HorizontalAutoscaler\n",
		"api-version 1:1 apiVersion\n" },
	{ "a version that was removed",
		"apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: {name: "
		"w}\n"
		"spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, "
		"name: w}}\n",
		"removed-version 1:1 apiVersion\n" },
	{ "a misspelt field", HPA "  behaviour: {}\n", "unknown-field 8:3 spec.behaviour\n" },
	{ "a misspelt field of our kind", OWN "  syncPeriodSecond: 15\n",
		"unknown-field 7:3 spec.syncPeriodSecond\n" },
	{ "what only our kind has, on a HorizontalPodAutoscaler", HPA "  mode: Recommend\n",
		"unknown-field 8:3 spec.mode\n" },
	{ "a text where a number belongs", HEAD "  maxReplicas: ten\n",
		"wrong-type 6:16 spec.maxReplicas\n" },
	{ "an autoscaler in a List is found in its place",
		"kind: List\nitems:\n- apiVersion: autoscaling/v2\n  kind: "
		"HorizontalPodAutoscaler\n"
		"  metadata: {name: w}\n  spec:\n    maxReplicas: 0\n"
		"    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}\n",
		"invalid 7:5 spec.maxReplicas\ninvalid 7:5 spec.maxReplicas\n" },
	{ "what validation refuses", HEAD "  minReplicas: 3\n  maxReplicas: 2\n",
		"invalid 7:3 spec.maxReplicas\n" },
	{ "zero replicas without the gate",
		HEAD "  minReplicas: 0\n  maxReplicas: 10\n" CPU(
			"type: Utilization, averageUtilization: 70"),
		"invalid 6:3 spec.minReplicas\ninvalid 8:3 spec.metrics\n" },
	{ "an unknown type is told once", HPA METRIC("type: Queue"),
		"invalid 9:6 spec.metrics[0].type\n" },
	{ "our kind: a mode that is no text", OWN "  mode: Off\n", "wrong-type 7:9 spec.mode\n" },
	{ "our kind: values that are not allowed",
		OWN "  mode: Paused\n  syncPeriodSeconds: 1\n  override: {minReplicas: 4, "
		    "maxReplicas: 3}\n",
		"invalid 7:3 spec.mode\n"
		"invalid 8:3 spec.syncPeriodSeconds\n"
		"invalid 9:3 spec.override.reason\n"
		"invalid 9:3 spec.override.until\n"
		"invalid 9:30 spec.override.maxReplicas\n" },
	{ "our kind: an unknown mode", OWN "  mode: Watch\n", "invalid 7:3 spec.mode\n" },
	{ "our kind: an empty override", OWN "  override: {}\n",
		"invalid 7:3 spec.override.maxReplicas\n"
		"invalid 7:3 spec.override.minReplicas\n"
		"invalid 7:3 spec.override.reason\n"
		"invalid 7:3 spec.override.until\n" },
	{ "our kind: metrics without what they need",
		OWN "  metrics:\n  - {type: Prometheus}\n"
		    "  - {type: Prometheus, prometheus: {noData: Zero}, fallback: {}}\n"
		    "  - {type: Prometheus, prometheus: {name: q, query: q, noData: x, target: "
		    "{value: 1}}}\n",
		"invalid 8:5 spec.metrics[0].prometheus\n"
		"invalid 9:24 spec.metrics[1].prometheus.aliveQuery\n"
		"invalid 9:24 spec.metrics[1].prometheus.name\n"
		"invalid 9:24 spec.metrics[1].prometheus.query\n"
		"invalid 9:24 spec.metrics[1].prometheus.target\n"
		"invalid 9:52 spec.metrics[1].fallback.replicas\n"
		"invalid 10:56 spec.metrics[2].prometheus.noData\n" },
	{ "our kind: queries that the controller could not ask",
		OWN "  metrics:\n"
		    "  - {type: Prometheus, prometheus: {name: a, query: summ(x), target: {value: "
		    "1}}}\n"
		    "  - {type: Prometheus, prometheus: {name: b, query: 'x[5m]', target: {value: "
		    "1}}}\n"
		    "  - {type: Prometheus, prometheus: {name: c, query: x, aliveQuery: 'up{', "
		    "target: {value: 1}}}\n",
		"query-invalid 8:46 spec.metrics[0].prometheus.query\n"
		"query-invalid 9:46 spec.metrics[1].prometheus.query\n"
		"query-invalid 10:56 spec.metrics[2].prometheus.aliveQuery\n" },
	{ "our kind: a missing maxReplicas is no bound that equals another",
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata: {name: "
		"a}\n"
		"spec: {minReplicas: 0, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, "
		"name: a}}\n",
		"invalid 4:1 spec.maxReplicas\ninvalid 4:1 spec.metrics\n" },
	{ "a rules file with unknown keys",
		"rules:\n- seriesQuery: x\n  metricQuery: y\n- foo: 1\n",
		"rules-file 3:1 \nrules-file 4:1 \n" },
	{ "a rule that does not compile",
		"externalRules:\n- seriesQuery: x\n  metricsQuery: y\n"
		"- seriesQuery: x\n  resources: {overrides: {ns: {resource: n}}}\n  name: "
		"{matches: \"(\"}\n",
		"rules-file 4:1 externalRules[1]\n" },

	{ "a ConfigMap with rules, at its own lines",
		"apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    rules:\n    - foo: "
		"1\n",
		"rules-file 6:1 \n" },
	{ "a ConfigMap with something else", "kind: ConfigMap\ndata: {a: 'b: ['}\n", "" },
	{ "a ConfigMap with nothing", "kind: ConfigMap\n", "" },

	{ "the same name twice", HPA SEPARATOR HPA, "same-object-twice 11:12 metadata.name\n" },
	{ "two autoscalers for one target", HPA SEPARATOR OWN,
		"two-autoscalers 13:3 spec.scaleTargetRef\n" },
	{ "two autoscalers for targets of one name in two namespaces",
		HPA SEPARATOR
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
		"metadata: {name: web, namespace: b}\nspec: {maxReplicas: 2, scaleTargetRef: "
		"{apiVersion: apps/v1, kind: Deployment, name: web}}\n",
		"" },
	{ "a selector that takes another workload's pods",
		HPA TARGET("", REQUEST) SEPARATOR
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {jobTemplate: "
		"{spec: "
		"{template: {metadata: {labels: {tier: a, app: web}}}}}}\n",
		"overlapping-selectors 13:3 spec.selector\n" },
	{ "another namespace's pods are others",
		HPA TARGET("", REQUEST) SEPARATOR
		"apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: b, labels: {app: web}}\n"
		"spec: {}\n",
		"" },
	{ "a group that has no Deployments",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: "
		"w}\nspec: "
		"{maxReplicas: 2, scaleTargetRef: {apiVersion: extensions/v1beta1, kind: "
		"Deployment, "
		"name: w}}\n",
		"target-group-wrong 4:41 spec.scaleTargetRef.apiVersion\n" },
	{ "a version of the right group is ignored by the controller",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: "
		"w}\nspec: "
		"{maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1beta1, kind: deployment, "
		"name: w}}\n",
		"" },
	{ "a target that has no replicas",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: "
		"w}\nspec: "
		"{maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: DaemonSet, name: "
		"w}}\n",
		"target-not-scalable 4:62 spec.scaleTargetRef.kind\n" },
	{ "replicas in the target", HPA TARGET("  replicas: 3\n", REQUEST),
		"replicas-in-target 14:3 spec.replicas\n" },
	{ "a target that starts at zero", HPA TARGET("  replicas: 0\n", REQUEST),
		"target-starts-at-zero 14:3 spec.replicas\n" },
	{ "a container without a request", HPA TARGET("", "image: x"),
		"missing-request 14:66 spec.template.spec.containers[0]\n" },
	{ "a limit stands in for a request", HPA TARGET("", "resources: {limits: {cpu: 100m}}") "",
		"" },
	{ "a request of another resource is none",
		HPA TARGET("", "resources: {requests: {memory: 1Gi}}"),
		"missing-request 14:66 spec.template.spec.containers[0]\n" },
	{ "an average value needs no request",
		HPA CPU("type: AverageValue, averageValue: 500m") TARGET("", "image: x"), "" },
	{ "a request of the pod as a whole",
		HPA SEPARATOR "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: "
			      "{template: {spec: "
			      "{resources: {requests: {cpu: 1}}, containers: [{name: app}]}}}\n",
		"" },
	{ "a sidecar needs a request, an init container does not",
		HPA SEPARATOR
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
		"    spec:\n      containers: []\n      initContainers:\n      - name: once\n"
		"      - name: sidecar\n        restartPolicy: Always\n",
		"missing-request 18:9 spec.template.spec.initContainers[1]\n" },
	{ "a container that the target does not have",
		HPA METRIC("type: ContainerResource, containerResource: {name: cpu, container: ap, "
			   "target: {type: Utilization, averageUtilization: 70}}")
			TARGET("", "image: x"),
		"container-unknown 9:62 spec.metrics[0].containerResource.container\n" },
	{ "only the named container needs a request",
		HPA METRIC(
			"type: ContainerResource, containerResource: {name: cpu, container: app, "
			"target: {type: Utilization, averageUtilization: 70}}")
			TARGET("", REQUEST "}, {name: other"),
		"" },
	{ "limits that keep usage below target and tolerance",
		HPA CPU("type: Utilization, averageUtilization: 95")
			TARGET("", "resources: {requests: {cpu: 1}, limits: {cpu: 1}}"),
		"utilization-out-of-reach 9:72 "
		"spec.metrics[0].resource.target.averageUtilization\n" },
	{ "limits with room above target and tolerance",
		HPA CPU("type: Utilization, averageUtilization: 90")
			TARGET("", "resources: {requests: {cpu: 500m}, limits: {cpu: 1}}"),
		"" },
	{ "a smaller tolerance brings the target within reach",
		HPA CPU("type: Utilization, averageUtilization: 95") "  behavior: {scaleUp: "
								     "{tolerance: 0.01}}\n" TARGET(
									     "",
									     "resources: "
									     "{requests: {cpu: 1}, "
									     "limits: {cpu: 1}}"),
		"" },
	{ "a window shorter than the start",
		HPA "  behavior: {scaleDown: {stabilizationWindowSeconds: 20}}\n" TARGET(
			"", REQUEST ", readinessProbe: {initialDelaySeconds: 30}"),
		"window-below-startup 8:26 spec.behavior.scaleDown.stabilizationWindowSeconds\n" },
	{ "the default window is shorter than a very slow start",
		HPA TARGET("", REQUEST ", startupProbe: {initialDelaySeconds: 400}"),
		"window-below-startup 4:1 spec\n" },

	{ "no room between the bounds", HEAD "  minReplicas: 3\n  maxReplicas: 3\n",
		"min-equals-max 7:3 spec.maxReplicas\n" },
	{ "no room between the bounds, the lower one by default", HEAD "  maxReplicas: 1\n",
		"min-equals-max 6:3 spec.maxReplicas\n" },
	{ "a percentage of zero pods",
		ZERO "  behavior: {scaleUp: {policies: [{type: Percent, value: 100, periodSeconds: "
		     "15}]}}\n",
		"invalid 6:3 spec.minReplicas\nzero-never-wakes 10:24 "
		"spec.behavior.scaleUp.policies\n" },
	{ "the smallest of a percentage and a number",
		ZERO "  behavior: {scaleUp: {selectPolicy: Min}}\n",
		"invalid 6:3 spec.minReplicas\nzero-never-wakes 10:14 "
		"spec.behavior.scaleUp.policies\n" },
	{ "no scaling up from zero", ZERO "  behavior: {scaleUp: {selectPolicy: Disabled}}\n",
		"invalid 6:3 spec.minReplicas\n"
		"zero-never-wakes 10:24 spec.behavior.scaleUp.selectPolicy\n" },
	{ "the default policies wake up", ZERO "  behavior: {}\n",
		"invalid 6:3 spec.minReplicas\n" },

	{ "an Object metric whose type has no field",
		HPA METRIC("type: Object, object: {describedObject: {kind: Service, name: s}, "
			   "metric: {name: "
			   "m}, target: {type: AverageValue, value: 3}}"),
		"target-type-fails 9:100 spec.metrics[0].object.target.type\n" },
	{ "a type that does not say what decides", HPA CPU("type: Utilization, averageValue: 500m"),
		"target-type-ignored 9:53 spec.metrics[0].resource.target.type\n" },
	{ "a Pods metric of type Value",
		HPA METRIC("type: Pods, pods: {metric: {name: m}, target: {type: Value, "
			   "averageValue: 2}}"),
		"target-type-ignored 9:53 spec.metrics[0].pods.target.type\n" },
	{ "an External metric with both fields is refused, and not told twice",
		HPA METRIC("type: External, external: {metric: {name: q, selector: {matchLabels: "
			   "{a: b}}}, "
			   "target: {type: AverageValue, value: 2, averageValue: 2}}"),
		"invalid 9:114 spec.metrics[0].external.target.value\n" },
	{ "an External metric without selector",
		HPA METRIC("type: External, external: {metric: {name: q}, target: {type: Value, "
			   "value: 2}}"),
		"external-without-selector 9:33 spec.metrics[0].external.metric\n" },
	{ "an External metric with an empty selector",
		HPA METRIC("type: External, external: {metric: {name: q, selector: {}}, target: "
			   "{type: Value, "
			   "value: 2}}"),
		"external-without-selector 9:33 spec.metrics[0].external.metric\n" },
	{ "an External metric with capitals",
		HPA METRIC("type: External, external: {metric: {name: myQueue, selector: "
			   "{matchLabels: {a: "
			   "b}}}, target: {type: Value, value: 2}}"),
		"external-capitals 9:42 spec.metrics[0].external.metric.name\n" },
	{ "capitals in a Pods metric are kept",
		HPA METRIC(
			"type: Pods, pods: {metric: {name: myQueue}, target: {type: AverageValue, "
			"averageValue: 2}}"),
		"" },
	{ "memory in the units of cpu", HPA MEMORY("type: AverageValue, averageValue: 500m"),
		"memory-looks-like-cpu 9:76 spec.metrics[0].resource.target.averageValue\n" },
	{ "cpu in the units of memory", HPA CPU("type: AverageValue, averageValue: 500Mi"),
		"cpu-looks-like-memory 9:73 spec.metrics[0].resource.target.averageValue\n" },
	{ "ordinary averages",
		HPA CPU("type: AverageValue, averageValue: 2") "  - {type: Resource, resource: "
							       "{name: memory, target: {type: "
							       "AverageValue, averageValue: "
							       "1Gi}}}\n",
		"" },
	{ "the same metric twice",
		HPA CPU("type: Utilization, averageUtilization: 70") "  - {type: Resource, "
								     "resource: {name: cpu, "
								     "target: {type: Utilization, "
								     "averageUtilization: "
								     "80}}}\n",
		"duplicate-metric 10:5 spec.metrics[1]\n" },

	{ "a policy that another one outdoes at every size",
		HPA "  behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}, "
		    "{type: "
		    "Percent, value: 10, periodSeconds: 60}]}}\n",
		"policy-never-decides 8:78 spec.behavior.scaleUp.policies[1]\n" },
	{ "the same policies where the smallest counts",
		HPA "  behavior: {scaleDown: {selectPolicy: Min, policies: [{type: Pods, value: 4, "
		    "periodSeconds: "
		    "60}, {type: Percent, value: 10, periodSeconds: 60}]}}\n",
		"policy-never-decides 8:56 spec.behavior.scaleDown.policies[0]\n" },
	{ "of two equal policies the second is one too many",
		HPA "  behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}, "
		    "{type: Pods, "
		    "value: 4, periodSeconds: 60}]}}\n",
		"policy-never-decides 8:78 spec.behavior.scaleUp.policies[1]\n" },
	{ "policies that decide at different sizes, or over different times",
		HPA "  behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 60}, "
		    "{type: "
		    "Percent, value: 100, periodSeconds: 60}, {type: Pods, value: 1, "
		    "periodSeconds: 15}]}}\n",
		"" },
	{ "Disabled with policies",
		HPA "  behavior: {scaleDown: {selectPolicy: Disabled, policies: [{type: Pods, "
		    "value: 2, "
		    "periodSeconds: 60}]}}\n",
		"disabled-with-policies 8:50 spec.behavior.scaleDown.policies\n" },
	{ "Disabled alone", HPA "  behavior: {scaleDown: {selectPolicy: Disabled}}\n", "" },
	{ "Disabled both ways",
		HPA "  behavior: {scaleDown: {selectPolicy: Disabled}, scaleUp: {selectPolicy: "
		    "Disabled}}\n",
		"disabled-both-ways 8:3 spec.behavior\n" },
	{ "a period shorter than the time between passes",
		HPA
		"  behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 5}]}}\n",
		"period-below-pass 8:58 spec.behavior.scaleUp.policies[0].periodSeconds\n" },
	{ "a tolerance in percent on the way down", HPA "  behavior: {scaleDown: {tolerance: 5}}\n",
		"tolerance-stops-down 8:26 spec.behavior.scaleDown.tolerance\n" },
	{ "a tolerance in percent on the way up", HPA "  behavior: {scaleUp: {tolerance: 5}}\n",
		"tolerance-looks-like-percent 8:24 spec.behavior.scaleUp.tolerance\n" },
	{ "tolerances as fractions",
		HPA "  behavior: {scaleDown: {tolerance: 0.05}, scaleUp: {tolerance: 50m}}\n", "" },
	{ "an annotation of v1 on an object of v2",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: w\n"
		"  annotations:\n    autoscaling.alpha.kubernetes.io/behavior: \"{}\"\n"
		"spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, "
		"name: w}}\n",
		"dead-annotation 6:5 "
		"metadata.annotations.autoscaling.alpha.kubernetes.io/behavior\n" },
	{ "the same annotation on an object of v1",
		"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: w\n"
		"  annotations:\n    autoscaling.alpha.kubernetes.io/behavior: \"{}\"\n"
		"spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, "
		"name: w}}\n",
		"" },
};

static struct arena a;
static struct buf out;

static void setup(void)
{
	arena_init(&a, 64u * 1024 * 1024);
	buf_init(&out, 1u << 20);
}

static void teardown(void)
{
	buf_done(&out);
	arena_done(&a);
}

static struct check check_text(const char *text)
{
	struct check c = { .a = &a };
	struct error err;

	check_add_file(&c, "f.yaml", sv_of(text));
	ck_assert_msg(check_finish(&c, &err) == ERR_OK, "%s", err.text);
	return c;
}

static void put_findings(const struct check *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct check_finding *f = &c->findings[i];
		buf_printf(&out, "%s %u:%u %.*s\n", check_rules[f->rule].name, f->line,
			f->column ? f->column : 1, SV_ARG(f->path));
	}
}

START_TEST(finds_what_it_should_where_it_is)
{
	const struct check c = check_text(ROWS[_i].text);

	put_findings(&c);
	if (strcmp(buf_text(&out), ROWS[_i].findings) == 0)
		return;
	check_report_text(&out, &c);
	ck_abort_msg("%s: expected\n%s, got\n%s", ROWS[_i].name, ROWS[_i].findings, buf_text(&out));
}
END_TEST

START_TEST(every_rule_is_shown_by_some_row)
{
	for (size_t rule = 0; rule < CHECK_N_RULES; rule++) {
		bool shown = false;
		for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
			const struct check c = check_text(ROWS[i].text);
			for (size_t j = 0; j < c.n_findings; j++)
				shown = shown || c.findings[j].rule == (enum check_rule_id)rule;
		}
		ck_assert_msg(shown, "no row shows %s", check_rules[rule].name);
	}
}
END_TEST

/* With the gate on, zero replicas are allowed. */
START_TEST(the_gate_allows_zero)
{
	struct check c = { .a = &a, .scale_to_zero = true };
	struct error err;

	check_add_file(&c, "f.yaml", SV(ZERO));
	ck_assert_int_eq(check_finish(&c, &err), ERR_OK);
	ck_assert_uint_eq(c.n_findings, 0);
}
END_TEST

START_TEST(a_target_is_found_in_another_file)
{
	struct check c = { .a = &a };
	struct error err;

	check_add_file(&c, "b.yaml", SV(HPA));
	check_add_file(&c, "a.yaml", SV(TARGET("  replicas: 2\n", "image: x")));
	ck_assert_int_eq(check_finish(&c, &err), ERR_OK);
	put_findings(&c);
	ck_assert_str_eq(buf_text(&out), "replicas-in-target 7:3 spec.replicas\n"
					 "missing-request 8:66 spec.template.spec.containers[0]\n");
	ck_assert_str_eq(c.findings[0].file, "a.yaml");
}
END_TEST

START_TEST(the_report_says_what_where_and_the_cure)
{
	const struct check c = check_text(HEAD "  minReplicas: 3\n  maxReplicas: 3\n");

	check_report_text(&out, &c);
	ck_assert_str_eq(buf_text(&out),
		"f.yaml:7:3: warning: spec.maxReplicas: minReplicas and maxReplicas are both 3 "
		"[min-equals-max]\n"
		"    cure: raise maxReplicas, or remove the autoscaler\n"
		"0 errors, 1 warning in 1 file: 1 autoscaler, 0 workloads\n");
	buf_clear(&out);
	check_report_json(&out, &c);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"rule\": \"min-equals-max\""));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"line\": 7"));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"object\": \"HorizontalPodAutoscaler default/web\""));
}
END_TEST

/* docs/check.md shows every row of the table, word for word. */
START_TEST(every_rule_is_documented)
{
	static char doc[65536];
	FILE *f = fopen("docs/check.md", "r");

	ck_assert_ptr_nonnull(f);
	size_t n = fread(doc, 1, sizeof(doc) - 1, f);
	(void)fclose(f);
	doc[n] = '\0';
	for (size_t i = 0; i < CHECK_N_RULES; i++) {
		const struct check_rule *rule = &check_rules[i];
		buf_clear(&out);
		buf_printf(&out, "| `%s` | %s | %s | %s |\n", rule->name,
			rule->severity == CHECK_ERROR ? "error" : "warning", rule->summary,
			rule->cure);
		ck_assert_msg(strstr(doc, buf_text(&out)) != NULL, "docs/check.md lacks\n%s",
			buf_text(&out));
	}
}
END_TEST

/* Out of memory is told, whenever it happens. */
START_TEST(memory_that_runs_out_is_told)
{
	struct error err;
	unsigned long failed = 1;

	for (unsigned long at = 1; failed > 0; at++) {
		struct check c = { .a = &a };
		arena_done(&a);
		unsigned long before = mem_n_failures();
		mem_fail_at(at, true);
		check_add_file(&c, "f.yaml", sv_of(ROWS[1].text));
		check_add_file(&c, "g.yaml", SV(HPA TARGET("", "image: x")));
		enum error_kind kind = check_finish(&c, &err);
		mem_fail_at(0, false);
		failed = mem_n_failures() - before;
		ck_assert_int_eq(kind, failed ? ERR_NOMEM : ERR_OK);
	}
}
END_TEST

static int run_command(char *a1, char *a2)
{
	char verb[] = "check";
	char *argv[] = { verb, a1, a2, NULL };

	return cmd_check(a1 ? a2 ? 3 : 2 : 1, argv);
}

START_TEST(exit_codes)
{
	char good[] = "/tmp/flyball-check-XXXXXX", bad[] = "/tmp/flyball-check-XXXXXX";
	char warned[] = "/tmp/flyball-check-XXXXXX", none[] = "/nonexistent/x.yaml";
	char strict[] = "--strict", unknown[] = "--strikt", json[] = "-ojson", help[] = "--help";
	static const char good_text[] = HPA;
	static const char bad_text[] = HPA "  behaviour: {}\n";
	static const char warned_text[] = HEAD "  maxReplicas: 1\n";
	int fds[] = { mkstemp(good), mkstemp(bad), mkstemp(warned) };

	ck_assert_int_gt(write(fds[0], good_text, strlen(good_text)), 0);
	ck_assert_int_gt(write(fds[1], bad_text, strlen(bad_text)), 0);
	ck_assert_int_gt(write(fds[2], warned_text, strlen(warned_text)), 0);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	ck_assert_int_eq(run_command(good, NULL), 0);
	ck_assert_int_eq(run_command(strict, good), 0);
	ck_assert_int_eq(run_command(bad, NULL), 1);
	ck_assert_int_eq(run_command(json, bad), 1);
	ck_assert_int_eq(run_command(warned, NULL), 0);
	ck_assert_int_eq(run_command(strict, warned), 1);
	ck_assert_int_eq(run_command(none, NULL), 2);
	ck_assert_int_eq(run_command(none, bad), 2);
	ck_assert_int_eq(run_command(unknown, good), 2);
	ck_assert_int_eq(run_command(NULL, NULL), 2);
	ck_assert_int_eq(run_command(help, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	(void)unlink(good);
	(void)unlink(bad);
	(void)unlink(warned);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("check");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, finds_what_it_should_where_it_is, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, every_rule_is_shown_by_some_row);
	tcase_add_test(tcase, the_gate_allows_zero);
	tcase_add_test(tcase, a_target_is_found_in_another_file);
	tcase_add_test(tcase, the_report_says_what_where_and_the_cure);
	tcase_add_test(tcase, every_rule_is_documented);
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	tcase_add_test(tcase, exit_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
