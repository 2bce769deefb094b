"""No statement of Health reads a large table whole, however much a college has
written.
"""

import json

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from quadline.health.failures import failures_by_reason
from quadline.health.looking import look_at_everything
from quadline.health.opt_outs import opt_outs_by_broadcast
from quadline.health.tests.test_looking import text
from quadline.reports.tests.campus import asked, broadcast_to
from tests.cast import Cast

LARGE = {
    "conversations_message",
    "webhooks_carrierevent",
    "consent_consententry",
    "delivery_attempt",
}
# One every five minutes, back from now: a hundred days.
FILL = (
    """
    INSERT INTO conversations_message (
        id, conversation_id, direction, channel, author_id, system_number_id, is_bulk,
        subject, student_phone, body, notice, segments, status, reason, detail,
        carrier_code, carrier_message_id, created_at, sent_at)
    SELECT gen_random_uuid(), conversation_id, direction, channel, author_id,
        system_number_id, place % 2 = 0, '', '+1734' || (5550000 + place % 900), body,
        '', 1, CASE place % 40 WHEN 1 THEN 'emailed' ELSE 'delivered' END,
        CASE place % 40 WHEN 1 THEN 'landline' ELSE '' END, '', '', 'SM' || place,
        now() - place * interval '5 minutes', now() - place * interval '5 minutes'
    FROM conversations_message, generate_series(1, 30000) AS place
    """,
    """
    INSERT INTO webhooks_carrierevent
        (carrier, kind, key, content, received_at, applied_at, result)
    SELECT 'twilio', 'status', 'k' || place, '{}',
        now() - place * interval '5 minutes', now(), ''
    FROM generate_series(30000, 1, -1) AS place
    """,
    """
    INSERT INTO consent_consententry (
        student_phone, system_phone, change, source, keyword, wording,
        carrier_reference, carrier_message_id, occurred_at)
    SELECT '+1734' || (5550000 + place % 900), '+17342340001', 'opt_out', 'reply',
        'STOP', '', '', '', now() - place * interval '1 hour'
    FROM generate_series(1, 30000) AS place
    """,
    """
    INSERT INTO delivery_attempt (message_id, started_at, outcome, why, looks)
    SELECT id, sent_at, 'accepted', '', 0 FROM conversations_message
    """,
    "ANALYZE",
)


def read_whole(plan: dict[str, object]) -> set[str]:
    """The large tables that a plan reads from end to end."""
    is_whole = plan["Node Type"] in ("Seq Scan", "Parallel Seq Scan")
    found = {str(plan["Relation Name"])} & LARGE if is_whole else set()
    parts = plan.get("Plans", [])
    assert isinstance(parts, list)
    return found.union(*(read_whole(part) for part in parts))


def test_no_large_table_is_read_whole(people: Cast) -> None:
    text(people)
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement)
    now = timezone.now()
    broadcast_to(people.maya, [people.rosa, people.bo], now)
    with CaptureQueriesContext(connection) as queries:
        look_at_everything()
        failures_by_reason(people.ada, asked(period="7"), now=now)
        opt_outs_by_broadcast(people.ada, now=now, days=1, marked_from=5)

    statements = [query["sql"].strip() for query in queries]
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            [[plan]] = cursor.fetchall()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        assert read_whole(plan[0]["Plan"]) == set(), statement
    assert len(statements) <= 24
