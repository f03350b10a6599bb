#!/usr/bin/env python3
"""Runs every libFuzzer program of a build for some seconds each, as many at a time as there are processors. Usage: run.py BUILD_DIR SECONDS [NAME ...]

Starts from tests/fuzz/corpus/NAME; what it finds new stays in BUILD_DIR/fuzz-work. A crash is copied to BUILD_DIR/fuzz-crashes: make it a file of the corpus.
Ends with "N passed, M failed"."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fuzz(build, name, seconds):
    """Runs one program: (ok, text to print)."""
    program = build / "fuzz" / name
    if not program.exists():
        return False, f"FAIL {name}: not built in {build}"
    work = build / "fuzz-work" / name
    work.mkdir(parents=True, exist_ok=True)
    corpus = ROOT / "tests/fuzz/corpus" / name
    command = [str(program), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={build}/fuzz-crashes/{name}-", str(work)] + ([str(corpus)] if corpus.is_dir() else [])
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", env={**os.environ, "TZ": "GMT+12"})
    executed = next((line.split()[-1] for line in run.stderr.splitlines() if "number_of_executed_units" in line), "?")
    text = f"{name}: {executed} executions in {seconds} s"
    if run.returncode == 0:
        return True, f"ok   {text}"
    return False, "\n     ".join([f"FAIL {text}"] + run.stderr.splitlines()[-15:])


def main():
    build, seconds = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    names = sys.argv[3:] or sorted(p.stem for p in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
    crashes = build / "fuzz-crashes"
    crashes.mkdir(exist_ok=True)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, text in pool.map(lambda name: fuzz(build, name, seconds), names):
            failed += not ok
            print(text, flush=True)
    if not any(crashes.iterdir()):
        crashes.rmdir()
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not names else 0)


if __name__ == "__main__":
    main()
