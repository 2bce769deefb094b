"""Gather what the law on texting asks to know of the person at
the other end of a conversation.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.consent.questions import OPEN_QUESTIONS
from quadline.consent.quiet_hours import place
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction
from quadline.delivery.permission import opt_out_scope
from quadline.roster.models import Student
from quadline.roster.phones.evidence import (
    CONSENTS,
    OTHER_PHONES,
    WRONG_NUMBERS,
    evidence_rows,
)
from quadline.roster.phones.rules import OF_CONSENT, EvidenceStatus, lacks_consent
from quadline.roster.trouble import BAD
from quadline.sms import phones

EVIDENCE_REQUIRED = "required"  # of the setting consent_evidence
StudentPhone = tuple[int | None, str]
# In each room's own words, at one moment.
CONSENT_FACTS = """
    SELECT 'out', * FROM ({out}) AS out
    UNION ALL SELECT 'asked', * FROM ({asked}) AS asked
    UNION ALL SELECT 'bad', phone, '' FROM ({bad}) AS bad
    UNION ALL SELECT 'wrong', phone, student_id::text FROM ({wrong}) AS wrong
    UNION ALL SELECT status, phone, student_id::text FROM ({consents}) AS consents
    UNION ALL SELECT 'other', phone, id::text FROM ({others}) AS others
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
    student_id: int | None = None  # None: a phone that nobody on the roster has


@dataclass(frozen=True, slots=True)
class LawFacts:
    """What was found of many recipients at one moment.

    ``out``: their pairs, those by a STOP from another phone of theirs included.
    ``wrong`` and ``consents``: by student and phone.
    """

    out: frozenset[ledger.PhonePair]
    asked: frozenset[ledger.PhonePair]
    bad: frozenset[str]
    wrong: frozenset[StudentPhone]
    consents: Mapping[StudentPhone, EvidenceStatus]

    def of(self, recipient: TextRecipient, *, needs_consent: bool) -> RecipientFacts:
        own = (recipient.student_id, recipient.mobile)
        is_known = recipient.student_id is not None
        return RecipientFacts(
            mobile=recipient.mobile,
            landline=recipient.landline,
            opted_out=recipient.pair in self.out,
            bad_number=recipient.mobile in self.bad,
            wrong_number=own in self.wrong,
            # Who is on no roster has written first, which is their consent to an answer
            # (CTIA Messaging Principles, May 2023, 5.1.2: conversational messages).
            lacks_consent=lacks_consent(
                self.consents.get(own), is_demanded=needs_consent and is_known
            ),
            may_have_asked_to_stop=recipient.pair in self.asked,
            wrote_at=recipient.wrote_at,
        )


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
    known = _look(recipients)
    college = college_settings()
    quiet_hours = QuietHours.parse(college.quiet_hours)
    needs_consent = college.consent_evidence == EVIDENCE_REQUIRED
    found: list[Verdict] = []
    for recipient in recipients:
        facts = known.of(recipient, needs_consent=needs_consent)
        if quiet_hours:
            zones = _places(recipient.time_zone, recipient.mobile)
            facts = replace(facts, time_zones=zones)
        found.append(may_text(facts, now=now, quiet_hours=quiet_hours))
    return found


def _look(recipients: Sequence[TextRecipient]) -> LawFacts:
    """In one statement; in two more where students have other phones."""
    look = CONSENT_FACTS.format(
        out=opt_out_scope.out_statement(),
        asked=OPEN_QUESTIONS,
        bad=BAD,
        wrong=WRONG_NUMBERS,
        consents=CONSENTS,
        others=OTHER_PHONES,
    )
    values = {
        "students": [recipient.pair[0] for recipient in recipients],
        "systems": [recipient.pair[1] for recipient in recipients],
        "phones": [recipient.mobile for recipient in recipients],
        "student_ids": [recipient.student_id for recipient in recipients],
    }
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for what, phone, other in evidence_rows(look, values):
        found[what].append((phone, other))
    consents: dict[StudentPhone, EvidenceStatus] = {}
    for status in OF_CONSENT:
        consents |= dict.fromkeys(_by_student(found[status]), status)
    elsewhere = _out_elsewhere(recipients, _by_student(found["other"]))
    return LawFacts(
        out=frozenset(found["out"]) | elsewhere,
        asked=frozenset(found["asked"]),
        bad=frozenset(phone for phone, _ in found["bad"]),
        wrong=frozenset(_by_student(found["wrong"])),
        consents=consents,
    )


def _by_student(rows: Iterable[tuple[str, str | None]]) -> set[StudentPhone]:
    return {(int(whose) if whose else None, phone) for phone, whose in rows}


def _out_elsewhere(
    recipients: Sequence[TextRecipient], others: Collection[StudentPhone]
) -> frozenset[ledger.PhonePair]:
    """The pairs that are out by a STOP from another phone of the same student."""
    if not others:
        return frozenset()
    phones_of: defaultdict[int | None, list[str]] = defaultdict(list)
    for student_id, phone in others:
        phones_of[student_id].append(phone)
    asked = {
        (recipient.pair, other)
        for recipient in recipients
        for other in phones_of[recipient.student_id]
        if other != recipient.pair[0]
    }
    return opt_out_scope.out_by_other_phones(asked)


def phones_of_message(message: Message) -> ledger.PhonePair:
    number = message.system_number
    return (message.student_phone, number.phone if number else "")


def places_of(
    student: Student | None,
) -> tuple[str, ...]:
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
        student_id=conversation.student_id,
    )
