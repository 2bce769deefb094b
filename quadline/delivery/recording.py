"""Write down how an attempt ended. Each in one transaction; none of them calls anybody."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from quadline.carriers.protocol import Failure, Refused, Unknown, Unsent
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import announce, climb
from quadline.delivery.models import Attempt
from quadline.delivery.recipients import pair_of
from quadline.delivery.rules import FIRST_LOOK_AFTER, wait_before_retry


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
    """The carrier said no, for good."""
    close(attempt, Attempt.Outcome.REFUSED, refusal.carrier_code)
    fields = failure_fields(refusal.failure, refusal.carrier_code)
    climb(message, Status.FAILED, cause="refused", now=now, event_code=refusal.carrier_code, due_at=None, **fields)
    learn_opt_out(message, refusal.failure, now=now)


@transaction.atomic
def record_unsent(
    message: Message, attempt: Attempt, outcome: Unsent, *, now: datetime, retry_at: datetime | None = None
) -> timedelta:
    """Provably not at the carrier: the text is due again later, its status does not fall. Returns the wait."""
    close(attempt, Attempt.Outcome.UNSENT, outcome.why)
    made = message.attempts.filter(outcome=Attempt.Outcome.UNSENT).count()
    wait = retry_at - now if retry_at else wait_before_retry(made, asked_for=outcome.retry_after, jitter=random.random())  # noqa: S311  # spreads retries, hides nothing
    Message.objects.filter(pk=message.pk).update(due_at=now + wait, detail="Not handed over yet. It is tried again by itself.")
    announce(message)
    return wait


@transaction.atomic
def record_unknown(message: Message, attempt: Attempt, outcome: Unknown, *, now: datetime) -> None:
    """The carrier may have it: nothing is sent again before its log was read (reconcile.py)."""
    Attempt.objects.filter(pk=attempt.pk).update(
        outcome=Attempt.Outcome.UNKNOWN, why=outcome.why[:200], next_look_at=now + FIRST_LOOK_AFTER
    )
    climb(message, Status.UNCONFIRMED, cause="answer lost", now=now, detail="The carrier's answer was lost. Looking it up.")


def learn_opt_out(message: Message, failure: Failure, *, now: datetime) -> None:
    """The carrier refused because the student had opted out: the ledger learns it if it did not know."""
    if failure is Failure.OPTED_OUT and not ledger.is_opted_out(pair_of(message)):
        ledger.record(
            pair=pair_of(message),
            change=Change.OPT_OUT,
            source=Source.CARRIER,
            occurred_at=now,
            carrier_reference=f"refused {message.pk}",
        )


def failure_fields(failure: Failure, carrier_code: str) -> dict[str, Any]:
    """What a message keeps of a failure. An unknown code is shown as it came."""
    shown = f" (code {carrier_code})" if failure is Failure.UNKNOWN and carrier_code else ""
    return {"reason": failure.name.lower(), "detail": failure.words + shown, "carrier_code": carrier_code}


def close(attempt: Attempt, outcome: Attempt.Outcome, why: str = "") -> None:
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, why=why[:200], next_look_at=None)
