"""The texts that wait when their author leaves: handed over, or cancelled. Each once,
under its lock; what a sender has claimed goes on and is the leaver's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.pausing import stop_rest
from quadline.broadcasts.rules import BroadcastState
from quadline.consent.questions import pairs_in_question
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message, MessageQuerySet
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Status,
    WaitingFor,
)
from quadline.conversations.statuses import climb
from quadline.delivery import notices
from quadline.delivery.models import SuccessorAnswer
from quadline.delivery.outbox import holding
from quadline.handovers.models import HandedText
from quadline.inboxes.departure_rules import WaitingTexts
from quadline.inboxes.holding import first_writer
from quadline.inboxes.models import Departure, Inbox
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number
from quadline.roster.models import CaseloadEntry, Student
from quadline.sms import segments

Outcome = HandedText.Outcome
AUTHOR_LEFT = "It was not sent: its author has left."
UNDER_WAY = (BroadcastState.RUNNING, BroadcastState.PAUSED)


@dataclass(frozen=True)
class TextTarget:
    """Where a handed text goes: an inbox, its number, and who is its author there."""

    inbox: Inbox
    number: SystemNumber
    author: User


def waiting_texts_of(staff: User) -> MessageQuerySet:
    """Single texts that the carrier provably does not have. A broadcast's are its own
    matter.
    """
    is_due_again = Q(status__in=WITH_THE_CARRIER, due_at__isnull=False)
    texts = Message.objects.filter(
        Q(status__in=BEFORE_AN_ATTEMPT) | is_due_again,
        author=staff,
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
    )
    # A stopped broadcast's texts are over; these are still its author's to steer.
    of_broadcasts = Recipient.objects.filter(
        broadcast__author=staff, broadcast__state__in=UNDER_WAY
    )
    # They are about somebody else who left, and leave from that number.
    answers = SuccessorAnswer.objects.values("message")
    return texts.exclude(
        pk__in=of_broadcasts.filter(message__isnull=False).values("message")
    ).exclude(pk__in=answers)


def unfinished_broadcasts(staff: User) -> list[Broadcast]:
    found = Broadcast.objects.filter(author=staff, state__in=UNDER_WAY)
    return list(found.order_by("created_at"))


def stop_broadcasts(departure: Departure, *, actor: User, now: datetime) -> None:
    """What has not left is cancelled: a broadcast is one message by one person, and the
    successor can copy it.
    """
    for broadcast in unfinished_broadcasts(departure.staff):
        before = _unsent_in(broadcast)
        stop_rest(broadcast, actor=actor, now=now)
        _record(departure, before, Outcome.STOPPED, None, now)


def settle_texts(departure: Departure, *, actor: User, now: datetime) -> None:
    """Hand over what waits, or cancel it, as was chosen. Safe to repeat: what the
    leaver had accepted in the very moment of leaving is found the next time.
    """
    students = dict(departure.handed_students.values_list("student", "inbox"))
    targets: dict[int, TextTarget] = {}
    # One that was handed over has another author; a cancelled one is over.
    # This is for what was recorded and came back by hand.
    done = departure.handed_texts.values("message")
    waiting = waiting_texts_of(departure.staff).exclude(pk__in=done)
    for message in _locked(waiting):
        inbox_id = students.get(message.conversation.student_id or 0)
        if departure.choice_for(message.pk) is WaitingTexts.CANCEL:
            outcome = Outcome.CANCELLED
        else:
            outcome = Outcome.HANDED_OVER if inbox_id else Outcome.NOT_THEIRS
        if outcome is not Outcome.HANDED_OVER or inbox_id is None:
            _cancel(message, actor=actor, now=now)
            _record(departure, [message], outcome, None, now)
            continue
        if inbox_id not in targets:
            targets[inbox_id] = _target(departure, inbox_id, now)
        if _must_wait(message, targets[inbox_id]):
            continue
        hand_over_text(message, targets[inbox_id], actor=actor, now=now)
        _record(departure, [message], outcome, inbox_id, now)


def hand_texts_back(
    departure: Departure,
    holder_ids: Iterable[int],
    *,
    actor: User | None,
    now: datetime,
) -> None:
    """What those who followed wrote, that waits for students who are not theirs any
    more: it leaves from the number of the one who is back.
    """
    theirs = CaseloadEntry.objects.filter(staff=departure.staff).values("student")
    target: TextTarget | None = None
    for holder in User.objects.filter(pk__in=set(holder_ids)).order_by("pk"):
        kept = CaseloadEntry.objects.filter(staff=holder).values("student")
        going = waiting_texts_of(holder).filter(conversation__student__in=theirs)
        going = going.exclude(conversation__student__in=kept)
        for message in _locked(going):
            target = target or _target(departure, departure.staff_id, now)
            if not _must_wait(message, target):
                hand_over_text(message, target, actor=actor, now=now)


def hand_over_text(
    message: Message,
    to: TextTarget,
    *,
    actor: User | None,
    now: datetime,
) -> None:
    """The same words to the same student, from another number. The caller has its row
    locked, and it has never been picked up.

    The law is asked for the new pair of phones, with the notice that a first text of
    that number carries.
    """
    student = message.conversation.student
    assert student is not None, "a student on a caseload"
    # The notice names the sender and is given once for each number.
    ended_notice = message.notice
    message.conversation = _conversation(to.inbox, student, now)
    message.system_number, message.author = to.number, to.author
    # Else the text itself would count as having given it.
    message.notice = ""
    due = notices.notice_due(message.conversation, to.number)
    # One that it would make too long leaves without it, as in pass_notice_on.
    if notices.fit_notice(message.body, due) <= 0 or ended_notice:
        message.notice = due
    message.segments = segments.measure(message.text).segments
    message.save(
        update_fields=[
            "conversation",
            "system_number",
            "author",
            "notice",
            "segments",
        ]
    )
    holding.make_due(message, cause=Cause.AUTHOR_LEFT, actor=actor, now=now)
    record_audit(
        "text handed over",
        subject=message,
        actor=actor,
        author=to.author.pk,
        inbox=to.inbox.pk,
    )


def _must_wait(message: Message, to: TextTarget) -> bool:
    """Somebody is asked whether the student wants no more texts, and the question
    cannot be put to the successor's number before that has a phone (consents.py).
    """
    number = message.system_number
    if to.number.phone or number is None:
        return False
    return pairs_in_question([(message.student_phone, number.phone)]) != set()


def _target(departure: Departure, inbox_id: int, now: datetime) -> TextTarget:
    inbox = Inbox.objects.select_related("owner__office", "office").get(pk=inbox_id)
    number = SystemNumber.objects.of_inbox(inbox_id)
    author = first_writer(inbox)
    number = number or request_number(inbox=inbox, actor=departure.planned_by, now=now)
    return TextTarget(inbox, number, author)


def _conversation(inbox: Inbox, student: Student, now: datetime) -> Conversation:
    opened = open_conversation(inbox=inbox, student=student, now=now)
    related = Conversation.objects.select_related("student", "inbox__owner")
    return related.get(pk=opened.pk)


def _cancel(message: Message, *, actor: User | None, now: datetime) -> None:
    """One that was tried before cannot be taken back by name, and is not sent."""
    is_untouched = message.status in BEFORE_AN_ATTEMPT
    climb(
        [message],
        Status.CANCELLED if is_untouched else Status.BLOCKED,
        cause=Cause.AUTHOR_LEFT_CANCELLED,
        now=now,
        actor=actor,
        reason="" if is_untouched else WaitingFor.AUTHOR,
        detail="" if is_untouched else AUTHOR_LEFT,
    )
    record_audit("text cancelled", subject=message, actor=actor, why="its author left")
    notices.pass_notice_on(message)


def _locked(texts: MessageQuerySet) -> list[Message]:
    """In the order of their ids, as everywhere. One that a sender has just now is left:
    it is on its way, or it is found the next time.
    """
    rows = texts.order_by("pk").select_for_update(
        no_key=True, skip_locked=True, of=["self"]
    )
    related = rows.select_related("conversation__student", "system_number")
    return list(related)


def _unsent_in(broadcast: Broadcast) -> list[Message]:
    texts = Recipient.objects.filter(broadcast=broadcast).values("message")
    unsent = Q(status__in=BEFORE_AN_ATTEMPT)
    return list(Message.objects.filter(unsent, pk__in=texts))


def _record(
    departure: Departure,
    messages: Iterable[Message],
    outcome: HandedText.Outcome,
    inbox_id: int | None,
    now: datetime,
) -> None:
    is_given = outcome is Outcome.HANDED_OVER
    HandedText.objects.bulk_create(
        [
            HandedText(
                departure=departure,
                message=message,
                inbox_id=inbox_id if is_given else None,
                outcome=outcome,
                at=now,
            )
            for message in messages
        ],
        ignore_conflicts=True,
    )
