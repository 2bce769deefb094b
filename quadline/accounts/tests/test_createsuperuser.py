"""quadline createsuperuser, Django's own command: an administrator who can sign in."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from tests.cast import PASSWORD


def create(monkeypatch: pytest.MonkeyPatch, email: str, password: str = "") -> None:
    """As a script does it: it asks nothing."""
    if password:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command(
        "createsuperuser",
        interactive=False,
        email=email,
        name="Ada Whitfield",
        verbosity=0,
    )


def test_she_is_an_administrator_and_signs_in_at_once(
    monkeypatch: pytest.MonkeyPatch, visitor: Client
) -> None:
    create(monkeypatch, "Ada@Alder.example", PASSWORD)
    ada = User.objects.get(email="ada@alder.example")
    assert ada.is_active
    assert ada.may["manage"]
    assert AuditEntry.objects.get(action="account made").subject_id == str(ada.pk)

    form = {"login": "ada@alder.example", "password": PASSWORD}
    answer = visitor.post(reverse("account_login"), form)
    assert answer.status_code == 302
    assert visitor.session["_auth_user_id"] == str(ada.pk)


def test_without_a_password_she_waits_for_a_link(
    monkeypatch: pytest.MonkeyPatch, visitor: Client
) -> None:
    create(monkeypatch, "ada@alder.example")
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@alder.example", "password12"),
        ("ada@alder.example", "short"),
        ("not an address", PASSWORD),
        ("MAYA@alder.example", PASSWORD),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_made_is_refused_in_words_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    User.objects.create_user("maya@alder.example", name="Maya")
    with pytest.raises(CommandError):
        create(monkeypatch, email, password)
    assert User.objects.count() == 1
