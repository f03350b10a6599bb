#!/usr/bin/env python3
"""Stabilisation windows outlive the controller: in time after an orderly end, longer after a crash, never shorter."""

import sys
import time

from play import DEPLOYMENTS, Failed, play, until
from replicas import CHECKPOINT, LEASE, QUICK, election_of, pair, took_over


def settled_at_five(stage, *flags, window):
    leader, standby = pair(stage, *flags, window=f"{window}s")
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    time.sleep(2.5)
    stage.steer(load=1)
    return leader, standby, time.monotonic()


def hold_until(stage, wanted, moment):
    stage.hold(wanted, max(0.0, moment - time.monotonic()))


def an_orderly_end_keeps_the_window(stage):
    leader, standby, dropped = settled_at_five(stage, window=12)
    time.sleep(2.5)
    ended = time.monotonic()
    leader.end()
    took_over(standby, ended, 3)
    hold_until(stage, 5, dropped + 11)
    # Had the window begun anew with the takeover, this would come two seconds later at least.
    until("one replica", lambda: stage.replicas_are(1), dropped + 12 + 3 - time.monotonic())


def a_crash_begins_the_window_anew(stage):
    leader, standby, _ = settled_at_five(stage, *QUICK, window=6)
    time.sleep(2.5)
    killed = time.monotonic()
    leader.kill()
    took_over(standby, killed, 5)
    hold_until(stage, 5, election_of(standby) + 5.5)
    until("one replica", lambda: stage.replicas_are(1), 6)


def a_single_replica_that_is_restarted_goes_on(stage):
    leader, standby, dropped = settled_at_five(stage, window=12)
    standby.end()
    leader.end()
    leader.start()
    until("it leads again", leader.leads, 5)
    hold_until(stage, 5, dropped + 11)
    until("one replica", lambda: stage.replicas_are(1), dropped + 12 + 3 - time.monotonic())


def without_an_election_nothing_is_left_behind(stage):
    stage.whole_loop()
    stage.steer(load=9)
    until("five replicas", lambda: stage.replicas_are(5))
    stage.stop("flyball-controller")
    for path in (LEASE, CHECKPOINT):
        if stage.request("GET", path)[0] != 404:
            raise Failed(f"{path} exists")
    if stage.get(DEPLOYMENTS)["items"][0]["spec"]["replicas"] != 5:
        raise Failed("the count changed")


sys.exit(play(an_orderly_end_keeps_the_window, a_crash_begins_the_window_anew, a_single_replica_that_is_restarted_goes_on,
              without_an_election_nothing_is_left_behind))
