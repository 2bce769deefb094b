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

from quadline.simulator.records import KINDS, Record, key_of, to_json

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS record (
    kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (n INTEGER PRIMARY KEY, kind TEXT, line TEXT);
"""
_BATCH_SECONDS = 0.1
# encoded between two requests, so that a flood does not stall the answers
_BATCH_ROWS = 2000


class Store:
    """Keeps nothing at all when no folder is given."""

    def __init__(self, folder: Path | None) -> None:
        self._changed: dict[tuple[str, str], Record | dict[str, Any] | None] = {}
        self._lines: list[tuple[int, str, str]] = []
        self._wiped = False
        self._database: sqlite3.Connection | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                folder / "simulator.db", check_same_thread=False
            )
            self._database.executescript(_SCHEMA)

    def save(self, record: Record) -> None:
        if self._database is not None:
            self._changed[type(record).__name__, key_of(record)] = record

    def save_values(self, name: str, values: dict[str, Any]) -> None:
        if self._database is not None:
            self._changed["Values", name] = values

    def forget(self, record: Record) -> None:
        if self._database is not None:
            self._changed[type(record).__name__, key_of(record)] = None

    def append(
        self,
        n: int,
        kind: str,
        line: str,
    ) -> None:
        if self._database is not None:
            self._lines.append((n, kind, line))

    def wipe(self) -> None:
        self._changed.clear()
        self._lines.clear()
        self._wiped = True

    def records(self) -> Iterator[Record]:
        for kind, cls in KINDS.items():
            for (body,) in self._rows("SELECT body FROM record WHERE kind = ?", kind):
                yield cls(**json.loads(body))

    def values(self, name: str) -> dict[str, Any]:
        query = "SELECT body FROM record WHERE kind = 'Values' AND key = ?"
        return next((dict(json.loads(body)) for (body,) in self._rows(query, name)), {})

    def ledger_lines(self) -> Iterator[tuple[str, str]]:
        yield from self._rows("SELECT kind, line FROM ledger ORDER BY n")

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_BATCH_SECONDS)
            if self._changed or self._lines or self._wiped:
                await _to_the_end(asyncio.to_thread(self._write, *self._take()))

    def close(self) -> None:
        if self._database is not None:
            while self._changed or self._lines or self._wiped:
                self._write(*self._take())
            self._database.close()

    def _rows(self, query: str, *values: str) -> Iterator[Any]:
        if self._database is not None:
            yield from self._database.execute(query, values)

    def _take(
        self,
    ) -> tuple[bool, list[tuple[str, str, str | None]], list[tuple[int, str, str]]]:
        oldest = list(islice(self._changed, _BATCH_ROWS))
        rows = [
            (kind, key, _body(self._changed.pop((kind, key)))) for kind, key in oldest
        ]
        taken = (self._wiped, rows, self._lines)
        self._wiped, self._lines = False, []
        return taken

    def _write(
        self,
        wiped: bool,
        rows: list[tuple[str, str, str | None]],
        lines: list[tuple[int, str, str]],
    ) -> None:
        if self._database is None:
            return
        with self._database as db:
            if wiped:
                db.executescript("DELETE FROM record; DELETE FROM ledger;")
            gone = [(kind, key) for kind, key, body in rows if body is None]
            db.executemany("DELETE FROM record WHERE kind = ? AND key = ?", gone)
            kept = [row for row in rows if row[2] is not None]
            db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", kept)
            db.executemany("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?)", lines)


async def _to_the_end(writing: Coroutine[Any, Any, None]) -> None:
    """What was taken is written,
    though we are told to stop before a thread was free for it.
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
    return json.dumps(value if isinstance(value, dict) else to_json(value))
