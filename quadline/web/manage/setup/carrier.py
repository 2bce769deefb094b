"""The step about the carrier: the simulated one, or Twilio checked live; and a code
that shows whether replies come in.
"""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline import clock
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import HELD_STATES
from quadline.setup import inbound_codes
from quadline.setup.checklist import (
    NO_WORKER,
    carrier_line,
    is_overdue,
    keywords_line,
    replies_line,
)
from quadline.setup.deployment import (
    carrier_place,
    is_training,
    missing_carrier_settings,
)
from quadline.setup.live_checks import ask_carrier_check, last_check
from quadline.setup.models import InboundCode, LiveCheck
from quadline.setup.rules import CODE_WORD, LineState
from quadline.sms import phones
from quadline.web.manage.numbers import require_manager
from quadline.web.manage.setup.steps import shown_line, step_context
from quadline.web.requests import StaffRequest

SHOWN_NUMBERS = 5


@require_safe
def carrier_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    check = last_check(LiveCheck.About.CARRIER, place=carrier_place())
    shown = {
        "training": is_training(),
        "phones_at": settings.ENV.twilio_api_url,
        "missing": missing_carrier_settings(),
        "account": carrier_place()[-4:],
        "service": settings.ENV.twilio_messaging_service_sid[-4:],
        "address": settings.PUBLIC_URL,
        "row": shown_line(carrier_line()),
        **_check_context(check),
        **_reply_context(),
        **step_context("carrier"),
    }
    return render(request, "manage/setup/carrier.html", shown)


@require_POST
def check_now(request: StaffRequest) -> HttpResponseBase:
    """Look again; ``connect`` also points the webhooks of the service here."""
    require_manager(request)
    # Only a button of its own changes anything at the carrier.
    connects = request.POST.get("act") == "connect"
    ask_carrier_check(actor=request.user, now=clock.now(), connects=connects)
    return redirect("manage_setup_carrier")


@require_POST
def new_code(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    # Made by a click: a page that is only looked at ends no other code.
    inbound_codes.make_code(actor=request.user, now=clock.now())
    return redirect("manage_setup_carrier")


def _check_context(check: LiveCheck | None) -> dict[str, Any]:
    if check is None:
        return {"check": None, "lines": [], "is_checking": False}
    now = clock.now()
    return {
        "check": check,
        # Those of the last check, while the next one runs.
        "lines": [shown_line(line) for line in check.lines],
        "is_checking": check.done_at is None,
        "no_worker": NO_WORKER if is_overdue(check, now=now) else "",
        "can_connect": any(
            line.name == "webhooks" and line.state is LineState.WRONG
            for line in check.lines
        ),
    }


def _reply_context() -> dict[str, Any]:
    code = inbound_codes.last_code()
    # One that has come is not shown again: it would be texted again.
    is_open = code is not None and _is_awaited(code)
    numbers = SystemNumber.objects.filter(state__in=HELD_STATES).exclude(phone="")
    return {
        "replies": shown_line(replies_line()),
        "keywords": shown_line(keywords_line()),
        "code": code if is_open else None,
        "code_text": f"{CODE_WORD} {code.code[:3]} {code.code[3:]}" if code else "",
        "numbers": [
            phones.written(number.phone)
            for number in numbers.order_by("pk")[:SHOWN_NUMBERS]
        ],
    }


def _is_awaited(code: InboundCode) -> bool:
    has_come = code.heard_at is not None or code.found_in_log_at is not None
    return not has_come and clock.now() < code.expires_at
