#!/usr/bin/env python3
"""Prometheus down, hanging, dribbling, lying, huge (rows 19 to 31): an error is never a number, and nothing else stops."""

import itertools
import json
import socket
import sys
import threading
import time

from stage import ALL_PODS, CUSTOM, EXTERNAL, LAG, ONE_POD, check, is_sanitized, play, until, vector

# Every request asks anew.
FRESH = "--answer-max-age=0"
UNUSABLE = (500, 503, 504)


def fails(stage, what, seconds=3.0):
    """No metric has a number now; each failure comes in time and names no value."""
    for path in (ONE_POD, ALL_PODS, LAG):
        answer = stage.ask(path)
        check(answer.status in UNUSABLE, f"{what}: {path}: {answer}")
        check(b'"value"' not in answer.body and answer.calm_seconds < seconds, f"{what}: {path}: {answer}")


def prometheus_is_down(stage):
    stage.start(FRESH)
    stage.prometheus.close()
    fails(stage, "down")
    stage.discovery_answers()
    stage.health_is_fast()
    check(b"pods/hits" in stage.ask(CUSTOM).body, "the last listing stays")
    stage.prometheus.listen()
    stage.works()


def prometheus_is_down_from_the_start(stage):
    stage.prometheus.close()
    stage.start(FRESH, wait=False)
    until("the adapter is ready", stage.is_up)
    stage.discovery_answers()
    stage.health_is_fast()
    check(stage.ask(CUSTOM).json()["resources"] == [], "nothing is listed yet")
    check(stage.ask(ONE_POD).status == 404, "an unknown metric is no number")
    stage.prometheus.listen()
    stage.works()


def prometheus_hangs(stage):
    stage.start(FRESH)
    stage.prometheus.query = lambda handler, _: handler.hang()
    waiting = [threading.Thread(target=stage.ask, args=(ONE_POD + "?timeout=3s",)) for _ in range(20)]
    for one in waiting:
        one.start()
    for path in (ONE_POD, ALL_PODS, LAG):
        answer = stage.ask(path + "?timeout=1s")
        check(answer.status in UNUSABLE and answer.calm_seconds < 3, f"{path}: {answer}")
    stage.discovery_answers()
    stage.health_is_fast()
    for one in waiting:
        one.join()
    stage.works()


def prometheus_drips(stage):
    """A byte now and then keeps a connection alive, not a request."""
    def drip(handler, _):
        handler.send_response_only(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not stage.prometheus.ending.is_set():
            handler.wfile.write(b" ")
            time.sleep(0.1)

    stage.start(FRESH)
    stage.prometheus.query = drip
    for path in (ONE_POD, LAG):
        answer = stage.ask(path + "?timeout=1s")
        check(answer.status in UNUSABLE and answer.calm_seconds < 3, f"{path}: {answer}")
    stage.health_is_fast()
    stage.works()


def prometheus_answers_no_result(stage):
    def drop(handler, _):
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    def cut(handler, _):
        handler.send_response_only(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"pod":"web-1"},"value":[1,"5"')
        drop(handler, _)

    error = {"status": "error", "errorType": "execution", "error": "query timed out"}
    good = json.dumps(vector(({"pod": "web-1"}, "5")))
    stage.start(FRESH)
    rows = [(f"status {status}", status, error, "application/json") for status in (400, 422, 429, 500, 502, 503, 504)]
    rows += [("a redirect", 302, good, "application/json"), ("not found", 404, good, "application/json"), ("an error with 200", 200, error, "application/json"),
             ("a page", 200, "<html><body>login</body></html>", "text/html"), ("an empty body", 200, "", "application/json"), ("null", 200, "null", "application/json"),
             ("half of a document", 200, good[:-10], "application/json"), ("two documents", 200, good + good, "application/json"),
             ("NUL bytes", 200, b"\0" * 100, "application/json"), ("bad UTF-8", 200, b'{"status":"succ\xff\xfe', "application/json"),
             ("deep nesting", 200, "[" * 100000, "application/json"), ("no data", 200, {"status": "success"}, "application/json"),
             ("null data", 200, {"status": "success", "data": None}, "application/json"),
             ("a string", 200, {"status": "success", "data": {"resultType": "string", "result": [1, "5"]}}, "application/json"),
             ("a matrix", 200, {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"pod": "web-1"}, "values": [[1, "5"]]}]}},
              "application/json")]
    for what, status, body, content_type in rows:
        stage.prometheus.says(body, status, content_type)
        fails(stage, what)
    for what, answer in (("a dropped connection", drop), ("a cut body", cut)):
        stage.prometheus.query = answer
        fails(stage, what)
    stage.health_is_fast()
    stage.works()


def warnings_do_not_change_values(stage):
    stage.start(FRESH)
    partial = vector(({"pod": "web-1"}, "5"))
    partial["warnings"] = ["partial response"]
    stage.prometheus.says(partial)
    check(stage.ask(ONE_POD).values() == ["5"], "one pod")
    check(stage.ask(ALL_PODS).values() == ["5"], "the pod that did not answer is absent")


def odd_numbers_are_absent_or_saturate(stage):
    most = "9223372036854775807m"
    rows = [("NaN", None), ("+Inf", None), ("-Inf", None), ("Inf", None), ("nan", None), ("-0", "0"), ("1e308", most), ("-1e308", "-" + most), ("1e-320", "0"),
            ("-5", "-5"), ("0.0004", None), ("1" * 40, most), ("0x1p3", None), ("", None), ("12abc", None), ("1e999", None), (" 5", None)]
    stage.start(FRESH)
    for text, wanted in rows:
        stage.prometheus.query = lambda handler, asked: handler.reply(200, vector(
            ({"__name__": "lag", "namespace": "default"} if asked.startswith("lag") else {"pod": "web-1"}, text)))
        for path in (ONE_POD, ALL_PODS, LAG):
            answer = stage.ask(path)
            shown = answer.values() if answer.status == 200 else []
            if text == "0.0004":
                check(shown in (["0"], ["1m"]), f"{text}: {path}: {answer}")
            else:
                check(shown == ([wanted] if wanted else []) and (answer.status == 200 or answer.status in (404, *UNUSABLE)), f"{text}: {path}: {answer}")
    for value in (5, None, True, [], {"a": 1}):
        document = vector(({"pod": "web-1"}, "x"))
        document["data"]["result"][0]["value"][1] = value
        stage.prometheus.says(document)
        answer = stage.ask(ONE_POD)
        check(answer.status != 200, f"a value that is no text: {value}: {answer}")


def nothing_is_missing_and_not_zero(stage):
    stage.start(FRESH)
    stage.prometheus.says(vector())
    check(stage.ask(ONE_POD).status == 404, "one pod without a sample")
    for path in (ALL_PODS, LAG):
        answer = stage.ask(path)
        check(answer.status == 200 and answer.values() == [], f"{path}: {answer}")


def an_empty_replica_takes_over(stage):
    """Every series is gone: metrics vanish, none becomes zero; and they come back."""
    stage.start(FRESH)
    stage.prometheus.says(vector())
    stage.prometheus.series = lambda handler, _: handler.reply(200, {"status": "success", "data": []})
    until("the metrics are gone", lambda: stage.ask(CUSTOM).json()["resources"] == [])
    for path in (ONE_POD, ALL_PODS, LAG):
        check(stage.ask(path).status == 404, path)
    stage.works()


def several_series_where_one_is_expected(stage):
    stage.start(FRESH)
    stage.prometheus.says(vector(({"pod": "web-1"}, "5"), ({"pod": "web-1"}, "6"), ({"pod": "web-1"}, "NaN"), ({}, "9"), ({"pod": ""}, "8")))
    for path in (ONE_POD, ALL_PODS):
        check(stage.ask(path).values() == ["6"], f"{path}: the last one counts, as in the reference: {stage.ask(path)}")


def ages_are_told_as_they_are(stage):
    stage.start(FRESH)
    for seconds in (600, -600):
        at = int(time.time()) - seconds
        stage.prometheus.says(vector(({"__name__": "lag"}, "12", at)))
        item = stage.ask(LAG).json()["items"][0]
        wanted = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        check(item["timestamp"] == wanted, f"{item['timestamp']}, sampled at {wanted}")
    for odd in ('"x"', "1e300", "-1e300", "null"):
        stage.prometheus.says('{"status":"success","data":{"resultType":"vector","result":[{"metric":{"pod":"web-1"},"value":[%s,"5"]}]}}' % odd)
        answer = stage.ask(LAG)
        check(answer.status in (200, *UNUSABLE), f"time {odd}: {answer}")


def huge_answers_are_cut(stage):
    """More than 64 MiB, with a length, without one, or packed: an error, and memory stays bounded."""
    row = b'{"metric":{"pod":"web-1"},"value":[1,"5"]},' * 20000

    def endless(handler, _):
        handler.send_response_only(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(b'{"status":"success","data":{"resultType":"vector","result":[')
        while not stage.prometheus.ending.is_set():
            handler.wfile.write(row)

    def announced(handler, _):
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(2 << 30))
        handler.end_headers()
        handler.hang()

    bomb = bytes.fromhex("1f8b08000000000000ff") + b"\0" * 100000
    stage.start(FRESH)
    for what, answer in (("without end", endless), ("2 GiB announced", announced)):
        stage.prometheus.query = answer
        fails(stage, what, seconds=10)
    stage.prometheus.says(bomb, headers=[("Content-Encoding", "gzip")])
    fails(stage, "gzip that nobody asked for")
    stage.health_is_fast()
    peak = stage.memory_kib()
    check(is_sanitized() or peak < 220 * 1024, f"{peak} KiB at the peak")
    stage.works()
    return f"peak {peak // 1024} MiB"


def a_huge_listing_keeps_only_names(stage):
    """300,000 series of one name, then 200,000 names; the first is small, the second stays within its bound."""
    def many(distinct, n):
        def series(handler, text):
            if not text.startswith("hits"):
                stage.prometheus.good_series(handler, text)
                return
            handler.send_response_only(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            handler.wfile.write(b'{"status":"success","data":[')
            for start in range(0, n, 10000):
                rows = ('{"__name__":"hits%s","namespace":"default","pod":"web-%d","container":"c","instance":"10.0.0.1:%d"}'
                        % (i if distinct else "", i, i) for i in range(start, start + 10000))
                handler.wfile.write((("," if start else "") + ",".join(rows)).encode())
            handler.wfile.write(b"]}")
        return series

    stage.prometheus.series = many(False, 300000)
    stage.start(FRESH, "--metrics-relist-interval=600s", "--metrics-max-age=600s")
    peak = stage.memory_kib()
    check(is_sanitized() or peak < 40 * 1024, f"{peak} KiB at the peak")
    stage.works()
    return f"peak {peak / 1024:.1f} MiB"


def an_endless_listing_is_cut(stage):
    def endless(handler, text):
        handler.send_response_only(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(b'{"status":"success","data":[{"__name__":"')
        for _ in itertools.count():
            if stage.prometheus.ending.is_set():
                return
            handler.wfile.write(b"x" * 65536)

    stage.start(FRESH)
    stage.prometheus.series = endless
    until("it is counted", lambda: (stage.metric("flyball_adapter_listing_failures_total") or 0) > 0)
    check(b"pods/hits" in stage.ask(CUSTOM).body and b"lag" in stage.ask(EXTERNAL).body, "the last listing stays")
    stage.works()


def the_name_of_prometheus_cannot_be_resolved(stage):
    stage.start(FRESH, wait=False, prometheus="http://prometheus.invalid:9090", environment={"RES_OPTIONS": "timeout:1 attempts:1"})
    until("the adapter is ready", stage.is_up)
    stage.discovery_answers()
    stage.health_is_fast()
    check(stage.ask(ONE_POD).status == 404, "nothing is listed")


sys.exit(play(huge_answers_are_cut, prometheus_is_down, prometheus_is_down_from_the_start, prometheus_hangs, prometheus_drips, prometheus_answers_no_result,
              warnings_do_not_change_values, odd_numbers_are_absent_or_saturate, nothing_is_missing_and_not_zero, an_empty_replica_takes_over,
              several_series_where_one_is_expected, ages_are_told_as_they_are, a_huge_listing_keeps_only_names, an_endless_listing_is_cut,
              the_name_of_prometheus_cannot_be_resolved))
