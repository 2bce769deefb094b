"""A text that waits for a number does not wait forever: every page
that says it waits says what comes then.
"""

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.broadcasts.tests import acts
from quadline.conversations.rules import Status, WaitingFor
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.history import write_history
from tests.journeys.furnished import give_number

THEN = "If that takes over 36 hours, it goes as an email."


@pytest.fixture
def browser(enter: Enter, people: Cast, settings: LazySettings) -> Client:
    settings.ENV = settings.ENV.model_copy(update={"failsafe_number_hours": 36})
    return enter(people.maya)


def page(browser: Client, url: str) -> str:
    return " ".join(browser.get(url).content.decode().split())


def test_before_the_first_text(browser: Client, people: Cast) -> None:
    assert THEN in page(browser, reverse("student-message", args=[people.rosa.pk]))
    assert "If that takes over 36 hours, they go as emails." in page(
        browser, reverse("help")
    )


@pytest.mark.parametrize("state", ["registering", "failed"])
def test_while_the_number_is_set_up_or_needs_the_administrator(
    browser: Client, people: Cast, state: str
) -> None:
    number = give_number(people.maya, "", state)
    conversation = write_history(
        people.maya, people.rosa, count=1, until=timezone.now()
    )
    conversation.messages.update(
        status=Status.WAITING, reason=WaitingFor.NUMBER, system_number=number
    )

    assert THEN in page(browser, reverse("conversation", args=[conversation.pk]))
    said = (
        "1 text is waiting for your number. If that takes over 36 hours, it goes as an"
        " email."
    )
    assert said in page(browser, reverse("profile"))


def test_a_broadcast_that_waits_for_the_number(browser: Client, people: Cast) -> None:
    give_number(people.maya, "", "registering")
    broadcast = acts.draft(people.maya)
    assert THEN in page(browser, reverse("broadcast-review", args=[broadcast.pk]))
    acts.send(broadcast)
    assert THEN in page(browser, reverse("broadcast", args=[broadcast.pk]))
