"""What the controller's fault tests share: a sandbox, the controller, and between them a proxy that understands requests. A scene bends single requests
(answers, delays, cuts them) and lines of watches, and says what the metrics APIs answer; every write passes by here and is noted."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from stage import BIN, Failed, Stub, calm_between, calm_seconds, check, free_port, until

HPAS = "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
HPA_WATCH = "/apis/autoscaling/v2/horizontalpodautoscalers"
CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2"
EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1"
PERIOD = 1.0
ELECT = ("--leader-elect", "--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=500ms")
FLAGS = ("--native-hpas=own", f"--sync-period={PERIOD}s", "--canary-period=500ms", "--horizontal-pod-autoscaler-downscale-stabilization=1s")


def status(code, reason="", message="bent", **more):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code, **more}


class Request:
    """What came, when; `sent` is its body, `code` what was answered (None: nothing yet, or nothing at all)."""

    def __init__(self, handler, url):
        self.at, self.method, self.path = time.monotonic(), handler.command, url.path
        self.query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.sent, self.code, self.handler = handler.sent, None, handler
        self.watch = "watch" in self.query
        self.token = handler.headers.get("Authorization", "")

    @property
    def list(self):
        """Of a whole kind."""
        return self.method == "GET" and not self.watch and "limit" in self.query

    @property
    def metric(self):
        return ".metrics.k8s.io/" in self.path and self.path.count("/") > 3

    @property
    def canary(self):
        return self.path.split("/")[-1] == "flyball-canary" or self.path.endswith("/flyball-canary/status")

    def json(self):
        return json.loads(self.sent)

    def __repr__(self):
        return f"{self.method} {self.path}{' (watch)' if self.watch else ''} {self.code}"


class Proxy(Stub):
    """`bends` are functions of a request that answer it and return True, or leave it alone; `lines` functions of a request and a watch's line that
    return the pieces to send instead."""

    def __init__(self, upstream, metric, **where):
        self.upstream, self.metric = upstream, metric
        self.requests, self.bends, self.lines = [], [], []
        super().__init__(**where)

    def answer(self, handler, url):
        request = Request(handler, url)
        self.requests.append(request)

        def note(code, message=None):
            request.code = code
            type(handler).send_response_only(handler, code, message)

        handler.send_response_only = note
        for bend in list(self.bends):
            if bend(request):
                return
        if request.metric:
            self.metric(request)
        else:
            self.forward(request)

    def upstream_answer(self, request, timeout=120):
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=timeout)
        headers = {name: value for name, value in request.handler.headers.items() if name.lower() not in ("connection", "host", "content-length")}
        connection.request(request.method, request.handler.path, request.sent or None, headers)
        raw = connection.sock
        return raw, connection, connection.getresponse()

    def forward(self, request):
        raw, connection, answer = self.upstream_answer(request)
        try:
            if request.watch and answer.status == 200:
                self.forward_watch(request, raw, answer)
            else:
                kept = [(name, answer.headers[name]) for name in ("Date", "X-Flyball-Adapter") if answer.headers[name]]
                request.handler.reply(answer.status, answer.read(), answer.headers.get("Content-Type", "application/json"), kept)
        finally:
            connection.close()

    def begin_watch(self, request):
        handler = request.handler
        handler.close_connection = True
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()

    def forward_watch(self, request, raw, answer):
        self.begin_watch(request)
        threading.Thread(target=self.end_with, args=(request.handler, raw), daemon=True).start()
        try:
            while line := answer.readline():
                pieces = [line]
                for change in list(self.lines):
                    pieces = [new for piece in pieces for new in change(request, piece)]
                for piece in pieces:
                    request.handler.wfile.write(piece)
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass

    def end_with(self, handler, raw):
        """The client went away: so does the watch behind it."""
        try:
            while handler.connection.recv(4096):
                pass
        except OSError:
            pass
        try:
            raw.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def cut_watches(self):
        for request in list(self.requests):
            if request.watch:
                try:
                    request.handler.connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Cluster:
    """A sandbox, Deployments `web` and `other` with an autoscaler each, and what their pods report. Use with `with`."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="flyball-fault-"))
        self.controller = self.sandbox = self.proxy = None
        self.server, self.environment = "127.0.0.1", {}  # the proxy's name in the kubeconfig; what else is in the controller's environment
        self.load = {}  # requests per second of a target; None: nothing is known
        self.value = {}  # external metrics
        self.metric_bends = []
        self.known_pods = {}  # (namespace, selector) -> when, names

    def __enter__(self):
        with open(self.folder / "sandbox.log", "wb") as log:
            self.sandbox = subprocess.Popen([str(BIN / "flyball-sandbox"), "--step=200ms", "--startup-delay=100ms"], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        line = self.sandbox.stdout.readline().decode()
        found = re.match(r"sandbox ready api=127.0.0.1:(\d+)", line)
        check(found, f"the sandbox said {line!r}")
        self.port = int(found.group(1))
        self.proxy = Proxy(self.port, self.answer_metric)
        for group, version in (("custom.metrics.k8s.io", "v1beta2"), ("external.metrics.k8s.io", "v1beta1")):
            self.create("/apis/apiregistration.k8s.io/v1/apiservices", {"metadata": {"name": f"{version}.{group}"}, "spec": {
                "group": group, "version": version, "service": {"name": "none", "namespace": "none"}}})
        return self

    def __exit__(self, kind, value, trace):
        code = self.stop()
        if self.sandbox:
            self.sandbox.terminate()
            self.sandbox.wait(15)
            self.sandbox.stdout.close()
        if self.proxy and not self.proxy.ending.is_set():
            self.proxy.close()
        if kind is not None or code != 0:
            for log in self.folder.rglob("controller.log"):
                print(f"--- {log.relative_to(self.folder)}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-int(os.environ.get("FLYBALL_LOG_LINES", "15")):]))
            if self.proxy:
                print("--- last requests\n" + "\n".join(map(repr, self.proxy.requests[-12:])))
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is None:
            check(code == 0, f"the controller ended with {code}")

    # The controller

    def write_kubeconfig(self, user=None):
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "default"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://{self.server}:{self.proxy.port}"}}], "users": [{"name": "u", "user": user or {}}]}))
        return kubeconfig

    def start(self, *flags, user=None):
        self.health_port = free_port()
        kubeconfig = self.write_kubeconfig(user)
        with open(self.folder / "controller.log", "ab") as log:
            self.controller = subprocess.Popen([str(BIN / "flyball-controller"), f"--kubeconfig={kubeconfig}", *FLAGS, f"--port={self.health_port}",
                                                *map(str, flags)],
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                               env={**os.environ, **self.environment})
        return self.controller

    def stop(self):
        """Its exit code; 0 when none runs."""
        if not self.controller:
            return 0
        process, self.controller = self.controller, None
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "no end within 20 s of SIGTERM"

    def alive(self):
        return self.controller.poll() is None

    def log(self):
        return (self.folder / "controller.log").read_text(errors="replace")

    def memory_kib(self, what="VmHWM"):
        return int(re.search(rf"^{what}:\s+(\d+)", Path(f"/proc/{self.controller.pid}/status").read_text(), re.M).group(1))

    def forget_peak(self):
        """VmHWM begins again at what RSS is now."""
        Path(f"/proc/{self.controller.pid}/clear_refs").write_text("5")

    def is_healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError as problem:
            return repr(problem)
        finally:
            connection.close()

    # The cluster, past the proxy

    def request(self, method, path, body=None, content_type="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": content_type})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def get(self, path):
        code, body = self.request("GET", path)
        check(code == 200, f"GET {path}: {code} {body}")
        return body

    def create(self, path, body):
        code, answer = self.request("POST", path, body)
        check(code == 201, f"POST {path}: {code} {answer}")
        return answer

    def patch(self, path, body):
        code, answer = self.request("PATCH", path, body, "application/merge-patch+json")
        check(code == 200, f"PATCH {path}: {code} {answer}")
        return answer

    def delete(self, path):
        code, answer = self.request("DELETE", path)
        check(code == 200, f"DELETE {path}: {code} {answer}")

    def create_target(self, name, replicas=1, namespace="default", labels=None):
        labels = labels or {"app": name}
        self.create(DEPLOYMENTS.format(namespace), {"metadata": {"name": name}, "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})

    def pods_metric(self, name="hits", target="1"):
        return {"type": "Pods", "pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": target}}}

    def external_metric(self, name, target="1"):
        return {"type": "External", "external": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": target}}}

    def create_hpa(self, name, target=None, namespace="default", **spec):
        self.create(HPAS.format(namespace), {"metadata": {"name": name}, "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target or name}, "minReplicas": 1, "maxReplicas": 10,
            "metrics": [self.pods_metric()], **spec}})

    def edit(self, name, namespace="default", **spec):
        self.patch(f"{HPAS.format(namespace)}/{name}", {"spec": spec})

    def scale(self, name, replicas, namespace="default"):
        self.patch(f"{DEPLOYMENTS.format(namespace)}/{name}", {"spec": {"replicas": replicas}})

    def replicas(self, name="web", namespace="default"):
        return self.get(f"{DEPLOYMENTS.format(namespace)}/{name}")["spec"]["replicas"]

    def is_at(self, wanted, name="web", namespace="default"):
        found = self.replicas(name, namespace)
        return found == wanted or found

    def reason(self, kind, name="web", namespace="default"):
        for condition in self.get(f"{HPAS.format(namespace)}/{name}").get("status", {}).get("conditions") or []:
            if condition["type"] == kind:
                return condition["reason"]
        return None

    def tells(self, kind, reason, name="web", namespace="default"):
        found = self.reason(kind, name, namespace)
        return found == reason or found

    def settle(self, web=5, other=2, flags=(), user=None, **spec):
        """Both autoscalers at work: web went up to what its load wants, other rests."""
        self.load.update(web=web, other=other)
        for name in ("web", "other"):
            self.create_target(name)
            self.create_hpa(name, **(spec if name == "web" else {}))
        self.start(*flags, user=user)
        until("web is scaled", lambda: self.is_at(web), 40, 0.1)
        until("other is scaled", lambda: self.is_at(other, "other"), 40, 0.1)
        until("pods run", lambda: len(self.pods_now("default", "app=web")) == web, 20)
        return self.controller

    # Metrics

    def pods(self, namespace, selector):
        """A metrics API need not know of every pod at once: the list may be half a second old."""
        at, names = self.known_pods.get((namespace, selector), (0, []))
        if time.monotonic() - at > 0.5:
            at, names = self.known_pods[namespace, selector] = time.monotonic(), self.pods_now(namespace, selector)
        return names

    def pods_now(self, namespace, selector):
        return [pod["metadata"]["name"] for pod in self.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={quote(selector)}")["items"]]

    def pod_values(self, request, value=None):
        """A MetricValueList: the load of the target, spread evenly, or `value` (a function of the pod's number)."""
        namespace = request.path.split("/")[5]
        selector = request.query.get("labelSelector", "")
        target = selector.rsplit("=", 1)[-1]
        pods = self.pods(namespace, selector)
        each = f"{round(1000 * self.load.get(target, 0) / max(1, len(pods)))}m"
        return {"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta2", "metadata": {}, "items": [
            {"describedObject": {"kind": "Pod", "namespace": namespace, "name": pod, "apiVersion": "/v1"}, "metric": {"name": "hits"},
             "timestamp": stamp(), "value": value(i) if value else each} for i, pod in enumerate(pods)]}

    def external_values(self, name, *values):
        return {"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1", "metadata": {}, "items": [
            {"metricName": name, "metricLabels": {}, "timestamp": stamp(), "value": value} for value in values]}

    def answer_metric(self, request):
        for bend in list(self.metric_bends):
            if bend(request):
                return
        if request.path.startswith(EXTERNAL):
            name = request.path.rsplit("/", 1)[1]
            request.handler.reply(200, self.external_values(name, *([self.value[name]] if name in self.value else [])))
        else:
            request.handler.reply(200, self.pod_values(request))

    # What passed by

    def seen(self, test=lambda request: True, since=0.0):
        return [request for request in list(self.proxy.requests) if request.at >= since and test(request)]

    def scale_writes(self, name=None, since=0.0):
        """Replica counts that were asked for, in order."""
        return [request.json()["spec"].get("replicas", 0) for request in self.seen(
            lambda r: r.method == "PUT" and r.path.endswith("/scale") and (not name or f"/{name}/" in r.path), since)]

    def never_lowers(self, since, name="web"):
        """I3: while something fails nobody asks for less than there is."""
        for counts in (self.scale_writes(name, since), [self.replicas(name)]):
            check(all(count >= 5 for count in counts), f"{name} was lowered: {counts}")

    def holds(self, wanted, seconds, name="web"):
        """The count never leaves `wanted` for that long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.replicas(name)
            check(found == wanted, f"{name} went to {found}, {wanted} were to be held")
            time.sleep(0.1)

    def others_are_on_time(self, since, late=1.5):
        """`other` went on being looked at: no gap between its questions is much longer than the period."""
        at = [since] + [r.at for r in self.seen(lambda r: r.metric and "other" in r.query.get("labelSelector", ""), since)] + [time.monotonic()]
        gap = max(calm_between(before, after) for before, after in zip(at, at[1:]))
        check(gap < PERIOD + late, f"other waited {gap:.1f} s")

    def is_no_hot_loop(self, since, most, test=lambda request: True):
        """So many requests at most, for one second of the fault."""
        seconds = time.monotonic() - since
        n = len(self.seen(test, since))
        check(n <= most * max(seconds, 1), f"{n} requests in {seconds:.1f} s, {most} a second are enough")

    def recovers(self, web=3, seconds=60):
        """Without a restart; downwards too."""
        check(self.alive(), "the controller ended")
        self.load["web"] = web
        until(f"web goes to {web}", lambda: self.is_at(web), seconds)
        until("the metric is used", lambda: self.tells("ScalingActive", "ValidMetricFound"), 20)
        check(self.is_healthy() is True, "it is healthy")


def metric(port, name):
    """A sample of a controller's own metrics; None: it does not say."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        found = re.search(rf"^{name} (\S+)$", connection.getresponse().read().decode(), re.M)
        return float(found.group(1)) if found else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Replica:
    """One of several controllers that elect a leader, quickly. To be ended by whoever made it."""

    def __init__(self, cluster, name, *flags, environment=None):
        self.cluster, self.name, self.flags, self.environment = cluster, name, flags, environment or {}
        self.folder = cluster.folder / name
        self.folder.mkdir()
        self.start()

    def start(self):
        self.port = free_port()
        kubeconfig = self.cluster.write_kubeconfig()
        with open(self.folder / "controller.log", "ab") as log:
            self.process = subprocess.Popen([str(BIN / "flyball-controller"), f"--kubeconfig={kubeconfig}", *FLAGS, *ELECT, f"--port={self.port}", *self.flags],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            env={**os.environ, **self.environment})
        return self.process

    def leads(self):
        return metric(self.port, "flyball_leader") == 1

    def end(self):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "no end within 20 s of SIGTERM"


def stamp(age=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))


def of_web(request):
    return "web" in request.query.get("labelSelector", "")


__all__ = ["CUSTOM", "DEPLOYMENTS", "EXTERNAL", "HPAS", "HPA_WATCH", "PERIOD", "Cluster", "Failed", "Replica", "check", "metric", "of_web", "quote", "stamp", "status", "until",
           "urlsplit"]
