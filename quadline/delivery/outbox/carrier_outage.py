"""Whether the carrier cannot be reached just now, as far
as somebody's own texts show it.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef

from quadline.accounts.models import User
from quadline.carriers.protocol import NO_CONNECTION
from quadline.conversations.models import Message
from quadline.conversations.rules import WITH_THE_CARRIER
from quadline.delivery.models import Attempt
from quadline.delivery.rules import MAX_RETRY_WAIT
from quadline.inboxes.models import inbox_of

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
