"""The database itself refuses a row that points at one that is
not there, in every table of ours.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.tests.acts import draft, send
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.tests.acts import number_row
from tests.cast import Cast

HELD = """
    SELECT source.relname, attribute.attname, target.relname FROM pg_constraint AS held
    JOIN pg_class AS source ON source.oid = held.conrelid
    JOIN pg_class AS target ON target.oid = held.confrelid
    JOIN pg_attribute AS attribute
         ON attribute.attrelid = held.conrelid AND attribute.attnum = held.conkey[1]
    WHERE held.contype = 'f' AND held.convalidated AND cardinality(held.conkey) = 1
      AND held.connamespace = current_schema()::regnamespace
"""
IDS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_name LIKE '%%\\_id'
      AND data_type IN ('smallint', 'integer', 'bigint', 'uuid')
"""
ATTEMPT = "delivery.Attempt.message"
DROP = "ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_message_id_fk"
LOOK_AWAY = """
    ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_message_id_fk,
        ADD CONSTRAINT delivery_attempt_message_id_fk
            FOREIGN KEY (message_id) REFERENCES conversations_message (id) NOT VALID
"""
ELSEWHERE = """
    ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_message_id_fk,
        ADD CONSTRAINT delivery_attempt_message_id_fk
            FOREIGN KEY (message_id) REFERENCES delivery_outgoingemail (message_id)
"""
UNNAMED = 2**40  # no row has this id


def models_of_ours() -> list[type[Model]]:
    """Tables between two models among them."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model.__module__.startswith("quadline.")]


def relations() -> dict[str, Any]:
    """Every field that points at another row, by its name:
    "delivery.Attempt.message".
    """
    fields: list[Any] = [
        field for model in models_of_ours() for field in model._meta.concrete_fields
    ]
    return {str(field): field for field in fields if field.is_relation}


def asked(statement: str) -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [])
        return set(cursor.fetchall())


def unheld() -> set[str]:
    """The relations for which the database has no foreign
    key that holds for every row.
    """
    held = asked(HELD)
    return {
        name
        for name, field in relations().items()
        if (
            field.model._meta.db_table,
            field.column,
            field.related_model._meta.db_table,
        )
        not in held
    }


def ids_without_a_relation() -> set[tuple[str, ...]]:
    tables = {model._meta.db_table for model in models_of_ours()}
    known = {
        (field.model._meta.db_table, field.column) for field in relations().values()
    }
    return {(table, column) for table, column in asked(IDS) - known if table in tables}


@pytest.mark.parametrize("name", sorted(relations()))
def test_the_database_holds_every_relation(db: None, name: str) -> None:
    assert name not in unheld()


def test_every_id_of_another_row_is_a_relation(db: None) -> None:
    assert ids_without_a_relation() == set()


@pytest.mark.parametrize(
    "change", [DROP, LOOK_AWAY, ELSEWHERE], ids=["none", "not valid", "elsewhere"]
)
def test_a_relation_that_is_not_held_is_found(db: None, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert unheld() == {ATTEMPT}


def test_an_id_without_a_relation_is_found(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_attempt ADD COLUMN worker_id bigint")
    assert ids_without_a_relation() == {("delivery_attempt", "worker_id")}


@pytest.fixture
def sent(people: Cast) -> Broadcast:
    """To Maya's caseload: texts and emails, with an attempt."""
    number_row(people.maya)
    broadcast = send(draft(people.maya))
    text = Message.objects.filter(
        recipient__broadcast=broadcast, recipient__outcome="text"
    ).earliest("position")
    Attempt.objects.create(message=text, started_at=timezone.now())
    connection.check_constraints()
    return broadcast


WRITTEN: dict[str, Callable[[Cast], Model]] = {
    "an event": lambda _: MessageEvent(
        message_id=uuid.uuid4(), at=timezone.now(), to_status="sent"
    ),
    "an attempt": lambda _: Attempt(message_id=uuid.uuid4(), started_at=timezone.now()),
    "an email": lambda _: OutgoingEmail(
        message_id=uuid.uuid4(), is_failsafe=True, created_at=timezone.now()
    ),
    "a message": lambda people: Message(
        id=uuid.uuid4(),
        conversation_id=UNNAMED,
        author=people.maya,
        direction="outbound",
        status="waiting",
        created_at=timezone.now(),
    ),
    "a conversation": lambda people: Conversation(
        inbox=people.maya.inbox, student_id=UNNAMED, last_activity_at=timezone.now()
    ),
    "a recipient": lambda people: Recipient(
        broadcast_id=uuid.uuid4(), student=people.rosa, outcome="text"
    ),
}


WRITTEN_TOGETHER = (
    "broadcasts.Recipient.broadcast",
    "broadcasts.Recipient.message",
    "broadcasts.Recipient.student",
    "conversations.Conversation.last_message",
    "conversations.Conversation.inbox",
    "conversations.Conversation.student",
    "conversations.Message.author",
    "conversations.Message.conversation",
    "conversations.Message.system_number",
    "conversations.MessageEvent.actor",
    "conversations.MessageEvent.message",
    "delivery.Attempt.message",
    "delivery.OutgoingEmail.message",
)


def commit(write: Callable[[], object]) -> None:
    """As far as the database's checks are concerned."""
    with transaction.atomic():
        write()
        connection.check_constraints()


@pytest.mark.parametrize("row", WRITTEN)
def test_a_row_of_nobody_is_refused(people: Cast, row: str) -> None:
    made = WRITTEN[row](people)
    with pytest.raises(IntegrityError, match="violates foreign key constraint"):
        commit(lambda: made.save(force_insert=True))


@pytest.mark.parametrize("name", WRITTEN_TOGETHER)
def test_a_row_is_not_turned_to_one_that_is_not_there(
    sent: Broadcast, name: str
) -> None:
    field = relations()[name]
    rows = field.model._base_manager
    pointing = rows.filter(**{f"{field.name}__isnull": False})
    row = rows.filter(pk=pointing.earliest("pk").pk)
    is_uuid = field.target_field.get_internal_type() == "UUIDField"
    nobody = uuid.uuid4() if is_uuid else UNNAMED
    with pytest.raises(IntegrityError, match="violates foreign key constraint"):
        commit(lambda: row.update(**{field.attname: nobody}))


def test_a_message_that_is_written_of_is_not_deleted(sent: Broadcast) -> None:
    """By a hand in the database: Django's own deletion would
    take with it what hangs on the row.
    """
    text = Message.objects.filter(recipient__broadcast=sent).earliest("position")
    with pytest.raises(IntegrityError, match="violates foreign key constraint"):
        commit(lambda: asked_to_delete(text))


def asked_to_delete(text: Message) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_message WHERE id = %s", [text.pk])
