"""Whether the carrier cannot be reached just now, as far as texts show it: somebody's
own, or everybody's.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from quadline.accounts.models import User
from quadline.carriers.protocol import NO_CONNECTION
from quadline.conversations.models import Message
from quadline.conversations.rules import WITH_THE_CARRIER
from quadline.delivery.models import Attempt
from quadline.delivery.rules import MAX_RETRY_WAIT
from quadline.inboxes.models import inbox_of

NEWEST_ATTEMPTS = 200  # that are looked at; a few minutes of a busy college
UNANSWERED = frozenset({Attempt.Outcome.UNKNOWN, Attempt.Outcome.NOTHING_FOUND})
RECENTLY = 2 * MAX_RETRY_WAIT  # by then it was tried again, or is not tried any more


def keeps_texts_waiting_of(user: User, *, now: datetime) -> bool:
    """A text of theirs found no way to the carrier, and the carrier has not taken it
    since: also while it is tried again.
    """
    in_vain = Attempt.objects.filter(
        message=OuterRef("pk"),
        outcome=Attempt.Outcome.UNSENT,
        why__startswith=NO_CONNECTION,
    )
    tried = Message.objects.filter(
        conversation__inbox=inbox_of(user), status__in=WITH_THE_CARRIER
    )
    return tried.filter(
        Exists(in_vain.filter(started_at__range=(now - RECENTLY, now)))
    ).exists()


@dataclass(frozen=True)
class CarrierContact:
    """How the last hand-overs went. ``failing``: those without an answer since the
    carrier last gave one.
    """

    taken_at: datetime | None
    failing: int
    failing_since: datetime | None
    failed_at: datetime | None


def recent_contact() -> CarrierContact:
    """Of everybody's texts, as far as the newest attempts show it."""
    newest = Attempt.objects.order_by("-pk")[:NEWEST_ATTEMPTS]
    failed: list[datetime] = []
    taken_at = None
    for outcome, started_at, why in newest.values_list("outcome", "started_at", "why"):
        if outcome == Attempt.Outcome.UNDER_WAY:
            continue
        # Unsent for another reason: the carrier said "slow down", which is an answer.
        found_no_way = outcome == Attempt.Outcome.UNSENT and why.startswith(
            NO_CONNECTION
        )
        if found_no_way or outcome in UNANSWERED:
            failed.append(started_at)
            continue
        taken_at = started_at
        break
    return CarrierContact(
        taken_at, len(failed), min(failed, default=None), max(failed, default=None)
    )
