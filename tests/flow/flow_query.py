#!/usr/bin/env python3
"""flyball query as a command: formatted, checked, explained, and asked of a server."""

import subprocess
import sys
import tempfile
from pathlib import Path

from play import BIN, Failed
from stub_prometheus import StubPrometheus, vector


def flyball(*args, text=None, **environment):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return subprocess.run([str(BIN / "flyball"), *map(str, args)], input=text or "", capture_output=True, text=True, timeout=60, env=env)


def rows(url, folder):
    """(name, arguments, standard input, exit code, needles in what is printed)"""
    broken = folder / "broken.promql"
    broken.write_text("sum(rate(x[5m])")
    yield "fmt", ["fmt", "sum(x)by(pod)"], None, 0, ["sum by (pod) (x)\n"]
    yield "fmt of standard input", ["fmt", "-f", "-"], "x\n+y", 0, ["x + y\n"]
    yield "fmt of what does not parse", ["fmt", "x{"], None, 1, ["1:3: unexpected end of input"]
    yield "fmt --check, formatted", ["fmt", "--check", "x + y"], None, 0, []
    yield "fmt --check, not formatted", ["fmt", "--check", "x+y"], None, 1, ["x + y"]
    yield "check", ["check", "rate(x[5m])"], None, 0, ["ok: instant vector"]
    yield "a misspelt function", ["check", "ratee(x[5m])"], None, 1, ["did you mean rate?"]
    yield "a version that is too old", ["check", "--for-version=2.15", "absent_over_time(x[5m])"], None, 1, ["needs Prometheus 2.16"]
    yield "a feature flag", ["check", "info(x)"], None, 1, ["--enable-feature=promql-experimental-functions"]
    yield "which the server has", ["check", "--enable-feature=promql-experimental-functions", "info(x)"], None, 0, ["ok"]
    yield "several queries", ["check", "x", "y{"], None, 1, ["query 1: ok", "query 2: 1:3:"]
    yield "a file", ["check", "-f", broken], None, 1, [f"{broken}: 1:16: unclosed left parenthesis"]
    yield "explain", ["explain", "--object-labels=pod", 'sum(rate(x{pod="p"}[2m]))'], None, 0, [
        "instant vector", "window 2m", "ms of the server's CPU", "one grouped query, coalesced over pod"]
    yield "per object", ["explain", "--object-labels=pod", 'x / scalar(x{pod="p"})'], None, 0, ["per object because scalar() at 1:5"]
    yield "asked", [f"--prometheus={url}", "up"], None, 0, ['up{job="a"}  1\n', "NaN", "2 rows (instant vector) in"]
    yield "explained and asked", ["explain", "up", f"--prometheus={url}"], None, 0, ["selectors", "2 rows"]
    yield "refused by the server", [f"--prometheus={url}", "down"], None, 1, ["bad_data: not known by heart: down"]
    yield "a server that is away", ["--prometheus=http://127.0.0.1:1", "up"], None, 1, ["flyball query:"]
    yield "no action", ["up"], None, 2, ["expected fmt, check or explain"]
    yield "no query", ["check"], None, 2, ["no query"]
    yield "a version that is none", ["check", "--for-version=banana", "x"], None, 2, ["'banana'"]
    yield "a server that is none", ["--prometheus=ftp://x", "up"], None, 2, ["http://HOST:PORT"]
    yield "a file that is missing", ["check", "-f", folder / "none"], None, 2, ["none"]
    yield "help", ["--help"], None, 0, ["flyball query explain"]


def check(name, code, needles, run):
    printed = run.stdout + run.stderr
    if run.returncode != code or any(needle not in printed for needle in needles):
        raise Failed(f"{name}: exit code {run.returncode}, {code} expected, {needles} in\n{printed}")


def through_the_api_server(folder):
    """svc/NAMESPACE/NAME:PORT goes through the proxy with the kubeconfig's credentials."""
    prefix = "/api/v1/namespaces/monitoring/services/prometheus:web/proxy"
    with StubPrometheus(queries={"up": vector(({}, 7))}, prefix=prefix, token="secret") as stub:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(
            f"apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: '{stub.url}'}}}}]\n"
            "users: [{name: u, user: {token: secret}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n")
        run = flyball("query", "up", "--prometheus=svc/monitoring/prometheus:web", KUBECONFIG=str(kubeconfig))
        check("through the API server", 0, ["{}  7\n", "1 row"], run)
        check("no such service", 2, ["svc/NAMESPACE/NAME:PORT"], flyball("query", "up", "--prometheus=svc/prometheus"))


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="flyball-query-") as name:
        folder = Path(name)
        answers = {"up": vector(({"__name__": "up", "job": "a"}, 1), ({"job": "b"}, "NaN"))}
        with StubPrometheus(queries=answers) as stub:
            for title, args, text, code, needles in rows(stub.url, folder):
                try:
                    check(title, code, needles, flyball("query", *args, text=text))
                except Failed as problem:
                    failed += 1
                    print("FAIL", problem)
            if any(query not in ("up", "down") for query in stub.asked):
                raise Failed(f"asked: {stub.asked}")
        try:
            through_the_api_server(folder)
        except Failed as problem:
            failed += 1
            print("FAIL", problem)
    print("failed" if failed else "ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
