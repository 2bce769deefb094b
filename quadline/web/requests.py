"""What a request of a signed-in user holds: the middleware lets no
other through to most views.
"""

import uuid
from datetime import UTC, datetime

from django.http import HttpRequest
from django.views.decorators.http import require_http_methods

from quadline.accounts.models import User

# Whatever a page may ask about lies between; beyond, a calendar or a database runs out
# of years.
EARLIEST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(2100, 1, 1, tzinfo=UTC)
# A class-based view of a form alone takes PUT and DELETE as well.
form_methods_only = require_http_methods(["GET", "HEAD", "POST"])
MOST_DIGITS = 17  # of a number in an address: a bigint holds each such number
INCOMPLETE_FORM = (
    "This form was not complete. Nothing was sent: reload the page and send again."
)


class StaffRequest(HttpRequest):
    user: User
    htmx: bool


class NotAccepted(ValueError):
    """A message was not accepted; the words say why. ``way_out`` is a page
    that helps, and what its link says.

    ``may_be_meant``: it was stopped for brackets only, and can be sent as written by
    who says so. ``asks_to_go_on``: it goes when its author says that this one, too, is
    meant. ``may_be_sensitive``: the same of what is in it.
    """

    def __init__(
        self,
        words: str,
        way_out: tuple[str, str] | None = None,
        *,
        may_be_meant: bool = False,
        asks_to_go_on: bool = False,
        may_be_sensitive: bool = False,
    ) -> None:
        super().__init__(words)
        self.way_out = way_out
        self.may_be_meant = may_be_meant
        self.asks_to_go_on = asks_to_go_on
        self.may_be_sensitive = may_be_sensitive


def posted_id(request: StaffRequest) -> uuid.UUID:
    """The id that the form made for its message."""
    # Made by the form, so that one that is sent twice is one message.
    try:
        return uuid.UUID(request.POST.get("message_id", ""))
    except ValueError:
        raise NotAccepted(INCOMPLETE_FORM) from None


def whole_number(text: str | None) -> int | None:
    """A number from a query string, or None for anything a
    database could not count to.
    """
    if not text or len(text) > MOST_DIGITS:
        return None
    # Alone, isdigit() is also true of digits of other scripts, and of "²".
    is_number = text.isascii() and text.isdigit()
    return int(text) if is_number else None


def moment(text: str | None, otherwise: datetime) -> datetime:
    """A point in time from a query string; ``otherwise`` for one that cannot be read,
    has no zone, or lies out of bounds.
    """
    try:
        read = datetime.fromisoformat(text or "")
        is_in_bounds = read.tzinfo is not None and EARLIEST_TIME <= read <= LATEST_TIME
    except (ValueError, OverflowError):
        return otherwise
    # By UTC: the database takes no offset of a whole day, and no place has one.
    return read.astimezone(UTC) if is_in_bounds else otherwise
