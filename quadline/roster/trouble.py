"""What sending to a phone teaches: failures mark it, a sign of life
clears it. A bad phone gets no more texts.
"""

from datetime import datetime

from django.db import transaction

from quadline.roster.models import PhoneTrouble

BAD = (
    "SELECT phone FROM roster_phonetrouble WHERE phone = ANY(%(phones)s::text[])"
    " AND is_bad"
)


def note_failure(
    phone: str,
    *,
    words: str,
    bad_after: int,
    now: datetime,
) -> bool:
    """A text to this phone failed for a reason that lies with the phone.
    True when it counts as bad from now on.
    """
    if not phone:
        return False
    with transaction.atomic():
        # Receipts are applied by several workers: of two first failures at once one
        # makes the row, and both count in it, one after the other.
        PhoneTrouble.objects.get_or_create(
            phone=phone, defaults={"since": now, "words": words[:200]}
        )
        row = PhoneTrouble.objects.select_for_update(no_key=True).get(phone=phone)
        row.failures += 1
        row.words = words[:200]
        becomes_bad = not row.is_bad and row.failures >= bad_after
        if becomes_bad:
            row.is_bad = True
            row.since = now
        row.save()
        return becomes_bad


def clear(phone: str) -> None:
    """A text came from this phone, or reached it."""
    clear_all({phone})


def clear_all(phones: set[str]) -> None:
    """The same for many."""
    PhoneTrouble.objects.filter(phone__in=phones).delete()


def all_bad_phones() -> set[str]:
    """To which no text goes until one comes from there."""
    bad = PhoneTrouble.objects.filter(is_bad=True)
    return set(bad.values_list("phone", flat=True))
