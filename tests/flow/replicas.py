"""Two controllers of one cluster, for the flow tests. Each reaches the API server through a proxy of its own, which tells who wrote what and when, and can
cut it off."""

import re
import socket
import subprocess
import threading
import time
import urllib.request

from play import BIN, Failed, calm_seconds, free_port, until

QUICK = ("--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=500ms")
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/flyball-controller"
CHECKPOINT = "/api/v1/namespaces/default/configmaps/flyball-controller-checkpoint-0"
REQUEST = re.compile(rb"(GET|PUT|POST|PATCH|DELETE) (\S+) HTTP/1\.1\r\n")


class Proxy:
    """TCP to the API server. Requests are noted, also those that are swallowed."""

    def __init__(self, port):
        self.upstream, self.swallow, self.requests, self.open = port, None, [], set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                return
            self.open |= {client, server}
            threading.Thread(target=self.relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.relay, args=(server, client, False), daemon=True).start()

    def relay(self, source, sink, note):
        try:
            while data := source.recv(65536):
                if note:
                    for method, path in REQUEST.findall(data):
                        self.requests.append((time.monotonic(), method.decode(), path.decode()))
                if not (self.swallow and self.swallow(data)):
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def heal(self):
        """What was swallowed is lost: connections from before are ended."""
        self.swallow = None
        for end in list(self.open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def written(self):
        """The writes to anything but the Lease: time, method, path."""
        return [request for request in list(self.requests) if request[1] != "GET" and "/leases" not in request[2]]

    def writes(self, what=""):
        return [at for at, _, path in self.written() if what in path]


class Replica:
    def __init__(self, stage, name, *flags):
        self.stage, self.name, self.port = stage, name, free_port()
        self.proxy = Proxy(int(stage.api.rsplit(":", 1)[1]))
        config = stage.folder / f"kubeconfig-{name}"
        config.write_text(re.sub(r"http://127\.0\.0\.1:\d+", f"http://127.0.0.1:{self.proxy.port}", stage.kubeconfig.read_text()))
        self.command = [BIN / "flyball-controller", f"--kubeconfig={config}", "--native-hpas=own", "--canary-period=100ms", "--leader-elect",
                        "--sync-period=500ms", f"--port={self.port}", *flags]
        self.start()

    def start(self):
        with open(self.stage.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.stage.processes[self.name] = self.process

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def leads(self):
        return "\nflyball_leader 1" in self.ask("/metrics")

    def stands_by(self):
        found = self.ask("/readyz")
        return found == "ok, stands by" or found

    def end(self):
        return self.stage.stop(self.name)

    def kill(self):
        self.stage.stop(self.name, kill=True)


class Watcher(threading.Thread):
    """Notes every change of the replica count."""

    def __init__(self, stage):
        super().__init__(daemon=True)
        self.stage, self.seen, self.ended = stage, [], False
        self.start()

    def run(self):
        while not self.ended:
            try:
                count = self.stage.replicas()
            except (Failed, OSError):
                continue
            if not self.seen or self.seen[-1][1] != count:
                self.seen.append((time.monotonic(), count, self.stage.wanted()))
            time.sleep(0.02)

    def stop(self):
        self.ended = True
        self.join()
        return self.seen

    def has_no_dip(self):
        """It never fell, but from more than the load wants: a rate that is measured while the load rises may be too high for a moment."""
        seen = self.stop()
        if any(after < before and after < wanted for (_, before, _), (_, after, wanted) in zip(seen, seen[1:])):
            raise Failed(f"the count dipped: {[count for _, count, _ in seen]}, wanted were {[wanted for _, _, wanted in seen]}")


def pair(stage, *flags, window="3s"):
    """The whole loop, settled at one replica, and who leads it, who stands by."""
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/myapp_requests_per_second"
    until("the metric is served", lambda: stage.request("GET", metric)[0] == 200 or stage.request("GET", metric))
    stage.create_hpa()
    flags += (f"--horizontal-pod-autoscaler-downscale-stabilization={window}",)
    first = Replica(stage, "first", *flags)
    until("the first one leads", first.leads)
    second = Replica(stage, "second", *flags)
    until("the metric is used", lambda: stage.reason_is("ScalingActive", "ValidMetricFound"))
    until("one leads, the other one stands by", lambda: are_settled(first, second) or [first.ask("/readyz"), second.ask("/readyz")])
    # On a machine that is busy enough the first one may have lost its lease meanwhile.
    leader, standby = (first, second) if first.leads() else (second, first)
    standby.proxy.requests.clear()
    return leader, standby


def are_settled(one, other):
    return any(a.ask("/readyz") == "ok" and a.leads() and b.stands_by() is True and not b.leads() for a, b in ((one, other), (other, one)))


def took_over(standby, since, seconds):
    until("the other one leads", standby.leads, step=0.02)
    took = calm_seconds(since)
    if took > seconds:
        raise Failed(f"the takeover took {took:.1f} s, {seconds} s are allowed")


def one_after_the_other(first, second, elected):
    """The first one wrote nothing more once the second one was elected, and the second one nothing before."""
    late = [(f"{at - elected:.2f} s", *what) for at, *what in first.proxy.written() if at > elected]
    early = [(f"{elected - at:.2f} s", *what) for at, *what in second.proxy.written() if at < elected]
    if late or early:
        raise Failed(f"two writers: the first one {late} after the election, the second one {early} before")
    if not second.proxy.writes():
        raise Failed("the second one wrote nothing at all")


def election_of(replica):
    """When it first wrote anything: an upper bound of its election that both clocks agree on."""
    return min(replica.proxy.writes(), default=time.monotonic())
