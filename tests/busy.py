"""What the machine owes a test: the time in which the test's processes could have run and had no processor.

Upper bounds of measured times do not count it, so that they can be tight and hold on a machine that is busy. Nothing is forgiven where the kernel does not
tell (no schedstat)."""

import bisect
import os
import threading
import time
from pathlib import Path

SAMPLE_SEC = 0.1
# More than that is a failure whatever the reason.
MOST_SEC = 60.0


class Delays(threading.Thread):
    """Sums up, now and then, how long this process and those that it started waited for a processor."""

    def __init__(self):
        super().__init__(name="delays", daemon=True)
        self.lock = threading.Lock()
        self.known: dict[str, int] = {}  # thread -> nanoseconds
        self.total_sec = 0.0
        self.at: list[float] = []
        self.totals: list[float] = []
        self.sample()

    def run(self):
        while True:
            time.sleep(SAMPLE_SEC)
            self.sample()

    def sample(self):
        with self.lock:
            seen = {}
            for thread in threads(str(os.getpid())):
                try:
                    seen[thread] = int(Path(thread, "schedstat").read_text().split()[1])
                except (OSError, IndexError):
                    continue
                self.total_sec += (seen[thread] - self.known.get(thread, 0)) / 1e9
            self.known = seen
            self.at.append(time.monotonic())
            self.totals.append(self.total_sec)

    def until(self, moment):
        """The sum at a moment, rounded down to the sample before it."""
        with self.lock:
            return self.totals[max(0, bisect.bisect_right(self.at, moment) - 1)]


def threads(process):
    """Folders in /proc of all threads of the process and of those that it started."""
    try:
        own = [str(one) for one in Path("/proc", process, "task").iterdir()]
    except OSError:
        return []
    found = list(own)
    for thread in own:
        try:
            children = Path(thread, "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += threads(child)
    return found


_delays = Delays()
_delays.start()


def calm_between(earlier, later):
    """From one moment of time.monotonic() to another, without what the machine owes us."""
    owed = _delays.until(later + SAMPLE_SEC) - _delays.until(earlier)
    return max(0.0, later - earlier - min(MOST_SEC, owed))


def calm_seconds(since):
    """The same, until now."""
    _delays.sample()
    return calm_between(since, time.monotonic())
