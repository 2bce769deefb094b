"""File replies in their conversations; honor STOP, START and HELP
at once, in the same transaction.

Other words that may mean stop are put to a person (opting/requests.py).
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import connection, transaction

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.rules import Keyword, keyword_in
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery.inbound.keyword_replies import KeywordReply, honor_keywords
from quadline.delivery.inbound.reply_owners import ReplyOwner, owners_of
from quadline.delivery.inbound.spare_numbers import honor_without_inbox
from quadline.delivery.inbound.successor_answers import answer_later
from quadline.delivery.opting import inflight, requests
from quadline.inboxes.models import Inbox
from quadline.roster import trouble
from quadline.roster.models import Student
from quadline.sms import bodies, phones, segments

# Our ids for inbound texts are made from the carrier's, so that the same text twice is
# one row.
TEXT_ID_NAMESPACE = uuid.UUID("8f0d6a52-1c0b-4e0f-9d2b-0b8a6f9f2f53")
# Said on the screen beside a text that stands below what is newer: it joined the
# conversation when it came.
REACHED_LATE, LATE_AFTER = "Reached us late.", timedelta(minutes=2)
FROM_FORMER_PHONE = "From {phone}, a former number of this student."
LOCK_IDLE = """
    SELECT id FROM conversations_conversation
    WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


@dataclass(frozen=True)
class Lookup:
    """Where texts belong, and the pairs whose texts are kept back for them.

    Texts to numbers that are not ours have no place. ``free``: those that can be filed
    without waiting for anybody, as long as the transaction lasts that looked.
    """

    places: Mapping[InboundText, ReplyOwner]
    kept_back: Collection[ledger.PhonePair]
    free: Collection[InboundText] = ()


def file_replies(
    texts: Sequence[InboundText],
    *,
    now: datetime,
    lookup: Lookup | None = None,
) -> list[uuid.UUID | None]:
    """File inbound texts, each once however often it comes. All or none.

    Returns the ids of their messages; None for one to no number of ours. Many at once
    wait for nobody (receiving.py): OperationalError, and each may come alone.
    ``lookup``: by ``lock_without_waiting`` in the caller's transaction, which found
    these free.
    """
    with transaction.atomic(savepoint=False):
        found = lookup or _look(texts, now)
        placed = {text: found.places[text] for text in texts if text in found.places}
        replies = {text: _reply(text, place, now) for text, place in placed.items()}
        new = receive(replies.values())
        # A phone that writes is a phone that works.
        troubled = [text for text, place in placed.items() if place.is_in_trouble]
        trouble.clear_all({replies[text].student_phone for text in troubled})
        filed = [
            (text, placed[text], reply)
            for text, reply in replies.items()
            if reply.id in new
        ]
        _honor_all(filed, found.kept_back)
        answer_later(
            (reply.id, place.departure_id)
            for _, place, reply in filed
            if place.departure_id is not None
        )
        strangers = _file_strangers([text for text in texts if text not in placed], now)
    ids = {text: reply.id for text, reply in replies.items()} | strangers
    return [ids.get(text) for text in texts]


def _file_strangers(
    texts: Sequence[InboundText], now: datetime
) -> dict[InboundText, uuid.UUID | None]:
    """Texts to numbers that no inbox had when they were looked up."""
    pairs = {text: pair_in(text) for text in texts}
    given = honor_without_inbox(pairs, now=now) if pairs else []
    # Now their numbers are known to have inboxes, and locked: that is no endless loop.
    return dict(zip(given, file_replies(given, now=now), strict=True)) if given else {}


def asks_something(body: str) -> bool:
    """Whether more may follow from a reply than that it is filed: it is best filed
    alone, for others would wait with it.
    """
    return (
        keyword_in(body, opted_out=False) is not None
        or stop_phrase_in(bodies.clean(body)) is not None
    )


def pair_in(text: InboundText) -> ledger.PhonePair:
    """Whose consent a text is about."""
    return _e164(text.student_phone), text.system_phone


def id_of(carrier_message_id: str) -> uuid.UUID:
    """Of the message that an inbound text becomes."""
    return uuid.uuid5(TEXT_ID_NAMESPACE, carrier_message_id)


def lock_without_waiting(texts: Sequence[InboundText], *, now: datetime) -> Lookup:
    """Look which the caller's transaction can file without
    waiting. Their locks are its now.

    Of several whose words meet at one lock the first. One that opens a conversation is
    left: it may meet another.
    """
    places = _places(texts, now)
    wanted = _to_keep_back(places)
    chosen = _firsts(places)
    pairs = {text: _pairs(text, places[text]) & wanted.keys() for text in chosen}
    of_chosen = {pair: wanted[pair] for of_one in pairs.values() for pair in of_one}
    kept_back = inflight.try_block_sends(of_chosen)
    unhindered = [text for text in chosen if pairs[text] <= kept_back]
    idle = _idle_conversations({places[text].conversation_id for text in unhindered})
    free = {text for text in unhindered if places[text].conversation_id in idle}
    strangers = {text for text in texts if text not in places}
    return Lookup(places, kept_back, free | strangers)


def _look(texts: Sequence[InboundText], now: datetime) -> Lookup:
    """Texts to these students are kept back from here on, however long that takes."""
    places = _places(texts, now)
    return Lookup(places, _keep_back(places))


def _places(
    texts: Sequence[InboundText], now: datetime
) -> dict[InboundText, ReplyOwner]:
    """In the order of ``texts``; those to numbers that are not ours have none."""
    found = owners_of(
        [text.system_phone for text in texts],
        [_e164(text.student_phone) for text in texts],
        [min(text.sent_at or now, now) for text in texts],
    )
    return {texts[at]: place for at, place in found.items()}


def _firsts(
    places: Mapping[InboundText, ReplyOwner],
) -> list[InboundText]:
    """Those that are the first of each student they are about: a word of theirs to one
    number may count for others.
    """
    students = {text: _students(text, place) for text, place in places.items()}
    first_of: dict[str, InboundText] = {}
    for text, phones_of_one in students.items():
        for phone in phones_of_one:
            first_of.setdefault(phone, text)
    return [
        text
        for text, phones_of_one in students.items()
        if all(first_of[phone] is text for phone in phones_of_one)
    ]


def _idle_conversations(ids: Iterable[int | None]) -> set[int]:
    """Those that nobody else is writing in. They are locked."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_IDLE, [[each for each in ids if each]])
        return {conversation_id for (conversation_id,) in cursor.fetchall()}


def _keep_back(places: Mapping[InboundText, ReplyOwner]) -> set[ledger.PhonePair]:
    """The pairs whose texts are kept back from here on, for somebody
    says STOP, START or what may mean stop.

    Before any conversation is locked, in this as in any other transaction that waits
    for texts on their way.
    """
    wanted = _to_keep_back(places)
    free = inflight.try_block_sends(wanted) if len(wanted) > 1 else set()
    busy = wanted.keys() - free
    ledger.lock_exclusive(*busy)
    for pair in busy:
        if wanted[pair]:
            inflight.wait_for_calls(pair)
    return set(wanted)


def _to_keep_back(
    places: Mapping[InboundText, ReplyOwner],
) -> dict[ledger.PhonePair, bool]:
    """The pairs whose texts have to be kept back for these;
    to each, whether for a STOP.
    """
    out = _those_out((pair_in(text), text.body) for text in places)
    wanted: dict[ledger.PhonePair, bool] = {}
    for text, place in places.items():
        pair = pair_in(text)
        found = keyword_in(text.body, opted_out=pair in out)
        if found and _is_request(found):
            wanted[pair] = wanted.get(pair, False) or found[0] is Keyword.STOP
        elif not found and stop_phrase_in(bodies.clean(text.body)):
            for each in _pairs(text, place):
                wanted.setdefault(each, False)
    return wanted


def _pairs(text: InboundText, place: ReplyOwner) -> set[ledger.PhonePair]:
    """Whose texts what is said here may be about."""
    return {pair_in(text), _asked_about(text, place)}


def _students(text: InboundText, place: ReplyOwner) -> set[str]:
    return {student for student, _ in _pairs(text, place)}


def _asked_about(text: InboundText, place: ReplyOwner) -> ledger.PhonePair:
    """Who says from a former phone that the texts may stop means
    those that come to the phone of now.
    """
    is_former = place.is_from_former_phone and place.mobile
    return (place.mobile if is_former else _e164(text.student_phone)), text.system_phone


def _is_request(found: tuple[Keyword, str] | None) -> bool:
    """The carrier answers HELP; staff see the question."""
    return found is not None and found[0] is not Keyword.HELP


def _those_out(said: Iterable[tuple[ledger.PhonePair, str]]) -> set[ledger.PhonePair]:
    """Those who have opted out, of the pairs in which a word was
    said that only then is a keyword.
    """
    in_question = [
        pair
        for pair, body in said
        if keyword_in(body, opted_out=True) != keyword_in(body, opted_out=False)
    ]
    return ledger.opted_out(in_question) if in_question else set()


def _reply(
    text: InboundText,
    place: ReplyOwner,
    now: datetime,
) -> Reply:
    # one that we missed keeps the time it was sent, which is never still to come
    at = min(text.sent_at or now, now)
    body, phone = bodies.clean(text.body), _e164(text.student_phone)
    return Reply(
        id=id_of(text.carrier_message_id),
        conversation_id=place.conversation_id or _opened(place, phone, at).pk,
        channel=Channel.TEXT,
        body=body,
        created_at=at,
        system_number_id=place.number_id,
        student_phone=phone,
        segments=segments.measure(body).segments,
        carrier_message_id=text.carrier_message_id,
        detail=_said_beside(place, phone, is_late=now - at > LATE_AFTER),
        needs_reply=not _is_request(keyword_in(text.body, opted_out=False)),
    )


def _said_beside(
    place: ReplyOwner,
    phone: str,
    *,
    is_late: bool,
) -> str:
    """What a conversation says beside a text that is not as others are."""
    said = (
        [FROM_FORMER_PHONE.format(phone=phones.written(phone))]
        if place.is_from_former_phone
        else []
    )
    return " ".join([*said, *([REACHED_LATE] if is_late else [])])


def _opened(
    place: ReplyOwner,
    phone: str,
    now: datetime,
) -> Conversation:
    """For the first reply from this phone to this inbox."""
    inbox = Inbox.objects.get(pk=place.inbox_id)
    if place.student_id:
        return open_conversation(
            inbox=inbox,
            student=Student.objects.get(pk=place.student_id),
            now=now,
        )
    return open_with_phone(
        inbox=inbox,
        phone=phone,
        now=now,
    )


def _honor_all(
    filed: Sequence[tuple[InboundText, ReplyOwner, Reply]],
    waited: Collection[ledger.PhonePair],
) -> None:
    """What the replies ask for, in the order they came. Their conversations are locked:
    nobody opts out or in meanwhile.
    """
    out = _those_out(
        ((reply.student_phone, text.system_phone), text.body)
        for text, _, reply in filed
    )
    # by student: what one of them said is honored one after the other
    together: dict[str, KeywordReply] = {}
    for text, place, reply in filed:
        pair = (reply.student_phone, text.system_phone)
        found = keyword_in(text.body, opted_out=pair in out)  # as the carrier read it
        if reply.student_phone in together:
            honor_keywords(list(together.values()))
            together = {}
        if found and _is_request(found):
            if pair not in waited:
                ledger.lock_exclusive(pair)
            together[reply.student_phone] = KeywordReply(text, reply, *found)
        elif (
            found is None and pair in waited and (phrase := stop_phrase_in(reply.body))
        ):
            requests.ask_about(
                _asked_about(text, place),
                reply.body,
                phrase,
                text=text,
                now=reply.created_at,
            )
    honor_keywords(list(together.values()))


@lru_cache(maxsize=10_000)  # the same students write again and again
def _e164(phone: str) -> str:
    """Short codes and foreign numbers do write to us: what cannot
    be normalized is kept as it came.
    """
    try:
        return phones.normalise(phone)
    except phones.PhoneError:
        return phone[:16]
