"""File replies in their conversations; honor STOP, START and HELP
at once, in the same transaction.

Other words that may mean stop are put to a person (opting/requests.py).
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction

from quadline.accounts.models import User
from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.rules import Keyword, keyword_in
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery.inbound.keyword_replies import KeywordReply, honor
from quadline.delivery.inbound.senders import Place, places
from quadline.delivery.opting import requests, under_way
from quadline.roster import trouble
from quadline.roster.models import Student
from quadline.sms import bodies, phones, segments

# Our ids for inbound texts are made from the carrier's, so that the same text twice is
# one row.
INBOUND = uuid.UUID("8f0d6a52-1c0b-4e0f-9d2b-0b8a6f9f2f53")
# Said on the screen beside a text that stands below what is newer: it joined the
# conversation when it came.
REACHED_LATE, LATE = "Reached us late.", timedelta(minutes=2)
FORMER = "From {phone}, a former number of this student."


def file_replies(
    texts: Sequence[InboundText], *, now: datetime, are_free: bool = False
) -> list[uuid.UUID | None]:
    """File inbound texts, each once however often it comes. The ids of their messages;
    None when to no number of ours.

    All or none. Many at once wait for nobody (receiving.py): OperationalError, and each
    may come alone. ``are_free``: ``free_at_once`` has picked them in the caller's
    transaction, so that there is nothing to wait for.
    """
    with transaction.atomic(savepoint=False):
        found = _places(texts, now)
        placed = [(texts[at], place) for at, place in found.items()]
        waited = set(_kept_back(placed)) if are_free else _keep_back(placed)
        replies = {at: _reply(texts[at], place, now) for at, place in found.items()}
        new = receive(replies.values())
        # A phone that writes is a phone that works.
        trouble.clear_all(
            {
                replies[at].student_phone
                for at, place in found.items()
                if place.is_in_trouble
            }
        )
        _honor_all(
            [
                (texts[at], found[at], reply)
                for at, reply in replies.items()
                if reply.id in new
            ],
            waited,
        )
    return [replies[at].id if at in replies else None for at in range(len(texts))]


def asks_something(body: str) -> bool:
    """Whether more may follow from a reply than that it is filed: it is best filed
    alone, for others would wait with it.
    """
    return (
        keyword_in(body, opted_out=False) is not None
        or stop_phrase_in(bodies.clean(body)) is not None
    )


def pair_in(text: InboundText) -> ledger.Pair:
    """Whose consent a text is about."""
    return _e164(text.student_phone), text.system_phone


def id_of(carrier_message_id: str) -> uuid.UUID:
    """Of the message that an inbound text becomes."""
    return uuid.uuid5(INBOUND, carrier_message_id)


def _places(texts: Sequence[InboundText], now: datetime) -> dict[int, Place]:
    """By place in ``texts``; those to numbers that are not ours have none."""
    return places(
        [text.system_phone for text in texts],
        [_e164(text.student_phone) for text in texts],
        [min(text.sent_at or now, now) for text in texts],
    )


def free_at_once(texts: Sequence[InboundText], *, now: datetime) -> set[int]:
    """Those, by their place, that the caller's transaction can file without waiting for
    anybody. Their locks are its now.

    Of several whose words meet at one lock the first. One that opens a conversation is
    left: it may meet another.
    """
    found = _places(texts, now)
    wanted = _kept_back([(texts[at], place) for at, place in found.items()])
    firsts = {
        lock: at
        for at in sorted(found, reverse=True)
        for lock in _locks(texts[at], found[at])
    }
    chosen = {
        at
        for at, place in found.items()
        if all(firsts[lock] == at for lock in _locks(texts[at], place))
    }
    pairs = {at: _pairs(texts[at], found[at]) & wanted.keys() for at in chosen}
    free_pairs = under_way.keep_back_if_free(
        {pair: wanted[pair] for of_one in pairs.values() for pair in of_one}
    )
    free = {at for at in chosen if pairs[at] <= free_pairs}
    idle = _idle_conversations({found[at].conversation_id for at in free})
    strangers = set(range(len(texts))) - found.keys()
    return strangers | {at for at in free if found[at].conversation_id in idle}


def _idle_conversations(ids: Iterable[int | None]) -> set[int]:
    """Those that nobody else is writing in. They are locked."""
    rows = Conversation.objects.filter(pk__in=[each for each in ids if each]).order_by(
        "pk"
    )
    return set(
        rows.select_for_update(no_key=True, skip_locked=True).values_list(
            "pk", flat=True
        )
    )


def _keep_back(texts: Sequence[tuple[InboundText, Place]]) -> set[ledger.Pair]:
    """The pairs whose texts are kept back from here on, for somebody
    says STOP, START or what may mean stop.

    Before any conversation is locked, in this as in any other transaction that waits
    for texts on their way.
    """
    wanted = _kept_back(texts)
    free = under_way.keep_back_if_free(wanted) if len(wanted) > 1 else set()
    for pair in sorted(wanted.keys() - free):
        (under_way.keep_texts_back if wanted[pair] else ledger.wait_for_sends)(pair)
    return set(wanted)


def _kept_back(texts: Sequence[tuple[InboundText, Place]]) -> dict[ledger.Pair, bool]:
    """The pairs whose texts have to be kept back for these;
    to each, whether for a STOP.
    """
    said = [(pair_in(text), text.body) for text, _ in texts]
    out = _those_out(said)
    wanted: dict[ledger.Pair, bool] = {}
    for (pair, body), (text, place) in zip(said, texts, strict=True):
        found = keyword_in(body, opted_out=pair in out)
        if found:
            if found[0] is not Keyword.HELP:
                wanted[pair] = wanted.get(pair, False) or found[0] is Keyword.STOP
        elif stop_phrase_in(bodies.clean(body)):
            for each in _pairs(text, place):
                wanted.setdefault(each, False)
    return wanted


def _pairs(text: InboundText, place: Place) -> set[ledger.Pair]:
    """Whose texts what is said here may be about."""
    return {pair_in(text), _asked_about(text, place)}


def _locks(text: InboundText, place: Place) -> set[str]:
    pairs = _pairs(text, place)
    return {ledger.lock_of(pair) for pair in pairs}


def _asked_about(text: InboundText, place: Place) -> ledger.Pair:
    """Who says from a former phone that the texts may stop means
    those that come to the phone of now.
    """
    is_former = place.is_from_former_phone and place.mobile
    return (place.mobile if is_former else _e164(text.student_phone)), text.system_phone


def _those_out(said: Iterable[tuple[ledger.Pair, str]]) -> set[ledger.Pair]:
    """Those who have opted out, of the pairs in which a word was
    said that only then is a keyword.
    """
    in_question = [
        pair
        for pair, body in said
        if keyword_in(body, opted_out=True) != keyword_in(body, opted_out=False)
    ]
    return ledger.opted_out(in_question) if in_question else set()


def _reply(text: InboundText, place: Place, now: datetime) -> Reply:
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
        segments=segments.count(body).segments,
        carrier_message_id=text.carrier_message_id,
        detail=_said_beside(place, phone, is_late=now - at > LATE),
    )


def _said_beside(place: Place, phone: str, *, is_late: bool) -> str:
    """What a conversation says beside a text that is not as others are."""
    said = (
        [FORMER.format(phone=phones.written(phone))]
        if place.is_from_former_phone
        else []
    )
    return " ".join([*said, *([REACHED_LATE] if is_late else [])])


def _opened(place: Place, phone: str, now: datetime) -> Conversation:
    """For the first reply from this phone to this staff user."""
    staff = User.objects.get(pk=place.staff_id)
    if place.student_id:
        return open_conversation(
            staff=staff,
            student=Student.objects.get(pk=place.student_id),
            now=now,
        )
    return open_with_phone(
        staff=staff,
        phone=phone,
        now=now,
    )


def _honor_all(
    filed: Sequence[tuple[InboundText, Place, Reply]], waited: set[ledger.Pair]
) -> None:
    """What the replies ask for, in the order they came. Their conversations are locked:
    nobody opts out or in meanwhile.
    """
    out = _those_out(
        ((reply.student_phone, text.system_phone), text.body)
        for text, _, reply in filed
    )
    # by the lock of their pair: those of one are honored one after the other
    together: dict[str, KeywordReply] = {}
    for text, place, reply in filed:
        pair = (reply.student_phone, text.system_phone)
        lock = ledger.lock_of(pair)
        found = keyword_in(text.body, opted_out=pair in out)  # as the carrier read it
        # the carrier answers HELP; staff see the question
        is_request = found is not None and found[0] is not Keyword.HELP
        if lock in together:
            honor(list(together.values()))
            together = {}
        if found and is_request:
            if pair not in waited:
                ledger.wait_for_sends(pair)
            together[lock] = KeywordReply(text, reply, *found)
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
    honor(list(together.values()))


@lru_cache(maxsize=10_000)  # the same students write again and again
def _e164(phone: str) -> str:
    """Short codes and foreign numbers do write to us: what cannot
    be normalised is kept as it came.
    """
    try:
        return phones.normalise(phone)
    except phones.PhoneError:
        return phone[:16]
