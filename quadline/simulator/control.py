"""The control API: JSON, for tests,
benchmarks and the screens. gate.py says who may ask.
"""

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from quadline.simulator import calls, phones, registration, replies, roster, students
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.faults import CarrierFault, FaultKind
from quadline.simulator.knobs import as_dict, turned
from quadline.simulator.records import SimulatedPhone

ControlView = Callable[[SimulatedCarrier, Request], Awaitable[Response]]


def control_routes() -> list[BaseRoute]:
    return [
        control_route("/healthz", GET=health),
        control_route("/reset", POST=reset),
        control_route("/ledger", GET=ledger),
        control_route("/settings", GET=settings, POST=change_settings),
        control_route("/fast-forward", POST=fast_forward),
        control_route("/faults", GET=faults_view, POST=add_fault, DELETE=remove_faults),
        control_route("/faults/{id:int}", DELETE=remove_faults),
        control_route("/numbers", GET=numbers_view),
        control_route("/directory", POST=directory),
        control_route("/students", GET=list_students_view),
        control_route("/students/{key}", GET=student),
        control_route("/phones", GET=list_phones_view),
        control_route("/phones/{phone}", GET=phone_view),
        control_route("/phones/{phone}/texts", POST=text_view),
        control_route("/phones/{phone}/calls", POST=call_view),
    ]


def control_route(path: str, **views: ControlView) -> Route:
    async def answer(request: Request) -> Response:
        view = views[request.method]
        try:
            return await view(request.app.state.carrier, request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"/simulator{path}", answer, methods=list(views))


async def health(carrier: SimulatedCarrier, request: Request) -> Response:
    facts = {
        "ok": True,
        "at": carrier.clock.now(),
        "ledger": len(carrier.ledger),
        "numbers": len(carrier.numbers),
        "messages": len(carrier.messages),
        "mailboxes": len(carrier.mailboxes),
        "lists_asked": carrier.lists_asked,
        "smtp_port": request.app.state.mail_port.port,
    }
    return JSONResponse(facts)


async def reset(carrier: SimulatedCarrier, request: Request) -> Response:
    carrier.reset()
    # Names are the roster's, not the carrier's: a reset keeps them.
    if carrier.options.students:
        roster.name_phones(carrier, carrier.options.students)
    await request.app.state.mail_port.follow_faults()
    return JSONResponse({"ok": True})


async def ledger(carrier: SimulatedCarrier, request: Request) -> Response:
    query = request.query_params
    kinds: set[str] = set()
    for value in query.getlist("kind"):
        kinds.update(value.split(","))
    lines = carrier.ledger.as_json(
        kinds=kinds - {""},
        after=int(query.get("after", "0")),
        limit=int(query.get("limit", "10000")),
    )
    return Response(lines, media_type="application/json")


async def settings(carrier: SimulatedCarrier, request: Request) -> Response:
    return JSONResponse(as_dict(carrier.knobs))


async def change_settings(carrier: SimulatedCarrier, request: Request) -> Response:
    changes = await read_json(request)
    carrier.turn_knobs(turned(carrier.knobs, changes))
    return JSONResponse(as_dict(carrier.knobs))


async def fast_forward(carrier: SimulatedCarrier, request: Request) -> Response:
    wish = await read_json(request)
    hours = float(wish.get("hours", 0))
    seconds = float(wish.get("seconds", 0))
    happened = await carrier.fast_forward(hours * 3600 + seconds)
    # Mail that was due in that time has left too when this is answered.
    await request.app.state.postman.settle()
    facts = {
        "now": carrier.clock.now(),
        "happened": happened,
    }
    return JSONResponse(facts)


async def faults_view(carrier: SimulatedCarrier, request: Request) -> Response:
    in_force = carrier.faults.all()
    return JSONResponse([fault.as_dict() for fault in in_force])


async def add_fault(carrier: SimulatedCarrier, request: Request) -> Response:
    fault = carrier.faults.add(await read_json(request))
    # These two strike at once: no later act takes them, and so writes them down.
    if fault.kind is FaultKind.REFUSE_CONNECTIONS:
        carrier.faults.remove(fault_id=fault.id)
        _note_outage(carrier, fault)
        request.app.state.listener.refuse_for(fault.seconds)
    if fault.kind is FaultKind.SMTP_DOWN:
        _note_outage(carrier, fault)
        request.app.state.mail_port.end_later(fault)
        await request.app.state.mail_port.follow_faults()
    return JSONResponse(fault.as_dict(), 201)


def _note_outage(carrier: SimulatedCarrier, fault: CarrierFault) -> None:
    carrier.ledger.write(
        "fault",
        fault=fault.kind,
        id=fault.id,
        seconds=fault.seconds,
    )


async def remove_faults(carrier: SimulatedCarrier, request: Request) -> Response:
    removed = carrier.faults.remove(
        fault_id=request.path_params.get("id"),
        kind=request.query_params.get("kind"),
    )
    # What the faults held goes on at once, not with the next event.
    registration.release_stuck(carrier)
    await request.app.state.mail_port.follow_faults()
    return JSONResponse({"removed": removed})


async def numbers_view(carrier: SimulatedCarrier, request: Request) -> Response:
    rented = carrier.numbers.values()
    return JSONResponse([phones.describe_number(number) for number in rented])


async def directory(carrier: SimulatedCarrier, request: Request) -> Response:
    wish = await read_json(request)
    entries = wish.get("phones", [wish])
    for entry in entries:
        phone = SimulatedPhone(
            phone_number=_number(str(entry.get("phone_number", ""))),
            name=str(entry.get("name", "")),
            detail=str(entry.get("detail", "")),
            is_landline=bool(entry.get("is_landline", False)),
            email=str(entry.get("email", "")).lower(),
        )
        roster.put_phone(carrier, phone)
    return JSONResponse({"phones": len(entries)}, 201)


async def list_students_view(carrier: SimulatedCarrier, request: Request) -> Response:
    query = request.query_params
    found = students.list_texting_students(
        carrier,
        search=query.get("q", ""),
        limit=int(query.get("limit", "60")),
    )
    return JSONResponse(found)


async def student(carrier: SimulatedCarrier, request: Request) -> Response:
    key = request.path_params["key"]
    return JSONResponse(students.describe_student(carrier, key))


async def list_phones_view(carrier: SimulatedCarrier, request: Request) -> Response:
    query = request.query_params
    found = phones.list_phones(
        carrier,
        search=query.get("q", ""),
        limit=int(query.get("limit", "60")),
    )
    return JSONResponse(found)


async def phone_view(carrier: SimulatedCarrier, request: Request) -> Response:
    number = _number(request.path_params["phone"])
    return JSONResponse(phones.describe_phone(carrier, number))


async def text_view(carrier: SimulatedCarrier, request: Request) -> Response:
    wish = await read_json(request)
    phone = _number(request.path_params["phone"])
    to = _number(str(wish.get("to", "")))
    body = str(wish.get("body", ""))
    if not body:
        raise ValueError("body is empty.")
    outcome = await replies.text_in(
        carrier,
        phone=phone,
        to=to,
        body=body,
        webhook_after=_seconds(wish.get("webhook_after", 0)),
        is_webhook_lost=bool(wish.get("webhook_lost", False)),
    )
    answer = outcome.answer
    facts = {
        "sid": outcome.sid,
        "url": outcome.url,
        "answered": answer.status if answer else None,
        "body": answer.body if answer else None,
        "used_fallback": outcome.used_fallback,
        "replies": outcome.replies,
        "error": outcome.error,
    }
    return JSONResponse(facts, 201)


async def call_view(carrier: SimulatedCarrier, request: Request) -> Response:
    wish = await read_json(request)
    phone = _number(request.path_params["phone"])
    to = _number(str(wish.get("to", "")))
    heard = await calls.place_call(carrier, phone=phone, to=to)
    facts = [asdict(each) for each in heard]
    return JSONResponse({"heard": facts}, 201)


async def read_json(request: Request) -> dict[str, Any]:
    # A page of another site must ask before it sends this type, and is never allowed.
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("application/json"):
        raise ValueError("Send JSON, with Content-Type: application/json.")
    value = json.loads(await request.body() or b"{}")
    if not isinstance(value, dict):
        raise ValueError("A JSON object was expected.")
    return value


def _seconds(value: Any) -> float:
    # bool is a kind of int.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise ValueError("webhook_after must be a number of seconds.")
    return float(value)


def _number(text: str) -> str:
    number = roster.normal_number(text)
    if number is None:
        raise ValueError(f"{text!r} is not a phone number.")
    return number
