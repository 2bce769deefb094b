"""Messages wait, are due again, or say why they stand where they stand.

Their status stays. Whoever calls has their rows locked, or they are in nobody's hands.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.accounts.models import User
from quadline.conversations.causes import Cause
from quadline.conversations.rules import Pending
from quadline.conversations.statuses import sql
from quadline.live.telling import TELL_NEWS

EACH = """
    SELECT id, reason, detail, due_at, deadline_at
    FROM unnest(%(ids)s::uuid[], %(reasons)s::text[], %(details)s::text[],
                %(due_ats)s::timestamptz[], %(deadlines)s::timestamptz[])
         AS each (id, reason, detail, due_at, deadline_at)
"""
ALL = """
    SELECT id, %(reason)s AS reason, %(detail)s AS detail,
           %(due_at)s::timestamptz AS due_at, %(deadline)s::timestamptz AS deadline_at
    FROM unnest(%(ids)s::uuid[]) AS each (id)
"""
UPDATE = """
    UPDATE conversations_message AS message SET {sets}
    FROM waits
    WHERE message.id = waits.id AND message.status = ANY(%(open)s::text[])
"""
POSTPONED = UPDATE.format(sets=sql.held())
RESET = UPDATE.format(sets=sql.held(deadline="waits.deadline_at"))
EVENT = sql.event("waiting", actor="%(actor)s")
NOTED = f"""
    WITH waits AS ({{found}}),
    waiting AS (
        {{update}} RETURNING message.id, message.status, message.conversation_id
    ),
    noted AS ({EVENT}),
    news AS (
        SELECT DISTINCT chat.staff_id AS user_id, 'conv-' || chat.id AS event
        FROM waiting
        JOIN conversations_conversation AS chat ON chat.id = waiting.conversation_id
    )
    {TELL_NEWS}
"""  # noqa: S608  # no value in it
SILENT = "WITH waits AS ({found}) {update}"
# The law, the day's count and the carrier's log are asked again before it leaves.
DUE_NOW = "UPDATE conversations_message AS message SET due_at = %(now)s"
EXPLAIN = """
    UPDATE conversations_message AS message SET detail = left(%(words)s, 300)
    WHERE id = ANY(%(ids)s::uuid[]) AND status = ANY(%(statuses)s::text[])
"""


def wait(
    many: Collection[UUID] | Mapping[UUID, Pending],
    pending: Pending | None = None,
    *,
    now: datetime,
    cause: Cause | None = None,
    actor: User | None = None,
) -> None:
    """Those of these that are not over wait: all for the same, or each for its own.

    Their deadline only moves back. With a ``cause`` each has an event, and the screens
    are told.
    """
    if not many:
        return
    if pending is not None:
        found, values = ALL, {"ids": list(many), **_one(pending)}
    else:
        assert isinstance(many, Mapping), "each comes with what it waits for"
        found, values = EACH, {"ids": list(many), **_each(many.values())}
    noted = {"now": now, "actor": actor.pk if actor else None, "cause": cause}
    with connection.cursor() as cursor:
        statement = NOTED if cause else SILENT
        open_ones = {"open": sql.OPEN}
        cursor.execute(statement.format(found=found, update=POSTPONED), values | noted | open_ones)


def wait_where(found: str, values: Mapping[str, Any], *, new_deadline: bool = False) -> None:
    """The same for what a statement finds: (id, reason, detail, due_at, deadline_at).

    It locks what it finds, if the caller has not: else a sender could take a text between
    the look and the update, and it would be due while it is on its way.
    ``new_deadline``: the deadline found is theirs, though it be earlier.
    """
    update = RESET if new_deadline else POSTPONED
    with connection.cursor() as cursor:
        statement = SILENT.format(found=found, update=update)
        cursor.execute(statement, {**values, "open": sql.OPEN})


def due_now(where: str, values: Mapping[str, Any], *, now: datetime) -> int:
    """Messages that a condition finds are due at once, whatever they waited for.

    Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{DUE_NOW} WHERE {where}", {**values, "now": now})
        count: int = cursor.rowcount
    return count


def explain(many: Collection[UUID], words: str, *, among: Collection[str]) -> None:
    """Say on those that are at one of these statuses why they stand where they stand."""
    values: dict[str, Any] = {"ids": list(many), "words": words, "statuses": list(among)}
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN, values)


def _one(pending: Pending) -> dict[str, Any]:
    return {
        "reason": pending.reason,
        "detail": pending.detail,
        "due_at": pending.due_at,
        "deadline": pending.deadline_at,
    }


def _each(many: Collection[Pending]) -> dict[str, list[Any]]:
    return {
        "reasons": [pending.reason for pending in many],
        "details": [pending.detail for pending in many],
        "due_ats": [pending.due_at for pending in many],
        "deadlines": [pending.deadline_at for pending in many],
    }
