"""Send the failed texts of a broadcast once more: those where that is safe, and sensible."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from quadline.accounts.models import User
from quadline.audit.models import record
from quadline.broadcasts import writing
from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.broadcasts.launching import set_off
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.pausing import may_steer
from quadline.broadcasts.rules import MAY_BECOME, BroadcastRefused, Outcome, State
from quadline.conversations.rules import Channel, Status
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.models import OutgoingEmail
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student

# The text itself was in order, and the phone may be there now. A refusal, a dead number or a spam filter stays one.
PASSING = frozenset(
    {"unreachable", "network", "expired", "too_many", "daily_limit", "held_back", "carrier_trouble", "not_registered", "unknown"}
)
NOT_REACHED = (Status.FAILED, Status.UNDELIVERED, Status.UNREACHED)
EMAIL_MAY_REACH = (OutgoingEmail.State.QUEUED, OutgoingEmail.State.SENDING, OutgoingEmail.State.SENT)


def may_be_retried(broadcast: Broadcast) -> int:
    """How many texts retry_failed would send again, if consent allows."""
    return _failed(broadcast).count() if broadcast.state in (State.RUNNING, State.FINISHED) else 0


def retry_failed(broadcast: Broadcast, *, actor: User, now: datetime) -> int:
    """Send the texts that failed and reached nobody in any way once more; returns how many. Raises BroadcastRefused."""
    with transaction.atomic():
        row = Broadcast.objects.select_for_update(no_key=True, of=["self"]).select_related("author").get(pk=broadcast.pk)
        if not may_steer(row, actor):
            raise BroadcastRefused(f"Only {row.author.name} or an administrator can do that. Nothing was sent.")
        if (row.state != State.RUNNING and State.RUNNING not in MAY_BECOME[State(row.state)]) or row.state == State.DRAFT:
            raise BroadcastRefused("It is paused or stopped. Nothing was sent.")
        count = _send_again(row, actor, now)
        if count:
            Broadcast.objects.filter(pk=row.pk).update(state=State.RUNNING, finished_at=None)
            record("broadcast retried", subject=row, actor=actor, texts=count)
            set_off(row)
    broadcast.refresh_from_db()
    return count


def _failed(broadcast: Broadcast) -> QuerySet[Recipient]:
    """Not those whose email is on its way or was taken, nor those that were sent again before."""
    texts = broadcast.recipients.filter(
        message__channel=Channel.TEXT, message__status__in=NOT_REACHED, message__reason__in=PASSING, first_message=None
    )
    return texts.exclude(message__email__state__in=EMAIL_MAY_REACH)


def _send_again(broadcast: Broadcast, actor: User, now: datetime) -> int:
    """A new text each, if the student may be texted now; the first one stays on record."""
    number = SystemNumber.objects.of(broadcast.author)
    students = Student.objects.filter(pk__in=_failed(broadcast).values("student")).visible_to(broadcast.author)
    verdicts = list(verdicts_for(people_in(students), author=broadcast.author, number=number, now=now))
    held = {student.pk: verdict.until for student, verdict in verdicts if verdict.until}
    allowed = [student.pk for student, verdict in verdicts if verdict.is_allowed or verdict.until]
    again = broadcast.recipients.filter(pk__in=_failed(broadcast).filter(student__in=allowed).values("pk"))
    recipients = list(again.values_list("pk", flat=True))
    if not recipients or number is None:
        return 0
    phone = Student.objects.filter(pk=OuterRef("student")).values("mobile")  # it may be another by now
    Recipient.objects.filter(pk__in=recipients).update(
        first_message=F("message"), message=None, outcome=Outcome.TEXT, reason="", phone=Subquery(phone)
    )
    writing.open_conversations(broadcast, only=recipients, count=len(recipients), now=now)
    writing.write(
        writing.Order(
            broadcast=broadcast,
            only=recipients,
            number=number,
            actor_id=actor.pk,
            held=held,
            deadline=deadline_of(max([now, *held.values()])),
            now=now,
        )
    )
    return len(recipients)
