"""The scenario of one pairing: load 1, then 9, then 3 requests/s on three applications."""

import http.client
import json
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cluster import HERE, SYSTEM_NAMESPACE, Cluster
from kube import ApiError
from manifests import apply_base
from observe import (
    NAMESPACE,
    Observer,
    condition,
    conditions_of,
    event_text,
    status_text,
    table_row,
    writers,
)
from procs import Interrupted, Process, free_port, pause, wait_for
from report import Track
from workload import App, Workload

SYNC_PERIOD_SEC = 15
# A pass comes at most a period after its cause; the rest is for a busy machine.
PASS_TIMEOUT_SEC = 6 * SYNC_PERIOD_SEC
START_TIMEOUT_SEC = 90
# The aggregation layer looks every 30 s whether an adapter that was away is back.
RECOVERY_TIMEOUT_SEC = 120

APPS = ("myapp", "gauge", "gauge-window")
RATE, GAUGE = "myapp_requests_per_second", "myapp_current_requests"
METRICS = {"myapp": RATE, "gauge": GAUGE, "gauge-window": GAUGE}

READY = ("True", "ReadyForNewScale", "recommended size matches current size")
HELD = (
    "True",
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, "
    "applying the highest recent recommendation",
)
WITHIN = ("False", "DesiredWithinRange", "the desired count is within the acceptable range")

# HPAs that cannot work: the condition that tells, and the events.
ERRORS = {
    "unserved": ("ScalingActive", ("False", "FailedGetPodsMetric"), {"FailedGetPodsMetric", "FailedComputeMetricsReplicas"}),
    "untargeted": ("AbleToScale", ("False", "FailedGetScale"), {"FailedGetScale"}),
}


@dataclass(frozen=True)
class Pairing:
    key: str
    controller: str
    adapter: str
    outages: bool = False
    observer: bool = False  # flyball-controller looks on beside the cluster's own HPA controller

    def programs(self) -> set[str]:
        """The peers that it needs; our own programs are not among them."""
        needed = {"etcd", "prometheus", "kube-apiserver", "kube-controller-manager", "kubectl"}
        return needed | ({"prometheus-adapter"} & {self.adapter})

    def own_programs(self) -> set[str]:
        used = {self.controller, self.adapter} | (
            {"flyball-controller"} if self.observer else set()
        )
        ours = {name for name in used if name.startswith("flyball-")}
        return ours | ({"flyball"} if ours and self.outages else set())


@dataclass
class Facts:
    """What a pairing showed that must be the same in all of them."""

    statuses: dict[str, dict] = field(default_factory=dict)
    conditions: dict[str, list] = field(default_factory=dict)
    events: dict[str, list] = field(default_factory=dict)


class Scenario:
    def __init__(
        self, pairing: Pairing, folder: Path, programs: dict[str, str], own: Path, track: Track
    ):
        self.pairing = pairing
        self.own = own
        self.track = track
        self.cluster = Cluster(folder, programs)
        self.observer = Observer(self.cluster.api)
        apps = [App("myapp", "myapp_http_requests_total", is_counter=True)]
        apps += [App(name, GAUGE, is_counter=False) for name in APPS[1:]]
        self.workload = Workload(self.cluster.api, NAMESPACE, apps, free_port())
        self.controller: Process | None = None
        self.adapter: Process | None = None
        self.adapter_port = free_port()
        self.facts = Facts()

    def run(self) -> Facts | None:
        """Returns what was seen, or None if the scenario could not be played to its end."""
        try:
            self._start()
            self._load_1()
            self._errors()
            self._load_9()
            if self.pairing.outages:
                self._outages()
            self._load_3()
            self._end()
            return self.facts
        except Interrupted:
            return None
        except (
            RuntimeError,
            TimeoutError,
            ApiError,
            OSError,
            ValueError,
            subprocess.SubprocessError,
            http.client.HTTPException,
        ) as error:
            self.track.check("the scenario is played to its end", False, error)
            return None
        finally:
            if self.track.failures:
                self._tell_state()
            self.observer.stop()
            self.workload.stop()
            self.cluster.stop()

    # ----- set-up

    def _start(self) -> None:
        track, cluster = self.track, self.cluster
        track.phase(f"start: {self.pairing.controller} on {self.pairing.adapter}")
        cluster.start_control_plane(self.pairing.controller == "kube-controller-manager")
        self.workload.start()
        cluster.start_prometheus(self.workload.port)
        apply_base(cluster, track)
        cluster.kubectl_ok("apply", "-f", str(HERE / "config" / "apps.yaml"))
        self.observer.start()
        self.workload.set_load(1.0)
        self._start_adapter()
        self._start_controller()
        track.phase("everything is up; waiting for the first samples")
        for app in APPS:
            wait_for(
                f"{METRICS[app]} of {app}", lambda app=app: self._is_served(app), START_TIMEOUT_SEC
            )
        self._check_raw()

    def _start_adapter(self) -> None:
        cluster, name = self.cluster, self.pairing.adapter
        service = "adapter-on-loopback"
        host = f"{service}.{SYSTEM_NAMESPACE}.svc"
        certificate, key = cluster.certificates.server("adapter", [host, "localhost"])
        # Both adapters take the very same command line: that is what a drop-in is.
        if name == "flyball-adapter":
            program = str(self.own / name)
            kubeconfig = cluster.account_kubeconfig(name)
        else:
            program = cluster.programs[name]
            client = cluster.certificates.client(name, "system:masters")
            kubeconfig = cluster.kubeconfig(name, *client)
        command = [
            program,
            f"--lister-kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--secure-port={self.adapter_port}",
            "--bind-address=127.0.0.1",
            f"--config={HERE / 'config' / 'rules.yaml'}",
            f"--prometheus-url={cluster.prometheus_url()}",
            "--metrics-relist-interval=10s",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
        ]
        self.adapter = cluster.processes.start(name, command)
        self._wait_for_adapter_port()
        cluster.register_adapter(service, self.adapter_port)
        wait_for(
            "available adapter", cluster.adapter_is_available, START_TIMEOUT_SEC, (self.adapter,)
        )

    def _wait_for_adapter_port(self) -> None:
        def listens() -> bool:
            try:
                socket.create_connection(("127.0.0.1", self.adapter_port), timeout=1).close()
                return True
            except OSError:
                return False

        wait_for("listening adapter", listens, START_TIMEOUT_SEC, alive=(self.adapter,))

    def _start_controller(self) -> None:
        owns = self.pairing.controller == "flyball-controller"
        if not owns and not self.pairing.observer:
            return
        command = [
            str(self.own / "flyball-controller"),
            f"--kubeconfig={self.cluster.account_kubeconfig('flyball-controller')}",
            f"--sync-period={SYNC_PERIOD_SEC}s",
        ]
        if owns:  # the default is to observe
            command += ["--native-hpas=own", "--canary-period=2s"]
        self.controller = self.cluster.processes.start("flyball-controller", command)

    # ----- what is asked

    def _raw_path(self, app: str, version: str = "v1beta2") -> str:
        group = f"/apis/custom.metrics.k8s.io/{version}"
        return f"{group}/namespaces/{NAMESPACE}/pods/*/{METRICS[app]}?labelSelector=app%3D{app}"

    def _is_served(self, app: str, version: str = "v1beta2") -> tuple[bool, str]:
        return len(self.cluster.api.get(self._raw_path(app, version))["items"]) > 0, "an empty list"

    def _alive(self) -> tuple[Process, ...]:
        return tuple(p for p in (self.controller, self.adapter) if p)

    def _wait_condition(
        self, app: str, kind: str, wanted: tuple[str, str], timeout_sec: float
    ) -> None:
        """Waits until the condition has this status and reason."""

        def reached() -> tuple[bool, str]:
            now = condition(self.observer.hpa(app), kind)
            return now[:2] == wanted, f"{kind} is {now}"

        wait_for(
            f"{kind} {' '.join(wanted)} of HPA {app}", reached, timeout_sec, self._alive(), 0.5
        )

    def _wait_count(self, app: str, count: int, timeout_sec: float) -> None:
        def reached() -> tuple[bool, str]:
            counts = self.observer.counts(app)
            return counts[-1:] == [count], f"replicas so far {counts}"

        wait_for(f"{count} replicas of {app}", reached, timeout_sec, self._alive())

    # ----- phases

    def _load_1(self) -> None:
        self.track.phase("load 1 request/s: one pod carries it")
        self.cluster.kubectl_ok("apply", "-f", str(HERE / "config" / "hpas.yaml"))
        for app in APPS:
            self._wait_condition(app, "AbleToScale", READY[:2], PASS_TIMEOUT_SEC)
        for app in APPS:
            self.track.equal(f"{app} stays at 1", [1], self.observer.counts(app))
        self._check_settled("load 1", {app: READY for app in APPS})
        self._check_kubectl({"gauge": ("1/2", "1"), "gauge-window": ("1/2", "1")})

    def _errors(self) -> None:
        self.track.phase("two HPAs that cannot work")
        for app, (kind, status, reasons) in ERRORS.items():
            self._wait_condition(app, kind, status, PASS_TIMEOUT_SEC)
            self.track.phase(f"{app}: {condition(self.observer.hpa(app), kind)[2]}")
            wait_for(f"events of {app}", lambda app=app, reasons=reasons: self._has_events(app, reasons), PASS_TIMEOUT_SEC)
            self.facts.statuses[app] = status_text(self.observer.hpa(app))
            self.facts.events[app] = sorted({event_text(e) for e in self.observer.events(app)})

    def _has_events(self, app: str, wanted: set[str]) -> tuple[bool, str]:
        """Events go out behind the status, and one by one."""
        seen = {event["reason"] for event in self.observer.events(app)}
        return wanted <= seen, f"{sorted(seen)} of {sorted(wanted)}"

    def _load_9(self) -> None:
        self.track.phase("load 9 requests/s: 9 / 2 = 4.5, so 5 pods")
        self.workload.set_load(9.0)
        foretold = self._foretell("gauge", 5)
        for app in ("gauge", "gauge-window"):
            self._wait_count(app, 5, PASS_TIMEOUT_SEC)
        # The rate is complete a minute after the load has changed.
        self._wait_count("myapp", 5, 60 + PASS_TIMEOUT_SEC)
        for app in APPS:
            self._wait_condition(app, "AbleToScale", READY[:2], PASS_TIMEOUT_SEC)
        pause(SYNC_PERIOD_SEC + 2)
        track, counts = self.track, self.observer.counts
        track.equal("gauge without behavior goes 1, 4, 5", [1, 4, 5], counts("gauge"))
        track.equal("gauge with behavior goes 1, 5", [1, 5], counts("gauge-window"))
        if foretold is not None:
            taken = dict(zip(counts("gauge"), counts("gauge")[1:]))
            ok = bool(foretold) and all(taken.get(a) == b for a, b in foretold.items())
            track.check(f"a snapshot gives the decisions that were taken: {foretold}", ok, taken)
        self._check_direction("the rate only goes up, to 5", counts("myapp"), 1, 5)
        self._check_settled("load 9", {app: READY for app in APPS})
        self._check_kubectl({"gauge": ("1800m/2", "5"), "gauge-window": ("1800m/2", "5")})
        self.rise = len(counts("myapp"))

    def _load_3(self) -> None:
        self.track.phase("load 3 requests/s: 3 / 2 = 1.5, so 2 pods, after the window of a minute")
        self.workload.set_load(3.0)
        self._wait_count("gauge-window", 2, 60 + PASS_TIMEOUT_SEC)
        self._wait_count("myapp", 2, 120 + PASS_TIMEOUT_SEC)
        self._wait_condition("gauge-window", "AbleToScale", READY[:2], PASS_TIMEOUT_SEC)
        # With fewer pods the rate of the remaining ones is complete only after another minute.
        self._wait_condition("myapp", "AbleToScale", READY[:2], 60 + PASS_TIMEOUT_SEC)
        pause(SYNC_PERIOD_SEC + 2)
        track, counts = self.track, self.observer.counts
        track.equal("gauge with behavior has gone 1, 5, 2", [1, 5, 2], counts("gauge-window"))
        track.equal("gauge without behavior is held for 5 minutes", [1, 4, 5], counts("gauge"))
        self._check_direction(
            "the rate only goes down, to 2", counts("myapp")[self.rise - 1 :], 5, 2
        )
        for app in APPS:
            track.phase(f"{app}: {self.observer.steps(app)}")
        self._check_settled("load 3", {"myapp": READY, "gauge": HELD, "gauge-window": READY})
        self._check_kubectl({"gauge": ("600m/2", "5"), "gauge-window": ("1500m/2", "2")})

    def _foretell(self, app: str, goal: int) -> dict[int, int] | None:
        """Until the target has `goal` replicas: what `flyball plan` says of snapshots taken
        meanwhile, as {replicas: wanted}. None where the command line is not under test."""
        if not self.pairing.outages or not self.pairing.own_programs():
            return None
        said: dict[int, int] = {}
        tape = self.cluster.folder / "snapshot.json"
        program = str(self.own / "flyball")
        until = time.monotonic() + PASS_TIMEOUT_SEC
        while self.observer.counts(app)[-1] < goal and time.monotonic() < until:
            where = [f"--kubeconfig={self.cluster.admin_kubeconfig}", "-n", NAMESPACE]
            taken = subprocess.run(
                [program, "snapshot", f"hpa/{app}", *where, f"--output={tape}"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            planned = subprocess.run(
                [program, "plan", f"--snapshot={tape}", "-o", "json"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if taken.returncode != 0 or planned.returncode != 0:
                self.track.check("snapshot and plan work", False, taken.stderr + planned.stderr)
                return {}
            item = json.loads(planned.stdout)["items"][0]
            if item["verdict"] == "UP":
                said[item["currentReplicas"]] = item["desiredReplicas"]
            pause(1)
        return said

    def _check_direction(self, text: str, counts: list[int], first: int, last: int) -> None:
        """From `first` to `last` without turning round: no count is beyond what the load needs."""
        way = sorted(counts, reverse=last < first)
        self.track.check(
            f"{text}: {counts}", counts == way and counts[0] == first and counts[-1] == last, way
        )

    def _check_settled(self, when: str, able: dict[str, tuple]) -> None:
        calculated = "the HPA was able to successfully calculate a replica count from pods metric"
        for app, wanted in able.items():
            hpa = self._decided(app)
            active = ("True", "ValidMetricFound", f"{calculated} {METRICS[app]}")
            self.track.equal(
                f"{when}: conditions of {app} read as Kubernetes' own",
                [("AbleToScale", *wanted), ("ScalingActive", *active), ("ScalingLimited", *WITHIN)],
                conditions_of(hpa),
            )
            if app != "myapp":  # its rate is not the same to the last digit in every run
                self.facts.statuses[f"{app} at {when}"] = status_text(hpa)

    def _decided(self, app: str) -> dict:
        """As of a pass that had its metric: a scrape that failed leaves a second without samples, and a pass may fall into it."""

        def reached() -> tuple[dict | None, str]:
            hpa = self.observer.hpa(app)
            active = condition(hpa, "ScalingActive")
            return (hpa if active[0] == "True" else None), str(active)

        return wait_for(f"pass of HPA {app} with its metric", reached, PASS_TIMEOUT_SEC, self._alive(), 0.5)

    def _check_kubectl(self, wanted: dict[str, tuple[str, str]]) -> None:
        for app in wanted:
            self._decided(app)
        text = self.cluster.kubectl_ok("get", "hpa", "-n", NAMESPACE)
        for app, (targets, replicas) in wanted.items():
            row = table_row(text, app)
            seen = tuple(row.get(column, "") for column in ("REFERENCE", "TARGETS", "REPLICAS"))
            self.track.equal(
                f"kubectl get hpa {app} shows {targets}",
                (f"Deployment/{app}", targets, replicas),
                seen,
            )

    def _check_raw(self) -> None:
        for version in ("v1beta1", "v1beta2"):
            wait_for(f"items of {version}", lambda version=version: self._is_served("gauge", version), START_TIMEOUT_SEC)
            done = self.cluster.kubectl("get", "--raw", self._raw_path("gauge", version))
            answer = json.loads(done.stdout) if done.returncode == 0 else {}
            item = (answer.get("items") or [{}])[0]
            seen = (
                answer.get("kind"),
                answer.get("apiVersion"),
                item.get("describedObject", {}).get("kind"),
                item.get("value"),
            )
            self.track.check(
                f"kubectl get --raw of {version} gives the pod's value",
                seen == ("MetricValueList", f"custom.metrics.k8s.io/{version}", "Pod", "1"),
                done.stderr or done.stdout,
            )

    # ----- outages

    def _outages(self) -> None:
        down = ("False", "FailedGetPodsMetric")
        self._outage("Prometheus", self.cluster.prometheus, down)
        self._outage("the adapter", self.adapter, down)
        self._outage("the API server", self.cluster.apiserver, None)

    def _outage(self, name: str, process: Process, seen_as: tuple[str, str] | None) -> None:
        self.track.phase(f"outage: {name} is killed")
        others = [p for p in (self.controller, self.adapter) if p and p is not process]
        before = {app: self.observer.counts(app) for app in (*APPS, "unserved")}
        pids = [p.pid for p in others]
        process.kill()
        try:
            if seen_as:
                for app in APPS:
                    wait_for(
                        f"HPA {app} that tells of the outage",
                        lambda app=app: condition(self.observer.hpa(app), "ScalingActive")[:2]
                        == seen_as,
                        PASS_TIMEOUT_SEC,
                        every_sec=0.5,
                    )
            else:
                pause(SYNC_PERIOD_SEC + 5)  # at least one pass falls into it
        finally:
            process.start()
        if process is self.cluster.apiserver:
            self.cluster.wait_for_apiserver()
        began = time.monotonic()
        wait_for("available adapter", self.cluster.adapter_is_available, RECOVERY_TIMEOUT_SEC)
        for app in APPS:
            self._wait_condition(
                app, "ScalingActive", ("True", "ValidMetricFound"), RECOVERY_TIMEOUT_SEC
            )
            self._wait_condition(app, "AbleToScale", READY[:2], PASS_TIMEOUT_SEC)
        # No status tells of an API server that was away; the next phase shows that all goes on.
        if seen_as:
            self.track.phase(f"recovered {time.monotonic() - began:.0f} s after {name} is back")
        pause(SYNC_PERIOD_SEC)
        after = {app: self.observer.counts(app) for app in before}
        self.track.equal(f"without {name} no replica count has changed", before, after)
        running = [p.pid for p in others if p.is_running()]
        self.track.equal(f"the outage of {name} ended none of our programs", pids, running)

    # ----- the end

    def _check_events(self) -> None:
        reason = f"pods metric {GAUGE} above target"
        wanted = {
            "gauge": [f"New size: 4; reason: {reason}", f"New size: 5; reason: {reason}"],
            "gauge-window": [
                f"New size: 5; reason: {reason}",
                "New size: 2; reason: All metrics below target",
            ],
        }
        for app, messages in wanted.items():
            events = [e for e in self.observer.events(app) if e["reason"] == "SuccessfulRescale"]
            seen = [event["message"] for event in events]
            self.track.equal(f"events of {app} read as Kubernetes' own", messages, seen)
            self.facts.events[app] = [event_text(event) for event in events]
            self.facts.conditions[app] = self.observer.condition_steps(app)

    def _check_describe(self) -> None:
        text = self.cluster.kubectl_ok("describe", "hpa", "-n", NAMESPACE, "gauge-window")
        wanted = (
            '"myapp_current_requests" on pods:  1500m / 2',
            "ScalingActive   True    ValidMetricFound",
            "SuccessfulRescale",
            "horizontal-pod-autoscaler  New size: 2;",
        )
        missing = [part for part in wanted if part not in text]
        self.track.check("kubectl describe shows values, conditions and events", not missing, text)

    def _end(self) -> None:
        counts = self.observer.counts("unserved")
        self.track.equal("a metric that nobody serves has changed no replica count", [2], counts)
        self._check_events()
        self._check_describe()
        seen = writers(self.cluster.api)
        self.track.equal("nobody else has scaled or reported", {self.pairing.controller}, seen)
        self.track.equal("the harness' own watches ran through", [], self.observer.faults())
        for process in self._alive():
            if process.name.startswith("flyball-"):
                self.track.equal(f"{process.name} ends with 0 on SIGTERM", 0, process.stop())

    def _tell_state(self) -> None:
        steps = [f"    {app}: {self.observer.steps(app)}" for app in (*APPS, "unserved")]
        text = "\n".join(["replicas so far:", *steps, self.cluster.processes.tails(12)])
        self.track.report.line(f"{text}\n--- all logs are kept in {self.cluster.folder}")
