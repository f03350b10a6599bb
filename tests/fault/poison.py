"""An object whose metric's answer is the death of whoever reads it: the controller gets SIGSEGV while the pass over that object has the processor, and at no
other time. Its own note (--work-note-dir) tells when that is; the answer is long enough to be met while it is read."""

import json
import os
import signal
import struct
import threading
import time

from cluster import EXTERNAL, check

NOTE = "flyball-controller.work"
# The head of common/work_table.h: magic, bytes of a slot, slots, crashes, 1 + the slot that has the processor.
HEAD = struct.Struct("=8sIIQII")
KEY_LENGTH, KEY = 16, 20  # in a slot
ITEMS = 60000


def head(note):
    """How many crashes it knows of, and 1 + the slot that has the processor; (0, 0) when there is none."""
    try:
        with open(note, "rb") as file:
            _, _, _, crashes, slot, _ = HEAD.unpack(file.read(HEAD.size))
            return crashes, slot
    except (OSError, struct.error):
        return 0, 0


def running(note):
    """The key of what has the processor; empty: nothing that has one."""
    try:
        with open(note, "rb", buffering=0) as file:
            _, slot_bytes, n_slots, _, slot, _ = HEAD.unpack(file.read(HEAD.size))
            if not 0 < slot <= n_slots:
                return ""
            found = os.pread(file.fileno(), slot_bytes, HEAD.size + (slot - 1) * slot_bytes)
    except (OSError, struct.error):
        return ""
    length = struct.unpack_from("=I", found, KEY_LENGTH)[0]
    return found[KEY:KEY + length].decode(errors="replace")


def is_stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] in "TtZX"


class Poison:
    """The object `poison`, and who is killed by it. `deadly` says whether it does so at the moment."""

    def __init__(self, cluster):
        self.cluster, self.deadly, self.asked, self.kills = cluster, False, [], 0
        self.body = json.dumps(cluster.external_values("toxic", *["0"] * ITEMS)).encode()
        cluster.create_target("poison")
        cluster.create_hpa("poison", metrics=[cluster.external_metric("toxic")])
        cluster.metric_bends.append(self.answer)

    def answer(self, request):
        if request.path != f"{EXTERNAL}/namespaces/default/toxic":
            return False
        self.asked.append(time.monotonic())
        request.handler.reply(200, self.body if self.deadly else self.cluster.external_values("toxic", "2"))
        return True

    def hunt(self, note, start):
        """Starts a process, and ends it in the background at the right moment."""
        crashes, slot = head(note)
        process = start()
        # What a crashed one left behind says nothing of the new one.
        threading.Thread(target=self.kill, args=(process, note, crashes + 1 if slot else None), daemon=True).start()
        return process

    def is_met(self, note, crashes):
        return self.deadly and crashes in (None, head(note)[0]) and "/poison " in running(note)

    def kill(self, process, note, crashes):
        while process.poll() is None:
            if not self.is_met(note, crashes):
                time.sleep(0.0005)
                continue
            # What was seen may be over: it is only certain of a process that stands still.
            process.send_signal(signal.SIGSTOP)
            while not is_stopped(process.pid):
                time.sleep(0.0005)
            met = self.is_met(note, crashes)
            if met:
                self.kills += 1
                process.send_signal(signal.SIGSEGV)
            process.send_signal(signal.SIGCONT)
            if met:
                process.wait(20)

    # With the cluster's one controller:

    def settle(self):
        self.folder = self.cluster.folder / "note"
        self.folder.mkdir()
        self.hunt(self.folder / NOTE, lambda: self.cluster.settle(flags=[f"--work-note-dir={self.folder}"]))

    def crash(self):
        """It is met; then it is started anew, as a kubelet would do it."""
        process, self.deadly = self.cluster.controller, True
        check(process.wait(30) != 0, f"it ended with {process.returncode}")
        self.hunt(self.folder / NOTE, lambda: self.cluster.start(f"--work-note-dir={self.folder}"))

    def is_left_alone(self, since, seconds):
        """For that long from now on nobody asks for it, and nobody asked since."""
        time.sleep(seconds)
        check(not [at for at in self.asked if at > since], "its metric was asked for")
