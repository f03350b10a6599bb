#!/usr/bin/env python3
"""Random rules on random data in a real Prometheus: what `flyball query explain` calls one grouped query must give every object the rows
and values, bit for bit, that the rule gives when it is asked for that object alone.

Usage: separable.py [--bin DIR] [--rules N] [--seed N] [--show]
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import components
from procs import Processes, free_port, stopping, wait_for
from report import Report, Track

ROOT = Path(__file__).resolve().parents[2]

LABELS = ("namespace", "pod")
# The last of each has no series at all, or not in that combination.
NAMESPACES = ("a", "b", "c")
PODS = ("p0", "p1", "p2", "p9")
BOUND = ",".join(f'{label}="<{label}>"' for label in LABELS)

BEGIN_SEC = 1_700_000_000
SAMPLES = 121
STEP_SEC = 15
TIMES = (BEGIN_SEC + 900, BEGIN_SEC + 1207, BEGIN_SEC + 1790)
ASK_TIMEOUT_SEC = 20
# Rules on one command line, more than one, and a bound on what a generator that has gone wrong would cost.
BATCH = 50
MAX_ATTEMPTS = 40


# ----- data


def series(rng: random.Random) -> list[tuple[str, dict[str, str]]]:
    """Names and labels: most series belong to an object, some lack one of its labels or both."""
    out = []
    for name in ("m0", "m1", "m2"):
        for namespace in ("a", "b", "c", ""):
            for pod in ("p0", "p1", "p2", ""):
                for code in ("200", "500", ""):
                    if rng.random() < 0.45:
                        labels = {"namespace": namespace, "pod": pod, "code": code}
                        out.append((name, {k: v for k, v in labels.items() if v}))
    for namespace in ("a", "b"):
        for pod in ("p0", "p1", "p2"):
            if rng.random() < 0.8:
                out += [("h_bucket", {"namespace": namespace, "pod": pod, "le": le}) for le in ("0.1", "1", "10", "+Inf")]
    out += [("g", {}), ("g", {"namespace": "a"}), ("g", {"code": "200"})]
    return out


def openmetrics(rng: random.Random) -> str:
    """All samples as text. Some series have gaps or end early; h_bucket is cumulative."""
    lines = []
    by_name: dict[str, list[dict[str, str]]] = {}
    for name, labels in series(rng):
        by_name.setdefault(name, []).append(labels)
    for name, all_labels in by_name.items():
        lines.append(f"# TYPE {name} unknown")
        height = 0.0
        for labels in all_labels:
            text = name + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}"
            if labels.get("le") == "0.1":
                height = 0.0
            height += rng.random() * 3
            value, ends = rng.random() * 100, rng.choice((SAMPLES, SAMPLES, SAMPLES, 60))
            for i in range(SAMPLES):
                value = 0.0 if rng.random() < 0.01 else value + rng.random() * 7
                if name == "h_bucket":
                    lines.append(f"{text} {height * (i + 1)!r} {BEGIN_SEC + i * STEP_SEC}")
                elif i < ends and rng.random() > 0.03:
                    shown = "NaN" if rng.random() < 0.005 else repr(value)
                    lines.append(f"{text} {shown} {BEGIN_SEC + i * STEP_SEC}")
    return "\n".join([*lines, "# EOF", ""])


# ----- rules


class Rules:
    """Expressions that mean instant vectors.

    Inside of a subquery, and over its rows, Prometheus 2 keeps no order: what is added up there may differ in the last bit between two
    evaluations of the same query, so only aggregations that need no order stand there. A generated text comes with whether it is such.
    """

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.in_subquery = 0

    def rule(self) -> str:
        text, _ = self.vector(self.rng.choice((1, 2, 2, 3, 3, 4)))
        if self.rng.random() < 0.15:
            text = f"{text} or {self.rng.choice(('', 'on() '))}vector({self.rng.choice((0, 1, 2.5))})"
        return text

    def selector(self) -> str:
        rng = self.rng
        if rng.random() < 0.12:
            return rng.choice(("g", 'm0{code="200"}', 'm1{code=~"5.."}', 'm2{pod!=""}', "m0"))
        matchers = [BOUND, *rng.sample(['code="200"', 'code!=""', 'code=~"2.*|5.."', 'code!~"2.."'], rng.choice((0, 0, 1)))]
        rng.shuffle(matchers)
        if rng.random() < 0.03:
            return "{" + ",".join([BOUND, '__name__=~"m[01]"']) + "}"
        return rng.choice(("m0", "m1", "m2")) + "{" + ",".join(matchers) + "}"

    def labels(self) -> str:
        return ", ".join(self.rng.sample(["code", "namespace", "pod", "other"], self.rng.choice((0, 1, 1, 2, 3))))

    def leaf(self) -> tuple[str, bool]:
        rng = self.rng
        kind = rng.random()
        if kind < 0.35:
            return self.selector() + rng.choice(("", "", " offset 1m", f" @ {TIMES[0]}")), False
        window = rng.choice(("1m", "2m", "5m"))
        function = rng.choice(("rate", "increase", "delta", "avg_over_time", "sum_over_time", "max_over_time", "last_over_time", "changes", "deriv"))
        return f"{function}({self.selector()}[{window}])", False

    def vector(self, depth: int) -> tuple[str, bool]:
        rng = self.rng
        if depth <= 0:
            return self.leaf()
        kind = rng.random()
        if kind < 0.38:
            return self.aggregation(depth)
        if kind < 0.68:
            return self.operation(depth)
        if kind < 0.76:
            self.in_subquery += 1
            inner, _ = self.vector(depth - 1)
            self.in_subquery -= 1
            function = rng.choice(("max_over_time", "min_over_time", "count_over_time", "last_over_time"))
            return f"{function}(({inner})[{rng.choice(('1m', '3m'))}:30s])", True
        if kind < 0.80:
            by = rng.choice(("le", "le, namespace, pod", "le, pod"))
            return f"histogram_quantile({rng.choice((0.5, 0.9))}, sum by ({by}) (rate(h_bucket{{{BOUND}}}[2m])))", False
        inner, unordered = self.vector(depth - 1)
        return (
            rng.choice(
                (
                    f"abs({inner})",
                    f"ceil({inner})",
                    f"clamp_max({inner}, 50)",
                    f"-({inner})",
                    f"({inner}) * 2",
                    f"1 + ({inner})",
                    f"({inner}) > 10",
                    f"({inner}) > bool 10",
                    f"timestamp({inner})",
                    f'label_replace({inner}, "other", "$1", "{rng.choice(("code", "pod", "namespace"))}", "(.).*")',
                    f'label_join({inner}, "other", "-", "code", "{rng.choice(("code", "pod"))}")',
                    f'label_replace({inner}, "{rng.choice(("code", "pod"))}", "x", "", "")',
                    f"sort({inner})",
                    f"absent({inner})",
                    f"({inner}) * scalar({inner})",
                    f"sgn({inner})",
                )
            ),
            unordered,
        )

    def aggregation(self, depth: int) -> tuple[str, bool]:
        rng = self.rng
        inner, unordered = self.vector(depth - 1)
        ops = ["max", "min", "count", "group"] if unordered or self.in_subquery else ["sum", "sum", "sum", "avg", "max", "min", "count", "stddev", "quantile", "topk", "count_values"]
        op = rng.choice(ops)
        clause = rng.choice(("", "", f" by ({self.labels()})", f" by ({self.labels()})", f" without ({self.labels()})"))
        param = {"quantile": "0.5, ", "topk": "1, ", "count_values": '"value", '}.get(op, "")
        if op == "topk" and not re.match(r"[a-z_]+\(m|m|[a-z_]+\({", inner):
            op, param = "max", ""  # values that are not all different have no first
        return f"{op}{clause} ({param}{inner})", unordered

    def operation(self, depth: int) -> tuple[str, bool]:
        rng = self.rng
        left, one = self.vector(depth - 1)
        right, other = self.vector(depth - 1 if rng.random() < 0.5 else 0)
        clause = rng.choice(("", "", f" on ({self.labels()})", f" on (namespace, pod)", f" on (namespace, pod, code)", f" ignoring ({self.labels()})"))
        op = rng.choice(("+", "-", "*", "/", ">", "== bool", "and", "or", "unless"))
        if clause and op not in ("and", "or", "unless") and rng.random() < 0.35:
            clause += f" {rng.choice(('group_left', 'group_right'))} ({rng.choice(('', '', 'other', 'pod'))})"
        return f"({left}) {op}{clause} ({right})", one or other


# ----- what is asked and compared


def forms(program: Path, rules: list[str]) -> list[tuple[str, str | None] | None]:
    """(grouped query, value of an object without a row) of each rule, None when it is not separable or no rule."""
    command = [str(program), "query", "explain", f"--object-labels={','.join(LABELS)}", "--", *rules]
    shown = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False).stdout
    found: list[tuple[str, str | None] | None] = [None] * len(rules)
    parts = re.split(r"^query (\d+):", shown, flags=re.M)
    if {int(number) for number in parts[1::2]} != set(range(1, len(rules) + 1)):
        raise RuntimeError(f"flyball query explain did not tell about {len(rules)} rules:\n{shown[-2000:]}")
    for number, part in zip(parts[1::2], parts[2::2], strict=True):
        match = re.search(r"^asked as   one grouped query, coalesced over .*\n +(.*)$", part, flags=re.M)
        if match:
            text, default = re.fullmatch(r"(.*?)(?:, and (\S+) for an object without a row)?", match.group(1)).groups()
            found[int(number) - 1] = (text, default)
    return found


class Server:
    """Instant queries."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, query: str, at: int) -> list[tuple[tuple, str]] | None:
        """Sorted rows (labels, value as written); None when the evaluation fails."""
        data = urllib.parse.urlencode({"query": query, "time": at}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query", data, ASK_TIMEOUT_SEC) as answer:
                body = json.load(answer)
        except urllib.error.HTTPError as error:
            body = json.load(error)
            if body["errorType"] != "execution":
                raise RuntimeError(f"{query}: {body}") from error
            return None
        rows = body["data"]["result"]
        return sorted((tuple(sorted(row["metric"].items())), row["value"][1]) for row in rows)


def without(labels: tuple) -> tuple:
    return tuple(pair for pair in labels if pair[0] not in LABELS)


def row_of(labels: tuple, names: tuple[str, ...]) -> tuple[str, ...]:
    found = dict(labels)
    return tuple(found.get(name, "") for name in names)


def mismatch(server: Server, rule: str, grouped: str, default: str | None, at: int) -> tuple[bool, int, str]:
    """(whether it was evaluated, objects with rows, what differs)."""
    together = server.ask(grouped, at)
    if together is None:
        return False, 0, ""
    n_rows = 0
    for namespace in NAMESPACES:
        for pod in PODS:
            own = rule.replace("<namespace>", namespace).replace("<pod>", pod)
            alone = server.ask(own, at)
            if alone is None:
                return True, n_rows, f"{own}: fails alone, but not in the group"
            wanted = sorted((without(labels), value) for labels, value in alone)
            seen = sorted((without(labels), value) for labels, value in together if row_of(labels, LABELS) == (namespace, pod))
            if not seen and default is not None:
                seen = [((), default)]
            if wanted != seen:
                return True, n_rows, f"{own}: alone {wanted[:4]}, in the group {seen[:4]}"
            n_rows += bool(wanted)
    return True, n_rows, ""


def play(folder: Path, flyball: Path, options: argparse.Namespace, track: Track) -> None:
    rng = random.Random(options.seed)
    promtool = shutil.which("promtool")
    if not promtool:
        raise components.MissingComponent("promtool is not on PATH: apt-get install prometheus")
    prometheus = components.resolve({"prometheus"})["prometheus"]
    (folder / "data.txt").write_text(openmetrics(rng))
    (folder / "prometheus.yml").write_text("{}\n")
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", folder / "data.txt", folder / "tsdb"], check=True, capture_output=True)
    port = free_port()
    processes = Processes(folder)
    try:
        server = Server(f"http://127.0.0.1:{port}")
        command = [prometheus, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}", "--storage.tsdb.retention.time=100y"]
        process = processes.start("prometheus", [*command, f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
        wait_for("Prometheus", lambda: is_ready(server.url), 30, (process,))
        compare(flyball, server, Rules(rng), options, track)
    finally:
        processes.stop_all()


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2):
            return True
    except OSError:
        return False


def compare(flyball: Path, server: Server, rules: Rules, options: argparse.Namespace, track: Track) -> None:
    n_found = n_generated = n_failing = n_full = 0
    wrong: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        for _ in range(MAX_ATTEMPTS * options.rules // BATCH + 1):
            if n_found >= options.rules or stopping.is_set():
                break
            batch = [rules.rule() for _ in range(BATCH)]
            n_generated += BATCH
            asked = [(rule, *form, rules.rng.choice(TIMES)) for rule, form in zip(batch, forms(flyball, batch), strict=True) if form]
            results = pool.map(lambda question: mismatch(server, *question), asked)
            for (rule, grouped, _, at), (evaluated, n_rows, difference) in zip(asked, results, strict=True):
                n_found += 1
                n_failing += not evaluated
                n_full += n_rows > 0
                if options.show:
                    track.report.line(f"     {rule}\n  -> {grouped}")
                if difference:
                    wrong.append(difference)
                    track.report.line(f"       {rule}\n    -> {grouped} at {at}\n       {difference}")
    track.check(f"{n_found} separable rules of {n_generated}: the grouped answer equals the answers of {len(NAMESPACES) * len(PODS)} objects",
                not wrong and not stopping.is_set(), f"{len(wrong)} that differ")
    track.check("as many rules as wanted were separable", n_found >= options.rules, n_found)
    track.check("at least half of them have rows", n_full * 2 >= n_found, f"{n_full} of {n_found}")
    track.check("at most a fifth fails as a group", n_failing * 5 <= n_found, f"{n_failing} of {n_found}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--rules", type=int, default=300, help="separable rules to compare (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of data and rules (default 1)")
    parser.add_argument("--show", action="store_true", help="print every rule and its grouped form")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    flyball = options.bin.resolve() / "flyball"
    if not os.access(flyball, os.X_OK):
        print(f"e2e: not built: {flyball} (./dev build)", file=sys.stderr)
        return 1
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="flyball-separable-") as folder:
            play(Path(folder), flyball, options, Track(report, "separable"))
    except components.MissingComponent as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    report.line(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
