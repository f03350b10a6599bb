"""The workload: applications whose load is split over their ready pods, without any container.

Kubelet: pods have no node here; a pod is Running and Ready as soon as somebody writes that into its
status, which is done after a start-up delay. Exporter: one page with the samples of all pods, so
that one scrape sees one moment and no sum over pods is torn.
"""

import http.client
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kube import Api, ApiError

STARTUP_DELAY_SEC = 3.0
POLL_SEC = 0.5


class App:
    """One application. The load does not depend on how many pods share it."""

    def __init__(self, name: str, metric: str, is_counter: bool):
        self.name = name
        self.metric = metric
        self.is_counter = is_counter
        self.load_per_sec = 0.0
        self.ready: list[str] = []
        self.counts: dict[str, float] = {}

    def advance(self, seconds: float) -> None:
        for pod in self.ready:
            self.counts[pod] += self.load_per_sec * seconds / len(self.ready)

    def set_ready(self, pods: list[str]) -> None:
        self.ready = pods
        # A new pod starts counting at zero, a deleted one is forgotten.
        self.counts = {pod: self.counts.get(pod, 0.0) for pod in pods}

    def sample(self, pod: str) -> float:
        return self.counts[pod] if self.is_counter else self.load_per_sec / len(self.ready)


class Workload:
    """All applications of a namespace, their kubelet and their exporter."""

    def __init__(self, api: Api, namespace: str, apps: list[App], port: int):
        self.api = api
        self.namespace = namespace
        self.apps = {app.name: app for app in apps}
        self.port = port
        self.lock = threading.Lock()
        self.moment = time.monotonic()
        self.first_seen: dict[str, float] = {}
        self.ended = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.threads = [
            threading.Thread(target=self.server.serve_forever, name="exporter", daemon=True),
            threading.Thread(target=self._kubelet, name="kubelet", daemon=True),
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.ended.set()
        if self.threads[0].is_alive():
            self.server.shutdown()
        self.server.server_close()

    def set_load(self, requests_per_sec: float) -> None:
        with self.lock:
            self._advance()
            for app in self.apps.values():
                app.load_per_sec = requests_per_sec

    def _advance(self) -> None:
        now = time.monotonic()
        for app in self.apps.values():
            app.advance(now - self.moment)
        self.moment = now

    def _kubelet(self) -> None:
        while not self.ended.wait(POLL_SEC):
            try:
                pods = self.api.get(f"/api/v1/namespaces/{self.namespace}/pods")["items"]
                pods = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
                for pod in pods:
                    self._start_if_due(pod)
            except (OSError, ValueError, ApiError, http.client.HTTPException):
                continue  # the API server is away: pods go on as they are
            self._take_pods(pods)

    def _start_if_due(self, pod: dict) -> None:
        name, now = pod["metadata"]["name"], time.monotonic()
        since = self.first_seen.setdefault(name, now)
        if _is_ready(pod) or now - since < STARTUP_DELAY_SEC:
            return
        stamp = self._started().strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions = [
            {"type": kind, "status": "True", "lastTransitionTime": stamp}
            for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ]
        status = {"phase": "Running", "startTime": stamp, "conditions": conditions}
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/status"
        try:
            self.api.merge(path, {"status": status})
        except ApiError as error:
            if error.status != http.HTTPStatus.NOT_FOUND:  # deleted in between
                raise
            return
        pod["status"]["conditions"] = conditions

    def _started(self) -> datetime:
        """Since when a pod that has become ready says that it is."""
        return datetime.now(timezone.utc)

    def _take_pods(self, pods: list[dict]) -> None:
        ready: dict[str, list[str]] = {name: [] for name in self.apps}
        for pod in pods:
            app = pod["metadata"].get("labels", {}).get("app", "")
            if app in ready and _is_ready(pod):
                ready[app].append(pod["metadata"]["name"])
        with self.lock:
            self._advance()
            for name, app in self.apps.items():
                app.set_ready(sorted(ready[name]))

    def page(self) -> str:
        # By metric: in the text format all samples of one metric follow its TYPE line.
        blocks: dict[str, list[str]] = {}
        with self.lock:
            self._advance()
            for app in self.apps.values():
                header = f"# TYPE {app.metric} {'counter' if app.is_counter else 'gauge'}"
                block = blocks.setdefault(header, [header])
                for pod in app.ready:
                    labels = f'namespace="{self.namespace}",pod="{pod}"'
                    block.append(f"{app.metric}{{{labels}}} {app.sample(pod)!r}")
        return "".join(line + "\n" for block in blocks.values() for line in block)

    def _handler(self):
        workload = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = workload.page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


def _is_ready(pod: dict) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
