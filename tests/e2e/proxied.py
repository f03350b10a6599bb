#!/usr/bin/env python3
"""What goes through the proxy of a real API server: queries to a Prometheus that is named as a service of the cluster (flyball-controller, flyball query,
flyball rules), and `flyball explain --live`, which asks the leader's pod. Who may not, is told so.

There is no node here. The pods are objects whose status this script writes, with an address of this machine; the programs behind them listen there. The
API server leads to no address of loopback.

Usage: proxied.py [--bin DIR], or as a scene of run.py
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

from cluster import SYSTEM_NAMESPACE, Cluster
from manifests import apply_base
from procs import free_port, wait_for
from prometheus_metrics import HERE, Load, Stage, play_alone
from report import Track

PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "prometheus"}
OWN_PROGRAMS = {"flyball", "flyball-controller"}
MONITORING = "monitoring"
CONTROLLER = "flyball-controller"
# No such node exists. Endpoints are made of pods that have one.
NODE = "this-machine"
START_SEC = 30

PLAIN = f"svc/{MONITORING}/prometheus:9090"
NAMED = f"svc/{MONITORING}/prometheus:web"
SECURE = f"svc/{MONITORING}/https:prometheus:tls"
# An object for each way to name the service.
SERVERS = f"""
servers:
- {{name: plain, url: {PLAIN}, namespaces: [default]}}
- {{name: posted, url: {NAMED}, method: POST, namespaces: [default]}}
- {{name: secure, url: {SECURE}, namespaces: [default]}}
"""
NAMES = ("plain", "posted", "secure")
# What flyball-system asks of a pod.
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
RULES = """
rules:
- seriesQuery: 'load{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"""


def own_address() -> str:
    """An address of this machine that is not of loopback."""
    shown = subprocess.run(["hostname", "-I"], capture_output=True, text=True, timeout=10, check=False).stdout.split()
    found = [address for address in shown if "." in address and not address.startswith(("127.", "169.254."))]
    if not found:
        raise RuntimeError(f"this machine has no IPv4 address beside loopback, and the API server's proxy leads to no other (hostname -I: {shown})")
    return found[0]


class Scene:
    def __init__(self, stage: Stage, address: str):
        self.stage, self.cluster, self.track, self.address = stage, stage.cluster, stage.track, address

    # ----- objects

    def make_pod(self, namespace: str, name: str) -> None:
        """A pod that runs and is ready, at this machine's address."""
        pods = f"/api/v1/namespaces/{namespace}/pods"
        self.cluster.api.create(pods, {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"nodeName": NODE, "containers": [{"name": "c", "image": "none", "securityContext": RESTRICTED}]}})
        conditions = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")]
        status = {"phase": "Running", "conditions": conditions, "podIP": self.address, "podIPs": [{"ip": self.address}]}
        self.cluster.api.merge(f"{pods}/{name}/status", {"status": status})

    def make_service(self, ports: dict[str, tuple[int, int]]) -> None:
        self.cluster.kubectl_ok("create", "namespace", MONITORING)
        self.make_pod(MONITORING, "prometheus")
        listed = [{"name": name, "port": port, "targetPort": target} for name, (port, target) in ports.items()]
        self.cluster.api.create(f"/api/v1/namespaces/{MONITORING}/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "prometheus"},
            "spec": {"selector": {"app": "prometheus"}, "ports": listed}})

    def grant(self, name: str, namespace: str, verb: str, resource: str, account: str) -> None:
        self.cluster.kubectl_ok("create", "role", name, "-n", namespace, f"--verb={verb}", f"--resource={resource}")
        self.bind(name, namespace, name, account)

    def bind(self, name: str, namespace: str, role: str, account: str) -> None:
        self.cluster.kubectl_ok("create", "rolebinding", name, "-n", namespace, f"--role={role}", f"--serviceaccount={account}")

    def account(self, name: str) -> Path:
        """A kubeconfig with the token of a new account in the namespace default."""
        self.cluster.kubectl_ok("create", "serviceaccount", name, "-n", "default")
        return self.cluster.kubeconfig(name, token=self.cluster.kubectl_ok("create", "token", name, "-n", "default").strip())

    # ----- flyball

    def flyball(self, kubeconfig: Path, *arguments: str) -> tuple[int, str]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.cluster.folder), "KUBECONFIG": str(kubeconfig)}
        done = subprocess.run([str(self.stage.own / "flyball"), *arguments], capture_output=True, text=True, timeout=60, env=environment,
                              stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout + done.stderr

    def says(self, what: str, code: int, words: tuple[str, ...], kubeconfig: Path, *arguments: str) -> None:
        """Sooner or later: a right that was just given counts a moment afterwards."""

        def reached() -> tuple[bool, str]:
            seen, text = self.flyball(kubeconfig, *arguments)
            return seen == code and all(word in text for word in words), f"exit code {seen}, {text}"

        self.stage.wait(f"{what}: {words[0]}", reached)


def metrics_by_service(s: Scene) -> None:
    s.track.phase("the controller without the right")
    stage = s.stage
    for name, verb in zip(NAMES, ("get", "create", "get")):
        stage.tells(name, f'cannot {verb} resource "services/proxy" in API group "" in the namespace "{MONITORING}"')
    s.track.phase("the controller with the right")
    s.grant("ask", MONITORING, "get", "services/proxy", f"{SYSTEM_NAMESPACE}:{CONTROLLER}")
    stage.scales("6 by the number of a port", "plain", 3)
    stage.scales("6 over TLS, by the name of a port", "secure", 3)
    stage.tells("posted", 'cannot create resource "services/proxy"')
    s.grant("ask-by-post", MONITORING, "create", "services/proxy", f"{SYSTEM_NAMESPACE}:{CONTROLLER}")
    stage.scales("6 by POST", "posted", 3)


def questions_by_service(s: Scene) -> None:
    s.track.phase("flyball query, rules and explain")
    viewer, admin = s.account("viewer"), s.cluster.admin_kubeconfig
    question = ("query", f"sum(load{{{HERE}}})")
    s.says("query, without the right", 1, ('cannot get resource "services/proxy"', "viewer"), viewer, *question, f"--prometheus={PLAIN}")
    s.grant("look", MONITORING, "get", "services/proxy", "default:viewer")
    for server in (PLAIN, NAMED, SECURE):
        s.says(f"query {server}, with a token", 0, ("{}  6", "1 row"), viewer, *question, f"--prometheus={server}")
    s.says("query, with a certificate", 0, ("{}  6",), admin, *question, f"--prometheus={PLAIN}")
    s.says("query, no such port", 1, ("no service port 9999 found",), admin, *question, f"--prometheus=svc/{MONITORING}/prometheus:9999")
    s.says("query, no such service", 1, ('services "nobody" not found',), admin, *question, f"--prometheus=svc/{MONITORING}/nobody:9090")
    rules = s.cluster.folder / "rules.yaml"
    rules.write_text(RULES)
    for server in (PLAIN, SECURE):
        s.says(f"rules test {server}", 0, ("1 rule: 1 serves", "load{namespace"), admin, "rules", "test", str(rules), f"--prometheus={server}")
    s.says("rules list", 0, ("load",), viewer, "rules", "list", str(rules), f"--prometheus={PLAIN}")
    config = s.cluster.folder / "controller.yaml"
    s.says("explain, with the controller's servers", 0, ("secure", "3"), admin, "explain", "fha/secure", f"--controller-config={config}")


def last_decisions(s: Scene, port: int) -> None:
    s.track.phase("flyball explain --live")
    live = ("explain", "--live", "fha/plain", f"--controller-port={port}")
    viewer, stranger, outsider = s.cluster.folder / "viewer.kubeconfig", s.account("stranger"), s.account("outsider")
    s.says("without the right to see the Lease", 1, ("who leads", 'cannot get resource "leases"'), outsider, *live)
    for name in ("viewer", "stranger"):
        s.bind(name, SYSTEM_NAMESPACE, "flyball-explain-live", f"default:{name}")
    host = socket.gethostname()
    s.says("without the leader's pod", 1, (f'pods "{host}" not found',), viewer, *live)
    s.make_pod(SYSTEM_NAMESPACE, host)
    s.says("without the right to see the object", 1, ('horizontalautoscalers.flyball.dev "plain" is forbidden', "default:stranger"), stranger, *live)
    s.grant("see", "default", "get", "horizontalautoscalers.flyball.dev", "default:viewer")
    s.says("with both", 0, (f"decided by {host} at 20", "default/plain (fha)"), viewer, *live)
    s.says("as JSON", 0, ('"plain"',), viewer, *live, "-o", "json")
    admin = s.cluster.admin_kubeconfig
    s.says("with a certificate", 1, ("has no token", "--token-file"), admin, *live)
    token = s.cluster.folder / "token"
    token.write_text(s.cluster.kubectl_ok("create", "token", "viewer", "-n", "default"))
    s.says("with a certificate and another's token", 0, (f"decided by {host}",), admin, *live, f"--token-file={token}")
    s.says("an object that is not there", 1, ("is not looked after here",), admin, *live[:2], "fha/nobody", live[3], f"--token-file={token}")
    raw = f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/pods/https:{host}:{port}/proxy"
    s.track.equal("kubectl: the leader is ready", "ok", s.cluster.kubectl_ok("get", "--raw", f"{raw}/readyz").strip())
    s.track.check("kubectl: nobody sees the metrics without a name", s.cluster.kubectl("get", "--raw", f"{raw}/metrics").returncode != 0)


def outage(s: Scene, prometheus) -> None:
    s.track.phase("Prometheus is killed")
    prometheus.kill()
    s.stage.tells("plain", "error trying to reach service")
    s.stage.wait("secure: works", lambda: (not s.stage.told("secure"), s.stage.told("secure")))
    prometheus.start()
    s.stage.wait("plain: works", lambda: (not s.stage.told("plain"), s.stage.told("plain")))


def play(folder: Path, programs: dict[str, str], own: Path, track: Track) -> None:
    cluster = Cluster(folder, programs)
    load = Load(cluster.api, [])
    stage = Stage(cluster, own, track)
    try:
        track.phase("start")
        address = own_address()
        scene = Scene(stage, address)
        plain, tls, port = free_port(), free_port(), free_port()
        cluster.start_control_plane(hpa_controller=False, more_controllers=("endpoints-controller",))
        apply_base(cluster, track)
        load.series = {f'load{{{HERE},pod="a"}}': 4, f'load{{{HERE},pod="b"}}': 2, 'load{namespace="bank",pod="a"}': 1000}
        load.start()
        certificate, key = cluster.certificates.server("prometheus", ["prometheus"])
        web = folder / "web.yml"
        web.write_text(json.dumps({"tls_server_config": {"cert_file": str(certificate), "key_file": str(key)}}))
        prometheus = cluster.start_prometheus(load.port, listen=f"{address}:{plain}")
        cluster.start_prometheus(load.port, "prometheus-tls", f"{address}:{tls}", (f"--web.config.file={web}",))
        scene.make_service({"web": (9090, plain), "tls": (9443, tls)})
        stage.watch.start()
        for name in NAMES:
            stage.create(name, {"query": "sum(load)", "server": name})
        stage.start_controller(SERVERS, "--leader-elect", f"--bind-address={address}", f"--secure-port={port}", f"--cert-dir={folder}")
        metrics_by_service(scene)
        questions_by_service(scene)
        last_decisions(scene, port)
        outage(scene, prometheus)
        track.equal("every count that there was", {name: [1, 3] for name in NAMES}, stage.counts)
        track.equal("flyball-controller ends when it is asked to", 0, stage.controller.stop())
    finally:
        stage.watch.stop()
        load.stop()
        cluster.stop()


if __name__ == "__main__":
    sys.exit(play_alone("proxied", play, PROGRAMS))
