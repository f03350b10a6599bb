#!/usr/bin/env python3
"""What crashed the adapter twice is not tried a third time, everything else is, and somebody hears of it."""

import socket
import sys
import threading
import time

from stage import ALL_PODS, LAG, ONE_POD, check, play, until


def crash_while(stage, path):
    """A crash while that request waits for Prometheus; then a new process."""
    arrived = threading.Event()

    def hang(handler, _):
        arrived.set()
        handler.hang()

    stage.prometheus.query = hang

    def ask():
        try:
            stage.ask(path)
        except OSError:
            pass

    asking = threading.Thread(target=ask)
    asking.start()
    check(arrived.wait(60), f"{path} did not reach Prometheus")
    stage.crash()
    asking.join(10)
    stage.prometheus.restore()
    stage.start(*stage.flags)


def a_request_at_two_crashes_rests(stage):
    stage.start("--answer-max-age=0")
    crash_while(stage, ONE_POD)
    check(stage.ask(ONE_POD).status == 200, "one crash is no reason to refuse")
    check(stage.metric("flyball_adapter_quarantined ") == 0, "nothing is in quarantine after one crash")
    check(b"suspect  custom.metrics.k8s.io namespaces/default pods hits" in stage.ask("/debug/rules").body, "the suspect is not told")
    crash_while(stage, ONE_POD)
    refused = stage.ask(ONE_POD)
    check(refused.status == 503, f"{refused}")
    status = refused.json()
    check(status["reason"] == "ServiceUnavailable" and "custom.metrics.k8s.io namespaces/default pods hits is in quarantine: it was in work at 2 crashes"
          in status["message"], f"{status}")
    check(stage.ask(ALL_PODS).status == 503, "the same metric for all pods is the same key")
    check(stage.ask(LAG).values() == ["12"], "other metrics are served")
    check(stage.ask(ONE_POD.replace("default", "other")).status != 503, "other namespaces are not refused")
    check(stage.metric("flyball_adapter_quarantined ") == 1 and stage.metric("flyball_adapter_crashes ") == 2, "the own metrics tell it")
    check(b"quarantine  custom.metrics.k8s.io namespaces/default pods hits  in work at 2 crashes" in stage.ask("/debug/rules").body,
          "/debug/rules tells it")
    check("in quarantine: it was in work at several crashes" in stage.log.read_text(), "the log tells it")
    stage.health_is_fast()
    stage.discovery_answers()


def a_clean_end_forgets(stage):
    stage.start("--answer-max-age=0")
    for _ in range(2):
        crash_while(stage, LAG)
    check(stage.ask(LAG).status == 503, "in quarantine")
    check(stage.stop() == 0, "a clean end")
    stage.start()
    check(stage.ask(LAG).values() == ["12"], "a clean end clears the record")


def a_listing_at_two_crashes_is_passed_over(stage):
    arrived, listed = threading.Event(), threading.Event()

    def series(handler, text):
        if not text.startswith("lag"):
            stage.prometheus.good_series(handler, text)
            listed.set()
            return
        arrived.set()
        handler.hang()

    stage.prometheus.series = series
    for _ in range(2):
        arrived.clear()
        listed.clear()
        stage.start(wait=False)
        check(arrived.wait(60) and listed.wait(60), "no listing came")
        # By then the other listing is done: without a key that runs, all that wait are blamed.
        time.sleep(0.5)
        stage.crash()
    stage.start(wait=False)
    until("the adapter is ready", stage.is_up)
    stage.prometheus.restore()
    until("the other rule serves", lambda: stage.ask(ONE_POD).status == 200 or stage.ask(ONE_POD))
    check(stage.ask(LAG).status == 404, "the listing rests")
    check(b'quarantine  listing lag{namespace!=""}' in stage.ask("/debug/rules").body, "/debug/rules tells it")
    check("is in quarantine" in stage.log.read_text(), "the log tells it")


def listens_no_more(port):
    try:
        socket.create_connection(("127.0.0.1", port), 10).close()
        return False
    except ConnectionError:
        return True


def a_kill_while_it_ends_is_no_crash(stage):
    """What a kubelet does with a program that takes too long."""
    stage.start("--answer-max-age=0")
    arrived = threading.Event()

    def hang(handler, _):
        arrived.set()
        handler.hang()

    for _ in range(2):
        arrived.clear()
        stage.prometheus.query = hang
        with stage.connect() as connection:
            connection.sendall(f"GET {ONE_POD} HTTP/1.1\r\nHost: h\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n".encode())
            check(arrived.wait(60), "the request did not reach Prometheus")
            process, stage.adapter = stage.adapter, None
            process.terminate()
            until("it takes no more connections", lambda: listens_no_more(stage.port))
            time.sleep(0.3)
            check(process.poll() is None, "it waits for the request")
            process.kill()
            process.wait(10)
        stage.prometheus.restore()
        stage.start(*stage.flags)
    check(stage.ask(ONE_POD).values() == ["5"] and stage.metric("flyball_adapter_crashes ") == 0, "no crash was counted")


def without_a_place_for_the_record_it_serves(stage):
    stage.start("--work-note-dir=/nonexistent")
    stage.works()
    check("--work-note-dir" in stage.log.read_text(), "the log tells it")


sys.exit(play(a_request_at_two_crashes_rests, a_clean_end_forgets, a_listing_at_two_crashes_is_passed_over, a_kill_while_it_ends_is_no_crash,
              without_a_place_for_the_record_it_serves))
