#!/usr/bin/env python3
"""Runs every libFuzzer program of a build for some seconds each. Usage: run.py BUILD_DIR SECONDS [NAME ...]

Starts from tests/fuzz/corpus/NAME; what it finds new stays in BUILD_DIR/fuzz-work. A crash is copied to BUILD_DIR/fuzz-crashes: make it a file of the corpus.
Ends with "N passed, M failed"."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    build, seconds = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    names = sys.argv[3:] or sorted(p.stem for p in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
    crashes = build / "fuzz-crashes"
    crashes.mkdir(exist_ok=True)
    failed = 0
    for name in names:
        program = next(iter(build.glob(f"**/{name}")), None)
        if program is None:
            print(f"FAIL {name}: not built in {build}")
            failed += 1
            continue
        work = build / "fuzz-work" / name
        work.mkdir(parents=True, exist_ok=True)
        corpus = ROOT / "tests/fuzz/corpus" / name
        command = [str(program), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                   f"-artifact_prefix={crashes}/{name}-", str(work)] + ([str(corpus)] if corpus.is_dir() else [])
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", env={**os.environ, "TZ": "GMT+12"})
        executed = next((line.split()[-1] for line in run.stderr.splitlines() if "number_of_executed_units" in line), "?")
        ok = run.returncode == 0
        failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {executed} executions in {seconds} s", flush=True)
        if not ok:
            print("\n".join("     " + line for line in run.stderr.splitlines()[-15:]))
    if not any(crashes.iterdir()):
        shutil.rmtree(crashes)
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
