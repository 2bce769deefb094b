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
from quadline.simulator.carrier import Carrier
from quadline.simulator.faults import FaultKind
from quadline.simulator.knobs import as_dict, turned
from quadline.simulator.records import Phone

View = Callable[[Carrier, Request], Awaitable[Response]]


def control_routes() -> list[BaseRoute]:
    return [
        route("/healthz", GET=health),
        route("/reset", POST=reset),
        route("/ledger", GET=ledger),
        route("/settings", GET=settings, POST=change_settings),
        route("/fast-forward", POST=fast_forward),
        route(
            "/faults",
            GET=faults,
            POST=add_fault,
            DELETE=remove_faults,
        ),
        route("/faults/{id:int}", DELETE=remove_faults),
        route("/numbers", GET=numbers),
        route("/directory", POST=directory),
        route("/students", GET=list_students),
        route("/students/{key}", GET=student),
        route("/phones", GET=list_phones),
        route("/phones/{phone}", GET=phone),
        route("/phones/{phone}/texts", POST=text),
        route("/phones/{phone}/calls", POST=call),
    ]


def route(path: str, **views: View) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return await views[request.method](request.app.state.carrier, request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"/simulator{path}", answer, methods=list(views))


async def health(carrier: Carrier, request: Request) -> Response:
    counts = {
        "numbers": len(carrier.numbers),
        "messages": len(carrier.messages),
        "mailboxes": len(carrier.mailboxes),
    }
    counts["lists_asked"] = carrier.lists_asked
    facts = {
        "ok": True,
        "at": carrier.clock.now(),
        "ledger": len(carrier.ledger),
        **counts,
    }
    facts["smtp_port"] = request.app.state.mail_port.port
    return JSONResponse(facts)


async def reset(carrier: Carrier, request: Request) -> Response:
    carrier.reset()
    if carrier.options.students:
        roster.name_phones(carrier, carrier.options.students)
    await request.app.state.mail_port.follow_faults()
    return JSONResponse({"ok": True})


async def ledger(carrier: Carrier, request: Request) -> Response:
    query = request.query_params
    kinds = {
        kind for value in query.getlist("kind") for kind in value.split(",") if kind
    }
    after, limit = int(query.get("after", "0")), int(query.get("limit", "10000"))
    lines = carrier.ledger.as_json(
        kinds=kinds,
        after=after,
        limit=limit,
    )
    return Response(lines, media_type="application/json")


async def settings(carrier: Carrier, request: Request) -> Response:
    return JSONResponse(as_dict(carrier.knobs))


async def change_settings(carrier: Carrier, request: Request) -> Response:
    carrier.turn_knobs(turned(carrier.knobs, await read_json(request)))
    return JSONResponse(as_dict(carrier.knobs))


async def fast_forward(carrier: Carrier, request: Request) -> Response:
    wish = await read_json(request)
    hours = float(wish.get("hours", 0)) + float(wish.get("seconds", 0)) / 3600
    happened = await carrier.fast_forward(hours * 3600)
    await request.app.state.postman.settle()
    return JSONResponse({"now": carrier.clock.now(), "happened": happened})


async def faults(carrier: Carrier, request: Request) -> Response:
    return JSONResponse([fault.as_dict() for fault in carrier.faults.all()])


async def add_fault(carrier: Carrier, request: Request) -> Response:
    fault = carrier.faults.add(await read_json(request))
    if fault.kind is FaultKind.REFUSE_CONNECTIONS:
        carrier.faults.remove(fault_id=fault.id)
        carrier.ledger.write(
            "fault",
            fault=fault.kind,
            id=fault.id,
            seconds=fault.seconds,
        )
        request.app.state.listener.refuse_for(fault.seconds)
    if fault.kind is FaultKind.SMTP_DOWN:
        carrier.ledger.write(
            "fault",
            fault=fault.kind,
            id=fault.id,
            seconds=fault.seconds,
        )
        request.app.state.mail_port.end_later(fault)
        await request.app.state.mail_port.follow_faults()
    return JSONResponse(fault.as_dict(), 201)


async def remove_faults(carrier: Carrier, request: Request) -> Response:
    removed = carrier.faults.remove(
        fault_id=request.path_params.get("id"), kind=request.query_params.get("kind")
    )
    registration.release_stuck(carrier)
    await request.app.state.mail_port.follow_faults()
    return JSONResponse({"removed": removed})


async def numbers(carrier: Carrier, request: Request) -> Response:
    return JSONResponse([phones.describe_number(n) for n in carrier.numbers.values()])


async def directory(carrier: Carrier, request: Request) -> Response:
    wish = await read_json(request)
    entries = wish.get("phones", [wish])
    for entry in entries:
        phone = Phone(
            phone_number=_number(str(entry.get("phone_number", ""))),
            name=str(entry.get("name", "")),
            detail=str(entry.get("detail", "")),
            is_landline=bool(entry.get("is_landline", False)),
            email=str(entry.get("email", "")).lower(),
        )
        roster.put_phone(carrier, phone)
    return JSONResponse({"phones": len(entries)}, 201)


async def list_students(carrier: Carrier, request: Request) -> Response:
    query = request.query_params
    limit = int(query.get("limit", "60"))
    return JSONResponse(
        students.list_students(carrier, search=query.get("q", ""), limit=limit)
    )


async def student(carrier: Carrier, request: Request) -> Response:
    return JSONResponse(students.describe_student(carrier, request.path_params["key"]))


async def list_phones(carrier: Carrier, request: Request) -> Response:
    query = request.query_params
    limit = int(query.get("limit", "60"))
    return JSONResponse(
        phones.list_phones(carrier, search=query.get("q", ""), limit=limit)
    )


async def phone(carrier: Carrier, request: Request) -> Response:
    return JSONResponse(
        phones.describe_phone(carrier, _number(request.path_params["phone"]))
    )


async def text(carrier: Carrier, request: Request) -> Response:
    wish = await read_json(request)
    phone, to = _number(request.path_params["phone"]), _number(str(wish.get("to", "")))
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
    return JSONResponse(
        {
            "sid": outcome.sid,
            "url": outcome.url,
            "answered": answer.status if answer else None,
            "body": answer.body if answer else None,
            "used_fallback": outcome.used_fallback,
            "replies": outcome.replies,
            "error": outcome.error,
        },
        201,
    )


async def call(carrier: Carrier, request: Request) -> Response:
    wish = await read_json(request)
    phone, to = _number(request.path_params["phone"]), _number(str(wish.get("to", "")))
    heard = await calls.call(carrier, phone=phone, to=to)
    return JSONResponse({"heard": [asdict(each) for each in heard]}, 201)


async def read_json(request: Request) -> dict[str, Any]:
    # A page of another site cannot send this type without asking first, and is never
    # allowed.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ValueError("Send JSON, with Content-Type: application/json.")
    value = json.loads(await request.body() or b"{}")
    if not isinstance(value, dict):
        raise ValueError("A JSON object was expected.")
    return value


def _seconds(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not 0 <= value < math.inf
    ):
        raise ValueError("webhook_after must be a number of seconds.")
    return float(value)


def _number(text: str) -> str:
    number = roster.normal_number(text)
    if number is None:
        raise ValueError(f"{text!r} is not a phone number.")
    return number
