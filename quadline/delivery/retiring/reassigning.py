"""A number moves to another inbox (docs/adr/0032-numbers-come-and-go.md).

The inbox that had it keeps its row, which says so, and with it its conversations and
texts. The other gets a row of its own: so nobody reads what was written before, and a
STOP that was said to the number counts for both.
"""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from quadline.accounts.models import User
from quadline.accounts.rules import May, Role, allows
from quadline.delivery.retiring.waiting_texts import hand_to_failsafe
from quadline.inboxes.models import Inbox
from quadline.numbers.lifecycle import change_state, note_event
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

WRITERS = sorted(role for role in Role if allows(role, May.TEXT))
# What goes along: it is the same number at the carrier.
GOES_ALONG = (
    "phone",
    "reference",
    "carrier_number_id",
    "ordering_at",
    "registering_at",
    "attached_at",
    "free_at",
)


class ReassignRefused(ValueError):
    """Nothing was changed; the message says why."""


def inboxes_without_number() -> "QuerySet[Inbox]":
    """Those that could get one: somebody writes in them, and they have none."""
    theirs = SystemNumber.objects.live().filter(inbox=OuterRef("pk"))
    is_written_in = Q(owner=None) | Q(owner__is_active=True, owner__role__in=WRITERS)
    free = Inbox.objects.filter(is_written_in, ~Exists(theirs))
    return free.select_related("owner__office", "office")


def reassign_number(
    *,
    number: SystemNumber,
    to: Inbox,
    actor: User,
    now: datetime,
) -> SystemNumber | None:
    """The number as the other inbox has it, active at once. None when it does not rest
    any more.

    Raises ReassignRefused when that inbox has a number, or nobody who writes.
    """
    if not inboxes_without_number().filter(pk=to.pk).exists():
        raise ReassignRefused(
            f"{to.shown_name} has a number, or can’t send texts. Nothing was changed."
        )
    try:
        with transaction.atomic():
            return _move(number, to=to, actor=actor, now=now)
    except IntegrityError as error:  # a first text was quicker
        raise ReassignRefused(
            f"{to.shown_name} has just been given a number. Nothing was changed."
        ) from error


def _move(
    number: SystemNumber,
    *,
    to: Inbox,
    actor: User,
    now: datetime,
) -> SystemNumber | None:
    # as it was: the change of state gives the old row another reference
    before = SystemNumber.objects.select_related("inbox__owner").get(pk=number.pk)
    if not change_state(
        number,
        NumberState.MOVED,
        cause=f"moved to {to.shown_name}"[:300],
        now=now,
        actor=actor,
        reference=uuid.uuid4(),
    ):
        return None
    # They would leave from a number that is somebody else's by then.
    hand_to_failsafe(number, actor=actor, now=now)
    # The index keeps a phone to one row that has not ended: the old one goes first.
    moved = SystemNumber.objects.create(
        inbox=to,
        state=NumberState.ACTIVE,
        requested_at=now,
        active_at=now,
        **{field: getattr(before, field) for field in GOES_ALONG},
    )
    note_event(
        moved,
        NumberState.ACTIVE,
        cause=f"moved from {before.whose}"[:300],
        now=now,
        actor=actor,
    )
    return moved
