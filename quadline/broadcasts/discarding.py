"""Throw a draft away. What was sent, stays."""

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.pausing import may_steer
from quadline.broadcasts.rules import BroadcastRefused, State


def discard_draft(broadcast: Broadcast, *, actor: User) -> None:
    """Delete a draft and its review. Raises BroadcastRefused for what is no draft any more."""
    with transaction.atomic():
        row = Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast.pk)
        if not may_steer(row, actor):
            raise BroadcastRefused("Only its author can discard this. Nothing was changed.")
        if row.state != State.DRAFT:
            raise BroadcastRefused("This has already been sent. It stays on record.")
        record("draft discarded", subject=row, actor=actor)
        row.delete()
