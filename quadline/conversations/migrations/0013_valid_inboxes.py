"""Look through the conversations from before the foreign key to inboxes, while everybody goes on.

Each staff user has had an inbox since inboxes/0001 and each conversation a staff user, so
none is without. VALIDATE locks out nothing but other changes of the table.
"""

from django.db import migrations

VALIDATE = """
    ALTER TABLE conversations_conversation
        VALIDATE CONSTRAINT conversations_conversation_staff_id_fk
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0012_conversation_of_inbox")]

    operations = [migrations.RunSQL(VALIDATE, migrations.RunSQL.noop)]
