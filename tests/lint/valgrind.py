#!/usr/bin/env python3
"""Runs the unit tests of a build under valgrind. Usage: valgrind.py BUILD_DIR. Ends with "N passed, M failed"."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# They assert on fractions of a second, which valgrind's pace does not keep: of these only what valgrind finds counts.
TIMED = {"common_test_http_client", "kube_test_lease"}


def check(build, program):
    """Runs one program: (ok, text to print)."""
    run = subprocess.run(
        ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite", str(program.resolve())],
        capture_output=True, text=True, errors="replace", cwd=ROOT,
        env={**os.environ, "CK_TIMEOUT_MULTIPLIER": "50", "FLYBALL_SOURCE_DIR": str(ROOT), "FLYBALL_BIN_DIR": str(build / "bin")})
    if run.returncode == 0:
        return True, f"ok   {program.name}"
    if program.name in TIMED and not any(line.startswith("==") for line in run.stderr.splitlines()):
        return True, f"ok   {program.name} (late, as expected)"
    return False, "\n     ".join([f"FAIL {program.name}"] + (run.stderr + run.stdout).splitlines()[-30:])


def main():
    build = Path(sys.argv[1]).resolve()
    programs = sorted(p for p in (build / "tests").glob("*_test_*") if p.is_file() and os.access(p, os.X_OK))
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, text in pool.map(lambda program: check(build, program), programs):
            failed += not ok
            print(text, flush=True)
    print(f"{len(programs) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not programs else 0)


if __name__ == "__main__":
    main()
