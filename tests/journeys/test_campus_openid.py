"""Signing in with a campus account by OpenID Connect, in a browser, with a provider that
is not ours: good answers, and every kind of bad one.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from quadline.accounts.models import Office, Throttle, User
from quadline.audit.models import AuditEntry
from tests.browser import Person, person
from tests.cast import NURSING, PASSWORD, Cast
from tests.house import House, eventually
from tests.identity_providers.stage import (
    OpenIDProvider,
    connect_openid,
    decide,
    openid_process,
)

__all__ = ["openid_process"]
Arrive = Callable[..., Person]
# Our refusals, and the provider's own page, which asks for a style sheet elsewhere.
EXPECTED = ("status of 403 (Forbidden)", "net::ERR_NAME_NOT_RESOLVED")
WAY_IN = "Sign in with your campus account"


@pytest.fixture
def provider(
    openid_process: OpenIDProvider,
    the_house: House,
    people: Cast,
    settings: Settings,
) -> OpenIDProvider:
    settings.PUBLIC_URL = the_house.url
    settings.IS_HTTPS = False
    Throttle.objects.all().delete()  # emails that are sent once an hour
    openid_process.spoils("")
    decide(people.ada)
    connect_openid(openid_process, people.ada)
    return openid_process


@pytest.fixture
def visitor(browser: Browser, the_house: House) -> Iterator[Page]:
    someone = person(browser, the_house.url)
    yield someone.page
    faults = [fault for fault in someone.faults if not fault.endswith(EXPECTED)]
    someone.page.context.close()
    assert faults == []


def go_in(page: Page, the_house: House, subject: str) -> None:
    page.goto(f"{the_house.url}/accounts/login/?next=/students/")
    page.get_by_role("link", name=WAY_IN).click()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def eventually_reads(the_house: House, email: str, subject: str) -> None:
    mails = the_house.simulator.mail
    eventually(lambda: subject in [each["subject"] for each in mails(email)])


def expect_refused(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re not signed in")
    expect(page.locator("main")).to_contain_text(words)
    page.goto(re.sub(r"(\w://[^/]+).*", r"\1/inbox/", page.url))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_known_advisor_comes_in_and_goes_out_at_both_places(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    provider.knows(
        "u-1",
        email="Maya@Alder.example",
        email_verified=True,
        groups=["text-leads"],
    )
    go_in(visitor, the_house, "u-1")

    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    people.maya.refresh_from_db()
    assert people.maya.role == "lead"
    assert people.maya.office == Office.objects.get(name=NURSING)
    acts = set(
        AuditEntry.objects.filter(subject_type="user").values_list("action", flat=True)
    )
    assert acts >= {
        "campus account linked",
        "role and office followed the campus account",
        "signed in with a campus account",
    }
    eventually_reads(
        the_house,
        "maya@alder.example",
        "Your Quadline account is linked to your campus account",
    )

    visitor.goto(f"{the_house.url}/accounts/logout/")
    visitor.locator("main form").get_by_role("button", name="Sign out").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(
        "You’re signed out of Quadline"
    )
    end = visitor.get_by_role("link", name="Sign out of your campus account")
    assert str(end.get_attribute("href")).startswith(
        f"{provider.url}/oauth2/end_session"
    )
    end.click()
    assert visitor.url.startswith(provider.url)
    visitor.goto(f"{the_house.url}/inbox/")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_an_account_is_made_at_the_first_sign_in_and_found_at_the_next(
    provider: OpenIDProvider, the_house: House, visitor: Page
) -> None:
    provider.knows(
        "u-2",
        email="nia@alder.example",
        email_verified=True,
        name="Nia Okafor",
        groups="text-advisors",
    )
    go_in(visitor, the_house, "u-2")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    nia = User.objects.get(email="nia@alder.example")
    assert (nia.name, nia.role, nia.has_usable_password()) == (
        "Nia Okafor",
        "advisor",
        False,
    )
    # Whoever is known by subject keeps their account under another address.
    provider.knows("u-2", email="nia.smith@alder.example", groups=["text-leads"])
    visitor.context.clear_cookies()
    go_in(visitor, the_house, "u-2")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    nia.refresh_from_db()
    assert nia.role == "lead"
    assert not User.objects.filter(email="nia.smith@alder.example").exists()


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email": "new@alder.example", "email_verified": True}, "in no group"),
        (
            {
                "email": "maya@alder.example",
                "email_verified": True,
                "groups": ["chess"],
            },
            "in no group",
        ),
        (
            {"email": "maya@alder.example", "groups": ["text-leads"]},
            "Nobody has confirmed the email address",
        ),
        (
            {
                "email": "ada@alder.example",
                "email_verified": False,
                "groups": ["text-admins"],
            },
            "Nobody has confirmed the email address",
        ),
        (
            {
                "email": "maya@evil.example",
                "email_verified": True,
                "groups": ["text-admins"],
            },
            "not one that Quadline accepts",
        ),
        ({"groups": ["text-admins"]}, "has no email address"),
    ],
)
def test_who_is_not_let_in_reads_why_and_the_administrators_hear_of_it(
    provider: OpenIDProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    claims: dict[str, object],
    words: str,
) -> None:
    provider.knows("u-3", **claims)
    before = User.objects.count()
    go_in(visitor, the_house, "u-3")

    expect_refused(visitor, words)
    assert User.objects.count() == before
    mails = eventually(lambda: the_house.simulator.mail("ada@alder.example"))
    assert mails[0]["subject"] == "A campus account was not let in"
    assert words in mails[0]["text"].replace("\n", " ")


def test_a_deactivated_account_stays_out(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    User.objects.filter(pk=people.maya.pk).update(is_active=False)
    provider.knows(
        "u-1", email="maya@alder.example", email_verified=True, groups=["text-leads"]
    )
    go_in(visitor, the_house, "u-1")

    expect_refused(visitor, "This account is deactivated")


def test_a_namesake_with_the_same_address_does_not_get_the_account(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    claims = {
        "email": "maya@alder.example",
        "email_verified": True,
        "groups": ["text-leads"],
    }
    provider.knows("u-1", **claims)
    go_in(visitor, the_house, "u-1")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    visitor.context.clear_cookies()
    provider.knows("u-9", **claims)
    go_in(visitor, the_house, "u-9")

    expect_refused(visitor, "linked to another campus account")


def test_an_address_alone_opens_no_account_unless_the_rules_say_so(
    provider: OpenIDProvider, people: Cast, the_house: House, visitor: Page
) -> None:
    decide(people.ada, links_accounts=False)
    provider.knows(
        "u-1", email="maya@alder.example", email_verified=True, groups=["text-leads"]
    )
    go_in(visitor, the_house, "u-1")

    expect_refused(visitor, "it is not linked to your campus account")
    people.maya.refresh_from_db()
    assert people.maya.role == "advisor"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:x"],
)
def test_nobody_is_sent_elsewhere_after_signing_in(
    provider: OpenIDProvider, the_house: House, visitor: Page, elsewhere: str
) -> None:
    provider.knows(
        "u-1", email="maya@alder.example", email_verified=True, groups=["text-leads"]
    )
    visitor.goto(f"{the_house.url}/accounts/campus/?next={quote(elsewhere)}")
    visitor.get_by_placeholder("sub").fill("u-1")
    visitor.get_by_role("button", name="Authorize").click()

    visitor.wait_for_url(f"{the_house.url}/inbox/**")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("other key", "signed with a key that Quadline does not know"),
        ("none", "signed with a key that Quadline does not know"),
        ("shared secret", "signed with a key that Quadline does not know"),
        ("nonce", "already used, took over ten minutes"),
        ("no nonce", "already used, took over ten minutes"),
        ("audience", "meant for another service"),
        ("two audiences", "meant for another service"),
        ("party", "meant for another service"),
        ("issuer", "another identity provider"),
        ("expired", "had expired when it arrived"),
        ("early", "dated in the future"),
        ("no expiry", "could not read the answer"),
        ("subject", "could not read the answer"),
    ],
)
def test_a_bad_answer_opens_nothing(
    provider: OpenIDProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    how: str,
    words: str,
) -> None:
    provider.knows(
        "u-1", email="maya@alder.example", email_verified=True, groups=["text-leads"]
    )
    provider.spoils(how)
    go_in(visitor, the_house, "u-1")

    expect_refused(visitor, words)


def test_a_sign_in_that_was_canceled_says_so(
    provider: OpenIDProvider, the_house: House, visitor: Page
) -> None:
    visitor.goto(f"{the_house.url}/accounts/login/")
    visitor.get_by_role("link", name=WAY_IN).click()
    visitor.get_by_role("button", name="Deny").click()

    expect_refused(visitor, "canceled at the campus sign-in page")


def test_an_answer_opens_once_and_only_in_the_browser_that_asked(
    provider: OpenIDProvider,
    people: Cast,
    the_house: House,
    visitor: Page,
    browser: Browser,
) -> None:
    provider.knows(
        "u-1", email="maya@alder.example", email_verified=True, groups=["text-leads"]
    )
    seen: list[str] = []
    visitor.on("request", lambda request: seen.append(request.url))
    go_in(visitor, the_house, "u-1")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Students")
    [answer] = [url for url in seen if "/campus/return/" in url]
    other = person(browser, the_house.url)
    other.page.goto(answer)
    expect_refused(other.page, "was started in another browser")
    other.page.context.close()
    visitor.goto(answer)
    expect(visitor.locator("main")).to_contain_text("already used")
    for forged in ("1.no-such-state", "99999.x", "x", ""):
        visitor.goto(f"{the_house.url}/accounts/campus/return/?code=1&state={forged}")
        expect(visitor.locator("main")).to_contain_text("already used")


def test_an_answer_that_names_another_issuer_is_refused(
    provider: OpenIDProvider, the_house: House, visitor: Page
) -> None:
    visitor.goto(f"{the_house.url}/accounts/login/")
    visitor.get_by_role("link", name=WAY_IN).click()
    state = re.search(r"state=([^&]+)", visitor.url)
    assert state
    visitor.goto(
        f"{the_house.url}/accounts/campus/return/?code=1&state={state.group(1)}"
        "&iss=https://evil.example"
    )
    expect_refused(visitor, "another identity provider")


def test_passwords_are_off_but_for_named_administrators_whose_use_is_told(
    provider: OpenIDProvider, people: Cast, the_house: House, browser: Browser
) -> None:
    decide(people.ada, passwords_off=True, break_glass=frozenset({people.ada.pk}))
    maya = person(browser, the_house.url)
    page = maya.page
    page.goto(f"{the_house.url}/accounts/login/")
    expect(page.get_by_label("Password")).to_be_hidden()
    page.get_by_text("Sign in with a password").click()
    page.get_by_label("Email").fill("maya@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("don't match")
    page.get_by_label("Email").fill("ada@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/inbox/**")
    eventually_reads(
        the_house, "ada@alder.example", "ada@alder.example signed in with a password"
    )
    page.context.close()


def test_an_administrator_sets_it_up_tests_it_and_switches_it_on(
    openid_process: OpenIDProvider,
    people: Cast,
    the_house: House,
    at_the_screen: Arrive,
    browser: Browser,
) -> None:
    openid_process.spoils("")
    openid_process.knows(
        "u-7", email="maya@alder.example", email_verified=True, groups=["staff"]
    )
    ada = at_the_screen("ada@alder.example")
    page = ada.page
    ada.open("/manage/sign-in/")
    page.get_by_label("Issuer").fill("http://127.0.0.1:9")
    page.get_by_label("Client ID").fill("quadline")
    page.get_by_label("Client secret").fill("a-client-secret")
    page.get_by_role("button", name="Check and save").first.click()
    expect(page.locator(".notice.bad")).to_contain_text("does not answer")
    page.get_by_label("Issuer").fill(openid_process.url)
    page.get_by_label("Client secret").fill("a-client-secret")
    page.get_by_role("button", name="Check and save").first.click()
    page.get_by_role("link", name="Test sign-in").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="The test sign-in failed")).to_be_visible()
    page.get_by_role("link", name="Test sign-in").click()
    page.get_by_placeholder("sub").fill("u-7")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="The test sign-in works")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("would not get in")
    page.get_by_label("Email domains of the college").fill("alder.example")
    page.get_by_label("A verified email address opens the account").check()
    page.get_by_label("Claim of rule 1").fill("groups")
    page.get_by_label("Value of rule 1").fill("staff")
    page.get_by_label("Role of rule 1").select_option("Lead")
    page.get_by_role("button", name="Save rules").click()
    page.get_by_role("link", name="Test sign-in").click()
    page.get_by_placeholder("sub").fill("u-7")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("status").first).to_contain_text("advisor")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Campus sign-in is on")).to_be_visible()
    # The provider's page, and our own refusal of a form, are not faults.
    known = (*EXPECTED, "422 (Unprocessable Entity)")
    ada.faults[:] = [fault for fault in ada.faults if not fault.endswith(known)]
    visitor = person(browser, the_house.url)
    go_in(visitor.page, the_house, "u-7")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Students")
    visitor.page.context.close()
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert acts >= {
        "campus sign-in connection saved",
        "campus sign-in tested",
        "campus sign-in rules changed",
        "campus sign-in switched on",
    }
