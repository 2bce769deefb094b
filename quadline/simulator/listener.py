"""The port: opened, closed for a while to refuse connections, opened again."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState


class Listener:
    """Uvicorn's protocol on our own socket:
    its server cannot stop listening and go on.
    """

    def __init__(
        self,
        app: Starlette,
        host: str,
        port: int,
    ) -> None:
        self._config = Config(
            app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            timeout_keep_alive=75,
        )
        self._config.load()
        self._state = ServerState()
        self._state.default_headers = self._config.encoded_headers
        self._host = host
        self.port = port
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection,
            self._host,
            self.port,
            backlog=2048,
            reuse_address=True,  # it is opened again while old connections time out
        )
        # Once chosen, it stays: after an outage callers find the same port.
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and cut off every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._state.connections):
            connection.transport.abort()

    def refuse_for(self, seconds: float) -> None:
        """Begins in a moment, so that the caller still gets an answer."""
        task = asyncio.create_task(self._refuse(seconds))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    async def _refuse(self, seconds: float) -> None:
        await asyncio.sleep(0.05)  # the answer to this very call is on its way
        await self.close()
        await asyncio.sleep(seconds)
        await self.open()

    def _connection(self) -> asyncio.Protocol:
        # The request can find its own connection in the scope's state, to cut it.
        state: dict[str, Any] = {}
        protocol = HttpToolsProtocol(self._config, self._state, state)
        state["connection"] = protocol
        return protocol
