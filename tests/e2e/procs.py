"""Processes of one run: each in its own session, logged to a file, ended by its own id, always."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from busy import calm_seconds  # noqa: E402
from kube import ApiError  # noqa: E402
from ports import free_port  # noqa: E402

# After SIGTERM a program has this long to end by itself.
GRACE_SEC = 10.0

# What a request to a server that is slow, starting or overloaded raises.
REQUEST_FAILED = (OSError, ApiError, http.client.HTTPException)

# setpriv (util-linux) lets the kernel end the children even if this harness is killed outright.
_SETPRIV = shutil.which("setpriv")


class Process:
    """One program. `start` may be called again after `kill`: that is a restart, on the same log."""

    def __init__(self, name: str, command: list[str], log: Path, environment: dict | None = None):
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment
        self.child: subprocess.Popen | None = None

    def start(self) -> None:
        command = list(self.command)
        if _SETPRIV:
            command = [_SETPRIV, "--pdeathsig", "KILL", *command]
        with open(self.log, "ab") as output:
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self.environment,
            )

    @property
    def pid(self) -> int:
        return self.child.pid if self.child else 0

    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def kill(self) -> None:
        """Ends it the hard way, as an outage does."""
        self._signal(signal.SIGKILL)
        if self.child:
            self.child.wait(GRACE_SEC)

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)

    def stop(self) -> int | None:
        """Asks it to end, and makes it. Returns the exit status, None if it had to be killed."""
        if not self.child:
            return None
        self.ask_to_end()
        try:
            return self.child.wait(GRACE_SEC)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def _signal(self, number: int) -> None:
        if self.is_running():
            os.killpg(self.child.pid, number)

    def tail(self, lines: int) -> list[str]:
        """The end of what it said, long lines cut."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return []
        return ["    " + line[:300] for line in text.splitlines()[-lines:]]


class Processes:
    """All processes of one pairing."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.all: list[Process] = []

    def start(self, name: str, command: list[str], environment: dict | None = None) -> Process:
        process = Process(name, command, self.folder / f"{name}.log", environment)
        self.all.append(process)
        process.start()
        return process

    def stop_all(self) -> None:
        for process in self.all:
            process.ask_to_end()
        for process in reversed(self.all):
            try:
                process.stop()
            except (OSError, subprocess.SubprocessError) as error:
                print(f"e2e: could not end {process.name} ({process.pid}): {error}", flush=True)

    def tails(self, lines: int) -> str:
        parts = []
        for process in self.all:
            state = "running" if process.is_running() else "not running"
            parts.append(f"--- {process.name} ({state}), end of {process.log}")
            parts += process.tail(lines)
        return "\n".join(parts)


# Set by Ctrl-C and SIGTERM: every wait ends at once, and every pairing cleans up behind itself.
stopping = threading.Event()


class Interrupted(Exception):
    """The person or the machine asked the run to end."""


def pause(seconds: float) -> None:
    if stopping.wait(seconds):
        raise Interrupted()


def wait_for(what: str, condition, timeout_sec: float, alive: tuple = (), every_sec: float = 0.25):
    """Polls `condition` until it says yes.

    `condition` returns something true or false, or a pair of that and a text that tells what was
    seen; a request that failed is a no. Raises TimeoutError with `what` and the last text;
    RuntimeError at once if one of the processes `alive` has ended.
    """
    deadline = time.monotonic() + timeout_sec
    while True:
        try:
            result, seen = condition(), ""
        except REQUEST_FAILED as error:
            result, seen = False, repr(error)
        if isinstance(result, tuple):
            result, seen = result
        if result:
            return result
        for process in alive:
            if not process.is_running():
                raise RuntimeError(f"{process.name} ended by itself while waiting for {what}")
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"no {what} within {timeout_sec:.0f} s" + (f": {seen}" if seen else "")
            )
        pause(every_sec)
