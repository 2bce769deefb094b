"""Parts of SQL that write where messages stand, for statements that write more with it.

Their arguments are SQL, never values. ``message`` is the row of conversations_message.
Which status may follow which is passed to the statement: ``lower_than``.
"""

from quadline.conversations.causes import Cause
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Status,
    may_climb,
)

OPEN_STATUSES = sorted(
    BEFORE_AN_ATTEMPT | WITH_THE_CARRIER
)  # what is over waits for nothing
STATE_COLUMNS = "status, reason, detail, due_at"


def lower_than(status: Status) -> list[str]:
    """From where a message may climb to this status, as a statement's argument."""
    return [lower.value for lower in Status if may_climb(lower, status)]


def steps_to(*statuses: Status) -> dict[str, list[str]]:
    """Every step of the ladder that leads to one of these, for ``IS_STEP``."""
    steps = [(lower, status) for status in statuses for lower in lower_than(status)]
    return {
        "lower": [lower for lower, _ in steps],
        "higher": [higher.value for _, higher in steps],
    }


IS_STEP = """
    (status, following) IN (SELECT * FROM unnest(%(lower)s::text[], %(higher)s::text[]))
"""


def climbed(
    to: str,
    *,
    if_: str = "true",
    cleared_if: str = "",
    reason: str = "''",
    detail: str = "''",
) -> str:
    """What an UPDATE of messages sets when they climb.

    ``if_``: whether this one climbs. ``cleared_if``: whether what it waited for is
    taken off; as ``if_`` unless it is given.
    """
    cleared_if = cleared_if or if_
    return f"""
        status = {_either(if_, to, "message.status")},
        due_at = {_either(cleared_if, "NULL", "message.due_at")},
        reason = {_either(cleared_if, reason, "message.reason")},
        detail = {_either(cleared_if, detail, "message.detail")}
    """


def held() -> str:
    """What an UPDATE of messages sets when they wait; the status stays.

    It joins a table ``waits`` (id, reason, detail, due_at, deadline_at).
    """
    return """
        due_at = waits.due_at, reason = waits.reason, detail = waits.detail,
        deadline_at = GREATEST(message.deadline_at, waits.deadline_at)
    """


def state_values(
    status: str,
    *,
    reason: str = "''",
    detail: str = "''",
    due_at: str = "NULL",
) -> str:
    """The values of ``STATE_COLUMNS`` for an INSERT … SELECT of messages."""
    return f"{status}, {reason}, {detail}, {due_at}"


def event(
    source: str,
    *,
    cause: Cause | None = None,
    to: str = "status",
    before: str = "status",
    at: str = "%(now)s",
    code: str = "''",
    actor: str = "NULL",
    key: str = "''",
) -> str:
    """An INSERT of one event for each row of ``source``
    (id, …). A known key is no news.

    ``cause``: None when the statement is given it as an argument of that name.
    """
    because = f"'{cause.value}'" if cause else "%(cause)s"
    return f"""
        INSERT INTO conversations_messageevent
            (message_id, at, from_status, to_status, cause, carrier_code, actor_id, key)
        SELECT id, {at}, {before}, {to}, {because}, {code}, {actor}::bigint, {key}
        FROM {source}
        ON CONFLICT DO NOTHING
    """  # noqa: S608  # no value in it


def _either(
    condition: str,
    yes: str,
    no: str,
) -> str:
    if condition == "true":
        return yes
    return f"CASE WHEN {condition} THEN {yes} ELSE {no} END"
