"""The list pane of the inbox: filters with their counts, and a row for each conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from quadline.accounts.models import TINTS
from quadline.conversations.models import Conversation, ConversationQuerySet
from quadline.conversations.rules import WORDS, Direction, Status
from quadline.web.requests import StaffRequest, whole_number

ROWS = 40
FILTERS = (("reply", "Needs reply"), ("unread", "Unread"), ("open", "Open"), ("done", "Done"))


@dataclass(frozen=True)
class Row:
    """One conversation in the list."""

    id: int
    url: str
    name: str
    initials: str
    tint: int
    unread: bool
    preview: str
    preview_prefix: str
    chip: dict[str, str] | None
    at: datetime
    current: bool


def list_context(request: StaffRequest, *, current: Conversation | None) -> dict[str, Any]:
    """The list pane: filters with their counts, and the rows of the chosen one."""
    query = request.GET.get("q", "").strip()[:200]
    mine = Conversation.objects.filter(staff=request.user)
    if request.GET.get("whose") == "all":
        mine = Conversation.objects.visible_to(request.user)
    kinds = {
        "reply": mine.needing_reply(),
        "unread": mine.unread(),
        "open": mine.filter(is_done=False),
        "done": mine.filter(is_done=True),
    }
    chosen = request.GET.get("show", "")
    if chosen not in kinds:
        chosen = "reply" if kinds["reply"].exists() and not current else "open"
    found = (mine.matching(query) if query else kinds[chosen]).newest_first()
    offset = whole_number(request.GET.get("from")) or 0
    rows = found.select_related("student", "last_message")[offset : offset + ROWS + 1]
    address = {"show": chosen} | ({"q": query} if query else {})
    return {
        "filters": [_filter(key, label, kinds[key], key == chosen and not query) for key, label in FILTERS],
        "rows": _rows(request, list(rows)[:ROWS], current),
        "next_url": f"?{urlencode(address | {'from': offset + ROWS})}" if len(rows) > ROWS else "",
        "query": query,
        "list_url": f"{request.path}?{urlencode(address)}",
        "empty": _empty(chosen, query, request),
    }


def _rows(request: StaffRequest, found: list[Conversation], current: Conversation | None) -> list[Row]:
    return [_row(chosen, current is not None and chosen.pk == current.pk, request) for chosen in found]


def _row(chosen: Conversation, is_current: bool, request: StaffRequest) -> Row:
    last, student = chosen.last_message, chosen.student
    is_mine = last is not None and last.direction == Direction.OUTBOUND
    return Row(
        id=chosen.pk,
        url=reverse("conversation", args=[chosen.pk]),
        name=chosen.name,
        initials=student.initials if student else "#",
        tint=student.tint if student else chosen.pk % TINTS,
        unread=chosen.unread_count > 0 and chosen.staff_id == request.user.pk,
        preview=chosen.draft or (last.body if last else ""),
        preview_prefix="Draft: " if chosen.draft else "You: " if is_mine else "",
        chip=_chip(chosen),
        at=chosen.last_activity_at,
        current=is_current,
    )


def _chip(chosen: Conversation) -> dict[str, str] | None:
    last = chosen.last_message
    if chosen.draft:
        return {"label": "Draft", "tone": "ok", "icon": ""}
    if last is None or last.direction == Direction.INBOUND:
        return None
    words, icon, tone = WORDS[Status(last.status)]
    return {"label": words, "tone": tone, "icon": icon} if tone in ("warn", "bad") else None


def _filter(key: str, label: str, found: ConversationQuerySet, is_current: bool) -> dict[str, Any]:
    count = found.newest_first().count() if key != "done" else None
    return {"key": key, "label": label, "count": count, "url": f"{reverse('inbox')}?show={key}", "current": is_current}


def _empty(chosen: str, query: str, request: StaffRequest) -> dict[str, str]:
    if query:
        return {
            "title": f"Nobody in your inbox matches “{query}”.",
            "action_label": "Search all students",
            "action_url": f"{reverse('students')}?{urlencode({'q': query})}",
        }
    if chosen == "open" and not Conversation.objects.filter(staff=request.user).exists():
        return {
            "title": "No texts yet. Send your first text to get your number.",
            "action_label": "Find a student",
            "action_url": reverse("students"),
        }
    titles = {
        "reply": "Nothing needs a reply.",
        "unread": "Everything is read.",
        "open": "No open conversations.",
        "done": "Nothing is done yet.",
    }
    return {"title": titles[chosen], "action_label": "", "action_url": ""}
