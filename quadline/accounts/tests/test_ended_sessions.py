"""Ended sessions go at night, with the address and browser that were noted of them."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.ended_sessions import drop_ended_sessions
from tests.architecture.conftest import Enter
from tests.cast import Cast


def signed_in(people: Cast, enter: Enter) -> Client:
    client = enter(people.maya)
    assert client.get(reverse("profile")).status_code == 200
    return client


def kept() -> tuple[set[str], set[str]]:
    """The keys of sessions, and of what is noted of them."""
    return (
        set(Session.objects.values_list("session_key", flat=True)),
        set(UserSession.objects.values_list("session_key", flat=True)),
    )


def test_what_has_run_out_goes_and_what_is_open_stays(
    people: Cast, enter: Enter
) -> None:
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    with time_machine.travel(timezone.now() - age - timedelta(hours=1), tick=False):
        old = signed_in(people, enter).session.session_key
    browser = signed_in(people, enter)
    new = browser.session.session_key
    assert kept() == ({old, new}, {old, new})

    drop_ended_sessions.func(timestamp=0)

    assert kept() == ({new}, {new})
    assert browser.get(reverse("profile")).status_code == 200


def test_what_was_noted_goes_with_a_session_that_is_not_there(
    people: Cast, enter: Enter
) -> None:
    browser = signed_in(people, enter)
    Session.objects.filter(session_key=browser.session.session_key).delete()

    drop_ended_sessions.func(timestamp=0)

    assert kept() == (set(), set())


@pytest.mark.parametrize("seconds", [-1, 60])
def test_it_goes_when_its_time_is_over_and_no_sooner(
    people: Cast, enter: Enter, seconds: int
) -> None:
    key = signed_in(people, enter).session.session_key
    ends_at = timezone.now() + timedelta(seconds=seconds)
    Session.objects.filter(session_key=key).update(expire_date=ends_at)

    drop_ended_sessions.func(timestamp=0)

    assert Session.objects.filter(session_key=key).exists() is (seconds > 0)
