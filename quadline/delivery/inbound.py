"""File replies in their conversations; honour STOP, START and HELP at once, in the same transaction.

Other words that may mean stop are put to a person (opting.py).
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from quadline.accounts.models import User
from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.rules import Change, Keyword, Reason, Source, Verdict, keyword_in
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery import holding, opting
from quadline.delivery.blocking import block_unsent
from quadline.delivery.carrier_opt_outs import tell_if_unheard
from quadline.delivery.under_way import keep_texts_back
from quadline.numbers.rules import HELD
from quadline.roster import trouble
from quadline.roster.models import Student
from quadline.sms import bodies, phones, segments

# Our ids for inbound texts are made from the carrier's, so that the same text twice is one row.
INBOUND = uuid.UUID("8f0d6a52-1c0b-4e0f-9d2b-0b8a6f9f2f53")
# Whose number each text is to, and what is known of the phone it is from. Several students may share a phone: it is the
# one this staff user was in touch with last. The conditions on the number are those of its index.
PLACE = """
    SELECT text.place, number.id, number.user_id, known.id, phone.phone IS NOT NULL
    FROM unnest(%(systems)s::text[], %(students)s::text[]) WITH ORDINALITY AS text (system_phone, student_phone, place)
    JOIN numbers_systemnumber AS number ON number.phone = text.system_phone
         AND number.phone <> '' AND number.state <> 'released' AND number.state = ANY(%(held)s)
    LEFT JOIN LATERAL (
        SELECT conversation.id
        FROM roster_student AS student
        JOIN conversations_conversation AS conversation
             ON conversation.student_id = student.id AND conversation.staff_id = number.user_id
        WHERE student.mobile = text.student_phone
        ORDER BY conversation.last_activity_at DESC LIMIT 1
    ) AS known ON true
    LEFT JOIN roster_phonetrouble AS phone ON phone.phone = text.student_phone
"""


@dataclass(frozen=True)
class Place:
    """Where a text belongs; ``is_in_trouble``: texts to its phone have failed before."""

    number_id: int
    staff_id: int
    conversation_id: int | None
    is_in_trouble: bool


def file_replies(texts: Sequence[InboundText], *, now: datetime) -> list[uuid.UUID | None]:
    """File inbound texts, each once however often it comes. The ids of their messages; None when to no number of ours.

    All or none. Many at once wait for nobody (receiving.py): OperationalError, and each may come alone.
    """
    with transaction.atomic(savepoint=False):
        places = _places(texts)
        waited = _keep_back([texts[at] for at in places])
        replies = {at: _reply(texts[at], place, now) for at, place in places.items()}
        new = receive(replies.values())
        # A phone that writes is a phone that works.
        trouble.clear_all({replies[at].student_phone for at, place in places.items() if place.is_in_trouble})
        _honour_all([(texts[at], reply) for at, reply in replies.items() if reply.id in new], waited)
    return [replies[at].id if at in replies else None for at in range(len(texts))]


def asks_something(body: str) -> bool:
    """Whether more may follow from a reply than that it is filed: it is best filed alone, for others would wait with it."""
    return keyword_in(body, opted_out=False) is not None or stop_phrase_in(bodies.clean(body)) is not None


def _places(texts: Sequence[InboundText]) -> dict[int, Place]:
    """By place in ``texts``; those to numbers that are not ours have none."""
    wanted = {"systems": [text.system_phone for text in texts], "students": [_e164(text.student_phone) for text in texts]}
    with connection.cursor() as cursor:
        cursor.execute(PLACE, {**wanted, "held": sorted(HELD)})
        found = {place - 1: Place(*known) for place, *known in cursor.fetchall()}
    return dict(sorted(found.items()))


def _keep_back(texts: Sequence[InboundText]) -> set[ledger.Pair]:
    """The pairs whose texts are kept back from here on, for somebody says STOP, START or what may mean stop.

    Before any conversation is locked, in this as in any other transaction that waits for texts on their way.
    """
    said = [((_e164(text.student_phone), text.system_phone), text.body) for text in texts]
    out = _those_out(said)
    waited = set()
    for pair, body in said:
        found = keyword_in(body, opted_out=pair in out)
        if found[0] is not Keyword.HELP if found else stop_phrase_in(bodies.clean(body)):
            (keep_texts_back if found and found[0] is Keyword.STOP else ledger.wait_for_sends)(pair)
            waited.add(pair)
    return waited


def _those_out(said: Iterable[tuple[ledger.Pair, str]]) -> set[ledger.Pair]:
    """Those who have opted out, of the pairs in which a keyword was said."""
    words = [pair for pair, body in said if keyword_in(body, opted_out=True)]
    return ledger.opted_out(words) if words else set()


def _reply(text: InboundText, place: Place, now: datetime) -> Reply:
    at = text.sent_at or now  # one that we missed keeps the time it was sent
    body, phone = bodies.clean(text.body), _e164(text.student_phone)
    return Reply(
        id=uuid.uuid5(INBOUND, text.carrier_message_id),
        conversation_id=place.conversation_id or _opened(place.staff_id, phone, at).pk,
        channel=Channel.TEXT,
        body=body,
        created_at=at,
        system_number_id=place.number_id,
        student_phone=phone,
        segments=segments.count(body).segments,
        carrier_message_id=text.carrier_message_id,
    )


def _opened(staff_id: int, phone: str, now: datetime) -> Conversation:
    """The first reply from this phone to this staff user: with the student on their caseload, else with any who has it."""
    staff, owners = User.objects.get(pk=staff_id), Student.objects.filter(mobile=phone)
    student = owners.on_caseload_of(staff).by_name().first() or owners.by_name().first()
    if student:
        return open_conversation(staff=staff, student=student, now=now)
    return open_with_phone(staff=staff, phone=phone, now=now)


def _honour_all(filed: Sequence[tuple[InboundText, Reply]], waited: set[ledger.Pair]) -> None:
    """What the replies ask for. Their conversations are locked: nobody opts out or in meanwhile."""
    out = _those_out(((reply.student_phone, text.system_phone), text.body) for text, reply in filed)
    for text, reply in filed:
        pair = (reply.student_phone, text.system_phone)
        found = keyword_in(text.body, opted_out=pair in out)  # as the carrier read it
        if found and found[0] is not Keyword.HELP:  # the carrier answers HELP itself; the staff user sees the question
            _honour_keyword(text, reply, *found, has_waited=pair in waited)
        elif found is None and pair in waited and (phrase := stop_phrase_in(reply.body)):
            opting.ask_about(pair, reply.body, phrase, carrier_reference=text.carrier_message_id, now=reply.created_at)


def _honour_keyword(text: InboundText, reply: Reply, keyword: Keyword, word: str, *, has_waited: bool) -> None:
    pair, now = (reply.student_phone, text.system_phone), reply.created_at
    change = Change.OPT_OUT if keyword is Keyword.STOP else Change.OPT_IN
    entry = ledger.record(
        pair=pair,
        change=change,
        source=Source.REPLY,
        occurred_at=now,
        keyword=word,
        wording=reply.body[:500],
        carrier_reference=text.carrier_message_id,
        has_waited=has_waited,
    )
    Conversation.objects.filter(pk=reply.conversation_id).update(needs_reply=False)
    opting.answer_by_keyword(pair, said_at=now, now=now)
    if change is Change.OPT_OUT and ledger.is_opted_out(pair):  # not one that came late, after a newer START
        block_unsent(
            conversation=Conversation.objects.get(pk=reply.conversation_id), verdict=Verdict(False, Reason.OPTED_OUT), now=now
        )
        holding.close_texts(pair, now=now)
        if entry:
            tell_if_unheard(entry, as_received=text.body)


@lru_cache(maxsize=10_000)  # the same students write again and again
def _e164(phone: str) -> str:
    """Short codes and foreign numbers do write to us: what cannot be normalised is kept as it came."""
    try:
        return phones.normalise(phone)
    except phones.PhoneError:
        return phone[:16]
