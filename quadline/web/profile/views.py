"""My profile: the photo, directly under it the System number, and the office line."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.profiles import change_office_line
from quadline.conversations import contact_card as cards
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.sms import phones
from quadline.web.announce import last_announcement
from quadline.web.requests import StaffRequest
from quadline.web.shell import number_view


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    context = {"announced": last_announcement(request.user)}
    return render(request, "profile/page.html", context)


@require_safe
def number(request: StaffRequest) -> HttpResponse:
    context = {
        "number": number_view(request.user),
        "announced": last_announcement(request.user),
    }
    return render(request, "profile/_number.html", context)


@require_safe
def contact_card_file(request: StaffRequest) -> HttpResponseBase:
    """The card that goes with "Introduce my number", to look at or to share in other
    ways.
    """
    mine = SystemNumber.objects.of(request.user)
    if mine is None or mine.state != NumberState.ACTIVE:
        messages.info(
            request, "Your contact card is there as soon as your number is active."
        )
        return redirect("profile")
    # As a file: a browser would show its lines, a phone takes it into its contacts.
    headers = {"Content-Disposition": f'attachment; filename="{cards.FILE_NAME}"'}
    return HttpResponse(
        cards.make_contact_card(request.user, mine),
        content_type=cards.CONTENT_TYPE,
        headers=headers,
    )


@require_POST
def office_phone(request: StaffRequest) -> HttpResponseBase:
    """Calls to the System number ring here."""
    written = request.POST.get("office_phone", "").strip()
    try:
        phone = phones.normalise(written) if written else ""
    except phones.PhoneError as error:
        # What was typed stays in the field, to be corrected.
        context = {
            "office_phone_error": f"{error} Your office line was not changed.",
            "office_phone": written,
            "announced": last_announcement(request.user),
        }
        return render(request, "profile/page.html", context, status=422)
    change_office_line(request.user, phone)
    words = "Your office line is saved." if phone else "Your office line is removed."
    messages.success(request, words)
    return redirect("profile")
