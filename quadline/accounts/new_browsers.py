"""A sign-in from a browser that the account did not know: its owner gets an email."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from quadline import clock
from quadline.accounts.browsers import browser_of
from quadline.accounts.models import User
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.emails import letters
from quadline.jobs import enqueue, job

# By what a browser writes of itself, in this order: most name others, too.
PROGRAMS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def browser_words(user_agent: str) -> str:
    """ "Firefox on Windows". Our words only: what a caller wrote reaches no email."""
    program = _first(PROGRAMS, user_agent) or "A browser"
    system = _first(SYSTEMS, user_agent)
    return f"{program} on {system}" if system else program


def tell_of_new_browser(request: HttpRequest, user: User) -> None:
    """Before the browser is marked as known."""
    if browser_of(request, user) is not None:
        return
    browser = browser_words(request.headers.get("User-Agent", ""))
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
    letters.new_browser(
        to=user.email,
        at=datetime.fromisoformat(at),
        browser=browser,
        address=address,
    )


def _first(known: dict[str, str], user_agent: str) -> str:
    return next((words for mark, words in known.items() if mark in user_agent), "")
