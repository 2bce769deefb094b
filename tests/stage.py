"""One house of real processes for a whole run; the people in
it are made again for each test.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import OperationalError, connections, transaction
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker

from quadline.accounts.models import User
from quadline.carriers.twilio import Twilio
from quadline.college.models import CollegeDecision
from quadline.conversations.models import MessageTemplate
from quadline.conversations.starters import add_starters
from quadline.demo.processes import wait_until_answers
from tests import cast, house
from tests.browser import Person, chromium, person
from tests.house import eventually

READ_AGAIN_SECONDS = 1.0  # college/current.py; here a test may have set another


@pytest.fixture(scope="session")
def the_house(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[house.House]:
    # the browser's driver has a loop of its own in this thread
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    built = house.build(tmp_path_factory.mktemp("house"), database="journeys")
    connections["default"].settings_dict["NAME"] = "journeys"
    with django_db_blocker.unblock():
        connections.close_all()  # of the tests before: it leads to their database
        yield built
        connections.close_all()
    built.stop()


@pytest.fixture
def people(the_house: house.House) -> cast.Cast:
    return a_new_college(the_house)


def a_new_college(the_house: house.House) -> cast.Cast:
    """The cast in an empty house, with numbers that become active at
    once unless a test says otherwise.
    """
    is_decided = CollegeDecision.objects.exists()
    eventually(_empty_tables, every=0.2)
    if is_decided:
        time.sleep(2 * READ_AGAIN_SECONDS)  # until every process has forgotten it
    assert wait_until_answers(
        f"{the_house.simulator.url}/simulator/healthz", seconds=house.PATIENCE
    )  # a carrier that was away stays away for a while
    the_house.simulator.clear_faults()
    the_house.simulator.settings(registration_delay=0, callback_delay=0.02)
    the_house.simulator.ask("POST", "/simulator/reset")
    _connect_carrier(the_house)
    add_starters(MessageTemplate)  # the college's own went with the tables
    assembled = cast.assemble()
    User.objects.update(password=_hashed(cast.PASSWORD))
    return assembled


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def at_the_screen(
    browser: Browser, the_house: house.House
) -> Iterator[Callable[..., Person]]:
    """``at_the_screen("maya@alder.example")`` is Maya, signed in.

    At the end nobody's browser may have met a fault, and no process may have ended: its
    words are shown with this test.
    """
    present: list[Person] = []

    def arrive(email: str, **context: Any) -> Person:
        arrived = person(browser, the_house.url, **context)
        present.append(arrived)
        arrived.is_signed_in(session_of(email))
        return arrived

    yield arrive
    faults = [fault for each in present for fault in each.faults]
    for each in present:
        each.page.context.close()
    assert not faults
    assert not the_house.ended()


def _connect_carrier(built: house.House) -> None:
    """As the command does, without a process for each test."""
    addresses = {
        name.lower(): value
        for name, value in built.settings.items()
        if name.endswith("_URL")
    }
    Twilio.from_settings(settings.ENV.model_copy(update=addresses)).connect()


@cache
def _hashed(password: str) -> str:
    return make_password(password)


def session_of(email: str) -> str:
    """A session as signing in by form leaves it; the form has tests of its own."""
    visitor = Client()
    visitor.force_login(User.objects.get(email=email))
    return visitor.cookies[settings.SESSION_COOKIE_NAME].value


UNDER_WAY = """
    SELECT EXISTS (SELECT 1 FROM delivery_attempt
                   WHERE outcome = 'under_way' AND started_at > now() - interval '40 seconds')
        OR EXISTS (SELECT 1 FROM delivery_outgoingemail
                   WHERE state = 'sending' AND taken_at > now() - interval '60 seconds')
        OR EXISTS (SELECT 1 FROM numbers_systemnumber WHERE held_until > now())
"""


def _empty_tables() -> bool:
    """False when the worker was at the tables at the same moment, or is at a text, an
    email or a number.

    What it is at comes to the carrier later: among the texts of the next test. A worker
    that is dead by then brings nothing. If each waits for the other this gives up,
    before the database looks for a deadlock (1 s) and picks the worker to fail.
    """
    with (
        suppress(OperationalError),
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        # nobody begins now
        cursor.execute(
            "LOCK TABLE delivery_attempt, delivery_outgoingemail, numbers_systemnumber"
        )
        cursor.execute(UNDER_WAY)
        if cursor.fetchone()[0]:
            return False
        cursor.execute(
            "TRUNCATE accounts_user, accounts_signinconnection,"
            " accounts_signinpolicy, roster_student, consent_consententry,"
            " college_collegedecision, college_collegelogo,"
            " webhooks_carrierevent, django_session, cache, procrastinate_jobs CASCADE"
        )
        return True
    return False
