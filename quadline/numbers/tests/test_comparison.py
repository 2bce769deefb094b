"""Both lists side by side: what counts as a difference, and what only seems to be one."""

from dataclasses import replace

import pytest

from quadline.carriers.protocol import RentedNumber
from quadline.numbers.comparison import (
    Difference,
    OurNumber,
    Snapshots,
    TroubleKind,
    compared,
)
from quadline.numbers.pool_rules import is_nearly_used, spares_to_request
from quadline.numbers.rules import NumberState

PHONE, SID, REFERENCE = "+17342340001", "PN1", "ref-1"
THERE = RentedNumber(PHONE, SID, REFERENCE, is_attached=True, calls_us=True)
OURS = OurNumber(1, PHONE, SID, REFERENCE, NumberState.ACTIVE, is_attached=True)


def kinds(
    there: list[RentedNumber],
    ours: list[OurNumber],
    after: list[OurNumber] | None = None,
) -> list[TroubleKind]:
    snapshots = Snapshots(ours, ours if after is None else after)
    return [each.kind for each in compared(there, snapshots).differences]


@pytest.mark.parametrize(
    ("there", "state", "found"),
    [
        (THERE, NumberState.ACTIVE, []),
        (None, NumberState.ACTIVE, [TroubleKind.LOST]),
        (None, NumberState.RESTING, [TroubleKind.LOST]),
        (None, NumberState.FAILED, [TroubleKind.LOST]),
        (None, NumberState.RELEASING, []),
        (None, NumberState.RELEASED, []),
        (None, NumberState.MOVED, []),
        (replace(THERE, calls_us=False), NumberState.ACTIVE, [TroubleKind.UNPOINTED]),
        (replace(THERE, calls_us=False), NumberState.RESTING, [TroubleKind.UNPOINTED]),
        (replace(THERE, is_attached=False), NumberState.ACTIVE, [TroubleKind.DETACHED]),
        (replace(THERE, is_attached=False), NumberState.REGISTERING, []),
        (replace(THERE, is_attached=False), NumberState.FAILED, []),
        (THERE, NumberState.RELEASING, []),
        (THERE, NumberState.RELEASED, [TroubleKind.UNKNOWN]),
    ],
)
def test_what_differs_of_a_number_we_have_had(
    there: RentedNumber | None, state: NumberState, found: list[TroubleKind]
) -> None:
    assert kinds([there] if there else [], [replace(OURS, state=state)]) == found


def test_of_one_number_only_what_matters_most_is_told() -> None:
    there = replace(THERE, is_attached=False, calls_us=False)
    assert kinds([there], [OURS]) == [TroubleKind.DETACHED]


@pytest.mark.parametrize(
    ("there", "foreign", "unknown"),
    [
        (THERE, 0, 1),
        (replace(THERE, reference=""), 0, 1),  # somebody put it into our service
        (replace(THERE, is_attached=False), 0, 1),
        (replace(THERE, reference="", is_attached=False), 1, 0),
    ],
)
def test_a_number_we_do_not_have_is_unknown_or_none_of_our_business(
    there: RentedNumber, foreign: int, unknown: int
) -> None:
    found = compared([there], Snapshots([], []))
    assert found.foreign == foreign
    assert (
        list(found.differences)
        == [Difference(TroubleKind.UNKNOWN, PHONE, SID)] * unknown
    )


def test_one_that_is_being_bought_is_known_by_its_reference() -> None:
    buying = replace(OURS, carrier_number_id="", state=NumberState.ORDERING)
    assert kinds([THERE], [buying]) == []


def test_what_changed_while_the_carrier_was_asked_is_no_difference() -> None:
    assert kinds([], [], after=[OURS]) == []  # bought after it had answered
    assert (
        kinds([THERE], [OURS], after=[replace(OURS, state=NumberState.RELEASED)]) == []
    )
    gone = replace(OURS, state=NumberState.RELEASED)
    assert kinds([], [OURS], after=[gone]) == []


def test_a_number_that_moved_is_known_by_its_new_row() -> None:
    before = replace(OURS, id=1, state=NumberState.MOVED, reference="another")
    assert kinds([THERE], [before, replace(OURS, id=2)]) == []


@pytest.mark.parametrize(
    ("wanted", "spares", "in_use", "limit", "missing"),
    [
        (0, 0, 0, 49, 0),
        (3, 0, 10, 49, 3),
        (3, 2, 10, 49, 1),
        (3, 5, 10, 49, 0),
        (3, 0, 47, 49, 2),
        (3, 0, 49, 49, 0),
        (3, 0, 60, 49, 0),
    ],
)
def test_how_many_are_bought_ahead(
    wanted: int, spares: int, in_use: int, limit: int, missing: int
) -> None:
    assert (
        spares_to_request(wanted=wanted, spares=spares, in_use=in_use, limit=limit)
        == missing
    )


@pytest.mark.parametrize(
    ("in_use", "limit", "is_low"),
    [
        (44, 49, False),
        (45, 49, True),
        (60, 49, True),
        (379, 400, False),
        (380, 400, True),
    ],
)
def test_when_a_college_is_told_that_its_pool_is_nearly_used(
    in_use: int, limit: int, is_low: bool
) -> None:
    assert is_nearly_used(in_use, limit=limit) is is_low
