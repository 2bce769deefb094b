"""Fill in what students are found and compared by: names as they are called, ids without zeros in front."""

from django.db import connection, migrations

from quadline.roster.identity import id_key
from quadline.roster.searching import search_text

AT_ONCE = 5_000
REFILL = """
    UPDATE roster_student AS student SET search_text = new.search_text, id_key = new.id_key
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new (id, search_text, id_key)
    WHERE student.id = new.id
      AND (student.search_text, student.id_key) IS DISTINCT FROM (new.search_text, new.id_key)
"""


def refill(apps, schema_editor):
    students = apps.get_model("roster", "Student").objects.order_by("pk")
    last = 0
    while batch := list(students.filter(pk__gt=last)[:AT_ONCE]):
        last = batch[-1].pk
        values = [
            [each.pk for each in batch],
            [search_text(each) for each in batch],
            [id_key(each.institutional_id) for each in batch],
        ]
        with connection.cursor() as cursor:
            cursor.execute(REFILL, values)


def count_as_listed(apps, schema_editor):
    """Who is there came from a roster: the next file is compared with them."""
    apps.get_model("roster", "Student").objects.update(is_listed=True)


class Migration(migrations.Migration):
    atomic = False  # a million students: what runs meanwhile waits for a batch, not for all

    dependencies = [("roster", "0003_identities_and_former_phones")]

    operations = [
        migrations.RunPython(refill, migrations.RunPython.noop),
        migrations.RunPython(count_as_listed, migrations.RunPython.noop),
    ]
