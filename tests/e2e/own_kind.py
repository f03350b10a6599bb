#!/usr/bin/env python3
"""Our own kind against a real API server: its schema, its rules and messages, kubectl get and explain; and flyball-controller acting on it.

Usage: own_kind.py [DIRECTORY of our programs], or as a scene of run.py
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import components
import manifests
from cluster import Cluster
from procs import wait_for
from report import Report, Track

PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}
OWN_PROGRAMS = {"flyball-controller"}
CRD = Path(__file__).resolve().parents[2] / "manifests" / "base" / "crd-horizontalautoscalers.yaml"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "myhpa.yaml"
RENAMED = {"apiVersion": "apiVersion: flyball.dev/v1alpha1", "kind": "kind: HorizontalAutoscaler"}
PATH = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers/"
ACTS_TIMEOUT_SEC = 40
ESTABLISH_TIMEOUT_SEC = 30
# Longer than a pass, so that one still sees it.
OVERRIDE_SEC = 10

CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
QUEUE = {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": 2}}}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def query(**more) -> dict:
    prometheus = {"name": "depth", "query": "sum(depth)", "target": {"type": "Value", "value": "5"}, **more}
    return {"type": "Prometheus", "prometheus": prometheus}


def spec(**more) -> dict:
    return {"scaleTargetRef": TARGET, "maxReplicas": 9, **more}


def override(**more) -> dict:
    return {"minReplicas": 2, "maxReplicas": 4, "until": "2030-01-01T00:00:00Z", "reason": "INC-1", **more}


def policies(kind: str, value: int, seconds: int) -> dict:
    return {"scaleUp": {"policies": [{"type": kind, "value": value, "periodSeconds": seconds}]}}


EVERY_FIELD = spec(
    minReplicas=0,
    mode="Recommend",
    syncPeriodSeconds=30,
    override=override(),
    behavior={
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Min", "tolerance": "0.05",
                    "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
        "scaleDown": {"stabilizationWindowSeconds": 300, "selectPolicy": "Max", "tolerance": 0,
                      "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}]},
    },
    metrics=[
        {**CPU, "fallback": {"failureDurationSeconds": 60, "replicas": 3}},
        {"type": "ContainerResource", "containerResource": {
            "name": "memory", "container": "app", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        {"type": "Pods", "pods": {
            "metric": {"name": "requests", "selector": {"matchLabels": {"verb": "GET"}}},
            "target": {"type": "AverageValue", "averageValue": "100m"}}},
        {"type": "Object", "object": {
            "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"},
            "metric": {"name": "hits"}, "target": {"type": "Value", "value": "1k"}}},
        {"type": "External", "external": {
            "metric": {"name": "queue", "selector": {"matchExpressions": [
                {"key": "q", "operator": "In", "values": ["a", "b"]}, {"key": "x", "operator": "Exists"}]}},
            "target": {"type": "AverageValue", "averageValue": 2}}},
        {"type": "Prometheus", "prometheus": {
            "name": "depth", "query": "sum(depth)", "server": "main", "aliveQuery": "up", "noData": "Zero",
            "activationValue": "0", "target": {"type": "Value", "value": 5}}},
        {"type": "Prometheus", "prometheus": {
            "name": "per-pod", "query": "sum by (pod) (rate(x[2m]))", "podLabel": "pod",
            "target": {"type": "AverageValue", "averageValue": "250m"}}},
    ],
)

# What the API server takes: a sentence, a spec.
GOOD = (
    ("every field", EVERY_FIELD),
    ("the least that is needed", spec()),
    ("quantities as numbers and as texts", spec(metrics=[QUEUE, query(activationValue=0)])),
    ("zero with an External metric", spec(minReplicas=0, metrics=[CPU, QUEUE])),
    ("zero with a Prometheus metric", spec(minReplicas=0, metrics=[query()])),
    ("a ReplicationController has no group", spec(scaleTargetRef={"kind": "ReplicationController", "name": "web"})),
    ("an override beyond the bounds", spec(override=override(minReplicas=20, maxReplicas=40))),
    ("an empty behavior", spec(behavior={})),
)

# What it refuses: a sentence, a spec, and a part of the message.
BAD = (
    ("bounds in the wrong order", spec(minReplicas=10), "maxReplicas must be greater than or equal to minReplicas"),
    ("zero with cpu alone", spec(minReplicas=0, metrics=[CPU]), "minReplicas 0 needs a metric of type Object, External or Prometheus"),
    ("zero with the default metric", spec(minReplicas=0), "minReplicas 0 needs a metric of type Object, External or Prometheus"),
    ("no maxReplicas", {"scaleTargetRef": TARGET}, "spec.maxReplicas: Required value"),
    ("no target", {"maxReplicas": 3}, "spec.scaleTargetRef: Required value"),
    ("a mode that does not exist", spec(mode="Paused"), 'supported values: "Active", "Recommend"'),
    ("a period that is too short", spec(syncPeriodSeconds=4), "greater than or equal to 5"),
    ("a period that is too long", spec(syncPeriodSeconds=301), "less than or equal to 300"),
    ("an override without reason", spec(override={k: v for k, v in override().items() if k != "reason"}),
     "spec.override.reason: Required value"),
    ("an override without end", spec(override={k: v for k, v in override().items() if k != "until"}),
     "spec.override.until: Required value"),
    ("an override that ends some day", spec(override=override(until="soon")), "must be of type date-time"),
    ("an override in the wrong order", spec(override=override(minReplicas=5)),
     "override.maxReplicas must be greater than or equal to override.minReplicas"),
    ("a fallback without replicas", spec(metrics=[{**CPU, "fallback": {}}]), "fallback.replicas: Required value"),
    ("a fallback to nothing", spec(metrics=[{**CPU, "fallback": {"replicas": 0}}]), "greater than or equal to 1"),
    ("a metric type that does not exist", spec(metrics=[{"type": "Wishes"}]), "Unsupported value: \"Wishes\""),
    ("a type without its member", spec(metrics=[{"type": "Pods"}]), "pods belongs to type Pods"),
    ("a member of another type", spec(metrics=[{**CPU, "external": QUEUE["external"]}]), "external belongs to type External"),
    ("a target of zero",
     spec(metrics=[{"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": 0}}}]),
     "must be positive"),
    ("a target that is no quantity",
     spec(metrics=[{"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "5 apples"}}}]),
     "should match"),
    ("two targets",
     spec(metrics=[query(target={"type": "Value", "value": 1, "averageValue": 1})]), "set either value or averageValue"),
    ("no target value", spec(metrics=[query(target={"type": "Value"})]), "set either value or averageValue"),
    ("podLabel with a total", spec(metrics=[query(podLabel="pod")]), "podLabel needs target.averageValue"),
    ("noData Zero without aliveQuery", spec(metrics=[query(noData="Zero")]), "noData Zero needs aliveQuery"),
    ("a query that is empty", spec(metrics=[query(query="")]), "spec.metrics[0].prometheus.query"),
    ("a policy of nothing", spec(behavior=policies("Pods", 0, 15)), "greater than or equal to 1"),
    ("a policy that is too long", spec(behavior=policies("Pods", 1, 1801)), "less than or equal to 1800"),
    ("a policy type that does not exist", spec(behavior=policies("Nodes", 1, 15)), 'supported values: "Pods", "Percent"'),
    ("a negative tolerance", spec(behavior={"scaleDown": {"tolerance": "-0.1"}}), "greater than or equal to 0"),
    ("a misspelt field", spec(minReplica=2), 'unknown field "spec.minReplica"'),
)

EXPLAINED = (
    ("fha.spec", "syncPeriodSeconds"),
    ("fha.spec.override", "When it ends by itself."),
    ("fha.spec.metrics.prometheus", "aliveQuery"),
    ("fha.spec.metrics.fallback", "never lowers it"),
    ("fha.status.lastDecision", "constraintsApplied"),
)

STATUS = {
    "currentReplicas": 3, "desiredReplicas": 5,
    "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 80, "averageValue": "400m"}}},
                       {"type": ""}],
    "conditions": [{"type": "AbleToScale", "status": "True", "lastTransitionTime": None, "reason": "ReadyForNewScale", "message": "m"}],
    "lastDecision": {"rawDesiredReplicas": 7, "finalDesiredReplicas": 5, "selectedMetric": "cpu resource",
                     "constraintsApplied": ["ScaleUpLimit"], "nextChangeTime": "2030-01-01T00:00:00Z"},
    "summary": {"reference": "Deployment/web", "targets": "cpu: 80%/50%", "wants": 7, "limitedBy": "policy", "mode": "Active"},
}
COLUMNS = ("NAME", "REFERENCE", "TARGETS", "MIN", "MAX", "REPLICAS", "WANTS", "LIMITED-BY", "MODE", "AGE")


def manifest(wanted: dict, name: str = "web") -> str:
    return json.dumps({"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler",
                       "metadata": {"name": name, "namespace": "default"}, "spec": wanted})


def check_objects(cluster: Cluster, track: Track) -> None:
    for what, wanted in GOOD:
        done = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest(wanted))
        track.check(f"taken: {what}", done.returncode == 0, done.stderr.strip())
    for what, wanted, message in BAD:
        done = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest(wanted))
        track.check(f"refused: {what}", done.returncode != 0 and message in done.stderr, done.stderr.strip() or "taken")


def check_defaults(cluster: Cluster, track: Track) -> None:
    text = cluster.kubectl_ok("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=manifest(spec(behavior={})))
    made = json.loads(text)["spec"]
    track.equal("default: minReplicas and mode", (1, "Active"), (made["minReplicas"], made["mode"]))
    track.equal("default: cpu at 80 %", 80, made["metrics"][0]["resource"]["target"]["averageUtilization"])
    up, down = made["behavior"]["scaleUp"], made["behavior"]["scaleDown"]
    track.equal("default: behavior", (0, 2, None, 1), (up["stabilizationWindowSeconds"], len(up["policies"]),
                                                       down.get("stabilizationWindowSeconds"), len(down["policies"])))


def check_columns(cluster: Cluster, track: Track) -> None:
    """With a status as the controller writes it."""
    cluster.kubectl_ok("create", "-f", "-", stdin=manifest(spec(minReplicas=2)))
    path = PATH + "web"
    cluster.api.merge(path + "/status", {"status": STATUS})
    stored = cluster.api.get(path)["status"]
    track.equal("the status is stored as it was written", STATUS | {"conditions": stored["conditions"]}, stored)
    head, row = cluster.kubectl_ok("get", "fha").splitlines()
    track.equal("kubectl get fha: columns", COLUMNS, tuple(head.split()))
    track.equal("kubectl get fha: row", ["web", "Deployment/web", "cpu:", "80%/50%", "2", "9", "3", "7", "policy", "Active"], row.split()[:-1])
    cluster.api.merge(path, {"status": {"currentReplicas": 77}})
    track.equal("the status has its own door", 3, cluster.api.get(path)["status"]["currentReplicas"])


def check_explain(cluster: Cluster, track: Track) -> None:
    for path, wanted in EXPLAINED:
        text = cluster.kubectl_ok("explain", path)
        track.check(f"kubectl explain {path}", wanted in " ".join(text.split()), text[:500])


def check_renamed(cluster: Cluster, track: Track) -> None:
    """A manifest of autoscaling/v2 with two lines changed, and the README's with the same two."""
    lines = EXAMPLE.read_text().splitlines()
    changed = [RENAMED.get(line.split(":")[0], line) if line[:1].isalpha() else line for line in lines]
    track.equal("the README's HPA: lines that change", 2, sum(a != b for a, b in zip(lines, changed)))
    done = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin="\n".join(changed))
    track.check("the README's HPA is ours", done.returncode == 0, done.stderr)
    native = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "two-lines"},
              "spec": spec(minReplicas=2, metrics=[CPU, QUEUE], behavior=policies("Pods", 2, 60))}
    native["spec"]["metrics"][1]["external"]["target"]["averageValue"] = "2"
    done = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(native))
    track.check("a manifest of autoscaling/v2", done.returncode == 0, done.stderr)
    ours = {**native, "apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler"}
    done = cluster.kubectl("create", "-f", "-", stdin=json.dumps(ours))
    track.check("two lines make it ours", done.returncode == 0, done.stderr)


def deployment(name: str) -> dict:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "none"}]}}},
    }


def replicas(cluster: Cluster, name: str) -> int:
    return cluster.api.get(f"/apis/apps/v1/namespaces/default/deployments/{name}")["spec"]["replicas"]


def condition(cluster: Cluster, name: str, kind: str) -> tuple[str, str]:
    conditions = cluster.api.get(PATH + name).get("status", {}).get("conditions", [])
    return next(((c["status"], c["reason"]) for c in conditions if c["type"] == kind), ("", ""))


def check_controller(cluster: Cluster, own: Path, track: Track) -> None:
    """There is no metrics API here: what is left is what must work without one."""
    manifests.apply_base(cluster, track)
    wanted = {
        "acts": spec(maxReplicas=2, override=override(minReplicas=3, maxReplicas=4)),
        "looks": spec(mode="Recommend", override=override(minReplicas=3, maxReplicas=4)),
        "falls": spec(metrics=[{**CPU, "fallback": {"failureDurationSeconds": 6, "replicas": 4}}], syncPeriodSeconds=5),
    }
    for name, its in wanted.items():
        cluster.kubectl_ok("create", "-f", "-", stdin=json.dumps(deployment(name)))
        cluster.kubectl_ok("create", "-f", "-", stdin=manifest({**its, "scaleTargetRef": {**TARGET, "name": name}}, name))
    controller = cluster.processes.start("flyball-controller", [
        str(own / "flyball-controller"), f"--kubeconfig={cluster.account_kubeconfig('flyball-controller')}", "--sync-period=5s"])

    def wait(what: str, reached) -> None:
        wait_for(what, reached, ACTS_TIMEOUT_SEC, alive=(controller,))
        track.check(what, True)

    wait("an override works without any metric, beyond maxReplicas", lambda: replicas(cluster, "acts") == 3)
    wait("and is told", lambda: condition(cluster, "acts", "Overridden") == ("True", "OverrideActive"))
    wait("a fallback raises", lambda: replicas(cluster, "falls") == 4)
    wait("and is told", lambda: condition(cluster, "falls", "FallbackActive") == ("True", "MetricFailed"))
    wait("Recommend reports", lambda: cluster.api.get(PATH + "looks").get("status", {}).get("desiredReplicas") == 3)
    track.equal("and writes nothing", 1, replicas(cluster, "looks"))
    row = next(line.split() for line in cluster.kubectl_ok("get", "fha").splitlines() if line.startswith("acts"))
    track.check("kubectl get fha tells", "Deployment/acts" in row and "Override" in row, row)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + OVERRIDE_SEC))
    cluster.api.merge(PATH + "acts", {"spec": {"override": {"until": until}}})
    wait("the override ends by itself", lambda: replicas(cluster, "acts") == 2)
    wait("and is no longer told", lambda: condition(cluster, "acts", "Overridden") == ("", ""))
    track.equal("events name our kind", True, any(
        e["involvedObject"]["kind"] == "HorizontalAutoscaler" and e["reason"] == "SuccessfulRescale"
        for e in cluster.api.get("/api/v1/namespaces/default/events")["items"]))
    track.equal("flyball-controller ends when it is asked to", 0, controller.stop())


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    try:
        track.phase("start")
        cluster.start_control_plane(hpa_controller=False)
        done = cluster.kubectl("apply", "-f", str(CRD))
        if not track.check("the API server takes the definition", done.returncode == 0 and not done.stderr, done.stderr):
            return
        wait_for("served definition", lambda: cluster.api.answers(PATH[:-1]), ESTABLISH_TIMEOUT_SEC)
        track.phase("objects")
        check_objects(cluster, track)
        check_defaults(cluster, track)
        check_renamed(cluster, track)
        track.phase("kubectl")
        cluster.kubectl_ok("delete", "fha", "two-lines")
        check_columns(cluster, track)
        check_explain(cluster, track)
        cluster.kubectl_ok("delete", "fha", "web")
        track.phase("flyball-controller")
        check_controller(cluster, own, track)
    finally:
        cluster.stop()


def main() -> int:
    report = Report()
    own = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/bin").resolve()
    with tempfile.TemporaryDirectory(prefix="flyball-own-kind-") as folder:
        play(Path(folder), components.resolve(PROGRAMS), own, Track(report, "own-kind"))
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
