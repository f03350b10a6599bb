#!/usr/bin/env python3
"""Metrics of type Prometheus in our own kind: one number and one row a pod, from zero, dead exporters, other people's series, shared questions."""

import subprocess
import sys
import time

from play import BIN, Failed, play, until
from stub_prometheus import StubPrometheus, vector

FHAS = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = {"metadata": {"name": "horizontalautoscalers.flyball.dev"},
       "spec": {"group": "flyball.dev", "names": {"kind": "HorizontalAutoscaler", "plural": "horizontalautoscalers"}}}
PODS = "/api/v1/namespaces/default/pods"
HERE = '{namespace="default"}'


def scalar(value):
    return {"resultType": "scalar", "result": [time.time(), str(value)]}


def create(stage, name="web", target="myapp", low=1, **prometheus):
    """An object of ours with one Prometheus metric: averageValue 2 unless said otherwise."""
    stage.request("POST", CRDS, CRD)
    metric = {"name": "load", "query": "load", "server": "main", "target": {"type": "AverageValue", "averageValue": "2"}, **prometheus}
    stage.create(FHAS, {"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler", "metadata": {"name": name}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "minReplicas": low, "maxReplicas": 10,
        "metrics": [{"type": "Prometheus", "prometheus": {k: v for k, v in metric.items() if v is not None}}]}})


def condition(stage, kind, name="web"):
    for found in stage.get(f"{FHAS}/{name}").get("status", {}).get("conditions") or []:
        if found["type"] == kind:
            return found
    return {"status": None, "reason": None, "message": ""}


def says(stage, words, name="web"):
    """The metric failed, and the condition tells with these words why."""
    found = condition(stage, "ScalingActive", name)
    return (found["status"] == "False" and words in found["message"]) or found


def is_active(stage, name="web"):
    found = condition(stage, "ScalingActive", name)
    return found["status"] == "True" or found


def control(stage, stub, more="", flags=()):
    config = stage.folder / "controller.yaml"
    config.write_text(f"servers:\n- name: main\n  url: {stub.url}\n  namespaces: [default]\n{more}")
    stage.start_controller(f"--config={config}", "--native-hpas=ignore", *flags)


def one_number_decides(stage):
    with StubPrometheus(queries={f"sum(load{HERE})": vector(({}, 6))}) as stub:
        stage.create_deployment()
        create(stage, query="sum(load)")
        control(stage, stub)
        until("three replicas for six", lambda: stage.replicas_are(3))
        stub.queries[f"sum(load{HERE})"] = scalar(9)
        until("five for nine", lambda: stage.replicas_are(5))
        stub.queries[f"sum(load{HERE})"] = vector()
        until("nothing is no zero", lambda: says(stage, "gives no series"))
        stub.queries[f"sum(load{HERE})"] = vector(({"a": "b"}, 1), ({"a": "c"}, 1))
        until("two numbers are none", lambda: says(stage, "gives 2 series, expected one number"))
        stage.hold(5, 2)
        stub.queries[f"sum(load{HERE})"] = scalar(2)
        until("one for two", lambda: stage.replicas_are(1))


def a_row_a_pod_decides(stage):
    def rows():
        pods = [p["metadata"]["name"] for p in stage.get(PODS)["items"] if p["metadata"]["labels"].get("app") == "myapp"]
        return vector(*[({"pod": name}, 4) for name in pods], ({"pod": "of-another-app"}, 1000))

    with StubPrometheus(queries={f"load{HERE}": rows}) as stub:
        stage.create_deployment(replicas=2)
        create(stage, podLabel="pod")
        control(stage, stub)
        until("four for two pods of four", lambda: stage.replicas_are(4))


def zero_is_left_by_the_activation_value(stage):
    with StubPrometheus(queries={f"load{HERE}": scalar(0)}) as stub:
        stage.create_deployment()
        create(stage, low=0, activationValue="5")
        control(stage, stub)
        until("asleep", lambda: stage.replicas_are(0))
        stub.queries[f"load{HERE}"] = scalar(5)
        stage.hold(0, 2)
        stub.queries[f"load{HERE}"] = scalar(5.5)
        until("awake", lambda: stage.replicas_are(3))


def a_dead_exporter_scales_nothing_down(stage):
    with StubPrometheus(queries={f"load{HERE}": scalar(8), f"sum(up{HERE})": scalar(1)}) as stub:
        stage.create_deployment()
        create(stage, aliveQuery="sum(up)", noData="Zero")
        control(stage, stub)
        until("four for eight", lambda: stage.replicas_are(4))
        stub.queries[f"load{HERE}"], stub.queries[f"sum(up{HERE})"] = vector(), scalar(0)
        until("told", lambda: says(stage, "aliveQuery: is not above zero"))
        stage.hold(4, 2)
        stub.queries[f"sum(up{HERE})"] = scalar(1)
        until("alive, and nothing to do", lambda: stage.replicas_are(1))


def other_series_are_refused(stage):
    with StubPrometheus(queries={f"load{HERE}": scalar(2)}) as stub:
        for name, what in (("thief", {"query": 'load{namespace="bank"}'}), ("guest", {"server": "other"}), ("stranger", {"server": "nowhere"}),
                           ("typo", {"query": "ratee(load[1m])"})):
            stage.create_deployment(name)
            create(stage, name, name, **what)
        control(stage, stub, f"- name: other\n  url: {stub.url}\n  namespaces: [bank]\n")
        for name, words in (("thief", 'the selector has namespace="bank", which contradicts namespace="default"'),
                            ("guest", 'the Prometheus server "other" does not serve namespace "default"'),
                            ("stranger", 'no Prometheus server "nowhere" is configured'),
                            ("typo", 'unknown function with name "ratee"')):
            until(name, lambda name=name, words=words: says(stage, words, name))
        stage.hold(1, 1, "thief")
        if stub.asked:
            raise Failed(f"the server was asked {stub.asked[0]}")


def without_servers_nothing_is_asked(stage):
    stage.create_deployment()
    create(stage)
    stage.start_controller("--native-hpas=ignore")
    until("told", lambda: says(stage, "no Prometheus server is configured"))


def a_changed_configuration_counts(stage):
    with StubPrometheus(queries={f"load{HERE}": scalar(2)}) as stub:
        stage.create_deployment()
        create(stage)
        config = stage.folder / "controller.yaml"
        config.write_text(f"servers:\n- name: main\n  url: {stub.url}\n  namespaces: [bank]\n")
        stage.start_controller(f"--config={config}", "--native-hpas=ignore")
        until("refused", lambda: says(stage, 'the Prometheus server "main" does not serve namespace "default"'))
        config.write_text(f"servers:\n- name: main\n  url: {stub.url}\n  namespaces: [default]\n")
        until("served", lambda: is_active(stage))
        config.write_text("servers: nobody\n")
        until("told", lambda: "the last good one stays" in (stage.folder / "flyball-controller.log").read_text())
        if is_active(stage) is not True:
            raise Failed("the bad configuration was taken")


def what_is_alike_is_asked_once_a_period(stage):
    period_sec, periods = 4, 4
    with StubPrometheus(queries={f"load{HERE}": scalar(2), f"other{HERE}": scalar(2)}) as stub:
        for i in range(10):
            stage.create_deployment(f"app-{i}")
            create(stage, f"web-{i}", f"app-{i}", query="load" if i else "other")
        control(stage, stub, flags=[f"--sync-period={period_sec}s"])
        for i in range(10):
            until(f"web-{i}", lambda i=i: is_active(stage, f"web-{i}"))
        # The first passes do not wait for their places in the period.
        time.sleep(2 * period_sec)
        before = len(stub.asked)
        time.sleep(periods * period_sec)
        asked = stub.asked[before:]
        # A question may be asked just before and just after.
        if not 2 * (periods - 1) <= len(asked) <= 2 * (periods + 1):
            raise Failed(f"{len(asked)} requests in {periods} periods for ten objects with two questions")


def plan_and_snapshot_ask_too(stage):
    def rows():
        return vector(*[({"pod": p["metadata"]["name"]}, 4) for p in stage.get(PODS)["items"] if p["metadata"]["labels"].get("app") == "rows"])

    def flyball(*args):
        run = subprocess.run([str(BIN / "flyball"), *args], capture_output=True, text=True, timeout=60, check=False)
        return run.stdout + run.stderr

    with StubPrometheus(queries={f"load{HERE}": scalar(6), f"rows{HERE}": rows}) as stub:
        for name, what in (("load", {}), ("rows", {"query": "rows", "podLabel": "pod"})):
            stage.create_deployment(name, 2)
            create(stage, name, name, **what)
        until("four pods", lambda: len(stage.get(PODS)["items"]) == 4)
        config = stage.folder / "controller.yaml"
        config.write_text(f"servers:\n- name: main\n  url: {stub.url}\n  namespaces: [default]\n")
        live = [f"--kubeconfig={stage.kubeconfig}", f"--controller-config={config}"]
        tape = stage.folder / "tape"
        for said, words in ((flyball("plan", *live), ("2 -> 3", "2 -> 4")), (flyball("explain", "fha/load", *live), ("load", "3")),
                            (flyball("plan", f"--kubeconfig={stage.kubeconfig}"), ("no Prometheus server is configured",)),
                            (flyball("snapshot", *live, f"--output={tape}"), ()), (flyball("plan", f"--snapshot={tape}"), ("2 -> 3", "2 -> 4")),
                            (flyball("plan", f"--kubeconfig={stage.kubeconfig}", "--controller-config=/nonexistent"), ("/nonexistent",))):
            if not all(word in said for word in words):
                raise Failed(f"{words} in {said}")


def a_service_is_asked_through_the_api_server(stage):
    path = "/api/v1/namespaces/monitoring"
    with StubPrometheus(queries={f"load{HERE}": scalar(6)}) as stub:
        host, port = stub.url.removeprefix("http://").split(":")
        for name in ("web", "posted"):
            stage.create_deployment(name)
            create(stage, name, name, server=name)
        config = stage.folder / "controller.yaml"
        config.write_text("servers:\n- {name: web, url: svc/monitoring/prometheus:9090, namespaces: [default]}\n"
                          "- {name: posted, url: svc/monitoring/prometheus:http, method: POST, namespaces: [default]}\n")
        stage.start_controller(f"--config={config}", "--native-hpas=ignore")
        until("no service", lambda: says(stage, "no such service, or port"))
        stage.create("/api/v1/namespaces", {"metadata": {"name": "monitoring"}})
        stage.create(f"{path}/services", {"metadata": {"name": "prometheus"}, "spec": {"ports": [{"name": "http", "port": 9090}]}})
        until("no pod", lambda: says(stage, "no endpoints available"))
        stage.create(f"{path}/endpoints", {"metadata": {"name": "prometheus"}, "subsets": [
            {"addresses": [{"ip": host}], "ports": [{"name": "http", "port": int(port)}]}]})
        for name in ("web", "posted"):
            until(f"three for six, {name}", lambda name=name: stage.replicas_are(3, name))
        if any("Authorization" in headers for headers in stub.headers):
            raise Failed("the controller's credentials were handed on")


def passes_are_decided_again_without_servers(stage):
    def rows():
        return vector(*[({"pod": p["metadata"]["name"]}, 4) for p in stage.get(PODS)["items"] if p["metadata"]["labels"].get("app") == "rows"])

    with StubPrometheus(queries={f"load{HERE}": scalar(6), f"rows{HERE}": rows}) as stub:
        for name, what in (("load", {}), ("rows", {"query": "rows", "podLabel": "pod"}), ("thief", {"query": 'x{namespace="bank"}'}), ("typo", {"query": "x{"})):
            stage.create_deployment(name, 2)
            create(stage, name, name, **what)
        control(stage, stub, flags=[f"--record={stage.folder}/tapes"])
        until("three", lambda: stage.replicas_are(3, "load"))
        until("four", lambda: stage.replicas_are(4, "rows"))
        stage.stop("flyball-controller")
    tapes = sorted(str(path) for path in (stage.folder / "tapes").rglob("tape-*"))
    said = subprocess.run([str(BIN / "flyball"), "replay", *tapes], capture_output=True, text=True, timeout=60, check=False)
    if said.returncode != 0 or not said.stdout.rstrip().endswith(" 0 different"):
        raise Failed(f"replay: {said.stdout[-800:]}{said.stderr[-400:]}")


if __name__ == "__main__":
    sys.exit(play(one_number_decides, a_row_a_pod_decides, zero_is_left_by_the_activation_value, a_dead_exporter_scales_nothing_down,
                  other_series_are_refused, without_servers_nothing_is_asked, a_changed_configuration_counts, what_is_alike_is_asked_once_a_period,
                  plan_and_snapshot_ask_too, a_service_is_asked_through_the_api_server, passes_are_decided_again_without_servers))
