"""Which student each row of a roster is about; and the rows that
would make somebody a second time.

The rows are in the temporary table ``given_student`` (saving.py). A row is about the
student with its id. Where nobody has it, a student whose id differs only in zeros or
capitals is meant, if a name, the email or the mobile agrees. What then is left is new,
unless it looks like somebody who is there.
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are their
# common parts

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from quadline.roster.faults import ImportFault
from quadline.roster.likely_duplicates import PersonFacts
from quadline.roster.searching import folded_for_search

_Pair = tuple[PersonFacts, PersonFacts]  # a row, and who it may be
CANDIDATES = 5  # students with one email or phone who are looked at

MATCH_IDS = """
    CREATE TEMP TABLE given_match ON COMMIT DROP AS
    SELECT given.number, student.id AS student_id, given.institutional_id AS kept_id
    FROM given_student AS given JOIN roster_student AS student USING (institutional_id)
"""
INDEX_MATCHES = "CREATE INDEX ON given_match (student_id)"
NEW_ROWS = (
    "SELECT given.* FROM given_student AS given LEFT JOIN given_match USING (number)"
    " WHERE student_id IS NULL"
)
# OFFSET 0: looked up row by row, whatever statistics say (docs/adr/0020).
BY_KEY = f"""
    WITH new AS MATERIALIZED ({NEW_ROWS})
    SELECT
        new.number, new.institutional_id, new.first_name, new.last_name,
        new.preferred_name, new.email, new.mobile,
        student.id, student.institutional_id, student.first_name, student.last_name,
        student.preferred_name, student.email, student.mobile,
        EXISTS (SELECT FROM given_match WHERE student_id = student.id OFFSET 0)
    FROM new
    CROSS JOIN LATERAL (
        SELECT * FROM roster_student WHERE id_key = new.id_key OFFSET 0
    ) AS student
    ORDER BY new.number, student.id
"""
ADD_MATCHES = """
    INSERT INTO given_match (number, student_id, kept_id)
    SELECT * FROM unnest(%s::int[], %s::bigint[], %s::text[])
"""
# One candidate of each kind for a row, however many share an email or a phone: a file
# of placeholders stays linear.
THERE_ALREADY = f"""
    WITH new AS MATERIALIZED ({NEW_ROWS}),
    by_email AS (
        SELECT
            email,
            (array_agg(student.id ORDER BY student.id))[1:{CANDIDATES}] AS ids
        FROM roster_student AS student
        WHERE email <> '' AND email IN (SELECT email FROM new)
        GROUP BY email
    ),
    by_mobile AS (
        SELECT
            mobile,
            (array_agg(student.id ORDER BY student.id))[1:{CANDIDATES}] AS ids
        FROM roster_student AS student
        WHERE mobile <> '' AND mobile IN (SELECT mobile FROM new)
        GROUP BY mobile
    ),
    pair AS (
        SELECT number, unnest(ids) AS student_id FROM new JOIN by_email USING (email)
        UNION
        SELECT number, unnest(ids) FROM new JOIN by_mobile USING (mobile)
    )
    SELECT
        new.number, new.institutional_id, new.first_name, new.last_name,
        new.preferred_name, new.email, new.mobile,
        student.id, student.institutional_id, student.first_name, student.last_name,
        student.preferred_name, student.email, student.mobile,
        false
    FROM pair
    JOIN new USING (number)
    JOIN roster_student AS student ON student.id = pair.student_id
    ORDER BY new.number, student.id
"""
# Of rows that may be one person's the best stays: in one order for all, so that none is
# left out for one that is too.
BEST = "student_id IS NULL, length(institutional_id) DESC, number"
IN_THE_FILE = f"""
    WITH whole AS MATERIALIZED (
        SELECT
            given.*,
            student_id IS NULL AS is_new,
            first_value(number) OVER (PARTITION BY id_key ORDER BY {BEST}) AS of_key,
            first_value(number) OVER (PARTITION BY email ORDER BY {BEST}) AS of_email,
            first_value(number) OVER (PARTITION BY mobile ORDER BY {BEST}) AS of_mobile,
            first_value(number)
                OVER (PARTITION BY mobile, name_key ORDER BY {BEST}) AS of_name
        FROM given_student AS given
        LEFT JOIN given_match USING (number)
    ),
    pair AS (
        SELECT number, of_key AS other
        FROM whole
        WHERE is_new AND number <> of_key
        UNION
        SELECT number, of_email
        FROM whole
        WHERE is_new AND email <> '' AND number <> of_email
        UNION
        SELECT number, of_mobile
        FROM whole
        WHERE is_new AND mobile <> '' AND number <> of_mobile
        UNION
        SELECT number, of_name
        FROM whole
        WHERE is_new AND mobile <> '' AND number <> of_name
    )
    SELECT
        new.number, new.institutional_id, new.first_name, new.last_name,
        new.preferred_name, new.email, new.mobile,
        other.number, other.institutional_id, other.first_name, other.last_name,
        other.preferred_name, other.email, other.mobile,
        other.id_key = new.id_key
    FROM pair
    JOIN given_student AS new USING (number)
    JOIN given_student AS other ON other.number = pair.other
    ORDER BY new.number, other.number
"""
STANDS_FOR = (
    "CREATE TEMP TABLE given_twin (institutional_id text, stands_for text)"
    " ON COMMIT DROP"
)
DROP_DUPLICATES = """
    WITH gone AS (
        DELETE FROM given_student
        USING unnest(%s::int[], %s::text[]) AS twin (number, stands_for)
        WHERE given_student.number = twin.number
        RETURNING given_student.institutional_id, twin.stands_for
    )
    INSERT INTO given_twin SELECT institutional_id, stands_for FROM gone
"""
DROP_EMAILS = """
    UPDATE given_student AS given
    SET email = '',
        search_text = replace(search_text, ' ' || doubted.words, '')
    FROM unnest(%s::int[], %s::text[]) AS doubted (number, words)
    WHERE given.number = doubted.number
"""
NAMELESS = f"""
    WITH nameless AS (
        SELECT number
        FROM ({NEW_ROWS}) AS new
        WHERE coalesce(first_name, '') = ''
          AND coalesce(last_name, '') = ''
          AND coalesce(preferred_name, '') = ''
    )
    DELETE FROM given_student
    USING nameless
    WHERE given_student.number = nameless.number
    RETURNING given_student.number, given_student.institutional_id
"""


def match_rows(cursor: Any) -> list[ImportFault]:
    """Leave in ``given_student`` the rows that are to be, and in ``given_match`` whose
    they are. Returns what was left out.
    """
    cursor.execute("ANALYZE given_student")
    cursor.execute(MATCH_IDS)
    cursor.execute(INDEX_MATCHES)
    cursor.execute(STANDS_FOR)
    faults = list(_match_by_key(cursor))
    faults += _leave_out_duplicates(cursor, THERE_ALREADY, "a student who is there")
    faults += _leave_out_duplicates(cursor, IN_THE_FILE, "another row")
    cursor.execute(NAMELESS)
    why = "has no name, and nobody with this ID is there. The row was left out."
    for number, id in cursor.fetchall():
        faults.append(ImportFault(number, "institutional_id", id, why))
    return faults


def _match_by_key(cursor: Any) -> Iterator[ImportFault]:
    cursor.execute(BY_KEY)
    matches: dict[int, tuple[int, str]] = {}
    duplicates: dict[int, tuple[str, str]] = {}
    taken: set[int] = set()
    for row, student, is_taken in _pairs(cursor):
        if row.place in matches:
            continue
        # two rows are never one student, however much they agree
        is_free = not is_taken and student.place not in taken
        if is_free and row.agrees_with(student):
            kept_id = _fuller(row.institutional_id, student.institutional_id)
            matches[row.place] = student.place, kept_id
            taken.add(student.place)
            duplicates.pop(row.place, None)
        else:
            duplicates[row.place] = row.institutional_id, student.institutional_id
    _add_matches(cursor, matches)
    _drop(cursor, {number: other for number, (_, other) in duplicates.items()})
    for number, (id, other) in duplicates.items():
        reason = f"is the ID {other} but for zeros or capitals. The row was left out."
        yield ImportFault(number, "institutional_id", id, reason)


def _add_matches(cursor: Any, matches: Mapping[int, tuple[int, str]]) -> None:
    """``matches``: by the row's number, the student and the id that they keep."""
    numbers = list(matches)
    students = [student for student, _ in matches.values()]
    kept_ids = [kept_id for _, kept_id in matches.values()]
    cursor.execute(ADD_MATCHES, [numbers, students, kept_ids])


def _leave_out_duplicates(
    cursor: Any,
    candidates: str,
    who: str,
) -> list[ImportFault]:
    """Reported and not merged: two conversations and two consents would become one
    by a program's opinion (docs/adr/0018).
    """
    cursor.execute(candidates)
    duplicates: dict[int, _Pair] = {}
    doubted: dict[int, _Pair] = {}
    for row, other, has_its_key in _pairs(cursor):
        if has_its_key or row.is_likely_duplicate_of(other):
            duplicates.setdefault(row.place, (row, other))
            doubted.pop(row.place, None)
        elif row.has_the_email_of(other) and row.place not in duplicates:
            doubted.setdefault(row.place, (row, other))
    stands_for = {
        row.place: other.institutional_id for row, other in duplicates.values()
    }
    _drop(cursor, stands_for)
    _drop_emails(cursor, [row for row, _ in doubted.values()])
    faults = [_duplicate_fault(row, other, who) for row, other in duplicates.values()]
    faults += [_email_fault(row, other) for row, other in doubted.values()]
    return faults


def _duplicate_fault(
    row: PersonFacts,
    other: PersonFacts,
    who: str,
) -> ImportFault:
    if not row.is_likely_duplicate_of(other):
        alike = "the ID, but for zeros or capitals,"
    elif row.has_the_email_of(other):
        alike = "the email"
    else:
        alike = "the mobile and the name"
    reason = (
        f"has {alike} of {who}, {other.institutional_id} ({other.name})."
        " No second student was made."
    )
    return ImportFault(
        row=row.place,
        column="institutional_id",
        value=row.institutional_id,
        reason=reason,
    )


def _email_fault(row: PersonFacts, other: PersonFacts) -> ImportFault:
    reason = (
        f"is the address of {other.institutional_id} ({other.name}) too."
        " It was left empty."
    )
    return ImportFault(
        row=row.place,
        column="email",
        value=row.email or "",
        reason=reason,
    )


def _pairs(cursor: Any) -> Iterable[tuple[PersonFacts, PersonFacts, bool]]:
    """A row, who it may be, and what the statement says of the two."""
    width = len(PersonFacts._fields)
    for found in cursor.fetchall():
        row = PersonFacts(*found[:width])
        other = PersonFacts(*found[width:-1])
        yield row, other, found[-1]


def _drop(cursor: Any, duplicates: dict[int, str]) -> None:
    """``twins``: by the row's number, the id that a caseload row then means."""
    numbers = list(duplicates)
    stands_for = list(duplicates.values())
    cursor.execute(DROP_DUPLICATES, [numbers, stands_for])


def _drop_emails(cursor: Any, rows: Sequence[PersonFacts]) -> None:
    numbers = [row.place for row in rows]
    words = [folded_for_search(row.email or "") for row in rows]
    cursor.execute(DROP_EMAILS, [numbers, words])


def _fuller(given: str, known: str) -> str:
    """The id with its zeros: a spreadsheet takes them away and never adds any."""
    if not given.isdecimal():
        return known
    if known.isdecimal() and len(known) >= len(given):
        return known
    return given
