"""Letters to administrators about how texting stands: once when something turns red,
once when that is over.
"""

from collections.abc import Iterable

from django.conf import settings

from quadline.emails.letters import send_to_staff


def check_is_red(
    *, to: Iterable[str], label: str, since: str, what: str, next_step: str
) -> None:
    """``what`` and ``next_step``: sentences, as the page has them."""
    lines = [
        f"{label} needs attention, since {since}.",
        what,
        next_step,
        f"See {settings.PUBLIC_URL}/manage/health/. You get one more email when it is"
        " over.",
    ]
    send_to_staff(
        f"Texting needs attention: {label}", [line for line in lines if line], to
    )


def check_is_over(
    *, to: Iterable[str], label: str, began: str, ended: str, what: str
) -> None:
    """``what``: what it was, or how it stands now."""
    lines = [
        f"{label} is no longer red. It lasted from {began} to {ended}.",
        what,
        "There is nothing to do. What waited is sent automatically.",
        f"See {settings.PUBLIC_URL}/manage/health/.",
    ]
    send_to_staff(f"Texting works again: {label}", [line for line in lines if line], to)
