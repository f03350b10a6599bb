#!/usr/bin/env python3
"""What the controller records replays to the same bytes; what a snapshot holds is what the live controller decides."""

import json
import re
import subprocess
import sys

from play import BIN, HPAS, Failed, play, until

SECRET = "do-not-record-me"


def flyball(*args, env=None):
    return subprocess.run([str(BIN / "flyball"), *map(str, args)], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", **(env or {})})


def exits(run, code):
    if run.returncode != code:
        raise Failed(f"{' '.join(run.args[1:])}: exit {run.returncode}, expected {code}; {run.stdout[-2000:]} {run.stderr}")
    return run


def recorded_loop(stage, *flags):
    """The whole loop from one replica to five, recorded."""
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/myapp_requests_per_second"
    until("the metric is served", lambda: stage.request("GET", metric)[0] == 200)
    stage.create_hpa()
    hpa = stage.get(f"{HPAS}/myhpa")
    hpa["metadata"].setdefault("annotations", {})["example.com/note"] = SECRET
    status, answer = stage.request("PUT", f"{HPAS}/myhpa", hpa)
    if status != 200:
        raise Failed(f"annotating: {status} {answer}")
    stage.start_controller("--native-hpas=own", f"--record={stage.folder / 'tapes'}", *flags)
    until("the metric is used", lambda: stage.reason_is("ScalingActive", "ValidMetricFound"))
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))


def tapes_of(stage):
    files = sorted((stage.folder / "tapes").glob("*.jsonl"))
    return files, [json.loads(line) for file in files for line in file.read_text().splitlines()]


def recordings_replay_to_the_same(stage):
    recorded_loop(stage)
    stage.stop("flyball-controller")
    files, tapes = tapes_of(stage)
    writes = [tape["steps"][0]["expect"]["scaleWrite"] for tape in tapes]
    if 5 not in writes:
        raise Failed(f"the step to five was not recorded: {writes}")
    if SECRET in "".join(file.read_text() for file in files):
        raise Failed("an annotation was recorded")
    said = exits(flyball("replay", *files), 0).stdout
    if not said.endswith(f"{len(tapes)} passes: {len(tapes)} same, 0 different\n"):
        raise Failed(f"replay said {said[-300:]}")


def another_maximum_would_decide_differently(stage):
    recorded_loop(stage)
    stage.stop("flyball-controller")
    files, _ = tapes_of(stage)
    said = exits(flyball("replay", "--set", "spec.maxReplicas=3", *files), 1).stdout
    if not re.search(r"DIFFERENT  recorded \d -> 5  now (\d -> 3|stays at 3)", said):
        raise Failed(f"replay --set said {said}")
    exits(flyball("replay", "--set", "spec.maxReplica=3", *files), 2)


def a_cut_recording_is_told_and_not_decided(stage):
    recorded_loop(stage)
    stage.stop("flyball-controller")
    files, _ = tapes_of(stage)
    cut = stage.folder / "cut.jsonl"
    cut.write_bytes(files[0].read_bytes()[:-700])
    run = exits(flyball("replay", cut), 2)
    if run.stdout or "cut off" not in run.stderr or run.stderr.count("\n") != 1:
        raise Failed(f"replay said {run.stdout!r} {run.stderr!r}")


def a_snapshot_holds_what_the_controller_decides(stage):
    stage.whole_loop()
    stage.stop("flyball-controller")
    stage.steer(load=9)
    file = stage.folder / "snapshot.jsonl"
    kube = f"--kubeconfig={stage.kubeconfig}"
    wants = lambda: json.loads(file.read_text())["steps"][0]["expect"]["scaleWrite"]

    def sees_the_load():
        exits(flyball("snapshot", "hpa/myhpa", "-n", "default", "-o", file, kube), 0)
        return wants() == 4 or wants()
    until("the snapshot sees the load", sees_the_load)
    exits(flyball("replay", file), 0)
    planned = exits(flyball("plan", f"--snapshot={file}"), 0).stdout
    if "1 -> 4" not in planned:
        raise Failed(f"plan --snapshot said {planned}")
    stage.start_controller()
    until("the controller does the same", lambda: stage.replicas_are(5))
    exits(flyball("snapshot", "hpa/other", "-n", "default", kube), 1)
    exits(flyball("snapshot", "hpa/myhpa", "-A", kube), 2)


sys.exit(play(recordings_replay_to_the_same, another_maximum_would_decide_differently, a_cut_recording_is_told_and_not_decided,
              a_snapshot_holds_what_the_controller_decides))
