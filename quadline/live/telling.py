"""Announce a change to the open screens of some people, when and only when the transaction commits.

Events carry ids only: the page then fetches what changed, so access is checked each time and a missed event heals.
"""

import json
from collections.abc import Iterable

from django.db import connection

CHANNEL = "quadline_live"
# The last step of a statement that has a table of news (user_id, event): each event to one person, and that person's
# inbox with it.
TELL_NEWS = f"""
    SELECT pg_notify('{CHANNEL}', format('{{"to": [%%s], "event": "%%s"}}', told.user_id, told.event))
    FROM (SELECT user_id, event FROM news UNION SELECT user_id, 'inbox' FROM news) AS told
"""  # noqa: S608  # no value in it
EACH = f"""
    WITH news AS (SELECT * FROM unnest(%(user_ids)s::bigint[], %(events)s::text[]) AS each (user_id, event))
    {TELL_NEWS}
"""  # noqa: S608  # no value in it


def tell(user_ids: Iterable[int], event: str) -> None:
    """Send an event such as ``conv-42`` to every open screen of these people."""
    payload = json.dumps({"to": sorted(set(user_ids)), "event": event})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


def tell_each(news: Iterable[tuple[int, str]]) -> None:
    """Send many events, each to one person, in one statement; and that person's inbox with them."""
    user_ids, events = zip(*set(news), strict=True) if (news := list(news)) else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(EACH, {"user_ids": list(user_ids), "events": list(events)})
