from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0008_foreign_keys"),
        ("numbers", "0003_probe"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="Probe")]
        ),
    ]
