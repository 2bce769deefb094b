"""Every Twilio resource the simulator has.

The busiest comes first: routes are tried in order.
"""

from starlette.routing import BaseRoute

from quadline.simulator.api import (
    accounts,
    consents,
    events,
    messages,
    numbers,
    services,
)
from quadline.simulator.api.calls import route

_ACCOUNT = "/2010-04-01/Accounts/{account}"
_SERVICE = "/v1/Services/{service}"


def api_routes() -> list[BaseRoute]:
    return [
        *_message_routes(),
        *_number_routes(),
        *_service_routes(),
        route(f"{_ACCOUNT}.json", {"GET": accounts.fetch}, "accounts"),
        *_event_routes(),
    ]


def _message_routes() -> list[BaseRoute]:
    one = {
        "GET": messages.fetch,
        "POST": messages.change,
        "DELETE": messages.delete,
    }
    many = {"POST": messages.create, "GET": messages.index}
    return [
        route(f"{_ACCOUNT}/Messages.json", many, "messages"),
        route(_ACCOUNT + "/Messages/{sid}.json", one, "messages"),
    ]


def _number_routes() -> list[BaseRoute]:
    one = {
        "GET": numbers.fetch,
        "POST": numbers.change,
        "DELETE": numbers.release,
    }
    many = {"GET": numbers.index, "POST": numbers.buy}
    search = _ACCOUNT + "/AvailablePhoneNumbers/{country}/Local.json"
    return [
        route(search, {"GET": numbers.search}, "numbers"),
        route(f"{_ACCOUNT}/IncomingPhoneNumbers.json", many, "numbers"),
        route(_ACCOUNT + "/IncomingPhoneNumbers/{sid}.json", one, "numbers"),
    ]


def _service_routes() -> list[BaseRoute]:
    many = {"GET": services.index, "POST": services.create}
    one = {"GET": services.fetch, "POST": services.change}
    members = {"GET": services.list_numbers, "POST": services.attach_number}
    member = {"GET": services.fetch_number, "DELETE": services.detach_number}
    campaigns = {"GET": services.list_campaigns}
    return [
        route("/v1/Services", many, "services"),
        route(_SERVICE, one, "services"),
        route(_SERVICE + "/PhoneNumbers", members, "services"),
        route(_SERVICE + "/PhoneNumbers/{sid}", member, "services"),
        route(_SERVICE + "/Compliance/Usa2p", campaigns, "services"),
    ]


def _event_routes() -> list[BaseRoute]:
    sinks = {"GET": events.list_sinks, "POST": events.create_sink}
    sink = {"GET": events.fetch_sink, "DELETE": events.delete_sink}
    subscriptions = {
        "GET": events.list_subscriptions,
        "POST": events.create_subscription,
    }
    subscription = {
        "GET": events.fetch_subscription,
        "DELETE": events.delete_subscription,
    }
    types = {"GET": events.list_types}
    return [
        route("/v1/Consents/Bulk", {"POST": consents.upsert}, "consents"),
        route("/v1/Sinks", sinks, "events"),
        route("/v1/Sinks/{sid}", sink, "events"),
        route("/v1/Subscriptions", subscriptions, "events"),
        route("/v1/Subscriptions/{sid}", subscription, "events"),
        route("/v1/Subscriptions/{sid}/SubscribedEvents", types, "events"),
    ]
