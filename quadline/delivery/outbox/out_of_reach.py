"""Texts that their author may not send any more: the student has left the
caseload, or the account was switched off.

They are held, somebody is told, and they go on when the author may again; else they are
closed at their deadline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from quadline import clock
from quadline.accounts.models import User
from quadline.consent.rules import ALLOWED
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message, MessageQuerySet
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    WaitingFor,
)
from quadline.conversations.statuses import wait
from quadline.delivery import alerts
from quadline.delivery.models import SuccessorAnswer
from quadline.delivery.outbox import holding
from quadline.delivery.permission.reach import students_in_reach, why_out_of_reach
from quadline.delivery.rules import waits_for
from quadline.delivery.sending import sender
from quadline.jobs import enqueue, job

# a paused broadcast asks when it is resumed
NOT_HELD_AGAIN = (WaitingFor.AUTHOR, WaitingFor.PAUSED)
TEXTS_PER_AUTHOR = 500  # of one author's; the next sweep lets more go on


@job(queue="texts", attempts=3)
def hold_texts_out_of_reach_job(timestamp: int) -> None:
    """The timetable's sweep: whatever changed accounts or caseloads
    without asking for this is found here.
    """
    hold_texts_out_of_reach(now=clock.now())


def hold_texts_out_of_reach(*, now: datetime) -> None:
    """Hold each text that waits for a student its author may not text
    now, and release what they may again.

    In the transaction that changes who may text whom. What a sender has claimed
    goes on.
    """
    for author in _authors(_waiting()):
        _hold(author, now)
    for author in _authors(_held()):
        _let_go_on(author, now)


@transaction.atomic
def _hold(author: User, now: datetime) -> None:
    mine = _students(_waiting(), author)
    reached = _reached(author, mine)
    messages = _locked(
        _waiting(), [text for text, student in mine.items() if student not in reached]
    )
    if messages:
        why = why_out_of_reach(author)
        held = waits_for(
            ALLOWED,
            now=now,
            is_bulk=False,
            is_out_of_reach=True,
        )
        ids = [message.pk for message in messages]
        wait(
            ids,
            replace(held, detail=why),
            now=now,
            cause=Cause.AUTHOR,
        )
        alerts.alert_author_of_held_texts(author, len(messages), why=why)


@transaction.atomic
def _let_go_on(
    author: User,
    now: datetime,
) -> None:
    mine = _students(_held(), author)
    reached = _reached(author, mine)
    free = sorted(text for text, student in mine.items() if student in reached)
    messages = _locked(_held(), free[:TEXTS_PER_AUTHOR])
    for message in messages:
        holding.make_due(
            message,
            cause=Cause.AUTHOR_AGAIN,
            actor=None,
            now=now,
        )
    if messages:
        enqueue(sender.send_due_texts)


def _open_texts() -> MessageQuerySet:
    """Each with its author and its student, looked up alone: a join
    depends on statistics (docs/adr/0020).
    """
    theirs = Conversation.objects.filter(pk=OuterRef("conversation"))
    student = Subquery(theirs.values("student")[:1])
    # Not the column itself: its index has all that this author ever wrote.
    writer = Coalesce("author", Value(0))
    texts = Message.objects.filter(direction=Direction.OUTBOUND, channel=Channel.TEXT)
    # That somebody has left is told whoever texted: it answers them.
    answers = SuccessorAnswer.objects.filter(message=OuterRef("pk"))
    texts = texts.filter(~Exists(answers))
    return texts.filter(status__in=BEFORE_AN_ATTEMPT | WITH_THE_CARRIER).annotate(
        writer=writer, student=student
    )


def _waiting() -> MessageQuerySet:
    """Texts that the carrier provably does not have, and
    that would leave automatically.
    """
    not_there = (
        Q(status__in=BEFORE_AN_ATTEMPT)
        | Q(due_at__isnull=False)
        | Q(reason=WaitingFor.QUESTION)
    )
    return _open_texts().filter(not_there).exclude(reason__in=NOT_HELD_AGAIN)


def _held() -> MessageQuerySet:
    return _open_texts().filter(reason=WaitingFor.AUTHOR)


def _authors(texts: MessageQuerySet) -> list[User]:
    """Of texts to students we know."""
    known = texts.exclude(student=None).order_by()  # type: ignore[misc]  # of _open_texts
    writers = known.values_list("writer", flat=True).distinct()  # type: ignore[misc]
    return list(User.objects.filter(pk__in=list(writers)).order_by("pk"))


def _students(texts: MessageQuerySet, author: User) -> dict[UUID, int]:
    """This author's texts, and to whom they are."""
    return dict(
        texts.filter(writer=author.pk)  # type: ignore[misc]
        .exclude(student=None)
        .values_list("pk", "student")
    )  # of _open_texts


def _reached(
    author: User,
    texts: Mapping[UUID, int],
) -> set[int]:
    return set(
        students_in_reach(author)
        .filter(pk__in=set(texts.values()))
        .values_list("pk", flat=True)
    )


def _locked(texts: MessageQuerySet, ids: Sequence[UUID]) -> list[Message]:
    """In the order in which the sender's answers are written down (recording.py)."""
    locked = (
        texts.filter(pk__in=ids)
        .order_by("pk")
        .select_for_update(no_key=True, of=["self"])
    )
    return (
        list(locked.prefetch_related("conversation__student", "system_number"))
        if ids
        else []
    )
