"""Letters to the owner of an account about how it is signed in to."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from quadline.college.current import college_settings
from quadline.emails.letters import send_to_staff


def new_browser(
    *,
    to: str,
    at: datetime,
    browser: str,
    address: str,
) -> None:
    """Tell a staff user of a sign-in from a browser that their account did not know."""
    lines = [
        f"Somebody, probably you, signed in to {_texting()} from a new browser.",
        f"When: {_when(at)}\nBrowser: {browser}\nAddress: {address or 'unknown'}",
        "If this was you, there is nothing to do.",
        _if_it_was_not_you(),
    ]
    send_to_staff("New sign-in to your Quadline account", lines, [to])


def factors_changed(*, to: str, at: datetime, what: str) -> None:
    """Tell the owner of a change to their second factors. ``what``: a sentence."""
    lines = [
        f"{what} This was on {_when(at)}, for {_texting()}.",
        "If this was you, there is nothing to do.",
        _if_it_was_not_you(),
    ]
    send_to_staff("Your Quadline sign-in was changed", lines, [to])


def codes_guessed(*, to: str, at: datetime, address: str) -> None:
    """Tell the owner that somebody who knows the password tried wrong codes."""
    lines = [
        (
            f"On {_when(at)} somebody who knows your password for {_texting()} tried"
            f" several wrong codes, from the address {address or 'unknown'}. They did"
            " not get in."
        ),
        "If this was you, wait a few minutes and try again.",
        _if_it_was_not_you(),
    ]
    send_to_staff("Wrong codes for your Quadline account", lines, [to])


def _texting() -> str:
    return f"texting at {college_settings().college_name}"


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'F j, Y')} at {date_format(local, 'g:i A')}"


def _if_it_was_not_you() -> str:
    return (
        "If this was not you, reset your password now at"
        f" {settings.PUBLIC_URL}/accounts/password/reset/, look at My profile >"
        " Security, and tell your Quadline administrator."
    )
