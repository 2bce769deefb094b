"""The life of a number: what may follow what, which
steps are shown, when it is late.
"""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.numbers.rules import (
    ENDED_STATES,
    HELD_STATES,
    LIVE_STATES,
    SETUP_STATES,
    NumberState,
    is_late,
    may_become,
    steps_shown,
)

ASKED = datetime(2026, 11, 23, 14, tzinfo=UTC)
RESERVED, RENTED, ACTIVE_AT = (
    ASKED + timedelta(minutes=minutes) for minutes in (1, 2, 90)
)
REACHED: dict[NumberState, datetime | None] = {
    NumberState.REQUESTED: ASKED,
    NumberState.ORDERING: RESERVED,
    NumberState.REGISTERING: RENTED,
    NumberState.ACTIVE: ACTIVE_AT,
}

# From each state (row) to each other (column): requested, ordering, registering,
# active, resting, releasing, released, moved, failed.
MAY_BECOME = """
requested    . x x . . . . . x
ordering     . x x . . . . . x
registering  . . . x . x x . x
active       . . x . x . x . .
resting      . . . x . x x x .
releasing    . . . . . . x . .
released     . . . . . . . . .
moved        . . . . . . . . .
failed       x x x x . x x . .
"""


def cases() -> list[tuple[NumberState, NumberState, bool]]:
    rows = [line.split() for line in MAY_BECOME.strip().splitlines()]
    return [
        (NumberState(row[0]), state, mark == "x")
        for row in rows
        for state, mark in zip(NumberState, row[1:], strict=True)
    ]


@pytest.mark.parametrize(("state", "following", "may"), cases())
def test_a_number_takes_only_the_steps_of_the_table(
    state: NumberState, following: NumberState, may: bool
) -> None:
    assert may_become(state, following) is may


def test_the_table_has_every_pair_of_states() -> None:
    assert {(state, following) for state, following, _ in cases()} == {
        (a, b) for a in NumberState for b in NumberState
    }


@pytest.mark.parametrize(
    ("state", "reached", "marks"),
    [
        (NumberState.REQUESTED, 1, "now todo todo todo"),
        (NumberState.ORDERING, 2, "done now todo todo"),
        (NumberState.REGISTERING, 3, "done done now todo"),
        (NumberState.ACTIVE, 4, "done done done done"),
        (NumberState.FAILED, 1, "now todo todo todo"),
        (NumberState.FAILED, 2, "done now todo todo"),
        (NumberState.FAILED, 3, "done done now todo"),
    ],
)
def test_the_steps_show_how_far_a_number_has_come(
    state: NumberState, reached: int, marks: str
) -> None:
    times: dict[NumberState, datetime | None] = {
        **dict.fromkeys(REACHED),
        **dict(list(REACHED.items())[:reached]),
    }
    steps = steps_shown(state, times)

    assert [step.label for step in steps] == [
        "Requested",
        "Reserved",
        "Registering with the networks",
        "Active",
    ]
    assert " ".join(step.state for step in steps) == marks
    assert [step.at for step in steps] == [
        *list(REACHED.values())[:reached],
        *[None] * (4 - reached),
    ]


def test_a_step_that_is_still_to_come_shows_no_time_though_it_was_reached_before() -> (
    None
):
    steps = steps_shown(NumberState.ORDERING, REACHED)

    assert [step.at for step in steps] == [ASKED, RESERVED, None, None]


@pytest.mark.parametrize("state", list(NumberState))
@pytest.mark.parametrize(
    ("hours", "is_long"), [(0, False), (23.99, False), (24, True), (72, True)]
)
def test_a_number_is_late_after_a_day_unless_it_is_set_up_or_over(
    state: NumberState, hours: float, is_long: bool
) -> None:
    expected = is_long and state not in (
        NumberState.ACTIVE,
        NumberState.RESTING,
        NumberState.RELEASING,
        NumberState.RELEASED,
        NumberState.MOVED,
    )

    assert is_late(ASKED, state, now=ASKED + timedelta(hours=hours)) is expected


def test_every_state_is_either_the_users_one_number_or_over() -> None:
    over = {NumberState.RELEASED, NumberState.MOVED}
    assert over == ENDED_STATES
    assert set(NumberState) - LIVE_STATES == over | {NumberState.RELEASING}
    assert {NumberState.ACTIVE, NumberState.RESTING} == LIVE_STATES - SETUP_STATES
    assert set(NumberState) - HELD_STATES == over | {NumberState.REQUESTED}
