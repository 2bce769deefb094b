"""Signing in with a campus account by SAML, in a browser, with an identity provider that
is not ours (pysaml2): good answers, and every kind of bad one.
"""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from quadline.accounts.models import Throttle, User
from tests.browser import Person, person
from tests.cast import Cast
from tests.house import House
from tests.identity_providers.stage import (
    SamlProvider,
    connect_saml,
    decide,
    saml_process,
)
from tests.journeys.test_campus_openid import EXPECTED, WAY_IN, expect_refused

__all__ = ["saml_process"]
Arrive = Callable[..., Person]
pytestmark = pytest.mark.skipif(
    shutil.which("xmlsec1") is None, reason="no xmlsec1: apt-get install xmlsec1"
)


@pytest.fixture
def provider(
    saml_process: SamlProvider, the_house: House, people: Cast, settings: Settings
) -> SamlProvider:
    settings.PUBLIC_URL = the_house.url
    settings.IS_HTTPS = False
    Throttle.objects.all().delete()  # emails that are sent once an hour
    saml_process.spoils("")
    saml_process.knows("maya", mail="maya@alder.example", isMemberOf="x")
    decide(people.ada, follows_claims=False)
    connect_saml(saml_process, people.ada)
    return saml_process


@pytest.fixture
def visitor(browser: Browser, the_house: House) -> Iterator[Page]:
    someone = person(browser, the_house.url)
    yield someone.page
    faults = [fault for fault in someone.faults if not fault.endswith(EXPECTED)]
    someone.page.context.close()
    assert faults == []


def go_in(page: Page, the_house: House, user: str) -> None:
    page.goto(f"{the_house.url}/accounts/login/?next=/students/")
    page.get_by_role("link", name=WAY_IN).click()
    page.get_by_label("User").fill(user)
    page.get_by_role("button", name="Sign in").click()


def test_a_known_advisor_comes_in_and_is_told_what_stays_open(
    provider: SamlProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    go_in(visitor, the_house, "maya")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")

    visitor.goto(f"{the_house.url}/accounts/logout/")
    visitor.locator("main form").get_by_role("button", name="Sign out").click()
    expect(visitor.locator("main")).to_contain_text("close every window")
    visitor.goto(f"{the_house.url}/inbox/")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_an_account_is_made_with_the_role_of_an_attribute(
    provider: SamlProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    rule = ("eduPersonAffiliation", "staff", "auditor")
    decide(people.ada, role_rules=(rule,))
    provider.knows(
        "nia",
        mail="nia@alder.example",
        givenName="Nia",
        sn="Okafor",
        eduPersonAffiliation=["member", "staff"],
    )
    go_in(visitor, the_house, "nia")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")

    nia = User.objects.get(email="nia@alder.example")
    assert (nia.name, nia.role) == ("Nia Okafor", "auditor")


@pytest.mark.parametrize("how", ["sign response"])
def test_a_signed_envelope_is_as_good_as_a_signed_assertion(
    provider: SamlProvider, the_house: House, visitor: Page, how: str
) -> None:
    provider.spoils(how)
    go_in(visitor, the_house, "maya")

    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("other key", "signed with a key that Quadline does not know"),
        ("unsigned", "signed with a key that Quadline does not know"),
        ("changed", "signed with a key that Quadline does not know"),
        ("SHA-1", "could not read the answer"),
        ("audience", "meant for another service"),
        ("expired", "had expired when it arrived"),
        ("early", "dated in the future"),
        ("unsolicited", "was started in another browser"),
        ("transient", "did not say who you are in a way that lasts"),
        ("other issuer", "another identity provider"),
        ("XSW1", "You’re not signed in"),
        ("XSW2", "You’re not signed in"),
        ("XSW3", "You’re not signed in"),
        ("XSW4", "You’re not signed in"),
        ("XSW5", "You’re not signed in"),
        ("XSW6", "You’re not signed in"),
        ("XSW7", "You’re not signed in"),
        ("comment", "You’re not signed in"),
        ("document type", "could not read the answer"),
    ],
)
def test_a_bad_answer_opens_nothing(
    provider: SamlProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    how: str,
    words: str,
) -> None:
    provider.knows("ada", mail="ada@alder.example")
    provider.spoils(how)
    go_in(visitor, the_house, "maya")

    expect_refused(visitor, words)


def test_a_sign_in_that_was_canceled_says_so(
    provider: SamlProvider, the_house: House, visitor: Page
) -> None:
    visitor.goto(f"{the_house.url}/accounts/login/")
    visitor.get_by_role("link", name=WAY_IN).click()
    visitor.get_by_role("button", name="Cancel").click()

    expect_refused(visitor, "canceled at the campus sign-in page")


def test_an_answer_opens_once_and_only_in_the_browser_that_asked(
    provider: SamlProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    browser: Browser,
) -> None:
    go_in(visitor, the_house, "maya")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    answer = provider.last_answer()
    for page in (visitor, person(browser, the_house.url).page):
        page.set_content(
            f'<form method="post" action="{the_house.url}/accounts/campus/acs/">'
            f'<input name="SAMLResponse" value="{answer}"><button>Go</button></form>'
        )
        page.get_by_role("button", name="Go").click()
        expect(page.locator("main")).to_contain_text("already used")
    # An unsolicited answer, from a page of the provider's own.
    visitor.context.clear_cookies()
    provider.spoils("unsolicited")
    visitor.goto(f"{provider.url}/unsolicited")
    expect_refused(visitor, "was started in another browser")


def test_a_relay_state_sends_nobody_elsewhere(
    provider: SamlProvider, the_house: House, visitor: Page
) -> None:
    provider.spoils("relay state")
    visitor.goto(f"{the_house.url}/accounts/campus/?next=//evil.example/")
    visitor.get_by_label("User").fill("maya")
    visitor.get_by_role("button", name="Sign in").click()

    visitor.wait_for_url(f"{the_house.url}/inbox/**")


def test_metadata_are_pasted_tested_and_downloaded(
    saml_process: SamlProvider, people: Cast, the_house: House, at_the_screen: Arrive
) -> None:
    saml_process.spoils("")
    saml_process.knows("maya", mail="maya@alder.example", isMemberOf="x")
    ada = at_the_screen("ada@alder.example")
    page = ada.page
    ada.open("/manage/sign-in/")
    page.get_by_role("heading", name="SAML 2.0").click()
    page.get_by_label("Or paste the metadata").fill("<not-metadata/>")
    page.locator("form[action$='/saml/'] button").click()
    expect(page.locator(".notice.bad")).to_contain_text("0 identity providers")
    ada.faults[:] = [fault for fault in ada.faults if "422" not in fault]
    page.get_by_label("Or paste the metadata").fill("")
    page.get_by_label("Address of the provider’s metadata").fill(
        f"{saml_process.url}/metadata"
    )
    page.get_by_label("Sign Quadline’s requests").check()
    page.locator("form[action$='/saml/'] button").click()
    expect(page.locator("main")).to_contain_text("certificate is valid until")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download SAML metadata").click()
    written = download.value.path().read_text()
    assert "/accounts/campus/acs/" in written
    assert "X509Certificate" in written
    page.get_by_role("link", name="Test sign-in").click()
    page.get_by_label("User").fill("maya")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="The test sign-in works")).to_be_visible()
