"""The link and the first account: a key works once, of two people one wins, and an
account closes it for good.
"""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.audit.models import AuditEntry
from quadline.setup.first_administrator import LinkGone, open_first_account
from quadline.setup.links import SetupClosed, is_closed, make_link, open_link
from quadline.setup.models import SetupLink
from tests.cast import Cast

PASSWORD = "plum tractor seven lakes"


def key_of(link: str) -> str:
    address, _, key = link.partition("/setup/#")
    assert address == "https://texting.alder.example"
    return key


def opened() -> int:
    now = timezone.now()
    link_id = open_link(key_of(make_link(now=now)), now=now)
    assert link_id
    return link_id


def make(link_id: int, email: str = "ruth@college.example") -> User:
    return open_first_account(
        link_id=link_id,
        email=email,
        name="Ruth Abernathy",
        password=PASSWORD,
        now=timezone.now(),
    )


@pytest.mark.django_db
def test_the_first_account_is_an_administrator_and_closes_the_setup() -> None:
    user = make(opened(), "Ruth@College.example ")

    assert (user.email, user.role) == ("ruth@college.example", Role.ADMINISTRATOR)
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=user).verified
    assert is_closed()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["account made", "first run"]
    with pytest.raises(SetupClosed):
        make_link(now=timezone.now())


@pytest.mark.django_db
def test_only_a_digest_of_the_key_is_kept() -> None:
    key = key_of(make_link(now=timezone.now()))
    assert len(key) >= 43
    assert key not in SetupLink.objects.get().digest


@pytest.mark.django_db
def test_a_key_opens_once() -> None:
    now = timezone.now()
    key = key_of(make_link(now=now))
    assert open_link(key, now=now)
    assert open_link(key, now=now) is None


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "x", "\x00", "a" * 10_000, "\ud800"])
def test_a_guessed_key_opens_nothing(wrong: str) -> None:
    now = timezone.now()
    make_link(now=now)
    assert open_link(wrong, now=now) is None


@pytest.mark.django_db
def test_a_newer_link_ends_the_one_before_even_when_that_was_opened() -> None:
    now = timezone.now()
    old = key_of(make_link(now=now))
    link_id = opened()
    make_link(now=now)

    assert open_link(old, now=now) is None
    with pytest.raises(LinkGone):
        make(link_id)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_link_runs_out() -> None:
    long_ago = timezone.now() - timedelta(hours=24)
    assert open_link(key_of(make_link(now=long_ago)), now=timezone.now()) is None


@pytest.mark.django_db
def test_a_password_that_is_easy_to_guess_makes_no_account() -> None:
    link_id = opened()
    with pytest.raises(ValidationError):
        open_first_account(
            link_id=link_id,
            email="ruth@college.example",
            name="Ruth",
            password="password1",
            now=timezone.now(),
        )
    assert not is_closed()


def test_it_stays_closed_when_every_account_is_deactivated(people: Cast) -> None:
    User.objects.update(is_active=False)
    assert is_closed()


@pytest.mark.django_db
def test_it_stays_closed_when_the_account_is_taken_out_by_hand() -> None:
    make(opened())
    SetupLink.objects.update(used_by=None)
    assert SetupLink.objects.exclude(used_at=None).exists()
    assert is_closed()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins_and_the_other_is_told() -> None:
    link_id = opened()
    ready, outcomes = threading.Barrier(2), []

    def try_to(email: str) -> None:
        ready.wait()
        try:
            make(link_id, email)
            outcomes.append("made")
        except (SetupClosed, LinkGone) as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    people = ("one@college.example", "two@college.example")
    threads = [threading.Thread(target=try_to, args=[each]) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["SetupClosed", "made"]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_command_prints_a_link_and_refuses_once_there_is_an_account(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("setup_link")
    printed = capsys.readouterr().out
    assert open_link(key_of(printed.strip()), now=timezone.now())
    User.objects.create_user("ada@alder.example", None, name="Ada")
    with pytest.raises(CommandError, match="has an account"):
        call_command("setup_link")
