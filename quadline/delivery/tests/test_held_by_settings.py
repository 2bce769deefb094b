"""A text that is held until a time is looked at again when the college changes what
that time came from.
"""

import pytest
from pytest_django import Settings

from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.outbox import held_by_settings
from quadline.delivery.outbox.held_by_settings import (
    look_again_at_held_texts,
    release_held_by_settings,
)
from quadline.delivery.tests.acts import fresh, send_due, status, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

ALWAYS, NEVER = "00:00-23:59", ""


def set_to(settings: Settings, **changes: object) -> None:
    settings.ENV = settings.ENV.model_copy(update=changes)


@pytest.mark.parametrize("hours", [ALWAYS, NEVER])
def test_a_text_that_waits_for_the_morning_goes_by_the_new_quiet_hours(
    people: Cast, box: Simulator, number: SystemNumber, settings: Settings, hours: str
) -> None:
    set_to(settings, quiet_hours=ALWAYS)
    text = write(people.maya, people.rosa)
    assert fresh(text).reason == WaitingFor.QUIET_HOURS
    set_to(settings, quiet_hours=hours)
    release_held_by_settings([WaitingFor.QUIET_HOURS])
    send_due()
    is_held = hours == ALWAYS
    assert len(box.accepts()) == (0 if is_held else 1)
    assert status(text) == (Status.WAITING if is_held else Status.SENT)


def test_a_text_that_waits_for_tomorrow_leaves_when_the_cap_is_raised(
    people: Cast, box: Simulator, number: SystemNumber, settings: Settings
) -> None:
    set_to(settings, texts_per_day=1, texts_per_second=0)
    texts = [write(people.maya, people.rosa), write(people.maya, people.bo)]
    send_due()
    assert [fresh(text).reason for text in texts].count(WaitingFor.TOMORROW) == 1
    set_to(settings, texts_per_day=100)
    release_held_by_settings([WaitingFor.TOMORROW])
    send_due()
    assert [status(text) for text in texts] == [Status.SENT, Status.SENT]


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        (["college_name"], None),
        (["quiet_hours", "college_name"], [WaitingFor.QUIET_HOURS]),
        (["texts_per_day"], [WaitingFor.TOMORROW]),
        (
            ["college_time_zone", "texts_per_day"],
            [*held_by_settings.SETTINGS_THAT_HOLD],
        ),
    ],
)
def test_only_what_a_changed_setting_holds_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, changed: list[str], reasons: list[str] | None
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(
        held_by_settings,
        "enqueue",
        lambda job, *, after, reasons: asked.append(reasons),
    )
    look_again_at_held_texts(changed)
    assert asked == ([reasons] if reasons else [])
