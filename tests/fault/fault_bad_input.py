#!/usr/bin/env python3
"""Objects that no schema would let pass, things that go away, namespaces that are closed: a condition on that object alone, everybody else on time."""

import json
import sys
import time

from cluster import HPA_WATCH, Cluster, check, status, until
from stage import play

# What the schema refuses and an old server may have stored: changes of a spec that is good otherwise.
BAD_SPECS = {
    "no-target": {"scaleTargetRef": None},
    "empty-target": {"scaleTargetRef": {}},
    "target-text": {"scaleTargetRef": "Deployment/web"},
    "target-list": {"scaleTargetRef": ["Deployment", "web"]},
    "bad-version": {"scaleTargetRef": {"apiVersion": "a/b/c/d", "kind": "Deployment", "name": "spare"}},
    "unknown-kind": {"scaleTargetRef": {"apiVersion": "example.com/v1", "kind": "Widget", "name": "spare"}},
    "path-name": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "../../secrets/x?y=z"}},
    "no-max": {"maxReplicas": None},
    "negative-max": {"maxReplicas": -3},
    "huge-max": {"maxReplicas": 10 ** 30},
    "text-max": {"maxReplicas": "many"},
    "min-over-max": {"minReplicas": 9, "maxReplicas": 2},
    "negative-min": {"minReplicas": -1},
    "metrics-text": {"metrics": "cpu"},
    "metrics-null": {"metrics": [None]},
    "metric-empty": {"metrics": [{}]},
    "unknown-type": {"metrics": [{"type": "Weather", "weather": {"name": "rain"}}]},
    "type-without-source": {"metrics": [{"type": "Pods"}]},
    "no-target-value": {"metrics": [{"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue"}}}]},
    "zero-target-value": {"metrics": [{"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "0"}}}]},
    "bad-quantity": {"metrics": [{"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "lots"}}}]},
    "no-metric-name": {"metrics": [{"type": "Pods", "pods": {"metric": {}, "target": {"type": "AverageValue", "averageValue": "1"}}}]},
    "name-that-climbs": {"metrics": [{"type": "Pods", "pods": {"metric": {"name": "../../../api/v1/secrets"}, "target": {"averageValue": "1"}}}]},
    "behavior-text": {"behavior": "fast"},
    "behavior-empty": {"behavior": {"scaleDown": {}}},
    "no-scale-up": {"behavior": {"scaleDown": {"selectPolicy": "Min", "policies": []}}},
    "policy-without-period": {"behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 4}]}}},
    "endless-window": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 2 ** 40}}},
}


def stored(name, change):
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "spare"}, "minReplicas": 1, "maxReplicas": 10, "metrics": [
        {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "1"}}}], **change}
    return {"metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": "1", "generation": 1,
                         "creationTimestamp": "2020-01-01T00:00:00Z"},
            "spec": {key: value for key, value in spec.items() if value is not None}}


def objects_that_an_old_server_stored(cluster):
    """The list shows them, and their status can be written."""
    objects = {f"old-{name}": stored(f"old-{name}", change) for name, change in BAD_SPECS.items()}
    told = {}

    def old_server(request):
        name = request.path.split("/")[-2] if request.path.endswith("/status") else request.path.split("/")[-1]
        if request.list and request.path == HPA_WATCH:
            raw, connection, answer = cluster.proxy.upstream_answer(request)
            body = json.loads(answer.read())
            connection.close()
            body["items"] += objects.values()
            request.handler.reply(200, body)
        elif name in objects and request.method in ("PUT", "PATCH"):
            told.setdefault(name, []).append(request)
            new = dict(objects[name], status=request.json().get("status"))
            new["metadata"] = dict(new["metadata"], resourceVersion=str(int(new["metadata"]["resourceVersion"]) + 1))
            objects[name] = new
            request.handler.reply(200, new)
        else:
            return False
        return True

    cluster.create_target("spare", 3)
    cluster.proxy.bends.append(old_server)
    cluster.settle()
    since = time.monotonic()
    time.sleep(4)
    check(cluster.alive(), "it ended")
    cluster.others_are_on_time(since)
    check(not cluster.scale_writes("spare"), f"{cluster.scale_writes('spare')}")
    check(not cluster.seen(lambda r: {"..", "secrets"} & set(r.path.split("/"))), "a name climbed out of its path")
    silent = [name for name in objects if not any(c.get("status") == "False" for r in told.get(name, []) for c in r.json()["status"].get("conditions") or [])]
    check(not silent, f"no condition: {silent}")
    # One word each, and then nothing that repeats itself.
    late = [name for name in told for r in told[name] if r.at > since + 2]
    check(len(late) < len(objects), f"told again and again: {late}")
    cluster.recovers()


def a_target_without_a_scale(cluster):
    cluster.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "settings"}, "data": {}})
    cluster.create_hpa("configured", scaleTargetRef={"apiVersion": "v1", "kind": "ConfigMap", "name": "settings"})
    cluster.settle()
    until("it is told", lambda: cluster.tells("AbleToScale", "FailedGetScale", "configured"), 20)
    since = time.monotonic()
    time.sleep(4)
    asked = cluster.seen(lambda r: "/configmaps/settings" in r.path)
    check(len(asked) <= 2, f"asked {len(asked)} times in a few seconds: {asked}")
    cluster.others_are_on_time(since)
    cluster.recovers()


def a_kind_that_goes_away_and_comes_back(cluster):
    cluster.create("/apis/apps/v1/namespaces/default/statefulsets", {"metadata": {"name": "db"}, "spec": {
        "replicas": 3, "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
    cluster.value["queue"] = "3"
    cluster.create_hpa("db", scaleTargetRef={"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}, metrics=[cluster.external_metric("queue")])
    cluster.settle()
    until("it is scaled", lambda: cluster.tells("AbleToScale", "ReadyForNewScale", "db"), 20)
    since = time.monotonic()

    def gone(request):
        if "/statefulsets" not in request.path:
            return False
        request.handler.reply(404, status(404, "NotFound", "the server could not find the requested resource"))
        return True

    cluster.proxy.bends.append(gone)
    cluster.proxy.cut_watches()
    cluster.value["queue"] = "1"
    until("it is told", lambda: cluster.tells("AbleToScale", "FailedGetScale", "db"), 20)
    time.sleep(3)
    cluster.others_are_on_time(since, 3)
    cluster.is_no_hot_loop(since, 8, lambda r: "/statefulsets" in r.path)
    check(not cluster.scale_writes("db", since), "it was lowered")
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_12_a_kind_that_we_may_not_read(cluster):
    """403 for the list, the watch and each object: of one kind only."""
    cluster.create("/apis/apps/v1/namespaces/default/statefulsets", {"metadata": {"name": "db"}, "spec": {
        "replicas": 3, "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
    for what in ("get:statefulsets/scale.apps", "list:statefulsets.apps", "watch:statefulsets.apps"):
        cluster.request("PUT", f"/sandbox?deny={what}")
    cluster.create_hpa("db", scaleTargetRef={"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"})
    cluster.settle()
    until("it is told", lambda: cluster.tells("AbleToScale", "FailedGetScale", "db"), 20)
    since = time.monotonic()
    time.sleep(5)
    asked = cluster.seen(lambda r: r.path.endswith("/statefulsets/db/scale"))
    check(len(asked) == 1, f"asked {len(asked)} times")
    cluster.others_are_on_time(since)
    # The list is tried ever more slowly.
    cluster.is_no_hot_loop(since, 5, lambda r: "/statefulsets" in r.path)
    cluster.recovers()


def row_12_a_namespace_that_is_closed_to_us(cluster):
    """403 for everything that one namespace's objects need."""
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "closed"}})
    for i in range(3):
        cluster.create_target(f"app-{i}", 2, "closed")
        cluster.create_hpa(f"app-{i}", namespace="closed")

    def forbid(request):
        if "/namespaces/closed/" not in request.path or request.path.endswith("/status") or request.path.endswith("/events"):
            return False
        request.handler.reply(403, status(403, "Forbidden", f"{request.path} is forbidden: User \"x\" cannot do that in the namespace \"closed\""))
        return True

    cluster.proxy.bends.append(forbid)
    cluster.settle()
    for i in range(3):
        until("it is told", lambda i=i: cluster.tells("ScalingActive", "FailedGetPodsMetric", f"app-{i}", "closed"), 20)
    since = time.monotonic()
    time.sleep(4)
    refused = cluster.seen(lambda r: r.code == 403)
    check(len(refused) <= 3 * 2, f"asked {len(refused)} times")
    cluster.others_are_on_time(since)
    cluster.recovers()


def row_12_a_count_that_we_may_not_write(cluster):
    """Readable, decided, and then refused: once a minute is often enough."""
    cluster.settle()
    since = time.monotonic()

    def forbid(request):
        if request.method != "PUT" or not request.path.endswith("/deployments/web/scale"):
            return False
        request.handler.reply(403, status(403, "Forbidden", "deployments.apps \"web\" is forbidden: User \"x\" cannot update resource \"deployments/scale\""))
        return True

    cluster.proxy.bends.append(forbid)
    cluster.load["web"] = 7
    until("it is told", lambda: cluster.tells("AbleToScale", "FailedUpdateScale"), 20)
    time.sleep(5)
    tried = cluster.seen(lambda r: r.code == 403, since)
    check(len(tried) <= 2, f"tried {len(tried)} times")
    cluster.others_are_on_time(since)


sys.exit(play(objects_that_an_old_server_stored, a_target_without_a_scale, a_kind_that_goes_away_and_comes_back, row_12_a_kind_that_we_may_not_read,
              row_12_a_namespace_that_is_closed_to_us, row_12_a_count_that_we_may_not_write, stage=Cluster, at_once=3))
