"""A template belongs to an office, no longer to a name. The names stay for one release.

A process of the release before saves names only. It can change a template that has its
office; a new one of an office is refused, for here it would be everybody's.
"""

import django.db.models.deletion
from django.db import migrations, models

NAMES = "ALTER TABLE conversations_messagetemplate ALTER COLUMN office SET DEFAULT ''"
NAMES_BACK = "ALTER TABLE conversations_messagetemplate ALTER COLUMN office DROP DEFAULT"

KNOWN = """
    ALTER TABLE conversations_messagetemplate
        ADD CONSTRAINT template_office_known CHECK (office = '' OR office_id IS NOT NULL) NOT VALID
"""
UNKNOWN = "ALTER TABLE conversations_messagetemplate DROP CONSTRAINT template_office_known"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_offices_of_staff"),
        ("conversations", "0009_foreign_keys"),
    ]

    operations = [
        migrations.RunSQL(
            NAMES,
            NAMES_BACK,
            state_operations=[
                migrations.RemoveField(model_name="messagetemplate", name="office")
            ],
        ),
        migrations.AddField(
            model_name="messagetemplate",
            name="office",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="message_templates",
                to="accounts.office",
            ),
        ),
        migrations.RunSQL(KNOWN, UNKNOWN),
    ]
