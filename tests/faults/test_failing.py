"""The named points at which a program can be made to die: each is there, and is reached."""

import asyncio

import pytest

from quadline.delivery import sender
from tests.faults.harness import failing


@pytest.mark.parametrize("point", failing.POINTS)
def test_every_point_names_a_function(point: str) -> None:
    owner, name = failing.found(failing.POINTS[point][1])
    assert callable(getattr(owner, name))


def test_a_point_is_reached_at_the_chosen_time_wherever_the_function_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async def carry(text: str) -> str:
        return text

    deaths: list[str] = []
    monkeypatch.setattr(sender, "a_hand_over", carry, raising=False)
    monkeypatch.setattr(sender, "the_same", carry, raising=False)
    monkeypatch.setitem(failing.POINTS, "here", (failing.WORKER, "quadline.delivery.sender:a_hand_over", "after"))
    failing.arm("here", at_the=2, die=lambda: deaths.append("now"))
    known_twice = (sender.a_hand_over, sender.the_same)  # type: ignore[attr-defined]
    assert asyncio.run(known_twice[0]("one")) == "one"
    assert deaths == []
    assert asyncio.run(known_twice[1]("two")) == "two"
    assert deaths == ["now"]
