"""The list pane of the inbox: filters with their counts,
and a row for each conversation.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from quadline.accounts.models import TINTS, User
from quadline.accounts.rules import May
from quadline.conversations.models import Conversation, ConversationQuerySet
from quadline.conversations.rules import Direction
from quadline.delivery.opting.requests import questions_in
from quadline.inboxes.models import may_write_in, sees_others
from quadline.numbers.models import SystemNumber
from quadline.web.requests import StaffRequest, whole_number
from quadline.web.students.reach import (
    ASKED_CHIP,
    OPTED_OUT_CHIP,
    ReachChip,
    reach_chips,
)
from quadline.web.students.way_back import way_back

# Of one page of the list; more are fetched by a link.
INBOX_ROWS = 40
MAX_COUNTED = 999  # of a filter: a college of any size is counted no further
MINE_SCOPE, ALL_SCOPE = "mine", "all"
INBOX_FILTERS = (
    ("reply", "Needs reply"),
    ("unread", "Unread"),
    ("open", "Open"),
    ("done", "Done"),
)


@dataclass(frozen=True)
class InboxRow:
    """One conversation in the list."""

    id: int
    url: str
    name: str
    whose: str
    initials: str
    tint: int
    unread: bool
    preview: str
    preview_prefix: str
    chip: ReachChip | None
    at: datetime
    current: bool
    way_back: str = ""  # of a student who has opted out


def list_context(
    request: StaffRequest, *, current: Conversation | None
) -> dict[str, Any]:
    """The list pane: filters with their counts, and the rows of the chosen one."""
    query = request.GET.get("q", "").strip()[:200]
    whose = _whose(request, current)
    listed = _listed(request, whose)
    kinds = _kinds(listed)
    chosen = request.GET.get("show", "")
    # Open while a conversation is shown: it may need no reply, and would be missing
    # from the list beside it.
    if chosen not in kinds:
        chosen = "reply" if kinds["reply"].exists() and not current else "open"
    found = (listed.matching(query) if query else kinds[chosen]).newest_first()
    offset = whole_number(request.GET.get("from")) or 0
    # One more than is shown says that there is a next page.
    rows = found.select_related("student", "inbox__owner", "last_message")[
        offset : offset + INBOX_ROWS + 1
    ]
    # One's own is what the address without it means: it is left out.
    kept = {"whose": whose} if whose == ALL_SCOPE else {}
    address = kept | {"show": chosen} | ({"q": query} if query else {})
    return {
        "whose": whose,
        "scopes": _scopes(request, whose),
        "back_url": (
            f"{reverse('inbox')}?{urlencode(kept)}" if kept else reverse("inbox")
        ),
        "filters": [
            _filter(
                key,
                label,
                kinds[key],
                key == chosen and not query,
                kept,
            )
            for key, label in INBOX_FILTERS
        ],
        "rows": _rows(
            list(rows)[:INBOX_ROWS],
            request.user,
            current,
            kept,
        ),
        "next_url": (
            f"?{urlencode(address | {'from': offset + INBOX_ROWS})}"
            if len(rows) > INBOX_ROWS
            else ""
        ),
        "query": query,
        "list_url": f"{request.path}?{urlencode(address)}",
        "empty": _empty(
            chosen,
            query,
            whose,
            request.user,
        ),
    }


def _may_look_around(user: User) -> bool:
    """Whether this person may read conversations of others."""
    return sees_others(user)


def _whose(request: StaffRequest, current: Conversation | None) -> str:
    """Whose conversations are listed: as asked, else those of
    which one is open, else one's own.
    """
    if not _may_look_around(request.user):
        return MINE_SCOPE
    # A reader who does not text has no conversations to list.
    if not request.user.may[May.TEXT]:
        return ALL_SCOPE
    is_foreign = current is not None and not may_write_in(
        request.user, current.inbox_id
    )
    asked = request.GET.get("whose", ALL_SCOPE if is_foreign else MINE_SCOPE)
    return ALL_SCOPE if asked == ALL_SCOPE else MINE_SCOPE


def _scopes(request: StaffRequest, whose: str) -> list[dict[str, Any]]:
    """The switch between one's own and those of others, for a reader who has both."""
    if not _may_look_around(request.user) or not request.user.may[May.TEXT]:
        return []
    inbox, everyone = (
        reverse("inbox"),
        "Everyone" if request.user.may[May.SEE_COLLEGE] else "My office",
    )
    return [
        {
            "label": "Mine",
            "url": f"{inbox}?whose={MINE_SCOPE}",
            "current": whose == MINE_SCOPE,
        },
        {
            "label": everyone,
            "url": f"{inbox}?whose={ALL_SCOPE}",
            "current": whose == ALL_SCOPE,
        },
    ]


def _listed(request: StaffRequest, whose: str) -> ConversationQuerySet:
    if whose == ALL_SCOPE:
        return Conversation.objects.visible_to(request.user)
    return Conversation.objects.own(request.user)


def _kinds(listed: ConversationQuerySet) -> dict[str, ConversationQuerySet]:
    return {
        "reply": listed.needing_reply(),
        "unread": listed.unread(),
        "open": listed.filter(is_done=False),
        "done": listed.filter(is_done=True),
    }


def _rows(
    found: list[Conversation],
    reader: User,
    current: Conversation | None,
    kept: dict[str, str],
) -> list[InboxRow]:
    # Opted out is said of the reader's own number; of another's it would be a guess.
    own_students = [
        each.student
        for each in found
        if each.student and may_write_in(reader, each.inbox_id)
    ]
    out = {
        pk
        for pk, reach in reach_chips(own_students, reader).items()
        if reach == OPTED_OUT_CHIP
    }
    asked, number = questions_in(found), SystemNumber.objects.of(reader)
    rows = []
    for each in found:
        row = _row(
            each,
            reader,
            current,
            kept,
        )
        # A question before everything: it is the one thing that a click here can
        # settle.
        if each.pk in asked:
            row = replace(row, chip=ASKED_CHIP)
        elif each.student and number and each.student_id in out:
            row = replace(
                row, chip=OPTED_OUT_CHIP, way_back=way_back(each.student, number).words
            )
        rows.append(row)
    return rows


def _row(
    chosen: Conversation,
    reader: User,
    current: Conversation | None,
    kept: dict[str, str],
) -> InboxRow:
    last, student = chosen.last_message, chosen.student
    is_own = may_write_in(reader, chosen.inbox_id)
    draft = chosen.draft if is_own else ""  # what is not sent is nobody else's business
    # "You: " before the reader's words, so that nobody takes them for the student's.
    is_mine = is_own and last is not None and last.direction == Direction.OUTBOUND
    url = reverse("conversation", args=[chosen.pk])
    return InboxRow(
        id=chosen.pk,
        url=f"{url}?{urlencode(kept)}" if kept else url,
        name=chosen.name,
        whose="" if is_own else chosen.inbox.shown_name,
        initials=student.initials if student else "#",
        tint=student.tint if student else chosen.pk % TINTS,
        unread=chosen.unread_count > 0,
        preview=draft or (last.body if last else ""),
        preview_prefix="You: " if is_mine and not draft else "",
        chip=_chip(chosen, draft),
        at=chosen.last_activity_at,
        current=current is not None and chosen.pk == current.pk,
    )


def _chip(chosen: Conversation, draft: str) -> ReachChip | None:
    last = chosen.last_message
    if draft:
        return ReachChip("Draft", "ok", "")
    if last is None or last.direction == Direction.INBOUND:
        return None
    return (
        ReachChip(last.status_words, last.tone, last.status_icon)
        if last.tone in ("warn", "bad")
        else None
    )


def _filter(
    key: str,
    label: str,
    found: ConversationQuerySet,
    is_current: bool,
    kept: dict[str, str],
) -> dict[str, Any]:
    url = f"{reverse('inbox')}?{urlencode(kept | {'show': key})}"
    return {
        "key": key,
        "label": label,
        # What is done only grows, and nobody works through it: it is not counted.
        "count": _counted(found) if key != "done" else None,
        "url": url,
        "current": is_current,
    }


def _counted(found: ConversationQuerySet) -> str:
    count = found.newest_first()[: MAX_COUNTED + 1].count()
    return str(count) if count <= MAX_COUNTED else f"{MAX_COUNTED}+"


def _empty(
    chosen: str,
    query: str,
    whose: str,
    user: User,
) -> dict[str, str]:
    if query:
        return {
            "title": (
                f"Nobody in {'your' if whose == MINE_SCOPE else 'this'} inbox matches"
                f" “{query}”."
            ),
            "action_label": "Search all students",
            "action_url": f"{reverse('students')}?{urlencode({'q': query})}",
        }
    if (
        chosen == "open"
        and whose == MINE_SCOPE
        and not Conversation.objects.own(user).exists()
    ):
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
    return {
        "title": titles[chosen],
        "action_label": "",
        "action_url": "",
    }
