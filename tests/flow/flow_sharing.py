#!/usr/bin/env python3
"""One question for many objects, or one for each: the same decisions, written in the same order, object by object, and far fewer questions."""

import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fault"))

from cluster import Proxy  # noqa: E402
from stage import Prometheus, vector  # noqa: E402

from play import DEPLOYMENTS, HPAS, Failed, Stage, play, until  # noqa: E402

APPS = [f"app{i}" for i in range(8)]
TARGET = 10
# The counts that the loads of a phase want, reached in one step: more than twice as many, and not above four, would take two.
PHASES = [[2] * 8, [3, 4, 2, 4, 3, 2, 4, 1], [6, 5, 4, 8, 3, 1, 4, 4], [2, 5, 1, 3, 3, 4, 1, 7]]
PODS = "/api/v1/namespaces/default/pods"
RULES = """\
rules:
- seriesQuery: 'hits{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
"""


class Load:
    """What the pods of an application report together depends on the phase alone, and is spread over as many as the Deployment wants: whoever asks, and
    when, gets numbers that lead to the same count."""

    def __init__(self, stage):
        self.stage, self.phase, self.lock = stage, PHASES[0], threading.Lock()
        self.prometheus = Prometheus()
        self.prometheus.series = lambda handler, text: handler.reply(200, {"status": "success", "data": [
            {"__name__": "hits", "namespace": "default", "pod": "any"}] if text.startswith("hits") else []})
        self.prometheus.query = self.answer
        self.n_asked = 0

    def answer(self, handler, text):
        wanted = re.search(r'pod=~?"([^"]*)"', text)
        names = set(wanted.group(1).split("|")) if wanted else set()
        with self.lock:
            self.n_asked += 1
            present = {one["metadata"]["name"]: one["spec"]["replicas"] for one in self.stage.get(DEPLOYMENTS)["items"]}
            each = {app: count * TARGET / present[app] for app, count in zip(APPS, self.phase)}
            rows = [({"pod": pod["metadata"]["name"]}, repr(each[pod["metadata"]["labels"]["app"]]))
                    for pod in self.stage.get(PODS)["items"] if pod["metadata"]["name"] in names]
        handler.reply(200, vector(*rows))


def are_settled(stage, counts):
    """As many pods as wanted, all of them Ready."""
    found = {}
    for one in stage.get(DEPLOYMENTS)["items"]:
        status = one.get("status", {})
        found[one["metadata"]["name"]] = status.get("readyReplicas", 0) if status.get("replicas") == status.get("readyReplicas") else None
    return [found.get(app) for app in APPS] == counts or found


def brief(status):
    """Without times and texts that name them."""
    return (status.get("currentReplicas"), status.get("desiredReplicas"),
            tuple(metric.get("pods", {}).get("current", {}).get("averageValue") for metric in status.get("currentMetrics") or []),
            tuple((c["type"], c["status"], c["reason"]) for c in status.get("conditions") or []))


def run(stage, sharing):
    """What was written per object, and how often a metric was asked for."""
    load = Load(stage)
    stage.prometheus = f"http://127.0.0.1:{load.prometheus.port}"
    (stage.folder / "rules.yaml").write_text(RULES)
    for app in APPS:
        stage.create_deployment(app, PHASES[0][0])
        stage.create_hpa(app, app, "hits", metrics=[{"type": "Pods", "pods": {
            "metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": str(TARGET)}}}])
    until("all pods are there", lambda: are_settled(stage, PHASES[0]), 30)
    stage.register_adapter()
    stage.start_adapter("--answer-max-age=0")
    metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/hits"
    until("the metric is served", lambda: stage.request("GET", metric)[0] == 200 or stage.request("GET", metric), 30)
    proxy = Proxy(int(stage.api.rsplit(":", 1)[1]), lambda request: proxy.forward(request))
    config = stage.kubeconfig.read_text()
    stage.kubeconfig.write_text(re.sub(r"http://127\.0\.0\.1:\d+", f"http://127.0.0.1:{proxy.port}", config))
    try:
        # A period above the second for which a shared answer is good: no pass sees what was there before its own write. And one that leaves time for an
        # answer on a busy machine: after a shared question that failed, everybody asks alone for a minute.
        stage.start_controller("--native-hpas=own", "--canary-period=1s", "--sync-period=3s", "--status-refresh=0s",
                               "--horizontal-pod-autoscaler-downscale-stabilization=0s", f"--metrics-sharing={sharing}")
        for app in APPS:
            until("the metric is used", lambda app=app: stage.reason_is("ScalingActive", "ValidMetricFound", app), 30)
        # How it came to work is another story.
        began = time.monotonic()
        for counts in PHASES[1:]:
            with load.lock:
                load.phase = counts
            until("the counts are what the load wants", lambda counts=counts: are_settled(stage, counts), 40)
            for app in APPS:
                until("the status says so", lambda app=app: stage.reason_is("AbleToScale", "ReadyForNewScale", app), 20)
        stage.stop("flyball-controller")
    finally:
        proxy.close()
        load.prometheus.close()
    requests = [request for request in list(proxy.requests) if request.at > began]
    written = {app: ([], []) for app in APPS}
    for request in requests:
        name, part = request.path.split("/")[-2:] if request.method == "PUT" and request.code == 200 else (None, None)
        if part == "scale" and name in written:
            written[name][0].append(request.json()["spec"].get("replicas", 0))
        elif part == "status" and name in written:
            status = brief(request.json()["status"])
            # An answer that came too late, on a machine that is busy, says nothing about how it was asked for.
            if ("ScalingActive", "False", "FailedGetPodsMetric") in status[-1]:
                continue
            if written[name][1][-1:] != [status]:
                written[name][1].append(status)
    return written, len([r for r in requests if r.metric and r.method == "GET" and r.path.endswith("/hits")])


def shared_questions_lead_to_the_same_decisions(stage):
    with Stage() as other, ThreadPoolExecutor(2) as pool:
        alone, shared = pool.submit(run, other, "off"), pool.submit(run, stage, "auto")
        (alone, n_alone), (shared, n_shared) = alone.result(), shared.result()
    for i, app in enumerate(APPS):
        steps = [counts[i] for counts in PHASES]
        expected = [after for before, after in zip(steps, steps[1:]) if after != before]
        for mode, found in (("off", alone), ("auto", shared)):
            if found[app][0] != expected:
                raise Failed(f"{app} with --metrics-sharing={mode}: scale writes {found[app][0]}, expected {expected}")
        if alone[app][1] != shared[app][1]:
            raise Failed(f"{app}: status writes differ:\n  off  {alone[app][1]}\n  auto {shared[app][1]}")
    print(f"      {n_alone} questions one by one, {n_shared} shared")
    if n_shared * 4 > n_alone:
        raise Failed(f"{n_shared} questions with sharing, {n_alone} without")


sys.exit(play(shared_questions_lead_to_the_same_decisions))
