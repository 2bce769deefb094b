"""Give each template of an office the office of that name: see accounts/0006."""

from importlib import import_module
from typing import Any

from django.db import migrations

offices = import_module("quadline.accounts.migrations.0006_offices_of_staff")


def give_offices(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(offices.OF_TEMPLATES)
        rows = cursor.fetchall()
        offices.make(cursor, rows)  # one that was written while the offices were made
        spellings = {name for name, _, _ in rows}
        offices.give(cursor, "conversations_messagetemplate", spellings)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0010_offices_of_templates")]

    operations = [migrations.RunPython(give_offices, migrations.RunPython.noop)]
