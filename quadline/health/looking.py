"""Gather the facts of every check and ask its law: a handful of statements, none of
which reads a whole table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from quadline import clock
from quadline.college.current import college_settings
from quadline.delivery.failure_policy import COLLEGE_REASONS
from quadline.delivery.outbox.carrier_outage import recent_contact
from quadline.emails.outgoing import UNSENT_BACKEND
from quadline.health import checks
from quadline.health.facts import (
    CallbackFacts,
    CarrierFacts,
    DatabaseFacts,
    MailFacts,
    Queue,
    SourceFacts,
    WorkerFacts,
)
from quadline.health.rules import Finding, HealthLevel
from quadline.roster.models import RosterSource

BEFORE_ANY = datetime(2000, 1, 1, tzinfo=UTC)
FAILED_LATELY = timedelta(days=1)
ONE_HOUR = timedelta(hours=1)
MAX_CALLBACK_GAP = timedelta(days=7)  # as far back as replies are looked for
# Receipts of a text come within seconds; ten minutes leave room for a slow network.
CALLBACK_DUE_AFTER = timedelta(minutes=10)
RECENT_TEXTS = timedelta(hours=2)

# A worker that ended in order takes its row along: then the timetable says when one
# last ran. It keeps one row for each of its jobs.
WORKERS = """
    SELECT
        (SELECT max(last_heartbeat) FROM procrastinate_workers),
        (SELECT to_timestamp(max(defer_timestamp)) FROM procrastinate_periodic_defers
         WHERE defer_timestamp <= extract(epoch FROM %(now)s::timestamptz))
"""
LOG_READINGS = """
    SELECT read_at, failed_at, why FROM webhooks_logreading
    ORDER BY GREATEST(read_at, failed_at) DESC NULLS LAST LIMIT 1
"""
TURNED_DOWN = """
    SELECT count(*), (array_agg(detail))[1] FROM conversations_message
    WHERE created_at > %(hour)s AND direction = 'outbound' AND channel = 'text'
      AND reason = ANY(%(reasons)s::text[])
"""
# The doors are above this room, so only their table is asked. Its newest rows by id:
# an index by time would cost each callback that comes.
CALLBACK_FACTS = """
    SELECT
        max(received_at) FILTER (WHERE kind = 'status'),
        count(*) FILTER (WHERE is_reply AND read_from = 'log'),
        count(*) FILTER (WHERE is_reply AND read_from IS NULL)
    FROM (
        SELECT
            kind,
            received_at,
            content ->> 'read_from' AS read_from,
            kind = 'inbound' AND received_at > %(hour)s AS is_reply
        FROM webhooks_carrierevent ORDER BY id DESC LIMIT 5000
    ) AS newest
"""
# A text may have waited a day for its number before it left.
LEFT_SINCE = """
    SELECT count(*), min(sent_at) FROM (
        SELECT sent_at FROM conversations_message
        WHERE created_at > %(since)s::timestamptz - interval '1 day'
          AND direction = 'outbound' AND channel = 'text' AND carrier_message_id <> ''
          AND sent_at > %(since)s AND sent_at <= %(until)s
        ORDER BY created_at LIMIT 1000
    ) AS gone
"""
SILENT = """
    SELECT count(*) FILTER (WHERE status = 'sent'), count(*) FROM (
        SELECT status FROM conversations_message
        WHERE created_at > %(since)s
          AND direction = 'outbound' AND channel = 'text' AND carrier_message_id <> ''
          AND sent_at <= %(until)s
        ORDER BY created_at DESC LIMIT 1000
    ) AS gone
"""
EMAILS = """
    WITH taken AS (
        SELECT max(sent_at) AS at FROM (
            SELECT sent_at FROM delivery_outgoingemail ORDER BY id DESC LIMIT 500
        ) AS newest
    )
    SELECT
        (SELECT at FROM taken),
        count(*),
        min(created_at),
        min(created_at) FILTER (
            WHERE created_at > COALESCE((SELECT at FROM taken), '-infinity')
        ),
        COALESCE((array_agg(detail ORDER BY created_at DESC))[1], '')
    FROM delivery_outgoingemail WHERE due_at IS NOT NULL AND tries > 0
"""
# Jobs of the timetable in the same queue send nothing themselves.
LETTERS = """
    SELECT count(*), min(first.at), min(first.at) FILTER (WHERE first.at > %(taken)s)
    FROM procrastinate_jobs AS job
    CROSS JOIN LATERAL (
        SELECT min(at) AS at FROM procrastinate_events WHERE job_id = job.id
    ) AS first
    WHERE job.status = 'todo' AND job.queue_name = 'letters' AND job.attempts > 0
      AND NOT job.args ? 'timestamp'
"""
DATABASE = """
    SELECT
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
        current_setting('max_connections')::int,
        COALESCE((
            SELECT max(clock_timestamp() - state_change) FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        ), interval '0')
"""
SINGLE_TEXTS = """
    SELECT count(*), min(message.due_at) FROM conversations_message AS message
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    WHERE number.state = 'active' AND NOT message.is_bulk AND message.due_at < %(now)s
"""
# A broadcast's texts are due together and leave at their number's rate: they are late
# only when none leaves any more.
BULK_TEXTS = """
    SELECT
        count(*),
        GREATEST(
            min(message.due_at),
            (SELECT started_at FROM delivery_attempt ORDER BY id DESC LIMIT 1)
        )
    FROM conversations_message AS message
    JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    WHERE number.state = 'active' AND message.is_bulk AND message.due_at < %(now)s
"""
RECEIPTS = """
    SELECT count(*), min(received_at) FROM webhooks_carrierevent
    WHERE applied_at IS NULL
"""
DUE_EMAILS = """
    SELECT count(*), min(due_at) FROM delivery_outgoingemail WHERE due_at < %(now)s
"""
IN_DOUBT = """
    SELECT count(*), min(next_look_at) FROM delivery_attempt
    WHERE outcome = 'unknown' AND next_look_at < %(now)s
"""
ROWS_THAT_WAIT = (
    ("text", "texts", SINGLE_TEXTS),
    ("text of a broadcast", "texts of broadcasts", BULK_TEXTS),
    ("callback to apply", "callbacks to apply", RECEIPTS),
    ("email to a student", "emails to students", DUE_EMAILS),
    ("text to look up", "texts to look up", IN_DOUBT),
)
JOBS = """
    SELECT
        due.queue_name,
        due.count,
        LEAST(
            due.scheduled,
            (SELECT min(at) FROM procrastinate_events WHERE job_id = due.first)
        )
    FROM (
        SELECT
            queue_name,
            count(*) AS count,
            min(scheduled_at) AS scheduled,
            min(id) FILTER (WHERE scheduled_at IS NULL) AS first
        FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at < %(now)s)
        GROUP BY queue_name
    ) AS due
"""
FAILED_JOBS = """
    SELECT count(*) FROM procrastinate_jobs AS job
    WHERE job.status = 'failed' AND EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'failed' AND event.at > %(day)s
    )
"""


def look_at_everything(now: datetime | None = None) -> list[Finding]:
    """Every check as it stands, the one for the whole page first."""
    now = on_campus(now or clock.now())
    workers = checks.check_workers(_workers(now), now=now)
    has_worker = workers.level is HealthLevel.GREEN
    return [
        checks.check_carrier(_carrier(now), now=now, has_worker=has_worker),
        checks.check_callbacks(_callbacks(now), now=now),
        checks.check_mail(_mail(), now=now, has_worker=has_worker),
        workers,
        checks.check_queues(
            _queues(now),
            failed_jobs=_row(FAILED_JOBS, day=now - FAILED_LATELY)[0],
            late_after=timedelta(minutes=college_settings().late_after_minutes),
            now=now,
        ),
        checks.check_rosters(_sources(), now=now),
        checks.check_database(DatabaseFacts(*_row(DATABASE))),
    ]


def look_at_workers(now: datetime | None = None) -> Finding:
    """The one check that no worker can make: for every page of an administrator."""
    now = on_campus(now or clock.now())
    return checks.check_workers(_workers(now), now=now)


def on_campus(at: datetime) -> datetime:
    """Sentences say times by the campus clock."""
    return at.astimezone(college_settings().zone)


def _workers(now: datetime) -> WorkerFacts:
    return WorkerFacts(*_row(WORKERS, now=now))


def _carrier(now: datetime) -> CarrierFacts:
    readings = _rows(LOG_READINGS)
    asked_at, refused_at, why = readings[0] if readings else (None, None, "")
    contact = recent_contact()
    turned_down, words = _row(
        TURNED_DOWN, hour=now - ONE_HOUR, reasons=sorted(COLLEGE_REASONS)
    )
    return CarrierFacts(
        asked_at=asked_at,
        refused_at=refused_at,
        why=why,
        taken_at=contact.taken_at,
        failing=contact.failing,
        failing_since=contact.failing_since,
        failed_at=contact.failed_at,
        turned_down=turned_down,
        turned_down_words=words or "",
    )


def _callbacks(now: datetime) -> CallbackFacts:
    came_at, fetched, called = _row(CALLBACK_FACTS, hour=now - ONE_HOUR)
    until = now - CALLBACK_DUE_AFTER
    earliest = now - MAX_CALLBACK_GAP
    left, left_since = _row(
        LEFT_SINCE, since=max(came_at or earliest, earliest), until=until
    )
    silent, recent = _row(SILENT, since=now - RECENT_TEXTS, until=until)
    return CallbackFacts(
        came_at=came_at,
        left=left,
        left_since=left_since,
        fetched=fetched,
        called=called,
        silent=silent,
        recent=recent,
    )


def _mail() -> MailFacts:
    taken_at, waiting, since, refused_since, why = _row(EMAILS)
    letters, letters_since, letters_refused = _row(
        LETTERS, taken=taken_at or BEFORE_ANY
    )
    return MailFacts(
        is_set_up=settings.EMAIL_BACKEND != UNSENT_BACKEND,
        taken_at=taken_at,
        waiting=waiting,
        waiting_since=_earliest(since, letters_since),
        refused_since=_earliest(refused_since, letters_refused),
        why=why,
        letters=letters,
    )


def _queues(now: datetime) -> list[Queue]:
    found = [
        Queue(one, many, *_row(statement, now=now))
        for one, many, statement in ROWS_THAT_WAIT
    ]
    for name, count, since in _rows(JOBS, now=now):
        found.append(Queue(f"job of {name}", f"jobs of {name}", count, since))
    return found


def _sources() -> list[SourceFacts]:
    active = RosterSource.objects.filter(is_active=True).order_by("name")
    return [
        SourceFacts(*row)
        for row in active.values_list(
            "name", "trouble", "told_at", "arrived_at", "expected_by"
        )
    ]


def _earliest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at), default=None)


def _row(statement: str, **values: Any) -> Any:
    return _rows(statement, **values)[0]


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())
