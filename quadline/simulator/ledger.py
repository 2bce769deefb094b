"""What happened at the carrier, in order. Lines are only ever added."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Ledger:
    """Lines are kept as JSON text: a bench writes a million of them."""

    def __init__(
        self,
        now: Callable[[], float],
        save: Callable[[int, str, str], None],
    ) -> None:
        self._now = now
        self._save = save
        self._kinds: list[str] = []
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def write(self, kind: str, **facts: Any) -> None:
        n = len(self._lines) + 1
        at = round(self._now(), 3)
        line = _encode({"n": n, "at": at, "kind": kind, **facts})
        self._kinds.append(kind)
        self._lines.append(line)
        self._save(n, kind, line)

    def restore(
        self,
        kind: str,
        line: str,
    ) -> None:
        self._kinds.append(kind)
        self._lines.append(line)

    def clear(self) -> None:
        self._kinds.clear()
        self._lines.clear()

    def as_json(
        self,
        *,
        kinds: set[str],
        after: int = 0,
        limit: int = 10_000,
    ) -> str:
        """A JSON list of the lines after number `after`,
        of these kinds (none named: of all).
        """
        places: Iterable[int] = range(max(0, after), len(self._lines))
        if kinds:
            places = (place for place in places if self._kinds[place] in kinds)
        lines = (self._lines[place] for place in islice(places, limit))
        # The lines are JSON already: joined, they need not be read and written again.
        return "[" + ",".join(lines) + "]"

    def counts(self) -> dict[str, int]:
        counted = Counter(self._kinds)
        return dict(sorted(counted.items()))
