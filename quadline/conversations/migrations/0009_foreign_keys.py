"""The database checks where a conversation, a message and an event point.

NOT VALID: what is written from here on is checked, and no table is read or locked for
longer than a moment. The rows before are looked through by broadcasts/0006.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ADD = """
    ALTER TABLE {table}
        DROP CONSTRAINT IF EXISTS {table}_{column}_fk,
        ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY ({column}) REFERENCES {target} (id)
            DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
DROP = "ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fk"


def foreign_key(table: str, column: str, target: str) -> migrations.RunSQL:
    named = {"table": table, "column": column, "target": target}
    return migrations.RunSQL(ADD.format(**named), DROP.format(**named))


class Migration(migrations.Migration):
    # Each lock for itself, and let go at once. What was added is added again after a failure.
    atomic = False

    dependencies = [
        ("conversations", "0008_fewer_checks"),
        ("numbers", "0002_rate"),
        ("roster", "0002_tags_and_trouble"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                foreign_key("conversations_conversation", "staff_id", "accounts_user"),
                foreign_key("conversations_conversation", "student_id", "roster_student"),
                foreign_key(
                    "conversations_conversation", "last_message_id", "conversations_message"
                ),
                foreign_key(
                    "conversations_message", "conversation_id", "conversations_conversation"
                ),
                foreign_key("conversations_message", "author_id", "accounts_user"),
                foreign_key("conversations_message", "system_number_id", "numbers_systemnumber"),
                foreign_key("conversations_messageevent", "message_id", "conversations_message"),
                foreign_key("conversations_messageevent", "actor_id", "accounts_user"),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="conversation",
                    name="staff",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="conversation",
                    name="student",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="roster.student",
                    ),
                ),
                migrations.AlterField(
                    model_name="conversation",
                    name="last_message",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="conversations.message",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="conversation",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="conversations.conversation",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="author",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="system_number",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="numbers.systemnumber",
                    ),
                ),
                migrations.AlterField(
                    model_name="messageevent",
                    name="message",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="conversations.message",
                    ),
                ),
                migrations.AlterField(
                    model_name="messageevent",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
