"""Rows of messages that are counted and listed by the same query: what a number says
and what its link shows are one.

The inner query is Django's, with its rules on who sees what; around it is SQL that
Django cannot write.
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

MESSAGES_PER_QUERY = 500
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
    def of(
        cls,
        messages: "QuerySet[Message]",
        *columns: str,
    ) -> "Rows":
        listed = messages.order_by().annotate(
            staff_ref=F("conversation__inbox_id"),
            student_ref=F("conversation__student_id"),
            broadcast_ref=F("recipient__broadcast_id"),
            needs_reply=F("conversation__needs_reply"),
        )
        chosen = listed.values(*EVERY_ROW_HAS, *columns)
        sql, params = chosen.query.sql_with_params()
        return cls(sql, params)

    def adding(self, params: Sequence[Any] = (), /, **columns: str) -> "Rows":
        each = [f"{expression} AS {name}" for name, expression in columns.items()]
        added = ", ".join(each)
        # The new columns stand before the query within, and so do their parameters.
        return Rows(
            f"SELECT *, {added} FROM ({self.sql}) AS inside",
            (*params, *self.params),
        )

    def where(
        self,
        condition: str,
        *params: Any,
    ) -> "Rows":
        return Rows(
            f"SELECT * FROM ({self.sql}) AS inside WHERE {condition}",
            (*self.params, *params),
        )

    def on_the_campus_clock(self, filters: Filters) -> "Rows":
        local = "(created_at AT TIME ZONE %s)"
        zone = str(filters.period.zone)
        return self.adding(
            (zone, zone, zone),
            day=f"{local}::date",
            weekday=f"extract(isodow FROM {local})::int",
            hour=f"extract(hour FROM {local})::int",
        )

    def narrowed(
        self,
        filters: Filters,
        together: dict[str, tuple[str, ...]],
    ) -> "Rows":
        """The rows behind one number. (Days and staff are narrowed before:
        they are the period's and the reader's.)
        """
        rows = self
        if filters.part:
            parts = together.get(filters.part, (filters.part,))
            rows = rows.where("part = ANY(%s)", list(parts))
        if filters.broadcast == SINGLE:
            rows = rows.where("broadcast_ref IS NULL")
        elif filters.broadcast:
            rows = rows.where("broadcast_ref = %s", _uuid(filters.broadcast))
        if filters.weekday:
            rows = rows.where("weekday = %s", _small(filters.weekday))
        if filters.hour:
            rows = rows.where("hour = %s", _small(filters.hour))
        if filters.each == "student":
            rows = rows.each_student_once()
        return rows

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
            SELECT
                GROUPING(day, staff_ref, broadcast_ref),
                day,
                staff_ref,
                broadcast_ref,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY took::interval),
                {counts}
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
        counted: dict[tuple[Any, ...], int] = {}
        for *key, count in lines:
            counted[tuple(key)] = count
        return counted

    def count(self) -> int:
        statement = f"SELECT count(*) FROM ({self.sql}) AS counted"
        [(count,)] = _asked(statement, self.params)
        return int(count)

    def __getitem__(self, place: slice) -> list[Message]:
        """Some of the rows, newest first."""
        first = place.start or 0
        statement = f"{self._newest_first} LIMIT %s OFFSET %s"
        params = [*self.params, place.stop - first, first]
        return _messages(_asked(statement, params))

    def __iter__(self) -> Iterator[Message]:
        """All rows, some at a time, from one query however long
        somebody takes to read them.
        """
        with connection.chunked_cursor() as cursor:
            cursor.execute(self._newest_first, self.params)
            while lines := cursor.fetchmany(MESSAGES_PER_QUERY):
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
    ids = [pk for pk, _, _ in lines]
    found = Message.objects.select_related(*SHOWN_WITH).in_bulk(ids)
    for pk, reply_at, took in lines:
        message = found[pk]
        message.reply_at = reply_at  # type: ignore[attr-defined]  # for the page
        message.took = took  # type: ignore[attr-defined]  # for the page
    return [found[pk] for pk in ids]


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        # An unknown broadcast has no rows.
        return uuid.UUID(int=0)


def _small(text: str) -> int:
    """A weekday or an hour; -1, which has no rows, for anything else."""
    is_number = text.isascii() and text.isdigit()
    if not is_number or len(text) > 2:
        return -1
    return int(text)
