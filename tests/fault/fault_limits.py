#!/usr/bin/env python3
"""Little memory, little stack, no threads (rows 41 and 43): requests may fail, the adapter does not."""

import http.client
import resource
import sys
import threading

from stage import ALL_PODS, LAG, ONE_POD, check, is_sanitized, play, until

FRESH = "--answer-max-age=0"


def limit(kind, value):
    return lambda: resource.setrlimit(kind, (value, value))


def memory_is_short(stage):
    """120 MiB of address space are enough to serve and too few for one answer of 60 MiB, or for ten of 20."""
    if is_sanitized():
        return "a sanitizer needs more address space than there is"
    row = b'{"metric":{"pod":"web-1","x":"%s"},"value":[1,"5"]}' % (b"y" * 200)

    def large(size):
        rows = b",".join([row] * (size // len(row)))
        return b'{"status":"success","data":{"resultType":"vector","result":[' + rows + b"]}}"

    stage.start(FRESH, preexec_fn=limit(resource.RLIMIT_AS, 120 << 20))
    one, many = large(60 << 20), large(20 << 20)
    for body, n in ((one, 1), (many, 10)):
        stage.prometheus.says(body)
        statuses = []

        def ask():
            try:
                statuses.append(stage.ask(LAG, timeout=120).status)
            except http.client.RemoteDisconnected:
                # No memory even for the answer that says so.
                statuses.append(None)

        asking = [threading.Thread(target=ask) for _ in range(n)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        check(stage.alive() and all(status in (200, 500, 503, None) for status in statuses) and len(statuses) == n, f"{statuses}")
        stage.health_is_fast()
    stage.works()
    return f"{statuses.count(200)} of {n} large answers were served"


def memory_does_not_grow(stage):
    """After a first thousand requests of each kind, the next four thousand leave nothing behind."""
    stage.start(FRESH)
    request = "".join(f"GET {path} HTTP/1.1\r\nHost: h\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n"
                      for path in (ONE_POD, ALL_PODS, LAG, "/openapi/v2", "/metrics")).encode()

    def rounds(n):
        for _ in range(n // 50):
            with stage.connect() as connection:
                for _ in range(50):
                    connection.sendall(request)
                    got = b""
                    while got.count(b"HTTP/1.1 200") < 5 or not got.endswith(b"\n"):
                        piece = connection.recv(1 << 20)
                        check(piece, f"{got[-200:]}")
                        got += piece

    rounds(200)
    before = stage.memory_kib("VmRSS")
    rounds(800)
    grown = stage.memory_kib("VmRSS") - before
    check(is_sanitized() or grown < 1024, f"{grown} KiB more after 4,000 requests")
    return f"{grown} KiB more after 4,000 requests"


def the_stack_is_small(stage):
    if is_sanitized():
        return "a sanitizer needs more stack than there is"
    stage.start(FRESH, preexec_fn=limit(resource.RLIMIT_STACK, 256 << 10))
    stage.prometheus.says("[" * 100000)
    check(stage.ask(LAG).status == 500, "deep nesting is an error")
    stage.works()
    check(stage.ask("/openapi/v2").status == 200 and stage.ask("/metrics").status == 200, "documents")


def no_thread_can_be_made(stage):
    """libcurl resolves names in a thread; without one the name is not resolved, and that is all."""
    if is_sanitized():
        return "a sanitizer makes threads itself"
    def no_room_for_stacks():
        resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
        # The C library gives each thread as much.
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, resource.RLIM_INFINITY))

    stage.start(FRESH, wait=False, prometheus="http://prometheus.invalid:9090", preexec_fn=no_room_for_stacks)
    until("the adapter is ready", stage.is_up)
    stage.health_is_fast()
    stage.discovery_answers()
    until("the failure is told", lambda: "thread" in stage.log.read_text() or stage.log.read_text()[-300:])
    check(stage.alive(), "it lives")


sys.exit(play(memory_is_short, memory_does_not_grow, the_stack_is_small, no_thread_can_be_made))
