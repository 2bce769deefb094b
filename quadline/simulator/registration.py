"""A number's way to being allowed to send: the US A2P registration,
told by event webhooks.
"""

import json
import uuid
from datetime import UTC, datetime
from functools import partial

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import Number, Sink, Subscription
from quadline.simulator.webhooks import Errand

_TYPE = "com.twilio.messaging.compliance.number-registration."
_LONGEST_PAUSE = 60.0  # seconds between two tries
_GIVE_UP_AFTER = 4 * 3600.0  # Twilio repeats an event for four hours


def begin_registration(carrier: SimulatedCarrier, number: Number) -> None:
    """The number has joined a service; it can receive, and will be able to send."""
    now = carrier.clock.now()
    number.registration = "pending"
    number.registers_at = now + carrier.knobs.registration_delay
    number.is_stuck = False
    carrier.keep(number)
    tell_registration(carrier, number, "pending")
    await_outcome(carrier, number)


def await_outcome(carrier: SimulatedCarrier, number: Number) -> None:
    """Put the end of a pending registration on the clock."""
    if number.registration == "pending" and number.registers_at is not None:
        conclude = partial(_conclude, carrier, number, number.attached_at)
        carrier.clock.at(number.registers_at, conclude)


def release_stuck(carrier: SimulatedCarrier) -> None:
    """Registrations that a removed fault held go on."""
    for number in carrier.numbers.values():
        if number.is_stuck:
            number.is_stuck = False
            await_outcome(carrier, number)


def _conclude(
    carrier: SimulatedCarrier,
    number: Number,
    attached_at: float | None,
) -> None:
    if number.registration != "pending" or number.attached_at != attached_at:
        return  # detached meanwhile, or attached again and waiting for that
    phone = number.phone_number
    if carrier.faults.take(FaultKind.REGISTRATION_STUCK, to=phone, from_=phone):
        number.is_stuck = True
        carrier.keep(number)
        return
    failure = carrier.faults.take(FaultKind.REGISTRATION_FAILED, to=phone, from_=phone)
    number.registration = "failed" if failure else "registered"
    number.updated_at = carrier.clock.now()
    number.is_told = False
    carrier.keep(number)
    outcome = "successful"
    reason = None
    if failure:
        outcome = "failed"
        reason = failure.reason or "Campaign is not eligible for this number."
    carrier.ledger.write(
        "registered",
        phone_number=phone,
        sid=number.sid,
        outcome=outcome,
        reason=reason,
    )
    tell_registration(carrier, number, outcome, reason)


def tell_again(carrier: SimulatedCarrier, number: Number) -> None:
    """What nobody has heard before the carrier was restarted."""
    if number.is_told:
        return
    has_failed = number.registration == "failed"
    tell_registration(carrier, number, "failed" if has_failed else "successful")


def tell_registration(
    carrier: SimulatedCarrier,
    number: Number,
    outcome: str,
    reason: str | None = None,
) -> None:
    kind = _TYPE + outcome
    event = _event(carrier, number, kind, outcome, reason)
    body = json.dumps([event]).encode()
    for sink in _sinks_for(carrier, kind):
        _send(
            carrier,
            sink,
            number,
            kind,
            body,
            first_at=carrier.clock.now(),
        )


def _sinks_for(carrier: SimulatedCarrier, kind: str) -> list[Sink]:
    """The webhooks that are told of such events, each once."""
    # A subscription outlives its sink.
    sids = {
        subscription.sink_sid
        for subscription in carrier.subscriptions.values()
        if _asks_for(subscription, kind)
    }
    sinks = [carrier.sinks[sid] for sid in sorted(sids & carrier.sinks.keys())]
    return [sink for sink in sinks if sink.sink_type == "webhook"]


def _asks_for(subscription: Subscription, kind: str) -> bool:
    kinds = {each.get("type") for each in subscription.types}
    return kind in kinds


def _send(
    carrier: SimulatedCarrier,
    sink: Sink,
    number: Number,
    kind: str,
    body: bytes,
    *,
    first_at: float,
    pause: float = 1.0,
) -> None:
    def answered(is_good: bool) -> None:
        if not is_good:
            carrier.clock.at(carrier.clock.now() + pause, repeat)
        # Only the outcome has to be heard; after a restart it is told again.
        elif not kind.endswith("pending"):
            number.is_told = True
            carrier.keep(number)

    def repeat() -> None:
        has_time = carrier.clock.now() - first_at < _GIVE_UP_AFTER
        if has_time and sink.sid in carrier.sinks:
            _send(
                carrier,
                sink,
                number,
                kind,
                body,
                first_at=first_at,
                pause=min(pause * 2, _LONGEST_PAUSE),
            )

    errand = Errand(
        url=str(sink.configuration.get("destination", "")),
        method=str(sink.configuration.get("method", "POST")).upper(),
        about="event",
        lane=f"{sink.sid}{number.sid}",
        json=body,
        facts={"type": kind, "phone_number": number.phone_number},
        on_answer=answered,
    )
    carrier.courier.post(errand)


def _event(
    carrier: SimulatedCarrier,
    number: Number,
    kind: str,
    outcome: str,
    reason: str | None,
) -> dict[str, object]:
    now = datetime.fromtimestamp(carrier.clock.now(), UTC)
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    service = carrier.services.get(number.service_sid or "")
    return {
        "specversion": "1.0",
        "type": kind,
        "source": f"/v1/Services/{number.service_sid}/PhoneNumbers/{number.sid}",
        "id": f"EZ{uuid.uuid4().hex}",
        "dataschema": "https://events-schemas.twilio.com/A2P.NumberRegistration/2",
        "datacontenttype": "application/json",
        "time": moment,
        "data": {
            "id": uuid.uuid4().hex,
            "phonenumber": number.phone_number,
            "phonenumbersid": number.sid,
            "accountsid": carrier.options.account_sid,
            "campaignsid": service.campaign_sid if service else None,
            "messagingservicesid": number.service_sid,
            "externalstatus": outcome.upper(),
            "failurereason": reason,
            "timestamp": moment,
            "updateddate": moment,
        },
    }
