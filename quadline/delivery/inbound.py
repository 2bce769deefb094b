"""File a reply in its conversation; honour STOP, START and HELP at once, in the same transaction.

Other words that may mean stop are put to a person (opting.py).
"""

import uuid
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import User
from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.rules import Change, Keyword, Reason, Source, Verdict, keyword_in
from quadline.conversations.joining import join_reply
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.rules import Channel, Direction, Status
from quadline.conversations.statuses import announce
from quadline.delivery import holding, opting
from quadline.delivery.blocking import block_unsent
from quadline.delivery.carrier_opt_outs import tell_if_unheard
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import HELD
from quadline.roster import trouble
from quadline.roster.models import Student
from quadline.sms import bodies, phones, segments

# Our ids for inbound texts are made from the carrier's, so that the same text twice is one row.
INBOUND = uuid.UUID("8f0d6a52-1c0b-4e0f-9d2b-0b8a6f9f2f53")


def file_reply(text: InboundText, *, now: datetime) -> Message | None:
    """File one inbound text, once however often it comes. None when it is to no number of ours."""
    number = SystemNumber.objects.filter(phone=text.system_phone, state__in=HELD).select_related("user").first()
    if number is None:
        return None
    at = text.sent_at or now  # one that we missed keeps the time it was sent
    with transaction.atomic():
        message, is_new = _save(text, number, at)
        if is_new:
            trouble.clear(message.student_phone)  # a phone that writes is a phone that works
            _honour(text, message, at)
            announce(message)
        return message


def _save(text: InboundText, number: SystemNumber, now: datetime) -> tuple[Message, bool]:
    phone = _e164(text.student_phone)
    body = bodies.clean(text.body)
    conversation = _conversation_of(number.user, phone, now)
    # Messages of a conversation are written one after the other, so that a screen that asks "what is new since
    # this position" misses none. Row locks here and elsewhere are NO KEY: a foreign key that is checked at commit
    # asks for the key only, and a sender that waited for it would be waited for by the STOP in this transaction.
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    message, is_new = Message.objects.get_or_create(
        id=uuid.uuid5(INBOUND, text.carrier_message_id),
        defaults={
            "conversation": conversation,
            "direction": Direction.INBOUND,
            "channel": Channel.TEXT,
            "system_number": number,
            "student_phone": phone,
            "body": body,
            "segments": segments.count(body).segments,
            "status": Status.RECEIVED,
            "carrier_message_id": text.carrier_message_id,
            "created_at": now,
        },
    )
    if is_new:
        join_reply(message, now=now)
    return message, is_new


def _conversation_of(staff: User, phone: str, now: datetime) -> Conversation:
    """Whose phone it is. When several share it: the one this staff user texted last, else the one on the caseload."""
    known = Conversation.objects.filter(staff=staff, student__mobile=phone).order_by("-last_activity_at").first()
    if known:
        return known
    owners = Student.objects.filter(mobile=phone)
    student = owners.on_caseload_of(staff).by_name().first() or owners.by_name().first()
    if student:
        return open_conversation(staff=staff, student=student, now=now)
    return open_with_phone(staff=staff, phone=phone, now=now)


def _honour(text: InboundText, message: Message, now: datetime) -> None:
    pair = (message.student_phone, text.system_phone)
    found = keyword_in(message.body, opted_out=ledger.is_opted_out(pair))
    if found is None:
        opting.ask_about(message, now=now)
    elif found[0] is not Keyword.HELP:  # the carrier answers HELP itself; the staff user sees the question
        _honour_keyword(text, message, found[1], Change.OPT_OUT if found[0] is Keyword.STOP else Change.OPT_IN, now)


def _honour_keyword(text: InboundText, message: Message, word: str, change: Change, now: datetime) -> None:
    pair = (message.student_phone, text.system_phone)
    entry = ledger.record(
        pair=pair,
        change=change,
        source=Source.REPLY,
        occurred_at=now,
        keyword=word,
        wording=message.body[:500],
        carrier_reference=text.carrier_message_id,
    )
    Conversation.objects.filter(pk=message.conversation_id).update(needs_reply=False)
    opting.answer_by_keyword(pair, said_at=now, now=now)
    if change is Change.OPT_OUT and ledger.is_opted_out(pair):  # not one that came late, after a newer START
        block_unsent(conversation=message.conversation, verdict=Verdict(False, Reason.OPTED_OUT), now=now)
        holding.close_texts(pair, now=now)
        if entry:
            tell_if_unheard(entry)


def _e164(phone: str) -> str:
    """Short codes and foreign numbers do write to us: what cannot be normalised is kept as it came."""
    try:
        return phones.normalise(phone)
    except phones.PhoneError:
        return phone[:16]
