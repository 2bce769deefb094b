"""What each recipient will read, before it is sent: one after the other, or whoever is looked for."""

from typing import Any

from django.db.models import QuerySet

from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.rules import Outcome
from quadline.roster.models import Student
from quadline.web.requests import StaffRequest, whole_number

ORDER = ("student__last_name", "student__first_name", "student_id")


def preview_context(request: StaffRequest, broadcast: Broadcast) -> dict[str, Any]:
    """What one of them will read: the n-th, a chosen one, or the first that a search finds."""
    readers = _readers(broadcast)
    query = request.GET.get("find", "").strip()[:200]
    found = _found(readers, query)
    everyone = list(readers.values_list("student_id", flat=True))
    place = _place(request, everyone, found) if everyone else None
    return {
        "broadcast": broadcast,
        "find": query,
        "nobody_found": bool(query) and not found,
        "reader": readers.filter(student=everyone[place]).first() if place is not None else None,
        "place": place + 1 if place is not None else 0,
        "readers": len(everyone),
        "before": place - 1 if place else None,
        "after": place + 1 if place is not None and place + 1 < len(everyone) else None,
    }


def _readers(broadcast: Broadcast) -> "QuerySet[Recipient]":
    return broadcast.recipients.exclude(outcome=Outcome.NOTHING).select_related("student").order_by(*ORDER)


def _found(readers: "QuerySet[Recipient]", query: str) -> list[int]:
    if not query:
        return []
    matching = Student.objects.matching(query).values("pk")
    return list(readers.filter(student__in=matching).values_list("student_id", flat=True)[:1])


def _place(request: StaffRequest, everyone: list[int], found: list[int]) -> int:
    wanted = found[0] if found else whole_number(request.GET.get("student"))
    if wanted in everyone:
        return everyone.index(wanted)
    return min(whole_number(request.GET.get("at")) or 0, len(everyone) - 1)
