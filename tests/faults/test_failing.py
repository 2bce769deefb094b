"""The named points at which a program can be made to die: each is there,
and its callers find it wrapped.

Whether a run comes to a point depends on what happens in it: the report says which were
reached.
"""

import asyncio

import procrastinate
import pytest

from quadline import jobs
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.sending import sender
from tests.faults.harness import failing


@pytest.mark.parametrize("point", failing.POINTS)
def test_every_point_names_a_function(point: str) -> None:
    owner, name = failing.found(failing.POINTS[point][1])
    assert callable(getattr(owner, name))


@pytest.mark.parametrize("point", failing.POINTS)
def test_no_point_is_a_job_which_the_engine_would_call_unwrapped(point: str) -> None:
    owner, name = failing.found(failing.POINTS[point][1])
    assert not isinstance(getattr(owner, name), procrastinate.tasks.Task)
    assert isinstance(reconciliation.settle_unknown_attempts, procrastinate.tasks.Task)


@pytest.mark.django_db
def test_the_sweep_of_unknown_outcomes_comes_to_its_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deaths: list[str] = []
    taken = iter([["an attempt"], []])
    # closing it would end this test's transaction
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    monkeypatch.setattr(reconciliation, "_take", lambda now: next(taken))
    monkeypatch.setattr(
        reconciliation, "settle_attempts", lambda attempts, *, now: None
    )
    failing.arm("before_lookup", die=lambda: deaths.append("now"))
    reconciliation.settle_unknown_attempts(timestamp=0)
    assert deaths == ["now"]


def test_a_point_is_reached_at_the_chosen_time_wherever_the_function_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def carry(text: str) -> str:
        return text

    deaths: list[str] = []
    monkeypatch.setattr(sender, "a_hand_over", carry, raising=False)
    monkeypatch.setattr(sender, "the_same", carry, raising=False)
    monkeypatch.setitem(
        failing.POINTS,
        "here",
        (failing.WORKER, "quadline.delivery.sending.sender:a_hand_over", "after"),
    )
    failing.arm("here", at_the=2, die=lambda: deaths.append("now"))
    known_twice = (sender.a_hand_over, sender.the_same)  # type: ignore[attr-defined]
    assert asyncio.run(known_twice[0]("one")) == "one"
    assert deaths == []
    assert asyncio.run(known_twice[1]("two")) == "two"
    assert deaths == ["now"]
