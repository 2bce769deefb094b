"""The database checks that an attempt's text is there: see conversations/0009."""

import django.db.models.deletion
from django.db import migrations, models

ADD = """
    ALTER TABLE delivery_attempt
        DROP CONSTRAINT IF EXISTS delivery_attempt_message_id_fk,
        ADD CONSTRAINT delivery_attempt_message_id_fk
            FOREIGN KEY (message_id) REFERENCES conversations_message (id)
            DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
DROP = "ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_message_id_fk"


class Migration(migrations.Migration):
    atomic = False  # the lock is let go at once

    dependencies = [
        ("conversations", "0009_foreign_keys"),
        ("delivery", "0007_whole_emails"),
    ]

    operations = [
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="message",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="conversations.message",
                    ),
                ),
            ],
        ),
    ]
