"""Taking a text from the college: every check Twilio makes at create, then accepted."""

import re
from dataclasses import dataclass

from quadline.simulator import areas, progress
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import Refusal, slow_down
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import (
    Number,
    SimulatedMessage,
    SimulatedService,
    new_sid,
)
from quadline.simulator.segments import count_segments

MAX_TEXT_BODY = 1600  # characters
_MAGIC = "+1500555"  # Twilio's test numbers begin so; the last digits say what happens
_QUEUE_HOURS = 10  # a sender's queue holds ten hours of segments
_PLAINLY_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")
_SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")
_REFUSED_FROM = {
    "0001": 21212,
    "0007": 21606,
    "0008": 21611,
}
_REFUSED_TO = {
    "0001": 21211,
    "0002": 21612,
    "0003": 21408,
    "0004": 21610,
    "0009": 21614,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What the caller asked for, before any check."""

    to: str
    from_: str
    service_sid: str
    body: str
    media: int
    status_callback: str


def accept(carrier: SimulatedCarrier, wish: SendRequest) -> SimulatedMessage:
    """The message, on its way; or a Refusal, in the ledger too."""
    try:
        return _accept(carrier, wish)
    except Refusal as refusal:
        carrier.ledger.write(
            "refuse",
            code=refusal.code,
            to=wish.to,
            **{"from": wish.from_},
            service=wish.service_sid or None,
            body=wish.body,
            status_callback=wish.status_callback or None,
        )
        raise


def _accept(carrier: SimulatedCarrier, wish: SendRequest) -> SimulatedMessage:
    _check_form(wish)
    service = _find_service(carrier, wish.service_sid)
    sender, number = _find_sender(carrier, wish, service)
    to = _normal_to(wish.to)
    _refuse_by_fault(carrier, to, sender)
    has_stopped = is_blocked(carrier, to, sender, number)
    if has_stopped and carrier.knobs.carrier_blocks_opt_outs:
        raise Refusal(21610)
    # Through a service it is still accepted, and fails later (30001).
    is_full = number is not None and _queue_is_full(carrier, number)
    if is_full and service is None:
        raise Refusal(21611)
    now = carrier.clock.now()
    default_callback = service.status_callback if service else None
    message = SimulatedMessage(
        sid=new_sid("MM" if wish.media else "SM"),
        turn=carrier.next_turn(),
        from_=sender,
        to=to,
        body=wish.body,
        direction="outbound-api",
        status="accepted" if service else "queued",
        segments=count_segments(wish.body),
        created_at=now,
        updated_at=now,
        service_sid=service.sid if service else None,
        status_callback=wish.status_callback or default_callback or None,
        media=wish.media,
    )
    _file(carrier, message)
    progress.plan(carrier, message, number, queue_overflowed=is_full)
    return message


def _file(carrier: SimulatedCarrier, message: SimulatedMessage) -> None:
    carrier.keep(message)
    carrier.ledger.write(
        "accept",
        sid=message.sid,
        to=message.to,
        **{"from": message.from_},
        service=message.service_sid,
        body=message.body,
        segments=message.segments,
        status_callback=message.status_callback,
    )


def is_blocked(
    carrier: SimulatedCarrier,
    phone: str,
    sender: str,
    number: Number | None,
) -> bool:
    if not carrier.blocks:
        return False
    if (phone, sender) in carrier.blocks:
        return True
    service_sid = number.service_sid if number else None
    return (phone, service_sid or "") in carrier.blocks


def _check_form(wish: SendRequest) -> None:
    if not wish.to:
        raise Refusal(21604)
    if not wish.from_ and not wish.service_sid:
        raise Refusal(21603)
    if not wish.body and not wish.media:
        raise Refusal(21602)
    if len(wish.body) > MAX_TEXT_BODY:
        raise Refusal(21617)
    if wish.media > 10:
        raise Refusal(21623)


def _find_service(carrier: SimulatedCarrier, sid: str) -> SimulatedService | None:
    if not sid:
        return None
    if not _SERVICE_SID.fullmatch(sid):
        raise Refusal(21705, f"The Messaging Service Sid {sid} is invalid.")
    if sid not in carrier.services:
        raise Refusal(21701, f"The Messaging Service {sid} does not exist.")
    return carrier.services[sid]


def _find_sender(
    carrier: SimulatedCarrier,
    wish: SendRequest,
    service: SimulatedService | None,
) -> tuple[str, Number | None]:
    if wish.from_.startswith(_MAGIC):
        if wish.from_ == _MAGIC + "0006":
            return wish.from_, None
        raise Refusal(_REFUSED_FROM.get(wish.from_[8:], 21606))
    # A named sender counts, though a service is named too: no pool picks another.
    if not wish.from_ and service is not None:
        number = _choose_from_pool(carrier, wish.to, service)
        return number.phone_number, number
    owned = carrier.number_of.get(wish.from_)
    if owned is None:
        raise Refusal(
            21606, f"The 'From' phone number {wish.from_} is not owned by this account."
        )
    if service is not None and owned.service_sid != service.sid:
        raise Refusal(21712 if owned.service_sid else 21606)
    return owned.phone_number, owned


def _choose_from_pool(
    carrier: SimulatedCarrier,
    to: str,
    service: SimulatedService,
) -> Number:
    pool = carrier.members[service.sid]
    if not pool:
        raise Refusal(21704)
    if service.sticky_sender:
        # The number that texted this student last.
        texts = carrier.sent_to.get(to, {})
        for message in reversed(texts.values()):
            known = carrier.number_of.get(message.from_)
            if known is not None and known.sid in pool:
                return known
    return next(iter(pool.values()))


def _normal_to(to: str) -> str:
    if to.startswith(_MAGIC):
        if code := _REFUSED_TO.get(to[8:]):
            raise Refusal(code)
        return to
    # The pattern first: it is faster.
    if _PLAINLY_NORTH_AMERICAN.fullmatch(to) or areas.is_valid(to):
        return to
    if to.isdigit() and len(to) == 10 and areas.is_valid(f"+1{to}"):
        return f"+1{to}"
    raise Refusal(21211, f"Invalid 'To' Phone Number: {to}")


def _refuse_by_fault(
    carrier: SimulatedCarrier,
    to: str,
    sender: str,
) -> None:
    if limit := carrier.faults.take(FaultKind.RATE_LIMIT, to=to, from_=sender):
        raise slow_down(limit.retry_after)
    if refused := carrier.faults.take(FaultKind.REFUSE, to=to, from_=sender):
        raise Refusal(refused.code or 20500)
    phone = carrier.phones.get(to)
    if phone is not None and phone.is_landline:
        raise Refusal(21614, f"{to} is not a mobile number.")
    if carrier.faults.take(
        FaultKind.LANDLINE,
        to=to,
        from_=sender,
        at="create",
    ):
        raise Refusal(21614, f"{to} is not a mobile number.")


def _queue_is_full(carrier: SimulatedCarrier, number: Number) -> bool:
    if carrier.knobs.segments_per_second <= 0:
        return False
    waits_seconds = number.queue_free_at - carrier.clock.now()
    return waits_seconds > _QUEUE_HOURS * 3600
