#!/usr/bin/env python3
"""Who asks and who may (rows 46 and 48): nothing but a verified certificate or token gives an identity, and no answer is no permission."""

import sys
import time

from stage import CUSTOM, ONE_POD, calm_seconds, check, play, until

FAST_TTL = ("--authorization-webhook-cache-authorized-ttl=2s", "--authorization-webhook-cache-unauthorized-ttl=1s")
SPOOF = (("X-Remote-User", "admin"), ("X-Remote-Group", "system:masters"))


def deny(handler, spec):
    handler.reply(201, {"kind": "SubjectAccessReview", "spec": spec, "status": {"allowed": False, "reason": "not today"}})


def as_bob(stage, path=ONE_POD, **more):
    """Somebody whose permission the API server has to give."""
    return stage.ask(path, user="bob", group="team", **more)


def headers_without_a_certificate_are_no_identity(stage):
    stage.kube.review = deny
    stage.start("--authorization-webhook-cache-unauthorized-ttl=0s")
    answer = stage.ask(ONE_POD, cert=None, headers=SPOOF)
    check(answer.status == 403 and b"system:anonymous" in answer.body, f"{answer}")
    check(stage.kube.reviewed[-1]["user"] == "system:anonymous" and "system:masters" not in stage.kube.reviewed[-1]["groups"], f"{stage.kube.reviewed[-1]}")
    stage.health_is_fast()


def wrong_certificates_are_refused(stage):
    certs = stage.certs
    certs.authority("unknown-ca")
    certs.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "self-signed.key", "-out", "self-signed.crt",
              "-subj", "/O=system:masters/CN=front-proxy-client")
    certs.pair("unknown", "unknown-ca", "/CN=front-proxy-client")
    certs.pair("other-name", "proxy-ca", "/CN=other-proxy")
    certs.pair("server-usage", "proxy-ca", "/CN=front-proxy-client", "serverAuth")
    certs.pair("client", "client-ca", "/O=team/CN=alice")
    certs.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "expired.key", "-out", "expired.csr", "-subj", "/CN=front-proxy-client")
    certs.run("x509", "-req", "-in", "expired.csr", "-CA", "proxy-ca.crt", "-CAkey", "proxy-ca.key", "-CAcreateserial", "-days", "-1", "-out", "expired.crt")
    stage.start()
    for name in ("self-signed", "unknown", "other-name", "server-usage", "expired"):
        for path in (ONE_POD, CUSTOM, "/metrics"):
            answer = stage.ask(path, cert=name, headers=SPOOF)
            check(answer.status == 401 and b"items" not in answer.body, f"{name}: {path}: {answer}")
    check(stage.ask(ONE_POD, user=None).status == 401, "a front proxy that names nobody")
    check(not stage.kube.reviewed or all(spec["user"] != "admin" for spec in stage.kube.reviewed), "a spoofed identity was reviewed")
    certs.pair("nameless", "client-ca", "/O=system:masters")
    answer = stage.ask(ONE_POD, cert="nameless")
    check(answer.status == 401 and all(spec["user"] for spec in stage.kube.reviewed), f"a certificate of groups without a name: {answer}")
    # A client of the cluster is itself, whatever headers it sends.
    check(stage.ask(ONE_POD, cert="client", headers=SPOOF).status == 200, "a good client certificate")
    check(stage.kube.reviewed[-1]["user"] == "alice" and "system:masters" not in stage.kube.reviewed[-1]["groups"], f"{stage.kube.reviewed[-1]}")


def tokens_are_checked(stage):
    stage.kube.tokens = {"good": {"username": "carol", "groups": ["team"]}}
    stage.start()
    check(stage.ask(ONE_POD, cert=None, headers=[("Authorization", "Bearer good")]).status == 200, "a good token")
    check(stage.kube.reviewed[-1]["user"] == "carol", f"{stage.kube.reviewed[-1]}")
    check(stage.ask(ONE_POD, cert=None, headers=[("Authorization", "Bearer bad"), *SPOOF]).status == 401, "a bad token")


def refusals_are_final_and_short(stage):
    stage.kube.review = deny
    stage.start(*FAST_TTL)
    answer = as_bob(stage)
    check(answer.status == 403 and b"not today" in answer.body, f"{answer}")
    stage.kube.review = stage.kube.allow
    until("the refusal is forgotten", lambda: as_bob(stage).status == 200 or as_bob(stage), 5)


def reviews_that_fail_permit_nothing(stage):
    stage.start(*FAST_TTL)
    rows = [("5xx", lambda handler, _: handler.reply(500, "")), ("503", lambda handler, _: handler.reply(503, "")), ("403", lambda handler, _: handler.reply(403, "")),
            ("an empty answer", lambda handler, _: handler.reply(201, "")), ("a page", lambda handler, _: handler.reply(200, "<html>", "text/html")),
            ("no status", lambda handler, _: handler.reply(201, {"kind": "SubjectAccessReview"})),
            ("allowed is no boolean", lambda handler, _: handler.reply(201, {"status": {"allowed": "true"}})),
            ("null", lambda handler, _: handler.reply(201, "null"))]
    for number, (what, review) in enumerate(rows):
        stage.kube.review = review
        answer = stage.ask(ONE_POD + "?timeout=20s", user=f"user-{number}", group="team", timeout=30)
        check(answer.status in (403, 500) and b'"value"' not in answer.body, f"{what}: {answer}")
        stage.health_is_fast()
    stage.kube.review = stage.kube.allow
    check(as_bob(stage).status == 200, "and then it works again")


def reviews_that_hang_permit_nothing(stage):
    stage.start(*FAST_TTL)
    stage.kube.review = lambda handler, _: handler.hang()
    started = time.monotonic()
    answer = as_bob(stage, ONE_POD + "?timeout=2s")
    check(answer.status in (500, 504) and calm_seconds(started) < 5, f"{answer}")
    stage.health_is_fast()
    check(stage.ask(ONE_POD).status == 200, "who needs no review is served")


def permissions_outlive_the_api_server_only_for_their_age(stage):
    stage.start(*FAST_TTL)
    check(as_bob(stage).status == 200, "permitted")
    stage.kube.close()
    check(as_bob(stage).status == 200, "a fresh permission is used again")
    time.sleep(2.2)
    answer = as_bob(stage, timeout=30)
    check(answer.status == 500 and b'"value"' not in answer.body, f"an old permission: {answer}")
    stage.health_is_fast()
    check(stage.ask(ONE_POD).status == 200, "who needs no review is served")
    stage.kube.listen()
    until("the API server is asked again", lambda: as_bob(stage).status == 200 or as_bob(stage))


def many_callers_do_not_fill_memory(stage):
    """More callers than verdicts are kept; every one of them is judged."""
    stage.start("--authorization-webhook-cache-authorized-ttl=60s")
    before = stage.memory_kib("VmRSS")
    with stage.connect() as connection:
        for number in range(0, 9000, 50):
            ask = b"".join(f"GET {CUSTOM} HTTP/1.1\r\nHost: h\r\nX-Remote-User: user-{number + i}\r\n\r\n".encode() for i in range(50))
            connection.sendall(ask)
            answers = b""
            while answers.count(b"HTTP/1.1 200") < 50 or not answers.endswith(b"\n"):
                piece = connection.recv(65536)
                check(piece and b"HTTP/1.1 5" not in piece, f"{answers[-300:]} {piece[:300]}")
                answers += piece
    grown = stage.memory_kib("VmRSS") - before
    check(grown < 24 * 1024 or b"asan" in open(f"/proc/{stage.adapter.pid}/maps", "rb").read(), f"{grown} KiB for 9,000 callers")
    return f"{grown} KiB for 9,000 callers"


sys.exit(play(reviews_that_fail_permit_nothing, headers_without_a_certificate_are_no_identity, wrong_certificates_are_refused, tokens_are_checked,
              refusals_are_final_and_short, reviews_that_hang_permit_nothing, permissions_outlive_the_api_server_only_for_their_age,
              many_callers_do_not_fill_memory))
