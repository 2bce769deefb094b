"""The first step: what the settings ask about the college, and its logo and offices."""

from django.http import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from quadline.setup.checklist import college_line
from quadline.setup.rules import LineState
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setting_fields import COLLEGE_SECTION
from quadline.web.manage.settings import SectionPlace, answer_section
from quadline.web.manage.setup.steps import step_context
from quadline.web.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def college_page(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    place = SectionPlace("manage/setup/college.html", reverse("manage_setup_college"))
    is_done = college_line().state is LineState.OK
    more = step_context("college") | {"back": "setup", "is_done": is_done}
    return answer_section(request, COLLEGE_SECTION, place, more)
