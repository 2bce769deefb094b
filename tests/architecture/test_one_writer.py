"""One package writes where a message stands, and its events;
nothing else does, by ORM or by SQL.
"""

import ast
import textwrap

import pytest

from tests.architecture.model_of import house_of
from tests.architecture.source import code_of_the_house, tree
from tests.architecture.state_writers import breaches

WRITER = ("quadline", "conversations", "statuses")
MODELS = """
    from quadline.conversations.models import Conversation, Message, MessageEvent
    from quadline.conversations.statuses import sql
    from quadline.delivery.models import OutgoingEmail
"""


def found_in(code: str) -> list[str]:
    module = ast.parse(textwrap.dedent(MODELS) + textwrap.dedent(code))
    return list(breaches(module, house_of([module])))


def test_nothing_else_writes_where_a_message_stands() -> None:
    everything = [path for path in code_of_the_house() if path.parts[1] != "simulator"]
    house = house_of(tree(path) for path in everything)
    others = [path for path in everything if path.parts[:3] != WRITER]
    assert [
        f"{path}:{what}" for path in others for what in breaches(tree(path), house)
    ] == []


def test_the_writer_itself_is_seen_to_write() -> None:
    """Else the test above looks past what it is about."""
    writing = [path for path in code_of_the_house() if path.parts[:3] == WRITER]
    seen = {path.name for path in writing if list(breaches(tree(path), {}))}
    assert seen == {"beginning.py", "climbing.py", "sql.py", "waiting.py"}


@pytest.mark.parametrize(
    "code",
    [
        # By the ORM.
        "Message.objects.filter(pk=1).update(status='sent')",
        "Message.objects.filter(pk=1).update(**fields)",
        "rows = Message.objects.all()\nrows.filter(pk=1).update(due_at=None)",
        "conversation.messages.filter(pk=1).update(reason='')",
        "def act(texts: MessageQuerySet): texts.update(detail='')",
        "def act(rows): rows.update(status='sent')",
        "def texts() -> MessageQuerySet: ...\ntexts().update(detail='')",
        "Message(id=1, status='queued')",
        "Message(**fields)",
        "Message.objects.create(id=1, status='queued')",
        "Message.objects.get_or_create(id=1, defaults={'status': 'queued'})",
        "Message.objects.bulk_create([message])",
        "Message.objects.bulk_update(messages, ['detail'])",
        "def act(message: Message):\n    message.status = 'sent'",
        "def act(message: Message):\n    message.notice, message.due_at = '', None",
        "for message in Message.objects.all():\n    message.detail += '.'",
        "message = Message.objects.get(pk=1)\nmessage.reason = ''",
        "message = email.message\nsetattr(message, 'status', 'sent')",
        "message = email.message\nsetattr(message, name, 'sent')",
        "def act(message: Message): message.save(update_fields=['status'])",
        "MessageEvent(message=message)",
        "MessageEvent.objects.create(message=message)",
        "MessageEvent.objects.bulk_create(events)",
        "message.events.create(cause='x')",
        "MessageEvent.objects.filter(pk=1).update(cause='x')",
        # By SQL.
        "A = \"UPDATE conversations_message SET status = 'sent'\"",
        (
            "A = 'UPDATE conversations_message AS message SET sent_at = now(), due_at ="
            " NULL WHERE true'"
        ),
        (
            "A = 'UPDATE conversations_message message SET sent_at = (SELECT 1, 2 FROM"
            " x), reason = NULL'"
        ),
        (
            "A = 'update public.conversations_message set (sent_at, detail) = (now(),"
            " NULL)'"
        ),
        'A = \'WITH x AS (UPDATE "conversations_message" SET "detail" = %s)\'',
        (
            "SETS = 'status = 1'\nA = f'UPDATE conversations_message SET {SETS} WHERE"
            " true'"
        ),
        "A = f'UPDATE conversations_message SET {given} = 1'",
        "A = 'UPDATE conversations_message SET {column} = 1'",
        "A = f'UPDATE conversations_message SET sent_at = 1, {given} WHERE true'",
        "A = f'UPDATE {table} SET status = 1'",
        "A = 'UPDATE ' + 'conversations_message SET status = 1'",
        "TABLE = 'conversations_message'\nA = f'UPDATE {TABLE} SET status = 1'",
        "A = 'INSERT INTO conversations_message (id, status) VALUES (1, 2)'",
        "A = f'INSERT INTO conversations_message (id, {columns}) SELECT 1'",
        "A = 'INSERT INTO conversations_message VALUES (1)'",
        (
            "A = 'INSERT INTO conversations_message (id) SELECT 1 ON CONFLICT (id) DO"
            " UPDATE SET status = 1'"
        ),
        "A = 'COPY conversations_message (id, detail) FROM STDIN'",
        (
            "A = 'MERGE INTO conversations_message USING x ON true WHEN MATCHED THEN"
            " DELETE'"
        ),
        "A = 'INSERT INTO conversations_messageevent (message_id) SELECT 1'",
        "A = 'COPY conversations_messageevent FROM STDIN'",
        "A = 'UPDATE conversations_messageevent SET cause = 1'",
    ],
)
def test_another_writer_is_found(code: str) -> None:
    assert found_in(code) != []


@pytest.mark.parametrize(
    "code",
    [
        "Message(id=1, body='Hello')",
        "Message.objects.filter(status='sent', reason='').update(is_bulk=False)",
        "def act(message: Message): message.save(update_fields=['notice', 'segments'])",
        "OutgoingEmail.objects.filter(pk=1).update(due_at=None, detail='')",
        "def act(email: OutgoingEmail):\n    email.due_at, email.detail = None, ''",
        "A = 'SELECT status, due_at FROM conversations_message FOR NO KEY UPDATE'",
        (
            "A = f'SELECT 1 FROM conversations_message WHERE status = 1 FOR NO KEY"
            " UPDATE {patience}'"
        ),
        (
            "A = 'UPDATE conversations_message AS message SET sent_at = now() WHERE"
            " message.status = 1'"
        ),
        (
            "A = 'UPDATE conversations_conversation SET last_message_id = message.id"
            " FROM conversations_message AS message'"
        ),
        (
            "A = f'UPDATE conversations_message AS message SET {sql.held()}, sent_at ="
            " now() FROM waits'"
        ),
        (
            "SETS = sql.climbed('x')\nA = f'UPDATE conversations_message AS message SET"
            " {SETS} WHERE true'"
        ),
        (
            "A = f'INSERT INTO conversations_message (id, {sql.STATE_COLUMNS}) SELECT 1,"
            " status FROM x'"
        ),
        "A = f'WITH told AS ({sql.event(\"moved\")}) SELECT 1'",
        "A = 'DELETE FROM delivery_attempt WHERE status = 1'",
    ],
)
def test_what_only_reads_or_is_built_from_the_writers_parts_may_stand(
    code: str,
) -> None:
    assert found_in(code) == []
