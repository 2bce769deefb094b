"""What a request of somebody who is signed in holds: the middleware lets no other through to most views."""

import uuid
from datetime import datetime

from django.http import HttpRequest

from quadline.accounts.models import User

INCOMPLETE = "This form was not complete. Nothing was sent: reload the page and send again."


class StaffRequest(HttpRequest):
    user: User
    htmx: bool


class NotAccepted(ValueError):
    """A message was not accepted; the words say why. ``way_out`` is a page that helps, and what its link says.

    ``asks_to_go_on``: it goes when its author says that this one, too, is meant.
    """

    def __init__(
        self,
        words: str,
        way_out: tuple[str, str] | None = None,
        *,
        asks_to_go_on: bool = False,
    ) -> None:
        super().__init__(words)
        self.way_out = way_out
        self.asks_to_go_on = asks_to_go_on


def posted_id(request: StaffRequest) -> uuid.UUID:
    """The id that the form made for its message."""
    try:
        return uuid.UUID(request.POST.get("message_id", ""))
    except ValueError:
        raise NotAccepted(INCOMPLETE) from None


def whole_number(text: str | None) -> int | None:
    """A number from a query string, or None for anything a database could not count to."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None


def moment(text: str | None, otherwise: datetime) -> datetime:
    """A point in time from a query string."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return read if read.tzinfo else otherwise
