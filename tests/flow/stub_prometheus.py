"""A Prometheus that knows a few answers by heart, on a port of its own; it keeps what it was asked."""

import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def vector(*rows):
    """(labels, value) ... as the answer to an instant query."""
    now = time.time()
    return {"resultType": "vector", "result": [{"metric": labels, "value": [now, str(value)]} for labels, value in rows]}


class StubPrometheus:
    """Use with `with`. series: selector -> list of label sets; queries: text -> data (or a function that makes it); prefix: in front of every path."""

    def __init__(self, series=None, queries=None, prefix="", token=None):
        self.series, self.queries, self.prefix, self.token = series or {}, queries or {}, prefix, token
        self.asked, self.headers = [], []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                stub.answer(self, urllib.parse.urlsplit(self.path).query)

            def do_POST(self):
                stub.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, form):
        parameters = dict(urllib.parse.parse_qsl(form))
        path = urllib.parse.urlsplit(handler.path).path.removeprefix(self.prefix)
        self.headers.append(dict(handler.headers))
        status, body = 404, {"status": "error", "errorType": "not_found", "error": handler.path}
        if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            status, body = 401, {"kind": "Status", "message": "Unauthorized"}
        elif path == "/api/v1/series":
            status, body = 200, {"status": "success", "data": self.series.get(parameters["match[]"], [])}
        elif path == "/api/v1/query":
            status, body = self.query(parameters["query"])
        text = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def query(self, text):
        self.asked.append(text)
        data = self.queries.get(text)
        if data is None:
            return 400, {"status": "error", "errorType": "bad_data", "error": f"not known by heart: {text}"}
        return 200, {"status": "success", "data": data() if callable(data) else data}
