"""One act: a system number goes from one state to the next, with its
event, its audit entry and its news.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.live.notifications import notify_screens
from quadline.numbers.models import NumberEvent, SystemNumber
from quadline.numbers.rules import NumberState, may_become

REACHED_AT = {
    NumberState.ORDERING: "ordering_at",
    NumberState.REGISTERING: "registering_at",
    NumberState.ACTIVE: "active_at",
}


def change_state(
    number: SystemNumber,
    state: NumberState,
    *,
    cause: str,
    now: datetime,
    actor: User | None = None,
    **fields: Any,
) -> bool:
    """Move a number on, setting other fields with it. False when
    it has moved elsewhere meanwhile.
    """
    with transaction.atomic():
        row = SystemNumber.objects.select_for_update(no_key=True).get(pk=number.pk)
        if not may_become(NumberState(row.state), state):
            return False
        fields = {
            "reason": "",
            **fields,
            "state": state,
        }
        if state in REACHED_AT and getattr(row, REACHED_AT[state]) is None:
            fields[REACHED_AT[state]] = now
        note_event(
            row,
            state,
            cause=cause,
            now=now,
            actor=actor,
        )
        SystemNumber.objects.filter(pk=row.pk).update(**fields)
    number.refresh_from_db()
    return True


def note_event(
    number: SystemNumber,
    state: NumberState,
    *,
    cause: str,
    now: datetime,
    actor: User | None = None,
) -> None:
    """Put a change of state on record and on the screen of whose number it is."""
    NumberEvent.objects.create(
        number=number,
        at=now,
        from_state=number.state if number.state != state else "",
        to_state=state,
        cause=cause,
        actor=actor,
    )
    record_audit(
        f"number {state}",
        subject=number,
        actor=actor,
        cause=cause,
    )
    notify_screens([number.inbox_id], "number")
