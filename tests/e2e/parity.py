#!/usr/bin/env python3
"""kubectl against the sandbox and against a real API server: the same commands must print the same text.

Usage: parity.py [--bin DIR]. run.py plays it beside the pairings. The commands are about our objects: autoscalers, their events and what they scale.
Times, revisions and identities differ from run to run and are masked; managedFields exist on the real server only.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import components
from cluster import Cluster
from procs import Processes, stopping
from report import Report, Track

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}
KUBECTL_TIMEOUT_SEC = 60
WATCH_SEC = 8

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: myapp}
spec:
  replicas: 0
  selector: {matchLabels: {app: myapp}}
  template:
    metadata: {labels: {app: myapp}}
    spec: {containers: [{name: myapp, image: "myapp:1"}]}
"""
AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: myhpa, labels: {team: a}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: myapp}
  maxReplicas: %d
  metrics:
  - type: Pods
    pods: {metric: {name: myapp_requests_per_second}, target: {type: AverageValue, averageValue: 2}}
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
"""
STATUS = {
    "status": {
        "currentReplicas": 4,
        "desiredReplicas": 5,
        "lastScaleTime": "2026-01-02T03:04:05Z",
        "currentMetrics": [
            {"type": "Pods", "pods": {"metric": {"name": "myapp_requests_per_second"}, "current": {"averageValue": "2250m"}}},
            {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "50m"}}},
        ],
        "conditions": [
            {"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z", "reason": "SucceededRescale",
             "message": "the HPA controller was able to update the target scale to 5"},
            {"type": "ScalingLimited", "status": "False", "lastTransitionTime": "2026-01-02T03:04:05Z", "reason": "DesiredWithinRange",
             "message": "the desired count is within the acceptable range"},
        ],
    }
}
EVENT = """
apiVersion: v1
kind: Event
metadata: {name: myhpa.1}
involvedObject: {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: myhpa, namespace: default}
type: Normal
reason: SuccessfulRescale
message: "New size: 5; reason: pods metric myapp_requests_per_second above target"
source: {component: horizontal-pod-autoscaler}
count: 1
firstTimestamp: "2026-01-02T03:04:05Z"
lastTimestamp: "2026-01-02T03:04:05Z"
"""


def commands(folder: Path):
    """(what it shows, kubectl's arguments, standard input); order matters."""
    patch = json.dumps(STATUS)
    yield "apply creates", ["apply", "-f", "-"], DEPLOYMENT + "---" + AUTOSCALER % 10
    yield "apply again changes nothing", ["apply", "-f", "-"], DEPLOYMENT + "---" + AUTOSCALER % 10
    yield "get without a status", ["get", "hpa"], ""
    yield "apply changes a bound", ["apply", "-f", "-"], AUTOSCALER % 12
    yield "patch of the status", ["patch", "hpa", "myhpa", "--subresource=status", "--type=merge", "-p", patch], ""
    yield "create of an event", ["create", "-f", "-"], EVENT
    yield "get", ["get", "hpa"], ""
    yield "get by long name, all namespaces", ["get", "horizontalpodautoscalers.autoscaling", "-A"], ""
    yield "get -o wide", ["get", "hpa", "myhpa", "-o", "wide"], ""
    yield "get by label", ["get", "hpa", "-l", "team=a", "-o", "name"], ""
    yield "get by a label that nobody has", ["get", "hpa", "-l", "team=b"], ""
    yield "get -o yaml", ["get", "hpa", "myhpa", "-o", "yaml"], ""
    yield "get -o jsonpath", ["get", "hpa", "myhpa", "-o", "jsonpath={.spec.metrics[0].pods.target.averageValue}"], ""
    yield "describe", ["describe", "hpa", "myhpa"], ""
    yield "events", ["get", "events", "--field-selector=involvedObject.name=myhpa"], ""
    yield "get -w", ["get", "hpa", "-w", f"--request-timeout={WATCH_SEC}s"], ""
    yield "annotate", ["annotate", "hpa", "myhpa", "note=x"], ""
    yield "label", ["label", "hpa", "myhpa", "team=b", "--overwrite"], ""
    yield "edit", ["edit", "hpa", "myhpa"], ""
    yield "get after edit", ["get", "hpa", "myhpa", "-o", "jsonpath={.spec.maxReplicas} {.metadata.labels.team}"], ""
    yield "scale", ["scale", "deploy/myapp", "--replicas=0"], ""
    yield "get of the target", ["get", "deploy", "myapp"], ""
    yield "raw scale", ["get", "--raw", "/apis/apps/v1/namespaces/default/deployments/myapp/scale"], ""
    yield "an object that is not there", ["get", "hpa", "nobody"], ""
    yield "a kind that is not there", ["get", "frobnicators"], ""
    yield "delete", ["delete", "hpa", "myhpa"], ""
    yield "delete again", ["delete", "hpa", "myhpa"], ""
    yield "get when there is none", ["get", "hpa"], ""
    _ = folder


MASKS = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]+ [+-]\d{4}", "<time>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
    (r'(resourceVersion"?: ?)"\d+"', r"\1<version>"),
    (r"(?<=\s)(?:\d+[smhdy])+(?=\s|$)", "<age>"),
    (r"https?://127\.0\.0\.1:\d+", "<server>"),
    (r"deployment\.kubernetes\.io/revision", "<revision>"),
]


def masked(text: str) -> str:
    for pattern, instead in MASKS:
        text = re.sub(pattern, instead, text)
    return "\n".join(re.sub(r"\s+", " ", line).rstrip() for line in text.splitlines())


class Side:
    """kubectl with one kubeconfig."""

    def __init__(self, kubectl: str, kubeconfig: Path, cache: Path):
        self.prefix = [kubectl, f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}", "--namespace=default"]
        self.environment = {**os.environ, "KUBE_EDITOR": "sed -i 's/maxReplicas: 12/maxReplicas: 11/'"}

    def run(self, arguments: list[str], stdin: str) -> str:
        done = subprocess.run(self.prefix + arguments, input=stdin, capture_output=True, text=True, timeout=KUBECTL_TIMEOUT_SEC,
                              env=self.environment, check=False)
        return masked(f"{done.stdout}\n{done.stderr}\nexit {done.returncode}")


def start_sandbox(processes: Processes, own: Path, folder: Path) -> Path:
    kubeconfig = folder / "sandbox.kubeconfig"
    processes.start("flyball-sandbox", [str(own / "flyball-sandbox"), f"--write-kubeconfig={kubeconfig}"])
    deadline = time.monotonic() + 60
    while not kubeconfig.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("flyball-sandbox did not write its kubeconfig")
        time.sleep(0.05)
    return kubeconfig


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    try:
        cluster.start_control_plane(hpa_controller=False)
        kubectl = programs["kubectl"]
        real = Side(kubectl, cluster.admin_kubeconfig, folder / "real-cache")
        sandbox = Side(kubectl, start_sandbox(cluster.processes, own, folder), folder / "sandbox-cache")
        for what, arguments, stdin in commands(folder):
            if stopping.is_set():
                return
            wanted, seen = real.run(arguments, stdin), sandbox.run(arguments, stdin)
            if not track.check(f"kubectl {what}", wanted == seen, "different text"):
                for line in unlike(wanted, seen):
                    track.report.line(f"       {line}")
    finally:
        cluster.stop()


def unlike(wanted: str, seen: str) -> list[str]:
    import difflib

    return [line for line in difflib.unified_diff(wanted.splitlines(), seen.splitlines(), "real", "sandbox", n=0, lineterm="")][:40]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    report = Report()
    with tempfile.TemporaryDirectory(prefix="flyball-parity-") as folder:
        play(Path(folder), components.resolve(PROGRAMS), options.bin.resolve(), Track(report, "sandbox"))
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
