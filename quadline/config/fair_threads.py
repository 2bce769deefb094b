"""Ten threads for the pages of everybody: addresses take turns, and none may have more
than so many waiting.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

MAX_WAITING_PER_ADDRESS = 200  # requests of one address
Work = tuple["Future[Any]", Callable[[], Any]]


class TooManyUnderWay(Exception):
    """One address has as many requests waiting as it may."""


class FairThreads(ThreadPoolExecutor):
    """An executor for a2wsgi.

    Who waits is a request, not a thread; what is cancelled while it waits never begins.
    """

    def __init__(self, threads: int) -> None:
        super().__init__(threads, thread_name_prefix="pages")
        # Lines that take turns rather than a bound of threads for each address: with a
        # bound, a college behind one address would have a part of the threads while the
        # others idle.
        self._lines: OrderedDict[str, deque[Work]] = OrderedDict()
        self._turns = Lock()

    def submit(
        self, run: Callable[..., Any], /, *args: Any, **named: Any
    ) -> "Future[Any]":
        """``args`` begins with a WSGI environ. Raises TooManyUnderWay."""
        address = args[0]["asgi.scope"]["state"]["address"]
        answered: Future[Any] = Future()
        with self._turns:
            line = self._lines.setdefault(address, deque())
            if len(line) >= MAX_WAITING_PER_ADDRESS:
                raise TooManyUnderWay
            line.append((answered, partial(run, *args, **named)))
        super().submit(self._run_next)
        return answered

    def _run_next(self) -> None:
        answered, run = self._take_next()
        if not answered.set_running_or_notify_cancel():
            return
        try:
            answered.set_result(run())
        except BaseException as fault:
            answered.set_exception(fault)

    def _take_next(self) -> Work:
        """The oldest request of the address whose turn it is."""
        with self._turns:
            address, line = self._lines.popitem(last=False)
            work = line.popleft()
            if line:
                self._lines[address] = line
            return work
