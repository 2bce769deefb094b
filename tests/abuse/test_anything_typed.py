"""Whatever is typed into any form, address or operation: an answer in
the end, and never a fault of ours.
"""

import json
import re
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from quadline.accounts.models import User
from quadline.webhooks.size_limits import MAX_FORM
from tests.architecture.conftest import Enter
from tests.architecture.test_access import Thing, address, cases, thing_of
from tests.architecture.test_api_access import MATRIX as OF_THE_API
from tests.architecture.test_api_access import address as address_of_the_api
from tests.architecture.test_api_access import written
from tests.cast import Cast, student
from tests.program import V1, Program

ANYTHING = {
    "a NUL byte": "a\0b",
    "a lone surrogate": "\ud83d and \udc00",
    "a tower of accents, and much of it": "e" + "\u0301" * 3_000,
    "signs that mean something, and what a slow pattern chokes on": (
        "%_\\%' | & !(*): -- {0.__class__.__mro__} %(x)s %s ${7*7} {{7*7}}"
        " ../../etc/passwd " + "stop " * 1_000 + "a" * 10_000 + "!@" + "(" * 1_000
    ),
    "a number nobody can count to": "9" * 5_000,
}
# seconds of processor time: no page takes one, a pattern that backtracks takes years
WITHOUT_END = 30.0
FORM = "application/x-www-form-urlencoded"
READ = re.compile(
    r'(?:POST|GET)(?:\.get|\.getlist)?[(\[]"(\w+)"|(?:posted|chosen|asked)\w*\([^)]*"(\w+)"'
)


def fields() -> set[str]:
    """Every field that any screen reads, by the source of the screens."""
    code = (
        path for path in Path("quadline/web").rglob("*.py") if "tests" not in path.parts
    )
    sources = (path.read_text() for path in code)
    return {
        name
        for source in sources
        for found in READ.findall(source)
        for name in found
        if name
    }


def encoded(form: dict[str, str]) -> str:
    return "&".join(
        f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}"
        for name, value in form.items()
    )


def in_time(ask: Any, *told: Any, **more: Any) -> Any:
    begun = time.process_time()
    answer = ask(*told, **more)
    b"".join(answer)
    assert time.process_time() - begun < WITHOUT_END, told
    assert answer.status_code < 500, told
    return answer


def own_thing(user: User) -> Thing:
    return thing_of(
        user, student("00200001", "Ann", "Own", advisor=user, mobile="+17345550161")
    )


@pytest.fixture
def hurried(db: None) -> None:
    """The database, too, ends what would go on for hours."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '120s'")


def forms(about: Thing, words: str) -> list[dict[str, str]]:
    """All that is read is odd; and a good form in which only the
    words are, or only everything else is.
    """
    good = {
        "body": "Hello",
        "subject": "Hello",
        "name": "Hello",
        "message_id": str(uuid.uuid4()),
        "to": str(about.student.pk),
    }
    odd = dict.fromkeys(fields(), words)
    said = {"body", "subject", "name", "draft_name", "audience_name", "pasted", "q"}
    return [odd, good | dict.fromkeys(said - {"name"}, words), {**odd, **good}]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("what", ANYTHING)
def test_every_screen_answers_whatever_is_typed(
    enter: Enter, people: Cast, what: str
) -> None:
    about = own_thing(people.ada)
    browser = enter(people.ada)
    asked = {
        (case.name, case.method)
        for case in cases()
        if case.role == "administrator" and case.whose == "own"
    }
    for name, method in sorted(asked):
        where, odd = address(name, about).partition("?")[0], ANYTHING[what]
        if method == "GET":
            in_time(
                browser.get,
                where,
                QUERY_STRING=encoded(dict.fromkeys(fields(), odd[:2_000])),
            )
            continue
        for form in forms(about, odd):
            in_time(browser.generic, method, where, encoded(form), content_type=FORM)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("what", ANYTHING)
def test_every_operation_answers_whatever_is_sent(
    enter: Enter, people: Cast, what: str
) -> None:
    about = own_thing(people.ada)
    program, words = Program.of(people.ada), ANYTHING[what]
    query = encoded(
        dict.fromkeys(
            ("query", "institutional_id", "after", "limit", "staff"), words[:4_000]
        )
    )
    for case in cases(OF_THE_API):
        if (case.role, case.whose) != ("administrator", "own"):
            continue
        where = address_of_the_api(case.name, about).removeprefix(V1)
        in_time(
            program.ask,
            case.method,
            f"{where}?{query}",
            written(case.name, about),
            key=str(uuid.uuid4()),
        )
        odd = json.dumps(spoiled(written(case.name, about), words)).encode()
        assert (
            in_time(
                program.ask, case.method, where, odd, key=str(uuid.uuid4())
            ).status_code
            < 500
        )


def spoiled(content: Any, words: str) -> Any:
    if isinstance(content, dict):
        return {name: spoiled(value, words) for name, value in content.items()}
    return (
        [spoiled(each, words) for each in content]
        if isinstance(content, list) and content
        else words
    )


def test_the_fields_are_found_in_the_source() -> None:
    assert fields() >= {
        "body",
        "subject",
        "message_id",
        "to",
        "q",
        "fingerprint",
        "office_phone",
        "pasted",
        "draft_name",
    }


def test_more_than_a_megabyte_is_refused_unread(enter: Enter, people: Cast) -> None:
    browser: Client = enter(people.maya)
    for where in ("/inbox/new/", "/accounts/login/", f"{V1}messages"):
        answer = browser.generic(
            "POST", where, b"x" * (MAX_FORM + 1), content_type=FORM
        )
        assert answer.status_code == 413


@pytest.mark.parametrize("what", ANYTHING)
def test_the_way_in_answers_whatever_is_typed(
    enter: Enter, db: None, what: str
) -> None:
    visitor = enter(None)
    form = dict.fromkeys(
        ("login", "password", "email", "next"), ANYTHING[what][:100_000]
    )
    for where in (
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/key/1-x/",
    ):
        in_time(visitor.generic, "POST", where, encoded(form), content_type=FORM)
        in_time(
            visitor.get, where, QUERY_STRING=encoded({"next": ANYTHING[what][:4_000]})
        )
