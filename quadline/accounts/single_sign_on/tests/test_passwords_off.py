"""Passwords while campus sign-in is on: the form, the reset, the profile, the tokens."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse

from quadline import clock
from quadline.accounts.inviting import send_invitation
from quadline.accounts.models import SignInConnection, User
from quadline.accounts.passwords import password_link_of, send_link
from quadline.accounts.sign_in import StaffOnlyAdapter
from quadline.accounts.single_sign_on.letters_about import send_break_glass
from quadline.accounts.single_sign_on.tests.conftest import Decide
from quadline.accounts.tokens import make_token, user_of
from quadline.audit.models import AuditEntry
from tests.cast import PASSWORD, Cast

WRONG = "don&#x27;t match"


@pytest.fixture
def off(live: SignInConnection, decide: Decide, people: Cast) -> None:
    User.objects.update(password=make_password(PASSWORD))
    decide(passwords_off=True, break_glass=frozenset({people.ada.pk}))


def sign_in(visitor: Client, email: str, password: str) -> str:
    answer = visitor.post(
        reverse("account_login"), {"login": email, "password": password}
    )
    return answer.content.decode() if answer.status_code == 200 else "in"


def test_a_right_password_is_answered_like_a_wrong_one(
    off: None, visitor: Client
) -> None:
    assert WRONG in sign_in(visitor, "maya@alder.example", PASSWORD)
    assert WRONG in sign_in(visitor, "maya@alder.example", "not it at all")
    assert WRONG in sign_in(visitor, "nobody@alder.example", PASSWORD)


def test_a_named_administrator_comes_in_and_it_is_told(
    off: None, visitor: Client, people: Cast
) -> None:
    assert sign_in(visitor, "ada@alder.example", PASSWORD) == "in"
    entry = AuditEntry.objects.get(action="signed in with a kept password")
    assert entry.actor == people.ada

    send_break_glass(user_id=people.ada.pk, address="192.0.2.1")
    assert mail.outbox[0].subject == "ada@alder.example signed in with a password"
    assert mail.outbox[0].to == ["ada@alder.example"]


def test_named_is_nobody_who_is_no_administrator_any_more(
    off: None, visitor: Client, people: Cast
) -> None:
    User.objects.filter(pk=people.ada.pk).update(role="advisor")

    assert WRONG in sign_in(visitor, "ada@alder.example", PASSWORD)


def test_who_is_of_no_domain_of_the_college_keeps_a_password(
    off: None, visitor: Client, people: Cast
) -> None:
    User.objects.filter(pk=people.omar.pk).update(email="omar@contractor.example")

    assert sign_in(visitor, "omar@contractor.example", PASSWORD) == "in"


def test_passwords_open_again_when_campus_sign_in_is_off(
    off: None, visitor: Client
) -> None:
    SignInConnection.objects.all().delete()

    assert sign_in(visitor, "maya@alder.example", PASSWORD) == "in"


def test_who_asks_for_a_reset_is_told_why_there_is_no_link(
    off: None, people: Cast
) -> None:
    send_link(user_id=people.maya.pk)
    send_link(user_id=people.ada.pk)

    assert "/password/reset/key/" not in mail.outbox[0].body
    assert "campus account" in mail.outbox[0].body
    assert "/password/reset/key/" in mail.outbox[1].body


def test_the_page_to_change_a_password_changes_none(
    off: None, visitor: Client, people: Cast
) -> None:
    visitor.force_login(User.objects.get(pk=people.maya.pk))
    before = User.objects.get(pk=people.maya.pk).password
    page = reverse("profile-password")
    typed = {
        "oldpassword": PASSWORD,
        "password1": "a quite different one",
        "password2": "a quite different one",
    }

    assert "campus account" in visitor.get(page).content.decode()
    assert visitor.post(page, typed).status_code == 409
    assert User.objects.get(pk=people.maya.pk).password == before


def test_a_link_of_before_sets_no_password(
    off: None, visitor: Client, people: Cast
) -> None:
    maya = User.objects.get(pk=people.maya.pk)
    path = password_link_of(maya).removeprefix(settings.PUBLIC_URL)
    form = visitor.get(path)["Location"]
    typed = dict.fromkeys(("password1", "password2"), "a quite different one")

    shown = visitor.get(form)
    assert (shown.status_code, "campus account" in shown.content.decode()) == (
        403,
        True,
    )
    assert visitor.post(form, typed).status_code == 403
    assert User.objects.get(pk=people.maya.pk).password == maya.password


def test_who_is_invited_gets_no_link_to_choose_a_password(
    off: None, people: Cast
) -> None:
    User.objects.filter(pk__in=[people.maya.pk, people.omar.pk]).update(last_login=None)
    User.objects.filter(pk=people.omar.pk).update(email="omar@contractor.example")
    send_invitation(user_id=people.maya.pk)
    send_invitation(user_id=people.omar.pk)

    assert "/password/reset/key/" not in mail.outbox[0].body
    assert "Sign in with your campus account" in mail.outbox[0].body
    assert "/password/reset/key/" in mail.outbox[1].body


def test_no_other_way_in_of_ours_opens_the_account(
    off: None, visitor: Client, people: Cast, rf: RequestFactory
) -> None:
    """Such as a passkey: it outlives the campus account as a password does."""
    facts = {"email_verification": "none", "email": None}
    hooks = {**facts, "signal_kwargs": None, "signup": False, "redirect_url": None}
    adapter, request = StaffOnlyAdapter(), rf.post("/")
    refused = adapter.pre_login(request, people.maya, **hooks)

    assert refused is not None
    assert refused.status_code == 403
    assert adapter.pre_login(request, people.ada, **hooks) is None


def test_nobody_confirms_again_by_a_password_that_opens_nothing(
    off: None, people: Cast
) -> None:
    adapter = StaffOnlyAdapter()
    maya, ada = (User.objects.get(pk=user.pk) for user in (people.maya, people.ada))

    assert not adapter.reauthenticate(maya, PASSWORD)
    assert adapter.reauthenticate(ada, PASSWORD)
    assert adapter.get_reauthentication_methods(maya) == []
    assert len(adapter.get_reauthentication_methods(ada)) == 1


def test_the_page_says_when_no_named_administrator_is_left(
    off: None, visitor: Client, people: Cast
) -> None:
    User.objects.filter(pk=people.theo.pk).update(role="administrator")
    visitor.force_login(User.objects.get(pk=people.theo.pk))
    page = reverse("manage_sign_in")
    assert "administrator is left" not in flat(visitor.get(page))

    User.objects.filter(pk=people.ada.pk).update(is_active=False)
    assert "administrator is left" in flat(visitor.get(page))


def flat(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_tokens_go_on(off: None, people: Cast) -> None:
    now = clock.now()
    _, words = make_token(user=people.maya, name="Roster", actor=None, now=now)

    assert user_of(words, now=now) == people.maya
