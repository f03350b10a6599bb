#!/usr/bin/env python3
"""manifests/alerts: every expression is PromQL, and about metrics that the programs have."""

import re
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

from play import BIN, Failed, free_port, play, until

RULES = Path(__file__).resolve().parents[2] / "manifests" / "alerts" / "rules.yaml"
METRIC = re.compile(r"\b(?:flyball|horizontal_pod_autoscaler)_[a-z_]+\b")


def expressions():
    """(alert, expression) of the file; a folded one goes on in the lines below."""
    found, name, lines = [], None, RULES.read_text().splitlines()
    for number, line in enumerate(lines):
        if match := re.match(r" +- alert: (\w+)$", line):
            name = match[1]
        elif match := re.match(r"( +)expr: (.+)$", line):
            text = match[2]
            if text == ">-":
                text = " ".join(more.strip() for more in lines[number + 1:number + 3])
            found.append((name, text))
    return found


def ask(url):
    request = urllib.request.Request(url, headers={"Authorization": "Bearer anything"})
    try:
        with urllib.request.urlopen(request, timeout=5, context=ssl._create_unverified_context()) as answer:
            return answer.read().decode()
    except OSError as problem:
        return str(problem)


def every_alert_is_promql_about_metrics_that_exist(stage):
    port = free_port()
    stage.create_deployment()
    stage.register_adapter()
    stage.start_adapter()
    stage.create_hpa()
    config = stage.folder / "config.yaml"
    config.write_text(f"port: {port}\nleader-elect: true\nservers: []\n")
    stage.start_controller("--native-hpas=own", f"--config={config}", f"--work-note-dir={stage.folder}")
    until("it leads", lambda: "\nflyball_leader 1" in ask(f"http://127.0.0.1:{port}/metrics") or ask(f"http://127.0.0.1:{port}/metrics")[:200])
    adapter = f"https://127.0.0.1:{stage.adapter_port}/metrics"
    until("the adapter has listed", lambda: "flyball_adapter_listings_total{" in ask(adapter) or ask(adapter)[:200])
    has = set(re.findall(r"# HELP (\S+)", ask(f"http://127.0.0.1:{port}/metrics") + ask(adapter)))
    alerts = expressions()
    if len(alerts) < 10 or len(alerts) != RULES.read_text().count("- alert:"):
        raise Failed(f"only {len(alerts)} alerts were read")
    for name, text in alerts:
        names = {re.sub(r"_bucket$", "", metric) for metric in METRIC.findall(text)}
        if not names or not names <= has:
            raise Failed(f"{name}: no program has {sorted(names - has)}")
        done = subprocess.run([BIN / "flyball", "query", "check", text], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Failed(f"{name}: {done.stdout}{done.stderr}")


sys.exit(play(every_alert_is_promql_about_metrics_that_exist))
