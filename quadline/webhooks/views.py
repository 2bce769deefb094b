"""The carrier calls: verify the signature, store, translate, hand over, answer fast.

A small ASGI app of its own, beside Django: it needs no session, no templates and no
middleware.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import parse_qsl

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DataError, OperationalError, close_old_connections, connections
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quadline.carriers import registry
from quadline.carriers.protocol import Carrier, CarrierAnswer, WebhookCall
from quadline.college.current import college_settings
from quadline.consent import phrases
from quadline.consent.ledger import PhonePair
from quadline.delivery.inbound import stop_start_order
from quadline.delivery.inbound.filing import asks_something, pair_in
from quadline.inboxes.models import Inbox
from quadline.numbers.models import SystemNumber
from quadline.outages import is_outage
from quadline.sms import phones
from quadline.webhooks import events, receipt_store
from quadline.webhooks.batch_writer import BatchWriter
from quadline.webhooks.events import InboundCall

log = structlog.get_logger(__name__)
MAX_CALL_BYTES = 256_000  # bytes; a carrier's call has a few kilobytes
MAX_FIELDS = 300  # a carrier sends some thirty, and ten for each picture
FORGED_CALLS = Counter(
    "quadline_webhooks_forged_total", "Calls to a webhook without a true signature"
)
# Of the 15 that Twilio waits for an answer.
SETTLED_WITHIN_SECONDS = 5.0
# A few threads of their own: a carrier that does not answer keeps no reply from being
# filed.
LOOKUP_THREADS = ThreadPoolExecutor(4, thread_name_prefix="order of words")
# Requests that wait for a text on its way, five seconds at worst: they keep no other
# call from being filed. More of them queue for a thread: the carrier tells us again,
# and its log is read every minute.
WAITING_THREADS = ThreadPoolExecutor(16, thread_name_prefix="waits for a text")
WebhookView = Callable[[Carrier, WebhookCall], CarrierAnswer]


def application() -> Starlette:
    phrases.load_phrases()
    replies, requests = BatchWriter(_file), BatchWriter(_file_those_free)
    return Starlette(
        routes=[
            Route(
                "/{carrier}/inbound",
                partial(inbound, replies, requests),
                methods=["POST"],
            ),
            Route("/{carrier}/status", status, methods=["POST"]),
            Route("/{carrier}/voice", _door(voice), methods=["POST"]),
            Route("/{carrier}/events", _door(registration_callback), methods=["POST"]),
        ]
    )


async def inbound(
    replies: BatchWriter[InboundCall, None],
    requests: BatchWriter[InboundCall, dict[events.Event, bool]],
    request: Request,
) -> Response:
    """A reply is in its conversation when we answer. One that asks for
    something, such as STOP, waits for no other.
    """
    checked = _checked(request, await _read(request))
    if isinstance(checked, Response):
        return checked
    carrier, call = checked
    try:
        heard = InboundCall(carrier.name, carrier.read_inbound(call), call.form)
        is_in_doubt = False
        if asks_something(heard.text.body):
            is_in_doubt = await _file_request(requests, heard)
        else:
            await replies.add(heard)
    except Exception as error:
        return _fault(request, error)
    # After the commit: a STOP must not wait for a carrier that hangs, and what is filed
    # and in doubt is found by a sweep after a crash.
    if is_in_doubt:
        await _settle_order(pair_in(heard.text))
    return _answered(carrier.answer_text())


async def _file_request(
    requests: BatchWriter[InboundCall, dict[events.Event, bool]], heard: InboundCall
) -> bool:
    """Together with those that come at the same time; alone when it has to wait
    for a text on its way, so that none waits with it.

    Whether the order of the student's words is in doubt.
    """
    filed = await requests.add(heard)
    if heard.event in filed:
        return filed[heard.event]
    return await asyncio.get_running_loop().run_in_executor(
        WAITING_THREADS, _file_request_here, heard
    )


def _file_those_free(heard: Sequence[InboundCall]) -> dict[events.Event, bool]:
    """One that meets somebody after all is filed like those that have to wait."""
    try:
        return events.file_without_waiting(heard)
    except OperationalError:
        if len(heard) > 1:
            raise
        close_old_connections()
        return {}


def _file_request_here(heard: InboundCall) -> bool:
    """Its connection is closed, for seldom so many are needed."""
    try:
        return events.file_request(heard)
    finally:
        connections.close_all()


async def _settle_order(pair: PhonePair) -> None:
    """A START that came soon after a STOP counts when we answer, if the carrier is
    quick; else a sweep goes on asking.
    """
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait_for(
            loop.run_in_executor(LOOKUP_THREADS, _settle_here, pair),
            SETTLED_WITHIN_SECONDS,
        )
    except Exception as fault:
        # the reply is filed: whatever this is, the carrier need not tell it again
        log.warning(
            "the order of a student's words is not known yet", fault=repr(fault)
        )


def _settle_here(pair: PhonePair) -> None:
    close_old_connections()
    try:
        stop_start_order.settle_if_in_doubt(pair)
    finally:
        close_old_connections()


def _file(heard: Sequence[InboundCall]) -> None:
    events.file_all_inbound(heard)


async def status(request: Request) -> Response:
    """A delivery receipt is stored and applied later: they come many at a time."""
    checked = _checked(request, await _read(request))
    if isinstance(checked, Response):
        return checked
    carrier, call = checked
    reference = dict(parse_qsl(call.url.partition("?")[2])).get("ref", "")
    try:
        await receipt_store.keep_receipt(
            carrier.name,
            carrier.receipt_key(call.form),
            {**call.form, "ref": reference},
        )
    except Exception as error:
        return _fault(request, error)
    return Response()


def registration_callback(carrier: Carrier, call: WebhookCall) -> CarrierAnswer:
    for news in carrier.read_registrations(call.raw_body):
        events.file_registration(carrier, news, news.__dict__)
    return CarrierAnswer()


def voice(carrier: Carrier, call: WebhookCall) -> CarrierAnswer:
    incoming = carrier.read_call(call)
    number = (
        SystemNumber.objects.filter(phone=incoming.system_phone)
        .select_related("inbox__owner", "inbox__office")
        .order_by("-pk")
        .first()
    )
    inbox = number.inbox if number else None
    own_line = inbox.office_line if inbox else ""
    office_line = own_line or college_settings().college_phone
    return carrier.answer_call(
        words=_spoken(inbox, office_line),
        connect_to=office_line,
        system_phone=incoming.system_phone,
    )


def _spoken(inbox: Inbox | None, office_line: str) -> str:
    who = (
        f"{inbox.shown_name} at {college_settings().college_name}"
        if inbox
        else college_settings().college_name
    )
    words = f"This number is for text messages only. It belongs to {who}."
    if office_line:
        words += f" Connecting you to the office line, {phones.spoken(office_line)}."
    return words


def _door(view: WebhookView) -> Callable[[Request], Awaitable[Response]]:
    """What every webhook has in common. Nothing is read from a
    call whose signature is not true.
    """

    async def endpoint(request: Request) -> Response:
        # a forged call takes no thread
        checked = _checked(request, await _read(request))
        if isinstance(checked, Response):
            return checked
        return await sync_to_async(_answer, thread_sensitive=False)(
            view, request, *checked
        )

    return endpoint


async def _read(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_CALL_BYTES:
            return None
    return body


def _answer(
    view: WebhookView,
    request: Request,
    carrier: Carrier,
    call: WebhookCall,
) -> Response:
    try:
        close_old_connections()
        answer = view(carrier, call)
    except Exception as error:
        return _fault(request, error)
    finally:
        close_old_connections()
    return _answered(answer)


def _answered(answer: CarrierAnswer) -> Response:
    return Response(answer.body, media_type=answer.content_type)


def _checked(
    request: Request, raw_body: bytes | None
) -> tuple[Carrier, WebhookCall] | Response:
    """The call, if it is our carrier's and truly signed; else the answer."""
    if raw_body is None:
        return Response("Too large.", status_code=413)
    name = request.path_params["carrier"]
    if name not in registry.CARRIERS:
        return Response("No such carrier.", status_code=404)
    carrier = registry.carrier(name)
    try:
        call = _call(request, raw_body)
    except ValueError:
        return Response("Too many fields.", status_code=400)
    if not carrier.is_genuine(call):
        FORGED_CALLS.inc()
        log.warning(
            "webhook with a false signature", carrier=name, path=request.scope["path"]
        )
        return Response("The signature is not right.", status_code=403)
    return carrier, call


def _fault(request: Request, error: Exception) -> Response:
    """What cannot be read will not be read next time; what passes is
    brought again, or its log is read later.
    """
    if is_outage(error):
        log.exception("webhook while the database was away")
        return Response("Try again.", status_code=503, headers={"Retry-After": "10"})
    if isinstance(error, KeyError | ValueError | DataError):
        log.warning(
            "webhook that could not be read",
            path=request.scope["path"],
            fault=type(error).__name__,
        )
        return Response("The call could not be read.", status_code=400)
    raise error


def _call(request: Request, raw_body: bytes) -> WebhookCall:
    is_form = request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    )
    form = dict(_fields(raw_body)) if is_form else {}
    # as it came: the signature is over these very bytes
    query = request.scope["query_string"].decode("latin-1")
    return WebhookCall(
        # Never from Host: a caller chooses that.
        url=(
            f"{settings.PUBLIC_URL}{request.scope['path']}{'?' if query else ''}{query}"
        ),
        headers={key.lower(): value for key, value in request.headers.items()},
        form=form,
        raw_body=raw_body,
    )


def _fields(raw_body: bytes) -> list[tuple[str, str]]:
    """Before the signature is looked at, so a stranger may make us read
    no more fields than a carrier sends.

    Raises ValueError.
    """
    return parse_qsl(
        raw_body.decode("utf-8", "replace"),
        keep_blank_values=True,
        max_num_fields=MAX_FIELDS,
    )
