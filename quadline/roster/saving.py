"""Checked rows become students and caseloads, set by set: copied into a table of the transaction, compared, merged.

Everything here runs in the caller's transaction. What is already as it should be is not written again.
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are the names of columns

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from quadline.accounts.models import User
from quadline.live.telling import REACH_CHANGED, tell
from quadline.roster.rules import StudentRow
from quadline.roster.searching import search_text


class EntryRow(NamedTuple):
    """A row of caseload.csv, with its number."""

    number: int
    staff_email: str
    institutional_id: str
    relation: str


class Unmatched(NamedTuple):
    """A caseload row that names somebody we do not have."""

    row: EntryRow
    has_staff: bool
    has_student: bool


COLUMNS = (*StudentRow._fields, "search_text")
_NAMES = ", ".join(COLUMNS)
_CHANGING = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "institutional_id")
_BEFORE, _AFTER = (", ".join(f"{table}.{name}" for name in COLUMNS) for table in ("student", "excluded"))

GIVEN_STUDENTS = f"CREATE TEMP TABLE given_student AS SELECT {_NAMES} FROM roster_student WITH NO DATA"
# In one order, so that two rosters at once wait for each other and never in a ring.
MERGE_STUDENTS = f"""
    INSERT INTO roster_student AS student ({_NAMES}) SELECT {_NAMES} FROM given_student ORDER BY institutional_id
    ON CONFLICT (institutional_id) DO UPDATE SET {_CHANGING} WHERE ({_BEFORE}) IS DISTINCT FROM ({_AFTER})
"""
GIVEN_ENTRIES = "CREATE TEMP TABLE given_entry (number integer, staff_email text, institutional_id text, relation text)"
UNMATCHED = """
    SELECT number, staff_email, institutional_id, relation, staff.id IS NOT NULL, student.id IS NOT NULL
    FROM given_entry LEFT JOIN accounts_user AS staff ON staff.email = staff_email
    LEFT JOIN roster_student AS student USING (institutional_id)
    WHERE staff.id IS NULL OR student.id IS NULL ORDER BY number
"""
LOCK_STAFF = """
    SELECT id FROM accounts_user WHERE email IN (SELECT staff_email FROM given_entry) ORDER BY id FOR NO KEY UPDATE
"""
GIVEN_PAIRS = """
    CREATE TEMP TABLE given_pair AS
    SELECT DISTINCT ON (staff.id, student.id) staff.id AS staff_id, student.id AS student_id, relation
    FROM given_entry JOIN accounts_user AS staff ON staff.email = staff_email
    JOIN roster_student AS student USING (institutional_id)
    ORDER BY staff.id, student.id, number DESC
"""
DROP_LEFT = """
    DELETE FROM roster_caseloadentry AS entry WHERE staff_id IN (SELECT staff_id FROM given_pair) AND NOT EXISTS (
        SELECT FROM given_pair AS pair WHERE pair.staff_id = entry.staff_id AND pair.student_id = entry.student_id
    )
"""
MERGE_PAIRS = """
    INSERT INTO roster_caseloadentry AS entry (staff_id, student_id, relation)
    SELECT staff_id, student_id, relation FROM given_pair ORDER BY staff_id, student_id
    ON CONFLICT (staff_id, student_id) DO UPDATE SET relation = excluded.relation WHERE entry.relation <> excluded.relation
"""
COUNT_PAIRS = "SELECT count(*) FROM given_pair"


def save_students(rows: Iterable[StudentRow]) -> int:
    """Make these students what the rows say, each by its institutional id; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(GIVEN_STUDENTS)
        count = _copy(cursor, "given_student", COLUMNS, ((*row, search_text(row)) for row in rows))
        cursor.execute(MERGE_STUDENTS)
        cursor.execute("DROP TABLE given_student")
    tell(User.objects.filter(is_active=True).values_list("pk", flat=True), REACH_CHANGED)
    return count


def save_caseloads(rows: Iterable[EntryRow]) -> tuple[int, list[Unmatched]]:
    """Make the caseloads of the staff who are named exactly what the rows say; of a pair that comes twice the last counts.

    Returns how many entries there are of them. When somebody is unmatched nothing is written, and all who are come back.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVEN_ENTRIES)
        _copy(cursor, "given_entry", EntryRow._fields, rows)
        cursor.execute(UNMATCHED)
        if unmatched := [Unmatched(EntryRow(*found[:4]), *found[4:]) for found in cursor.fetchall()]:
            cursor.execute("DROP TABLE given_entry")
            return 0, unmatched
        for statement in (LOCK_STAFF, GIVEN_PAIRS, DROP_LEFT, MERGE_PAIRS, COUNT_PAIRS):
            cursor.execute(statement)
        [count] = cursor.fetchone() or [0]
        cursor.execute("DROP TABLE given_entry, given_pair")
    return count, []


def _copy(cursor: Any, table: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
