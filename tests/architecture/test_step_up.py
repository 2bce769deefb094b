"""What opens an account, or takes students' data out, asks to confirm again who sits
there: its address stands in the table of web/security/step_up.py.
"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern

from quadline import clock
from quadline.web.security.step_up import ADDRESSES, StepUp, asks
from tests.architecture.addresses import PUBLIC, address, is_of_the_api, patterns
from tests.architecture.conftest import BACKEND, Enter
from tests.cast import PASSWORD, Cast

# By what its name or its address says it is.
SENSITIVE = re.compile(r"csv|export|token|password|role|factor|^mfa_|\bsso\b|saml|oidc")
# Of those, what shows no secret and changes nothing by itself, and why.
NEEDS_NONE = {
    "mfa_index",  # says which factors there are
    "mfa_reauthenticate",  # is the confirmation itself
    "mfa_reauthenticate_webauthn",
    "manage_factors",  # says who has one
}
NOT_FOR_READERS = "profile-tokens"  # its page lists names; its form makes a token


def sensitive() -> list[URLPattern]:
    found = []
    for pattern in patterns():
        name = str(pattern.name)
        if name in PUBLIC | NEEDS_NONE or is_of_the_api(name):
            continue
        if SENSITIVE.search(f"{name} {pattern.pattern}"):
            found.append(pattern)
    return found


@pytest.mark.parametrize("pattern", sensitive(), ids=lambda each: each.name)
def test_what_is_sensitive_stands_in_the_table(pattern: URLPattern) -> None:
    assert pattern.name in ADDRESSES


def test_the_table_names_only_what_is_there() -> None:
    assert set(ADDRESSES) <= {str(pattern.name) for pattern in patterns()}


def test_every_export_is_one_and_asks_on_sight() -> None:
    files = {
        str(pattern.name)
        for pattern in patterns()
        if str(pattern.pattern).endswith(".csv")
    }
    assert len(files) >= 5
    assert {name for name, each in ADDRESSES.items() if each.is_file} == files


def test_the_measure_sees_the_house() -> None:
    names = {str(pattern.name) for pattern in sensitive()}
    assert {"profile-tokens", "report-opt-outs-csv", "manage_factors_reset"} <= names


@pytest.mark.parametrize(
    ("method", "asked"), [("GET", None), ("HEAD", None), ("POST", StepUp())]
)
def test_a_form_asks_when_it_is_sent(method: str, asked: StepUp | None) -> None:
    assert asks(NOT_FOR_READERS, method) == asked


METHODS = [
    (name, method)
    for name in sorted(ADDRESSES)
    for method in ("GET", "POST")
    if asks(name, method)
]


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_each_address_of_the_table_really_asks(
    enter: Enter,
    people: Cast,
    quick_hashes: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    method: str,
) -> None:
    """Long after signing in; and by the table, not by each page."""
    people.ada.set_password(PASSWORD)
    people.ada.save()
    browser: Client = enter(None)
    browser.force_login(people.ada, backend=BACKEND)
    browser.get("/help/")
    later = clock.now() + timedelta(minutes=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    pattern = next(each for each in patterns() if each.name == name)
    answer = browser.generic(method, address(pattern))
    assert answer.headers["Location"].startswith("/accounts/confirm/?next=")
