"""Write down how an attempt ended. Each in one transaction; none of them calls anybody.

A worker that was paused for minutes may come when its attempt was looked up and the text sent again. Then it is too late
to say that the carrier did not take it: nothing follows.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import Greatest

from quadline.carriers.protocol import Failure, Refused, Unknown, Unsent
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, IN_DOUBT, Status, WaitingFor
from quadline.conversations.statuses import announce, climb
from quadline.delivery import alerts, daily_cap, notices
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.failsafe import TRIED_AGAIN, write_email
from quadline.delivery.models import Attempt
from quadline.delivery.recipients import pair_of
from quadline.delivery.rules import BAD_AFTER, FIRST_LOOK_AFTER, Moment, Step, step_after, wait_before_retry
from quadline.roster import trouble

ASK_AGAIN_SECONDS = 300.0


@transaction.atomic
def record_accepted(message: Message, attempt: Attempt, carrier_message_id: str, *, now: datetime) -> None:
    """The carrier has the text: its answer says so, or its log."""
    close(attempt, Attempt.Outcome.ACCEPTED)
    # A receipt may have been quicker and have moved the status past "sent": the id is kept all the same.
    Message.objects.filter(pk=message.pk, carrier_message_id="").update(carrier_message_id=carrier_message_id, sent_at=now)
    key = f"accepted-{carrier_message_id}"
    climb(message, Status.SENT, cause="accepted", now=now, key=key, due_at=None, reason="", detail="")


@transaction.atomic
def record_refused(message: Message, attempt: Attempt, refusal: Refused, *, now: datetime) -> None:
    """The carrier said no. Whether that is the end of the text, the law decides (rules.py)."""
    if step_after(Moment.REFUSAL, refusal.failure) is Step.EMAIL_NOW:
        _end(message, attempt, refusal.failure, refusal.carrier_code, now)
    else:
        why = f"{refusal.carrier_code}: {refusal.failure.words}"
        record_unsent(message, attempt, Unsent(why, ASK_AGAIN_SECONDS, refusal.failure, refusal.carrier_code), now=now)


@transaction.atomic
def record_unsent(
    message: Message,
    attempt: Attempt,
    outcome: Unsent,
    *,
    now: datetime,
    retry_at: datetime | None = None,
    reason: WaitingFor | str = "",
) -> timedelta:
    """Provably not at the carrier: the text is due again later, its status does not fall. Returns the wait, if there is one.

    ``retry_at``: we hold it ourselves until then, by the law on texting; ``reason``: for what.
    """
    if outcome.failure:
        if _has_waited_enough(message, outcome, now):
            _end(message, attempt, outcome.failure, outcome.carrier_code, now)
            return timedelta(0)
        alerts.tell_if_concerned(outcome.failure, outcome.carrier_code)
    if not close(attempt, Attempt.Outcome.UNSENT, outcome.why):
        return timedelta(0)
    made = message.attempts.filter(outcome=Attempt.Outcome.UNSENT).count()
    wait = retry_at - now if retry_at else wait_before_retry(made, asked_for=outcome.retry_after, jitter=random.random())  # noqa: S311  # spreads retries, hides nothing
    words = outcome.failure.words if outcome.failure else "Not handed over yet."
    waiting = Message.objects.filter(pk=message.pk, status__in=BEFORE_AN_ATTEMPT | IN_DOUBT)  # not blocked by a STOP meanwhile
    again = "" if reason else f"{words} {TRIED_AGAIN}"
    waiting.update(due_at=now + wait, reason=reason, detail=again)
    if retry_at:
        waiting.update(deadline_at=Greatest("deadline_at", deadline_of(retry_at)))
    announce(message)
    return wait


def _has_waited_enough(message: Message, outcome: Unsent, now: datetime) -> bool:
    """A fault in the college's set-up is given some minutes from its first refusal; what mends itself, its deadline."""
    assert outcome.failure is not None, "asked only of a refusal"
    step = step_after(Moment.REFUSAL, outcome.failure)
    if step is not Step.TRY_BRIEFLY:
        return step is Step.EMAIL_NOW
    refused = message.attempts.filter(why__startswith=f"{outcome.carrier_code}:").aggregate(first=Min("started_at"))
    return now - (refused["first"] or now) >= timedelta(minutes=settings.ENV.failsafe_setup_minutes)


def _end(message: Message, attempt: Attempt, failure: Failure, carrier_code: str, now: datetime) -> None:
    """The carrier will not take it: its email is written now."""
    wait_if_out(message, failure)
    if not close(attempt, Attempt.Outcome.REFUSED, carrier_code):
        return
    fields = failure_fields(failure, carrier_code)
    if climb(message, Status.FAILED, cause="refused", now=now, event_code=carrier_code, due_at=None, **fields):
        notices.pass_on(message)
        write_email(message, now=now)
        learn(message, failure, carrier_code, now=now)


@transaction.atomic
def record_unknown(message: Message, attempt: Attempt, outcome: Unknown, *, now: datetime) -> None:
    """The carrier may have it: nothing is sent again before its log was read (reconcile.py)."""
    is_news = Attempt.objects.filter(pk=attempt.pk, outcome=Attempt.Outcome.UNDER_WAY).update(
        outcome=Attempt.Outcome.UNKNOWN, why=outcome.why[:200], next_look_at=now + FIRST_LOOK_AFTER
    )
    if is_news:
        climb(message, Status.UNCONFIRMED, cause="answer lost", now=now, detail="The carrier's answer was lost. Looking it up.")


def learn(message: Message, failure: Failure, carrier_code: str, *, now: datetime) -> None:
    """What a failure teaches: of the student's consent, of their phone, of the college's set-up."""
    learn_opt_out(message, failure, now=now)
    if bad_after := BAD_AFTER.get(failure):
        trouble.note_failure(message.student_phone, words=failure.words, bad_after=bad_after, now=now)
    alerts.tell_if_concerned(failure, carrier_code)


def wait_if_out(message: Message, failure: Failure | None) -> None:
    """Before the text is locked: whoever hands over another of the pair may be about to write that down."""
    if failure is Failure.OPTED_OUT:
        ledger.wait_for_sends(pair_of(message))


def learn_opt_out(message: Message, failure: Failure, *, now: datetime) -> None:
    """The carrier refused because the student had opted out: the ledger learns it if it did not know.

    So it stood when the carrier was called; heard of later, it does not undo what the student wrote since.
    Waits for no call whose session has died (under_way.py): the carrier refuses those, too, and whoever writes answers down
    must not stand still.
    """
    if failure is Failure.OPTED_OUT and not ledger.is_opted_out(pair_of(message)):
        called_at = message.attempts.aggregate(last=Max("started_at"))["last"]
        ledger.record(
            pair=pair_of(message),
            change=Change.OPT_OUT,
            source=Source.CARRIER,
            occurred_at=called_at or now,
            carrier_reference=f"refused {message.pk}",
            has_waited=True,
        )


def failure_fields(failure: Failure, carrier_code: str) -> dict[str, Any]:
    """What a message keeps of a failure. An unknown code is shown as it came."""
    shown = f" (code {carrier_code})" if failure is Failure.UNKNOWN and carrier_code else ""
    return {"reason": failure.name.lower(), "detail": failure.words + shown, "carrier_code": carrier_code}


def close(attempt: Attempt, outcome: Attempt.Outcome, why: str = "") -> bool:
    """False when it has been decided otherwise meanwhile. That the carrier took a text is true whenever it is said."""
    row = Attempt.objects.filter(pk=attempt.pk)
    if outcome is not Attempt.Outcome.ACCEPTED:
        row = row.filter(outcome__in=(Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN))
    is_closed = row.update(outcome=outcome, why=why[:200], next_look_at=None) > 0
    if is_closed and outcome in (Attempt.Outcome.UNSENT, Attempt.Outcome.REFUSED):
        daily_cap.give_back(attempt.message.segments, claimed_at=attempt.started_at)
    return is_closed
