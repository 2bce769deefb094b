"""What each recipient will read, before it is sent: one after
the other, or the one a search finds.
"""

from typing import Any

from django.db.models import QuerySet

from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.rules import PlannedOutcome
from quadline.roster.models import Student
from quadline.web.requests import StaffRequest, whole_number

ORDER = ("student__last_name", "student__first_name", "student_id")


def preview_context(request: StaffRequest, broadcast: Broadcast) -> dict[str, Any]:
    """What one of them will read: the n-th, a chosen one, or
    the first that a search finds.
    """
    readers = _readers(broadcast)
    query = request.GET.get("find", "").strip()[:200]
    found = _found(readers, query)
    # Ids alone: of tens of thousands, one is shown.
    everyone = list(readers.values_list("student_id", flat=True))
    shown: dict[str, Any] = {
        "broadcast": broadcast,
        "find": query,
        "nobody_found": bool(query) and not found,
        "readers": len(everyone),
    }
    if not everyone:
        nobody = {"reader": None, "place": 0, "before": None, "after": None}
        return shown | nobody
    place = _place(request, everyone, found)
    is_last = place + 1 == len(everyone)
    return shown | {
        "reader": readers.filter(student=everyone[place]).first(),
        "place": place + 1,
        "before": place - 1 if place else None,
        "after": None if is_last else place + 1,
    }


def _readers(broadcast: Broadcast) -> "QuerySet[Recipient]":
    reading = broadcast.recipients.exclude(outcome=PlannedOutcome.NOTHING)
    return reading.select_related("student").order_by(*ORDER)


def _found(readers: "QuerySet[Recipient]", query: str) -> list[int]:
    if not query:
        return []
    matching = Student.objects.matching(query).values("pk")
    found = readers.filter(student__in=matching)
    return list(found.values_list("student_id", flat=True)[:1])


def _place(
    request: StaffRequest,
    everyone: list[int],
    found: list[int],
) -> int:
    """The place in ``everyone`` of the one the search found or the link names."""
    wanted = found[0] if found else whole_number(request.GET.get("student"))
    if wanted in everyone:
        return everyone.index(wanted)
    asked = whole_number(request.GET.get("at")) or 0
    # There may be fewer than when the link was made.
    return min(asked, len(everyone) - 1)
