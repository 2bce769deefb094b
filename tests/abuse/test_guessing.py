"""Guessing passwords and accounts: it is slowed down for every
process at once, and answers tell nothing.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quadline.accounts.guessing import tell_administrators
from quadline.accounts.passwords import send_link
from quadline.audit.models import AuditEntry
from quadline.delivery.tests.acts import jobs
from tests.architecture.conftest import Enter
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("quick_hashes")

GUESSES = 5  # for one account within five minutes, wherever they come from
TOKENS = re.compile(r'csrfmiddlewaretoken" value="\w+"|value="[^"]*@alder\.example"')


@pytest.fixture
def maya(people: Cast) -> str:
    people.maya.set_password(PASSWORD)
    people.maya.save()
    return people.maya.email


def sign_in(
    visitor: Client, email: str, password: str, *, ip: str = "203.0.113.1"
) -> Any:
    return visitor.post(
        "/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=ip
    )


def is_in(visitor: Client) -> bool:
    return "_auth_user_id" in visitor.session


def test_after_five_wrong_passwords_the_right_one_does_not_open_either(
    enter: Enter, maya: str
) -> None:
    for guess in range(GUESSES):
        sign_in(enter(None), maya, f"wrong {guess}")
    late = enter(None)
    answer = sign_in(late, maya, PASSWORD)

    assert not is_in(late)
    assert (
        "Not signed in: there were too many wrong passwords. Try again in 5 minutes"
        in answer.content.decode()
    )


def test_guesses_from_many_places_count_together(enter: Enter, maya: str) -> None:
    for guess in range(GUESSES):
        sign_in(enter(None), maya, f"wrong {guess}", ip=f"198.51.100.{guess}")
    late = enter(None)
    sign_in(late, maya, PASSWORD, ip="198.51.100.77")

    assert not is_in(late)


def test_one_place_that_tries_many_accounts_is_slowed_down(
    enter: Enter, maya: str, people: Cast
) -> None:
    for guess in range(2 * GUESSES):
        sign_in(enter(None), f"somebody{guess}@alder.example", "wrong")
    stuffed, from_elsewhere = enter(None), enter(None)
    sign_in(stuffed, maya, PASSWORD)
    sign_in(from_elsewhere, maya, PASSWORD, ip="192.0.2.9")

    assert not is_in(stuffed)
    assert is_in(from_elsewhere), "who signs in from another place is not kept out"


def test_guessing_at_one_account_keeps_nobody_else_out(
    enter: Enter, maya: str, people: Cast
) -> None:
    for guess in range(GUESSES):
        sign_in(enter(None), people.theo.email, f"wrong {guess}")
    visitor = enter(None)
    sign_in(visitor, maya, PASSWORD, ip="192.0.2.9")

    assert is_in(visitor)


def test_guesses_under_another_of_our_names_count_together(
    enter: Enter, maya: str
) -> None:
    """What the caller writes into Host is not a way to more guesses."""
    for guess in range(GUESSES):
        host = ("localhost", "127.0.0.1", "localhost:8000")[guess % 3]
        enter(None).post(
            "/accounts/login/",
            {"login": maya, "password": f"wrong {guess}"},
            HTTP_HOST=host,
        )
    late = enter(None)
    sign_in(late, maya, PASSWORD)

    assert not is_in(late)


def guess_too_often(enter: Enter, email: str) -> None:
    for guess in range(GUESSES + 3):
        sign_in(enter(None), email, f"wrong {guess}", ip=f"198.51.100.{guess}")


def told() -> list[str]:
    for asked in jobs(tell_administrators):
        tell_administrators(**asked)
    return [str(letter.subject) for letter in mail.outbox]


def test_the_administrators_are_told_once_an_hour_of_an_account_that_is_guessed_at(
    enter: Enter, maya: str, people: Cast
) -> None:
    guess_too_often(enter, maya)
    guess_too_often(enter, maya)

    assert told() == [f"Somebody is trying passwords for {maya}"]
    assert mail.outbox[0].to == [people.ada.email]
    assert "198.51.100.5" in mail.outbox[0].body, (
        "the address from which sign-in was refused"
    )


def test_of_accounts_that_do_not_exist_they_are_told_once_and_without_what_was_typed(
    enter: Enter, maya: str
) -> None:
    for name in ("nobody", "noone"):
        guess_too_often(enter, f"{name}@alder.example")

    assert told() == ["Somebody is trying passwords"]
    assert "@alder.example" not in mail.outbox[0].body


def test_of_one_address_that_tries_many_accounts_they_are_told_once_and_not_for_each(
    enter: Enter, maya: str, people: Cast
) -> None:
    for guess in range(2 * GUESSES):
        sign_in(enter(None), f"somebody{guess}@alder.example", "wrong")
    for user in (people.maya, people.theo, people.lena):
        sign_in(enter(None), user.email, "wrong")

    assert told() == ["Somebody is trying passwords"]


def test_a_few_wrong_passwords_are_nobodys_business(enter: Enter, maya: str) -> None:
    for guess in range(GUESSES):
        sign_in(enter(None), maya, f"wrong {guess}", ip=f"198.51.100.{guess}")
    assert told() == []


def test_unlocked_they_are_in_at_once(enter: Enter, maya: str, people: Cast) -> None:
    guess_too_often(enter, maya)
    call_command("unlock", f" {maya.upper()}", verbosity=0)
    visitor = enter(None)
    sign_in(visitor, maya, PASSWORD)

    assert is_in(visitor)
    assert AuditEntry.objects.filter(
        action="sign-in let go on", subject_id=str(people.maya.pk)
    ).exists()


def test_an_address_is_let_go_on_where_it_is_named(enter: Enter, maya: str) -> None:
    for guess in range(2 * GUESSES):
        sign_in(enter(None), f"somebody{guess}@alder.example", "wrong")
    refused, let_in = enter(None), enter(None)
    call_command("unlock", maya, verbosity=0)
    sign_in(refused, maya, PASSWORD)
    call_command("unlock", maya, "--address", "203.0.113.1", verbosity=0)
    sign_in(let_in, maya, PASSWORD)

    assert (is_in(refused), is_in(let_in)) == (False, True)


def test_nobodys_account_is_not_unlocked(people: Cast) -> None:
    with pytest.raises(CommandError, match="has no account"):
        call_command("unlock", "nobody@alder.example", verbosity=0)


def test_being_refused_costs_the_same_work_for_who_has_no_account(
    enter: Enter, maya: str
) -> None:
    """Counted in statements, which do not swing as times do."""
    counts = []
    for email in (maya, "nobody@alder.example"):
        for guess in range(GUESSES):
            sign_in(enter(None), email, "wrong", ip=f"198.51.100.{guess}")
        with CaptureQueriesContext(connection) as asked:
            sign_in(enter(None), email, "wrong", ip="192.0.2.1")
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a password was hashed: by far the longest part of an answer."""
    made: list[str] = []
    for name in ("encode", "verify"):
        plain = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(Argon2PasswordHasher, name, _noted(plain, made))
    return made


def _noted(plain: Callable[..., Any], made: list[str]) -> Callable[..., Any]:
    def noted(*told: Any, **more: Any) -> Any:
        made.append(plain.__name__)
        return plain(*told, **more)

    return noted


def test_who_has_no_account_gets_the_same_answer_for_the_same_work(
    enter: Enter, maya: str, hashed: list[str]
) -> None:
    known = sign_in(enter(None), maya, "wrong")
    work_for_known = len(hashed)
    hashed.clear()
    unknown = sign_in(enter(None), "nobody@alder.example", "wrong")

    assert (known.status_code, said(known)) == (unknown.status_code, said(unknown))
    assert work_for_known == len(hashed) == 1


def test_an_account_that_is_switched_off_looks_like_none(
    enter: Enter, maya: str, people: Cast, hashed: list[str]
) -> None:
    type(people.maya).objects.filter(pk=people.maya.pk).update(is_active=False)
    off = sign_in(enter(None), maya, "wrong")
    none = sign_in(enter(None), "nobody@alder.example", "wrong")

    assert (off.status_code, said(off)) == (none.status_code, said(none))
    assert len(hashed) == 2


def test_a_forgotten_password_says_the_same_to_everybody(
    enter: Enter, maya: str
) -> None:
    """Also while the mail server is away: the link is sent by a worker."""
    known = enter(None).post("/accounts/password/reset/", {"email": maya}, follow=True)
    unknown = enter(None).post(
        "/accounts/password/reset/", {"email": "nobody@alder.example"}, follow=True
    )

    assert (known.status_code, known.redirect_chain, said(known)) == (
        200,
        unknown.redirect_chain,
        said(unknown),
    )
    assert mail.outbox == []
    asked = jobs(send_link)
    for each in asked:
        send_link(**each)
    assert [letter.to for letter in mail.outbox] == [[maya]]
    assert f"{settings.PUBLIC_URL}/accounts/password/reset/key/" in mail.outbox[0].body


def test_the_link_for_a_new_password_opens_once(enter: Enter, maya: str) -> None:
    visitor = enter(None)
    link = link_for(visitor, maya)
    form = visitor.get(link, follow=True)
    new = "a quite different one"
    visitor.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    again = enter(None).get(link, follow=True)

    assert 'name="password1"' in form.content.decode()
    assert 'name="password1"' not in again.content.decode()
    newcomer = enter(None)
    sign_in(newcomer, maya, new)
    assert is_in(newcomer)


def test_a_made_up_reset_link_opens_nothing(
    enter: Enter, maya: str, people: Cast
) -> None:
    for key in (
        "1-set-password",
        f"{people.maya.pk}-abc123-0123456789abcdef",
        "zzzzzz-set-password",
    ):
        answer = enter(None).get(f"/accounts/password/reset/key/{key}/")
        assert answer.status_code in (200, 302)
        assert 'name="password1"' not in answer.content.decode()


def link_for(visitor: Client, email: str) -> str:
    """The path of the link in the email that the worker sends."""
    visitor.post("/accounts/password/reset/", {"email": email})
    send_link(**jobs(send_link)[-1])
    found = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found
    return found.group()


def said(answer: Any) -> str:
    return TOKENS.sub("", answer.content.decode())
