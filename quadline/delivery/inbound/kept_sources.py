"""For how long emails are kept as they came, and how much of them."""

from datetime import datetime, timedelta

from quadline import clock
from quadline.delivery.models import IncomingEmail
from quadline.jobs import job

KEEP = timedelta(days=90)
# Of a stranger's. A student's that could not be read, or is too long, is kept up to MOST.
MOST_OF_A_STRAY = 200_000  # bytes
MOST = 1_000_000
# Anybody may write to the reply address: this many a day are kept as they came.
MOST_STRAYS_A_DAY = 5_000


def source_kept(raw: bytes, *, has_conversation: bool, now: datetime) -> bytes | None:
    """The part of an email that is kept as it came; None when strangers sent too many."""
    if has_conversation:
        return raw[:MOST]
    others = IncomingEmail.objects.exclude(kind="reply").filter(conversation=None)
    today = others.filter(received_at__gt=now - timedelta(days=1))
    if today[:MOST_STRAYS_A_DAY].count() >= MOST_STRAYS_A_DAY:
        return None
    return raw[:MOST_OF_A_STRAY]


@job(queue="receipts", attempts=3)
def drop_old_sources(timestamp: int) -> None:
    """The timetable's sweep. Their words stay; what became a message stays as it came."""
    old = IncomingEmail.objects.filter(received_at__lt=clock.now() - KEEP)
    old.filter(message=None).exclude(kind="reply").update(source=None)
