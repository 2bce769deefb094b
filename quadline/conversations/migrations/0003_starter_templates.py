from django.db import migrations

from quadline.conversations import starters


def ship(apps, schema_editor):
    starters.add_starters(apps.get_model("conversations", "MessageTemplate"))


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_emails_and_templates")]

    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
