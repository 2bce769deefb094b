"""Machines are told from people, and mail that came back
from mail that is only late.
"""

import pytest

from quadline.emails import incoming
from quadline.emails.tests.letters import (
    EXCHANGE_BOUNCE,
    EXIM_BOUNCE,
    POSTFIX_BOUNCE,
    bounce,
    part,
    parts,
    plain,
)

MACHINES = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "Auto-Replied (vacation)"},
    {"Auto_Submitted": "auto-generated; owner-email=x"},
    {"Auto_Submitted": "auto-notified"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "I am away"},
    {"Return_Path": "<>"},
    {"From": "MAILER-DAEMON@mx.alder.example"},
    {"Subject": "Automatic reply: Before Monday"},
    {"Subject": "Out of Office: Before Monday"},
    {"Subject": "Respuesta automática: Before Monday"},
    {"Subject": "=?utf-8?q?Respuesta_autom=C3=A1tica=3A?= Before Monday"},
    {"Subject": "Réponse automatique : Before Monday"},
    {"Subject": "Automatische Antwort: Before Monday"},
    {"Subject": "Abwesenheitsnotiz: Before Monday"},
    {"Subject": "Resposta automática: Before Monday"},
    {"Subject": "Risposta automatica: Before Monday"},
    {"Subject": "自动答复: Before Monday"},
    {"Subject": "自动回复：Before Monday"},
    {"Subject": "自動回覆: Before Monday"},
    {"Subject": "自動応答: Before Monday"},
    {"Subject": "자동 회신: Before Monday"},
    {"Subject": "[부재중 자동응답] Before Monday"},
    {"Subject": "Trả lời tự động: Before Monday"},
    {"Subject": "رد تلقائي: Before Monday"},
]
# What a person's own mail program, a gateway or a list may put on what they wrote.
PEOPLE: list[dict[str, str]] = [
    {},
    {"Auto_Submitted": "no"},
    {"Auto_Submitted": "No (a person)"},
    {"Precedence": "first-class"},
    {"Precedence": "bulk"},
    {"Precedence": "List"},
    {"Precedence": "junk"},
    {"X_Auto_Response_Suppress": "All"},
    {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
    {"List_Id": "<students.alder.example>"},
    {"List_Unsubscribe": "<mailto:leave@alder.example>"},
    {"X_Autoreply": "no"},
    {"X_MS_Has_Attach": ""},
    {"Feedback_ID": "1:2:3"},
    {"X_Failed_Recipients": "somebody@else.example"},
    {"Return_Path": "<bo.jensen@alder.example>"},
    {"Subject": "Automatic reply"},
    {"Subject": "Re: Automatic reply: Before Monday"},
    {"Subject": "Out of office hours question"},
    {"Subject": "I am out of the office: help"},
    {"Subject": "Undeliverable: is that my package?"},
]


@pytest.mark.parametrize("headers", MACHINES)
def test_a_machine_is_known(headers: dict[str, str]) -> None:
    assert incoming.read_email(plain("I am away.", **headers)).why_automatic


@pytest.mark.parametrize("headers", PEOPLE)
def test_a_person_is_not_taken_for_a_machine(headers: dict[str, str]) -> None:
    read = incoming.read_email(plain("Yes", **headers))
    assert (read.why_automatic, read.bounce) == ("", None)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (POSTFIX_BOUNCE, "there is no such mailbox (550 5.1.1"),
        (EXCHANGE_BOUNCE, "the mailbox is full (554 5.2.2"),
        (EXIM_BOUNCE, "there is no such mailbox (550 5.1.1 No such user)"),
    ],
    ids=["Postfix", "Exchange", "Exim"],
)
def test_a_bounce_says_what_came_back_and_why(sample: str, words: str) -> None:
    found = incoming.read_email(bounce(sample)).bounce
    assert found is not None
    assert (found.recipient, found.about[0]) == (
        "bo.jensen@alder.example",
        "<m.1.7@alder.example>",
    )
    assert found.words.startswith(words)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("delayed", "4.4.1"),
        ("delivered", "2.0.0"),
        ("relayed", "2.0.0"),
        ("failed", "2.1.5"),
    ],
)
def test_news_that_is_not_the_end_is_no_bounce(action: str, status: str) -> None:
    read = incoming.read_email(bounce(POSTFIX_BOUNCE, action=action, status=status))
    assert read.bounce is None
    assert read.why_automatic


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.1", "the mailbox is switched off"),
        ("4.4.7", "it could not be delivered in time"),
        ("5.9.9", "550 5.1.1"),
    ],
)
def test_each_reason_has_its_words(status: str, words: str) -> None:
    found = incoming.read_email(bounce(POSTFIX_BOUNCE, status=status)).bounce
    assert found is not None
    assert found.words.startswith(words)


def test_a_bounce_in_words_only() -> None:
    email = plain(
        "550 5.1.1 bo.jensen@alder.example: no such user",
        Return_Path="<>",
        Subject="failure notice",
        References="",
    )
    found = incoming.read_email(email).bounce
    assert found is not None
    assert (found.recipient, found.about) == (
        "bo.jensen@alder.example",
        ("<m.1.7@alder.example>",),
    )


def test_a_receipt_for_reading_is_a_machines() -> None:
    report = parts(
        "report",
        part("Your message was displayed."),
        part("Disposition: x", "message/disposition-notification"),
    )
    read = incoming.read_email(report)
    assert (read.why_automatic, read.bounce) == ("a report", None)


def test_what_a_student_forges_brings_no_email_of_ours_back() -> None:
    forged = {
        "X_Failed_Recipients": "bo.jensen@alder.example",
        "Subject": "Undelivered Mail",
    }
    assert incoming.read_email(plain("550 5.1.1", **forged)).bounce is None
