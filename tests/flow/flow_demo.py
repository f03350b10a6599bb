#!/usr/bin/env python3
"""The demo, in its fast form and without a terminal, does what it promises and leaves nothing behind."""

import subprocess
import sys
import tempfile
from pathlib import Path

from play import BIN

with tempfile.TemporaryDirectory(prefix="flyball-flow-") as folder:
    run = subprocess.run([str(BIN / "flyball"), "demo", "--fast", "--plain"], stdin=subprocess.DEVNULL, text=True, timeout=120,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"TMPDIR": folder, "PATH": "/usr/bin:/bin"})
    left = [str(p) for p in Path(folder).iterdir()] if run.returncode == 0 else []
print(run.stdout)
if left:
    print(f"left behind: {left}")
ok = run.returncode == 0 and not left
print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
sys.exit(0 if ok else 1)
