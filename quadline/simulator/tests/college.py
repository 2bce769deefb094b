"""The college's side: a tiny receiver of webhooks that trusts only signed ones."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from quadline.simulator.options import AUTH_TOKEN


@dataclass(frozen=True)
class Hit:
    path: str
    query: dict[str, str]
    form: dict[str, str]
    body: bytes
    headers: dict[str, str]
    is_signed: bool


class College:
    """What was called, in order. `answers` says what a
    path answers: status and body.
    """

    def __init__(self) -> None:
        self.url = ""
        self.hits: list[Hit] = []
        self.hangs_up = False  # closes each connection after its answer, without a word
        self.answers: dict[str, Callable[[], tuple[int, str]]] = {}

    @classmethod
    @contextmanager
    def listening(cls) -> Iterator["College"]:
        college = cls()
        server = _Server(("127.0.0.1", 0), _receiver(college))
        college.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield college
        server.shutdown()
        server.server_close()

    def forget(self) -> None:
        self.hits.clear()
        self.answers.clear()
        self.hangs_up = False

    def at(self, path: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.path == path]

    def statuses(self, sid: str) -> list[str]:
        return [
            hit.form["MessageStatus"]
            for hit in self.at("/status")
            if hit.form["MessageSid"] == sid
        ]

    def wait_for(self, path: str, count: int = 1, seconds: float = 120.0) -> list[Hit]:
        end = time.monotonic() + seconds
        while len(self.at(path)) < count and time.monotonic() < end:
            time.sleep(0.005)
        assert len(self.at(path)) >= count, [hit.path for hit in self.hits]
        return self.at(path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _receiver(college: College) -> type[BaseHTTPRequestHandler]:
    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hit = _read(college, self.path, body, dict(self.headers.items()))
            college.hits.append(hit)
            status, text = college.answers.get(hit.path, lambda: (200, "<Response/>"))()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())
            self.close_connection = college.hangs_up

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Receiver


def _read(college: College, target: str, body: bytes, headers: dict[str, str]) -> Hit:
    parts = urlsplit(target)
    is_form = headers.get("Content-Type", "").startswith(
        "application/x-www-form-urlencoded"
    )
    form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}
    signed: Any = form if is_form else body.decode()
    is_signed = RequestValidator(AUTH_TOKEN).validate(
        college.url + target, signed, headers.get("X-Twilio-Signature", "")
    )
    return Hit(
        parts.path, dict(parse_qsl(parts.query)), form, body, headers, bool(is_signed)
    )
