#!/usr/bin/env python3
"""The machine under the controller: names that resolve to something else, or not at all, and a wall clock that somebody sets. Rows 30, 32 and 37 of the
fault matrix. Both are made for one process alone by a library that is preloaded into it (shim.c)."""

import os
import struct
import sys
import time

from cluster import Cluster, Proxy, Replica, check, metric, of_web, until
from stage import is_sanitized, play

HOUR = 3600
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/flyball-controller"
NAME = "api.flyball.test"


def preloaded(**more):
    """A sanitizer's runtime wants to be the first library; it works behind another one, too."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": os.environ["FLYBALL_SHIM"], "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0" if is_sanitized() else options, **more}


class Clock:
    """The wall clock of the controller, against that of everybody else."""

    def __init__(self, cluster):
        self.path = cluster.folder / "clock"
        self.set(0)
        cluster.environment = preloaded(FLYBALL_SHIM_CLOCK=str(self.path))

    def set(self, seconds):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


class Names:
    """What the controller's resolver says of the API server's name."""

    def __init__(self, cluster):
        self.path = cluster.folder / "names"
        self.are("127.0.0.1")
        cluster.environment = preloaded(FLYBALL_SHIM_NAMES=str(self.path))
        cluster.server = NAME

    def are(self, address):
        new = self.path.with_suffix(".new")
        new.write_text(f"{NAME} {address}\n")
        new.rename(self.path)

    def lookups(self):
        asked = self.path.with_suffix(".asked")
        return len(asked.read_text().splitlines()) if asked.exists() else 0


def row_30_connections_outlive_a_name_that_no_longer_resolves(cluster):
    names = Names(cluster)
    cluster.settle()
    check(names.lookups() > 0, "the name was never looked up")
    names.are("-")
    since = time.monotonic()
    cluster.load["web"] = 7
    until("it scales over the connections that there are", lambda: cluster.is_at(7), 20)
    cluster.others_are_on_time(since)
    names.are("127.0.0.1")
    cluster.recovers()


def row_30_a_name_that_does_not_resolve_lowers_nothing(cluster):
    names = Names(cluster)
    cluster.settle()
    names.are("-")
    since, before = time.monotonic(), names.lookups()
    port = cluster.proxy.port
    cluster.proxy.close()
    cluster.load["web"] = 1
    until("it is looked up", lambda: names.lookups() - before > 1, 20)
    time.sleep(3)
    seconds = time.monotonic() - since
    check(names.lookups() - before <= 30 * seconds, f"{names.lookups() - before} lookups in {seconds:.0f} s")
    check(cluster.alive() and cluster.replicas() == 5, "it waits")
    cluster.load["web"] = 5
    cluster.proxy.port = port
    cluster.proxy.listen()
    time.sleep(1)
    cluster.never_lowers(since)
    names.are("127.0.0.1")
    cluster.recovers()


def row_30_a_name_that_moves_is_followed(cluster):
    names = Names(cluster)
    cluster.settle()
    since = time.monotonic()
    cluster.load["web"] = 1
    cluster.proxy.close()
    cluster.load["web"] = 6
    # The same API server, reached by another address; nobody answers at the old one.
    cluster.proxy = Proxy(cluster.port, cluster.answer_metric, address="127.0.0.2", port=cluster.proxy.port)
    names.are("127.0.0.2")
    until("it is followed", lambda: cluster.is_at(6), 40)
    cluster.never_lowers(since)
    cluster.recovers()


def clock_is_set(cluster, seconds):
    """Against the wall clock a window of four seconds would be over at once, or in an hour."""
    window = 4
    clock = Clock(cluster)
    cluster.settle(flags=[f"--horizontal-pod-autoscaler-downscale-stabilization={window}s"])
    # Each pass that still wants five begins the window anew.
    last = time.monotonic()
    cluster.load["web"] = 1
    until("it was asked since", lambda: len(cluster.seen(of_web, last)) > 1, 10)
    clock.set(seconds)
    cluster.holds(5, last + window - 0.5 - time.monotonic())
    until("the window is over when it is over", lambda: cluster.is_at(1), 6)
    # Decisions go on, upwards too, while the clock is wrong.
    since = time.monotonic()
    cluster.load["web"] = 6
    until("it scales up", lambda: cluster.is_at(6), 15)
    cluster.others_are_on_time(since)
    clock.set(0)
    cluster.recovers()


def row_32_a_clock_that_is_set_an_hour_ahead_shortens_no_window(cluster):
    clock_is_set(cluster, HOUR)


def row_32_a_clock_that_is_set_an_hour_back_prolongs_no_window(cluster):
    clock_is_set(cluster, -HOUR)


def row_32_a_clock_that_jitters_by_seconds_changes_nothing(cluster):
    """A leap second, a clock that is slewed: a second or two, this way and that."""
    clock = Clock(cluster)
    cluster.settle()
    since = time.monotonic()
    for step in range(20):
        clock.set((0, 1, 2, 1, 0, -1, -2, -1)[step % 8])
        time.sleep(0.2)
        check(cluster.replicas() == 5, f"web went to {cluster.replicas()}")
    check(not cluster.scale_writes(since=since), f"{cluster.scale_writes(since=since)}")
    cluster.others_are_on_time(since)
    cluster.is_no_hot_loop(since, 20)
    clock.set(0)
    cluster.recovers()


def row_37_clocks_that_disagree_make_no_second_leader(cluster):
    """Whoever goes by times that another machine wrote down would take the lease of the first one for one that ran out an hour ago."""
    clock = Clock(cluster)
    clock.set(HOUR)
    ahead, cluster.environment = cluster.environment, {}
    cluster.load.update(web=5)
    cluster.create_target("web")
    cluster.create_hpa("web")
    replicas = [Replica(cluster, "right")]
    try:
        until("the first one leads", replicas[0].leads, 20)
        replicas.append(Replica(cluster, "ahead", environment=ahead))
        until("it scales", lambda: cluster.is_at(5), 20)
        until("the other one is there", lambda: metric(replicas[1].port, "flyball_leader") == 0, 20)
        lease = cluster.get(LEASE)["spec"]
        # Longer than the lease lasts, twice.
        for _ in range(30):
            time.sleep(0.25)
            check(not replicas[1].leads(), "the one whose clock is ahead leads, too")
        now = cluster.get(LEASE)["spec"]
        check((now["holderIdentity"], now.get("leaseTransitions")) == (lease["holderIdentity"], lease.get("leaseTransitions")), f"{lease} -> {now}")
        # And whose clock is behind waits for a lease from the future no longer than for another one.
        replicas[0].process.kill()
        killed = time.monotonic()
        until("the other one takes over", replicas[1].leads, 10)
        check(replicas[0].end() != 0, "it was killed")
        replicas[0].start()
        replicas[1].process.kill()
        until("the one whose clock is behind takes over", replicas[0].leads, 10)
        replicas[1].end()
        cluster.never_lowers(killed)
        cluster.load["web"] = 7
        until("it scales", lambda: cluster.is_at(7), 20)
    finally:
        codes = [replica.end() for replica in replicas]
    check(codes[0] == 0, f"they ended with {codes}")


sys.exit(play(row_30_connections_outlive_a_name_that_no_longer_resolves, row_30_a_name_that_does_not_resolve_lowers_nothing,
              row_30_a_name_that_moves_is_followed, row_32_a_clock_that_is_set_an_hour_ahead_shortens_no_window,
              row_32_a_clock_that_is_set_an_hour_back_prolongs_no_window, row_32_a_clock_that_jitters_by_seconds_changes_nothing,
              row_37_clocks_that_disagree_make_no_second_leader, stage=Cluster, at_once=3))
