"""The access matrix of the API: address × role × whose, with a
token; and without one, nothing.
"""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from quadline.accounts.models import User
from tests.architecture.addresses import address as address_of
from tests.architecture.addresses import is_of_the_api, names, patterns
from tests.architecture.conftest import BACKEND, Enter

# actors is a fixture
from tests.architecture.test_access import (
    Case,
    Thing,
    actors,  # noqa: F401
    cases,
    thing,
)
from tests.cast import Cast
from tests.program import PROBLEM, V1, Program

# As in test_access.py: the own, the office's, the outsider's.
MATRIX = """
api-list-students      GET   200          200          200          200
api-put-students       PUT   403          403          200          403
api-post-roster        POST  403          403          202          403
api-get-roster         GET   403          403          404          403
api-get-student        GET   200/404/404  200/200/404  200/200/200  200/200/200
api-put-caseload       PUT   403/403/403  403/403/403  200/200/200  403/403/403
api-send-message       POST  201/404/404  201/201/404  201/201/201  403/403/403
api-get-message        GET   200/404/404  200/200/404  200/200/200  200/200/200
api-list-messages      GET   200/404/404  200/200/404  200/200/200  200/200/200
api-send-broadcast     POST  201/422/422  201/201/422  201/201/201  403/403/403
api-get-broadcast      GET   200/404/404  200/200/404  200/200/200  200/200/200
api-pause-broadcast    POST  200/404/404  200/404/404  200/200/200  404/404/404
api-resume-broadcast   POST  200/404/404  200/404/404  200/200/200  404/404/404
api-stop-broadcast     POST  200/404/404  200/404/404  200/200/200  404/404/404
api-list-opt-outs      GET   200          200          200          200
api-get-my-number      GET   200          200          200          200
"""
MISSING = str(uuid.UUID(int=7))
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OF_THE_API = [pattern for pattern in patterns() if is_of_the_api(str(pattern.name))]


def address(name: str, about: Thing) -> str:
    values: dict[str, Any] = {
        "api-get-student": about.student.institutional_id,
        "api-put-caseload": about.conversation.inbox.email,
        "api-get-message": about.message.pk,
        "api-list-messages": about.conversation.pk,
        "api-get-roster": 99999999,
    }
    is_of_a_broadcast = name.endswith("-broadcast") and name != "api-send-broadcast"
    value = about.broadcast.pk if is_of_a_broadcast else values.get(name)
    return reverse(name, args=[] if value is None else [value])


def written(name: str, about: Thing) -> Any:
    them = about.student.institutional_id
    return {
        "api-put-students": {"students": []},
        "api-put-caseload": {"students": [them]},
        "api-send-message": {"student": them, "body": "Hello"},
        "api-send-broadcast": {"body": "Hello", "audience": {"ids": [them]}},
    }.get(name)


def asked(case: Case, where: str, about: Thing, actor: User) -> Any:
    if case.name == "api-post-roster":
        return Program.of(actor).ask("POST", "rosters", b"id\n", kind="text/csv")
    return Program.of(actor).ask(
        case.method, where.removeprefix(V1), written(case.name, about)
    )


@pytest.mark.parametrize(
    "case", cases(MATRIX), ids=lambda case: f"{case.name}-{case.role}-{case.whose}"
)
def test_each_role_gets_what_the_matrix_says(
    enter: Enter,
    people: Cast,
    actors: dict[str, User],  # noqa: F811
    case: Case,
) -> None:
    about = thing(case, people, actors)

    assert (
        asked(case, address(case.name, about), about, actors[case.role]).status_code
        == case.code
    )


def test_every_address_of_the_api_has_a_row() -> None:
    assert {case.name for case in cases(MATRIX)} == {
        name for name in names() if is_of_the_api(name)
    }


NOT_THERE = [
    case
    for case in cases(MATRIX)
    if case.code == 404 and case.name not in ("api-send-message", "api-get-roster")
]


@pytest.mark.parametrize(
    "case", NOT_THERE, ids=lambda case: f"{case.name}-{case.role}-{case.whose}"
)
def test_what_is_foreign_looks_exactly_like_what_is_not_there(
    enter: Enter,
    people: Cast,
    actors: dict[str, User],  # noqa: F811
    case: Case,
) -> None:
    about, actor = thing(case, people, actors), actors[case.role]
    where = address(case.name, about)
    nowhere = re.sub(
        r"[0-9a-f-]{36}|(?<!v)\b\d+\b",
        lambda found: MISSING if len(found[0]) == 36 else "99999999",
        where,
    )
    foreign, missing = (
        asked(case, where, about, actor),
        asked(case, nowhere, about, actor),
    )

    assert where != nowhere
    assert (foreign.status_code, foreign.content) == (
        missing.status_code,
        missing.content,
    )


@pytest.mark.parametrize("pattern", OF_THE_API, ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("who", ["nobody", "ada"])
def test_without_a_token_there_is_nothing_no_matter_who_is_signed_in(
    enter: Enter, people: Cast, pattern: URLPattern, who: str
) -> None:
    browser: Client = enter(None)
    if who == "ada":
        browser.force_login(people.ada, backend=BACKEND)
    for method in METHODS:
        answer = browser.generic(method, address_of(pattern))

        assert answer.status_code in (401, 405), f"{method} {address_of(pattern)}"
        assert answer["Content-Type"] == PROBLEM
    assert any(
        browser.generic(method, address_of(pattern)).status_code == 401
        for method in METHODS
    )
