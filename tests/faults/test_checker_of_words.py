"""The checker on STOP and START: it judges by the order
in which the carrier got them.
"""

from datetime import timedelta

import pytest

from tests.faults.harness import checker, opting
from tests.faults.harness.load import WAVERS, WEBHOOKS, Done, planned
from tests.faults.harness.nemesis import log_clock_ahead
from tests.faults.test_checker import NOON, NUMBER, ROSA, entered, honest, opted_out


def test_only_a_call_that_a_stop_waited_for_in_vain_is_excused() -> None:
    seen = honest()
    opted_out(seen, NOON - timedelta(seconds=0.5))
    seen.attempts["m1"][0]["started_at"] = NOON - timedelta(seconds=8)
    assert checker.broken(seen, Done()) == {}
    assert opting.texts_the_carrier_held_on_to(seen) == 1


def test_after_a_start_texts_are_welcome_again_and_a_late_stop_undoes_no_newer_start() -> (
    None
):
    seen = honest()
    opted_out(seen, NOON - timedelta(seconds=9))
    entered(seen, "START", NOON - timedelta(seconds=5))
    entered(
        seen,
        "STOP",
        NOON - timedelta(seconds=7),
        recorded_at=NOON - timedelta(seconds=2),
    )
    assert checker.broken(seen, Done()) == {}


def test_a_late_start_that_was_said_before_the_stop_makes_no_text_welcome() -> None:
    """Both as they were heard look as if the student had come back."""
    seen = honest()
    entered(
        seen,
        "STOP",
        NOON - timedelta(seconds=7),
        recorded_at=NOON - timedelta(seconds=6),
    )
    entered(
        seen,
        "START",
        NOON - timedelta(seconds=9),
        recorded_at=NOON - timedelta(seconds=2),
    )
    assert list(checker.broken(seen, Done())) == ["no text after a stop"]
    seen.opted_out.clear()
    assert list(checker.broken(seen, Done())) == [
        "no text after a stop",
        "each pair stands by the last word",
    ]


def test_a_start_that_we_have_not_heard_of_yet_makes_no_text_welcome() -> None:
    seen = honest()
    entered(seen, "STOP", NOON - timedelta(seconds=9))
    entered(
        seen,
        "START",
        NOON - timedelta(seconds=7),
        recorded_at=NOON + timedelta(seconds=2),
    )
    assert list(checker.broken(seen, Done())) == ["no text after a stop"]


@pytest.mark.parametrize(("apart", "is_found"), [(3, True), (0, False)])
def test_who_came_back_and_is_out_for_good_is_found(apart: int, is_found: bool) -> None:
    """Within one second the carrier's dates do not say
    which was first, and STOP wins.
    """
    seen = honest()
    entered(seen, "STOP", NOON + timedelta(seconds=1))
    entered(seen, "START", NOON + timedelta(seconds=1 + apart, milliseconds=500))
    assert checker.broken(seen, Done()) == {}
    seen.opted_out.add((ROSA, NUMBER))
    assert bool(checker.broken(seen, Done())) is is_found


def test_who_came_back_may_be_out_by_a_later_refusal() -> None:
    seen = honest()
    entered(seen, "STOP", NOON + timedelta(seconds=1))
    entered(seen, "START", NOON + timedelta(seconds=5))
    later = NOON + timedelta(seconds=9)
    refused = {
        "carrier_reference": "refused m9",
        "occurred_at": later,
        "recorded_at": later,
    }
    seen.consent.append(seen.consent[0] | refused)
    seen.opted_out.add((ROSA, NUMBER))
    assert checker.broken(seen, Done()) == {}


def test_who_wavers_is_written_to_and_their_words_come_in_every_way() -> None:
    acts = planned(7, seconds=600, staff=4, students=120)
    waverers = [act for act in acts if act.kind == "waver"]
    fates = [webhook for act in waverers for _, _, webhook in act.words]
    assert all(webhook in fates for webhook in WEBHOOKS)
    assert {tuple(word for word, _, _ in act.words) for act in waverers} == set(WAVERS)
    for act in [act for act in waverers if act.at < 590]:
        assert any(
            (each.kind, each.student, each.at > act.at) == ("text", act.student, True)
            for each in acts
        )
    assert len({log_clock_ahead(seed) for seed in range(50)}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"carrier_reference": "SM9"},
        {"change": "opt_in"},
        {"system_phone": "+17345552001"},
    ],
)
def test_a_stop_is_on_the_ledger_only_by_its_own_entry(change: dict[str, str]) -> None:
    seen = honest()
    opted_out(seen, NOON + timedelta(seconds=1))
    assert checker.broken(seen, Done()) == {}
    seen.consent[0].update(change)
    assert "each stop and start is on the ledger" in checker.broken(seen, Done())


def test_nobody_is_back_without_a_start() -> None:
    seen = honest()
    opted_out(seen, NOON + timedelta(seconds=1))
    seen.consent.append(
        {**seen.consent[0], "change": "opt_in", "carrier_reference": "SM2"}
    )
    assert list(checker.broken(seen, Done())) == [
        "each stop and start is on the ledger"
    ]
