"""The checklist, and the page about what real texting takes."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quadline.college.current import college_settings
from quadline.setup.checklist import checklist, is_unnamed
from quadline.setup.registration_words import registration_words
from quadline.setup.rules import LineState
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setup.steps import shown_line, step_context
from quadline.web.requests import StaffRequest

# Line: where it is seen to, and what the button says.
PLACES = {
    "security": ("mfa_index", "Add a second factor"),
    "college": ("manage_setup_college", "Complete the college"),
    "email": ("manage_setup_email", "Check email"),
    "students": ("manage_setup_students", "Bring in students"),
    "answered": ("students", "Find a test student"),
    "carrier": ("manage_setup_carrier", "Check the carrier"),
    "replies": ("manage_setup_carrier", "Try a reply"),
    "keywords": ("manage_setup_carrier", "Try STOP and HELP"),
}


@require_safe
def overview_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    lines = checklist()
    rows = [
        shown_line(line, place=PLACES[line.name][0], button=PLACES[line.name][1])
        for line in lines
    ]
    done = sum(line.state is LineState.OK for line in lines)
    shown = {"rows": rows, "done": done, "total": len(lines), "left": len(lines) - done}
    return render(
        request, "manage/setup/overview.html", shown | step_context("checklist")
    )


@require_safe
def real_texting_page(request: StaffRequest) -> HttpResponse:
    """Brand, campaign, caps and fees, with the words to paste."""
    require_manager(request)
    college = college_settings()
    shown = {
        "words": registration_words(college),
        "has_no_name": is_unnamed(college),
    }
    return render(request, "manage/setup/real_texting.html", shown)
