"""flyball-adapter beside prometheus-adapter: the same stub Prometheus and API server, the same certificates, flags and load.

The serving process has one processor for itself, and everything else of the bench the other one; where that is allowed, all of them go before
the machine's other processes, which would else show as milliseconds in what 99 % of the requests take. Processor time is read from
/proc/PID/stat. Every figure is the best of three, except memory, which is the worst: a busy machine only ever makes a figure worse.
adapter_stub.c and adapter_load.c are the ends of it."""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

E2E = Path(__file__).resolve().parents[1] / "tests" / "e2e"
sys.path.insert(0, str(E2E))

import components  # noqa: E402
from certs import Certificates  # noqa: E402
from procs import Processes, free_port, wait_for  # noqa: E402

RUNS = 3
RUN_SEC = 2
CONNECTIONS = 64
MANY = (127, 128, 129, 255, 256, 257, 512)
MANY_SEC = 1
TICK = os.sysconf("SC_CLK_TCK")
# The reference lists 150,000 series in 5 seconds of a processor that it has for itself.
RELIST_SEC = 6
RELIST_TIMEOUT_SEC = 120
RELIST_LOAD_SEC = 20
RELIST_RATE = 200
START_TIMEOUT_SEC = 60
START_POLL_SEC = 0.001
REST_SEC = 3

CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default"
PODS = f"{CUSTOM}/pods/*/hits?labelSelector=app%3Dweb"
ONE = f"{CUSTOM}/services/web/requests"
# The load generator puts a number in place of @: no two questions are the same.
PODS_ASKED = f"{PODS}&metricLabelSelector=run%3Dr@"
ONE_ASKED = f"{ONE}?metricLabelSelector=run%3Dr@"

SMALL_RULES = """\
rules:
- seriesQuery: 'hits{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
- seriesQuery: 'requests{namespace!="",service!=""}'
  resources: {overrides: {namespace: {resource: namespace}, service: {resource: service}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
"""
# Three of the six rules that the Helm chart and kube-prometheus have by default, those for everything but containers: one listing, looked
# through three times, and each label of each series may name a resource.
LARGE_RULES = SMALL_RULES + "".join(f"""\
- seriesQuery: '{{namespace!="",__name__!~"^container_.*"}}'
  seriesFilters: [{{isNot: "{filtered}"}}]
  resources: {{template: <<.Resource>>}}
  name: {{matches: "{matches}", as: ""}}
  metricsQuery: sum({query}) by (<<.GroupBy>>)
""" for filtered, matches, query in (
    (".*_total$", "", "<<.Series>>{<<.LabelMatchers>>}"),
    (".*_seconds_total", "^(.*)_total$", "rate(<<.Series>>{<<.LabelMatchers>>}[5m])"),
    ("^$", "^(.*)_seconds_total$", "rate(<<.Series>>{<<.LabelMatchers>>}[5m])"),
))
# Each selector is listed once.
LARGE_RULES_LISTINGS = 3


def go_first(priority=1):
    """This process and those that it starts are scheduled before ordinary ones. Only root may."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
    except PermissionError:
        print("bench adapter: without root the other processes of this machine count in what requests take", file=sys.stderr)


def measure_first():
    """Before the stub too, with which it shares a processor: who reads the clock must not wait."""
    if os.sched_getscheduler(0) == os.SCHED_RR:
        go_first(2)


class Bed:
    """The stub, the certificates, and the two processors."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        processors = sorted(os.sched_getaffinity(0))
        self.server_cpu = processors[0]
        if len(processors) > 1:
            os.sched_setaffinity(0, processors[1:2])
        self.certificates = Certificates(folder / "certs")
        self.processes = Processes(folder)
        stub = self.processes.start("stub", [str(build / "bench" / "adapter_stub"), str(self.certificates.front_authority)])
        self.stub_port = int(wait_for("the stub's port", lambda: stub.log.read_text().strip(), START_TIMEOUT_SEC, (stub,), 0.02))
        cluster = {"server": f"http://127.0.0.1:{self.stub_port}"}
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": {"token": "own-token"}}]}))
        self.serving = self.certificates.server("serving", ["localhost"])
        self.tls = ssl.create_default_context(cafile=str(self.certificates.authority))
        self.tls.load_cert_chain(*map(str, self.certificates.front_client))

    def counts(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.stub_port, timeout=30)
        try:
            connection.request("GET", "/counts")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


class Served:
    """One adapter that runs; use it with `with`."""

    def __init__(self, bed, name, program, rules=SMALL_RULES, relist_sec=600, flags=()):
        self.bed = bed
        config = bed.folder / "rules.yaml"
        config.write_text(rules)
        self.port = free_port()
        certificate, key = bed.serving
        kube = [f"--{kind}-kubeconfig={bed.kubeconfig}" for kind in ("lister", "authentication", "authorization")]
        # Without these rates prometheus-adapter waits on purpose.
        kube += ["--client-qps=10000", "--client-burst=10000"]
        command = [program, f"--config={config}", f"--prometheus-url=http://127.0.0.1:{bed.stub_port}/", *kube, "--bind-address=127.0.0.1",
                   f"--secure-port={self.port}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}", f"--cert-dir={bed.folder}",
                   f"--metrics-relist-interval={relist_sec}s", *flags]
        if shutil.which("taskset"):
            command = ["taskset", "-c", str(bed.server_cpu), *command]
        began = time.perf_counter()
        self.process = bed.processes.start(name, command)
        self.ready_sec = self._wait_ready() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()

    def _wait_ready(self):
        deadline = time.perf_counter() + START_TIMEOUT_SEC
        while time.perf_counter() < deadline:
            try:
                if self.get("/readyz")[0] == 200:
                    return time.perf_counter()
            except OSError:
                pass
            if not self.process.is_running():
                raise RuntimeError("\n".join([f"{self.process.name} ended by itself", *self.process.tail(5)]))
            time.sleep(START_POLL_SEC)
        raise RuntimeError("\n".join([f"{self.process.name} is not ready after {START_TIMEOUT_SEC} s", *self.process.tail(5)]))

    def get(self, path):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.bed.tls)
        try:
            connection.request("GET", path, headers={"X-Remote-User": "bench", "X-Remote-Group": "system:masters"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait_served(self):
        """Both metrics are there, and the answers are whole."""
        for target, n in ((PODS, 100), (ONE, 1)):
            def is_whole(target=target, n=n):
                status, body = self.get(target)
                return status == 200 and len(json.loads(body)["items"]) == n, body[:300]
            wait_for(f"{target} of {self.process.name}", is_whole, START_TIMEOUT_SEC, (self.process,), 0.05)

    def load(self, target, connections=CONNECTIONS, seconds=RUN_SEC, rate=0, may_refuse=False):
        """What adapter_load tells; every answer must be good, or at least only the good ones count."""
        argv = [self.bed.build / "bench" / "adapter_load", self.port, *self.bed.certificates.front_client, connections, seconds, int(rate),
                self.process.pid, target]
        run = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60 + seconds, check=False,
                             preexec_fn=measure_first)
        if run.returncode != 0:
            raise RuntimeError(f"{self.process.name}: {run.stderr.strip()}")
        values = {key: float(value) for key, value in (line.split() for line in run.stdout.splitlines())}
        values["per_second"] *= 1 - values["bad"] / values["answers"]
        if values["bad"] and not may_refuse:
            raise RuntimeError(f"{self.process.name}: {values['bad']:g} bad answers to {target}: {run.stderr.strip()}")
        return values

    def cpu_sec(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory_mib(self, name):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024

    def forget_peak(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def wait_at_rest(self):
        """Until it needs next to no processor time for half a second."""
        before = [self.cpu_sec()]

        def rests():
            now = self.cpu_sec()
            resting = now - before[0] <= 0.01
            before[0] = now
            return resting

        wait_for(f"{self.process.name} at rest", rests, RELIST_TIMEOUT_SEC, (self.process,), 0.5)


def per_cpu_second(served, target, is_asked):
    """The most requests per CPU-second, and the most per second, with the proof that Prometheus was asked, or was not."""
    best, rate = 0, 0
    for _ in range(RUNS):
        before = served.bed.counts()["query"]
        values = served.load(target)
        asked = served.bed.counts()["query"] - before
        if is_asked and asked < values["answers"]:
            raise RuntimeError(f"{served.process.name}: {values['answers']:g} answers from {asked} questions to Prometheus")
        best = max(best, values["answers"] / values["cpu_seconds"])
        rate = max(rate, values["per_second"])
    return best, rate


def measure_rates(bed, name, program, own, values):
    # Both refuse what is more than 400 requests at once; only ours can be told otherwise.
    with Served(bed, name, program, flags=["--max-requests-inflight=1000"] if own else []) as served:
        served.wait_served()
        time.sleep(REST_SEC)
        served.wait_at_rest()
        values["idle_private_mib"] = served.memory_mib("RssAnon")
        values["idle_mib"] = served.memory_mib("VmRSS")
        for key, target in (("pods", PODS), ("one", ONE)):
            values[f"{key}_reused"], rate = per_cpu_second(served, target, not own)
            values[f"{key}_p99_ms"] = min(served.load(target, rate=rate / 2)["p99_ms"] for _ in range(RUNS))
        values["served_mib"] = served.memory_mib("VmRSS")
        few = max(served.load(ONE, seconds=MANY_SEC)["per_second"] for _ in range(RUNS))
        for connections in MANY:
            many = max(served.load(ONE, connections, MANY_SEC, may_refuse=not own)["per_second"] for _ in range(RUNS))
            values[f"share_{connections}"] = many / few
    with Served(bed, f"{name}-asked", program, flags=["--answer-max-age=0s"] if own else []) as served:
        served.wait_served()
        values["pods_asked"], _ = per_cpu_second(served, PODS_ASKED, True)
        values["one_asked"], _ = per_cpu_second(served, ONE_ASKED, True)


def measure_start(bed, name, program, values):
    took = []
    for i in range(RUNS):
        with Served(bed, f"{name}-start-{i}", program) as served:
            took.append(served.ready_sec * 1000)
    values["start_ms"] = min(took)


def measure_relist(bed, name, program, values):
    """Listings come by themselves; one is over when the program is at rest again."""
    cpu, peaks, stalls = [], [], []
    with Served(bed, f"{name}-relist", program, LARGE_RULES, RELIST_SEC) as served:
        served.wait_served()

        def wait_listings(wanted):
            wait_for("next listing", lambda: bed.counts()["series"] >= wanted, RELIST_TIMEOUT_SEC, (served.process,), 0.1)
            served.wait_at_rest()

        wait_listings(bed.counts()["series"] + LARGE_RULES_LISTINGS)
        for _ in range(RUNS):
            served.forget_peak()
            before, listings = served.cpu_sec(), bed.counts()["series"]
            wait_listings(listings + LARGE_RULES_LISTINGS)
            listed = (bed.counts()["series"] - listings) / LARGE_RULES_LISTINGS
            cpu.append((served.cpu_sec() - before) / listed)
            peaks.append(served.memory_mib("VmHWM"))
        for _ in range(RUNS):
            listings = bed.counts()["series"]
            stalls.append(served.load(ONE, connections=8, seconds=RELIST_LOAD_SEC, rate=RELIST_RATE)["max_ms"])
            if bed.counts()["series"] < listings + LARGE_RULES_LISTINGS:
                raise RuntimeError(f"{name}: no listing within {RELIST_LOAD_SEC} s")
    values["relist_cpu_sec"], values["relist_peak_mib"], values["relist_stall_ms"] = min(cpu), max(peaks), min(stalls)


def find_peer():
    """Path of prometheus-adapter, or None and why there is none."""
    try:
        return components.resolve({"prometheus-adapter"})["prometheus-adapter"], ""
    except (components.MissingComponent, TimeoutError) as error:
        return None, str(error).splitlines()[0]


def measure(build):
    """Values of ours, and those of prometheus-adapter or None."""
    peer, why = find_peer()
    if peer is None:
        print(f"bench adapter: not compared with prometheus-adapter: {why}", file=sys.stderr)
    affinity, policy, priority = os.sched_getaffinity(0), os.sched_getscheduler(0), os.sched_getparam(0)
    go_first()
    found = {}
    with tempfile.TemporaryDirectory(prefix="flyball-bench-") as folder:
        bed = None
        try:
            bed = Bed(build, Path(folder))
            for name, program in (("flyball-adapter", str(build / "bin" / "flyball-adapter")), ("prometheus-adapter", peer)):
                if program:
                    values = found[name] = {}
                    measure_start(bed, name, program, values)
                    measure_rates(bed, name, program, program != peer, values)
                    measure_relist(bed, name, program, values)
        finally:
            if bed:
                bed.processes.stop_all()
            os.sched_setaffinity(0, affinity)
            os.sched_setscheduler(0, policy, priority)
    return found["flyball-adapter"], found.get("prometheus-adapter")
