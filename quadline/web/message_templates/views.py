"""Templates: one's own, the office's and the college's; write one and
see at once what a student would get.
"""

from typing import Any

from django.contrib.messages import success
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from quadline import clock
from quadline.conversations.models import MessageTemplate
from quadline.conversations.rules import Channel
from quadline.conversations.templating import (
    TemplateContent,
    TemplateRefused,
    Whose,
    archive_template,
    may_change,
    may_keep,
    save_template,
    whose,
)
from quadline.web.compose.inserts import Inserts
from quadline.web.compose.preview import chosen_student, example_students, preview_for
from quadline.web.requests import StaffRequest, whole_number

TITLES = {
    Whose.PERSONAL: "Mine",
    Whose.OFFICE: "My office’s",
    Whose.COLLEGE: "The college’s",
}
WHOSE_IS_IT = {
    Whose.PERSONAL: "Yours alone",
    Whose.OFFICE: "Your office’s",
    Whose.COLLEGE: "The college’s",
}
EMPTY = {
    Whose.PERSONAL: "None of your own yet.",
    Whose.OFFICE: "Your office has none yet.",
    Whose.COLLEGE: "The college has none.",
}


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    rows = list(MessageTemplate.objects.visible_to(request.user))
    sections = [
        {
            "kind": kind,
            "title": TITLES[kind],
            "empty": EMPTY[kind],
            "rows": [row for row in rows if whose(row) is kind],
            "may_add": may_keep(request.user, kind),
        }
        for kind in Whose
        # Without an office its part would be an empty promise.
        if kind is not Whose.OFFICE or request.user.office_id
    ]
    return render(request, "message_templates/page.html", {"sections": sections})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponseBase:
    """A blank one, or a copy of one that is there."""
    if request.method == "POST":
        return _saved(request, None)
    # A copy begins as a new one: the college's may be read by all and changed by few.
    copied = whole_number(request.GET.get("copy"))
    seen = MessageTemplate.objects.visible_to(request.user)
    begun = (
        get_object_or_404(seen, pk=copied)
        if copied is not None
        else MessageTemplate(channel=Channel.TEXT)
    )
    return _form(request, None, _words_of(begun))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest, template_id: int) -> HttpResponseBase:
    """To change it, or where that is somebody else's business, to read it."""
    template = get_object_or_404(
        MessageTemplate.objects.visible_to(request.user), pk=template_id
    )
    # Whether it may be changed is for the verb to say; the form only hides the button.
    if request.method == "POST":
        return _saved(request, template)
    return _form(request, template, _words_of(template))


@require_POST
def archive(request: StaffRequest, template_id: int) -> HttpResponseBase:
    template = get_object_or_404(
        MessageTemplate.objects.visible_to(request.user), pk=template_id
    )
    if not archive_template(
        template=template,
        actor=request.user,
        now=clock.now(),
    ):
        return _form(
            request,
            template,
            _words_of(template),
            error="You may not archive this template. It is kept.",
        )
    success(
        request,
        f"“{template.name}” is archived. Messages that were written from it stay as"
        " they are.",
    )
    return redirect("templates")


@require_POST
def template_preview(request: StaffRequest) -> HttpResponse:
    """What a student would get of the words as they stand in the form."""
    return render(
        request,
        "message_templates/_preview.html",
        _preview_context(request, _posted(request)),
    )


def _saved(request: StaffRequest, template: MessageTemplate | None) -> HttpResponseBase:
    words = _posted(request)
    # Without scripts the preview is a button of the same form: nothing is saved.
    if request.POST.get("act") == "preview":
        return _form(request, template, words)
    try:
        saved = save_template(
            actor=request.user,
            words=words,
            kind=_kind(request),
            template=template,
        )
    except TemplateRefused as refused:
        return _form(
            request,
            template,
            words,
            error=str(refused),
        )
    success(request, f"“{saved.name}” is saved.")
    return redirect("templates")


def _form(
    request: StaffRequest,
    template: MessageTemplate | None,
    words: TemplateContent,
    *,
    error: str = "",
) -> HttpResponse:
    kinds = [kind for kind in Whose if may_keep(request.user, kind)]
    context = {
        "template": template,
        "words": words,
        "error": error,
        "whose": WHOSE_IS_IT[whose(template)] if template else "",
        "may_change": may_change(request.user, template) if template else bool(kinds),
        # Only where this person may keep one: no choice is offered and refused later.
        "kinds": [(kind, TITLES[kind]) for kind in kinds],
        "kind": _kind(request),
        "inserts": Inserts(request.user),
        **_preview_context(request, words),
    }
    return render(
        request,
        "message_templates/edit.html",
        context,
        status=422 if error else 200,
    )


def _preview_context(request: StaffRequest, words: TemplateContent) -> dict[str, Any]:
    find = request.POST.get("find", "")
    # An example student even before one is looked for: what a field becomes is seen at
    # once.
    students = example_students(request, find=find)
    student = chosen_student(request, students)
    shown = (
        preview_for(
            request.user,
            student,
            channel=words.channel,
            subject=words.subject,
            body=words.body,
        )
        if student
        else None
    )
    return {
        "find": find,
        "students": students,
        "preview": shown,
    }


def _posted(request: StaffRequest) -> TemplateContent:
    post = request.POST
    return TemplateContent(
        name=post.get("name", ""),
        channel=Channel.EMAIL if post.get("channel") == Channel.EMAIL else Channel.TEXT,
        subject=post.get("subject", ""),
        body=post.get("body", ""),
        with_contact_card=post.get("with_contact_card") == "yes",
    )


def _words_of(template: MessageTemplate) -> TemplateContent:
    return TemplateContent(
        template.name,
        template.channel,
        template.subject,
        template.body,
        template.with_contact_card,
    )


def _kind(request: StaffRequest) -> Whose:
    asked = request.POST.get("kind") or request.GET.get("kind")
    # An unknown kind falls back to the one that affects nobody else.
    return Whose(asked) if asked in list(Whose) else Whose.PERSONAL
