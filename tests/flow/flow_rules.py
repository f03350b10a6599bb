#!/usr/bin/env python3
"""flyball rules as a command: check, list, generate and test against a Prometheus that knows its answers by heart; compare between two adapters."""

import json
import subprocess
import sys
import time

from play import BIN, RULES, Failed, Stage, free_port, play, until
from stub_prometheus import StubPrometheus, vector

RESOURCES = """\
resourceRules:
  cpu:
    containerQuery: 'sum(cpu{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    nodeQuery: 'sum(cpu{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: {resource: node}}}
    containerLabel: container
"""
SELECTOR = 'myapp_http_requests_total{namespace!="",pod!=""}'
PRINTED = 'myapp_http_requests_total{namespace!="",pod!=""}'
SERIES = {"__name__": "myapp_http_requests_total", "namespace": "default", "pod": "myapp-0"}
OTHER = """\
- seriesQuery: 'other_total'
  resources: {template: "<<.Resource>>"}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
"""
EXTERNAL = """\
externalRules:
- seriesQuery: 'queue_depth'
  resources: {namespaced: false}
  metricsQuery: 'sum(<<.Series>>) by (queue)'
"""


def flyball(stage, *args, text=None, cluster=True, code=0, needles=(), absent=()):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    if cluster:
        env["KUBECONFIG"] = str(stage.kubeconfig)
    run = subprocess.run([str(BIN / "flyball"), "rules", *map(str, args)], input=text or "", capture_output=True, text=True, timeout=60, env=env)
    printed = run.stdout + run.stderr
    wrong = [needle for needle in needles if needle not in printed] + [needle for needle in absent if needle in printed]
    if run.returncode != code or wrong:
        raise Failed(f"rules {args}: exit code {run.returncode}, {code} expected, {wrong} in\n{printed}")
    return run.stdout


def rules_are_checked(stage):
    good = stage.folder / "good.yaml"
    good.write_text(RULES + EXTERNAL)
    bad = stage.folder / "bad.yaml"
    bad.write_text(RULES.replace("rate(", "ratee("))
    flyball(stage, "check", good, cluster=False, needles=[
        f"rule 1  {good}:2  OK       myapp_requests_per_second on pods, namespaces",
        'query    sum(rate(myapp_http_requests_total{namespace="<namespace>",pod="<pod>"}[2s])) by (pod)',
        "asked    one grouped query, coalesced over namespace,pod", "[ignores-namespace]",
        f"external rules that ignore the namespace: external rule 1 ({good}:7)", "0 errors, 1 warning"])
    flyball(stage, "check", "--strict", good, cluster=False, code=1)
    flyball(stage, "check", bad, cluster=False, code=1, needles=["did you mean rate?", "[query-syntax]", "cure"])
    flyball(stage, "check", "-", text="rules:\n- foo: 1\n", cluster=False, code=2, needles=["stdin:2", "[file]", '"foo"'])
    flyball(stage, "check", stage.folder / "none.yaml", cluster=False, code=2, needles=["none.yaml"])
    flyball(stage, "check", "--for-version=2.5", "-f", good, cluster=False, code=0)
    found = json.loads(flyball(stage, "check", "-o", "json", bad, cluster=False, code=1))
    if [(f["rule"], f["line"], f["finding"]) for f in found["findings"]] != [("rule 1", 2, "query-syntax")]:
        raise Failed(f"as JSON: {found}")


def rules_are_listed_and_generated(stage):
    rules = stage.folder / "rules.yaml"
    rules.write_text(RULES)
    flyball(stage, "list", rules, cluster=False, needles=["rule 1", ":2  myapp_requests_per_second on pods, namespaces"])
    with StubPrometheus(series={SELECTOR: [SERIES]}) as stub:
        flyball(stage, "list", rules, f"--prometheus={stub.url}", cluster=False, needles=[
            "1 metric of 1 series", "myapp_requests_per_second on pods, namespaces  from myapp_http_requests_total"])
    generated = flyball(stage, "generate", "--label-prefix=kube_", cluster=False, needles=["kube_<<.Resource>>"])
    flyball(stage, "check", "-", text=generated, cluster=False, needles=["6 rules in 1 file: 0 errors"])
    flyball(stage, "generate", "--rate-interval=5x", cluster=False, code=2, needles=["--rate-interval"])
    flyball(stage, "generate", "more", cluster=False, code=2, needles=["takes no arguments"])


def answers():
    pods = 'sum(rate(myapp_http_requests_total{namespace="default",pod="myapp-0"}[2s])) by (pod)'
    return {
        f"count({PRINTED})": lambda: vector(({}, 1)),
        f"topk(20, timestamp({PRINTED}))": lambda: vector(({"namespace": "default", "pod": "myapp-0"}, time.time() - 11)),
        pods: lambda: vector(({"pod": "myapp-0"}, 9), ({"pod": "myapp-0", "other": "row"}, "NaN")),
        "count(queue_depth)": lambda: vector(({}, 2)),
        "topk(20, timestamp(queue_depth))": lambda: vector(({"queue": "a"}, time.time() - 3)),
        "sum(queue_depth) by (queue)": lambda: vector(({"queue": "a"}, 5), ({"queue": "b"}, "NaN")),
    }


def a_rule_is_tried_and_its_autoscaler_told(stage):
    rules = stage.folder / "rules.yaml"
    rules.write_text(RULES + OTHER + OTHER.replace("other", "third") + EXTERNAL)
    stage.create_deployment()
    stage.create_hpa()
    series = {SELECTOR: [SERIES], "queue_depth": [{"__name__": "queue_depth", "queue": "a"}],
              "other_total": [{"__name__": "other_total", "kubernetes_pod_name": "p"}] * 3,
              "third_total": [{"__name__": "third_total", "kubernetes_pod_name": "p", "job": "scrape"}]}
    with StubPrometheus(series=series, queries=answers()) as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", code=1, needles=[
            f"rule 1  {rules}:2  OK       myapp_requests_per_second on pods, namespaces",
            f"  series   {PRINTED}: 1 found, newest sample 11s old",
            '  query    sum(rate(myapp_http_requests_total{namespace="default",pod="myapp-0"}[2s])) by (pod)',
            "  answer   pod=myapp-0  9  used by hpa/myhpa, target 2",
            f'rule 2  {rules}:6  NOTHING  0 of 3 series kept: resources.template names label "pod", absent',
            '  cure     series carry "kubernetes_pod_name": overrides: {kubernetes_pod_name: {resource: pod}}',
            f'''rule 3  {rules}:9  NOTHING  third_total is on jobs.batch only, by Prometheus' own label "job"; resources.template names label "pod"''',
            'external rule 1', '{queue="a"}  5', '{queue="b"}  NaN, which counts as absent', "4 rules: 2 serve, 2 serve nothing, 0 fail"])
    with StubPrometheus(queries={'count({__name__="myapp_http_requests_total"})': vector(({}, 4))}) as stub:
        rules.write_text(RULES)
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, code=1, needles=[
            "cure     myapp_http_requests_total alone has 4 series: loosen the other matchers"])
    with StubPrometheus() as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, code=1, needles=[
            "NOTHING  no series match", "whether Prometheus has myapp_http_requests_total at all could not be asked"], absent=["is its target scraped"])
    with StubPrometheus(queries={'count({__name__="myapp_http_requests_total"})': vector()}) as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, code=1, needles=[
            "NOTHING  no series match", "Prometheus has no myapp_http_requests_total at all", "0 serve, 1 serves nothing"])
    with StubPrometheus(series={SELECTOR: [SERIES]}, queries={f"count({PRINTED})": vector(({}, "1e300"))}) as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, code=1, needles=[
            "ERROR", "is answered with 1e+300, which is no number of series"])
    flyball(stage, "test", rules, "--prometheus=http://127.0.0.1:1", cluster=False, code=1, needles=["ERROR", "1 fails"])
    flyball(stage, "test", rules, cluster=False, code=2, needles=["--prometheus="])


def resource_rules_are_tried(stage):
    rules = stage.folder / "resources.yaml"
    rules.write_text(RESOURCES)
    pods, nodes = 'cpu{namespace!="",pod!=""}', 'cpu{node!=""}'
    pod, node = {"namespace": "default", "pod": "p"}, {"node": "n"}
    with StubPrometheus(queries={f"count({pods})": vector(), f"count({nodes})": vector()}) as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, code=1, needles=[
            "NOTHING  metrics.k8s.io on pods", f"{pods}: 0 found", "2 rules: 0 serve, 2 serve nothing, 0 fail"])
    with StubPrometheus(queries={
            f"count({pods})": vector(({}, 1)), f"topk(20, timestamp({pods}))": vector((pod, time.time() - 11)),
            'sum(cpu{namespace="default",pod="p"}) by (pod,container)': vector(({**pod, "container": "c"}, 0.25)),
            f"count({nodes})": vector(({}, 1)), f"topk(20, timestamp({nodes}))": vector((node, time.time() - 11)),
            'sum(cpu{node="n"}) by (node)': vector((node, 1))}) as stub:
        flyball(stage, "test", rules, f"--prometheus={stub.url}", "--no-cluster", cluster=False, needles=[
            "OK       metrics.k8s.io on pods", "answer   pod=p  0.25", "OK       metrics.k8s.io on nodes", "answer   node=n  1"], absent=["absent"])


def it_works_on_the_sandbox_too(stage):
    """A server without timestamp(): the age is left out."""
    rules = stage.folder / "rules.yaml"
    rules.write_text(RULES)
    stage.create_deployment()
    until("the series is there", lambda: "OK" in subprocess.run(
        [str(BIN / "flyball"), "rules", "test", str(rules), f"--prometheus={stage.prometheus}", "--no-cluster"],
        capture_output=True, text=True, timeout=60).stdout)
    flyball(stage, "test", rules, f"--prometheus={stage.prometheus}", "--no-cluster", cluster=False, needles=["on pods, namespaces"], absent=["no metric on"])
    rules.write_text(RULES.replace("pod: {resource: pod}", "kpod: {resource: pod}"))
    flyball(stage, "test", rules, f"--prometheus={stage.prometheus}", "--no-cluster", cluster=False, needles=[
        'OK       myapp_requests_per_second on namespaces', 'absent   label "kpod" of resources.overrides: no metric on pods'])


def start_another_adapter(stage):
    rules = stage.folder / "half.yaml"
    rules.write_text(RULES.replace("sum(rate(", "0.5 * sum(rate("))
    port = free_port()
    first = stage.processes.pop("flyball-adapter")
    kube = [f"--{kind}-kubeconfig={stage.kubeconfig}" for kind in ("lister", "authentication", "authorization")]
    stage.start("flyball-adapter", f"--config={rules}", f"--prometheus-url={stage.prometheus}", "--bind-address=127.0.0.1",
                f"--secure-port={port}", f"--cert-dir={stage.folder / 'half'}", "--metrics-relist-interval=1s", "--metrics-max-age=60s", *kube)
    stage.processes["the other adapter"] = stage.processes.pop("flyball-adapter")
    stage.processes["flyball-adapter"] = first
    return port


def two_adapters_are_compared(stage):
    stage.create_deployment()
    # Nobody serves metrics yet: that is no proof of anything.
    flyball(stage, "compare", "--old=cluster", "--new=cluster", code=1, needles=["nothing was compared", "0 questions"])
    stage.register_adapter()
    stage.start_adapter()
    stage.create_hpa()
    metric = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/myapp_requests_per_second"
    until("the metric is served", lambda: stage.request("GET", metric)[0] == 200 or stage.request("GET", metric))
    new = f"--new=https://127.0.0.1:{stage.adapter_port}"
    flyball(stage, "compare", "--old=cluster", new, "--insecure-skip-tls-verify", "--tolerance=0.5", needles=[
        "custom.metrics.k8s.io/v1beta1: 2 names old, 2 new", "same", "0 differences"], absent=["DIFFERENT"])

    # Another adapter under another rule: half the value, and one metric less.
    (stage.folder / "rules.yaml").write_text(RULES + RULES.removeprefix("rules:\n").replace('"myapp_${1}_per_second"', '"another_name"'))
    other = start_another_adapter(stage)
    another = metric.replace("myapp_requests_per_second", "another_name")
    until("the rules are read again", lambda: stage.request("GET", another)[0] == 200 or stage.request("GET", another))
    flyball(stage, "compare", "--old=cluster", f"--new=https://127.0.0.1:{other}", "--insecure-skip-tls-verify", "--tries=2", code=1,
            needles=["only old  pods/another_name", "DIFFERENT", "  Pod default/myapp-"])
    flyball(stage, "compare", "--old=cluster", "--new=https://127.0.0.1:1", code=1, needles=["new:"])
    flyball(stage, "compare", "--old=cluster", code=2, needles=["--old and --new"])
    for bad in ("banana", "http://127.0.0.1:1"):
        flyball(stage, "compare", "--old=cluster", f"--new={bad}", code=2, needles=[f"--new={bad}: expected 'cluster' or https://HOST:PORT"])


if __name__ == "__main__":
    sys.exit(play(rules_are_checked, rules_are_listed_and_generated, a_rule_is_tried_and_its_autoscaler_told, resource_rules_are_tried, it_works_on_the_sandbox_too,
                  two_adapters_are_compared))
