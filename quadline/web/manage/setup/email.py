"""The step about email: what is deployed, and a test message."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.setup.checklist import email_line
from quadline.setup.deployment import mail_place
from quadline.setup.live_checks import ask_email_check, last_check
from quadline.setup.models import LiveCheck
from quadline.setup.rules import LineState
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setup.steps import shown_line, step_context
from quadline.web.requests import StaffRequest


@require_safe
def email_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    check = last_check(LiveCheck.About.EMAIL, place=mail_place())
    line = email_line()
    shown = {
        "place": mail_place(),
        "sender": settings.ENV.email_from,
        "answers_to": settings.ENV.email_reply_to,
        "intake": bool(settings.ENV.mail_intake_url),
        "row": shown_line(line),
        "is_done": line.state is LineState.OK,
        "check": check,
        "is_under_way": check is not None and check.done_at is None,
        **step_context("email"),
    }
    return render(request, "manage/setup/email.html", shown)


@require_POST
def send_test(request: StaffRequest) -> HttpResponseBase:
    """To whoever presses the button, and to nobody else."""
    require_manager(request)
    if mail_place():
        ask_email_check(actor=request.user, now=clock.now())
    return redirect("manage_setup_email")
