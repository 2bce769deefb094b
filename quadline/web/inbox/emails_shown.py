"""What a conversation shows of emails beyond their new words: the rest of each, whether
it may be somebody else's, and the automatic replies beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Substr
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from quadline.conversations.models import Conversation, Message
from quadline.delivery.models import IncomingEmail
from quadline.web.requests import StaffRequest

MAX_REST = 20_000  # characters in the log; more is a page of its own
MAX_REPLIES = 20  # automatic ones on one page of a log
MAX_REPLY = 4_000


@dataclass(frozen=True)
class EmailShown:
    """Of one message: ``rest`` follows its new words, or is all of it."""

    rest: str
    is_whole: bool
    whole_url: str  # when the rest is too long for the log
    is_doubtful: bool


@dataclass(frozen=True)
class AutomaticReply:
    at: datetime
    subject: str
    words: str
    why: str


NOT_AN_EMAIL = EmailShown("", is_whole=False, whole_url="", is_doubtful=False)


def emails_shown(messages: Iterable[Message]) -> dict[UUID, EmailShown]:
    """What is known of those messages that came by email, by their ids."""
    rows = IncomingEmail.objects.filter(message__in=list(messages))
    # Cut by the database: an email may be megabytes, a log shows sixty. One character
    # more says that there is more.
    rest = Substr("words", F("rest_from") + 1, MAX_REST + 1)
    found = rows.annotate(cut=rest).values_list(
        "message_id",
        "cut",
        "rest_from",
        "failed_dmarc",
    )
    return {row[0]: _shown(*row) for row in found if row[0] is not None}


def automatic_replies(
    chosen: Conversation,
    *,
    since: datetime | None,
    until: datetime | None,
) -> list[AutomaticReply]:
    """Those that came in this time, oldest first. None: without bounds."""
    rows = IncomingEmail.objects.automatic_in(chosen)
    if since is not None:
        rows = rows.filter(received_at__gte=since)
    if until is not None:
        rows = rows.filter(received_at__lt=until)
    found = rows.annotate(cut=Substr("words", 1, MAX_REPLY)).values_list(
        "received_at",
        "subject",
        "cut",
        "detail",
    )
    # Two machines that answer each other can send hundreds.
    newest = list(found.order_by("-received_at")[:MAX_REPLIES])
    return [AutomaticReply(*row) for row in reversed(newest)]


@require_safe
def whole_email(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """All of an email's text, for those who may read its conversation."""
    seen = Conversation.objects.visible_to(request.user)
    rows = IncomingEmail.objects.filter(message__conversation__in=seen)
    # The source has the attachments, too.
    email = get_object_or_404(rows.defer("source"), message_id=message_id)
    return plain_text(email.words.encode())


def plain_text(content: bytes) -> HttpResponse:
    """A stranger's bytes, which any browser shows as plain text."""
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    # Whatever it looks like, no browser guesses another type, and nothing in it runs.
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _shown(
    pk: UUID,
    cut: str,
    rest_from: int,
    is_doubtful: bool,
) -> EmailShown:
    is_long = len(cut) > MAX_REST
    return EmailShown(
        rest=cut[:MAX_REST].strip("\n"),
        is_whole=rest_from == 0,
        whole_url=reverse("whole_email", args=[pk]) if is_long else "",
        is_doubtful=is_doubtful,
    )
