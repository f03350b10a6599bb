#!/usr/bin/env python3
"""The API server fails, lies or is slow: no count falls, nothing is asked too often, and all goes on by itself. Rows 1-3, 5-11 of the fault matrix."""

import json
import random
import sys
import threading
import time

from cluster import HPA_WATCH, HPAS, Cluster, check, of_web, status, until
from stage import is_sanitized, play

PODS = "/api/v1/pods"
# Enough that lists kept as texts would show in the memory, where it is not a sanitizer's.
BYSTANDERS = 10 if is_sanitized() else 300


def lists_of(cluster, path, since):
    return len({request.at for request in cluster.seen(lambda r: r.list and r.path == path and "continue" not in r.query, since)})


def row_1_the_api_server_restarts(cluster):
    cluster.settle()
    down = time.monotonic()
    cluster.proxy.close()
    cluster.load["web"] = 1
    time.sleep(2)
    check(cluster.replicas() == 5, "nothing was written")
    cluster.load["web"] = 5
    cluster.proxy.listen()
    until("the watches are back", lambda: len(cluster.seen(lambda r: r.watch, down)) >= 3, 40)
    check(lists_of(cluster, HPA_WATCH, down) == 0 and lists_of(cluster, PODS, down) == 0, "watches resume where they were")
    cluster.never_lowers(down)
    cluster.recovers()


def row_1_every_connection_is_reset(cluster):
    cluster.settle()
    since = time.monotonic()

    def reset(request):
        request.handler.close_connection = True
        return True

    cluster.proxy.bends.append(reset)
    cluster.proxy.cut_watches()
    cluster.load["web"] = 1
    time.sleep(4)
    # Passes, six watches, the canary, discovery; each waits longer every time.
    cluster.is_no_hot_loop(since, 30)
    cluster.never_lowers(since)
    cluster.load["web"] = 5
    cluster.proxy.bends.clear()
    cluster.recovers()


def gone(handler, proxy, request):
    proxy.begin_watch(request)
    handler.wfile.write(json.dumps({"type": "ERROR", "object": status(410, "Expired", "too old resource version")}).encode() + b"\n")


def row_2_a_watch_that_is_too_old_lists_again(cluster):
    cluster.settle(flags=["--horizontal-pod-autoscaler-downscale-stabilization=30s"])
    since = time.monotonic()
    told = []

    def too_old(request):
        if not request.watch or request.path not in (HPA_WATCH, PODS) or told.count(request.path) == 2:
            return False
        told.append(request.path)
        # Half of the servers say it with the answer, half in the stream.
        if told.count(request.path) == 1:
            request.handler.reply(410, status(410, "Expired", "too old resource version"))
        else:
            gone(request.handler, cluster.proxy, request)
        return True

    # What goes away meanwhile must be noticed by the list alone.
    cluster.create_hpa("ghost", target="web")
    until("both are told that they are ambiguous", lambda: cluster.tells("ScalingActive", "AmbiguousSelector"), 20)
    cluster.proxy.bends.append(too_old)
    cluster.proxy.cut_watches()
    cluster.delete(f"{HPAS.format('default')}/ghost")
    until("both lists were made twice", lambda: (lists_of(cluster, HPA_WATCH, since), lists_of(cluster, PODS, since)) == (2, 2), 20)
    until("the ghost is gone", lambda: cluster.tells("ScalingActive", "ValidMetricFound"), 20)
    # Recommendations from before the lists still hold.
    cluster.load["web"] = 1
    cluster.holds(5, 3)
    cluster.load["web"] = 7
    until("it scales up", lambda: cluster.is_at(7), 20)
    cluster.never_lowers(since)


def row_3_all_kinds_list_again_at_once(cluster):
    cluster.create_target("bystander", BYSTANDERS)
    until("bystanders run", lambda: len(cluster.pods_now("default", "app=bystander")) == BYSTANDERS, 60, 0.5)
    cluster.settle()
    since, open_lists, most, lock = time.monotonic(), [0], [0], threading.Lock()
    before = cluster.memory_kib("VmRSS")
    cluster.forget_peak()
    told = set()

    def storm(request):
        if request.watch and request.path not in told:
            told.add(request.path)
            gone(request.handler, cluster.proxy, request)
            return True
        if not request.list:
            return False
        with lock:
            open_lists[0] += 1
            most[0] = max(most[0], open_lists[0])
        time.sleep(0.3)
        cluster.proxy.forward(request)
        with lock:
            open_lists[0] -= 1
        return True

    cluster.proxy.bends.append(storm)
    cluster.proxy.cut_watches()
    until("every kind was listed", lambda: len({r.path for r in cluster.seen(lambda r: r.list, since)}) >= 3 and not open_lists[0], 20)
    time.sleep(1)
    check(most[0] <= 2, f"{most[0]} lists at a time")
    for path in told:
        check(lists_of(cluster, path, since) == 1, f"{path} was listed {lists_of(cluster, path, since)} times")
    peak = cluster.memory_kib("VmHWM")
    check(is_sanitized() or peak <= 1.2 * before, f"{peak} KiB at the peak, {before} before")
    cluster.never_lowers(since)
    cluster.recovers()
    return f"{peak} KiB at the peak, {before} before"


def row_5_events_arrive_byte_by_byte(cluster):
    cluster.settle()

    def drip(request, line):
        return [line[i:i + 1] for i in range(len(line))] if request.path == HPA_WATCH else [line[:7], line[7:-9], line[-9:]]

    cluster.proxy.lines.append(drip)
    cluster.proxy.cut_watches()
    cluster.patch(f"{HPAS.format('default')}/web", {"metadata": {"annotations": {"motto": "höher, weiter – 高く 🚀"}}})
    cluster.edit("web", minReplicas=6)
    until("the edit is seen", lambda: cluster.is_at(6), 30)
    cluster.edit("web", minReplicas=1)
    cluster.recovers()


def row_5_a_stream_ends_in_the_middle_of_an_event(cluster):
    cluster.settle()
    since, cuts = time.monotonic(), []

    def halve(request, line):
        if request.path == HPA_WATCH and b'"name":"web"' in line and len(cuts) < 3:
            cuts.append(time.monotonic())
            request.handler.wfile.write(line[:len(line) * len(cuts) // 4])
            raise OSError("enough")
        return [line]

    cluster.proxy.lines.append(halve)
    cluster.proxy.cut_watches()
    cluster.edit("web", minReplicas=6)
    until("the edit is seen", lambda: cluster.is_at(6), 30)
    check(len(cuts) == 3, f"{len(cuts)} cuts")
    check(lists_of(cluster, HPA_WATCH, since) == 0, "the watch resumes")
    cluster.edit("web", minReplicas=1)
    cluster.recovers()


def row_6_malformed_objects_are_passed_over(cluster):
    cluster.settle()
    since = time.monotonic()
    deep = b"[" * 20000 + b"]" * 20000
    meta = b'"metadata":{"name":"bomb","namespace":"default","uid":"b","resourceVersion":"1"'
    bad = [b"\n", b"null\n", b"{}\n", b'"text"\n', b"\xff\xfe\x00\n", b"<html>503</html>\n", b'{"type":"MODIFIED"}\n', b'{"type":"NEW","object":{}}\n',
           b'{"type":"ADDED","object":{"metadata":{"name":7}}}\n', b'{"type":"ADDED","object":{"metadata":[]}}\n',
           b'{"type":"ADDED","object":{' + meta + b',"annotations":' + deep + b"}}}\n",
           b'{"type":"ADDED","object":{' + meta + b'},"spec":' + deep + b"}}\n",
           b'{"type":"ADDED","object":{' + meta + b'},"spec":{"maxReplicas":"' + b"9" * (5 << 20) + b'"}}}\n',
           b'{"type":"BOOKMARK","object":{"metadata":{}}}\n', b'{"type":"DELETED","object":{"metadata":{"name":"web","namespace":"default"}}}\n']

    def spoil(request, line):
        return bad + [line] if request.path in (HPA_WATCH, PODS, "/apis/apps/v1/deployments") else [line]

    cluster.proxy.lines.append(spoil)
    cluster.proxy.cut_watches()
    cluster.edit("web", minReplicas=6)
    until("what comes behind them is seen", lambda: cluster.is_at(6), 40)
    cluster.edit("web", minReplicas=1)
    watches = cluster.seen(lambda r: r.watch and r.path == HPA_WATCH, since)
    check(len(watches) <= 2, f"the watch was restarted {len(watches) - 1} times")
    cluster.never_lowers(since)
    cluster.others_are_on_time(since, 4)
    cluster.proxy.lines.clear()
    cluster.recovers()
    return f"{cluster.memory_kib() // 1024} MiB at most"


def row_6_a_list_with_malformed_items(cluster):
    def spoil(request):
        if not request.list:
            return False
        _, connection, answer = cluster.proxy.upstream_answer(request)
        body = json.loads(answer.read())
        connection.close()
        body["items"] = [{}, {"metadata": {}}, {"metadata": {"name": 7}}, *body["items"], {"spec": {}},
                         {"metadata": {"name": "half", "namespace": "default", "uid": "h", "resourceVersion": "1"}, "spec": 4}]
        request.handler.reply(200, body)
        return True

    cluster.proxy.bends.append(spoil)
    cluster.settle()
    cluster.recovers()


def row_7_old_and_repeated_events_change_nothing(cluster):
    cluster.settle()
    since, history = time.monotonic(), []

    def shuffle(request, line):
        if request.path != HPA_WATCH or b'"name":"web"' not in line:
            return [line]
        history.append(line)
        return [line, *reversed(history), line]

    cluster.proxy.lines.append(shuffle)
    cluster.proxy.cut_watches()
    # The oldest of these, repeated behind the newest, would lower it.
    for bound in (2, 5, 8):
        cluster.edit("web", minReplicas=6, maxReplicas=max(6, bound))
    until("the newest counts", lambda: cluster.is_at(6), 30)
    cluster.edit("web", minReplicas=7)
    until("the newest counts", lambda: cluster.is_at(7), 30)
    cluster.holds(7, 2)
    check(cluster.scale_writes("web", since) == [6, 7], f"{cluster.scale_writes('web', since)}")
    cluster.edit("web", minReplicas=1)
    cluster.recovers()


def row_8_too_many_requests_is_obeyed(cluster):
    cluster.settle()
    since = time.monotonic()

    def busy(request):
        if request.watch or request.metric or request.canary or request.path.endswith("/scale"):
            return False
        request.handler.reply(429, status(429, "TooManyRequests", "slow down"), headers=[("Retry-After", "1")])
        return True

    cluster.proxy.bends.append(busy)
    cluster.load["web"] = 7
    # A scale goes before a status: nobody waits for the pressure to end.
    until("it scales all the same", lambda: cluster.is_at(7), 20)
    time.sleep(3)
    cluster.is_no_hot_loop(since, 10, lambda r: r.code == 429)
    cluster.others_are_on_time(since)
    cluster.proxy.bends.clear()
    until("the status follows", lambda: cluster.get(f"{HPAS.format('default')}/web")["status"].get("desiredReplicas") == 7, 20)
    cluster.recovers()


def row_8_statuses_and_events_wait_for_scales(cluster):
    cluster.settle()
    put_off = []

    def busy(request):
        if request.method != "PUT" or not request.path.endswith("/web/scale") or put_off:
            return False
        put_off.append(time.monotonic())
        request.handler.reply(429, status(429, "TooManyRequests", "slow down"), headers=[("Retry-After", "3")])
        return True

    def is_minor(request):
        return request.method == "PUT" and request.path.endswith("/status") or request.method == "POST" and request.path.endswith("/events")

    cluster.proxy.bends.append(busy)
    cluster.load["web"] = 7
    until("a scale is put off", lambda: bool(put_off), 20)
    # Another object has much to tell, and scales.
    cluster.load["other"] = 4
    until("the other one scales all the same", lambda: cluster.is_at(4, "other"), 2)
    time.sleep(max(0.0, put_off[0] + 2.5 - time.monotonic()))
    early = [r for r in cluster.seen(is_minor, put_off[0] + 0.2) if r.at < put_off[0] + 2.5]
    check(not early, f"sent at once: {early}")
    until("the first one scales", lambda: cluster.is_at(7), 5)
    until("both are told of", lambda: len(cluster.seen(lambda r: is_minor(r) and r.method == "POST", put_off[0])) >= 2, 20)
    until("the statuses follow", lambda: len(cluster.seen(lambda r: is_minor(r) and r.method == "PUT", put_off[0])) >= 2, 20)
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_8_everything_is_too_much(cluster):
    cluster.settle()
    since = time.monotonic()

    def busy(request):
        request.handler.reply(429, status(429, "TooManyRequests", "slow down"), headers=[("Retry-After", "2")])
        return True

    cluster.proxy.bends.append(busy)
    cluster.proxy.cut_watches()
    cluster.load["web"] = 1
    time.sleep(4)
    cluster.is_no_hot_loop(since, 20)
    cluster.never_lowers(since)
    cluster.load["web"] = 5
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_9_server_errors_lower_nothing(cluster):
    for i in range(15):
        cluster.create_target(f"many-{i}")
        cluster.create_hpa(f"many-{i}")
    cluster.settle()
    since, codes = time.monotonic(), [500, 502, 503, 504]

    def fail(request):
        code = codes[int(request.at * 1000) % len(codes)]
        request.handler.reply(code, "<html>gateway</html>" if code == 502 else status(code, "InternalError", "etcdserver: leader changed"),
                              "text/html" if code == 502 else "application/json")
        return True

    cluster.proxy.bends.append(fail)
    cluster.proxy.cut_watches()
    cluster.load["web"] = 1
    time.sleep(4)
    # At most what seventeen objects ask in their periods anyway: a metric, a scale, a status.
    cluster.is_no_hot_loop(since, 17 * 3 + 20)
    cluster.never_lowers(since)
    cluster.load["web"] = 5
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_9_half_of_the_answers_are_errors(cluster):
    cluster.settle()
    # By chance, not every other one: that could be the same request of each pass.
    since, dice = time.monotonic(), random.Random(9)

    def fail(request):
        # A canary without an answer ends all writes to native objects; that is another scene's.
        if dice.random() < 0.5 or request.canary:
            return False
        request.handler.reply(503, status(503, "ServiceUnavailable", "try again"))
        return True

    cluster.proxy.bends.append(fail)
    time.sleep(3)
    cluster.never_lowers(since)
    cluster.load["web"] = 8
    until("it works through them", lambda: cluster.is_at(8), 60)
    cluster.is_no_hot_loop(since, 30)
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_10_slow_answers_hold_up_nobody_else(cluster):
    cluster.settle()
    since = time.monotonic()

    def slow(request):
        if request.watch or not (of_web(request) or "/web" in request.path):
            return False
        time.sleep(10)
        request.handler.close_connection = True
        return True

    cluster.proxy.bends.append(slow)
    cluster.load["web"] = 1
    time.sleep(4)
    cluster.others_are_on_time(since)
    check(cluster.is_healthy() is True, "it is healthy")
    cluster.never_lowers(since)
    cluster.is_no_hot_loop(since, 10, lambda r: of_web(r) or "/web" in r.path)
    cluster.load["web"] = 5
    cluster.proxy.bends.clear()
    cluster.recovers()


def row_11_a_new_token_is_read(cluster):
    token = cluster.folder / "token"
    token.write_text("first\n")
    valid = ["first"]

    def authenticate(request):
        if request.token == f"Bearer {valid[0]}":
            return False
        request.handler.reply(401, status(401, "Unauthorized", "Unauthorized"))
        return True

    cluster.proxy.bends.append(authenticate)
    cluster.settle(user={"tokenFile": str(token)})
    since = time.monotonic()
    valid[0] = "second"
    cluster.load["web"] = 1
    time.sleep(2)
    cluster.is_no_hot_loop(since, 20)
    cluster.never_lowers(since)
    cluster.load["web"] = 5
    token.write_text("second\n")
    written = time.monotonic()
    cluster.recovers()
    # The old token is not held on to: what fails is what was under way.
    late = cluster.seen(lambda r: r.token == "Bearer first", written + 3)
    check(not late, f"{len(late)} requests with the old token")


sys.exit(play(row_1_the_api_server_restarts, row_1_every_connection_is_reset, row_2_a_watch_that_is_too_old_lists_again,
              row_3_all_kinds_list_again_at_once, row_5_events_arrive_byte_by_byte, row_5_a_stream_ends_in_the_middle_of_an_event,
              row_6_malformed_objects_are_passed_over, row_6_a_list_with_malformed_items, row_7_old_and_repeated_events_change_nothing,
              row_8_too_many_requests_is_obeyed, row_8_statuses_and_events_wait_for_scales, row_8_everything_is_too_much, row_9_server_errors_lower_nothing,
              row_9_half_of_the_answers_are_errors, row_10_slow_answers_hold_up_nobody_else, row_11_a_new_token_is_read, stage=Cluster, at_once=4))
