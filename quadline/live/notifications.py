"""Announce a change to the open screens of some people, when and
only when the transaction commits.

Events carry ids only: the page then fetches what changed, so access is checked each
time and a missed event heals.
"""

from collections.abc import Iterable

from django.db import connection

CHANNEL = "quadline_live"
# Who may be written to, or by which phone: a caseload, an account or the roster has
# changed.
REACH_CHANGED = "reach"
# Access has ended: the page stops and says so.
SIGNED_OUT = "signed-out"
# In one notification: the database takes 8,000 bytes, and an event with two long ids
# has 51.
MAX_EVENTS = 150
# As few notifications as hold it all: each costs the database, and every web process,
# far more than an event in it.
NOTIFY = f"""
    SELECT payload, pg_notify('{CHANNEL}', payload)
    FROM (
        SELECT jsonb_agg(
            jsonb_build_array(user_id, event) ORDER BY place
        )::text AS payload
        FROM (
            SELECT user_id, event, row_number() OVER (ORDER BY user_id, event) AS place
            FROM {{told}}
        ) AS listed
        GROUP BY (place - 1) / {MAX_EVENTS}
    ) AS packed
"""  # noqa: S608  # no value in it
# The last step of a statement that has a table of news (user_id, event): each event to
# one person, and that person's inbox with it.
TELL_NEWS = NOTIFY.format(
    told=(
        "(SELECT user_id, event FROM news UNION SELECT user_id, 'inbox' FROM news) AS"
        " told"
    )
)
NEWS = (
    "WITH news AS (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[]) AS each"
    " (user_id, event))"
)


def notify_screens(user_ids: Iterable[int], event: str) -> None:
    """Send an event such as ``conv-42`` to every open screen of these people."""
    news = [(user_id, event) for user_id in user_ids]
    _send(NOTIFY.format(told="news"), news)


def notify_each(news: Iterable[tuple[int, str]]) -> None:
    """Send many events, each to one person, in one statement;
    and that person's inbox with them.
    """
    _send(TELL_NEWS, list(news))


def _send(statement: str, news: list[tuple[int, str]]) -> None:
    if not news:
        return
    user_ids = [user_id for user_id, _ in news]
    events = [event for _, event in news]
    with connection.cursor() as cursor:
        cursor.execute(f"{NEWS} {statement}", [user_ids, events])
