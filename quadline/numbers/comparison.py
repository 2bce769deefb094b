"""What the carrier has and what we have, held against each other. No database here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from quadline.carriers.protocol import RentedNumber
from quadline.numbers.rules import ENDED_STATES, HELD_STATES, NumberState


class TroubleKind(StrEnum):
    LOST = "lost"  # ours, and the carrier does not have it
    UNKNOWN = "unknown"  # bought by us or attached, and we do not have it
    UNPOINTED = "unpointed"  # its texts or calls go somewhere else
    DETACHED = "detached"  # not in the Messaging Service: it cannot send
    POOL_NEARLY_USED = "pool_nearly_used"
    WARM_POOL_EMPTY = "warm_pool_empty"


FOUND_BY_COMPARING = frozenset(
    {
        TroubleKind.LOST,
        TroubleKind.UNKNOWN,
        TroubleKind.UNPOINTED,
        TroubleKind.DETACHED,
    }
)
# A number that is being bought, or given back, differs for a moment.
SETTLED = HELD_STATES - {NumberState.RELEASING}


def told_after(kind: TroubleKind) -> timedelta:
    """How long it lasts before anybody is told: a pool fills again in hours."""
    return timedelta(days=1 if kind is TroubleKind.WARM_POOL_EMPTY else 0)


@dataclass(frozen=True)
class OurNumber:
    id: int
    phone: str
    carrier_number_id: str
    reference: str
    state: NumberState
    is_attached: bool

    @property
    def is_over(self) -> bool:
        return self.state in ENDED_STATES

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED and self.carrier_number_id != ""


@dataclass(frozen=True)
class Difference:
    kind: TroubleKind
    phone: str
    carrier_number_id: str
    number_id: int | None = None


@dataclass(frozen=True)
class ComparisonResult:
    differences: Sequence[Difference] = ()
    # how many numbers of the account Quadline has nothing to do with
    foreign: int = 0


@dataclass(frozen=True)
class Snapshots:
    """Our numbers before and after the carrier was asked: one that was bought or given
    back meanwhile is no difference.
    """

    before: Sequence[OurNumber]
    after: Sequence[OurNumber]
    known: frozenset[str] = field(init=False)  # ids and references

    def __post_init__(self) -> None:
        # A purchase under way has a reference and no id at the carrier yet.
        names = {
            name
            for number in (*self.before, *self.after)
            if not number.is_over
            for name in (number.carrier_number_id, number.reference)
        }
        object.__setattr__(self, "known", frozenset(names - {""}))

    @property
    def settled(self) -> Iterator[OurNumber]:
        # One that was bought after the carrier had answered is not in its list.
        were_settled = {number.id for number in self.before if number.is_settled}
        return (
            number
            for number in self.after
            if number.is_settled and number.id in were_settled
        )


def compared(rented: Sequence[RentedNumber], ours: Snapshots) -> ComparisonResult:
    """Every difference, both ways; one for each number."""
    # By id, not by phone: a phone can have been given back and rented again.
    by_id = {number.carrier_number_id: number for number in rented}
    found = [*_amiss(by_id, ours.settled), *_unknown(rented, ours.known)]
    strangers = [number for number in rented if _is_foreign(number, ours.known)]
    return ComparisonResult(found, len(strangers))


def _amiss(
    rented: Mapping[str, RentedNumber], settled: Iterator[OurNumber]
) -> Iterator[Difference]:
    for number in settled:
        kind = _what_is_amiss(number, rented.get(number.carrier_number_id))
        if kind:
            yield Difference(kind, number.phone, number.carrier_number_id, number.id)


def _what_is_amiss(
    number: OurNumber,
    there: RentedNumber | None,
) -> TroubleKind | None:
    """The one that matters most: a number that cannot send is attached first."""
    if there is None:
        return TroubleKind.LOST
    # one that failed, or is on its way, is attached when it is tried again
    is_set_up = number.state in (NumberState.ACTIVE, NumberState.RESTING)
    if is_set_up and not there.is_attached:
        return TroubleKind.DETACHED
    return None if there.calls_us else TroubleKind.UNPOINTED


def _unknown(
    rented: Sequence[RentedNumber], known: Collection[str]
) -> Iterator[Difference]:
    for number in rented:
        if not _is_known(number, known) and _is_quadlines(number):
            yield Difference(
                TroubleKind.UNKNOWN, number.phone, number.carrier_number_id
            )


def _is_known(number: RentedNumber, known: Collection[str]) -> bool:
    return number.carrier_number_id in known or number.reference in known


def _is_quadlines(number: RentedNumber) -> bool:
    return number.reference != "" or number.is_attached


def _is_foreign(number: RentedNumber, known: Collection[str]) -> bool:
    return not _is_known(number, known) and not _is_quadlines(number)
