#!/usr/bin/env python3
"""Clients that mean harm, and many of them (rows 42, 44 and 45)."""

import gzip
import resource
import select
import socket
import ssl
import sys
import time

from stage import ALL_PODS, CUSTOM, ONE_POD, SERIES, Failed, calm_seconds, check, is_sanitized, play, until

GET = f"GET {CUSTOM} HTTP/1.1\r\nHost: h\r\n".encode()
POST = f"POST {CUSTOM} HTTP/1.1\r\nHost: h\r\n".encode()
WHO = b"X-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n"
# What a second parser might take for a request of its own.
SMUGGLED = b"GET /apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/smuggled/hits HTTP/1.1\r\nHost: h\r\nX-Remote-User: smug\r\n\r\n"

# The 22 cases: a sentence, the bytes, the statuses that are right.
CORPUS = [
    ("a bare LF smuggles no header", GET + b"X-Foo: a\nX-Remote-User: smug\r\n\r\n", {400}),
    ("a head of bare LFs", b"GET / HTTP/1.1\nHost: h\n\n", {400}),
    ("Content-Length with Transfer-Encoding", POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    ("Transfer-Encoding with Content-Length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", {400}),
    ("two different Content-Lengths", POST + b"Content-Length: 0\r\nContent-Length: 200\r\n\r\n", {400}),
    ("a list as Content-Length", POST + b"Content-Length: 0, 200\r\n\r\n", {400}),
    ("a signed Content-Length", POST + b"Content-Length: +0\r\n\r\n", {400}),
    ("a blank before the colon", GET + b"X-Remote-User : smug\r\n\r\n", {400}),
    ("two X-Remote-User", GET + b"X-Remote-User: admin\r\nX-Remote-User: smug\r\n\r\n", {400}),
    ("NUL in a header value", GET + b"X-Remote-User: admin\0smug\r\n\r\n", {400}),
    ("%00 in the path", b"GET /apis%00/../healthz HTTP/1.1\r\nHost: h\r\n\r\n", {400}),
    ("%00 in a selector", GET.replace(b" HTTP", b"?labelSelector=a%00b HTTP") + b"\r\n", {400}),
    ("an encoded slash in a name", b"GET /apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/a%2Fb/hits HTTP/1.1\r\nHost: h\r\n" + WHO + b"\r\n",
     {400, 403, 404}),
    ("dot segments", b"GET /apis/../../metrics HTTP/1.1\r\nHost: h\r\n\r\n", {400}),
    ("a folded header", GET + b"X-Foo: a\r\n X-Remote-User: smug\r\n\r\n", {400}),
    ("a bare CR", GET + b"X-Foo: a\rX-Remote-User: smug\r\n\r\n", {400}),
    ("no Host", f"GET {CUSTOM} HTTP/1.1\r\n\r\n".encode(), {400}),
    ("two Hosts", GET + b"Host: i\r\n\r\n", {400}),
    ("a chunk that ends in LF", POST + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", {400}),
    ("an unknown transfer coding", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", {400, 501}),
    ("an absolute target", b"GET https://h/metrics HTTP/1.1\r\nHost: h\r\n\r\n", {400}),
    ("a tunnel", b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", {400, 405, 501}),
]
TOO_MUCH = [
    ("a URL of 64 KiB", b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: h\r\n\r\n", {400, 414, 431}),
    ("a header of 64 KiB", GET + b"X-Foo: " + b"a" * 65536 + b"\r\n\r\n", {400, 431}),
    ("100,000 headers", GET + b"X: a\r\n" * 100000 + b"\r\n", {400, 431}),
    ("a body of 8 MiB announced", POST + b"Content-Length: 8388608\r\n\r\n", {400, 413}),
    ("a body of 2^64", POST + b"Content-Length: 18446744073709551616\r\n\r\n", {400, 413}),
    ("an upgrade", GET + WHO + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", {200, 400}),
]


def answers_of(connection, timeout=2):
    """All that comes until the other side ends the connection, or says no more."""
    connection.settimeout(60)
    got = b""
    try:
        got = connection.recv(65536)
        connection.settimeout(timeout)
        while piece := connection.recv(65536):
            got += piece
    except (TimeoutError, ConnectionResetError, ssl.SSLError):
        pass
    return got


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def send(connection, data):
    """As far as the other side takes it."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError, TimeoutError):
        pass


def requests_that_two_parsers_read_in_two_ways(stage):
    asked = []
    good = stage.prometheus.good_query

    def query(handler, text):
        asked.append(text)
        good(handler, text)

    stage.prometheus.query = query
    stage.start()
    for sentence, request, statuses in CORPUS:
        with stage.connect() as connection:
            send(connection, request)
            # An encoded slash is no trick, only a name that nothing has.
            if 404 not in statuses:
                send(connection, SMUGGLED)
            answer = answers_of(connection)
        check(status_of(answer) in statuses, f"{sentence}: {answer[:200]}")
        check(b"smug" not in answer and answer.count(b"HTTP/1.1 ") == 1, f"{sentence}: the second request was answered: {answer[-300:]}")
    check(not any("smuggled" in text for text in asked) and all(spec["user"] != "smug" for spec in stage.kube.reviewed if spec), f"{asked}")
    check(len(CORPUS) == 22, "the corpus has 22 cases")
    stage.works()


def requests_that_are_too_large(stage):
    stage.start()
    for sentence, request, statuses in TOO_MUCH:
        with stage.connect() as connection:
            send(connection, request)
            answer = answers_of(connection)
        check(status_of(answer) in statuses and b"101 Switching" not in answer, f"{sentence}: {answer[:200]}")
    peak = stage.memory_kib()
    check(is_sanitized() or peak < 40 * 1024, f"{peak} KiB at the peak")
    stage.works()


def slow_loris(stage):
    """400 clients that never end their request; others are served meanwhile, and the 400 are gone after 30 s."""
    stage.start()
    slow = []
    for number in range(400):
        connection = stage.connect() if number % 8 == 0 else socket.create_connection(("127.0.0.1", stage.port))
        slow.append(connection)
        if number % 8 == 0:
            send(connection, GET + b"X-Foo: ")
        elif number % 2:
            send(connection, b"\x16\x03\x01")
    for round_ in range(5):
        answer = stage.ask(ONE_POD)
        check(answer.status == 200 and answer.calm_seconds < 1, f"{answer}")
        for connection in slow[::8]:
            send(connection, b"a")
    stage.health_is_fast()

    def all_gone():
        readable, _, _ = select.select(slow, [], [], 0)
        return len(readable) == len(slow) or len(readable)

    until("the slow ones are sent away", all_gone, 40, 0.5)
    for connection in slow:
        connection.close()
    stage.works()


def more_connections_than_are_served(stage):
    stage.start("--max-connections=100")
    many = [socket.create_connection(("127.0.0.1", stage.port)) for _ in range(300)]
    check(stage.alive(), "it lives")
    for connection in many:
        connection.close()
    stage.works()


def descriptors_are_exhausted(stage):
    """Only 100 descriptors: connections beyond them wait or are closed, and all is well when they are gone."""
    stage.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
    many = []
    for _ in range(150):
        many.append(socket.create_connection(("127.0.0.1", stage.port), timeout=30))
        send(many[-1], b"\x16\x03\x01")
    time.sleep(1)
    check(stage.alive(), "it lives")
    busy = cpu_seconds(stage)
    time.sleep(1)
    busy = cpu_seconds(stage) - busy
    check(busy < 0.5, f"{busy:.2f} CPU-seconds in one second of full house")
    for connection in many:
        connection.close()
    stage.works()
    check(stage.ask(ALL_PODS).status == 200, "questions to Prometheus find descriptors")


def cpu_seconds(stage):
    fields = open(f"/proc/{stage.adapter.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def many_connections_ready_at_once(stage):
    """No number of connections with a request at the same moment makes one of them wait."""
    stage.start("--max-connections=1000", "--max-requests-inflight=1000")
    request = f"GET {ONE_POD} HTTP/1.1\r\nHost: h\r\n".encode() + WHO + b"\r\n"
    open_ones, worst = [], {}
    try:
        for wanted in (64, 127, 128, 129, 255, 256, 257, 512):
            while len(open_ones) < wanted:
                open_ones.append(stage.connect())
            for round_ in range(2):
                started = time.monotonic()
                for connection in open_ones:
                    connection.sendall(request)
                for connection in open_ones:
                    connection.settimeout(60)
                    answer = b""
                    while not answer.endswith(b"}]}\n"):
                        piece = connection.recv(65536)
                        if not piece:
                            raise Failed(f"closed with {wanted} connections: {answer[:200]}")
                        answer += piece
                    check(status_of(answer) == 200, f"with {wanted} connections: {answer[:200]}")
                worst[wanted] = calm_seconds(started)
    finally:
        for connection in open_ones:
            connection.close()
    each = {n: seconds / n * 1e6 for n, seconds in worst.items()}
    check(max(worst.values()) < 5, f"seconds by connections: {worst}")
    return "µs each by connections: " + ", ".join(f"{n}: {one:.0f}" for n, one in each.items())


def more_requests_than_are_taken(stage):
    """Beyond the limit the answer is 429 and when to come again; health is exempt."""
    stage.start("--max-requests-inflight=10", "--answer-max-age=0")
    stage.prometheus.query = lambda handler, _: handler.hang()
    request = f"GET {ONE_POD}?timeout=10s HTTP/1.1\r\nHost: h\r\n".encode() + WHO + b"\r\n"
    waiting = [stage.connect() for _ in range(10)]
    for connection in waiting:
        connection.sendall(request)
    refused = None
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline and (not refused or refused.status != 429):
        refused = stage.ask(CUSTOM)
    check(refused.status == 429 and refused.headers["Retry-After"] == "1", f"{refused} {refused.headers}")
    stage.health_is_fast()
    for connection in waiting:
        connection.settimeout(60)
        check(status_of(connection.recv(65536)) in (500, 504), "those that wait get their answer")
        connection.close()
    stage.works()


def large_answers_are_packed_for_who_asks(stage):
    def series(handler, text):
        n = 1000 if text.startswith("hits") else 0
        data = [{"__name__": f"hits{i}", "namespace": "default", "pod": "web-1"} for i in range(n)] + (SERIES[text] if text in SERIES else [])
        handler.reply(200, {"status": "success", "data": data})

    stage.prometheus.series = series
    stage.start()
    plain = stage.ask(CUSTOM)
    check("Content-Encoding" not in plain.headers and len(plain.body) > 128 * 1024, f"{plain.headers}")
    for accepted, packed in (("gzip", True), ("deflate, gzip", True), ("br", False), ("identity", False), ("gzip;q=0", False)):
        answer = stage.ask(CUSTOM, headers=[("Accept-Encoding", accepted)])
        check((answer.headers["Content-Encoding"] == "gzip") == packed, f"{accepted}: {answer.headers}")
        check((gzip.decompress(answer.body) if packed else answer.body) == plain.body, f"{accepted}: another body")
        check(not packed or answer.headers["Vary"] == "Accept-Encoding", f"{answer.headers}")
    small = stage.ask(ONE_POD, headers=[("Accept-Encoding", "gzip")])
    check("Content-Encoding" not in small.headers, "a small answer")
    return f"{len(plain.body)} bytes become {len(stage.ask(CUSTOM, headers=[('Accept-Encoding', 'gzip')]).body)}"


sys.exit(play(slow_loris, requests_that_two_parsers_read_in_two_ways, requests_that_are_too_large, more_connections_than_are_served,
              descriptors_are_exhausted, many_connections_ready_at_once, more_requests_than_are_taken,
              large_answers_are_packed_for_who_asks))
