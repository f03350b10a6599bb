#!/usr/bin/env python3
"""Replicas of flyball-controller against a real API server: the leader is ended and killed while it scales. What was written, by whom and when, is in the API
server's audit log; each replica has a token of its own.

No pods run here, and no metrics: minReplicas that rise are the load.

Usage: ha.py [--bin DIR], or as a scene of run.py
"""

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import components
from cluster import Cluster
from manifests import apply_base
from procs import REQUEST_FAILED, Process, calm_seconds
from report import Report, Track

PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}
OWN_PROGRAMS = {"flyball-controller"}
OBJECTS = 20
ACCOUNT = "flyball-controller"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/flyball-system/leases/{ACCOUNT}"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
HPAS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
AUDIT = [
    {"level": "Request", "verbs": ["update", "patch"], "resources": [{"group": "apps", "resources": ["deployments/scale"]}]},
    {"level": "None"},
]
CREDENTIAL = "authentication.kubernetes.io/credential-id"


class Load(threading.Thread):
    """Raises one minReplicas after the other, by one each time."""

    def __init__(self, cluster: Cluster):
        super().__init__(daemon=True)
        self.cluster, self.minima, self.ended = cluster, [1] * OBJECTS, threading.Event()
        self.start()

    def run(self) -> None:
        at = 0
        while not self.ended.wait(0.15):
            try:
                self.cluster.api.merge(f"{HPAS}/app{at}", {"spec": {"minReplicas": self.minima[at] + 1}})
            except REQUEST_FAILED:
                continue  # the same value again, whether it arrived or not
            self.minima[at] += 1
            at = (at + 1) % OBJECTS

    def stop(self) -> list[int]:
        self.ended.set()
        self.join()
        return self.minima


def make_objects(cluster: Cluster) -> None:
    for i in range(OBJECTS):
        labels = {"app": f"app{i}"}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
        cluster.api.create(DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"app{i}"}, "spec": spec})
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"app{i}"}
        spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 1000}
        cluster.api.create(
            HPAS, {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": f"app{i}"}, "spec": spec}
        )


def start_replica(cluster: Cluster, own: Path, name: str) -> Process:
    config = cluster.account_kubeconfig(ACCOUNT).rename(cluster.folder / f"{name}.kubeconfig")
    flags = [f"--kubeconfig={config}", "--native-hpas=own", "--canary-period=1s", "--leader-elect", "--sync-period=1s"]
    return cluster.processes.start(name, [str(own / "flyball-controller"), *flags])


def holder(cluster: Cluster) -> str:
    return cluster.api.get(LEASE)["spec"].get("holderIdentity") or ""


def wait(track: Track, text: str, check, seconds: float) -> float:
    began = time.monotonic()
    ok = False
    while not ok and calm_seconds(began) < seconds:
        try:
            ok = check()
        except REQUEST_FAILED as error:
            ok = False
            print(f"e2e: {error}", file=sys.stderr)
        if not ok:
            time.sleep(0.05)
    took = calm_seconds(began)
    track.check(f"{text}: {took:.1f} s of {seconds:.0f} s", ok)
    return took


def replicas(cluster: Cluster) -> list[int]:
    items = {item["metadata"]["name"]: item["spec"]["replicas"] for item in cluster.api.get(DEPLOYMENTS)["items"]}
    return [items[f"app{i}"] for i in range(OBJECTS)]


def scales_on(cluster: Cluster):
    before = sum(replicas(cluster))
    return lambda: sum(replicas(cluster)) > before


def check_writes(track: Track, log: Path) -> None:
    counts: dict[str, list[int]] = {}
    writers: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["responseStatus"]["code"] != 200:
            continue
        counts.setdefault(entry["objectRef"]["name"], []).append(entry["requestObject"]["spec"]["replicas"])
        writer = entry["user"]["extra"][CREDENTIAL][0]
        writers.setdefault(writer, []).append(entry["stageTimestamp"])
    track.equal("three replicas wrote, one after the other", 3, len(writers))
    terms = sorted((min(times), max(times)) for times in writers.values())
    overlaps = [(a, b) for a, b in zip(terms, terms[1:]) if a[1] >= b[0]]
    track.check("no two of them wrote at the same time", not overlaps, overlaps)
    falling = {name: seen for name, seen in counts.items() if any(b <= a for a, b in zip(seen, seen[1:]))}
    track.check("no count was written twice, none fell", not falling, falling)
    track.equal("all were scaled", OBJECTS, len(counts))


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    log = cluster.keep_audit(AUDIT)
    try:
        track.phase("start")
        cluster.start_control_plane(hpa_controller=False)
        apply_base(cluster, track)
        make_objects(cluster)
        first = start_replica(cluster, own, "first")
        wait(track, "the first one leads", lambda: cluster.api.answers(LEASE) and holder(cluster) != "", 20)
        second = start_replica(cluster, own, "second")
        load = Load(cluster)
        wait(track, "it scales", scales_on(cluster), 20)

        track.phase("the leader is ended")
        before = holder(cluster)
        first.ask_to_end()
        wait(track, "the second one leads", lambda: holder(cluster) not in ("", before), 3)
        wait(track, "it scales", scales_on(cluster), 3)
        track.equal("exit status of the first one", 0, first.stop())

        track.phase("the leader is killed")
        start_replica(cluster, own, "third")
        time.sleep(4)
        before = holder(cluster)
        second.kill()
        scales = scales_on(cluster)
        wait(track, "the third one leads", lambda: holder(cluster) not in ("", before), 17)
        wait(track, "it scales", scales, 3)

        track.phase("the end of the load")
        minima = load.stop()
        wait(track, "all have their minimum", lambda: replicas(cluster) == minima, 20)
        check_writes(track, log)
    finally:
        cluster.stop()


def main() -> int:
    own = Path(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "--bin" else Path("build/release/bin")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="flyball-ha-") as folder:
        play(Path(folder), components.resolve(PROGRAMS), own, Track(report, "ha"))
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
