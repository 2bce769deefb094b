"""The settings a trainer or a test may turn while the simulator runs."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    # seconds from joining a service to being able to send
    registration_delay: float = 0.0
    callback_delay: float = 0.05  # seconds between two steps of a text
    # Twilio's default is "service". A college with one number per advisor asks its
    # carrier for handling per number, so that STOP to one advisor does not silence all:
    # hence "number" here.
    block_scope: str = "number"
    # off: proves that the sender itself respects STOP
    carrier_blocks_opt_outs: bool = True
    auto_replies: bool = True  # the carrier's own answers to STOP, START and HELP
    advanced_opt_out: bool = False  # adds OptOutType to inbound webhooks
    unregistered_code: int = 30034  # what a text from an unregistered number ends with
    segments_per_second: float = 0.0  # per number; 0 is unlimited
    empty_area_codes: list[str] = field(default_factory=list)
    log_clock_ahead: float = 0.0  # seconds by which texts are dated too late
    dial_status: str = "completed"  # how a connected call ended, told to <Dial action>
    # who takes students' mail to the college: lmtp://host:port or smtp://host:port
    mail_intake: str = ""


def turned(knobs: Knobs, changes: dict[str, Any]) -> Knobs:
    """The knobs after these changes; ValueError, in words,
    when a change makes no sense.
    """
    known = {knob.name: getattr(knobs, knob.name) for knob in fields(Knobs)}
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"There is no setting called {name!r}.")
        _check(name, value, like=known[name])
    return replace(knobs, **changes)


def as_dict(knobs: Knobs) -> dict[str, Any]:
    return asdict(knobs)


_CHOICES: dict[str, tuple[object, ...]] = {
    "block_scope": ("number", "service"),
    "unregistered_code": (30034, 30035, 30024),
    "dial_status": ("completed", "busy", "no-answer", "failed", "canceled"),
}


def _check(
    name: str,
    value: Any,
    *,
    like: Any,
) -> None:
    choices = _CHOICES.get(name)
    if choices and value not in choices:
        words = ", ".join(map(str, choices))
        raise ValueError(f"{name} must be one of {words}.")
    if name == "mail_intake" and value:
        _check_intake(str(value))
    if not _fits(name, value, like):
        raise ValueError(f"{name} cannot be {value!r}.")


def _check_intake(url: str) -> None:
    if not url.startswith(("lmtp://", "smtp://")):
        raise ValueError("mail_intake must begin with lmtp:// or smtp://.")


def _fits(
    name: str,
    value: Any,
    like: Any,
) -> bool:
    if isinstance(like, float):
        # bool is a kind of int.
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        may_be_negative = name == "log_clock_ahead"
        return is_number and (value >= 0 or may_be_negative)
    if isinstance(like, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, type(like))
