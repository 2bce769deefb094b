"""Sessions end: idle, and after their whole time, by role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as house
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from quadline import clock
from quadline.accounts import session_store
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.accounts.session_rules import (
    FactorRule,
    SessionLimits,
    is_session_over,
    must_confirm,
)
from quadline.college.sign_in_rules import ROLES
from quadline.live import stream
from tests.cast import Cast

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SECONDS, MINUTES, HOURS, DAYS = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
AN_HOUR_A_DAY = SessionLimits(idle=HOURS, whole=DAYS)
PAGE = reverse("help")


@pytest.mark.parametrize(
    ("seen_after", "ends_after"),
    [(0 * HOURS, HOURS), (3 * HOURS, 4 * HOURS), (23.5 * HOURS, DAYS)],
)
def test_a_session_ends_idle_or_whole_whichever_is_first(
    seen_after: timedelta, ends_after: timedelta
) -> None:
    ends = AN_HOUR_A_DAY.end_of(started_at=NOON, seen_at=NOON + seen_after)
    assert ends == NOON + ends_after


@pytest.mark.parametrize(("after", "is_it"), [(DAYS - MINUTES, False), (DAYS, True)])
def test_its_whole_time_is_over_to_the_minute(after: timedelta, is_it: bool) -> None:
    assert is_session_over(AN_HOUR_A_DAY, started_at=NOON, now=NOON + after) is is_it


@pytest.mark.parametrize(
    ("ago", "must"),
    [
        (0 * MINUTES, False),
        (14 * MINUTES, False),
        (15 * MINUTES, True),
        (-MINUTES, True),
    ],
)
def test_a_confirmation_lasts_and_one_from_the_future_is_none(
    ago: timedelta, must: bool
) -> None:
    again_after = 15 * MINUTES
    assert must_confirm(NOON - ago, again_after=again_after, now=NOON) is must


@pytest.mark.parametrize(
    ("role", "from_day", "counts"),
    [
        ("administrator", None, True),
        ("administrator", NOON.date(), True),
        ("administrator", NOON.date() + DAYS, False),
        ("advisor", None, False),
    ],
)
def test_a_factor_is_asked_of_a_role_from_a_day_on(
    role: str, from_day: Any, counts: bool
) -> None:
    rule = FactorRule(frozenset({"administrator"}), from_day)
    assert rule.counts(role, today=NOON.date()) is counts


def test_the_college_names_the_roles_that_there_are() -> None:
    assert set(ROLES) == {role.value for role in Role}


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """``passing(3 * HOURS)``: so much time goes by, on every clock there is."""
    passed = [timedelta()]
    began = timezone.now()
    monkeypatch.setattr(clock, "now", lambda: began + passed[0])
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: passed[0].total_seconds())
    monkeypatch.setattr(session_store, "_noted", {})

    def pass_time(more: timedelta) -> None:
        passed[0] += more

    return pass_time


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get(PAGE)
    return client


def is_in(client: Client, **headers: str) -> bool:
    status: int = client.get(PAGE, headers=headers).status_code
    return status == 200


def test_an_administrator_is_signed_out_after_an_hour_without_anything(
    people: Cast, passing: Any, plain_files: None
) -> None:
    ada, maya = enter(people.ada), enter(people.maya)
    passing(59 * MINUTES)
    assert is_in(ada)
    passing(59 * MINUTES)
    assert is_in(ada)
    passing(61 * MINUTES)

    answer = ada.get(PAGE)
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={PAGE}"
    assert is_in(maya), "an advisor has eight hours"


def test_what_a_page_fetches_automatically_keeps_nobody_signed_in(
    people: Cast, passing: Any, plain_files: None
) -> None:
    ada = enter(people.ada)
    for _ in range(5):
        passing(11 * MINUTES)
        assert is_in(ada, **{session_store.AUTOMATIC_HEADER: "1"})
    passing(11 * MINUTES)
    assert not is_in(ada, **{session_store.AUTOMATIC_HEADER: "1"})


def test_a_session_in_use_ends_after_its_whole_time(
    people: Cast, passing: Any, plain_files: None
) -> None:
    ada = enter(people.ada)
    for _ in range(23 * 2):
        passing(30 * MINUTES)
        assert is_in(ada)
    passing(59 * MINUTES)
    assert is_in(ada)
    passing(2 * MINUTES)
    assert not is_in(ada)


def test_the_event_stream_ends_with_the_session(
    people: Cast, passing: Any, plain_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "close_old_connections", lambda: None)
    ada = enter(people.ada)
    key = ada.cookies[house.SESSION_COOKIE_NAME].value
    assert stream._signed_in(key) == people.ada.pk
    passing(61 * MINUTES)
    assert stream._signed_in(key) is None


def test_a_shorter_limit_counts_for_an_open_session_from_its_next_page(
    people: Cast, passing: Any, plain_files: None, settings: Settings
) -> None:
    maya = enter(people.maya)
    passing(5 * HOURS)
    shorter = "advisor:1,lead:1,administrator:1,auditor:1"
    settings.ENV = settings.ENV.model_copy(update={"session_hours": shorter})
    assert not is_in(maya)


def test_a_person_whose_role_changes_has_the_limits_of_the_new_one(
    people: Cast, passing: Any, plain_files: None
) -> None:
    maya = enter(people.maya)
    User.objects.filter(pk=people.maya.pk).update(role=Role.ADMINISTRATOR)
    passing(2 * MINUTES)
    assert is_in(maya)
    passing(61 * MINUTES)
    assert not is_in(maya)


def test_a_session_is_written_once_a_minute_at_most(
    people: Cast,
    passing: Any,
    plain_files: None,
) -> None:
    maya = enter(people.maya)
    maya.get(PAGE)
    passing(61 * SECONDS)

    def written(pages: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            for _ in range(pages):
                maya.get(PAGE)
        return sum("UPDATE" in query["sql"] for query in asked.captured_queries)

    assert written(5) == 1
    passing(30 * SECONDS)
    assert written(5) == 0


def test_what_another_request_put_into_the_session_stays(
    people: Cast, passing: Any, plain_files: None
) -> None:
    """The end alone is written, not the whole session as it was read."""
    maya = enter(people.maya)
    row = Session.objects.get()
    before = row.session_data
    passing(5 * MINUTES)
    is_in(maya)
    row.refresh_from_db()
    assert row.session_data == before
    assert row.expire_date == clock.now() + 480 * MINUTES


def test_a_machine_whose_clock_is_wrong_signs_nobody_out(
    people: Cast, monkeypatch: pytest.MonkeyPatch, plain_files: None
) -> None:
    """What the database's clock says counts, as everywhere."""
    ada = enter(people.ada)
    real = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: real + 5 * HOURS)
    monkeypatch.setattr(clock, "now", lambda: real)
    assert is_in(ada)


def test_a_session_of_the_release_before_begins_now(
    people: Cast, passing: Any, plain_files: None
) -> None:
    client = Client()
    client.force_login(people.maya)
    assert session_store.SESSION_LIMITS not in client.session
    assert is_in(client)
    assert session_store.SESSION_LIMITS in client.session
    passing(481 * MINUTES)
    assert not is_in(client)


def test_a_form_sent_too_late_leads_back_to_its_page(
    people: Cast, passing: Any, plain_files: None
) -> None:
    ada = enter(people.ada)
    passing(61 * MINUTES)
    headers = {"Referer": "http://testserver/me/?tab=1"}
    answer = ada.post(reverse("profile-office-phone"), headers=headers)
    assert answer.headers["Location"].endswith("?next=/me/%3Ftab%3D1")
    elsewhere = {"Referer": "http://elsewhere.example/me/"}
    answer = ada.post(reverse("profile-office-phone"), headers=elsewhere)
    assert answer.headers["Location"].endswith("?next=/me/office-phone/")


def test_ended_sessions_are_dropped_at_night(
    people: Cast, passing: Any, plain_files: None
) -> None:
    enter(people.ada)
    enter(people.maya)
    passing(61 * MINUTES)
    session_store.drop_ended_sessions(timestamp=0)
    assert Session.objects.count() == 1
