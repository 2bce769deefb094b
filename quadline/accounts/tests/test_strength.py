"""New passwords: what is common, easy, known of the person or
breached is refused, wherever it is set.
"""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from quadline.accounts.breaches import is_breached
from quadline.accounts.models import Office, User

MAYA = User(
    email="m.alvarez@alder.example",
    name="Maya Alvarez",
    title="Academic advisor",
    office=Office(name="Nursing Advising"),
)
REFUSED = [
    "short",
    "password12",
    "Password123!",
    "P@ssw0rd123",
    "Welcome2026!",
    "Summer2026!",
    "letmein12345",
    "iloveyou123",
    "1234567890",
    "qwertyuiop",
    "1q2w3e4r5t",
    "zxcvbnm,./",
    "aaaaaaaaaaaa",
    "abcabcabcabc",
    "changeme123",
    "trustno1trustno1",
    "goblue goblue",
    "11/30/2026mm",
    "mayaalvarez",
    "Maya.Alvarez1984",
    "zeravlaayam",
    "m.alvarez2026",
    "AlderCollege1!",
    "alder-college",
    "Alder College 2026",
    "nursing advising",
    "quadline-texting",
    "Texting4Students",
    "texting.alder.example",
]
TAKEN = [
    "correct horse battery",
    "a quite different one",
    "tulip-harbor-39",
    "maya-and-the-whale",
    "blue lamp river",
    "kp3$Zm!2qLw",
    "Überraschung im Garten",
    "私は毎朝コーヒーを飲みます",
    "x" * 40 + "never typed by anybody else" * 8,
]


@pytest.mark.parametrize("password", REFUSED)
def test_what_is_easy_to_guess_is_refused_in_words(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, MAYA)

    assert all(message.endswith((".", ". ")) for message in refused.value.messages)


@pytest.mark.parametrize("password", TAKEN)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    validate_password(password, MAYA)


@pytest.mark.parametrize(
    "password",
    [
        "\x00" * 12,
        "\ud83d" * 12,
        "e\u0301" * 3_000,
        "stop " * 10_000,
        "(" * 5_000,
        "🙂" * 500,
    ],
)
def test_whatever_is_typed_is_judged(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, MAYA)


def test_without_a_person_the_college_is_known_all_the_same() -> None:
    with pytest.raises(ValidationError):
        validate_password("AlderCollege2026")


class Ranges(HTTPServer):
    """A stand-in for the range API: what it was asked, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}/range/"
        self.asked: list[tuple[str, str | None]] = []
        self.answer = b""
        self.status = 200


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Ranges)
        self.server.asked.append((self.path, self.headers["Add-Padding"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def ranges() -> Iterator[Ranges]:
    with Ranges() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


BREACHED = "tulip-harbor-39"
DIGEST = hashlib.sha1(BREACHED.encode(), usedforsecurity=False).hexdigest().upper()
OTHERS = b"0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n"


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (f"{DIGEST[5:]}:42", True),
        (f"{DIGEST[5:]}:1,042", True),
        (f"{DIGEST[5:].lower()}:10", True),
        (f"{DIGEST[5:]}:0", False),  # padding
        (f"{DIGEST[5:-1]}F:7", DIGEST[-1] == "F"),
        ("", False),
        ("<html>not a range</html>", False),
    ],
)
def test_a_breached_password_is_known_by_five_characters_of_its_digest(
    ranges: Ranges, line: str, is_one: bool
) -> None:
    ranges.answer = OTHERS + line.encode() + b"\r\n"

    assert is_breached(BREACHED, ranges.url) is is_one
    assert ranges.asked == [(f"/range/{DIGEST[:5]}", "true")]


def test_it_is_asked_when_the_setting_names_who(
    ranges: Ranges, settings: Settings
) -> None:
    validate_password(BREACHED, MAYA)
    assert ranges.asked == []

    ranges.answer = f"{DIGEST[5:]}:42".encode()
    settings.ENV = settings.ENV.model_copy(
        update={"breached_passwords_url": ranges.url}
    )
    with pytest.raises(ValidationError, match="data breach"):
        validate_password(BREACHED, MAYA)


def test_a_password_is_taken_while_nobody_answers(ranges: Ranges) -> None:
    ranges.status, ranges.answer = 500, f"{DIGEST[5:]}:42".encode()

    assert not is_breached(BREACHED, ranges.url)
    assert not is_breached(BREACHED, "http://127.0.0.1:1/range/")
    assert not is_breached(BREACHED, "http://no such host/range/")
