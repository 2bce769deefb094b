"""The inbox: one conversation beside the list, and what is new in it."""

import json
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.messages import success
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.accounts.models import TINTS
from quadline.accounts.rules import May
from quadline.conversations.models import Conversation
from quadline.conversations.reading import Returned, mark_read, save_draft, set_done
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.permission.reach import OUT_OF_REACH
from quadline.inboxes.models import may_write_in
from quadline.roster.models import Student
from quadline.web.compose.composer import Composer, composer_for, consent_lines
from quadline.web.compose.inserts import Inserts
from quadline.web.compose.written import WrittenDraft, with_template, written_in
from quadline.web.inbox.asking import open_question_in
from quadline.web.inbox.listing import list_context
from quadline.web.inbox.log import (
    LOG_PAGE_MESSAGES,
    Acts,
    automatic_on,
    entries,
    log_page,
)
from quadline.web.requests import StaffRequest, moment, whole_number
from quadline.web.students.reach import ReachChip, reach_chips
from quadline.web.students.way_back import may_record_stop

MAX_RETURNED = 50
# news of a status may commit a little later than it is dated
RECENT_NEWS = timedelta(seconds=30)


@require_safe
def inbox_home(request: HttpRequest) -> HttpResponseBase:
    return redirect("inbox")


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    return render(request, "inbox/page.html", list_context(request, current=None))


@require_safe
def shell_parts(request: StaffRequest) -> HttpResponse:
    return render(request, "_shell.html")


@require_safe
def conversation(request: StaffRequest, conversation_id: int) -> HttpResponse:
    chosen = _visible(request, conversation_id)
    context = list_context(request, current=chosen) | conversation_context(
        request, chosen
    )
    return render(request, "inbox/page.html", context)


@require_safe
def since(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """What is new in a conversation since a position, what has changed
    lately, and who the student is by now.
    """
    chosen = _visible(request, conversation_id)
    header = _header(request, chosen)
    # By position, not by time: two messages may have one moment, no two have one place.
    after = whole_number(request.GET.get("after")) or 0
    seen_at = clock.now() - RECENT_NEWS
    until_now = chosen.messages.filter(position__lte=after)
    changed = until_now.filter(
        events__at__gte=moment(request.GET.get("at"), seen_at) - RECENT_NEWS
    )
    # What can be done with a message depends on whether its student can be written to.
    acts = (
        until_now.order_by("-position")[:LOG_PAGE_MESSAGES]
        if request.GET.get("reach") != _reach_key(header)
        else []
    )
    # A change of the number that these wait for is not an event of theirs.
    waiting = until_now.filter(status=Status.WAITING, reason=WaitingFor.NUMBER)
    new = chosen.messages.filter(position__gt=after)
    messages = sorted(
        # A tab that slept for days gets its news in a few answers, not in one of any
        # size. A message that is new and changed is in it once.
        {*new.in_order()[: 4 * LOG_PAGE_MESSAGES], *changed, *acts, *waiting},
        key=lambda message: message.position,
    )
    return render(
        request,
        "inbox/_fresh.html",
        fresh_context(
            request,
            chosen,
            messages,
            after,
            header=header,
        ),
    )


@require_safe
def older(request: StaffRequest, conversation_id: int) -> HttpResponse:
    chosen = _visible(request, conversation_id)
    # From a position on: new messages at the other end shift no page.
    before = whole_number(request.GET.get("before"))
    messages, header = log_page(chosen, before=before), _header(request, chosen)
    automatic = automatic_on(chosen, messages, before=before)
    log = entries(messages, acts=_acts(header), automatic=automatic)
    context = {"log": log, "conversation": header}
    return render(
        request,
        "inbox/_older.html",
        context | {"older_url": _older_url(chosen, messages)},
    )


@require_POST
def mark_conversation_read(request: StaffRequest, conversation_id: int) -> HttpResponse:
    mark_read(conversation=_visible(request, conversation_id), reader=request.user)
    return HttpResponse(status=204)


@require_POST
def done(request: StaffRequest, conversation_id: int) -> HttpResponseBase:
    chosen = _own(request, conversation_id)
    is_done = request.POST.get("done") != "no"
    set_done(
        conversation=chosen,
        is_done=is_done,
        actor=request.user,
    )
    # Taken back, it is open again, and the person stays where they are.
    if not is_done:
        return redirect("conversation", chosen.pk)
    success(
        request,
        f"Done with {chosen.name}. The conversation comes back when they write.",
    )
    return redirect("inbox")


@require_POST
def draft(request: StaffRequest, conversation_id: int) -> HttpResponse:
    chosen, returned = _own(request, conversation_id), request.POST.get("returned", "")
    save_draft(
        conversation=chosen,
        text=request.POST.get("body", ""),
        returned=_returned(returned),
    )
    return HttpResponse(status=204)


def _returned(posted: str) -> list[Returned]:
    """As draft_kept.js keeps them; an empty list when anything is malformed."""
    try:
        return [
            Returned(uuid.UUID(each["id"]), str(each["words"]))
            for each in json.loads(posted)[:MAX_RETURNED]
        ]
    # It is whatever a browser sends, at any depth: a draft is saved without what cannot
    # be read.
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def conversation_context(
    request: StaffRequest,
    chosen: Conversation,
    *,
    error: ValueError | None = None,
) -> dict[str, Any]:
    """The conversation pane and the context pane beside it."""
    messages = log_page(chosen)
    is_own = _is_own(request, chosen)
    header = _header(request, chosen)
    after = messages[-1].position if messages else 0
    return {
        "conversation": header,
        "log": entries(
            messages,
            acts=_acts(header),
            # The line above what is new is for those whose reading counts.
            unread=chosen.unread_count if is_own else 0,
            automatic=automatic_on(chosen, messages),
        ),
        "composer": _composer(
            request,
            chosen,
            header,
            written_in(request, error=error),
        ),
        "since_url": since_url(chosen, after, header),
        "read_url": reverse("conversation_read", args=[chosen.pk]) if is_own else "",
        "done_url": _done_url(request, chosen),
        "draft_url": reverse("conversation_draft", args=[chosen.pk]) if is_own else "",
        "older_url": _older_url(chosen, messages),
        "asked": open_question_in(chosen, request.user),
        **about(request, chosen, header),
    }


def about(
    request: StaffRequest,
    chosen: Conversation,
    header: dict[str, Any],
) -> dict[str, Any]:
    """Who the student is: the pane beside the conversation,
    fetched with every piece of news.
    """
    # Without a way to open the student there is no form to open either.
    student = chosen.student if header["may_open_student"] else None
    return {
        "student": chosen.student,
        "may_record_stop": (
            _is_own(request, chosen)
            and student is not None
            and may_record_stop(request.user, student)
        ),
        "team": team_of(chosen),
        "consent": (
            consent_lines(chosen.student, numbers_seen_by(request, chosen))
            if chosen.student
            else []
        ),
    }


def fresh_context(
    request: StaffRequest,
    chosen: Conversation,
    messages: list[Any],
    after: int,
    *,
    error: ValueError | None = None,
    header: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What an open conversation fetches: new and changed messages, the
    composer's state, where to ask next.
    """
    # Changed messages may be older than what was seen: the place to ask from never goes
    # back.
    newest = max([after, *(message.position for message in messages)])
    header = header or _header(request, chosen)
    return {
        "conversation": header,
        "log": [
            entry
            for entry in entries(messages, acts=_acts(header))
            if entry["kind"] == "message"
        ],
        "composer": _composer(
            request,
            chosen,
            header,
            written_in(request, error=error),
        ),
        "asked": open_question_in(chosen, request.user),
        "since_url": since_url(chosen, newest, header),
        "done_url": _done_url(request, chosen),
        **about(request, chosen, header),
    }


def _composer(
    request: StaffRequest,
    chosen: Conversation,
    header: dict[str, Any],
    written: WrittenDraft,
) -> Composer:
    return composer_for(
        request.user,
        chosen.student,
        chosen,
        post_url=reverse("send_text", args=[chosen.pk]),
        page_url=reverse("conversation", args=[chosen.pk]),
        written=with_template(request, written, Inserts(request.user, chosen.student)),
        reach=header["reach"],
    )


def since_url(
    chosen: Conversation,
    after: int,
    header: dict[str, Any],
) -> str:
    query = urlencode(
        {
            "after": after,
            # The server's time: a browser's clock may be wrong by hours.
            "at": clock.now().isoformat(),
            "reach": _reach_key(header),
        }
    )
    return f"{reverse('conversation_since', args=[chosen.pk])}?{query}"


def team_of(chosen: Conversation) -> list[dict[str, str]]:
    if chosen.student is None:
        return []
    entries_ = chosen.student.success_team.select_related("staff").order_by(
        "staff__name"
    )
    return [
        {
            "name": entry.staff.name,
            "title": entry.staff.title,
            "relation": entry.relation,
        }
        for entry in entries_
    ]


def numbers_seen_by(
    request: StaffRequest, chosen: Conversation
) -> list[tuple[str, str]]:
    """The system numbers whose consent history may be shown
    here: the conversation's own.
    """
    own = chosen.inbox.system_numbers.exclude(phone="")
    whose = (
        "your number"
        if _is_own(request, chosen)
        else f"the number of {chosen.inbox.shown_name}"
    )
    return [(number.phone, whose) for number in own]


def _visible(request: StaffRequest, conversation_id: int) -> Conversation:
    seen = Conversation.objects.visible_to(request.user).select_related(
        "student", "inbox__owner"
    )
    return get_object_or_404(seen, pk=conversation_id)


def _own(request: StaffRequest, conversation_id: int) -> Conversation:
    mine = Conversation.objects.writable_by(request.user).select_related(
        "student", "inbox__owner"
    )
    return get_object_or_404(mine, pk=conversation_id)


def _is_own(request: StaffRequest, chosen: Conversation) -> bool:
    return may_write_in(request.user, chosen.inbox_id)


def _acts(header: dict[str, Any]) -> Acts:
    """What the reader may do with its messages."""
    if header["read_only"]:
        return Acts.NONE
    return Acts.TAKE_BACK if _reach_key(header) == OUT_OF_REACH else Acts.ALL


def _reach_key(header: dict[str, Any]) -> str:
    return header["reach"].key if header["reach"] else OUT_OF_REACH


def _may_open(
    request: StaffRequest,
    chosen: Conversation,
    reach: ReachChip | None,
) -> bool:
    """Whether the reader may open this student's profile."""
    if chosen.student is None or reach is None:
        return False
    # Reach has asked this already: for the one who writes it is the same question.
    if _is_own(request, chosen) and request.user.may[May.TEXT]:
        return reach.key != OUT_OF_REACH
    return (
        Student.objects.visible_to(request.user).filter(pk=chosen.student.pk).exists()
    )


def _header(request: StaffRequest, chosen: Conversation) -> dict[str, Any]:
    student = chosen.student
    reach = (
        # As the inbox's owner reaches them: a lead who looks in sees why the texts of
        # that person wait.
        reach_chips([student], chosen.inbox.owner or request.user)[student.pk]
        if student
        else None
    )
    if student is not None:
        student.reach = reach  # type: ignore[attr-defined]  # for the template
    return {
        "id": chosen.pk,
        "student": student,
        "reach": reach,
        "may_open_student": _may_open(request, chosen, reach),
        "name": chosen.name,
        "initials": student.initials if student else "#",
        "tint": student.tint if student else chosen.pk % TINTS,
        "read_only": not _is_own(request, chosen),
        "staff_name": chosen.inbox.shown_name,
        "is_done": chosen.is_done,
    }


def _done_url(request: StaffRequest, chosen: Conversation) -> str:
    return (
        reverse("conversation_done", args=[chosen.pk])
        if _is_own(request, chosen)
        else ""
    )


def _older_url(chosen: Conversation, messages: list[Any]) -> str:
    if (
        not messages
        or not chosen.messages.filter(position__lt=messages[0].position).exists()
    ):
        return ""
    older = reverse("conversation_older", args=[chosen.pk])
    return f"{older}?before={messages[0].position}"
