"""The bodies that are on their way to us, and what they hold of our memory."""

import asyncio
from dataclasses import dataclass, field

MAX_OF_ONE = 50  # bodies of one address
MAX_OF_ALL = 500
MAX_BODY_BYTES = 128_000_000  # of all bodies, those included that are being answered


class TooMuch(Exception):
    """There is no room for this body now."""


@dataclass
class BodyBudget:
    """Each body by the patience we have with it, the longest awaited first.

    When there are too many, of one address or of all together, the longest awaited is
    given up: a quick client is not kept out by a slow one.
    """

    by_address: dict[str, dict[asyncio.Timeout, None]] = field(default_factory=dict)
    all: dict[asyncio.Timeout, str] = field(default_factory=dict)
    held: int = 0  # bytes

    def add(
        self,
        address: str,
        patience: asyncio.Timeout,
    ) -> None:
        of_this_address = self.by_address.get(address, {})
        if len(of_this_address) >= MAX_OF_ONE:
            self._give_up(next(iter(of_this_address)))
        elif len(self.all) >= MAX_OF_ALL:
            self._give_up(next(iter(self.all)))
        # Asked again: giving up the last of an address takes its entry away.
        of_this_address = self.by_address.setdefault(address, {})
        of_this_address[patience] = None
        self.all[patience] = address

    def remove(self, patience: asyncio.Timeout) -> None:
        address = self.all.pop(patience, None)
        if address is None:
            return
        mine = self.by_address[address]
        del mine[patience]
        if not mine:
            del self.by_address[address]

    def hold(
        self,
        size: int,
        patience: asyncio.Timeout,
    ) -> None:
        """Count so many bytes more of the body with this patience.

        Raises TooMuch when it is the one to give up.
        """
        if self.held + size > MAX_BODY_BYTES:
            longest = next(iter(self.all), patience)
            if longest is patience:
                raise TooMuch
            self._give_up(longest)
        self.held += size

    def release(self, size: int) -> None:
        self.held -= size

    def _give_up(self, patience: asyncio.Timeout) -> None:
        self.remove(patience)
        now = asyncio.get_running_loop().time()
        patience.reschedule(now)
