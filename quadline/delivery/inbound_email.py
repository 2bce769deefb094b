"""File a student's email: in its conversation when it is an answer, on the email it is about when it came back.

Whoever has the signed address of a conversation may write into it; without one, only the student's own address may, in
answer to an email of ours. Anything else is kept as a stray and shown to nobody. Nothing is ever answered from here.
"""

import uuid
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from quadline.consent import ledger, questions
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.rules import Keyword, keyword_in
from quadline.conversations.models import Conversation, Message
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery import holding
from quadline.delivery.mail_results import record_bounce
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.emails import incoming, outgoing, tokens
from quadline.emails.incoming import Incoming
from quadline.emails.machines import Bounce
from quadline.numbers.models import SystemNumber
from quadline.sms import bodies

# Our ids for inbound emails are made from theirs, so that the same email twice is one row.
INBOUND = uuid.UUID("5d0a6b0e-6a0f-4d43-9a0b-3f6d1c1f7b62")
NO_WORDS = "[The email had no words.]"
LOOP = "from our own address"


class Kind(StrEnum):
    """What an incoming email turned out to be."""

    REPLY = "reply"  # in its conversation
    AUTOMATIC = "automatic"  # written by a machine: known, not shown, never answered
    BOUNCE = "bounce"  # an email of ours that came back
    STRAY = "stray"  # belongs nowhere


def file_email(raw: bytes, *, envelope_to: str, now: datetime) -> IncomingEmail:
    """File one email, once however often it is brought. Raises emails.incoming.TooLarge."""
    email = incoming.read(raw)
    places = [address for address in (envelope_to, *email.recipients) if address]
    named = next((found for each in places if (found := tokens.conversation_in(each)) is not None), None)
    with transaction.atomic():
        row, is_new = _row(email, named, now)
        if is_new:
            _file(row, email, named, now)
        return row


def _row(email: Incoming, named: int | None, now: datetime) -> tuple[IncomingEmail, bool]:
    """The one row of this email; a second one when the same email was written to two conversations."""
    defaults = {"kind": Kind.STRAY, "sender": email.sender, "references": " ".join(email.references), "received_at": now}
    row, is_new = IncomingEmail.objects.select_related("message").get_or_create(header_id=email.header_id, defaults=defaults)
    elsewhere = not is_new and named is not None and row.message is not None and row.message.conversation_id != named
    if not elsewhere:
        return row, is_new
    return IncomingEmail.objects.get_or_create(header_id=f"{email.header_id} to {named}", defaults=defaults)


def _file(row: IncomingEmail, email: Incoming, named: int | None, now: datetime) -> None:
    if email.bounce:
        row.kind, row.detail = Kind.BOUNCE, _file_bounce(email.bounce, named, now)
    elif email.why_automatic or email.sender == outgoing.own_address().lower():
        row.kind, row.detail = Kind.AUTOMATIC, email.why_automatic or LOOP
    elif conversation := _conversation(email, named):
        row.kind, row.detail = Kind.REPLY, _from_elsewhere(email, conversation)
        row.message = _save(row, email, conversation, now)
    else:
        row.detail = "answers no conversation"
    row.detail = bodies.clean(row.detail)[:300]
    row.save()


def _conversation(email: Incoming, named: int | None) -> Conversation | None:
    conversations = Conversation.objects.select_related("student", "staff")
    if named is not None and (found := conversations.filter(pk=named).first()):
        return found
    answered = OutgoingEmail.objects.filter(header_id__in=email.references).select_related("message").order_by("-pk").first()
    if answered is None or not email.sender:
        return None
    found = conversations.get(pk=answered.message.conversation_id)
    return found if email.sender in _addresses_of(found) | {answered.to.lower()} else None


def _from_elsewhere(email: Incoming, conversation: Conversation) -> str:
    """Said on the screen: an address can be handed on, and staff must see who holds it."""
    known = _addresses_of(conversation)
    return "" if email.sender in known else f"from {email.sender or 'an unknown address'}"


def _addresses_of(conversation: Conversation) -> set[str]:
    student = conversation.student
    return {student.email.lower()} if student and student.email else set()


def _save(row: IncomingEmail, email: Incoming, conversation: Conversation, now: datetime) -> Message:
    reply = Reply(
        id=uuid.uuid5(INBOUND, row.header_id),
        conversation_id=conversation.pk,
        channel=Channel.EMAIL,
        subject=bodies.clean(email.subject)[:200],
        body=_body(email),
        detail=row.detail[:300],
        created_at=now,
    )
    asked = _may_mean_stop(reply.body, conversation)
    if asked:
        ledger.wait_for_sends(asked[0])  # before the conversation is locked, as always (under_way.py)
    receive([reply])
    if asked:
        _ask_whether_to_stop(*asked, body=reply.body, reference=f"email {row.pk}", now=now)
    return Message.objects.get(pk=reply.id)


def _body(email: Incoming) -> str:
    """The words, and what was attached: files are not kept, and whoever needs one must ask for it."""
    words = bodies.clean(email.body)
    files = "\n".join(f"[Attachment: {bodies.clean(name)} was not kept]" for name in email.attachments)
    return "\n\n".join(part for part in (words, files) if part) or NO_WORDS


def _may_mean_stop(body: str, conversation: Conversation) -> tuple[ledger.Pair, str] | None:
    """STOP is a keyword of texts only. Said in an email it is put to a person, like other words that may mean it:
    any reasonable means counts (47 CFR 64.1200(a)(10))."""
    number = SystemNumber.objects.of(conversation.staff)
    found = keyword_in(body, opted_out=False)
    phrase = found[1] if found and found[0] is Keyword.STOP else stop_phrase_in(body)
    if not (phrase and number and number.phone and conversation.student_phone):
        return None
    return (conversation.student_phone, number.phone), phrase


def _ask_whether_to_stop(pair: ledger.Pair, phrase: str, *, body: str, reference: str, now: datetime) -> None:
    wording = body[:1600]
    if questions.ask(pair=pair, wording=wording, phrase=phrase, carrier_reference=reference, asked_at=now, has_waited=True):
        holding.hold_texts(pair, now=now)


def _file_bounce(bounce: Bounce, named: int | None, now: datetime) -> str:
    came_back = _came_back(bounce, named)
    if came_back is None:
        return f"about no email of ours: {bounce.words}"
    record_bounce(came_back, words=bounce.words, now=now)
    return bounce.words


def _came_back(bounce: Bounce, named: int | None) -> OutgoingEmail | None:
    """The email it is about: by its Message-ID, or else the last one that went where it says, from that conversation."""
    emails = OutgoingEmail.objects.select_related("message__conversation").order_by("-pk")
    if found := emails.filter(header_id__in=bounce.about).first():
        return found
    if named is None:
        return None
    sent = emails.filter(message__conversation_id=named, state=OutgoingEmail.State.SENT)
    return (sent.filter(to__iexact=bounce.recipient) if bounce.recipient else sent).first()
