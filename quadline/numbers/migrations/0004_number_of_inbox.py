"""A number belongs to an inbox: of a staff user to their personal one, which has the same id.

The column keeps its name and its values for one release, so a process of the release before
goes on meanwhile.
"""

import django.db.models.deletion
from django.db import migrations, models

LIVE = ["active", "failed", "ordering", "registering", "requested"]


class Migration(migrations.Migration):
    dependencies = [
        ("inboxes", "0001_initial"),
        ("numbers", "0003_probe"),
    ]

    operations = [
        migrations.AlterField(
            model_name="systemnumber",
            name="user",
            field=models.ForeignKey(
                db_column="user_id",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="system_numbers",
                to="inboxes.inbox",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("systemnumber", "one_live_number_per_user"),
                migrations.RenameField("systemnumber", "user", "inbox"),
                migrations.AddConstraint(
                    "systemnumber",
                    models.UniqueConstraint(
                        condition=models.Q(state__in=LIVE),
                        fields=("inbox",),
                        name="one_live_number_per_user",
                    ),
                ),
            ],
        ),
    ]
