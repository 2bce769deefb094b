"""A message with something sensitive stops before it is sent; its author may send it
anyway, and what is meant once is not asked again.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from quadline.audit.models import AuditEntry
from quadline.broadcasts.tests import acts
from quadline.conversations.models import Message
from quadline.delivery.tests.acts import write
from tests.architecture.conftest import Enter
from tests.cast import Cast

CARD = "Use 4111 1111 1111 1111."


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    return enter(people.maya)


def form(body: str, **more: str) -> dict[str, str]:
    return {"body": body, "message_id": str(uuid.uuid4()), "channel": "text"} | more


@pytest.mark.parametrize("channel", ["text", "email"])
def test_it_is_not_sent_until_its_author_says_so(
    maya: Client, people: Cast, channel: str
) -> None:
    where = reverse("student-message", args=[people.rosa.pk])
    written = form(CARD, channel=channel, subject="Your payment")
    refused = maya.post(where, written)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "a Payment card number (···· ···· ···· 1111)" in page
    assert 'name="send_anyway"' in page
    assert CARD in page, "what was written is kept"
    assert not Message.objects.exists()
    maya.post(where, written | {"send_anyway": "yes"})
    assert Message.objects.get().body == CARD
    entry = AuditEntry.objects.get(action__endswith=" accepted")
    assert entry.detail["sent_anyway"] == ["Payment card number"]
    assert "1111" not in str(entry.detail)


def test_of_two_questions_the_answer_to_the_first_is_kept(
    maya: Client, people: Cast
) -> None:
    where = reverse("student-message", args=[people.rosa.pk])
    written = form(f"{CARD} Bring {{form}}.")
    page = maya.post(where, written).content.decode()
    assert 'name="as_written"' in page
    page = maya.post(where, written | {"as_written": "yes"}).content.decode()
    assert 'name="as_written" value="yes" checked' in page
    assert 'name="send_anyway" value="yes">' in page
    meant = {"as_written": "yes", "send_anyway": "yes"}
    assert maya.post(where, written | meant).status_code == 302


def test_what_the_college_does_not_list_is_not_stopped(
    maya: Client, people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"sensitive_kinds": ""})
    where = reverse("student-message", args=[people.rosa.pk])
    assert maya.post(where, form(CARD)).status_code == 302


def test_a_kind_of_the_college_stops_a_broadcast(
    maya: Client, people: Cast, settings: Settings
) -> None:
    kinds = "Student ID: A99999999"
    settings.ENV = settings.ENV.model_copy(update={"sensitive_kinds": kinds})
    broadcast = acts.draft(people.maya, body="Yours is A12345678. Maya Alvarez")
    page = maya.get(reverse("broadcast-review", args=[broadcast.pk])).content.decode()
    assert "what looks like a Student ID (·····5678). Take it out." in page
    broadcast.refresh_from_db()
    send = reverse("broadcast-send", args=[broadcast.pk])
    answer = maya.post(send, {"fingerprint": broadcast.fingerprint})
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_it_is_asked_of_the_words_as_this_student_gets_them(
    maya: Client, people: Cast
) -> None:
    write(people.maya, people.rosa)
    people.maya.title = "123-45-6789"
    people.maya.save()
    where = reverse("student-message", args=[people.rosa.pk])
    refused = maya.post(where, form("I am [Your Title]."))
    assert "a Social Security number (···-··-6789)" in refused.content.decode()
