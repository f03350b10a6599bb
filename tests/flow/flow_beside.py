#!/usr/bin/env python3
"""Two writers never: beside another HPA controller, beside native objects and KEDA, with people who change replicas."""

import json
import subprocess
import sys
import threading
import time
import urllib.request

from play import BIN, DEPLOYMENTS, HPAS, Failed, play, until

FHAS = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SCALED_OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/default/scaledobjects"
CANARY = f"{HPAS}/flyball-canary"


def install_kind(stage, name):
    stage.create(CRDS, {"metadata": {"name": name}, "spec": {}})


def serve_metric(stage):
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()


def create_own(stage, name="mine", target="myapp", **spec):
    stage.create(FHAS, {"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler", "metadata": {"name": name}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "minReplicas": 1, "maxReplicas": 10,
        "metrics": [{"type": "Pods", "pods": {"metric": {"name": "myapp_requests_per_second"},
                                              "target": {"type": "AverageValue", "averageValue": "2"}}}], **spec}})


def condition_of(stage, path, kind="AbleToScale"):
    for condition in stage.get(path).get("status", {}).get("conditions") or []:
        if condition["type"] == kind:
            return condition
    return {"reason": None, "message": ""}


def log(stage):
    return (stage.folder / "flyball-controller.log").read_text()


def logged(stage, text):
    return text in log(stage) or log(stage)[-400:]


def flyball(stage, *args, code=0):
    done = subprocess.run([str(BIN / "flyball"), args[0], f"--kubeconfig={stage.kubeconfig}", *args[1:]], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode != code:
        raise Failed(f"flyball {' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class ForeignController:
    """Does what kube-controller-manager's HPA controller does to an object: tells in its status what it decided, under a name of its own."""

    def __init__(self, stage, name="kube-controller-manager"):
        self.stage, self.name = stage, name
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stopped.set()
        self.thread.join()

    def answer(self, path, desired=0):
        body = json.dumps({"status": {"desiredReplicas": desired, "currentReplicas": desired, "conditions": [
            {"type": "AbleToScale", "status": "True" if desired else "False", "reason": "SucceededGetScale" if desired else "FailedGetScale",
             "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"},
            {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound", "message": "m",
             "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}).encode()
        request = urllib.request.Request(f"{self.stage.api}{path}/status", data=body, method="PATCH", headers={
            "Content-Type": "application/merge-patch+json", "User-Agent": f"{self.name}/v1.36.3"})
        with urllib.request.urlopen(request, timeout=10):
            pass

    def run(self):
        while not self.stopped.wait(0.05):
            status, canary = self.stage.request("GET", CANARY)
            if status == 200 and not (canary.get("status") or {}).get("conditions"):
                self.answer(CANARY)


def observing_compares_and_writes_nothing(stage):
    serve_metric(stage)
    stage.create_hpa()
    ForeignController(stage).answer(f"{HPAS}/myhpa", desired=1)
    before = stage.get(f"{HPAS}/myhpa")
    port = stage.adapter_port + 1 if stage.adapter_port < 65000 else stage.adapter_port - 1
    stage.start_controller("--native-hpas=observe", f"--port={port}")
    stage.steer(load=9)
    series = 'flyball_controller_divergence_replicas{namespace="default",hpa_name="myhpa"} '

    def divergence():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(series):
                        return float(line[len(series):])
        except OSError:  # it is only starting
            pass
        return None

    until("ours is above theirs", lambda: (divergence() or 0) > 0 or divergence(), 30)
    after = stage.get(f"{HPAS}/myhpa")
    if after != before or stage.replicas() != 1:
        raise Failed("something was written")
    if stage.request("GET", CANARY)[0] != 404:
        raise Failed("observing needs no canary")
    if "the cluster's controller wants 1, this one" not in flyball(stage, "explain", "hpa/myhpa"):
        raise Failed("explain does not compare")


def own_waits_for_two_silent_periods(stage):
    serve_metric(stage)
    stage.create_hpa()
    stage.steer(load=9)
    began = time.monotonic()
    stage.start_controller("--native-hpas=own", "--canary-period=2s")
    until("the canary is there", lambda: stage.request("GET", CANARY)[0] == 200)
    # Twice the period after it was created, which was after we began.
    stage.hold(1, began + 3.8 - time.monotonic())
    if condition_of(stage, f"{HPAS}/myhpa")["reason"]:
        raise Failed("a status was written")
    until("it writes", lambda: stage.replicas_are(5), 30)
    if (stage.get(CANARY).get("status") or {}).get("conditions"):
        raise Failed("our own controller answered the canary")


def own_writes_nothing_while_the_canary_is_answered(stage):
    serve_metric(stage)
    stage.create_hpa()
    stage.steer(load=9)
    with ForeignController(stage, "some-other-controller"):
        stage.start_controller("--native-hpas=own", "--canary-period=300ms")
        until("it is noticed", lambda: logged(stage, "some-other-controller"))
        stage.hold(1, 3)
    until("it writes when the other one is gone", lambda: stage.replicas_are(5), 60)


def own_stops_at_once_when_the_canary_is_answered(stage):
    stage.whole_loop()
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    with ForeignController(stage) as other:
        until("it is answered", lambda: bool((stage.get(CANARY).get("status") or {}).get("conditions")))
        until("it is noticed", lambda: logged(stage, "another HPA controller lives"), 2)
        stage.steer(load=1)
        stage.hold(5, 3)
        other.answer(f"{HPAS}/myhpa", desired=7)
        seen = stage.get(f"{HPAS}/myhpa")["status"]
        time.sleep(1)
        if stage.get(f"{HPAS}/myhpa")["status"] != seen:
            raise Failed("a status was written")


def a_canary_left_behind_is_no_autoscaler(stage):
    stage.create_deployment()
    stage.create_hpa()
    stage.start_controller("--native-hpas=own", "--canary-period=300ms")
    until("the canary is there", lambda: stage.request("GET", CANARY)[0] == 200)
    stage.stop("flyball-controller")
    plan = flyball(stage, "plan", "-A", code=1)
    if "default/myhpa" not in plan or "flyball-canary" in plan:
        raise Failed(plan)
    if "default/flyball-canary" not in flyball(stage, "plan", "hpa/flyball-canary", code=1):
        raise Failed("it is not shown to who asks for it")
    users = stage.get(f"{HPAS}/myhpa")
    users["metadata"] = {"name": "flyball-canary", "namespace": "shop"}
    stage.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    stage.create("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers", users)
    if "shop/flyball-canary" not in flyball(stage, "plan", "-A", code=1):
        raise Failed("a user's object of the same name is left out")
    stage.start_controller("--native-hpas=observe")
    until("the user's object is decided", lambda: logged(stage, "hpa=shop/flyball-canary"))
    if "hpa=default/flyball-canary" in log(stage):
        raise Failed(log(stage))


def a_foreign_status_is_evidence_too(stage):
    stage.create_deployment()
    stage.create_hpa()
    stage.start_controller("--native-hpas=own", "--canary-period=2s")
    until("it writes", lambda: condition_of(stage, f"{HPAS}/myhpa")["reason"] is not None, 30)
    ForeignController(stage).answer(f"{HPAS}/myhpa", desired=1)
    until("it is noticed", lambda: logged(stage, "another HPA controller lives"), 2)


def looks_say_who_else_acts(stage, message):
    """plan, explain and snapshot use the controller's words, and nothing moves."""
    plan = flyball(stage, "plan", "fha/mine")
    if f"  reason  {message}\n" not in plan or "SAME" not in plan or "alone it would go to" not in plan:
        raise Failed(plan)
    explanation = flyball(stage, "explain", "fha/mine")
    if f"Warning ForeignAutoscaler: {message}\n" not in explanation or "AbleToScale False, ForeignAutoscaler" not in explanation:
        raise Failed(explanation)
    tapes = stage.folder / "beside.jsonl"
    tapes.write_text(flyball(stage, "snapshot", "fha/mine"))
    replayed = subprocess.run([str(BIN / "flyball"), "plan", f"--snapshot={tapes}"], capture_output=True, text=True, timeout=60, check=False).stdout
    if f"  reason  {message}\n" not in replayed:
        raise Failed(replayed)


def our_kind_leaves_a_target_to_a_native_object(stage):
    install_kind(stage, "horizontalautoscalers.flyball.dev")
    serve_metric(stage)
    stage.create_hpa()
    create_own(stage)
    stage.steer(load=9)
    stage.start_controller("--native-hpas=ignore")
    until("it is told", lambda: condition_of(stage, f"{FHAS}/mine")["reason"] == "ForeignAutoscaler" or condition_of(stage, f"{FHAS}/mine"))
    if "HorizontalPodAutoscaler myhpa" not in condition_of(stage, f"{FHAS}/mine")["message"]:
        raise Failed("the other one is not named")
    stage.hold(1, 2)
    events = [e for e in stage.get("/api/v1/namespaces/default/events")["items"] if e["reason"] == "ForeignAutoscaler"]
    if len(events) != 1:
        raise Failed(f"{len(events)} events")
    if "HorizontalPodAutoscaler myhpa" not in flyball(stage, "doctor", code=1):
        raise Failed("doctor does not see it")
    looks_say_who_else_acts(stage, condition_of(stage, f"{FHAS}/mine")["message"])
    manifests = flyball(stage, "adopt", "hpa/myhpa")
    if "selectPolicy: Disabled" not in manifests or "kind: HorizontalAutoscaler" not in manifests:
        raise Failed(manifests)
    hpa = stage.get(f"{HPAS}/myhpa")
    original = hpa["spec"]
    hpa["metadata"]["annotations"] = {"flyball.dev/adopted-spec": json.dumps(original)}
    hpa["spec"] = {**original, "maxReplicas": 100, "behavior": {"scaleUp": {"selectPolicy": "Disabled"}, "scaleDown": {"selectPolicy": "Disabled"}}}
    status, answer = stage.request("PUT", f"{HPAS}/myhpa", hpa)
    if status != 200:
        raise Failed(f"{answer}")
    until("ours takes over", lambda: stage.replicas_are(5), 30)
    if "mode: Recommend" in flyball(stage, "release", "hpa/myhpa"):
        raise Failed("there is no object of ours of that name")
    orphans = flyball(stage, "doctor", "--before-uninstall", code=1)
    if "hpa/myhpa in default is adopted" not in orphans or "fha/mine in default is Active" not in orphans:
        raise Failed(orphans)


def our_kind_that_is_installed_later_finds_who_was_there(stage):
    stage.create_deployment()
    stage.create_hpa()
    stage.start_controller("--native-hpas=observe")
    until("it is ready", lambda: logged(stage, "ready"))
    install_kind(stage, "horizontalautoscalers.flyball.dev")
    create_own(stage)
    until("it is told", lambda: condition_of(stage, f"{FHAS}/mine")["reason"] == "ForeignAutoscaler" or condition_of(stage, f"{FHAS}/mine"), 60)


def our_kind_leaves_a_target_to_keda(stage):
    install_kind(stage, "horizontalautoscalers.flyball.dev")
    install_kind(stage, "scaledobjects.keda.sh")
    serve_metric(stage)
    scaled = {"metadata": {"name": "so"}, "spec": {"scaleTargetRef": {"name": "myapp"}}}
    stage.create(SCALED_OBJECTS, scaled)
    create_own(stage)
    stage.steer(load=9)
    stage.start_controller("--native-hpas=ignore")
    until("it is told", lambda: condition_of(stage, f"{FHAS}/mine")["reason"] == "ForeignAutoscaler" or condition_of(stage, f"{FHAS}/mine"))
    stage.hold(1, 2)
    looks_say_who_else_acts(stage, condition_of(stage, f"{FHAS}/mine")["message"])
    stage.request("PATCH", f"{SCALED_OBJECTS}/so", {"metadata": {"annotations": {"autoscaling.keda.sh/paused": "true"}}},
                  "application/merge-patch+json")
    until("a paused one is no matter", lambda: stage.replicas_are(4), 30)


def an_override_is_set_and_cleared(stage):
    install_kind(stage, "horizontalautoscalers.flyball.dev")
    stage.create_deployment()
    create_own(stage)
    before = stage.get(f"{FHAS}/mine")["spec"]
    told = flyball(stage, "override", "fha/mine", "--min=4", "--for=2h", "--reason=INC-12")
    override = stage.get(f"{FHAS}/mine")["spec"]["override"]
    if (override["minReplicas"], override["maxReplicas"], override["reason"]) != (4, 10, "INC-12") or "4 to 10 replicas" not in told:
        raise Failed(f"{told} {override}")
    owners = [m["manager"] for m in stage.get(f"{FHAS}/mine")["metadata"]["managedFields"]]
    if "flyball-override" not in owners:
        raise Failed(f"{owners}")
    flyball(stage, "override", "mine", "--clear")
    if stage.get(f"{FHAS}/mine")["spec"] != before:
        raise Failed("clearing took something along")
    flyball(stage, "override", "fha/nobody", "--clear", code=1)
    if stage.request("GET", f"{FHAS}/nobody")[0] != 404:
        raise Failed("an object was created")
    flyball(stage, "override", "fha/mine", "--min=4", "--for=2h", code=2)


def doctor_finds_what_is_broken(stage):
    stage.create_deployment()
    stage.create_hpa()
    sound = flyball(stage, "doctor", f"--prometheus-url={stage.prometheus}")
    for part in ("autoscaling/v2 HorizontalPodAutoscaler is served", "the clock of the API server agrees", "the clock of Prometheus agrees",
                 "custom.metrics.k8s.io is served by nobody", "the Lease flyball-system/flyball-controller does not exist", "flyball.dev/v1alpha1 HorizontalAutoscaler is not served"):
        if part not in sound:
            raise Failed(f"{part!r} is not in:\n{sound}")
    stage.register_adapter()
    for denied in ("watch:pods", "get:pods/myapp_requests_per_second.custom.metrics.k8s.io", "list:apiservices.apiregistration.k8s.io"):
        status, answer = stage.request("PUT", f"/sandbox?deny={denied}")
        if status != 200:
            raise Failed(f"{answer}")
    for name in ("kube-controller-manager", "shadow-controller"):
        stage.create_hpa(f"of-{name}")
        ForeignController(stage, name).answer(f"{HPAS}/of-{name}", desired=1)
    stage.steer(prometheus="down")
    broken = flyball(stage, "doctor", f"--prometheus-url={stage.prometheus}", code=1)
    for part in ("may not watch pods", "may not get pods/myapp_requests_per_second.custom.metrics.k8s.io",
                 "apiservices.apiregistration.k8s.io cannot be read", "2 controllers wrote statuses", "shadow-controller", "Prometheus"):
        if part not in broken:
            raise Failed(f"{part!r} is not in:\n{broken}")
    if not json.loads(flyball(stage, "doctor", "-o", "json", code=1))["findings"]:
        raise Failed("no findings as JSON")


def who_changes_replicas_is_told(stage):
    stage.whole_loop()
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    request = urllib.request.Request(f"{stage.api}{DEPLOYMENTS}/myapp/scale", data=b'{"spec":{"replicas":2}}', method="PATCH", headers={
        "Content-Type": "application/merge-patch+json", "User-Agent": "argocd-controller/v3"})
    with urllib.request.urlopen(request, timeout=10):
        pass
    until("it is told", lambda: logged(stage, "argocd-controller"))
    until("decisions go on from there", lambda: stage.replicas_are(5), 30)


sys.exit(play(observing_compares_and_writes_nothing, own_waits_for_two_silent_periods, own_writes_nothing_while_the_canary_is_answered,
              own_stops_at_once_when_the_canary_is_answered, a_foreign_status_is_evidence_too, a_canary_left_behind_is_no_autoscaler,
              our_kind_leaves_a_target_to_a_native_object, our_kind_that_is_installed_later_finds_who_was_there, our_kind_leaves_a_target_to_keda,
              an_override_is_set_and_cleared, doctor_finds_what_is_broken, who_changes_replicas_is_told))
