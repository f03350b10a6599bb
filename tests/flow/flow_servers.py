#!/usr/bin/env python3
"""The adapter with several Prometheus servers: who is asked with which credentials, how long lists are asked for, and what a reload changes."""

import re
import ssl
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fault"))

from stage import ALL_PODS, CUSTOM, LAG, ONE_POD, RULES, SERIES, Prometheus, check, play, until, vector  # noqa: E402

FRESH = "--answer-max-age=0"
LABELS = "  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}\n"


class Recorder(Prometheus):
    """Keeps what it was asked. `wants` is a header line without which it says 401."""

    def __init__(self, tls=None):
        self.asked = []
        self.wants = None
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.tls = tls
        super().__init__()

    def listen(self):
        super().listen()
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)

    def answer(self, handler, url):
        sent = parse_qs(handler.sent.decode()) if handler.sent else {}
        what = {"method": handler.command, "path": url.path, "url": parse_qs(url.query), "form": sent, "headers": dict(handler.headers)}
        what["text"] = {**what["url"], **sent}.get("query", [""])[0]
        is_query = url.path.endswith("/query")
        with self.lock:
            self.asked.append(what)
            self.running += is_query
            self.most = max(self.most, self.running)
        try:
            if self.wants and what["headers"].get(self.wants[0]) != self.wants[1]:
                handler.reply(401, "no")
            else:
                super().answer(handler, url)
        finally:
            with self.lock:
                self.running -= is_query

    def queries(self):
        return [one for one in self.asked if one["path"].endswith("/query")]

    def close(self):
        if not self.ending.is_set():
            super().close()


def rule(name, more="", query="sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"):
    """A custom rule of its own metric; its series exist everywhere."""
    return f"- seriesQuery: '{name}'\n{LABELS}  metricsQuery: '{query}'\n{more}"


def one_of(name, pod="web-1"):
    return f"{CUSTOM}/namespaces/default/pods/{pod}/{name}"


def list_series(stub, *names):
    """The stub has these series besides the usual ones."""
    more = {name: [{"__name__": name, "namespace": "default", "pod": "web-1"}] for name in names}
    stub.series = lambda handler, text: handler.reply(200, {"status": "success", "data": {**SERIES, **more}.get(text, [])})


def write(stage, rules, servers=""):
    text = RULES.replace("externalRules:", f"{rules}externalRules:") + servers
    new = stage.folder / ".new"
    new.write_text(text)
    new.rename(stage.folder / "rules.yaml")


def served(stage, path):
    return stage.ask(path).status == 200 or stage.ask(path)


def two_servers_are_asked_each_for_its_own_rules(stage):
    other = Recorder()
    mine = stage.prometheus = Recorder()
    list_series(other, "queue")
    (stage.folder / "token").write_text("for-other\n")
    write(stage, rule("queue", "  server: other\n"), f"""\
servers:
- name: other
  url: http://127.0.0.1:{other.port}/prom/
  tokenFile: {stage.folder}/token
  headers: {{X-Scope-OrgID: team}}
  queryParameters: {{dedup: "false"}}
  method: POST
""")

    def without_prefix(handler, url):
        Recorder.answer(other, handler, urlsplit(handler.path.replace("/prom/", "/", 1)))
    other.answer = without_prefix
    stage.start(FRESH, "--prometheus-header=X-Mine=1", "--prometheus-header=Authorization=Bearer for-mine",
                prometheus=f"http://127.0.0.1:{mine.port}")
    until("the other server's metric is served", lambda: served(stage, one_of("queue")))
    check(stage.ask(ONE_POD).status == 200, "the flags' server answers")
    asked = other.queries()[-1]
    check(asked["method"] == "POST" and asked["url"] == {} and asked["form"]["dedup"] == ["false"], f"other: {asked}")
    check(asked["headers"]["Authorization"] == "Bearer for-other" and asked["headers"]["X-Scope-OrgID"] == "team", f"other: {asked}")
    check(all("queue" in one["text"] for one in other.queries()), "the other server is asked for its rule only")
    check(all("hits" in one["text"] for one in mine.queries()), f"the flags' server is asked for its rules only: {mine.queries()}")
    check(all("X-Mine" not in one["headers"] and "for-mine" not in str(one["headers"]) for one in other.asked), "the other sees no foreign header")
    check(all("X-Scope-OrgID" not in one["headers"] and "for-other" not in str(one["headers"]) for one in mine.asked), "nor does the flags' one")
    check(stage.metric(f'prometheus_adapter_prometheus_client_request_duration_seconds_count{{path="/api/v1/query",server="http://127.0.0.1:{other.port}/prom"'),
          "its questions are counted under its name")
    other.close()
    answer = stage.ask(one_of("queue"))
    check(answer.status == 500 and b'"value"' not in answer.body, f"a server that is away: {answer}")
    check(stage.ask(ONE_POD).status == 200 and b"pods/queue" in stage.ask(CUSTOM).body, "the other one serves on, and the listing stays")


def credentials_do_not_follow_a_redirect(stage):
    thief, other = Recorder(), Recorder()
    list_series(other, "queue")
    (stage.folder / "password").write_text("pw\n")
    write(stage, rule("queue", "  server: other\n"), f"""\
servers:
- name: other
  url: http://127.0.0.1:{other.port}
  basicAuth: {{username: me, passwordFile: {stage.folder}/password}}
""")
    stage.start(FRESH)
    until("the metric is served", lambda: served(stage, one_of("queue")))
    check(other.queries()[-1]["headers"]["Authorization"] == "Basic bWU6cHc=", "basic authentication")
    for status in (301, 302, 307, 308):
        for host in (f"127.0.0.1:{thief.port}", f"localhost:{thief.port}", f"127.0.0.1:{other.port}/again"):
            other.says("moved", status, "text/plain", (("Location", f"http://{host}/api/v1/query?query=1"),))
            before = len(other.asked)
            answer = stage.ask(one_of("queue"))
            check(answer.status == 500 and b'"value"' not in answer.body, f"{status}: {answer}")
            check(not [one for one in other.asked[before:] if "/again" in one["path"]], "the same host is not asked elsewhere either")
    check(not thief.asked, f"nobody else is asked: {thief.asked}")
    stage.prometheus.says("moved", 302, "text/plain", (("Location", f"http://127.0.0.1:{thief.port}/"),))
    check(stage.ask(ONE_POD).status == 500 and not thief.asked, "the same for the flags' server")
    thief.close()
    other.close()


MANY = [f"web-{i}.x" for i in range(3000)]


def many_pods(stage):
    stage.kube.PODS = [{"metadata": {"name": name, "namespace": "default", "uid": name, "resourceVersion": "5"}} for name in MANY]


def names_in(text):
    found = re.search(r'pod=~"([^"]*)"', text)
    return [name.replace("\\\\.", ".") for name in found.group(1).split("|")] if found else re.findall(r'pod="([^"]*)"', text)


def many_answers(handler, text):
    numbers = {name: i for i, name in enumerate(MANY)}
    rows = [({"pod": name}, f"{numbers[name]}.5") for name in names_in(text) if name in numbers]
    if "topk" in text:
        rows = sorted(rows, key=lambda row: -float(row[1]))[:3]
    if "timestamp(" in text:
        rows = [(labels, str(1_700_000_000 + float(value))) for labels, value in rows]
    handler.reply(200, vector(*rows))


def long_lists_go_by_post_and_in_pieces(stage):
    stage.prometheus = Recorder()
    list_series(stage.prometheus, "top")
    stage.prometheus.query = many_answers
    many_pods(stage)
    write(stage, rule("top", query="topk(3, <<.Series>>{<<.LabelMatchers>>})"))
    stage.start(FRESH)
    until("all pods are known", lambda: len(stage.ask(ALL_PODS).json().get("items", [])) == len(MANY) or stage.ask(ALL_PODS))
    stage.prometheus.asked.clear()
    items = stage.ask(ALL_PODS).json()["items"]
    got = {item["describedObject"]["name"]: item["value"] for item in items}
    check(len(items) == len(got) == len(MANY), f"one item for each pod: {len(items)}, {len(got)}")
    check(all(got[name] == f"{i * 1000 + 500}m" for i, name in enumerate(MANY)), "each with its own value")
    asked = stage.prometheus.queries()
    check(len(asked) > 2, f"{len(asked)} queries")
    check(all(one["method"] == "POST" and len(one["text"]) <= 16 * 1024 for one in asked), "by POST, each at most 16 KiB")
    check(sorted(name for one in asked for name in names_in(one["text"])) == sorted(MANY), "each name once")
    check(len({one["form"]["time"][0] for one in asked}) == 1, "at one instant")
    stage.prometheus.asked.clear()
    top = stage.ask(f"{CUSTOM}/namespaces/default/pods/*/top").json()["items"]
    check({item["value"] for item in top} == {"2997500m", "2998500m", "2999500m"}, f"{top}")
    check(len(stage.prometheus.queries()) == 1, "a query over all objects is not cut")
    stage.prometheus.asked.clear()
    check(stage.ask(one_of("hits", "web-7.x")).values() == ["7500m"], "one object")
    check(stage.prometheus.queries()[0]["method"] == "GET", "short questions go in the URL")


def one_failing_piece_is_no_number(stage):
    stage.prometheus = Recorder()
    stage.prometheus.query = many_answers
    many_pods(stage)
    stage.start(FRESH)
    until("all pods are known", lambda: len(stage.ask(ALL_PODS).json().get("items", [])) == len(MANY) or stage.ask(ALL_PODS))
    n = [0]

    def third_fails(handler, text):
        n[0] += 1
        handler.reply(500, "no") if n[0] == 3 else many_answers(handler, text)
    stage.prometheus.query = third_fails
    answer = stage.ask(ALL_PODS)
    check(answer.status == 500 and b'"value"' not in answer.body, f"{answer}")


def namespaces_are_enforced(stage):
    stage.prometheus = Recorder()
    list_series(stage.prometheus, "mine", "foreign")
    query = stage.prometheus.queries
    write(stage, rule("mine", "  enforceNamespace: true\n", query='sum(<<.Series>>{<<.LabelMatchers>>}) by (pod) / on () group_left () max(limit)')
          + rule("foreign", query="sum(<<.Series>>) by (pod)"))
    stage.start(FRESH)
    until("the metric is served", lambda: served(stage, one_of("mine")))
    check(query()[-1]["text"] == 'sum by (pod) (mine{namespace="default",pod="web-1"}) / on () group_left () max(limit{namespace="default"})',
          query()[-1]["text"])
    check(served(stage, one_of("foreign")) and query()[-1]["text"] == "sum(foreign) by (pod)", "other rules are left alone")
    asked = len(query())
    for selector in ("namespace%3Dkube-system", "namespace%3D", "namespace+notin+(default)"):
        answer = stage.ask(one_of("mine") + f"?metricLabelSelector={selector}")
        check(answer.status == 400 and b"contradicts" in answer.body, f"{selector}: {answer}")
    check(len(query()) == asked, "Prometheus was not asked")
    root = stage.ask(f"{CUSTOM}/namespaces/kube-system/metrics/mine")
    check(root.status in (200, 404) and 'limit{namespace="kube-system"}' in query()[-1]["text"], f"{root} {query()[-1]}")


def samples_tell_their_own_time(stage):
    stage.prometheus = Recorder()
    stage.prometheus.query = many_answers
    list_series(stage.prometheus, "age")
    many_pods(stage)
    write(stage, rule("age", "  sampleTimestamp: true\n"))
    stage.start(FRESH)
    until("the metric is served", lambda: served(stage, one_of("age", "web-5.x")))
    item = stage.ask(one_of("age", "web-5.x")).json()["items"][0]
    check((item["timestamp"], item["value"]) == ("2023-11-14T22:13:25Z", "5500m"), f"{item}")
    item = stage.ask(one_of("hits", "web-5.x")).json()["items"][0]
    check(item["timestamp"] > "2025", f"other rules have the evaluation time: {item}")
    items = stage.ask(f"{CUSTOM}/namespaces/default/pods/*/age").json()["items"]
    check(len(items) == len(MANY) and len({one["timestamp"] for one in items}) == len(MANY), "in lists too, each its own")


def a_server_is_not_asked_more_than_it_takes(stage):
    other = Recorder()
    list_series(other, "queue")
    slow = threading.Event()

    def late(handler, text):
        slow.wait(0.3)
        many_answers(handler, text)
    other.query = late
    write(stage, rule("queue", "  server: other\n"),
          f"servers: [{{name: other, url: 'http://127.0.0.1:{other.port}', maxConcurrency: 4, timeout: 1s}}]\n")
    stage.start(FRESH)
    until("the metric is served", lambda: served(stage, one_of("queue", "web-0.x")))
    other.most = 0
    answers = []
    threads = [threading.Thread(target=lambda i=i: answers.append(stage.ask(one_of("queue", f"web-{i}.x")))) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check([answer.status for answer in answers] == [200] * 8, f"{answers}")
    check(2 <= other.most <= 3, f"{other.most} at once; 3 of 4 are for queries")
    other.query = lambda handler, text: handler.hang()
    answer = stage.ask(one_of("queue", "web-0.x"))
    check(answer.status == 500 and answer.seconds > 0.8 and answer.calm_seconds < 3, f"a timeout of its own: {answer}")
    slow.set()
    other.close()


class Load:
    """Requests without a pause; none may fail."""

    def __init__(self, stage, *paths):
        self.stage, self.paths = stage, paths
        self.n, self.bad = 0, []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def run(self):
        while not self.over.is_set():
            for path in self.paths:
                answer = self.stage.ask(path)
                self.n += 1
                if answer.status != 200:
                    self.bad.append(answer)

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if not kind:
            check(not self.bad and self.n >= 5, f"{self.n} requests, failed: {self.bad[:3]}")


def log_count(stage, text):
    return stage.log.read_text(errors="replace").count(text)


def a_new_configuration_loses_no_request(stage):
    other = Recorder()
    list_series(other, "queue")
    slow = other.query

    def late(handler, text):
        time.sleep(0.05)
        slow(handler, text)
    other.query = stage.prometheus.query = late
    definition = f"servers: [{{name: other, url: 'http://127.0.0.1:{other.port}'}}]\n"
    write(stage, "")
    stage.start(FRESH)
    with Load(stage, ONE_POD, ALL_PODS, LAG):
        write(stage, rule("queue", "  server: other\n"), definition)
        stage.reload()
        until("the new rule serves", lambda: served(stage, one_of("queue")))
        for broken, why in (("rules: [\n", "did not find expected node content"), (RULES + "servers: [{name: a, url: x}]\n", "servers.url"),
                            (RULES.replace("- seriesQuery: 'hits", "- server: nobody\n  seriesQuery: 'hits"), "must be a name from the list servers"),
                            (RULES + "servers: [{name: a, url: 'https://x', caFile: /no/such}]\n", "open /no/such")):
            (stage.folder / "rules.yaml").write_text(broken)
            for _ in range(3):
                stage.reload()
                time.sleep(0.1)
            until("the mistake is told", lambda: log_count(stage, why) > 0 or stage.log.read_text())
            check(log_count(stage, why) == 1, f"{why}: told {log_count(stage, why)} times")
            check(served(stage, one_of("queue")) is True, "the last good one stays")
        write(stage, "")
        stage.reload()
        until("the rule is gone", lambda: stage.ask(one_of("queue")).status == 404 or stage.ask(one_of("queue")))
    check(stage.metric('flyball_adapter_reloads_total{file="config",result="failed"}') == 4, "four failures counted")
    other.close()


RESOURCE_RULES = "resourceRules:\n" + "".join(f"""\
  {name}:
    containerQuery: 'sum({name}{{<<.LabelMatchers>>}}) by (<<.GroupBy>>)'
    nodeQuery: 'sum({name}{{<<.LabelMatchers>>}}) by (<<.GroupBy>>)'
    resources: {{overrides: {{namespace: {{resource: namespace}}, pod: {{resource: pod}}, node: {{resource: node}}}}}}
    containerLabel: container
""" for name in ("cpu", "memory"))


def new_resource_rules_do_not_take_the_others_away(stage):
    """Nodes may not be listed here; whoever serves stays in the Service, and what is not known is no empty list."""
    stage.start(FRESH)
    check(stage.ask("/readyz").status == 200 and stage.ask(ONE_POD).status == 200, "it serves")
    write(stage, "", RESOURCE_RULES)
    stage.reload()
    resource = "/apis/metrics.k8s.io/v1beta1"
    until("the new group is offered", lambda: stage.ask(resource).status == 200 or stage.ask(resource))
    check(stage.ask("/readyz").status == 200, f"still ready: {stage.ask('/readyz?verbose')}")
    check(stage.ask(ONE_POD).status == 200, "other metrics are served")
    answer = stage.ask(f"{resource}/nodes")
    check(answer.status == 503 and b"have not been listed yet" in answer.body, f"{answer}")


def credentials_are_read_again(stage):
    for name in ("first-ca", "second-ca"):
        stage.certs.authority(name)
    for name in ("first", "second"):
        stage.certs.pair(f"{name}-server", f"{name}-ca", "/CN=localhost", "serverAuth")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(stage.folder / "first-server.crt", stage.folder / "first-server.key")
    other, plain = Recorder(tls), Recorder()
    list_series(other, "queue")
    list_series(plain, "lake")
    folder = stage.folder
    (folder / "ca.crt").write_text(stage.certs.text("first-ca"))
    (folder / "token").write_text("one")
    (folder / "password").write_text("one")
    write(stage, rule("queue", "  server: other\n") + rule("lake", "  server: plain\n"), f"""\
servers:
- {{name: other, url: 'https://127.0.0.1:{other.port}', caFile: {folder}/ca.crt, tokenFile: {folder}/token}}
- {{name: plain, url: 'http://127.0.0.1:{plain.port}', basicAuth: {{username: me, passwordFile: {folder}/password}}}}
""")
    other.wants, plain.wants = ("Authorization", "Bearer one"), ("Authorization", "Basic bWU6b25l")
    stage.start(FRESH)
    for name in ("queue", "lake"):
        until(f"{name} is served", lambda name=name: served(stage, one_of(name)))
    # A token is read again by itself; a password when the files are looked at.
    other.wants = ("Authorization", "Bearer two")
    (folder / "token").write_text("two")
    check(served(stage, one_of("queue")) is True, "the new token is used at once")
    plain.wants = ("Authorization", "Basic bWU6dHdv")
    (folder / "password").write_text("two")
    stage.reload()
    until("the new password is used", lambda: served(stage, one_of("lake")))
    # A CA that is none: the last good one stays, and it is said once.
    (folder / "ca.crt").write_text("rubbish")
    for _ in range(3):
        stage.reload()
        time.sleep(0.1)
    until("it is told", lambda: log_count(stage, "the files of a server cannot be used, the last good ones stay") > 0)
    check(served(stage, one_of("queue")) is True, "the last good CA stays")
    check(log_count(stage, "the files of a server cannot be used, the last good ones stay") == 1, "told once")
    # The server's certificate changes with its CA.
    (folder / "ca.crt").write_text(stage.certs.text("first-ca") + stage.certs.text("second-ca"))
    stage.reload()
    until("both are trusted", lambda: stage.metric('flyball_adapter_reloads_total{file="servers",result="ok"}') == 2)
    tls.load_cert_chain(folder / "second-server.crt", folder / "second-server.key")
    with Load(stage, one_of("queue"), one_of("lake")):
        (folder / "ca.crt").write_text(stage.certs.text("second-ca"))
        stage.reload()
        until("the second CA alone is trusted", lambda: stage.metric('flyball_adapter_reloads_total{file="servers",result="ok"}') == 3)
        check(served(stage, one_of("queue")) is True, "with the new CA")
        time.sleep(0.3)
    other.close()
    plain.close()


def client_certificates_are_shown_and_changed(stage):
    """The flags' server and a named one, each with a CA and a client certificate; both are replaced while it runs."""
    certs, folder = stage.certs, stage.folder
    certs.authority("ca")
    certs.pair("server", "ca", "/CN=localhost", "serverAuth")
    for name in ("mine", "other", "new-mine", "new-other"):
        certs.pair(f"{name}-client", "ca", f"/CN={name}")
    for name in ("mine", "other"):
        certs.copy(f"{name}-client", name)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.crt", folder / "server.key")
    tls.load_verify_locations(folder / "ca.crt")
    tls.verify_mode = ssl.CERT_REQUIRED
    # So that a connection of before is not taken up again with the certificate of before.
    tls.num_tickets = 0
    mine, other = Recorder(tls), Recorder(tls)
    stage.prometheus = mine
    list_series(other, "queue")
    seen = {}

    def note(name, stub):
        good = stub.query

        def answer(handler, text):
            seen[name] = dict(pair[0] for pair in handler.connection.getpeercert()["subject"])["commonName"]
            good(handler, text)
        stub.query = answer
    note("mine", mine)
    note("other", other)
    write(stage, rule("queue", "  server: other\n"), f"""\
servers:
- {{name: other, url: 'https://127.0.0.1:{other.port}', caFile: {folder}/ca.crt, certFile: {folder}/other.crt, keyFile: {folder}/other.key}}
""")
    stage.start(FRESH, f"--prometheus-ca-file={folder}/ca.crt", f"--prometheus-client-tls-cert-file={folder}/mine.crt",
                f"--prometheus-client-tls-key-file={folder}/mine.key", prometheus=f"https://127.0.0.1:{mine.port}")
    until("the named server's metric is served", lambda: served(stage, one_of("queue")))
    check(served(stage, ONE_POD) is True and seen == {"mine": "mine", "other": "other"}, f"{seen}")
    # A certificate without its key: a writer is half-way.
    (folder / "mine.crt").write_text(certs.text("new-mine-client"))
    stage.reload()
    until("it is said", lambda: log_count(stage, "prometheus-client-tls-cert-file") == 1)
    check(served(stage, ONE_POD) is True and seen["mine"] == "mine", f"the last good pair stays: {seen}")
    with Load(stage, ONE_POD, one_of("queue")):
        for name in ("mine", "other"):
            certs.copy(f"new-{name}-client", name)
        stage.reload()
        until("the new ones are shown", lambda: seen == {"mine": "new-mine", "other": "new-other"} or seen)
        time.sleep(0.3)
    other.close()


def strict_mode_knows_no_servers(stage):
    write(stage, "", "servers: []\n")
    stage.start("--compatibility=strict", wait=False)
    until("it ends", lambda: not stage.alive())
    check(stage.adapter.returncode == 255 and log_count(stage, 'unknown key \\"servers\\"') + log_count(stage, 'unknown key "servers"') == 1,
          stage.log.read_text())
    stage.adapter = None


if __name__ == "__main__":
    sys.exit(play(two_servers_are_asked_each_for_its_own_rules, credentials_do_not_follow_a_redirect, long_lists_go_by_post_and_in_pieces,
                  one_failing_piece_is_no_number, namespaces_are_enforced, samples_tell_their_own_time,
                  a_server_is_not_asked_more_than_it_takes, a_new_configuration_loses_no_request,
                  new_resource_rules_do_not_take_the_others_away, credentials_are_read_again, client_certificates_are_shown_and_changed, strict_mode_knows_no_servers))
