"""Every value of every parameter has a bound: the routes and
their parameters find themselves.

Each route is asked while it is watched what it reads of the address and of the form.
Then all of these take each odd value at once, and each of them takes some alone, with
everything else as it should be.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from quadline.numbers.models import SystemNumber
from tests.abuse.test_anything_typed import own_thing
from tests.architecture.addresses import is_of_the_api, patterns
from tests.architecture.conftest import Enter
from tests.architecture.test_access import Thing, address, cases
from tests.architecture.test_api_access import MATRIX as OF_THE_API
from tests.architecture.test_api_access import address as address_of_the_api
from tests.cast import Cast
from tests.program import V1, Program

FORM = "application/x-www-form-urlencoded"
Screen = tuple[str, str]  # the name of an address, and the method
# Of these, the first is also given to names alone: one that is refused hides the
# others.
ALONE = ("times", "numbers", "signs")
ODD: dict[str, list[bytes]] = {
    "times": [
        b"0001-01-01T00:00:00+14:00",
        b"9999-12-31T23:59:59.999999-14:00",
        b"2026-11-30T09:00+23:59:59.999999",
    ],
    "dates": [b"0001-01-01", b"9999-12-31"],
    "numbers": [
        b"9223372036854775808",
        b"-1",
        b"99999999999999999",
        b"9" * 5_000,
        "\u00b2".encode(),
    ],
    "signs": [b"\0", b"\xed\xa0\x80\xff\xef\xbf\xbe", b'{"a": [null]}'],
    "lengths": [b"a" * 100_000, b""],
    "ids": [b"student:99999999999999999999"],
}
# The very name of a parameter, too, may come more than once; and its value be two of
# the above.
REPEATED = "repeated"


class Watched:
    """The names that a view asks for in an address and in a form."""

    def __init__(self) -> None:
        self.names: set[str] = set()


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    watched = Watched()
    with monkeypatch.context() as patched:
        for name in ("__getitem__", "get", "getlist", "__contains__"):
            patched.setattr(
                QueryDict,
                name,
                _noting(getattr(MultiValueDict, name), watched),
                raising=False,
            )
        patched.setattr(
            QueryDict,
            "dict",
            lambda asked: _WatchedDict(watched, asked.items()),
            raising=False,
        )
        yield watched


class _WatchedDict(dict[str, Any]):
    """What QueryDict.dict() gives, watched in its turn."""

    def __init__(self, watched: Watched, *more: Any) -> None:
        super().__init__(*more)
        self.watched = watched

    def get(self, key: str, *more: Any) -> Any:
        self.watched.names.add(key)
        return super().get(key, *more)


def _noting(method: Any, watched: Watched) -> Any:
    def noted(self: QueryDict, key: str, *more: Any, **named: Any) -> Any:
        watched.names.add(str(key))
        return method(self, key, *more, **named)

    return noted


def good(about: Thing) -> dict[str, str]:
    words = {
        "body": "Hello",
        "subject": "Hello",
        "name": "Hello",
        "message_id": str(uuid.uuid4()),
    }
    words |= {"how": "in_person", "said_at": "2026-11-23T09:00", "note": "After class"}
    return words | {"to": str(about.student.pk), "office_phone": ""}


def test_the_parameters_are_found(
    enter: Enter, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    about, browser = own_thing(people.ada), enter(people.ada)
    found = {
        name: names_read(browser, address(name, about), "GET", about, monkeypatch)
        for name in ("conversation_since", "report-delivery-rows", "inbox", "compose")
    }
    assert found["conversation_since"] >= {"after", "at"}
    assert found["report-delivery-rows"] >= {
        "from",
        "to",
        "weekday",
        "hour",
        "broadcast",
        "skip",
        "staff",
    }
    assert found["inbox"] >= {"q", "show", "from", "whose"}
    assert found["compose"] >= {"to", "except", "draft", "quiet", "template", "tab"}


def screens() -> list[Screen]:
    """Every page and form, as the access matrix has them
    (which knows every address).
    """
    return sorted(
        {
            (case.name, case.method)
            for case in cases()
            if (case.role, case.whose) == ("administrator", "own")
        }
    )


def encoded(pairs: list[tuple[str, bytes]]) -> str:
    return "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs)


def ask(
    browser: Client, where: str, method: str, pairs: list[tuple[str, bytes]]
) -> Any:
    """The answer. What it changed is undone, so that each question stands alone."""
    path = where.partition("?")[0]
    with transaction.atomic():
        if method == "GET":
            answer = browser.get(path, QUERY_STRING=encoded(pairs))
        else:
            answer = browser.generic(method, path, encoded(pairs), content_type=FORM)
        transaction.set_rollback(True)
    return answer


def names_read(
    browser: Client,
    where: str,
    method: str,
    about: Thing,
    monkeypatch: pytest.MonkeyPatch,
) -> set[str]:
    """What a view reads, until nothing new turns up: some is read
    only where something else was given.
    """
    known: set[str] = set(good(about)) if method == "POST" else set()
    while True:
        given = {name: good(about).get(name, "1") for name in sorted(known)}
        with watching(monkeypatch) as watched:
            ask(
                browser,
                where,
                method,
                [(name, value.encode()) for name, value in given.items()],
            )
            ask(browser, where, method, [])
        if watched.names <= known:
            return known - {"csrfmiddlewaretoken"}
        known |= watched.names


def alone(read: dict[Screen, set[str]]) -> set[tuple[Screen, str, str]]:
    """Which name of which screen is given a value alone, and of which kind.

    A name of one or two screens is given every kind there. What more of them read is
    read by code they share: each gives it one kind, so that all of them together give
    every kind, and no name of a screen is left out.
    """
    chosen = set()
    for name in set[str]().union(*read.values()):
        where = [screen for screen in sorted(read) if name in read[screen]]
        for place, screen in enumerate(where):
            one = ALONE[place % len(ALONE)]
            kinds = ALONE if len(where) < len(ALONE) else (one,)
            chosen |= {(screen, name, kind) for kind in kinds}
    return chosen


def together(names: set[str], kind: str) -> Iterator[list[tuple[str, bytes]]]:
    """Each value of a kind, given to all names at once."""
    if kind == REPEATED:
        each = 900 // max(1, len(names))  # as many fields as a form may have
        yield [(name, b"1") for name in sorted(names) for _ in range(each)]
    elif names:
        for value in ODD[kind]:
            yield [(name, value) for name in sorted(names)]


@pytest.fixture(scope="module")
def read_by_screens() -> dict[Screen, set[str]]:
    """What each screen was seen to read: the same whatever the values are."""
    return {}


@pytest.fixture
def about(people: Cast) -> Thing:
    made = own_thing(people.ada)
    phone = "+17342340009"
    SystemNumber.objects.filter(inbox__owner=people.ada).update(
        state="active", phone=phone
    )
    return made


@pytest.fixture
def browser(enter: Enter, people: Cast) -> Client:
    entered = enter(people.ada)
    entered.raise_request_exception = False
    return entered


@pytest.fixture
def read(
    browser: Client,
    about: Thing,
    monkeypatch: pytest.MonkeyPatch,
    read_by_screens: dict[Screen, set[str]],
) -> dict[Screen, set[str]]:
    for name, method in screens() if not read_by_screens else ():
        where = address(name, about)
        read_by_screens[name, method] = names_read(
            browser, where, method, about, monkeypatch
        )
    return read_by_screens


def questions(
    read: dict[Screen, set[str]], kind: str
) -> Iterator[tuple[Screen, list[tuple[str, bytes]]]]:
    for screen, name, chosen in sorted(alone(read)):
        if chosen == kind:
            yield screen, [(name, ODD[kind][0])]
    for screen, names in sorted(read.items()):
        for odd in together(names, kind):
            yield screen, odd


@pytest.mark.parametrize("kind", [*ODD, REPEATED])
def test_every_screen_answers_whatever_any_parameter_is(
    browser: Client, about: Thing, read: dict[Screen, set[str]], kind: str
) -> None:
    broken, asked = [], 0
    for (name, method), odd in questions(read, kind):
        begun = good(about) if method == "POST" else {}
        rest = [
            (other, value.encode())
            for other, value in begun.items()
            if other not in dict(odd)
        ]
        answer = ask(browser, address(name, about), method, [*rest, *odd])
        asked += 1
        if answer.status_code >= 500:
            broken.append(
                f"{method} {name} {odd[0][0]} of {len(odd)}: {odd[0][1][:60]!r}"
            )
    assert asked > 30
    assert broken == []


def test_what_is_given_alone_leaves_out_no_name_and_no_kind(
    read: dict[Screen, set[str]],
) -> None:
    chosen = alone(read)
    given = {(screen, name) for screen, name, _ in chosen}
    assert given == {(screen, name) for screen, names in read.items() for name in names}
    kinds = {(name, kind) for _, name, kind in chosen}
    assert kinds == {(name, kind) for _, name in given for kind in ALONE}


def test_every_operation_answers_whatever_any_parameter_is(
    enter: Enter, people: Cast
) -> None:
    """Those of the API, as its own description has them."""
    about, program = own_thing(people.ada), Program.of(people.ada)
    described = program.get("openapi.json").json()["paths"]
    names = {
        each["name"]
        for path in described.values()
        for said in path.values()
        for each in said.get("parameters", [])
    }
    assert names >= {"limit", "after", "query"}
    broken, asked = [], 0
    for name in sorted(
        {case.name for case in cases(OF_THE_API) if case.method == "GET"}
    ):
        where = address_of_the_api(name, about).removeprefix(V1).partition("?")[0]
        for parameter in sorted(names):
            for value in [values[0] for values in ODD.values()]:
                with transaction.atomic():
                    answer = program.get(f"{where}?{encoded([(parameter, value)])}")
                    transaction.set_rollback(True)
                asked += 1
                if answer.status_code >= 500:
                    broken.append(f"{name} {parameter}={value[:60]!r}")
    assert asked > 200
    assert broken == []


@pytest.mark.parametrize(
    "number", ["0", "2147483648", "9223372036854775808", "9" * 400]
)
def test_every_address_answers_whatever_number_is_in_it(
    enter: Enter, people: Cast, number: str
) -> None:
    browser = enter(people.ada)
    browser.raise_request_exception = False
    numbered = [
        each
        for each in patterns()
        if "int" in str(each.pattern.converters)
        or "Int" in str(each.pattern.converters)
    ]
    assert len(numbered) > 10
    for pattern in numbered:
        name = str(pattern.name)
        if is_of_the_api(name):
            continue
        where = reverse(
            name, kwargs=dict.fromkeys(pattern.pattern.converters, 7)
        ).replace("/7/", f"/{number}/")
        for method in ("GET", "POST"):
            assert browser.generic(method, where).status_code < 500, where
