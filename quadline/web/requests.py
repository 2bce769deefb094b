"""What a request of somebody who is signed in holds: the middleware lets no other through to most views."""

import uuid
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.delivery.outbox import TextRefused, accept_text
from quadline.roster.models import Student


class StaffRequest(HttpRequest):
    user: User
    htmx: bool


def accept_posted_text(request: StaffRequest, student: Student) -> Message:
    """Accept the text of a posted composer, whichever page it was on. Raises TextRefused."""
    try:
        message_id = uuid.UUID(request.POST.get("message_id", ""))
    except ValueError:
        raise TextRefused("This form was not complete. Nothing was sent: reload the page and send again.") from None
    body = request.POST.get("body", "")
    return accept_text(author=request.user, student=student, message_id=message_id, body=body, now=timezone.now())


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
