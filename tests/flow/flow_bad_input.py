#!/usr/bin/env python3
"""Bad input gets one clear line on standard error, the right exit code, and no crash."""

import subprocess
import sys
import tempfile
from pathlib import Path

from play import BIN, free_port

CLOSED = f"http://127.0.0.1:{free_port()}"


def kubeconfig(server=CLOSED):
    return (f"apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n"
            "users: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n")


def rows(folder):
    """(name, program and arguments, exit code, what the line must contain)"""
    good = folder / "good"
    good.write_text(kubeconfig())
    broken = folder / "broken"
    broken.write_text("apiVersion: v1\nclusters: [\n")
    no_context = folder / "no-context"
    no_context.write_text("apiVersion: v1\nkind: Config\n")
    bad_rules = folder / "rules.yaml"
    bad_rules.write_text("rules:\n- seriesQuery: [x\n")
    kube = [f"--{kind}-kubeconfig={good}" for kind in ("lister", "authentication", "authorization")]
    yield "a kubeconfig that is missing", ["flyball-controller", f"--kubeconfig={folder}/none"], 2, "none"
    yield "a kubeconfig that is no YAML", ["flyball-controller", f"--kubeconfig={broken}"], 2, "broken"
    yield "a kubeconfig without a context", ["flyball-controller", f"--kubeconfig={no_context}"], 2, "context"
    yield "an unknown flag", ["flyball-controller", "--sync-perod=1s"], 2, "did you mean --sync-period"
    yield "a wrong choice", ["flyball-controller", "--native-hpas=take"], 2, "expected observe, own or ignore"
    yield "a misspelt verb", ["flyball", "plann"], 2, "unknown verb 'plann'; did you mean plan?"
    yield "a verb that is like none", ["flyball", "foo"], 2, "unknown verb 'foo'; flyball --help"
    yield "plan with a missing kubeconfig", ["flyball", "plan", f"--kubeconfig={folder}/none"], 2, "none"
    for command in (["adopt", "a"], ["release", "a"], ["override", "a", "--clear"], ["doctor"]):
        yield f"{command[0]} with a missing kubeconfig", ["flyball", *command, f"--kubeconfig={folder}/none"], 2, "none"
        yield f"{command[0]} with an unreachable API server", ["flyball", *command, f"--kubeconfig={good}"], 1, "127.0.0.1"
    yield "doctor with a URL that is none", ["flyball", "doctor", "--prometheus-url=x:9090"], 2, "--prometheus-url: \"x:9090\" is no URL"
    yield "plan with an unreachable API server", ["flyball", "plan", f"--kubeconfig={good}"], 1, "127.0.0.1"
    yield "plan with two names", ["flyball", "plan", "a", "b"], 2, "'b'"
    yield "plan with a file that is taken for a name", ["flyball", "plan", "web/hpa.yaml"], 2, "'web/hpa.yaml' looks like a file; manifests are named with -f"
    hpa = folder / "hpa.yaml"
    hpa.write_text("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
                   "spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}}\n")
    full = ["/bin/sh", "-c", 'exec "$@" > /dev/full', "sh", BIN / "flyball"]
    yield "a full disk below a converted file", [*full, "convert", "-f", hpa], 2, "incomplete"
    yield "a full disk below a plan", [*full, "plan", "-f", hpa, "--replicas=1", "--cpu=80%"], 2, "incomplete"
    # 255 is prometheus-adapter's own exit code for these.
    yield "a rules file that is missing", ["flyball-adapter", f"--config={folder}/none.yaml", *kube], 255, "none.yaml"
    yield "a rules file that is wrong", ["flyball-adapter", f"--config={bad_rules}", *kube], 255, "rules.yaml"
    yield "a load that is no load", ["flyball-sandbox", "--load=fast"], 2, "fast"


def main():
    failed = n = 0
    with tempfile.TemporaryDirectory(prefix="flyball-flow-") as name:
        for what, command, code, needle in rows(Path(name)):
            n += 1
            run = subprocess.run([str(BIN / command[0]), *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 timeout=30, env={"PATH": "/usr/bin:/bin", "HOME": name})
            lines = [line for line in run.stderr.splitlines() if line]
            problems = []
            if run.returncode != code:
                problems.append(f"exit code {run.returncode}, {code} expected")
            if not lines or needle not in lines[-1]:
                problems.append(f"the last line does not say {needle!r}")
            if run.stdout:
                problems.append(f"standard output: {run.stdout[:200]!r}")
            failed += bool(problems)
            print(f"{'FAIL' if problems else 'ok  '}  {what}: {'; '.join(problems)}")
            if problems:
                print("      " + "\n      ".join(lines[-5:]))
    print(f"{n - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
