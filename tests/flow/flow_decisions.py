#!/usr/bin/env python3
"""The last decisions: kept by the controller, shown on its HTTPS port to whom the API server allows it, explained by the command line."""

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime

from play import BIN, Failed, free_port, play, until
from replicas import pair

FHAS = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers"
PODS = "/api/v1/namespaces/default/pods"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/flyball-controller"
MINE = "/decisions/default/myhpa"
TOKEN = {"Authorization": "Bearer anything"}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def tapes(self):
        return [json.loads(line) for line in self.body.splitlines()] if self.status == 200 else []

    def message(self):
        return json.loads(self.body)["message"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


def ask(port, path, headers=TOKEN):
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5, context=ssl._create_unverified_context()) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())
    except OSError as error:
        return Answer(0, {}, str(error))


def expect(answer, status, text=""):
    if answer.status != status or text not in answer.body:
        raise Failed(f"expected {status} and {text!r}, got {answer}")
    return answer


def decided(tape):
    return tape["steps"][0]["expect"]["status"]["desiredReplicas"]


def loop(stage, *args):
    """The whole loop with an HTTPS port."""
    port = free_port()
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/myapp_requests_per_second"
    until("the metric is served", lambda: stage.request("GET", metric)[0] == 200 or stage.request("GET", metric))
    stage.create_hpa()
    stage.start_controller("--native-hpas=own", f"--secure-port={port}", *args)
    until("the metric is used", lambda: stage.reason_is("ScalingActive", "ValidMetricFound"))
    return port


def flyball(stage, *args, code=0):
    done = subprocess.run([str(BIN / "flyball"), args[0], f"--kubeconfig={stage.kubeconfig}", *args[1:]], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode != code:
        raise Failed(f"flyball {' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def decisions_that_differ_are_kept_and_all_after_a_question(stage):
    port = loop(stage)
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    stage.hold(5, 3)
    first = expect(ask(port, MINE), 200).tapes()
    age = time.time() - datetime.fromisoformat(first[-1]["steps"][0]["now"]["wall"][:19] + "+00:00").timestamp()
    if decided(first[-1]) != 5 or not any(tape["steps"][0]["expect"]["scaleWrite"] == 5 for tape in first):
        raise Failed(f"of the scale-up nothing is kept: {[decided(tape) for tape in first]}")
    if age < 1.5:
        raise Failed(f"the newest tape is {age:.1f} s old though nothing has changed for longer")
    until("eight after the question", lambda: len(ask(port, MINE).tapes()) == 8 or ask(port, MINE))
    newest = ask(port, MINE).tapes()[-1]["steps"][0]["now"]["wall"]
    until("newer ones", lambda: ask(port, MINE).tapes()[-1]["steps"][0]["now"]["wall"] > newest)
    file = stage.folder / "tapes.jsonl"
    file.write_text(ask(port, MINE).body)
    told = subprocess.run([BIN / "flyball", "replay", file], capture_output=True, text=True, timeout=30)
    if told.returncode != 0 or "8 passes: 8 same" not in told.stdout:
        raise Failed(f"they do not replay: {told.stdout}{told.stderr}")


def without_a_decision_the_object_counts_as_asked_for(stage):
    # Less than one tape of all: none is kept.
    port = loop(stage, "--decisions-max-bytes=64")
    answer = expect(ask(port, MINE), 404, "no decision about default/myhpa is kept now")
    if answer.headers["Retry-After"] != "1":
        raise Failed(f"Retry-After is {answer.headers['Retry-After']}")
    expect(ask(port, "/decisions/default/nobody"), 404, "is not looked after here")
    expect(ask(port, MINE + "?kind=nothing"), 400, "expected hpa or fha")
    expect(ask(port, "/decisions/default"), 404, "expected /decisions/NAMESPACE/NAME")
    if ask(port, "/decisions/default/nobody").headers.get("Retry-After"):
        raise Failed("an object that is not there will not be there later")


def only_those_who_may_get_the_object_see_it(stage):
    port = loop(stage)
    stage.request("PUT", "/sandbox?deny=get:horizontalpodautoscalers.autoscaling")
    refused = 'horizontalpodautoscalers.autoscaling \\"myhpa\\" is forbidden: User \\"sandbox-user\\" cannot get resource'
    expect(ask(port, MINE), 403, refused)
    # The API server's pod proxy takes Authorization away.
    expect(ask(port, MINE, {"X-Flyball-Authorization": "Bearer anything"}), 403, refused)
    expect(ask(port, MINE, {}), 403, 'User \\"system:anonymous\\"')
    expect(ask(port, "/metrics"), 200, "flyball_controller_passes")
    for path in ("/healthz", "/livez", "/readyz"):
        expect(ask(port, path, {}), 200, "ok")


def a_standby_names_the_leader(stage):
    leader, standby = pair(stage)
    ports = []
    for replica in (leader, standby):
        ports.append(free_port())
        stage.stop(replica.name)
        replica.command.append(f"--secure-port={ports[-1]}")
    leader.start()
    until("it leads", leader.leads)
    standby.start()
    until("it stands by", lambda: standby.ask("/readyz") == "ok, stands by" or standby.ask("/readyz"))
    holder = stage.get(LEASE)["spec"]["holderIdentity"]
    until("it knows who leads", lambda: holder in ask(ports[1], MINE).body or ask(ports[1], MINE))
    expect(ask(ports[1], MINE), 503, f"this replica stands by; {holder} leads")
    until("the leader answers", lambda: ask(ports[0], MINE).status == 200 or ask(ports[0], MINE))


def pretend_to_be_a_pod(stage):
    """The controller's host as a pod, so that the API server can lead to it."""
    name = socket.gethostname()
    stage.create(PODS, {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    pod = stage.get(f"{PODS}/{name}")
    pod["status"] = {"phase": "Running", "podIP": "127.0.0.1"}
    status, answer = stage.request("PUT", f"{PODS}/{name}/status", pod)
    if status != 200:
        raise Failed(f"the pod's status: {answer}")
    return name


def the_command_line_finds_the_leader_and_explains(stage):
    stage.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "horizontalautoscalers.flyball.dev"}, "spec": {}})
    stage.create_deployment(name="other")
    stage.create(FHAS, {"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler", "metadata": {"name": "mine"}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}, "minReplicas": 1, "maxReplicas": 10,
        "metrics": [{"type": "Pods", "pods": {"metric": {"name": "myapp_requests_per_second"},
                                              "target": {"type": "AverageValue", "averageValue": "2"}}}]}})
    where = ("--controller-namespace=default",)
    told = flyball(stage, "explain", "--live", "hpa/myhpa", *where, code=1)
    if "no Lease flyball-controller in namespace default" not in told or "--controller-namespace" not in told:
        raise Failed(f"without a leader: {told}")
    port = loop(stage, "--leader-elect")
    where += (f"--controller-port={port}",)
    told = flyball(stage, "explain", "--live", "hpa/myhpa", *where, code=1)
    pod = pretend_to_be_a_pod(stage)
    if pod not in told:
        raise Failed(f"without its pod: {told}")
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    time.sleep(1)
    told = flyball(stage, "explain", "--live", "hpa/myhpa", *where)
    if f"decided by {pod} at 20" not in told or "default/myhpa" not in told or "myapp_requests_per_second" not in told:
        raise Failed(f"explained: {told}")
    told = flyball(stage, "explain", "--live", "fha/mine", *where, code=1)
    if "default/mine (fha)" not in told or "FailedGetPodsMetric" not in told:
        raise Failed(f"explained: {told}")
    told = json.loads(flyball(stage, "explain", "--live", "hpa/myhpa", "-o", "json", *where))
    told = flyball(stage, "explain", "--live", "hpa/nobody", *where, code=1)
    if "is not looked after here" not in told:
        raise Failed(f"of an object that is not there: {told}")
    stage.request("PUT", "/sandbox?deny=get:horizontalpodautoscalers.autoscaling")
    time.sleep(10.5)
    told = flyball(stage, "explain", "--live", "hpa/myhpa", *where, code=1)
    if "is forbidden" not in told or "no token" not in told:
        raise Failed(f"of an object that one may not see: {told}")


def what_contradicts_live_is_refused(stage):
    for args, words in ((("explain", "--live"), "needs the name of one autoscaler"),
                        (("explain", "--live", "hpa/a", "--snapshot=x"), "exclude each other"),
                        (("explain", "hpa/a", "--token-file=x"), "--token-file needs --live")):
        # Two refusals are possible for --snapshot: of the cluster's flags, and of --live.
        told = flyball(stage, *args, code=2)
        if words not in told:
            raise Failed(f"{args}: {told}")


sys.exit(play(decisions_that_differ_are_kept_and_all_after_a_question, without_a_decision_the_object_counts_as_asked_for,
              only_those_who_may_get_the_object_see_it, a_standby_names_the_leader,
              the_command_line_finds_the_leader_and_explains, what_contradicts_live_is_refused))
