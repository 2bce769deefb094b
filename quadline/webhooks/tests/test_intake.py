"""A mail server at our door: taken means committed, our own trouble means "come again",
and too large is said at once.
"""

import smtplib
import socket
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.delivery.inbound import inbound_email
from quadline.delivery.models import IncomingEmail
from quadline.emails import reading, tokens
from quadline.emails.tests import hostile
from quadline.emails.tests.letters import (
    EXCHANGE_BOUNCE,
    GMAIL_LIKE,
    bounce,
    coded,
    html,
    plain,
    raw,
    with_files,
)
from quadline.webhooks.mail import intake, mail_rate
from quadline.webhooks.tests.mail_server import Door, listening
from tests.cast import Cast


@pytest.fixture
def conversation(committed_people: Cast, settings: Settings) -> Conversation:
    settings.ENV = settings.ENV.model_copy(
        update={"email_reply_to": "reply@mail.alder.example"}
    )
    return open_conversation(
        inbox=committed_people.maya.inbox,
        student=committed_people.bo,
        now=timezone.now(),
    )


@pytest.fixture
def token(conversation: Conversation) -> str:
    return tokens.reply_address(conversation.pk)


@pytest.fixture(params=["lmtp", "smtp"])
def door(request: pytest.FixtureRequest, conversation: Conversation) -> Iterator[Door]:
    with listening(is_lmtp=request.param == "lmtp") as opened:
        yield opened


@pytest.fixture
def lmtp(conversation: Conversation) -> Iterator[Door]:
    with listening(is_lmtp=True) as opened:
        yield opened


@pytest.fixture
def smtp(conversation: Conversation) -> Iterator[Door]:
    with listening(is_lmtp=False) as opened:
        yield opened


def bodies() -> list[str]:
    return list(Message.objects.order_by("position").values_list("body", flat=True))


def test_what_is_taken_is_in_its_conversation(door: Door, token: str) -> None:
    assert door.bring(plain("Yes, at 10."), token) == (250, "2.0.0 Kept")
    assert bodies() == ["Yes, at 10."]


def test_brought_again_it_is_taken_again_and_there_once(door: Door, token: str) -> None:
    assert [door.bring(plain("Yes"), token)[0] for _ in range(3)] == [250, 250, 250]
    assert bodies() == ["Yes"]


def test_our_own_trouble_means_come_again(
    door: Door, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object, **named: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(intake, "file_opened", away)
    code, words = door.bring(plain("Yes"), token)
    assert (code, "come again" in words) == (451, True)
    monkeypatch.undo()
    assert door.bring(plain("Yes"), token)[0] == 250
    assert bodies() == ["Yes"]


def test_30_mb_are_refused_before_they_are_sent(door: Door, token: str) -> None:
    with door.connect() as line:
        code, words = line.mail("bo.jensen@alder.example", ["size=30000000"])
    assert (code, b"maximum" in words) == (552, True)


def test_30_mb_that_come_unannounced_are_refused_too(lmtp: Door, token: str) -> None:
    film = with_files("See", "film.mov", size=22_000_000)
    with lmtp.connect() as line:
        line.mail("bo.jensen@alder.example")
        line.rcpt(token)
        assert line.data(film)[0] == 552
    assert not IncomingEmail.objects.exists()
    assert lmtp.bring(plain("Yes"), token)[0] == 250  # the next is taken


def test_over_lmtp_each_recipient_has_an_answer(
    committed_people: Cast, lmtp: Door, token: str
) -> None:
    other = open_conversation(
        inbox=committed_people.theo.inbox,
        student=committed_people.bo,
        now=timezone.now(),
    )
    with socket.create_connection(("127.0.0.1", lmtp.port), timeout=120) as line:
        said = line.makefile("rb")
        said.readline()
        for command in (
            "LHLO mx",
            "MAIL FROM:<bo.jensen@alder.example>",
            f"RCPT TO:<{token}>",
        ):
            line.sendall(command.encode() + b"\r\n")
            while said.readline()[3:4] == b"-":
                pass
        line.sendall(f"RCPT TO:<{tokens.reply_address(other.pk)}>\r\nDATA\r\n".encode())
        said.readline(), said.readline()
        line.sendall(plain("Yes") + b"\r\n.\r\n")
        assert [said.readline()[:3] for _ in range(2)] == [b"250", b"250"]
    assert bodies() == ["Yes", "Yes"]


def test_over_smtp_only_our_own_addresses_are_taken(smtp: Door, token: str) -> None:
    assert smtp.bring(plain("Buy"), "maya@alder.example")[0] == 550
    assert smtp.bring(plain("Buy"), "reply@elsewhere.example")[0] == 550
    assert smtp.bring(plain("Hello"), "reply@mail.alder.example")[0] == 250
    assert (
        smtp.bring(bounce(EXCHANGE_BOUNCE), "quadline@localhost", sender="")[0] == 250
    )
    assert sorted(IncomingEmail.objects.values_list("kind", flat=True)) == [
        "bounce",
        "stray",
    ]


def test_a_sender_of_nobody_is_a_machine(lmtp: Door, token: str) -> None:
    lmtp.bring(plain("I am away"), token, sender="")
    assert IncomingEmail.objects.get().kind == "automatic"


def test_a_return_path_in_the_email_itself_is_not_believed(
    lmtp: Door, token: str
) -> None:
    lmtp.bring(plain("Yes", Return_Path="<>"), token)
    assert IncomingEmail.objects.get().kind == "reply"


@pytest.mark.parametrize(
    ("email", "said"),
    [
        (coded("Sí 🎓", "utf-8"), "Sí 🎓"),
        (html(GMAIL_LIKE), "Yes, at 10."),
        (raw("Sí".encode("cp1252"), "text/plain; charset=x-none"), "Sí"),
        (plain("x" * 5_000), "x" * 5_000),
        (plain(".\n..\n.dots"), ".\n..\n.dots"),
        (bytes(range(128, 256)) * 50, None),
    ],
    ids=[
        "base64",
        "HTML only",
        "broken charset",
        "one long line",
        "dots",
        "no email at all",
    ],
)
def test_whatever_is_sent_is_taken(
    lmtp: Door, token: str, email: bytes, said: str | None
) -> None:
    assert lmtp.bring(email, token)[0] == 250
    assert said is None or bodies() == [said]


def test_several_mail_servers_at_once(lmtp: Door, token: str) -> None:
    lines = [lmtp.connect() for _ in range(8)]
    for place, line in enumerate(lines):
        line.sendmail(
            "bo.jensen@alder.example",
            [token],
            plain(f"Answer {place}", Message_ID=f"<{place}@x>"),
        )
    assert len(bodies()) == 8
    for line in lines:
        line.quit()


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(
    lmtp: Door, token: str
) -> None:
    line = lmtp.connect()
    line.mail("bo.jensen@alder.example")
    line.rcpt(token)
    line.docmd("DATA")
    line.send(plain("Half an answer")[:200])
    line.close()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        line.docmd("NOOP")
    assert lmtp.bring(plain("Whole"), token)[0] == 250
    assert bodies() == ["Whole"]


HOSTILE = [
    "unclosed tags",
    "nested quotes",
    "marked sections",
    "parentheses in From",
    "many headers",
    "2,000 parts within parts",
    "2,000 messages within messages",
    "one line of 10 MB",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_was_made_to_cost_is_taken_the_first_time(
    lmtp: Door, token: str, name: str
) -> None:
    assert lmtp.bring(hostile.QUICK[name], token)[0] == 250
    assert IncomingEmail.objects.get().kind in ("reply", "unreadable")
    assert lmtp.bring(plain("The next", Message_ID="<next@x>"), token)[0] == 250
    assert bodies()[-1] == "The next"


def test_what_breaks_its_reader_is_taken_the_first_time(
    lmtp: Door, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reading._Reader()
    reader._process.kill()
    monkeypatch.setattr(reading._readers, "_idle", [reader])
    assert lmtp.bring(plain("Yes"), token)[0] == 250
    kept = IncomingEmail.objects.get()
    assert (kept.kind, kept.message is not None) == ("unreadable", True)
    assert b"Yes" in bytes(kept.source or b"")


def test_an_email_that_was_not_looked_at_comes_again(
    lmtp: Door, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(raw: bytes) -> None:
        raise reading.Busy

    monkeypatch.setattr(intake, "open_email", busy)
    assert lmtp.bring(plain("Yes"), token)[0] == 451
    monkeypatch.undo()
    assert lmtp.bring(plain("Yes"), token)[0] == 250
    assert bodies() == ["Yes"]


def test_an_email_to_many_is_read_once(
    lmtp: Door, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def counted(raw: bytes) -> object:
        read.append(raw)
        return open_email(raw)

    open_email = inbound_email.open_email
    monkeypatch.setattr(intake, "open_email", counted)
    others = [f"reply+{n}@mail.alder.example" for n in range(intake.MAX_RECIPIENTS + 1)]
    with lmtp.connect() as line:
        line.mail("bo.jensen@alder.example")
        said = [line.rcpt(each)[0] for each in (token, *others)]
        assert said == [250] * intake.MAX_RECIPIENTS + [452] * 2
    assert lmtp.bring(plain("Yes"), token)[0] == 250
    assert len(read) == 1


def test_a_sender_who_writes_too_often_comes_again_and_others_do_not(
    lmtp: Door, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_rate, "EACH_BURST", 2)
    monkeypatch.setattr(mail_rate, "EACH_PER_SECOND", 0)
    said = [lmtp.bring(plain("Yes", Message_ID=f"<{n}@x>"), token)[0] for n in range(3)]
    assert said == [250, 250, 451]
    assert (
        lmtp.bring(plain("Hi", Message_ID="<9@x>"), token, sender="gus@alder.example")[
            0
        ]
        == 250
    )
    assert bodies() == ["Yes", "Yes", "Hi"]
