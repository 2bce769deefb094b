"""Who comes from the identity provider becomes whom."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from quadline.accounts.models import Office, SignInConnection, User
from quadline.accounts.single_sign_on.admitting import NotAdmitted, admit_person
from quadline.accounts.single_sign_on.configuring import forget_link
from quadline.accounts.single_sign_on.openid import identity_of
from quadline.accounts.single_sign_on.rules import CampusIdentity, NoEntry
from quadline.accounts.single_sign_on.tests.conftest import Decide
from quadline.audit.models import AuditEntry
from tests.cast import NURSING, TRANSFER, Cast

MAYA = CampusIdentity(
    subject="u-1",
    email="maya@alder.example",
    email_verified=True,
    is_vouched_for=False,
    claims={"groups": ["text-leads"]},
)


def test_a_made_account_has_all_that_an_account_has(
    live: SignInConnection, decide: Decide
) -> None:
    decide(office_claim="department")
    claims = {"groups": ["text-leads"], "department": ["transfer  CENTER"]}
    new = replace(
        MAYA, email="nia@alder.example", name="Nia\x00  Okafor", claims=claims
    )
    made = admit_person(new, live)

    assert (made.name, made.role, str(made.office)) == ("Nia Okafor", "lead", TRANSFER)
    assert made.inbox.owner == made
    assert admit_person(new, live) == made
    assert SocialAccount.objects.filter(user=made).count() == 1


def test_an_office_that_nobody_made_counts_for_nothing(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide(office_claim="department")
    claims = {"groups": ["text-leads"], "department": ["Alchemy"]}
    admit_person(replace(MAYA, claims=claims), live)
    people.maya.refresh_from_db()

    assert str(people.maya.office) == NURSING
    assert not Office.objects.filter(name="Alchemy").exists()


def test_the_last_administrator_stays_one_and_the_others_are_told(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide()
    ada = replace(MAYA, subject="u-2", email="ada@alder.example")
    admit_person(ada, live)
    people.ada.refresh_from_db()
    assert people.ada.role == "administrator"

    User.objects.filter(pk=people.theo.pk).update(role="administrator")
    admit_person(ada, live)
    people.ada.refresh_from_db()
    assert people.ada.role == "lead"


def test_a_deactivated_administrator_is_nobody_to_count_on(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide()
    User.objects.filter(pk=people.theo.pk).update(role="administrator", is_active=False)
    admit_person(replace(MAYA, subject="u-2", email="ada@alder.example"), live)
    people.ada.refresh_from_db()

    assert people.ada.role == "administrator"


def test_an_administrator_who_was_only_invited_is_nobody_to_count_on(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide()
    User.objects.filter(pk=people.theo.pk).update(
        role="administrator", invited_at=timezone.now(), last_login=None
    )
    admit_person(replace(MAYA, subject="u-2", email="ada@alder.example"), live)
    people.ada.refresh_from_db()

    assert people.ada.role == "administrator"


def test_an_account_is_not_opened_by_its_address_unless_the_rules_say_so(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide(links_accounts=False)
    with pytest.raises(NotAdmitted) as refused:
        admit_person(MAYA, live)

    assert refused.value.refusal == NoEntry.NOT_LINKED
    assert not SocialAccount.objects.exists()
    people.maya.refresh_from_db()
    assert people.maya.role == "advisor"


@pytest.mark.parametrize(
    "email", ["ma\x00ya@alder.example", "maya@alder.example\nBcc: all@alder.example"]
)
def test_an_address_that_is_none_opens_and_makes_nothing(
    live: SignInConnection, decide: Decide, email: str
) -> None:
    decide()
    before = User.objects.count()
    said = {"sub": "1", "email": email, "email_verified": True, "groups": "text-leads"}
    with pytest.raises(NotAdmitted):
        admit_person(identity_of(said, live), live)

    assert User.objects.count() == before


def test_a_deactivated_account_stays_out_and_it_is_on_record(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide()
    admit_person(MAYA, live)
    User.objects.filter(pk=people.maya.pk).update(is_active=False)
    with pytest.raises(NotAdmitted) as refused:
        admit_person(MAYA, live)

    assert refused.value.refusal == NoEntry.SWITCHED_OFF
    assert refused.value.user == people.maya


def test_an_unlinked_account_takes_the_new_campus_account(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide()
    admit_person(MAYA, live)
    replaced = replace(MAYA, subject="u-77")
    with pytest.raises(NotAdmitted):
        admit_person(replaced, live)
    assert forget_link(people.maya, actor=people.ada)

    assert admit_person(replaced, live) == people.maya
    assert not forget_link(people.theo, actor=people.ada)
    assert AuditEntry.objects.filter(action="campus account unlinked").count() == 1


def test_nothing_is_left_of_who_is_refused(
    live: SignInConnection, decide: Decide, people: Cast
) -> None:
    decide(creates_accounts=False)
    before = User.objects.count()
    with pytest.raises(NotAdmitted):
        admit_person(replace(MAYA, email="nia@alder.example"), live)

    assert User.objects.count() == before
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("claims", "verified"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({"email_verified": "false"}, False),
        ({"email_verified": 1}, False),
        ({}, None),
    ],
)
def test_an_address_is_verified_only_when_it_is_said_so(
    live: SignInConnection, claims: dict[str, Any], verified: bool | None
) -> None:
    said = {"sub": "1", "email": "maya@alder.example", **claims}

    assert identity_of(said, live).email_verified is verified


@pytest.mark.parametrize(
    ("claims", "verified"),
    [({"hd": "alder.example"}, True), ({}, False), ({"hd": "evil.example"}, False)],
)
def test_google_must_say_that_the_address_is_the_colleges(
    live: SignInConnection, claims: dict[str, Any], verified: bool
) -> None:
    live.issuer = "https://accounts.google.com"
    said = {"sub": "1", "email": "maya@alder.example", "email_verified": True, **claims}

    assert identity_of(said, live).email_verified is verified
