"""A conversation belongs to an inbox: of a staff user to their personal one, which has the same id.

No row is written, and no index built: the column keeps its name and its values for one
release, in which a process of the release before goes on. Only what it points at changes;
NOT VALID, as in 0009, and 0013 looks through the rows that are there.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

POINT_AT = """
    ALTER TABLE conversations_conversation
        DROP CONSTRAINT IF EXISTS conversations_conversation_staff_id_fk,
        ADD CONSTRAINT conversations_conversation_staff_id_fk
            FOREIGN KEY (staff_id) REFERENCES {target} (id)
            DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
PAIR, PHONE = "one_conversation_per_pair", "one_conversation_per_phone"
RECENT, NEEDS_REPLY = "conversatio_staff_i_46802d_idx", "conversation_needs_reply"
UNREAD = "conversation_unread"


class Migration(migrations.Migration):
    atomic = False  # the lock is let go at once

    dependencies = [
        ("broadcasts", "0006_valid_foreign_keys"),
        ("conversations", "0011_templates_their_offices"),
        ("inboxes", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    POINT_AT.format(target="inboxes_inbox"),
                    POINT_AT.format(target="accounts_user"),
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("conversation", PAIR),
                migrations.RemoveConstraint("conversation", PHONE),
                migrations.RemoveIndex("conversation", RECENT),
                migrations.RemoveIndex("conversation", NEEDS_REPLY),
                migrations.RemoveIndex("conversation", UNREAD),
                migrations.RenameField("conversation", "staff", "inbox"),
                migrations.AlterField(
                    model_name="conversation",
                    name="inbox",
                    field=models.ForeignKey(
                        db_column="staff_id",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="inboxes.inbox",
                    ),
                ),
                migrations.AddConstraint(
                    "conversation",
                    models.UniqueConstraint(fields=("student", "inbox"), name=PAIR),
                ),
                migrations.AddConstraint(
                    "conversation",
                    models.UniqueConstraint(
                        condition=Q(student=None), fields=("inbox", "phone"), name=PHONE
                    ),
                ),
                migrations.AddIndex(
                    "conversation",
                    models.Index(fields=["inbox", "-last_activity_at"], name=RECENT),
                ),
                migrations.AddIndex(
                    "conversation",
                    models.Index(
                        condition=Q(needs_reply=True),
                        fields=["inbox", "-last_activity_at"],
                        name=NEEDS_REPLY,
                    ),
                ),
                migrations.AddIndex(
                    "conversation",
                    models.Index(
                        condition=Q(unread_count__gt=0), fields=["inbox"], name=UNREAD
                    ),
                ),
            ],
        ),
    ]
