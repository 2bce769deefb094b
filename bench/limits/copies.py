"""The same rows moved by one bare statement: into, and within, a copy of a table with
all its indexes.
"""

import time
from typing import Any

from django.db import connection

FOREIGN_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = %s::regclass ORDER BY conname
"""


def make_copy(table: str) -> str:
    """An empty copy with the table's columns, checks and indexes; its name.

    Foreign keys and triggers are not copied.
    """
    name = f"bare_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    return name


def insert_select(table: str) -> float:
    """Seconds to copy all rows of a table into one with the same indexes
    and foreign keys, committed.
    """
    copy = make_copy(table)
    # LIKE copies none. The product has its own checked: without them the limit would be
    # that of a table with fewer promises.
    _add_foreign_keys(copy, table)
    return _seconds(f"INSERT INTO {copy} SELECT * FROM {table}")


def update_from_unnest(table: str, *, ids: list[Any], statuses: list[str]) -> float:
    """Seconds to give as many rows of a copy another status, committed."""
    copy = make_copy(table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {copy} SELECT * FROM {table}")
        # As before each measuring of ours (college.settle).
        cursor.execute(f"VACUUM ANALYZE {copy}")
        cursor.execute("CHECKPOINT")
    statement = f"""
        UPDATE {copy} AS message SET status = news.status
        FROM unnest(%s::uuid[], %s::text[]) AS news (id, status)
        WHERE message.id = news.id
    """
    return _seconds(statement, ids, statuses)


def _add_foreign_keys(copy: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS, [table])
        for name, definition in cursor.fetchall():
            constraint = f'CONSTRAINT "{name}" {definition}'
            cursor.execute(f"ALTER TABLE {copy} ADD {constraint}")


def _seconds(statement: str, *parameters: Any) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return time.perf_counter() - began
