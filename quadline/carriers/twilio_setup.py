"""What must be set up in a Twilio account: where replies and registration news go, and
that words leave as written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from quadline.carriers import twilio_shapes as shapes
from quadline.carriers.twilio_answers import REGISTRATION_TYPE

EVENT_TYPES = tuple(
    f"{REGISTRATION_TYPE}.{end}" for end in ("pending", "successful", "failed")
)
# a question to Twilio's client, its answer; raises NumberProblem
Ask = Callable[[Callable[[Any], Any]], Any]
MessagingService = Callable[[Any], Any]  # the Messaging Service of a client


@dataclass(frozen=True)
class CallbackPlace:
    """The Messaging Service, and the addresses of ours that it
    and the event stream call.
    """

    service_sid: str
    inbound: str
    events: str


def connect(
    ask: Ask,
    service: MessagingService,
    place: CallbackPlace,
) -> Sequence[str]:
    """Set all of it; safe to repeat. Returns what was done, in words."""
    updated = ask(
        lambda client: service(client).update(
            inbound_request_url=place.inbound,
            use_inbound_webhook_on_number=False,
            # what leaves is what we wrote: a lost answer is looked up by the words
            smart_encoding=False,
        )
    )
    shapes.agrees(
        updated,
        sid=place.service_sid,
        use_inbound_webhook_on_number=False,
        smart_encoding=False,
    )
    replies = f"Replies come to {place.inbound}"
    if _subscribe(ask, place):
        return [replies, f"Registration news comes to {place.events}"]
    return [replies, f"Registration news already comes to {place.events}"]


def setup_faults(
    ask: Ask,
    service: MessagingService,
    place: CallbackPlace,
) -> list[str]:
    """What is not as ``connect`` left it, in words."""
    found = ask(lambda client: service(client).fetch())
    shapes.agrees(found, sid=place.service_sid)
    replies_to = found.inbound_request_url or "no address"
    claims = {
        f"Replies go to {replies_to}, not to {place.inbound}.": (
            found.inbound_request_url == place.inbound
        ),
        "Numbers use a webhook of their own for replies.": (
            found.use_inbound_webhook_on_number is False
        ),
        "Smart Encoding is on: texts would not leave as they were written.": (
            found.smart_encoding is False
        ),
        f"Registration news does not come to {place.events}.": _is_subscribed(
            ask, _sink_of(ask, place)
        ),
    }
    return [
        f"{words} Run quadline connect_carrier."
        for words, is_right in claims.items()
        if not is_right
    ]


def open_sink(ask: Ask, destination: str) -> str:
    """Where events go. Returns its id."""
    configuration = {
        "destination": destination,
        "method": "POST",
        "batch_events": False,
    }
    sink = ask(
        lambda client: client.events.v1.sinks.create(
            description="Quadline",
            sink_configuration=configuration,
            sink_type="webhook",
        )
    )
    return str(sink.sid)


def _subscribe(ask: Ask, place: CallbackPlace) -> bool:
    """False when there was nothing left to do."""
    known = _sink_of(ask, place)
    if _is_subscribed(ask, known):
        return False
    sink_sid = known or open_sink(ask, place.events)
    types = [{"type": kind, "schema_version": 2} for kind in EVENT_TYPES]
    ask(
        lambda client: client.events.v1.subscriptions.create(
            description="Quadline",
            sink_sid=sink_sid,
            types=types,
        )
    )
    return True


def _sink_of(ask: Ask, place: CallbackPlace) -> str:
    """The id of the sink that calls us, or ""."""
    for sink in ask(lambda client: client.events.v1.sinks.list()):
        if (sink.sink_configuration or {}).get("destination") == place.events:
            return str(sink.sid)
    return ""


def _is_subscribed(ask: Ask, sink_sid: str) -> bool:
    if not sink_sid:
        return False
    return bool(
        ask(lambda client: client.events.v1.subscriptions.list(sink_sid=sink_sid))
    )
