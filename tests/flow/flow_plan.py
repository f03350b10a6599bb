#!/usr/bin/env python3
"""flyball plan and explain as commands: what they print, their exit codes, and that wrong input prints no decision."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from play import BIN, HPAS, Failed, Stage, until

SOURCE = Path(os.environ.get("FLYBALL_SOURCE_DIR", "."))
EXAMPLE = SOURCE / "examples" / "myhpa.yaml"
SEED = ["--replicas=1", "--total=myapp_requests_per_second=9"]
CPU = """\
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  targetCPUUtilizationPercentage: 50
"""


OWN = """\
apiVersion: flyball.dev/v1alpha1
kind: HorizontalAutoscaler
metadata: {name: mine, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Pods
    pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 2}}
"""
SCALED_OBJECT = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: kedas, namespace: shop}
spec: {scaleTargetRef: {name: web}}
"""
QUERY = """\
apiVersion: flyball.dev/v1alpha1
kind: HorizontalAutoscaler
metadata: {name: worker, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  minReplicas: 0
  maxReplicas: 10
  metrics:
  - type: Prometheus
    prometheus: {name: queue, query: sum(queue_depth), activationValue: 5, target: {type: AverageValue, averageValue: 30}}
"""
IDLE = "  behavior: {scaleUp: {selectPolicy: Disabled}, scaleDown: {selectPolicy: Disabled}}\n"


def flyball(*args, text=None, kubeconfig=None):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    if kubeconfig:
        env["KUBECONFIG"] = str(kubeconfig)
    return subprocess.run([str(BIN / "flyball"), *map(str, args)], input=text or "", capture_output=True, text=True, timeout=60, env=env)


def rows():
    """(name, arguments, standard input, exit code, what the output must contain)"""
    example = EXAMPLE.read_text()
    with_behavior = example.replace("\nspec:\n", "\nspec:\n  behavior: {}\n")
    both = example + "---\n" + CPU
    yield "the seed case", ["plan", "-f", EXAMPLE, *SEED], None, 0, ["1 -> 4   wants 5, limited by ScaleUpLimit", "5 at +15s", "x1.125 > 1.1"]
    yield "with an empty behavior it says 5 at once", ["plan", "-f", "-", *SEED], with_behavior, 0, ["1 -> 5\n"]
    yield "a share of the pods' requests", ["plan", "-f", "-", "--replicas=2", "--cpu=85%"], CPU, 0, ["shop/web", "2 -> 4", "85% of requests"]
    yield "per pod", ["plan", "-f", EXAMPLE, "--replicas=3", "--per-pod=myapp_requests_per_second=4"], None, 0, ["3 -> 6"]
    yield "two documents", ["plan", "-f", "-", "--cpu=50%", *SEED], both, 0, ["default/myhpa", "shop/web", "2 up"]
    yield "one of two", ["plan", "hpa/web", "-f", "-", "--replicas=2", "--cpu=50%"], both, 0, ["0 up, 0 down, 1 unchanged"]
    mine = ["mine", "-f", "-", "--replicas=2", "--total=rps=9"]
    beside = OWN + "---\n" + CPU
    yield "our kind alone", ["plan", *mine], OWN, 0, ["2 -> 4"]
    yield "our kind beside an HPA", ["plan", *mine], beside, 0, ["stays at 2, alone it would go to 4", "HorizontalPodAutoscaler web scales the same target"]
    yield "beside an idle HPA", ["plan", *mine], beside.replace("autoscaling/v1", "autoscaling/v2").replace(
        "  targetCPUUtilizationPercentage: 50\n", IDLE), 0, ["2 -> 4"]
    yield "our kind beside a ScaledObject", ["plan", *mine], SCALED_OBJECT + "---\n" + OWN, 0, ["ScaledObject kedas scales the same target"]
    yield "beside one of another namespace", ["plan", *mine], SCALED_OBJECT.replace("shop", "mall") + "---\n" + OWN, 0, ["2 -> 4"]
    yield "it is explained", ["explain", *mine], beside, 0, ["AbleToScale False, ForeignAutoscaler", "HorizontalPodAutoscaler web scales the same"]
    query = ["plan", "-f", "-"]
    yield "the value of a query", [*query, "--replicas=2", "--total=queue=100"], QUERY, 0, ["prometheus/queue", "2 -> 4"]
    yield "one that wakes a target up", [*query, "--replicas=0", "--total=queue=6"], QUERY, 0, ["0 -> 1"]
    yield "one that does not", [*query, "--replicas=0", "--total=queue=5"], QUERY, 0, ["stays at 0"]
    yield "a query without a value", [*query, "--replicas=2"], QUERY, 1, ["add --total=queue=VALUE"]
    yield "exit code up", ["plan", "--exit-code", "-f", EXAMPLE, *SEED], None, 10, ["1 up"]
    yield "exit code down", ["plan", "--exit-code", "-f", EXAMPLE, "--replicas=20", "--total=myapp_requests_per_second=9"], None, 11, ["1 down"]
    yield "exit code same", ["plan", "--exit-code", "-f", EXAMPLE, "--replicas=3", "--total=myapp_requests_per_second=6"], None, 0, ["1 unchanged"]
    yield "exit code undecided", ["plan", "--exit-code", "-f", EXAMPLE, "--replicas=3"], None, 12, ["no value was given"]
    yield "explain", ["explain", "-f", EXAMPLE, *SEED], None, 0, ["ceil(4.50 x 1 pod) = 5", "What would change it", "at most 2.2 per pod (-76%)"]
    yield "json", ["plan", "-o", "json", "-f", EXAMPLE, *SEED], None, 0, ['"desiredReplicas": 4']
    yield "yaml", ["plan", "-o", "yaml", "-f", EXAMPLE, *SEED], None, 0, ["  desiredReplicas: 4\n"]
    yield "explain as json", ["explain", "-o", "json", "-f", EXAMPLE, *SEED], None, 0, ['"metricStages"']


def refusals(folder):
    """(name, arguments, standard input, lines on standard error: each must contain its needle)"""
    misspelt = CPU.replace("minReplicas", "minReplica").replace("maxReplicas: 10", "maxReplicas: many")
    yield "no YAML", ["plan", "-f", "-", *SEED], "a: [\n", ["stdin:2:1"]
    yield "misspelt and of a wrong type", ["plan", "-f", "-", *SEED], misspelt, ["did you mean minReplicas", "spec.maxReplicas"]
    yield "contradictory bounds", ["explain", "-f", "-", *SEED], CPU.replace("10", "1"), ["stdin:7:16: spec.maxReplicas"]
    yield "an unknown version", ["plan", "-f", "-", *SEED], CPU.replace("scaling/v1", "scaling/v9"), ["autoscaling/v9"]
    yield "the second document is wrong", ["plan", "-f", "-", *SEED], EXAMPLE.read_text() + "---\n" + CPU.replace("kind: H", "kind: h"), ["kind"]
    yield "a ScaledObject alone", ["plan", "-f", "-", *SEED], SCALED_OBJECT, ["-: holds no autoscaler"]
    yield "a file that is missing", ["plan", "-f", f"{folder}/none.yaml", *SEED], None, ["none.yaml"]
    yield "a file without a cluster", ["plan", "-f", EXAMPLE], None, ["--snapshot=FILE"]
    yield "a what-if without a file", ["plan", "--replicas=3"], None, ["-f FILE"]
    yield "a metric that nobody reads", ["plan", "-f", EXAMPLE, "--total=rps=9"], None, ["myapp_requests_per_second"]
    yield "a name that is not in the file", ["plan", "web", "-f", EXAMPLE, *SEED], None, ["'web'"]
    yield "a watch of a file", ["plan", "--watch", "-f", EXAMPLE, *SEED], None, ["--watch"]
    yield "a snapshot that is missing", ["plan", f"--snapshot={folder}/none.json"], None, ["none.json"]
    yield "a snapshot that is none", ["explain", "--snapshot=-"], "{\"a\":", ["stdin"]
    yield "an output of no kind", ["plan", "-o", "xml", "-f", EXAMPLE, *SEED], None, ["text, json or yaml"]


def check_row(code, needles, run):
    if run.returncode != code:
        raise Failed(f"exit code {run.returncode}, {code} expected: {run.stderr}")
    for needle in needles:
        if needle not in run.stdout:
            raise Failed(f"no {needle!r} in\n{run.stdout}")
    if "\033" in run.stdout:
        raise Failed("colours in a pipe")


def check_refusal(needles, run):
    lines = run.stderr.splitlines()
    if run.returncode != 2 or run.stdout:
        raise Failed(f"exit code {run.returncode}, standard output {run.stdout!r}")
    if len(lines) != len(needles) or any(needle not in line for needle, line in zip(needles, lines)):
        raise Failed(f"standard error: {run.stderr}")


def recorded():
    """Recorded cases whose scale writes all succeed, as (text, case)."""
    for path in sorted((SOURCE / "tests/cases/hpa").glob("case-*.jsonl.gz")):
        for line in gzip.open(path, "rt"):
            case = json.loads(line)
            if not any(step.get("scalePuts") for step in case["steps"]):
                yield line, case


def check_recorded(folder):
    """The last pass of every recorded case decides what Kubernetes decided."""
    cases = list(recorded())[::5]
    tapes = folder / "tapes.jsonl"
    tapes.write_text("".join(line for line, _ in cases))
    for verb, some in (("plan", cases), ("explain", cases[::5])):
        tapes.write_text("".join(line for line, _ in some))
        items = json.loads(flyball(verb, "-o", "json", f"--snapshot={tapes}").stdout)["items"]
        if len(items) != len(some):
            raise Failed(f"{verb}: {len(items)} objects of {len(some)} cases")
        for item, (_, case) in zip(items, some):
            decided = item["desiredReplicas"] if item["verdict"] in ("UP", "DOWN") else None
            if decided != case["steps"][-1]["expect"]["scaleWrite"]:
                raise Failed(f"{verb}: {case['name']}: {decided}, {case['steps'][-1]['expect']['scaleWrite']} expected")


def check_edited(folder):
    """A file replaces the recorded spec: with one more replica at most, an object at its maximum may grow by one."""
    for line, case in recorded():
        expect = case["steps"][-1]["expect"]
        hpa = case["hpa"]
        hpa.update(apiVersion="autoscaling/v2", kind="HorizontalPodAutoscaler", status={})
        reason = {c["type"]: c["reason"] for c in expect["status"].get("conditions") or []}
        if reason.get("ScalingLimited") == "TooManyReplicas" and expect["scaleWrite"] and "spec" not in case["steps"][-1]:
            break
    hpa["spec"]["maxReplicas"] += 1
    tape, edited = folder / "tape.json", folder / "edited.json"
    tape.write_text(line)
    edited.write_text(json.dumps({k: v for k, v in hpa.items() if k != "status"}))
    run = flyball("plan", "-o", "json", "-f", edited, f"--snapshot={tape}")
    item = json.loads(run.stdout or '{"items": [{}]}')["items"][0]
    if item.get("desiredReplicas") != expect["scaleWrite"] + 1:
        raise Failed(f"{case['name']}: {item.get('desiredReplicas')}, {expect['scaleWrite'] + 1} expected: {run.stderr}")


def check_kinds(folder):
    """A native object and one of ours share a name, as after flyball adopt: each is found by its own kind."""
    line, case = next((line, case) for line, case in recorded() if len(case["steps"]) == 1)
    native = case["hpa"]
    native.update(apiVersion="autoscaling/v2", kind="HorizontalPodAutoscaler")
    case["hpa"] = {**native, "apiVersion": "flyball.dev/v1alpha1", "kind": "HorizontalAutoscaler"}
    name, tapes, manifest = native["metadata"]["name"], folder / "kinds.jsonl", folder / "kinds.json"
    tapes.write_text(line.rstrip("\n") + "\n" + json.dumps(case) + "\n")
    manifest.write_text(json.dumps({k: v for k, v in native.items() if k != "status"}))
    for args, ours, n in ((["hpa/" + name], False, 1), (["fha/" + name], True, 1), ([name], True, 2), (["-f", manifest], False, 1)):
        shown = flyball("plan", *args, f"--snapshot={tapes}").stdout
        if ("(fha)" in shown) != ours or sum(line[0] in "UDSN" for line in shown.splitlines()) != n:
            raise Failed(f"plan {args}: {shown}")
    run = flyball("plan", "fha/" + name, "-f", manifest, "--replicas=1")
    if run.returncode != 2 or f"holds no autoscaler 'fha/{name}'" not in run.stderr:
        raise Failed(run.stderr)


def check_forged(folder):
    """A name in a tape cannot write lines of the report."""
    _, case = next(recorded())
    case["hpa"]["metadata"]["name"] = "\x1b[31mevil\n0 up, 9 down"
    tape = folder / "forged.json"
    tape.write_text(json.dumps(case))
    for verb in ("plan", "explain"):
        run = flyball(verb, f"--snapshot={tape}")
        if "\x1b" in run.stdout or "9 down" in run.stdout or "control characters" not in run.stdout:
            raise Failed(f"{verb}: {run.stdout!r}")


def check_live():
    """Against the sandbox's API server, with an object whose target does not exist."""
    with Stage() as stage:
        hpa = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "lonely", "namespace": "default"},
               "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"}, "maxReplicas": 3,
                        "metrics": [{"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "1"}}}]}}
        stage.create(HPAS, hpa)
        for verb in ("plan", "explain"):
            run = flyball(verb, "hpa/lonely", "-o", "json", kubeconfig=stage.kubeconfig)
            items = json.loads(run.stdout)["items"]
            if run.returncode != 1 or len(items) != 1:
                raise Failed(f"{verb}: exit code {run.returncode}, {run.stdout}")
            if items[0]["verdict"] != "NONE" or "nobody" not in items[0]["error"]:
                raise Failed(f"{verb}: {items[0]}")
        run = flyball("plan", "--exit-code", "-A", kubeconfig=stage.kubeconfig)
        if run.returncode != 12 or "1 undecided" not in run.stdout:
            raise Failed(f"-A: exit code {run.returncode}, {run.stdout}")
        stage.create_deployment("web", 2)
        for name in ("one", "two"):
            stage.create_hpa(name, target="web")
        until("two autoscalers of one target are told",
              lambda: "multiple HPAs: [default/one default/two]" in flyball("plan", "hpa/one", kubeconfig=stage.kubeconfig).stdout)
        run = flyball("plan", "hpa/none", kubeconfig=stage.kubeconfig)
        if run.returncode != 1 or run.stdout or "none" not in run.stderr:
            raise Failed(f"a name that is not there: exit code {run.returncode}, {run.stderr}")


def main():
    checks = []
    with tempfile.TemporaryDirectory(prefix="flyball-flow-") as folder:
        for name, args, text, code, needles in rows():
            checks.append((name, lambda a=args, t=text, c=code, n=needles: check_row(c, n, flyball(*a, text=t))))
        for name, args, text, needles in refusals(folder):
            checks.append((name, lambda a=args, t=text, n=needles: check_refusal(n, flyball(*a, text=t))))
        checks.append(("recorded clusters", lambda: check_recorded(Path(folder))))
        checks.append(("an edited object in a recorded cluster", lambda: check_edited(Path(folder))))
        checks.append(("two kinds of one name", lambda: check_kinds(Path(folder))))
        checks.append(("a forged name", lambda: check_forged(Path(folder))))
        checks.append(("live objects", check_live))
        failed = 0
        for name, check in checks:
            try:
                check()
                print(f"ok    {name}")
            except Failed as error:
                failed += 1
                print(f"FAIL  {name}: {error}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
