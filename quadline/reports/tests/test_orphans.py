"""Where the database does not ask whether a row is there, the nightly look does."""

import uuid

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.tests.acts import draft, reviewed, send
from quadline.conversations.models import Message
from quadline.delivery.models import Attempt
from quadline.delivery.tests.acts import number_row
from quadline.reports.orphans import find_orphans, orphans, unchecked
from tests.cast import Cast

# Which these are is decided in docs/adr/0008-broadcasts.md, and for attempts in 0003.
UNCHECKED = [
    "broadcasts.Recipient.broadcast",
    "broadcasts.Recipient.message",
    "broadcasts.Recipient.student",
    "conversations.Conversation.last_message",
    "conversations.Conversation.staff",
    "conversations.Conversation.student",
    "conversations.Message.author",
    "conversations.Message.conversation",
    "conversations.Message.system_number",
    "conversations.MessageEvent.actor",
    "conversations.MessageEvent.message",
    "delivery.Attempt.message",
]


@pytest.fixture
def sent(people: Cast) -> Broadcast:
    number_row(people.maya)
    broadcast = draft(people.maya)
    reviewed(broadcast)
    send(broadcast)
    text = Message.objects.filter(recipient__broadcast=broadcast, recipient__outcome="text").first()
    Attempt.objects.create(message=text, started_at=timezone.now())  # type: ignore[misc]  # there is one
    return broadcast


def test_the_database_checks_all_but_these() -> None:
    assert sorted(unchecked()) == UNCHECKED


def test_a_sent_broadcast_leaves_none(sent: Broadcast) -> None:
    assert orphans() == {}


def test_a_review_may_name_messages_that_are_not_written_yet(people: Cast) -> None:
    number_row(people.maya)
    reviewed(draft(people.maya))
    assert orphans() == {}


@pytest.mark.parametrize("relation", UNCHECKED)
def test_one_is_found_and_told(sent: Broadcast, relation: str) -> None:
    label, _, name = relation.rpartition(".")
    model = apps.get_model(label)
    field = unchecked()[relation]
    row = model._base_manager.filter(**{f"{name}__isnull": False}).earliest("pk")
    nobody = uuid.uuid4() if field.target_field.get_internal_type() == "UUIDField" else 2**40
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE id = %s", [nobody, row.pk])
    with capture_logs() as told:
        find_orphans.func(timestamp=0)
    found = {line["relation"]: line["rows"] for line in told}
    assert found == {relation: 1}
