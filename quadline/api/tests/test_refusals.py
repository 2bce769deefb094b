"""Whatever is sent, the answer is a problem with a
sentence, and never a fault of ours.
"""

from typing import Any

import pytest
from django.test import Client

from quadline.api.tests.conftest import Programs
from tests.cast import Cast
from tests.program import PROBLEM

LARGE = b'{"students": ["' + b"x" * 1_000_000 + b'"]}'
DEEP = b"[" * 100_000


@pytest.mark.parametrize(("method", "path", "content", "code"), [
    ("PUT", "students", LARGE, 413),
    ("PUT", "students", DEEP, 400),
    ("PUT", "students", b"{", 400),
    ("PUT", "students", b"\xff\xfe", 400),
    ("PUT", "students", b"null", 422),
    ("PUT", "students", b"[]", 422),
    ("PUT", "students", b'"text"', 422),
    ("PUT", "students", b'{"students": NaN}', 422),
    ("PUT", "students", b'{"students": ' + b"9" * 5000 + b"}", 400),
    ("PUT", "students", b'{"students": [{"institutional_id": "\\u0000"}]}', 422),
    ("PUT", "students", b"", 422),
    ("POST", "messages", b'{"student": "\\ud800", "body": "Hello"}', 422),
    ("POST", "messages", b'{"student": "00100001", "body": "\\udc00\\ud800"}', 422),
    ("POST", "messages", b'{"student": "00100001", "body": "Hello", "\\ud800": 1}', 422),
    ("PUT", "caseloads/a%00b", b'{"students": []}', 422),
    ("PUT", "caseloads/maya@alder.example", b'{"students": ["\\u0000"]}', 422),
    ("POST", "broadcasts", b'{"body": "Hello", "audience": {"filter": {"tags": ["\\u0000"]}}}', 422),
    ("GET", "students/%00", b"", 422),
    ("GET", "students?query=%00", b"", 422),
    ("GET", "students?after=%00", b"", 422),
    ("GET", "students?limit=0", b"", 422),
    ("GET", "students?limit=99999999999999999999999999", b"", 422),
    ("GET", "opt-outs?after=9223372036854775808", b"", 422),
    ("GET", "opt-outs?after=-1", b"", 422),
    ("GET", "conversations/9223372036854775808/messages", b"", 422),
    ("DELETE", "students", b"", 405),
    ("PATCH", "messages", b"{}", 405),
    ("TRACE", "numbers/me", b"", 405),
])  # fmt: skip
def test_a_strange_request_is_a_problem_in_words(
    people: Cast, program: Programs, method: str, path: str, content: bytes, code: int
) -> None:
    answer = program(people.ada).ask(method, path, content)

    assert (answer.status_code, answer["Content-Type"]) == (code, PROBLEM)
    said = answer.json()
    assert (said["status"], said["type"]) == (code, "about:blank")
    assert said["detail"].endswith(".")


def test_empty_words_are_refused_in_words(people: Cast, program: Programs) -> None:
    said = (
        program(people.maya)
        .post("messages", {"student": "00100001", "body": " "})
        .json()
    )

    assert said["faults"] == [
        "body: This is empty, or has a character that cannot be kept (NUL)"
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_only_json_is_read(people: Cast, program: Programs, kind: str) -> None:
    headers: Any = {"Content-Type": kind}
    assert (
        program(people.ada)
        .ask("PUT", "students", b'{"students": []}', **headers)
        .status_code
        == 415
    )


def test_another_page_of_the_house_speaks_as_it_always_did(people: Cast) -> None:
    answer = Client().get("/nowhere")

    assert answer["Content-Type"].startswith("text/html")


def test_what_is_allowed_is_said(people: Cast, program: Programs) -> None:
    assert set(program(people.ada).ask("DELETE", "students")["Allow"].split(", ")) == {
        "GET",
        "PUT",
    }
