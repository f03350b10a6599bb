"""What a run tells: one line per phase and per assertion, with the time since the pairing began."""

import threading
import time


class Report:
    """Counts the assertions of all pairings; they run side by side."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = 0
        self.failed: list[str] = []

    def line(self, text: str) -> None:
        with self.lock:
            print(text, flush=True)

    def verdict(self, ok: bool, where: str, text: str) -> None:
        with self.lock:
            if ok:
                self.passed += 1
            else:
                self.failed.append(f"{where} {text}")
            print(f"{'ok  ' if ok else 'FAIL'} {where} {text}", flush=True)

    def summary(self) -> str:
        return f"{self.passed} passed, {len(self.failed)} failed"


class Track:
    """The part of the report that belongs to one pairing."""

    def __init__(self, report: Report, name: str):
        self.report = report
        self.name = name
        self.began = time.monotonic()
        self.failures = 0

    def _where(self) -> str:
        return f"[{self.name} {time.monotonic() - self.began:4.0f}s]"

    def phase(self, text: str) -> None:
        self.report.line(f"---- {self._where()} {text}")

    def check(self, text: str, ok: bool, seen: object = "") -> bool:
        """Records one assertion; `seen` is shown when it does not hold."""
        self.failures += not ok
        self.report.verdict(ok, self._where(), text if ok else f"{text}; saw: {seen}")
        return ok

    def equal(self, text: str, wanted: object, seen: object) -> bool:
        return self.check(text, wanted == seen, f"{seen!r}, wanted {wanted!r}")
