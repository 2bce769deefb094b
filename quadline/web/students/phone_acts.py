"""What staff record of a student's phone: consent to texts, a wrong number, and that it
is right after all.
"""

from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.accounts.rules import May
from quadline.college.current import college_settings
from quadline.delivery.phones.consent_records import MAX_HOW, record_phone_consent
from quadline.delivery.phones.wrong_numbers import (
    Flagged,
    PhoneRefused,
    confirm_number,
    flag_wrong_number,
    wrong_number_words,
)
from quadline.roster.models import Student
from quadline.roster.phones.evidence import is_wrong_number
from quadline.roster.phones.rules import EvidenceStatus
from quadline.web.requests import EARLIEST_TIME, LATEST_TIME, StaffRequest
from quadline.web.students.opt_outs import WHEN

BAD_TIME = "Write a date and a time, such as 2026-11-23 14:30."
ANSWERS = (
    (EvidenceStatus.GIVEN.value, "Texts to this number are welcome"),
    (EvidenceStatus.REFUSED.value, "No texts to this number"),
)


class PhoneConsentForm(forms.Form):
    status = forms.ChoiceField(
        choices=ANSWERS, error_messages={"required": "Say what the student said."}
    )
    how = forms.CharField(
        max_length=MAX_HOW,
        error_messages={
            "required": "Say how, such as: by phone.",
            "max_length": f"At most {MAX_HOW} characters. Shorten it.",
        },
    )
    said_at = forms.DateTimeField(
        input_formats=[WHEN, f"{WHEN}:%S"],
        error_messages={"required": "Say when.", "invalid": BAD_TIME},
    )

    def clean_said_at(self) -> datetime:
        said_at: datetime = self.cleaned_data["said_at"]
        if said_at < EARLIEST_TIME or said_at > LATEST_TIME:
            raise forms.ValidationError(BAD_TIME)
        return said_at.astimezone(UTC)


@require_http_methods(["GET", "HEAD", "POST"])
def consent_page(request: StaffRequest, student_id: int) -> HttpResponseBase:
    """The dialog, and the same form as a page of its own without scripts."""
    student = _writable(request, student_id)
    now = clock.now()
    latest = timezone.localtime(now).strftime(WHEN)
    posted = request.POST if request.method == "POST" else None
    form = PhoneConsentForm(posted, initial={"said_at": latest})
    shown = {"form": form, "latest": latest, "wording": _wording()}
    if posted is None or not form.is_valid():
        return _shown(request, student, "phone_consent", shown)
    try:
        record_phone_consent(
            student=student,
            status=EvidenceStatus(form.cleaned_data["status"]),
            how=form.cleaned_data["how"],
            said_at=form.cleaned_data["said_at"],
            actor=request.user,
            now=now,
        )
    except PhoneRefused as refused:
        form.add_error(None, str(refused))
        return _shown(request, student, "phone_consent", shown)
    messages.success(request, "Recorded.")
    return _done(request, student)


@require_http_methods(["GET", "HEAD", "POST"])
def wrong_number_page(request: StaffRequest, student_id: int) -> HttpResponseBase:
    """Report it, or take that back: whichever is open."""
    student = _writable(request, student_id)
    is_wrong = is_wrong_number(student, student.mobile)
    shown = {
        "is_wrong": is_wrong,
        "email": wrong_number_words(student.mobile) if student.mobile else "",
        "refused": "",
    }
    if request.method != "POST":
        return _shown(request, student, "wrong_number", shown)
    now = clock.now()
    try:
        if request.POST.get("act") == "confirm":
            stopped = confirm_number(student=student, actor=request.user, now=now)
            words = _confirmed_words(student, is_stopped=stopped)
        else:
            flagged = flag_wrong_number(student=student, actor=request.user, now=now)
            words = _flagged_words(student, flagged)
    except PhoneRefused as refused:
        shown["refused"] = str(refused)
        return _shown(request, student, "wrong_number", shown, status=422)
    messages.success(request, words)
    return _done(request, student)


def _writable(request: StaffRequest, student_id: int) -> Student:
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=student_id)
    if not request.user.may[May.TEXT]:
        raise PermissionDenied
    return student


def _shown(
    request: StaffRequest,
    student: Student,
    name: str,
    shown: dict[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    template = (
        f"students/_{name}_dialog.html" if request.htmx else f"students/{name}.html"
    )
    form = shown.get("form")
    if isinstance(form, forms.Form) and form.errors:
        status = 422
    return render(request, template, {"student": student, **shown}, status=status)


def _done(request: StaffRequest, student: Student) -> HttpResponseBase:
    if request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("student", student.pk)


def _wording() -> str:
    return college_settings().consent_wording


def _flagged_words(student: Student, flagged: Flagged) -> str:
    words = f"Recorded. This number gets no texts for {student.first}."
    if flagged.closed:
        words += " What was waiting goes as an email."
    if flagged.is_emailed:
        return f"{words} {student.first} gets an email in two minutes."
    return f"{words} There is no email address on file, so nobody was told."


def _confirmed_words(student: Student, *, is_stopped: bool) -> str:
    words = f"Recorded. This is {student.first}’s number."
    return f"{words} The email was not sent." if is_stopped else words
