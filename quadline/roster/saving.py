"""Checked rows become students: copied into a table of the
transaction, matched, compared, merged.

Everything here runs in the caller's transaction. What is already as it should be is not
written again. A value that was not given, or could not be read, is NULL in that table
and leaves what is known.
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are the
# names of columns

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db import connection

from quadline.roster.faults import ImportFault
from quadline.roster.identity import id_key
from quadline.roster.matching import match_rows
from quadline.roster.merged_values import merged
from quadline.roster.phones.evidence import record_roster_evidence
from quadline.roster.rules import CheckedStudent
from quadline.roster.runs import diffs
from quadline.roster.searching import folded_for_search, search_text

# Two imports at once would match their rows before either has written its students.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('roster'))"
KEPT_COLUMNS = tuple(
    name for name in CheckedStudent._fields if name != "institutional_id"
)
GIVEN_COLUMNS = ("number", "name_key", "id_key", *CheckedStudent._fields, "search_text")
SEARCHED = ("first_name", "last_name", "preferred_name", "email", "mobile", "landline")
BATCH = 5_000  # students whose search text is made at once
DEFAULTS = {
    "status": "'active'",
    "tags": "'{}'",
    "courses": "'{}'",
    "sections": "'{}'",
    "terms": "'{}'",
    "other_phones": "'{}'",
    "is_test": "false",
}
_NAMES = ", ".join(("institutional_id", "id_key", "search_text", *KEPT_COLUMNS))
_MERGED = {name: merged(name) for name in KEPT_COLUMNS}
_SEARCHED_MERGED = ", ".join(_MERGED[name] for name in SEARCHED)
_IS_NOT_GIVEN = " OR ".join(
    f"(given.{name} IS NULL AND student.{name} <> '')" for name in SEARCHED
)
_EMPTY = "''"
_OR_DEFAULT = ", ".join(
    f"coalesce({name}, {DEFAULTS.get(name, _EMPTY)})" for name in KEPT_COLUMNS
)

GIVEN_STUDENTS = f"""
    CREATE TEMP TABLE given_student ON COMMIT DROP AS
    SELECT NULL::int AS number, NULL::text AS name_key, {_NAMES}
    FROM roster_student
    WITH NO DATA
"""
# Rows that leave out a value by which the student is found: the search text made from
# them alone is not all of it.
INCOMPLETE_ROWS = f"""
    SELECT given.number, match.kept_id, {_SEARCHED_MERGED}
    FROM given_student AS given
    JOIN given_match AS match USING (number)
    JOIN roster_student AS student ON student.id = match.student_id
    WHERE match.kept_id <> given.institutional_id OR {_IS_NOT_GIVEN}
"""
COMPLETE = """
    UPDATE given_student AS given
    SET search_text = made.search_text
    FROM unnest(%s::int[], %s::text[]) AS made (number, search_text)
    WHERE given.number = made.number
"""
_MATCHED = """
    FROM given_student AS given
    JOIN given_match USING (number)
    JOIN roster_student AS student ON student.id = student_id
"""
COUNTED = {
    "mobile": "mobile numbers",
    "email": "email addresses",
    "first_name": "first names",
    "last_name": "last names",
}
LOST_VALUES = "SELECT " + ", ".join(
    f"count(*) FILTER (WHERE student.{name} <> ''), count(*) FILTER (WHERE"
    f" student.{name} <> '' AND given.{name} = '')"
    for name in COUNTED
)
LOST_VALUES += _MATCHED
# Where another phone that was on file takes its place, a STOP from the old one still
# counts: a second phone is no way round it.
_HAD_THE_OTHER = """
    given.mobile = '' AND student.other_phones <> '{}'
    OR EXISTS (
        SELECT FROM unnest(student.other_phones) AS other (kept)
        WHERE split_part(other.kept, ' ', 1) = given.mobile
    )
"""
REMEMBER_PHONES = f"""
    INSERT INTO roster_formerphone (student_id, phone, left_at, stop_counts)
    SELECT student.id, student.mobile, %s, {_HAD_THE_OTHER}
    {_MATCHED}
    WHERE student.mobile <> '' AND given.mobile <> student.mobile
    ON CONFLICT (student_id, phone) DO UPDATE
        SET left_at = excluded.left_at, stop_counts = excluded.stop_counts
"""
FORGET_PHONES = f"""
    DELETE FROM roster_formerphone AS former
    USING (
        SELECT student.id, given.mobile
        {_MATCHED}
        WHERE given.mobile <> '' AND given.mobile <> student.mobile
    ) AS now
    WHERE former.student_id = now.id AND former.phone = now.mobile
"""
_BEFORE = ", ".join(
    f"student.{name}"
    for name in ("institutional_id", "id_key", "search_text", *KEPT_COLUMNS)
)
_AFTER = ", ".join(
    ("match.kept_id", "given.id_key", "given.search_text", *_MERGED.values())
)
# In one order: two who change students at once wait for each other and never in a ring.
LOCK_STUDENTS = (
    "SELECT 1 FROM roster_student WHERE id IN (SELECT student_id FROM given_match)"
    " ORDER BY id FOR NO KEY UPDATE"
)
CHANGE = f"""
    UPDATE roster_student AS student SET ({_NAMES}) = ROW({_AFTER})
    FROM given_match AS match JOIN given_student AS given USING (number)
    WHERE student.id = match.student_id AND ({_BEFORE}) IS DISTINCT FROM ({_AFTER})
"""
ADD = f"""
    INSERT INTO roster_student ({_NAMES}, is_listed)
    SELECT institutional_id, id_key, search_text, {_OR_DEFAULT}, %s
    FROM given_student
    LEFT JOIN given_match USING (number)
    WHERE student_id IS NULL
    ORDER BY institutional_id
"""
# As they are known afterwards, the new ones too.
IDS_OF_GIVEN = """
    SELECT kept_id FROM given_match
    UNION
    SELECT institutional_id FROM given_student
"""
LIST = """
    UPDATE roster_student
    SET is_listed = true
    WHERE NOT is_listed
      AND id IN (SELECT student_id FROM given_match JOIN given_student USING (number))
"""
# OFFSET 0: looked up row by row, whatever statistics say (docs/adr/0020).
_LEAVING = (
    "is_listed AND NOT EXISTS (SELECT FROM given_match"
    " WHERE student_id = roster_student.id OFFSET 0)"
)
LEAVING = (
    f"SELECT count(*), count(*) FILTER (WHERE {_LEAVING}) FROM roster_student"
    " WHERE is_listed"
)
UNLIST = f"UPDATE roster_student SET is_listed = false WHERE {_LEAVING}"


class Loss(NamedTuple):
    """How many of what would be gone."""

    what: str
    there: int
    lost: int


class Compared(NamedTuple):
    """The rows beside the roster, before anything is written."""

    given: int  # rows
    kept: int  # without those that were left out
    faults: list[ImportFault]
    losses: list[Loss]


def lock_roster() -> None:
    """No other import until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)


def compare_students(
    rows: Iterable[tuple[int, CheckedStudent]], *, is_whole: bool
) -> Compared:
    """Copy the numbered rows beside the roster and match them.
    ``is_whole``: who is not in them is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        # an earlier one in this transaction has left them
        cursor.execute("DROP TABLE IF EXISTS given_student, given_match, given_twin")
        cursor.execute(GIVEN_STUDENTS)
        given = copy_in(cursor, "COPY given_student", GIVEN_COLUMNS, _copied(rows))
        faults = match_rows(cursor)
        cursor.execute("SELECT count(*) FROM given_student")
        [kept] = cursor.fetchone()
        cursor.execute(LOST_VALUES)
        counts = list(cursor.fetchone())
        cursor.execute(LEAVING)
        listed = list(cursor.fetchone()) if is_whole else [0, 0]
    return Compared(
        given=given,
        kept=kept,
        faults=faults,
        losses=_losses([*listed, *counts]),
    )


def note_student_changes(
    *,
    is_whole: bool,
) -> None:
    """Begin the diff of this transaction with what the compared rows change."""
    with connection.cursor() as cursor:
        diffs.begin_diff(cursor)
        diffs.add_students(cursor, is_whole=is_whole)


def save_students(*, is_whole: bool, now: datetime) -> tuple[int, int]:
    """Make the roster what the compared rows say; returns how many
    are new and how many have changed.
    """
    with connection.cursor() as cursor:
        _complete(cursor)
        cursor.execute(LOCK_STUDENTS)
        cursor.execute(REMEMBER_PHONES, [now])
        cursor.execute(FORGET_PHONES)
        cursor.execute(CHANGE)
        changed = cursor.rowcount
        if is_whole:
            cursor.execute(LIST)
            cursor.execute(UNLIST)
        cursor.execute(ADD, [is_whole])
        added = cursor.rowcount
        record_roster_evidence(cursor, IDS_OF_GIVEN, now=now)
        return added, changed


def copy_in(
    cursor: Any,
    copy_table: str,
    columns: Iterable[str],
    rows: Iterable[tuple[Any, ...]],
) -> int:
    count = 0
    with cursor.copy(f"{copy_table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _losses(counts: Sequence[int]) -> list[Loss]:
    """``counts``: of students, then of each in COUNTED, how many there are and how
    many would be lost.
    """
    whats = ("students", *COUNTED.values())
    there = counts[::2]
    lost = counts[1::2]
    return [Loss(*each) for each in zip(whats, there, lost, strict=True)]


def _copied(
    rows: Iterable[tuple[int, CheckedStudent]],
) -> Iterator[tuple[Any, ...]]:
    for number, row in rows:
        names = f"{row.first_name or ''} {row.last_name or ''}"
        words = folded_for_search(names)
        # in one order: a file may have the family name first
        name_key = " ".join(sorted(words.split()))
        yield (
            number,
            name_key,
            id_key(row.institutional_id),
            *row,
            _found_by(row),
        )


def _found_by(row: Any) -> str:
    """What the row alone says; ``_complete`` adds what it leaves out."""
    values = [getattr(row, name) or "" for name in SEARCHED]
    return _search_text(row.institutional_id, values)


def _complete(cursor: Any) -> None:
    """Make the search text of incomplete rows from what they and the student say."""
    cursor.execute(INCOMPLETE_ROWS)
    found = iter(cursor.fetchall())
    while batch := list(islice(found, BATCH)):
        numbers = [number for number, *_ in batch]
        texts = [_search_text(id, values) for _, id, *values in batch]
        cursor.execute(COMPLETE, [numbers, texts])


def _search_text(institutional_id: str, values: Sequence[str]) -> str:
    """``values``: of the columns in SEARCHED."""
    searched = dict(zip(SEARCHED, values, strict=True))
    student = SimpleNamespace(institutional_id=institutional_id, **searched)
    return search_text(student)
