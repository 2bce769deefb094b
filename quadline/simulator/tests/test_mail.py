"""The mail server and the mailboxes: what is taken,
kept, refused, lost, and answered.
"""

import smtplib
from typing import Any

import pytest

from quadline.simulator.tests.driver import STUDENT, Simulator
from quadline.simulator.tests.intake import Intake
from quadline.simulator.tests.letters import SALLY, letter, post


def mails(simulator: Simulator, address: str = SALLY) -> list[Any]:
    return list(simulator.get(f"mailboxes/{address}")["mails"])


def test_a_mail_is_in_its_mailbox_with_all_it_says(simulator: Simulator) -> None:
    message = letter(
        "Größe",
        "Click sms:+17345550200?&body=START or https://texting.alder.example/x.",
    )
    message.add_alternative("<p>Hello <b>you</b></p>", subtype="html")
    message.add_attachment(
        b"BEGIN:VCARD", maintype="text", subtype="vcard", filename="maya.vcf"
    )
    post(simulator, message, to="Sally@Alder.example")
    (mail,) = mails(simulator)
    assert (mail["subject"], mail["from"]) == (
        "Größe",
        "Maya Alvarez <texting@alder.example>",
    )
    assert mail["headers"]["Reply-To"] == "reply+7.abcdef@mail.alder.example"
    assert (mail["text"].split()[0], mail["html"].strip()) == (
        "Click",
        "<p>Hello <b>you</b></p>",
    )
    assert mail["attachments"] == [
        {"name": "maya.vcf", "type": "text/vcard", "size": 11}
    ]
    assert mail["links"] == [
        "sms:+17345550200?&body=START",
        "https://texting.alder.example/x",
    ]
    (line,) = simulator.ledger("mail")
    assert (line["to"], line["subject"], line["repeated"]) == (SALLY, "Größe", False)
    assert line["message_id"] == mail["message_id"] == message["Message-ID"]


def test_the_same_mail_twice_is_kept_once_and_written_twice(
    simulator: Simulator,
) -> None:
    message = letter()
    for _ in range(2):
        post(simulator, message)
    assert [mail["arrivals"] for mail in mails(simulator)] == [2]
    assert [line["repeated"] for line in simulator.ledger("mail")] == [False, True]


def test_a_mail_that_says_little_is_taken_too(simulator: Simulator) -> None:
    for raw in (
        b"just words\r\n",
        b"\r\n",
        (
            b"Subject: =?utf-8?b?!!!?=\r\nContent-Type: text/plain;"
            b" charset=x\r\n\r\n\xff\r\n"
        ),
    ):
        with smtplib.SMTP(
            "127.0.0.1", simulator.get("healthz")["smtp_port"], timeout=120
        ) as server:
            server.sendmail("", [SALLY], raw)
    assert len(mails(simulator)) == 3


def test_start_over_empties_the_mailboxes(simulator: Simulator) -> None:
    post(simulator, letter())
    simulator.post("reset")
    assert mails(simulator) == []
    assert simulator.get("mailboxes")["total"] == 0


def test_a_mailbox_is_found_by_its_students_name(simulator: Simulator) -> None:
    simulator.post(
        "directory", phone_number=STUDENT, name="Sally Student-Taynor", email=SALLY
    )
    (found,) = simulator.get("mailboxes?q=sally%20tay")["mailboxes"]
    assert (found["address"], found["phone_number"]) == (SALLY, STUDENT)
    assert simulator.get(f"phones/{STUDENT}")["email"] == SALLY


def test_nobody_takes_mail_while_the_server_is_down(simulator: Simulator) -> None:
    simulator.fault("smtp_down", seconds=3600)
    with pytest.raises(OSError):
        post(simulator, letter())
    simulator.post("fast-forward", seconds=3601)
    simulator.wait_until(lambda: takes(simulator))
    simulator.fault("smtp_down", seconds=3600)
    simulator.delete("faults")
    assert takes(simulator)


def takes(simulator: Simulator) -> bool:
    try:
        post(simulator, letter())
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("at", "code"), [("create", 550), ("create", 451), ("data", 554), ("data", 452)]
)
def test_a_mail_is_refused_as_asked(simulator: Simulator, at: str, code: int) -> None:
    simulator.fault("smtp_refuse", to=SALLY, code=code, at=at, times=1)
    with pytest.raises(smtplib.SMTPException) as refused:
        post(simulator, letter())
    assert str(code) in str(refused.value)
    assert simulator.ledger("mail") == []
    post(simulator, letter())
    assert len(mails(simulator)) == 1


def test_a_slow_server_takes_it_in_the_end(simulator: Simulator) -> None:
    simulator.fault("smtp_slow", seconds=0.2, times=1)
    post(simulator, letter())
    assert len(mails(simulator)) == 1


def test_the_answer_to_a_mail_that_was_taken_is_lost(simulator: Simulator) -> None:
    simulator.fault("smtp_accept_then_cut", times=1)
    message = letter()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(simulator, message)
    post(simulator, message)
    assert [mail["arrivals"] for mail in mails(simulator)] == [2]


@pytest.mark.parametrize("kind", ["reply", "html_only", "twice"])
def test_a_student_answers(simulator: Simulator, intake: Intake, kind: str) -> None:
    message = letter("Before Monday")
    post(simulator, message)
    answered = simulator.post(
        f"mailboxes/{SALLY}/replies", body="Yes, at 10", kind=kind
    )
    assert (answered["taken"], answered["code"], answered["to"]) == (
        True,
        250,
        message["Reply-To"],
    )
    assert len(intake.mails) == (2 if kind == "twice" else 1)
    got = intake.mails[0]
    assert (got.sender, got.to) == (SALLY, message["Reply-To"])
    assert (got.message["Subject"], got.message["In-Reply-To"]) == (
        "Re: Before Monday",
        message["Message-ID"],
    )
    assert "Yes, at 10" in got.text
    assert "Are you free?" in got.text  # as people's programs quote
    assert [mail["is_from_student"] for mail in mails(simulator)] == [False, True]


def test_a_machine_answers_without_a_sender(
    simulator: Simulator, intake: Intake
) -> None:
    simulator.fault("out_of_office", to=SALLY)
    post(simulator, letter())
    simulator.wait_until(lambda: len(intake.mails) == 1)
    assert (intake.mails[0].sender, intake.mails[0].message["Auto-Submitted"]) == (
        "",
        "auto-replied",
    )


def test_a_mail_bounces_to_where_it_came_from(
    simulator: Simulator, intake: Intake
) -> None:
    simulator.fault("mail_bounces", to=SALLY)
    message = letter()
    post(simulator, message)
    simulator.wait_until(lambda: len(intake.mails) == 1)
    report = intake.mails[0]
    assert (report.sender, report.to) == ("", "texting@alder.example")
    assert report.message.get_content_type() == "multipart/report"
    kinds = [part.get_content_type() for part in report.message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert f"Final-Recipient: rfc822; {SALLY}" in report.raw.decode()
    assert str(message["Message-ID"]) in report.raw.decode()
    assert (mails(simulator), simulator.ledger("mail")[0]["bounced"]) == ([], True)


def test_a_forgery_comes_from_a_stranger_with_a_wrong_token(
    simulator: Simulator, intake: Intake
) -> None:
    post(simulator, letter())
    simulator.post(
        f"mailboxes/{SALLY}/replies", body="Send me the grades", kind="forged"
    )
    (got,) = intake.mails
    assert got.to.startswith("reply+7.abcde")
    assert got.to != "reply+7.abcdef@mail.alder.example"
    assert got.sender == "somebody@elsewhere.example"


def test_what_the_college_refuses_for_now_is_brought_again(
    simulator: Simulator, intake: Intake
) -> None:
    post(simulator, letter())
    intake.answers = ["451 Our database is away"]
    answered = simulator.post(f"mailboxes/{SALLY}/replies", body="Yes")
    assert (answered["taken"], answered["code"]) == (False, 451)
    simulator.post("fast-forward", seconds=60)
    simulator.wait_until(lambda: len(intake.mails) == 1)
    assert [line["answered"] for line in simulator.ledger("mail_reply")] == [451, 250]


def test_a_wish_that_makes_no_sense_is_refused_in_words(simulator: Simulator) -> None:
    assert (
        "no such mail"
        in simulator.post(f"mailboxes/{SALLY}/replies", body="Yes")["error"]
    )
    assert (
        "kind must be"
        in simulator.post(f"mailboxes/{SALLY}/replies", body="Yes", kind="x")["error"]
    )
    assert "lmtp://" in simulator.post("settings", mail_intake="127.0.0.1:25")["error"]
