"""Rows of messages that are counted and listed by the same query: what a number says
and what its link shows are one.

The inner query is Django's, with its rules on who sees what; around it stands SQL that
Django does not speak.
"""

# ruff: noqa: S608  # every value is a parameter; what is put together here are our own
# constants

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from quadline.conversations.models import Message
from quadline.reports.filters import SINGLE, Filters
from quadline.reports.tallying import Tallies, read_tallies

ROWS_AT_ONCE = 500
EVERY_ROW_HAS = (
    "id",
    "position",
    "created_at",
    "staff_ref",
    "student_ref",
    "broadcast_ref",
)
SHOWN_WITH = (
    "conversation__student",
    "conversation__inbox__owner",
    "system_number",
    "recipient__broadcast",
)


@dataclass(frozen=True)
class Rows:
    """A query whose rows have a ``part`` each, and ``reply_at`` and
    ``took`` where something was answered.
    """

    sql: str
    params: tuple[Any, ...]

    @classmethod
    def of(cls, messages: "QuerySet[Message]", *columns: str) -> "Rows":
        refs = {
            "staff_ref": "conversation__inbox_id",
            "student_ref": "conversation__student_id",
        }
        refs |= {
            "broadcast_ref": "recipient__broadcast_id",
            "needs_reply": "conversation__needs_reply",
        }
        listed = messages.order_by().annotate(
            **{name: F(path) for name, path in refs.items()}
        )
        return cls(*listed.values(*EVERY_ROW_HAS, *columns).query.sql_with_params())

    def adding(self, params: Sequence[Any] = (), /, **columns: str) -> "Rows":
        added = ", ".join(
            f"{expression} AS {name}" for name, expression in columns.items()
        )
        return Rows(
            f"SELECT *, {added} FROM ({self.sql}) AS inside", (*params, *self.params)
        )

    def where(self, condition: str, *params: Any) -> "Rows":
        return Rows(
            f"SELECT * FROM ({self.sql}) AS inside WHERE {condition}",
            (*self.params, *params),
        )

    def on_the_campus_clock(self, filters: Filters) -> "Rows":
        local = "(created_at AT TIME ZONE %s)"
        return self.adding(
            (str(filters.period.zone),) * 3,
            day=f"{local}::date",
            weekday=f"extract(isodow FROM {local})::int",
            hour=f"extract(hour FROM {local})::int",
        )

    def narrowed(
        self, filters: Filters, together: dict[str, tuple[str, ...]]
    ) -> "Rows":
        """The rows behind one number. (Days and staff are narrowed before:
        they are the period's and the reader's.)
        """
        rows = self
        if filters.part:
            rows = rows.where(
                "part = ANY(%s)", list(together.get(filters.part, (filters.part,)))
            )
        if filters.broadcast == SINGLE:
            rows = rows.where("broadcast_ref IS NULL")
        elif filters.broadcast:
            rows = rows.where("broadcast_ref = %s", _uuid(filters.broadcast))
        for name in ("weekday", "hour"):
            if asked := getattr(filters, name):
                rows = rows.where(f"{name} = %s", _small(asked))
        return rows.each_student_once() if filters.each == "student" else rows

    def each_student_once(self) -> "Rows":
        newest = "SELECT DISTINCT ON (student_ref) *"
        return Rows(
            f"{newest} FROM ({self.sql}) AS inside ORDER BY student_ref, position DESC",
            self.params,
        )

    def tallied(self, parts: Sequence[str]) -> Tallies:
        """One pass for everything: a page of many numbers
        costs what one of them costs.
        """
        counts = ", ".join("count(*) FILTER (WHERE part = %s)" for _ in parts)
        lines = _asked(
            f"""
            SELECT GROUPING(day, staff_ref, broadcast_ref), day, staff_ref, broadcast_ref,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY took::interval), {counts}
            FROM ({self.sql}) AS counted
            GROUP BY GROUPING SETS ((), (day), (staff_ref), (broadcast_ref))
            """,
            [*parts, *self.params],
        )
        return read_tallies(lines, parts)

    def by(self, *columns: str) -> dict[tuple[Any, ...], int]:
        named = ", ".join(columns)
        lines = _asked(
            f"SELECT {named}, count(*) FROM ({self.sql}) AS counted GROUP BY {named}",
            self.params,
        )
        return {tuple(line[:-1]): line[-1] for line in lines}

    def count(self) -> int:
        return int(
            _asked(f"SELECT count(*) FROM ({self.sql}) AS counted", self.params)[0][0]
        )

    def __getitem__(self, place: slice) -> list[Message]:
        """Some of the rows, newest first."""
        first, last = place.start or 0, place.stop
        return _messages(
            _asked(
                f"{self._newest_first} LIMIT %s OFFSET %s",
                [*self.params, last - first, first],
            )
        )

    def __iter__(self) -> Iterator[Message]:
        """All rows, some at a time, from one query however long
        somebody takes to read them.
        """
        with connection.chunked_cursor() as cursor:
            cursor.execute(self._newest_first, self.params)
            while lines := cursor.fetchmany(ROWS_AT_ONCE):
                yield from _messages(lines)

    @property
    def _newest_first(self) -> str:
        return (
            f"SELECT id, reply_at, took::interval FROM ({self.sql}) AS listed ORDER BY"
            " created_at DESC, position DESC"
        )


def _asked(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _messages(lines: Sequence[tuple[Any, ...]]) -> list[Message]:
    """In the order of the lines, with ``reply_at`` and ``took``."""
    found = Message.objects.select_related(*SHOWN_WITH).in_bulk(
        [line[0] for line in lines]
    )
    for pk, reply_at, took in lines:
        found[pk].reply_at, found[pk].took = reply_at, took  # type: ignore[attr-defined]  # for the page
    return [found[line[0]] for line in lines]


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _small(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1
