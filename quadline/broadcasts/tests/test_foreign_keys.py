"""Rows from before the foreign keys: what a review named is dropped, what
is missing is told, nothing is removed.
"""

import importlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.tests.acts import draft, reviewed, send
from quadline.conversations.models import Message, MessageEvent
from quadline.delivery.models import Attempt
from quadline.delivery.tests.acts import number_row
from tests.cast import Cast

adding = importlib.import_module("quadline.broadcasts.migrations.0005_foreign_keys")
validating = importlib.import_module(
    "quadline.broadcasts.migrations.0006_valid_foreign_keys"
)
# A conversation points at an inbox since conversations/0012.
OF_STAFF = ("conversations_conversation", "staff_id", "accounts_user")
OF_INBOX = ("conversations_conversation", "staff_id", "inboxes_inbox")
KEYS: tuple[tuple[str, str, str], ...] = (
    OF_INBOX,
    *(key for key in validating.KEYS if key != OF_STAFF),
)
ADD_UNCHECKED = """
    ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY ({column})
        REFERENCES {target} (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
DROP = "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{column}_fk"
UNVALIDATED = (
    "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
)


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def unvalidated() -> int:
    with connection.cursor() as cursor:
        cursor.execute(UNVALIDATED)
        return int(cursor.fetchone()[0])


def without_keys() -> None:
    for table, column, _ in KEYS:
        run(DROP.format(table=table, column=column))


def with_keys_unvalidated() -> None:
    for table, column, target in KEYS:
        run(DROP.format(table=table, column=column))
        run(ADD_UNCHECKED.format(table=table, column=column, target=target))


@pytest.fixture
def before(committed_people: Cast) -> Iterator[Cast]:
    """The tables without the foreign keys, for rows as they may have
    been; the keys are back afterwards.
    """
    number_row(committed_people.maya)
    without_keys()
    yield committed_people
    Recipient.objects.all().delete()
    MessageEvent.objects.all().delete()
    Attempt.objects.all().delete()
    with_keys_unvalidated()
    validating.validate(connection)


def test_what_is_whole_is_validated(before: Cast) -> None:
    send(draft(before.maya))
    with_keys_unvalidated()
    assert unvalidated() == len(KEYS)
    validating.validate(connection)
    assert unvalidated() == 0


def test_rows_that_point_at_nothing_are_told_and_kept(before: Cast) -> None:
    send(draft(before.maya))
    event = MessageEvent.objects.create(
        message_id=uuid.uuid4(), at=timezone.now(), to_status="sent"
    )
    attempts = [
        Attempt(message_id=uuid.uuid4(), started_at=timezone.now()) for _ in range(2)
    ]
    Attempt.objects.bulk_create(attempts)
    with_keys_unvalidated()
    with pytest.raises(CommandError) as refused:
        validating.validate(connection)
    words = str(refused.value)
    assert (
        "conversations_messageevent.message_id: 1 without their conversations_message"
        in words
    )
    assert "delivery_attempt.message_id: 2 without their conversations_message" in words
    assert words.count(" without their ") == 2
    assert Attempt.objects.count() == 2
    assert MessageEvent.objects.filter(pk=event.pk).exists()
    assert unvalidated() == 2  # the others are looked through, and need not be again


def test_the_listing_that_a_refusal_names_shows_the_rows(before: Cast) -> None:
    attempt = Attempt.objects.create(message_id=uuid.uuid4(), started_at=timezone.now())
    with_keys_unvalidated()
    with pytest.raises(CommandError) as refused:
        validating.validate(connection)
    (listing,) = (
        line for line in str(refused.value).splitlines() if "SELECT *" in line
    )
    with connection.cursor() as cursor:
        cursor.execute(listing)
        assert [row[0] for row in cursor.fetchall()] == [attempt.pk]
    Attempt.objects.all().delete()
    validating.validate(connection)
    assert unvalidated() == 0


def test_only_ids_of_messages_that_nobody_wrote_are_dropped(before: Cast) -> None:
    draft_with_ids, sent = draft(before.maya), send(draft(before.maya))
    reviewed(draft_with_ids)
    for recipient in draft_with_ids.recipients.all():
        Recipient.objects.filter(pk=recipient.pk).update(message=uuid.uuid4())
    lost = Recipient.objects.filter(broadcast=sent, outcome="text").earliest("pk")
    Recipient.objects.filter(pk=lost.pk).update(message=uuid.uuid4())
    run(adding.UNNAME)
    assert messages_of(draft_with_ids) == {None}
    written = set(Message.objects.values_list("pk", flat=True))
    assert messages_of(sent) >= written - {lost.message_id}
    assert Recipient.objects.get(pk=lost.pk).message_id not in (None, lost.message_id)


def messages_of(broadcast: Broadcast) -> set[uuid.UUID | None]:
    return set(broadcast.recipients.values_list("message_id", flat=True))
