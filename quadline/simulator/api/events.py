"""Event sinks and subscriptions: where registration news is sent."""

import json
from typing import Any

from starlette.responses import Response

from quadline.simulator.api.calls import ApiCall, answer_json, nothing_left
from quadline.simulator.api.dates import iso8601
from quadline.simulator.api.paging import base_url, modern_page
from quadline.simulator.errors import Refusal
from quadline.simulator.records import Sink, Subscription, new_sid


async def create_sink(call: ApiCall) -> Response:
    sink = Sink(
        sid=new_sid("DG"),
        description=call.get("Description"),
        sink_type=call.get("SinkType"),
        configuration=_read_object(call.get("SinkConfiguration")),
        created_at=call.carrier.clock.now(),
    )
    # Without a destination it would be accepted, and no event would ever come.
    if sink.sink_type == "webhook" and not sink.configuration.get("destination"):
        raise Refusal(20001, "SinkConfiguration needs a destination.")
    call.carrier.keep(sink)
    return answer_json(_describe_sink(call, sink), 201)


async def list_sinks(call: ApiCall) -> Response:
    sinks = call.carrier.sinks.values()
    items = (_describe_sink(call, sink) for sink in sinks)
    return answer_json(modern_page(call, "sinks", items))


async def fetch_sink(call: ApiCall) -> Response:
    sink = _find_sink(call, call.path["sid"])
    return answer_json(_describe_sink(call, sink))


async def delete_sink(call: ApiCall) -> Response:
    sink = _find_sink(call, call.path["sid"])
    call.carrier.forget(sink)
    return nothing_left()


async def create_subscription(call: ApiCall) -> Response:
    sink = _find_sink(call, call.get("SinkSid"))
    subscription = Subscription(
        sid=new_sid("DF"),
        description=call.get("Description"),
        sink_sid=sink.sid,
        # Each Types parameter is one JSON object; a list is given by repeating it.
        types=[_read_object(text) for text in call.all("Types")],
        created_at=call.carrier.clock.now(),
    )
    call.carrier.keep(subscription)
    return answer_json(_describe_subscription(call, subscription), 201)


async def list_subscriptions(call: ApiCall) -> Response:
    found = list(call.carrier.subscriptions.values())
    sink_sid = call.get("SinkSid")
    if sink_sid:
        found = [each for each in found if each.sink_sid == sink_sid]
    items = (_describe_subscription(call, each) for each in found)
    return answer_json(modern_page(call, "subscriptions", items))


async def fetch_subscription(call: ApiCall) -> Response:
    subscription = _find_subscription(call)
    return answer_json(_describe_subscription(call, subscription))


async def delete_subscription(call: ApiCall) -> Response:
    subscription = _find_subscription(call)
    call.carrier.forget(subscription)
    return nothing_left()


async def list_types(call: ApiCall) -> Response:
    """The SubscribedEvents of a subscription."""
    subscription = _find_subscription(call)
    account = call.carrier.options.account_sid
    base = f"{base_url(call)}{call.request.url.path}"
    items = [
        {
            "account_sid": account,
            "subscription_sid": subscription.sid,
            "type": each.get("type"),
            "schema_version": each.get("schema_version"),
            "url": f"{base}/{each.get('type')}",
        }
        for each in subscription.types
    ]
    return answer_json(modern_page(call, "types", items))


def _find_sink(call: ApiCall, sid: str) -> Sink:
    if sid not in call.carrier.sinks:
        raise Refusal(20404, f"Sink {sid} was not found")
    return call.carrier.sinks[sid]


def _find_subscription(call: ApiCall) -> Subscription:
    sid = call.path["sid"]
    if sid not in call.carrier.subscriptions:
        raise Refusal(20404, f"Subscription {sid} was not found")
    return call.carrier.subscriptions[sid]


def _read_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(20001, "A JSON object was expected.")
    return value


def _describe_sink(call: ApiCall, sink: Sink) -> dict[str, Any]:
    url = f"{base_url(call)}/v1/Sinks/{sink.sid}"
    return {
        "sid": sink.sid,
        "description": sink.description,
        "sink_type": sink.sink_type,
        "sink_configuration": sink.configuration,
        "status": sink.status,
        "date_created": iso8601(sink.created_at),
        "date_updated": iso8601(sink.created_at),
        "url": url,
        "links": {"sink_test": f"{url}/Test", "sink_validate": f"{url}/Validate"},
    }


def _describe_subscription(call: ApiCall, subscription: Subscription) -> dict[str, Any]:
    url = f"{base_url(call)}/v1/Subscriptions/{subscription.sid}"
    return {
        "sid": subscription.sid,
        "account_sid": call.carrier.options.account_sid,
        "description": subscription.description,
        "sink_sid": subscription.sink_sid,
        "date_created": iso8601(subscription.created_at),
        "date_updated": iso8601(subscription.created_at),
        "url": url,
        "links": {"subscribed_events": f"{url}/SubscribedEvents"},
    }
