"""Opting out in other ways than by a keyword: words that a person must judge, and
requests a staff member was told.

Nobody opts a student in: answering "keep texting" writes nothing to the ledger. See
docs/adr/0009.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.carriers.protocol import InboundText
from quadline.consent import ledger, questions
from quadline.consent.ledger import PhonePair
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.questions import StopAnswer
from quadline.consent.rules import Change, Source, keyword_in
from quadline.consent.stop_start_rules import NEAR, Word, WordSource, comes_after
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction
from quadline.delivery.opting.carrier_opt_outs import tell_carrier
from quadline.delivery.opting.inflight import block_sends
from quadline.delivery.outbox import holding
from quadline.delivery.sending import sender
from quadline.inboxes.models import Inbox, may_write_in
from quadline.jobs import enqueue
from quadline.live.notifications import notify_each
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import bodies

MAX_LEDGER_WORDING = 500  # of a reply or a note, as kept in the ledger
MAX_QUESTIONS_CHECKED = 20  # replies, for words that may mean stop
NOT_ASKED: Mapping[str, datetime] = {}


class RequestedBy(StrEnum):
    """How a student told a staff member."""

    IN_PERSON = "in_person"
    BY_PHONE = "by_phone"
    BY_EMAIL = "by_email"
    BY_LETTER = "by_letter"


REQUESTED_BY_WORDS: dict[RequestedBy, str] = {
    RequestedBy.IN_PERSON: "In person",
    RequestedBy.BY_PHONE: "By phone",
    RequestedBy.BY_EMAIL: "By email",
    RequestedBy.BY_LETTER: "By mail",
}


class StopRequestRefused(ValueError):
    """Nothing was recorded; the message says why, in plain words."""


def ask_about(
    pair: PhonePair,
    body: str,
    phrase: str,
    *,
    text: InboundText,
    now: datetime,
) -> StopQuestion | None:
    """Put a reply that may mean stop to its staff user; texts to this
    student wait. ``now``: when it came.

    In the transaction that files it, which has waited for those on their way.
    """
    question = questions.ask_question(
        pair=pair,
        wording=body[:MAX_LEDGER_WORDING],
        phrase=phrase,
        carrier_reference=text.carrier_message_id,
        asked_at=now,
        carrier_at=text.sent_at,
        is_text=True,
        has_waited=True,
    )
    if question:
        holding.hold_texts(pair, now=now)
    return question


def answer_questions_by_keyword(
    heard: Mapping[PhonePair, datetime],
    *,
    dates: Mapping[str, datetime] = NOT_ASKED,
    shut_by_first_word: Collection[PhonePair] = (),
) -> set[PhonePair]:
    """What the ledger has just learned of students says what
    other words of theirs meant.

    In doubt it says nothing. ``heard``: the pairs, and when each was heard of.
    ``dates``: of their texts by the carrier's clock, by its ids, where it was asked.
    ``shut_by_first_word``: those that have said STOP and nothing before. Returns the
    pairs that are out.
    """
    shut = set(shut_by_first_word)
    standings = ledger.consent_states(heard.keys() - shut)
    surely_out = {
        pair for pair, standing in standings.items() if standing.is_surely_out
    } | shut
    questions.settle_by_keyword(
        {pair: heard[pair] for pair in sorted(surely_out)}, StopAnswer.STOP
    )
    for pair, standing in standings.items():
        if not standing.opted_out:
            _ask_about_what_followed(pair, standing.entry, dates)
            _answer_by_start(pair, standing.entry.word, now=heard[pair])
    return {pair for pair, standing in standings.items() if standing.opted_out} | shut


def _answer_by_start(
    pair: PhonePair,
    start: Word,
    *,
    now: datetime,
) -> None:
    """A START answers what was said before it; what came after it is asked, though a
    STOP had answered it meanwhile.
    """
    question = questions.open_question(pair) or questions.ask_again(pair, start)
    if question is None:
        return
    is_after = comes_after(start, question.word)
    if is_after:
        questions.settle_question(
            pair=pair,
            answer=StopAnswer.GO_ON,
            by=None,
            now=now,
        )
        holding.release_held_texts(pair, actor=None, now=now)
        enqueue(sender.send_due_texts)
    elif is_after is None:
        ledger.set_doubt(pair)


def _ask_about_what_followed(
    pair: PhonePair,
    start: ConsentEntry,
    dates: Mapping[str, datetime],
) -> None:
    """Nobody asks what the words of a student mean who is out. When a START turns out
    to be older than they are, it is due.
    """
    near = Message.objects.filter(
        direction=Direction.INBOUND,
        channel=Channel.TEXT,
        student_phone=pair[0],
        system_number__phone=pair[1],
        created_at__gte=start.occurred_at - NEAR,
    )
    for message in near.order_by("-position")[:MAX_QUESTIONS_CHECKED]:
        # the ledger has it
        is_keyword = keyword_in(message.body, opted_out=True) is not None
        phrase = None if is_keyword else stop_phrase_in(message.body)
        if phrase is None:
            continue
        message_id = message.carrier_message_id
        text = InboundText(message_id, *pair, message.body, dates.get(message_id))
        asked = ask_about(pair, message.body, phrase, text=text, now=message.created_at)
        if asked:
            return


def answer_question(
    *,
    conversation: Conversation,
    actor: User,
    answer: StopAnswer,
    now: datetime,
) -> StopQuestion | None:
    """One click of the staff user: stop, or keep texting. None when
    nobody asks, or somebody has answered.
    """
    asked = question_in(conversation)
    if asked is None:
        return None
    pair = (asked.student_phone, asked.system_phone)
    with transaction.atomic():
        if answer is StopAnswer.STOP:
            block_sends(pair)
        _one_at_a_time([conversation])
        question = questions.settle_question(
            pair=pair,
            answer=answer,
            by=actor,
            now=now,
        )
        if question is None:
            return None
        if answer is StopAnswer.STOP:
            _opt_out(
                pair,
                said_at=question.asked_at,
                wording=question.wording,
                actor=actor,
                now=now,
                asked=question,
            )
            Conversation.objects.filter(pk=conversation.pk).update(needs_reply=False)
        else:
            holding.release_held_texts(pair, actor=actor, now=now)
            enqueue(sender.send_due_texts)
        record_audit(
            "stop question answered",
            subject=conversation,
            actor=actor,
            answer=answer.value,
            question=question.pk,
        )
        _announce([conversation])
        return question


def question_in(conversation: Conversation) -> StopQuestion | None:
    """The open question of a conversation, about any of its inbox's numbers."""
    return next(iter(questions_in([conversation]).values()), None)


def questions_in(
    conversations: Iterable[Conversation],
) -> dict[int, StopQuestion]:
    """Those of the conversations in whose inbox somebody is
    asked, with what; in two looks.

    About numbers that the inbox has no more, too: the question is still open.
    """
    asked = {each.pk: each for each in conversations if each.student_phone}
    inboxes = {each.inbox_id for each in asked.values()}
    numbers = SystemNumber.objects.filter(inbox__in=inboxes).exclude(phone="")
    inboxes_at: dict[str, set[int | None]] = {}
    for phone, inbox in numbers.values_list("phone", "inbox"):
        inboxes_at.setdefault(phone, set()).add(inbox)
    found = StopQuestion.objects.filter(
        answer="",
        system_phone__in=inboxes_at,
        student_phone__in={each.student_phone for each in asked.values()},
    )
    by_inbox = {
        (inbox, question.student_phone): question
        for question in found
        for inbox in inboxes_at[question.system_phone]
    }
    of_each = {
        pk: by_inbox.get((each.inbox_id, each.student_phone))
        for pk, each in asked.items()
    }
    return {pk: question for pk, question in of_each.items() if question}


def record_stop_request(
    *,
    student: Student,
    inbox: Inbox,
    actor: User,
    how: RequestedBy,
    said_at: datetime,
    now: datetime,
    note: str = "",
) -> ConsentEntry | None:
    """A student told ``actor`` that they want no more texts from this
    inbox. None when they are out already.

    Raises RequestRefused.
    """
    is_for_them = may_write_in(actor, inbox.pk) or actor.may[May.MANAGE]
    if not actor.may[May.TEXT] or not is_for_them:
        raise StopRequestRefused(
            "You can record this for your own number only. Nothing was recorded."
        )
    if said_at > now:
        raise StopRequestRefused(
            "That time is still to come. Say when the student asked."
        )
    number = SystemNumber.objects.of_inbox(inbox.pk)
    if number is None or not number.phone or not student.mobile:
        raise StopRequestRefused(
            f"There is no number of {inbox.shown_name} that could text {student.first}."
            " Nothing was recorded."
        )
    pair = (student.mobile, number.phone)
    with transaction.atomic():
        block_sends(pair)
        conversations = Conversation.objects.filter(inbox=inbox, student=student)
        _one_at_a_time(conversations)
        if ledger.is_surely_out(pair):
            return None
        _refuse_if_they_came_back(pair, student, said_at)
        words = f"{REQUESTED_BY_WORDS[how]}. {bodies.clean(note).strip()}".strip()
        entry = _opt_out(
            pair,
            said_at=said_at,
            wording=words[:MAX_LEDGER_WORDING],
            actor=actor,
            now=now,
        )
        questions.settle_question(pair=pair, answer=StopAnswer.STOP, by=actor, now=now)
        record_audit(
            "stop request recorded",
            subject=student,
            actor=actor,
            how=how.value,
            whose=inbox.pk,
        )
        _announce(conversations)
        return entry


@transaction.atomic
def record_stop_requests(
    *,
    student: Student,
    inboxes: Sequence[Inbox],
    actor: User,
    how: RequestedBy,
    said_at: datetime,
    now: datetime,
    note: str = "",
) -> int:
    """The same for several numbers, all or none. Returns for how many it changed
    something. Raises RequestRefused.
    """
    numbers = SystemNumber.objects.live().filter(inbox__in=inboxes).exclude(phone="")
    # All at once: a STOP of this student's may want them, too.
    ledger.lock_exclusive(*((student.mobile, number.phone) for number in numbers))
    entries = [
        record_stop_request(
            student=student,
            inbox=each,
            actor=actor,
            how=how,
            said_at=said_at,
            note=note,
            now=now,
        )
        for each in inboxes
    ]
    return sum(entry is not None for entry in entries)


def numbers_that_texted(student: Student) -> list[SystemNumber]:
    """The numbers in use from which this student was ever texted, by whose they are."""
    texts = Message.objects.filter(
        conversation__student=student, system_number__isnull=False
    )
    used = texts.values("system_number")
    numbers = SystemNumber.objects.live().filter(pk__in=used).exclude(phone="")
    return list(
        numbers.select_related("inbox__owner").order_by("inbox__owner__name", "pk")
    )


def _opt_out(
    pair: PhonePair,
    *,
    said_at: datetime,
    wording: str,
    actor: User,
    now: datetime,
    asked: StopQuestion | None = None,
) -> ConsentEntry | None:
    """The caller has kept the pair's texts back. ``asked``: the reply that
    was asked about, if it was in writing.
    """
    entry = ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.STAFF,
        occurred_at=said_at,
        wording=wording,
        carrier_message_id=asked.carrier_reference if asked and asked.is_text else "",
        carrier_at=asked.carrier_at if asked else None,
        actor=actor,
        has_waited=True,
    )
    if entry and ledger.is_opted_out(pair):
        holding.close_texts(pair, now=now)
        enqueue(tell_carrier, entry_id=entry.pk)
    return entry


def _refuse_if_they_came_back(
    pair: PhonePair,
    student: Student,
    said_at: datetime,
) -> None:
    """Only a START that surely came later counts more: of two words
    close together the request does.
    """
    request = Word(
        id=0,
        change=Change.OPT_OUT,
        kind=WordSource.TOLD,
        occurred_at=said_at,
        heard_at=said_at,
    )
    standing = ledger.consent_state(pair)
    if standing and not standing.opted_out and ledger.opted_in_after(pair, request):
        word = standing.entry.keyword or "START"
        raise StopRequestRefused(
            f"{student.first} has texted {word} since then, and that counts."
            " Nothing was recorded."
        )


def _one_at_a_time(conversations: Iterable[Conversation]) -> None:
    """As when a text is accepted or a reply filed: nothing joins
    these conversations meanwhile.
    """
    ids = [each.pk for each in conversations]
    rows = Conversation.objects.filter(pk__in=ids).order_by("pk")
    # evaluated: the locks are what is wanted
    list(rows.select_for_update(no_key=True))


def _announce(conversations: Iterable[Conversation]) -> None:
    notify_each(
        (conversation.inbox_id, f"conv-{conversation.pk}")
        for conversation in conversations
    )
