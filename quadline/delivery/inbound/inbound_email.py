"""File a student's email: in its conversation when it is an answer, on
the email it is about when it came back.

Anyone who has the signed address of a conversation may write into it; without one, only
the student's own address may, in answer to an email of ours. Anything else is kept as a
stray and shown to administrators. Nothing is ever answered from here.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from quadline.conversations.models import Conversation, Message
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery.failsafe.email_results import record_bounce
from quadline.delivery.inbound.source_retention import source_kept
from quadline.delivery.inbound.successor_conversations import with_successor
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.delivery.opting import email_stop_requests
from quadline.emails import outgoing, quotes, reading, tokens, unread
from quadline.emails.authenticity import failed_dmarc
from quadline.emails.automatic_mail import Bounce
from quadline.emails.incoming import Incoming, Unreadable
from quadline.emails.unread import Unread
from quadline.sms import bodies

log = structlog.get_logger(__name__)

# Our ids for inbound emails are made from theirs, so that the same email is one row.
EMAIL_ID_NAMESPACE = uuid.UUID("5d0a6b0e-6a0f-4d43-9a0b-3f6d1c1f7b62")
EMPTY_EMAIL = "[The email had no words.]"
EMAIL_NOT_READ = (
    "[This email couldn't be read: {why}. An administrator can open it as it came.]"
)
EMAIL_NOT_FILED = "it broke what files it"
MAIL_LOOP = "from our own address"
NO_CONVERSATION = "answers no conversation"


class EmailKind(StrEnum):
    """What an incoming email turned out to be."""

    REPLY = "reply"  # in its conversation
    AUTOMATIC = "automatic"  # written by a machine: kept beside it, never answered
    BOUNCE = "bounce"  # an email of ours that came back
    UNREADABLE = "unreadable"  # kept as it came; its conversation says so
    STRAY = "stray"  # belongs nowhere


@dataclass(frozen=True)
class OpenedEmail:
    """An email as it came, and what could be read of it."""

    raw: bytes
    email: Incoming | Unread


def open_email(raw: bytes) -> OpenedEmail:
    """Read one, outside of any transaction. Raises emails.limits.EmailTooLarge, and
    emails.reading.Busy: then it was not looked at."""
    try:
        return OpenedEmail(raw, reading.read_in_process(raw))
    except Unreadable as fault:
        return OpenedEmail(raw, unread.named_in(raw, why=str(fault)))


def file_email(
    raw: bytes,
    *,
    envelope_to: str,
    now: datetime,
) -> IncomingEmail:
    """Read and file one email. Raises as ``open_email`` does."""
    return file_opened(open_email(raw), envelope_to=envelope_to, now=now)


def file_opened(
    opened: OpenedEmail,
    *,
    envelope_to: str,
    now: datetime,
) -> IncomingEmail:
    """File one email, once however often it is brought.

    Raises what a database raises that is away.
    """
    try:
        return _file_once(opened, envelope_to, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if isinstance(opened.email, Unread):
            raise
        # It never could be filed, however often it came: it is kept like one that
        # cannot be read.
        log.exception("an email that could not be filed is kept as it came")
        why = unread.named_in(opened.raw, why=EMAIL_NOT_FILED)
        return _file_once(OpenedEmail(opened.raw, why), envelope_to, now)


def _file_once(
    opened: OpenedEmail,
    envelope_to: str,
    now: datetime,
) -> IncomingEmail:
    email = opened.email
    places = [address for address in (envelope_to, *email.recipients) if address]
    found = (tokens.conversation_in(each) for each in places)
    named = next((each for each in found if each is not None), None)
    with transaction.atomic():
        row, is_new = _row(opened, named, now)
        if is_new:
            _file(row, opened, named, now)
        return row


def _row(
    opened: OpenedEmail,
    named: int | None,
    now: datetime,
) -> tuple[IncomingEmail, bool]:
    """The one row of this email; a second one when the same email was written to two
    conversations."""
    email = opened.email
    defaults: dict[str, Any] = {
        "kind": EmailKind.STRAY,
        "sender": email.sender,
        "subject": bodies.clean(email.subject)[:200],
        "references": " ".join(email.references),
        "size": len(opened.raw),
        "received_at": now,
    }
    rows = IncomingEmail.objects.select_related("message")
    row, is_new = rows.get_or_create(header_id=email.header_id, defaults=defaults)
    if not is_new and row.kind == EmailKind.STRAY and named is not None:
        # It came to an address without a token first: now it is known where it belongs.
        IncomingEmail.objects.filter(pk=row.pk).update(**defaults, source=None)
        row.refresh_from_db()
        return row, True
    known = row.message.conversation_id if row.message else row.conversation_id
    is_elsewhere = not is_new and named is not None and known not in (None, named)
    if not is_elsewhere:
        return row, is_new
    name = f"{email.header_id} to {named}"
    return IncomingEmail.objects.get_or_create(header_id=name, defaults=defaults)


def _file(
    row: IncomingEmail,
    opened: OpenedEmail,
    named: int | None,
    now: datetime,
) -> None:
    email = opened.email
    if isinstance(email, Unread):
        _file_unread(
            row,
            email,
            named,
            now,
        )
    else:
        _file_read(
            row,
            email,
            named,
            now,
        )
    is_shown = row.kind == EmailKind.REPLY and not getattr(email, "is_cut", False)
    if not is_shown:
        is_placed = row.message is not None or row.conversation is not None
        row.source = source_kept(opened.raw, has_conversation=is_placed, now=now)
    row.detail = bodies.clean(row.detail)[:300]
    row.save()


def _file_read(
    row: IncomingEmail,
    email: Incoming,
    named: int | None,
    now: datetime,
) -> None:
    row.words = bodies.clean(email.whole)
    row.rest_from = quotes.rest_from(bodies.clean(email.body), row.words)
    our_server = settings.ENV.email_authserv_id
    row.failed_dmarc = failed_dmarc(email.dmarc, our_server=our_server)
    if email.bounce:
        row.kind = EmailKind.BOUNCE
        row.about_ours, row.detail = _file_bounce(email.bounce, named, now)
    elif why := _why_automatic(email):
        row.kind, row.detail = EmailKind.AUTOMATIC, why
        row.conversation = _conversation(email, named)
    elif conversation := _conversation(email, named):
        row.kind, row.detail = EmailKind.REPLY, _from_elsewhere(email, conversation)
        row.message = _save(
            row,
            email,
            conversation,
            now,
        )
    else:
        row.detail = NO_CONVERSATION


def _file_unread(
    row: IncomingEmail,
    email: Unread,
    named: int | None,
    now: datetime,
) -> None:
    """Its source is kept, and its conversation says that something came."""
    row.kind, row.detail = EmailKind.UNREADABLE, email.why
    if conversation := _conversation(email, named):
        body = EMAIL_NOT_READ.format(why=email.why)
        detail = _from_elsewhere(email, conversation)
        row.message = _received(
            row,
            conversation,
            body,
            detail,
            now,
        )


def _why_automatic(email: Incoming) -> str:
    if email.why_automatic:
        return email.why_automatic
    is_our_own = email.sender == outgoing.own_address().lower()
    return MAIL_LOOP if is_our_own else ""


def _conversation(email: Incoming | Unread, named: int | None) -> Conversation | None:
    conversations = Conversation.objects.select_related("student", "inbox__owner")
    if named is not None and (found := conversations.filter(pk=named).first()):
        return with_successor(found)
    ours = OutgoingEmail.objects.filter(header_id__in=email.references)
    answered = ours.select_related("message").order_by("-pk").first()
    if answered is None or not email.sender:
        return None
    found = conversations.get(pk=answered.message.conversation_id)
    known_addresses = _addresses_of(found) | {answered.to.lower()}
    return with_successor(found) if email.sender in known_addresses else None


def _from_elsewhere(email: Incoming | Unread, conversation: Conversation) -> str:
    """Said on the screen: an address can be handed on, and
    staff must see who holds it.
    """
    known = _addresses_of(conversation)
    if email.sender in known:
        return ""
    return f"from {email.sender or 'an unknown address'}"


def _addresses_of(conversation: Conversation) -> set[str]:
    student = conversation.student
    if student is None or not student.email:
        return set()
    return {student.email.lower()}


def _save(
    row: IncomingEmail,
    email: Incoming,
    conversation: Conversation,
    now: datetime,
) -> Message:
    """What may mean stop waits for texts on their way, before anything is locked."""
    asked = email_stop_requests.stop_request_in(
        email.own_words, email.subject, conversation
    )
    if asked:
        email_stop_requests.lock_pair(asked)
    message = _received(
        row,
        conversation,
        _body(email),
        row.detail,
        now,
    )
    if asked:
        email_stop_requests.ask_about_email(asked, row=row, now=now)
    return message


def _received(
    row: IncomingEmail,
    conversation: Conversation,
    body: str,
    detail: str,
    now: datetime,
) -> Message:
    reply = Reply(
        id=uuid.uuid5(EMAIL_ID_NAMESPACE, row.header_id),
        conversation_id=conversation.pk,
        channel=Channel.EMAIL,
        subject=row.subject,
        body=body,
        detail=detail[:300],
        created_at=now,
    )
    receive([reply])
    return Message.objects.get(pk=reply.id)


def _body(email: Incoming) -> str:
    """The words, and what was attached: files are not kept; anyone who needs one must
    ask for it."""
    words = bodies.clean(email.body)
    names = [bodies.clean(name) for name in email.attachments]
    files = "\n".join(f"[Attachment: {name} was not kept]" for name in names)
    parts = [part for part in (words, files) if part]
    return "\n\n".join(parts) or EMPTY_EMAIL


def _file_bounce(
    bounce: Bounce,
    named: int | None,
    now: datetime,
) -> tuple[bool, str]:
    """Whether it is about an email of ours, and what it says."""
    came_back = _came_back(bounce, named)
    if came_back is None:
        return False, f"about no email of ours: {bounce.words}"
    record_bounce(came_back, words=bounce.words, now=now)
    return True, bounce.words


def _came_back(
    bounce: Bounce,
    named: int | None,
) -> OutgoingEmail | None:
    """The email it is about: by its Message-ID, or else the last one that went where it
    says, from that conversation."""
    emails = OutgoingEmail.objects.select_related("message__conversation")
    emails = emails.order_by("-pk")
    if found := emails.filter(header_id__in=bounce.about).first():
        return found
    if named is None:
        return None
    sent = emails.filter(message__conversation_id=named, state=OutgoingEmail.State.SENT)
    if bounce.recipient:
        sent = sent.filter(to__iexact=bounce.recipient)
    return sent.first()
