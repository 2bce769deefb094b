"""What OneRoster files said last, one row for each thing, and the students that follow
from it.

A delta names only what is other, so what is known is kept and the whole is compared
with the roster each time. Everything here runs in the caller's transaction.
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are the
# kinds of rows, which are ours

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from django.db import connection

from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.saving import Loss, copy_in
from quadline.roster.sources.oneroster import (
    FileForm,
    Kind,
    Mode,
    institutional_id_of,
)
from quadline.roster.tables import RosterRow

MAX_FAULTS_OF_A_KIND = 2_000  # of one kind in one file; a thousand more say nothing new
MAX_UNKNOWN = 0.1  # of a file's rows may name what is in none; more, and it stops
NOT_IN_THIS_FILE = 10_000_000  # rows of kept users are numbered from here on
CREATE_GIVEN = """
    CREATE TEMP TABLE given_record (
        number integer, sourced_id text, is_gone boolean, fields jsonb
    ) ON COMMIT DROP
"""
CREATE_ROWS = """
    CREATE TEMP TABLE given_user_row (sourced_id text, number integer)
    ON COMMIT DROP
"""
ROWS_TWICE = """
    SELECT number, sourced_id, first, is_same
    FROM (
        SELECT
            number, sourced_id,
            first_value(number) OVER same AS first,
            fields = first_value(fields) OVER same AS is_same
        FROM given_record
        WINDOW same AS (PARTITION BY sourced_id ORDER BY number)
    ) AS row
    WHERE number <> first
    ORDER BY number
"""
DROP_TWICE = "DELETE FROM given_record WHERE number = ANY(%s::integer[])"
# Names of things that are in no file: one row for each name.
UNKNOWN = """
    SELECT given.number, named.id
    FROM given_record AS given
    CROSS JOIN LATERAL (
        SELECT btrim(part) AS id
        FROM regexp_split_to_table(coalesce(given.fields->>%(name)s, ''), ',') AS part
    ) AS named
    LEFT JOIN roster_onerosterrecord AS known
        ON known.kind = %(kind)s AND known.sourced_id = named.id
    WHERE NOT given.is_gone AND named.id <> '' AND known.sourced_id IS NULL
    ORDER BY given.number
"""
COUNT_GIVEN = "SELECT count(*) FROM given_record WHERE NOT is_gone"
IS_KNOWN = "SELECT EXISTS (SELECT FROM roster_onerosterrecord WHERE kind = %s)"
_IS_GONE = """
    kind = %(kind)s AND NOT EXISTS (
        SELECT FROM given_record AS given
        WHERE given.sourced_id = roster_onerosterrecord.sourced_id
          AND NOT is_gone OFFSET 0
    )
"""
DROP_ALL_OTHERS = f"DELETE FROM roster_onerosterrecord WHERE {_IS_GONE}"
DROP_GONE = """
    DELETE FROM roster_onerosterrecord
    WHERE kind = %(kind)s
      AND sourced_id IN (SELECT sourced_id FROM given_record WHERE is_gone)
"""
KEEP = """
    INSERT INTO roster_onerosterrecord AS known (kind, sourced_id, fields)
    SELECT %(kind)s, sourced_id, fields FROM given_record WHERE NOT is_gone
    ON CONFLICT (kind, sourced_id) DO UPDATE SET fields = excluded.fields
        WHERE known.fields <> excluded.fields
"""
NOTE_ROWS = """
    INSERT INTO given_user_row
    SELECT sourced_id, number FROM given_record WHERE NOT is_gone
"""
# A day is compared as text: ISO 8601 sorts so, and what is no date never ends.
_HAS_NOT_ENDED = (
    "(coalesce({ends}, '') !~ '^\\d{{4}}-\\d\\d-\\d\\d' OR {ends} >= %(today)s)"
)
# A part of a section (sections.py), which has bars between its parts.
_PART = """
    left(regexp_replace(btrim(coalesce({value}, '')), '[;|[:space:]]+', ' ', 'g'), 50)
"""
_COURSE_CODE = """coalesce(
    nullif(course.fields->>'code', ''),
    nullif(class.fields->>'code', ''),
    class.fields->>'title'
)"""
# Of several terms the one that ends last: a class of the whole year is in its year.
_TERM = """(
    SELECT session.fields->>'title'
    FROM regexp_split_to_table(coalesce(class.fields->>'terms', ''), ',') AS part
    JOIN roster_onerosterrecord AS session
      ON session.kind = 'session' AND session.sourced_id = btrim(part)
    ORDER BY session.fields->>'ends' DESC NULLS LAST, session.sourced_id
    LIMIT 1
)"""
_RUNNING_CLASSES = f"""
    SELECT
        class.sourced_id,
        left(replace(coalesce(
            nullif(course.fields->>'code', ''),
            nullif(class.fields->>'code', ''),
            class.fields->>'title'
        ), ';', ','), 60) AS course,
        concat_ws(' | ', {_PART.format(value=_COURSE_CODE)},
            {_PART.format(value="class.fields->>'code'")},
            {_PART.format(value=_TERM)}) AS section
    FROM roster_onerosterrecord AS class
    LEFT JOIN roster_onerosterrecord AS course
        ON course.kind = 'course' AND course.sourced_id = class.fields->>'course'
    WHERE class.kind = 'class' AND coalesce((
        SELECT bool_or({_HAS_NOT_ENDED.format(ends="session.fields->>'ends'")})
        FROM regexp_split_to_table(coalesce(class.fields->>'terms', ''), ',') AS term
        JOIN roster_onerosterrecord AS session
            ON session.kind = 'session' AND session.sourced_id = btrim(term)
    ), true)
"""
_TAKEN = f"""
    SELECT
        enrollment.sourced_id, enrollment.fields->>'user' AS user_id,
        running.course, running.section
    FROM roster_onerosterrecord AS enrollment
    JOIN running ON running.sourced_id = enrollment.fields->>'class'
    WHERE enrollment.kind = 'enrollment'
      AND lower(coalesce(enrollment.fields->>'role', '')) = 'student'
      AND {_HAS_NOT_ENDED.format(ends="enrollment.fields->>'ends'")}
"""
LOST_ENROLLMENTS = f"""
    WITH running AS MATERIALIZED ({_RUNNING_CLASSES}),
    taken AS MATERIALIZED ({_TAKEN})
    SELECT count(*), count(*) FILTER (WHERE given.sourced_id IS NULL)
    FROM taken
    LEFT JOIN given_record AS given
        ON given.sourced_id = taken.sourced_id AND NOT given.is_gone
"""
STUDENTS = f"""
    WITH running AS MATERIALIZED ({_RUNNING_CLASSES}),
    taken AS MATERIALIZED ({_TAKEN}),
    courses AS MATERIALIZED (
        SELECT
            user_id,
            string_agg(DISTINCT course, ';' ORDER BY course) AS courses,
            string_agg(DISTINCT section, ';' ORDER BY section) AS sections
        FROM taken
        GROUP BY user_id
    ),
    student_role AS MATERIALIZED (
        SELECT DISTINCT fields->>'user' AS user_id
        FROM roster_onerosterrecord
        WHERE kind = 'role' AND lower(fields->>'role') = 'student'
          AND {_HAS_NOT_ENDED.format(ends="fields->>'ends'")}
    )
    SELECT
        coalesce(row.number, {NOT_IN_THIS_FILE} + row_number() OVER ()),
        person.sourced_id, person.fields, courses.courses, courses.sections
    FROM roster_onerosterrecord AS person
    LEFT JOIN given_user_row AS row USING (sourced_id)
    LEFT JOIN courses ON courses.user_id = person.sourced_id
    LEFT JOIN student_role ON student_role.user_id = person.sourced_id
    WHERE person.kind = 'user'
      AND (student_role.user_id IS NOT NULL
           OR lower(coalesce(person.fields->>'role', '')) = 'student')
    ORDER BY 1
"""


class RecordRow(NamedTuple):
    """A row of a OneRoster file. ``is_gone``: it takes the thing away."""

    number: int
    sourced_id: str
    is_gone: bool
    fields: Mapping[str, str]


class Kept(NamedTuple):
    """``losses``: what a bulk file has lost against the one before."""

    faults: list[ImportFault]
    losses: list[Loss]


def begin_records() -> None:
    """Before the first file: which rows the users of these files have."""
    with connection.cursor() as cursor:
        # an earlier import in this transaction has left it
        cursor.execute("DROP TABLE IF EXISTS given_user_row")
        cursor.execute(CREATE_ROWS)


def keep_records(
    rows: Iterable[RecordRow],
    *,
    file: str,
    form: FileForm,
    mode: Mode,
    today: date,
) -> Kept:
    """Make what is known of this kind what the file says. Raises RosterFault."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS given_record")
        cursor.execute(CREATE_GIVEN)
        given = (
            (row.number, row.sourced_id, row.is_gone, json.dumps(row.fields))
            for row in rows
        )
        copy_in(cursor, "COPY given_record", RecordRow._fields, given)
        # Autovacuum sees no temporary table, so the planner would guess.
        cursor.execute("CREATE INDEX ON given_record (sourced_id)")
        cursor.execute("ANALYZE given_record")
        _refuse_without_bulk(cursor, file, form, mode)
        faults = _drop_twice(cursor, file, form)
        faults += _check_references(cursor, file, form, mode)
        losses = []
        if form.kind == Kind.ENROLLMENT and mode == Mode.BULK:
            cursor.execute(LOST_ENROLLMENTS, {"today": today.isoformat()})
            losses.append(Loss("enrollments", *cursor.fetchone()))
        # Measured above, before anything of the last files is gone.
        drop = DROP_ALL_OTHERS if mode == Mode.BULK else DROP_GONE
        cursor.execute(drop, {"kind": form.kind.value})
        cursor.execute(KEEP, {"kind": form.kind.value})
        if form.kind == Kind.USER:
            cursor.execute(NOTE_ROWS)
        cursor.execute("ANALYZE roster_onerosterrecord")
    return Kept(faults, losses)


def student_rows(
    *,
    has_courses: bool,
    columns: frozenset[str],
    today: date,
) -> IO[str]:
    """The students that all records together say, in a file to be read by
    ``read_student_rows``. ``columns``: of ours, those that the files have.

    In a file, because the database cannot be asked for rows while it takes others.
    """
    out = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
    writer = csv.writer(out)
    with connection.chunked_cursor() as cursor:
        cursor.execute(STUDENTS, {"today": today.isoformat()})
        for number, sourced_id, fields, courses, sections in cursor:
            said = json.loads(fields) if isinstance(fields, str) else fields
            cells = _cells(said, sourced_id, columns)
            if has_courses:
                cells["courses"] = courses or ""
                cells["sections"] = sections or ""
            writer.writerow([number, json.dumps(cells)])
    out.seek(0)
    return out


def read_student_rows(rows: IO[str]) -> Iterator[RosterRow]:
    """Once; the file is closed at its end."""
    with rows:
        for number, cells in csv.reader(rows):
            yield RosterRow(int(number), json.loads(cells))


def has_records(kind: Kind) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_KNOWN, [kind.value])
        [is_known] = cursor.fetchone()
    return bool(is_known)


def forget_records() -> None:
    """After an undo: the next files must be bulk."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM roster_onerosterrecord")


def _cells(
    fields: Mapping[str, str], sourced_id: str, columns: frozenset[str]
) -> dict[str, str | None]:
    """A user as a row of our columns."""
    cells: dict[str, str | None] = {
        name: fields.get(name, "") for name in sorted(columns)
    }
    cells["institutional_id"] = institutional_id_of(fields, sourced_id)
    # Exports that know one number write it into both.
    landline = _digits(cells.get("landline"))
    if landline and landline == _digits(cells.get("mobile")):
        cells["landline"] = ""
    return cells


def _digits(phone: str | None) -> str:
    """Without the country's 1 and what people write between them."""
    digits = "".join(char for char in phone or "" if char.isdecimal())
    return digits[-10:]


def _refuse_without_bulk(
    cursor: Any,
    file: str,
    form: FileForm,
    mode: Mode,
) -> None:
    if mode != Mode.DELTA or form.kind != Kind.USER or has_records(form.kind):
        return
    reason = (
        "is a delta, and there is nothing that it could change. Send bulk files once;"
        " deltas may follow."
    )
    raise RosterFault([ImportFault(0, "", "", reason, file)])


def _drop_twice(cursor: Any, file: str, form: FileForm) -> list[ImportFault]:
    """Of rows with one sourcedId the first stays; of two users that differ nobody knows
    which counts.
    """
    cursor.execute(ROWS_TWICE)
    found = cursor.fetchall()
    stops: list[ImportFault] = []
    faults: list[ImportFault] = []
    for number, sourced_id, first, is_same in found:
        reason = f"is in the file twice, in row {first} too."
        fault = ImportFault(number, "sourcedId", sourced_id, reason, file)
        if form.kind == Kind.USER and not is_same:
            stops.append(fault._replace(reason=f"{reason} They differ: keep one."))
        else:
            left_out = f"{reason} The row was left out."
            faults.append(fault._replace(reason=left_out))
    if stops:
        raise RosterFault(stops)
    cursor.execute(DROP_TWICE, [[number for number, *_ in found]])
    return faults[:MAX_FAULTS_OF_A_KIND]


def _check_references(
    cursor: Any,
    file: str,
    form: FileForm,
    mode: Mode,
) -> list[ImportFault]:
    """Rows that name what is in no file are reported, and mean nothing for it. Raises
    RosterFault when they are many in a bulk file: the files do not belong together.
    """
    is_telling = form.kind == Kind.ENROLLMENT and mode == Mode.BULK
    cursor.execute(COUNT_GIVEN)
    [rows] = cursor.fetchone()
    faults: list[ImportFault] = []
    for name, kind in form.refers.items():
        cursor.execute(UNKNOWN, {"name": name, "kind": kind.value})
        unknown = cursor.fetchall()
        if is_telling and len(unknown) > rows * MAX_UNKNOWN:
            words = (
                f"names {len(unknown):,} of {rows:,} times a {kind} that is in no file."
                " Do the files belong together? Export all of them again."
            )
            raise RosterFault([ImportFault(0, "", "", words, file)])
        column = form.kept[name]
        reason = f"is no {kind} of these files. The row says nothing about it."
        faults += [
            ImportFault(number, column, id, reason, file)
            for number, id in unknown[:MAX_FAULTS_OF_A_KIND]
        ]
    return faults
