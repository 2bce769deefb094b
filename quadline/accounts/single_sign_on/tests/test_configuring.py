"""What an administrator can save, and what not."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import SignInConnection, User
from quadline.accounts.single_sign_on import configuring, discovery, sealing
from quadline.accounts.single_sign_on.configuring import (
    ConfiguredMeanwhile,
    NotConfigured,
    OpenIDGiven,
)
from quadline.accounts.single_sign_on.models import current_policy
from quadline.accounts.single_sign_on.tests.conftest import Decide
from quadline.audit.models import AuditEntry
from tests.cast import Cast

GIVEN = OpenIDGiven("https://idp.alder.example", "quadline", "s3cret-value", False)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "discover", lambda issuer: {"issuer": issuer})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"domains": ("alder",)}, "domains"),
        ({"domains": ("*.alder.example",)}, "domains"),
        ({"domains": ("a@alder.example",)}, "domains"),
        ({"domains": ()}, "domains"),
        ({"role_rules": (("groups", "", "lead"),)}, "role_rules"),
        ({"role_rules": (("groups", "x", "owner"),)}, "role_rules"),
        ({"role_rules": (("groups", "x", "lead"),) * 51}, "role_rules"),
        ({"office_rules": (("NUR", "Nursing"),)}, "office_claim"),
        ({"unmapped": "everybody"}, "unmapped"),
        ({"passwords_off": True}, "break_glass"),
    ],
)
def test_rules_that_cannot_hold_are_not_saved(
    decide: Decide, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(NotConfigured) as fault:
        decide(**changes)

    assert fault.value.field == field
    assert current_policy().version == 0


def test_passwords_stay_until_an_administrator_with_one_is_named(
    decide: Decide, people: Cast
) -> None:
    for named in (people.ada, people.maya):
        with pytest.raises(NotConfigured):
            decide(passwords_off=True, break_glass=frozenset({named.pk}))
    User.objects.filter(pk=people.ada.pk).update(password=make_password("x"))

    saved = decide(passwords_off=True, break_glass=frozenset({people.ada.pk}))
    assert list(saved.break_glass.all()) == [people.ada]


def test_passwords_stay_while_somebody_could_not_get_in_without(
    decide: Decide, live: SignInConnection, people: Cast
) -> None:
    User.objects.filter(pk=people.ada.pk).update(password=make_password("x"))
    off = {
        "passwords_off": True,
        "links_accounts": False,
        "break_glass": frozenset({people.ada.pk}),
    }
    with pytest.raises(NotConfigured, match="could not get in"):
        decide(**off)
    for user in User.objects.exclude(pk=people.ada.pk):
        SocialAccount.objects.create(
            user=user, provider=live.provider_id, uid=f"u-{user.pk}"
        )

    assert decide(**off).passwords_off


def test_two_administrators_at_one_form_do_not_overwrite_each_other(
    decide: Decide,
) -> None:
    decide(version=0)
    with pytest.raises(ConfiguredMeanwhile):
        decide(version=0, domains=("other.example",))

    assert current_policy().domains == ["alder.example"]


def test_what_changed_is_on_record_and_nothing_is_when_nothing_did(
    decide: Decide, people: Cast
) -> None:
    decide()
    decide()
    decide(unmapped="advisor")
    entries = AuditEntry.objects.filter(action="campus sign-in rules changed")

    assert entries.count() == 2
    latest = entries.latest("pk")
    assert latest.actor == people.ada
    assert latest.detail == {
        "was": {"unmapped": "refuse"},
        "now": {"unmapped": "advisor"},
    }


def test_the_client_secret_is_sealed_and_never_on_record(
    answers: None, people: Cast
) -> None:
    saved = configuring.save_openid(GIVEN, actor=people.ada)

    assert "s3cret" not in saved.sealed_secret
    assert sealing.unseal(saved.sealed_secret) == "s3cret-value"
    assert not AuditEntry.objects.filter(detail__icontains="s3cret").exists()


def test_a_kept_secret_goes_to_the_same_client_of_the_same_provider_only(
    answers: None, people: Cast
) -> None:
    configuring.save_openid(GIVEN, actor=people.ada)
    again = OpenIDGiven(GIVEN.issuer, GIVEN.client_id, "", True)
    assert configuring.save_openid(again, actor=people.ada).sealed_secret
    elsewhere = OpenIDGiven("https://evil.example", GIVEN.client_id, "", True)
    with pytest.raises(NotConfigured) as fault:
        configuring.save_openid(elsewhere, actor=people.ada)

    assert fault.value.field == "secret"


def test_a_seal_of_another_key_does_not_open(settings: Settings) -> None:
    sealed = sealing.seal("s3cret-value")
    assert sealing.seal("") == sealing.unseal("") == ""
    settings.SECRET_KEY = "another key of at least thirty-two letters"
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(sealed)


def test_only_what_was_tested_is_switched_on_and_the_old_one_stays_until_then(
    answers: None, decide: Decide, live: SignInConnection, people: Cast
) -> None:
    decide()
    draft = configuring.save_openid(GIVEN, actor=people.ada)
    with pytest.raises(NotConfigured, match="Test"):
        configuring.switch_on(actor=people.ada)
    live.refresh_from_db()
    assert live.is_live
    SignInConnection.objects.filter(pk=draft.pk).update(tested_at=timezone.now())
    configuring.switch_on(actor=people.ada)

    assert [each.pk for each in SignInConnection.objects.all()] == [draft.pk]
    assert configuring.switch_off(actor=people.ada)
    assert not configuring.switch_off(actor=None)


def test_what_is_saved_again_is_to_be_tested_again(answers: None, people: Cast) -> None:
    draft = configuring.save_openid(GIVEN, actor=people.ada)
    SignInConnection.objects.filter(pk=draft.pk).update(tested_at=timezone.now())

    assert configuring.save_openid(GIVEN, actor=people.ada).tested_at is None
