"""Consents/Bulk: opt-outs and opt-ins that the college tells of, item by item (Twilio's
public beta, 2026-11).
"""

import json
import re
from typing import Any

from starlette.responses import Response

from quadline.simulator.api.calls import ApiCall, answer_json
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.errors import Refusal
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import PhoneBlock, new_sid

_MOST_ITEMS = 25  # in one call
_INVALID = 30646  # Twilio's code for an item that it does not understand
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHAPES = {
    "contact_id": _E164,
    "correlation_id": re.compile(r"[0-9a-f]{32}"),
    "status": re.compile(r"opt-in|opt-out"),
    "source": re.compile(r"website|offline|opt-in-message|opt-out-message|others"),
    "date_of_consent": re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?"),
}


async def upsert(call: ApiCall) -> Response:
    if fault := call.carrier.faults.take(FaultKind.REFUSE, on="consents"):
        raise Refusal(fault.code or 20500)
    items = [_read(text) for text in call.all("Items")]
    if not 0 < len(items) <= _MOST_ITEMS:
        raise Refusal(20001, f"1 to {_MOST_ITEMS} items were expected.")
    # Each on its own: a wrong one is named in its place, and the others count.
    applied = [_apply(call.carrier, item) for item in items]
    return answer_json({"items": applied}, 201)


def _apply(carrier: SimulatedCarrier, item: dict[str, Any]) -> dict[str, Any]:
    wrong = [
        name
        for name, shape in _SHAPES.items()
        if not shape.fullmatch(str(item.get(name, "")))
    ]
    scope = str(item.get("sender_id", ""))
    if scope not in carrier.number_of and scope not in carrier.services:
        wrong.append("sender_id")
    if not wrong:
        _keep(carrier, item["contact_id"], scope, item["status"])
    return {
        "correlation_id": item.get("correlation_id"),
        "error_code": _INVALID if wrong else 0,
        "error_messages": [f"INVALID_{name.upper()}" for name in wrong],
    }


def _keep(
    carrier: SimulatedCarrier,
    phone: str,
    scope: str,
    status: str,
) -> None:
    known = carrier.blocks.get((phone, scope))
    if status == "opt-out" and not known:
        block = PhoneBlock(
            sid=new_sid("BK"),
            phone=phone,
            scope=scope,
            keyword="",
            since=carrier.clock.now(),
        )
        carrier.keep(block)
        carrier.ledger.write(
            "opt_out",
            phone=phone,
            to=scope,
            scope=scope,
            keyword="",
            told=True,
        )
    elif status == "opt-in" and known:
        carrier.forget(known)
        carrier.ledger.write(
            "opt_in",
            phone=phone,
            to=scope,
            scope=scope,
            keyword="",
            told=True,
        )


def _read(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(20001, "Each item is a JSON object.")
    return value
