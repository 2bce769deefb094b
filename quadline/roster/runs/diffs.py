"""What an import changes, student by student and field by field, kept beside its run.

It is collected in a table of the transaction and copied out: a trial is taken back and
its diff stays. ``digest`` tells whether two diffs say the same.
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are the
# names of columns

import hashlib
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple

from django.db import connection

from quadline.roster.merged_values import merged
from quadline.roster.rules import CheckedStudent

IN_MEMORY = 8_000_000  # bytes of a diff; what is more lies in a file meanwhile
STUDENT_FIELDS = tuple(CheckedStudent._fields)
DIFF_FIELDS = tuple(name for name in STUDENT_FIELDS if name != "institutional_id")
DIFF_COLUMNS = (
    *("position", "kind", "student_id", "institutional_id", "name", "staff_id"),
    *("has_phone", "before", "after"),
)
CREATE_CHANGES = """
    CREATE TEMP TABLE given_change (
        position serial,
        kind text,
        student_id bigint,
        institutional_id text,
        name text,
        staff_id bigint,
        has_phone boolean DEFAULT false,
        before jsonb,
        after jsonb
    ) ON COMMIT DROP
"""


def _as_object(values: Iterable[tuple[str, str]]) -> str:
    pairs = ", ".join(f"'{name}', {value}" for name, value in values)
    return f"jsonb_build_object({pairs})"


def _name_of(row: str) -> str:
    given = f"coalesce(nullif({row}.preferred_name, ''), {row}.first_name, '')"
    return f"left(btrim({given} || ' ' || coalesce({row}.last_name, '')), 260)"


# What is, and what will be: of a matched row.
_PAIRS = (
    ("institutional_id", "student.institutional_id", "match.kept_id"),
    *((name, f"student.{name}", merged(name)) for name in DIFF_FIELDS),
    ("is_listed", "student.is_listed", "(student.is_listed OR %(is_whole)s)"),
)
_OLD = ", ".join(old for _, old, _ in _PAIRS)
_NEW = ", ".join(new for _, _, new in _PAIRS)
# None of these is ever NULL, so what stays NULL is what does not differ.
_BEFORE = _as_object(
    (name, f"CASE WHEN {old} IS DISTINCT FROM {new} THEN {old} END")
    for name, old, new in _PAIRS
)
_AFTER = _as_object(
    (name, f"CASE WHEN {old} IS DISTINCT FROM {new} THEN {new} END")
    for name, old, new in _PAIRS
)
_MADE = _as_object(
    (
        *((name, f"given.{name}") for name in STUDENT_FIELDS),
        ("is_listed", "%(is_whole)s::boolean"),
    )
)
ADD_NEW = f"""
    INSERT INTO given_change (kind, institutional_id, name, has_phone, after)
    SELECT
        'new', given.institutional_id, {_name_of("given")},
        coalesce(given.mobile, '') <> '', jsonb_strip_nulls({_MADE})
    FROM given_student AS given
    LEFT JOIN given_match USING (number)
    WHERE student_id IS NULL
    ORDER BY given.institutional_id
"""
# The former phones of those whose mobile is another are kept as they were: an undo puts
# them back.
ADD_CHANGED = f"""
    WITH differing AS MATERIALIZED (
        SELECT
            student.id, student.institutional_id, {_name_of("student")} AS name,
            jsonb_strip_nulls({_BEFORE}) AS before,
            jsonb_strip_nulls({_AFTER}) AS after
        FROM given_match AS match
        JOIN given_student AS given USING (number)
        JOIN roster_student AS student ON student.id = match.student_id
        WHERE ({_OLD}) IS DISTINCT FROM ({_NEW})
    )
    INSERT INTO given_change
        (kind, student_id, institutional_id, name, has_phone, before, after)
    SELECT
        CASE WHEN after = '{{"is_listed": true}}' THEN 'listed' ELSE 'changed' END,
        id, institutional_id, name, jsonb_exists(after, 'mobile'),
        CASE WHEN jsonb_exists(after, 'mobile')
            THEN before || jsonb_build_object('former_phones', (
                SELECT coalesce(jsonb_agg(jsonb_build_array(phone, left_at, stop_counts)
                    ORDER BY phone), '[]')
                FROM roster_formerphone WHERE student_id = differing.id
            ))
            ELSE before
        END,
        after
    FROM differing
    ORDER BY institutional_id
"""
ADD_LEAVING = f"""
    INSERT INTO given_change
        (kind, student_id, institutional_id, name, before, after)
    SELECT
        'leaving', student.id, student.institutional_id, {_name_of("student")},
        '{{"is_listed": true}}', '{{"is_listed": false}}'
    FROM roster_student AS student
    WHERE is_listed AND NOT EXISTS (
        SELECT FROM given_match WHERE student_id = student.id OFFSET 0
    )
    ORDER BY student.institutional_id
"""
# A student that the run itself makes has no number yet that could be kept.
_STUDENT = """
    CASE WHEN EXISTS (
        SELECT FROM given_change AS made
        WHERE made.kind = 'new'
          AND made.institutional_id = student.institutional_id
    ) THEN NULL ELSE student.id END
"""
ADD_CASELOAD = f"""
    WITH wanted AS (
        SELECT DISTINCT ON (staff_id, student_id) staff_id, student_id, relation
        FROM given_pair
        ORDER BY staff_id, student_id, handed_over_id NULLS FIRST, number DESC
    ),
    there AS (
        SELECT staff_id, student_id, relation
        FROM roster_caseloadentry
        WHERE id IN (SELECT id FROM given_decided)
    )
    INSERT INTO given_change
        (kind, student_id, institutional_id, name, staff_id, before, after)
    SELECT
        'caseload', {_STUDENT}, student.institutional_id, {_name_of("student")},
        staff_id,
        CASE WHEN there.relation IS NOT NULL
            THEN jsonb_build_object('relation', there.relation) END,
        CASE WHEN wanted.relation IS NOT NULL
            THEN jsonb_build_object('relation', wanted.relation) END
    FROM wanted
    FULL JOIN there USING (staff_id, student_id)
    JOIN roster_student AS student ON student.id = student_id
    WHERE wanted.relation IS DISTINCT FROM there.relation
    ORDER BY staff_id, student.institutional_id
"""
COUNT_CHANGES = """
    SELECT
        count(*) FILTER (WHERE kind = 'new'),
        count(*) FILTER (WHERE kind = 'changed'),
        count(*) FILTER (WHERE kind = 'listed'),
        count(*) FILTER (WHERE kind = 'leaving'),
        count(*) FILTER (WHERE kind = 'caseload'),
        count(*) FILTER (WHERE kind = 'changed' AND has_phone)
    FROM given_change
"""
COPY_OUT = f"""
    COPY (SELECT {", ".join(DIFF_COLUMNS)} FROM given_change ORDER BY position)
    TO STDOUT
"""
DIFF_KINDS = ("new", "changed", "listed", "leaving", "caseload", "phones")


class Diff(NamedTuple):
    """``rows``: as COPY writes them, to be closed. ``counts``: by DIFF_KINDS."""

    rows: IO[bytes]
    digest: str
    counts: dict[str, int]

    def close(self) -> None:
        self.rows.close()


def begin_diff(cursor: Any) -> None:
    """An empty diff for this transaction."""
    cursor.execute("DROP TABLE IF EXISTS given_change")
    cursor.execute(CREATE_CHANGES)


def add_students(
    cursor: Any,
    *,
    is_whole: bool,
) -> None:
    """Before the compared students are saved (saving.py)."""
    cursor.execute(ADD_NEW, {"is_whole": is_whole})
    cursor.execute(ADD_CHANGED, {"is_whole": is_whole})
    if is_whole:
        cursor.execute(ADD_LEAVING)


def add_caseloads(cursor: Any) -> None:
    """Before the matched pairs are saved (assigning.py)."""
    cursor.execute(ADD_CASELOAD)


def collect_diff() -> Diff:
    """What was added, out of the database: it stays when the import is taken back."""
    rows: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CHANGES)
        counts = dict(zip(DIFF_KINDS, cursor.fetchone(), strict=True))
        with cursor.copy(COPY_OUT) as copy:
            for piece in copy:
                digest.update(piece)
                rows.write(piece)
    rows.seek(0)
    return Diff(rows, digest.hexdigest(), counts)


def keep_diff(run_id: int, diff: Diff) -> None:
    """Beside the run, in place of one that it had."""
    columns = ", ".join(DIFF_COLUMNS)
    # By way of a table without the run: COPY fills no column by itself.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM roster_rosterchange WHERE run_id = %s", [run_id])
        cursor.execute("DROP TABLE IF EXISTS kept_change")
        cursor.execute(
            f"CREATE TEMP TABLE kept_change ON COMMIT DROP AS SELECT {columns}"
            " FROM roster_rosterchange WITH NO DATA"
        )
        with cursor.copy(f"COPY kept_change ({columns}) FROM STDIN") as copy:
            while piece := diff.rows.read(1 << 16):
                copy.write(piece)
        cursor.execute(
            f"INSERT INTO roster_rosterchange (run_id, {columns})"
            f" SELECT %s, {columns} FROM kept_change",
            [run_id],
        )
