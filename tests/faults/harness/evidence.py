"""What is left when it is over, gathered once: the rows, the carrier's ledger, the
mailboxes. No code of the product's.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from tests.faults.harness.stage import Stage

Row = dict[str, Any]
TOKEN = re.compile(r"\[[a-z]\d+-\d{4}\]")
MESSAGES = """
    SELECT message.id::text, message.direction, message.channel, message.status, message.reason, message.detail, message.body,
           message.carrier_message_id, message.student_phone, message.due_at, message.is_bulk, message.created_at,
           message.author_id, number.phone AS system_phone, number.user_id AS number_of,
           conversation.staff_id, conversation.student_id, conversation.phone AS stranger, student.mobile, student.email
    FROM conversations_message AS message
    JOIN conversations_conversation AS conversation ON conversation.id = message.conversation_id
    LEFT JOIN roster_student AS student ON student.id = conversation.student_id
    LEFT JOIN numbers_systemnumber AS number ON number.id = message.system_number_id
    ORDER BY message.position
"""
EVENTS = (
    "SELECT message_id::text, from_status, to_status, cause, at, actor_id FROM"
    " conversations_messageevent ORDER BY id"
)
CONSENT = """
    SELECT student_phone, system_phone, change, carrier_reference, occurred_at, recorded_at FROM consent_consententry
    ORDER BY recorded_at, id
"""
OPTED_OUT = (
    "SELECT student_phone, system_phone FROM consent_consentstate WHERE opted_out"
)
NEWS = """
    SELECT content->>'MessageSid' AS sid, content->>'MessageStatus' AS status FROM webhooks_carrierevent WHERE kind = 'status'
"""
UNSETTLED = """
    SELECT 'text ' || status || ' ' || reason AS what, count(*) FROM conversations_message
    WHERE direction = 'outbound' AND (status IN ('queued', 'sending') OR status = 'waiting'
          OR status = 'unconfirmed' AND (due_at IS NOT NULL OR EXISTS (
             SELECT 1 FROM delivery_attempt WHERE message_id = conversations_message.id AND outcome IN ('under_way', 'unknown'))))
    GROUP BY 1
    UNION ALL
    SELECT 'order of words not known', count(*) FROM consent_consentstate WHERE look_up_at IS NOT NULL HAVING count(*) > 0
    UNION ALL
    SELECT 'email ' || state, count(*) FROM delivery_outgoingemail WHERE state IN ('queued', 'sending') GROUP BY 1
    UNION ALL
    SELECT 'news not applied', count(*) FROM webhooks_carrierevent WHERE applied_at IS NULL HAVING count(*) > 0
    UNION ALL
    SELECT 'number ' || state, count(*) FROM numbers_systemnumber WHERE state NOT IN ('active', 'failed') GROUP BY 1
    UNION ALL
    SELECT 'broadcast ' || state, count(*) FROM broadcasts_broadcast WHERE state = 'running' GROUP BY 1
"""
# What no foreign key can ask for: that a broadcast wrote all that it was to send.
UNWRITTEN = """
    SELECT recipient.id, recipient.broadcast_id::text FROM broadcasts_recipient AS recipient
    JOIN broadcasts_broadcast AS broadcast ON broadcast.id = recipient.broadcast_id
    WHERE broadcast.state <> 'draft' AND recipient.outcome <> 'nothing'
      AND recipient.message_id IS NULL
"""


@dataclass
class Evidence:
    messages: list[Row]
    events: dict[str, list[Row]]
    attempts: dict[str, list[Row]]
    emails: list[Row]
    consent: list[Row]
    # pairs of student and system phone, as they stand now
    opted_out: set[tuple[str, str]]
    numbers: list[Row]
    accepts: list[Row]
    ends: dict[str, str]  # the last status of each text at the carrier, by its id
    delivered_at: dict[str, float]  # when, by the carrier's ledger, by its id
    news: set[tuple[str, str]]  # what the carrier told us of its texts, and we stored
    inbound: list[Row]
    mail: list[Row]
    purchases: list[Row]
    releases: list[Row]
    faults: Counter[str]  # how often each struck, by the carrier's ledger
    unwritten: list[Row]  # recipients of a sent broadcast without their message
    # the load knows them by their places, the rows by these ids
    staff: list[int]
    students: list[int]

    @property
    def outbound(self) -> list[Row]:
        return [
            message for message in self.messages if message["direction"] == "outbound"
        ]

    @property
    def texts(self) -> list[Row]:
        return [message for message in self.outbound if message["channel"] == "text"]


def gathered(stage: Stage) -> Evidence:
    events, attempts = defaultdict(list), defaultdict(list)
    for event in stage.rows(EVENTS):
        events[event["message_id"]].append(event)
    for attempt in stage.rows(
        "SELECT message_id::text, started_at, outcome, why FROM delivery_attempt ORDER"
        " BY id"
    ):
        attempts[attempt["message_id"]].append(attempt)
    emails = (
        'SELECT message_id::text, is_failsafe, state, "to", header_id, created_at FROM'
        " delivery_outgoingemail ORDER BY id"
    )
    ends = stage.ledger("status")
    return Evidence(
        messages=stage.rows(MESSAGES),
        events=events,
        attempts=attempts,
        emails=stage.rows(emails),
        consent=stage.rows(CONSENT),
        opted_out={
            (row["student_phone"], row["system_phone"]) for row in stage.rows(OPTED_OUT)
        },
        numbers=stage.rows(
            "SELECT id, user_id, state, phone FROM numbers_systemnumber"
        ),
        accepts=stage.ledger("accept"),
        ends={line["sid"]: line["status"] for line in ends},
        delivered_at={
            line["sid"]: line["at"] for line in ends if line["status"] == "delivered"
        },
        news={(row["sid"], row["status"]) for row in stage.rows(NEWS)},
        inbound=[line for line in stage.ledger("inbound") if line["sid"]],
        mail=stage.ledger("mail"),
        purchases=stage.ledger("purchase"),
        releases=stage.ledger("release"),
        faults=Counter(line["fault"] for line in stage.ledger("fault")),
        unwritten=stage.rows(UNWRITTEN),
        staff=[person.id for person in (*stage.staff, *stage.newcomers)],
        students=[person.id for person in stage.students],
    )


def unsettled(stage: Stage) -> dict[str, int]:
    """What is still under way, in words, and replies and news
    that the carrier has and we do not.
    """
    left = {row["what"].strip(): row["count"] for row in stage.rows(UNSETTLED)}
    filed = {
        row["carrier_message_id"]
        for row in stage.rows("SELECT carrier_message_id FROM conversations_message")
    }
    missing = sum(
        1
        for line in stage.ledger("inbound")
        if line["sid"] and line["sid"] not in filed
    )
    left |= {"replies not filed": missing} if missing else {}
    return left or _unheard(stage)


def _unheard(stage: Stage) -> dict[str, int]:
    """Texts of which the carrier knows more than we do."""
    ends = {line["sid"]: line["status"] for line in stage.ledger("status")}
    sent = stage.rows(
        "SELECT carrier_message_id AS sid FROM conversations_message WHERE status ="
        " 'sent' AND channel = 'text'"
    )
    count = sum(
        ends.get(row["sid"]) in ("delivered", "undelivered", "failed") for row in sent
    )
    return {"news not heard": count} if count else {}


def token_in(words: str) -> str:
    found = TOKEN.search(words)
    return found.group() if found else ""
