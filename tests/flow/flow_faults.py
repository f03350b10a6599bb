#!/usr/bin/env python3
"""No failure of anything outside lowers a replica count, and everything recovers without a restart."""

import socket
import sys
import time

from play import HPAS, Failed, play, until


def scaled_to_five(stage):
    stage.whole_loop()
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    until("the window has passed", lambda: stage.reason_is("AbleToScale", "ReadyForNewScale"))


def recovers(stage):
    """After the fault the loop works again, downwards too."""
    until("the metric is used again", lambda: stage.reason_is("ScalingActive", "ValidMetricFound"), 30)
    stage.steer(load=3)
    until("two replicas", lambda: stage.replicas_are(2), 30)


def prometheus_does_not_answer(stage):
    scaled_to_five(stage)
    stage.steer(prometheus="down", load=1)
    until("the failure is told", lambda: stage.reason_is("ScalingActive", "FailedGetPodsMetric"))
    stage.hold(5, 3)
    stage.steer(prometheus="up")
    recovers(stage)


def adapter_is_killed(stage):
    scaled_to_five(stage)
    stage.stop("flyball-adapter", kill=True)
    stage.steer(load=1)
    until("the failure is told", lambda: stage.reason_is("ScalingActive", "FailedGetPodsMetric"))
    stage.hold(5, 3)
    stage.start_adapter()
    recovers(stage)


def api_server_goes_away(stage):
    scaled_to_five(stage)
    stage.steer(api="down", load=1)
    time.sleep(3)
    for name in ("flyball-controller", "flyball-adapter"):
        if not stage.alive(name):
            raise Failed(f"{name} did not survive")
    stage.steer(load=9)
    time.sleep(3)
    stage.steer(api="up")
    stage.hold(5, 2)
    recovers(stage)


def controller_is_killed(stage):
    scaled_to_five(stage)
    stage.stop("flyball-controller", kill=True)
    stage.hold(5, 1)
    stage.start_controller()
    stage.hold(5, 2)
    recovers(stage)


def others_are_not_affected_by_broken_objects(stage):
    stage.whole_loop()
    stage.create_hpa("no-target", target="missing")
    stage.create_deployment("other")
    stage.create_hpa("no-metric", target="other", metric="nobody_serves_this")
    until("the missing target is told", lambda: stage.reason_is("AbleToScale", "FailedGetScale", "no-target"))
    until("the missing metric is told", lambda: stage.reason_is("ScalingActive", "FailedGetPodsMetric", "no-metric"))
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    if stage.replicas("other") != 1:
        raise Failed("an object without its metric was scaled")


def observing_writes_nothing(stage):
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    stage.create_hpa()
    stage.start_controller("--native-hpas=observe")
    stage.steer(load=9)
    log = stage.folder / "flyball-controller.log"
    until("the decision is logged", lambda: "would scale" in log.read_text() or log.read_text()[-300:], 30)
    if stage.replicas() != 1 or stage.get(f"{HPAS}/myhpa").get("status", {}).get("conditions"):
        raise Failed("something was written")
    if stage.get("/api/v1/namespaces/default/events")["items"]:
        raise Failed("an event was written")


def programs_wait_for_an_api_server_that_comes_later(stage):
    """And ask it often enough to notice, but not all the time."""
    port = stage.api.rsplit(":", 1)[1]
    stage.stop("flyball-sandbox")
    with socket.create_server(("127.0.0.1", int(port))) as nobody:
        nobody.settimeout(0.2)
        stage.start_controller()
        n, deadline = 0, time.monotonic() + 3
        # On a busy machine it starts later.
        while time.monotonic() < deadline or (n < 2 and time.monotonic() < deadline + 57):
            try:
                nobody.accept()[0].close()
                n += 1
            except TimeoutError:
                pass
    if not 2 <= n <= 30:
        raise Failed(f"{n} connections in 3 s")
    if not stage.alive("flyball-controller"):
        raise Failed("the controller did not wait")
    stage.start_sandbox(f"--port={port}")
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    stage.create_hpa()
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5), 30)


def a_deleted_autoscaler_is_left_alone_and_a_new_one_taken_up(stage):
    scaled_to_five(stage)
    for _ in range(3):
        status, _ = stage.request("DELETE", f"{HPAS}/myhpa")
        if status != 200:
            raise Failed(f"DELETE: {status}")
        stage.create_hpa()
    until("the new one is used", lambda: stage.reason_is("ScalingActive", "ValidMetricFound"))
    stage.hold(5, 1)
    stage.request("DELETE", f"{HPAS}/myhpa")
    stage.steer(load=1)
    stage.hold(5, 3)
    stage.create_hpa()
    until("one replica", lambda: stage.replicas_are(1), 30)


def the_controller_ends_on_sigterm(stage):
    stage.whole_loop()
    code = stage.stop("flyball-controller")
    if code != 0:
        raise Failed(f"exit code {code}")
    code = stage.stop("flyball-adapter")
    if code != 0:
        raise Failed(f"exit code {code} of the adapter")


sys.exit(play(prometheus_does_not_answer, adapter_is_killed, api_server_goes_away, controller_is_killed,
              others_are_not_affected_by_broken_objects, programs_wait_for_an_api_server_that_comes_later,
              a_deleted_autoscaler_is_left_alone_and_a_new_one_taken_up, observing_writes_nothing, the_controller_ends_on_sigterm))
