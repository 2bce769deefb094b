"""Staff accounts: their address, what they may, and what
stands for them on the screen.
"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory

from quadline.accounts.models import User, initials_of
from quadline.accounts.rules import May, Role
from quadline.accounts.sign_in import StaffOnlyAdapter
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_lower_case_and_is_one_account() -> None:
    user = User.objects.create_user(" Maya.ALVAREZ@Alder.Example ", name="Maya Alvarez")

    assert user.email == "maya.alvarez@alder.example"
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        User.objects.create_user("MAYA.alvarez@alder.example", name="Somebody Else")


def test_nobody_can_sign_in_to_an_account_without_a_password() -> None:
    user = User.objects.create_user("maya@alder.example", name="Maya Alvarez")

    assert not user.has_usable_password()
    assert not user.check_password("")


@pytest.mark.parametrize("role", Role)
def test_an_account_that_is_switched_off_may_nothing(role: Role) -> None:
    user = User(email="x@alder.example", name="X", role=role, is_active=False)

    assert user.may == dict.fromkeys((permission.value for permission in May), False)


@pytest.mark.parametrize("role", Role)
def test_every_permission_is_named_for_the_pages(role: Role) -> None:
    user = User(email="x@alder.example", name="X", role=role)

    assert user.may.keys() == set(May)
    assert any(user.may.values())


def test_the_database_refuses_a_role_nobody_knows() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("x@alder.example", name="X", role="wizard")


def test_those_who_manage_are_the_active_administrators(people: Cast) -> None:
    assert list(User.objects.who_manage()) == [people.ada]
    User.objects.filter(pk=people.ada.pk).update(is_active=False)

    assert not User.objects.who_manage().exists()


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Maya Alvarez", "MA"),
        ("Cher", "C"),
        ("Siobhán O'Brien", "SO"),
        ("明 李", "明李"),
        ("Mary Ellen St. James", "MJ"),
        ("(no name)", "N"),
        ("  ", "?"),
        ("--", "?"),
        ("", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_accounts_are_made_by_the_college_and_never_by_a_visitor(
    visitor: Client,
) -> None:
    assert not StaffOnlyAdapter().is_open_for_signup(RequestFactory().get("/"))
    assert visitor.get("/accounts/signup/").status_code == 404


@pytest.mark.parametrize(("address", "password", "enters"), [
    ("maya@alder.example", PASSWORD, True),
    ("MAYA@Alder.Example", PASSWORD, True),
    ("maya@alder.example", "wrong", False),
    ("nobody@alder.example", PASSWORD, False),
])  # fmt: skip
def test_staff_sign_in_with_their_address_however_it_is_written(
    people: Cast, visitor: Client, address: str, password: str, enters: bool
) -> None:
    people.maya.set_password(PASSWORD)
    people.maya.save()
    visitor.post("/accounts/login/", {"login": address, "password": password})

    assert ("_auth_user_id" in visitor.session) is enters


def test_an_account_that_is_switched_off_cannot_sign_in_and_is_signed_out(
    people: Cast, visitor: Client
) -> None:
    people.maya.set_password(PASSWORD)
    people.maya.save()
    visitor.force_login(
        people.maya, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    User.objects.filter(pk=people.maya.pk).update(is_active=False)

    assert visitor.get("/inbox/").status_code == 302
    visitor.logout()
    visitor.post("/accounts/login/", {"login": people.maya.email, "password": PASSWORD})
    assert "_auth_user_id" not in visitor.session
