"""Look through the rows from before the foreign keys, while everybody goes on writing.

VALIDATE reads the tables, and locks out nothing but other changes of the tables themselves.
A row that points at one that is not there is told, and nothing is removed: who has a backup
may put back what is missing. What was validated stays so when this is run again.
"""

from typing import Any

from django.core.management.base import CommandError
from django.db import IntegrityError, migrations

KEYS = (
    ("conversations_conversation", "staff_id", "accounts_user"),
    ("conversations_conversation", "student_id", "roster_student"),
    ("conversations_conversation", "last_message_id", "conversations_message"),
    ("conversations_message", "conversation_id", "conversations_conversation"),
    ("conversations_message", "author_id", "accounts_user"),
    ("conversations_message", "system_number_id", "numbers_systemnumber"),
    ("conversations_messageevent", "message_id", "conversations_message"),
    ("conversations_messageevent", "actor_id", "accounts_user"),
    ("delivery_attempt", "message_id", "conversations_message"),
    ("broadcasts_recipient", "broadcast_id", "broadcasts_broadcast"),
    ("broadcasts_recipient", "student_id", "roster_student"),
    ("broadcasts_recipient", "message_id", "conversations_message"),
)
VALIDATE = "ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_fk"
ORPHANS = """
    FROM {table} AS row WHERE row.{column} IS NOT NULL
    AND NOT EXISTS (SELECT FROM {target} AS target WHERE target.id = row.{column})
"""
REFUSAL = """\
Some rows point at rows that are not there. Nothing was removed, and Quadline was not brought to this release:
{found}
A restore that was not whole, or a change by hand, leaves such rows. List them with:
{queries}
Put back what is missing from a backup, or remove these rows. Then run quadline prepare again."""


def validate_all(apps: Any, schema_editor: Any) -> None:
    validate(schema_editor.connection)


def validate(connection: Any) -> None:
    """Raises CommandError with every relation that has orphans."""
    orphaned = [key for key in KEYS if not _is_valid(connection, *key)]
    if orphaned:
        raise CommandError(_refusal(connection, orphaned))


def _is_valid(connection: Any, table: str, column: str, target: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(VALIDATE.format(table=table, column=column))
    except IntegrityError:
        return False
    return True


def _refusal(connection: Any, orphaned: list[tuple[str, str, str]]) -> str:
    found, queries = [], []
    for table, column, target in orphaned:
        of_them = " ".join(ORPHANS.format(table=table, column=column, target=target).split())
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {of_them}")  # noqa: S608  # names from above
            (count,) = cursor.fetchone()
        found.append(f"  {table}.{column}: {count:,} without their {target}")
        queries.append(f"  SELECT * {of_them};")
    return REFUSAL.format(found="\n".join(found), queries="\n".join(queries))


class Migration(migrations.Migration):
    atomic = False  # each table for itself; what is valid stays so

    dependencies = [
        ("broadcasts", "0005_foreign_keys"),
        ("conversations", "0009_foreign_keys"),
        ("delivery", "0008_foreign_keys"),
    ]

    operations = [migrations.RunPython(validate_all, migrations.RunPython.noop)]
