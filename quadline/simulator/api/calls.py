"""What every API request goes through: who is asking, which form,
and what a refusal looks like.
"""

import asyncio
import base64
import hmac
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import Refusal
from quadline.simulator.faults import CarrierFault, FaultKind

encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ApiCall:
    """One authenticated request: its path, query and form,
    with Twilio's parameter names.
    """

    def __init__(
        self,
        request: Request,
        carrier: SimulatedCarrier,
        body: bytes,
    ) -> None:
        self.request = request
        self.carrier = carrier
        self.path: dict[str, str] = request.path_params
        text = body.decode() if request.method == "POST" else request.url.query
        self.pairs = parse_qsl(text, keep_blank_values=True)
        self._last = dict(self.pairs)

    def get(
        self,
        name: str,
        default: str = "",
    ) -> str:
        return self._last.get(name, default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def facts(
        self,
        names: Iterable[str],
    ) -> dict[str, str]:
        """The parameters given, of these, by our own names: SmsUrl is sms_url."""
        found = {}
        for name in names:
            parameter = name.title().replace("_", "")
            if parameter in self._last:
                found[name] = self._last[parameter]
        return found


ApiAct = Callable[[ApiCall], Awaitable[Response]]


def route(
    path: str,
    methods: Mapping[str, ApiAct],
    area: str,
) -> Route:
    """One Twilio resource.

    `area` is what a fault's `on` may name: messages, numbers, services.
    """

    async def answer(request: Request) -> Response:
        carrier: SimulatedCarrier = request.app.state.carrier
        act = methods[request.method]
        body = await request.body()
        ends = _ends(request, body)
        # Before anything is asked: a cut connection has done nothing.
        if cut := carrier.faults.take(FaultKind.RESET, **ends, on=area):
            return await cut_connection(request, cut)
        try:
            _authenticate(carrier, request)
            call = ApiCall(request, carrier, body)
            if odd := carrier.faults.take(FaultKind.ODD_ANSWER, **ends, on=area):
                if odd.at == "done":
                    await act(call)
                return _odd_answer(odd)
            if slow := carrier.faults.take(FaultKind.SLOW, **ends, on=area):
                await asyncio.sleep(slow.seconds)
            return await act(call)
        except Refusal as refusal:
            return answer_json(refusal.body(), refusal.http_status, refusal.headers)

    return Route(path, answer, methods=list(methods))


def answer_json(
    content: dict[str, Any],
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return Response(encode_json(content), status, headers, "application/json")


ODD_BODIES = {
    "error": encode_json(Refusal(20500).body()),
    "code": encode_json(
        {
            "code": 20500,
            "message": "Internal Server Error",
            "sid": None,
        }
    ),
    "page": "<html><body>Please sign in to the network.</body></html>",
    "half": '{"sid": "PN0',
    "list": "[]",
    "object": "{}",
    "empty": "",
    "null": "null",
    "another": encode_json(
        {
            "sid": "XX" + "0" * 32,
            "phone_number": "+15005550009",
            "friendly_name": "another",
        }
    ),
}


def _odd_answer(fault: CarrierFault) -> Response:
    """What a gateway in between makes of an answer."""
    body = ODD_BODIES.get(fault.body, fault.body)
    return Response(body, 200, media_type="application/json")


def nothing_left() -> Response:
    return Response(status_code=204)


HANGS = (
    FaultKind.ACCEPT_THEN_HANG,
    FaultKind.PURCHASE_THEN_HANG,
    FaultKind.RELEASE_THEN_HANG,
)


async def lose_answer(call: ApiCall, fault: CarrierFault) -> Response:
    """The act was done; its answer is a 500,
    or silence and then a 500 or a closed line.
    """
    if fault.kind in HANGS:
        await asyncio.sleep(fault.seconds)
        if fault.then == "close":
            return await cut_connection(call.request, fault)
    raise Refusal(20500)


async def cut_connection(request: Request, fault: CarrierFault) -> Response:
    """Reset the TCP connection under the request."""
    connection = request.scope["state"]["connection"]
    transport = connection.transport
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None and not transport.is_closing():
        # Lingering on, for zero seconds: closing it sends a reset, not an end.
        reset_on_close = struct.pack("ii", 1, 0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
    transport.abort()
    # Nobody gets it: Starlette wants an answer of every route.
    return Response(status_code=503, headers={"X-Fault": fault.kind})


def _ends(request: Request, body: bytes) -> dict[str, Any]:
    carrier: SimulatedCarrier = request.app.state.carrier
    if not carrier.faults.all():
        return {}
    text = body.decode(errors="replace")
    form = dict(parse_qsl(text))
    return {"to": form.get("To"), "from_": form.get("From")}


def _authenticate(carrier: SimulatedCarrier, request: Request) -> None:
    options = carrier.options
    given = request.headers.get("authorization", "")
    pair = f"{options.account_sid}:{options.auth_token}"
    wanted = b"Basic " + base64.b64encode(pair.encode())
    if not hmac.compare_digest(given.encode(), wanted):
        raise Refusal(20003)
    # Of the newer APIs, no path names an account.
    account = request.path_params.get("account", options.account_sid)
    if account != options.account_sid:
        raise Refusal(20404, f"The requested resource {request.url.path} was not found")
