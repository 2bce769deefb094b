"""For how long emails are kept as they came, and how much of them."""

from datetime import datetime, timedelta

from quadline import clock
from quadline.college.current import college_settings
from quadline.delivery.models import IncomingEmail
from quadline.jobs import job

# Of a stranger's. A student's that could not be read, or is too long, is kept up to
# MOST.
MAX_STRAY_SOURCE = 200_000  # bytes
MAX_SOURCE = 1_000_000
# Anybody may write to the reply address: this many a day are kept as they came.
MAX_STRAYS_PER_DAY = 5_000


def source_kept(
    raw: bytes,
    *,
    has_conversation: bool,
    now: datetime,
) -> bytes | None:
    """The part of an email that is kept as it came; None
    when strangers sent too many.
    """
    if has_conversation:
        return raw[:MAX_SOURCE]
    others = IncomingEmail.objects.exclude(kind="reply").filter(conversation=None)
    today = others.filter(received_at__gt=now - timedelta(days=1))
    if today[:MAX_STRAYS_PER_DAY].count() >= MAX_STRAYS_PER_DAY:
        return None
    return raw[:MAX_STRAY_SOURCE]


@job(queue="receipts", attempts=3)
def drop_old_sources(timestamp: int) -> None:
    """The timetable's sweep. Their words stay; what became
    a message stays as it came.
    """
    kept_for = timedelta(days=college_settings().email_sources_days)
    old = IncomingEmail.objects.filter(received_at__lt=clock.now() - kept_for)
    old.filter(message=None).exclude(kind="reply").update(source=None)
