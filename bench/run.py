#!/usr/bin/env python3
"""The project's figures, each against its bound. Usage: run.py BUILD_DIR [NAME ...] [--json]

NAME is one of BENCHES, default all. --json prints one object instead of the table. Exit 0 only when every bound held; figures of a busy
machine are worth nothing, so look at the load first."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLAN_RUNS = 41


def run_program(build, name):
    """Figures of a program of this folder: lines NAME VALUE."""
    run = subprocess.run([build / "bench" / name], stdout=subprocess.PIPE, text=True, check=True)
    return {key: float(value) for key, value in (line.split() for line in run.stdout.splitlines())}


def plan_ms(build):
    """Median wall time from the start of `flyball plan -f` to its exit."""
    argv = [str(build / "bin/flyball"), "plan", "-f", str(ROOT / "bench/data/hpa.yaml"), "--replicas=1", "--total=myapp_requests_per_second=9"]
    took = []
    with open(os.devnull, "w") as nowhere:
        to_nowhere = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        for _ in range(PLAN_RUNS):
            start = time.perf_counter()
            pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=to_nowhere)
            _, status = os.waitpid(pid, 0)
            took.append((time.perf_counter() - start) * 1000)
            if status != 0:
                raise RuntimeError(f"{' '.join(argv)}: exit {os.waitstatus_to_exitcode(status)}")
    return statistics.median(took)


def bench_decide(build):
    values = run_program(build, "decide")
    values["plan_ms"] = plan_ms(build)
    return [
        ("pass_cpu_ms", "10,000 objects, 150,000 pods, cpu utilization: CPU ms a pass", 20),
        ("pass_pods_ms", "the same with a Pods metric: CPU ms a pass", 20),
        ("allocations_cpu", "allocations outside the pass arena, cpu utilization", 0),
        ("allocations_pods", "allocations outside the pass arena, Pods metric", 0),
        ("quantity_parse_ns", "quantity like 250m: ns to parse", 40),
        ("plan_ms", "flyball plan -f on one object: wall ms from start to exit", 15),
    ], values


BENCHES = {"decide": bench_decide}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench '{unknown[0]}'; there are: {', '.join(BENCHES)}")
    figures = []
    for name in args.names or BENCHES:
        try:
            table, values = BENCHES[name](args.build.resolve())
        except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
            sys.exit(f"bench {name}: {error}")
        for key, text, bound in table:
            figures.append({"bench": name, "figure": key, "text": text, "value": values[key], "bound": bound, "ok": values[key] <= bound})
    failed = sum(not f["ok"] for f in figures)
    if args.json:
        print(json.dumps({"figures": figures, "load": os.getloadavg()[0], "cpus": os.cpu_count()}, indent=1))
    else:
        for f in figures:
            print(f"{'ok  ' if f['ok'] else 'FAIL'} {f['bench']}: {f['text']}: {f['value']:g} (at most {f['bound']:g})")
        if os.getloadavg()[0] > os.cpu_count():
            print(f"the machine is busy (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors): wall times are too long")
        print(f"{len(figures) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
