"""Database connections of threads that a test's event loop starts, all closed at its end."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from django.db import connections


@asynccontextmanager
async def one_thread() -> AsyncIterator[None]:
    """All of this loop's ``to_thread`` run in one thread: its connections can be closed."""
    threads = ThreadPoolExecutor(max_workers=1)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(threads)
    try:
        yield
    finally:
        await loop.run_in_executor(threads, connections.close_all)
