#!/usr/bin/env python3
"""Two controllers, one of which decides: the leader is ended, killed, stopped, cut off; the other one takes over in time, nobody writes twice, no count dips."""

import signal
import sys
import time

from play import Failed, calm_between, play, until
from replicas import CHECKPOINT, QUICK, Watcher, election_of, one_after_the_other, pair, took_over


def a_leader_that_is_ended_is_followed_within_3_s(stage):
    leader, standby = pair(stage)
    watcher = Watcher(stage)
    stage.steer(load=9)
    until("it scales", lambda: stage.replicas() > 1 or stage.replicas())
    ended = time.monotonic()
    code = leader.end()
    if code != 0:
        raise Failed(f"exit code {code}")
    took_over(standby, ended, 3)
    stage.steer(load=20)
    until("ten replicas", lambda: stage.replicas_are(10), 20)
    watcher.has_no_dip()
    one_after_the_other(leader, standby, election_of(standby))
    if stage.get(CHECKPOINT)["data"].get("last"):
        raise Failed("the checkpoint still claims to be the last word")


def a_leader_that_is_killed_is_followed_within_17_s(stage):
    leader, standby = pair(stage)
    watcher = Watcher(stage)
    stage.steer(load=9)
    until("it scales", lambda: stage.replicas() > 1 or stage.replicas())
    killed = time.monotonic()
    leader.kill()
    took_over(standby, killed, 17)
    until("five replicas", lambda: stage.replicas_are(5), 20)
    watcher.has_no_dip()
    one_after_the_other(leader, standby, election_of(standby))


def a_leader_that_was_stopped_for_a_while_writes_nothing_any_more(stage):
    leader, standby = pair(stage, *QUICK)
    stage.steer(load=9)
    until("it scales", lambda: stage.replicas() > 1 or stage.replicas())
    watcher = Watcher(stage)
    stopped = time.monotonic()
    leader.process.send_signal(signal.SIGSTOP)
    took_over(standby, stopped, 5)
    until("five replicas", lambda: stage.replicas_are(5), 20)
    # A rate that still rises may lead to six or seven first: from there it must be further than the tolerance.
    stage.steer(load=16)
    until("eight replicas", lambda: stage.replicas_are(8), 20)
    leader.process.send_signal(signal.SIGCONT)
    until("it stands by", leader.stands_by)
    stage.steer(load=20)
    until("ten replicas", lambda: stage.replicas_are(10), 20)
    if leader.leads():
        raise Failed("it thinks that it leads")
    watcher.has_no_dip()
    one_after_the_other(leader, standby, election_of(standby))


def cut_off(stage, swallow):
    leader, standby = pair(stage, *QUICK)
    # The event about what it does now never gets through. Once another one leads it may not be told any more.
    leader.proxy.swallow = lambda data: b"/events" in data
    stage.steer(load=9)
    until("it scales", lambda: stage.replicas() > 1 or stage.replicas())
    watcher = Watcher(stage)
    cut = time.monotonic()
    leader.proxy.swallow = swallow
    for step in range(8):
        stage.steer(load=10 + step)
        time.sleep(0.4)
    took_over(standby, cut, 6)
    late = [at - cut for at in leader.proxy.writes() if calm_between(cut, at) > 2.1]
    if late:
        raise Failed(f"it wrote {late} s after it was cut off")
    leader.proxy.heal()
    until("it stands by", leader.stands_by, 40)
    stage.steer(load=20)
    until("ten replicas", lambda: stage.replicas_are(10), 20)
    watcher.has_no_dip()
    one_after_the_other(leader, standby, election_of(standby))


def a_leader_without_a_network_stops_in_time(stage):
    cut_off(stage, lambda data: True)


def a_leader_that_only_cannot_renew_stops_in_time(stage):
    cut_off(stage, lambda data: b"/leases/" in data)


sys.exit(play(a_leader_that_is_ended_is_followed_within_3_s, a_leader_that_is_killed_is_followed_within_17_s,
              a_leader_that_was_stopped_for_a_while_writes_nothing_any_more, a_leader_without_a_network_stops_in_time,
              a_leader_that_only_cannot_renew_stops_in_time))
