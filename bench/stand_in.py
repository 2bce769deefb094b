"""A carrier that costs almost nothing: it answers every POST of a text with a message
id, after a delay.

The limits of a bench are measured against it, and so is the house, so that neither is
measured against the simulator. Texts it took are counted and given at ``GET /count``;
with ``log`` as its last argument it also keeps when it took each, on the clock of the
machine, and gives that at ``GET /log``. Run it as ``python -m bench.stand_in PORT
[DELAY_SECONDS [log]]``.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from typing import cast
from urllib.parse import parse_qs

import uvloop

_ids = itertools.count(1)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and keep-alive, as aiohttp and requests speak it.

    Nothing else is understood.
    """

    taken = 0
    keeps_log = False
    log: list[tuple[float, bytes]] = []

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head_ends := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:head_ends].lower()
            body_begins = head_ends + 4
            body_ends = body_begins + _length(head)
            if len(self.buffer) < body_ends:
                return
            body = self.buffer[body_begins:body_ends]
            self.buffer = self.buffer[body_ends:]
            # As it came: forms are read only when the log is asked for.
            if Connection.keeps_log and body:
                Connection.log.append((time.monotonic(), body))
            if head.startswith(b"get /log"):
                self._write(b"200 OK", _written())
            else:
                self._answer(is_text=head.startswith(b"post"))

    def _answer(self, *, is_text: bool) -> None:
        if not is_text:
            self._write(b"200 OK", b'{"taken": %d}' % Connection.taken)
            return
        Connection.taken += 1
        body = b'{"sid": "SM%032d", "status": "queued"}' % next(_ids)
        if self.delay:
            asyncio.get_running_loop().call_later(
                self.delay, self._write, b"201 CREATED", body
            )
        else:
            self._write(b"201 CREATED", body)

    def _write(self, status: bytes, body: bytes) -> None:
        if not self.transport.is_closing():
            head = (
                b"HTTP/1.1 %s\r\n"
                b"Content-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % (status, len(body))
            )
            self.transport.write(head + body)


def _length(head: bytes) -> int:
    """Bytes of the body that follows these headers, in lower case."""
    _, _, rest = head.partition(b"content-length:")
    if not rest:
        return 0
    value = rest.split(b"\r\n", 1)[0]
    return int(value)


def _written() -> bytes:
    """When each text was taken, from which number, and its first word."""
    entries = []
    for at, body in Connection.log:
        form = parse_qs(body.decode())
        sender = form["From"][0]
        first_word = form["Body"][0].split()[0]
        entries.append((at, sender, first_word))
    return json.dumps(entries).encode()


async def serve(port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay), "127.0.0.1", port)
    _, taken_port = server.sockets[0].getsockname()
    print(f"Ready at http://127.0.0.1:{taken_port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # On the core of the carrier's side, as far as there are two.
    os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
    Connection.keeps_log = "log" in sys.argv
    delay_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    uvloop.run(serve(int(sys.argv[1]), delay_seconds))
