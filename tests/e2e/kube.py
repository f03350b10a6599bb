"""The few API calls that the harness itself makes, and a watch that does not miss an event."""

import http.client
import json
import ssl
import threading
import urllib.parse
from pathlib import Path

REQUEST_TIMEOUT_SEC = 45
# The server ends a watch after this time; the client then goes on where it was.
WATCH_SEC = 60


class ApiError(Exception):
    def __init__(self, status: int, text: str):
        super().__init__(f"HTTP {status}: {text.strip()[:300]}")
        self.status = status


class Api:
    """A client of one API server. Each call has its own connection: it survives a restart."""

    def __init__(self, port: int, authority: Path, certificate: Path, key: Path):
        self.port = port
        self.tls = ssl.create_default_context(cafile=str(authority))
        self.tls.load_cert_chain(str(certificate), str(key))

    def connection(self, timeout_sec: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=timeout_sec, context=self.tls
        )

    def raw(self, method: str, path: str, body=None, content_type: str = "application/json") -> str:
        connection = self.connection(REQUEST_TIMEOUT_SEC)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": content_type, "Accept": "*/*"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise ApiError(answer.status, text)
        return text

    def get(self, path: str) -> dict:
        return json.loads(self.raw("GET", path))

    def create(self, path: str, body: dict) -> dict:
        return json.loads(self.raw("POST", path, body))

    def merge(self, path: str, body: dict) -> dict:
        return json.loads(self.raw("PATCH", path, body, "application/merge-patch+json"))

    def answers(self, path: str) -> bool:
        try:
            self.raw("GET", path)
            return True
        except (ApiError, OSError, http.client.HTTPException):
            return False


class Watch(threading.Thread):
    """Calls on_event(type, object) for everything under `path`, in order, from now until `stop`.

    After a break it goes on from the last resourceVersion, so that no state in between is lost.
    """

    def __init__(self, api: Api, path: str, on_event):
        super().__init__(name=f"watch {path}", daemon=True)
        self.api = api
        self.path = path
        self.on_event = on_event
        self.version = ""  # where to go on; empty: list first
        self.ended = threading.Event()
        self.broken = ""

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                if not self.version:
                    self._list()
                self._follow()
            except (OSError, ValueError, ApiError, http.client.HTTPException) as error:
                if isinstance(error, ApiError) and error.status == http.HTTPStatus.GONE:
                    self.version = ""
                self.ended.wait(0.5)
            except Exception as error:  # a fault of on_event: told by the test, not swallowed
                self.broken = repr(error)
                return

    def stop(self) -> None:
        self.ended.set()

    def _list(self) -> None:
        answer = self.api.get(self.path)
        for item in answer["items"]:
            self.on_event("ADDED", item)
        self.version = answer["metadata"]["resourceVersion"]

    def _follow(self) -> None:
        query = urllib.parse.urlencode(
            {
                "watch": 1,
                "resourceVersion": self.version,
                "timeoutSeconds": WATCH_SEC,
                "allowWatchBookmarks": 1,
            }
        )
        connection = self.api.connection(WATCH_SEC + REQUEST_TIMEOUT_SEC)
        try:
            connection.request("GET", f"{self.path}?{query}")
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise ApiError(answer.status, answer.read().decode())
            while not self.ended.is_set():
                line = answer.readline()
                if not line:
                    return
                self._take(json.loads(line))
        finally:
            connection.close()

    def _take(self, event: dict) -> None:
        if event["type"] == "ERROR":
            raise ApiError(event["object"].get("code", 500), event["object"].get("message", ""))
        self.version = event["object"]["metadata"]["resourceVersion"]
        if event["type"] != "BOOKMARK":
            self.on_event(event["type"], event["object"])
