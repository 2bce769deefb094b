"""Only a token opens the API: one that is known, not revoked,
and whose owner may still sign in.
"""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from quadline.accounts.models import ApiToken, User
from quadline.accounts.tokens import make_token, revoke_token
from quadline.api.tests.conftest import Programs
from tests.cast import Cast
from tests.program import PROBLEM, Program


def test_a_token_opens_what_its_owner_may_see(people: Cast, program: Programs) -> None:
    assert program(people.maya).get("students/00100001").json()["first_name"] == "Rosa"
    assert program(people.omar).get("students/00100001").status_code == 404


def test_only_a_digest_of_a_token_is_kept(people: Cast, program: Programs) -> None:
    words = program(people.maya).token
    kept = ApiToken.objects.get()

    assert words not in str(vars(kept))
    assert words.startswith(kept.prefix)
    assert len(words) >= 43


@pytest.mark.parametrize(
    "header",
    ["", "Bearer ", "Bearer nonsense", "Basic bWF5YTpwYXNz", "Bearer \xff", "bearer"],
)
def test_without_a_good_token_there_is_nothing(people: Cast, header: str) -> None:
    answer = Client().get("/api/v1/students", headers={"Authorization": header})

    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "token" in answer.json()["detail"]


def test_a_session_cookie_opens_nothing(people: Cast) -> None:
    browser = Client()
    browser.force_login(
        people.ada, backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    assert browser.get("/api/v1/students").status_code == 401
    assert (
        browser.put(
            "/api/v1/students", {"students": []}, content_type="application/json"
        ).status_code
        == 401
    )


def test_no_form_token_is_asked_for(people: Cast, program: Programs) -> None:
    strict = Client(enforce_csrf_checks=True)
    sent = {"student": "00100001", "body": "Hello"}
    headers = {"Authorization": f"Bearer {program(people.maya).token}"}

    assert (
        strict.post(
            "/api/v1/messages", sent, content_type="application/json", headers=headers
        ).status_code
        == 201
    )


def test_a_revoked_token_opens_nothing_any_more(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    assert revoke_token(ApiToken.objects.get(), actor=people.maya, now=timezone.now())

    assert campus.get("students").status_code == 401
    assert not revoke_token(
        ApiToken.objects.get(), actor=people.maya, now=timezone.now()
    )


def test_the_tokens_of_an_account_that_is_switched_off_open_nothing(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    User.objects.filter(pk=people.maya.pk).update(is_active=False)

    assert campus.get("students").status_code == 401


def test_it_is_seen_when_a_token_was_last_used(people: Cast, program: Programs) -> None:
    campus = program(people.maya)
    assert ApiToken.objects.get().last_used_at is None
    campus.get("students")

    first = ApiToken.objects.get().last_used_at
    campus.get("students")
    assert first is not None
    # not written again within a minute
    assert ApiToken.objects.get().last_used_at == first


def test_the_command_prints_a_token_that_opens(
    people: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_token", "Maya@alder.example", "--name", "Nightly roster")

    assert (
        Program(capsys.readouterr().out.strip()).get("numbers/me").json()["state"]
        == "none"
    )
    assert ApiToken.objects.get().name == "Nightly roster"


def test_the_command_says_whom_it_does_not_know(people: Cast) -> None:
    with pytest.raises(CommandError, match=r"nobody@alder\.example"):
        call_command("create_token", "nobody@alder.example")
    User.objects.filter(pk=people.maya.pk).update(is_active=False)
    with pytest.raises(CommandError, match="deactivated"):
        call_command("create_token", "maya@alder.example")


def test_two_tokens_are_never_the_same(people: Cast) -> None:
    made = {
        make_token(user=people.maya, name="Test", actor=None, now=timezone.now())[1]
        for _ in range(20)
    }

    assert len(made) == 20
