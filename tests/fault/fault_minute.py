#!/usr/bin/env python3
"""What takes a minute to show: a silent watch is given up, what is refused is tried once more, and what crashed the controller, too. Row 4, and row 12's
once a minute. All scenes run at once."""

import sys
import time

from cluster import HPAS, HPA_WATCH, Cluster, check, status, until
from poison import Poison
from stage import play

MINUTE = 60
PODS = "/api/v1/pods"


def row_4_a_watch_that_is_silently_dead_is_given_up(cluster):
    cluster.settle()
    since, dead = time.monotonic(), []

    def mute(request):
        if not request.watch or request.path in dead or request.path not in (HPA_WATCH, PODS):
            return False
        dead.append(request.path)
        cluster.proxy.begin_watch(request)
        request.handler.hang()
        return True

    cluster.proxy.bends.append(mute)
    cluster.proxy.cut_watches()
    until("both watches hang", lambda: len(dead) == 2, 20)
    cluster.edit("web", minReplicas=6)
    # Meanwhile the loop goes on with what it knows.
    time.sleep(10)
    cluster.others_are_on_time(since)
    cluster.never_lowers(since)
    until("the edit is seen", lambda: cluster.is_at(6), MINUTE + 15, 0.5)
    check(not cluster.seen(lambda r: r.list and r.path in dead, since), "watches resume where they were")
    cluster.edit("web", minReplicas=1)
    cluster.recovers()


def row_12_what_is_refused_is_tried_once_a_minute(cluster):
    cluster.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "settings"}, "data": {}})
    cluster.create_hpa("configured", scaleTargetRef={"apiVersion": "v1", "kind": "ConfigMap", "name": "settings"})
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "closed"}})
    cluster.create_target("app", 2, "closed")
    cluster.create_hpa("app", namespace="closed")

    def forbid(request):
        read_only = request.method == "PUT" and request.path.endswith("/deployments/web/scale") and cluster.load["web"] == 7
        if not read_only and not (request.metric and "/namespaces/closed/" in request.path):
            return False
        request.handler.reply(403, status(403, "Forbidden", "you may not"))
        return True

    cluster.proxy.bends.append(forbid)
    cluster.settle()
    since = time.monotonic()
    cluster.load["web"] = 7
    time.sleep(MINUTE + 8)
    for what, test in (("the scale of a kind without one", lambda r: "/configmaps/settings" in r.path),
                       ("a metric that we may not read", lambda r: r.metric and "/namespaces/closed/" in r.path),
                       ("a scale that we may not write", lambda r: r.method == "PUT" and r.path.endswith("/deployments/web/scale"))):
        n = len(cluster.seen(test, since))
        check(1 <= n <= 2, f"{what}: tried {n} times in {MINUTE + 8} s")
    cluster.others_are_on_time(since)
    check(cluster.tells("AbleToScale", "FailedUpdateScale") is True, "it is told")
    # What was missing is granted: the next try works.
    cluster.proxy.bends.clear()
    cluster.edit("web", maxReplicas=9)
    until("it is scaled", lambda: cluster.is_at(7), 20)
    check(cluster.get(f"{HPAS.format('closed')}/app")["status"]["conditions"], "it has conditions")


def what_crashed_twice_is_tried_once_a_minute_later(cluster):
    poison = Poison(cluster)
    poison.settle()
    poison.crash()
    poison.crash()
    rests = time.monotonic()
    until("it rests", lambda: cluster.tells("AbleToScale", "Quarantined", "poison"), 20)
    # What was wrong with it is gone, but nobody knows.
    poison.deadly = False
    until("it is tried", lambda: poison.asked[-1] > rests, MINUTE + 20, 0.5)
    first = min(at for at in poison.asked if at > rests)
    check(first - rests > MINUTE - 5, f"it was tried after {first - rests:.0f} s")
    until("it is scaled like others", lambda: cluster.is_at(2, "poison"), 10)
    check(cluster.reason("AbleToScale", "poison") != "Quarantined", "it is no longer in quarantine")
    cluster.others_are_on_time(rests, 3)
    check(cluster.alive(), "it ended")


sys.exit(play(row_4_a_watch_that_is_silently_dead_is_given_up, row_12_what_is_refused_is_tried_once_a_minute,
              what_crashed_twice_is_tried_once_a_minute_later, stage=Cluster, at_once=3))
