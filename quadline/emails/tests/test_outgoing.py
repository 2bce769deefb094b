"""Handing a letter to a real mail server, and what its answers mean."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from json import dumps, loads
from threading import Thread
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from quadline.emails import outgoing
from quadline.emails.failures import NO_ADDRESS, NOT_LET_IN, MailRefused, in_our_words
from quadline.emails.outgoing import OutgoingLetter
from tests.mail_server import MailServer, words_of

LETTER = OutgoingLetter(
    to="rosa@alder.example",
    subject="Message from Maya",
    body="Hello",
    header_id="<m.1@alder.example>",
    from_name="Maya Alvarez via Alder College",
    reply_to="replies+1-abc@alder.example",
    html="<p>Hello</p>",
    return_path="replies+1-abc@alder.example",
    in_reply_to="<a@b>",
    references=("<root@b>", "<a@b>"),
    attachments=(("card.vcf", b"BEGIN:VCARD\r\n", "text/vcard"),),
    is_automatic=True,
)


def test_a_letter_arrives_as_it_was_written(mailbox: MailServer) -> None:
    assert outgoing.deliver(LETTER) == ""
    [arrived] = mailbox.to("rosa@alder.example")
    assert mailbox.return_paths() == ["replies+1-abc@alder.example"]
    assert arrived["From"] == "Maya Alvarez via Alder College <quadline@localhost>"
    assert {
        name: arrived[name]
        for name in (
            "To",
            "Subject",
            "Reply-To",
            "Message-ID",
            "In-Reply-To",
            "References",
        )
    } == {
        "To": "rosa@alder.example",
        "Subject": "Message from Maya",
        "Reply-To": "replies+1-abc@alder.example",
        "Message-ID": "<m.1@alder.example>",
        "In-Reply-To": "<a@b>",
        "References": "<root@b> <a@b>",
    }
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert (words_of(arrived).strip(), words_of(arrived, "html").strip()) == (
        "Hello",
        "<p>Hello</p>",
    )
    [card] = arrived.iter_attachments()
    assert (card.get_filename(), card.get_content_type()) == ("card.vcf", "text/vcard")


def test_what_a_person_wrote_does_not_look_generated(mailbox: MailServer) -> None:
    outgoing.deliver(
        replace(LETTER, is_automatic=False, html="", return_path="", attachments=())
    )
    [arrived] = mailbox.all()
    assert (arrived["Auto-Submitted"], arrived["X-Auto-Response-Suppress"]) == (
        None,
        None,
    )
    assert (mailbox.return_paths(), arrived.get_content_type()) == (
        ["quadline@localhost"],
        "text/plain",
    )


def test_several_letters_go_over_one_connection(mailbox: MailServer) -> None:
    with outgoing.connected() as server:
        for count in range(3):
            outgoing.deliver(
                replace(LETTER, header_id=f"<{count}@alder.example>"), server
            )
        over = server.connection
        assert over is not None
    assert [letter["Message-ID"] for letter in mailbox.all()] == [
        f"<{count}@alder.example>" for count in range(3)
    ]


@pytest.mark.parametrize(
    "evil",
    [
        "Maya\r\nBcc: all@alder.example",
        "Maya\nBcc: all@alder.example\n\nbody",
        "M\u2028Bcc: x\x0bBcc: y",
    ],
)
@pytest.mark.parametrize("field", ["subject", "from_name"])
def test_line_breaks_write_no_headers(
    mailbox: MailServer, field: str, evil: str
) -> None:
    written: dict[str, Any] = {field: evil}
    outgoing.deliver(replace(LETTER, **written))
    [arrived] = mailbox.all()
    assert (arrived["Bcc"], arrived["To"]) == (None, "rosa@alder.example")
    assert mailbox.to("all@alder.example") == []


@pytest.mark.parametrize("field", ["to", "reply_to", "header_id", "in_reply_to"])
def test_an_address_with_a_line_break_is_refused_for_good(
    mailbox: MailServer, field: str
) -> None:
    written: dict[str, Any] = {field: "rosa@alder.example\r\nBcc: all@alder.example"}
    with pytest.raises(MailRefused) as refused:
        outgoing.deliver(replace(LETTER, **written))
    assert refused.value.is_final
    assert mailbox.all() == []


def test_an_address_that_mail_servers_cannot_write_is_refused_for_good(
    mailbox: MailServer,
) -> None:
    with pytest.raises(MailRefused, match=NO_ADDRESS):
        outgoing.deliver(replace(LETTER, to="rosa.calderón@alder.example"))
    outgoing.deliver(replace(LETTER, to="rosa@bücher.example"))
    assert len(mailbox.to("rosa@xn--bcher-kva.example")) == 1


@pytest.mark.parametrize(
    ("code", "is_final"), [(450, False), (452, False), (550, True), (552, True)]
)
def test_5xx_is_for_good_and_4xx_for_now(
    mailbox: MailServer, code: int, is_final: bool
) -> None:
    mailbox.refuse(code)
    with pytest.raises(MailRefused) as refused:
        outgoing.deliver(LETTER)
    assert (refused.value.is_final, refused.value.is_about_server) == (is_final, False)
    assert (str(code) in refused.value.words) is is_final


def test_a_mail_server_that_is_away_is_not_the_letters_fault(
    mailbox: MailServer,
) -> None:
    mailbox.stop()
    with pytest.raises(MailRefused) as refused, outgoing.connected():
        pass
    assert (refused.value.is_final, refused.value.is_about_server) == (False, True)


@pytest.mark.parametrize(
    ("error", "is_final", "is_about_server"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), False, True),
        (smtplib.SMTPServerDisconnected("gone"), False, True),
        (smtplib.SMTPConnectError(554, b"no"), False, True),
        (smtplib.SMTPDataError(554, b"spam"), True, False),
        (smtplib.SMTPDataError(421, b"bye"), False, True),
        (smtplib.SMTPSenderRefused(451, b"later", "us"), False, False),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"later")}), False, False),
        (smtplib.SMTPRecipientsRefused({}), False, False),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), True, False),
        (TimeoutError(), False, True),
        (ConnectionRefusedError(), False, True),
        (UnicodeError("odd"), True, False),
        (RuntimeError("who knows"), False, True),
    ],
)
def test_what_went_wrong_says_whether_to_try_again(
    error: Exception, is_final: bool, is_about_server: bool
) -> None:
    refusal = in_our_words(error)
    assert (refusal.is_final, refusal.is_about_server) == (is_final, is_about_server)
    assert refusal.words.endswith((".", "spam"))


def test_what_a_mail_server_says_is_quoted_in_one_line() -> None:
    said = in_our_words(
        smtplib.SMTPDataError(550, b"no\r\nsuch \x1b[31mperson\xff" + b"x" * 999)
    ).words
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 250


def test_words_on_a_wrong_password_name_the_setting() -> None:
    assert in_our_words(smtplib.SMTPAuthenticationError(535, b"no")).words == NOT_LET_IN


def test_without_a_mail_server_nothing_is_pretended(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "quadline.emails.unsent.EmailBackend"
    with pytest.raises(MailRefused) as refused:
        outgoing.deliver(LETTER)
    assert refused.value.is_final


# A mail service, by Anymail


class Service(BaseHTTPRequestHandler):
    """Speaks as much of Postmark's API as sending takes
    (https://postmarkapp.com/developer/api/email-api).
    """

    taken: ClassVar[list[dict[str, Any]]] = []
    answer: ClassVar[tuple[int, dict[str, Any]]] = (200, {})

    def do_POST(self) -> None:
        letter = loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append({**letter, "token": self.headers["X-Postmark-Server-Token"]})
        code, answer = self.answer
        body = dumps(
            answer
            or {
                "ErrorCode": 0,
                "Message": "OK",
                "MessageID": "pm-1",
                "To": letter["To"],
            }
        ).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def service(answer: tuple[int, dict[str, Any]] = (200, {})) -> Iterator[str]:
    Service.taken.clear()
    Service.answer = answer
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def use(url: str, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "the-token", "POSTMARK_API_URL": url}
    settings.ENV = settings.ENV.model_copy(update={"email_service": "postmark"})


def test_a_mail_service_takes_the_same_letter(settings: Settings) -> None:
    with service() as url:
        use(url, settings)
        assert outgoing.deliver(LETTER) == "pm-1"
        with outgoing.connected() as connection:
            outgoing.deliver(LETTER, connection)
    [taken, _] = Service.taken
    headers = {header["Name"]: header["Value"] for header in taken["Headers"]}
    assert (taken["token"], taken["Subject"], taken["TextBody"]) == (
        "the-token",
        "Message from Maya",
        "Hello",
    )
    assert (taken["From"], taken["ReplyTo"]) == (
        "Maya Alvarez via Alder College <quadline@localhost>",
        "replies+1-abc@alder.example",
    )
    assert (headers["Message-ID"], headers["Auto-Submitted"]) == (
        "<m.1@alder.example>",
        "auto-generated",
    )
    assert [card["Name"] for card in taken["Attachments"]] == ["card.vcf"]


@pytest.mark.parametrize(
    ("answer", "is_final", "is_about_server"),
    [
        ((401, {"ErrorCode": 10, "Message": "bad token"}), False, True),
        ((429, {"ErrorCode": 429, "Message": "slow down"}), False, True),
        ((500, {"ErrorCode": 500, "Message": "our fault"}), False, True),
        (
            (422, {"ErrorCode": 300, "Message": "Zero recipients specified"}),
            True,
            False,
        ),
        ((413, {"ErrorCode": 0, "Message": "too large"}), True, False),
    ],
)
def test_a_mail_services_answer_says_whether_to_try_again(
    settings: Settings,
    answer: tuple[int, dict[str, Any]],
    is_final: bool,
    is_about_server: bool,
) -> None:
    with service(answer) as url:
        use(url, settings)
        with pytest.raises(MailRefused) as refused:
            outgoing.deliver(LETTER)
    assert (refused.value.is_final, refused.value.is_about_server) == (
        is_final,
        is_about_server,
    )


def test_a_mail_service_that_is_away_is_tried_again(settings: Settings) -> None:
    use("http://127.0.0.1:9/", settings)
    with pytest.raises(MailRefused) as refused:
        outgoing.deliver(LETTER)
    assert (refused.value.is_final, refused.value.is_about_server) == (False, True)


def test_words_for_an_address_that_cannot_be() -> None:
    assert in_our_words(ValueError("odd")).words == NO_ADDRESS
