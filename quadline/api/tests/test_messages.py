"""Messages through the API: sent by the same verbs, seen by the same people."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.api.tests.conftest import Programs
from quadline.conversations.models import Conversation, Message
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.tests.acts import reply, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast

TEXT = {"student": "00100001", "body": "Hi [Student Name]"}


def test_a_first_text_asks_for_a_number_and_waits_for_it(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    answer = campus.post("messages", TEXT)

    assert answer.status_code == 201
    said = answer.json()
    assert (said["status"], said["reason"], said["body"], said["student"]) == (
        "waiting",
        "number",
        "Hi Rosa",
        "00100001",
    )
    assert [
        (line["status"], line["cause"], line["by"]) for line in said["timeline"]
    ] == [("waiting", "written", "Maya Alvarez")]
    assert campus.get("numbers/me").json()["state"] == "requested"
    assert campus.get("numbers/me").json()["waiting_texts"] == 1
    assert campus.get(f"messages/{said['id']}").json() == said


def test_an_email_goes_to_the_institutional_account(
    people: Cast, program: Programs
) -> None:
    answer = program(people.maya).post(
        "messages", TEXT | {"channel": "email", "subject": "Hello"}
    )

    assert (answer.status_code, answer.json()["channel"]) == (201, "email")
    assert OutgoingEmail.objects.get().to == people.rosa.email


def test_who_cannot_be_texted_is_blocked_with_the_reason(
    people: Cast, program: Programs
) -> None:
    said = program(people.maya).post("messages", TEXT | {"student": "00100003"}).json()

    assert (said["status"], said["reason"]) == ("blocked", "landline")
    assert said["detail"]


@pytest.mark.parametrize("wrong", [
    {"body": "Hi [Shoe Size]"},
    {"body": "Hi {first_name}"},
    {"body": "Hi [Student_Name]"},
    {"channel": "email"},
    {"body": "\u200b"},
    {"body": " "},
    {"body": "a\x00b"},
    {"body": "x" * 1601},
    {"channel": "fax"},
    {"with_contact_card": "yes"},
    {"urgent": True},
    {"student": 100001},
])  # fmt: skip
def test_what_cannot_be_sent_is_refused_in_words_and_leaves_no_trace(
    people: Cast, program: Programs, wrong: object
) -> None:
    answer = program(people.maya).post("messages", TEXT | wrong)  # type: ignore[operator]

    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")
    assert not Message.objects.exists()
    assert not SystemNumber.objects.exists()


def test_a_foreign_student_and_a_missing_one_are_the_same(
    people: Cast, program: Programs
) -> None:
    campus = program(people.theo)
    foreign, missing = (
        campus.post("messages", TEXT | {"student": who}) for who in ("00100001", "999")
    )

    assert (foreign.status_code, foreign.content) == (
        missing.status_code,
        missing.content,
    )
    assert foreign.status_code == 404
    assert not Conversation.objects.exists()


def test_an_auditor_writes_to_nobody(people: Cast, program: Programs) -> None:
    assert program(people.iris).post("messages", TEXT).status_code == 403


def test_a_reader_who_goes_on_from_the_cursor_gets_only_what_is_new(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    first = campus.post("messages", TEXT).json()
    campus.post("messages", TEXT | {"body": "Second"})
    where = f"conversations/{first['conversation_id']}/messages"

    page = campus.get(f"{where}?limit=1").json()
    assert ([each["body"] for each in page["messages"]], page["has_more"]) == (
        ["Hi Rosa"],
        True,
    )
    rest = campus.get(f"{where}?after={page['cursor']}").json()
    assert ([each["body"] for each in rest["messages"]], rest["has_more"]) == (
        ["Second"],
        False,
    )
    campus.post("messages", TEXT | {"body": "Third"})
    assert [
        each["body"]
        for each in campus.get(f"{where}?after={rest['cursor']}").json()["messages"]
    ] == ["Third"]


def test_replies_are_read_too(people: Cast, program: Programs) -> None:
    message = write(people.maya, people.rosa)
    SystemNumber.objects.update(
        phone="+17345550200", state="active", carrier_number_id="PN1"
    )
    reply(people.rosa.mobile, "+17345550200", "Yes!")
    found = (
        program(people.lena)
        .get(f"conversations/{message.conversation_id}/messages")
        .json()["messages"]
    )

    assert [(each["direction"], each["body"]) for each in found][-1] == (
        "inbound",
        "Yes!",
    )


@pytest.mark.parametrize("address", [
    f"messages/{uuid.UUID(int=5)}",
    "conversations/99999999999999999999999/messages",
    "conversations/0/messages",
    "messages/nonsense",
    "nonsense",
    "",
])  # fmt: skip
def test_what_is_not_there_is_a_problem_in_words(
    people: Cast, program: Programs, address: str
) -> None:
    answer = program(people.maya).get(address)

    assert answer.status_code in (404, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_program_that_texts_one_student_without_end_is_told_to_wait(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    said = [
        campus.post("messages", TEXT | {"body": f"Text {n}"}).status_code
        for n in range(20)
    ]
    refused = campus.post("messages", TEXT, key="one-more")

    assert (set(said), refused.status_code, refused["Retry-After"]) == (
        {201},
        429,
        "60",
    )
    assert "20 texts to Rosa" in refused.json()["detail"]
    assert Message.objects.count() == 20
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert campus.post("messages", TEXT, key="one-more").status_code == 201


def test_brackets_that_are_meant_are_sent_as_written(
    people: Cast, program: Programs
) -> None:
    refused = program(people.maya).post("messages", TEXT | {"body": "Bring {form}"})
    assert "{form} is not a merge field" in refused.json()["detail"]
    sent = program(people.maya).post(
        "messages", TEXT | {"body": "Bring {form}", "as_written": True}
    )
    assert (sent.status_code, sent.json()["body"]) == (201, "Bring {form}")


def test_a_text_that_waits_for_a_number_that_failed_says_why_and_what_comes_next(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    sent = campus.post("messages", TEXT)
    assert (sent.json()["reason"], sent.json()["detail"]) == ("number", "")
    people.maya.inbox.system_numbers.update(
        state="failed", reason="The carrier did not accept our account or token."
    )
    seen = campus.get(f"messages/{sent.json()['id']}").json()
    assert (seen["status"], seen["reason"]) == ("waiting", "number_failed")
    assert seen["status_words"] == "Waiting: there’s a problem with your number"
    assert seen["detail"].startswith(
        "The carrier did not accept our account or token. Your administrator has been"
        " notified."
    )
    assert "it goes as an email" in seen["detail"]
