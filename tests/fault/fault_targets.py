#!/usr/bin/env python3
"""The target, or the autoscaler, changes while it is scaled. Rows 12-18 of the fault matrix; once a minute for what is refused stands in fault_minute.py."""

import sys
import threading
import time

from cluster import DEPLOYMENTS, HPAS, PERIOD, Cluster, check, of_web, status, until
from stage import play

SCALE = f"{DEPLOYMENTS.format('default')}/web/scale"
WEB_HPA = f"{HPAS.format('default')}/web"


def is_scale_write(request):
    return request.method == "PUT" and request.path == SCALE


def once(cluster, test, action):
    """The next request that passes the test meets that action first."""
    met = threading.Event()

    def bend(request):
        if met.is_set() or not test(request):
            return False
        met.set()
        return bool(action(request))

    cluster.proxy.bends.append(bend)
    return met


def row_13_a_conflict_that_changes_no_count_is_tried_again_at_once(cluster):
    cluster.settle()
    met = once(cluster, is_scale_write, lambda _: cluster.patch(f"{DEPLOYMENTS.format('default')}/web", {"metadata": {"labels": {"touched": "yes"}}}) and None)
    since = time.monotonic()
    cluster.load["web"] = 7
    check(met.wait(60), "nothing was written")
    until("it is scaled", lambda: cluster.is_at(7), 10)
    writes = cluster.seen(is_scale_write, since)
    check([r.code for r in writes] == [409, 200], f"{writes}")
    asked = cluster.seen(lambda r: r.metric and of_web(r) and writes[0].at < r.at < writes[1].at)
    check(not asked, "the decision stands: nothing was asked again")


def row_13_a_conflict_with_somebody_who_scales_is_decided_anew(cluster):
    cluster.settle()
    met = once(cluster, is_scale_write, lambda _: cluster.scale("web", 9))
    since = time.monotonic()
    cluster.load["web"] = 7
    check(met.wait(60), "nothing was written")
    until("it is decided anew", lambda: cluster.is_at(7), 20)
    writes = cluster.seen(is_scale_write, since)
    check(writes[0].code == 409 and writes[-1].code == 200, f"{writes}")
    asked = cluster.seen(lambda r: r.metric and of_web(r) and writes[0].at < r.at < writes[1].at)
    check(asked, "somebody's change was overwritten with an old decision")


def row_13_a_status_conflict_about_metadata_is_written_again_at_once(cluster):
    cluster.settle()
    status_path = f"{WEB_HPA}/status"
    is_status_write = lambda r: r.method == "PUT" and r.path == status_path
    met = once(cluster, is_status_write, lambda _: cluster.patch(WEB_HPA, {"metadata": {"annotations": {"touched": "yes"}}}) and None)
    since = time.monotonic()
    cluster.load["web"] = 7
    check(met.wait(60), "no status was written")
    until("the status is written", lambda: cluster.get(WEB_HPA)["status"].get("desiredReplicas") == 7, 5)
    writes = cluster.seen(is_status_write, since)
    check([r.code for r in writes[:2]] == [409, 200], f"{writes}")
    asked = cluster.seen(lambda r: r.metric and of_web(r) and writes[0].at < r.at < writes[1].at)
    check(not asked, "nothing was asked again")
    told = [r.json().get("reason") for r in cluster.seen(lambda r: r.method == "POST" and r.path.endswith("/events"), since)]
    check("FailedUpdateStatus" not in told, f"{told}")
    check(cluster.get(WEB_HPA)["metadata"]["annotations"]["touched"] == "yes", "somebody's annotation is gone")
    cluster.recovers()


def row_13_conflicts_without_end_are_no_hot_loop(cluster):
    cluster.settle()
    since = time.monotonic()

    def conflict(request):
        if is_scale_write(request):
            request.handler.reply(409, status(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again"))
            return True
        return False

    cluster.proxy.bends.append(conflict)
    cluster.load["web"] = 7
    time.sleep(5)
    cluster.is_no_hot_loop(since, 12, is_scale_write)
    cluster.others_are_on_time(since)
    check(cluster.reason("AbleToScale") == "FailedUpdateScale", f"{cluster.reason('AbleToScale')}")
    cluster.proxy.bends.clear()
    until("it is scaled", lambda: cluster.is_at(7), 20)
    cluster.recovers()


def row_14_a_deleted_target_is_told_and_a_new_one_taken_up(cluster):
    cluster.settle()
    since = time.monotonic()
    cluster.delete(f"{DEPLOYMENTS.format('default')}/web")
    until("it is told", lambda: cluster.tells("AbleToScale", "FailedGetScale"), 20)
    time.sleep(2)
    cluster.is_no_hot_loop(since, 4, lambda r: r.path == SCALE)
    cluster.others_are_on_time(since)
    # Another one of that name; nothing of what was known of the first one lowers it.
    cluster.load["web"] = 6
    created = time.monotonic()
    cluster.create_target("web", 6)
    until("it is taken up", lambda: cluster.tells("AbleToScale", "ReadyForNewScale"), 20)
    check(all(count >= 6 for count in cluster.scale_writes("web", created)), f"{cluster.scale_writes('web', created)}")
    cluster.recovers()


def row_15_a_target_at_zero_is_left_alone(cluster):
    cluster.settle()
    since = time.monotonic()
    cluster.scale("web", 0)
    until("it is told", lambda: cluster.tells("ScalingActive", "ScalingDisabled"), 20)
    zero = time.monotonic()
    cluster.holds(0, 3)
    check(not cluster.scale_writes("web", zero), "it was woken up")
    cluster.others_are_on_time(since)
    cluster.scale("web", 2)
    cluster.load["web"] = 4
    until("it is scaled again", lambda: cluster.is_at(4), 20)


def row_16_a_write_whose_answer_is_lost_is_no_second_step(cluster):
    policy = {"scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
    cluster.settle(web=1)
    cluster.edit("web", behavior=policy)
    time.sleep(PERIOD)

    def lose(request):
        raw, connection, answer = cluster.proxy.upstream_answer(request)
        answer.read()
        connection.close()
        request.handler.close_connection = True
        return True

    met = once(cluster, is_scale_write, lose)
    cluster.load["web"] = 8
    check(met.wait(60), "nothing was written")
    until("the write arrived", lambda: cluster.is_at(2), 10)
    cluster.holds(2, 5)
    since = time.monotonic()
    cluster.edit("web", behavior=None)
    until("it goes on", lambda: cluster.is_at(8), 20)
    cluster.others_are_on_time(since)


def lose_the_write_and_what_follows(cluster, name="web"):
    """The next scale write arrives, its answer does not, and for a while the scale cannot be read either. Returns when it is lost, and how to end it."""
    lost = threading.Event()

    def bend(request):
        if not request.path.endswith(f"/deployments/{name}/scale"):
            return False
        if request.method == "PUT" and not lost.is_set():
            raw, connection, answer = cluster.proxy.upstream_answer(request)
            answer.read()
            connection.close()
            lost.set()
        elif request.method == "PUT":
            return False
        request.handler.close_connection = True
        return True

    cluster.proxy.bends.append(bend)
    return lost, lambda: cluster.proxy.bends.remove(bend)


def row_16_a_lost_write_that_cannot_be_read_again_is_no_second_step(cluster):
    up = {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    cluster.settle(web=1)
    cluster.edit("web", behavior={"scaleUp": up})
    time.sleep(PERIOD)
    lost, end = lose_the_write_and_what_follows(cluster)
    since = time.monotonic()
    cluster.load["web"] = 8
    check(lost.wait(60), "nothing was written")
    until("the write arrived", lambda: cluster.is_at(2), 10)
    until("nobody knows", lambda: cluster.seen(lambda r: r.method == "GET" and r.path == SCALE and r.code is None, since) != [], 10)
    end()
    cluster.holds(2, 4)
    check(set(cluster.scale_writes("web", since)) == {2}, f"{cluster.scale_writes('web', since)}: a step more than the policy allows")
    cluster.others_are_on_time(since)
    cluster.edit("web", behavior=None)
    until("it goes on", lambda: cluster.is_at(8), 20)


def row_16_a_lost_decrease_that_cannot_be_read_again_is_no_second_step(cluster):
    down = {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    cluster.settle(web=6)
    cluster.edit("web", behavior={"scaleDown": down})
    time.sleep(PERIOD)
    lost, end = lose_the_write_and_what_follows(cluster)
    since = time.monotonic()
    cluster.load["web"] = 2
    check(lost.wait(60), "nothing was written")
    until("the write arrived", lambda: cluster.is_at(5), 10)
    until("nobody knows", lambda: cluster.seen(lambda r: r.method == "GET" and r.path == SCALE and r.code is None, since) != [], 10)
    end()
    cluster.holds(5, 4)
    check(set(cluster.scale_writes("web", since)) == {5}, f"{cluster.scale_writes('web', since)}: a step more than the policy allows")
    cluster.load["web"] = 7
    until("increases go on", lambda: cluster.is_at(7), 20)


def row_16_a_lost_write_that_never_arrived_is_made_again(cluster):
    """Nothing is counted that did not happen: the next pass writes what the policy allows."""
    cluster.settle(web=1)
    cluster.edit("web", behavior={"scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}})
    time.sleep(PERIOD)
    broken = threading.Event()

    def bend(request):
        if not request.path.endswith("/deployments/web/scale"):
            return False
        broken.set()
        request.handler.close_connection = True
        return True

    cluster.proxy.bends.append(bend)
    cluster.load["web"] = 8
    check(broken.wait(60), "nothing was written")
    time.sleep(2 * PERIOD)
    check(cluster.replicas() == 1, "nothing arrived")
    cluster.proxy.bends.remove(bend)
    until("it is written", lambda: cluster.is_at(2), 10)
    cluster.holds(2, 2 * PERIOD)


def asleep(cluster, lose):
    """An object that may sleep is put to sleep, and what tells whose doing that is gets lost. It has to wake up all the same."""
    cluster.value["jobs"] = "3"
    cluster.settle(flags=["--feature-gates=HPAScaleToZero=true"])
    cluster.create_target("worker", 1)
    cluster.create_hpa("worker", minReplicas=0, metrics=[cluster.external_metric("jobs")])
    until("it works", lambda: cluster.is_at(3, "worker"), 20)
    lose()
    cluster.value["jobs"] = "0"
    until("it sleeps", lambda: cluster.is_at(0, "worker"), 20)


def wakes_up(cluster):
    time.sleep(2 * PERIOD)
    cluster.value["jobs"] = "2"
    until("it wakes up", lambda: cluster.is_at(2, "worker"), 20)
    until("the status says so", lambda: cluster.tells("ScalingActive", "ValidMetricFound", "worker"), 10)


def row_16_a_lost_write_of_zero_is_woken_from(cluster):
    ends = []
    asleep(cluster, lambda: ends.append(lose_the_write_and_what_follows(cluster, "worker")[1]))
    time.sleep(PERIOD)
    ends[0]()
    until("it is known", lambda: cluster.tells("ScaledToZero", "ScaledToZero", "worker"), 10)
    wakes_up(cluster)


def row_8_zero_without_its_status_is_woken_from(cluster):
    """The server has no time for the status that says who put it to sleep."""
    def busy(request):
        if not request.path.endswith("/horizontalpodautoscalers/worker/status"):
            return False
        request.handler.reply(429, status(429, "TooManyRequests", "slow down"), headers=[("Retry-After", "2")])
        return True

    asleep(cluster, lambda: cluster.proxy.bends.append(busy))
    until("the status is refused", lambda: cluster.seen(lambda r: r.code == 429) != [], 10)
    cluster.proxy.bends.clear()
    wakes_up(cluster)


def change_during_the_pass(cluster, change):
    """Makes the change while the pass that would scale "web" up waits for its metric. The time before."""
    cluster.settle()
    holding, let_go = threading.Event(), threading.Event()

    def hold(request):
        if not of_web(request) or holding.is_set():
            return False
        holding.set()
        let_go.wait(60)
        return False

    since = time.monotonic()
    cluster.load["web"] = 9
    cluster.metric_bends.append(hold)
    check(holding.wait(60), "no question came")
    change()
    time.sleep(0.5)
    let_go.set()
    return since


def row_17_an_edit_during_the_pass_counts_before_the_write(cluster):
    since = change_during_the_pass(cluster, lambda: cluster.edit("web", maxReplicas=6))
    until("the new bound counts", lambda: cluster.is_at(6), 20)
    check(cluster.scale_writes("web", since) == [6], f"{cluster.scale_writes('web', since)}")
    check(cluster.get(WEB_HPA)["status"]["currentReplicas"] <= 6, "the status is the new spec's")


def row_17_a_deletion_during_the_pass_ends_it(cluster):
    since = change_during_the_pass(cluster, lambda: cluster.delete(WEB_HPA))
    cluster.holds(5, 2)
    check(not cluster.seen(lambda r: r.method in ("PUT", "PATCH") and "/web" in r.path, since + 0.5), "something was written")


def row_18_two_autoscalers_of_one_target_are_both_disabled(cluster):
    cluster.settle()
    cluster.create_hpa("twin", target="web", maxReplicas=20)
    for name in ("web", "twin"):
        until(f"{name} is told", lambda name=name: cluster.tells("ScalingActive", "AmbiguousSelector", name), 20)
    since = time.monotonic()
    cluster.load["web"] = 1
    cluster.holds(5, 3)
    check(not cluster.scale_writes("web", since), "something was written")
    cluster.others_are_on_time(since)
    cluster.load["web"] = 5
    cluster.delete(f"{HPAS.format('default')}/twin")
    cluster.recovers()


def row_18_two_targets_with_the_same_pods_are_both_disabled(cluster):
    cluster.settle()
    cluster.create_target("shadow", labels={"app": "web"})
    cluster.create_hpa("shadow")
    for name in ("web", "shadow"):
        until(f"{name} is told", lambda name=name: cluster.tells("ScalingActive", "AmbiguousSelector", name), 20)
    since = time.monotonic()
    cluster.load["web"] = 1
    cluster.holds(5, 2)
    cluster.others_are_on_time(since)
    cluster.load["web"] = 5
    cluster.delete(f"{HPAS.format('default')}/shadow")
    cluster.delete(f"{DEPLOYMENTS.format('default')}/shadow")
    cluster.recovers()


sys.exit(play(row_13_a_conflict_that_changes_no_count_is_tried_again_at_once, row_13_a_conflict_with_somebody_who_scales_is_decided_anew,
              row_13_a_status_conflict_about_metadata_is_written_again_at_once, row_13_conflicts_without_end_are_no_hot_loop, row_14_a_deleted_target_is_told_and_a_new_one_taken_up,
              row_15_a_target_at_zero_is_left_alone, row_16_a_write_whose_answer_is_lost_is_no_second_step,
              row_16_a_lost_write_that_cannot_be_read_again_is_no_second_step, row_16_a_lost_decrease_that_cannot_be_read_again_is_no_second_step,
              row_16_a_lost_write_that_never_arrived_is_made_again, row_16_a_lost_write_of_zero_is_woken_from,
              row_8_zero_without_its_status_is_woken_from,
              row_17_an_edit_during_the_pass_counts_before_the_write, row_17_a_deletion_during_the_pass_ends_it,
              row_18_two_autoscalers_of_one_target_are_both_disabled, row_18_two_targets_with_the_same_pods_are_both_disabled, stage=Cluster, at_once=3))
