#!/usr/bin/env python3
"""The controller at work: both kinds of objects, and what it costs the API server."""

import sys
import time

from play import Failed, play, until

FHAS = "/apis/flyball.dev/v1alpha1/namespaces/default/horizontalautoscalers"


def install_our_kind(stage):
    stage.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "horizontalautoscalers.flyball.dev"}, "spec": {"group": "flyball.dev", "names": {
            "kind": "HorizontalAutoscaler", "plural": "horizontalautoscalers"}}})


def create_own(stage, name="mine", target="myapp", **spec):
    stage.create(FHAS, {"apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler", "metadata": {"name": name}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "minReplicas": 1, "maxReplicas": 10,
        "metrics": [{"type": "Pods", "pods": {"metric": {"name": "myapp_requests_per_second"},
                                              "target": {"type": "AverageValue", "averageValue": "2"}}}], **spec}})


def own_condition(stage, kind, name="mine"):
    for condition in stage.get(f"{FHAS}/{name}").get("status", {}).get("conditions") or []:
        if condition["type"] == kind:
            return condition["reason"]
    return None


def our_kind_is_found_when_it_is_installed_and_scaled(stage):
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    stage.start_controller("--native-hpas=ignore")
    time.sleep(2)
    install_our_kind(stage)
    create_own(stage, syncPeriodSeconds=5)
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5), 60)
    until("the status says so", lambda: own_condition(stage, "ScalingActive") == "ValidMetricFound")
    events = [e for e in stage.get("/api/v1/namespaces/default/events")["items"] if e["reason"] == "SuccessfulRescale"]
    if not events or events[0]["involvedObject"]["apiVersion"] != "flyball.dev/v1alpha1":
        raise Failed(f"the events are {events}")


def a_recommending_object_writes_its_status_and_no_scale(stage):
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    install_our_kind(stage)
    create_own(stage, mode="Recommend")
    stage.start_controller("--native-hpas=observe")
    stage.steer(load=9)
    until("the status wants more", lambda: stage.get(f"{FHAS}/mine").get("status", {}).get("desiredReplicas", 0) > 1, 30)
    if stage.replicas() != 1:
        raise Failed("a scale was written")


sys.exit(play(our_kind_is_found_when_it_is_installed_and_scaled, a_recommending_object_writes_its_status_and_no_scale))
