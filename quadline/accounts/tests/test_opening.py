"""However an account begins, it begins in the same way: one place makes it."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from quadline.accounts.directory import DirectoryFacts, add_from_directory
from quadline.accounts.inviting import invite_staff
from quadline.accounts.models import User
from quadline.accounts.opening import open_account
from quadline.accounts.staff_details import StaffDetails
from quadline.audit.models import AuditEntry
from tests.architecture.source import ROOT, code_of_the_house
from tests.cast import Cast

GRACE = StaffDetails(name="Grace Okafor", email="grace@alder.example", role="advisor")
# By a manager. A ``User(...)`` that is saved by itself has no address, and so shows in
# its first sign-in; changing an address is no beginning.
MAKES_A_USER = re.compile(
    r"\bUser\.objects\.(?:create|bulk_create|get_or_create|update_or_create)"
    r"|\bEmailAddress\.objects\.(?:create|bulk_create|get_or_create)"
)


def invite(people: Cast) -> None:
    invite_staff([GRACE], actor=people.ada, now=timezone.now())


def add_by_directory(people: Cast) -> None:
    facts = DirectoryFacts(GRACE.email, GRACE, is_active=True, attributes={})
    add_from_directory(facts, now=timezone.now())


def create_staff(people: Cast) -> None:
    call_command("create_staff", GRACE.email, GRACE.name, no_input=True)


def create_superuser(people: Cast) -> None:
    options: dict[str, Any] = {"email": GRACE.email, "name": GRACE.name}
    call_command("createsuperuser", interactive=False, verbosity=0, **options)


@pytest.mark.parametrize(
    ("begin", "action"),
    [
        (invite, "staff user invited"),
        (add_by_directory, "staff user added by the directory"),
        (create_staff, "account made"),
        (create_superuser, "account made"),
    ],
)
def test_each_way_makes_the_address_and_one_record(
    people: Cast, begin: Callable[[Cast], None], action: str
) -> None:
    begin(people)

    grace = User.objects.get(email=GRACE.email)
    address = EmailAddress.objects.get(user=grace)
    assert (address.email, address.verified, address.primary) == (
        GRACE.email,
        True,
        True,
    )
    entries = AuditEntry.objects.filter(
        subject_type="user", subject_id=grace.pk, action=action
    )
    assert [entry.detail for entry in entries] == [{"role": grace.role}]
    assert grace.inbox.owner == grace


@pytest.mark.parametrize(
    "wrong", [{"role": "dean"}, {"email": "no address"}, {"name": ""}]
)
def test_a_field_that_cannot_be_makes_nothing(
    people: Cast, wrong: dict[str, str]
) -> None:
    before = User.objects.count(), AuditEntry.objects.count()
    details = replace(GRACE, **wrong)
    user = User(name=details.name, email=details.email, role=details.role)
    user.set_unusable_password()
    with pytest.raises(ValidationError):
        open_account(user, actor=None)
    assert (User.objects.count(), AuditEntry.objects.count()) == before


def test_an_address_that_has_an_account_makes_nothing(people: Cast) -> None:
    before = User.objects.count(), AuditEntry.objects.count()
    twin = User(name="Maya Two", email=people.maya.email)
    twin.set_unusable_password()
    with pytest.raises(IntegrityError), transaction.atomic():
        open_account(twin, actor=None)
    assert (User.objects.count(), AuditEntry.objects.count()) == before


def test_an_address_that_is_taken_while_a_password_is_typed_is_said_in_words(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def type_slowly(prompt: str) -> str:
        User.objects.create_user(GRACE.email, name="Somebody quicker")
        monkeypatch.setattr(User, "full_clean", lambda user: None)
        return ""

    monkeypatch.setattr("getpass.getpass", type_slowly)
    with pytest.raises(CommandError, match="has an account already"):
        call_command("create_staff", GRACE.email, GRACE.name)
    assert User.objects.get(email=GRACE.email).name == "Somebody quicker"


def test_nothing_else_in_the_house_saves_a_new_account() -> None:
    code = {str(path): (ROOT / path).read_text() for path in code_of_the_house()}
    making = {path for path, words in code.items() if MAKES_A_USER.search(words)}
    assert making == {"quadline/accounts/opening.py"}


@pytest.mark.parametrize(
    "code",
    [
        "User.objects.create(email=email)",
        "User.objects.create_user(email)",
        "User.objects.bulk_create(made)",
        "User.objects.get_or_create(email=email)",
        "EmailAddress.objects.create(user=user)",
        "EmailAddress.objects.bulk_create(made)",
    ],
)
def test_what_would_make_one_is_seen(code: str) -> None:
    assert MAKES_A_USER.search(code)
