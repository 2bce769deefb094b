"""The database checks where a recipient points: see conversations/0009.

A review no longer names messages that are not there yet; the launch does. Ids that earlier
reviews gave to messages nobody wrote are dropped, once nobody can write more of them.
"""

import django.db.models.deletion
from django.db import migrations, models

ADD = """
    ALTER TABLE broadcasts_recipient
        DROP CONSTRAINT IF EXISTS broadcasts_recipient_{column}_fk,
        ADD CONSTRAINT broadcasts_recipient_{column}_fk
            FOREIGN KEY ({column}) REFERENCES {target} (id)
            DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
DROP = "ALTER TABLE broadcasts_recipient DROP CONSTRAINT broadcasts_recipient_{column}_fk"
NO_IDS_BEFOREHAND = "ALTER TABLE broadcasts_recipient ALTER COLUMN message_id DROP DEFAULT"
IDS_BEFOREHAND = """
    ALTER TABLE broadcasts_recipient ALTER COLUMN message_id SET DEFAULT gen_random_uuid()
"""
# Of drafts, and of those who get nothing. A sent one's that is missing stays, and is reported.
UNNAME = """
    UPDATE broadcasts_recipient AS recipient SET message_id = NULL
    FROM broadcasts_broadcast AS broadcast
    WHERE broadcast.id = recipient.broadcast_id
      AND (broadcast.state = 'draft' OR recipient.outcome = 'nothing')
      AND recipient.message_id IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM conversations_message AS message WHERE message.id = recipient.message_id
      )
"""
NAME = "UPDATE broadcasts_recipient SET message_id = gen_random_uuid() WHERE message_id IS NULL"


def foreign_key(column: str, target: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        ADD.format(column=column, target=target), DROP.format(column=column)
    )


class Migration(migrations.Migration):
    atomic = False  # each lock for itself, and let go at once

    dependencies = [
        ("broadcasts", "0004_fewer_checks"),
        ("conversations", "0009_foreign_keys"),
        ("roster", "0002_tags_and_trouble"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(migrations.RunSQL.noop, NAME),
                migrations.RunSQL(NO_IDS_BEFOREHAND, IDS_BEFOREHAND),
                foreign_key("broadcast_id", "broadcasts_broadcast"),
                foreign_key("student_id", "roster_student"),
                foreign_key("message_id", "conversations_message"),
                migrations.RunSQL(UNNAME, migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="recipient",
                    name="broadcast",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="broadcasts.broadcast",
                    ),
                ),
                migrations.AlterField(
                    model_name="recipient",
                    name="student",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="roster.student",
                    ),
                ),
                migrations.AlterField(
                    model_name="recipient",
                    name="message",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recipient",
                        to="conversations.message",
                    ),
                ),
            ],
        ),
    ]
