"""A number becomes active when the carrier says that the networks know it."""

from datetime import datetime

from django.db import transaction

from quadline.carriers.protocol import Registration
from quadline.jobs import enqueue
from quadline.numbers import alerts
from quadline.numbers.lifecycle import change_state
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import SETUP_STATES, NumberState
from quadline.sms import bodies


def apply_registration(
    news: Registration,
    *,
    now: datetime,
) -> SystemNumber | None:
    """Apply the carrier's news of a registration. Returns the
    number it is about, if it is ours.
    """
    bought = SystemNumber.objects.live().exclude(carrier_number_id="")
    ours = bought.exclude(state=NumberState.RESTING)
    number = ours.filter(carrier_number_id=news.carrier_number_id).first()
    if number is None:
        return None
    if news.is_registered:
        activate(number, cause="the networks registered it", now=now)
    elif news.is_registered is False:
        _refuse(number, news.reason, now)
    return number


def activate(
    number: SystemNumber,
    *,
    cause: str,
    now: datetime,
) -> None:
    """The number may send from now on. Callers that know of
    texts that wait for it send them.

    One that rests does not wake because old news is told again.
    """
    with transaction.atomic():
        if change_state(
            number,
            NumberState.ACTIVE,
            cause=cause,
            now=now,
            only_from=SETUP_STATES,
        ):
            enqueue(alerts.email_number_active, number_id=number.pk)
            if _was_told(number):
                enqueue(alerts.email_number_works, number_id=number.pk)


def _was_told(number: SystemNumber) -> bool:
    """Whether the administrators know that it was late or had failed."""
    if number.administrator_told_at:
        return True
    return number.events.filter(to_state=NumberState.FAILED).exists()


def _refuse(
    number: SystemNumber,
    reason: str,
    now: datetime,
) -> None:
    why = bodies.clean(reason) or "no reason given"
    words = f"The networks refused to register the number: {why}."[:300]
    with transaction.atomic():
        if change_state(
            number,
            NumberState.FAILED,
            cause=words,
            now=now,
            reason=words,
        ):
            enqueue(alerts.email_number_failed, number_id=number.pk)
