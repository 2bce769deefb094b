"""Ways around a second factor that somebody with a password, a mailbox or an open screen
might try.
"""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from quadline import clock
from quadline.accounts.models import Throttle, User
from quadline.accounts.passwords import password_link_of
from quadline.audit.models import AuditEntry
from quadline.web.tests.test_second_factors import (
    APP,
    CONFIRM,
    CSV,
    HOME,
    PASSKEYS,
    SIGN_IN,
    STEP,
    TOKENS,
    Pass,
    ada,
    add_app,
    add_passkey,
    browse,
    is_in,
    later,
    maya,
    options_on,
    password,
    sign_in,
)
from tests.architecture.conftest import Enter
from tests.cast import PASSWORD, Cast
from tests.passkeys import SoftwarePasskey
from tests.totp import code_at

__all__ = ["ada", "browse", "later", "maya"]
NEW_PASSWORD = "eleven quiet gardens"


def set_by_link(browser: Client, user: User) -> None:
    """By the link of a forgotten password, or of an invitation."""
    user.refresh_from_db()
    link = password_link_of(user).partition("/accounts/")[2]
    page = browser.get(f"/accounts/{link}").headers["Location"]
    typed = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert browser.post(page, typed).status_code == 302
    user.refresh_from_db()


def sign_in_again(browser: Client, user: User) -> Any:
    typed = {"login": user.email, "password": NEW_PASSWORD, "next": "/help/"}
    return browser.post(SIGN_IN, typed)


def test_a_first_factor_ends_the_sessions_that_had_only_the_password(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    thief = enter(None)
    sign_in(thief, maya)
    assert is_in(thief)
    sign_in(browse, maya)
    add_app(browse)
    assert is_in(browse), "this one goes on"
    assert not is_in(thief)
    added = AuditEntry.objects.get(action="authenticator app added")
    assert added.detail["sessions_ended"] == 1


def test_a_second_factor_beside_another_ends_no_session(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    later(minutes=1)
    phone = enter(None)
    password(phone, maya)
    phone.post(STEP, {"code": code_at(secret, clock.now())})
    add_passkey(browse)
    assert is_in(phone)


def test_a_reset_of_factors_ends_the_sessions(
    browse: Client, enter: Enter, maya: User, people: Cast, later: Pass
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    enter(people.ada).post(reverse("manage_factors_reset", args=[maya.pk]))
    assert not is_in(browse)


@pytest.mark.parametrize("where", [HOME, APP, PASSKEYS, TOKENS, "/help/"])
def test_who_has_only_given_the_password_sets_nothing_up(
    browse: Client, enter: Enter, maya: User, later: Pass, where: str
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    half_in = enter(None)
    assert password(half_in, maya).headers["Location"] == STEP
    for ask in (half_in.get, half_in.post):
        assert ask(where).headers["Location"].startswith(SIGN_IN)


def test_a_new_password_by_email_still_asks_for_the_factor(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    thief = enter(None)
    set_by_link(thief, maya)
    assert not is_in(thief)
    assert sign_in_again(thief, maya).headers["Location"] == STEP


def test_new_passwords_by_email_bring_no_new_tries_at_the_codes(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    """Each link would be a browser with a count of its own."""
    sign_in(browse, maya)
    secret = add_app(browse)
    later(minutes=1)
    for _ in range(2):
        thief = enter(None)
        set_by_link(thief, maya)
        sign_in_again(thief, maya)
        for _ in range(5):
            thief.post(STEP, {"code": "000000"})
    refused = thief.post(STEP, {"code": code_at(secret, clock.now())})
    assert "too many wrong ones" in refused.content.decode()


def test_an_invited_administrator_sets_one_up_first(
    browse: Client, ada: User, later: Pass
) -> None:
    set_by_link(browse, ada)
    sign_in_again(browse, ada)
    assert browse.get("/reports/").headers["Location"] == HOME


def test_a_session_from_before_the_requirement_is_led_there_too(
    browse: Client, maya: User, later: Pass, settings: Settings
) -> None:
    sign_in(browse, maya)
    assert browse.post(TOKENS, {"name": "Mine"}).status_code == 200
    required = {"second_factor_roles": "advisor"}
    settings.ENV = settings.ENV.model_copy(update=required)
    asked = browse.post(TOKENS, {"name": "One more"})
    assert asked.headers["Location"] == HOME
    assert maya.api_tokens.count() == 1
    add_app(browse)
    assert is_in(browse)


def test_who_has_a_factor_does_not_confirm_by_the_password_alone(
    browse: Client, maya: User, later: Pass
) -> None:
    """A phished password and an open screen are not a factor."""
    sign_in(browse, maya)
    secret = add_app(browse)
    later(minutes=16)
    answer = browse.post(CONFIRM, {"password": PASSWORD, "next": CSV})
    assert answer.headers["Location"].startswith(reverse("mfa_reauthenticate"))
    assert browse.get(CSV).status_code == 302
    assert (
        'name="password"'
        not in browse.get(reverse("mfa_reauthenticate")).content.decode()
    )
    code = {"code": code_at(secret, clock.now()), "next": CSV}
    browse.post(reverse("mfa_reauthenticate"), code)
    assert browse.get(CSV).status_code == 200


def test_the_password_of_an_open_screen_is_not_guessed_all_day(
    browse: Client, maya: User, later: Pass, quick_hashes: None
) -> None:
    sign_in(browse, maya)
    answers: list[str] = []
    for _ in range(30):
        Throttle.objects.filter(kind="current-password").delete()  # minutes go by
        tries = [browse.post(CONFIRM, {"password": "no"}) for _ in range(5)]
        answers += [answer.content.decode() for answer in tries]
    assert sum("This isn" in answer for answer in answers) == 100
    assert "too many wrong passwords" in answers[-1]
    refused = AuditEntry.objects.filter(action="confirmation refused")
    assert refused.count() == 1, "on record, and not once for each try"


def test_a_passkey_of_somebody_else_is_no_second_step(
    browse: Client, enter: Enter, maya: User, people: Cast, later: Pass
) -> None:
    theirs = SoftwarePasskey()
    Authenticator.objects.create(
        user=people.omar,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Phone", "credential": theirs.kept(user_id=people.omar.pk)},
    )
    sign_in(browse, maya)
    add_passkey(browse)
    visitor = enter(None)
    visitor.defaults["HTTP_HOST"] = "localhost"
    password(visitor, maya)
    said = {"credential": theirs.get(options_on(visitor.get(STEP)))}
    assert visitor.post(STEP, said).status_code == 422
    assert not is_in(visitor)
