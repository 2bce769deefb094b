"""A campus sign-in and second factors: Quadline asks for its own, unless the college
trusts the identity provider to have asked.
"""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.single_sign_on.configuring import switch_off
from quadline.audit.models import AuditEntry
from tests.browser import person
from tests.cast import Cast
from tests.house import House, eventually
from tests.identity_providers.stage import (
    OpenIDProvider,
    connect_openid,
    decide,
    openid_process,
)
from tests.journeys.test_campus_openid import EXPECTED, go_in
from tests.journeys.test_second_factors import required
from tests.totp import code_at

__all__ = ["openid_process", "required"]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def provider(
    openid_process: OpenIDProvider,
    the_house: House,
    people: Cast,
    settings: Settings,
) -> OpenIDProvider:
    settings.PUBLIC_URL = the_house.url
    settings.IS_HTTPS = False
    openid_process.spoils("")
    for name in ("maya", "ada"):
        openid_process.knows(
            f"u-{name}", email=f"{name}@alder.example", email_verified=True
        )
    decide(people.ada, follows_claims=False)
    connect_openid(openid_process, people.ada)
    return openid_process


@pytest.fixture
def visitor(browser: Browser, the_house: House) -> Iterator[Page]:
    someone = person(browser, the_house.url)
    yield someone.page
    faults = [fault for fault in someone.faults if not fault.endswith(EXPECTED)]
    someone.page.context.close()
    assert faults == []


def has_app(user: User) -> None:
    secret = get_adapter().encrypt(SECRET)
    Authenticator.objects.create(user=user, type="totp", data={"secret": secret})


def test_a_code_is_asked_for_after_the_campus_account(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    has_app(people.maya)
    go_in(visitor, the_house, "u-maya")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("One more step")
    assert not AuditEntry.objects.filter(
        action="signed in with a campus account"
    ).exists()
    visitor.get_by_label("Code").fill(code_at(SECRET, clock.now()))
    visitor.get_by_role("button", name="Continue").click()

    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    entry = AuditEntry.objects.get(action="signed in with a campus account")
    assert (entry.actor, entry.detail) == (people.maya, {"provider": provider.url})
    visitor.goto(f"{the_house.url}/accounts/logout/")
    visitor.locator("main form").get_by_role("button", name="Sign out").click()
    end = visitor.get_by_role("link", name="Sign out of your campus account")
    assert "id_token_hint=ey" in str(end.get_attribute("href"))


def test_no_code_is_asked_for_where_the_provider_is_trusted(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    decide(people.ada, follows_claims=False, trusts_second_factor=True)
    has_app(people.maya)
    go_in(visitor, the_house, "u-maya")

    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")


def test_a_step_that_is_left_open_ends_with_the_connection(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    has_app(people.maya)
    go_in(visitor, the_house, "u-maya")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("One more step")
    switch_off(actor=people.ada)
    visitor.get_by_label("Code").fill(code_at(SECRET, clock.now()))
    visitor.get_by_role("button", name="Continue").click()

    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_who_must_have_a_factor_sets_one_up_unless_the_provider_is_trusted(
    provider: OpenIDProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    required: None,
) -> None:
    def is_led_there() -> bool:
        visitor.goto(f"{the_house.url}/students/")
        return visitor.url.endswith("/me/security/")

    go_in(visitor, the_house, "u-ada")
    visitor.wait_for_url(re.compile("/students/|/me/security/"))
    # Every process follows a decision of the college within two seconds.
    eventually(is_led_there)
    decide(people.ada, follows_claims=False, trusts_second_factor=True)
    visitor.context.clear_cookies()
    go_in(visitor, the_house, "u-ada")

    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    assert not is_led_there()
