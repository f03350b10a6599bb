#!/usr/bin/env python3
"""flyball-controller beside kube-controller-manager's HPA controller, on the same API server: observing, owning, and with our kind. Who wrote which scale is in the
API server's audit log.

No pods run here, and no metrics: minReplicas that rise are the load.

Usage: beside.py [--bin DIR], or as a scene of run.py
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import components
from cluster import Cluster
from ha import ACCOUNT, AUDIT, DEPLOYMENTS, HPAS, wait
from manifests import apply_base
from procs import Process
from report import Report, Track

PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}
OWN_PROGRAMS = {"flyball-controller", "flyball"}
FHAS = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers"
CANARY = "/apis/autoscaling/v2/namespaces/flyball-system/horizontalpodautoscalers/flyball-canary"
OURS, THEIRS = f"system:serviceaccount:flyball-system:{ACCOUNT}", "system:serviceaccount:kube-system:horizontal-pod-autoscaler"
# Kubernetes' HPA controller comes to an object 15 s after its last look.
LOOK_SEC = 15
CANARY_SEC = 16
# How long one that was told to stop may still write what it had begun.
OVERLAP_SEC = 1.0
# How long a busy API server may take to log what it has answered.
LOG_SEC = 10


class Scene:
    def __init__(self, cluster: Cluster, own: Path, log: Path, track: Track):
        self.cluster, self.own, self.log, self.track = cluster, own, log, track
        self.minimum = 1
        self.ours: Process | None = None

    def make(self, name: str) -> None:
        labels = {"app": name}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
        self.cluster.api.create(DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec})
        self.cluster.api.create(HPAS, {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
                                       "spec": self.spec(name)})

    def spec(self, name: str) -> dict:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        return {"scaleTargetRef": target, "minReplicas": self.minimum, "maxReplicas": 1000}

    def raise_minimum(self, path: str) -> None:
        self.minimum += 1
        self.cluster.api.merge(path, {"spec": {"minReplicas": self.minimum}})

    def replicas(self, name: str) -> int:
        return self.cluster.api.get(f"{DEPLOYMENTS}/{name}")["spec"]["replicas"]

    def follows(self, name: str, seconds: float, who: str) -> None:
        wait(self.track, f"{who} scales {name}", lambda: self.replicas(name) == self.minimum, seconds)

    def start(self, mode: str) -> None:
        config = self.cluster.account_kubeconfig(ACCOUNT)
        flags = [f"--kubeconfig={config}", f"--native-hpas={mode}", f"--canary-period={CANARY_SEC}s", "--sync-period=1s"]
        self.ours = self.cluster.processes.start(f"flyball-{mode}", [str(self.own / "flyball-controller"), *flags])

    def said(self, text: str) -> bool:
        return any(text in line for line in self.ours.tail(1000))

    def writes(self) -> list[tuple[str, str, str]]:
        """Time, user and object of every scale that was written."""
        found = []
        for line in self.log.read_text().splitlines():
            entry = json.loads(line)
            if entry["responseStatus"]["code"] == 200:
                found.append((entry["stageTimestamp"], entry["user"]["username"], entry["objectRef"]["name"]))
        return sorted(found)

    def writers_since(self, n: int, least: int = 1) -> set[str]:
        """Who wrote after the first `n` writes. One that can be read is in the log a moment later, so `least` of them are waited for."""
        deadline = time.monotonic() + LOG_SEC
        while len(self.writes()) < n + least and time.monotonic() < deadline:
            time.sleep(0.05)
        return {user for _, user, _ in self.writes()[n:]}

    def flyball(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [str(self.own / "flyball"), arguments[0], f"--kubeconfig={self.cluster.admin_kubeconfig}", *arguments[1:]]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)

    def able(self, name: str) -> str:
        for condition in self.cluster.api.get(f"{FHAS}/{name}").get("status", {}).get("conditions") or []:
            if condition["type"] == "AbleToScale":
                return condition["reason"]
        return ""

    def canary_is(self, filled: bool) -> bool:
        return self.cluster.api.answers(CANARY) and bool(self.cluster.api.get(CANARY)["status"].get("conditions")) == filled


def observing(s: Scene) -> None:
    s.track.phase("observing")
    s.start("observe")
    n = len(s.writes())
    s.raise_minimum(f"{HPAS}/web")
    s.follows("web", 3 * LOOK_SEC, "Kubernetes")
    s.track.equal("who wrote", {THEIRS}, s.writers_since(n))
    s.ours.stop()


def owning(s: Scene, manager: Process) -> None:
    s.track.phase("owning while Kubernetes does")
    s.start("own")
    wait(s.track, "the canary is answered", lambda: s.canary_is(True), 3 * LOOK_SEC)
    wait(s.track, "it is told by name", lambda: s.said("kube-controller-manager"), 3)
    n = len(s.writes())
    s.raise_minimum(f"{HPAS}/web")
    s.follows("web", 3 * LOOK_SEC, "Kubernetes")
    s.track.equal("who wrote", {THEIRS}, s.writers_since(n))

    s.track.phase("owning when Kubernetes ends")
    manager.stop()
    n = len(s.writes())
    s.raise_minimum(f"{HPAS}/web")
    s.follows("web", 3 * CANARY_SEC + 3 * 1.2 * CANARY_SEC + 5, "ours")
    s.track.equal("who wrote", {OURS}, s.writers_since(n))
    s.track.check("the canary is silent", s.canary_is(False))

    s.track.phase("owning when Kubernetes comes back")
    n = len(s.writes())
    manager.start()
    wait(s.track, "the canary is answered", lambda: s.canary_is(True), 3 * LOOK_SEC)
    for _ in range(3):
        s.raise_minimum(f"{HPAS}/web")
        s.follows("web", 3 * LOOK_SEC, "Kubernetes")
    seen = s.writes()[n:]
    first = min((at for at, user, _ in seen if user == THEIRS), default="")
    late = [at for at, user, _ in seen if user == OURS and at > first]
    s.track.check("ours wrote nothing any more", not late, late)
    s.ours.stop()


def our_kind(s: Scene) -> None:
    s.track.phase("our kind beside a native object")
    s.start("ignore")
    s.cluster.api.create(FHAS, {"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler", "metadata": {"name": "web"},
                                "spec": s.spec("web")})
    wait(s.track, "ours leaves the target alone", lambda: s.able("web") == "ForeignAutoscaler", 20)
    n = len(s.writes())
    s.raise_minimum(f"{FHAS}/web")
    time.sleep(3)
    s.track.equal("who wrote", set(), s.writers_since(n, 0))
    s.track.check("doctor sees it", "HorizontalPodAutoscaler web scales the same target" in s.flyball("doctor").stdout)
    told = s.flyball("doctor", "--service-account=none/such").stdout
    s.track.check("doctor says that an account is missing, not its rights", "no service account none/such" in told and "may not" not in told, told)

    s.track.phase("adopted")
    s.cluster.api.merge(f"{HPAS}/web", {"spec": {"minReplicas": s.minimum}})
    s.follows("web", 3 * LOOK_SEC, "Kubernetes")
    s.cluster.kubectl_ok("apply", "-f", "-", stdin=s.flyball("adopt", "hpa/web").stdout)
    n = len(s.writes())
    s.raise_minimum(f"{FHAS}/web")
    s.follows("web", 10, "ours")
    time.sleep(LOOK_SEC + 2)
    s.track.equal("who wrote", {OURS}, s.writers_since(n))

    s.track.phase("overridden")
    told = s.flyball("override", "fha/web", f"--min={s.minimum + 3}", "--for=1h", "--reason=INC-12")
    s.track.equal("flyball override", 0, told.returncode)
    wait(s.track, "it holds", lambda: s.replicas("web") == s.minimum + 3, 10)
    before = s.cluster.api.get(f"{FHAS}/web")["spec"]
    told = s.flyball("override", "fha/web", "--clear")
    s.track.check("flyball override --clear", told.returncode == 0, told.stderr)
    override = before.pop("override")
    s.track.equal("the reason was kept", "INC-12", override["reason"])
    s.track.equal("nothing else was taken along", before, s.cluster.api.get(f"{FHAS}/web")["spec"])

    s.track.phase("released")
    s.cluster.kubectl_ok("apply", "-f", "-", stdin=s.flyball("release", "hpa/web").stdout)
    hpa = s.cluster.api.get(f"{HPAS}/web")
    s.track.check("the native object is as it was", "behavior" not in hpa["spec"] and hpa["spec"]["maxReplicas"] == 1000, hpa["spec"])
    s.track.check("and has no annotation of ours", "flyball.dev/adopted-spec" not in hpa["metadata"].get("annotations", {}))
    n = len(s.writes())
    s.minimum = s.replicas("web") + 1
    s.cluster.api.merge(f"{HPAS}/web", {"spec": {"minReplicas": s.minimum}})
    s.follows("web", 3 * LOOK_SEC, "Kubernetes")
    s.track.equal("who wrote", {THEIRS}, s.writers_since(n))


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    log = cluster.keep_audit(AUDIT)
    try:
        track.phase("start")
        cluster.start_control_plane(hpa_controller=True)
        manager = next(p for p in cluster.processes.all if p.name == "kube-controller-manager")
        apply_base(cluster, track)
        scene = Scene(cluster, own, log, track)
        scene.make("web")
        observing(scene)
        owning(scene, manager)
        our_kind(scene)
    finally:
        cluster.stop()


def main() -> int:
    own = Path(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "--bin" else Path("build/release/bin")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="flyball-beside-") as folder:
        play(Path(folder), components.resolve(PROGRAMS), own, Track(report, "beside"))
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
