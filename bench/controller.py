"""flyball-controller beside kube-controller-manager's HPA controller on a real API server, and alone with a stub where that would be too small.

Side by side: etcd, filled before the API server starts (loading tens of thousands of pods through it takes longer than measuring), kube-apiserver,
our adapter, and controller_prometheus.c behind it. Both controllers do the same work one after the other, first with constant values, then with
values that change with every period. controller_cluster.c is the stub; pod_event.c measures one event of the pod watch."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import controller_rig
from controller_rig import PERIOD_SEC, Sampler, cpu_sec, memory_mib, scrape

import components
from certs import Certificates
from procs import Processes, free_port, pause, wait_for

PODS_PER_OBJECT = 3
NAMESPACES = 20
# The one size at which the bounds of the figures side by side hold for certain; a smaller run shows the table.
FULL = 10_000
LARGE = (10_000, 150_000)
SIZES = (100, 300, 1_000, 3_000, 10_000)
START_TIMEOUT_SEC = 90
SETTLE_PERIODS = 3
COST_PERIODS = 4
BAR_WIDTH = 60


class Stub:
    """controller_cluster and a flyball-controller on it."""

    def __init__(self, bed, name, objects, pods):
        self.bed, self.name = bed, name
        certificate, key = bed.serving
        stub = bed.processes.start(f"{name}-cluster", [
            str(bed.build / "bench" / "controller_cluster"), str(objects), str(pods), str(NAMESPACES), str(certificate), str(key)])
        port = int(wait_for("the stub's port", lambda: stub.log.read_text().strip(), START_TIMEOUT_SEC, (stub,), 0.02))
        kubeconfig = bed.folder / f"{name}.kubeconfig"
        kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "flyball-system"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(bed.certificates.authority)}}],
            "users": [{"name": "u", "user": {"token": "t"}}]}))
        self.stub, self.port = stub, free_port()
        self.began = time.monotonic()
        self.controller = bed.processes.start(f"{name}-controller", [
            str(bed.build / "bin" / "flyball-controller"), f"--kubeconfig={kubeconfig}", f"--port={self.port}", "--bind-address=127.0.0.1",
            "--native-hpas=own", "--canary-period=5s"])

    def passes(self):
        try:
            return scrape(self.port).total("horizontal_pod_autoscaler_controller_reconciliations_total")
        except OSError:
            return 0

    def wait_first(self):
        wait_for(f"a decision of {self.name}", lambda: self.passes() > 0, START_TIMEOUT_SEC, (self.controller, self.stub), 0.1)
        return time.monotonic() - self.began

    def stop(self):
        self.controller.stop()
        self.stub.stop()


class Bed:
    """What every stub needs."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.certificates = Certificates(folder / "certs")
        self.serving = self.certificates.server("stub", ["localhost"])
        self.processes = Processes(folder)


def large_counts(objects):
    """As many pods to an object as at the full size."""
    share = min(1, objects / FULL)
    return [int(n * share) for n in LARGE]


def measure_large(bed, values, objects):
    objects, pods = large_counts(objects)
    stub = Stub(bed, "large", objects, pods)
    values["large_first_sec"] = stub.wait_first()
    with Sampler(stub.controller.pid) as sampler:
        pause(SETTLE_PERIODS * PERIOD_SEC)
        values["large_mib"] = sampler.most_mib
    values["large_peak_mib"] = memory_mib(stub.controller.pid, "VmHWM")
    if stub.passes() < objects:
        raise RuntimeError(f"{stub.passes():g} decisions for {objects} objects in {SETTLE_PERIODS} periods")
    stub.stop()


def measure_costs(bed, values, sizes):
    """All sizes at once, and one without objects: processor time is counted, and together they leave the machine idle most of the time."""
    empty = Stub(bed, "empty", 0, 0)
    stubs = {n: Stub(bed, f"cost-{n}", n, n * PODS_PER_OBJECT) for n in sizes}
    for stub in stubs.values():
        stub.wait_first()
    # The canary is silent and each status has been written by then.
    pause(SETTLE_PERIODS * PERIOD_SEC)
    before = {n: (cpu_sec(s.controller.pid), s.passes()) for n, s in stubs.items()}
    pause(COST_PERIODS * PERIOD_SEC)
    for n, stub in stubs.items():
        cpu, passes = cpu_sec(stub.controller.pid) - before[n][0], stub.passes() - before[n][1]
        if passes < 0.9 * n * COST_PERIODS:
            raise RuntimeError(f"{n} objects: {passes:g} decisions in {COST_PERIODS} periods")
        values[f"cost_{n}_us"] = cpu / n / COST_PERIODS * 1e6
        stub.stop()
    values["empty_private_mib"], values["empty_mib"] = (memory_mib(empty.controller.pid, name) for name in ("RssAnon", "VmRSS"))
    empty.stop()
    values["cost_growth"] = values[f"cost_{sizes[-1]}_us"] / min(values[f"cost_{n}_us"] for n in sizes)


def plot(values, sizes):
    """On standard error: standard output may be JSON."""
    print("processor time per object and period, microseconds:", file=sys.stderr)
    most = max(values[f"cost_{n}_us"] for n in sizes)
    for n in sizes:
        cost = values[f"cost_{n}_us"]
        print(f"  {n:>6} objects {cost:>7.1f} {'#' * round(cost / most * BAR_WIDTH)}", file=sys.stderr)


def measure_stub(build, values, objects):
    sizes = [n for n in SIZES if n <= objects] or [objects]
    with tempfile.TemporaryDirectory(prefix="flyball-bench-") as folder:
        bed = Bed(build, Path(folder))
        try:
            measure_large(bed, values, objects)
            measure_costs(bed, values, sizes)
        finally:
            bed.processes.stop_all()
    plot(values, sizes)
    return sizes


def measure_event(build, values):
    run = subprocess.run([build / "bench" / "pod_event"], stdout=subprocess.PIPE, text=True, check=True)
    values.update((key, float(value)) for key, value in (line.split() for line in run.stdout.splitlines()))


def find_peers():
    """Paths of the real parts, or None and why they are not there."""
    try:
        return components.resolve({"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}), ""
    except (components.MissingComponent, TimeoutError) as error:
        return None, str(error).splitlines()[0]


def measure(build, objects, parts):
    """Ours, the other's or None, and the sizes of the plot."""
    values, peer, sizes = {}, None, []
    if "stub" in parts:
        measure_event(build, values)
        sizes = measure_stub(build, values, objects)
    if "peers" in parts:
        programs, why = find_peers()
        if programs is None:
            print(f"bench controller: not compared with kube-controller-manager: {why}", file=sys.stderr)
        else:
            load = tempfile.TemporaryDirectory(prefix="flyball-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
            with load as folder:
                ours, peer = controller_rig.measure(build, Path(folder), programs, (objects, objects * PODS_PER_OBJECT, NAMESPACES))
            values.update(ours)
    return values, peer, sizes
