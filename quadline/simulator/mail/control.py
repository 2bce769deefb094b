"""The control API of the mailboxes."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.control import control_route, read_json
from quadline.simulator.mail import answers, boxes
from quadline.simulator.records import Mail


def mail_routes() -> list[BaseRoute]:
    return [
        control_route("/mailboxes", GET=list_mailboxes_view),
        control_route("/mailboxes/{address}", GET=mailbox),
        control_route("/mailboxes/{address}/replies", POST=reply_view),
    ]


async def list_mailboxes_view(carrier: SimulatedCarrier, request: Request) -> Response:
    query = request.query_params
    found = boxes.list_mailboxes(
        carrier,
        search=query.get("q", ""),
        limit=int(query.get("limit", "60")),
    )
    return JSONResponse(found)


async def mailbox(carrier: SimulatedCarrier, request: Request) -> Response:
    address = request.path_params["address"].lower()
    return JSONResponse(boxes.describe_mailbox(carrier, address))


async def reply_view(carrier: SimulatedCarrier, request: Request) -> Response:
    """The student, or a machine of theirs, answers a mail: the newest,
    unless one is named.
    """
    wish = await read_json(request)
    address = request.path_params["address"].lower()
    body = str(wish.get("body", ""))
    kind = str(wish.get("kind", "reply"))
    if kind not in answers.REPLY_KINDS:
        raise ValueError(f"kind must be one of {', '.join(answers.REPLY_KINDS)}.")
    mail = _mail(carrier, address, str(wish.get("to_message_id", "")))
    letter = answers.REPLY_KINDS[kind](mail, body)
    # The others are machines' mail, or somebody else's: no student sees them as sent.
    if kind in ("reply", "twice", "html_only"):
        boxes.keep_sent(carrier, letter.raw, address=address)
    outcome = await request.app.state.postman.deliver(letter)
    facts = {
        "to": letter.to,
        "kind": kind,
        "taken": outcome.is_taken,
        "code": outcome.code,
        "words": outcome.words,
    }
    return JSONResponse(facts, 201)


def _mail(
    carrier: SimulatedCarrier,
    address: str,
    header_id: str,
) -> Mail:
    mails = boxes.mails_of(carrier, address)
    found = [mail for mail in mails if not mail.is_from_student]
    if header_id:
        found = [mail for mail in found if mail.header_id == header_id]
    if not found:
        raise ValueError(f"{address} has no such mail.")
    return found[-1]
