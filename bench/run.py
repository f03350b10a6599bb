#!/usr/bin/env python3
"""The project's figures, each against its bound. Usage: run.py BUILD_DIR [NAME ...] [--json] [--objects=N] [--only=stub|peers]

NAME is one of BENCHES, default all. --json prints one object instead of the table. Exit 0 only when every bound held; figures of a busy
machine are worth nothing, so look at the load first."""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import adapter
import controller

ROOT = Path(__file__).resolve().parents[1]
PLAN_RUNS = 41
# Downloading and building a peer from Go modules the first time.
PEER_TIMEOUT_SEC = 900


@dataclass(frozen=True)
class Row:
    """A figure and its bound, one of: the most, the least, how many times the peer's it is at least."""

    key: str
    text: str
    at_most: float | None = None
    at_least: float | None = None
    times: float | None = None


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


def bench_decide(build, _):
    values = run_program(build, "decide")
    values["plan_ms"] = plan_ms(build)
    return [
        Row("pass_cpu_ms", "10,000 objects, 150,000 pods, cpu utilization: CPU ms a pass", 20),
        Row("pass_pods_ms", "the same with a Pods metric: CPU ms a pass", 20),
        Row("allocations_cpu", "allocations outside the pass arena, cpu utilization", 0),
        Row("allocations_pods", "allocations outside the pass arena, Pods metric", 0),
        Row("quantity_parse_ns", "quantity like 250m: ns to parse", 40),
        Row("plan_ms", "flyball plan -f on one object: wall ms from start to exit", 15),
    ], values, None


def promql_peer(build):
    """Figures of Go's own packages for the same work, or None and why there are none."""
    program = build / "bench" / "promql-peer"
    if not shutil.which("go"):
        return None, "Go is not installed"
    command = ["go", "-C", str(ROOT / "bench/peers/promql"), "build", "-mod=readonly", "-trimpath", "-o", str(program), "."]
    made = subprocess.run(command, capture_output=True, text=True, timeout=PEER_TIMEOUT_SEC, env={**os.environ, "CGO_ENABLED": "0"}, check=False)
    if made.returncode != 0:
        return None, f"the peer cannot be built: {(made.stderr.splitlines() or ['no reason given'])[-1]}"
    own = build / "bench" / "promql"
    rule = subprocess.run([own, "rule"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with tempfile.NamedTemporaryFile(prefix="flyball-bench-") as answer:
        subprocess.run([own, "answer"], stdout=answer, check=True)
        run = subprocess.run([program, rule, answer.name], stdout=subprocess.PIPE, text=True, check=True)
    return {key: float(value) for key, value in (line.split() for line in run.stdout.splitlines())}, ""


def bench_promql(build, _):
    values = run_program(build, "promql")
    table = [
        Row("parse_rule_us", "rule of 85 bytes: microseconds to parse and check", 2),
        Row("parse_rule_allocations", "allocations outside the arena, the same", 0),
        Row("parse_16k_us", "query of 16 KiB: microseconds to parse and check", 1000),
        Row("decode_ms", "vector of 150,000 samples: CPU ms to decode", 10),
        Row("decode_kib", "the same: KiB beyond the input", 1024),
    ]
    peer, why = promql_peer(build)
    if peer is None:
        print(f"bench promql: not compared with Go: {why}", file=sys.stderr)
        return table, values, None
    values.update(peer)
    values["parse_share"] = values["parse_rule_us"] / peer["go_parse_rule_us"]
    return [
        *table,
        Row("go_parse_rule_us", "Prometheus' parser, the same rule: microseconds"),
        Row("parse_share", "ours as a share of it", 0.25),
        Row("go_decode_vector_ms", "client_golang, the same vector: ms"),
        Row("go_decode_vector_mib", "client_golang, the same vector: MiB allocated"),
    ], values, None


def adapter_rows():
    return [
        Row("pods_reused", "pods/* of 100 pods, answer reused: requests per CPU-second", times=20),
        Row("pods_asked", "the same, Prometheus asked every time", times=8),
        Row("one_reused", "one object, answer reused: requests per CPU-second", times=8),
        Row("one_asked", "the same, Prometheus asked every time", times=5),
        Row("pods_p99_ms", "pods/*, half of the most requests: p99, ms", 2),
        Row("one_p99_ms", "one object, half of the most requests: p99, ms", 2),
        Row("relist_cpu_sec", "listing 150,000 series (28.6 MiB): CPU seconds", 0.5),
        Row("relist_peak_mib", "the same: RSS at its peak, MiB", 40),
        Row("relist_stall_ms", "the same: longest answer meanwhile, ms", 20),
        Row("idle_private_mib", "at rest: private memory, MiB", 6),
        Row("idle_mib", "at rest: RSS, MiB", 20),
        Row("served_mib", "after the requests above: RSS, MiB"),
        Row("start_ms", "start to ready, ms", 100),
        *(Row(f"share_{n}", f"requests per second at {n} connections, as a share of those at {adapter.CONNECTIONS}", at_least=0.7) for n in adapter.MANY),
    ]


def bench_adapter(build, _):
    values, peer = adapter.measure(build)
    return adapter_rows(), values, peer


def stub_rows(sizes, objects):
    large = "stub, {:,} objects, {:,} pods".format(*controller.large_counts(objects))
    return [
        Row("pod_event_us", "one event of the pod watch, scanned and stored: CPU microseconds", 10),
        Row("pod_event_bytes", "the same: bytes"),
        Row("large_mib", f"{large}, once synced: RSS, MiB", 72),
        Row("large_peak_mib", "the same, while listing: RSS at its peak, MiB"),
        Row("large_first_sec", "the same: start to first decision, seconds", 10),
        Row("empty_private_mib", "no objects: private memory, MiB", 4),
        Row("empty_mib", "no objects: RSS, MiB", 16),
        *(Row(f"cost_{n}_us", f"{n} objects: CPU microseconds per object and period") for n in sizes),
        Row("cost_growth", "at the most objects, as times the cheapest", 1.25),
    ]


def peer_rows():
    """The least that is decided is told as a share: a pass at the edge of the interval may be missing."""
    rows = [Row("pod_kib", "a pod: KiB of JSON", at_least=6)]
    for phase, text, requests in (("constant", "constant values", 0.1), ("changing", "changing values", 0.3)):
        rows += [
            Row(f"{phase}_decided", f"{text}: decisions per object and period", at_least=0.98),
            Row(f"{phase}_late", f"{text}: decisions more than 1 s late", 0),
            Row(f"{phase}_cores", f"{text}: cores", 0.15),
            Row(f"{phase}_mib", f"{text}: RSS at its most, MiB", 48),
            Row(f"{phase}_requests", f"{text}: API requests per object and period", requests),
            Row(f"{phase}_api_cores", f"{text}: cores of the API server"),
            Row(f"{phase}_api_share", f"{text}: the same as a share of the other's", 0.25),
        ]
    return rows


def bench_controller(build, options):
    values, peer, sizes = controller.measure(build, options.objects, [options.only] if options.only else ["stub", "peers"])
    rows = (stub_rows(sizes, options.objects) if sizes else []) + (peer_rows() if peer else [])
    return rows, values, peer


BENCHES = {"decide": bench_decide, "promql": bench_promql, "adapter": bench_adapter, "controller": bench_controller}


def judge(name, row, values, peer):
    """One figure. Without the peer nothing is said about how many times its figure ours is."""
    value, theirs = values[row.key], peer.get(row.key) if peer else None
    figure = {"bench": name, "figure": row.key, "text": row.text, "value": value, "bound": row.at_most, "ok": True, "wanted": ""}
    if theirs is not None:
        figure["peer"] = theirs
    if row.at_most is not None:
        figure.update(ok=value <= row.at_most, wanted=f"at most {row.at_most:g}")
    elif row.at_least is not None:
        figure.update(ok=value >= row.at_least, wanted=f"at least {row.at_least:g}")
    elif row.times is not None and peer:
        figure.update(ok=value >= row.times * theirs, wanted=f"at least {row.times:g} times the other; is {value / theirs:.1f} times")
    return figure


def figure_text(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def tell(figures):
    """Lines; figures that have a peer's beside them come as a table."""
    width = max((len(f["text"]) for f in figures if "peer" in f), default=0)
    if width:
        print(f"     {'':{width + 9}} {'ours':>10} {'the other':>10}")
    for f in figures:
        verdict = "    " if not f["wanted"] else "ok  " if f["ok"] else "FAIL"
        if "peer" in f:
            print(f"{verdict} {f['bench']}: {f['text']:{width}} {figure_text(f['value']):>10} {figure_text(f['peer']):>10}  {f['wanted']}".rstrip())
        else:
            print(f"{verdict} {f['bench']}: {f['text']}: {f['value']:g}" + (f" ({f['wanted']})" if f["wanted"] else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHES)}")
    parser.add_argument("--objects", type=int, default=controller.FULL, metavar="N", help=f"of the controller's bench; the bounds are meant for {controller.FULL:,}")
    parser.add_argument("--only", choices=("stub", "peers"), help="half of the controller's bench")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench '{unknown[0]}'; there are: {', '.join(BENCHES)}")
    # Ends like an error does: what was started and written is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures = []
    for name in args.names or BENCHES:
        try:
            table, values, peer = BENCHES[name](args.build.resolve(), args)
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            sys.exit(f"bench {name}: {error}")
        figures += [judge(name, row, values, peer) for row in table]
    failed = sum(not f["ok"] for f in figures)
    if args.json:
        print(json.dumps({"figures": figures, "load": os.getloadavg()[0], "cpus": os.cpu_count()}, indent=1))
    else:
        tell(figures)
        if os.getloadavg()[0] > os.cpu_count():
            print(f"the machine is busy (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors): wall times are too long")
        print(f"{sum(bool(f['wanted']) for f in figures) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
