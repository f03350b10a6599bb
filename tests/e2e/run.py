#!/usr/bin/env python3
"""End-to-end tests on real parts: etcd, kube-apiserver, kube-controller-manager, Prometheus.

Usage: run.py [--pairing N ...] [--scene NAME ...] [--bin DIR] [--jobs N] [--keep]

Pairings: 1 flyball-controller on flyball-adapter, 2 Kubernetes' HPA controller on flyball-adapter
(and flyball-controller looks on), 3 flyball-controller on prometheus-adapter; `reference` has none of our programs in it and tells
whether a failure is the harness' own. Scenes are smaller: one subject each, in a cluster of its own, after the pairings. Without either
option all of both are played.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import beside
import components
import dropin
import ha
import own_kind
import prometheus_metrics
import proxied
from procs import Interrupted, stopping
from report import Report, Track
from scenario import Facts, Pairing, Scenario

ROOT = Path(__file__).resolve().parents[2]

PAIRINGS = {
    "1": Pairing("1", "flyball-controller", "flyball-adapter", outages=True),
    "2": Pairing("2", "kube-controller-manager", "flyball-adapter", observer=True),
    "3": Pairing("3", "flyball-controller", "prometheus-adapter"),
    "reference": Pairing(
        "reference", "kube-controller-manager", "prometheus-adapter", outages=True
    ),
}
DEFAULT = ("1", "2", "3")

# Name -> module with PROGRAMS, OWN_PROGRAMS and play(folder, programs, own, track).
SCENES = {
    "own-kind": own_kind,
    "dropin": dropin,
    "ha": ha,
    "beside": beside,
    "prometheus-metrics": prometheus_metrics,
    "proxied": proxied,
}

# Pairings start one after the other: the start of an API server wants a core for some seconds.
STAGGER_SEC = 8


class Runner:
    """Plays the pairings side by side, each in its own cluster."""

    def __init__(self, folder: Path, programs: dict[str, str], own: Path, report: Report):
        self.folder = folder
        self.programs = programs
        self.own = own
        self.report = report
        self.facts: dict[str, Facts] = {}

    def play(self, pairings: list[Pairing], jobs: int) -> None:
        slots = threading.Semaphore(jobs)
        threads = []
        for pairing in pairings:
            while not slots.acquire(timeout=0.5):
                if stopping.is_set():
                    break
            if stopping.is_set():
                break
            thread = threading.Thread(
                target=self._play_one, args=(pairing, slots), name=pairing.key
            )
            thread.start()
            threads.append(thread)
            if jobs > 1 and pairing is not pairings[-1]:
                stopping.wait(STAGGER_SEC)
        for thread in threads:
            thread.join()

    def _play_one(self, pairing: Pairing, slots: threading.Semaphore) -> None:
        track = Track(self.report, pairing.key)
        folder = self.folder / f"pairing-{pairing.key}"
        folder.mkdir()
        try:
            facts = Scenario(pairing, folder, self.programs, self.own, track).run()
            if facts:
                self.facts[pairing.key] = facts
        except Exception as error:  # a fault of the harness is a failure too, never silence
            track.check("the harness works", False, repr(error))
            raise
        finally:
            slots.release()

    def play_scenes(self, names: list[str]) -> None:
        for name in names:
            if stopping.is_set():
                return
            track = Track(self.report, name)
            folder = self.folder / name
            folder.mkdir()
            try:
                SCENES[name].play(folder, self.programs, self.own, track)
            except Exception as error:  # a fault of the harness is a failure too, never silence
                track.check("the harness works", False, repr(error))

    def compare(self) -> None:
        """What Kubernetes' own controller showed, the others must have shown to the letter."""
        for oracle in ("2", "reference"):
            if oracle in self.facts:
                break
        else:
            return
        for key, facts in sorted(self.facts.items()):
            if key == oracle:
                continue
            track = Track(self.report, f"{key} = {oracle}")
            for kind in ("statuses", "conditions", "events"):
                ours, theirs = getattr(facts, kind), getattr(self.facts[oracle], kind)
                for name in sorted(ours.keys() & theirs.keys()):
                    track.equal(f"{kind}: {name}", theirs[name], ours[name])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pairing", nargs="+", choices=list(PAIRINGS), default=[])
    parser.add_argument("--scene", nargs="+", choices=list(SCENES), default=[])
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--jobs", type=int, default=3, help="pairings at a time (default 3)")
    parser.add_argument("--keep", action="store_true", help="keep logs and data also on success")
    options = parser.parse_args()
    if not options.pairing and not options.scene:
        options.pairing, options.scene = list(DEFAULT), list(SCENES)
    return options


def _missing_own(pairings: list[Pairing], scenes: list[str], own: Path) -> list[str]:
    needed = [pairing.own_programs() for pairing in pairings]
    needed += [SCENES[name].OWN_PROGRAMS for name in scenes]
    names = sorted(set().union(*needed))
    return [str(own / name) for name in names if not os.access(own / name, os.X_OK)]


def main() -> int:
    options = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    pairings = [PAIRINGS[key] for key in dict.fromkeys(options.pairing)]
    began = time.monotonic()
    missing = _missing_own(pairings, options.scene, options.bin)
    if missing:
        print(f"e2e: not built: {', '.join(missing)} (./dev build)", file=sys.stderr)
        return 1
    try:
        wanted = [pairing.programs() for pairing in pairings]
        wanted += [SCENES[name].PROGRAMS for name in options.scene]
        programs = components.resolve(set().union(*wanted))
    except (components.MissingComponent, TimeoutError) as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    except Interrupted:
        print("e2e: interrupted", file=sys.stderr)
        return 1
    report = Report()
    folder = Path(tempfile.mkdtemp(prefix="flyball-e2e-"))
    runner = Runner(folder, programs, options.bin.resolve(), report)
    runner.play(pairings, max(1, options.jobs))
    runner.play_scenes(list(dict.fromkeys(options.scene)))
    runner.compare()
    if stopping.is_set():
        report.verdict(False, "[run]", "interrupted")
    for line in report.failed:
        report.line(f"FAILED {line}")
    if report.failed or options.keep:
        report.line(f"logs and data: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    report.line(f"e2e: {time.monotonic() - began:.0f} s")
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
