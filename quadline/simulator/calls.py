"""A phone calls a system number: what the caller hears,
as the college's TwiML says it.
"""

from dataclasses import dataclass
from urllib.parse import urljoin

from quadline.simulator import areas
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.records import Number, new_sid
from quadline.simulator.twiml import BadTwiml, Verb, read_twiml
from quadline.simulator.webhooks import Errand

_MOST_HOPS = 5  # documents in one call: one that redirects to itself would never end
_APPLICATION_ERROR = "We are sorry, an application error has occurred."


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """One thing that happens on the line."""

    verb: str  # say, play, dial, pause, gather, reject, hangup, error
    text: str


@dataclass(slots=True)
class _Line:
    """A call in progress."""

    sid: str
    phone: str
    number: Number
    url: str | None
    method: str
    extra: dict[str, str]


async def place_call(
    carrier: SimulatedCarrier,
    *,
    phone: str,
    to: str,
) -> list[SpokenPart]:
    number = carrier.number_of.get(to)
    if number is None:
        return [SpokenPart("error", "The number you have dialed is not in service.")]
    line = _Line(
        sid=new_sid("CA"),
        phone=phone,
        number=number,
        url=number.voice_url or None,
        method=number.voice_method,
        extra={},
    )
    heard = await _talk(carrier, line)
    if _failed(heard) and number.voice_fallback_url:
        line.url = number.voice_fallback_url
        line.method = number.voice_fallback_method
        # 11200: Twilio could not fetch the document
        line.extra = {"ErrorCode": "11200", "ErrorUrl": number.voice_url}
        heard = await _talk(carrier, line)
    carrier.ledger.write(
        "call",
        sid=line.sid,
        **{"from": phone},
        to=to,
        heard=[{"verb": each.verb, "text": each.text} for each in heard],
    )
    return heard


async def _talk(carrier: SimulatedCarrier, line: _Line) -> list[SpokenPart]:
    if not line.url:
        return [
            SpokenPart("error", "Nobody answers: this number has no voice webhook.")
        ]
    heard: list[SpokenPart] = []
    for _ in range(_MOST_HOPS):
        url = line.url or ""
        verbs = await _fetch_verbs(carrier, line, url)
        if verbs is None:
            heard.append(SpokenPart("error", _APPLICATION_ERROR))
            return heard
        line.url = None
        for verb in verbs:
            heard.append(_hear(verb))
            if _leaves(carrier, line, verb, url):
                break
        if line.url is None:
            break
    return heard


async def _fetch_verbs(
    carrier: SimulatedCarrier,
    line: _Line,
    url: str,
) -> list[Verb] | None:
    """The document at this URL; None when there is none."""
    errand = Errand(
        url=url,
        method=line.method,
        about="call",
        lane=line.sid,
        form=_form(carrier, line),
        facts={
            "sid": line.sid,
            "from": line.phone,
            "to": line.number.phone_number,
        },
    )
    answer = await carrier.courier.deliver(errand)
    if not answer.is_good:
        return None
    try:
        return read_twiml(answer.body)
    except BadTwiml:
        return None


def _leaves(
    carrier: SimulatedCarrier,
    line: _Line,
    verb: Verb,
    base: str,
) -> bool:
    """Whether this verb ends the document; sets where the call goes on, if it does."""
    if verb.name == "Dial" and "action" in verb.attributes:
        line.url = urljoin(base, verb.attributes["action"])
        line.method = verb.attributes.get("method", "POST")
        line.extra = {"DialCallStatus": carrier.knobs.dial_status}
        return True
    if verb.name == "Redirect":
        line.url = urljoin(base, verb.text)
        line.method = verb.attributes.get("method", "POST")
        return True
    return verb.name in ("Reject", "Hangup")


def _hear(verb: Verb) -> SpokenPart:
    match verb.name:
        case "Dial":
            numbers = [child.text for child in verb.children if child.text]
            return SpokenPart("dial", ", ".join(numbers) or verb.text)
        case "Reject":
            return SpokenPart("reject", verb.attributes.get("reason", "rejected"))
        case "Pause":
            seconds = verb.attributes.get("length", "1")
            return SpokenPart("pause", f"{seconds} s")
        case "Gather":
            prompts = [each for each in verb.children if each.name in ("Say", "Play")]
            said = [prompt.text for prompt in prompts]
            return SpokenPart("gather", " ".join(said))
    return SpokenPart(verb.name.lower(), verb.text)


def _failed(heard: list[SpokenPart]) -> bool:
    if not heard:
        return False
    return heard[-1].verb == "error"


def _form(carrier: SimulatedCarrier, line: _Line) -> dict[str, str]:
    phone = line.phone
    number = line.number.phone_number
    area_code = phone.removeprefix("+1")[:3]
    city, state, postal_code = areas.AREA_PLACES.get(area_code, ("", "", ""))
    return {
        "CallSid": line.sid,
        "AccountSid": carrier.options.account_sid,
        "From": phone,
        "To": number,
        "Caller": phone,
        "Called": number,
        # After a <Dial> the call was answered; before anything, it rings.
        "CallStatus": "in-progress" if line.extra.get("DialCallStatus") else "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        "FromCity": city.upper(),
        "FromState": state,
        "FromZip": postal_code,
        "FromCountry": "US",
        **line.extra,
    }
