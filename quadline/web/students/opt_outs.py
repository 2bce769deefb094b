"""A student told a staff member that they want no more texts: the form that records it.
There is none for the opposite.
"""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.delivery.opting.requests import (
    REQUESTED_BY_WORDS,
    RequestedBy,
    StopRequestRefused,
    numbers_that_texted,
    record_stop_requests,
)
from quadline.inboxes.models import Inbox, inbox_of, may_write_in
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import phones
from quadline.web.requests import EARLIEST_TIME, LATEST_TIME, StaffRequest

EVERY_NUMBER = "all"  # every number that texted the student: administrators only
WHEN = "%Y-%m-%dT%H:%M"  # as browsers send a datetime-local field (HTML)


class StopRequestForm(forms.Form):
    """How, when, and for an administrator: of whose number."""

    how = forms.ChoiceField(
        choices=[(how.value, REQUESTED_BY_WORDS[how]) for how in RequestedBy],
        error_messages={"required": "Say how."},
    )
    said_at = forms.DateTimeField(
        input_formats=[WHEN, f"{WHEN}:%S"],
        error_messages={
            "required": "Say when.",
            "invalid": "Write a date and a time, such as 2026-11-23 14:30.",
        },
    )
    whose = forms.ChoiceField(
        error_messages={
            "required": "Choose a number.",
            "invalid_choice": "Choose a number.",
        }
    )
    note = forms.CharField(max_length=300, required=False)

    def clean_said_at(self) -> datetime:
        said_at: datetime = self.cleaned_data["said_at"]
        if said_at < EARLIEST_TIME:
            raise forms.ValidationError(
                "Write a date and a time, such as 2026-11-23 14:30."
            )
        if said_at > LATEST_TIME:
            raise forms.ValidationError(
                "That time is still to come. Say when the student asked."
            )
        # The database knows no offset of a day, such as +24:00.
        return said_at.astimezone(UTC)

    def __init__(
        self,
        data: Any,
        *,
        numbers: list[SystemNumber],
        now: datetime,
    ) -> None:
        # Nothing that is still to come: the browser offers no later time.
        self.latest = timezone.localtime(now).strftime(WHEN)
        first = str(numbers[0].pk) if numbers else ""
        super().__init__(data, initial={"said_at": self.latest, "whose": first})
        self.numbers = {str(number.pk): number for number in numbers}
        choices = [
            (pk, f"{number.whose}, {phones.written(number.phone)}")
            for pk, number in self.numbers.items()
        ]
        everyone = (
            [(EVERY_NUMBER, f"All {len(numbers)} numbers")] if len(numbers) > 1 else []
        )
        self.fields["whose"].choices = [*choices, *everyone]  # type: ignore[attr-defined]  # a ChoiceField's own

    @property
    def inboxes(self) -> list[Inbox]:
        """Whose texts the student wants no more of."""
        whose = self.cleaned_data["whose"]
        return [
            number.its_inbox
            for pk, number in self.numbers.items()
            if whose in (EVERY_NUMBER, pk)
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest, student_id: int) -> HttpResponseBase:
    """The dialog, and the same form as a page of its own without scripts."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=student_id)
    if not request.user.may[May.TEXT]:
        raise PermissionDenied
    # One moment for all: the form may be said no later than it is recorded.
    now = clock.now()
    numbers = _numbers(request.user, student)
    form = StopRequestForm(_posted(request, numbers), numbers=numbers, now=now)
    if request.method != "POST" or not form.is_valid():
        return _shown(request, student, form)
    try:
        count = record_stop_requests(
            student=student,
            inboxes=form.inboxes,
            actor=request.user,
            how=RequestedBy(form.cleaned_data["how"]),
            said_at=form.cleaned_data["said_at"],
            note=form.cleaned_data["note"],
            now=now,
        )
    except StopRequestRefused as refused:
        form.add_error(None, str(refused))
        return _shown(request, student, form)
    messages.success(
        request,
        _recorded(
            student,
            form.inboxes,
            request.user,
            count=count,
        ),
    )
    return (
        HttpResponse(headers={"HX-Refresh": "true"})
        if request.htmx
        else redirect("student", student.pk)
    )


def _posted(
    request: StaffRequest,
    numbers: list[SystemNumber],
) -> Any:
    if request.method != "POST":
        return None
    data = request.POST.copy()
    if len(numbers) == 1:
        # The form does not ask where there is no choice.
        data.setdefault("whose", str(numbers[0].pk))
    return data


def _numbers(user: User, student: Student) -> list[SystemNumber]:
    """The user's own number; for one who manages the college's,
    every one that texted this student.
    """
    own = SystemNumber.objects.live().filter(inbox=inbox_of(user)).exclude(phone="")
    mine = list(own.select_related("inbox__owner"))
    if not user.may[May.MANAGE]:
        return mine
    texted = numbers_that_texted(student)
    return mine + [number for number in texted if number not in mine]


def _shown(
    request: StaffRequest,
    student: Student,
    form: StopRequestForm,
) -> HttpResponse:
    template = "students/opt_out.html"
    if request.htmx:
        template = "students/_opt_out_dialog.html"
    context = {
        "student": student,
        "form": form,
        "possible": bool(form.numbers and student.mobile),
        "of_whom": _of_whom(form, request.user),
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _of_whom(form: StopRequestForm, reader: User) -> str:
    """Whose texts end, where there is no choice."""
    if len(form.numbers) != 1:
        return ""
    inbox = next(iter(form.numbers.values())).its_inbox
    return _name_of(inbox, reader)


def _name_of(inbox: Inbox, reader: User) -> str:
    return "you" if may_write_in(reader, inbox.pk) else inbox.shown_name


def _recorded(
    student: Student,
    inboxes: list[Inbox],
    reader: User,
    *,
    count: int,
) -> str:
    if not count:
        return f"{student.first} gets no texts from there already. Nothing was changed."
    alone = [_name_of(inbox, reader) for inbox in inboxes]
    of = (
        alone[0]
        if len(alone) == 1
        else " and ".join(inbox.shown_name for inbox in inboxes)
    )
    return f"Recorded. {student.first} gets no more texts from {of}."
