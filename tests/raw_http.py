"""HTTP by hand: what no well-behaved client sends, such as half a request."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.house import PATIENCE

# Of a connection in /proc/net/tcp: its state, and its inode.
ESTABLISHED, HALF_CLOSED = "01", "08"
NOT_ACCEPTED = "0"


class Line:
    """One connection."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        place = urlsplit(url)
        self.host = place.netloc
        self.socket = socket.create_connection(
            (place.hostname, place.port), timeout=patience
        )

    def head(self, method: str, path: str, **headers: str | int) -> str:
        """``content_length=5`` is Content-Length: 5."""
        lines = [
            f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()
        ]
        return f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{''.join(lines)}\r\n"

    def send(self, *parts: str | bytes) -> None:
        self.socket.sendall(
            b"".join(part.encode() if isinstance(part, str) else part for part in parts)
        )

    def status(self) -> int:
        """Of the next answer; 0 when the connection ended without one."""
        answer = b""
        try:
            while b"\r\n" not in answer:
                piece = self.socket.recv(4096)
                if not piece:
                    return 0
                answer += piece
        except ConnectionError:
            return 0
        return int(answer.split(b" ", 2)[1])

    def everything(self) -> bytes:
        """All that still comes, until the other side closes."""
        answer = b""
        try:
            while piece := self.socket.recv(65_536):
                answer += piece
        except ConnectionError:
            pass
        return answer

    def close(self) -> None:
        self.socket.close()


@contextmanager
def line(url: str) -> Iterator[Line]:
    opened = Line(url)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def lines(url: str, count: int) -> Iterator[list[Line]]:
    with ExitStack() as open_lines:
        yield [open_lines.enter_context(line(url)) for _ in range(count)]


def has_read_all(url: str) -> bool:
    """The process that listens there has accepted every connection,
    and read all that was sent.
    """
    port = f":{urlsplit(url).port:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    theirs = [
        row
        for row in rows
        if row[1].endswith(port) and row[3] in (ESTABLISHED, HALF_CLOSED)
    ]
    return all(
        row[4].endswith(":00000000") and row[9] != NOT_ACCEPTED for row in theirs
    )
