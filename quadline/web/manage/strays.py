"""Emails that reached no conversation or could not be read:
for administrators to look at.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Length, Substr
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from quadline.college.current import college_settings
from quadline.delivery.models import IncomingEmail
from quadline.web.inbox.emails_shown import plain_text
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest, whole_number

STRAYS_PAGE_ROWS = 50
MAX_EXCERPT = 240  # characters: enough to see whether it matters
WHATS = {
    "stray": "Answers no conversation",
    "unreadable": "Couldn’t be read",
    "automatic": "Automatic reply",
    "bounce": "Returned, not ours",
}


@dataclass(frozen=True)
class Stray:
    id: int
    at: datetime
    sender: str
    subject: str
    excerpt: str
    what: str
    why: str
    conversation_url: str  # of the conversation that says that it came
    source_url: str  # "" once the source is dropped
    is_cut: bool  # only the beginning of the source was kept


@require_safe
def strays(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    rows = IncomingEmail.objects.needing_a_look().select_related("message")
    before = whole_number(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    # Cut and measured by the database: fifty sources may be hundreds of megabytes.
    kept = Length("source")
    excerpt = Substr("words", 1, MAX_EXCERPT)
    rows = rows.defer("source", "words").annotate(kept=kept, excerpt=excerpt)
    found = list(rows.order_by("-pk")[: STRAYS_PAGE_ROWS + 1])
    shown = found[:STRAYS_PAGE_ROWS]
    context = {
        "strays": [_stray(row) for row in shown],
        "older": shown[-1].pk if len(found) > STRAYS_PAGE_ROWS else None,
        "kept_days": college_settings().email_sources_days,
    }
    return render(request, "manage/strays.html", context)


@require_safe
def stray_source(request: StaffRequest, email_id: int) -> HttpResponse:
    """An email as it came, as text."""
    require_manager(request)
    # Sources are dropped after a while; then there is nothing to show.
    rows = IncomingEmail.objects.needing_a_look().exclude(source=None)
    email = get_object_or_404(rows, pk=email_id)
    return plain_text(bytes(email.source or b""))


def _stray(row: IncomingEmail) -> Stray:
    kept: int | None = row.kept  # type: ignore[attr-defined]
    conversation_url = ""
    if row.message:
        conversation_url = reverse("conversation", args=[row.message.conversation_id])
    return Stray(
        id=row.pk,
        at=row.received_at,
        sender=row.sender,
        subject=row.subject,
        excerpt=row.excerpt,  # type: ignore[attr-defined]
        what=WHATS.get(row.kind, row.kind),
        why="" if row.kind == "stray" else row.detail,
        conversation_url=conversation_url,
        source_url=reverse("stray_source", args=[row.pk]) if kept else "",
        is_cut=kept is not None and kept < row.size,
    )
