"""Offices are rows, no longer names that must be spelled alike. 0006 makes one of each name.

The column of names stays for one release: a process of the release before reads it. Nothing
here reads or writes it, so it gets a default.
"""

import django.db.models.deletion
from django.db import migrations, models

NAMES = "ALTER TABLE accounts_user ALTER COLUMN office SET DEFAULT ''"
NAMES_BACK = "ALTER TABLE accounts_user ALTER COLUMN office DROP DEFAULT"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_tokens_end_with_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Office",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("key", models.TextField(editable=False, unique=True)),
                ("phone", models.CharField(blank=True, max_length=16)),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.RunSQL(
            NAMES,
            NAMES_BACK,
            state_operations=[migrations.RemoveField(model_name="user", name="office")],
        ),
        migrations.AddField(
            model_name="user",
            name="office",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="staff",
                to="accounts.office",
            ),
        ),
    ]
