#!/usr/bin/env python3
"""A metrics API fails, lies or is slow: no reading is never a low reading. Rows 19-31 of the fault matrix as the controller sees them; the adapter's share of
them is in fault_prometheus.py."""

import json
import sys
import time

from cluster import Cluster, check, of_web, stamp, status, until
from stage import play

# What an answer for web may be, and that it must not lower the count: status, content type, body (a function of the good one).
BAD_ANSWERS = {
    "503": (503, "application/json", lambda good: status(503, "ServiceUnavailable", "error trying to reach service")),
    "503, an HTML page": (503, "text/html", lambda good: "<html><body>503 Service Unavailable</body></html>"),
    "422": (422, "application/json", lambda good: status(422, "Invalid", "bad query")),
    "404": (404, "application/json", lambda good: status(404, "NotFound", "the server could not find the metric hits for pods")),
    "200, an HTML page": (200, "text/html", lambda good: "<html><body>log in</body></html>"),
    "200, nothing": (200, "application/json", lambda good: b""),
    "200, a Status of failure": (200, "application/json", lambda good: status(500, "InternalError", "no")),
    "200, half an answer": (200, "application/json", lambda good: json.dumps(good)[:-40]),
    "200, null": (200, "application/json", lambda good: b"null"),
    "200, a list": (200, "application/json", lambda good: b"[]"),
    "200, items of another type": (200, "application/json", lambda good: {**good, "items": {}}),
    "200, an item that is no object": (200, "application/json", lambda good: {**good, "items": [7]}),
    "200, brackets": (200, "application/json", lambda good: b'{"kind":"MetricValueList","items":' + b"[" * 100000 + b"]" * 100000 + b"}"),
    "no items": (200, "application/json", lambda good: {**good, "items": []}),
    "no member items": (200, "application/json", lambda good: {k: v for k, v in good.items() if k != "items"}),
    "pods that we do not have": (200, "application/json", lambda good: rows(good, lambda i, item: named(item, f"stranger-{i}"))),
    "values without a value": (200, "application/json", lambda good: rows(good, lambda i, item: {k: v for k, v in item.items() if k != "value"})),
}
# Quantities that no count may come of.
BAD_VALUES = ["NaN", "+Inf", "-Inf", "Inf", "0x1p3", "", " ", "one", "1e", "--1", "1.2.3", "9" * 400 + "x", "1k1", None, True, [], {}, "\u0661"]


def rows(good, change):
    return {**good, "items": [change(i, item) for i, item in enumerate(good["items"])]}


def named(item, name):
    return {**item, "describedObject": {**item["describedObject"], "name": name}}


def answer_web(cluster, code, kind, make):
    """From now on every question of web gets that."""
    def bend(request):
        if not of_web(request):
            return False
        request.handler.reply(code, make(cluster.pod_values(request)), kind)
        return True

    cluster.metric_bends[:] = [bend]


def asked_again(cluster, since, times=2):
    until("it was asked again", lambda: len(cluster.seen(lambda r: r.metric and of_web(r) and r.code, since)) >= times, 20)
    # The decision follows the answer.
    time.sleep(0.2)


def rows_19_22_24_no_answer_is_never_a_value(cluster):
    """Each bad answer goes to one of four objects with two pods each, which would have one if the answer were a small number, or none."""
    names = [f"bad-{i}" for i in range(4)]
    answers = list(BAD_ANSWERS.items())
    answers += [(f"value {value!r:.40}", (200, "application/json", lambda good, value=value: rows(good, lambda i, item: {**item, "value": value})))
                for value in BAD_VALUES]
    told = {}

    def lie(request):
        name = request.query.get("labelSelector", "").rsplit("=", 1)[-1]
        if name not in told:
            return False
        code, kind, make = told[name]
        request.handler.reply(code, make(cluster.pod_values(request)), kind)
        return True

    for name in names:
        told[name] = BAD_ANSWERS["503"]
        cluster.create_target(name, 2)
        cluster.create_hpa(name)
    cluster.metric_bends.append(lie)
    cluster.settle()
    start = time.monotonic()
    while answers:
        since, batch = time.monotonic(), dict(zip(names, answers))
        del answers[:len(names)]
        told.update((name, answer) for name, (_, answer) in batch.items())
        for name, (what, _) in batch.items():
            until(f"{name} was asked", lambda name=name: any(
                r.code for r in cluster.seen(lambda r: r.metric and r.query.get("labelSelector") == f"app={name}", since)), 20)
        time.sleep(0.2)
        for name, (what, _) in batch.items():
            # Values of strangers are values, though of none of our pods.
            if "that we do not have" not in what:
                until(f"{what} is told", lambda name=name: cluster.tells("ScalingActive", "FailedGetPodsMetric", name), 20)
            check(not cluster.scale_writes(name), f"{what}: {cluster.scale_writes(name)}")
    cluster.others_are_on_time(start)
    cluster.is_no_hot_loop(start, 12, lambda r: r.metric)
    told.clear()
    for name in names:
        until(f"{name} is scaled", lambda name=name: cluster.is_at(1, name), 30)
    cluster.recovers()


def row_29_a_bomb_of_brackets_is_a_failed_metric(cluster):
    answer_web(cluster, *BAD_ANSWERS["200, brackets"])
    cluster.create_target("web", 2)
    cluster.create_hpa("web")
    cluster.start()
    until("it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 20)
    check(cluster.replicas() == 2, f"{cluster.replicas()}")
    cluster.metric_bends.clear()
    cluster.recovers()


def row_19_the_api_service_goes_away(cluster):
    cluster.settle()
    since = time.monotonic()

    def gone(request):
        if request.path.startswith("/apis/custom.metrics.k8s.io"):
            request.handler.reply(404, status(404, "NotFound", "the server could not find the requested resource"))
            return True
        return False

    cluster.proxy.bends.append(gone)
    cluster.delete("/apis/apiregistration.k8s.io/v1/apiservices/v1beta2.custom.metrics.k8s.io")
    cluster.load["web"] = 1
    until("it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 20)
    time.sleep(3)
    cluster.never_lowers(since)
    cluster.is_no_hot_loop(since, 20, lambda r: not r.canary)
    cluster.load["web"] = 5
    cluster.proxy.bends.clear()
    cluster.create("/apis/apiregistration.k8s.io/v1/apiservices", {"metadata": {"name": "v1beta2.custom.metrics.k8s.io"}, "spec": {
        "group": "custom.metrics.k8s.io", "version": "v1beta2", "service": {"name": "none", "namespace": "none"}}})
    cluster.recovers()


def row_20_an_answer_that_never_comes_has_a_deadline(cluster):
    cluster.settle()
    since = time.monotonic()

    def hang(request):
        if of_web(request):
            request.handler.hang()
        return of_web(request)

    cluster.metric_bends.append(hang)
    cluster.load["web"] = 1
    until("it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 10)
    time.sleep(7)
    cluster.never_lowers(since)
    cluster.others_are_on_time(since)
    check(cluster.is_healthy() is True, "it is healthy")
    cluster.is_no_hot_loop(since, 4, of_web)
    # The same failure has the same words: it is no news with every pass.
    statuses = cluster.seen(lambda r: r.method == "PUT" and r.path.endswith("/web/status"), since)
    events = cluster.seen(lambda r: r.method in ("POST", "PATCH") and "/events" in r.path, since)
    check(len(statuses) <= 2 and len(events) <= 2, f"{len(statuses)} statuses and {len(events)} events of one failure")
    cluster.metric_bends.clear()
    cluster.recovers()


def row_21_a_slow_drip_is_cut_at_the_deadline_of_the_whole(cluster):
    cluster.settle()
    since = time.monotonic()

    def drip(request):
        if not of_web(request):
            return False
        handler = request.handler
        handler.close_connection = True
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        for byte in json.dumps(cluster.pod_values(request)).encode():
            try:
                handler.wfile.write(bytes([byte]))
            except OSError:
                return True
            time.sleep(0.05)
        return True

    cluster.metric_bends.append(drip)
    cluster.load["web"] = 1
    until("it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 10)
    time.sleep(2)
    cluster.never_lowers(since)
    cluster.others_are_on_time(since)
    cluster.metric_bends.clear()
    cluster.recovers()


def row_24_huge_and_tiny_values_stay_in_the_bounds(cluster):
    cluster.settle(maxReplicas=12)
    for value, wanted in (("9223372036854775807", 12), ("9223372036854775807m", 12), ("1E", 12), ("123456789012345678901234567890", 12),
                          ("1e18", 12), (str(10 ** 100), 12)):
        cluster.metric_bends.clear()
        cluster.load["web"] = 5
        until("it is at five", lambda: cluster.is_at(5), 20)
        since = time.monotonic()
        answer_web(cluster, 200, "application/json", lambda good, value=value: rows(good, lambda i, item: {**item, "value": value}))
        until(f"{value} scales up, or fails", lambda: cluster.is_at(wanted) is True or cluster.reason("ScalingActive") == "FailedGetPodsMetric", 20)
        check(all(5 <= count <= 12 for count in cluster.scale_writes("web", since)), f"{value}: {cluster.scale_writes('web', since)}")
    cluster.metric_bends.clear()
    cluster.recovers()


def row_25_negative_values_lower_nothing_below_the_minimum(cluster):
    cluster.settle(minReplicas=3)
    since = time.monotonic()
    answer_web(cluster, 200, "application/json", lambda good: rows(good, lambda i, item: {**item, "value": "-5"}))
    asked_again(cluster, since, 3)
    check(all(3 <= count for count in cluster.scale_writes("web", since)), f"{cluster.scale_writes('web', since)}")
    cluster.metric_bends.clear()
    cluster.recovers(web=4)


def row_26_pods_without_a_value_hold(cluster):
    """One of five reports; that the others do nothing is no more than a guess."""
    cluster.settle()
    since = time.monotonic()
    cluster.load["web"] = 1
    answer_web(cluster, 200, "application/json", lambda good: {**good, "items": good["items"][:1]})
    asked_again(cluster, since, 3)
    cluster.never_lowers(since)
    cluster.metric_bends.clear()
    cluster.recovers()


def row_27_a_pod_that_is_named_twice_is_counted_once(cluster):
    cluster.settle()
    since = time.monotonic()
    answer_web(cluster, 200, "application/json", lambda good: {**good, "items": good["items"] * 3})
    asked_again(cluster, since, 3)
    check(not cluster.scale_writes("web", since), f"{cluster.scale_writes('web', since)}")
    cluster.metric_bends.clear()
    cluster.recovers()


def row_28_old_samples_are_no_samples(cluster):
    cluster.settle()
    start = time.monotonic()
    cluster.load["web"] = 1
    for age in (600, 86400, -600):
        since = time.monotonic()
        answer_web(cluster, 200, "application/json", lambda good, age=age: rows(good, lambda i, item: {**item, "timestamp": stamp(age)}))
        asked_again(cluster, since)
        until(f"{age} s old: it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 20)
    cluster.never_lowers(start)
    cluster.metric_bends.clear()
    cluster.recovers()


def row_29_a_huge_answer_is_cut(cluster):
    cluster.settle()
    since = time.monotonic()
    before = cluster.memory_kib("VmRSS")
    pad = b" " * (1 << 20)

    def flood(request):
        if not of_web(request):
            return False
        handler = request.handler
        handler.close_connection = True
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        try:
            handler.wfile.write(b'{"kind":"MetricValueList","items":[')
            for _ in range(256):
                handler.wfile.write(pad)
        except OSError:
            pass
        return True

    cluster.metric_bends.append(flood)
    cluster.load["web"] = 1
    until("it is told", lambda: cluster.tells("ScalingActive", "FailedGetPodsMetric"), 20)
    time.sleep(2)
    cluster.never_lowers(since)
    cluster.others_are_on_time(since, 3)
    peak = cluster.memory_kib()
    # An answer may have 64 MiB, in a buffer that doubles.
    check(peak < before + 200 * 1024 or b"__asan_init" in open(f"/proc/{cluster.controller.pid}/exe", "rb").read(), f"{peak} KiB at most, {before} before")
    cluster.metric_bends.clear()
    cluster.recovers()
    return f"{peak // 1024} MiB at most"


def one_failing_metric(cluster, good, web):
    cluster.value["queue"] = good
    cluster.settle(metrics=[cluster.pods_metric(), cluster.external_metric("queue")], web=web)


def a_failed_metric_blocks_decreases_by_the_others(cluster):
    one_failing_metric(cluster, "5", 5)
    since = time.monotonic()
    del cluster.value["queue"]
    cluster.load["web"] = 1
    asked_again(cluster, since, 4)
    cluster.never_lowers(since)
    # Up they may.
    cluster.load["web"] = 7
    until("it scales up", lambda: cluster.is_at(7), 20)
    cluster.value["queue"] = "3"
    cluster.recovers()


def row_31_a_source_that_loses_many_lowers_none(cluster):
    """Twelve objects ask the same API; ten lose their values, and what two still get is suspiciously little."""
    names = [f"app-{i}" for i in range(12)]
    for name in names:
        cluster.value[name] = "5"
        cluster.create_target(name)
        cluster.create_hpa(name, metrics=[cluster.external_metric(name)])
    cluster.start()
    for name in names:
        until(f"{name} is scaled", lambda name=name: cluster.is_at(5, name), 40)
    time.sleep(2)
    since = time.monotonic()
    for name in names:
        del cluster.value[name]
    for name in names[:2]:
        cluster.value[name] = "1"
    time.sleep(5)
    writes = cluster.scale_writes(None, since)
    # What was decided before the loss could be seen is at most one period's.
    check(len(writes) <= 2, f"{writes}")
    frozen = [name for name in names[2:] if cluster.replicas(name) != 5]
    check(not frozen, f"{frozen} were lowered")
    for name in names:
        cluster.value[name] = "3"
    for name in names:
        until(f"{name} follows again", lambda name=name: cluster.is_at(3, name), 40)


sys.exit(play(rows_19_22_24_no_answer_is_never_a_value, row_19_the_api_service_goes_away,
              row_20_an_answer_that_never_comes_has_a_deadline, row_21_a_slow_drip_is_cut_at_the_deadline_of_the_whole,
              row_24_huge_and_tiny_values_stay_in_the_bounds, row_25_negative_values_lower_nothing_below_the_minimum, row_26_pods_without_a_value_hold,
              row_27_a_pod_that_is_named_twice_is_counted_once, row_28_old_samples_are_no_samples, row_29_a_huge_answer_is_cut,
              row_29_a_bomb_of_brackets_is_a_failed_metric,
              a_failed_metric_blocks_decreases_by_the_others, row_31_a_source_that_loses_many_lowers_none, stage=Cluster, at_once=4))
