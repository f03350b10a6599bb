"""What the fault tests share: an adapter over TLS between a stub API server and a stub Prometheus whose every answer a scene can bend."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from busy import calm_between, calm_seconds  # noqa: E402
from ports import free_port  # noqa: E402

BIN = Path(os.environ.get("FLYBALL_BIN_DIR", "build/dev/bin"))
CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps"
CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2"
EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1"
ONE_POD = f"{CUSTOM}/namespaces/default/pods/web-1/hits"
ALL_PODS = f"{CUSTOM}/namespaces/default/pods/*/hits"
LAG = f"{EXTERNAL}/namespaces/default/lag"
RULES = """\
rules:
- seriesQuery: 'hits{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
externalRules:
- seriesQuery: 'lag{namespace!=""}'
  resources: {overrides: {namespace: {resource: namespace}}}
  metricsQuery: <<.Series>>{<<.LabelMatchers>>}
"""
SERIES = {
    'hits{namespace!="",pod!=""}': [{"__name__": "hits", "namespace": "default", "pod": f"web-{i}"} for i in (1, 2)],
    'lag{namespace!=""}': [{"__name__": "lag", "namespace": "default"}],
}


class Failed(Exception):
    """A line that says what did not hold."""


def check(held, what):
    if not held:
        raise Failed(what)


def until(what, test, seconds=60.0, step=0.05):
    """Waits until test() is true; its last value otherwise goes into the failure."""
    began = time.monotonic()
    while True:
        seen = test()
        if seen is True:
            return
        if time.monotonic() > began + seconds and calm_seconds(began) > seconds:
            break
        time.sleep(step)
    raise Failed(f"{what}: not within {seconds} s; last seen: {seen}")


def is_sanitized():
    return b"__asan_init" in (BIN / "flyball-adapter").read_bytes()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.server.owner.connections.add(self.connection)

    def finish(self):
        self.server.owner.connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.sent = self.rfile.read(size) if size else b""
        self.server.owner.serve(self)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def reply(self, status, body, content_type="application/json", headers=()):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response_only(status)
        for name, value in (("Content-Type", content_type), ("Content-Length", len(data)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def hang(self):
        """Answers nothing until the stub ends or the client goes away."""
        self.connection.settimeout(0.1)
        while not self.server.owner.ending.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class Stub:
    def __init__(self, port=0, address="127.0.0.1"):
        self.ending = threading.Event()
        self.connections = set()
        self.address, self.port = address, port
        self.listen()

    def listen(self):
        self.ending.clear()
        self.server = Server((self.address, self.port), Handler)
        self.server.owner = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        """Nobody listens any more; every connection ends."""
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(self, handler):
        self.answer(handler, urlsplit(handler.path))


def vector(*rows):
    """Rows of (labels, value[, time])."""
    result = [{"metric": row[0], "value": [row[2] if len(row) > 2 else time.time(), row[1]]} for row in rows]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


class Prometheus(Stub):
    """`query` and `series` are functions of the handler and the text that was asked; scenes replace them."""

    def __init__(self):
        self.restore()
        super().__init__()

    def restore(self):
        self.query = self.good_query
        self.series = self.good_series

    @staticmethod
    def good_query(handler, text):
        if text.startswith("lag"):
            handler.reply(200, vector(({"__name__": "lag", "namespace": "default"}, "12")))
        else:
            handler.reply(200, vector(({"pod": "web-1"}, "5"), ({"pod": "web-2"}, "7")))

    @staticmethod
    def good_series(handler, text):
        handler.reply(200, {"status": "success", "data": SERIES.get(text, [])})

    def says(self, body, status=200, content_type="application/json", headers=()):
        """Every query gets this answer."""
        self.query = lambda handler, _: handler.reply(status, body, content_type, headers)

    def answer(self, handler, url):
        asked = parse_qs(url.query or handler.sent.decode())
        if url.path == "/api/v1/query":
            self.query(handler, asked.get("query", [""])[0])
        elif url.path == "/api/v1/series":
            self.series(handler, asked.get("match[]", [""])[0])
        else:
            handler.reply(404, "")


class Kube(Stub):
    """Just enough of an API server. `review` is a function of the handler and a review's spec."""

    PODS = [{"metadata": {"name": f"web-{i}", "namespace": "default", "uid": f"u{i}", "resourceVersion": str(i)}} for i in (1, 2)]

    def __init__(self, trust):
        self.trust = trust
        self.version = 10
        self.changed = threading.Condition()
        self.reviewed = []
        self.review = self.allow
        self.tokens = {}
        super().__init__()

    def allow(self, handler, spec):
        handler.reply(201, {"kind": "SubjectAccessReview", "spec": spec, "status": {"allowed": True}})

    def config_map(self):
        return {"kind": "ConfigMap", "apiVersion": "v1", "data": self.trust, "metadata": {
            "name": "extension-apiserver-authentication", "namespace": "kube-system", "uid": "c1", "resourceVersion": str(self.version)}}

    def set_trust(self, **data):
        with self.changed:
            self.trust = {**self.trust, **data}
            self.version += 1
            self.changed.notify_all()

    def watch(self, handler, is_trust):
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        seen = self.version
        while not self.ending.is_set():
            with self.changed:
                self.changed.wait(0.1)
                event = {"type": "MODIFIED", "object": self.config_map()} if is_trust and self.version != seen else None
                seen = self.version
            if event:
                handler.wfile.write(json.dumps(event).encode() + b"\n")

    def answer(self, handler, url):
        path, query = url.path, parse_qs(url.query)
        if path.endswith("/subjectaccessreviews"):
            spec = json.loads(handler.sent)["spec"]
            self.reviewed.append(spec)
            self.review(handler, spec)
        elif path.endswith("/tokenreviews"):
            user = self.tokens.get(json.loads(handler.sent)["spec"]["token"])
            handler.reply(201, {"kind": "TokenReview", "status": {"authenticated": bool(user), "user": user or {}}})
        elif "watch" in query:
            self.watch(handler, path == CONFIG_MAP)
        elif path == CONFIG_MAP:
            handler.reply(200, {"kind": "ConfigMapList", "metadata": {"resourceVersion": str(self.version)}, "items": [self.config_map()]})
        elif path == "/api":
            handler.reply(200, {"kind": "APIVersions", "versions": ["v1"]})
        elif path == "/apis":
            handler.reply(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        elif path == "/api/v1":
            kinds = (("pods", "Pod", True), ("namespaces", "Namespace", False), ("nodes", "Node", False))
            handler.reply(200, {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                {"name": name, "singularName": "", "kind": kind, "namespaced": inside, "verbs": ["get", "list", "watch"]}
                for name, kind, inside in kinds]})
        elif path.endswith("/pods"):
            handler.reply(200, {"kind": "PodList", "metadata": {"resourceVersion": str(self.version)}, "items": self.PODS})
        else:
            handler.reply(404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": "no such thing"})


class Certificates:
    """CAs and pairs by name, made by openssl."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *args):
        done = subprocess.run(["openssl", *args], capture_output=True, cwd=self.folder)
        if done.returncode:
            raise Failed(f"openssl {' '.join(args)}: {done.stderr.decode()[-300:]}")

    def authority(self, name):
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.crt",
                 "-days", "30", "-subj", f"/CN={name}")

    def pair(self, name, authority, subject, usage="clientAuth", days=30, names="DNS:localhost,IP:127.0.0.1"):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"extendedKeyUsage={usage}\nsubjectAltName={names}\n")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-CAcreateserial", "-days", str(days),
                 "-extfile", extensions.name, "-out", f"{name}.crt")

    def text(self, name):
        return (self.folder / f"{name}.crt").read_text()

    def copy(self, name, to):
        """Into place the way a careful writer does it: each file whole at once."""
        for kind in ("crt", "key"):
            new = self.folder / f".new-{to}.{kind}"
            shutil.copy(self.folder / f"{name}.{kind}", new)
            new.rename(self.folder / f"{to}.{kind}")


class Answer:
    """`seconds` is how long it took, `calm_seconds` the part of it that upper bounds are for."""

    def __init__(self, status, headers, body, started):
        self.status, self.headers, self.body = status, headers, body
        self.seconds, self.calm_seconds = time.monotonic() - started, calm_seconds(started)

    def json(self):
        return json.loads(self.body)

    def values(self):
        return [item["value"] for item in self.json()["items"]]

    def __repr__(self):
        return f"{self.status} after {self.seconds:.2f} s: {self.body[:300]!r}"


class Stage:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="flyball-fault-"))
        self.certs = Certificates(self.folder)
        self.adapter = None
        self.port = None
        self.log_number = 0
        self.contexts = {}

    def __enter__(self):
        for name in ("serving-ca", "proxy-ca", "client-ca"):
            self.certs.authority(name)
        self.certs.pair("serving", "serving-ca", "/CN=localhost", "serverAuth")
        self.certs.pair("proxy", "proxy-ca", "/CN=front-proxy-client")
        self.prometheus = Prometheus()
        self.kube = Kube({"client-ca-file": self.certs.text("client-ca"), "requestheader-client-ca-file": self.certs.text("proxy-ca"),
                          "requestheader-allowed-names": '["front-proxy-client"]', "requestheader-username-headers": '["X-Remote-User"]',
                          "requestheader-group-headers": '["X-Remote-Group"]', "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]'})
        (self.folder / "rules.yaml").write_text(RULES)
        (self.folder / "kubeconfig").write_text(json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.kube.port}"}}], "users": [{"name": "u", "user": {}}]}))
        return self

    def __exit__(self, kind, value, trace):
        code = self.stop()
        for stub in (self.prometheus, self.kube):
            if not stub.ending.is_set():
                stub.close()
        if kind is not None or code != 0:
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-int(os.environ.get("FLYBALL_LOG_LINES", "15")):]))
        shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0 and kind is None:
            raise Failed(f"the adapter ended with {code}")

    def start(self, *flags, wait=True, environment=None, prometheus=None, **popen):
        """Starts the adapter; the kernel chooses its port when it can, see free_port."""
        self.flags = flags
        self.log_number += 1
        self.log = self.folder / f"adapter-{self.log_number}.log"
        kube = [f"--{kind}-kubeconfig={self.folder}/kubeconfig" for kind in ("lister", "authentication", "authorization")]
        for _ in range(5):
            self.port = free_port()
            with open(self.log, "wb") as log:
                self.adapter = subprocess.Popen(
                    [str(BIN / "flyball-adapter"), f"--config={self.folder}/rules.yaml", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
                     f"--prometheus-url={prometheus or f'http://127.0.0.1:{self.prometheus.port}'}", f"--tls-cert-file={self.folder}/serving.crt",
                     f"--tls-private-key-file={self.folder}/serving.key", f"--cert-dir={self.folder}", "--metrics-relist-interval=1s",
                     "--metrics-max-age=60s", *kube, *map(str, flags)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env={**os.environ, **(environment or {})}, **popen)
            if not wait:
                return
            try:
                until("the adapter is ready", self.is_up, 20)
                break
            except Failed:
                if "in use" not in self.log.read_text(errors="replace"):
                    raise
        until("the metrics are listed", lambda: self.has_metrics() or self.ask(CUSTOM), 20)

    def is_up(self):
        if self.adapter.poll() is not None:
            raise Failed(f"the adapter ended with {self.adapter.returncode}")
        try:
            return self.ask("/readyz", cert=None).status == 200
        except OSError as problem:
            return repr(problem)

    def has_metrics(self):
        return self.ask(CUSTOM).status == 200 and b"pods/hits" in self.ask(CUSTOM).body and b"lag" in self.ask(EXTERNAL).body

    def stop(self):
        """Its exit code; 0 when none runs."""
        if not self.adapter:
            return 0
        process, self.adapter = self.adapter, None
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "no end within 15 s of SIGTERM"

    def crash(self):
        """The way the kernel ends a program that does something wrong. A sanitizer would turn it into an exit code."""
        process, self.adapter = self.adapter, None
        process.send_signal(signal.SIGSEGV)
        process.wait(10)

    def reload(self):
        self.adapter.send_signal(signal.SIGHUP)

    def alive(self):
        return self.adapter.poll() is None

    def memory_kib(self, what="VmHWM"):
        """Of /proc/PID/status; VmHWM is the peak of RSS so far."""
        return int(re.search(rf"^{what}:\s+(\d+)", Path(f"/proc/{self.adapter.pid}/status").read_text(), re.M).group(1))

    def context(self, cert, fresh=False):
        if cert not in self.contexts or fresh:
            context = ssl.create_default_context(cafile=str(self.folder / "serving-ca.crt"))
            if cert:
                context.load_cert_chain(self.folder / f"{cert}.crt", self.folder / f"{cert}.key")
            self.contexts[cert] = context
        return self.contexts[cert]

    def connect(self, cert="proxy", timeout=20, fresh=False, server="localhost"):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        return self.context(cert, fresh).wrap_socket(raw, server_hostname=server)

    def ask(self, path, cert="proxy", user="admin", group="system:masters", headers=(), method="GET", timeout=20):
        """One request on a connection of its own."""
        started = time.monotonic()
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.context(cert))
        connection._tunnel_host = None
        connection.sock = self.connect(cert, timeout)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if cert == "proxy" and user:
                connection.putheader("X-Remote-User", user)
                connection.putheader("X-Remote-Group", group)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), started)
        finally:
            connection.close()

    def metric(self, name):
        """A sample of the adapter's own metrics: the number behind the line that begins so."""
        for line in self.ask("/metrics").body.decode().splitlines():
            if line.startswith(name):
                return float(line.rsplit(" ", 1)[1])
        return None

    def health_is_fast(self, limit=1.0):
        for path in ("/healthz", "/livez", "/readyz"):
            answer = self.ask(path, cert=None)
            check(answer.status == 200 and answer.calm_seconds < limit, f"{path}: {answer}")

    def discovery_answers(self):
        for path in ("/apis", CUSTOM, EXTERNAL):
            answer = self.ask(path)
            check(answer.status == 200 and answer.calm_seconds < 2, f"{path}: {answer}")

    def works(self):
        """Values are served (again)."""
        self.prometheus.restore()
        until("values are served", lambda: self.is_good() or [self.ask(ONE_POD), self.ask(ALL_PODS), self.ask(LAG)])

    def is_good(self):
        one, all_pods, lag = self.ask(ONE_POD), self.ask(ALL_PODS), self.ask(LAG)
        return [one.status, all_pods.status, lag.status] == [200, 200, 200] and one.values() == ["5"] and \
            all_pods.values() == ["5", "7"] and lag.values() == ["12"]


def play(*scenes, stage=Stage, at_once=2):
    """Runs functions that take a stage, two at a time; prints one line each and the closing line; returns the exit code."""
    def one(scene):
        started = time.monotonic()
        name = scene.__name__.replace("_", " ")
        try:
            with stage() as ready:
                note = scene(ready)
            print(f"ok    {name}  {time.monotonic() - started:.1f} s{f'  ({note})' if note else ''}", flush=True)
            return True
        except (Failed, OSError, http.client.HTTPException, ValueError, KeyError) as problem:
            print(f"FAIL  {name}: {type(problem).__name__}: {problem}", flush=True)
            return False

    wanted = sys.argv[1:]
    chosen = [scene for scene in scenes if not wanted or scene.__name__ in wanted]
    with ThreadPoolExecutor(at_once) as pool:
        good = list(pool.map(one, chosen))
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) else 1
