"""My profile, API tokens: made, seen once, and taken back."""

import pytest
from django.test import Client

from quadline.accounts.models import ApiToken
from quadline.accounts.tokens import digest_of
from quadline.audit.models import AuditEntry
from tests.architecture.conftest import BACKEND, Enter
from tests.cast import Cast


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    return enter(people.maya)


def test_a_token_is_shown_once(maya: Client) -> None:
    page = maya.post("/me/tokens/", {"name": "  Nightly   roster "})
    words = page.context["words"]

    assert words in page.content.decode()
    assert ApiToken.objects.get().digest == digest_of(words)
    assert ApiToken.objects.get().name == "Nightly roster"
    again = maya.get("/me/tokens/").content.decode()
    assert "Nightly roster" in again
    assert words not in again
    assert page["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 81])
def test_a_token_without_a_good_name_is_not_made(maya: Client, name: str) -> None:
    page = maya.post("/me/tokens/", {"name": name})

    assert page.status_code == 422
    assert "No token was made." in page.content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_is_taken_back(people: Cast, maya: Client) -> None:
    words = maya.post("/me/tokens/", {"name": "Roster"}).context["words"]
    headers = {"Authorization": f"Bearer {words}"}
    assert Client().get("/api/v1/numbers/me", headers=headers).status_code == 200
    gone = maya.post(f"/me/tokens/{ApiToken.objects.get().pk}/revoke/", follow=True)

    assert "opens nothing any more" in gone.content.decode()
    assert list(gone.context["tokens"]) == []
    assert Client().get("/api/v1/numbers/me", headers=headers).status_code == 401
    assert [
        entry.actor for entry in AuditEntry.objects.filter(subject_type="apitoken")
    ] == [people.maya] * 2


def test_nobody_sees_or_takes_back_anothers_token(people: Cast, maya: Client) -> None:
    maya.post("/me/tokens/", {"name": "Roster"})
    token = ApiToken.objects.get()
    for who in (people.ada, people.lena):
        maya.force_login(who, backend=BACKEND)
        assert "Roster" not in maya.get("/me/tokens/").content.decode()
        assert maya.post(f"/me/tokens/{token.pk}/revoke/").status_code == 404

    token.refresh_from_db()
    assert token.revoked_at is None


def test_my_profile_leads_there(maya: Client) -> None:
    assert 'href="/me/tokens/"' in maya.get("/me/").content.decode()
