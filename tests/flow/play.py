"""What the flow tests share: the programs as processes against a sandbox, and a client for its API server."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from busy import calm_between, calm_seconds  # noqa: E402
from ports import free_port  # noqa: E402

BIN = Path(os.environ.get("FLYBALL_BIN_DIR", "build/dev/bin"))
HPAS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
RULES = """\
rules:
- seriesQuery: 'myapp_http_requests_total{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {matches: "^myapp_http_(.*)_total$", as: "myapp_${1}_per_second"}
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[2s])) by (<<.GroupBy>>)'
"""


class Failed(Exception):
    """A line that says what did not hold."""


def until(what, check, seconds=60.0, step=0.1):
    """Waits until check() is true; its last value otherwise goes into the failure."""
    began = time.monotonic()
    while True:
        seen = check()
        if seen is True:
            return
        if time.monotonic() > began + seconds and calm_seconds(began) > seconds:
            break
        time.sleep(step)
    raise Failed(f"{what}: not within {seconds} s; last seen: {seen}")


class Stage:
    """Sandbox, adapter and controller in a temporary folder. Use with `with`: everything is ended by its own process id."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="flyball-flow-"))
        self.processes = {}
        self.kubeconfig = self.folder / "kubeconfig"
        self.adapter_port = free_port()
        self.load = 1  # the sandbox's, as it starts

    def __enter__(self):
        self.start_sandbox()
        return self

    def __exit__(self, kind, value, trace):
        # A program that ends badly (a sanitizer's exit code, too) fails the scene.
        bad = []
        for name in list(self.processes):
            try:
                code = self.stop(name)
                bad += [f"{name} ended with {code}"] if code != 0 else []
            except Failed as problem:
                bad.append(str(problem))
        if kind is not None or bad:
            for log in sorted(self.folder.glob("*.log")):
                tail = log.read_text(errors="replace").splitlines()[-15:]
                print(f"--- {log.name}\n" + "\n".join(tail))
        shutil.rmtree(self.folder)
        if bad and kind is None:
            raise Failed("; ".join(bad))

    def start(self, name, *args, **popen):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([str(BIN / name), *map(str, args)], stdin=subprocess.DEVNULL, stderr=log,
                                                stdout=popen.pop("stdout", log), start_new_session=True)
        log.close()
        return self.processes[name]

    def stop(self, name, kill=False):
        process = self.processes.pop(name)
        # A scene that failed may have left it stopped.
        process.send_signal(signal.SIGCONT)
        process.kill() if kill else process.terminate()
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{name} did not end within 30 s of SIGTERM") from None

    def alive(self, name):
        return self.processes[name].poll() is None

    def start_sandbox(self, *args):
        process = self.start("flyball-sandbox", f"--write-kubeconfig={self.kubeconfig}", "--step=200ms", "--startup-delay=300ms", *args,
                             stdout=subprocess.PIPE)
        line = process.stdout.readline().decode()
        found = re.match(r"sandbox ready api=(\S+) prometheus=(\S+)", line)
        if not found:
            raise Failed(f"the sandbox said {line!r}")
        self.api, self.prometheus = "http://" + found.group(1), "http://" + found.group(2)

    def start_adapter(self, *args):
        rules = self.folder / "rules.yaml"
        if not rules.exists():
            rules.write_text(RULES)
        kube = [f"--{kind}-kubeconfig={self.kubeconfig}" for kind in ("lister", "authentication", "authorization")]
        return self.start("flyball-adapter", f"--config={rules}", f"--prometheus-url={self.prometheus}", "--bind-address=127.0.0.1",
                          f"--secure-port={self.adapter_port}", f"--cert-dir={self.folder}", "--metrics-relist-interval=1s",
                          "--metrics-max-age=60s", *kube, *args)

    def start_controller(self, *args):
        return self.start("flyball-controller", f"--kubeconfig={self.kubeconfig}", "--sync-period=500ms",
                          "--horizontal-pod-autoscaler-downscale-stabilization=1s", "--canary-period=100ms", *(args or ("--native-hpas=own",)))

    def request(self, method, path, body=None, content_type="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data=data, method=method, headers={"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def get(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise Failed(f"GET {path}: {status} {body}")
        return body

    def create(self, path, body):
        status, answer = self.request("POST", path, body)
        if status != 201:
            raise Failed(f"POST {path}: {status} {answer}")

    def wanted(self):
        """What the load wants of an autoscaler with the target of create_hpa."""
        return math.ceil(self.load / 2)

    def steer(self, **what):
        self.load = what.get("load", self.load)
        for key, value in what.items():
            status, _ = self.request("PUT", f"/sandbox?{key}={value}")
            if status != 200:
                raise Failed(f"steering {key}={value}: {status}")

    def register_adapter(self):
        self.create("/api/v1/namespaces/flyball-system/services", {
            "metadata": {"name": "flyball-adapter"},
            "spec": {"type": "ExternalName", "externalName": "127.0.0.1", "ports": [{"port": self.adapter_port}]}})
        for version in ("v1beta1", "v1beta2"):
            self.create("/apis/apiregistration.k8s.io/v1/apiservices", {
                "metadata": {"name": f"{version}.custom.metrics.k8s.io"},
                "spec": {"group": "custom.metrics.k8s.io", "version": version, "insecureSkipTLSVerify": True,
                         "groupPriorityMinimum": 100, "versionPriority": 100,
                         "service": {"name": "flyball-adapter", "namespace": "flyball-system", "port": self.adapter_port}}})

    def create_deployment(self, name="myapp", replicas=1):
        self.create(DEPLOYMENTS, {"metadata": {"name": name}, "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})

    def create_hpa(self, name="myhpa", target="myapp", metric="myapp_requests_per_second", **spec):
        self.create(HPAS, {"metadata": {"name": name}, "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "minReplicas": 1, "maxReplicas": 10,
            "metrics": [{"type": "Pods", "pods": {"metric": {"name": metric}, "target": {"type": "AverageValue", "averageValue": "2"}}}],
            **spec}})

    def replicas(self, name="myapp"):
        return self.get(f"{DEPLOYMENTS}/{name}")["spec"]["replicas"]

    def condition(self, kind, name="myhpa"):
        for condition in self.get(f"{HPAS}/{name}").get("status", {}).get("conditions") or []:
            if condition["type"] == kind:
                return condition
        return {"status": None, "reason": None, "message": None}

    def reason_is(self, kind, reason, name="myhpa"):
        found = self.condition(kind, name)
        return found["reason"] == reason or found

    def replicas_are(self, wanted, name="myapp"):
        found = self.replicas(name)
        return found == wanted or found

    def hold(self, wanted, seconds, name="myapp"):
        """Replicas never leave `wanted` for that long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.replicas(name)
            if found != wanted:
                raise Failed(f"replicas went to {found}, {wanted} were to be held")
            time.sleep(0.1)

    def whole_loop(self):
        """Application, adapter, autoscaler and controller, settled at one replica."""
        self.create_deployment()
        self.register_adapter()
        self.start_adapter()
        metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/myapp_requests_per_second"
        until("the metric is served", lambda: self.request("GET", metric)[0] == 200 or self.request("GET", metric))
        self.create_hpa()
        self.start_controller()
        until("the metric is used", lambda: self.reason_is("ScalingActive", "ValidMetricFound"))


def play(*scenes):
    """Runs functions that take a Stage; prints one line each and the closing line; returns the exit code."""
    failed = 0
    for scene in scenes:
        started = time.monotonic()
        try:
            with Stage() as stage:
                scene(stage)
            print(f"ok    {scene.__name__.replace('_', ' ')}  {time.monotonic() - started:.1f} s", flush=True)
        except (Failed, OSError) as problem:
            failed += 1
            print(f"FAIL  {scene.__name__.replace('_', ' ')}: {problem}", flush=True)
    print(f"{len(scenes) - failed} passed, {failed} failed")
    return 1 if failed else 0
