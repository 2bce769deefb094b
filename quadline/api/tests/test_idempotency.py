"""The same key is one act and one answer, however often and
however nearly at once it is sent.
"""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from quadline.api import idempotency, messages
from quadline.api.models import KeptAnswer
from quadline.api.tests.conftest import Programs
from quadline.broadcasts.models import Broadcast
from quadline.conversations.models import Message
from quadline.delivery.tests.acts import at_once, rent, send_due
from tests.cast import Cast
from tests.house import Simulator
from tests.program import Program

TEXT = {"student": "00100001", "body": "Are you free on Monday?"}


def test_the_same_key_and_body_is_one_text_and_one_answer(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    first, second = (campus.post("messages", TEXT, key="monday-1") for _ in range(2))

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert Message.objects.count() == 1


def test_without_a_key_each_request_is_an_act_of_its_own(
    people: Cast, program: Programs
) -> None:
    for _ in range(2):
        program(people.maya).post("messages", TEXT)

    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "other", [("messages", TEXT | {"body": "Tuesday?"}), ("broadcasts", TEXT)]
)
def test_a_key_that_was_used_for_something_else_is_refused(
    people: Cast, program: Programs, other: Any
) -> None:
    campus = program(people.maya)
    campus.post("messages", TEXT, key="monday-1")
    answer = (
        campus.post("messages", other[1], key="monday-1")
        if other[0] == "messages"
        else None
    )
    answer = answer or campus.post(
        f"broadcasts/{'0' * 8}-0000-4000-8000-{'0' * 12}/pause", key="monday-1"
    )

    assert answer.status_code == 422
    assert "another request" in answer.json()["detail"]
    assert Message.objects.count() == 1


def test_two_people_may_use_the_same_key(people: Cast, program: Programs) -> None:
    for who in (people.maya, people.lena):
        assert program(who).post("messages", TEXT, key="monday-1").status_code == 201

    assert Message.objects.count() == 2


def test_a_refusal_is_an_answer_too_and_leaves_nothing_behind(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    wrong = TEXT | {"body": "Hi [Shoe Size]"}
    first, second = (campus.post("messages", wrong, key="monday-1") for _ in range(2))

    assert first.status_code == second.status_code == 422
    assert first.content == second.content
    assert not Message.objects.exists()


def test_a_fault_of_ours_keeps_neither_act_nor_answer(
    people: Cast, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process dies between the act and its
    answer: both are in one transaction.
    """
    campus = program(people.maya)
    with monkeypatch.context() as broken:
        broken.setattr(messages, "message_answer", lambda message: 1 / 0)
        answer = campus.post("messages", TEXT, key="monday-1")
    assert (answer.status_code, answer["Content-Type"]) == (
        500,
        "application/problem+json",
    )
    assert not Message.objects.exists()
    assert not KeptAnswer.objects.exists()

    assert campus.post("messages", TEXT, key="monday-1").status_code == 201
    assert Message.objects.count() == 1


@pytest.mark.parametrize("key", ["a b", "é", "x" * 256, "\t"])
def test_a_key_that_is_none_is_refused(
    people: Cast, program: Programs, key: str
) -> None:
    assert program(people.maya).post("messages", TEXT, key=key).status_code == 422
    assert not Message.objects.exists()


def test_answers_are_kept_for_two_days(people: Cast, program: Programs) -> None:
    for hours in (47, 49):
        program(people.maya).post("messages", TEXT, key=f"{hours}-hours")
        KeptAnswer.objects.filter(key=f"{hours}-hours").update(
            created_at=timezone.now() - timedelta(hours=hours)
        )
    idempotency.drop_old_answers.func.__wrapped__(timestamp=0)

    assert [kept.key for kept in KeptAnswer.objects.all()] == ["47-hours"]


@pytest.mark.parametrize(("address", "sent", "made"), [
    ("messages", TEXT, Message),
    ("messages", TEXT | {"channel": "email", "subject": "Hello"}, Message),
    ("broadcasts", {"body": "Hello", "audience": {"caseload": True}}, Broadcast),
])  # fmt: skip
def test_even_without_its_kept_answer_the_same_act_is_not_done_twice(
    people: Cast, program: Programs, address: str, sent: Any, made: Any
) -> None:
    """The ids of what is made come from the key."""
    campus = program(people.maya)
    first = campus.post(address, sent, key="monday-1").json()
    KeptAnswer.objects.all().delete()
    second = campus.post(address, sent, key="monday-1")

    assert (second.status_code, second.json()["id"]) == (201, first["id"])
    assert made.objects.count() == 1


@pytest.mark.usefixtures("twilio")
def test_ten_at_once_with_one_key_are_one_text_at_the_carrier(
    committed_people: Cast, box: Simulator
) -> None:
    maya = committed_people.maya
    rent(maya)
    campus = Program.of(maya)
    answers: list[Any] = []
    at_once(
        [lambda: answers.append(campus.post("messages", TEXT, key="monday-1"))] * 10
    )
    send_due()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [line["to"] for line in box.accepts()] == [committed_people.rosa.mobile]


def test_ten_at_once_with_one_key_are_one_broadcast(committed_people: Cast) -> None:
    campus = Program.of(committed_people.maya)
    answers: list[Any] = []
    sent = {"body": "Hello", "audience": {"caseload": True}}
    at_once(
        [lambda: answers.append(campus.post("broadcasts", sent, key="monday-1"))] * 10
    )

    assert {answer.status_code for answer in answers} == {201}
    assert Broadcast.objects.count() == 1
    assert Message.objects.count() == 4


def test_who_waits_too_long_for_the_same_act_is_told_to_come_back(
    committed_people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "SAME_ACT_WAIT_SECONDS", 1)
    maya, campus = committed_people.maya, Program.of(committed_people.maya)
    held, over = Event(), Event()

    def hold_the_key() -> None:
        with transaction.atomic():
            KeptAnswer.objects.create(
                user=maya, key="monday-1", fingerprint="", created_at=timezone.now()
            )
            held.set()
            over.wait(timeout=120)
            transaction.set_rollback(True)
        connection.close()

    holder = Thread(target=hold_the_key)
    holder.start()
    assert held.wait(timeout=120)
    answer = campus.post("messages", TEXT, key="monday-1")
    over.set()
    holder.join()

    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert campus.post("messages", TEXT, key="monday-1").status_code == 201
