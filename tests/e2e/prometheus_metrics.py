#!/usr/bin/env python3
"""Metrics of type Prometheus on a real Prometheus: an exporter is scraped, queries are asked, and our own kind scales by the answers.
The API server is the sandbox; pairings with a real one are run.py's.

Usage: prometheus_metrics.py [--bin DIR]
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "flow"))

import components  # noqa: E402
from procs import Processes, free_port, stopping, wait_for  # noqa: E402

CONFIG = """
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 1h}
scrape_configs:
- job_name: load
  honor_labels: true
  static_configs: [{targets: ["127.0.0.1:%d"]}]
"""


class Exporter:
    """Series that a test sets, in the text format."""

    def __init__(self):
        self.series: dict[str, float] = {}
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                text = "".join(f"{name} {value}\n" for name, value in list(exporter.series.items())).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2):
            return True
    except OSError:
        return False


def scenes(exporter: Exporter, url: str):
    """The scenes of the flow test that has a stub in place of the server, with series in place of answers."""
    import flow_prometheus as flow
    from play import until

    here = 'namespace="default"'

    def control(stage):
        config = stage.folder / "controller.yaml"
        config.write_text(f"servers:\n- name: main\n  url: {url}\n  namespaces: [default]\n")
        stage.start_controller(f"--config={config}", "--native-hpas=ignore")

    def one_number_of_many_series(stage):
        exporter.series = {f'load{{{here},shard="a"}}': 4, f'load{{{here},shard="b"}}': 2, 'load{namespace="bank",shard="a"}': 1000}
        stage.create_deployment()
        flow.create(stage, query="sum(load)")
        control(stage)
        until("three replicas for six", lambda: stage.replicas_are(3), 30)
        exporter.series = {**exporter.series, f'load{{{here},shard="b"}}': 6}
        until("five for ten", lambda: stage.replicas_are(5), 30)

    def a_row_a_pod(stage):
        stage.create_deployment(replicas=2)
        until("two pods", lambda: len(stage.get(flow.PODS)["items"]) == 2)
        names = [pod["metadata"]["name"] for pod in stage.get(flow.PODS)["items"]]
        exporter.series = {f'load{{{here},pod="{name}"}}': 4 for name in [*names, "of-another-app"]}
        flow.create(stage, query="max by (pod) (load)", podLabel="pod")
        control(stage)
        until("four for two pods of four", lambda: stage.replicas_are(4), 30)

    def from_zero_by_the_activation_value(stage):
        exporter.series = {f"load{{{here}}}": 0}
        stage.create_deployment()
        flow.create(stage, query="sum(load)", low=0, activationValue="5")
        control(stage)
        until("asleep", lambda: stage.replicas_are(0), 30)
        exporter.series = {f"load{{{here}}}": 5}
        stage.hold(0, 3)
        exporter.series = {f"load{{{here}}}": 5.5}
        until("awake", lambda: stage.replicas_are(3), 30)

    def a_dead_exporter(stage):
        exporter.series = {f"load{{{here}}}": 8, f"alive{{{here}}}": 1}
        stage.create_deployment()
        flow.create(stage, query="sum(load)", aliveQuery="sum(alive)", noData="Zero")
        control(stage)
        until("four for eight", lambda: stage.replicas_are(4), 30)
        exporter.series = {f"alive{{{here}}}": 0}
        until("told", lambda: flow.says(stage, "aliveQuery: is not above zero"), 30)
        stage.hold(4, 3)
        exporter.series = {f"alive{{{here}}}": 1}
        until("alive, and nothing to do", lambda: stage.replicas_are(1), 30)

    def series_of_another_namespace(stage):
        exporter.series = {'load{namespace="bank"}': 100}
        stage.create_deployment()
        stage.create_deployment("thief")
        flow.create(stage, "plain", query="sum(load)")
        flow.create(stage, "thief", "thief", query='sum(load{namespace="bank"})')
        control(stage)
        until("refused", lambda: flow.says(stage, 'namespace="bank", which contradicts namespace="default"', "thief"), 30)
        until("nothing is seen", lambda: flow.says(stage, "gives no series", "plain"), 30)
        stage.hold(1, 2)

    return one_number_of_many_series, a_row_a_pod, from_zero_by_the_activation_value, a_dead_exporter, series_of_another_namespace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    own = parser.parse_args().bin.resolve()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    missing = [name for name in ("flyball-controller", "flyball-sandbox") if not os.access(own / name, os.X_OK)]
    if missing:
        print(f"e2e: not built: {', '.join(str(own / name) for name in missing)} (./dev build)", file=sys.stderr)
        return 1
    os.environ["FLYBALL_BIN_DIR"] = str(own)
    from play import play

    try:
        prometheus = components.resolve({"prometheus"})["prometheus"]
    except components.MissingComponent as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    exporter = Exporter()
    with tempfile.TemporaryDirectory(prefix="flyball-prometheus-") as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(CONFIG % exporter.port)
        port = free_port()
        processes = Processes(folder)
        try:
            command = [prometheus, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}"]
            process = processes.start("prometheus", [*command, f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
            url = f"http://127.0.0.1:{port}"
            wait_for("Prometheus", lambda: is_ready(url), 30, (process,))
            return play(*scenes(exporter, url))
        finally:
            processes.stop_all()
            exporter.close()


if __name__ == "__main__":
    sys.exit(main())
