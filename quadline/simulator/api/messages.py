"""The Messages resource."""

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from starlette.responses import Response

from quadline.simulator.api.calls import ApiCall, answer_json, lose_answer, nothing_left
from quadline.simulator.api.dates import is_bare_day, read_span, rfc2822
from quadline.simulator.api.paging import classic_page, page_size
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import Refusal, delivery_words, slow_down
from quadline.simulator.faults import FaultKind
from quadline.simulator.progress import FINISHED
from quadline.simulator.records import SimulatedMessage
from quadline.simulator.sending import SendRequest, accept


async def create(call: ApiCall) -> Response:
    if call.get("ScheduleType") or call.get("SendAt"):
        raise Refusal(20001, "The simulator does not schedule; send when it is time.")
    wish = SendRequest(
        to=call.get("To"),
        from_=call.get("From"),
        service_sid=call.get("MessagingServiceSid"),
        body=call.get("Body"),
        media=len(call.all("MediaUrl")),
        status_callback=call.get("StatusCallback"),
    )
    message = accept(call.carrier, wish)
    # Described before a fault may wait: the answer tells how it stood when it was
    # accepted.
    written = _described(call.carrier, message)
    for kind in (FaultKind.ACCEPT_THEN_500, FaultKind.ACCEPT_THEN_HANG):
        if lost := call.carrier.faults.take(kind, to=message.to, from_=message.from_):
            return await lose_answer(call, lost)
    return answer_json(written, 201)


async def fetch(call: ApiCall) -> Response:
    message = _find(call)
    return answer_json(_described(call.carrier, message))


async def change(call: ApiCall) -> Response:
    """Redact (an empty Body) or cancel; Twilio allows nothing else."""
    message = _find(call)
    if call.get("Status") == "canceled":
        raise Refusal(20001, "Only a scheduled message can be canceled.")
    # "-" where none was sent: a missing Body is not an empty one.
    if call.get("Body", "-") != "":
        raise Refusal(20001, "Body may only be emptied.")
    if message.status not in FINISHED:
        raise Refusal(
            20009, "Cannot redact a message that is still being delivered.", 409
        )
    message.body = ""
    message.updated_at = call.carrier.clock.now()
    call.carrier.keep(message)
    call.carrier.ledger.write("redact", sid=message.sid)
    return answer_json(_described(call.carrier, message))


async def delete(call: ApiCall) -> Response:
    message = _find(call)
    call.carrier.forget(message)
    call.carrier.ledger.write("delete", sid=message.sid)
    return nothing_left()


async def index(call: ApiCall) -> Response:
    """Newest first; a page goes on after the message that the last one ended with."""
    call.carrier.lists_asked += 1
    if limit := call.carrier.faults.take(
        FaultKind.LIST_RATE_LIMIT, to=call.get("To"), from_=call.get("From")
    ):
        raise slow_down(limit.retry_after)
    last_shown = call.carrier.messages.get(call.get("PageToken").removeprefix("PA"))
    matching = _matching(call)
    if last_shown is not None:
        matching = (each for each in matching if each.turn < last_shown.turn)
    size = page_size(call)
    # One more than is shown tells whether there is another page.
    found = list(islice(matching, size + 1))
    token = f"PA{found[size - 1].sid}" if len(found) > size else None
    items = [_described(call.carrier, message) for message in found[:size]]
    return answer_json(
        classic_page(
            call,
            "messages",
            items,
            next_token=token,
        )
    )


def _find(call: ApiCall) -> SimulatedMessage:
    message = call.carrier.messages.get(call.path["sid"])
    if message is None:
        raise Refusal(
            20404, f"The requested resource {call.request.url.path} was not found"
        )
    return message


def _matching(call: ApiCall) -> Iterator[SimulatedMessage]:
    to = call.get("To")
    from_ = call.get("From")
    earliest, latest = _window(call)
    ahead = call.carrier.knobs.log_clock_ahead
    for message in _candidates(call, to, from_):
        if to and message.to != to:
            continue
        if from_ and message.from_ != from_:
            continue
        # The log shows whole seconds, and a filter means what is shown.
        moment = int((message.sent_at or message.created_at) + ahead)
        if earliest <= moment < latest:
            yield message


def _candidates(
    call: ApiCall,
    to: str,
    from_: str,
) -> Iterable[SimulatedMessage]:
    """Newest first: the shortest list that holds all that may match.

    A college's whole log is long, and one student's texts are few.
    """
    carrier = call.carrier
    lists = [carrier.messages]
    if to:
        lists.append(carrier.sent_to.get(to, {}))
    if from_:
        lists.append(carrier.sent_from.get(from_, {}))
    shortest = min(lists, key=len)
    return reversed(shortest.values())


def _window(call: ApiCall) -> tuple[float, float]:
    earliest, latest = 0.0, math.inf
    if on := call.get("DateSent"):
        earliest, latest = read_span(on)
    if after := call.get("DateSent>"):
        start, _ = read_span(after)
        earliest = max(earliest, start)
    if before := call.get("DateSent<"):
        start, end = read_span(before)
        # A bare day means up to its midnight; a moment counts to the end of its second.
        latest = min(latest, start + 1 if is_bare_day(before) else end)
    return earliest, latest


def _described(carrier: SimulatedCarrier, message: SimulatedMessage) -> dict[str, Any]:
    return describe(
        carrier.options.account_sid, message, ahead=carrier.knobs.log_clock_ahead
    )


def describe(
    account: str,
    message: SimulatedMessage,
    *,
    ahead: float = 0.0,
) -> dict[str, Any]:
    """``ahead``: seconds by which the clock that dates it is off."""
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}"
    # Through a service it is not yet cut into segments: "0" until it is queued.
    through_service = message.status == "accepted"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created_at + ahead),
        "date_sent": rfc2822(message.sent_at + ahead if message.sent_at else None),
        "date_updated": rfc2822(message.updated_at + ahead),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": delivery_words(message.error_code),
        "from": message.from_,
        "messaging_service_sid": message.service_sid,
        "num_media": str(message.media),
        "num_segments": "0" if through_service else str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }
