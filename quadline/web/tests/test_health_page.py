"""Manage, Health: what administrators read, the strip on their pages, and the verdict
for the operator's monitoring.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.rules import Status
from quadline.health.models import CheckWatch
from quadline.reports.tests.campus import broadcast_to, opts_out, wrote
from quadline.roster.models import RosterSource
from quadline.web import health
from tests.architecture.conftest import Enter
from tests.cast import Cast

PAGE = "/manage/health/"
ASKS = {"Authorization": "Bearer the-token"}


def shown(browser: Client) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def beat() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


def red(check: str, minutes: int = 9) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    CheckWatch.objects.create(
        check_name=check, level="red", since=at, looked_at=at, red_since=at
    )


def test_a_dead_worker_is_on_the_page_at_once(enter: Enter, people: Cast) -> None:
    """Though nobody is left who could note it."""
    page = shown(enter(people.ada))

    assert "1 thing needs attention." in page
    assert "No worker has run yet. Nothing is sent." in page
    assert "<b>What to do:</b> Ask whoever runs the server" in page


def test_a_quiet_house_needs_nothing(enter: Enter, people: Cast) -> None:
    beat()
    page = shown(enter(people.ada))

    assert "Nothing needs attention, as far as is known." in page
    assert "What to do" not in page
    assert "Every text of the last 7 days arrived, or is on its way." in page
    assert "No broadcast was sent by text in the last 60 days." in page


def test_what_is_red_stands_first_with_since_when(enter: Enter, people: Cast) -> None:
    beat()
    RosterSource.objects.create(
        name="Banner",
        folder="banner",
        created_at=timezone.now(),
        trouble="missing",
        told_at=timezone.now(),
    )
    answer = enter(people.ada).get(PAGE)
    first = answer.context["checks"][0]

    assert first["finding"].what == "No file of Banner has come for more than a day."
    assert first["since"] == RosterSource.objects.get().told_at


def test_failures_link_to_the_texts_behind_them(enter: Enter, people: Cast) -> None:
    wrote(
        people.maya,
        people.rosa,
        timezone.now(),
        Status.EMAILED,
        reason="landline",
        carrier_code="30006",
    )
    browser = enter(people.ada)
    page = browser.get(PAGE)
    [failure] = page.context["failures"]

    assert "Ask these students for a mobile number." in page.content.decode()
    assert browser.get(failure["href"]).context["total"] == 1


def test_opt_outs_are_counts_where_they_are_few(enter: Enter, people: Cast) -> None:
    now = timezone.now()
    broadcast = broadcast_to(people.maya, [people.rosa, people.bo], now)
    for recipient in broadcast.recipients.all():
        assert recipient.message
        type(recipient.message).objects.filter(pk=recipient.message.pk).update(
            sent_at=now, is_bulk=True
        )
    opts_out(people.maya, people.rosa, now + timedelta(minutes=1))
    page = shown(enter(people.ada))

    assert "Registration opens." in page
    assert "Maya Alvarez" in page
    assert "50.0%" not in page


def test_hostile_words_stay_words(enter: Enter, people: Cast) -> None:
    RosterSource.objects.create(
        name="<script>alert(1)</script>",
        folder="x",
        created_at=timezone.now(),
        trouble="late",
        told_at=timezone.now(),
    )
    wrote(
        people.maya,
        people.rosa,
        timezone.now(),
        Status.FAILED,
        reason="<b>x</b>",
    )
    page = shown(enter(people.ada))

    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page


def test_administrators_see_on_every_page_what_is_red(
    enter: Enter, people: Cast
) -> None:
    beat()
    red("mail")
    red("carrier")
    strip = "Texting needs attention: Carrier, Email."

    assert strip in " ".join(enter(people.ada).get("/inbox/").content.decode().split())
    assert strip in " ".join(enter(people.ada).get("/shell/").content.decode().split())
    for person in (people.maya, people.lena, people.iris):
        assert "needs attention" not in enter(person).get("/inbox/").content.decode()


def test_the_strip_knows_of_dead_workers_without_one(
    enter: Enter, people: Cast
) -> None:
    assert "needs attention: Workers" in enter(people.ada).get("/me/").content.decode()
    beat()
    page = enter(people.ada).get("/me/").content.decode()
    assert 'id="health-trouble" hidden' in " ".join(page.split())


@pytest.mark.parametrize("role", ["maya", "lena", "iris"])
def test_only_administrators_look(enter: Enter, people: Cast, role: str) -> None:
    assert enter(getattr(people, role)).get(PAGE).status_code == 403


def known(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"metrics_token": "the-token"})


def test_monitoring_asks_with_the_token_only(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    monitor = enter(None)
    assert monitor.get("/monitor", headers=ASKS).status_code == 404
    known(settings)
    assert monitor.get("/monitor").status_code == 404
    assert monitor.get("/monitor", headers={"Authorization": "x"}).status_code == 404
    assert monitor.get("/monitor", headers=ASKS).status_code == 503


def test_monitoring_gets_a_verdict_a_machine_can_read(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    known(settings)
    said = enter(None).get("/monitor", headers=ASKS).json()
    assert said["level"] == said["checks"]["workers"]["level"] == "red"
    assert "quadline worker" in said["checks"]["workers"]["next_step"]

    beat()
    answer = enter(None).get("/monitor", headers=ASKS)
    assert answer.status_code == 200
    assert answer.json()["level"] == "unknown"
    assert set(answer.json()["checks"]) == {
        "carrier",
        "callbacks",
        "mail",
        "workers",
        "queues",
        "roster",
        "database",
    }


def test_monitoring_is_answered_while_the_database_is_away(
    enter: Enter, people: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(settings)

    def is_away() -> None:
        raise DatabaseError

    monkeypatch.setattr(health, "look_at_everything", is_away)
    answer = enter(None).get("/monitor", headers=ASKS)

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["level"] == "red"
