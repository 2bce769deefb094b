"""How a text moves on after it was accepted: step by step,
each told by a status callback.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import delivery_words
from quadline.simulator.faults import CarrierFault, FaultKind
from quadline.simulator.records import Number, SimulatedMessage
from quadline.simulator.webhooks import Errand

FINISHED = frozenset({"delivered", "undelivered", "failed", "canceled", "received"})
_API_VERSION = "2010-04-01"


def plan(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    number: Number | None,
    *,
    queue_overflowed: bool = False,
) -> None:
    """Decide how this text will end and put its first step on the clock."""
    end: str
    code: int | None
    if queue_overflowed:
        end, code = "failed", 30001
    else:
        end, code = _ending(carrier, message, number)
    message.ahead = [[step, None] for step in _way_to(end, message.status)]
    if message.ahead:
        last_step = message.ahead[-1]
        last_step[1] = code
    if carrier.faults.take(
        FaultKind.CALLBACK_REVERSED, to=message.to, from_=message.from_
    ):
        message.shuffled = "reversed"
    start = carrier.clock.now() + carrier.knobs.callback_delay
    leaves_at = _paced(carrier, message, number, start)
    carrier.clock.at(leaves_at, partial(step_on, carrier, message))


def step_on(carrier: SimulatedCarrier, message: SimulatedMessage) -> None:
    """The next step of this text; the one after it follows in its time."""
    # Deleted, or all forgotten by a reset, while this step was on the clock.
    if not message.ahead or message.sid not in carrier.messages:
        return
    now = carrier.clock.now()
    message.status, message.error_code = message.ahead.pop(0)
    message.updated_at = now
    if message.status in ("sent", "undelivered"):
        message.sent_at = message.sent_at or now
    carrier.store.save(message)
    carrier.ledger.write(
        "status",
        sid=message.sid,
        status=message.status,
        error_code=message.error_code,
        to=message.to,
        **{"from": message.from_},
    )
    _tell(carrier, message)
    if message.ahead:
        carrier.clock.at(
            now + carrier.knobs.callback_delay, partial(step_on, carrier, message)
        )


def resume_message(carrier: SimulatedCarrier, message: SimulatedMessage) -> None:
    """After a restart: whatever this text still has ahead of it happens now."""
    if message.ahead:
        carrier.clock.at(message.updated_at, partial(step_on, carrier, message))


def _way_to(end: str, start: str) -> list[str]:
    # Through a service it is accepted first: its sender is found in the service's pool.
    first = ["queued"] if start == "accepted" else []
    if end == "failed":  # it never left the carrier
        return [*first, "failed"]
    ladder = [*first, "sending", "sent"]
    if end in ladder:  # it is stuck there
        return ladder[: ladder.index(end) + 1]
    if end in ("accepted", "queued"):  # it is stuck where it begins
        return []
    return [*ladder, end]


def _ending(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    number: Number | None,
) -> tuple[str, int | None]:
    to = message.to
    sender = message.from_
    faults = carrier.faults
    if number is not None and number.registration != "registered":
        return "undelivered", carrier.knobs.unregistered_code
    if stuck := faults.take(FaultKind.STUCK_TEXT, to=to, from_=sender):
        return stuck.status or "sent", None
    if failure := faults.take(FaultKind.FAIL, to=to, from_=sender):
        return failure.status or "undelivered", failure.code or 30008
    if faults.take(
        FaultKind.LANDLINE,
        to=to,
        from_=sender,
        at="callback",
    ):
        return "undelivered", 30006
    if faults.take(FaultKind.UNREACHABLE, to=to, from_=sender):
        return "undelivered", 30003
    return "delivered", None


def _paced(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    number: Number | None,
    start: float,
) -> float:
    """When this text leaves its number's queue, if numbers are held to a rate."""
    rate = carrier.knobs.segments_per_second
    if rate <= 0 or number is None:
        return start
    begin = max(start, number.queue_free_at)
    number.queue_free_at = begin + message.segments / rate
    return begin


def _tell(carrier: SimulatedCarrier, message: SimulatedMessage) -> None:
    """The status callback of this step, or what a fault makes of it."""
    if not message.status_callback:
        return
    # Both as they are now: a late callback tells of its own step, not of the last.
    status = message.status
    form = _form(carrier, message)
    doubled = _fault_of_step(carrier, message, FaultKind.CALLBACK_DOUBLED)
    copies = doubled.copies if doubled else 1
    if message.shuffled:
        _hold(carrier, message, [[status, form]] * copies)
        return
    if _fault_of_step(carrier, message, FaultKind.CALLBACK_LOST):
        return
    late = _fault_of_step(carrier, message, FaultKind.CALLBACK_DELAYED)
    for _ in range(copies):
        if late:
            due = carrier.clock.now() + late.seconds
            carrier.clock.at(due, partial(_post, carrier, message, status, form))
        else:
            _post(carrier, message, status, form)


def _fault_of_step(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    kind: FaultKind,
) -> CarrierFault | None:
    return carrier.faults.take(
        kind,
        to=message.to,
        from_=message.from_,
        status=message.status,
    )


def _hold(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    callbacks: list[list[Any]],
) -> None:
    """Before those held already, until the text has ended: then all go out."""
    message.held[:0] = callbacks
    if message.ahead:
        return
    for status, form in message.held:
        _post(carrier, message, status, form)
    message.held = []


def _post(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    status: str,
    form: dict[str, str],
) -> None:
    errand = Errand(
        url=message.status_callback or "",
        about="status",
        lane=message.sid,
        form=form,
        facts={"sid": message.sid, "status": status},
    )
    carrier.courier.post(errand)


def _form(carrier: SimulatedCarrier, message: SimulatedMessage) -> dict[str, str]:
    form = {
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "MessageStatus": message.status,
        "To": message.to,
        "MessageSid": message.sid,
        "AccountSid": carrier.options.account_sid,
        "From": message.from_,
        "ApiVersion": _API_VERSION,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if message.error_code:
        form["ErrorCode"] = str(message.error_code)
        form["ErrorMessage"] = delivery_words(message.error_code) or ""
    if message.status in ("delivered", "undelivered"):
        # Only the network's own receipt has a date.
        form["RawDlrDoneDate"] = _network_date(message.updated_at)
    return form


def _network_date(moment: float) -> str:
    date = datetime.fromtimestamp(moment, UTC)
    return date.strftime("%y%m%d%H%M")
