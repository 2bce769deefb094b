"""Second factors in a real browser: a passkey by Chromium's own virtual authenticator,
an authenticator app, recovery codes, and what a session that ends leaves behind.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from quadline import clock
from quadline.accounts.session_store import SessionStore
from quadline.audit.models import AuditEntry
from quadline.college.models import CollegeDecision
from tests.browser import Person, person
from tests.cast import PASSWORD, Cast
from tests.house import House, eventually
from tests.journeys.furnished import furnish
from tests.journeys.test_screens import look, measured_by_axe
from tests.totp import code_at

Arrive = Callable[..., Person]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
REFUSED = (
    "console: Failed to load resource: the server responded with a status of 422"
    " (Unprocessable Entity)"
)


@pytest.fixture
def maya(browser: Browser, the_house: House, people: Cast) -> Iterator[Person]:
    """At an address with a name: a browser has no passkeys for 127.0.0.1."""
    here = person(browser, the_house.url.replace("127.0.0.1", "localhost"))
    yield here
    here.page.context.close()
    assert not here.faults


def with_device(page: Page) -> None:
    """A device that asks for a finger, as a laptop's."""
    devices: Any = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{url}/accounts/login/")


def app_key(page: Page) -> str:
    return page.locator("#app-key").inner_text()


def type_code(page: Page, code: str, button: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name=button).click()


def test_a_passkey_is_added_and_signs_in_without_a_password(
    the_house: House, people: Cast, maya: Person
) -> None:
    page, url = maya.page, maya.house_url
    with_device(page)
    maya.sign_in("maya@alder.example")
    maya.open("/me/")
    page.get_by_role("link", name="Security").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Save these now.")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    kept = saved.value.path().read_text()
    assert len(re.findall(r"^\d{8}$", kept, re.MULTILINE)) == 10
    page.get_by_role("link", name="I saved them").click()
    expect(page.get_by_role("link", name="Remove My laptop")).to_be_visible()

    sign_out(page, url)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/inbox/**")

    sign_out(page, url)
    page.get_by_label("Email").fill("maya@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/inbox/**")

    mails = eventually(lambda: the_house.simulator.mail("maya@alder.example"))
    subjects = [mail["subject"] for mail in mails]
    assert "Your Quadline sign-in was changed" in subjects
    assert subjects.count("New sign-in to your Quadline account") == 1
    assert AuditEntry.objects.filter(action="passkey added", actor=people.maya).exists()


def test_a_device_that_says_no_leaves_one_where_one_was(
    the_house: House, people: Cast, maya: Person
) -> None:
    page = maya.page
    devices: Any = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    unverified = DEVICE | {"isUserVerified": False}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": unverified})
    maya.sign_in("maya@alder.example")
    maya.open("/me/security/passkeys/add/")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Chrome on Linux")


def decide(name: str, value: str) -> None:
    """As the page of settings does; every process follows within two seconds."""
    row = {"value": value, "changed_at": timezone.now()}
    CollegeDecision.objects.update_or_create(name=name, defaults=row)


@pytest.fixture
def required(people: Cast) -> Iterator[None]:
    decide("second_factor_roles", "administrator")
    yield
    CollegeDecision.objects.all().delete()


def test_an_administrator_who_must_sets_up_an_app_and_goes_on(
    the_house: House, people: Cast, at_the_screen: Arrive, required: None
) -> None:
    here = at_the_screen("ada@alder.example", viewport={"width": 390, "height": 844})
    page = here.page

    def is_led_there() -> bool:
        here.open("/manage/numbers/")
        return page.url.endswith("/me/security/")

    eventually(is_led_there)
    page.get_by_role("link", name="Use an authenticator app").click()
    key = app_key(page)
    type_code(page, "000000", "Add this app")
    expect(page.get_by_text("This code doesn't match.")).to_be_visible()
    here.faults.remove(REFUSED)
    assert app_key(page) == key
    type_code(page, code_at(key, clock.now()), "Add this app")
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("link", name="I saved them").click()
    expect(page.get_by_role("heading", name="Numbers", exact=True)).to_be_visible()

    sign_out(page, here.house_url)
    page.get_by_label("Email").fill("ada@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    type_code(page, codes[0], "Continue")
    page.wait_for_url("**/inbox/**")


def confirmed_long_ago() -> None:
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store["confirmed_at"] = 0
        store.save()


def test_a_token_is_made_after_confirming_with_what_was_typed(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open("/me/tokens/")
    confirmed_long_ago()
    page.get_by_label("What it is for").fill("Nightly roster")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(
        page.get_by_role("heading", name="Your new token: Nightly roster")
    ).to_be_visible()


def test_an_export_is_downloaded_after_confirming(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    here.open("/inbox/")
    confirmed_long_ago()
    here.open("/reports/opt-outs.csv")
    here.page.get_by_label("Password").fill(PASSWORD)
    with here.page.expect_download() as saved:
        here.page.get_by_role("button", name="Confirm").click()
    assert saved.value.suggested_filename.endswith(".csv")


def test_a_session_that_ends_keeps_the_words_and_leads_back(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page, place = here.page, f"/inbox/c/{found['rosa'].pk}/"
    here.open(place)
    words = "See you on Monday at ten"
    page.get_by_role("textbox", name="Text Message").fill(words)
    Session.objects.update(expire_date=clock.now())

    expect(page.get_by_role("heading", name="You have been signed out")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill("maya@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{place}")
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value(words)


@pytest.mark.slow
def test_axe_finds_nothing_on_the_pages_of_second_factors(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    wrong: list[str] = []
    here = measured_by_axe(at_the_screen, "ada")
    page = here.page
    for path in ("/me/security/", "/me/security/passkeys/add/", "/me/security/app/"):
        here.open(path)
        wrong += look(here, path)
    type_code(page, code_at(app_key(page), clock.now()), "Add this app")
    page.locator(".toast").evaluate_all("(all) => all.forEach((each) => each.remove())")
    wrong += look(here, "the recovery codes")
    for path in (
        "/me/security/",
        "/me/security/app/remove/",
        "/me/security/codes/new/",
        "/accounts/confirm/",
        "/accounts/confirm/code/",
        "/manage/second-factors/",
        f"/manage/second-factors/{people.maya.pk}/reset/",
    ):
        here.open(path)
        wrong += look(here, path)
    sign_out(page, here.house_url)
    page.get_by_label("Email").fill("ada@alder.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    wrong += look(here, "the second step")
    assert wrong == []
