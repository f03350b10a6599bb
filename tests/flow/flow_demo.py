#!/usr/bin/env python3
"""The demo, in its fast form and without a terminal, does what it promises; however it ends, it leaves nothing behind."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from play import BIN, Failed, calm_seconds, until


def running(folder):
    """Processes that were told about something in the folder, or run from it."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            text = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if process.name.isdigit() and str(folder) in text:
            found.append(f"{process.name} {text.split(chr(0))[0]}")
    return found


def demo(folder, binary=BIN / "flyball", **how):
    return subprocess.Popen([str(binary), "demo", "--fast", "--plain"], stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={"TMPDIR": str(folder), "PATH": "/usr/bin:/bin"}, start_new_session=True, **how)


def nothing_left(folder):
    until("no process is left", lambda: running(folder) == [] or running(folder))
    left = [p.name for p in folder.iterdir()]
    if left:
        raise Failed(f"left behind: {left}")


def it_keeps_its_promises(folder):
    process = demo(folder)
    output, _ = process.communicate(timeout=300)
    print(output)
    if process.returncode != 0:
        raise Failed(f"exit code {process.returncode}")
    nothing_left(folder)


def interrupt(folder, after, number=signal.SIGINT, binary=BIN / "flyball"):
    process = demo(folder, binary)
    time.sleep(after)
    process.send_signal(number)
    started = time.monotonic()
    output, _ = process.communicate(timeout=60)
    seconds = calm_seconds(started)
    if process.returncode == 0 or "FAIL" in output or "flyball demo:" in output:
        raise Failed(f"after {after} s: exit code {process.returncode}: {output[-500:]}")
    if seconds > 8:
        raise Failed(f"after {after} s: it took {seconds:.1f} s to end")
    nothing_left(folder)


def ctrl_c_ends_it_at_any_moment(folder):
    for after in (0.05, 0.2, 0.6, 1.5, 4):
        interrupt(folder, after)


def a_closed_terminal_ends_it(folder):
    interrupt(folder, 3, signal.SIGHUP)


def beside(folder, *programs):
    """The demo's binary with only these programs beside it."""
    place = folder / "bin"
    place.mkdir()
    for name in ("flyball", *programs):
        shutil.copy(BIN / name, place / name)
    return place


def ctrl_c_ends_it_while_it_waits_for_the_metric(folder):
    with tempfile.TemporaryDirectory(prefix="flyball-flow-") as other:
        place = beside(Path(other), "flyball-sandbox")
        adapter = place / "flyball-adapter"
        adapter.write_text("#!/bin/sh\nexec sleep 60\n")
        adapter.chmod(0o755)
        interrupt(folder, 2, binary=place / "flyball")


def a_missing_program_is_named(folder):
    with tempfile.TemporaryDirectory(prefix="flyball-flow-") as other:
        process = demo(folder, beside(Path(other), "flyball-sandbox") / "flyball")
        output, _ = process.communicate(timeout=60)
    if process.returncode != 1 or "flyball-adapter is not beside this program" not in output:
        raise Failed(f"exit code {process.returncode}: {output}")
    until("no process is left", lambda: running(folder) == [] or running(folder))


def its_children_die_with_it(folder):
    process = demo(folder)
    until("three children", lambda: len(running(folder)) == 3 or running(folder))
    process.kill()
    process.communicate(timeout=60)
    until("no process is left", lambda: running(folder) == [] or running(folder))


def a_closed_output_ends_it(folder):
    process = demo(folder)
    process.stdout.close()
    process.wait(timeout=60)
    until("no process is left", lambda: running(folder) == [] or running(folder))


def main():
    scenes = (it_keeps_its_promises, ctrl_c_ends_it_at_any_moment, a_closed_terminal_ends_it, ctrl_c_ends_it_while_it_waits_for_the_metric,
              a_missing_program_is_named, its_children_die_with_it, a_closed_output_ends_it)
    failed = 0
    for scene in scenes:
        with tempfile.TemporaryDirectory(prefix="flyball-flow-") as folder:
            try:
                scene(Path(folder))
                print(f"ok    {scene.__name__.replace('_', ' ')}", flush=True)
            except (Failed, OSError, subprocess.TimeoutExpired) as problem:
                failed += 1
                print(f"FAIL  {scene.__name__.replace('_', ' ')}: {problem}", flush=True)
    print(f"{len(scenes) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
