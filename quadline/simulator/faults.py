"""Faults on demand: which there are, whom they strike, and how often."""

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    REFUSE = "refuse"  # creating a text is answered with `code`
    RATE_LIMIT = "rate_limit"  # 429, code 20429; Retry-After if `retry_after` is set
    LIST_RATE_LIMIT = "list_rate_limit"  # the same, when texts are listed
    SLOW = "slow"  # the answer comes after `seconds`
    # 200 with another body (`body`); `at` done: the act was done anyway
    ODD_ANSWER = "odd_answer"
    RESET = "reset"  # the connection is cut; nothing was accepted
    ACCEPT_THEN_500 = "accept_then_500"
    ACCEPT_THEN_HANG = "accept_then_hang"  # silent for `seconds`, then 500 or closed
    FAIL = "fail"  # the text ends `status` with `code`, told by callback
    LANDLINE = "landline"  # `at` create: 21614 at once; `at` callback: 30006 later
    UNREACHABLE = "unreachable"  # ends undelivered with 30003
    STUCK_TEXT = "stuck_text"  # never gets past `status` (default sent)
    CALLBACK_LOST = "callback_lost"
    CALLBACK_DOUBLED = "callback_doubled"  # each sent `copies` times (default 2)
    CALLBACK_REVERSED = "callback_reversed"  # all of a text's callbacks, last one first
    CALLBACK_DELAYED = "callback_delayed"  # by `seconds` of the simulator's time
    INBOUND_LOST = "inbound_lost"  # in the carrier's log, but no webhook is called
    # its webhook is called after `seconds` of the simulator's time
    INBOUND_DELAYED = "inbound_delayed"
    INBOUND_DOUBLED = "inbound_doubled"  # its webhook is called `copies` times
    REGISTRATION_STUCK = "registration_stuck"
    REGISTRATION_FAILED = "registration_failed"  # for `reason`
    PURCHASE_THEN_500 = "purchase_then_500"  # bought, and the answer is lost
    PURCHASE_THEN_HANG = "purchase_then_hang"
    RELEASE_THEN_500 = "release_then_500"  # given back, and the answer is lost
    RELEASE_THEN_HANG = "release_then_hang"
    SEARCH_EMPTY = "search_empty"  # no numbers (in `area_code`); buying there is 21452
    SOMEONE_TOOK_IT = "someone_took_it"  # buying is 21422
    # nobody takes mail for `seconds` of the simulator's time, or until removed
    SMTP_DOWN = "smtp_down"
    # refused with `code`, `at` create: when its recipient is named; `at` data: after it
    SMTP_REFUSE = "smtp_refuse"
    SMTP_SLOW = "smtp_slow"  # the mail server answers after `seconds`
    SMTP_ACCEPT_THEN_CUT = "smtp_accept_then_cut"  # it arrives, the answer is lost
    MAIL_BOUNCES = "mail_bounces"  # taken, and then it comes back
    OUT_OF_OFFICE = "out_of_office"  # each mail is answered by a machine
    REFUSE_CONNECTIONS = "refuse_connections"  # once, now: closed for `seconds`


@dataclass(slots=True, kw_only=True)
class CarrierFault:
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
        """``where``: what the asking act knows of; what it does not name, fits."""
        if self.times == 0:
            return False
        fits_ends = self.to in (None, to) and self.from_ in (None, from_)
        fits_place = self.area_code in (None, where.get("area_code"))
        fits_moment = where.get("at", self.at) == self.at
        fits_area = self.on == "any" or where.get("on", self.on) == self.on
        return (
            fits_ends
            and fits_place
            and fits_moment
            and fits_area
            and self._fits_status(where)
        )

    def _fits_status(self, where: dict[str, str]) -> bool:
        if "status" not in where or not self.statuses:
            return True
        return where["status"] in self.statuses

    def as_dict(self) -> dict[str, Any]:
        facts = asdict(self)
        facts["from"] = facts.pop("from_")
        return facts


class Faults:
    """The faults in force. `note` writes the ledger each time one is used."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self._ids = itertools.count(1)
        self._faults: dict[int, CarrierFault] = {}

    def all(self) -> list[CarrierFault]:
        return list(self._faults.values())

    def add(self, wish: dict[str, Any]) -> CarrierFault:
        fault = _read(wish)
        fault.id = next(self._ids)
        self._faults[fault.id] = fault
        return fault

    def remove(
        self,
        *,
        fault_id: int | None = None,
        kind: str | None = None,
    ) -> int:
        gone = list(self._faults.values())
        if fault_id is not None:
            gone = [fault for fault in gone if fault.id == fault_id]
        if kind is not None:
            gone = [fault for fault in gone if fault.kind == kind]
        for fault in gone:
            del self._faults[fault.id]
        return len(gone)

    def take(
        self,
        kind: FaultKind,
        *,
        to: str | None = None,
        from_: str | None = None,
        **where: str,
    ) -> CarrierFault | None:
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
        fault: CarrierFault,
        to: str | None,
        from_: str | None,
        where: dict[str, str],
    ) -> CarrierFault:
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


def _read(wish: dict[str, Any]) -> CarrierFault:
    """Raises ValueError, in words, when the wish makes no sense."""
    facts = dict(wish)
    if "from" in facts:
        facts["from_"] = facts.pop("from")
    known = {each.name for each in fields(CarrierFault)} - {"id", "used"}
    strange = facts.keys() - known
    if strange:
        raise ValueError(f"A fault has no {', '.join(sorted(strange))}.")
    try:
        facts["kind"] = FaultKind(facts.get("kind", ""))
    except ValueError:
        raise ValueError(f"kind must be one of {', '.join(FaultKind)}.") from None
    _check_times(facts.get("times"))
    for name in ("seconds", "copies", "code", "retry_after"):
        _check_number(name, facts.get(name))
    return CarrierFault(**facts)


def _check_times(times: Any) -> None:
    if times is None:
        return
    if not isinstance(times, int) or times < 1:
        raise ValueError("times must be a whole number from 1, or null.")


def _check_number(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, (int, float)) or value < 0:
        raise ValueError(f"{name} must be a number.")
