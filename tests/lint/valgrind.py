#!/usr/bin/env python3
"""Runs the unit tests of a build under valgrind. Usage: valgrind.py BUILD_DIR. Ends with "N passed, M failed"."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    programs = sorted(p for p in (Path(sys.argv[1]) / "tests").glob("*_test_*") if p.is_file() and os.access(p, os.X_OK))
    failed = 0
    for program in programs:
        run = subprocess.run(
            ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite", str(program.resolve())],
            capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, "CK_FORK": "no", "CK_TIMEOUT_MULTIPLIER": "50", "FLYBALL_SOURCE_DIR": str(ROOT),
                 "FLYBALL_BIN_DIR": str((Path(sys.argv[1]) / "bin").resolve())})
        ok = run.returncode == 0
        failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {program.name}", flush=True)
        if not ok:
            print("\n".join("     " + line for line in (run.stderr + run.stdout).splitlines()[-30:]))
    print(f"{len(programs) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not programs else 0)


if __name__ == "__main__":
    main()
