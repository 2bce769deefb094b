"""Messages wait, are due again, or say why they stand where they stand.

Their status stays. The caller has their rows locked, or no sender has them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from quadline.accounts.models import User
from quadline.conversations.causes import Cause
from quadline.conversations.rules import Pending
from quadline.conversations.statuses import sql
from quadline.live.notifications import TELL_NEWS

SET_WAIT = """
    due_at = %(due_at)s::timestamptz, reason = %(reason)s, detail = %(detail)s
"""
POSTPONED = f"{SET_WAIT}, deadline_at = GREATEST(message.deadline_at, %(deadline)s)"
RESET = f"{SET_WAIT}, deadline_at = %(deadline)s::timestamptz"
# By their ids, which the database looks up whatever it believes of the tables.
UPDATE = """
    UPDATE conversations_message AS message SET {sets}
    WHERE message.id = ANY({ids}) AND message.status = ANY(%(open)s::text[])
"""
GIVEN_IDS = "%(ids)s::uuid[]"
STILL_WAITING = """
    ARRAY(SELECT message.id FROM conversations_message AS message
          WHERE message.id = ANY(%(ids)s::uuid[]) AND ({still})
          FOR NO KEY UPDATE SKIP LOCKED)
"""
WAIT_EVENT = sql.event("waiting", actor="%(actor)s")
NOTED = f"""
    WITH waiting AS (
        {{update}} RETURNING message.id, message.status, message.conversation_id
    ),
    noted AS ({WAIT_EVENT}),
    news AS (
        SELECT DISTINCT chat.staff_id AS user_id, 'conv-' || chat.id AS event
        FROM waiting
        JOIN conversations_conversation AS chat ON chat.id = waiting.conversation_id
    )
    {TELL_NEWS}
"""  # noqa: S608  # no value in it
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
    still: str = "",
    new_deadline: bool = False,
) -> None:
    """Those of these that are not over wait: all for the same, or each for its own.

    With a ``cause`` each has an event, and the screens are told. ``still``: a condition
    in SQL on ``message``, for rows that the caller has not locked; one that does not
    hold any more, or whose row is in other hands, is left. Their deadline only moves
    back, or with ``new_deadline`` it is the one given.
    """
    for each, ids in _alike(many, pending).items():
        # ``still``: between the look and the update a sender could take a text, and it
        # would be due while it is on its way.
        update = UPDATE.format(
            sets=RESET if new_deadline else POSTPONED,
            ids=STILL_WAITING.format(still=still) if still else GIVEN_IDS,
        )
        values: dict[str, Any] = {
            "ids": ids,
            "open": sql.OPEN_STATUSES,
            "reason": each.reason,
            "detail": each.detail,
            "due_at": each.due_at,
            "deadline": each.deadline_at,
            "now": now,
            "actor": actor.pk if actor else None,
            "cause": cause,
        }
        with connection.cursor() as cursor:
            cursor.execute(NOTED.format(update=update) if cause else update, values)


def due_now(
    where: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> int:
    """Messages that a condition finds are due at once, whatever they waited for.

    Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{DUE_NOW} WHERE {where}", {**values, "now": now})
        count: int = cursor.rowcount
    return count


def explain(
    many: Collection[UUID],
    words: str,
    *,
    among: Collection[str],
) -> None:
    """Say on those that are at one of these statuses why
    they stand where they stand.
    """
    values: dict[str, Any] = {
        "ids": list(many),
        "words": words,
        "statuses": list(among),
    }
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN, values)


def _alike(
    many: Collection[UUID] | Mapping[UUID, Pending], pending: Pending | None
) -> dict[Pending, list[UUID]]:
    """By what they wait for: it is the same for most of them."""
    if pending is not None:
        return {pending: list(many)} if many else {}
    assert isinstance(many, Mapping), "each comes with what it waits for"
    alike: defaultdict[Pending, list[UUID]] = defaultdict(list)
    for message_id, each in many.items():
        alike[each].append(message_id)
    return dict(alike)
