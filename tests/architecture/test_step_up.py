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
from tests.architecture.test_access import cases
from tests.cast import PASSWORD, Cast

# By what its name or its address says it is.
SENSITIVE = re.compile(r"csv|export|token|password|role|factor|^mfa_|\bsso\b|saml|oidc")
# Where an account, the college or its rosters are changed.
SETTLED_UNDER = ("/me/", "/manage/", "/accounts/")
# Of those, what shows no secret and gives nobody more, and why.
NEEDS_NONE = {
    "mfa_index": "says which factors there are",
    "manage_factors": "says who has one",
    "account_reauthenticate": "is the confirmation itself",
    "mfa_reauthenticate": "is the confirmation itself",
    "mfa_reauthenticate_webauthn": "is the confirmation itself",
    "profile-edit": "a name, a title, a signature",
    "profile-photo": "a picture",
    "profile-photo-remove": "a picture",
    "profile-preferences": "what one's own screen is like",
    "profile-office-phone": "where callers of one's own number are sent",
    "profile-session-end": "takes access away, from oneself",
    "profile-sessions-end": "takes access away, from oneself",
    "announce": "an email to one's own students, as from any other page",
    "announce-preview": "shows what would be sent",
    "retry_number": "tries again what was asked for before",
    "compare_numbers": "looks; what follows is asked for by itself",
    "wake_number": "what rested sends again, as it did before",
    "manage_departure_cancel": "what was planned does not happen",
    "manage-settings-preview": "changes nothing",
    "manage-logo": "a picture",
    "manage-office-new": "a name for a group that is still empty",
    "manage-office": "a name and a phone; who is in it is asked at each of them",
    "manage_setup_test": "an email to oneself",
    "manage_setup_check": "looks; webhooks can be pointed at this address alone",
    "manage_setup_code": "six digits that mean nothing else",
    "manage_setup_sample": "made-up students, where texts reach no phone",
    "manage_setup_sample_remove": "takes made-up students out again",
    "roster_upload": "changes nothing before it is applied",
    "roster_discard": "what was not applied is not applied",
    "roster_mapping_new": "how a file is read, until it is applied",
    "roster_mapping": "how a file is read, until it is applied",
    "roster_mapping_remove": "takes away a way of reading files",
}
NOT_FOR_READERS = "profile-tokens"  # its page lists names; its form makes a token


def sensitive() -> list[URLPattern]:
    """Also every form of the matrix of access in the places where much is settled."""
    forms = {case.name for case in cases() if case.method == "POST"}
    found = []
    for pattern in patterns():
        name = str(pattern.name)
        if name in PUBLIC or is_of_the_api(name):
            continue
        is_form_there = name in forms and address(pattern).startswith(SETTLED_UNDER)
        if is_form_there or SENSITIVE.search(f"{name} {pattern.pattern}"):
            found.append(pattern)
    return found


@pytest.mark.parametrize("pattern", sensitive(), ids=lambda each: each.name)
def test_what_is_sensitive_stands_in_the_table_or_is_said_not_to_need_it(
    pattern: URLPattern,
) -> None:
    assert (pattern.name in ADDRESSES) != (pattern.name in NEEDS_NONE)


def test_what_needs_none_is_there_and_is_looked_at() -> None:
    assert set(NEEDS_NONE) <= {str(pattern.name) for pattern in sensitive()}


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
    assert {"manage_staff_user", "roster_apply", "manage-settings-section"} <= names


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
