#!/usr/bin/env python3
"""An object that crashes the controller, twice: the third start leaves it alone, says so, and serves all others; with two replicas neither takes the other down
for good. That it is tried again after a minute stands in fault_minute.py."""

import re
import sys
import time

from cluster import HPAS, Cluster, Replica, check, metric, until
from poison import NOTE, Poison
from stage import play


def quarantine_is_told(cluster):
    until("the condition tells", lambda: cluster.tells("AbleToScale", "Quarantined", "poison"), 20)
    hpa = cluster.get(f"{HPAS.format('default')}/poison")
    words = [c["message"] for c in hpa["status"]["conditions"] if c["reason"] == "Quarantined"][0]
    check(re.match(r"in quarantine: it was in work at \d+ crashes of the controller; tried again at 2", words), words)
    until("an event tells", lambda: any(
        event["reason"] == "Quarantined" and event["involvedObject"]["name"] == "poison"
        for event in cluster.get("/api/v1/namespaces/default/events")["items"]), 10)
    for name in ("web", "other"):
        check(cluster.reason("AbleToScale", name) != "Quarantined", f"{name} is in quarantine, too")


def others_are_served(cluster, web, other):
    since = time.monotonic()
    cluster.load.update(web=web, other=other)
    until("web is scaled", lambda: cluster.is_at(web), 20)
    until("other is scaled", lambda: cluster.is_at(other, "other"), 20)
    cluster.others_are_on_time(since)


def an_object_at_two_crashes_rests_and_nobody_else_does(cluster):
    poison = Poison(cluster)
    poison.settle()
    until("it is scaled like others", lambda: cluster.is_at(2, "poison"), 20)
    poison.crash()
    until("one crash may have any cause", lambda: "it was in work at a crash" in cluster.log(), 10)
    check(metric(cluster.health_port, "flyball_quarantined_objects") in (0, None), "nothing is in quarantine after one crash")
    poison.crash()
    started = time.monotonic()
    quarantine_is_told(cluster)
    check(poison.kills == 2, f"{poison.kills} crashes")
    until("the gauge tells", lambda: metric(cluster.health_port, "flyball_quarantined_objects") == 1, 10)
    check('msg="in quarantine: it was in work at several crashes" what="HorizontalPodAutoscaler default/poison' in cluster.log(), "the log tells")
    others_are_served(cluster, 7, 3)
    others_are_served(cluster, 4, 1)
    poison.is_left_alone(started, 2)
    check(cluster.replicas("poison") == 2, "its target is left as it is")
    # Another spec is another chance; an orderly end forgets.
    poison.deadly = False
    cluster.edit("poison", maxReplicas=9)
    until("it is tried", lambda: cluster.tells("ScalingActive", "ValidMetricFound", "poison"), 20)
    check(cluster.alive(), "it ended")


class Prey(Replica):
    """A replica, and what a kubelet does for it."""

    def __init__(self, cluster, poison, name):
        self.poison, self.crashes = poison, 0
        super().__init__(cluster, name, f"--work-note-dir={cluster.folder / name}")

    def start(self):
        self.poison.hunt(self.folder / NOTE, super().start)

    def look_after(self):
        if self.process.poll() is not None:
            self.crashes += 1
            self.start()


def a_poisonous_object_does_not_take_the_fleet_down(cluster):
    """Each replica has a note of its own, so each may be met twice, and no more."""
    poison = Poison(cluster)
    cluster.load.update(web=5, other=2)
    for name in ("web", "other"):
        cluster.create_target(name)
        cluster.create_hpa(name)
    replicas = [Prey(cluster, poison, name) for name in ("one", "two")]
    try:
        until("they work", lambda: cluster.is_at(5), 40)
        until("poison is scaled, too", lambda: cluster.is_at(2, "poison"), 20)
        poison.deadly, since = True, time.monotonic()

        def rests():
            for replica in replicas:
                replica.look_after()
            check(poison.kills <= 4, f"{poison.kills} crashes")
            return cluster.reason("AbleToScale", "poison") == "Quarantined" or [r.crashes for r in replicas]

        until("somebody leaves it alone", rests, 60)
        leader = [r for r in replicas if r.leads()]
        check(len(leader) == 1 and leader[0].crashes == 2, f"{[(r.name, r.leads(), r.crashes) for r in replicas]}")
        quarantine_is_told(cluster)
        cluster.never_lowers(since)
        others_are_served(cluster, 8, 3)
        others_are_served(cluster, 6, 1)
        # Its machine goes away: the other one may have to learn it, too, but no more than that.
        leader[0].process.kill()
        cluster.load["web"] = 7
        until("the others are served", lambda: rests() and cluster.is_at(7), 60)
    finally:
        poison.deadly = False
        codes = [replica.end() for replica in replicas]
    check(codes == [0, 0], f"they ended with {codes}")


sys.exit(play(an_object_at_two_crashes_rests_and_nobody_else_does, a_poisonous_object_does_not_take_the_fleet_down, stage=Cluster))
