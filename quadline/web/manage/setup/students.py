"""The step about students: a roster of the college's own, or sample students."""

from django.contrib.messages import error
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.roster.models import RosterMapping, Student
from quadline.setup import sample_data
from quadline.setup.checklist import students_line
from quadline.setup.deployment import is_training
from quadline.setup.sample_data import SampleRefused
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setup.steps import shown_line, step_context
from quadline.web.requests import StaffRequest


@require_safe
def students_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    sample = sample_data.sample_run()
    shown = {
        "row": shown_line(students_line()),
        "training": is_training(),
        "sample": sample,
        "can_remove": sample is not None and sample_data.can_remove(sample),
        "is_under_way": sample is not None and sample.is_under_way,
        "why_not": sample_data.why_not_loaded(),
        "count": Student.objects.count(),
        "ready": RosterMapping.objects.filter(is_ready=True).order_by("name"),
        **step_context("students"),
    }
    return render(request, "manage/setup/students.html", shown)


@require_POST
def load(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    # A stale page may offer what is no longer possible.
    try:
        sample_data.load_sample(actor=request.user, now=clock.now())
    except SampleRefused as refused:
        error(request, str(refused))
    return redirect("manage_setup_students")


@require_POST
def remove(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    # A roster may have come since the page was shown.
    try:
        sample_data.remove_sample(actor=request.user, now=clock.now())
    except SampleRefused as refused:
        error(request, str(refused))
    return redirect("manage_setup_students")
