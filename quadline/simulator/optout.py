"""The carrier's own keywords: STOP and its variants, START and its variants, HELP."""

from enum import StrEnum

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.records import Number, PhoneBlock, new_sid


class OptOutKeyword(StrEnum):
    STOP = "STOP"
    START = "START"
    HELP = "HELP"


_WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"),
        OptOutKeyword.STOP,
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), OptOutKeyword.START),
    **dict.fromkeys(("HELP", "INFO"), OptOutKeyword.HELP),
}
_STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages"
    " from this number. Reply START to resubscribe."
)
_STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP"
    " for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
_HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


def opt_out_keyword_in(body: str) -> OptOutKeyword | None:
    """The whole message counts, in any case, with blanks around it; "STOP please",
    “Stop.” and "opt out" do not.
    """
    return _WORDS.get(_word(body))


def obey(
    carrier: SimulatedCarrier,
    phone: str,
    number: Number,
    body: str,
) -> str | None:
    """Block or unblock as this text asks. The carrier's own answer, if it has one."""
    match opt_out_keyword_in(body):
        case OptOutKeyword.STOP:
            is_new = _block(carrier, phone, number, _word(body))
            return _STOPPED if is_new else None
        case OptOutKeyword.START:
            lifted = _unblock(carrier, phone, number, _word(body))
            # An everyday "yes" from a student who never opted out is left alone.
            return _STARTED if lifted or _word(body) != "YES" else None
        case OptOutKeyword.HELP:
            return _HELPED
    return None


def _word(body: str) -> str:
    """Plain letters only: full-width ones and invisible signs make another message."""
    # Not strip(): it takes away signs that make another message, too.
    word = body.strip(" \t\r\n")
    return word.upper() if word.isascii() else ""


def scopes_of(carrier: SimulatedCarrier, number: Number) -> list[str]:
    """Where a block that stops this number may be written: the number,
    or its service.
    """
    scopes = [number.phone_number]
    if number.service_sid:
        scopes.append(number.service_sid)
    return scopes


def _block(
    carrier: SimulatedCarrier,
    phone: str,
    number: Number,
    word: str,
) -> bool:
    scope = number.phone_number
    if carrier.knobs.block_scope == "service" and number.service_sid:
        scope = number.service_sid
    if (phone, scope) in carrier.blocks:
        return False
    block = PhoneBlock(
        sid=new_sid("BK"),
        phone=phone,
        scope=scope,
        keyword=word,
        since=carrier.clock.now(),
    )
    carrier.keep(block)
    carrier.ledger.write(
        "opt_out",
        phone=phone,
        to=number.phone_number,
        scope=scope,
        keyword=word,
    )
    return True


def _unblock(
    carrier: SimulatedCarrier,
    phone: str,
    number: Number,
    word: str,
) -> bool:
    keys = [(phone, scope) for scope in scopes_of(carrier, number)]
    lifted = [carrier.blocks[key] for key in keys if key in carrier.blocks]
    for block in lifted:
        carrier.forget(block)
        carrier.ledger.write(
            "opt_in",
            phone=phone,
            to=number.phone_number,
            scope=block.scope,
            keyword=word,
        )
    return bool(lifted)
