#!/usr/bin/env python3
"""flyball check and replay as commands: how files are named, and exit codes."""

import subprocess
import sys
import tempfile
from pathlib import Path

from play import BIN

GOOD = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
"""


def rows(folder):
    """(name, arguments, standard input, exit code, needle)"""
    good, bad, broken = folder / "good.yaml", folder / "bad.yaml", folder / "broken.yaml"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("maxReplicas: 3", "maxReplicas: 0"))
    broken.write_text("a: [\n")
    yield "a file", ["check", good], None, 0, "0 errors"
    yield "a file by flag", ["check", "-f", good], None, 0, "1 file"
    yield "both ways", ["check", "-f", good, bad], None, 1, "2 files"
    yield "standard input by flag", ["check", "-f", "-"], GOOD, 0, "0 errors"
    yield "a mistake", ["check", bad], None, 1, "spec.maxReplicas"
    yield "a text that is no YAML", ["check", broken], None, 2, "[syntax]"
    yield "a text that is no YAML beside a good one", ["check", good, broken], None, 2, "[syntax]"
    yield "a text that is no YAML, as JSON", ["check", "-o", "json", broken], None, 2, '"rule": "syntax"'
    yield "a file that is missing", ["check", folder / "none.yaml"], None, 2, "none.yaml"
    yield "no file", ["check"], None, 2, "no file"
    yield "help", ["check", "--help"], None, 0, "flyball check FILE"
    yield "a tape that is missing, by flag", ["replay", "-f", folder / "none.json"], None, 2, "none.json"
    yield "no tape", ["replay"], None, 2, "expected a FILE"


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="flyball-check-") as name:
        for title, args, text, code, needle in rows(Path(name)):
            run = subprocess.run([str(BIN / "flyball"), *map(str, args)], input=text or "", capture_output=True, text=True, timeout=60)
            if run.returncode != code or needle not in run.stdout + run.stderr:
                failed += 1
                print(f"FAIL {title}: exit code {run.returncode}, {code} and {needle!r} expected:\n{run.stdout}{run.stderr}")
    print("failed" if failed else "ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
