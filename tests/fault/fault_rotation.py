#!/usr/bin/env python3
"""What changes while the adapter runs (rows 47 and 49): certificates, CAs, the authentication ConfigMap, the rules. What is bad keeps the last good one."""

import ssl
import sys
import threading
import time

from stage import ALL_PODS, CUSTOM, ONE_POD, RULES, calm_seconds, check, is_sanitized, play, until

RATE = 1000
WORKERS = 4
REQUESTS_PER_CONNECTION = 50
WHO = [("X-Remote-User", "admin"), ("X-Remote-Group", "system:masters")]


def shown(stage):
    """The serving certificate that a new connection gets."""
    with stage.connect(cert=None) as connection:
        return connection.getpeercert(binary_form=True)


def der(stage, name):
    return ssl.PEM_cert_to_DER_cert(stage.certs.text(name))


class Load:
    """Requests at a steady rate over connections that are renewed now and then; every answer but 200 with a value is a failure."""

    def __init__(self, stage):
        self.stage, self.n, self.failures = stage, 0, []
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.workers = [threading.Thread(target=self.work, args=(i,)) for i in range(WORKERS)]

    def __enter__(self):
        self.began = time.monotonic()
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for worker in self.workers:
            worker.join(30)
        self.rate = self.n / max(1.0, calm_seconds(self.began))

    def work(self, number):
        request = f"GET {ONE_POD} HTTP/1.1\r\nHost: h\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n".encode()
        begin, count, connection = time.monotonic(), 0, None
        while not self.ending.is_set():
            wait = begin + count * WORKERS / RATE - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            try:
                if count % REQUESTS_PER_CONNECTION == 0:
                    if connection:
                        connection.close()
                    connection = self.stage.connect()
                connection.sendall(request)
                answer = connection.recv(65536)
                while answer and not answer.endswith(b"}\n"):
                    piece = connection.recv(65536)
                    answer = answer + piece if piece else b""
                if not answer.startswith(b"HTTP/1.1 200") or b'"value":"5"' not in answer:
                    self.failures.append(answer[:200])
            except OSError as problem:
                self.failures.append(repr(problem))
                connection, count = None, count - count % REQUESTS_PER_CONNECTION - 1
            count += 1
            with self.lock:
                self.n += 1


def certificates_rotate_under_load(stage):
    """0 failed requests at 1,000 requests/s, through four serving certificates, bad files, new CAs and new rules."""
    names = [f"serving-{i}" for i in range(4)]
    for name in names:
        stage.certs.pair(name, "serving-ca", "/CN=localhost", "serverAuth")
    stage.certs.authority("proxy-ca-2")
    stage.certs.pair("proxy-2", "proxy-ca-2", "/CN=front-proxy-client")
    both = stage.certs.text("proxy-ca") + stage.certs.text("proxy-ca-2")
    stage.start()
    with Load(stage) as load:
        time.sleep(1)
        for number, name in enumerate(names):
            stage.certs.copy(name, "serving")
            stage.reload()
            until(f"{name} is shown", lambda: shown(stage) == der(stage, name))
            good = stage.certs.text("serving")
            (stage.folder / "serving.crt").write_text(good[: len(good) // 2])
            (stage.folder / "rules.yaml").write_text("rules: [")
            stage.kube.set_trust(**{"requestheader-client-ca-file": both if number % 2 else stage.certs.text("proxy-ca")})
            stage.reload()
            time.sleep(0.3)
            check(shown(stage) == der(stage, name), "half of a file changed the certificate")
            (stage.folder / "serving.crt").write_text(good)
            (stage.folder / "rules.yaml").write_text(RULES + f"# {number}\n")
            stage.reload()
            time.sleep(0.3)
        until("the new proxy CA counts", lambda: stage.ask(ONE_POD, cert="proxy-2", headers=WHO).status == 200)
    check(not load.failures, f"{len(load.failures)} of {load.n} requests failed: {load.failures[:3]}")
    least = 200 if is_sanitized() else 700
    check(load.rate > least, f"only {load.rate:.0f} requests/s could be made")
    return f"{load.n} requests at {load.rate:.0f}/s, 0 failed"


def a_new_serving_certificate_is_found_without_a_signal(stage):
    stage.certs.pair("serving-2", "serving-ca", "/CN=localhost", "serverAuth")
    stage.start()
    before = stage.connect(cert=None)
    stage.certs.copy("serving-2", "serving")
    until("the new one is shown", lambda: shown(stage) == der(stage, "serving-2"), 30, 0.5)
    before.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    check(before.recv(4096).startswith(b"HTTP/1.1 200"), "the old connection lives on")
    before.close()


def bad_certificate_files_change_nothing(stage):
    stage.certs.pair("serving-2", "serving-ca", "/CN=localhost", "serverAuth")
    stage.start()
    good = der(stage, "serving")
    cert, key = stage.folder / "serving.crt", stage.folder / "serving.key"
    cert_text, key_text = cert.read_text(), key.read_text()
    for what, bad_cert, bad_key in (("half a certificate", cert_text[:200], key_text), ("half a key", cert_text, key_text[:60]), ("empty files", "", ""),
                                    ("another key", cert_text, (stage.folder / "serving-2.key").read_text()), ("noise", "\0\xff" * 100, key_text)):
        failed = stage.metric('flyball_adapter_reloads_total{file="certificate",result="failed"}') or 0
        cert.write_text(bad_cert)
        key.write_text(bad_key)
        stage.reload()
        until(f"{what}: it is counted", lambda: (stage.metric('flyball_adapter_reloads_total{file="certificate",result="failed"}') or 0) > failed)
        check(shown(stage) == good, f"{what}: the last good one stays")
    cert.unlink()
    stage.reload()
    time.sleep(0.2)
    check(shown(stage) == good and stage.alive(), "no file: the last good one stays")
    stage.certs.copy("serving-2", "serving")
    stage.reload()
    until("a good one is used again", lambda: shown(stage) == der(stage, "serving-2"))


def further_certificates_are_found_by_name(stage):
    """And change like the first one."""
    for name in ("other", "other-2"):
        stage.certs.pair(name, "serving-ca", "/CN=other", "serverAuth", names="DNS:other.example")
    old, new = der(stage, "other"), der(stage, "other-2")
    stage.start(f"--tls-sni-cert-key={stage.folder}/other.crt,{stage.folder}/other.key:*.example,other.example")

    def named():
        with stage.connect(cert=None, server="other.example") as connection:
            return connection.getpeercert(binary_form=True)

    check(shown(stage) == der(stage, "serving") and named() == old, "each name has its certificate")
    stage.certs.copy("other-2", "other")
    stage.reload()
    until("the new one is shown", lambda: named() == new)
    check(shown(stage) == der(stage, "serving"), "the first one stays")


def the_authentication_config_map_changes(stage):
    """From the next request on, on old connections too."""
    stage.certs.authority("proxy-ca-2")
    stage.certs.pair("proxy-2", "proxy-ca-2", "/CN=front-proxy-client")
    stage.start()
    request = f"GET {CUSTOM} HTTP/1.1\r\nHost: h\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n".encode()
    old = stage.connect()
    old.sendall(request)
    check(old.recv(65536).startswith(b"HTTP/1.1 200"), "the first CA")
    check(stage.ask(CUSTOM, cert="proxy-2", headers=WHO).status == 401, "the second CA, not yet")
    stage.kube.set_trust(**{"requestheader-client-ca-file": stage.certs.text("proxy-ca-2")})
    until("the second CA counts", lambda: stage.ask(CUSTOM, cert="proxy-2", headers=WHO).status == 200)
    check(stage.ask(CUSTOM).status == 401, "the first one does not any more")
    old.sendall(request)
    check(old.recv(65536).startswith(b"HTTP/1.1 401"), "nor on a connection that was opened before")
    old.close()
    stage.kube.set_trust(**{"requestheader-client-ca-file": "no certificate", "requestheader-allowed-names": "[1"})
    time.sleep(0.5)
    check(stage.ask(CUSTOM, cert="proxy-2", headers=WHO).status == 200, "a bad ConfigMap keeps the last good one")
    check("extension-apiserver-authentication" in stage.log.read_text(), "and is told")
    stage.kube.set_trust(**{"requestheader-client-ca-file": stage.certs.text("proxy-ca-2"), "requestheader-allowed-names": '["somebody-else"]'})
    until("the names count", lambda: stage.ask(CUSTOM, cert="proxy-2", headers=WHO).status == 401)


def the_ca_files_change(stage):
    stage.certs.authority("client-ca-2")
    stage.certs.pair("alice", "client-ca", "/CN=alice")
    stage.certs.pair("bob", "client-ca-2", "/CN=bob")
    file = stage.folder / "callers.crt"
    file.write_text(stage.certs.text("client-ca"))
    stage.start(f"--client-ca-file={file}")
    check([stage.ask(CUSTOM, cert=name).status for name in ("alice", "bob")] == [200, 401], "the first CA")
    for what, text in (("an empty file", ""), ("noise", "noise"), ("half a file", stage.certs.text("client-ca-2")[:100])):
        failed = stage.metric('flyball_adapter_reloads_total{file="client-ca",result="failed"}') or 0
        file.write_text(text)
        stage.reload()
        until(f"{what}: it is counted", lambda: (stage.metric('flyball_adapter_reloads_total{file="client-ca",result="failed"}') or 0) > failed)
        check([stage.ask(CUSTOM, cert=name).status for name in ("alice", "bob")] == [200, 401], f"{what}: the last good one stays")
    file.write_text(stage.certs.text("client-ca-2"))
    until("the second CA counts, without a signal", lambda: [stage.ask(CUSTOM, cert=name).status for name in ("alice", "bob")] == [401, 200], 30, 0.5)
    check(stage.ask(CUSTOM).status == 200, "the front proxy's CA is still the ConfigMap's")


def bad_rules_change_nothing(stage):
    file = stage.folder / "rules.yaml"
    stage.start()
    bad = [("half a document", RULES[:-40] + '{"'), ("an unknown key", RULES + "surprise: 1\n"), ("a bad expression", RULES.replace("seriesQuery: 'hits", "name: {matches: '('}\n  seriesQuery: 'hits")),
           ("a bad template", RULES.replace("sum(<<.Series>>", "sum(<<.Series")), ("binary", "\0\1\2"), ("a list", "- 1\n")]
    for what, text in bad:
        failed = stage.metric('flyball_adapter_reloads_total{file="config",result="failed"}') or 0
        file.write_text(text)
        stage.reload()
        until(f"{what}: it is counted", lambda: (stage.metric('flyball_adapter_reloads_total{file="config",result="failed"}') or 0) > failed)
        check(stage.is_good(), f"{what}: the last good rules serve")
    check(stage.log.read_text().count("the last good one stays") >= len(bad), "each is told")
    file.unlink()
    stage.reload()
    time.sleep(0.2)
    check(stage.is_good(), "no file: the last good rules serve")
    file.write_text(RULES[: RULES.index("externalRules:")])
    stage.reload()
    until("good rules are used", lambda: b"lag" not in stage.ask("/debug/rules").body)
    check(stage.ask(ALL_PODS).status == 200, "the rule that stayed serves without a gap")


sys.exit(play(certificates_rotate_under_load, a_new_serving_certificate_is_found_without_a_signal, bad_certificate_files_change_nothing, further_certificates_are_found_by_name,
              the_authentication_config_map_changes, the_ca_files_change, bad_rules_change_nothing))
