"""The first run on its pages: who finds the link begins, everybody else is told how;
and what somebody may try who should not.
"""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from quadline.accounts.models import User
from quadline.setup.links import make_link
from quadline.setup.models import SetupLink
from quadline.web.setup.pages import OPENED_LINK
from tests.architecture.addresses import PUBLIC, address, patterns
from tests.architecture.conftest import Enter
from tests.cast import Cast

PASSWORD = "plum tractor seven lakes"
FORM = {
    "name": "Ruth Abernathy",
    "email": "ruth@college.example",
    "password1": PASSWORD,
    "password2": PASSWORD,
}
ADMINISTRATOR = "/setup/administrator/"


def new_key() -> str:
    return make_link(now=timezone.now()).partition("#")[2]


@pytest.fixture
def visitor(enter: Enter) -> Client:
    return enter(None)


@pytest.fixture
def opener(visitor: Client) -> Client:
    """Who opened the link."""
    answer = visitor.post("/setup/", {"key": new_key()})
    assert (answer.status_code, answer["Location"]) == (302, ADMINISTRATOR)
    return visitor


def test_who_opened_the_link_makes_the_account_and_is_led_to_a_second_factor(
    opener: Client,
) -> None:
    answer = opener.post(ADMINISTRATOR, FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/me/security/")
    assert opener.session["after_set_up"] == "/manage/setup/college/"
    assert OPENED_LINK not in opener.session
    assert opener.get("/me/security/").status_code == 200


def test_while_there_is_no_account_every_page_says_how_to_find_the_link(
    visitor: Client,
) -> None:
    for pattern in patterns():
        name = pattern.name or ""
        if name in PUBLIC or name.startswith("api-"):
            continue
        answer = visitor.get(address(pattern))
        assert (name, answer.status_code) == (name, 302)
        assert (name, answer["Location"]) == (name, "/setup/")
    for path in ("/accounts/login/", "/accounts/password/reset/"):
        assert visitor.get(path)["Location"] == "/setup/"
    page = visitor.get("/setup/").content.decode()
    assert "quadline setup_link" in page


def test_what_machines_ask_is_answered_as_ever(visitor: Client) -> None:
    assert visitor.get("/healthz").content == b"ok"
    assert visitor.get("/api/v1/students").status_code in (401, 403, 404)


def test_a_whole_link_may_be_pasted(visitor: Client) -> None:
    link = make_link(now=timezone.now())
    assert visitor.post("/setup/", {"key": f" {link} "}).status_code == 302


def test_the_key_goes_into_no_address_and_no_referrer(visitor: Client) -> None:
    page = visitor.get("/setup/")
    # Stricter, a browser would say that the form comes from nowhere (Origin: null).
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "no-store"
    assert visitor.get(f"/setup/?key={new_key()}").status_code == 200
    assert OPENED_LINK not in visitor.session


def test_a_session_known_before_does_not_become_the_administrators(
    visitor: Client,
) -> None:
    visitor.session["planted"] = "x"
    planted = visitor.session
    planted.save()
    known = planted.session_key
    visitor.post("/setup/", {"key": new_key()})
    assert visitor.session.session_key != known
    assert not Session.objects.filter(session_key=known).exists()


def test_a_key_that_was_used_is_refused_in_words(visitor: Client) -> None:
    key = new_key()
    other = Client()
    assert other.post("/setup/", {"key": key}).status_code == 302
    answer = visitor.post("/setup/", {"key": key})
    assert answer.status_code == 422
    assert "used already" in answer.content.decode()


def test_guessing_is_bounded_by_address_and_keeps_nobody_else_out(
    visitor: Client,
) -> None:
    codes = [
        visitor.post("/setup/", {"key": f"guess {turn}"}).status_code
        for turn in range(12)
    ]
    assert codes == [422] * 10 + [429] * 2
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.post("/setup/", {"key": new_key()}).status_code == 302


def test_the_form_is_nobodys_without_the_link(visitor: Client) -> None:
    assert visitor.get(ADMINISTRATOR)["Location"] == "/setup/"
    assert visitor.post(ADMINISTRATOR, FORM)["Location"] == "/setup/"
    assert not User.objects.exists()


def test_a_forged_form_makes_no_account(visitor: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/setup/", {"key": new_key()}).status_code == 403
    assert strict.post(ADMINISTRATOR, FORM).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password2": "another"}, "not the same"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"email": "ruth"}, "valid email"),
        ({"name": ""}, "required"),
        ({"email": ""}, "required"),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_is_kept(
    opener: Client, changes: dict[str, str], words: str
) -> None:
    answer = opener.post(ADMINISTRATOR, FORM | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert PASSWORD not in page
    assert not User.objects.exists()


def test_who_comes_second_is_told(opener: Client) -> None:
    User.objects.create_user("ada@alder.example", None, name="Ada")
    answer = opener.post(ADMINISTRATOR, FORM)
    assert answer.status_code == 404
    assert "Sign in" in answer.content.decode()
    assert User.objects.count() == 1


def test_a_newer_link_ends_what_the_older_opened(opener: Client) -> None:
    new_key()
    answer = opener.post(ADMINISTRATOR, FORM)
    assert answer.status_code == 422
    assert "a newer link" in answer.content.decode()
    assert not User.objects.exists()


def test_an_hour_after_opening_it_is_over(opener: Client) -> None:
    SetupLink.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    assert opener.post(ADMINISTRATOR, FORM).status_code == 422
    assert not User.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_with_an_account_the_setup_is_closed_to_everybody(
    enter: Enter, people: Cast, is_active: bool
) -> None:
    SetupLink.objects.create(
        digest="0" * 64,
        made_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
        opened_at=timezone.now(),
    )
    User.objects.update(is_active=is_active)
    browsers = [enter(None), *([enter(people.ada)] if is_active else [])]
    for browser in browsers:
        session = browser.session
        session[OPENED_LINK] = SetupLink.objects.get().pk
        session.save()
        for path in ("/setup/", ADMINISTRATOR):
            assert browser.get(path).status_code == 404
            assert browser.post(path, FORM | {"key": "x"}).status_code == 404
    assert enter(None).get("/accounts/login/").status_code == 200
    assert User.objects.count() == 6


def test_markup_in_a_name_stays_words(opener: Client) -> None:
    hostile = FORM | {"name": "<script>alert(1)</script>", "email": "x"}
    page = opener.post(ADMINISTRATOR, hostile).content.decode()
    assert "<script>alert(1)" not in page
