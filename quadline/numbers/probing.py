"""Whether a number may send, learned from a text to a phone
of the college when no news came.

The one caller of ``carrier.send`` beside the sender: its text goes to no student.
"""

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import Failure, OutboundText, Receipt, ReceiptProgress
from quadline.college.current import college_settings
from quadline.jobs import job
from quadline.numbers.activation import activate
from quadline.numbers.models import Probe, SystemNumber
from quadline.numbers.rules import NumberState

PROBE_AFTER = timedelta(hours=1)  # without news of a registration
PROBE = "probe-"
WORDS = "Quadline: checking that this number is registered. No answer is needed."


@job(queue="numbers", attempts=3)
def probe_quiet_registrations(timestamp: int) -> None:
    """Numbers that have been registering for long without news, when the
    college named a phone to probe with.
    """
    if not college_settings().registration_probe_to:
        return
    now = clock.now()
    quiet = SystemNumber.objects.filter(
        state=NumberState.REGISTERING, registering_at__lt=now - PROBE_AFTER
    )
    for number in quiet.exclude(attached_at=None):
        if not number.probes.filter(
            started_at__range=(now - PROBE_AFTER, now)
        ).exists():
            _probe(number, now)


def _probe(number: SystemNumber, now: datetime) -> None:
    probe = Probe.objects.create(number=number, started_at=now)
    text = OutboundText(
        reference=f"{PROBE}{probe.pk}",
        system_phone=number.phone,
        student_phone=college_settings().registration_probe_to,
        body=WORDS,
    )
    outcome = async_to_sync(registry.current_carrier().send)(text)
    probe.outcome = (
        f"{type(outcome).__name__} {getattr(outcome, 'carrier_code', '')}".strip()
    )
    probe.save(update_fields=["outcome"])


def is_about_a_probe(receipt: Receipt) -> bool:
    return (
        receipt.reference.startswith(PROBE)
        and receipt.reference.removeprefix(PROBE).isdecimal()
    )


def read_probe(receipt: Receipt, *, now: datetime) -> SystemNumber | None:
    """A probe that the networks took, or failed for another reason than registration,
    shows that the number is known.

    Returns the number it was sent from, if the probe is ours.
    """
    probe = (
        Probe.objects.select_related("number")
        .filter(pk=receipt.reference.removeprefix(PROBE))
        .first()
    )
    if probe is None or receipt.progress is ReceiptProgress.SENT:
        return None
    Probe.objects.filter(pk=probe.pk).update(
        outcome=f"{receipt.progress} {receipt.carrier_code}".strip()
    )
    if receipt.progress is ReceiptProgress.DELIVERED or receipt.failure in (
        Failure.UNREACHABLE,
        Failure.NETWORK,
    ):
        activate(probe.number, cause="a probe got through", now=now)
    return probe.number
