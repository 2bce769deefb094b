"""The rows of a caseload file become caseloads, set by
set, in the caller's transaction.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from quadline.roster.cells import CellFault, email, text_cell
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.identity import id_key, read_id
from quadline.roster.runs import diffs
from quadline.roster.saving import Loss, copy_in
from quadline.roster.tables import RosterTable

MAX_RELATION = 80  # characters, as the column has; the rest is cut off
_TORN = "has more cells than columns. Is a comma unquoted?"
_NO_ADDRESS = "is not the address of a staff account. Correct it, or take the row out."


class EntryRow(NamedTuple):
    """A row of caseload.csv, with its number."""

    number: int
    staff_email: str
    institutional_id: str
    id_key: str
    relation: str


GIVEN_ENTRIES = """
    CREATE TEMP TABLE given_entry (
        number integer,
        staff_email text,
        institutional_id text,
        id_key text,
        relation text
    ) ON COMMIT DROP
"""
# There already when the students were matched in this transaction (matching.py).
GIVEN_DUPLICATES = (
    "CREATE TEMP TABLE IF NOT EXISTS given_twin"
    " (institutional_id text, stands_for text) ON COMMIT DROP"
)
# The student with the id; else the one that a row of the students file was left out
# for; else the only one whose id differs in zeros alone.
GIVEN_PAIRS = """
    CREATE TEMP TABLE given_pair ON COMMIT DROP AS
    SELECT
        entry.number, entry.staff_email, entry.institutional_id, entry.relation,
        staff.id AS staff_id,
        coalesce(exact.id, meant.id, alike.id) AS student_id
    FROM given_entry AS entry
    LEFT JOIN accounts_user AS staff ON staff.email = entry.staff_email
    LEFT JOIN roster_student AS exact ON exact.institutional_id = entry.institutional_id
    LEFT JOIN (
        SELECT institutional_id, min(stands_for) AS stands_for
        FROM given_twin
        GROUP BY 1
    ) AS twin ON twin.institutional_id = entry.institutional_id
    LEFT JOIN roster_student AS meant ON meant.institutional_id = twin.stands_for
    LEFT JOIN (
        SELECT id_key, min(id) AS id
        FROM roster_student
        WHERE id_key IN (SELECT id_key FROM given_entry)
        GROUP BY id_key
        HAVING count(*) = 1
    ) AS alike ON alike.id_key = entry.id_key
"""
UNMATCHED = """
    SELECT
        number, staff_email, institutional_id,
        staff_id IS NOT NULL, student_id IS NOT NULL
    FROM given_pair
    WHERE staff_id IS NULL OR student_id IS NULL
    ORDER BY number
"""
# In one order, as students are locked: two who change caseloads at once never wait in
# a ring.
LOCK_STAFF = (
    "SELECT id FROM accounts_user WHERE id IN (SELECT staff_id FROM given_pair)"
    " ORDER BY id FOR NO KEY UPDATE"
)
_LEFT = """
    staff_id IN (SELECT staff_id FROM given_pair)
    AND NOT EXISTS (
        SELECT
        FROM given_pair AS pair
        WHERE pair.staff_id = entry.staff_id AND pair.student_id = entry.student_id
    )
"""
LOST_CASELOAD_ENTRIES = f"""
    SELECT count(*), count(*) FILTER (WHERE {_LEFT})
    FROM roster_caseloadentry AS entry
    WHERE staff_id IN (SELECT staff_id FROM given_pair)
"""  # noqa: S608  # no value in it
DROP_LEFT = f"""
    DELETE FROM roster_caseloadentry AS entry WHERE {_LEFT}
"""  # noqa: S608  # no value in it
# What is already as it should be is not written again.
MERGE_PAIRS = """
    INSERT INTO roster_caseloadentry AS entry (staff_id, student_id, relation)
    SELECT DISTINCT ON (staff_id, student_id) staff_id, student_id, relation
    FROM given_pair
    ORDER BY staff_id, student_id, number DESC
    ON CONFLICT (staff_id, student_id) DO UPDATE
        SET relation = excluded.relation
        WHERE entry.relation <> excluded.relation
"""
COUNT_PAIRS = (
    "SELECT count(*)"
    " FROM (SELECT DISTINCT staff_id, student_id FROM given_pair) AS pair"
)


class Assigned(NamedTuple):
    """``entries``: of the staff who are named, as they are
    now; ``loss``: of those they had.
    """

    entries: int
    loss: Loss


def assign(table: RosterTable) -> Assigned:
    """Make the caseloads of the staff who are named exactly what the rows say; of a
    pair that comes twice the last counts.

    Raises RosterFault with every row that names somebody we do not have; then nothing
    is written.
    """
    stops: list[ImportFault] = []
    with connection.cursor() as cursor:
        # ON COMMIT DROP is too late for a second import in the same transaction.
        cursor.execute("DROP TABLE IF EXISTS given_entry, given_pair")
        cursor.execute(GIVEN_ENTRIES)
        rows = _entries(table, stops)
        given = copy_in(cursor, "COPY given_entry", EntryRow._fields, rows)
        if not given and not stops:
            reason = "has no rows under its header. Nothing was changed."
            stops.append(ImportFault(0, "", "", reason, table.file))
        if stops:
            raise RosterFault(stops)
        # Analyzed here: autovacuum sees no temporary table, so the planner would guess.
        for statement in (
            "ANALYZE given_entry",
            GIVEN_DUPLICATES,
            GIVEN_PAIRS,
            UNMATCHED,
        ):
            cursor.execute(statement)
        for row in cursor.fetchall():
            stops += _unmatched(table.file, row)
        if stops:
            raise RosterFault(stops)
        cursor.execute(LOCK_STAFF)
        # Before anything is deleted: the loss is measured by what the staff had.
        cursor.execute(LOST_CASELOAD_ENTRIES)
        loss = Loss("caseload rows", *cursor.fetchone())
        diffs.add_caseloads(cursor)
        cursor.execute(DROP_LEFT)
        cursor.execute(MERGE_PAIRS)
        cursor.execute(COUNT_PAIRS)
        [entries] = cursor.fetchone()
    return Assigned(entries, loss)


def _entries(table: RosterTable, stops: list[ImportFault]) -> Iterator[EntryRow]:
    """What can be read; what cannot is added to ``stops``."""
    for number, cells, is_torn in table.rows():
        if is_torn:
            stops.append(ImportFault(number, "", "", _TORN, table.file))
            continue
        given_id = cells["institutional_id"] or ""
        given_email = cells["staff_email"] or ""
        whose = read_id(given_id)
        address = _address(given_email)
        if whose.fault:
            stops.append(
                ImportFault(
                    number, "institutional_id", given_id, whose.fault, table.file
                )
            )
        if not address:
            stops.append(
                ImportFault(number, "staff_email", given_email, _NO_ADDRESS, table.file)
            )
        if address and not whose.fault:
            yield EntryRow(
                number=number,
                staff_email=address,
                institutional_id=whose.kept,
                id_key=id_key(whose.kept),
                relation=_relation(cells.get("relation") or ""),
            )


def _address(cell: str) -> str:
    try:
        return email(cell)
    except CellFault:
        return ""


def _relation(cell: str) -> str:
    # Nothing is decided by a relation: a bad cell costs that cell, not the row.
    try:
        return text_cell(cell, 10_000)[:MAX_RELATION]
    except CellFault:
        return ""


def _unmatched(
    file: str, row: tuple[int, str, str, bool, bool]
) -> Iterator[ImportFault]:
    number, address, id, has_staff, has_student = row
    if not has_staff:
        reason = "is no staff account. Make the account first, or correct the address."
        yield ImportFault(
            row=number,
            column="staff_email",
            value=address,
            reason=reason,
            file=file,
        )
    if not has_student:
        reason = (
            "is the ID of no student."
            " Put the student into the students file, or take the row out."
        )
        yield ImportFault(
            row=number,
            column="institutional_id",
            value=id,
            reason=reason,
            file=file,
        )
