"""Make an office of each name that staff users and templates have, and give them theirs.

Spellings that differ in case or white space only are one office; it is called what most of
its people wrote. Its phone is the office line that two or more of them share, the most
common one; each staff user keeps their own. Safe to run twice.
"""

import unicodedata
from collections import Counter, defaultdict
from typing import Any

from django.db import migrations

SPELLINGS = "SELECT office, office_phone, count(*) FROM accounts_user GROUP BY 1, 2 ORDER BY min(id)"
OF_TEMPLATES = """
    SELECT office, '', count(*) FROM conversations_messagetemplate GROUP BY 1 ORDER BY min(id)
"""
MAKE = """
    INSERT INTO accounts_office (name, key, phone)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
    ON CONFLICT (key) DO NOTHING
"""
GIVE = """
    UPDATE {table} AS row SET office_id = office.id
    FROM unnest(%s::text[], %s::text[]) AS spelled (name, key)
    JOIN accounts_office AS office ON office.key = spelled.key
    WHERE row.office = spelled.name AND row.office_id IS NULL
"""


def key_of(name: str) -> str:
    """As accounts/rules.py has it in this release."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def make_offices(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(SPELLINGS)
        rows = cursor.fetchall()
        cursor.execute(OF_TEMPLATES)
        rows += cursor.fetchall()
        make(cursor, rows)
        give(cursor, "accounts_user", {name for name, _, _ in rows})


def make(cursor: Any, rows: list[tuple[str, str, int]]) -> None:
    """``rows``: a name as somebody wrote it, an office line, and how many have both."""
    names, phones = defaultdict(Counter), defaultdict(Counter)
    for written, phone, count in rows:
        key = key_of(written)
        if key:
            names[key][" ".join(written.split())] += count
            phones[key][phone] += count if phone else 0
    called = [each.most_common(1)[0][0] for each in names.values()]
    lines = [shared(phones[key]) for key in names]
    cursor.execute(MAKE, [called, list(names), lines])


def shared(phones: Counter[str]) -> str:
    """The line that two or more have, if none is shared by as many; "" where there is none."""
    ordered = phones.most_common(2)
    most = ordered[0][1] if ordered else 0
    is_tied = len(ordered) > 1 and ordered[1][1] == most
    return "" if most < 2 or is_tied else ordered[0][0]


def give(cursor: Any, table: str, spellings: set[str]) -> None:
    known = sorted(spellings)
    keys = [key_of(name) for name in known]
    cursor.execute(GIVE.format(table=table), [known, keys])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_offices"),
        ("conversations", "0002_emails_and_templates"),
    ]

    operations = [migrations.RunPython(make_offices, migrations.RunPython.noop)]
