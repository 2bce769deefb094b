"""A number becomes active: the carrier says so, or a probe gets through. Texts that waited for it go out."""

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction

from quadline import clock
from quadline.carriers.protocol import Failure, Progress, Receipt, Registration
from quadline.delivery import sender
from quadline.delivery.models import Probe
from quadline.jobs import enqueue, job
from quadline.numbers import alerts
from quadline.numbers.lifecycle import become
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State
from quadline.sms import bodies

PROBE_AFTER = timedelta(hours=1)  # without news of a registration
PROBE = "probe-"


def apply(news: Registration, *, now: datetime) -> bool:
    """Apply the carrier's news of a registration. False when the number is not ours."""
    ours = SystemNumber.objects.live().exclude(carrier_number_id="")
    number = ours.filter(carrier_number_id=news.carrier_number_id).first()
    if number is None:
        return False
    if news.is_registered:
        activate(number, cause="the networks registered it", now=now)
    elif news.is_registered is False:
        words = f"The networks refused to register the number: {bodies.clean(news.reason) or 'no reason given'}."[:300]
        with transaction.atomic():
            if become(number, State.FAILED, cause=words, now=now, reason=words):
                enqueue(alerts.tell_failed, number_id=number.pk)
    return True


def activate(number: SystemNumber, *, cause: str, now: datetime) -> None:
    """The number sends from now on, first of all what waited for it."""
    with transaction.atomic():
        if not become(number, State.ACTIVE, cause=cause, now=now):
            return
        enqueue(sender.send_due_texts)  # what waited for the number has been due all along
        enqueue(alerts.tell_active, number_id=number.pk)


@job(queue="numbers", attempts=3)
def probe_quiet_registrations(timestamp: int) -> None:
    """Numbers that have been registering for long without news, when the college named a phone to probe with."""
    now = clock.now()
    quiet = SystemNumber.objects.filter(state=State.REGISTERING, registering_at__lt=now - PROBE_AFTER)
    for number in quiet.exclude(attached_at=None) if settings.ENV.registration_probe_to else ():
        if not number.probes.filter(started_at__range=(now - PROBE_AFTER, now)).exists():
            _probe(number, now)


def _probe(number: SystemNumber, now: datetime) -> None:
    probe = Probe.objects.create(number=number, started_at=now)
    outcome = async_to_sync(sender.send_probe)(
        reference=f"{PROBE}{probe.pk}", system_phone=number.phone, to=settings.ENV.registration_probe_to
    )
    probe.outcome = f"{type(outcome).__name__} {getattr(outcome, 'carrier_code', '')}".strip()
    probe.save(update_fields=["outcome"])


def is_about_a_probe(receipt: Receipt) -> bool:
    return receipt.reference.startswith(PROBE) and receipt.reference.removeprefix(PROBE).isdecimal()


def read_probe(receipt: Receipt, *, now: datetime) -> None:
    """A probe that the networks took, or failed for another reason than registration, shows that the number is known."""
    probe = Probe.objects.select_related("number").filter(pk=receipt.reference.removeprefix(PROBE)).first()
    if probe is None or receipt.progress is Progress.SENT:
        return
    Probe.objects.filter(pk=probe.pk).update(outcome=f"{receipt.progress} {receipt.carrier_code}".strip())
    if receipt.progress is Progress.DELIVERED or receipt.failure in (Failure.UNREACHABLE, Failure.NETWORK):
        activate(probe.number, cause="a probe got through", now=now)
