"""A scene: prometheus-adapter's installations with only the program exchanged.

The Deployments and ConfigMaps of the Helm chart and of kube-prometheus run twice side by side, once with prometheus-adapter v0.12.0 and once
with flyball-adapter, on the same Prometheus, with the account and the rights that the installations give. The Helm chart's serve
custom.metrics.k8s.io and external.metrics.k8s.io, kube-prometheus' serve metrics.k8s.io. Then the APIServices are switched: `kubectl top`
and `kubectl get --raw` must print the same, Kubernetes' HPA controller must scale by every type of metric, and `flyball rules compare`
must find no difference.

There is no container here, so what a container would have is replaced in the arguments, for both programs alike: the folders of volumes, the
port, Prometheus' address, and the account (three kubeconfig flags instead of the files of a pod)."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cluster import HERE, Cluster
from kube import ApiError
from manifests import documents
from observe import NAMESPACE, Observer, condition
from procs import Process, free_port, wait_for
from report import Track
from workload import App, Workload

PROGRAMS = {"etcd", "prometheus", "kube-apiserver", "kube-controller-manager", "kubectl", "prometheus-adapter"}
OWN_PROGRAMS = {"flyball", "flyball-adapter"}
CONFIG = HERE / "config" / "dropin"
MONITORING = "monitoring"
ORIGINAL, OURS = "prometheus-adapter", "flyball-adapter"

START_TIMEOUT_SEC = 90
# The aggregation layer looks every 30 s at a service that was changed.
SWITCH_TIMEOUT_SEC = 120
SCALE_TIMEOUT_SEC = 240
# Numbers of the two programs are asked for one after the other, and a scrape may come in between.
SAME_TIMEOUT_SEC = 60

GAUGE = "myapp_current_requests"
REPLICAS = {"by-pods": 3, "by-object": 4, "by-external": 5, "by-resource": 2, "by-container": 3}
CUSTOM = f"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}"
EXTERNAL = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}"
RESOURCE = "/apis/metrics.k8s.io/v1beta1"
# What each installation serves: group, version, a path that shows who answers.
SERVED = {
    "helm": (("custom.metrics.k8s.io", "v1beta1"), ("external.metrics.k8s.io", "v1beta1")),
    "kube-prometheus": (("metrics.k8s.io", "v1beta1"),),
}
RAW = (
    "/apis/custom.metrics.k8s.io/v1beta1",
    f"{CUSTOM}/pods/*/{GAUGE}",
    f"{CUSTOM}/pods/*/{GAUGE}?labelSelector=app%3Dby-pods",
    f"{CUSTOM}/pods/*/memory_working_set_bytes?labelSelector=app%3Dby-pods",
    f"{CUSTOM}/services/web/queue_depth",
    f"{CUSTOM}/metrics/queue_depth",
    f"{CUSTOM}/services/web/no_such_metric",
    f"{CUSTOM}/pods/nobody/{GAUGE}",
    "/apis/external.metrics.k8s.io/v1beta1",
    f"{EXTERNAL}/queue_messages",
    f"{EXTERNAL}/queue_messages?labelSelector=queue%3Dorders",
    f"{EXTERNAL}/no_such_metric",
    RESOURCE,
    f"{RESOURCE}/nodes",
    f"{RESOURCE}/nodes/node-1",
    f"{RESOURCE}/nodes/nobody",
    f"{RESOURCE}/pods",
    f"{RESOURCE}/namespaces/{NAMESPACE}/pods?labelSelector=app%3Dby-resource",
    f"{RESOURCE}/namespaces/{NAMESPACE}/pods/nobody",
)
TOP = (("nodes",), ("pods", "-n", NAMESPACE), ("pods", "-A", "--containers", "--sum"), ("pods", "-n", NAMESPACE, "-l", "app=by-pods", "--no-headers"))
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Load(Workload):
    """Beside the gauge: what kubelet, node-exporter and a queue would show.

    Counters carry the time that they were taken at, and are reckoned from just that: their rate is the same between any two samples. Pods have
    been ready for an hour: nobody waits for their processor usage to settle."""

    def page(self) -> str:
        # Whole milliseconds, as Prometheus keeps them. A part of one left in the counters alone would move a rate over one second by 0.1 %.
        milliseconds = int(time.time() * 1000)
        stamp, now = f" {milliseconds}\n", milliseconds / 1000
        with self.lock:
            pods = [pod for app in self.apps.values() for pod in app.ready]
        # A little more than 250m, which is what is shown of it: no rounding decides.
        used = f"{now * 0.2502:.6f}"
        blocks = {
            "container_cpu_usage_seconds_total counter": [(self._pod(pod), used, stamp) for pod in pods],
            "container_memory_working_set_bytes gauge": [(self._pod(pod), str(64 << 20), "\n") for pod in pods],
            "queue_depth gauge": [(f'namespace="{self.namespace}",service="web"', "8", "\n")],
            "queue_messages gauge": [(f'namespace="{self.namespace}",queue="{queue}"', value, "\n") for queue, value in (("orders", "15"), ("mail", "0.5"))],
            "node_cpu_seconds_total counter": [
                (f'namespace="{MONITORING}",pod="node-exporter",cpu="{cpu}",mode="idle"', f"{now * 0.5998:.6f}", stamp) for cpu in (0, 1)],
            "node_namespace_pod:kube_pod_info: gauge": [(f'namespace="{MONITORING}",pod="node-exporter",node="node-1"', "1", "\n")],
            "node_memory_MemTotal_bytes gauge": [('job="node-exporter",instance="node-1"', str(8 << 30), "\n")],
            "node_memory_MemAvailable_bytes gauge": [('job="node-exporter",instance="node-1"', str(5 << 30), "\n")],
        }
        lines = [f"# TYPE {kind}\n" + "".join(f"{kind.split()[0]}{{{labels}}} {value}{end}" for labels, value, end in rows) for kind, rows in blocks.items()]
        return super().page() + "".join(lines)

    def _pod(self, pod: str) -> str:
        return f'namespace="{self.namespace}",pod="{pod}",container="app"'

    def _started(self) -> datetime:
        return datetime.now(timezone.utc) - timedelta(hours=1)


class Installation:
    """One of the two sets of manifests, and the two programs that serve with it."""

    def __init__(self, scene: "Scene", name: str):
        self.scene = scene
        self.name = name
        cluster = scene.cluster
        shown = cluster.kubectl_ok("create", "--dry-run=client", "-o", "json", "-f", str(CONFIG / f"{name}.yaml"))
        objects = {item["kind"]: item for item in documents(shown)}
        self.config = objects["ConfigMap"]["data"]["config.yaml"]
        self.container = objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]
        self.ports: dict[str, int] = {}
        self.processes: dict[str, Process] = {}

    def start(self, program_name: str, program: str) -> None:
        scene, cluster = self.scene, self.scene.cluster
        folder = cluster.folder / f"{self.name}-{program_name}"
        mounts = {mount["mountPath"].rstrip("/"): folder / mount["name"] for mount in self.container["volumeMounts"]}
        for place in mounts.values():
            place.mkdir(parents=True)
        (mounts["/etc/adapter"] / "config.yaml").write_text(self.config)
        arguments = list(self.container["args"])
        if arguments[0] == "/adapter":  # the chart's image has no entry point
            del arguments[0]
        port = self.ports[program_name] = free_port()
        kube = [f"--{kind}-kubeconfig={scene.kubeconfig}" for kind in ("lister", "authentication", "authorization")]
        command = [program, *(self._placed(argument, mounts, port) for argument in arguments), *kube, "--bind-address=127.0.0.1"]
        self.processes[program_name] = cluster.processes.start(f"{self.name}-{program_name}", command)

    def _placed(self, argument: str, mounts: dict[str, Path], port: int) -> str:
        name, _, value = argument.partition("=")
        if name == "--secure-port":
            return f"{name}={port}"
        if name == "--prometheus-url":
            return f"{name}={self.scene.cluster.prometheus_url()}"
        for mount, place in mounts.items():
            if value.startswith(f"{mount}/") or value == mount:
                return f"{name}={place}{value[len(mount):]}"
        return argument

    def switch_to(self, program_name: str) -> None:
        """What the README says: another Service in the APIServices."""
        api = self.scene.cluster.api
        for group, version in SERVED[self.name]:
            path = "/apis/apiregistration.k8s.io/v1/apiservices"
            service = {"name": f"{self.name}-{program_name}", "namespace": MONITORING, "port": self.ports[program_name]}
            spec = {"group": group, "version": version, "service": service, "insecureSkipTLSVerify": True, "groupPriorityMinimum": 100, "versionPriority": 100}
            try:
                api.merge(f"{path}/{version}.{group}", {"spec": {"service": service}})
            except ApiError as error:
                if error.status != 404:
                    raise
                api.create(path, {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"{version}.{group}"}, "spec": spec})
        for group, version in SERVED[self.name]:
            wait_for(f"{group} served by {program_name}", lambda group=group, version=version: self._is_served_by(program_name, f"/apis/{group}/{version}"),
                     SWITCH_TIMEOUT_SEC, tuple(self.processes.values()), 0.5)

    def _is_served_by(self, program_name: str, path: str) -> tuple[bool, str]:
        connection = self.scene.cluster.api.connection(10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        except OSError as error:
            return False, str(error)
        finally:
            connection.close()
        is_ours = answer.getheader("X-Flyball-Adapter") is not None
        return answer.status == 200 and is_ours == (program_name == OURS) and '"name"' in text, f"{answer.status} {text[:200]}"


class Scene:
    def __init__(self, folder: Path, programs: dict[str, str], own: Path, track: Track):
        self.own = own
        self.track = track
        self.cluster = Cluster(folder, programs)
        self.observer = Observer(self.cluster.api)
        self.workload = Load(self.cluster.api, NAMESPACE, [App(name, GAUGE, is_counter=False) for name in REPLICAS], free_port())
        self.installations: list[Installation] = []
        self.kubeconfig = Path()

    def play(self) -> None:
        try:
            self._start()
            self._compare_texts()
            self._scale()
            self._compare_rules()
            for installation in self.installations:
                installation.switch_to(ORIGINAL)
            self.track.check("the APIServices are switched back", True)
        finally:
            if self.track.failures:
                print(self.cluster.processes.tails(8), flush=True)
            self.observer.stop()
            self.workload.stop()
            self.cluster.stop()

    def _start(self) -> None:
        track, cluster = self.track, self.cluster
        track.phase("start: the Helm chart's and kube-prometheus' arguments and ConfigMaps, with both programs")
        cluster.start_control_plane(hpa_controller=True)
        cluster.kubectl_ok("apply", "-f", str(CONFIG / "roles.yaml"), "-f", str(CONFIG / "apps.yaml"))
        resources = {"cpu": "2", "memory": "8Gi", "pods": "110"}
        cluster.api.merge("/api/v1/nodes/node-1/status", {"status": {"capacity": resources, "allocatable": resources}})
        self.workload.set_load(6.0)
        self.workload.start()
        self.observer.start()
        cluster.start_prometheus(self.workload.port)
        wait_for("samples of all pods", self._is_scraped, START_TIMEOUT_SEC, (cluster.prometheus,), 0.5)
        account = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        made = cluster.api.create(f"/api/v1/namespaces/{MONITORING}/serviceaccounts/prometheus-adapter/token", account)
        self.kubeconfig = cluster.kubeconfig("monitoring-prometheus-adapter", token=made["status"]["token"], namespace=MONITORING)
        for name in SERVED:
            installation = Installation(self, name)
            self.installations.append(installation)
            for program_name, program in ((ORIGINAL, cluster.programs[ORIGINAL]), (OURS, str(self.own / OURS))):
                installation.start(program_name, program)
                # The one kind of Service that needs no endpoints and no cluster network.
                cluster.api.create(f"/api/v1/namespaces/{MONITORING}/services", {
                    "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-{program_name}"},
                    "spec": {"type": "ExternalName", "externalName": "localhost"}})

    def _is_scraped(self) -> tuple[bool, str]:
        """Twice at least, so that there are rates."""
        query = urllib.parse.quote(f"count(count_over_time({GAUGE}[1m]) > 3)")
        try:
            with urllib.request.urlopen(f"{self.cluster.prometheus_url()}api/v1/query?query={query}", timeout=10) as answer:
                text = answer.read().decode()
        except OSError as error:
            return False, str(error)
        return f'"{len(REPLICAS)}"]' in text, text[:200]

    def _compare_texts(self) -> None:
        for installation in self.installations:
            installation.switch_to(ORIGINAL)
        for kind in (f"{CUSTOM}/pods/*/{GAUGE}", f"{EXTERNAL}/queue_messages", f"{RESOURCE}/namespaces/{NAMESPACE}/pods", f"{RESOURCE}/nodes"):
            wait_for(f"items of {kind}", lambda kind=kind: self._has_items(kind), START_TIMEOUT_SEC, every_sec=0.5)
        self.track.phase("kubectl top and get --raw: prometheus-adapter, then the APIServices are switched")
        before = self._said_twice()
        for installation in self.installations:
            installation.switch_to(OURS)
        deadline = time.monotonic() + SAME_TIMEOUT_SEC
        while True:
            after = self._texts()
            if after == before or time.monotonic() > deadline:
                break
        for question, text in before.items():
            self.track.equal(f"kubectl {question}", text, after[question])
        odd = [question for question, text in before.items() if text.startswith("0\n") == ("nobody" in question or "no_such" in question)]
        self.track.equal("only what does not exist is refused", [], odd)
        self.track.check("kubectl top shows usage", "250m" in before["top pods -n e2e"] and "3072Mi" in before["top nodes"], before)

    def _said_twice(self) -> dict[str, str]:
        """A scrape that failed leaves a second without samples, so the original's answers are what it says twice."""
        said = self._texts()
        deadline = time.monotonic() + SAME_TIMEOUT_SEC
        while (again := self._texts()) != said and time.monotonic() < deadline:
            said = again
        return said

    def _has_items(self, path: str) -> tuple[bool, str]:
        return len(self.cluster.api.get(path)["items"]) > 0, "none"

    def _texts(self) -> dict[str, str]:
        """What kubectl prints, without times, and lists of metrics and objects in an order of ours: the original's changes from run to run."""
        asked = [("top", *rest) for rest in TOP] + [("get", "--raw", path) for path in RAW]
        found = {}
        for arguments in asked:
            done = self.cluster.kubectl(*arguments)
            text = TIMES.sub("TIME", done.stdout)
            if text.startswith("{"):
                document = json.loads(text)
                for member in ("items", "resources"):
                    if document.get(member):
                        document[member].sort(key=json.dumps)
                text = json.dumps(document)
            else:
                text = "\n".join(sorted(text.splitlines()))
            found[" ".join(arguments)] = f"{done.returncode}\n{text}\n{done.stderr}"
        return found

    def _scale(self) -> None:
        self.track.phase("Kubernetes' HPA controller, by every type of metric")
        self.cluster.kubectl_ok("apply", "-f", str(CONFIG / "hpas.yaml"))
        for app, count in REPLICAS.items():
            wait_for(f"{count} replicas of {app}", lambda app=app, count=count: self._has_scaled(app, count), SCALE_TIMEOUT_SEC, every_sec=0.5)
        for app, count in REPLICAS.items():
            self.track.equal(f"{app} goes up to {count}", count, max(self.observer.counts(app)))
            wait_for(f"{app} that is active", lambda app=app: self._is_active(app), SAME_TIMEOUT_SEC, every_sec=0.5)
            self.track.check(f"{app}: ScalingActive", True)

    def _has_scaled(self, app: str, count: int) -> tuple[bool, str]:
        counts = self.observer.counts(app)
        return counts[-1:] == [count], f"replicas so far {counts}; {condition(self.observer.hpa(app), 'ScalingActive')}"

    def _is_active(self, app: str) -> tuple[bool, str]:
        active = condition(self.observer.hpa(app), "ScalingActive")
        return active[:2] == ("True", "ValidMetricFound"), str(active)

    def _compare_rules(self) -> None:
        self.track.phase("flyball rules compare")
        certificate, key = self.cluster.certificates.client("e2e-admin", "system:masters")
        for installation in self.installations:
            old, new = (f"https://127.0.0.1:{installation.ports[name]}" for name in (ORIGINAL, OURS))
            command = [str(self.own / "flyball"), "rules", "compare", f"--old={old}", f"--new={new}", "--insecure-skip-tls-verify", f"--cert-file={certificate}",
                       f"--key-file={key}", f"--kubeconfig={self.cluster.admin_kubeconfig}", f"--namespace={NAMESPACE},{MONITORING}"]
            command += ["--resource-metrics"] if installation.name == "kube-prometheus" else []
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
            self.track.check(f"{installation.name}: {last}", done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:])


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    Scene(folder, programs, own, track).play()
