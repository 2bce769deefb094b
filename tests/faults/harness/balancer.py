"""One address in front of several web processes, as a reverse proxy in production:
the one that answers gets the connection.
"""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Sequence

PIECE = 65536


class Balancer:
    """Runs in a thread of its own. A process that is dead is passed over;
    one that is paused is not, as in life.
    """

    def __init__(self, port: int, behind: Sequence[int]) -> None:
        self.port = port
        self._behind = list(behind)
        self._turn = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(60)

    def _serve(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            asyncio.start_server(self._take, "127.0.0.1", self.port, backlog=512)
        )
        self._ready.set()
        loop.run_forever()
        server.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first = next(self._turn)
        for place in range(len(self._behind)):
            port = self._behind[(first + place) % len(self._behind)]
            try:
                theirs, ours = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            await asyncio.gather(
                self._pass_on(reader, ours), self._pass_on(theirs, writer)
            )
            return
        writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while piece := await reader.read(PIECE):
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()
