"""A sign-in from a browser that the account did not know: its owner gets an email."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from quadline import clock
from quadline.accounts.browsers import browser_of
from quadline.accounts.device_words import device_words
from quadline.accounts.models import User
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.emails import sign_in_letters
from quadline.jobs import enqueue, job


def tell_of_new_browser(request: HttpRequest, user: User) -> None:
    """Before the browser is marked as known."""
    if browser_of(request, user) is not None:
        return
    browser = device_words(request.headers.get("User-Agent", ""))
    address = visitor_address(request)
    with transaction.atomic():
        record_audit(
            "signed in from a new browser",
            subject=user,
            actor=user,
            browser=browser,
            address=address,
        )
        enqueue(
            tell_owner_of_browser,
            user_id=user.pk,
            at=clock.now().isoformat(),
            browser=browser,
            address=address,
        )


@job(queue="letters")
def tell_owner_of_browser(user_id: int, at: str, browser: str, address: str) -> None:
    user = User.objects.get(pk=user_id)
    sign_in_letters.new_browser(
        to=user.email,
        at=datetime.fromisoformat(at),
        browser=browser,
        address=address,
    )
