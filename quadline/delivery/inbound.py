"""File replies in their conversations; honour STOP, START and HELP at once, in the same transaction.

Other words that may mean stop are put to a person (opting.py).
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
from quadline.consent.rules import Change, Keyword, Reason, Source, Verdict, keyword_in
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.receiving import Reply, receive
from quadline.conversations.rules import Channel
from quadline.delivery import holding, opting, scope
from quadline.delivery.blocking import block_unsent
from quadline.delivery.carrier_opt_outs import tell_if_unheard
from quadline.delivery.senders import Place, places
from quadline.delivery.under_way import keep_texts_back
from quadline.roster import trouble
from quadline.roster.models import Student
from quadline.sms import bodies, phones, segments

# Our ids for inbound texts are made from the carrier's, so that the same text twice is one row.
INBOUND = uuid.UUID("8f0d6a52-1c0b-4e0f-9d2b-0b8a6f9f2f53")
# Said on the screen beside a text that stands below what is newer: it joined the conversation when it came.
REACHED_LATE, LATE = "Reached us late.", timedelta(minutes=2)
FORMER = "From {phone}, a former number of this student."


def file_replies(texts: Sequence[InboundText], *, now: datetime) -> list[uuid.UUID | None]:
    """File inbound texts, each once however often it comes. The ids of their messages; None when to no number of ours.

    All or none. Many at once wait for nobody (receiving.py): OperationalError, and each may come alone.
    """
    with transaction.atomic(savepoint=False):
        found = _places(texts, now)
        waited = _keep_back([(texts[at], place) for at, place in found.items()])
        replies = {at: _reply(texts[at], place, now) for at, place in found.items()}
        new = receive(replies.values())
        # A phone that writes is a phone that works.
        trouble.clear_all({replies[at].student_phone for at, place in found.items() if place.is_in_trouble})
        _honour_all([(texts[at], found[at], reply) for at, reply in replies.items() if reply.id in new], waited)
    return [replies[at].id if at in replies else None for at in range(len(texts))]


def asks_something(body: str) -> bool:
    """Whether more may follow from a reply than that it is filed: it is best filed alone, for others would wait with it."""
    return keyword_in(body, opted_out=False) is not None or stop_phrase_in(bodies.clean(body)) is not None


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


def _keep_back(texts: Sequence[tuple[InboundText, Place]]) -> set[ledger.Pair]:
    """The pairs whose texts are kept back from here on, for somebody says STOP, START or what may mean stop.

    Before any conversation is locked, in this as in any other transaction that waits for texts on their way.
    """
    said = [(pair_in(text), text.body) for text, _ in texts]
    out = _those_out(said)
    waited = set()
    for (pair, body), (text, place) in zip(said, texts, strict=True):
        found = keyword_in(body, opted_out=pair in out)
        if found[0] is not Keyword.HELP if found else stop_phrase_in(bodies.clean(body)):
            (keep_texts_back if found and found[0] is Keyword.STOP else ledger.wait_for_sends)(pair)
            waited.add(pair)
            if found is None and (asked := _asked_about(text, place)) != pair:
                ledger.wait_for_sends(asked)
                waited.add(asked)
    return waited


def _asked_about(text: InboundText, place: Place) -> ledger.Pair:
    """Who says from a former phone that the texts may stop means those that come to the phone of now."""
    is_former = place.is_from_former_phone and place.mobile
    return (place.mobile if is_former else _e164(text.student_phone)), text.system_phone


def _those_out(said: Iterable[tuple[ledger.Pair, str]]) -> set[ledger.Pair]:
    """Those who have opted out, of the pairs in which a keyword was said."""
    words = [pair for pair, body in said if keyword_in(body, opted_out=True)]
    return ledger.opted_out(words) if words else set()


def _reply(text: InboundText, place: Place, now: datetime) -> Reply:
    at = min(text.sent_at or now, now)  # one that we missed keeps the time it was sent, which is never still to come
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
    said = [FORMER.format(phone=phones.written(phone))] if place.is_from_former_phone else []
    return " ".join([*said, *([REACHED_LATE] if is_late else [])])


def _opened(place: Place, phone: str, now: datetime) -> Conversation:
    """For the first reply from this phone to this staff user."""
    staff = User.objects.get(pk=place.staff_id)
    if place.student_id:
        return open_conversation(staff=staff, student=Student.objects.get(pk=place.student_id), now=now)
    return open_with_phone(staff=staff, phone=phone, now=now)


def _honour_all(filed: Sequence[tuple[InboundText, Place, Reply]], waited: set[ledger.Pair]) -> None:
    """What the replies ask for. Their conversations are locked: nobody opts out or in meanwhile."""
    out = _those_out(((reply.student_phone, text.system_phone), text.body) for text, _, reply in filed)
    for text, place, reply in filed:
        pair = (reply.student_phone, text.system_phone)
        found = keyword_in(text.body, opted_out=pair in out)  # as the carrier read it
        if found and found[0] is not Keyword.HELP:  # the carrier answers HELP itself; the staff user sees the question
            _honour_keyword(text, reply, *found, has_waited=pair in waited)
        elif found is None and pair in waited and (phrase := stop_phrase_in(reply.body)):
            opting.ask_about(_asked_about(text, place), reply.body, phrase, text=text, now=reply.created_at)


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
        carrier_at=text.sent_at,
        has_waited=has_waited,
    )
    Conversation.objects.filter(pk=reply.conversation_id).update(needs_reply=False)
    if entry and change is Change.OPT_IN:
        scope.reopen(entry)
    elif entry:
        scope.bring_starts(entry)
    opting.answer_by_keyword(pair, now=now)
    if change is Change.OPT_OUT and ledger.is_opted_out(pair):  # not one that is surely older than a START
        conversation = Conversation.objects.get(pk=reply.conversation_id)
        if conversation.student_phone == pair[0]:  # else it is about a former phone: no text goes there that is not closed below
            block_unsent(conversation=conversation, verdict=Verdict(False, Reason.OPTED_OUT), now=now)
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
