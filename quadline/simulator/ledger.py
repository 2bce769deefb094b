"""What happened at the carrier, in order. Lines are only ever added."""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Ledger:
    """Lines are kept as JSON text: a bench writes a million of them."""

    def __init__(
        self, now: Callable[[], float], save: Callable[[int, str, str], None]
    ) -> None:
        self._now = now
        self._save = save
        self._kinds: list[str] = []
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def write(self, kind: str, **facts: Any) -> None:
        n = len(self._lines) + 1
        line = _encode(
            {
                "n": n,
                "at": round(self._now(), 3),
                "kind": kind,
                **facts,
            }
        )
        self._kinds.append(kind)
        self._lines.append(line)
        self._save(n, kind, line)

    def restore(self, kind: str, line: str) -> None:
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
        rest = range(max(0, after), len(self._lines))
        wanted = (i for i in rest if not kinds or self._kinds[i] in kinds)
        return "[" + ",".join(self._lines[i] for i in islice(wanted, limit)) + "]"

    def counts(self) -> dict[str, int]:
        return {kind: self._kinds.count(kind) for kind in sorted(set(self._kinds))}
