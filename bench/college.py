"""A college of any size, written by INSERT … SELECT: what is not named takes the
model's own default.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from psycopg import sql

from quadline.accounts.models import Office, User
from quadline.conversations.models import Conversation, Message
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student

WORDS = (
    "Hello, registration opens Monday at 9. Reply if you need help choosing classes."
)
# Not those of a constraint, which DROP INDEX refuses.
DROPPABLE = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %s::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
# So many different ones. Both are primes: a pair comes back only after five million
# students.
FIRST_NAMES, LAST_NAMES = 997, 4999
HELD_ELSEWHERE = (
    "django_migrations",
    "cache",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)


def fill(model: type[Model], source: str, /, **columns: str) -> None:
    """Insert a row for each of ``source``; ``columns`` are SQL expressions over it."""
    values: dict[str, str] = {}
    parameters = []
    fields: list[Any] = list(model._meta.concrete_fields)
    for field in fields:
        given = columns.get(field.name) or columns.get(field.column)
        if given:
            # The driver takes a lone % for a parameter.
            values[field.column] = given.replace("%", "%%")
        elif not _is_filled_by_the_database(field):
            values[field.column] = "%s"
            parameters.append(_default(field))
    table = model._meta.db_table
    names = ", ".join(values)
    chosen = ", ".join(values.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {source}",
            parameters,
        )


def _is_filled_by_the_database(field: Any) -> bool:
    if field.has_db_default():
        return True
    return bool(field.primary_key and not field.has_default())


def _default(field: Any) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return timezone.now()
    return field.get_db_prep_save(field.get_default(), connection)


@contextmanager
def by_the_million(model: type[Model]) -> Iterator[None]:
    """Fill a table of many millions in minutes: its indexes are built afterwards, its
    foreign keys are not asked.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(DROPPABLE, [table])
        indexes = cursor.fetchall()
        # As a replica, PostgreSQL runs no triggers, and so checks no foreign keys.
        cursor.execute(
            "SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"
        )
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET session_replication_role; RESET maintenance_work_mem")


def empty() -> None:
    """Every table of the database but the engine's own."""
    kept = {
        name
        for name in connection.introspection.table_names()
        if name not in HELD_ELSEWHERE
    }
    with connection.cursor() as cursor:
        listed = sql.SQL(", ").join(sql.Identifier(name) for name in sorted(kept))
        cursor.execute(
            sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE")
            .format(listed)
            .as_string(None)
        )


def settle() -> None:
    """Statistics as the database has them after a while, and nothing left to write that
    is not ours.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def staff(count: int, *, now: datetime) -> None:
    """Staff users with an active number each:
    user ``i`` has the id ``i`` and the phone +1734555…
    """
    each = f"generate_series(1, {count}) AS g"
    fill(Office, "(SELECT) AS one", id="1", name="'Advising'", key="'advising'")
    fill(
        User,
        each,
        id="g",
        email="'staff' || g || '@alder.example'",
        name="'Staff ' || g",
        office="1",
    )
    fill(
        SystemNumber,
        each,
        id="g",
        user_id="g",
        phone=f"{staff_phone('g')}",
        reference="gen_random_uuid()",
        state="'active'",
        carrier_number_id="'PN' || g",
        requested_at=f"'{now.isoformat()}'::timestamptz",
        active_at=f"'{now.isoformat()}'::timestamptz",
    )


def first_name(student: int) -> str:
    return f"First{student % FIRST_NAMES}"


def last_name(student: int) -> str:
    return f"Last{student % LAST_NAMES}"


def students(count: int, *, staff: int = 1, whose: str = "") -> None:
    """Students on the caseloads in turn, or on ``whose`` id.

    Student ``i`` has the id ``i`` and the phone +17342…

    Those who text them have them on the caseload: a text to a student who is
    not on it is held, within a minute.
    """
    each = f"generate_series(1, {count}) AS g"
    fill(
        Student,
        each,
        id="g",
        institutional_id="lpad(g::text, 8, '0')",
        first_name=f"'First' || g % {FIRST_NAMES}",
        last_name=f"'Last' || g % {LAST_NAMES}",
        email="'s' || g || '@alder.example'",
        mobile=student_phone("g"),
        search_text=(
            f"concat_ws(' ', 'first' || g % {FIRST_NAMES}, 'last' || g % {LAST_NAMES},"
            " lpad(g::text, 8, '0'), 17342000000 + g)"
        ),
    )
    fill(
        CaseloadEntry,
        each,
        staff_id=whose or f"1 + g % {staff}",
        student_id="g",
        relation="'Primary advisor'",
    )


def conversations(
    count: int, *, now: datetime, staff: int = 1, whose: str = ""
) -> None:
    """One with each student, by the staff user whose caseload they are on, or by
    ``whose`` id; its id is the student's.
    """
    at = f"'{now.isoformat()}'::timestamptz"
    staff_id = whose or f"1 + g % {staff}"
    fill(
        Conversation,
        f"generate_series(1, {count}) AS g",
        id="g",
        staff_id=staff_id,
        student_id="g",
        last_activity_at=at,
    )


def texts(
    count: int, *, status: str, now: datetime, first: int = 1, **columns: str
) -> None:
    """One outbound text in each of so many conversations, from the first on."""
    at = f"'{now.isoformat()}'::timestamptz"
    given = {
        "id": "gen_random_uuid()",
        "conversation_id": "conversation.id",
        "direction": "'outbound'",
        "author_id": "conversation.staff_id",
        "system_number_id": "conversation.staff_id",
        "is_bulk": "true",
        "student_phone": student_phone("conversation.student_id"),
        "body": f"'{WORDS}'",
        "segments": "1",
        "status": f"'{status}'",
        "created_at": at,
    }
    chosen = f"conversation.id BETWEEN {first} AND {first + count - 1}"
    fill(
        Message,
        f"conversations_conversation AS conversation WHERE {chosen}",
        **(given | columns),
    )


def waiting_broadcast(count: int, *, staff_count: int, now: datetime) -> None:
    """A college in which so many texts of a broadcast wait for their turn."""
    staff(staff_count, now=now)
    students(count, staff=staff_count)
    conversations(count, staff=staff_count, now=now)
    texts(
        count,
        status="waiting",
        now=now,
        reason="'turn'",
        due_at=f"'{now.isoformat()}'::timestamptz",
    )


def staff_phone(number: str) -> str:
    return f"'+1734555' || lpad(({number})::text, 4, '0')"


def student_phone(number: str) -> str:
    return f"'+1' || (7342000000 + {number})"
