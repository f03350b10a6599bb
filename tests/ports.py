"""Ports for servers that tests start."""

import random
import socket
import threading

# Below the range from which the kernel takes the ports of outgoing connections: one of these could take a port between its choice and its use.
FIRST, LAST = 20000, 32767

_lock = threading.Lock()
_given: set[int] = set()
_random = random.SystemRandom()


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on and that this process has not given out before."""
    with _lock:
        while True:
            port = _random.randint(FIRST, LAST)
            if port in _given:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            _given.add(port)
            return port
