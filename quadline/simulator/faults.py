"""Faults on demand: which there are, whom they strike, and how often."""

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    REFUSE = "refuse"  # creating a text is answered with `code`
    # 429, code 20429, with Retry-After when `retry_after` is set
    RATE_LIMIT = "rate_limit"
    LIST_RATE_LIMIT = "list_rate_limit"  # the same, when texts are listed
    SLOW = "slow"  # the answer comes after `seconds`
    # 200 with a body of another shape (`body`); `at` done: what was asked was done all
    # the same
    ODD_ANSWER = "odd_answer"
    RESET = "reset"  # the connection is cut; nothing was accepted
    ACCEPT_THEN_500 = "accept_then_500"
    # accepted, silent for `seconds`, then 500 or closed
    ACCEPT_THEN_HANG = "accept_then_hang"
    FAIL = "fail"  # the text ends `status` with `code`, told by callback
    # 21614 at once, or 30006 by callback (`at`: create, callback)
    LANDLINE = "landline"
    UNREACHABLE = "unreachable"  # ends undelivered with 30003
    STUCK_TEXT = "stuck_text"  # never gets past `status` (default sent)
    CALLBACK_LOST = "callback_lost"
    CALLBACK_DOUBLED = "callback_doubled"  # each sent `copies` times (default 2)
    CALLBACK_REVERSED = "callback_reversed"  # all of a text's callbacks, last one first
    CALLBACK_DELAYED = "callback_delayed"  # by `seconds` of the simulator's time
    INBOUND_LOST = "inbound_lost"  # in the carrier's log, but no webhook is called
    # its webhook is called after `seconds` of the simulator's time
    INBOUND_DELAYED = "inbound_delayed"
    # its webhook is called `copies` times (default 2)
    INBOUND_DOUBLED = "inbound_doubled"
    REGISTRATION_STUCK = "registration_stuck"
    REGISTRATION_FAILED = "registration_failed"  # for `reason`
    PURCHASE_THEN_500 = "purchase_then_500"  # bought, and the answer is lost
    PURCHASE_THEN_HANG = "purchase_then_hang"
    SEARCH_EMPTY = "search_empty"  # no numbers (in `area_code`); buying there is 21452
    SOMEONE_TOOK_IT = "someone_took_it"  # buying is 21422
    # nobody takes mail for `seconds` of the simulator's time, or until removed
    SMTP_DOWN = "smtp_down"
    # mail is refused with `code` (`at`: create, when its recipient is named; data,
    # after it)
    SMTP_REFUSE = "smtp_refuse"
    SMTP_SLOW = "smtp_slow"  # the mail server answers after `seconds`
    # the mail is in its mailbox, the answer is lost
    SMTP_ACCEPT_THEN_CUT = "smtp_accept_then_cut"
    MAIL_BOUNCES = "mail_bounces"  # taken, and then it comes back
    OUT_OF_OFFICE = "out_of_office"  # each mail is answered by a machine
    # at once, once: nobody listens for `seconds`
    REFUSE_CONNECTIONS = "refuse_connections"


@dataclass(slots=True, kw_only=True)
class Fault:
    kind: FaultKind
    id: int = 0
    to: str | None = None
    from_: str | None = None
    times: int | None = None  # None: until removed
    code: int | None = None
    status: str | None = None
    seconds: float = 30.0
    retry_after: int | None = None
    copies: int = 2
    statuses: list[str] | None = None
    then: str = "close"
    at: str = "create"
    on: str = "messages"
    body: str = "error"
    reason: str = ""
    area_code: str | None = None
    used: int = 0

    def strikes(
        self,
        to: str | None,
        from_: str | None,
        where: dict[str, str],
    ) -> bool:
        return (
            self.times != 0
            and self.to in (None, to)
            and self.from_ in (None, from_)
            and self.area_code in (None, where.get("area_code"))
            and ("at" not in where or self.at == where["at"])
            and ("on" not in where or self.on in ("any", where["on"]))
            and (
                "status" not in where
                or not self.statuses
                or where["status"] in self.statuses
            )
        )

    def as_dict(self) -> dict[str, Any]:
        facts = asdict(self)
        facts["from"] = facts.pop("from_")
        return facts


class Faults:
    """The faults in force. `note` writes the ledger each time one is used."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self._ids = itertools.count(1)
        self._faults: dict[int, Fault] = {}

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def add(self, wish: dict[str, Any]) -> Fault:
        fault = _read(wish)
        fault.id = next(self._ids)
        self._faults[fault.id] = fault
        return fault

    def remove(self, *, fault_id: int | None = None, kind: str | None = None) -> int:
        gone = [
            fault.id
            for fault in self._faults.values()
            if fault_id in (None, fault.id) and kind in (None, fault.kind)
        ]
        for each in gone:
            del self._faults[each]
        return len(gone)

    def take(
        self,
        kind: FaultKind,
        *,
        to: str | None = None,
        from_: str | None = None,
        **where: str,
    ) -> Fault | None:
        """The first fault of this kind that strikes here,
        counted and noted; or none.
        """
        if not self._faults:
            return None
        for fault in self._faults.values():
            if fault.kind is kind and fault.strikes(to, from_, where):
                return self._use(fault, to, from_, where)
        return None

    def _use(
        self,
        fault: Fault,
        to: str | None,
        from_: str | None,
        where: dict[str, str],
    ) -> Fault:
        fault.used += 1
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.pop(fault.id, None)
        self._note(
            "fault",
            fault=fault.kind,
            id=fault.id,
            to=to,
            **{"from": from_},
            **where,
        )
        return fault


def _read(wish: dict[str, Any]) -> Fault:
    facts = {
        ("from_" if name == "from" else name): value for name, value in wish.items()
    }
    known = {each.name for each in fields(Fault)} - {"id", "used"}
    if strange := set(facts) - known:
        raise ValueError(f"A fault has no {', '.join(sorted(strange))}.")
    try:
        facts["kind"] = FaultKind(facts.get("kind", ""))
    except ValueError:
        raise ValueError(f"kind must be one of {', '.join(FaultKind)}.") from None
    times = facts.get("times")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise ValueError("times must be a whole number from 1, or null.")
    for name in ("seconds", "copies", "code", "retry_after"):
        value = facts.get(name)
        if value is not None and (not isinstance(value, (int, float)) or value < 0):
            raise ValueError(f"{name} must be a number.")
    return Fault(**facts)
