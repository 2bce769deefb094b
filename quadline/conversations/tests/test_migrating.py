"""From the release before: names of offices become offices, and what
staff users had is their inboxes'.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from quadline.accounts.models import Office, User
from quadline.conversations.models import Conversation, Message, MessageTemplate
from quadline.inboxes.models import Inbox
from quadline.numbers.models import SystemNumber

pytestmark = pytest.mark.slow

BEFORE = [
    ("accounts", "0004_tokens_end_with_account"),
    ("conversations", "0009_foreign_keys"),
    ("numbers", "0003_probe"),
    ("inboxes", None),
]
LINE, OTHER_LINE = "+17345550100", "+17345550101"
# As a process of the release before writes them, which does not know inboxes and
# offices.
NEW_ACCOUNT = """
    INSERT INTO accounts_user
        (password, email, name, title, role, office, office_phone, time_zone, portrait, is_active, created_at)
    VALUES ('', 'late@alder.example', 'Late', '', 'advisor', 'Nursing', '', '', '', true, now())
    RETURNING id
"""
NEW_CONVERSATION = """
    INSERT INTO conversations_conversation
        (staff_id, phone, last_activity_at, unread_count, needs_reply, is_done, draft)
    VALUES (%s, '+17345550999', now(), 0, false, false, '')
"""
NEW_NUMBER = """
    INSERT INTO numbers_systemnumber (user_id, state, phone, reference, carrier_number_id, reason, requested_at)
    VALUES (%s, 'requested', '', gen_random_uuid(), '', '', now())
"""
NEW_TEMPLATE = """
    INSERT INTO conversations_messagetemplate
        (office, channel, name, subject, body, with_contact_card, updated_at)
    VALUES (%s, 'text', 'New', '', 'Hello', false, now())
"""
UNVALIDATED = (
    "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
)
POINTS_AT = """
    SELECT confrelid::regclass::text FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype = 'f' AND conkey = ARRAY[
        (SELECT attnum FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s)]
"""


class Before:
    """The release before, with its models."""

    def __init__(self) -> None:
        self.apps = _migrate(BEFORE)
        self.now = timezone.now()

    def of(self, app: str, model: str) -> Any:
        return self.apps.get_model(app, model).objects

    def staff(self, name: str, office: str, phone: str = "") -> Any:
        at = f"{name.lower()}@alder.example"
        return self.of("accounts", "User").create(
            email=at, name=name, office=office, office_phone=phone
        )

    def conversation(self, staff: Any, phone: str) -> Any:
        rows = self.of("conversations", "Conversation")
        return rows.create(staff=staff, phone=phone, last_activity_at=self.now)


@pytest.fixture
def before(transactional_db: None) -> Iterator[Before]:
    try:
        yield Before()
    finally:
        bring_up_to_date()


def bring_up_to_date() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def _migrate(targets: list[tuple[str, str | None]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    states = [target for target in targets if target[1]]
    return MigrationExecutor(connection).loader.project_state(states).apps  # type: ignore[arg-type]  # takes many


def asked(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None


def test_spellings_become_one_office_and_nothing_is_lost(before: Before) -> None:
    for name, office, phone in (
        ("Maya", "Nursing Advising", LINE),
        ("Theo", "Nursing Advising", LINE),
        ("Lena", " nursing   ADVISING", OTHER_LINE),
        ("Omar", "Transfer Center", OTHER_LINE),
        ("Ada", "", LINE),
        ("Iris", "   ", ""),
    ):
        before.staff(name, office, phone)
    bring_up_to_date()

    assert sorted(Office.objects.values_list("name", "phone")) == [
        ("Nursing Advising", LINE),
        ("Transfer Center", ""),
    ]
    offices = {
        user.name: user.office.name if user.office else ""
        for user in User.objects.select_related("office")
    }
    assert {
        name for name, office in offices.items() if office == "Nursing Advising"
    } == {"Maya", "Theo", "Lena"}
    assert (offices["Omar"], offices["Ada"], offices["Iris"]) == (
        "Transfer Center",
        "",
        "",
    )
    lines = dict(User.objects.values_list("name", "office_phone"))
    assert (lines["Lena"], lines["Omar"], lines["Ada"]) == (
        OTHER_LINE,
        OTHER_LINE,
        LINE,
    )


def test_lines_that_as_many_share_are_nobodys_choice(before: Before) -> None:
    for at, phone in enumerate([LINE, OTHER_LINE, LINE, OTHER_LINE]):
        before.staff(f"Person{at}", "Nursing", phone)
    bring_up_to_date()
    assert Office.objects.get().phone == ""


def test_templates_keep_whose_they_are(before: Before) -> None:
    maya = before.staff("Maya", "Nursing")
    rows = before.of("conversations", "MessageTemplate")
    for name, owner, office in (
        ("Mine", maya, ""),
        ("Ours", None, "NURSING"),
        ("Theirs", None, "Closed Office"),  # of which nobody is left
        ("Everybody's", None, ""),
    ):
        rows.create(name=name, owner=owner, office=office, channel="text", body="Hello")
    bring_up_to_date()

    kept = {row.name: row for row in MessageTemplate.objects.select_related("office")}
    nursing = Office.objects.get(name="Nursing")
    assert (kept["Mine"].owner_id, kept["Mine"].office) == (maya.pk, None)
    assert (kept["Ours"].owner, kept["Ours"].office) == (None, nursing)
    assert kept["Theirs"].office == Office.objects.get(name="Closed Office")
    assert (kept["Everybody's"].owner, kept["Everybody's"].office) == (None, None)
    shown = MessageTemplate.objects.visible_to(User.objects.get(pk=maya.pk))
    assert set(shown.values_list("name", flat=True)) == {"Mine", "Ours", "Everybody's"}


def test_a_new_template_of_an_office_is_refused_from_the_release_before(
    before: Before,
) -> None:
    """It would be everybody's: nothing here reads the name."""
    bring_up_to_date()
    with pytest.raises(IntegrityError):
        asked(NEW_TEMPLATE, "Nursing")
    asked(NEW_TEMPLATE, "")
    assert MessageTemplate.objects.get().office is None


def test_conversations_and_numbers_are_in_the_inboxes_of_their_staff_users(
    before: Before,
) -> None:
    known = [before.staff(f"Person{at}", "Nursing") for at in range(3)]
    talks = {
        before.conversation(user, f"+1734555020{at}").pk: user.pk
        for at, user in enumerate(known)
    }
    rows = before.of("numbers", "SystemNumber")
    numbers = {
        rows.create(user=user, requested_at=before.now).pk: user.pk for user in known
    }
    message = before.of("conversations", "Message").create(
        id="00000000-0000-4000-8000-000000000001",
        conversation_id=min(talks),
        direction="outbound",
        author=known[0],
        body="Hello",
        status="sent",
        created_at=before.now,
        position=1,
    )
    bring_up_to_date()

    assert set(Inbox.objects.values_list("pk", "owner")) == {
        (user.pk, user.pk) for user in known
    }
    assert dict(Conversation.objects.values_list("pk", "inbox__owner")) == talks
    assert dict(SystemNumber.objects.values_list("pk", "inbox__owner")) == numbers
    assert Message.objects.get(pk=message.pk).author_id == known[0].pk
    for user in User.objects.all():
        assert [talk.inbox_id for talk in Conversation.objects.visible_to(user)] == [
            user.pk
        ]
        number = SystemNumber.objects.of(user)
        assert number is not None
        assert numbers[number.pk] == user.pk


def test_the_database_holds_what_an_inbox_has(before: Before) -> None:
    bring_up_to_date()
    for table, column in (
        ("conversations_conversation", "staff_id"),
        ("numbers_systemnumber", "user_id"),
    ):
        assert asked(POINTS_AT, table, table, column) == "inboxes_inbox"
    assert asked(UNVALIDATED) == 0


def test_a_process_of_the_release_before_goes_on(before: Before) -> None:
    """Between ``quadline prepare`` and the restart it makes accounts,
    conversations and numbers as before.
    """
    bring_up_to_date()
    user_id = asked(NEW_ACCOUNT)
    asked(NEW_CONVERSATION, user_id)
    asked(NEW_NUMBER, user_id)
    assert Inbox.objects.get().owner_id == user_id
    assert (
        Conversation.objects.get().inbox_id
        == SystemNumber.objects.get().inbox_id
        == user_id
    )
