"""Help: the guide that staff follow, on the page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quadline.college.current import college_settings
from quadline.web.compose.composer import longest_wait
from quadline.web.requests import StaffRequest


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    # What differs from college to college is said as it is here.
    return render(
        request,
        "help/page.html",
        {"longest_wait": longest_wait(), "quiet_hours": college_settings().quiet_hours},
    )
