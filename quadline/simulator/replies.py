"""A student's phone texts a system number: logged, keywords obeyed,
the webhook called.
"""

import asyncio
from dataclasses import dataclass, field

from quadline.simulator import areas, optout, progress, sending
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.faults import FaultKind
from quadline.simulator.records import Number, SimulatedMessage, SimulatedPhone, new_sid
from quadline.simulator.segments import count_segments
from quadline.simulator.twiml import BadTwiml, replies_in
from quadline.simulator.webhooks import Errand, WebhookAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOutcome:
    """What became of a student's text."""

    sid: str | None = None
    url: str | None = None
    answer: WebhookAnswer | None = None
    used_fallback: bool = False
    error: str | None = None
    replies: list[str] = field(default_factory=list)


async def text_in(
    carrier: SimulatedCarrier,
    *,
    phone: str,
    to: str,
    body: str,
    webhook_after: float = 0.0,
    is_webhook_lost: bool = False,
) -> ReplyOutcome:
    """``webhook_after``: seconds until the college is told of this text; what is due
    when the simulator ends is lost.
    """
    number = carrier.number_of.get(to)
    if number is None:
        carrier.ledger.write(
            "inbound",
            sid=None,
            **{"from": phone},
            to=to,
            body=body,
            lost=True,
        )
        return ReplyOutcome(
            error="Nobody rents this number now; the text went nowhere."
        )
    # Logged first: a lost webhook can still be found in the carrier's log, as at the
    # real one.
    message = _log(carrier, phone, number, body)
    # Before the webhook: the carrier blocks, whether or not it can tell the college.
    own_answer = optout.obey(carrier, phone, number, body)
    if own_answer and carrier.knobs.auto_replies:
        carrier.ledger.write("auto_reply", **{"from": to}, to=phone, body=own_answer)
        _answer(carrier, number, phone, own_answer, is_automatic=True)
    faults = carrier.faults
    if is_webhook_lost or faults.take(FaultKind.INBOUND_LOST, to=to, from_=phone):
        return ReplyOutcome(
            sid=message.sid, error="The webhook call was lost, as asked."
        )
    if delayed := faults.take(FaultKind.INBOUND_DELAYED, to=to, from_=phone):
        webhook_after = delayed.seconds
    if webhook_after:
        _call_webhook_later(carrier, number, message, webhook_after)
        return ReplyOutcome(
            sid=message.sid,
            error=f"The webhook is called in {webhook_after:g} s, as asked.",
        )
    return await _call_webhook(carrier, number, message)


def _log(
    carrier: SimulatedCarrier,
    phone: str,
    number: Number,
    body: str,
) -> SimulatedMessage:
    now = carrier.clock.now()
    message = SimulatedMessage(
        sid=new_sid("SM"),
        turn=carrier.next_turn(),
        from_=phone,
        to=number.phone_number,
        body=body,
        direction="inbound",
        status="received",
        segments=count_segments(body),
        created_at=now,
        updated_at=now,
        sent_at=now,
        service_sid=number.service_sid,
    )
    carrier.keep(message)
    _touch(carrier, phone)
    carrier.ledger.write(
        "inbound",
        sid=message.sid,
        **{"from": phone},
        to=number.phone_number,
        body=body,
    )
    return message


def _touch(carrier: SimulatedCarrier, phone_number: str) -> None:
    phone = carrier.phones.get(phone_number)
    if phone is None:
        phone = SimulatedPhone(phone_number=phone_number)
    phone.last_active_at = carrier.clock.now()
    carrier.keep(phone)


def _call_webhook_later(
    carrier: SimulatedCarrier,
    number: Number,
    message: SimulatedMessage,
    seconds: float,
) -> None:
    def begin() -> None:
        call = asyncio.get_running_loop().create_task(
            _call_webhook(carrier, number, message)
        )
        # The loop holds tasks weakly: without this one could vanish before it has run.
        carrier.late_calls.add(call)
        call.add_done_callback(carrier.late_calls.discard)

    carrier.clock.at(carrier.clock.now() + seconds, begin)


async def _call_webhook(
    carrier: SimulatedCarrier,
    number: Number,
    message: SimulatedMessage,
) -> ReplyOutcome:
    doubled = carrier.faults.take(
        FaultKind.INBOUND_DOUBLED, to=message.to, from_=message.from_
    )
    copies = doubled.copies if doubled else 1
    # Side by side, not in turn: a doubled call must meet the first one half done.
    calls = [_call_once(carrier, number, message) for _ in range(copies)]
    outcomes = await asyncio.gather(*calls)
    return outcomes[0]


async def _call_once(
    carrier: SimulatedCarrier,
    number: Number,
    message: SimulatedMessage,
) -> ReplyOutcome:
    urls = _urls(carrier, number)
    form = inbound_form(carrier, message)
    answer: WebhookAnswer | None = None
    last_url = None
    for place, (url, method) in enumerate(urls):
        last_url = url
        errand = Errand(
            url=url,
            method=method,
            about="inbound",
            lane=message.sid,
            form=form,
            facts={
                "sid": message.sid,
                "from": message.from_,
                "to": message.to,
            },
        )
        answer = await carrier.courier.deliver(errand)
        texts = _replies_in(answer)
        # No good answer: the fallback address is next.
        if texts is None:
            continue
        for text in texts:
            _answer(carrier, number, message.from_, text)
        return ReplyOutcome(
            sid=message.sid,
            url=url,
            answer=answer,
            used_fallback=place > 0,
            replies=texts,
        )
    problem = "The webhook did not answer." if urls else "This number has no webhook."
    return ReplyOutcome(
        sid=message.sid,
        url=last_url,
        answer=answer,
        error=problem,
    )


def _replies_in(answer: WebhookAnswer) -> list[str] | None:
    """The texts the webhook answers with; None when its fallback is to be asked."""
    if not answer.is_good:
        return None
    try:
        return replies_in(answer.body)
    except BadTwiml:
        # Plain words are taken, and say nothing; broken XML is not.
        is_words = answer.body and not answer.body.lstrip().startswith("<")
        return [] if is_words else None


def _urls(carrier: SimulatedCarrier, number: Number) -> list[tuple[str, str]]:
    """Where to post an inbound text, and where next if that fails."""
    service = carrier.services.get(number.service_sid or "")
    # A service's addresses win over those of its numbers, unless it hands the choice to
    # them.
    if service is not None and not service.use_inbound_webhook_on_number:
        pair = [
            (service.inbound_request_url, service.inbound_method),
            (service.fallback_url, service.fallback_method),
        ]
    else:
        pair = [
            (number.sms_url, number.sms_method),
            (number.sms_fallback_url, number.sms_fallback_method),
        ]
    return [(url, method) for url, method in pair if url]


def inbound_form(
    carrier: SimulatedCarrier, message: SimulatedMessage
) -> dict[str, str]:
    form = {
        "ToCountry": "US",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.to,
        "NumSegments": str(message.segments),
        "MessageSid": message.sid,
        "AccountSid": carrier.options.account_sid,
        "From": message.from_,
        "ApiVersion": "2010-04-01",
    }
    for end, phone in (("From", message.from_), ("To", message.to)):
        code = phone.removeprefix("+1")[:3]
        city, state, postal_code = areas.AREA_PLACES.get(code, ("", "", ""))
        form[f"{end}City"] = city.upper()
        form[f"{end}State"] = state
        form[f"{end}Zip"] = postal_code
        form[f"{end}Country"] = areas.country_of(code)
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    keyword = optout.opt_out_keyword_in(message.body)
    # Only Advanced Opt-Out tells the webhook what the carrier made of the words.
    if keyword and carrier.knobs.advanced_opt_out:
        form["OptOutType"] = keyword.value
    return form


def _answer(
    carrier: SimulatedCarrier,
    number: Number,
    phone: str,
    body: str,
    *,
    is_automatic: bool = False,
) -> None:
    """A text from the number to the student that no API call asked for."""
    blocked = sending.is_blocked(carrier, phone, number.phone_number, number)
    if blocked and carrier.knobs.carrier_blocks_opt_outs and not is_automatic:
        carrier.ledger.write(
            "refuse",
            code=21610,
            to=phone,
            **{"from": number.phone_number},
            body=body,
        )
        return
    now = carrier.clock.now()
    message = SimulatedMessage(
        sid=new_sid("SM"),
        turn=carrier.next_turn(),
        from_=number.phone_number,
        to=phone,
        body=body,
        direction="outbound-reply",
        status="queued",
        segments=count_segments(body),
        created_at=now,
        updated_at=now,
        service_sid=number.service_sid,
        is_automatic=is_automatic,
    )
    carrier.keep(message)
    # The carrier's own answers leave at once, registered or not.
    progress.plan(carrier, message, None if is_automatic else number)
