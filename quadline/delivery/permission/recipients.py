"""Gather what the law on texting asks to know of the person at
the other end of a conversation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.consent.questions import OPEN_QUESTIONS
from quadline.consent.quiet_hours import place
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction
from quadline.delivery.permission import opt_out_scope
from quadline.roster.models import Student
from quadline.roster.trouble import BAD
from quadline.sms import phones

# In each room's own words, at one moment.
CONSENT_FACTS = """
    SELECT 'out', * FROM ({out}) AS out
    UNION ALL SELECT 'asked', * FROM ({asked}) AS asked
    UNION ALL SELECT 'bad', phone, '' FROM ({bad}) AS bad
"""

# When the student last texted, for a text that may be an answer to that: a broadcast's
# is none.
LAST_TEXT_FROM_STUDENT = """
    SELECT said.created_at FROM conversations_message AS said
    WHERE said.conversation_id = message.conversation_id AND NOT message.is_bulk
      AND said.direction = 'inbound' AND said.channel = 'text'
    ORDER BY said.position DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TextRecipient:
    """The person a text goes to. ``mobile`` is the phone they have now,
    ``pair`` the phones this text goes by.

    ``wrote_at``: their last text, if this one may answer it (consent/rules.py).
    """

    pair: ledger.PhonePair
    mobile: str
    landline: str
    time_zone: str
    wrote_at: datetime | None


def verdict_on(
    conversation: Conversation,
    *,
    system_phone: str,
    is_bulk: bool,
    now: datetime,
) -> Verdict:
    """Whether this conversation's student may be texted from this number now.

    ``is_bulk``: by a text of a broadcast.
    """
    pair = (conversation.student_phone, system_phone)
    # a broadcast is no answer to what the student wrote
    wrote_at = None if is_bulk else last_text_from(conversation)
    (verdict,) = verdicts([_recipient(conversation, pair, wrote_at)], now=now)
    return verdict


def last_text_from(conversation: Conversation) -> datetime | None:
    """When the student last wrote a text here. An email does not say
    that a text is welcome at night.
    """
    texts = conversation.messages.filter(
        direction=Direction.INBOUND, channel=Channel.TEXT
    )
    return texts.order_by("-position").values_list("created_at", flat=True).first()


def verdicts(recipients: Sequence[TextRecipient], *, now: datetime) -> list[Verdict]:
    """The law on each, by one look at what is known of all of them."""
    out, asked, bad = _look(recipients)
    quiet_hours = QuietHours.parse(college_settings().quiet_hours)
    return [
        may_text(
            RecipientFacts(
                mobile=recipient.mobile,
                landline=recipient.landline,
                opted_out=recipient.pair in out,
                bad_number=recipient.mobile in bad,
                may_have_asked_to_stop=recipient.pair in asked,
                time_zones=(
                    _places(recipient.time_zone, recipient.mobile)
                    if quiet_hours
                    else ()
                ),
                wrote_at=recipient.wrote_at,
            ),
            now=now,
            quiet_hours=quiet_hours,
        )
        for recipient in recipients
    ]


def _look(
    recipients: Sequence[TextRecipient],
) -> tuple[set[ledger.PhonePair], set[ledger.PhonePair], set[str]]:
    """The pairs that are out, the pairs in question, and the phones that are bad."""
    look = CONSENT_FACTS.format(
        out=opt_out_scope.out_statement(), asked=OPEN_QUESTIONS, bad=BAD
    )
    values = {
        "students": [recipient.pair[0] for recipient in recipients],
        "systems": [recipient.pair[1] for recipient in recipients],
        "phones": [recipient.mobile for recipient in recipients],
    }
    with connection.cursor() as cursor:
        cursor.execute(look, values)
        found = cursor.fetchall()
    out = {(student, system) for what, student, system in found if what == "out"}
    asked = {(student, system) for what, student, system in found if what == "asked"}
    bad = {phone for what, phone, _ in found if what == "bad"}
    return out, asked, bad


def phones_of_message(message: Message) -> ledger.PhonePair:
    number = message.system_number
    return (message.student_phone, number.phone if number else "")


def places_of(student: Student | None) -> tuple[str, ...]:
    """Where the student may be, as quiet hours ask: their own zone when it is known;
    else the campus and wherever the phone is from, all at once.
    """
    return _places(student.time_zone, student.mobile) if student else _places("", "")


def _places(time_zone: str, mobile: str) -> tuple[str, ...]:
    college = college_settings()
    campus, campus_state = college.college_time_zone, college.college_region
    phone_zones, phone_state = phones.time_zones(mobile), phones.state(mobile)
    if not time_zone:
        of_phone = [(zone, phone_state) for zone in phone_zones]
        return _in_states([(campus, campus_state), *of_phone])
    states = []
    if time_zone == campus:
        states.append(campus_state)
    if time_zone in phone_zones:
        states.append(phone_state)
    return _in_states((time_zone, state) for state in states or [""])


def _in_states(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Only a state whose hours the college heeds makes a place of its own."""
    heeded = college_settings().states_with_own_hours
    places: dict[str, None] = {}  # each once, in order
    for zone, state in found:
        heeded_state = state if state in heeded else ""
        places[place(zone, heeded_state)] = None
    return tuple(places)


def _recipient(
    conversation: Conversation,
    pair: ledger.PhonePair,
    wrote_at: datetime | None,
) -> TextRecipient:
    student = conversation.student
    return TextRecipient(
        pair=pair,
        mobile=conversation.student_phone,
        landline=student.landline if student else "",
        time_zone=student.time_zone if student else "",
        wrote_at=wrote_at,
    )
