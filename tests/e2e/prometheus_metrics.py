#!/usr/bin/env python3
"""Metrics of type Prometheus, on a real Prometheus and a real API server: our own kind is scaled by one number and by a row a pod, from zero, beside an
exporter that is dead and a Prometheus that is away; other people's series are refused.

Usage: prometheus_metrics.py [--bin DIR], or as a scene of run.py
"""

import json
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import components
from cluster import Cluster
from kube import Api, Watch
from manifests import apply_base
from own_kind import PATH, deployment, manifest
from procs import Process, free_port, wait_for
from report import Report, Track
from workload import App, Workload

PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "prometheus"}
OWN_PROGRAMS = {"flyball-controller"}
ACCOUNT = "flyball-controller"
START_SEC = 30
# A scrape, a pass and a pod's start take a second or three; the rest is for a busy machine.
REACT_SEC = 40
# A status in which only values differ is written up to 60 s later (--status-refresh).
REFRESH_SEC = 60 + REACT_SEC

HERE = 'namespace="default"'
# What each object asks for 2 a replica of. Its Deployment has the same name.
METRICS = {
    "queue": {"query": "sum(queue)"},
    "rows": {"query": "max by (pod) (rows)", "podLabel": "pod"},
    "nightly": {"query": "sum(jobs)", "activationValue": "5"},
    "guarded": {"query": "sum(load)", "aliveQuery": "sum(alive)", "noData": "Zero"},
    "thief": {"query": 'sum(rows{namespace="bank"})'},
    "guest": {"query": "sum(gold)"},
}
REPLICAS = {"rows": 2}
MINIMA = {"nightly": 0}
# Every count that a Deployment has had, in order: what was to be held was held.
COUNTS = {"queue": [1, 3, 5, 1], "rows": [2, 4], "nightly": [1, 0, 3], "guarded": [1, 4, 1], "thief": [1], "guest": [1]}


class Load(Workload):
    """Beside the applications' samples: series that a scene sets."""

    def __init__(self, api: Api, apps: list[App]):
        super().__init__(api, "default", apps, free_port())
        self.series: dict[str, float] = {}

    def page(self) -> str:
        return super().page() + "".join(f"{name} {value}\n" for name, value in list(self.series.items()))


def own_object(name: str, prometheus: dict, low: int = 1) -> str:
    metric = {"name": name, "target": {"type": "AverageValue", "averageValue": "2"}, **prometheus}
    return manifest({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": low, "maxReplicas": 10,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        "metrics": [{"type": "Prometheus", "prometheus": metric}]}, name)


class Stage:
    """A cluster in which flyball-controller looks after objects of our kind."""

    def __init__(self, cluster: Cluster, own: Path, track: Track):
        self.cluster, self.own, self.track = cluster, own, track
        self.controller: Process | None = None
        self.port = free_port()
        self.counts: dict[str, list[int]] = {}
        self.watch = Watch(cluster.api, "/apis/apps/v1/namespaces/default/deployments", self._on_deployment)

    def _on_deployment(self, _: str, found: dict) -> None:
        seen = self.counts.setdefault(found["metadata"]["name"], [])
        if seen[-1:] != [found["spec"]["replicas"]]:
            seen.append(found["spec"]["replicas"])

    def create(self, name: str, prometheus: dict, replicas: int = 1, low: int = 1) -> None:
        wanted = deployment(name)
        wanted["spec"]["replicas"] = replicas
        self.cluster.kubectl_ok("create", "-f", "-", stdin=json.dumps(wanted))
        self.cluster.kubectl_ok("create", "-f", "-", stdin=own_object(name, prometheus, low))

    def start_controller(self, config: str, *flags: str) -> None:
        file = self.cluster.folder / "controller.yaml"
        file.write_text(config)
        command = [str(self.own / "flyball-controller"), f"--kubeconfig={self.cluster.account_kubeconfig(ACCOUNT)}", f"--config={file}",
                   "--native-hpas=ignore", "--sync-period=1s", f"--port={self.port}", *flags]
        self.controller = self.cluster.processes.start("flyball-controller", command)

    def wait(self, what: str, reached, seconds: float = REACT_SEC) -> bool:
        try:
            wait_for(what, reached, seconds, alive=(self.controller,))
        except TimeoutError as error:
            return self.track.check(what, False, error)
        return self.track.check(what, True)

    def scales(self, what: str, name: str, wanted: int) -> None:
        self.wait(f"{name}: {what}: {wanted}", lambda: (self.counts.get(name, [])[-1:] == [wanted], (self.counts.get(name), self.told(name))))

    def told(self, name: str) -> str:
        """Why its metric does not work; empty where it works."""
        conditions = self.cluster.api.get(PATH + name).get("status", {}).get("conditions") or []
        return next((c["message"] for c in conditions if c["type"] == "ScalingActive" and c["status"] == "False"), "")

    def tells(self, name: str, words: str) -> None:
        self.wait(f"{name}: {words}", lambda: (words in self.told(name), self.told(name)))

    def passes(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if "_reconciliations_total{" in line)

    def looks_thrice(self) -> None:
        """Every object has been decided about at least three times from now on."""
        wanted = self.passes() + 4 * len(self.counts)
        self.wait("some passes later", lambda: (self.passes() >= wanted, self.passes()))


class Scene:
    def __init__(self, stage: Stage, load: Load):
        self.stage, self.cluster, self.track, self.load = stage, stage.cluster, stage.track, load

    def set(self, **values: float | None) -> None:
        """Series by their metric, of this namespace. Counts once Prometheus answers with them."""
        series = dict(self.load.series)
        for name, value in values.items():
            series.pop(f"{name}{{{HERE}}}", None)
            if value is not None:
                series[f"{name}{{{HERE}}}"] = value
        self.load.series = series
        for name, value in values.items():
            wait_for(f"scrape of {name}", lambda name=name, value=value: (self.ask(f"{name}{{{HERE}}}") == value, self.ask(name)), START_SEC)

    def ask(self, query: str) -> float | None:
        url = f"{self.cluster.prometheus_url()}api/v1/query?query={urllib.parse.quote(query)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                rows = json.loads(answer.read())["data"]["result"]
        except OSError:
            return None
        return float(rows[0]["value"][1]) if rows else None

    def kubectl(self, name: str, field: str) -> dict:
        text = self.cluster.kubectl_ok("get", "fha", name, "-o", f"jsonpath={{.status.{field}}}")
        return json.loads(text) if text else {}

    def scale(self) -> None:
        self.track.phase("numbers, rows, and what is not for everybody")
        stage = self.stage
        stage.scales("6 of many series, none of them of bank", "queue", 3)
        stage.scales("two pods of 4", "rows", 4)
        stage.scales("nothing to do", "nightly", 0)
        stage.scales("8 and alive", "guarded", 4)
        stage.tells("thief", 'namespace="bank", which contradicts namespace="default"')
        stage.tells("guest", "gives no series")

    def go_on(self) -> None:
        self.track.phase("more work, and an exporter that is dead")
        stage = self.stage
        self.set(queue=6, jobs=5, alive=0)
        stage.scales("10 of many series", "queue", 5)
        stage.tells("guarded", "aliveQuery: is not above zero")
        self.set(load=None)
        stage.looks_thrice()
        self.track.equal("nightly: the activation value itself does not wake", 0, stage.counts["nightly"][-1])
        self.track.equal("guarded: held", 4, stage.counts["guarded"][-1])
        self.set(jobs=5.5, alive=1)
        stage.scales("above the activation value", "nightly", 3)
        stage.scales("alive, and nothing to do", "guarded", 1)

    def look(self) -> None:
        self.track.phase("kubectl")
        decision = self.kubectl("queue", "lastDecision")
        wanted = {"rawDesiredReplicas": 5, "finalDesiredReplicas": 5, "selectedMetric": "prometheus metric queue"}
        self.track.check("lastDecision", wanted.items() <= decision.items(), decision)
        self.stage.wait("kubectl get fha", self.is_shown, REFRESH_SEC)
        events = self.cluster.kubectl_ok("get", "events", "--field-selector=involvedObject.kind=HorizontalAutoscaler")
        self.track.check("an event names the metric", "prometheus metric queue" in events, events[-2000:])
        self.track.check("an event tells of the refusal", "contradicts" in events, events[-2000:])

    def is_shown(self) -> tuple[bool, list[str]]:
        lines = self.cluster.kubectl_ok("get", "fha").splitlines()
        row = next(line for line in lines if line.startswith("queue")).split()[:9]
        return row == ["queue", "Deployment/queue", "queue:", "2/2", "(avg)", "1", "10", "5", "5"], row

    def lose_prometheus(self) -> None:
        self.track.phase("Prometheus is killed")
        stage = self.stage
        self.cluster.prometheus.kill()
        for name in ("queue", "rows", "nightly", "guarded"):
            stage.tells(name, "unable to get prometheus metric")
        self.load.series = {**self.load.series, f"queue{{{HERE}}}": 1, f'queue{{{HERE},shard="a"}}': 1}
        stage.looks_thrice()
        self.cluster.prometheus.start()
        stage.scales("it is back, and 2 are left", "queue", 1)
        for name in ("rows", "nightly", "guarded"):
            stage.wait(f"{name}: works", lambda name=name: (not stage.told(name), stage.told(name)))


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    load = Load(cluster.api, [App("rows", "rows", is_counter=False)])
    stage = Stage(cluster, own, track)
    scene = Scene(stage, load)
    try:
        track.phase("start")
        cluster.start_control_plane(hpa_controller=False)
        apply_base(cluster, track)
        load.set_load(8)
        load.series = {
            f'rows{{{HERE},pod="of-another-app"}}': 1000, 'rows{namespace="bank",pod="vault"}': 1000,
            f'queue{{{HERE},shard="a"}}': 4, f"queue{{{HERE}}}": 2, 'queue{namespace="bank"}': 1000,
            f"jobs{{{HERE}}}": 0, f"load{{{HERE}}}": 8, f"alive{{{HERE}}}": 1, 'gold{namespace="bank"}': 1000}
        load.start()
        cluster.start_prometheus(load.port)
        stage.watch.start()
        for name, prometheus in METRICS.items():
            stage.create(name, prometheus, REPLICAS.get(name, 1), MINIMA.get(name, 1))
        wait_for("first scrape", lambda: scene.ask("load") == 8, START_SEC)
        stage.start_controller(f"servers:\n- name: main\n  url: {cluster.prometheus_url()}\n  namespaces: [default]\n")
        scene.scale()
        scene.go_on()
        scene.look()
        scene.lose_prometheus()
        track.equal("every count that there was", COUNTS, stage.counts)
        track.equal("flyball-controller ends when it is asked to", 0, stage.controller.stop())
    finally:
        stage.watch.stop()
        load.stop()
        cluster.stop()


def play_alone(name: str, scene, programs: set[str]) -> int:
    """A scene by itself, with the programs of `--bin FOLDER`; the exit code."""
    own = Path(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "--bin" else Path("build/release/bin")
    report = Report()
    with tempfile.TemporaryDirectory(prefix=f"flyball-{name}-") as folder:
        scene(Path(folder), components.resolve(programs), own.resolve(), Track(report, name))
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(play_alone("prometheus", play, PROGRAMS))
