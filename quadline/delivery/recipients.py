"""Gather what the law on texting asks to know of the person at the other end of a conversation."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from quadline.consent import ledger
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.models import Conversation, Message
from quadline.roster.models import Student
from quadline.sms import phones


def verdict_on(conversation: Conversation, *, system_phone: str, now: datetime) -> Verdict:
    """Whether this conversation's student may be texted from this number now."""
    is_out = bool(system_phone) and ledger.is_opted_out((conversation.student_phone, system_phone))
    return _verdict(conversation, is_out=is_out, now=now)


def verdicts_on(messages: Sequence[Message], *, now: datetime) -> dict[Message, Verdict]:
    """The same for many messages in one look at the ledger."""
    out = ledger.opted_out(pair_of(message) for message in messages)
    return {message: _verdict(message.conversation, is_out=pair_of(message) in out, now=now) for message in messages}


def pair_of(message: Message) -> ledger.Pair:
    number = message.system_number
    return (message.student_phone, number.phone if number else "")


def _verdict(conversation: Conversation, *, is_out: bool, now: datetime) -> Verdict:
    student = conversation.student
    facts = RecipientFacts(
        mobile=conversation.student_phone,
        landline=student.landline if student else "",
        opted_out=is_out,
        time_zones=_zones(student),
        wrote_at=conversation.last_inbound_at,
    )
    return may_text(facts, now=now, quiet_hours=QuietHours.parse(settings.ENV.quiet_hours))


def _zones(student: Student | None) -> tuple[str, ...]:
    """The student's own zone when it is known; else the campus and wherever the number is from, all at once."""
    if student and student.time_zone:
        return (student.time_zone,)
    from_phone = phones.time_zones(student.mobile) if student and student.mobile else ()
    return tuple(dict.fromkeys((settings.ENV.college_time_zone, *from_phone)))
