"""Settle attempts whose outcome is unknown: read the carrier's log before anything is sent again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from quadline.carriers import registry
from quadline.carriers.protocol import NumberProblem, SentText, Unknown
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery import recording
from quadline.delivery.models import Attempt
from quadline.delivery.rules import LOST_AFTER, MOST_ATTEMPTS, next_look
from quadline.delivery.sender import send_due_texts
from quadline.jobs import enqueue, job

CLOCKS_DIFFER_BY = timedelta(minutes=5)  # between the carrier's clock and ours, at most
A_PERSON_DECIDES = "We could not learn whether this text went out. Ask the student, or write again."


@job(queue="texts", attempts=3)
def settle_unknown_attempts(timestamp: int) -> None:
    """The timetable's sweep: dead workers' attempts, then a look at the carrier for each unknown outcome."""
    now = timezone.now()
    lost = Attempt.objects.filter(outcome=Attempt.Outcome.UNDER_WAY, started_at__lt=now - LOST_AFTER)
    for attempt in lost.select_related("message__conversation", "message__system_number"):
        recording.record_unknown(attempt.message, attempt, Unknown("the worker stopped"), now=now)
    unknown = Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).filter(Q(next_look_at__lte=now))
    for attempt in unknown.select_related("message__conversation", "message__system_number"):
        settle(attempt, now=now)


def settle(attempt: Attempt, *, now: datetime) -> None:
    """Look once for one text. Found: adopted. Twice not there: the carrier does not have it, and it is due again."""
    message = attempt.message
    if message.carrier_message_id:  # a receipt has brought it meanwhile
        recording.record_accepted(message, attempt, message.carrier_message_id, now=now)
        return
    try:
        found = _at_the_carrier(attempt)
    except NumberProblem:
        return  # the log cannot be read now; the next sweep tries again
    if found:
        recording.record_accepted(message, attempt, found.carrier_message_id, now=now)
    else:
        _note_absence(attempt, now=now)


def _at_the_carrier(attempt: Attempt) -> SentText | None:
    """The oldest text in the carrier's log that can be this one and is no other row's."""
    message = attempt.message
    assert message.system_number is not None, "an attempted text has a number"
    log = registry.current().sent_texts(
        system_phone=message.system_number.phone,
        student_phone=message.student_phone,
        since=attempt.started_at - CLOCKS_DIFFER_BY,
    )
    taken = set(
        Message.objects.filter(carrier_message_id__in=[text.carrier_message_id for text in log]).values_list(
            "carrier_message_id", flat=True
        )
    )
    alike = [text for text in log if text.body == message.text and text.carrier_message_id not in taken]
    return min(alike, key=lambda text: text.sent_at, default=None)


@transaction.atomic
def _note_absence(attempt: Attempt, *, now: datetime) -> None:
    row = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    if (row.outcome, row.looks) != (Attempt.Outcome.UNKNOWN, attempt.looks):
        return  # a sweep that began later was quicker; its text may be on its way again
    attempt.looks += 1
    if (wait := next_look(attempt.looks)) is not None:
        attempt.next_look_at = max(now, attempt.started_at + wait)
        attempt.save(update_fields=["looks", "next_look_at"])
        return
    recording.close(attempt, Attempt.Outcome.NOTHING_FOUND)
    made = attempt.message.attempts.filter(outcome=Attempt.Outcome.NOTHING_FOUND).count()
    waiting = Message.objects.filter(pk=attempt.message_id, status=Status.UNCONFIRMED)
    if made < MOST_ATTEMPTS and waiting.update(due_at=now, detail="The carrier does not have it. Sending it again."):
        enqueue(send_due_texts)
    else:
        waiting.update(detail=A_PERSON_DECIDES)
