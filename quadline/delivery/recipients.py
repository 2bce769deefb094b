"""Gather what the law on texting asks to know of the person at the other end of a conversation."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from quadline.consent import ledger
from quadline.consent.questions import pairs_in_question
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.models import Conversation, Message
from quadline.roster.models import Student
from quadline.roster.trouble import bad_phones
from quadline.sms import phones


def verdict_on(conversation: Conversation, *, system_phone: str, now: datetime) -> Verdict:
    """Whether this conversation's student may be texted from this number now."""
    pair = (conversation.student_phone, system_phone)
    is_out, is_asked = bool(system_phone) and ledger.is_opted_out(pair), bool(pairs_in_question([pair]))
    is_bad = conversation.student_phone in bad_phones([conversation.student_phone])
    return _verdict(conversation, is_out=is_out, is_bad=is_bad, is_asked=is_asked, now=now)


def verdicts_on(messages: Sequence[Message], *, now: datetime) -> dict[Message, Verdict]:
    """The same for many messages in one look at the ledger, one at open questions, and one at what is known of their phones."""
    out = ledger.opted_out(pair_of(message) for message in messages)
    asked = pairs_in_question(pair_of(message) for message in messages)
    bad = bad_phones(message.conversation.student_phone for message in messages)
    return {
        message: _verdict(
            message.conversation,
            is_out=pair_of(message) in out,
            is_bad=message.conversation.student_phone in bad,
            is_asked=pair_of(message) in asked,
            now=now,
        )
        for message in messages
    }


def pair_of(message: Message) -> ledger.Pair:
    number = message.system_number
    return (message.student_phone, number.phone if number else "")


def _verdict(conversation: Conversation, *, is_out: bool, is_bad: bool, is_asked: bool, now: datetime) -> Verdict:
    student = conversation.student
    facts = RecipientFacts(
        mobile=conversation.student_phone,
        landline=student.landline if student else "",
        opted_out=is_out,
        bad_number=is_bad,
        may_have_asked_to_stop=is_asked,
        time_zones=zones_of(student),
        wrote_at=conversation.last_inbound_at,
    )
    return may_text(facts, now=now, quiet_hours=QuietHours.parse(settings.ENV.quiet_hours))


def zones_of(student: Student | None) -> tuple[str, ...]:
    """The student's own zone when it is known; else the campus and wherever the number is from, all at once."""
    if student and student.time_zone:
        return (student.time_zone,)
    from_phone = phones.time_zones(student.mobile) if student and student.mobile else ()
    return tuple(dict.fromkeys((settings.ENV.college_time_zone, *from_phone)))
