"""Counts of tries: one row and one statement each, no matter who counts meanwhile."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts import throttles
from quadline.accounts.hashing import BoundedArgon2
from quadline.accounts.models import Throttle, User
from quadline.accounts.rules import AttemptLimit
from quadline.accounts.sign_in import in_words
from quadline.accounts.throttles import ThrottleBucket
from quadline.delivery.tests.acts import at_once
from tests.cast import PASSWORD, Cast

FEW = ThrottleBucket(AttemptLimit("test", 5, timedelta(minutes=5)), "one")
OTHER = ThrottleBucket(FEW.limit, "another")


@pytest.mark.django_db
def test_so_many_are_let_through_and_then_it_says_how_long_to_wait() -> None:
    waits = [throttles.count_try(FEW) for _ in range(7)]

    assert waits[:5] == [None] * 5
    assert all(
        timedelta(0) < wait <= timedelta(minutes=5) for wait in waits[5:] if wait
    )
    assert None not in waits[5:]
    assert throttles.count_try(OTHER) is None


@pytest.mark.django_db
def test_counting_is_one_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        throttles.count_try(FEW)
        throttles.count_try(FEW)

    assert len(asked) == 2


@pytest.mark.django_db
def test_holding_counts_nothing_and_says_when_all_are_used_up() -> None:
    for _ in range(20):
        assert throttles.lock_throttle(FEW) is None
    for _ in range(5):
        throttles.count_try(FEW)

    assert throttles.lock_throttle(FEW) is not None
    assert throttles.lock_throttle(OTHER) is None


@pytest.mark.django_db
def test_the_time_begins_with_the_first_try_that_counts() -> None:
    throttles.lock_throttle(FEW)
    Throttle.objects.update(ends_at=timezone.now() + timedelta(seconds=1))
    throttles.count_try(FEW)

    assert Throttle.objects.get(
        kind="test", name="one"
    ).ends_at > timezone.now() + timedelta(minutes=4)


@pytest.mark.django_db
def test_knocking_on_does_not_make_the_wait_longer() -> None:
    for _ in range(6):
        throttles.count_try(FEW)
    ends_at = Throttle.objects.get(kind="test", name="one").ends_at
    for _ in range(20):
        throttles.count_try(FEW)

    assert Throttle.objects.get(kind="test", name="one").ends_at == ends_at


@pytest.mark.django_db
def test_looking_counts_nothing() -> None:
    for _ in range(20):
        assert throttles.remaining_wait(FEW) is None
    for _ in range(5):
        throttles.count_try(FEW)

    assert throttles.remaining_wait(FEW) is not None
    assert throttles.remaining_wait(OTHER) is None


def test_many_at_once_are_not_more_than_one_after_the_other(
    committed_people: Cast,
) -> None:
    waits: list[timedelta | None] = []
    at_once([partial(lambda: waits.append(throttles.count_try(FEW)))] * 12)

    assert len(waits) == 12
    assert waits.count(None) == 5
    assert Throttle.objects.get(kind="test", name="one").count == 12


LOGIN = "/accounts/login/"


@pytest.fixture
def maya(committed_people: Cast, settings: Settings, tmp_path: Path) -> User:
    settings.STATIC_ROOT = tmp_path
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    committed_people.maya.set_password(PASSWORD)
    committed_people.maya.save()
    return committed_people.maya


def test_ten_right_sign_ins_to_one_account_at_once_are_all_let_in(maya: User) -> None:
    answers: list[int] = []

    def sign_in() -> None:
        answers.append(
            Client()
            .post(LOGIN, {"login": maya.email, "password": PASSWORD})
            .status_code
        )

    at_once([sign_in] * 10)
    at_once([sign_in] * 10)
    assert answers == [302] * 20


def test_of_ten_wrong_passwords_at_once_only_five_are_looked_at(
    maya: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    verify = BoundedArgon2.verify

    def noted(self: BoundedArgon2, password: str, encoded: str) -> bool:
        looked_at.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(BoundedArgon2, "verify", noted)

    def guess() -> None:
        Client().post(LOGIN, {"login": maya.email, "password": "wrong"})

    at_once([guess] * 10)
    assert len(looked_at) == 5
    assert (
        not Client()
        .post(LOGIN, {"login": maya.email, "password": PASSWORD})
        .has_header("Location")
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a minute"),
        (59, "a minute"),
        (61, "2 minutes"),
        (300, "5 minutes"),
        (5401, "2 hours"),
        (86_399, "24 hours"),
    ],
)
def test_a_wait_is_said_in_words_and_rounded_up(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_the_slot_of_what_somebody_made_up_tells_nothing_of_it() -> None:
    slot = throttles.slot_of("stranger@elsewhere.example")

    assert slot == throttles.slot_of("stranger@elsewhere.example")
    assert 0 <= int(slot.removeprefix("slot:")) < throttles.MAX_VISITOR_ROWS
    assert len({throttles.slot_of(str(number)) for number in range(1000)}) > 990
