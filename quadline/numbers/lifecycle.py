"""One act: a system number goes from one state to the next, with its
event, its audit entry and its news.
"""

from collections.abc import Collection
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
    only_from: Collection[NumberState] = tuple(NumberState),
    **fields: Any,
) -> bool:
    """Move a number on, setting other fields with it. False when
    it has moved elsewhere meanwhile.

    ``only_from``: where it must still be, when the law allows more.
    """
    with transaction.atomic():
        row = SystemNumber.objects.select_for_update(no_key=True).get(pk=number.pk)
        before = NumberState(row.state)
        if before not in only_from or not may_become(before, state):
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
    notify_owner(number)


def notify_owner(number: SystemNumber) -> None:
    """Tell the screens of whose number it is; a spare one is nobody's."""
    if number.inbox_id is not None:
        notify_screens([number.inbox_id], "number")
