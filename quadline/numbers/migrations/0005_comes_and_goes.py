"""Numbers rest, move and are given back: a spare one has no inbox, a row that ended keeps
its phone and its purchase, and troubles are written down.

The table has a row for each number: the indexes are built in a moment.
"""

import django.db.models.deletion
from django.db import migrations, models

STATES = [
    ("requested", "Requested"),
    ("ordering", "Ordering"),
    ("registering", "Registering"),
    ("active", "Active"),
    ("resting", "Resting"),
    ("releasing", "Releasing"),
    ("released", "Released"),
    ("moved", "Moved"),
    ("failed", "Failed"),
]
KINDS = [
    ("lost", "lost"),
    ("unknown", "unknown"),
    ("unpointed", "unpointed"),
    ("detached", "detached"),
    ("pool_nearly_used", "pool_nearly_used"),
    ("warm_pool_empty", "warm_pool_empty"),
]
LIVE = ["active", "failed", "ordering", "registering", "requested", "resting"]
IS_OVER = models.Q(state__in=["moved", "released"])


class Migration(migrations.Migration):
    dependencies = [
        ("inboxes", "0001_initial"),
        ("numbers", "0004_number_of_inbox"),
    ]

    operations = [
        migrations.RemoveConstraint("systemnumber", "one_live_number_per_user"),
        migrations.RemoveConstraint("systemnumber", "one_user_per_number"),
        migrations.RemoveConstraint("systemnumber", "one_row_per_purchase"),
        migrations.AlterField(
            model_name="systemnumber",
            name="inbox",
            field=models.ForeignKey(
                db_column="user_id",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="system_numbers",
                to="inboxes.inbox",
            ),
        ),
        migrations.AlterField(
            model_name="systemnumber",
            name="state",
            field=models.CharField(choices=STATES, default="requested", max_length=20),
        ),
        migrations.AddConstraint(
            "systemnumber",
            models.UniqueConstraint(
                condition=models.Q(state__in=LIVE),
                fields=("inbox",),
                name="one_live_number_per_user",
            ),
        ),
        migrations.AddConstraint(
            "systemnumber",
            models.UniqueConstraint(
                condition=~models.Q(phone="") & ~IS_OVER,
                fields=("phone",),
                name="one_user_per_number",
            ),
        ),
        migrations.AddConstraint(
            "systemnumber",
            models.UniqueConstraint(
                condition=~models.Q(carrier_number_id="") & ~IS_OVER,
                fields=("carrier_number_id",),
                name="one_row_per_purchase",
            ),
        ),
        migrations.AddIndex(
            "systemnumber", models.Index(fields=["phone"], name="number_phone")
        ),
        migrations.CreateModel(
            name="CarrierComparison",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("asked_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("rented", models.PositiveIntegerField(default=0)),
                ("foreign", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="NumberTrouble",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("kind", models.CharField(choices=KINDS, max_length=20)),
                ("phone", models.CharField(blank=True, max_length=16)),
                ("carrier_number_id", models.CharField(blank=True, max_length=64)),
                ("since", models.DateTimeField()),
                ("repair_asked_at", models.DateTimeField(null=True)),
                ("repair_problem", models.CharField(blank=True, max_length=300)),
                ("told_at", models.DateTimeField(null=True)),
                ("over_at", models.DateTimeField(null=True)),
                ("over_told_at", models.DateTimeField(null=True)),
                (
                    "number",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="troubles",
                        to="numbers.systemnumber",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(over_at=None),
                        fields=("kind", "carrier_number_id"),
                        name="one_open_trouble",
                    )
                ]
            },
        ),
    ]
