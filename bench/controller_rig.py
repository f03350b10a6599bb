"""The side-by-side half of the controller's bench: the real cluster, and both controllers on it one after the other."""

import base64
import http.client
import json
import multiprocessing
import os
import re
import ssl
import sys
import threading
import time
from pathlib import Path

E2E = Path(__file__).resolve().parents[1] / "tests" / "e2e"
sys.path.insert(0, str(E2E))

from cluster import SYSTEM_NAMESPACE, Cluster  # noqa: E402
from manifests import apply_base  # noqa: E402
from procs import free_port, pause, wait_for  # noqa: E402

PERIOD_SEC = 15
PERIODS = 4
TICK = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_SEC = 120
# The first pass over 10,000 objects writes 10,000 statuses.
WARM_UP_SEC = 40
# Statuses in which only values differ are written as often as they ever are by then: the first writes are that old.
CHANGE_SEC = 90
BASELINE_SEC = 10
SAMPLE_SEC = 1
# Objects of one transaction; etcd takes 128 operations and 1.5 MiB.
BATCH = 100
LOADERS = 4
LATE_SEC = 1

RULES = """\
rules:
- seriesQuery: 'http_requests{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
"""
# kind, apiVersion, where the stub lists it, where etcd keeps it
KINDS = {
    "Pod": ("v1", "/api/v1/pods", "/registry/pods"),
    "Deployment": ("apps/v1", "/apis/apps/v1/deployments", "/registry/deployments"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "/apis/autoscaling/v2/horizontalpodautoscalers", "/registry/horizontalpodautoscalers"),
}
METRICS = [{"type": "Pods", "pods": {"metric": {"name": "http_requests"}, "target": {"type": "AverageValue", "averageValue": "2"}}}]
FIELDS = [{"manager": "kubectl-create", "operation": "Update", "apiVersion": "autoscaling/v2", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
           "fieldsV1": {"f:spec": {"f:maxReplicas": {}, "f:metrics": {}, "f:minReplicas": {}, "f:scaleTargetRef": {}}}}]


# ----- looking at a process

def cpu_sec(pid):
    """Of all its threads, to the nanosecond; those that ended count by the ticks that the process keeps."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = (int(fields[11]) + int(fields[12])) / TICK
    exact = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            exact += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return max(exact / 1e9, ticks - 1 / TICK)


def memory_mib(pid, name):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


class Sampler:
    """The most resident memory of a process while it is entered."""

    def __init__(self, pid):
        self.pid, self.most_mib, self.ended = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _run(self):
        while True:
            try:
                self.most_mib = max(self.most_mib, memory_mib(self.pid, "VmRSS"))
            except OSError:
                return
            if self.ended.wait(SAMPLE_SEC):
                return


class Metrics:
    """One page of Prometheus' text format."""

    LINE = re.compile(r"^([a-z_:]+)(?:\{(.*)\})? (\S+)")

    def __init__(self, text):
        self.lines = [match.groups() for match in map(self.LINE.match, text.splitlines()) if match]

    def total(self, name, part=""):
        return sum(float(value) for found, labels, value in self.lines if found == name and part in (labels or ""))

    def late(self, name, part=""):
        """Observations of a histogram above LATE_SEC, or the next bound that it has."""
        at_most = {}
        for found, labels, value in self.lines:
            if found == f"{name}_bucket" and part in labels:
                bound = float(re.search(r'le="([^"]*)"', labels)[1])
                at_most[bound] = at_most.get(bound, 0) + float(value)
        if not at_most:
            return 0
        return at_most[float("inf")] - at_most[min(bound for bound in at_most if bound >= LATE_SEC)]


def scrape(port, tls=None):
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=tls) if tls else http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"/metrics: {answer.status} {text[:200]}")
    return Metrics(text)


# ----- the cluster

def load_page(job):
    """One page of the stub's list into etcd, as the API server would have written it."""
    kind, start, stub_port, authority, etcd_port = job
    version, path, prefix = KINDS[kind]
    stub = http.client.HTTPSConnection("127.0.0.1", stub_port, timeout=60, context=ssl.create_default_context(cafile=authority))
    stub.request("GET", f"{path}?limit={BATCH}&continue={start}")
    items = json.loads(stub.getresponse().read())["items"]
    stub.close()
    return put_all(etcd_port, prefix, [adapt(kind, {"apiVersion": version, "kind": kind, **item}) for item in items])


def adapt(kind, item):
    del item["metadata"]["resourceVersion"]
    if kind == "HorizontalPodAutoscaler":
        item["spec"]["metrics"], item["metadata"]["managedFields"] = METRICS, FIELDS
    elif kind == "Deployment":
        item["metadata"].pop("managedFields")
    return item


def put_all(etcd_port, prefix, items):
    """Returns how many bytes of JSON that was."""
    operations, size = [], 0
    for item in items:
        meta = item["metadata"]
        key = "/".join(part for part in (prefix, meta.get("namespace"), meta["name"]) if part)
        value = json.dumps(item, separators=(",", ":")).encode()
        size += len(value)
        operations.append({"requestPut": {"key": base64.b64encode(key.encode()).decode(), "value": base64.b64encode(value).decode()}})
    connection = http.client.HTTPConnection("127.0.0.1", etcd_port, timeout=60)
    connection.request("POST", "/v3/kv/txn", json.dumps({"success": operations}))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"etcd: {answer.status} {text[:300]}")
    return size


class Strict:
    """What the set-up of the end-to-end tests reports to."""

    def check(self, text, good, seen=""):
        if not good:
            raise RuntimeError(f"{text}: {seen}")


class Rig(Cluster):
    """The end-to-end tests' cluster with its objects in etcd before the API server starts, and no controller manager yet."""

    def __init__(self, build, folder, programs, counts):
        super().__init__(folder, programs)
        self.build, self.counts = build, counts
        self.tls = ssl.create_default_context(cafile=str(self.certificates.authority))
        self.tls.load_cert_chain(*map(str, self.certificates.client("e2e-admin", "system:masters")))

    def start(self):
        began = time.monotonic()
        self._start_etcd()
        self._load()
        loaded = time.monotonic()
        self._start_apiserver()
        apply_base(self, Strict())
        self._start_adapter()
        print(f"bench controller: loaded in {loaded - began:.0f} s, started in {time.monotonic() - loaded:.0f} s", file=sys.stderr)

    def bench(self, name):
        return [str(self.build / "bench" / name), *map(str, self.counts)]

    def port_of(self, process):
        return int(wait_for(f"the port of {process.name}", lambda: process.log.read_text().strip(), START_TIMEOUT_SEC, (process,), 0.05))

    def _load(self):
        certificate, key = self.certificates.server("stub", ["localhost"])
        stub = self.processes.start("stub", [*self.bench("controller_cluster"), str(certificate), str(key)])
        port, authority = self.port_of(stub), str(self.certificates.authority)
        objects, pods, namespaces = self.counts

        def answers():
            try:
                put_all(self.etcd_port, "/registry/namespaces", [
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"ns-{i}", "uid": f"{i:08x}-6666-4666-8666-666666666666",
                     "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
                    for i in range(namespaces)])
                return True
            except OSError:
                return False

        wait_for("etcd", answers, START_TIMEOUT_SEC, (self.processes.all[0],))
        jobs = [(kind, start, port, authority, self.etcd_port)
                for kind, n in (("Pod", pods), ("Deployment", objects), ("HorizontalPodAutoscaler", objects)) for start in range(0, n, BATCH)]
        with multiprocessing.get_context("fork").Pool(LOADERS) as pool:
            sizes = pool.map(load_page, jobs, chunksize=4)
        self.pod_bytes = sum(sizes[:(pods + BATCH - 1) // BATCH]) / pods
        stub.stop()

    def _start_adapter(self):
        self.prom = self.processes.start("controller_prometheus", self.bench("controller_prometheus"))
        self.prom_port = self.port_of(self.prom)
        rules, port = self.folder / "rules.yaml", free_port()
        rules.write_text(RULES)
        certificate, key = self.certificates.server("adapter", [f"adapter.{SYSTEM_NAMESPACE}.svc", "localhost"])
        kubeconfig = self.account_kubeconfig("flyball-adapter")
        kube = [f"--{kind}-kubeconfig={kubeconfig}" for kind in ("lister", "authentication", "authorization")]
        self.adapter = self.processes.start("flyball-adapter", [
            str(self.build / "bin" / "flyball-adapter"), *kube, f"--config={rules}", f"--prometheus-url=http://127.0.0.1:{self.prom_port}/",
            "--bind-address=127.0.0.1", f"--secure-port={port}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            "--metrics-relist-interval=30s", "--max-requests-inflight=1000"])
        wait_for("listening adapter", lambda: self.ask(port, "/readyz"), START_TIMEOUT_SEC, (self.adapter,))
        self.register_adapter("adapter", port)
        wait_for("available adapter", self.adapter_is_available, START_TIMEOUT_SEC, (self.adapter,))
        path = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/ns-0/pods/*/http_requests?labelSelector=app%3Dapp-0"
        wait_for("the metric", lambda: self.api.answers(path), START_TIMEOUT_SEC, (self.adapter,))

    def ask(self, port, path):
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=self.tls)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def set_values(self, changing):
        connection = http.client.HTTPConnection("127.0.0.1", self.prom_port, timeout=10)
        connection.request("GET", "/change" if changing else "/constant")
        connection.getresponse().read()
        connection.close()

    def requests(self):
        return scrape(self.api_port, self.tls).total("apiserver_request_total")

    def baseline(self):
        """Requests per second that are there without a controller: the API server's and the adapter's own."""
        before, began = self.requests(), time.monotonic()
        pause(BASELINE_SEC)
        return (self.requests() - before) / (time.monotonic() - began)


# ----- the controllers

class Ours:
    name = "flyball-controller"
    lateness = ("flyball_controller_lateness_seconds", "")

    def __init__(self, rig):
        port = free_port()
        self.process = rig.processes.start(self.name, [
            str(rig.build / "bin" / self.name), f"--kubeconfig={rig.account_kubeconfig(self.name)}", "--native-hpas=own", "--canary-period=5s",
            "--leader-elect", f"--port={port}", "--bind-address=127.0.0.1"])
        self.metrics = lambda: scrape(port)


class Theirs:
    name = "kube-controller-manager"
    lateness = ("workqueue_queue_duration_seconds", 'name="horizontalpodautoscaler"')

    def __init__(self, rig):
        port, kubeconfig = free_port(), rig.kubeconfig(self.name, *rig.certificates.client("system:kube-controller-manager"))
        certificate, key = rig.certificates.server("controller-manager", ["localhost"])
        self.process = rig.processes.start(self.name, [
            rig.programs[self.name], f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1", f"--secure-port={port}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            "--leader-elect=true", "--leader-elect-resource-lock=leases", "--controllers=horizontal-pod-autoscaler-controller",
            "--use-service-account-credentials=true",
            # Tuned: with the defaults it looks at 1,000 objects once in 50 s.
            "--concurrent-horizontal-pod-autoscaler-syncs=50", "--kube-api-qps=5000", "--kube-api-burst=10000"])
        self.metrics = lambda: scrape(port, rig.tls)


class Moment:
    def __init__(self, rig, program):
        self.at, self.requests = time.monotonic(), rig.requests()
        self.cpu, self.api_cpu = cpu_sec(program.process.pid), cpu_sec(rig.apiserver.pid)
        metrics = program.metrics()
        self.passes = metrics.total("horizontal_pod_autoscaler_controller_reconciliations_total")
        self.late = metrics.late(*program.lateness)


def measure_phase(rig, program, phase, baseline, values):
    before = Moment(rig, program)
    with Sampler(program.process.pid) as sampler:
        pause(PERIODS * PERIOD_SEC)
    after = Moment(rig, program)
    seconds = after.at - before.at
    turns = rig.counts[0] * seconds / PERIOD_SEC
    values[f"{phase}_cores"] = (after.cpu - before.cpu) / seconds
    values[f"{phase}_mib"] = sampler.most_mib
    values[f"{phase}_requests"] = max(0, after.requests - before.requests - baseline * seconds) / turns
    values[f"{phase}_api_cores"] = (after.api_cpu - before.api_cpu) / seconds
    values[f"{phase}_decided"] = (after.passes - before.passes) / turns
    values[f"{phase}_late"] = after.late - before.late


def measure_program(rig, kind, baseline):
    rig.set_values(changing=False)
    program, values = kind(rig), {}

    def decides():
        try:
            return program.metrics().total("horizontal_pod_autoscaler_controller_reconciliations_total") >= rig.counts[0]
        except OSError as error:
            return False, str(error)

    wait_for(f"first decisions of {program.name}", decides, START_TIMEOUT_SEC, (program.process, rig.apiserver), 1)
    pause(WARM_UP_SEC)
    measure_phase(rig, program, "constant", baseline, values)
    rig.set_values(changing=True)
    pause(CHANGE_SEC)
    measure_phase(rig, program, "changing", baseline, values)
    program.process.stop()
    return values


def measure(build, folder, programs, counts):
    """Values of ours and of the other."""
    rig = Rig(build, folder, programs, counts)
    try:
        rig.start()
        baseline = rig.baseline()
        ours = measure_program(rig, Ours, baseline)
        theirs = measure_program(rig, Theirs, baseline)
    except Exception:
        print(rig.processes.tails(8), file=sys.stderr)
        raise
    finally:
        rig.stop()
    ours["pod_kib"] = theirs["pod_kib"] = rig.pod_bytes / 1024
    for phase in ("constant", "changing"):
        ours[f"{phase}_api_share"] = ours[f"{phase}_api_cores"] / theirs[f"{phase}_api_cores"]
    return ours, theirs
