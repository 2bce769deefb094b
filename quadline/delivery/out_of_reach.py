"""Texts that their author may not send any more: the student has left the caseload, or the account was switched off.

They are held, somebody is told, and they go on when the author may again; else they are closed at their deadline.
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from quadline import clock
from quadline.accounts.models import User
from quadline.consent.rules import Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message, MessageQuerySet
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, IN_DOUBT, Channel, Direction, WaitingFor
from quadline.conversations.statuses import wait
from quadline.delivery import alerts, holding, sender
from quadline.delivery.reach import in_reach, why_not
from quadline.delivery.rules import waits_for
from quadline.jobs import enqueue, job

ALLOWED = Verdict(True)
LEFT_ALONE = (WaitingFor.AUTHOR, WaitingFor.PAUSED)  # a paused broadcast asks when it is resumed
IN_ONE_GO = 500  # of one author's; the next sweep lets more go on


@job(queue="texts", attempts=3)
def keep_what_is_out_of_reach(timestamp: int) -> None:
    """The timetable's sweep: whatever changed accounts or caseloads without asking for this is found here."""
    keep_out_of_reach(now=clock.now())


def keep_out_of_reach(*, now: datetime) -> None:
    """Hold each text that waits for a student its author may not text now, and let go on what they may again.

    In the transaction that changes who may text whom. What is in the sender's hands goes on.
    """
    held = _open_texts().filter(reason=WaitingFor.AUTHOR)
    for author in User.objects.filter(pk__in=_waiting().values("conversation__staff")).order_by("pk"):
        _hold(author, now)
    for author in User.objects.filter(pk__in=held.values("conversation__staff")).order_by("pk"):
        _let_go_on(author, now)


@transaction.atomic
def _hold(author: User, now: datetime) -> None:
    mine = _waiting().filter(conversation__staff=author)
    messages = list(_locked(mine.exclude(conversation__student__in=in_reach(author))))
    if messages:
        why = why_not(author)
        held = waits_for(ALLOWED, now=now, is_bulk=False, is_out_of_reach=True)
        ids = [message.pk for message in messages]
        wait(ids, replace(held, detail=why), now=now, cause=Cause.AUTHOR)
        alerts.tell_held(author, len(messages), why=why)


@transaction.atomic
def _let_go_on(author: User, now: datetime) -> None:
    held = _open_texts().filter(reason=WaitingFor.AUTHOR, conversation__staff=author)
    messages = list(_locked(held.filter(conversation__student__in=in_reach(author)))[:IN_ONE_GO])
    for message in messages:
        holding.due_again(message, cause=Cause.AUTHOR_AGAIN, actor=None, now=now)
    if messages:
        enqueue(sender.send_due_texts)


def _open_texts() -> MessageQuerySet:
    texts = Message.objects.filter(direction=Direction.OUTBOUND, channel=Channel.TEXT, conversation__student__isnull=False)
    return texts.filter(status__in=BEFORE_AN_ATTEMPT | IN_DOUBT)


def _waiting() -> MessageQuerySet:
    """Texts that the carrier provably does not have, and that would leave by themselves."""
    not_there = Q(status__in=BEFORE_AN_ATTEMPT) | Q(due_at__isnull=False) | Q(reason=WaitingFor.QUESTION)
    return _open_texts().filter(not_there).exclude(reason__in=LEFT_ALONE)


def _locked(texts: MessageQuerySet) -> MessageQuerySet:
    """In the order in which the sender's answers are written down (recording.py)."""
    related = texts.select_related("conversation__student", "system_number").order_by("pk")
    return related.select_for_update(no_key=True, of=["self"])
