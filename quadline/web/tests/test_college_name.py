"""Whose texting this is stands on every page, signed in or
not, also where something failed.
"""

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.abuse.test_anything_typed import own_thing
from tests.architecture.conftest import Enter
from tests.architecture.test_access import address, cases
from tests.cast import Cast

NAME = "Cedar &amp; Elm College"


@pytest.fixture(autouse=True)
def college(settings: object) -> None:
    settings.ENV = settings.ENV.model_copy(  # type: ignore[attr-defined]
        update={"college_name": "Cedar & Elm College"}
    )


@pytest.mark.parametrize(
    "where",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/inactive/",
        "/no/such/page/",
    ],
)
def test_before_signing_in(enter: Enter, people: Cast, where: str) -> None:
    assert NAME in enter(None).get(where).content.decode()


def test_on_every_page(enter: Enter, people: Cast) -> None:
    about, browser = own_thing(people.ada), enter(people.ada)
    pages = {
        case.name
        for case in cases()
        if (case.role, case.whose, case.method) == ("administrator", "own", "GET")
    }
    whole = 0
    for name in sorted(pages):
        answer = browser.get(address(name, about))
        if answer.status_code == 200 and b"<!doctype html>" in b"".join(answer)[:20]:
            whole += 1
            assert NAME in answer.content.decode().split("<body", 1)[1], name
    assert whole > 15


@pytest.mark.parametrize(
    ("fault", "status"), [(ValueError("ours"), 500), (OperationalError("away"), 503)]
)
def test_where_something_failed(
    enter: Enter,
    people: Cast,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
) -> None:
    def failing(*told: object, **more: object) -> None:
        raise fault

    browser: Client = enter(people.maya)
    browser.raise_request_exception = False
    monkeypatch.setattr("quadline.web.inbox.views.list_context", failing)
    answer = browser.get(reverse("inbox"))
    assert answer.status_code == status
    assert NAME in answer.content.decode()
