"""The law on leaving, as tables. No database here."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from quadline.inboxes.departure_rules import (
    Absence,
    PlanFacts,
    Share,
    SuccessorFacts,
    circle_of,
    faults_of_plan,
    successor_for,
)

TODAY = date(2026, 3, 2)
MAYA, THEO, LENA, OMAR, DESK = 1, 2, 3, 4, 10**12


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def away(who: int, *follow: int, starts: int = 0, ends: int | None = None) -> Absence:
    shares = tuple(
        Share("" if place == 0 else f"P{place}", inbox)
        for place, inbox in enumerate(follow)
    )
    return Absence(who, day(starts), None if ends is None else day(ends), shares)


GOOD = PlanFacts(
    absence=away(MAYA, THEO, starts=14),
    staff_name="Maya Alvarez",
    today=TODAY,
    rest_days=90,
    successors={
        THEO: SuccessorFacts(THEO, "Theo Brandt", takes_texts=True),
        LENA: SuccessorFacts(LENA, "Lena Ortiz", takes_texts=False),
    },
)


def test_a_program_goes_to_its_own_successor_and_everybody_else_to_the_other() -> None:
    shares = [Share("", THEO), Share("Nursing", LENA)]

    assert successor_for("Nursing", shares) == LENA
    assert successor_for("Welding", shares) == THEO
    assert successor_for("", shares) == THEO
    assert successor_for("Welding", [Share("Nursing", LENA)]) is None


def test_a_good_plan_has_no_faults() -> None:
    assert faults_of_plan(GOOD) == {}
    today = replace(GOOD, absence=away(MAYA, THEO, starts=0))
    assert faults_of_plan(today) == {}


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"absence": away(MAYA, THEO, starts=-1)}, "leaves_on", "is past"),
        ({"absence": away(MAYA, THEO, starts=731)}, "leaves_on", "two years"),
        ({"absence": away(MAYA, THEO, starts=9, ends=9)}, "returns_on", "after"),
        ({"absence": away(MAYA, THEO, starts=9, ends=8)}, "returns_on", "after"),
        ({"absence": away(MAYA, THEO, starts=9, ends=900)}, "returns_on", "two years"),
        ({"rest_days": 0}, "rest_days", "from 1 to 730"),
        ({"rest_days": 731}, "rest_days", "from 1 to 730"),
        (
            {"is_open": False, "absence": away(MAYA, THEO, starts=1, ends=9)},
            "staff",
            "Reactivate it",
        ),
        ({"is_last_administrator": True}, "staff", "only administrator"),
        ({"absence": away(MAYA, starts=9)}, "successor", "Choose who follows"),
        ({"absence": away(MAYA, MAYA, starts=9)}, "successor", "themselves"),
        ({"absence": away(MAYA, THEO, MAYA, starts=9)}, "successor", "themselves"),
        ({"absence": away(MAYA, LENA, starts=9)}, "successor", "Lena Ortiz can’t"),
        ({"absence": away(MAYA, THEO, LENA, starts=9)}, "successor", "Lena Ortiz"),
        ({"absence": away(MAYA, OMAR, starts=9)}, "successor", "from the list"),
        ({"others": [away(THEO, LENA, starts=9, ends=20)]}, "successor", "is away"),
        ({"others": [away(THEO, MAYA, starts=20)]}, "successor", "at the same time"),
    ],
)
def test_what_stands_in_the_way_is_said_at_its_field(
    changed: dict[str, object], field: str, words: str
) -> None:
    faults = faults_of_plan(replace(GOOD, **changed))  # type: ignore[arg-type]

    assert set(faults) == {field}
    assert words in faults[field]


def test_who_was_deactivated_before_can_still_be_followed() -> None:
    assert faults_of_plan(replace(GOOD, is_open=False)) == {}


def test_a_leave_asks_for_no_days_of_rest() -> None:
    leave = replace(GOOD, absence=away(MAYA, THEO, starts=5, ends=90), rest_days=0)
    assert faults_of_plan(leave) == {}


@pytest.mark.parametrize(
    ("others", "is_circle"),
    [
        ([], False),
        ([away(THEO, MAYA, starts=3)], True),
        ([away(THEO, LENA, starts=3), away(LENA, MAYA, starts=3)], True),
        ([away(THEO, LENA, starts=3), away(LENA, OMAR, starts=3)], False),
        # By one program only.
        ([away(THEO, LENA, MAYA, starts=3)], True),
        # A circle that the plan only leads into, and does not close.
        ([away(THEO, LENA), away(LENA, OMAR), away(OMAR, LENA)], False),
        # Theo is back before Maya leaves, and leaves after she is back.
        ([away(THEO, MAYA, starts=-30, ends=0)], False),
        ([away(THEO, MAYA, starts=60, ends=90)], False),
    ],
)
def test_a_plan_that_leads_back_to_who_leaves_is_a_circle(
    others: list[Absence], is_circle: bool
) -> None:
    leave = away(MAYA, THEO, starts=0, ends=60)
    assert bool(circle_of(leave, others)) is is_circle


def test_a_chain_of_any_length_ends() -> None:
    chain = [away(n, n + 1) for n in range(2, 3000)]
    assert circle_of(away(MAYA, 2), chain) == []
    assert circle_of(away(MAYA, 2), [*chain, away(3000, MAYA)])[-1] == MAYA


def test_the_day_of_return_is_no_day_away() -> None:
    leave = away(MAYA, THEO, starts=2, ends=5)
    assert [leave.covers(day(n)) for n in range(1, 7)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
