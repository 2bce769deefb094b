"""+New, around its words: who it goes to, and the plain steps of the form on the way
(find, add, remove, paste, keep).
"""

import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.messages import success
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from quadline import clock
from quadline.broadcasts.audiences import save_audience
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Channel
from quadline.roster.models import Student
from quadline.web.compose.composer import Composer, composer_for, composer_for_many
from quadline.web.compose.recipients_field import (
    Chip,
    Chosen,
    Report,
    choice_chips,
    chosen_in,
    chosen_of,
    chosen_quiet,
    how_many,
    offered,
    read_pasted,
)
from quadline.web.compose.written import WrittenDraft, with_template, written_in
from quadline.web.requests import StaffRequest, posted_id

NOBODY_CHOSEN = "Choose who this goes to. What you wrote is kept."
# Characters: some proxies and servers refuse a longer address.
MAX_LINK = 4_000
QUERIES = {"to": "q", "except": "q_except"}


@dataclass(frozen=True)
class NewMessageForm:
    """What the page shows besides the composer's own."""

    chosen: Chosen
    # of the draft that is written on, or the form's own
    message_id: uuid.UUID | None = None
    draft_name: str = "new"  # under which the browser keeps what is typed
    report: Report | None = None
    pasted_text: str = ""
    audience_problem: str = ""


def opened(request: StaffRequest) -> NewMessageForm:
    """+New as a link opens it: blank, for somebody, on a draft, or
    for those who have not replied.
    """
    # A draft that was sent meanwhile opens a blank form: it must not be sent a second
    # time.
    if (draft := _named(request, "draft")) and draft.state == BroadcastState.DRAFT:
        return NewMessageForm(
            chosen_of(draft), draft.pk, draft_name=f"broadcast-{draft.pk}"
        )
    if quiet := _named(request, "quiet"):
        return NewMessageForm(
            chosen_quiet(quiet, request.user), draft_name=f"quiet-{quiet.pk}"
        )
    chosen = chosen_in(request)
    return NewMessageForm(
        chosen,
        draft_name=f"student-{chosen.only_student}" if chosen.only_student else "new",
    )


def posted(request: StaffRequest) -> NewMessageForm:
    try:
        message_id = uuid.UUID(request.POST.get("message_id", ""))
    except ValueError:
        message_id = None
    return NewMessageForm(
        chosen_in(request),
        message_id,
        # The browser's own key, handed back as it is: only its length matters here.
        draft_name=request.POST.get("draft_name", "new")[:60],
    )


def step_taken(request: StaffRequest) -> NewMessageForm:
    """The form after one of its plain steps: nothing is
    sent, everything typed is kept.
    """
    form = posted(request)
    if "remove" in request.POST:
        field_name, _, token = request.POST["remove"].partition(" ")
        return replace(form, chosen=form.chosen.with_less(field_name, token))
    if request.POST["step"] == "paste":
        tokens, report = read_pasted(request.POST.get("pasted", ""), request.user)
        # What was found leaves the box; what was not stays there to be corrected.
        left = "\n".join([*report.unresolved, *report.ambiguous])
        return replace(
            form,
            chosen=form.chosen.with_more(tokens),
            report=report,
            pasted_text=left,
        )
    return (
        _audience_kept(request, form)
        if request.POST["step"] == "save-audience"
        else form
    )


def drafted(request: StaffRequest, chosen: Chosen) -> Broadcast:
    """What was written, as the draft of a broadcast. Raises BroadcastRefused, or
    NotAccepted for a broken form.
    """
    if not chosen.to:
        raise BroadcastRefused(NOBODY_CHOSEN)
    broadcast_id = posted_id(request)
    # An announcement whose recipients are changed here stays one: the form does not
    # know of it.
    before = Broadcast.objects.filter(author=request.user, pk=broadcast_id).first()
    written = request.POST
    return draft_broadcast(
        author=request.user,
        broadcast_id=broadcast_id,
        channel=(
            Channel.EMAIL if written.get("channel") == Channel.EMAIL else Channel.TEXT
        ),
        subject=written.get("subject", ""),
        body=written.get("body", ""),
        audience=chosen.audience,
        with_contact_card=written.get("with_contact_card") == "yes",
        is_announcement=before is not None and before.is_announcement,
        now=clock.now(),
    )


def new_message_page(
    request: StaffRequest,
    form: NewMessageForm,
    *,
    error: ValueError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page."""
    # Without scripts a search is a link or a step of the form: either has the same
    # names.
    sent = request.POST if request.method == "POST" else request.GET
    context = {
        "to_field": _field(
            "to",
            form.chosen.to,
            request,
            sent,
        ),
        "except_field": _field(
            "except",
            form.chosen.without,
            request,
            sent,
        ),
        "no_chip": Chip("", ""),
        "form": form,
        "report": form.report,
        "pasted_text": form.pasted_text,
        "audience_problem": form.audience_problem,
        "draft_key": f"{request.user.pk}:{form.draft_name}",
        "audience_name": sent.get("audience_name", "")[:120],
        **_found(request, sent),
        **audience_context(request, form, error=error),
    }
    return render(
        request,
        "compose/page.html",
        context,
        status=status,
    )


def audience_context(
    request: StaffRequest,
    form: NewMessageForm,
    *,
    error: ValueError | None = None,
) -> dict[str, Any]:
    """How many it goes to, and the composer that follows from it."""
    is_direct = form.chosen.only_student is not None
    return {
        "composer": _composer(request, form, error),
        "addressed": bool(form.chosen.to),
        "is_direct": is_direct,
        "count": how_many(form.chosen, request.user),
        # Before anybody is chosen it says Send: most messages go to one student.
        "button": "Send" if is_direct or not form.chosen.to else "Review",
    }


def _named(request: StaffRequest, parameter: str) -> Broadcast | None:
    """The user's own broadcast that a link names; 404 for one
    that is not there or another's.
    """
    if not (name := request.GET.get(parameter)):
        return None
    try:
        return get_object_or_404(
            Broadcast.objects.filter(author=request.user), pk=uuid.UUID(name)
        )
    except ValueError:
        # The same answer as for another's broadcast: it is not there.
        raise Http404 from None


def _composer(
    request: StaffRequest,
    form: NewMessageForm,
    error: ValueError | None,
) -> Composer:
    url, page_url = reverse("compose"), _page_url(form)
    written = _written(request, form, error)
    if (student_id := form.chosen.only_student) is None:
        composer = composer_for_many(
            request.user,
            post_url=url,
            page_url=page_url,
            written=written,
        )
    else:
        student = get_object_or_404(
            Student.objects.visible_to(request.user), pk=student_id
        )
        # The conversation, if there is one, brings the draft that was begun in it.
        own = Conversation.objects.own(request.user).filter(student=student)
        talk = own.select_related("student", "inbox__owner").first()
        composer = composer_for(
            request.user,
            student,
            talk,
            post_url=url,
            page_url=page_url,
            written=written,
        )
    composer = replace(
        composer, written=with_template(request, composer.written, composer.inserts)
    )
    return (
        replace(composer, message_id=form.message_id) if form.message_id else composer
    )


def _page_url(form: NewMessageForm) -> str:
    """This page with the same recipients: for the links of its
    tabs and templates without scripts.
    """
    tokens = [("to", token) for token in form.chosen.to] + [
        ("except", token) for token in form.chosen.without
    ]
    url = f"{reverse('compose')}?{urlencode(tokens)}" if tokens else reverse("compose")
    return url if len(url) < MAX_LINK else reverse("compose")


def _written(
    request: StaffRequest,
    form: NewMessageForm,
    error: ValueError | None,
) -> WrittenDraft:
    """+New opens on Text Message, as the guide says, no matter which tab was
    used last elsewhere.
    """
    # A posted form is newer than the draft it came from.
    named = form.message_id if request.method != "POST" else None
    draft = (
        Broadcast.objects.filter(author=request.user, pk=named).first()
        if named
        else None
    )
    if draft is None:
        return written_in(request, error=error, is_remembered=False)
    if draft.channel == Channel.EMAIL:
        return WrittenDraft(
            Channel.EMAIL,
            subject=draft.subject,
            email=draft.body,
            with_contact_card=draft.with_contact_card,
        )
    return WrittenDraft(text=draft.body)


def _field(
    name: str,
    tokens: tuple[str, ...],
    request: StaffRequest,
    sent: QueryDict,
) -> dict[str, Any]:
    is_to = name == "to"
    return {
        "name": name,
        "label": "To" if is_to else "Except",
        "list_label": "Goes to" if is_to else "Left out",
        "placeholder": (
            "Students, tags or courses" if is_to else "Exclude students or groups"
        ),
        "query_name": QUERIES[name],
        "query": sent.get(QUERIES[name], "").strip()[:200],
        "chips": choice_chips(tokens, request.user),
    }


def _found(request: StaffRequest, sent: QueryDict) -> dict[str, Any]:
    """What the plain search found, for the field of the two that was typed in."""
    name = next(
        (name for name in ("except", "to") if sent.get(QUERIES[name], "").strip()), "to"
    )
    query = sent.get(QUERIES[name], "").strip()[:200]
    if not query and sent.get("step") != "find":
        return {"searched": ""}
    return {
        "searched": name,
        "query": query,
        "options": offered(name, query, request.user),
    }


def _audience_kept(request: StaffRequest, form: NewMessageForm) -> NewMessageForm:
    try:
        kept = save_audience(
            owner=request.user,
            name=request.POST.get("audience_name", ""),
            audience=form.chosen.audience,
        )
    except BroadcastRefused as refused:
        return replace(form, audience_problem=str(refused))
    success(request, f"Saved as “{kept.name}”. It is offered in To from now on.")
    return form
