"""The warm pool: spare numbers, bought and registered ahead, so that a first text
leaves at once. How many, the college decides (WARM_POOL_SIZE); by default none.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from quadline.accounts.models import User
from quadline.inboxes.models import Inbox
from quadline.jobs import enqueue
from quadline.numbers import alerts
from quadline.numbers.lifecycle import note_event
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

# One statement: of two that ask at the same moment each gets another. An inbox that has
# a number already is refused by the index that keeps it to one.
TAKE = """
    UPDATE numbers_systemnumber AS number
    SET user_id = %(inbox)s, requested_at = %(now)s, administrator_told_at = NULL
    WHERE number.id = (
        SELECT spare.id FROM numbers_systemnumber AS spare
        WHERE spare.user_id IS NULL AND spare.state = 'active'
        ORDER BY spare.active_at, spare.id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING number.id
"""


def take_spare(
    *,
    inbox: Inbox,
    actor: User,
    now: datetime,
) -> SystemNumber | None:
    """Give an inbox the spare number that has been active for longest; None when there
    is none.

    In the caller's transaction. Raises IntegrityError when the inbox has a number.
    """
    wanted: dict[str, Any] = {"inbox": inbox.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, wanted)
        found = cursor.fetchone()
    if found is None:
        return None
    # read again: the statement above has changed the row
    number = SystemNumber.objects.get(pk=found[0])
    note_event(
        number,
        NumberState.ACTIVE,
        cause="taken from the warm pool by a first text",
        now=now,
        actor=actor,
    )
    enqueue(alerts.email_number_active, number_id=number.pk)
    return number
