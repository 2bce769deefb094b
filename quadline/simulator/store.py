"""The simulator's small store: SQLite, written behind and in order, by one thread.

A power cut may take the last moments; the order of what is kept is never wrong.
"""

import asyncio
import json
import sqlite3
from collections.abc import Coroutine, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from quadline.simulator.records import RECORD_KINDS, Record, record_key, to_json

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS record (
    kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (n INTEGER PRIMARY KEY, kind TEXT, line TEXT);
"""
_BATCH_SECONDS = 0.1
# Encoded between two requests: so few that a flood does not stall the answers.
_BATCH_ROWS = 2000

_Row = tuple[str, str, str | None]  # kind, key, JSON; None: forget it
_Line = tuple[int, str, str]  # place in the ledger, kind, JSON


class RecordStore:
    """Keeps nothing at all when no folder is given."""

    def __init__(self, folder: Path | None) -> None:
        # by kind and key: a record, values of a name, or None for one to forget
        self._changed: dict[tuple[str, str], Record | dict[str, Any] | None] = {}
        self._lines: list[_Line] = []
        self._wiped = False
        self._database: sqlite3.Connection | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            # Opened here and used in threads, one after the other.
            self._database = sqlite3.connect(
                folder / "simulator.db", check_same_thread=False
            )
            self._database.executescript(_SCHEMA)

    def save(self, record: Record) -> None:
        if self._database is None:
            return
        kind = type(record).__name__
        self._changed[kind, record_key(record)] = record

    def save_values(
        self,
        name: str,
        values: dict[str, Any],
    ) -> None:
        if self._database is None:
            return
        self._changed["Values", name] = values

    def forget(self, record: Record) -> None:
        if self._database is None:
            return
        kind = type(record).__name__
        self._changed[kind, record_key(record)] = None

    def append(
        self,
        n: int,
        kind: str,
        line: str,
    ) -> None:
        if self._database is None:
            return
        self._lines.append((n, kind, line))

    def wipe(self) -> None:
        self._changed.clear()
        self._lines.clear()
        self._wiped = True

    def records(self) -> Iterator[Record]:
        query = "SELECT body FROM record WHERE kind = ?"
        for kind, cls in RECORD_KINDS.items():
            for (body,) in self._rows(query, kind):
                yield cls(**json.loads(body))

    def values(self, name: str) -> dict[str, Any]:
        query = "SELECT body FROM record WHERE kind = 'Values' AND key = ?"
        for (body,) in self._rows(query, name):
            return dict(json.loads(body))
        return {}

    def ledger_lines(self) -> Iterator[tuple[str, str]]:
        query = "SELECT kind, line FROM ledger ORDER BY n"
        yield from self._rows(query)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_BATCH_SECONDS)
            if self._has_news:
                wiped, rows, lines = self._take()
                await _to_the_end(asyncio.to_thread(self._write, wiped, rows, lines))

    def close(self) -> None:
        if self._database is None:
            return
        while self._has_news:
            self._write(*self._take())
        self._database.close()

    @property
    def _has_news(self) -> bool:
        return bool(self._changed or self._lines or self._wiped)

    def _rows(
        self,
        query: str,
        *values: str,
    ) -> Iterator[Any]:
        if self._database is None:
            return
        yield from self._database.execute(query, values)

    def _take(self) -> tuple[bool, list[_Row], list[_Line]]:
        """Take a batch out: whether all was wiped before, rows, ledger lines."""
        rows = []
        for kind, key in list(islice(self._changed, _BATCH_ROWS)):
            # Encoded here, not in the thread, where the record might change meanwhile.
            body = _body(self._changed.pop((kind, key)))
            rows.append((kind, key, body))
        wiped, self._wiped = self._wiped, False
        lines, self._lines = self._lines, []
        return wiped, rows, lines

    def _write(
        self,
        wiped: bool,
        rows: list[_Row],
        lines: list[_Line],
    ) -> None:
        if self._database is None:
            return
        with self._database as db:
            if wiped:
                db.executescript("DELETE FROM record; DELETE FROM ledger;")
            gone = [(kind, key) for kind, key, body in rows if body is None]
            kept = [row for row in rows if row[2] is not None]
            db.executemany("DELETE FROM record WHERE kind = ? AND key = ?", gone)
            db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", kept)
            db.executemany("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?)", lines)


async def _to_the_end(writing: Coroutine[Any, Any, None]) -> None:
    """What was taken is written even if the stop signal comes before a thread was free
    for it.
    """
    task = asyncio.create_task(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _body(value: Record | dict[str, Any] | None) -> str | None:
    if value is None:
        return None
    values = value if isinstance(value, dict) else to_json(value)
    return json.dumps(values)
