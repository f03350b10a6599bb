#!/usr/bin/env python3
"""Coverage of the tests that ran in a coverage build. Usage: coverage.py BUILD_DIR

Prints lines and branches by folder, and checks tests/lint/coverage.must: "GLOB PERCENT" is the least share of branches of each file, "GLOB PERCENT lines" that of lines of
all of them together.
Lines that end in `GCOVR_EXCL_BR_LINE` are defensive branches and carry their reason beside the mark."""

import fnmatch
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    build = Path(sys.argv[1])
    out = subprocess.run(["gcovr", "--root", str(ROOT), "--object-directory", str(build), "--json-summary", "-", "--exclude", "tests/", "--exclude", "bench/", str(build)],
                         capture_output=True, text=True, check=True).stdout
    files = json.loads(out[out.index("{"):])["files"]
    folders = {}
    for f in files:
        sums = folders.setdefault(f["filename"].split("/")[0], [0, 0, 0, 0])
        for i, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
            sums[i] += f[key]
    print(f"{'folder':12} {'lines':>8} {'branches':>9}")
    for folder, (lc, lt, bc, bt) in sorted(folders.items()):
        print(f"{folder:12} {100 * lc / max(lt, 1):7.1f}% {100 * bc / max(bt, 1):8.1f}%")
    failed = checked = 0
    must = ROOT / "tests/lint/coverage.must"
    for line in must.read_text().splitlines() if must.exists() else []:
        if not line or line.startswith("#"):
            continue
        pattern, least, *lines = line.split()
        named = [f for f in files if fnmatch.fnmatch(f["filename"], pattern)]
        if lines:
            share = 100 * sum(f["line_covered"] for f in named) / max(sum(f["line_total"] for f in named), 1)
            checked += 1
            if share < float(least):
                failed += 1
                print(f"FAIL {pattern}: {share:.1f} % of lines, at least {least} wanted")
        else:
            for f in named:
                checked += 1
                if f["branch_percent"] is not None and f["branch_percent"] < float(least):
                    failed += 1
                    print(f"FAIL {f['filename']}: {f['branch_percent']} % of branches, at least {least} wanted")
    print(f"{checked - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
