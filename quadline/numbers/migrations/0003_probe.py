from django.db import migrations, models


class Migration(migrations.Migration):
    """Probes are numbers' own now; their table stays."""

    dependencies = [
        ("numbers", "0002_rate"),
        ("delivery", "0008_foreign_keys"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Probe",
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
                        ("started_at", models.DateTimeField()),
                        ("outcome", models.CharField(blank=True, max_length=200)),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=models.CASCADE,
                                related_name="probes",
                                to="numbers.systemnumber",
                            ),
                        ),
                    ],
                    options={"db_table": "delivery_probe"},
                ),
            ]
        ),
    ]
